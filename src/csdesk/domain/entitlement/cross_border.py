"""Cross-border retail import: what the customs need for a return without tax."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, past, word
from csdesk.domain.entitlement.matter import Matter

FIELDS: Fields = {
    "import_mode": word("import_mode"),
    "released_at": past,
    "return_applied_at": past,
    "goods_back_at": past,
}
ALIASES = {
    "declaration_released_at": "released_at",
    "declaration_released": "released_at",
    "released": "released_at",
    "applied_at": "return_applied_at",
    "applied": "return_applied_at",
    "apply_at": "return_applied_at",
    "back_at": "goods_back_at",
    "goods_back": "goods_back_at",
}
DATED_BY = ("released_at", "now")
ORDER = (("released_at", "return_applied_at"), ("released_at", "goods_back_at"))


def decide(m: Matter) -> Decision:
    """Whether taxes are waived and the quota restored. Answers `customs_return_apply_by`, `goods_back_by`,
    `tax_waived`; what the consumer gets back does not turn on it.
    """
    m.need("import_mode")
    if m.facts.the_word("import_mode") not in ("cbec_1210", "cbec_9610"):
        m.say("no_cross_border_retail", "cbec_no_reason")
        return m.close("ineligible", "not_cross_border_retail")
    m.need("released_at")
    released = m.facts.the_day("released_at")
    apply_by = m.count("customs_return_apply_by", "customs_return_apply", released).rolled_day
    back_by = m.count("goods_back_by", "customs_goods_back", released).rolled_day
    m.answer(customs_return_apply_by=apply_by, goods_back_by=back_by)
    applied, back = m.facts.day("return_applied_at"), m.facts.day("goods_back_at")
    late = bool((applied and applied > apply_by) or (back and back > back_by))
    if late:
        m.say("customs_too_late", "customs_return_apply customs_goods_back")
        m.answer(tax_waived=False)
        return m.close("ineligible", "expired")
    m.say("customs_in_time", "customs_return_apply customs_goods_back", apply=apply_by.isoformat())
    if applied and back:
        m.answer(tax_waived=True)
        return m.close("eligible", remedies=("tax_waived", "quota_restored"))
    return m.close("computed")
