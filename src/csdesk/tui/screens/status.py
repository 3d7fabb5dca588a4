"""The status menu: every verb of a case in groups, the best next one first, those that are off with the reason."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from csdesk.desk.queries import CaseView, ShowCase
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kinds import Offer
from csdesk.tui import cells
from csdesk.tui.offered import offered
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.groups import GroupList, heading
from csdesk.tui.widgets.picks import Pick

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp

_DIGITS = 9


class Verbs(GroupList):
    """As many lines as the screen has room for, the case staying in sight above."""

    DEFAULT_CSS = "Verbs { height: auto; }"

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        # A sheet takes the height that its lines would like to have, whatever a style says they may have.
        return min(super().get_content_height(container, viewport, width), self.app.size.height * 65 // 100)


class StatusMenu(Overlay[None]):
    """What can be done with a case now; digits pick, `/` looks for a verb by letters of its name."""

    context: ClassVar[str] = "menu"
    title_key: ClassVar[str] = "menu.status"

    def __init__(self, case: str, version: int) -> None:
        super().__init__()
        self._case = case
        self._version = version
        self._view: CaseView | None = None
        self.picks = Verbs()
        self.search = LineField()
        self.search.display = False

    def body(self) -> Iterable[Widget]:
        self.search.placeholder = self.console.words("menu.hint")
        yield self.search
        yield self.picks

    def on_mount(self) -> None:
        self.console.call(self._fill())

    async def _fill(self) -> None:
        self._view = await self.console.patient(self.console.desk.ask(ShowCase(self._case, timeline=False)))
        self._version = self._view.case.version
        self._show()

    def _show(self) -> None:
        typed = self.search.value.strip()
        if self._view is not None:
            self.picks.show(list(self._found(self._view, typed) if typed else self._grouped(self._view)))
            if typed:
                self.action_top()

    def _grouped(self, view: CaseView) -> Iterator[Pick]:
        groups, n = offered(view), 0
        for name, offers in (("own", groups.own), ("shared", groups.shared), ("off", groups.off)):
            if offers:
                yield heading(self.console.words(f"menu.{name}"))
            for offer in offers:
                n += offer.off is None
                yield self._pick(offer, n)

    def _found(self, view: CaseView, typed: str) -> Iterator[Pick]:
        """The verbs whose name has these letters, sounds or initials, those that can be used first."""
        from csdesk.search.fuzzy import Short, rank

        words, groups = self.console.words, offered(view)
        every = {offer.verb: offer for offer in (*groups.on, *groups.off)}
        hits = rank(typed, [Short.of(name, words.code("verb", name)) for name in every], len(every))
        found = [every[hit.id] for hit in hits]
        for offer in sorted(found, key=lambda offer: offer.off is not None):
            yield self._pick(offer, 0)

    def _pick(self, offer: Offer, n: int) -> Pick:
        """A verb in a line; `n`: its number, 0 for none."""
        words = self.console.words
        digit = f"{n} " if 0 < n <= _DIGITS and offer.off is None else "  "
        sign = "¥ " if VERBS[offer.verb].verb.money else ""
        name = cells.fit(sign + words.code("verb", offer.verb), 20)
        key = self.console.keymap.shown(f"verb.{offer.verb}")
        line = [(digit, "accent"), (name, "text"), (cells.fit(key, 4), "quiet")]
        return Pick(offer.verb, line, self._reason(offer.off) if offer.off else "")

    def _reason(self, refused: Refused) -> str:
        words = self.console.words
        if refused.code == "wrong_state":
            return words("menu.only_in", allowed=words.value("states", refused.detail["allowed"]))
        return self.console.refusal(refused)

    def choose(self, pick: Pick) -> None:
        console, case, version, pressed = self.console, self._case, self._version, self.pressed_at
        self.dismiss()
        console.call_next(self._run, console, pressed, case, version, pick.id)

    @staticmethod
    def _run(console: "ConsoleApp", pressed: float, case: str, version: int, verb: str) -> None:
        # The verb was chosen here, from what this menu showed, not when the menu was called.
        if isinstance(console.screen, ConsoleScreen):
            console.screen.pressed_at = max(console.screen.pressed_at, pressed)
        console.run_verb(case, version, verb)

    # Keys

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "filter", "down", "up", "page_down", "back")

    def action_nth(self, key: str) -> None:
        """The verb with this number."""
        able = [pick for pick in self.picks.picks if pick.id and not pick.off]
        if key.isdecimal() and 0 < int(key) <= min(len(able), _DIGITS):
            self.choose(able[int(key) - 1])

    def action_filter(self) -> None:
        """Look for a verb by its name."""
        self.search.display = True
        self.search.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    async def action_back(self) -> None:
        """From looking for a verb to all of them, then to the case."""
        if not self.search.display:
            self.dismiss()
            return
        self.set_focus(None)
        self.search.display = False
        self.search.value = ""
