"""Exchange 换货: goods come back and others go out; without stock the money goes back (DOMAIN §3, 条例 §18)."""

from collections.abc import Mapping
from typing import Any

from csdesk.domain.cases.case import Case, Kind, LineQty, Parcel, Phase
from csdesk.domain.cases.command import Command, Undo, check_quantities, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.differences import consumer_owes
from csdesk.domain.cases.events import Counted, Event, Moved, ParcelSent
from csdesk.domain.cases.goods import checked_waybill, on_the_way
from csdesk.domain.cases.goods_events import ParcelDelivered
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register
from csdesk.domain.value import dataclass

REASONS = (
    "size",
    "colour",
    "quality",
    "wrong_item",
    "damaged",
    "not_as_described",
    "wrong_color",
    "wrong_model",
    "size_swap",
    "defect_swap",
    "early_fault",
    "two_repairs_failed",
    "damaged_in_transit",
    "other",
)


def owed_units(case: Case) -> tuple[LineQty, ...]:
    """Accepted units for which neither goods nor money has gone out."""
    return tuple(LineQty(line.line, line.refundable) for line in case.lines if line.refundable > 0)


def sendable(case: Case, ctx: Context) -> tuple[LineQty, ...]:
    """Units for which goods may go out: those that are owed; in advance (先行换货) all that were approved."""
    if (
        case.kind is not Kind.EXCHANGE
        or not ctx.policy.operations.rules(case.kind, case.merchant).delivery.early
    ):
        return owed_units(case)
    # What failed inspection goes home, and nothing out for it.
    left = (
        (line.line, line.approved - line.return_to_consumer - line.refunded_units - line.sent_out)
        for line in case.lines
    )
    return tuple(LineQty(number, qty) for number, qty in left if qty > 0)


@verb(
    "reissue",
    undo=Undo.NONE,
    why="goods",
    confirm=True,
    example="csdesk case do EX-… reissue carrier=顺丰 waybill=SF…",
)
@dataclass(frozen=True, slots=True)
class Reissue(Command):
    """Send goods out for units that are owed: for accepted ones, for short ones, in advance where policy allows it."""

    carrier: str
    waybill: str
    lines: tuple[LineQty, ...] = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and not sendable(case, ctx):
            return Refused("nothing_owed")
        if refused is None and case.kind is Kind.EXCHANGE and (owes := consumer_owes(case)) > 0:
            return Refused("difference_unpaid", minor=owes, currency=case.currency)
        return refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": owed_units(case)}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refused = self.off(case, ctx)
        if refused is not None:
            raise refused
        to = self.to(case)
        can = sendable(case, ctx)
        left = {units.line: units.qty for units in can}
        lines = self.lines or can
        check_quantities(case, lines, lambda number: left.get(number, 0), "over_accepted")
        waybill = checked_waybill(self.waybill)
        return (ParcelSent(to.name, to.phase, ctx.fresh(), "out", self.carrier, waybill, lines),)


@verb("deliver", undo=Undo.NONE, why="record", example="csdesk case do EX-… deliver")
@dataclass(frozen=True, slots=True)
class Deliver(Command):
    """The consumer has what was sent; after an exchange the warranty begins anew on this day (条例 §18).

    Other goods before those that went home; but what is signed for before what is not.
    """

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and not _arriving(case):
            return Refused("nothing_on_the_way")
        return refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        parcels = _arriving(case)
        arrived = ParcelDelivered(tuple(parcel.id for parcel in parcels))
        if all(parcel.direction == "home" for parcel in parcels):
            to = self.to(case, case.state)
            return (Moved("deliver", to.name, to.phase, reason="goods_home"), arrived)
        to = self.to(case)
        moved = Moved("deliver", to.name, to.phase)
        if case.kind is Kind.EXCHANGE:
            return (moved, arrived, Counted("warranty_from", ctx.now))
        return (moved, arrived)


def _arriving(case: Case) -> tuple[Parcel, ...]:
    """The parcels that the consumer has next: all with other goods, or all with goods that went home."""
    out, home = on_the_way(case, "out"), on_the_way(case, "home")
    first = any(p.signed_at for p in home) and not any(p.signed_at for p in out)
    return home if first else out or home


@verb("no_stock", undo=Undo.INVERSE, example="csdesk case do EX-… no_stock")
@dataclass(frozen=True, slots=True)
class NoStock(Command):
    """There is nothing to send out: the units that are owed are to be paid back instead."""

    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("nothing_owed") if refused is None and not owed_units(case) else refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("no_stock", to.name, to.phase, reason="no_stock", decides=True, note=self.note),)


# Here goods that failed inspection may go home.
_HOMEWARD = (
    "received_inspecting",
    "out_of_stock",
    "reissue_shipped",
    "delivered",
    "refunding",
    "refunded",
    "rejected",
)

MACHINE = register(
    Machine(
        Kind.EXCHANGE,
        reasons=REASONS,
        states=(
            State(
                "submitted",
                Phase.OURS,
                (
                    Term("review", 48, "hours", "policy", pauses_on=("customer",)),
                    Term("refusal", 15, "days", "law", "处罚办法 §8", since="asked"),
                ),
            ),
            State(
                "reviewing",
                Phase.OURS,
                (Term("review", 48, "hours", "policy", pauses_on=("customer",)),),
                keeps=("review", "refusal"),
            ),
            State(
                "approved_wait_ship",
                Phase.WAITING,
                (Term("ship_back", 7, "days", "policy", then="auto_close"),),
                waits="customer",
            ),
            State(
                "return_in_transit",
                Phase.WAITING,
                (Term("stale_parcel", 7, "days", "policy"),),
                waits="carrier",
            ),
            State(
                "received_inspecting",
                Phase.OURS,
                (Term("reissue", 72, "hours", "policy", since="received", pauses_on=("customer",)),),
                keeps=("reissue",),
            ),
            State("dispute", Phase.WAITING, keeps=("reissue",), waits="customer"),
            State(
                "out_of_stock",
                Phase.OURS,
                (
                    # 消法 §24 names no days for the money; what the law has is 15 days, then it counts as refused.
                    Term("refund", 7, "days", "policy"),
                    Term("refund_refusal", 15, "days", "law", "处罚办法 §8"),
                ),
                keeps=("refund", "refund_refusal"),
            ),
            State(
                "reissue_shipped",
                Phase.WAITING,
                (Term("stale_parcel", 7, "days", "policy"),),
                waits="carrier",
            ),
            State("delivered", Phase.OURS, (Term("close", 3, "days", "policy"),)),
            State("refunding", Phase.WAITING, keeps=("refund", "refund_refusal"), waits="bank"),
            State("refunded", Phase.OURS, (Term("close", 3, "days", "policy"),)),
            State("rejected", Phase.WAITING, (Term("appeal", 7, "days", "policy"),), waits="customer"),
            State(
                "platform_review", Phase.WAITING, (Term("platform", 7, "days", "policy"),), waits="platform"
            ),
            State("closed", Phase.DONE),
            State("withdrawn", Phase.DONE),
            State("auto_closed", Phase.DONE),
        ),
        edges=(
            Edge("take", ("submitted",), "reviewing"),
            Edge("approve", ("submitted", "reviewing", "platform_review"), "approved_wait_ship"),
            Edge("ship_back", ("approved_wait_ship", "return_in_transit"), "return_in_transit"),
            Edge("request_label", ("approved_wait_ship", "return_in_transit", "received_inspecting")),
            Edge("request_pickup", ("approved_wait_ship", "return_in_transit", "received_inspecting")),
            Edge("cancel_pickup", ("approved_wait_ship", "return_in_transit", "received_inspecting")),
            Edge(
                "inspect",
                (
                    "received_inspecting",
                    "out_of_stock",
                    "reissue_shipped",
                    "delivered",
                    "refunding",
                    "refunded",
                ),
                "received_inspecting",
            ),
            Edge(
                "receive",
                (
                    "approved_wait_ship",
                    "return_in_transit",
                    "received_inspecting",
                    "out_of_stock",
                    "reissue_shipped",
                    "delivered",
                    "refunding",
                    "refunded",
                ),
                "received_inspecting",
            ),
            Edge(
                "reissue",
                (
                    "received_inspecting",
                    "out_of_stock",
                    "reissue_shipped",
                    "delivered",
                    "approved_wait_ship",
                    "return_in_transit",
                ),
                "reissue_shipped",
            ),
            Edge("keep_goods", ("approved_wait_ship",), "received_inspecting"),
            Edge("ask_evidence", ("reviewing", "platform_review")),
            Edge(
                "ship_back",
                (
                    "received_inspecting",
                    "out_of_stock",
                    "reissue_shipped",
                    "delivered",
                    "refunding",
                    "refunded",
                ),
            ),
            Edge("deliver", ("reissue_shipped",), "delivered"),
            Edge("send_home", _HOMEWARD),
            Edge("deliver", (*_HOMEWARD, "platform_review")),
            Edge("came_back", (*_HOMEWARD, "platform_review")),
            Edge("give_up_goods", _HOMEWARD),
            Edge("parcel_lost", ("return_in_transit", *_HOMEWARD, "platform_review")),
            Edge("difference_paid", ("approved_wait_ship", "return_in_transit", "received_inspecting")),
            Edge("waive_difference", ("approved_wait_ship", "return_in_transit", "received_inspecting")),
            Edge("refund_difference", ("received_inspecting", "reissue_shipped", "delivered", "refunded")),
            Edge(
                "return_difference",
                ("received_inspecting", "out_of_stock", "delivered", "refunding", "refunded", "rejected"),
            ),
            Edge("refund", ("out_of_stock",), "refunding"),
            Edge("no_stock", ("received_inspecting", "delivered", "refunded"), "out_of_stock"),
            Edge("close", ("delivered", "refunded", "rejected", "received_inspecting"), "closed"),
            Edge("reject", ("submitted", "reviewing", "platform_review"), "rejected"),
            Edge("dispute", ("received_inspecting",), "dispute"),
            Edge("settle_dispute", ("dispute",)),
            Edge("appeal", ("rejected",), "platform_review"),
            Edge(
                "withdraw",
                ("submitted", "reviewing", "approved_wait_ship", "rejected", "platform_review"),
                "withdrawn",
            ),
            Edge("settle_refund", ("refunding",), "refunded"),
            Edge("refund_failed", ("refunding", "refunded"), "out_of_stock"),
            Edge("auto_close", ("approved_wait_ship",), "auto_closed"),
            Edge("reopen", ("closed", "withdrawn", "auto_closed"), "reviewing"),
        ),
    )
)
