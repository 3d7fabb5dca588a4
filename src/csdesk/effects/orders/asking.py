"""How what a case asks of its order system leaves: the first time it is asked for, from then on asked after first."""

from collections.abc import Callable

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, LineQty, OrderAsk
from csdesk.domain.cases.writeback import UNSETTLED, SettleOrderAsk, find
from csdesk.effects.orders.port import AskLine, AskRefund, OrderDesk, Request, Taken
from csdesk.effects.outcomes import Again, Close, Outcome, Settle
from csdesk.effects.ports import Failed, Unknown
from csdesk.store.outbox import Job

# Order systems keep an idempotency key for a day at least; what is older is asked after, never for.
KEY_LIFE_MS = 20 * 3_600_000
# What is in doubt, or waits for an order system to be configured again, is looked at once an hour.
DOUBT_PAUSE_MS = 3_600_000


class Asker:
    """Asks the order system for what the outbox holds; `leads` says whether this worker still may."""

    def __init__(
        self, core: Core, orders: OrderDesk | None, leads: Callable[[], bool], now: Callable[[], int]
    ) -> None:
        self._core = core
        self._orders = orders
        self._leads = leads
        self._now = now

    def run(self, job: Job, case: Case) -> Outcome:
        """Ask for something, or find out what became of it."""
        ask = find(case, job.ref)
        if ask is None or ask.state not in UNSETTLED:
            return Close("moot", "already_settled")
        if self._orders is None:
            return Again("no_order_system", pause=DOUBT_PAUSE_MS)
        # `attempts` was written before the first try began: a worker that died in it has left its trace.
        if not job.attempts:
            return self._ask(self._orders, job, case, ask)
        answer = self._orders.find(job.key)
        if answer is not None and not (isinstance(answer, Failed) and not answer.final):
            return _settled(job, ask, answer)
        # Never heard of, or said to have left nothing.
        if ask.state == "in_doubt":
            return Again("forgotten", pause=DOUBT_PAUSE_MS)
        if self._now() > ask.at + KEY_LIFE_MS:
            return doubted(job, "forgotten")
        return self._ask(self._orders, job, case, ask)

    def _ask(self, orders: OrderDesk, job: Job, case: Case, ask: OrderAsk) -> Outcome:
        if not self._leads():
            return Again("lease_lost", left_nothing=True)
        return _settled(job, ask, orders.ask(job.key, self._request(case, ask)))

    def _request(self, case: Case, ask: OrderAsk) -> Request:
        refund = case.refund(ask.refund) if ask.refund else None
        book = AskRefund(refund.reference, refund.cause, refund.minor, case.currency) if refund else None
        lines = tuple(_line(case, units, ask.what) for units in ask.lines)
        number = self._core.number(case)
        return Request(ask.what, case.order_number, number, lines, ask.carrier, ask.waybill, book)


def doubted(job: Job, reason: str) -> Settle:
    """Nobody can say whether it was done: a person is told, and the order system goes on being asked after it."""
    return Settle(
        SettleOrderAsk(job.ref, "in_doubt", reason=reason),
        then=Again(reason, pause=DOUBT_PAUSE_MS),
        step="doubt",
    )


def _line(case: Case, units: LineQty, what: str) -> AskLine:
    line = case.line(units.line)
    if line is None:
        return AskLine(units.line, "", "", units.qty)
    sku = line.exchange_sku if what == "exchange" and line.exchange_sku else line.sku
    return AskLine(units.line, sku, line.title, units.qty)


def _settled(job: Job, ask: OrderAsk, answer: Taken | Failed | Unknown) -> Outcome:
    pause = DOUBT_PAUSE_MS if ask.state == "in_doubt" else None
    match answer:
        case Taken(reference, carrier, waybill):
            command = SettleOrderAsk(job.ref, "done", reference=reference, carrier=carrier, waybill=waybill)
            return Settle(command)
        case Failed(reason, final=True):
            return Settle(SettleOrderAsk(job.ref, "failed", reason=reason))
        case Failed(reason):
            return Again(reason, pause=pause, left_nothing=True)
        case Unknown(reason):
            return Again(reason, pause=pause)
