"""How a practice desk tells newcomers how they have done."""

from collections.abc import Iterator

from csdesk.desk import practice_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Ruled
from csdesk.domain.cases.rulings import contradicted
from csdesk.domain.roles import Right
from csdesk.store import cases

# A practice desk has some dozens of cases; who decided more has practised enough.
MOST = 2_000


@answers(q.PracticeScore)
def practice_score(core: Core, ask: q.PracticeScore) -> q.Score:
    if not core.policy.practice:
        raise Refused("not_practice")
    agent = ask.agent or core.me.id
    if agent != core.me.id:
        core.need(Right.ASSIGN)
    if core.store.agent(agent) is None:
        raise Refused("no_such_agent", who=agent)
    tried = sorted(_tried(core, agent), key=lambda one: -one.at)
    (left,) = core.store.conn.execute(
        "SELECT count(*) FROM cases WHERE desk_id = ? AND live = 1", (core.desk,)
    ).fetchone()
    opposed = tuple(one for one in tried if one.against)
    return q.Score(agent, len(tried), len(tried) - len(opposed), opposed, left)


def _tried(core: Core, agent: str) -> Iterator[q.Tried]:
    """The first decision on each case that this person has decided."""
    rows = core.store.conn.execute(
        "SELECT DISTINCT case_id FROM request WHERE desk_id = ? AND actor = ? LIMIT ?",
        (core.desk, agent, MOST),
    ).fetchall()
    for (case_id,) in rows:
        case, _ = core.load(case_id)
        for past in cases.history(core.store.conn, core.desk, case_id):
            if isinstance(past.event, Ruled):
                if past.actor == agent:
                    yield _one(core, case, past.event, past.at)
                break


def _one(core: Core, case: Case, ruled: Ruled, at: int) -> q.Tried:
    told = contradicted(ruled.rulings, ruled.stance, frozenset()) or ruled.rulings[0]
    return q.Tried(
        core.number(case),
        case.kind.value,
        case.reason,
        ruled.verb,
        ruled.stance.value,
        told.outcome,
        told.reason,
        told.articles,
        ruled.against,
        at,
    )
