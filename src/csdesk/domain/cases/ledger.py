"""The sums of a case's money: what units are worth, what payments have left, who may let how much go alone."""

from collections.abc import Mapping

from csdesk.domain.cases.case import BESIDE_CAPTURED, Case, Clock, LineQty, Refund, RefundPart
from csdesk.domain.cases.context import Context, Order, Payment, Policy, Refused
from csdesk.domain.money import Money, cumulative, share
from csdesk.domain.roles import Role
from csdesk.domain.tender import Tender, counted, tender

HOUR = 3_600_000
APPROVAL = "approve_refund"
DOUBT = "clear_doubt"


def owed(case: Case, order: Order, units: LineQty) -> int:
    """Minor units owed for `units`: what all units paid back by then are worth, less what the line gave back already.

    So no order of refunds, failures and retries, in this case and others, gives back a fen more than was paid.
    """
    line = case.line(units.line)
    bought = next((o for o in order.lines if o.line == units.line), None)
    if line is None or bought is None:
        raise Refused("no_such_line", line=units.line)
    by_then = bought.refunded_units + line.refunded_units + units.qty
    if by_then > bought.qty:
        raise Refused("over_bought", line=units.line, qty=by_then, most=bought.qty, bought=bought.qty)
    worth = cumulative(Money(bought.paid, order.currency), bought.qty, by_then).minor
    return max(0, worth - bought.refunded - line.refunded)


def given_back(case: Case) -> dict[int, int]:
    """Minor units that the case's refunds give back, by the number of the payment; dead ones give nothing."""
    back: dict[int, int] = {}
    for refund in case.refunds:
        if refund.live:
            for part in refund.parts:
                back[part.payment] = back.get(part.payment, 0) + part.minor
    return back


def left(case: Case, payment: Payment) -> int:
    """What a payment can still give back, after the order system, other cases and this one; below 0 if too much."""
    return payment.captured - payment.elsewhere - given_back(case).get(payment.number, 0)


def fits(case: Case, order: Order | None, refund: Refund) -> bool:
    """Whether the payments have what `refund` gives back, for a refund that counts as given back already or not."""
    if refund.cause in BESIDE_CAPTURED:
        return True
    if order is None:
        return False
    payments = {payment.number: payment for payment in order.payments}
    return all(
        (payment := payments.get(part.payment)) is not None
        and left(case, payment) + (part.minor if refund.live else 0) >= part.minor
        for part in refund.parts
    )


def split(
    case: Case, order: Order, minor: int, tenders: Mapping[str, Tender] | None = None
) -> tuple[RefundPart, ...]:
    """`minor` over the order's payments, in proportion to what each has left; Refused when they have less than that."""
    some = [(payment, rest) for payment in order.payments if (rest := left(case, payment)) > 0]
    if minor > (most := sum(rest for _, rest in some)):
        raise Refused("over_captured", minor=minor, most=most, currency=order.currency)
    shares = share(Money(minor, order.currency), [rest for _, rest in some])
    return tuple(
        part(case, payment, share_.minor, tenders or {})
        for (payment, _), share_ in zip(some, shares, strict=True)
        if share_.minor
    )


def part(case: Case, payment: Payment, minor: int, tenders: Mapping[str, Tender]) -> RefundPart:
    """What `payment` gives back when it gives `minor`: in kind when that is what it took."""
    kind = tender(tenders, payment.method)
    by_then = payment.elsewhere + given_back(case).get(payment.number, 0) + minor
    before = payment.counted + (payment.returned // kind.value if kind.value else 0)
    before += sum(
        given.count
        for refund in case.refunds
        if refund.live
        for given in refund.parts
        if given.payment == payment.number
    )
    units = counted(kind, by_then, before)
    return RefundPart(payment.number, payment.method, minor, kind.kind, units, kind.if_expired)


def limits(policy: Policy, cause: str) -> Mapping[Role, int]:
    """Whose limits a refund or compensation is held against."""
    return policy.compensation_limits if cause == "compensation" else policy.refund_limits


def standing(case: Case, ctx: Context, minor: int, cause: str = "goods") -> str:
    """`proposed` when this actor may let `minor` go alone, else `awaiting`; Refused when nobody here may.

    What the actor let go alone in this case before counts too: ten refunds below a limit are one above it.
    """
    most = limits(ctx.policy, cause)
    alone = minor + sum(
        refund.minor
        for refund in case.refunds
        if refund.live
        and refund.by == ctx.actor.id
        and not refund.approved_by
        and (refund.cause == "compensation") == (cause == "compensation")
    )
    two = ctx.policy.two_people_over
    if not minor or (alone <= most.get(ctx.actor.role, 0) and (not two or alone <= two)):
        return "proposed"
    if minor > (highest := max(most.values(), default=0)):
        raise Refused("over_every_limit", minor=minor, most_minor=highest, currency=case.currency)
    return "awaiting"


def money_clocks(after: Case, set_anew: tuple[Clock, ...] | None, ctx: Context) -> tuple[Clock, ...] | None:
    """The clocks of a case with those that refunds run: an approval, a doubt; None when nothing changes.

    `set_anew` are the clocks of a state just entered, None when it was not left. No law says how soon a colleague
    must look: these are the desk's own (policy).
    """
    running = after.clocks if set_anew is None else set_anew
    wanted = {APPROVAL: "awaiting", DOUBT: "in_doubt"} if after.open and after.refunds else {}
    waits = {name for name, state in wanted.items() if any(refund.state == state for refund in after.refunds)}
    kept = tuple(clock for clock in running if clock.name not in (APPROVAL, DOUBT))
    if not waits and kept == running:
        return set_anew
    for name in sorted(waits):
        due = ctx.now + ctx.policy.approve_hours * HOUR
        fresh = Clock(name, "policy", ctx.now, due)
        # One that runs goes on when the state changes: nobody wins time by moving the case.
        kept += (next((clock for clock in after.clocks if clock.name == name), fresh),)
    kept = tuple(sorted(kept, key=lambda clock: (clock.due, clock.name)))
    return None if kept == after.clocks else kept
