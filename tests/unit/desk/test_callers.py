"""Who is on the telephone: two sorts only one customer knows; on record without what was said; so often an hour."""

import re
from typing import Any

import pytest

from csdesk.desk.caller_queries import Caller, CallerChecks, TakeCaller, VerifyCaller
from csdesk.desk.queries import FindCases, FindOrders, ShowCase
from csdesk.domain.cases.callers import VERIFIED
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Withdraw
from csdesk.store import callers
from csdesk.store.connection import write
from csdesk.store.verify import verify
from tests.building import HOUR, DeskFile

WAYBILL = "SF1000200030004"


@pytest.fixture
def desk(desk_file: DeskFile) -> DeskFile:
    """Two customers with an order each, whose telephones end alike; the first one's parcel and return."""
    desk_file.order(
        number="W2611340", customer=desk_file.customer("张伟", phone="13812345678", email="z@a.cn")
    )
    desk_file.order(
        number="W9911341", customer=desk_file.customer("李娜", phone="13999995678", email="l@a.cn")
    )
    core = desk_file.core("li")
    with write(core.store.conn) as conn:
        (order,) = conn.execute("SELECT id FROM orders WHERE number = 'W2611340'").fetchone()
        conn.execute(
            "INSERT INTO parcel VALUES (?,?,?,'','out','sf','','',1,'',0,0)", (core.desk, WAYBILL, order)
        )
    return desk_file


def opened(desk: DeskFile, kind: Kind = Kind.RETURN) -> Case:
    return desk.core("li").do(Open(kind, "W2611340", (LineQty(1, 1),) if kind is Kind.RETURN else ())).case


def check(desk: DeskFile, who: str = "wang", **said: str) -> Caller:
    return desk.core(who).ask(VerifyCaller(**said))


def code(desk: DeskFile, ask: Any, who: str = "wang", policy: Policy | None = None) -> str:
    with pytest.raises(Refused) as error:
        desk.core(who, policy=policy).ask(ask)
    return error.value.code


def test_two_sorts_that_agree_show_the_customer_masked_with_orders_and_open_cases(desk: DeskFile):
    desk.core("li").do(Withdraw(), opened(desk).id)  # no open case of theirs any more
    case = opened(desk)
    body = case.body
    ways = [
        {"order": "1340", "phone": "5678"}, {"order": "#W261-1340", "phone": "+86 138 1234 5678"},
        {"waybill": "30004", "called": "张 伟"}, {"waybill": WAYBILL.lower(), "order": "w2611340"},
        {"case": body[2:6], "called": "张伟"}, {"case": f"RT-{body[:4]}-{body[4:]}", "email": "Z@A.cn"},
        {"called": "张伟", "phone": "5678"},
        {"called": "张伟", "waybill": "０００４", "case": body[:4], "phone": "5678"},
        {"email": "z@a.cn", "called": "张伟"}, {"email": "z@a.cn", "waybill": "0004"},
    ]  # fmt: skip
    for said in ways:
        found = check(desk, **said)
        assert found.result == "verified", said
        (person,) = found.persons
        assert (person.name, person.phone) == ("张*", "138****5678")
        assert [row.number for row in found.orders] == ["W2611340"]
        assert [row.id for row in found.cases] == [case.id]


def test_the_end_of_an_order_number_or_a_waybill_finds_orders_and_cases(desk: DeskFile):
    case, wang = opened(desk), desk.core("wang")
    with write(desk.core("li").store.conn) as conn:
        conn.execute(
            "INSERT INTO parcel VALUES (?,'YT5566778899','',?,'back','yto','','',1,'',0,0)",
            (wang.desk, case.id),
        )
    for end in ("1340", "611340", "0004", "sf1000200030004", "３０００４"):
        assert [one.order.number for one in wang.ask(FindOrders(end))] == ["W2611340"], end
        assert [row.id for row in wang.ask(FindCases(end))] == [case.id], end
    assert [row.id for row in wang.ask(FindCases("8899"))] == [case.id]  # what comes back to us
    for nothing in ("340", "9340", "____", "%340", "abcd"):
        assert wang.ask(FindOrders(nothing)) == [] and wang.ask(FindCases(nothing)) == []


def test_one_sort_tells_how_many_more_are_needed_and_nothing_else(desk: DeskFile):
    assert check(desk) == Caller("more", 2)
    assert check(desk, phone="13812345678") == check(desk, phone="13800000000") == Caller("more", 1)
    assert desk.core("wang").ask(CallerChecks()) == []  # nothing was looked up


def test_what_does_not_agree_shows_nothing_whichever_part_is_wrong(desk: DeskFile):
    opened(desk)
    wrong = [
        {"order": "1340", "called": "李娜"},
        {"order": "1341", "waybill": "0004"},
        {"order": "0000", "phone": "5678"},
        {"order": "1340", "phone": "5678", "email": "l@a.cn"},
    ]
    found = [check(desk, **said) for said in wrong]
    assert {(one.result, one.more, one.persons, one.orders, one.cases) for one in found} == {
        ("none", 0, (), (), ())
    }
    assert code(desk, VerifyCaller(called="张", phone="5678")) == "caller_short_name"


def test_strangers_who_share_all_of_it_take_one_more_and_one_person_on_record_twice_does_not(desk: DeskFile):
    desk.order(number="X0001340", customer=desk.customer("张伟", phone="13700005678"))
    found = check(desk, called="张伟", phone="5678")
    assert (found.result, found.more, found.persons) == ("more", 1, ())
    assert check(desk, called="张伟", phone="5678", waybill="0004").result == "verified"
    desk.order(number="Y7770000", customer=desk.customer("张伟", phone="+8613812345678"))
    twice = check(desk, called="张伟", phone="13812345678")
    assert len(twice.persons) == 2
    assert {row.number for row in twice.orders} == {"W2611340", "Y7770000"}


def test_a_report_neither_identifies_its_reporter_nor_is_shown(desk: DeskFile):
    report = opened(desk, Kind.REPORT)
    assert check(desk, case=report.body, phone="5678").result == "none"
    assert check(desk, order="1340", phone="5678").cases == ()


def test_an_erased_customer_is_nobody(desk: DeskFile):
    core = desk.core("gao")
    with write(core.store.conn) as conn:
        conn.execute(
            "UPDATE person_key SET shredded_at = 5 WHERE person = (SELECT customer FROM orders"
            " WHERE number = 'W2611340')"
        )
    assert check(desk, order="1340", waybill="0004").result == "none"


@pytest.mark.parametrize(
    "said",
    [{"order": "340"}, {"waybill": "004"}, {"case": "7K3"}, {"case": "7K3M9QX4Z"}, {"phone": "678"},
     {"phone": "45678"}, {"phone": "138****5678"}, {"order": "13%%"}, {"waybill": "____"}],
)  # fmt: skip
def test_what_is_too_short_is_said_before_anything_is_looked_up(desk: DeskFile, said: dict[str, str]):
    assert code(desk, VerifyCaller(**said, called="张伟")) == "caller_short"
    assert desk.core("wang").ask(CallerChecks()) == []


def test_every_look_up_is_on_record_without_what_was_said(desk: DeskFile):
    check(desk, order="1340", phone="5678")
    check(desk, order="1340", called="李娜", email="z@a.cn")
    later, first = desk.core("wang").ask(CallerChecks())
    assert (first.seq, first.sorts, first.result, len(first.persons)) == (
        1,
        ("order", "phone"),
        "verified",
        1,
    )
    assert (later.sorts, later.result, later.persons) == (("order", "name", "email"), "none", ())
    assert "5678" not in repr(VerifyCaller(phone="5678"))
    rows = desk.core("wang").store.conn.execute("SELECT * FROM caller_check").fetchall()
    told = re.sub("[0-9a-f]{32}", "", str(rows))  # an id has any digits
    assert not any(said in told for said in ("1340", "5678", "李娜", "z@a.cn"))
    assert desk.core("zhao").ask(CallerChecks("wang")) == desk.core("sun").ask(CallerChecks("wang"))
    assert code(desk, CallerChecks("wang"), "li") == "no_right"
    assert code(desk, CallerChecks("nobody"), "zhao") == "no_such_agent"
    assert code(desk, VerifyCaller(order="1340", phone="5678"), "sun") == "no_right"


def test_a_changed_or_missing_check_is_found(desk: DeskFile):
    for _ in range(3):
        check(desk, order="1340", phone="5678")
    core = desk.core("gao")
    assert [one.code for one in verify(core.store) if one.code == "caller"] == []
    with write(core.store.conn) as conn:
        conn.execute("UPDATE caller_check SET sorts = 'order name' WHERE seq = 2")
    assert list(callers.breaks(core.store.conn, core.desk)) == [("wang", 2)]
    assert [one.detail for one in verify(core.store) if one.code == "caller"] == [{"who": "wang", "seq": 2}]
    with write(core.store.conn) as conn:
        conn.execute("DELETE FROM caller_check WHERE seq = 1")
    assert list(callers.breaks(core.store.conn, core.desk)) == [("wang", 1)]


def test_an_agent_checks_so_many_callers_an_hour_and_is_told_when_to_try_again(desk: DeskFile):
    policy, ask = Policy(caller_checks=2), VerifyCaller(order="0000", phone="5678")
    wang = desk.core("wang", policy=policy)
    wang.ask(ask)
    desk.clock.forward(seconds=60)
    wang.ask(ask)
    with pytest.raises(Refused) as error:
        wang.ask(ask)
    assert (error.value.code, error.value.detail) == ("caller_quota", {"top": 2, "n": 59})
    assert wang.ask(VerifyCaller(phone="5678")).more == 1  # asks for nothing that a limit is against
    assert desk.core("li", policy=policy).ask(ask).result == "none"  # of each agent
    desk.clock.forward(ms=HOUR - 60_000)
    assert wang.ask(ask).result == "none"
    assert code(desk, ask, policy=policy) == "caller_quota"
    assert code(desk, ask, policy=Policy(caller_checks=0)) == "caller_never"


def test_a_verified_caller_gets_an_inquiry_once_or_goes_on_with_their_case(desk: DeskFile):
    case, wang = opened(desk), desk.core("wang")
    found = check(desk, order="1340", phone="5678")
    began = wang.ask(TakeCaller(found.check, order="W2611340", summary="想问运费"))
    assert began.began and began.number.startswith("IQ-")
    assert wang.ask(TakeCaller(found.check)) == type(began)(began.case, began.number, False)
    inquiry = wang.ask(ShowCase(began.case))
    assert (inquiry.case.order_number, inquiry.case.customer) == ("W2611340", case.customer)
    assert inquiry.case.counters[VERIFIED] == desk.clock()
    line = next(one for one in inquiry.timeline if one.code == "caller_verified")
    assert line.detail == {"checked_by": "wang", "sorts": ("order", "phone"), "check": 1}
    goes_on = wang.ask(TakeCaller(found.check, case=wang.number(case)))
    assert (goes_on.case, goes_on.began) == (case.id, False)
    assert wang.load(case.id)[0].counters[VERIFIED] == desk.clock()
    alone = check(desk, email="l@a.cn", called="李娜")
    assert wang.load(wang.ask(TakeCaller(alone.check)).case)[0].order == ""


def test_no_case_without_a_fresh_check_of_ones_own_that_found_its_customer(desk: DeskFile):
    case = opened(desk)
    found, failed = check(desk, order="1341", called="李娜"), check(desk, order="1341", called="张伟")
    assert code(desk, TakeCaller(found.check, case=case.id)) == "caller_not_theirs"
    assert code(desk, TakeCaller(found.check, order="W2611340")) == "caller_not_theirs"
    assert code(desk, TakeCaller(found.check, order="W0")) == "caller_not_theirs"
    assert code(desk, TakeCaller(failed.check)) == "caller_unverified"
    for number in (0, -1, 9, 2**70):
        assert code(desk, TakeCaller(number)) == "caller_unverified"
    assert code(desk, TakeCaller(found.check), "li") == "caller_unverified"
    desk.clock.forward(seconds=30 * 60)
    assert code(desk, TakeCaller(found.check)) == "caller_unverified"
