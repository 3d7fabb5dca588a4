"""What the law said when a verb decided a case, and whether the verb went with it."""

from collections.abc import Iterable
from enum import StrEnum

from csdesk.domain.value import dataclass

# An adverse verb while facts are missing needs its reason too: nobody is refused for want of a question.
_FOR = frozenset({"eligible", "must_refund", "needs_info"})
_AGAINST = frozenset({"ineligible", "reject_quality_claim"})


class Stance(StrEnum):
    """Which way a verb decides: it gives the consumer what was asked, or it does not."""

    GRANTS = "grants"
    DENIES = "denies"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision in short, as it is kept with what was done: enough to show it, and to decide it again.

    `line` is 0 for a case without goods; `facts` as JSON gave them to the decision; `pack` with its version;
    `law_of` the day whose law was applied (ISO).
    """

    line: int
    outcome: str
    reason: str
    confidence: str
    articles: tuple[str, ...]
    facts: dict[str, str | int | bool | None]
    pack: str
    law_of: str


def contradicted(rulings: Iterable[Ruling], stance: Stance, lines: frozenset[int]) -> Ruling | None:
    """The first ruling on one of `lines` (empty: on any) that a verb with this stance would go against."""
    against = _AGAINST if stance is Stance.GRANTS else _FOR
    about = (ruling for ruling in rulings if not lines or ruling.line in lines or not ruling.line)
    return next((ruling for ruling in about if ruling.outcome in against), None)
