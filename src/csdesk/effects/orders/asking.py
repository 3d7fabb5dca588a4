"""How what a case asks of its order system leaves."""

from csdesk.domain.cases.case import Case, LineQty, OrderAsk
from csdesk.domain.cases.writeback import SettleOrderAsk, find
from csdesk.effects.asking import Asker
from csdesk.effects.orders.port import AskLine, AskRefund, OrderDesk, Request, Taken
from csdesk.effects.outcomes import Again, Outcome, Settle
from csdesk.store.outbox import Job


class OrderAsker(Asker[OrderAsk, OrderDesk]):
    """Asks the order system."""

    absent = "no_order_system"
    settle = SettleOrderAsk

    def _sought(self, case: Case, ref: str) -> OrderAsk | None:
        return find(case, ref)

    def _ask(self, outside: OrderDesk, job: Job, case: Case, ask: OrderAsk) -> Outcome:
        if not self._leads():
            return Again("lease_lost", left_nothing=True)
        return self._settled(job, case, ask, outside.ask(job.key, self._request(case, ask)))

    def _request(self, case: Case, ask: OrderAsk) -> Request:
        refund = case.refund(ask.refund) if ask.refund else None
        book = AskRefund(refund.reference, refund.cause, refund.minor, case.currency) if refund else None
        lines = tuple(_line(case, units, ask.what) for units in ask.lines)
        number = self._core.number(case)
        return Request(ask.what, case.order_number, number, lines, ask.carrier, ask.waybill, book)

    def _taken(self, job: Job, case: Case, ask: OrderAsk, answer: object, pause: int | None) -> Outcome:
        assert isinstance(answer, Taken)
        told = (answer.reference, "", answer.carrier, answer.waybill)
        return Settle(SettleOrderAsk(job.ref, "done", *told))


def _line(case: Case, units: LineQty, what: str) -> AskLine:
    line = case.line(units.line)
    if line is None:
        return AskLine(units.line, "", "", units.qty)
    sku = line.exchange_sku if what == "exchange" and line.exchange_sku else line.sku
    return AskLine(units.line, sku, line.title, units.qty)
