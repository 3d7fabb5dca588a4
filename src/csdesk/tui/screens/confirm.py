"""One question with yes and no, before something is done that touches many cases."""

from typing import ClassVar

from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.picks import Pick


class ConfirmScreen(Overlay[bool]):
    """Dismissed with whether to go on; leaving it means no."""

    context: ClassVar[str] = "menu"

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def sheet_title(self) -> str:
        return self._question

    def on_mount(self) -> None:
        words = self.console.words
        self.picks.show(
            [
                Pick("yes", [("1 ", "accent"), (words("confirm.yes"), "text")]),
                Pick("no", [("2 ", "accent"), (words("confirm.no"), "text")]),
            ]
        )

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id == "yes")

    async def action_back(self) -> None:
        """No."""
        self.dismiss(False)

    def action_nth(self, key: str) -> None:
        """The answer with this number."""
        if key in ("1", "2"):
            self.dismiss(key == "1")
