"""The verbs of a case in the order in which a person is offered them; menu and case screen number them alike."""

from dataclasses import dataclass

from csdesk.desk.queries import CaseView
from csdesk.domain.cases.kinds import MACHINES, Offer

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
