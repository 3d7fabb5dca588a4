"""Who may take which case: skills, states and load of agents, and whom a new case goes to. Pure.

Policy of a desk, never law: it decides who works on a case, and changes no deadline and no right of a consumer.
"""

import re
from collections.abc import Iterable

from csdesk.domain.value import dataclass

AVAILABLE, BREAK, TRAINING, OFF = "available", "break", "training", "off"
# What a call centre calls 在线, 小休, 培训, 签退; more of them is a statistic that nobody routes by.
STATES = (AVAILABLE, BREAK, TRAINING, OFF)
# Every agent reads these: the screen's own, and what nobody could tell the language of.
COMMON = ("", "zh-Hans")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}\Z")
# A trillion minor units is more than any case is about; nobody works on more cases than that at once.
MOST_AMOUNT, MOST_CASES = 10**12, 500
# How many cases somebody without a number of their own is given at once: a backlog is for all, not for who comes first.
GIVEN_CASES = 20


@dataclass(frozen=True, slots=True)
class Skill:
    """What somebody can take: `queues`, `languages` (empty: all), dearest case (minor units), most cases (0: any)."""

    queues: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    most_amount: int = 0
    most_cases: int = 0

    def speaks(self, language: str) -> bool:
        """Whether a customer can be answered in this language: `en` also answers `en-GB`."""
        if not self.languages or language in COMMON:
            return True
        return any(language == own or language.startswith(f"{own}-") for own in self.languages)


@dataclass(frozen=True, slots=True)
class Need:
    """What a case asks of whoever takes it; `amount` in minor units."""

    queue: str
    language: str = ""
    amount: int = 0
    escalation: int = 0


@dataclass(frozen=True, slots=True)
class Hand:
    """An agent who could be given cases: `load` held now, `since` (UTC ms) the last new one was given (0: never)."""

    agent: str
    skill: Skill
    senior: bool
    load: int = 0
    since: int = 0

    @property
    def most(self) -> int:
        """How many cases this agent is given at once."""
        return self.skill.most_cases or GIVEN_CASES

    @property
    def room(self) -> bool:
        """Whether one more case may be given."""
        return self.load < self.most

    @property
    def full(self) -> bool:
        """Whether this agent may not even take one more alone."""
        return 0 < self.skill.most_cases <= self.load


def unfit(skill: Skill, senior: bool, need: Need) -> str:
    """Why somebody may not take a case: `queue`, `language`, `escalated`, `amount`; "" when it fits."""
    if skill.queues and need.queue not in skill.queues:
        return "queue"
    if not skill.speaks(need.language):
        return "language"
    if need.escalation and not senior:
        return "escalated"
    if skill.most_amount and need.amount > skill.most_amount:
        return "amount"
    return ""


# From what is missing altogether to what is nearly there.
_NEARER = ("queue", "language", "escalated", "amount", "full", "away")


def nobody(need: Need, here: Iterable[Hand], away: Iterable[Hand]) -> str:
    """Why nobody who is here may take a case: what the nearest of them lacks; "" when somebody may.

    `full`: those whom it fits have as many cases as they may; `away`: they are on a break or off.
    """
    found = {unfit(hand.skill, hand.senior, need) or ("full" if hand.full else "") for hand in here}
    if "" in found:
        return ""
    if any(not unfit(hand.skill, hand.senior, need) for hand in away):
        found.add("away")
    return max(found, key=_NEARER.index, default="away")


def choose(need: Need, hands: Iterable[Hand]) -> Hand | None:
    """Whom a new case goes to: the least load of those it fits, then who waited longest for one, then by id."""
    able = [hand for hand in hands if hand.room and not unfit(hand.skill, hand.senior, need)]
    return min(able, key=lambda hand: (hand.load, hand.since, hand.agent), default=None)
