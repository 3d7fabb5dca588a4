"""The command line: `:q`, a case number, a queue, an action or a verb by its name."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from csdesk.tui.actions import label, registry
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.fields import LineField

QUIT = ("q", "q!", "quit", "exit", "x", "wq")


class CommandScreen(Overlay[None]):
    """One line; Enter runs it in the place it was opened from."""

    context: ClassVar[str] = "command"
    takes_line: ClassVar[bool] = False
    title_key: ClassVar[str] = "command.title"
    AUTO_FOCUS = "LineField"

    def __init__(self, behind: ConsoleScreen[Any]) -> None:
        super().__init__()
        self._behind = behind

    def body(self) -> Iterable[Widget]:
        yield LineField(placeholder=self.console.words("command.hint"))

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "back")

    def find(self, text: str) -> str | None:
        """The action that a word names: by id, by verb, or by its label."""
        for action in registry().values():
            if self._behind.context in action.contexts and not action.keyed:
                names = (action.id, action.verb, label(self.console.words, action.id))
                if text in names:
                    return action.id
        return None

    @on(Input.Submitted)
    async def _run(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip().lstrip(":：").strip()
        behind, console = self._behind, self.console
        self.dismiss()
        name, _, value = text.partition(" ")
        if text in QUIT:
            await console.leave()
        elif value and name == "theme":
            console.appearance.wear(value.strip())
        elif value and name == "language":
            console.appearance.speak(value.strip())
        elif action := self.find(text):
            console.call_next(behind.press, action)
        elif text:
            console.say(console.words("command.unknown", text=text), "warn")
