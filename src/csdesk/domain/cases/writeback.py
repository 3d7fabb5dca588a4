"""What a case asks of its order system, and what came of it: cancel, intercept, reissue, exchange, book a refund.

One place finds out what a decision asks for (`asked`), so that no verb can forget it: whatever concedes units that were
not sent yet asks to cancel, whatever orders or sends goods asks for the order behind them. Only what the desk's policy
lists (`write_back`) is asked; the outbox carries it out, once by the key of its job.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from csdesk.domain.cases.case import Case, Kind, LineQty, OrderAsk
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.consent import InterceptFails
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Moved, ParcelSent, Stamp, event
from csdesk.domain.cases.exchange import Reissue
from csdesk.domain.cases.goods_events import Conceded, DeliveryOrdered
from csdesk.domain.cases.machine import MACHINES
from csdesk.domain.cases.refund_events import RefundSettled
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace

ASKS = ("cancel", "intercept", "reissue", "exchange", "refund")
# Nobody knows yet what became of these.
UNSETTLED = frozenset({"asked", "in_doubt"})
# Under these names the order system sends goods.
_SENDS = {Kind.REISSUE: "reissue", Kind.EXCHANGE: "exchange"}
# Far more than any case asks for; ids of one command are `fresh` numbers that no verb uses.
_FIRST_ID = 900


@event("order_asked")
@dataclass(frozen=True, slots=True)
class OrderAsked(Event):
    """The order system is asked for `what` (one of ASKS); `refund` names the refund that it is to book."""

    commutes: ClassVar[bool] = True
    id: str
    what: str
    lines: tuple[LineQty, ...] = ()
    carrier: str = ""
    waybill: str = ""
    refund: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        made = OrderAsk(
            self.id, self.what, "asked", stamp.at, self.lines, self.carrier, self.waybill, self.refund
        )
        return replace(case, order_asks=(*case.order_asks, made))


@event("order_taken")
@dataclass(frozen=True, slots=True)
class OrderTaken(Event):
    """The order system did what it was asked; `reference` is its name for that, the parcel is what it sent."""

    commutes: ClassVar[bool] = True
    id: str
    what: str
    reference: str = ""
    carrier: str = ""
    waybill: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return _answered(case, self.id, "done", self.reference, "")


@event("order_declined")
@dataclass(frozen=True, slots=True)
class OrderDeclined(Event):
    """The order system did nothing, for `reason`: it is for people now."""

    commutes: ClassVar[bool] = True
    id: str
    what: str
    reason: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return _answered(case, self.id, "failed", "", self.reason)


@event("order_doubted")
@dataclass(frozen=True, slots=True)
class OrderDoubted(Event):
    """The order system could not say whether it did it (`fault`); it is asked after, and never for it again."""

    commutes: ClassVar[bool] = True
    id: str
    what: str
    fault: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return _answered(case, self.id, "in_doubt", "", self.fault)


def _answered(case: Case, id_: str, state: str, reference: str, why: str) -> Case:
    def answer(ask: OrderAsk) -> OrderAsk:
        return replace(ask, state=state, reference=reference, why=why)

    return replace(case, order_asks=tuple(answer(a) if a.id == id_ else a for a in case.order_asks))


def find(case: Case, id_: str) -> OrderAsk | None:
    """What the case asked under this id."""
    return next((ask for ask in case.order_asks if ask.id == id_), None)


def asked(before: Case, after: Case, events: Sequence[Event], ctx: Context) -> tuple[Event, ...]:
    """What these events of one decision ask of the order system; nothing without an order, or against policy."""
    if not before.order or not ctx.policy.write_back:
        return ()
    # The order system itself told of this parcel.
    told = any(isinstance(happened, OrderTaken) for happened in events)
    found = [
        wish
        for happened in events
        for wish in _wishes(before, after, happened)
        if wish.what in ctx.policy.write_back and not (told and isinstance(happened, ParcelSent))
    ]
    return tuple(replace(wish, id=ctx.fresh(_FIRST_ID + n)) for n, wish in enumerate(found))


def _wishes(before: Case, after: Case, happened: Event) -> Iterator[OrderAsked]:
    match happened:
        case Conceded(reason="not_shipped", lines=lines):
            yield OrderAsked("", "cancel", lines)
        case Moved(verb="intercept"):
            yield OrderAsked("", "intercept", tuple(LineQty(x.line, x.asked) for x in after.lines if x.asked))
        case ParcelSent(direction="out", lines=lines) if what := _SENDS.get(after.kind):
            if left := _unasked(before, after, what, lines, ()):
                yield OrderAsked("", what, left, happened.carrier, happened.waybill)
        case DeliveryOrdered(lines=lines) if what := _SENDS.get(after.kind):
            if left := _unasked(before, after, what, lines, lines):
                yield OrderAsked("", what, left)
        case RefundSettled(state="confirmed", id=id_) if paid := after.refund(id_):
            yield OrderAsked("", "refund", paid.units, refund=id_)


def _unasked(
    before: Case, after: Case, what: str, lines: tuple[LineQty, ...], wanted: tuple[LineQty, ...]
) -> tuple[LineQty, ...]:
    """Of `lines`, the units that went out or are `wanted` and that no live request has asked for yet.

    Parcels are counted and not `sent_out`: what was lost on its way is owed, and asked for, once more.
    """
    asks = [ask for ask in before.order_asks if ask.what == what and ask.state != "failed"]
    gone = [parcel for parcel in after.parcels if parcel.direction == "out"]

    def left(line: LineQty) -> int:
        needed = sum(u.qty for p in gone for u in p.lines if u.line == line.line)
        needed += sum(u.qty for u in wanted if u.line == line.line)
        had = sum(u.qty for ask in asks for u in ask.lines if u.line == line.line)
        return min(line.qty, needed - had)

    return tuple(LineQty(line.line, qty) for line in lines if (qty := left(line)) > 0)


@verb("settle_order_ask", right=Right.RUN, undo=Undo.NONE, why="outside", shared=True)
@dataclass(frozen=True, slots=True)
class SettleOrderAsk(Command):
    """The order system has answered: `done`, `failed` (it did nothing), or `in_doubt` (nobody can say).

    A parcel that it names is booked as sent; an interception that it refuses has failed.
    """

    id: str
    state: str
    reference: str = ""
    reason: str = ""
    carrier: str = ""
    waybill: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        # An answer that comes when the case has ended is still what happened.
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        ask = find(case, self.id)
        if ask is None or ask.state not in UNSETTLED or (ask.state, self.state) == ("in_doubt", "in_doubt"):
            raise Refused("already_settled", id=self.id)
        if self.state == "in_doubt":
            return (OrderDoubted(ask.id, ask.what, self.reason),)
        if self.state == "failed":
            declined = OrderDeclined(ask.id, ask.what, self.reason)
            return (declined, *_stopped(case, ask, ctx))
        taken = OrderTaken(ask.id, ask.what, self.reference, self.carrier, self.waybill)
        return (taken, *self._sent(case, ask, ctx))

    def _sent(self, case: Case, ask: OrderAsk, ctx: Context) -> tuple[Event, ...]:
        """The parcel that the order system sent, where the case waits for one and the verb would go."""
        if ask.what not in _SENDS.values() or ask.waybill or not self.waybill:
            return ()
        if Reissue.off(case, ctx) is not None:
            return ()
        try:
            return Reissue(self.carrier, self.waybill, ask.lines).decide(case, ctx)
        except Refused:
            return ()  # people have sent or paid some of it meanwhile: the answer stands in the timeline for them


def _stopped(case: Case, ask: OrderAsk, ctx: Context) -> tuple[Event, ...]:
    if ask.what != "intercept" or not case.open:
        return ()
    if MACHINES[case.kind].edge(InterceptFails.verb.name, case.state) is None:
        return ()
    return InterceptFails().decide(case, ctx)
