"""The one leased worker of a desk: it takes due jobs from the outbox and makes each happen once.

A job's key goes to the adapter before its outcome is settled in the case. Killed in between, the next worker
asks the adapter again with the same key, which does nothing a second time, and settles then.
"""

import logging
import os
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from csdesk.desk.core import Core
from csdesk.desk.desk import Conflict
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import SettleReply
from csdesk.domain.cases.events import ReplyHeld
from csdesk.domain.cases.refunds import SettleRefund
from csdesk.domain.cases.shared import Breach, Wake
from csdesk.domain.roles import Right
from csdesk.effects.ports import Channel, Confirmed, Failed, Part, PaymentProvider, Recipient, Sent, Unknown
from csdesk.store import cases, feed, orders, outbox
from csdesk.store.connection import translated, write
from csdesk.store.crypto import Shredded
from csdesk.store.errors import StoreError
from csdesk.store.outbox import WORKER_MS, Job

log = logging.getLogger(__name__)

# Words for a notice that the desk sends by itself: (case, `notice.closed` …, the customer's language or "").
WordNotice = Callable[[Case, str, str], str]

# 2, 4, 8 … seconds up to ten minutes, less up to a quarter by chance: the last try comes after half an hour.
MOST_TRIES = 12
FIRST_PAUSE_MS = 2_000
LONGEST_PAUSE_MS = 600_000
# A job or a case that this csdesk does not understand waits for one that does.
UNKNOWN_PAUSE_MS = 3_600_000
# Few at a time, so that a worker that dies leaves little behind.
JOBS_A_TURN = 20
# A console looks twice a second: it would have to sleep for hours on a busy desk to find its place forgotten.
CHANGES_KEPT = 10_000
# What a worker waits out; with any other error of the file it has no business going on.
PASSING = frozenset({"locked", "disk_full", "io_failed"})


@dataclass(frozen=True, slots=True)
class Settle:
    """The outside has answered: tell the case, if it still is at `version` (None: however it is)."""

    command: Command
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """The job is over without a verb: `done`, `moot` (the case had moved on), `failed` (people must look)."""

    state: str
    result: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """Try later, for a reason; `pause` in ms, 0 for the usual one."""

    reason: str
    pause: int = 0


Outcome = Settle | Close | Again


class Worker:
    """Runs the outbox of one desk. Its Core (of the actor `system`) belongs to the thread that calls it."""

    def __init__(
        self,
        core: Core,
        channel: Channel,
        provider: PaymentProvider,
        word_notice: WordNotice,
        *,
        now: Callable[[], int] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        core.need(Right.RUN)
        self._core = core
        self._channel = channel
        self._provider = provider
        self._word_notice = word_notice
        self._now = now or core.now
        self._chance = chance
        self._holder = f"{os.getpid()}:{os.urandom(4).hex()}"
        self._fence = 0
        self._renewed = 0
        self._runs: dict[str, Callable[[Job, Case], Outcome]] = {
            "message": self._message,
            "refund": self._refund,
            "clock": self._clock,
            "wake": self._wake,
        }

    def run(self, stop: threading.Event, poll_s: float = 0.5) -> None:
        """Work until told to stop, then hand the lease over. StoreError when the file can serve no longer."""
        while not stop.is_set():
            try:
                with translated(self._core.store.conn.path):
                    ran = self.turn()
            except StoreError as exc:
                if exc.code not in PASSING:
                    raise
                log.warning("%s", exc)
                ran = 0
            if not ran:
                stop.wait(poll_s)
        with suppress(StoreError):  # then the lease ends by itself
            self.resign()

    def resign(self) -> None:
        """Let another be the worker at once; to be called when no turn runs."""
        if self._fence:
            with write(self._core.store.conn) as conn:
                outbox.resign(conn, self._core.desk, self._holder)
            self._fence = 0

    def turn(self) -> int:
        """Run what is due, if anything is and nobody else is the worker; the number of jobs run.

        Costs one look without a lock when there is nothing to do: an idle desk writes nothing.
        """
        conn, desk, now = self._core.store.conn, self._core.desk, self._now()
        if not outbox.due(conn, desk, now) or outbox.led(conn, desk, self._holder, now):
            return 0
        with write(conn):
            fence = outbox.elect(conn, desk, self._holder, now)
            if fence is None:
                return 0
            outbox.take_back(conn, desk, fence)
            jobs = outbox.take(conn, desk, fence, now, JOBS_A_TURN)
            feed.prune(conn, desk, CHANGES_KEPT)
        self._fence, self._renewed = fence, now
        ran = 0
        for job in jobs:
            if not self._leads() or not outbox.mine(conn, desk, job.key, fence):
                break
            self._keep(job, self._outcome(job))
            ran += 1
        return ran

    def _leads(self) -> bool:
        """Whether the lease is still ours; renewed when a third of it has passed."""
        now = self._now()
        if now < self._renewed + WORKER_MS // 3:
            return True
        with write(self._core.store.conn) as conn:
            kept = outbox.elect(conn, self._core.desk, self._holder, now) == self._fence
        self._renewed = now
        return kept

    def _outcome(self, job: Job) -> Outcome:
        run = self._runs.get(job.kind)
        if run is None:
            log.error("job %s is of unknown kind %s: a newer csdesk must run it", job.key, job.kind)
            return Again("unknown_kind", UNKNOWN_PAUSE_MS)
        try:
            case, _ = self._core.load(job.case)
            return run(job, case)
        except StoreError as exc:
            if exc.code in PASSING:
                raise
            return Again(exc.code)
        except Exception as exc:  # what nobody foresaw in one job must not stop all others
            log.exception("job %s", job.key)
            return Again(f"error: {type(exc).__name__}")

    def _keep(self, job: Job, outcome: Outcome) -> None:
        """Write down what came of a job, unless another worker has it by now."""
        core = self._core
        if isinstance(outcome, Again) and not outcome.pause and job.attempts + 1 >= MOST_TRIES:
            outcome = self._given_up(job, outcome.reason)
        if not outbox.mine(core.store.conn, core.desk, job.key, self._fence):
            return
        if isinstance(outcome, Settle):
            outcome = self._settled(job, outcome)
            if not outbox.mine(core.store.conn, core.desk, job.key, self._fence):
                return  # the event that settles a reply or a refund has ended its job too
        with write(core.store.conn) as conn:
            if isinstance(outcome, Close):
                outbox.done(conn, core.desk, job.key, self._fence, outcome.state, outcome.result)
            else:
                at = self._now() + (outcome.pause or self._pause(job.attempts))
                outbox.again(conn, core.desk, job.key, self._fence, at, outcome.reason)

    def _settled(self, job: Job, settle: Settle) -> Close | Again:
        try:
            # The job's key: when this process dies before the job is written off, the verb is not done twice.
            self._core.do(settle.command, job.case, version=settle.version, key=job.key)
        except Conflict:
            return Again("conflict", FIRST_PAUSE_MS)
        except Refused as exc:
            if exc.code == "case_of_later_version":
                return Again(exc.code, UNKNOWN_PAUSE_MS)
            return Close("moot", exc.code)
        return Close("done")

    def _given_up(self, job: Job, reason: str) -> Settle | Close:
        """A message that never went is told as failed; all else, money above all, waits for people."""
        log.error("job %s is given up after %d tries: %s", job.key, MOST_TRIES, reason)
        if job.kind == "message":
            return Settle(SettleReply(job.ref, "failed", reason))
        return Close("failed", reason)

    def _pause(self, attempts: int) -> int:
        pause = min(FIRST_PAUSE_MS << min(attempts, 20), LONGEST_PAUSE_MS)
        return pause - int(pause * self._chance() / 4)

    def _message(self, job: Job, case: Case) -> Outcome:
        message = case.message(job.ref)
        if message is None or message.state != "held":
            return Close("moot", "already_settled")
        to = self._recipient(case)
        text = self._text(case, job.ref, to.language if to else "")
        if to is None or not text:
            return Settle(SettleReply(job.ref, "failed", "erased"))
        number = self._core.number(case)
        answer = self._channel.send(job.key, to, text, channel=message.channel, case=number)
        if isinstance(answer, Sent):
            return Settle(SettleReply(job.ref, "sent"))
        return Settle(SettleReply(job.ref, "failed", answer.reason)) if answer.final else Again(answer.reason)

    def _recipient(self, case: Case) -> Recipient | None:
        """The case's customer in clear; without address when unknown, None when erased."""
        store = self._core.store
        store.keys.drop(self._core.desk, case.customer)  # another process may have erased the person
        if isinstance(store.keys.for_person(self._core.desk, case.customer), Shredded):
            return None
        known = store.people.open(case.customer)
        if known is None:
            return Recipient(case.customer)
        return Recipient(case.customer, known.name, known.phone, known.email, known.language)

    def _text(self, case: Case, message: str, language: str) -> str:
        """What a held reply says ("" when its person was erased); the desk's own notices are worded now."""
        core = self._core
        for past in list(cases.history(core.store.conn, core.desk, case.id, core.store.keys)):
            if isinstance(past.event, ReplyHeld) and past.event.id == message:
                if not past.event.text and past.event.canned.startswith("notice."):
                    return self._word_notice(case, past.event.canned, language)
                return past.event.text
        raise LookupError(f"no event brought the reply {message}")

    def _refund(self, job: Job, case: Case) -> Outcome:
        refund = case.refund(job.ref)
        if refund is None or refund.state not in ("proposed", "sent"):
            return Close("moot", "already_settled")
        if not refund.minor:
            return Settle(SettleRefund(job.ref, "confirmed"))  # a gift: nobody has to pay nothing
        told = orders.references(self._core.store.conn, self._core.desk, case.order)
        parts = tuple(Part(p.payment, p.method, told.get(p.payment, ""), p.minor) for p in refund.parts)
        number = self._core.number(case)
        answer = self._provider.refund(
            job.key, parts, currency=case.currency, case=number, order=case.order_number
        )
        match answer:
            case Confirmed(reference):
                return Settle(SettleRefund(job.ref, "confirmed", reference))
            case Failed(reason, final=True):
                return Settle(SettleRefund(job.ref, "failed", reason=reason))
            case Failed(reason) | Unknown(reason):
                return Again(reason)

    def _clock(self, job: Job, case: Case) -> Outcome:
        name, _, due = job.ref.rpartition(":")
        return Settle(Breach(name, int(due)))

    def _wake(self, job: Job, case: Case) -> Outcome:
        if str(case.snoozed_until) != job.ref:
            return Close("moot", "not_snoozed")
        return Settle(Wake(), case.version)
