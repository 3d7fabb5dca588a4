"""A verb that goes against the verdict: what the law says, and the reason for doing it all the same."""

from textual.widget import Widget

from csdesk.desk.queries import ShowVerdict, VerdictView
from csdesk.domain.cases.command import Deciding
from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean
from csdesk.tui import cells
from csdesk.tui.screens.one_field import OneField
from csdesk.tui.summary import Line
from csdesk.tui.widgets.page import Page


class OverrideScreen(OneField):
    """Dismissed with the reason; "" when it was left: then nothing is done."""

    DEFAULT_CSS = "OverrideScreen Page { height: auto; max-height: 9; }"

    def __init__(self, command: Deciding, refused: Refused, case: str) -> None:
        super().__init__()
        self.command = command
        self.refused = refused
        self.case_id = case
        self._view: VerdictView | None = None
        self.told = Page(self._told, on="raised")

    def asks(self) -> str:
        words = self.console.words
        return words("override.title", verb=words.code("verb", self.command.verb.name))

    def missing(self) -> str:
        return self.console.words("override.empty")

    def above(self) -> tuple[Widget, ...]:
        return (self.told,)

    def entered(self) -> str:
        return clean(self.field.text).text.strip()

    def on_mount(self) -> None:
        # Textual calls the one above too.
        self.console.call(self._ask())

    async def _ask(self) -> None:
        line = self.refused.detail.get("line")
        asked = ShowVerdict(self.case_id, line if isinstance(line, int) else 0)
        self._view = await self.console.desk.ask(asked)
        self.told.lay()

    def _told(self, width: int) -> list[Line]:
        """The verdict with its basis, as on the case; until that came, what the refusal tells of it."""
        words, detail = self.console.words, self.refused.detail
        lines: list[Line] = []
        if self._view is not None:
            from csdesk.tui.screens.ruling import section

            lines = section(self._view, words, self.console.now(), width)
        if not lines:
            told = words("override.ruled", ruled=words.value("ruled", detail.get("ruled", "")))
            lines = [[("! ", "soon"), (told, "strong")]]
        needs = detail.get("ruled") == "needs_info"
        asked = words("override.missing" if needs else "override.ask")
        return [*lines, *([(line, "quiet")] for line in cells.wrap(asked, width))]
