"""The page on states: of each kind its states with their clocks, its edges, and a diagram of its machine."""

from collections.abc import Iterator
from types import MappingProxyType

from csdesk.domain.cases.case import Phase
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.machine import Edge, Machine, State, Term
from csdesk.domain.roles import Right
from page_parts import both, code, codes, named, table

INTRO = """
Each kind of case has its states. The **phase** says whose turn it is: `ours`, `waiting` (for
somebody else) or `done`. A state starts **clocks**. One counted in days does not count the day it
starts on and runs until 24:00 of the last one, in the desk's zone. Its basis is `law`, `notice`,
`promise` or `policy`; only a `law` clock is a legal deadline, and it names its article. A clock
that a state keeps runs on from the state before it. When time is up, the desk itself does the verb
that is named here; without one, the breach is recorded.

A verb without a target stays in the state or decides for itself, and a few go by the facts rather
than by the table:

- `approve` leads to `received_inspecting` when goods are here already.
- `settle_dispute` leads to `received_inspecting`, or to `rejected` when nothing passed inspection.
- `settle_refund` stays while other refunds are under way; when one failed or was declined, or units
  are still owed, it goes where `refund_failed` goes, which is nobody's verb. One that failed and is
  confirmed late leads to `refunded` from wherever its money was owed again.
- `convert` leads to the first state of the new kind.
- `merge` leads from any open state to the end, before anything was decided; its outcome is `merged`.
- What a customer says (`hear`, an incoming `note_call`) reopens a closed case. So does the failure of
  the only notice of its result (`settle_reply`), however late.

In a **diagram**, ⏱ is a clock that the state starts; ⚙ is what no person does: the desk itself, the
worker or the provider's answer. Where others are waited for, the frame is dashed. Verbs that stay in
their state are not drawn. One that leads to a state from more than three others is drawn from the
first two; the note beside that state names the others.

The verbs that every kind has (`note`, `reply`, `take` …) are in [verbs](verbs.md), and here only
where they move the case.
"""
# Where verbs lead that decide by the facts; a target counts for a kind that has a state of this name.
BY_FACTS = MappingProxyType(
    {
        "approve": ("received_inspecting",),
        "erase_data": ("fulfilled", "partly"),
        "classify": ("not_shipped", "in_transit", "signed"),
        "parcel_lost": ("received_inspecting", "dispute", "stock_check"),
        "provider_ruled": ("explained",),
        "settle_dispute": ("received_inspecting", "rejected"),
    }
)
# A verb with more sources than this is drawn from the first DRAWN of them.
MOST_SOURCES, DRAWN = 3, 2


def machine_parts(machine: Machine) -> Iterator[str]:
    """The paragraphs about one kind."""
    kind = machine.kind.value
    yield f"## {kind} ({both('kind', kind)})" if both("kind", kind) else f"## {kind}"
    yield f"Numbers begin with `{machine.kind.letters}`. Queue: `{machine.kind.queue}`."
    yield "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in diagram(machine)), "```"])
    yield "### States"
    rows = [(code(s.name), both("state", s.name), code(s.phase), _clocks(s)) for s in machine.states]
    yield table(("state", "label", "phase", "clocks"), rows)
    yield "### Edges"
    rows = [(code(e.verb), both("verb", e.verb), codes(e.sources), code(e.target)) for e in machine.edges]
    yield table(("verb", "label", "from", "to"), rows)
    yield "### Reasons"
    yield table(("reason", "label"), [(code(reason), both("reason", reason)) for reason in machine.reasons])


def _clocks(state: State) -> str:
    told = [_clock(term) for term in state.terms]
    if state.keeps:
        told.append(f"keeps {', '.join(code(name) for name in state.keeps)}")
    return "<br>".join(told)


def _clock(term: Term) -> str:
    basis = f"{term.basis} {term.article}".strip()
    then = f", then {code(term.then)}" if term.then else ""
    return f"{code(term.name)} {term.amount} {term.unit} ({basis}){then}"


def arrows(machine: Machine) -> dict[tuple[str, str], list[str]]:
    """The states that each verb leads from, by (verb, target), where it leads to another state."""
    known = {state.name for state in machine.states}
    found: dict[tuple[str, str], list[str]] = {}
    for edge in machine.edges:
        for target in _targets(edge, machine, known):
            sources = found.setdefault((edge.verb, target), [])
            sources += [source for source in edge.sources if source not in (target, *sources)]
    return {leads: sources for leads, sources in found.items() if sources}


def _targets(edge: Edge, machine: Machine, known: set[str]) -> list[str]:
    by_facts = [target for target in BY_FACTS.get(edge.verb, ()) if target in known]
    # Only goods that come back can be here when a case is approved.
    if edge.verb == "approve" and machine.edge("dispute", "received_inspecting") is None:
        by_facts = []
    return [target for target in (edge.target, *by_facts) if target]


def diagram(machine: Machine) -> Iterator[str]:
    """A machine as Mermaid draws it: one arrow for all verbs between two states."""
    for state in machine.states:
        yield f"{state.name} : {named('state', state.name)}"
        yield from (f"{state.name} : {_short(term)}" for term in state.terms)
    yield f"[*] --> {machine.first.name}"
    pairs: dict[tuple[str, str], list[str]] = {}
    notes: dict[str, list[str]] = {}
    for (verb, target), sources in arrows(machine).items():
        many = len(sources) > MOST_SOURCES
        for source in sources[:DRAWN] if many else sources:
            pairs.setdefault((source, target), []).append(_verb(verb))
        if many:
            notes.setdefault(target, []).append(f"{_verb(verb)} ← {', '.join(sources[DRAWN:])}")
    for (source, target), verbs in pairs.items():
        yield f"{source} --> {target} : {', '.join(dict.fromkeys(verbs))}"
    for target, lines in notes.items():
        yield f"note right of {target}"
        yield from (f"    {line}" for line in lines)
        yield "end note"
    yield from (f"{state.name} --> [*]" for state in machine.states if state.phase is Phase.DONE)
    waiting = [state.name for state in machine.states if state.phase is Phase.WAITING]
    if waiting:
        yield "classDef waiting stroke-dasharray: 6 4"
        yield f"class {','.join(waiting)} waiting"


def _short(term: Term) -> str:
    then = f" → {_verb(term.then)}" if term.then else ""
    return f"⏱ {named('clock', term.name)} {term.amount} {term.unit}{then}"


def _verb(name: str) -> str:
    """A verb by its Chinese name and its own; ⚙ before what no person does."""
    itself = name not in VERBS or VERBS[name].verb.right is Right.RUN
    return f"⚙ {named('verb', name)}" if itself else named("verb", name)
