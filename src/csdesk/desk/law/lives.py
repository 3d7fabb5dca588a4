"""The life of a pack's version, folded from its steps: staged, approved by two people, in force from its day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, tzinfo
from typing import Literal

from csdesk.domain.clocks.days import midnight_ms
from csdesk.domain.value import dataclass, replace
from csdesk.store.packs import Step

# Two pairs of eyes: a wrong number in a pack is wrong in every case.
APPROVALS = 2
State = Literal["waiting", "approved", "active", "replaced", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Signed:
    """Who did a step, and when (UTC ms)."""

    who: str
    at: int


@dataclass(frozen=True, slots=True)
class PackLife:
    """One version of a pack as it stands. `order` is the place of its staging among all steps.

    `day` (ISO, in the desk's zone) is the first on which it is to be in force, "" for what came with the desk;
    `begins` (UTC ms) is when it does: the midnight of that day, or the second approval when that came later;
    0 for what came with the desk, None while it is not approved, or was withdrawn.
    """

    id: str
    version: str
    order: int
    shipped: bool = False
    staged: Signed = Signed("", 0)
    day: str = ""
    approved: tuple[Signed, ...] = ()
    withdrawn: Signed | None = None
    reason: str = ""
    begins: int | None = None

    @property
    def name(self) -> str:
        """How people write it: CN@2026-11-22."""
        return f"{self.id}@{self.version}"


def lives(steps: Iterable[Step], zone: tzinfo) -> dict[tuple[str, str], PackLife]:
    """Every version that was ever staged, by pack and version, in the order of staging."""
    found: dict[tuple[str, str], PackLife] = {}
    for step in steps:
        key, signed = (step.pack, step.version), Signed(step.actor, step.at)
        if step.step == "shipped":
            found[key] = PackLife(*key, step.seq, shipped=True, staged=signed, begins=0)
        elif step.step == "staged":
            # What was withdrawn may be staged again: from then on it is another life of the same text.
            found.pop(key, None)
            found[key] = PackLife(*key, step.seq, staged=signed, day=step.day)
        elif step.step == "approved":
            found[key] = _approved(found[key], signed, zone)
        elif step.step == "withdrawn":
            found[key] = replace(found[key], withdrawn=signed, reason=step.said, begins=None)
    return found


def _approved(life: PackLife, by: Signed, zone: tzinfo) -> PackLife:
    approved = (*life.approved, by)
    if len(approved) < APPROVALS:
        return replace(life, approved=approved)
    begins = max(midnight_ms(date.fromisoformat(life.day), zone), by.at)
    return replace(life, approved=approved, begins=begins)


def in_force(known: Iterable[PackLife], at: int) -> dict[str, PackLife]:
    """Per jurisdiction the version in force at `at` (UTC ms): of those whose day has come the one that came last."""
    found: dict[str, PackLife] = {}
    for life in known:
        if life.begins is not None and life.begins <= at and _later(life, found.get(life.id)):
            found[life.id] = life
    return found


def _later(life: PackLife, other: PackLife | None) -> bool:
    return other is None or (life.begins or 0, life.order) > (other.begins or 0, other.order)


def state_of(life: PackLife, active: Mapping[str, PackLife], now: int) -> State:
    """Where a version stands `now`, beside what is `active` then."""
    if life.withdrawn is not None:
        return "withdrawn"
    if life.begins is None:
        return "waiting"
    if life.begins > now:
        return "approved"
    return "active" if active.get(life.id) == life else "replaced"


def activations(known: Iterable[PackLife], now: int) -> Sequence[tuple[PackLife, PackLife]]:
    """Each change of a jurisdiction's law up to `now`: the version before, the version after; the oldest first."""
    ordered = sorted(
        (life for life in known if life.begins is not None and life.begins <= now),
        key=lambda life: (life.begins or 0, life.order),
    )
    last: dict[str, PackLife] = {}
    found: list[tuple[PackLife, PackLife]] = []
    for life in ordered:
        if life.id in last:
            found.append((last[life.id], life))
        last[life.id] = life
    return found
