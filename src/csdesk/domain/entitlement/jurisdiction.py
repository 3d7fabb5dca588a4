"""Which law protects this consumer: residence, where the seller sells to, import mode, chosen law."""

from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.entitlement.fields import Fields, each, text, word
from csdesk.domain.entitlement.matter import Matter

FIELDS: Fields = {
    "consumer_residence": text,
    "seller_directs_to": each(text),
    "contract_choice": text,
    "import_mode": word("import_mode"),
}
ALIASES = {
    "residence": "consumer_residence",
    "chosen_law": "contract_choice",
    "ships_to": "seller_directs_to",
}
DATED_BY = ("now",)


def decide(m: Matter) -> Decision:
    """Answers `applicable_law`; unresolved goes to a person.

    The mandatory rules of the residence protect a consumer to whose country the seller directs its sales,
    whatever law was chosen; elsewhere the chosen law stands, and nothing chosen is for a person to resolve.
    """
    m.need("consumer_residence")
    home = _code(m.facts.the_word("consumer_residence"))
    directed = {_code(str(place)) for place in m.facts.items("seller_directs_to")}
    chosen = _code(m.facts.word("contract_choice") or "")
    if home == "CN" and m.facts.word("import_mode") == "general_trade":
        return _resolved(m, "general_trade", home)
    if home in directed:
        if chosen and chosen != home:
            m.say("choice_does_not_cut", "", home=home, chosen=chosen)
            m.flag("more_protective_rule_wins")
        return _resolved(m, "sales_directed", home)
    m.need("seller_directs_to")
    if chosen:
        m.trust("interpretation")
        return _resolved(m, "law_chosen", chosen)
    m.say("unresolved", "", home=home)
    m.flag("human_on_request")
    m.trust("interpretation")
    return m.close("policy_dependent", "jurisdiction_unresolved")


def _resolved(m: Matter, code: str, place: str) -> Decision:
    m.say(code, "", place=place)
    m.answer(applicable_law=place)
    return m.close("computed")


def _code(place: str) -> str:
    return place.strip().upper()
