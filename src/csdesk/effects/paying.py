"""How a refund leaves: marked as sent before the provider is asked, asked after before it is asked for again."""

from collections.abc import Callable

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Refund
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.refunds import SettleRefund, replaces
from csdesk.domain.cases.sending import SendRefund
from csdesk.effects.outcomes import Again, Close, Outcome, Settle
from csdesk.effects.ports import Confirmed, Failed, Part, PaymentProvider, Unknown
from csdesk.store import orders
from csdesk.store.cases import refund_key
from csdesk.store.outbox import Job

# Providers keep an idempotency key for a day at least; what is older is asked after, never for.
KEY_LIFE_MS = 20 * 3_600_000
# A refund in doubt is asked after once an hour until it is clear.
DOUBT_PAUSE_MS = 3_600_000


class Payer:
    """Asks a payment provider for the refunds of a desk's outbox; `leads` says whether this worker still may."""

    def __init__(
        self,
        core: Core,
        provider: PaymentProvider,
        leads: Callable[[], bool],
        now: Callable[[], int],
    ) -> None:
        self._core = core
        self._provider = provider
        self._leads = leads
        self._now = now

    def refund(self, job: Job, case: Case) -> Outcome:
        """Let a refund leave, or find out what became of it."""
        refund = case.refund(job.ref)
        if refund is None or refund.state not in ("proposed", "sent", "in_doubt"):
            return Close("moot", "already_settled")
        if not refund.minor:
            return Settle(SettleRefund(job.ref, "confirmed"))  # a gift: nobody has to pay nothing
        if refund.state == "proposed":
            return self._first(job, case, refund)
        return self._asked_before(job, case, refund)

    def recheck(self, job: Job, case: Case) -> Outcome:
        """Whether a provider that had said no has paid after all."""
        refund = case.refund(job.ref)
        if refund is None or refund.state != "failed" or not refund.minor:
            return Close("moot", "already_settled")
        answer = self._provider.find(refund_key(refund.id))
        if isinstance(answer, Confirmed):
            return Settle(SettleRefund(refund.id, "confirmed", answer.reference))
        return Again(answer.reason) if isinstance(answer, Unknown) else Close("done")

    def _first(self, job: Job, case: Case, refund: Refund) -> Outcome:
        """Nobody was asked for it yet: see that what it replaces was really not paid, mark it, then ask."""
        for other in case.refunds:
            if other.state != "failed" or other.failure == "paid_already" or not replaces(refund, other):
                continue
            answer = self._provider.find(refund_key(other.id))
            if isinstance(answer, Confirmed):
                late = SettleRefund(other.id, "confirmed", answer.reference)
                return Settle(late, then=Again("paid_already", left_nothing=True), step=f"late:{other.id}")
            if isinstance(answer, Unknown):
                return Again(answer.reason, left_nothing=True)
        try:
            # A key of its own for each time that it may be marked: the same one would only say that it was.
            self._core.do(SendRefund(refund.id), case.id, key=f"{job.key}:sent:{job.attempts}")
        except Refused as exc:
            if exc.code == "overtaken_refund":
                return Settle(SettleRefund(refund.id, "failed", reason=exc.code))
            return Again(exc.code, left_nothing=True)
        return self._ask(job, case, refund)

    def _asked_before(self, job: Job, case: Case, refund: Refund) -> Outcome:
        answer = self._provider.find(job.key)
        match answer:
            case Confirmed() | Failed(final=True):
                return _settled(job, answer)
            case Unknown(reason):
                return Again(reason, pause=_pause(refund))
        # Never heard of, or said to have left nothing.
        if refund.state == "in_doubt" or self._now() > refund.sent_at + KEY_LIFE_MS:
            return self._too_old(refund, answer)
        return self._ask(job, case, refund)

    def _too_old(self, refund: Refund, answer: Failed | None) -> Outcome:
        if isinstance(answer, Failed):
            return Settle(SettleRefund(refund.id, "failed", reason=answer.reason))
        return Again("forgotten", pause=_pause(refund))

    def _ask(self, job: Job, case: Case, refund: Refund) -> Outcome:
        if not self._leads():
            return Again("lease_lost", left_nothing=True)
        told = orders.references(self._core.store.conn, self._core.desk, case.order) if case.order else {}
        parts = tuple(
            Part(p.payment, p.method, told.get(p.payment, ""), p.minor, p.kind, p.count, p.if_expired)
            for p in refund.parts
        )
        answer = self._provider.refund(
            job.key,
            parts,
            currency=case.currency,
            case=self._core.number(case),
            order=case.order_number,
            cause=refund.cause,
        )
        return _settled(job, answer)


def _pause(refund: Refund) -> int | None:
    """The pause of a refund in doubt; None, the usual one, while it is none."""
    return DOUBT_PAUSE_MS if refund.state == "in_doubt" else None


def _settled(job: Job, answer: Confirmed | Failed | Unknown) -> Outcome:
    match answer:
        case Confirmed(reference):
            return Settle(SettleRefund(job.ref, "confirmed", reference))
        case Failed(reason, final=True):
            return Settle(SettleRefund(job.ref, "failed", reason=reason))
        case Failed(reason):
            return Again(reason, left_nothing=True)
        case Unknown(reason):
            return Again(reason)
