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
from typing import Any

from csdesk.desk.core import Core
from csdesk.desk.desk import Conflict
from csdesk.domain.cases.case import UNSENT, Case, Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import SettleReply
from csdesk.domain.cases.events import ReplyHeld
from csdesk.domain.cases.refunds import SettleRefund
from csdesk.domain.cases.sending import DoubtRefund
from csdesk.domain.cases.shared import Breach, Wake
from csdesk.domain.roles import Right
from csdesk.effects.asking import Asker
from csdesk.effects.carriers.asking import CarrierAsker
from csdesk.effects.carriers.port import CarrierDesk
from csdesk.effects.orders.asking import OrderAsker
from csdesk.effects.orders.port import OrderDesk
from csdesk.effects.outcomes import Again, Close, Outcome, Settle
from csdesk.effects.paying import DOUBT_PAUSE_MS, Payer
from csdesk.effects.ports import Channel, PaymentProvider, Recipient, Sent
from csdesk.effects.webhooks_out import Courier
from csdesk.store import cases, feed, outbox, tokens
from csdesk.store.connection import translated, write
from csdesk.store.crypto import Shredded
from csdesk.store.errors import StoreError
from csdesk.store.outbox import WORKER_MS, Job
from csdesk.store.restraint import ERASE

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
# Other systems follow the changes too, and may be away for days: 100 bytes each, so 20 MB on a desk that has as many.
CHANGES_KEPT = 200_000
# What a worker waits out; with any other error of the file it has no business going on.
PASSING = frozenset({"locked", "disk_full", "io_failed"})
# Jobs of no case: a look at a parcel, which may be several cases' or none's; a step of a run over many cases.
PARCEL, BULK = "parcel", "bulk"
# How often sessions of long ago are looked for.
SWEEP_MS = 3_600_000
# The next step of a run: at once, after whatever else is due by now.
NEXT_STEP_MS = 0


class Worker:
    """Runs the outbox of one desk. Its Core (of the actor `system`) belongs to the thread that calls it."""

    def __init__(
        self,
        core: Core,
        channel: Channel,
        provider: PaymentProvider,
        word_notice: WordNotice,
        *,
        orders: OrderDesk | None = None,
        carriers: CarrierDesk | None = None,
        hooks: Courier | None = None,
        now: Callable[[], int] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        core.need(Right.RUN)
        self._core = core
        self._channel = channel
        self._word_notice = word_notice
        self._hooks = hooks
        self._now = now or core.now
        self._payer = Payer(core, provider, self._leads, self._now)
        self._chance = chance
        self._holder = f"{os.getpid()}:{os.urandom(4).hex()}"
        self._fence = 0
        self._renewed = 0
        self._swept = 0
        self._askers: dict[str, Asker[Any, Any]] = {
            "order": OrderAsker(core, orders, self._leads, self._now),
            "carrier": CarrierAsker(core, carriers, self._leads, self._now),
        }
        self._runs: dict[str, Callable[[Job, Case], Outcome]] = {
            "message": self._message,
            "refund": self._payer.refund,
            "recheck": self._payer.recheck,
            **{kind: asker.run for kind, asker in self._askers.items()},
            "clock": self._clock,
            "wake": self._wake,
            ERASE: self._erase,
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
        hooks = self._hooks if self._hooks is not None and self._hooks.due(now) else None
        if (hooks is None and not outbox.due(conn, desk, now)) or outbox.led(conn, desk, self._holder, now):
            return 0
        with write(conn):
            fence = outbox.elect(conn, desk, self._holder, now)
            if fence is None:
                return 0
            outbox.take_back(conn, desk, fence)
            jobs = outbox.take(conn, desk, fence, now, JOBS_A_TURN)
            feed.prune(conn, desk, CHANGES_KEPT)
            if now - self._swept >= SWEEP_MS:
                tokens.forget(conn, desk, now)
                self._swept = now
        self._fence, self._renewed = fence, now
        ran = 0
        for job in jobs:
            if not self._leads() or not outbox.mine(conn, desk, job.key, fence):
                break
            self._keep(job, self._outcome(job))
            ran += 1
        if hooks is not None:
            ran += hooks.turn(self._leads)
        return ran

    def renew(self) -> None:
        """Keep the lease while a channel takes its time; to be called from the thread that runs the turn."""
        self._leads()

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
        if job.kind not in (*self._runs, PARCEL, BULK):
            log.error("job %s is of unknown kind %s: a newer csdesk must run it", job.key, job.kind)
            return Again("unknown_kind", pause=UNKNOWN_PAUSE_MS)
        try:
            if job.kind == PARCEL:
                return self._parcel(job)
            if job.kind == BULK:
                return self._bulk(job)
            case, _ = self._core.load(job.case)
            return self._runs[job.kind](job, case)
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
        if isinstance(outcome, Again) and outcome.pause is None and job.attempts + 1 >= MOST_TRIES:
            outcome = self._given_up(job, outcome)
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
                pause = self._pause(job.attempts) if outcome.pause is None else outcome.pause
                at = self._now() + pause
                outbox.again(conn, core.desk, job.key, self._fence, at, outcome.reason)

    def _settled(self, job: Job, settle: Settle) -> Close | Again:
        try:
            # The job's key: when this process dies before the job is written off, the verb is not done twice.
            key = f"{job.key}:{settle.step}" if settle.step else job.key
            self._core.do(settle.command, job.case, version=settle.version, key=key)
        except Conflict:
            return Again("conflict", pause=FIRST_PAUSE_MS)
        except Refused as exc:
            if exc.code == "case_of_later_version":
                return Again(exc.code, pause=UNKNOWN_PAUSE_MS)
            return Close("moot", exc.code)
        return settle.then

    def _given_up(self, job: Job, last: Again) -> Settle | Close:
        """A message or refund that never went is told as failed; a refund that may have gone is told as in doubt.

        It goes on being asked after, never for: a provider may have forgotten the key by then. All else waits for
        people.
        """
        reason = last.reason
        log.error("job %s is given up after %d tries: %s", job.key, MOST_TRIES, reason)
        if job.kind == "message":
            return Settle(SettleReply(job.ref, "failed", reason))
        if job.kind == "refund" and last.left_nothing:
            return Settle(SettleRefund(job.ref, "failed", reason=reason))
        if job.kind == "refund":
            return Settle(
                DoubtRefund(job.ref, reason), then=Again(reason, pause=DOUBT_PAUSE_MS), step="doubt"
            )
        if asker := self._askers.get(job.kind):
            return asker.given_up(job, last)
        return Close("failed", reason)

    def _pause(self, attempts: int) -> int:
        pause = min(FIRST_PAUSE_MS << min(attempts, 20), LONGEST_PAUSE_MS)
        return pause - int(pause * self._chance() / 4)

    def _message(self, job: Job, case: Case) -> Outcome:
        message = case.message(job.ref)
        if message is None or message.state not in UNSENT:
            return Close("moot", "already_settled")
        to = self._recipient(case)
        text, automatic = self._text(case, job.ref, to.language if to else "")
        if to is None or not text:
            return Settle(SettleReply(job.ref, "failed", "erased"))
        number = self._core.number(case)
        answer = self._channel.send(
            job.key, to, text, channel=message.channel, case=number, automatic=automatic
        )
        if isinstance(answer, Sent):
            return Settle(SettleReply(job.ref, "delivered" if answer.delivered else "sent"))
        if answer.final:
            return Settle(SettleReply(job.ref, "failed", answer.reason))
        again = Again(answer.reason)
        if message.state == "queued":
            return again
        # From its first try on it may have left, whatever the channel says: nobody can recall it.
        return Settle(SettleReply(job.ref, "queued", answer.reason), then=again, step="queued")

    def _recipient(self, case: Case) -> Recipient | None:
        """The case's customer in clear; without address when unknown, None when erased."""
        store = self._core.store
        store.keys.drop(self._core.desk, case.customer)  # another process may have erased the person
        if isinstance(store.keys.for_person(self._core.desk, case.customer), Shredded):
            return None
        # The outcome of a request is told to the person whose data is only stored by now.
        told = case.kind is Kind.PRIVACY_REQUEST
        known = (store.people.open_kept if told else store.people.open)(case.customer)
        if known is None:
            return Recipient(case.customer)
        return Recipient(case.customer, known.name, known.phone, known.email, known.language)

    def _text(self, case: Case, message: str, language: str) -> tuple[str, bool]:
        """What a reply says ("" when its person was erased), and whether it is the desk's own notice, worded now."""
        core = self._core
        for past in list(cases.history(core.store.conn, core.desk, case.id, core.store.keys)):
            if isinstance(past.event, ReplyHeld) and past.event.id == message:
                if not past.event.text and past.event.canned.startswith("notice."):
                    return self._word_notice(case, past.event.canned, language), True
                return past.event.text, False
        raise LookupError(f"no event brought the reply {message}")

    def _clock(self, job: Job, case: Case) -> Outcome:
        name, _, due = job.ref.rpartition(":")
        return Settle(Breach(name, int(due)))

    def _erase(self, job: Job, case: Case) -> Outcome:
        """The end of a person's data, when no law and no open case keeps it any more."""
        from csdesk.desk.rights_carrying import erase_due

        pause = erase_due(self._core, case, job.ref)
        return Again("kept", pause=pause) if pause else Close("done", "erased")

    def _parcel(self, job: Job) -> Outcome:
        """Scans that came before their parcel, or silence since the last one; the look sets its own next timer."""
        from csdesk.desk.tracking import tell

        with write(self._core.store.conn):
            tell(self._core, (job.ref,))
        return Close("moot", "looked_at")

    def _bulk(self, job: Job) -> Outcome:
        from csdesk.desk.bulk_answers import step

        over = step(self._core, job.ref)
        return Close("done") if over else Again("more", pause=NEXT_STEP_MS)

    def _wake(self, job: Job, case: Case) -> Outcome:
        if str(case.snoozed_until) != job.ref:
            return Close("moot", "not_snoozed")
        return Settle(Wake(), case.version)
