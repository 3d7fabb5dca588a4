"""How a desk keeps who approves in whose place; what that allows is for `domain.cases.delegation` to say."""

import os

from csdesk.desk import approval_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain import ids
from csdesk.domain.cases.context import Actor, Delegation, Refused
from csdesk.domain.cases.delegation import check_given, reach
from csdesk.domain.roles import Right, Role
from csdesk.store import delegations, feed
from csdesk.store.delegations import Given


def _view(core: Core, given: Given, roles: dict[str, Role]) -> q.DelegationView:
    # Whoever left lets nobody do anything: no role reaches as little as an auditor's.
    giver = Actor(given.giver, roles.get(given.giver, Role.AUDITOR))
    held = Delegation(given.id, giver, given.most, given.since, given.until)
    return q.DelegationView(
        given.id,
        given.giver,
        given.to,
        given.most,
        reach(held, core.policy, "goods"),
        reach(held, core.policy, "compensation"),
        given.since,
        given.until,
        _may_end(core, given),
    )


def _may_end(core: Core, given: Given) -> bool:
    return core.me.id in (given.giver, given.to) or core.me.may(Right.TAKE_OVER)


def _roles(core: Core) -> dict[str, Role]:
    return {agent.id: Role(agent.role) for agent in core.store.agents()}


@answers(q.Delegations)
def show_delegations(core: Core, ask: q.Delegations) -> list[q.DelegationView]:
    roles = _roles(core)
    return [_view(core, one, roles) for one in delegations.running(core.store.conn, core.desk, core.now())]


@answers(q.Delegate)
def delegate(core: Core, ask: q.Delegate) -> q.DelegationView:
    conn, now = core.store.conn, core.now()
    agent = core.store.agent(ask.to.strip())
    if agent is None:
        raise Refused("no_such_agent", who=ask.to.strip()[:40])
    check_given(core.me, Actor(agent.id, Role(agent.role)), ask.limit, ask.until, now, core.policy)
    id_ = ids.uuid7(now, os.urandom(10))
    given = Given(id_, core.me.id, agent.id, ask.limit, now, ask.until, core.me.id)
    delegations.give(conn, core.desk, given)
    feed.note(conn, core.desk, now)
    return _view(core, given, {**_roles(core), core.me.id: core.me.role})


@answers(q.RevokeDelegation)
def revoke_delegation(core: Core, ask: q.RevokeDelegation) -> None:
    conn, now, said = core.store.conn, core.now(), ask.delegation.strip()
    running = delegations.running(conn, core.desk, now)
    found = next(
        (one for one in running if one.id == said or (one.giver, one.to) == (core.me.id, said)), None
    )
    if found is None:
        raise Refused("no_such_delegation", said=said[:40])
    if not _may_end(core, found):
        raise Refused("no_right", role=core.me.role, right=Right.TAKE_OVER)
    delegations.revoke(conn, core.desk, found.id, core.me.id, now)
    feed.note(conn, core.desk, now)
