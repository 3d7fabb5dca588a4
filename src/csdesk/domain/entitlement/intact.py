"""Whether returned goods are intact (消法§25(3), 七日办法§8-9, 条例§19(3)): by traces, family by family."""

from csdesk.domain.entitlement.facts import Faulty
from csdesk.domain.entitlement.fields import Fields, flag
from csdesk.domain.entitlement.matter import Matter

# What inspecting and reasonable testing leave behind: never a ground for refusal (法释2022-8 §3).
HARMLESS = ("outer_box_opened", "tried_on", "powered_on")
# What a pack may name as a trace that breaks intactness in some family.
TRACES = (
    "seal_broken",
    "unauthorized_repair",
    "serial_altered",
    "certification_mark_altered",
    "appearance_traces",
    "activated",
    "data_traces",
    "tag_removed",
    "stained",
    "damaged",
    "worn",
    "washed",
    "used_beyond_inspection",
    "accessories_missing",
)
FIELDS: Fields = dict.fromkeys(("intact", *HARMLESS, *TRACES), flag)
ALIASES = {
    "tag_cut": "tag_removed",
    "label_cut": "tag_removed",
    "label_removed": "tag_removed",
    "tags_removed": "tag_removed",
    "soiled": "stained",
    "dirty": "stained",
    "seal_damaged": "seal_broken",
    "one_time_seal_broken": "seal_broken",
    "unauthorised_repair": "unauthorized_repair",
    "unauthorized_modification": "unauthorized_repair",
    "serial_number_altered": "serial_altered",
    "ccc_mark_altered": "certification_mark_altered",
    "mark_altered": "certification_mark_altered",
    "scratches": "appearance_traces",
    "data_left": "data_traces",
    "personal_data_left": "data_traces",
    "package_opened": "outer_box_opened",
    "packaging_opened": "outer_box_opened",
    "opened": "outer_box_opened",
    "parts_missing": "accessories_missing",
    "used": "used_beyond_inspection",
    "brand_label_removed": "tag_removed",
    "brand_label_cut": "tag_removed",
    "brand_tag_removed": "tag_removed",
    "tag_missing": "tag_removed",
    "necessary_seal_broken": "seal_broken",
    "disposable_seal_broken": "seal_broken",
    "one_time_seal_damaged": "seal_broken",
    "seal_opened": "seal_broken",
    "unauthorised_modification": "unauthorized_repair",
    "unauthorized_alteration": "unauthorized_repair",
    "unauthorised_alteration": "unauthorized_repair",
    "self_repaired": "unauthorized_repair",
    "serial_removed": "serial_altered",
    "serial_number_removed": "serial_altered",
    "label_altered": "serial_altered",
    "labels_altered": "serial_altered",
    "ccc_altered": "certification_mark_altered",
    "ccc_removed": "certification_mark_altered",
    "ccc_mark_removed": "certification_mark_altered",
    "looks_traces": "appearance_traces",
    "use_traces": "appearance_traces",
    "traces_of_use": "appearance_traces",
    "scratched": "appearance_traces",
    "personal_data_traces": "data_traces",
    "data_use_traces": "data_traces",
    "personal_data": "data_traces",
    "authorization_traces": "data_traces",
    "authorisation_traces": "data_traces",
    "account_bound": "data_traces",
    "personal_data_kept": "data_traces",
    "personal_data_retained": "data_traces",
    "authorised": "data_traces",
    "authorized": "data_traces",
    "activation_traces": "activated",
    "torn": "damaged",
    "accessories_complete": "not accessories_missing",
    "parts_complete": "not accessories_missing",
    "seal_intact": "not seal_broken",
    "tag_attached": "not tag_removed",
    "tags_attached": "not tag_removed",
    "tag_intact": "not tag_removed",
    "tags_intact": "not tag_removed",
    "label_intact": "not tag_removed",
}


def not_intact(m: Matter) -> str | None:
    """`not_intact` when the goods are not; None when they are, or when nothing says so (then `intact` lacks).

    A trace counts in the families for which the pack lists it. Goods whose state was described without such
    a trace are intact, since the merchant must show the contrary (处罚办法§9③); goods under a one-time seal
    need the state of that seal.
    """
    facts, stated = m.facts, m.facts.flag("intact")
    product = facts.product()
    families = product.families if product else frozenset[str]()
    traces = _traces(m, families)
    broken = [name for name in traces if facts.true(name)]
    if broken:
        if stated:
            raise Faulty("intact", "contradicts", other=broken[0])
        m.say("trace_breaks_intactness", _provision(families, broken[0], m), trace=broken[0])
        return "not_intact"
    if stated is False:
        m.say("stated_not_intact", "intact")
        return "not_intact"
    if facts.any(*HARMLESS):
        m.say("opening_is_harmless", "opening_harmless")
    decisive = ("seal_broken",) if "sealed" in families else (*HARMLESS, *traces)
    if stated or facts.any(*decisive):
        m.say("intact", "intact")
    else:
        m.lack("seal_broken" if "sealed" in families and facts.any(*HARMLESS) else "intact")
    return None


def _traces(m: Matter, families: frozenset[str]) -> list[str]:
    rules = [m.law("intact"), *(m.law(f"intact_{family}") for family in sorted(families))]
    return [name for rule in rules if rule and "breaks" in rule.values for name in rule.words("breaks")]


def _provision(families: frozenset[str], trace: str, m: Matter) -> str:
    for family in sorted(families):
        rule = m.law(f"intact_{family}")
        if rule and trace in rule.words("breaks"):
            return f"intact_{family}"
    return "intact"
