"""How a local desk answers what the law says on a case, and why it was decided as it was."""

from collections.abc import Iterator

from csdesk.desk import queries as q
from csdesk.desk.answering import answers
from csdesk.desk.answers import reads
from csdesk.desk.core import Core
from csdesk.desk.law.judging import Bench, Judged, judged
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Ruled
from csdesk.domain.cases.refund_events import RefundProposed
from csdesk.domain.cases.rulings import Ruling
from csdesk.domain.entitlement.kinds import HOME, shapes
from csdesk.domain.entitlement.pack import Pack
from csdesk.domain.mask import mask_text
from csdesk.domain.value import replace
from csdesk.store import cases, orders


@answers(q.ShowVerdict)
def show_verdict(core: Core, ask: q.ShowVerdict) -> q.VerdictView:
    case, _ = core.load(core.case_id(ask.case))
    if ask.line and case.line(ask.line) is None:
        raise Refused("no_such_line", line=ask.line)
    yours = decided(core, case) if core.policy.practice else ""
    if core.policy.practice and not yours:
        return q.VerdictView(core.number(case), None, hidden=True)
    order = orders.facts(core.store.conn, core.desk, case.order, case.id) if case.order else None
    bench = core.bench()
    judged = bench.judge(case, order, ask.line, dict(ask.instead))
    lines = tuple((r.line, r.outcome) for r in bench.rulings(case, order)) if len(case.lines) > 1 else ()
    return replace(_view(core, case, bench, judged, lines), yours=yours)


def decided(core: Core, case: Case) -> str:
    """How the first verb that decided this case stood to the verdict: `agrees`, `opposed`; "" while none has."""
    for past in cases.history(core.store.conn, core.desk, case.id):
        if isinstance(past.event, Ruled):
            return "opposed" if past.event.against else "agrees"
    return ""


def _view(
    core: Core, case: Case, bench: Bench, judged: Judged | None, lines: tuple[tuple[int, str], ...] = ()
) -> q.VerdictView:
    if judged is None:
        return q.VerdictView(core.number(case), None)
    place = bench.book.find(str(judged.facts.get("jurisdiction") or HOME))
    known = shapes(place[0], judged.decision.kind) if place else {}
    return q.VerdictView(core.number(case), _named(judged, place[0]) if place else judged, lines, known)


def _named(judged: Judged, pack: Pack) -> Judged:
    """Goods by the one name of their class, which catalogues word; an order may call them by any other."""
    found = pack.product_class(str(judged.facts.get("product_class") or ""))
    return judged if found is None else replace(judged, facts={**judged.facts, "product_class": found.name})


@answers(q.ShowRulings)
def show_rulings(core: Core, ask: q.ShowRulings) -> list[q.KeptRuling]:
    case, _ = core.load(core.case_id(ask.case))
    return list(_kept(core, case))


def _kept(core: Core, case: Case) -> Iterator[q.KeptRuling]:
    may_read = reads(core, case)
    keys = core.store.keys if may_read else None
    history = list(cases.history(core.store.conn, core.desk, case.id, keys))
    proposed = {
        past.cause: past.event.refund.id for past in history if isinstance(past.event, RefundProposed)
    }
    for past in history:
        ruled = past.event
        if isinstance(ruled, Ruled):
            said = None if past.sealed and not may_read else mask_text(ruled.override)
            told = q.KeptRuling(
                past.seq, past.at, past.actor, past.verb, ruled.stance, ruled.rulings, ruled.against, said
            )
            refund = case.refund(proposed.get(past.cause, ""))
            if refund is not None:
                told = replace(
                    told,
                    approved_by=refund.approved_by,
                    approved_at=refund.approved_at,
                    approved_for=refund.approved_for,
                )
            yield told


@answers(q.ReplayRuling)
def replay_ruling(core: Core, ask: q.ReplayRuling) -> q.VerdictView:
    case, _ = core.load(core.case_id(ask.case))
    kept = next((kept for kept in _kept(core, case) if kept.seq == ask.seq), None)
    rulings = kept.rulings if kept is not None else ()
    found = next((r for r in rulings if not ask.line or r.line == ask.line), None)
    if kept is None or found is None:
        raise Refused("no_such_ruling", seq=ask.seq)
    bench = core.bench(at=kept.at, pack=found.pack)
    return _view(core, case, bench, _again(bench, found))


def _again(bench: Bench, kept: Ruling) -> Judged:
    facts = {name: value for name, value in kept.facts.items() if value is not None}
    return judged(kept.line, facts, dict.fromkeys(facts, "order"), bench.decide(facts))
