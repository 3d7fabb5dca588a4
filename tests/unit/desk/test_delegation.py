"""Approving in somebody's place on a desk: given, shown, revoked, over; and two people at once."""

import threading

import pytest

from csdesk.desk import approval_queries as aq
from csdesk.desk import money_queries as q
from csdesk.desk.core import Core
from csdesk.desk.desk import Conflict
from csdesk.desk.queries import Agents, ShowCase, ShowRulings
from csdesk.domain.cases.approval import ApproveRefund, DeclineRefund
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from csdesk.domain.roles import Role
from csdesk.store.connection import write
from csdesk.store.file import Agent, open_store
from csdesk.store.verify import verify
from tests.building import DAY, DeskFile, line


def waiting(core: Core, desk_file: DeskFile, paid: int = 600_000) -> Case:
    """A return whose refund was proposed and waits."""
    case = core.do(Open(Kind.RETURN, desk_file.order(line(1, paid)), (LineQty(1, 1),))).case
    for command in (Approve(), Receive(), Inspect(), PayBack()):
        case = core.do(command, case.id).case
    return case


def code(core: Core, said: object) -> str:
    with pytest.raises(Refused) as refused:
        if isinstance(said, Case):
            core.do(ApproveRefund(), said.id)
        else:
            core.ask(said)  # type: ignore[arg-type]
    return refused.value.code


def test_a_delegate_approves_and_every_book_says_in_whose_place(desk_file: DeskFile):
    wang, li, zhao = (desk_file.core(who) for who in ("wang", "li", "zhao"))
    case = waiting(wang, desk_file)
    (before,) = li.ask(q.AwaitingRefunds())
    assert (before.mine, before.why) == (False, "over_limit")
    given = zhao.ask(aq.Delegate("li", desk_file.clock.now + DAY, 700_000))
    assert (given.giver, given.to, given.refunds, given.compensation) == ("zhao", "li", 700_000, 100_000)
    (now,) = li.ask(q.AwaitingRefunds())
    assert (now.mine, now.behalf, now.why) == (True, "zhao", "")
    li.do(ApproveRefund(), case.id)
    (entry,) = wang.ask(q.OrderLedger(case.order_number)).payments[0].entries
    assert (entry.approved_by, entry.approved_for) == ("li", "zhao")
    told = wang.ask(ShowCase(case.id)).timeline
    assert [(one.actor, one.detail["behalf"]) for one in told if one.code == "refund_approved.behalf"] == [
        ("li", "zhao")
    ]
    (kept,) = (kept for kept in wang.ask(ShowRulings(case.id)) if kept.approved_by)
    assert (kept.approved_by, kept.approved_for) == ("li", "zhao")
    assert list(verify(wang.store)) == []


def test_a_declined_refund_says_in_whose_place_too(desk_file: DeskFile):
    wang, li, zhao = (desk_file.core(who) for who in ("wang", "li", "zhao"))
    case = waiting(wang, desk_file)
    zhao.ask(aq.Delegate("li", desk_file.clock.now + DAY))
    li.do(DeclineRefund("wrong_amount"), case.id)
    told = wang.ask(ShowCase(case.id)).timeline
    assert [one.detail["behalf"] for one in told if one.code == "refund_declined.behalf"] == ["zhao"]


def test_the_queue_says_why_what_is_not_mine_is_not(desk_file: DeskFile):
    wang, li, zhao = (desk_file.core(who) for who in ("wang", "li", "zhao"))
    waiting(wang, desk_file)
    waiting(li, desk_file)
    waiting(zhao, desk_file, 5_000_001)
    until = desk_file.clock.now + DAY
    zhao.ask(aq.Delegate("li", until))
    told = {one.by: (one.mine, one.behalf, one.why, one.who) for one in li.ask(q.AwaitingRefunds())}
    assert told == {
        "wang": (True, "zhao", "", ""),
        "li": (False, "", "own_refund", ""),
        "zhao": (False, "", "giver_refund", "zhao"),
    }
    desk_file.clock.forward(days=1)
    told = {one.by: (one.mine, one.behalf, one.why, one.who) for one in li.ask(q.AwaitingRefunds())}
    assert told["wang"] == (False, "", "delegation_over", "zhao")


def test_a_delegation_ends_at_its_moment_by_its_giver_its_taker_or_a_supervisor(desk_file: DeskFile):
    wang, li, chen, zhao = (desk_file.core(who) for who in ("wang", "li", "chen", "zhao"))
    case = waiting(wang, desk_file)
    until = desk_file.clock.now + DAY
    for ends in (chen, li, zhao):
        given = chen.ask(aq.Delegate("li", until))
        assert code(wang, aq.RevokeDelegation(given.id)) == "no_right"
        ends.ask(aq.RevokeDelegation(given.id))
        assert code(li, case) == "over_limit"
        assert code(ends, aq.RevokeDelegation(given.id)) == "no_such_delegation"
    chen.ask(aq.Delegate("li", until))
    chen.ask(aq.RevokeDelegation("li"))  # by the name of whom I gave it
    assert chen.ask(aq.Delegations()) == []
    chen.ask(aq.Delegate("li", until))
    desk_file.clock.now = until
    assert code(li, case) == "delegation_over"
    assert chen.ask(aq.Delegations()) == []


def test_what_was_delegated_to_me_i_cannot_pass_on(desk_file: DeskFile):
    li, chen, zhao = (desk_file.core(who) for who in ("li", "chen", "zhao"))
    until = desk_file.clock.now + DAY
    zhao.ask(aq.Delegate("chen", until))
    zhao.ask(aq.Delegate("li", until))
    assert code(chen, aq.Delegate("li", until, 2_000_001)) == "delegate_over_limit"
    assert code(li, aq.Delegate("wang", until)) == "cannot_delegate"
    # Up to their own limit seniors may: it is their own place.
    chen.ask(aq.Delegate("wang", until))
    dear = waiting(zhao, desk_file, 5_000_001)
    assert code(desk_file.core("wang"), dear) == "over_limit"
    for who, why in (("sun", "delegate_cannot_work"), ("zhao", "delegate_to_self"), ("x", "no_such_agent")):
        assert code(zhao, aq.Delegate(who, until)) == why
    assert code(desk_file.core("sun"), aq.Delegate("li", until)) == "no_right"
    assert len(desk_file.core("sun").ask(aq.Delegations())) == 3


def test_a_new_one_takes_the_place_of_the_old_one(desk_file: DeskFile):
    wang, li, zhao = (desk_file.core(who) for who in ("wang", "li", "zhao"))
    case = waiting(wang, desk_file)
    zhao.ask(aq.Delegate("li", desk_file.clock.now + DAY))
    zhao.ask(aq.Delegate("li", desk_file.clock.now + DAY, 599_999))
    assert [one.most for one in zhao.ask(aq.Delegations())] == [599_999]
    assert code(li, case) == "over_limit"


def test_whoever_left_or_fell_lets_nobody_approve(desk_file: DeskFile):
    wang, li, zhao = (desk_file.core(who) for who in ("wang", "li", "zhao"))
    case = waiting(wang, desk_file)
    zhao.ask(aq.Delegate("li", desk_file.clock.now + DAY))
    with write(zhao.store.conn):
        zhao.store.put_agent(Agent("zhao", "Zhao", Role.AGENT.value, "zhao"))
    assert code(li, case) == "over_limit"
    with write(zhao.store.conn) as conn:
        zhao.store.put_agent(Agent("zhao", "Zhao", Role.SUPERVISOR.value, "zhao"))
        conn.execute("UPDATE agent SET active = 0 WHERE id = 'zhao'")
    assert "zhao" not in {agent.id for agent in li.ask(Agents())}
    assert code(li, case) == "over_limit"
    assert [one.refunds for one in li.ask(aq.Delegations())] == [0]


def test_two_delegates_at_once_let_the_money_go_once(desk_file: DeskFile):
    wang, zhao = desk_file.core("wang"), desk_file.core("zhao")
    case = waiting(wang, desk_file)
    with write(zhao.store.conn):
        zhao.store.put_agent(Agent("ma", "Ma", Role.AGENT.value, "ma"))
    for who in ("li", "ma"):
        zhao.ask(aq.Delegate(who, desk_file.clock.now + DAY))
    start, told = threading.Barrier(2), list[str]()

    def approve(who: str) -> None:
        store = open_store(desk_file.path)
        try:
            start.wait()
            Core(store, Actor(who, Role.AGENT), now=desk_file.clock).do(ApproveRefund(), case.id)
            told.append("approved")
        except (Refused, Conflict) as exc:
            told.append(exc.code if isinstance(exc, Refused) else "conflict")
        finally:
            store.close()

    threads = [threading.Thread(target=approve, args=(who,)) for who in ("li", "ma")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["approved", "nothing_awaits"]
    assert [refund.approved_for for refund in wang.load(case.id)[0].refunds] == ["zhao"]
    (jobs,) = wang.store.conn.execute("SELECT count(*) FROM outbox WHERE kind = 'refund'").fetchone()
    assert jobs == 1
    assert list(verify(wang.store)) == []


def test_what_is_looked_up_has_an_index(desk_file: DeskFile):
    conn = desk_file.core("zhao").store.conn
    for where in ("until > 0", "to_agent = 'li' AND until > 0"):
        plan = conn.execute(
            f"EXPLAIN QUERY PLAN SELECT id FROM approval_delegation WHERE desk_id = '1' AND revoked_at = 0 AND {where}"
        ).fetchall()
        assert "SEARCH" in str(plan), plan
        assert "approval_delegation_" in str(plan), plan
