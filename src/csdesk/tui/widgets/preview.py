"""The preview: the case under the cursor in a few lines, once the cursor rests."""

from typing import TYPE_CHECKING, cast

from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from csdesk.desk.queries import CaseView, ShowCase
from csdesk.domain.cases.context import Refused
from csdesk.tui import cells, summary
from csdesk.tui.summary import Line

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp

# The cursor rests: long enough that a held key asks for nothing, short enough that nobody waits.
REST_SECONDS = 0.12


class Preview(Widget):
    """Facts of one case. Paints only lines that differ from those it shows."""

    DEFAULT_CSS = "Preview { background: $raised; }"

    def __init__(self) -> None:
        super().__init__()
        self.case = ""
        self._view: CaseView | None = None
        self._lines: list[Line] = []
        self._rest: Timer | None = None

    @property
    def console(self) -> "ConsoleApp":
        """The app, as what it is."""
        return cast("ConsoleApp", self.app)

    @property
    def view(self) -> CaseView | None:
        """What is shown now."""
        return self._view

    def follow(self, case: str) -> None:
        """Show this case as soon as the cursor has rested on it."""
        self.case = case
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_SECONDS, self.ask)

    def ask(self) -> None:
        """Ask for the case anew, unless nobody would see it."""
        if self.display:
            self.console.call(self._ask(self.case))

    async def _ask(self, case: str) -> None:
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

    def on_resize(self) -> None:
        self.lay()

    def lay(self) -> None:
        """Word the lines anew; the words may have changed with the time."""
        lines = self._worded()
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def _worded(self) -> list[Line]:
        view, console = self._view, self.console
        if view is None:
            return []
        words, wide = console.words, self.size.height > 14
        blank: list[Line] = [[]] if wide else []
        room = 6 if wide else 3
        told = summary.entries(view.timeline, words, view.case.currency, console.name_of, last=room)
        return [
            summary.head(view, words),
            *blank,
            *summary.clocks(view.case, words, console.now()),
            *blank,
            *summary.person(view, words),
            *summary.order(view, words),
            *summary.holder(view, words, console.desk.me.id, console.name_of),
            *blank,
            *summary.goods(view.case, words),
            *summary.money(view, words),
            *blank,
            *told,
        ]

    def render_line(self, y: int) -> Strip:
        palette, width = self.console.palette, self.size.width
        rest = palette.style("text", "raised")
        if y >= len(self._lines):
            return Strip.blank(width, rest)
        parts = [(text, palette.style(meaning, "raised", bold=meaning == "strong")) for text, meaning in self._lines[y]]
        strip = cells.line([(" ", rest), *parts], max(cells.width("".join(t for t, _ in parts)) + 1, 1), rest)
        return strip.crop(0, width - 1).adjust_cell_length(width, rest)
