"""How a local desk answers where money is: ledgers from the folds of cases, never from a second set of books."""

from collections.abc import Iterator

from csdesk.desk import money_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain.cases.approval import second
from csdesk.domain.cases.case import BESIDE_CAPTURED, Case, Kind, LineQty, Refund, RefundPart
from csdesk.domain.cases.context import Context, Order, Payment, Refused
from csdesk.domain.cases.ledger import APPROVAL, DOUBT, owed, split, standing
from csdesk.domain.cases.refunds import deducted
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.money import BadAmount, parse
from csdesk.domain.tender import tender
from csdesk.domain.value import replace
from csdesk.store import folds, orders

MOST = 500
# The verdict's answers that may come off a refund, as the verb names them.
COMES_OFF = {
    "gift_deducted": "gift",
    "outbound_freight_may_deduct": "outbound_freight",
    "card_fee_may_deduct": "card_fee",
    "depreciation": "depreciation",
    "use_fee": "depreciation",
}


@answers(q.OrderLedger)
def order_ledger(core: Core, ask: q.OrderLedger) -> q.Ledger:
    conn = core.store.conn
    found = orders.find(conn, core.desk, ask.order)
    order = orders.facts(conn, core.desk, found) if found else None
    if order is None:
        raise Refused("no_such_order", order=ask.order)
    known = [case for case in _cases(core, order) if case.refunds]
    payments = tuple(_payment(core, payment, known) for payment in order.payments)
    lines = tuple(
        q.LedgerLine(line.line, line.title, line.qty, line.paid, line.refunded_units, line.refunded)
        for line in order.lines
    )
    beside = tuple(
        _entry(core, case, refund, part)
        for case in known
        for refund in case.refunds
        if refund.cause in BESIDE_CAPTURED
        for part in refund.parts
    )
    sound = all(payment.left >= 0 for payment in payments)
    sound = sound and all(one.refunded <= one.paid and one.refunded_units <= one.qty for one in lines)
    return q.Ledger(order.number, order.currency, payments, lines, beside, sound)


def _cases(core: Core, order: Order) -> Iterator[Case]:
    rows = core.store.conn.execute(
        "SELECT id FROM cases WHERE desk_id = ? AND order_id = ? ORDER BY opened_at", (core.desk, order.id)
    ).fetchall()
    for (id_,) in rows:
        found = folds.load(core.store.conn, core.desk, id_)
        if found is not None:
            yield found[0]


def _payment(core: Core, payment: Payment, known: list[Case]) -> q.LedgerPayment:
    kind = tender(core.policy.tenders, payment.method)
    entries = tuple(
        _entry(core, case, refund, part)
        for case in known
        for refund in case.refunds
        for part in refund.parts
        if part.payment == payment.number
    )
    confirmed = sum(entry.minor for entry in entries if entry.state == "confirmed")
    # `elsewhere` has all cases in it here, since none was named when the facts were read.
    promised = payment.elsewhere - payment.returned - confirmed
    return q.LedgerPayment(
        payment.number,
        payment.method,
        kind.kind,
        kind.unit,
        payment.captured,
        payment.returned,
        promised,
        confirmed,
        payment.captured - payment.elsewhere,
        entries,
    )


def _entry(core: Core, case: Case, refund: Refund, part: RefundPart) -> q.LedgerEntry:
    return q.LedgerEntry(
        "*" if case.kind is Kind.REPORT else core.number(case),
        refund.id,
        refund.cause,
        refund.state,
        part.minor,
        part.method,
        part.kind,
        part.count,
        part.if_expired,
        refund.units,
        sum(refund.amounts) or refund.minor,
        refund.less,
        refund.by,
        refund.at,
        refund.approved_by,
        refund.approved_at,
        refund.approved_for,
        refund.sent_at,
        refund.settled_at,
        refund.settled_by,
        refund.reference,
        refund.failure,
        refund.reason,
        refund.article,
        refund.twice,
    )


_WAITING = (
    "SELECT case_id FROM refund_part WHERE desk_id = ?"
    " AND state IN ('awaiting', 'in_doubt') ORDER BY at, case_id LIMIT ?"
)


@answers(q.AwaitingRefunds)
def awaiting_refunds(core: Core, ask: q.AwaitingRefunds) -> list[q.Waiting]:
    most = max(1, min(ask.limit, MOST))
    rows = core.store.conn.execute(_WAITING, (core.desk, most)).fetchall()
    found: list[q.Waiting] = []
    ctx = replace(core.context("", None), delegations=core.delegations())
    for id_ in dict.fromkeys(row[0] for row in rows):
        case, _ = core.load(id_)
        clocks = {clock.name: clock.due for clock in case.clocks}
        for refund in case.refunds:
            if refund.state not in ("awaiting", "in_doubt"):
                continue
            behalf, why, who = _mine(case, refund, ctx)
            found.append(
                q.Waiting(
                    case.id,
                    core.number(case),
                    refund.id,
                    refund.state,
                    refund.cause,
                    refund.minor,
                    case.currency,
                    refund.by,
                    refund.at,
                    clocks.get(APPROVAL if refund.state == "awaiting" else DOUBT, 0),
                    refund.failure or refund.reason,
                    not why,
                    behalf,
                    why,
                    who,
                )
            )
    return sorted(found, key=lambda one: (one.at, one.refund))[:most]


def _mine(case: Case, refund: Refund, ctx: Context) -> tuple[str, str, str]:
    """In whose place I may answer a refund that waits; or why I may not, and whom that is about."""
    standing_in = ctx.delegations if refund.state == "awaiting" else ()
    try:
        return second((refund,), case, replace(ctx, delegations=standing_in)), "", ""
    except Refused as exc:
        return "", exc.code, str(exc.detail.get("who", ""))


@answers(q.PlanRefund)
def plan_refund(core: Core, ask: q.PlanRefund) -> q.RefundPlan:
    case, _ = core.load(core.case_id(ask.case))
    order = orders.facts(core.store.conn, core.desk, case.order, case.id) if case.order else None
    if order is None:
        raise Refused("order_unknown")
    ctx = core.context("", order)
    owing = [LineQty(line.line, line.refundable) for line in case.lines if line.refundable > 0]
    lines, less, freight = [], dict[str, int](), 0
    for units in owing:
        worth, may_come_off, borne = _worth(core, case, order, units)
        lines.append(worth)
        for name, minor in may_come_off.items():
            less[name] = max(less.get(name, 0), minor)  # one parcel, one gift: the same answer on each line
        freight = max(freight, borne)
    worth_of_all = sum(line.minor for line in lines)
    taken = deducted(
        tuple(f"{name}={minor}" for name, minor in less.items() if minor), worth_of_all, order.currency
    )
    minor = worth_of_all - sum(one.minor for one in taken)
    plan = q.RefundPlan(
        core.number(case), order.currency, tuple(lines), worth_of_all, taken, freight, minor, (), False, ""
    )
    return _paid_by(plan, case, order, ctx) if lines else replace(plan, refused="nothing_owed")


def _paid_by(plan: q.RefundPlan, case: Case, order: Order, ctx: Context) -> q.RefundPlan:
    try:
        awaits = standing(case, ctx, plan.minor + plan.freight) == "awaiting"
        return replace(plan, parts=split(case, order, plan.minor, ctx.policy.tenders), awaits=awaits)
    except Refused as exc:
        return replace(plan, refused=exc.code)


def _worth(core: Core, case: Case, order: Order, units: LineQty) -> tuple[q.LineWorth, dict[str, int], int]:
    """What the units are worth, and what the verdict on their line says about money: nothing of it is computed here."""
    line = case.line(units.line)
    minor = owed(case, order, units)
    title = line.title if line else ""
    judged = core.bench().judge(case, order, units.line)
    if judged is None or not isinstance(judged.decision, Decision):
        return q.LineWorth(units.line, title, units.qty, minor, "", (), ()), {}, 0
    decision = judged.decision
    told = {name: money.minor for name, money in decision.amounts.items()}
    off = {COMES_OFF[name]: value for name, value in told.items() if name in COMES_OFF}
    borne = _stated(judged.facts.get("freight_paid"), order.currency) if decision.payer == "merchant" else 0
    articles = tuple(article.id for article in decision.articles)
    worth = q.LineWorth(units.line, title, units.qty, minor, decision.payer, tuple(told.items()), articles)
    return worth, off, borne


def _stated(value: object, currency: str) -> int:
    """An amount that a person established, in minor units; 0 for what is none: then nothing is suggested."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return 0
    try:
        return parse(value, currency).minor
    except BadAmount:
        return 0
