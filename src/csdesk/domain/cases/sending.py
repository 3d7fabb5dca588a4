"""Verbs of the worker about a refund that leaves: it is sent now, or nobody can say whether it went."""

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event
from csdesk.domain.cases.ledger import fits
from csdesk.domain.cases.refund_events import RefundDoubted, RefundSent
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@verb("send_refund", right=Right.RUN, undo=Undo.NONE, why="money", shared=True)
@dataclass(frozen=True, slots=True)
class SendRefund(Command):
    """The provider is asked for a refund from here on; refused when the payments have the money no longer."""

    id: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refund = case.refund(self.id)
        if refund is None or refund.state != "proposed":
            raise Refused("already_settled", id=self.id)
        if not fits(case, ctx.order, refund):
            raise Refused("overtaken_refund", minor=refund.minor, currency=case.currency)
        return (RefundSent(refund.id),)


@verb("doubt_refund", right=Right.RUN, undo=Undo.NONE, why="money", shared=True)
@dataclass(frozen=True, slots=True)
class DoubtRefund(Command):
    """Nobody can say whether a refund went: it stays promised, is never paid a second time, and waits for a person."""

    id: str
    reason: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refund = case.refund(self.id)
        if refund is None or refund.state != "sent":
            raise Refused("already_settled", id=self.id)
        return (RefundDoubted(refund.id, self.reason),)
