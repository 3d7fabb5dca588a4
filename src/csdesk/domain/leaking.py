"""A leak of personal data: what is still owed, and who saw most of those whom it is about. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from csdesk.domain.clocks.clock import Basis
from csdesk.domain.value import dataclass

# What can have leaked; and how it came out, as far as one knows.
FIELDS = ("name", "phone", "email", "address", "order", "messages", "payment", "identity")
CAUSES = ("unknown", "insider", "export", "account", "device", "processor", "courier", "attack", "mistake")
# 国家网络安全事件分级: below `larger` nothing goes to the authority for incidents.
SEVERITIES = ("general", "larger", "major", "gravest")
# What is done about a leak, in the order in which it usually is.
STEPS = (
    "noted", "contained", "assessed", "reported_incident", "told_authority", "told_people", "waived_people", "closed",
)  # fmt: skip
# Steps that say nothing without a sentence: 个人信息保护法§57(2) wants the ground for not telling people.
SAID = frozenset({"noted", "contained", "assessed", "waived_people"})

# How much somebody saw of a person: what leaked in clear, the messages of a case, or masked only.
CLEAR, MESSAGES, MASKED = 1.0, 0.5, 0.2
# Where it is not known what leaked.
_STRENGTH = {"look": CLEAR, "file": CLEAR, "bundle": CLEAR, "held": MESSAGES, "worked": MESSAGES}
# What each way of seeing shows in clear of itself; phone numbers within messages are masked.
SHOWS = {"held": ("messages", "order"), "worked": ("messages", "order"), "caller": ("order",), "cases": ("order",),
         "replies": ("messages",)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Duty:
    """What a leak obliges to: so many minutes after it was found, on which basis, and the steps that end it.

    `secondary`: what the law says is known from other people's accounts of it only.
    """

    code: str
    minutes: int
    basis: Basis
    articles: tuple[str, ...]
    severities: tuple[str, ...]
    done_by: tuple[str, ...]
    secondary: bool = False

    def binds(self, severity: str) -> bool:
        """Whether a leak of this severity is under it."""
        return not self.severities or severity in self.severities


def missing(done: Iterable[str], duties: Iterable[Duty], severity: str) -> tuple[str, ...]:
    """The duties that stand in the way of closing a leak."""
    had = frozenset(done)
    return tuple(duty.code for duty in duties if duty.binds(severity) and not had & frozenset(duty.done_by))


@dataclass(frozen=True, slots=True)
class Sighting:
    """`actor` saw something of `person` at UTC ms: `how`, which of FIELDS in clear, by which case (its id), why."""

    actor: str
    person: str
    at: int
    how: str
    fields: tuple[str, ...] = ()
    case: str = ""
    why: str = ""

    def strength(self, leaked: Sequence[str]) -> float:
        """How much of what leaked it showed, 0.2 to 1; a file may hold anything."""
        most = _STRENGTH.get(self.how, MASKED)
        if not leaked or "file" in self.fields:
            return most
        if set(self.fields) & set(leaked):
            return CLEAR
        return most if most < CLEAR else MASKED


@dataclass(frozen=True, slots=True)
class Suspect:
    """Somebody who saw `saw` of the leaked persons, `clear` of them in clear; from when to when, and how (counts).

    `score`: over these persons, how much was seen divided by how many people saw that person at all.
    """

    actor: str
    saw: int
    clear: int
    score: float
    first: int
    last: int
    how: Mapping[str, int]


def ranked(sightings: Iterable[Sighting], leaked: Sequence[str]) -> list[Suspect]:
    """Who saw them, the likeliest first: who saw many whom few others saw, and saw them in clear."""
    best: dict[str, dict[str, float]] = {}
    every: dict[str, list[Sighting]] = {}
    for one in sightings:
        theirs = best.setdefault(one.person, {})
        theirs[one.actor] = max(theirs.get(one.actor, 0.0), one.strength(leaked))
        every.setdefault(one.actor, []).append(one)
    found = []
    for actor, seen in every.items():
        mine = [seers for seers in best.values() if actor in seers]
        how: dict[str, int] = {}
        for one in seen:
            how[one.how] = how.get(one.how, 0) + 1
        found.append(
            Suspect(
                actor,
                len(mine),
                sum(seers[actor] >= CLEAR for seers in mine),
                round(sum(seers[actor] / len(seers) for seers in mine), 3),
                min(one.at for one in seen),
                max(one.at for one in seen),
                how,
            )
        )
    return sorted(found, key=lambda one: (-one.score, -one.saw, one.actor))
