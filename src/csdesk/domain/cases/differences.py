"""What other goods cost more or less than those that were bought, who owes it, and how much of it was settled."""

from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.money import Money, cumulative

# What the consumer owes (above 0) or gets (below 0) for all approved units of an exchange, in minor units.
DIFFERENCE = "difference"
# What the consumer has paid of it, beside the order's payments.
PAID = "difference_paid"
# What merchant and consumer agreed to take off the price of goods that stay.
REDUCTION = "reduction"


def difference_of(
    case: Case, lines: tuple[LineQty, ...], sku: str, stated: int, even: bool, ctx: Context
) -> int:
    """The price of `lines` as `sku` less what was paid for them; as `stated` where nobody knows the price.

    `even` waives it. Refused `difference_wrong` when the known prices give another one than was stated.
    """
    if not sku or even:
        return 0
    price = ctx.prices.get(sku)
    if price is None:
        return stated
    paid = 0
    for units in lines:
        line = case.line(units.line)
        if line is not None:
            paid += cumulative(Money(line.paid, case.currency), line.bought, units.qty).minor
    known = price * sum(units.qty for units in lines) - paid
    if stated not in (0, known):
        raise Refused("difference_wrong", minor=known, currency=case.currency, field="difference_minor")
    return known


def reduced(case: Case) -> int:
    """Minor units given back for no unit: differences and reductions, promised or paid."""
    return sum(r.minor for r in case.refunds if r.live and r.units and not any(u.qty for u in r.units))


def _sent_share(case: Case) -> int:
    """The difference for the units that went out, signed; rounded in the consumer's favour."""
    approved, sent = (sum(getattr(line, name) for line in case.lines) for name in ("approved", "sent_out"))
    return case.counters.get(DIFFERENCE, 0) * min(sent, approved) // approved if approved else 0


def consumer_owes(case: Case) -> int:
    """What the consumer must pay before the other goods go out."""
    return max(0, case.counters.get(DIFFERENCE, 0)) - case.counters.get(PAID, 0)


def merchant_owes(case: Case) -> int:
    """What is to be given back beside the worth of units: a difference of goods sent out, an agreed reduction."""
    if case.kind is Kind.EXCHANGE:
        return max(0, -_sent_share(case) - reduced(case))
    return max(0, case.counters.get(REDUCTION, 0) - reduced(case)) if case.kind is Kind.REFUND_ONLY else 0


def held(case: Case) -> int:
    """What the consumer paid for dearer goods that did not go out."""
    return max(0, case.counters.get(PAID, 0) - max(0, _sent_share(case)))
