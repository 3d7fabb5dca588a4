"""The verbs of a case in the order in which a person is offered them; menu and case screen number them alike."""

from csdesk.desk.queries import CaseView
from csdesk.domain.cases.kinds import MACHINES, Offer
from csdesk.domain.value import dataclass
from csdesk.tui.verbs import at_once

# Undo has its own key and looks at the last verb, not at this case.
_ELSEWHERE = ("undo",)


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be done: the kind's `own` verbs, those `shared` by all kinds; then what is `off`, own ones first."""

    own: tuple[Offer, ...]
    shared: tuple[Offer, ...]
    off: tuple[Offer, ...]

    @property
    def on(self) -> tuple[Offer, ...]:
        """What can be done, in the order of its numbers."""
        return (*self.own, *self.shared)


def offered(view: CaseView) -> Offered:
    """The verbs of a case in groups, each with the best next one first."""
    kind = set(MACHINES[view.case.kind].verbs())
    found = [offer for offer in view.offers if offer.verb not in _ELSEWHERE]
    own = [offer for offer in found if offer.verb in kind]
    shared = [offer for offer in found if offer.verb not in kind]
    return Offered(
        tuple(offer for offer in own if offer.off is None),
        tuple(offer for offer in shared if offer.off is None),
        tuple(offer for offer in (*own, *shared) if offer.off is not None),
    )


def next_step(view: CaseView) -> str:
    """The verb that one key opens the form of: the kind's first besides taking the case, which has its own key.

    "" when there is none, or it asks for nothing: a key pressed twice on the queue must not carry a verb out.
    """
    first = next((offer.verb for offer in offered(view).own if offer.verb != "take"), "")
    return "" if not first or at_once(first) else first
