"""Whether one is here: available, on a break, in a training or off, each with what it does."""

from typing import ClassVar

from csdesk.domain.routing import STATES
from csdesk.tui import cells
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.picks import Pick


class PresenceScreen(Overlay[str]):
    """Dismissed with the state that was picked; leaving it changes nothing."""

    context: ClassVar[str] = "menu"
    title_key: ClassVar[str] = "presence.title"

    def __init__(self, now: str) -> None:
        super().__init__()
        self._now = now

    def on_mount(self) -> None:
        words = self.console.words
        picks = []
        for n, state in enumerate(STATES, 1):
            name = cells.fit(words.code("presence", state), 14)
            about = words("presence.now") if state == self._now else words(f"presence.about.{state}")
            picks.append(Pick(state, [(f"{n} ", "accent"), (name, "text"), (about, "quiet")]))
        self.picks.show(picks)

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)

    async def action_back(self) -> None:
        """Stay as one is."""
        self.dismiss(None)

    def action_nth(self, key: str) -> None:
        """The state with this number."""
        if key.isdecimal() and 0 < int(key) <= len(STATES):
            self.dismiss(STATES[int(key) - 1])
