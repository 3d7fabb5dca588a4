"""The line at the top that says what everybody is told just now."""

from rich.style import Style

from csdesk.tui import cells
from csdesk.tui.widgets.bars import Bar


class NewsLine(Bar):
    """The newest broadcast that was not put away, who said it and when, and the key that puts it away."""

    def parts(self) -> list[tuple[str, Style]]:
        console, style = self.console, self.console.palette.style
        said = console.news.current
        if said is None:
            return []
        words = console.words
        more = len(console.news.unheard) - 1
        right = f" {cells.safe(console.name_of(said.actor))} {words.short(said.at)}"
        right += f" {words('news.more', n=more)}" if more else ""
        key = console.keymap.shown("heard", 1) or console.keymap.shown("heard")
        right += f"  {key} {words('action.heard')} " if key else " "
        label = f" {words('news.label')} "
        room = max(self.size.width - cells.width(label) - cells.width(right) - 1, 0)
        return [
            (label, style("mark", "raised", bold=True)),
            (cells.fit(cells.safe(said.text), room), style("strong", "raised", bold=True)),
            (" ", style("text", "raised")),
            (right, style("quiet", "raised")),
        ]
