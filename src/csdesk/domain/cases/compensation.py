"""Compensation: what a merchant gives on top of what is owed, as an event with limits like any other money."""

from dataclasses import field

from csdesk.domain.cases.case import Case, Refund, RefundPart
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event
from csdesk.domain.cases.ledger import standing
from csdesk.domain.cases.refund_events import Compensated
from csdesk.domain.cases.refunds import TRANSFER
from csdesk.domain.money import MAX_MINOR
from csdesk.domain.roles import Right
from csdesk.domain.tender import counted, tender
from csdesk.domain.value import dataclass

WAYS = (TRANSFER, "coupon", "points")
COMPENSATION_REASONS = (
    "return_freight",
    "late_delivery",
    "quality",
    "damages",
    "promise",
    "inconvenience",
    "goodwill",
)


@verb(
    "compensate",
    right=Right.REFUND,
    undo=Undo.NONE,
    why="money",
    money=True,
    bulk=True,
    confirm=True,
    shared=True,
    example="csdesk case do RT-… compensate minor=1000 way=coupon reason=late_delivery article=P37",
)
@dataclass(frozen=True, slots=True)
class Compensate(Command):
    """Give the consumer something on top: `minor` in minor units, by `transfer`, as a coupon or as points.

    It pays for no unit and counts against no payment of the order; above the actor's limit it awaits a second
    person. `article`: what it rests on, a law's (消法 §55) or a policy's.
    """

    minor: int
    way: str = field(default=TRANSFER, metadata={"choices": WAYS})
    reason: str = field(default="goodwill", metadata={"choices": COMPENSATION_REASONS})
    article: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        if not case.open:
            return Refused("case_closed", state=case.state)
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not 0 < self.minor <= MAX_MINOR:
            raise Refused("bad_amount", field="minor", value=self.minor)
        if self.way not in WAYS:
            raise Refused("bad_choice", field="way", value=self.way, allowed=WAYS)
        if self.reason not in COMPENSATION_REASONS:
            raise Refused("bad_choice", field="reason", value=self.reason, allowed=COMPENSATION_REASONS)
        state = standing(case, ctx, self.minor, "compensation")
        kind = tender(ctx.policy.tenders, self.way)
        count = counted(kind, self.minor, 0)
        if kind.value and count * kind.value != self.minor:
            raise Refused("not_whole", minor=self.minor, value=kind.value, currency=case.currency)
        given = "money" if self.way == TRANSFER else self.way
        parts = (RefundPart(0, self.way, self.minor, given, count),)
        refund = Refund(
            ctx.fresh(),
            self.minor,
            parts,
            (),
            (),
            state,
            ctx.now,
            "compensation",
            ctx.actor.id,
            reason=self.reason,
            article=self.article.strip(),
        )
        return (Compensated(refund),)
