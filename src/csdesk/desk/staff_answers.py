"""How a desk answers who is here, what they can take, and which cases nobody may take."""

from csdesk.desk import staff_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.queue_answers import MOST_ROWS
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kind import AUTHORITY, QUEUES
from csdesk.domain.cases.shared import Release
from csdesk.domain.roles import Right, Role, takes_cases
from csdesk.domain.routing import (
    AVAILABLE,
    LANGUAGE,
    MOST_AMOUNT,
    MOST_CASES,
    OFF,
    STATES,
    Hand,
    Need,
    Skill,
    nobody,
    unfit,
)
from csdesk.domain.value import replace
from csdesk.store import claims, feed, leases, staff
from csdesk.store.claims import ANY_AMOUNT, Reach, Waiting
from csdesk.store.connection import savepoint
from csdesk.store.file import Agent

# How many of a queue's soonest cases are looked at one by one.
LOOKED_AT = 200
# Letters of authorities are in one person's hands, so nobody is skilled in them.
SKILLED = tuple(queue for queue in QUEUES if queue != AUTHORITY)


def workers(core: Core) -> list[Agent]:
    """Everybody who takes cases here."""
    return [agent for agent in core.store.agents() if takes_cases(Role(agent.role))]


def _worker(core: Core, id_: str) -> Agent:
    agent = core.store.agent(id_)
    if agent is None:
        raise Refused("no_such_agent", who=id_[:40])
    if not takes_cases(Role(agent.role)):
        raise Refused("takes_no_cases", who=agent.id)
    return agent


def _now(core: Core, agent: Agent, here: staff.Presence, can: Skill) -> q.AgentNow:
    load = staff.load(core.store.conn, core.desk, agent.id, core.now())
    return q.AgentNow(
        agent.id,
        agent.name,
        agent.role,
        here.state,
        here.since,
        load.assigned,
        load.late,
        load.held,
        load.parked,
        can,
    )


@answers(q.AgentStates)
def agent_states(core: Core, ask: q.AgentStates) -> list[q.AgentNow]:
    conn = core.store.conn
    here, can = staff.presences(conn, core.desk), staff.skills(conn, core.desk)
    return [
        _now(core, agent, here.get(agent.id, staff.HERE), can.get(agent.id, staff.ANYTHING))
        for agent in workers(core)
    ]


@answers(q.MyState)
def my_state(core: Core, ask: q.MyState) -> q.AgentNow:
    conn, agent = core.store.conn, _worker(core, core.me.id)
    return _now(
        core, agent, staff.presence(conn, core.desk, agent.id), staff.skill(conn, core.desk, agent.id)
    )


@answers(q.SetAgentState)
def set_state(core: Core, ask: q.SetAgentState) -> q.StateSet:
    if ask.state not in STATES:
        raise Refused("bad_choice", field="presence", value=ask.state[:80], allowed=STATES)
    core.need(Right.WORK if ask.agent in ("", core.me.id) else Right.ASSIGN)
    agent, conn, now = _worker(core, ask.agent or core.me.id), core.store.conn, core.now()
    new = staff.put_presence(conn, core.desk, agent.id, ask.state, core.me.id, now)
    feed.note(conn, core.desk, now)
    released = returned = 0
    if ask.state != AVAILABLE:
        released = leases.release_all(conn, core.desk, agent.id, now, parked=ask.state == OFF)
    if ask.state == OFF:
        returned = sum(
            _returned(core, case) for case in staff.untouched(conn, core.desk, agent.id)[:MOST_CASES]
        )
    return q.StateSet(agent.id, new.state, new.since, released, returned)


def _returned(core: Core, case: str) -> bool:
    """Give a case back to its queue for whoever went; what cannot be given back stays for a supervisor to see."""
    try:
        with savepoint(core.store.conn):
            core.within(Release("agent_off"), case)
    except Refused:
        return False
    return True


@answers(q.SetSkills)
def set_skills(core: Core, ask: q.SetSkills) -> Skill:
    agent, conn = _worker(core, ask.agent), core.store.conn
    can = staff.skill(conn, core.desk, agent.id)
    if ask.queues is not None:
        for queue in ask.queues:
            if queue not in SKILLED:
                raise Refused("bad_queue", value=queue[:80], queues=SKILLED)
        can = replace(can, queues=tuple(dict.fromkeys(ask.queues)))
    if ask.languages is not None:
        for language in ask.languages:
            if not LANGUAGE.match(language):
                raise Refused("bad_language", value=language[:80])
        can = replace(can, languages=tuple(dict.fromkeys(ask.languages)))
    if ask.most_amount is not None:
        can = replace(can, most_amount=_within("most_amount", ask.most_amount, MOST_AMOUNT))
    if ask.most_cases is not None:
        can = replace(can, most_cases=_within("most_cases", ask.most_cases, MOST_CASES))
    staff.put_skill(conn, core.desk, agent.id, can)
    return can


def _within(field: str, value: int, most: int) -> int:
    if not 0 <= value <= most:
        raise Refused("bad_number_of", field=field, value=value, top=most)
    return value


@answers(q.Unroutable)
def unroutable(core: Core, ask: q.Unroutable) -> list[q.NoTaker]:
    conn, limit = core.store.conn, max(min(ask.limit, MOST_ROWS), 0)
    here, away = _hands(core)
    found: list[tuple[Waiting, str]] = []
    for group in claims.groups(conn, core.desk):
        looked = _looked_at(here, Need(*group), limit)
        waiting = claims.soonest(conn, core.desk, group, core.now(), limit=looked) if looked else []
        told = ((case, nobody(case.need, here, away)) for case in waiting)
        found += [(case, why) for case, why in told if why][:limit]
    found.sort(key=lambda one: (one[0].due, one[0].id))
    whys = {case.id: (case.need.language, why) for case, why in found[:limit]}
    return [q.NoTaker(row, *whys[row.id]) for row in feed.rows(conn, core.desk, tuple(whys))]


def _hands(core: Core) -> tuple[list[Hand], list[Hand]]:
    """Who is here and who is not; one who never said counts as here, since nobody has to use states."""
    states = core.ask(q.AgentStates())
    hands = [
        (one.state, Hand(one.id, one.skill, one.role != Role.AGENT, one.assigned + one.parked))
        for one in states
    ]
    return [h for state, h in hands if state == AVAILABLE], [h for state, h in hands if state != AVAILABLE]


def _looked_at(here: list[Hand], need: Need, limit: int) -> int:
    """How many cases of a queue and language to look at: none where somebody may take each of them."""
    able = [hand for hand in here if not hand.full and not unfit(hand.skill, hand.senior, need)]
    if not able:
        return limit
    if any(Reach.of(hand.skill, hand.senior) == Reach(ANY_AMOUNT, ANY_AMOUNT) for hand in able):
        return 0
    return LOOKED_AT
