"""The status menu: every verb of a case, the best next one first, those that are off with the reason."""

from typing import TYPE_CHECKING, ClassVar

from csdesk.desk.queries import CaseView, ShowCase
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused
from csdesk.tui import cells
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.picks import Pick

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp


class StatusMenu(Overlay[None]):
    """What can be done with a case now; digits pick."""

    context: ClassVar[str] = "menu"
    title_key: ClassVar[str] = "menu.status"

    def __init__(self, case: str, version: int) -> None:
        super().__init__()
        self._case = case
        self._version = version

    def on_mount(self) -> None:
        self.console.call(self._fill())

    async def _fill(self) -> None:
        view = await self.console.patient(self.console.desk.ask(ShowCase(self._case, timeline=False)))
        self._version = view.case.version
        self.picks.show(self._lines(view))

    def _lines(self, view: CaseView) -> list[Pick]:
        words = self.console.words
        # Undo has its own key and looks at the last verb, not at this case.
        offers = sorted((o for o in view.offers if o.verb != "undo"), key=lambda offer: offer.off is not None)
        picks = []
        for n, offer in enumerate(offers, 1):
            digit = f"{n} " if n <= 9 and offer.off is None else "  "
            sign = "¥ " if VERBS[offer.verb].verb.money else ""
            name = cells.fit(sign + words.code("verb", offer.verb), 16)
            key = self.console.keymap.shown(f"verb.{offer.verb}")
            picks.append(
                Pick(
                    offer.verb,
                    [(digit, "accent"), (name, "text"), (cells.fit(key, 8), "quiet")],
                    self._reason(offer.off) if offer.off else "",
                )
            )
        return picks

    def _reason(self, refused: Refused) -> str:
        words = self.console.words
        if refused.code == "wrong_state":
            return words("menu.only_in", allowed=words.value("states", refused.detail["allowed"]))
        return self.console.refusal(refused)

    def choose(self, pick: Pick) -> None:
        console, case, version, pressed = self.console, self._case, self._version, self.pressed_at
        self.dismiss()
        console.call_later(self._run, console, pressed, case, version, pick.id)

    @staticmethod
    def _run(console: "ConsoleApp", pressed: float, case: str, version: int, verb: str) -> None:
        # The verb was chosen here, from what this menu showed, not when the menu was called.
        if isinstance(console.screen, ConsoleScreen):
            console.screen.pressed_at = max(console.screen.pressed_at, pressed)
        console.run_verb(case, version, verb)

    def action_nth(self, key: str) -> None:
        """The verb with this number."""
        index = int(key) - 1
        if index < len(self.picks.picks) and not self.picks.picks[index].off:
            self.choose(self.picks.picks[index])
