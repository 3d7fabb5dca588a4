"""No-reason return of goods bought at a distance: the tests of 消法§25 in their order."""

from datetime import date

from csdesk.domain.entitlement import intact
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, days, flag, past, product_class, text, word
from csdesk.domain.entitlement.matter import Matter

FIELDS: Fields = {
    "sale_channel": word("sale_channel"),
    "buyer": word("buyer"),
    "purpose": word("purpose"),
    "product_class": product_class,
    "import_mode": word("import_mode"),
    "signed_at": past,
    "request_at": past,
    "goods_dispatched_at": past,
    "left_without_consent": flag,
    "collected_at": past,
    "unsealed_by_consumer": flag,
    "downloaded": flag,
    "individual_specification": flag,
    "presale": flag,
    "paid_earnest_and_balance": flag,
    "unsuitable_nature": word("unsuitable_nature"),
    "unsuitable_confirmed": word("unsuitable_confirmed", null="none"),
    "near_expiry_disclosed": flag,
    "defect_disclosed_at_sale": flag,
    "merchant_label": text,
    "merchant_refusal_ground": text,
    "merchant_promises_excluded_kind": flag,
    "merchant_promise_days": days,
    "merchant_free_return_shipping": flag,
    "freight_agreed_payer": word("party"),
    "nonconforming": flag,
    **intact.FIELDS,
}
ALIASES = {
    **intact.ALIASES,
    "channel": "sale_channel",
    "received_at": "signed_at",
    "delivered_at": "signed_at",
    "requested_at": "request_at",
    "notice_at": "request_at",
    "returned_at": "goods_dispatched_at",
    "unsealed": "unsealed_by_consumer",
    "custom_made": "individual_specification",
    "promise_days": "merchant_promise_days",
    "merchant_bears_freight": "merchant_free_return_shipping",
    "merchant_pays_return_freight": "merchant_free_return_shipping",
    "free_return_shipping": "merchant_free_return_shipping",
    "free_returns": "merchant_free_return_shipping",
    "free_return": "merchant_free_return_shipping",
    "free_return_freight": "merchant_free_return_shipping",
    "merchant_promises_free_return": "merchant_free_return_shipping",
    "freight_agreement": "freight_agreed_payer",
    "agreed_freight_payer": "freight_agreed_payer",
    "agreed_return_freight": "freight_agreed_payer",
    "return_freight_agreed": "freight_agreed_payer",
    "return_freight_agreement": "freight_agreed_payer",
    "merchant_promised_days": "merchant_promise_days",
    "promised_days": "merchant_promise_days",
    "personalised": "individual_specification",
    "made_to_order": "individual_specification",
    "made_to_measure": "individual_specification",
    "tailor_made": "individual_specification",
    "bespoke": "individual_specification",
    "custom": "individual_specification",
    "customized": "individual_specification",
    "customised": "individual_specification",
    "engraved": "individual_specification",
    "buyer_type": "buyer",
    "signature_at": "signed_at",
    "signed_on": "signed_at",
    "delivery_signed_at": "signed_at",
    "signed_for_at": "signed_at",
    "notice_sent_at": "request_at",
    "return_notice_at": "request_at",
    "return_requested_at": "request_at",
    "notified_at": "request_at",
    "freight_promise": "freight_agreed_payer",
    "confirmation": "unsuitable_confirmed",
    "confirmed": "unsuitable_confirmed",
    "nature": "unsuitable_nature",
    "personalized": "individual_specification",
    "excluded_kind_promised": "merchant_promises_excluded_kind",
    "locker_without_consent": "left_without_consent",
    "proxy_signed_without_consent": "left_without_consent",
    "unsuitable_confirmation": "unsuitable_confirmed",
}
DATED_BY = ("purchased_at", "signed_at", "request_at")
ORDER = (
    ("purchased_at", "signed_at"),
    ("signed_at", "request_at"),
    ("signed_at", "goods_dispatched_at"),
)

# The kinds that the law takes out: the family of goods, and the reason.
EXCLUDED = (
    ("custom", "excluded_custom_made"),
    ("fresh", "excluded_fresh"),
    ("digital", "excluded_digital_unsealed"),
    ("periodical", "excluded_periodical"),
)


def decide(m: Matter) -> Decision:
    """Eligible, or the first test that fails; what is missing when no test fails but one cannot be made.

    Answers `return_freight`, `window_last_day`, `raw_last_day`, `calendar_note`.
    """
    m.rule("no_reason_window")
    for test in (_living, _remote, _imported, _excluded, _confirmed, _expired, intact.not_intact):
        reason = test(m)
        if reason == "cross_border_import":
            return m.close("policy_dependent", reason)
        if reason:
            return m.close("ineligible", reason)
    if m.lacking:
        return m.ask()
    _void_grounds(m)
    payer = _freight(m)
    m.answer(return_freight=payer)
    return m.close("eligible", remedies=("return",), payer=payer)


def _living(m: Matter) -> str | None:
    """A purchase for living needs (消法§2); a stated purpose stands for who bought, and outranks it."""
    buyer, purpose = m.facts.word("buyer"), m.facts.word("purpose")
    if buyer is None and purpose is None:
        m.lack("buyer")
    elif buyer == "business" or purpose == "business":
        m.say("not_for_living", "living_consumption")
        return "not_consumer"
    else:
        m.say("for_living", "living_consumption")
    return None


def _remote(m: Matter) -> str | None:
    channel = m.facts.word("sale_channel")
    if channel is None:
        m.lack("sale_channel")
    elif channel != "shop":
        m.say("remote_sale", "remote_sale", channel=channel)
    elif m.facts.count("merchant_promise_days"):
        m.say("shop_sale_promised", "promise_binds")
        m.trust("promise")
    else:
        m.say("shop_sale", "remote_sale")
        return "not_remote_sale"
    return None


def _imported(m: Matter) -> str | None:
    """Cross-border retail import without a promise: whether the right exists is contested."""
    if m.facts.word("import_mode") in (None, "none", "general_trade"):
        return None
    if m.facts.count("merchant_promise_days"):
        m.say("import_promised", "promise_binds")
        m.trust("promise")
        return None
    m.say("import_without_promise", "cbec_no_reason")
    m.contest("cbec_no_reason")
    return "cross_border_import"


def _excluded(m: Matter) -> str | None:
    """The four kinds of 消法§25(1), unless the merchant promised returns on them (法释2022-8 §2)."""
    product = m.facts.product()
    if product is None:
        m.lack("product_class")
    found = next((reason for family, reason in EXCLUDED if _is(m, family)), None)
    if found is None:
        m.say("no_excluded_kind", "excluded_kinds")
    elif m.facts.true("merchant_promises_excluded_kind"):
        m.say("excluded_kind_promised", "excluded_promise", kind=found)
        m.trust("promise")
        return None
    else:
        m.say("excluded_kind", "excluded_kinds", kind=found)
    return found


def _is(m: Matter, family: str) -> bool:
    """Whether the goods are of an excluded kind. Made to order is what the buyer specified, not a label."""
    product = m.facts.product()
    families = product.families if product else frozenset[str]()
    if family == "custom":
        specified = m.facts.flag("individual_specification")
        return specified is True or (specified is None and family in families)
    if family not in families:
        return False
    if family != "digital" or "downloaded" in families or m.facts.true("downloaded"):
        return True
    opened = m.facts.flag("unsealed_by_consumer")
    if opened is None:
        opened = m.facts.flag("seal_broken")
    if opened is None:
        m.lack("unsealed_by_consumer")
    return opened is True


def _confirmed(m: Matter) -> str | None:
    """Goods unsuitable by nature (办法§7) and confirmed for this purchase; nothing less ends the right."""
    nature, confirmed = _nature(m), m.facts.word("unsuitable_confirmed")
    if nature == "none":
        return None
    if confirmed is None:
        if m.facts.word("unsuitable_nature"):
            m.lack("unsuitable_confirmed")
        return None
    if confirmed != "explicit_per_order":
        m.say("not_confirmed", "confirmation_needed", how=confirmed)
        return None
    if not nature:
        m.lack("unsuitable_nature")
        return None
    m.say("confirmed_unsuitable", "confirmed_unsuitable", nature=nature)
    return "excluded_confirmed_unsuitable"


def _nature(m: Matter) -> str:
    """What makes the goods unsuitable: as stated, as disclosed at sale, as their class tells; "" unknown."""
    facts = m.facts
    stated = facts.word("unsuitable_nature")
    if stated:
        return stated
    if facts.true("near_expiry_disclosed") or facts.true("defect_disclosed_at_sale"):
        return "near_expiry_or_defect_disclosed"
    product = facts.product()
    families = product.families if product else frozenset[str]()
    if "devalues" in families:
        return "activation_or_trial_devalues"
    if "close_fitting" in families and facts.word("unsuitable_confirmed") == "explicit_per_order":
        m.contest("underwear")
        return "opening_affects_health_or_quality"
    return "opening_affects_health_or_quality" if families & {"sealed", "hygiene"} else ""


def _expired(m: Matter) -> str | None:
    """The notice must be sent by the end of day 7, or of a longer promise; sending the goods may follow."""
    signed, request = _received(m), m.facts.day("request_at")
    if request is None:
        m.lack("request_at")
    if signed is None:
        return None
    by_law, allowed = _allowed_days(m)
    window = m.count(
        "return_request",
        "no_reason_window",
        signed,
        length=allowed,
        basis="promise" if allowed > by_law else None,
        decisive=False,
    )
    m.answer(window_last_day=window.rolled_day, raw_last_day=window.raw_day)
    if m.calendar.day_type(window.raw_day) == "makeup":
        m.answer(calendar_note=f"{window.raw_day:%a %Y-%m-%d} is a make-up working day")
    if request is None:
        return None
    if request > window.rolled_day:
        m.say("after_window", "no_reason_window", last=window.rolled_day.isoformat())
        return "expired"
    if request > window.raw_day:
        m.trust("interpretation")
    if (request - signed).days > by_law and allowed > by_law:
        m.say("inside_promise", "promise_binds", days=allowed, last=window.rolled_day.isoformat())
        m.trust("promise")
    else:
        m.say("inside_window", "no_reason_window", last=window.rolled_day.isoformat())
    return None


def _received(m: Matter) -> date | None:
    """The day of signature; of collection where the parcel was left, or others signed, without consent."""
    name = "collected_at" if m.facts.true("left_without_consent") else "signed_at"
    day = m.facts.day(name)
    if day is None:
        m.lack(name)
    elif name == "collected_at":
        m.say("collected_counts", "delivery_risk", day=day.isoformat())
    return day


def _allowed_days(m: Matter) -> tuple[int, int]:
    """The days the law gives (none where only a promise does), and the days that bind."""
    period = m.rule("no_reason_window").period
    by_law = period.count if period and not _only_promised(m) else 0
    return by_law, max(by_law, m.facts.count("merchant_promise_days") or 0)


def _only_promised(m: Matter) -> bool:
    imported = m.facts.word("import_mode") not in (None, "none", "general_trade")
    return imported or m.facts.word("sale_channel") == "shop"


def _freight(m: Matter) -> str:
    agreed = m.facts.word("freight_agreed_payer") == "merchant"
    if agreed or m.facts.true("merchant_free_return_shipping"):
        m.say("freight_agreed", "no_reason_freight")
        return "merchant"
    m.say("freight_consumer", "no_reason_freight")
    return "consumer"


def _void_grounds(m: Matter) -> None:
    """What a merchant may have said, and what does not count against an eligible return."""
    if m.facts.get("merchant_refusal_ground") or m.facts.get("merchant_label"):
        m.say("merchant_ground_void", "opening_harmless confirmation_needed")
    if m.facts.true("presale"):
        m.say("presale_is_not_custom", "excluded_kinds")
    if m.facts.has("goods_dispatched_at"):
        m.say("notice_counts_not_dispatch", "no_reason_window")
    if m.facts.true("nonconforming"):
        m.flag("quality_track")
        m.say("quality_track_is_open", "quality_window")
