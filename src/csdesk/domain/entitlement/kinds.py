"""All kinds of questions by jurisdiction, and the one way from facts to a decision."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, tzinfo
from functools import lru_cache
from types import ModuleType

from csdesk.domain.clocks.calendar import WorkingCalendar, working_calendar
from csdesk.domain.clocks.days import local_day
from csdesk.domain.clocks.explain import Arg
from csdesk.domain.entitlement import (
    amounts,
    claims,
    complaints,
    conduct,
    cross_border,
    damages,
    deadlines,
    deductions,
    delivery,
    eu,
    guarantees,
    handling,
    jurisdiction,
    minors,
    no_reason,
    prepaid,
    privacy,
    quality,
    refund_only,
    shortage,
    taiwan,
    trade,
    uk,
    us_hk,
)
from csdesk.domain.entitlement.decision import BadFacts, Decision
from csdesk.domain.entitlement.facts import NOT, FactError, Facts, Faulty, Lacking, out_of_order, read_fields
from csdesk.domain.entitlement.fields import (
    BadFact,
    Fields,
    Frame,
    Moment,
    Shape,
    moment,
    past,
    read_moment,
    text,
)
from csdesk.domain.entitlement.matter import Matter, NoLaw
from csdesk.domain.entitlement.pack import Lawbook, Pack
from csdesk.domain.money import BadAmount, exponent
from csdesk.domain.value import dataclass, replace

HOME = "CN"
# What every kind may state. `kind` and `jurisdiction` choose the rule and are read before the rest.
COMMON: Fields = {
    "kind": text,
    "jurisdiction": text,
    "currency": text,
    "country": text,
    "now": moment,
    "purchased_at": past,
    "id": text,
}

Answer = Callable[[Matter], Decision]


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of question: who answers it, the facts it knows, and their other names.

    `dated_by`: the first of these that was stated chooses the law; `order`: which moment must follow which.
    """

    answer: Answer
    fields: Fields
    aliases: Mapping[str, str]
    dated_by: tuple[str, ...]
    order: tuple[tuple[str, str], ...]


def _rule(
    answer: Answer,
    fields: Fields,
    aliases: Mapping[str, str] | None = None,
    dated_by: tuple[str, ...] = (),
    order: tuple[tuple[str, str], ...] = (),
) -> Rule:
    return Rule(answer, {**COMMON, **fields}, aliases or {}, (*dated_by, "now"), order)


def _module(room: ModuleType) -> Rule:
    """The rule of a room that answers one kind; it names its parts the same way as the others."""
    return _rule(room.decide, room.FIELDS, room.ALIASES, room.DATED_BY, getattr(room, "ORDER", ()))


_EU_WITHDRAWAL = _rule(
    eu.withdrawal,
    eu.WITHDRAWAL,
    eu.WITHDRAWAL_ALIASES,
    ("contract_date", "delivered"),
    (("delivered", "withdrawn_on"), ("contract_date", "delivered")),
)
_EU_FREIGHT = _rule(eu.return_freight, eu.FREIGHT)
_BURDEN = _rule(eu.burden_of_proof, eu.BURDEN, eu.BURDEN_ALIASES, ("delivered",), (("delivered", "defect"),))

# By jurisdiction and kind; "" answers in every jurisdiction. A new kind is one line here.
RULES: Mapping[tuple[str, str], Rule] = {
    ("CN", "no_reason_return"): _module(no_reason),
    ("CN", "no_reason_refund_amount"): _module(amounts),
    ("CN", "quality_remedy"): _module(quality),
    ("CN", "sanbao"): _module(guarantees),
    ("CN", "punitive_damages"): _module(damages),
    ("CN", "prepaid"): _module(prepaid),
    ("CN", "minor_purchase"): _module(minors),
    ("CN", "refund_only"): _module(refund_only),
    ("CN", "customs_return"): _module(cross_border),
    ("CN", "deadline"): _module(deadlines),
    ("CN", "gov_complaint_admissibility"): _module(complaints),
    ("CN", "earnest_money"): _rule(trade.earnest, trade.EARNEST, trade.EARNEST_ALIASES, trade.DATED_BY),
    ("CN", "auto_renewal"): _rule(trade.renewal, trade.RENEWAL, trade.RENEWAL_ALIASES, trade.DATED_BY),
    ("CN", "payment_anomaly"): _rule(trade.payment, trade.PAYMENT, trade.PAYMENT_ALIASES, trade.DATED_BY),
    ("CN", "order_cancelled"): _rule(trade.cancelled, trade.CANCELLED, dated_by=trade.DATED_BY),
    ("CN", "deposit"): _rule(
        trade.deposit, trade.DEPOSIT, trade.DEPOSIT_ALIASES, ("request_at", "purchased_at")
    ),
    ("CN", "delivery"): _module(delivery),
    ("CN", "shortage"): _module(shortage),
    ("CN", "handling"): _module(handling),
    ("CN", "deduction"): _module(deductions),
    ("CN", "burden_of_proof"): _rule(
        quality.burden,
        quality.BURDEN,
        quality.BURDEN_ALIASES,
        ("defect_found_at", "request_at", "received_at"),
        (("received_at", "defect_found_at"), ("received_at", "request_at")),
    ),
    ("CN", "prepaid_closed"): _rule(prepaid.closed, prepaid.CLOSED, prepaid.CLOSED_ALIASES, ("request_at",)),
    ("CN", "fraud_claim"): _rule(claims.fraud, claims.FRAUD, claims.FRAUD_ALIASES, claims.DATED_BY),
    ("CN", "price_comparison"): _rule(
        claims.price_comparison, claims.REFERENCE, claims.ALIASES, claims.DATED_BY
    ),
    ("CN", "food_safety"): _rule(claims.food, claims.FOOD, claims.FOOD_ALIASES, ("received_at", "now")),
    ("CN", "reviews"): _rule(conduct.reviews, conduct.REVIEWS, conduct.REVIEWS_ALIASES, conduct.DATED_BY),
    ("CN", "off_platform"): _rule(
        conduct.off_platform, conduct.OFF_PLATFORM, conduct.OFF_PLATFORM_ALIASES, conduct.DATED_BY
    ),
    ("CN", "product_marks"): _rule(conduct.marks, conduct.MARKS, conduct.MARKS_ALIASES, conduct.DATED_BY),
    ("CN", "personal_data"): _module(privacy),
    ("EU", "withdrawal"): _EU_WITHDRAWAL,
    ("EU", "refund_deadline"): _rule(
        eu.refund_deadline, eu.REFUND, eu.REFUND_ALIASES, ("withdrawal_notice",)
    ),
    ("EU", "return_deadline"): _rule(
        eu.return_deadline, eu.REFUND, eu.REFUND_ALIASES, ("withdrawal_notice",)
    ),
    ("EU", "refund_amount"): _rule(eu.refund_amount, eu.AMOUNT, eu.AMOUNT_ALIASES),
    ("EU", "return_freight"): _EU_FREIGHT,
    ("EU", "withdrawal_function"): _rule(eu.withdrawal_function, eu.FUNCTION, dated_by=("contract_date",)),
    ("EU", "delivery_default"): _rule(
        eu.delivery_default, eu.DELIVERY, eu.DELIVERY_ALIASES, ("ordered",), (("ordered", "agreed_date"),)
    ),
    ("EU", "burden_of_proof"): _BURDEN,
    ("UK", "withdrawal"): _EU_WITHDRAWAL,
    ("UK", "refund_deadline"): _rule(uk.refund_deadline, uk.REFUND, uk.REFUND_ALIASES, ("goods_back",)),
    ("UK", "return_deadline"): _rule(
        eu.return_deadline, eu.REFUND, eu.REFUND_ALIASES, ("withdrawal_notice",)
    ),
    ("UK", "delivery_default"): _rule(
        eu.delivery_default, eu.DELIVERY, eu.DELIVERY_ALIASES, ("ordered",), (("ordered", "agreed_date"),)
    ),
    ("UK", "refund_amount"): _rule(eu.refund_amount, eu.AMOUNT, eu.AMOUNT_ALIASES),
    ("UK", "return_freight"): _EU_FREIGHT,
    ("UK", "reject_fault"): _rule(
        uk.reject_fault, uk.REJECT, uk.REJECT_ALIASES, ("delivered",), (("delivered", "reject_on"),)
    ),
    ("UK", "burden_of_proof"): _BURDEN,
    ("TW", "withdrawal"): _rule(
        taiwan.withdrawal,
        taiwan.WITHDRAWAL,
        taiwan.WITHDRAWAL_ALIASES,
        ("received",),
        (("received", "dispatched"), ("received", "notice_sent")),
    ),
    ("TW", "refund_deadline"): _rule(taiwan.refund_deadline, taiwan.REFUND, dated_by=("goods_back",)),
    ("US", "withdrawal"): _rule(us_hk.us_withdrawal, us_hk.US_WITHDRAWAL, us_hk.CHANNEL_ALIASES),
    ("US", "ship_deadline"): _rule(us_hk.ship_deadline, us_hk.SHIP, us_hk.SHIP_ALIASES, ("order_complete",)),
    ("US", "delay"): _rule(us_hk.delay, us_hk.DELAY),
    ("US", "prompt_refund"): _rule(us_hk.prompt_refund, us_hk.REFUND, dated_by=("cancelled_on",)),
    ("HK", "withdrawal"): _rule(us_hk.hk_withdrawal, us_hk.HK_WITHDRAWAL, us_hk.CHANNEL_ALIASES),
    ("", "jurisdiction"): _module(jurisdiction),
}


def plain_name(jurisdiction: str, kind: str, name: str) -> str:
    """The one name of a fact that a question knows by several (`paid` of what it also calls `price`).

    A name for the opposite of a fact (`seal_intact`) stays itself.
    """
    rule = RULES.get((jurisdiction, kind)) or RULES.get(("", kind))
    plain = rule.aliases.get(name, name) if rule else name
    return name if plain.startswith(NOT) else plain


def kinds_of(jurisdiction: str) -> tuple[str, ...]:
    """The kinds that are answered under the pack with this id."""
    return tuple(kind for place, kind in RULES if place in (jurisdiction, ""))


def fields_of(jurisdiction: str, kind: str) -> frozenset[str]:
    """Every name under which that question knows a fact, its aliases too; empty when it is not answered there."""
    rule = RULES.get((jurisdiction, kind)) or RULES.get(("", kind))
    return frozenset() if rule is None else frozenset((*rule.fields, *rule.aliases))


def dated_by(jurisdiction: str, kind: str) -> tuple[str, ...]:
    """The facts of that question whose first stated one chooses the law, in their order."""
    rule = RULES.get((jurisdiction, kind)) or RULES.get(("", kind))
    return () if rule is None else rule.dated_by


def shapes(pack: Pack, kind: str) -> Mapping[str, Shape]:
    """What a person can enter for each fact of that question under the pack, its own facts before those of all.

    None for a kind that the pack does not answer.
    """
    rule = RULES.get((pack.id, kind)) or RULES.get(("", kind))
    if rule is None:
        return {}
    own = [name for name in rule.fields if name not in COMMON]
    known = {name: rule.fields[name].shape(pack) for name in (*own, *COMMON)}
    return known | {"kind": Shape("word", kinds_of(pack.id))}


def decide(facts: Mapping[str, object], book: Lawbook, *, now_ms: int | None = None) -> Decision | BadFacts:
    """The decision on facts as JSON gives them, or every fault that was found in them. Never raises for data.

    Pure: the same facts, lawbook and `now_ms` (UTC ms, unless the facts state `now`) give an equal decision.
    Days without a time are days in the desk's zone; an instant must carry its zone.
    """
    if not isinstance(facts, Mapping):
        return BadFacts("", (FactError("facts", "not_an_object"),))
    kind = str(facts.get("kind") or "")
    placed = _place(facts, book)
    if isinstance(placed, FactError):
        return BadFacts(kind, (placed,))
    pack, country = placed
    rule = RULES.get((pack.id, kind)) or RULES.get(("", kind))
    if rule is None:
        allowed = ", ".join(kinds_of(pack.id))
        return BadFacts(
            kind, (_fault("kind", "unknown_kind", said=kind[:40], where=pack.id, allowed=allowed),)
        )
    frame, faults = _frame(facts, book, pack, now_ms)
    stated = read_fields(facts, rule.fields, rule.aliases, frame)
    faults += out_of_order(stated, rule.order)
    country = str(stated.values.get("country") or country).upper()
    calendar = _calendar(book, pack, country)
    if calendar is None:
        faults.append(_fault("country", "unknown_country", said=country[:40]))
    if calendar is None or faults or stated.errors:
        return BadFacts(kind, tuple(dict.fromkeys([*faults, *stated.errors])))
    stated.values.pop("kind", None)
    return _run(
        rule, Matter(kind, stated, pack, calendar, frame.zone, frame.currency, *_days(rule, stated, frame))
    )


def _run(rule: Rule, m: Matter) -> Decision | BadFacts:
    try:
        return rule.answer(m)
    except Lacking as lacking:
        m.lack(*lacking.names)
        return m.ask()
    except NoLaw as absent:
        m.say("no_law_in_force", "", rule=absent.code, day=m.on.isoformat())
        m.trust("policy")
        return m.close("policy_dependent", "no_law_in_force")
    except Faulty as faulty:
        return BadFacts(m.kind, (faulty.error,))


def _place(facts: Mapping[str, object], book: Lawbook) -> tuple[Pack, str] | FactError:
    said = facts.get("jurisdiction")
    if said is None:
        said = HOME
    found = book.find(said) if isinstance(said, str) else None
    if found is None:
        return _fault(
            "jurisdiction", "unknown_jurisdiction", said=str(said)[:40], allowed=", ".join(book.packs)
        )
    return found


def _frame(
    facts: Mapping[str, object], book: Lawbook, pack: Pack, now_ms: int | None
) -> tuple[Frame, list[FactError]]:
    """What the facts are read against; `now` and the currency come first, since others are read by them."""
    faults: list[FactError] = []
    zone, currency = book.zones[pack.zone], facts.get("currency")
    if currency is None:
        currency = pack.currency
    elif currency != pack.currency and not (pack.other_currencies and _is_currency(currency)):
        faults.append(_fault("currency", "not_the_currency", said=str(currency)[:40], allowed=pack.currency))
        currency = pack.currency
    frame = Frame(pack, str(currency), zone, None if now_ms is None else _now(now_ms, zone))
    if facts.get("now") is not None:
        with suppress(BadFact):  # `read_fields` meets the same fault, and reports it
            frame = replace(frame, now=read_moment(facts["now"], frame))
    return frame, faults


@lru_cache(maxsize=16)
def _now(now_ms: int, zone: tzinfo) -> Moment:
    """The present as a moment; a stream of facts asks for the same one again and again."""
    return Moment(local_day(now_ms, zone), now_ms)


def _is_currency(said: object) -> bool:
    try:
        return isinstance(said, str) and exponent(said) >= 0
    except BadAmount:
        return False


def _calendar(book: Lawbook, pack: Pack, country: str) -> WorkingCalendar | None:
    """The pack's calendar, or the country's; without a country only weekends are known, and flagged."""
    code = pack.calendar or country
    return book.calendars.get(code) if code else working_calendar(pack.id, ())


def _days(rule: Rule, stated: Facts, frame: Frame) -> tuple[date, date | None]:
    """The day whose law applies (the pack's own when nothing dates the facts), and today."""
    today = frame.now.day if frame.now else None
    for name in ("purchased_at", *rule.dated_by):
        value = stated.values.get(name)
        if isinstance(value, Moment):
            return value.day, today
    return today or frame.pack.day, today


def _fault(field: str, code: str, **args: Arg) -> FactError:
    return FactError(field, code, tuple(args.items()))
