"""A verb that goes against the verdict: what the law says, and the reason for doing it all the same."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.screen import ModalScreen

from csdesk.desk.queries import ShowVerdict, VerdictView
from csdesk.domain.cases.command import Deciding
from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean
from csdesk.tui import cells
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.overlay import Sheet, Title
from csdesk.tui.summary import Line
from csdesk.tui.widgets.bars import Hints, StatusLine
from csdesk.tui.widgets.fields import TextField
from csdesk.tui.widgets.page import Page


class OverrideScreen(ConsoleScreen[str], ModalScreen[str], inherit_bindings=False):
    """Dismissed with the reason; "" when it was left: then nothing is done."""

    context: ClassVar[str] = "form"
    BLANK = False  # the case stays in sight
    AUTO_FOCUS = "TextField"
    DEFAULT_CSS = """
    OverrideScreen Page { height: auto; max-height: 9; }
    OverrideScreen TextField { height: 3; }
    """

    def __init__(self, command: Deciding, refused: Refused, case: str) -> None:
        super().__init__()
        self.command = command
        self.refused = refused
        self.case_id = case
        self._view: VerdictView | None = None
        self.told = Page(self._told, on="raised")
        self.field = TextField()
        self.styles.background = "transparent"

    def compose(self) -> ComposeResult:
        words = self.console.words
        title = words("override.title", verb=words.code("verb", self.command.verb.name))
        yield Sheet(Title(title), self.told, self.field, StatusLine(), Hints())

    def on_mount(self) -> None:
        self.console.say("")
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

    def footer_actions(self) -> tuple[str, ...]:
        return ("send", "back", "help")

    def off(self, action: str) -> str | None:
        return self.console.words("form.no_article") if action == "policy" else None

    def action_down(self) -> None:
        """The field has the arrows."""

    def action_up(self) -> None:
        """The field has the arrows."""

    async def action_back(self) -> None:
        """Leave it: nothing is done."""
        self.dismiss("")

    def action_send(self) -> None:
        """Do it for this reason."""
        reason = clean(self.field.text).text.strip()
        if reason:
            self.dismiss(reason)
        else:
            self.console.say(self.console.words("override.empty"), "warn")
