"""Facts that a person states: tried on the question of the case before they are kept, so that none is kept in vain."""

from csdesk.desk.law.judging import Bench
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Order, Refused
from csdesk.domain.cases.findings import Establish
from csdesk.domain.entitlement.decision import BadFacts


def try_facts(bench: Bench, case: Case, order: Order | None, command: Establish) -> None:
    """Refused `no_question`, `unknown_fact` or `bad_fact` for a fact that the question of the case cannot use."""
    instead: dict[str, object] = {}
    for said in command.facts:
        name, _, value = (part.strip() for part in said.partition("="))
        instead[name] = {"true": True, "false": False}.get(value, value)
    for line in [command.line] if command.line else [line.line for line in case.lines] or [0]:
        judged = bench.judge(case, order, line, instead)
        if judged is None:
            raise Refused("no_question", kind=case.kind, reason=case.reason)
        decision = judged.decision
        if isinstance(decision, BadFacts):
            error = next((e for e in decision.errors if e.field in instead), decision.errors[0])
            raise Refused("bad_fact", name=error.field, why=error.code, **dict(error.args))
        if unknown := [name for name in decision.unknown if name in instead]:
            raise Refused("unknown_fact", name=unknown[0], kind=decision.kind)
