"""Whether an authority takes up a complaint (order 121 §16, before it order 20 §15), what it splits."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, each, flag, past, word
from csdesk.domain.entitlement.matter import Matter

FIELDS: Fields = {
    "filed_at": past,
    "knew_at": past,
    "already_handled_by": word("handled_by"),
    "materials": word("materials"),
    "identity": word("identity"),
    "purpose": word("purpose"),
    "competent": flag,
    "dispute_shown": flag,
    "contains": each(word("complaint_part")),
}
ALIASES = {
    "filed": "filed_at",
    "handled_by": "already_handled_by",
    "authority_competent": "competent",
    "has_dispute": "dispute_shown",
    "jurisdiction_ok": "competent",
    "within_competence": "competent",
    "knew_of_harm_at": "knew_at",
    "known_at": "knew_at",
    "received_at": "filed_at",
    "handled_elsewhere_by": "already_handled_by",
    "harm_known_at": "knew_at",
}
DATED_BY = ("filed_at", "now")
ORDER = (("knew_at", "filed_at"),)
# What a complaint must show to be taken up; the rest is presumed until something speaks against it.
SHOWN = ("filed_at", "knew_at", "materials", "identity", "purpose")


def decide(m: Matter) -> Decision:
    """Answers `accept` with `ground`, and `split` when a report came in with the complaint."""
    split = len(set(m.facts.items("contains"))) > 1
    if split:
        m.say("complaint_and_report", "complaint_split")
        m.answer(split=True)
    ground = _ground(m)
    if ground:
        m.say("not_accepted", "complaint_grounds", ground=ground)
        m.answer(accept=False, ground=ground)
        return m.close("ineligible", ground)
    absent = [name for name in SHOWN if not m.facts.has(name)]
    if absent and split:
        return m.close("computed")
    if m.facts.has("filed_at", "knew_at") and not m.facts.unknown:
        # In time and without a ground against it: taken up, provided that what is still asked for is in order.
        # A fact that is not understood may be such a ground.
        m.answer(accept=True)
    m.need(*absent)
    m.say("accepted", "complaint_grounds acceptance_decision")
    m.answer(accept=True)
    m.count("acceptance_decision_due", "acceptance_decision", m.facts.the_day("filed_at"))
    return m.close("eligible")


def _ground(m: Matter) -> str | None:
    """The first ground against taking it up, in the order of the article."""
    facts = m.facts
    identity = facts.word("identity")
    found = {
        "not_competent": facts.flag("competent") is False,
        "already_handled": facts.word("already_handled_by") not in (None, "none"),
        "not_living_consumption": facts.word("purpose") not in (None, "living_consumption"),
        "no_dispute_shown": facts.flag("dispute_shown") is False,
        "over_three_years": _over_three_years(m),
        "materials_missing": facts.word("materials") == "missing",
        "materials_false": facts.word("materials") == "false",
        "impersonation": identity == "impersonation",
        "identity_refused": identity == "refused",
    }
    known = m.rule("complaint_grounds").words("grounds")
    return next((name for name, holds in found.items() if holds and name in known), None)


def _over_three_years(m: Matter) -> bool:
    knew, filed = m.facts.day("knew_at"), m.facts.day("filed_at")
    if knew is None or filed is None:
        return False
    return filed > m.count("complaint_by", "complaint_limit", knew, decisive=False).rolled_day
