"""Where an order's money is, over all its cases; two cases at once; and what waits for a second person."""

import threading
from dataclasses import replace

import pytest

from csdesk.desk import money_queries as q
from csdesk.desk.core import Core
from csdesk.desk.desk import Conflict
from csdesk.desk.money_answers import _WAITING
from csdesk.desk.queries import Hold
from csdesk.domain.cases.approval import ApproveRefund, DeclineRefund
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.compensation import Compensate
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack, SettleRefund
from csdesk.domain.cases.sending import SendRefund
from csdesk.domain.cases.shared import Tag
from csdesk.domain.roles import Role
from csdesk.store.connection import write
from csdesk.store.file import open_store
from csdesk.store.orders import _FREIGHT_BACK, _PAYMENTS
from csdesk.store.verify import verify
from csdesk.store.verify_money import differences
from tests.building import DeskFile, line


def accepted(core: Core, order: str, *units: tuple[int, int]) -> Case:
    """A return of these units, accepted and not paid back yet."""
    case = core.do(Open(Kind.RETURN, order, tuple(LineQty(*one) for one in units))).case
    for command in (Approve(), Receive(), Inspect()):
        case = core.do(command, case.id).case
    return case


def test_a_ledger_tells_each_part_with_who_when_and_what_for(desk_file: DeskFile):
    wang, zhao, system = (desk_file.core(who) for who in ("wang", "zhao", "system"))
    order = desk_file.order(line(2, 1_200_000), payments=[("wechat", 1_000_000), ("points", 200_000)])
    case = accepted(wang, order, (1, 1))
    wang.do(PayBack(), case.id)
    proposed_at = desk_file.clock.now
    desk_file.clock.forward(hours=1)
    zhao.do(ApproveRefund(), case.id)
    refund = wang.load(case.id)[0].refunds[0]
    desk_file.clock.forward(hours=1)
    system.do(SendRefund(refund.id), case.id)
    desk_file.clock.forward(hours=1)
    system.do(SettleRefund(refund.id, "confirmed", "ref-1"), case.id)
    wang.do(Compensate(500, "coupon", "late_delivery"), case.id)
    ledger = wang.ask(q.OrderLedger(order))
    wechat, points = ledger.payments
    assert (wechat.captured, wechat.confirmed, wechat.promised, wechat.left) == (
        1_000_000,
        500_000,
        0,
        500_000,
    )
    assert (points.kind, points.unit, points.entries[0].count) == ("points", "point", 100_000)
    (entry,) = wechat.entries
    assert (entry.case, entry.units, entry.by, entry.approved_by) == (
        wang.number(case),
        (LineQty(1, 1),),
        "wang",
        "zhao",
    )
    hours = [(at - proposed_at) // 3_600_000 for at in (entry.approved_at, entry.sent_at, entry.settled_at)]
    assert (hours, entry.reference, entry.state) == ([1, 2, 3], "ref-1", "confirmed")
    assert [(one.cause, one.minor, one.state) for one in ledger.beside] == [("compensation", 500, "proposed")]
    assert [(one.refunded_units, one.refunded) for one in ledger.lines] == [(1, 600_000)]
    assert ledger.sound


def test_the_order_systems_own_returns_count(desk_file: DeskFile):
    wang = desk_file.core("wang")
    order = desk_file.order(line(1, 10_000))
    case = accepted(wang, order, (1, 1))
    with write(wang.store.conn) as conn:
        conn.execute("UPDATE payment SET returned = 1")
    with pytest.raises(Refused) as refused:
        wang.do(PayBack(), case.id)
    assert (refused.value.code, refused.value.detail["most"]) == ("over_captured", 9_999)
    assert wang.ask(q.OrderLedger(order)).payments[0].left == 9_999


def test_refunds_of_two_cases_of_one_order_at_once_never_pass_what_was_taken(desk_file: DeskFile):
    wang = desk_file.core("wang")
    # The order gave 60.00 less than its lines say: only one of the two can be paid whole.
    order = desk_file.order(line(1, 10_000), line(1, 10_000), payments=[("wechat", 14_000)])
    ids = [accepted(wang, order, (n, 1)).id for n in (1, 2)]
    start, told = threading.Barrier(2), list[str]()

    def pay(who: str, case: str) -> None:
        store = open_store(desk_file.path)
        try:
            start.wait()
            Core(store, Actor(who, Role.AGENT), now=desk_file.clock).do(PayBack(), case)
            told.append("paid")
        except Refused as refused:
            told.append(refused.code)
        finally:
            store.close()

    threads = [
        threading.Thread(target=pay, args=(who, case)) for who, case in zip(("wang", "li"), ids, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["over_captured", "paid"]
    (payment,) = wang.ask(q.OrderLedger(order)).payments
    assert (payment.promised, payment.left) == (10_000, 4_000)
    assert list(verify(wang.store)) == []


def test_a_refund_that_awaits_holds_its_money_against_other_cases(desk_file: DeskFile):
    wang = desk_file.core("wang")
    order = desk_file.order(line(1, 600_000), line(1, 600_000), payments=[("wechat", 1_000_000)])
    one, two = (accepted(wang, order, (n, 1)) for n in (1, 2))
    wang.do(PayBack(), one.id)
    with pytest.raises(Refused) as refused:
        wang.do(PayBack(), two.id)
    assert refused.value.code == "over_captured"
    wang.do(DeclineRefund("not_owed"), one.id)
    wang.do(PayBack(), two.id)
    assert list(verify(wang.store)) == []


def test_a_supervisor_sees_what_waits_and_approves_it_while_the_agent_holds_the_case(desk_file: DeskFile):
    wang, zhao, sun = (desk_file.core(who) for who in ("wang", "zhao", "sun"))
    case = accepted(wang, desk_file.order(line(1, 600_000)), (1, 1))
    wang.do(PayBack(), case.id)
    (mine,) = zhao.ask(q.AwaitingRefunds())
    (theirs,) = wang.ask(q.AwaitingRefunds())
    assert (mine.number, mine.minor, mine.by, mine.mine, theirs.mine) == (
        wang.number(case),
        600_000,
        "wang",
        True,
        False,
    )
    assert mine.due == desk_file.clock.now + 24 * 3_600_000
    with pytest.raises(Refused):
        sun.ask(q.AwaitingRefunds())
    wang.ask(Hold(case.id))
    zhao.do(ApproveRefund(), case.id)
    assert zhao.ask(q.AwaitingRefunds()) == []
    assert list(verify(zhao.store)) == []


def test_the_same_request_approves_once_and_a_stale_one_is_told_who_was_faster(desk_file: DeskFile):
    wang, zhao = desk_file.core("wang"), desk_file.core("zhao")
    case = accepted(wang, desk_file.order(line(1, 600_000)), (1, 1))
    seen = wang.do(PayBack(), case.id).case
    wang.do(Tag(("加急",)), case.id)  # commutes: no reason to look again
    assert zhao.do(ApproveRefund(), case.id, key="k1").case.refunds[0].state == "proposed"
    assert zhao.do(ApproveRefund(), case.id, key="k1").again
    with pytest.raises((Refused, Conflict)):
        desk_file.core("chen").do(ApproveRefund(), case.id, version=seen.version)


def test_a_plan_tells_what_would_go_where_and_that_it_would_wait(desk_file: DeskFile):
    wang = desk_file.core("wang")
    order = desk_file.order(line(2, 600_000), payments=[("wechat", 500_000), ("coupon", 100_000)])
    case = accepted(wang, order, (1, 2))
    plan = wang.ask(q.PlanRefund(case.id))
    assert (plan.worth, plan.minor, plan.awaits, plan.refused) == (600_000, 600_000, True, "")
    assert [(part.kind, part.minor) for part in plan.parts] == [("money", 500_000), ("coupon", 100_000)]
    wang.do(PayBack(), case.id)
    assert wang.ask(q.PlanRefund(case.id)).refused == "nothing_owed"


def test_a_ledger_of_an_unknown_order_is_refused(desk_file: DeskFile):
    with pytest.raises(Refused) as refused:
        desk_file.core("wang").ask(q.OrderLedger("W0"))
    assert refused.value.code == "no_such_order"


EARLY = (
    "INSERT INTO outbox SELECT desk_id, 'refund:' || refund, 'refund', case_id, refund, 'ready', 0, 0, 0, '', 0"
    " FROM refund_part"
)


def test_verify_finds_a_refund_that_would_leave_unapproved(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = accepted(wang, desk_file.order(line(1, 600_000)), (1, 1))
    wang.do(PayBack(), case.id)
    with write(wang.store.conn) as conn:
        conn.execute(EARLY)
    (found,) = verify(wang.store)
    assert (found.code, found.number, found.detail["state"]) == ("early", wang.number(case), "awaiting")


def test_verify_finds_counts_in_kind_that_were_changed(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = accepted(wang, desk_file.order(line(1, 600), payments=[("points", 600)]), (1, 1))
    wang.do(PayBack(), case.id)
    with write(wang.store.conn) as conn:
        conn.execute("UPDATE refund_part SET counted = counted + 1")
    (found,) = verify(wang.store)
    assert (found.code, found.number) == ("refunds", wang.number(case))


def test_a_refund_that_is_not_the_sum_of_its_units_or_parts_is_found(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = accepted(wang, desk_file.order(line(1, 600)), (1, 1))
    case = wang.do(PayBack(), case.id).case
    (refund,) = case.refunds
    for wrong in (replace(refund, minor=599), replace(refund, amounts=(601,))):
        found = differences(wang.store.conn, replace(case, refunds=(wrong,)))
        assert ("ledger", {"refund": refund.id}) in list(found)
    lost = replace(case, lines=(replace(case.lines[0], refunded=599),))
    assert list(differences(wang.store.conn, lost)) == [("ledger", {"line": 1})]


def test_sums_over_an_order_and_the_list_of_what_waits_read_an_index_and_never_a_whole_desk(
    desk_file: DeskFile,
):
    conn = desk_file.store().conn
    for sql, wanted in ((_PAYMENTS, "refund_part_order"), (_FREIGHT_BACK, "refund_part_order")):
        plan = " ".join(row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}", ("desk", "o", "c")))
        assert wanted in plan
        assert "SCAN" not in plan
    plan = " ".join(row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {_WAITING}", ("desk", 9)))
    assert "refund_part_waiting" in plan
    assert "TEMP B-TREE" not in plan
