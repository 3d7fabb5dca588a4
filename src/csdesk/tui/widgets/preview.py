"""The preview: the case under the cursor in a few lines, once the cursor rests."""

from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.strip import Strip

from csdesk.tui import cells
from csdesk.tui.messages import Seen
from csdesk.tui.rest import Rest
from csdesk.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from csdesk.desk.queries import CaseView
    from csdesk.tui.summary import Line

# The cursor rests: long enough that a held key asks for nothing, short enough that nobody waits.
REST_SECONDS = 0.12
# Up to this height the facts stand in two columns, if each gets as many cells.
LOW, COLUMN = 14, 36


def beside(left: "list[Line]", right: "list[Line]", width: int) -> "list[Line]":
    """Two columns of lines in one."""
    from csdesk.tui import summary

    half = width // 2 - 1
    lines = []
    for n in range(max(len(left), len(right))):
        one, two = (summary.laid(side[n] if n < len(side) else [], half) for side in (left, right))
        lines.append([*one, ("  ", "text"), *two])
    return lines


class Preview(Lines):
    """Facts of one case. Paints only lines that differ from those it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.case = ""
        self._view: CaseView | None = None
        self._lines: list[Line] = []
        self._rest = Rest(self, REST_SECONDS, self.ask)

    @property
    def view(self) -> "CaseView | None":
        """What is shown now."""
        return self._view

    def follow(self, case: str) -> None:
        """Show this case as soon as the cursor has rested on it."""
        self.case = case
        self._rest.again()

    def ask(self) -> None:
        """Ask for the case anew, unless nobody would see it."""
        if self.display:
            self.console.call(self._ask(self.case))

    async def _ask(self, case: str) -> None:
        from csdesk.desk.queries import ShowCase
        from csdesk.domain.cases.context import Refused

        view: CaseView | None = None
        if case:
            try:
                view = await self.console.desk.ask(ShowCase(case))
            except Refused as gone:
                if gone.code != "no_such_case":
                    raise
        if case == self.case:
            self._view = view
            self.lay()
            self.post_message(Seen(case))

    def on_resize(self) -> None:
        self.lay()

    def lay(self) -> None:
        """Word the lines anew; the words may have changed with the time."""
        lines, before = self._worded(), self._lines
        self._lines = lines
        longest = min(max(len(lines), len(before)), self.size.height)
        changed = [y for y in range(longest) if lines[y : y + 1] != before[y : y + 1]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def worded_anew(self) -> None:
        self.lay()

    def _worded(self) -> "list[Line]":
        view, console = self._view, self.console
        if view is None:
            return []
        from csdesk.tui import summary

        words, width, height = console.words, self.size.width - 2, self.size.height
        case, head = view.case, summary.head(view, words)
        urgent = [
            *summary.clocks(case, words, console.now(), articles=False),
            *summary.next_verbs(view, words),
        ]
        who = [
            *summary.about(view, words),
            *summary.holder(view, words, console.desk.me.id, console.name_of),
        ]
        what = [*summary.goods(case, words), *summary.money(view, words)]
        told = summary.entries(view.timeline, words, case.currency, console.name_of, last=max(height // 4, 3))
        if height <= LOW and width >= 2 * COLUMN:
            return [head, *beside([*urgent, *what], [*who, *told], width)]
        return [head, [], *urgent, [], *who, [], *what, [], *told]

    def render_line(self, y: int) -> Strip:
        palette, width = self.console.palette, self.size.width
        rest = palette.style("text", "raised")
        if y >= len(self._lines):
            return Strip.blank(width, rest)
        from csdesk.tui import summary

        parts = [
            (text, palette.style(meaning, "raised", bold=meaning == "strong"))
            for text, meaning in summary.laid(self._lines[y], width - 2)
        ]
        return cells.line([(" ", rest), *parts], width, rest)
