"""What a merchant may not do: to reviews and to who wrote them, away from the platform, without due marks."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, flag, money, past, word
from csdesk.domain.entitlement.matter import Matter

REVIEWS: Fields = {"review_conduct": word("review_conduct"), "at": past, "evidence": flag}
OFF_PLATFORM: Fields = {"led_by": word("led_by"), "paid_elsewhere": money, "at": past}
MARKS: Fields = {"mark_missing": word("mark_missing"), "in_catalogue": flag, "received_at": past}
REVIEWS_ALIASES = {"happened_at": "at"}
OFF_PLATFORM_ALIASES = {"happened_at": "at", "amount": "paid_elsewhere"}
MARKS_ALIASES = {"signed_at": "received_at", "certification_required": "in_catalogue"}
DATED_BY = ("at", "received_at", "purchased_at", "now")


def reviews(m: Matter) -> Decision:
    """Reviews stay and are true; who wrote one is left alone (电商法§39, §17, 消法§27). Answers `refer`."""
    conduct = m.facts.the_word("review_conduct")
    if conduct == "deleted":
        m.say("reviews_stay", "reviews_kept")
        return m.close("eligible", remedies=("restore_review",))
    if conduct in ("cashback", "brushing"):
        m.say("reviews_bought" if conduct == "cashback" else "reviews_invented", "reviews_true")
        return m.close("eligible", remedies=("takedown", "authority_report"))
    m.say("person_protected", "personal_dignity")
    if conduct == "disclosure":
        m.say("data_disclosed", "data_secrecy")
    if conduct != "harassment":
        m.say("danger_first")
        m.answer(refer="public_security")
    return m.close("eligible", remedies=("stop", "apology", "damages"))


def off_platform(m: Matter) -> Decision:
    """Led away from the platform's payment: by its staff, the merchant stays liable (法释2022-8 §5).

    Answers `merchant_liable`, `refer`, `refund`.
    """
    led_by = m.facts.the_word("led_by")
    if led_by == "merchant_staff":
        m.say("staff_led_away", "off_platform_payment")
        m.answer(merchant_liable=True)
        if (paid := m.facts.money("paid_elsewhere")) is not None:
            m.answer(refund=paid)
        return m.close("eligible", remedies=("perform", "refund", "damages"))
    if led_by == "unknown":
        m.lack("led_by")
        return m.ask()
    m.say("impostor")
    m.answer(merchant_liable=False, refer="public_security")
    return m.close("ineligible", "not_the_merchant", remedies=("stop_payment",))


def marks(m: Matter) -> Decision:
    """Goods without the marks they must bear (产品质量法§27); certification where the catalogue asks for it."""
    missing = m.facts.the_word("mark_missing")
    if missing == "certification":
        m.need("in_catalogue")
        if not m.facts.the_flag("in_catalogue"):
            m.say("certification_not_needed", "product_certification")
            return m.close("ineligible", "certification_not_needed")
        m.say("certification_missing", "product_certification")
    else:
        m.say("mark_missing", "product_marks", kind=missing)
    m.say("freight_merchant", "quality_freight")
    return m.close("eligible", remedies=("return", "takedown", "authority_report"), payer="merchant")
