"""What the desk carries out by itself: receipt, delivery and refund, where its policy says so (`operations.py`)."""

from typing import ClassVar

from csdesk.domain.cases.case import Case, Clock, Kind
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event
from csdesk.domain.cases.exchange import sendable
from csdesk.domain.cases.goods import Receive, awaited, on_the_way
from csdesk.domain.cases.goods_events import Automated, DeliveryOrdered
from csdesk.domain.cases.machine import MACHINES
from csdesk.domain.cases.operations import AUTOMATIC, Operation
from csdesk.domain.cases.parcels import KeepGoods
from csdesk.domain.cases.refunds import PayBack
from csdesk.domain.clocks.clock import in_order
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass

ALLOWED = "approved_wait_ship"


@dataclass(frozen=True, slots=True)
class _Automatic(Command):
    """A step that the desk runs when its timer is over; what refuses a person refuses the desk, and is told."""

    step: ClassVar[str]

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        operation = _operation(case, self.step, ctx)
        if not wanted(case, self.step, ctx):
            raise Refused("not_automatic", step=self.step)
        try:
            return (*_carry_out(case, self.step, ctx), Automated(self.step, operation.timing))
        except Refused as refused:
            return (Automated(self.step, operation.timing, refused.code),)


@verb("auto_receipt", right=Right.RUN, undo=Undo.NONE, why="goods", shared=True)
@dataclass(frozen=True, slots=True)
class AutoReceipt(_Automatic):
    """Book approved units as received without a person, as the desk's policy says."""

    step: ClassVar[str] = "receipt"


@verb("auto_delivery", right=Right.RUN, undo=Undo.NONE, why="goods", shared=True)
@dataclass(frozen=True, slots=True)
class AutoDelivery(_Automatic):
    """Order the other goods from the warehouse without a person; they are sent with a waybill by `reissue`."""

    step: ClassVar[str] = "delivery"


@verb("auto_refund", right=Right.RUN, undo=Undo.NONE, why="money", shared=True)
@dataclass(frozen=True, slots=True)
class AutoRefund(_Automatic):
    """Pay back what is owed without a person, within the desk's own limit; above it a second person is asked."""

    step: ClassVar[str] = "refund"


def _operation(case: Case, step: str, ctx: Context) -> Operation:
    return ctx.policy.operations.rules(case.kind, case.merchant).step(step)


def wanted(case: Case, step: str, ctx: Context) -> bool:
    """Whether the desk should carry out `step` of this case now: by policy, by its state, and not stopped before."""
    operation = _operation(case, step, ctx)
    stopped = case.counters.get(f"{AUTOMATIC[step]}_stopped")
    if not operation.automatic or stopped or not case.open or ctx.order is None:
        return False
    machine = MACHINES[case.kind]
    match step:
        case "receipt":
            announced = operation.early or bool(on_the_way(case, "back"))
            return bool(
                machine.edge("receive", case.state) and awaited(case) and announced and not _here(case)
            )
        case "delivery":
            ordered = case.counters.get("delivery_ordered", 0)
            units = sum(one.qty for one in sendable(case, ctx))
            return bool(machine.edge("reissue", case.state)) and units > ordered
        case _:
            owed = any(line.refundable > 0 for line in case.lines)
            keeps = operation.early and case.kind is Kind.RETURN and case.state == ALLOWED
            return (owed and machine.edge("refund", case.state) is not None) or keeps


def _here(case: Case) -> bool:
    """Whether a person has begun to count what came: then people go on."""
    return any(line.received > case.home(line) for line in case.lines)


def _carry_out(case: Case, step: str, ctx: Context) -> tuple[Event, ...]:
    if step == "delivery":
        return (DeliveryOrdered(sendable(case, ctx)),)
    if step == "receipt":
        return _run(Receive(), case, ctx)
    if case.state == ALLOWED:
        return _run(KeepGoods(), case, ctx)
    return _run(PayBack(), case, ctx)


def _run(command: Command, case: Case, ctx: Context) -> tuple[Event, ...]:
    refused = type(command).off(case, ctx)
    if refused is not None:
        raise refused
    return command.decide(case, ctx)


def automatic_clocks(
    after: Case, set_anew: tuple[Clock, ...] | None, ctx: Context
) -> tuple[Clock, ...] | None:
    """The clocks with a timer for each step that the desk will carry out; None when nothing changes.

    A timer that runs goes on; one whose step is not wanted any more stops. `pause_ms` lets people step in before.
    """
    running = after.clocks if set_anew is None else set_anew
    # Of a closed case, and of one without an order, nothing is wanted.
    every = AUTOMATIC if after.open and ctx.order is not None else {}
    steps = tuple(name for step, name in every.items() if wanted(after, step, ctx))
    kept = tuple(clock for clock in running if clock.name not in AUTOMATIC.values())
    if not steps and kept == running:
        return set_anew
    for name in steps:
        fresh = Clock(name, "policy", ctx.now, ctx.now + ctx.policy.operations.pause_ms)
        kept += (next((clock for clock in after.clocks if clock.name == name), fresh),)
    kept = tuple(sorted(kept, key=in_order))
    return None if kept == after.clocks else kept
