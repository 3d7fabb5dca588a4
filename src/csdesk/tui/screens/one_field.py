"""A small sheet that asks for one thing in words: a reason, a folder."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widget import Widget

from csdesk.domain.text import clean_line
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.overlay import Sheet, Title
from csdesk.tui.widgets.bars import Hints, StatusLine
from csdesk.tui.widgets.fields import TextField


class OneField(ConsoleScreen[str], ModalScreen[str], inherit_bindings=False):
    """Dismissed with what was entered; "" when it was left: then nothing is done."""

    context: ClassVar[str] = "form"
    BLANK = False  # what it is about stays in sight
    AUTO_FOCUS = "TextField"
    DEFAULT_CSS = "OneField TextField { height: 3; }"

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.field = TextField(text)
        self.styles.background = "transparent"

    def asks(self) -> str:
        """What is asked for."""
        raise NotImplementedError

    def missing(self) -> str:
        """What is said while nothing is entered."""
        raise NotImplementedError

    def above(self) -> tuple[Widget, ...]:
        """What stands between the title and the field."""
        return ()

    def compose(self) -> ComposeResult:
        yield Sheet(Title(self.asks()), *self.above(), self.field, StatusLine(), Hints())

    def noted(self) -> str:
        """What is said at first."""
        return ""

    def on_mount(self) -> None:
        self.field.move_cursor(self.field.document.end)
        self.console.say(self.noted(), "info")

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

    def entered(self) -> str:
        """What stands in the field, through the gate."""
        return clean_line(self.field.text).text.strip()

    def action_send(self) -> None:
        """Go on with what was entered."""
        if said := self.entered():
            self.dismiss(said)
        else:
            self.console.say(self.missing(), "warn")
