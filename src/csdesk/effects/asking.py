"""Something done outside, once: the first time it is asked for, from then on asked after before it is asked for again.

The order system and the carriers are asked in the same way; what they are asked for, and how a case hears of it, is
theirs (effects/orders/asking.py, effects/carriers/asking.py).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from csdesk.desk.core import Core
from csdesk.domain.cases.carriage import SettleCarrierAsk
from csdesk.domain.cases.case import CarrierAsk, Case, OrderAsk
from csdesk.domain.cases.writeback import UNSETTLED, SettleOrderAsk
from csdesk.effects.outcomes import Again, Close, Outcome, Settle
from csdesk.effects.ports import Failed, Unknown
from csdesk.store.outbox import Job

# Whoever is asked keeps an idempotency key for a day at least; what is older is asked after, never for.
KEY_LIFE_MS = 20 * 3_600_000
# What is in doubt, or waits for a system to be configured again, is looked at once an hour.
DOUBT_PAUSE_MS = 3_600_000

Ask = TypeVar("Ask", OrderAsk, CarrierAsk)


class Outside(Protocol):
    """Whoever is asked, as far as all are alike."""

    def find(self, key: str) -> object:
        """What became of a key, without asking for anything: Failed, Unknown, that it is done; None: unheard of."""
        ...


Place = TypeVar("Place", bound=Outside)


class Asker(ABC, Generic[Ask, Place]):
    """Asks `outside` for what the outbox holds; `leads` says whether this worker still may."""

    # Why nothing is asked while no such system is configured, and the verb by which a case hears of an answer.
    absent: str
    settle: type[SettleOrderAsk] | type[SettleCarrierAsk]

    def __init__(
        self, core: Core, outside: Place | None, leads: Callable[[], bool], now: Callable[[], int]
    ) -> None:
        self._core = core
        self._outside = outside
        self._leads = leads
        self._now = now

    @abstractmethod
    def _sought(self, case: Case, ref: str) -> Ask | None:
        """What the case asked for under `ref`."""

    @abstractmethod
    def _ask(self, outside: Place, job: Job, case: Case, ask: Ask) -> Outcome:
        """Ask for it."""

    @abstractmethod
    def _taken(self, job: Job, case: Case, ask: Ask, answer: object, pause: int | None) -> Outcome:
        """What an answer comes to that says it is done."""

    def run(self, job: Job, case: Case) -> Outcome:
        """Ask for something, or find out what became of it."""
        ask = self._sought(case, job.ref)
        if ask is None or ask.state not in UNSETTLED:
            return Close("moot", "already_settled")
        if self._outside is None:
            return Again(self.absent, pause=DOUBT_PAUSE_MS)
        # `attempts` was written before the first try began: a worker that died in it has left its trace.
        if not job.attempts:
            return self._ask(self._outside, job, case, ask)
        answer = self._outside.find(job.key)
        if answer is not None and not (isinstance(answer, Failed) and not answer.final):
            return self._settled(job, case, ask, answer)
        # Never heard of, or said to have left nothing.
        if ask.state == "in_doubt":
            return Again("forgotten", pause=DOUBT_PAUSE_MS)
        if self._now() > ask.at + KEY_LIFE_MS:
            return self.doubted(job, "forgotten")
        return self._ask(self._outside, job, case, ask)

    def _settled(self, job: Job, case: Case, ask: Ask, answer: object) -> Outcome:
        """What an answer comes to; what is in doubt is asked after more seldom."""
        pause = DOUBT_PAUSE_MS if ask.state == "in_doubt" else None
        match answer:
            case Failed(reason, final=True):
                return Settle(self.settle(job.ref, "failed", reason=reason))
            case Failed(reason):
                return Again(reason, pause=pause, left_nothing=True)
            case Unknown(reason):
                return Again(reason, pause=pause)
        return self._taken(job, case, ask, answer, pause)

    def given_up(self, job: Job, last: Again) -> Settle:
        """After the last try: nothing was done, where that is certain; else nobody can say."""
        if last.left_nothing:
            return Settle(self.settle(job.ref, "failed", reason=last.reason))
        return self.doubted(job, last.reason)

    def doubted(self, job: Job, reason: str) -> Settle:
        """Nobody can say whether it was done: a person is told, and whoever was asked goes on being asked after it."""
        return Settle(
            self.settle(job.ref, "in_doubt", reason=reason),
            then=Again(reason, pause=DOUBT_PAUSE_MS),
            step="doubt",
        )
