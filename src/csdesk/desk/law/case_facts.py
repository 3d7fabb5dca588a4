"""The facts that a case and its order already tell a decision; what they do not tell is left for `needs_info`."""

from datetime import UTC, datetime, tzinfo

from csdesk.desk.law.questions import Question, question_of
from csdesk.domain.cases.case import Case, CaseLine, Kind
from csdesk.domain.cases.context import Order, OrderLine
from csdesk.domain.entitlement.kinds import dated_by, fields_of
from csdesk.domain.entitlement.pack import Pack
from csdesk.domain.money import Money, cumulative, format_plain
from csdesk.domain.tracking import Scan

# What stays unsaid by question: it would put another one (a shortage, a cancelled order).
OTHER_QUESTION = {"quality_remedy": ("order_state", "ordered_qty")}
# Of a complaint: it came after the request that these are about, whose day nobody told.
EARLIER_REQUEST = ("handling", "deposit")
# What questions call the price of the goods, and the day on which the consumer had them: 三包 terms run from
# delivery (条例 §18(1)).
PRICES = ("paid", "price")
RECEIVED = ("signed_at", "received_at", "sold_at")


def facts_of(
    case: Case, order: Order | None, line: CaseLine | None, zone: tzinfo, pack: Pack
) -> dict[str, object]:
    """One line of a case in the vocabulary of `csdesk decide`; {} for an inquiry, and where no question is put.

    Times are in the desk's zone, money in major units as text. QuestionsError when the table cannot be used.
    """
    if case.kind is Kind.INQUIRY:
        return {}
    return facts_for(question_of(case.kind, case.reason), case, order, line, zone, pack)


def facts_for(
    question: Question, case: Case, order: Order | None, line: CaseLine | None, zone: tzinfo, pack: Pack
) -> dict[str, object]:
    """The same for a question that was chosen: its kind, what the reason states, what case and order tell.

    Only facts that the question knows under `pack`; {} where it puts none, or the pack does not answer it.
    """
    known = fields_of(pack.id, question.asks)
    if not known:
        return {}
    told = {**_case(case, zone), **_order(case, order, zone), **_goods(case, order, line, pack)}
    unsaid = set(OTHER_QUESTION.get(question.asks, ()))
    if case.kind is Kind.COMPLAINT and question.asks in EARLIER_REQUEST:
        unsaid.add("request_at")
    if dated_by(pack.id, question.asks)[:1] != ("purchased_at",):
        unsaid.add("purchased_at")  # the law is that of a later day
    facts = {name: value for name, value in told.items() if name in known and name not in unsaid}
    return {"kind": question.asks, **facts, **question.states}


def _case(case: Case, zone: tzinfo) -> dict[str, object]:
    """What the case itself tells: when it was asked, what came back, how often a repair failed."""
    told: dict[str, object] = {"request_at": _moment(case.opened_at, zone)}
    back = [parcel for parcel in case.parcels if parcel.direction == "back"]
    if arrived := [parcel.received_at for parcel in back if parcel.received_at]:
        if len(arrived) == len(back):
            told |= {"goods_back_at": _moment(max(arrived), zone), "goods_back": True}
        if case.kind is Kind.REPAIR:
            told |= _repair(case, max(arrived), zone)
    if failed := case.counters.get("failed_repairs"):
        told["repairs_failed"] = failed
    if restarted := case.counters.get("warranty_from"):
        told["exchange_completed_at"] = _moment(restarted, zone)
    if any(refund.state == "confirmed" for refund in case.refunds):
        told["refunded"] = True
    return told


def _repair(case: Case, arrived: int, zone: tzinfo) -> dict[str, object]:
    """The last stay with the repairer: from arrival until the goods were sent home, if they were."""
    home = [parcel.at for parcel in case.parcels if parcel.direction == "out" and parcel.at >= arrived]
    told: dict[str, object] = {"sent_repair_at": _moment(arrived, zone)}
    if home:
        told["returned_at"] = _moment(min(home), zone)
    if case.state == "waiting_parts":
        told["cause"] = "producer_no_parts"
    return told


def _order(case: Case, order: Order | None, zone: tzinfo) -> dict[str, object]:
    """What the order tells: how it was bought, when it was paid, sent and signed for, where the goods are."""
    told: dict[str, object] = {"sale_channel": "online"}
    if order is None:
        return told
    told |= {"buyer": "consumer", "order_state": "paid" if order.paid_at else "submitted"}
    if stage := _stage(order):
        told["stage"] = stage
    if order.paid_at:
        told["paid_at"] = _moment(order.paid_at, zone)
    if order.paid_at and (not order.signed_at or order.paid_at <= order.signed_at):
        told["purchased_at"] = told["paid_at"]  # paid on delivery, it was bought before, on a day nobody told
    told |= _delivery(order, zone)
    if order.shipped_at:
        told["shipped_at"] = _moment(order.shipped_at, zone)
    if order.signed_at:
        told |= dict.fromkeys(RECEIVED, _moment(order.signed_at, zone))
        # A request that was there before the goods were stands on the day they came.
        told["request_at"] = _moment(max(case.opened_at, order.signed_at), zone)
        sent = [parcel.at for parcel in case.parcels if parcel.direction == "back"]
        if sent and min(sent) >= order.signed_at:
            told["goods_dispatched_at"] = _moment(min(sent), zone)
    return told


def _delivery(order: Order, zone: tzinfo) -> dict[str, object]:
    """What the scans of the order's only parcel tell of its delivery; of several they tell nothing certain.

    A plain signature does not say whose it is, and a consent that nobody recorded is unknown, not denied: both are
    left to be asked.
    """
    if len(order.parcels) != 1:
        return {}
    parcel, told = order.parcels[0], dict[str, object]()
    stands = parcel.standing
    left = {Scan.LOCKER, Scan.STATION}
    put_down = stands.scan in left or any(f"{scan}_without_consent" in stands.findings for scan in left)
    if parcel.shipped_at:
        told["shipped_at"] = _moment(parcel.shipped_at, zone)
    if Scan.LOST in stands.findings:
        told["lost_confirmed"] = True
    if put_down:
        told["signed_by"] = "station"
        if stands.delivered_at and stands.delivered_at != stands.signed_at:
            told["collected_at"] = _moment(stands.delivered_at, zone)
    elif stands.scan is Scan.SIGNED_BY_OTHER:
        told["signed_by"] = "other"
    if "signed_by" in told and stands.delivered_at and stands.delivered_at == stands.signed_at:
        told["proxy_consented"] = True
    return told


def _stage(order: Order) -> str:
    """Where the goods are; "" when the order does not say."""
    if order.signed_at or order.status == "delivered":
        return "signed"
    if order.shipped_at or order.status == "shipped":
        return "in_transit"
    return "not_shipped" if order.status == "pending" else ""


def _goods(case: Case, order: Order | None, line: CaseLine | None, pack: Pack) -> dict[str, object]:
    """What the line tells: class of goods (where the pack has one), price of the units asked about, their state."""
    bought = _bought(order, line)
    told: dict[str, object] = {}
    if bought is not None and pack.product_class(bought.category) is not None:
        told["product_class"] = bought.category
    if order is not None:
        told |= _money(sum(each.paid for each in order.lines), pack, order.currency, "order_paid")
    if bought is not None and bought.refunded:
        told |= _money(bought.refunded, pack, case.currency, "refunded_amount")
    if line is None:
        if bought is not None:
            told |= _money(bought.paid, pack, case.currency, *PRICES) | {"ordered_qty": bought.qty}
        return told
    if line.bought and line.asked:
        price = cumulative(Money(line.paid, case.currency), line.bought, line.asked)
        told |= _money(price.minor, pack, case.currency, *PRICES)
    told["ordered_qty"] = line.bought
    # All that was looked at was taken back: intact. What went back to the consumer is in dispute, so not said.
    if line.inspected and line.accepted == line.inspected:
        told["intact"] = True
    return told


def _bought(order: Order | None, line: CaseLine | None) -> OrderLine | None:
    """The order's line; of a case without lines the only one of its order, where there is no other."""
    if order is None:
        return None
    if line is None:
        return order.lines[0] if len(order.lines) == 1 else None
    return next((bought for bought in order.lines if bought.line == line.line), None)


def _money(minor: int, pack: Pack, currency: str, *names: str) -> dict[str, object]:
    """An amount under these names; none in a currency that the law of the pack does not reckon in."""
    amount = Money(minor, currency)
    said: object = format_plain(amount)
    return dict.fromkeys(names, said) if currency == pack.currency else {}


def _moment(ms: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).isoformat(timespec="seconds")
