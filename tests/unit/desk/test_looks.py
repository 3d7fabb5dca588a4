"""Looking at what is masked: for a reason, by a case one holds, on the record; never in the file; PINs."""

from pathlib import Path
from typing import Any

import pytest

from csdesk.desk import board_queries as bq
from csdesk.desk import look_queries as q
from csdesk.desk.desk import Ask
from csdesk.desk.purposes import purposes
from csdesk.desk.queries import Hold, LetGo
from csdesk.desk.staff_queries import SetAgentState
from csdesk.domain.cases.arriving import LinkCase, UnlinkCase
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign, Withdraw
from csdesk.domain.looking import FIELDS, Usual, unusual
from csdesk.domain.roles import Role
from csdesk.store import looks, pins
from csdesk.store.connection import write
from csdesk.store.leases import HOLD_MS
from tests.building import HOUR, DeskFile

PHONE, ADDRESS = "13812345678", "浙江省杭州市西湖区文三路1号"


def opened(file: DeskFile, kind: Kind = Kind.RETURN) -> Case:
    return file.core("li").do(Open(kind, file.order(), (LineQty(1, 1),))).case


def code(error: pytest.ExceptionInfo[Refused]) -> str:
    return error.value.code


def refused(file: DeskFile, who: str, ask: Ask[Any]) -> str:
    with pytest.raises(Refused) as error:
        file.core(who).ask(ask)
    return code(error)


def test_a_reason_opens_its_fields_for_a_minute_and_the_look_is_kept(desk_file: DeskFile):
    case, wang = opened(desk_file), desk_file.core("wang")
    wang.ask(Hold(case.id))
    seen = wang.ask(q.Reveal(case.id, "call_back"))
    assert seen.values == (("phone", PHONE),)
    assert seen.until == desk_file.clock() + 60_000
    assert PHONE not in repr(seen)
    assert wang.ask(q.Reveal(case.id, "check_delivery", ("address",))).values == (("address", ADDRESS),)
    kept = desk_file.core("zhao").ask(q.Looks(wang.number(case)))
    assert [(one.actor, one.fields, one.reason, one.number) for one in kept] == [
        ("wang", ("address",), "check_delivery", wang.number(case)),
        ("wang", ("phone",), "call_back", wang.number(case)),
    ]
    assert wang.ask(q.Looks()) == kept  # one's own looks are anybody's to see
    assert desk_file.core("sun").ask(q.Looks(agent="wang")) == kept
    assert refused(desk_file, "li", q.Looks(case.id)) == "no_right"
    assert refused(desk_file, "li", q.Looks(agent="wang")) == "no_right"


def test_only_whoever_holds_or_has_an_open_case_looks_and_only_while_here(desk_file: DeskFile):
    case, wang = opened(desk_file), desk_file.core("wang")
    ask = q.Reveal(case.id, "call_back")
    assert refused(desk_file, "wang", ask) == "reveal_not_held"
    assert (
        refused(desk_file, "zhao", ask) == "reveal_not_held"
    )  # a supervisor without the case is a stranger too
    wang.ask(Hold(case.id))
    assert refused(desk_file, "li", ask) == "reveal_not_held"
    desk_file.clock.forward(ms=HOLD_MS - 20_000)
    assert wang.ask(ask).until == desk_file.clock() + 20_000  # not past the lease
    desk_file.clock.forward(ms=20_000)
    assert refused(desk_file, "wang", ask) == "reveal_not_held"
    desk_file.core("zhao").do(Assign("wang"), case.id)
    assert wang.ask(ask).until == desk_file.clock() + 60_000
    wang.ask(SetAgentState("break"))
    assert refused(desk_file, "wang", ask) == "reveal_away"
    wang.ask(SetAgentState("available"))
    desk_file.core("zhao").do(Assign("li"), case.id)
    assert refused(desk_file, "wang", ask) == "reveal_not_held"
    assert len(wang.ask(q.Looks())) == 2


def test_a_closed_case_and_a_reporters_show_nobody(desk_file: DeskFile):
    case, wang = opened(desk_file), desk_file.core("wang")
    wang.ask(Hold(case.id))
    wang.do(Withdraw(), case.id)
    assert refused(desk_file, "wang", q.Reveal(case.id, "call_back")) == "reveal_closed"
    report = desk_file.core("li").do(Open(Kind.REPORT, desk_file.order())).case
    wang.ask(Hold(report.id))
    assert refused(desk_file, "wang", q.Reveal(report.id, "call_back")) == "reveal_protected"
    assert wang.ask(q.Looks()) == []


def test_a_reason_is_of_the_list_for_the_role_and_kind_and_opens_no_more_than_it_says(desk_file: DeskFile):
    case, wang, zhao = opened(desk_file), desk_file.core("wang"), desk_file.core("zhao")
    wang.ask(Hold(case.id))
    offered = [one.code for one in wang.ask(q.Purposes(case.id)).purposes]
    assert offered == ["call_back", "check_caller", "check_delivery", "mail"]
    for reason in ("because", "authority", "identity"):
        assert refused(desk_file, "wang", q.Reveal(case.id, reason)) == "reveal_reason"
    assert refused(desk_file, "wang", q.Reveal(case.id, "call_back", ("address",))) == "reveal_fields"
    wang.ask(LetGo(case.id))
    zhao.ask(Hold(case.id))
    assert dict(zhao.ask(q.Reveal(case.id, "authority")).values).keys() == set(FIELDS)
    assert {name for one in purposes() for name in one.fields} == set(FIELDS)


def test_the_days_looks_are_counted_and_a_new_day_begins_anew(desk_file: DeskFile):
    case = opened(desk_file)
    wang = desk_file.core("wang", policy=Policy(looks_a_day={Role.AGENT: 2}))
    wang.ask(Hold(case.id))
    assert wang.ask(q.Reveal(case.id, "call_back")).left == 1
    assert wang.ask(q.Reveal(case.id, "call_back")).left == 0
    with pytest.raises(Refused) as error:
        wang.ask(q.Reveal(case.id, "call_back"))
    assert code(error) == "reveal_quota"
    assert len(wang.ask(q.Looks())) == 2
    desk_file.clock.forward(days=1)
    wang.ask(Hold(case.id))
    assert wang.ask(q.Reveal(case.id, "call_back")).left == 1


def test_no_file_of_the_desk_holds_what_was_seen(desk_file: DeskFile, home: Path):
    case, wang = opened(desk_file), desk_file.core("wang")
    wang.ask(Hold(case.id))
    wang.ask(q.Reveal(case.id, "check_delivery"))
    with write(wang.store.conn) as conn:
        pins.put(conn, wang.desk, "wang", "270913", desk_file.clock())
    written = [path for root in (desk_file.path.parent, home) for path in root.rglob("*") if path.is_file()]
    assert desk_file.path in written
    whole = b"".join(path.read_bytes() for path in written)
    assert b"call_back" not in whole and b"check_delivery" in whole  # the look itself is there
    for value in (PHONE, ADDRESS, "张伟", "270913"):
        assert value.encode() not in whole
        assert value.encode("utf-16-le") not in whole


def test_a_changed_look_and_a_missing_one_break_the_chain_of_their_person(desk_file: DeskFile):
    case, wang = opened(desk_file), desk_file.core("wang")
    wang.ask(Hold(case.id))
    for _ in range(3):
        wang.ask(q.Reveal(case.id, "call_back"))
    conn = wang.store.conn
    assert list(looks.breaks(conn, wang.desk)) == []
    with write(conn):
        conn.execute("UPDATE look SET reason = 'mail' WHERE seq = 2")
    assert list(looks.breaks(conn, wang.desk)) == [(case.customer, 2)]
    with write(conn):
        conn.execute("UPDATE look SET reason = 'call_back' WHERE seq = 2")
        conn.execute("DELETE FROM look WHERE seq = 1")
    assert list(looks.breaks(conn, wang.desk)) == [(case.customer, 1)]


def test_what_is_unusual_is_far_more_than_ones_own_and_the_desks_usual():
    seldom, often = Usual(20, 10), Usual(100, 10)
    assert unusual(10, seldom, seldom)
    assert not unusual(9, Usual(), Usual())  # a few are never worth a question
    assert not unusual(10, often, seldom)  # who always rings people back
    assert not unusual(10, seldom, often)  # a day on which everybody does
    assert unusual(31, often, seldom)
    assert not unusual(30, often, seldom)


def test_unusual_looking_stands_on_the_board_and_in_a_list_for_those_who_see_to_it(desk_file: DeskFile):
    case, wang, li = opened(desk_file), desk_file.core("wang"), desk_file.core("li")
    for _ in range(3):  # what is usual: two an hour
        li.ask(Hold(case.id))
        for _ in range(2):
            li.ask(q.Reveal(case.id, "call_back"))
        desk_file.clock.forward(hours=30)
    li.ask(LetGo(case.id))
    assert desk_file.core("zhao").ask(bq.Board()).looks == ()
    wang.ask(Hold(case.id))
    for _ in range(10):
        wang.ask(q.Reveal(case.id, "check_caller"))
    hour = desk_file.clock() // HOUR * HOUR
    (found,) = desk_file.core("sun").ask(q.LookAlarms())
    assert found == q.UnusualLooks("wang", hour, 10, 0.0, 2.0)
    assert desk_file.core("zhao").ask(bq.Board()).looks == (found,)
    assert refused(desk_file, "li", q.LookAlarms()) == "no_right"
    assert refused(desk_file, "zhao", q.LookAlarms(91)) == "bad_number_of"
    desk_file.clock.forward(days=2)
    assert desk_file.core("zhao").ask(bq.Board()).looks == ()
    assert desk_file.core("zhao").ask(q.LookAlarms(3)) == [found]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT seq FROM look WHERE desk_id = ? AND person = ? ORDER BY seq DESC LIMIT 9",
        "SELECT seq FROM look INDEXED BY look_actor WHERE desk_id = ? AND actor = ? ORDER BY at DESC LIMIT 9",
        "SELECT actor, count(*) FROM look INDEXED BY look_at WHERE desk_id = ? AND at >= ? GROUP BY actor, at / 9",
    ],
)
def test_looks_are_found_by_an_index(desk_file: DeskFile, statement: str):
    plan = desk_file.core("wang").store.conn.execute(f"EXPLAIN QUERY PLAN {statement}", ("d", "p")).fetchall()
    assert "SEARCH look" in plan[0][3]


# PINs


def test_a_pin_is_asked_for_the_old_one_and_shut_after_wrong_tries(desk_file: DeskFile):
    wang = desk_file.core("wang")
    assert not wang.ask(q.HasPin())
    assert wang.ask(q.TryPin("")).right  # without one there is nothing to try
    for weak in ("", "123", "1234", "7777", "4321", "9" * 65):
        assert refused(desk_file, "wang", q.SetPin(weak)) == "pin_weak"
    assert wang.ask(q.SetPin("270913")).right
    assert wang.ask(q.TryPin("270913")).right
    assert not desk_file.core("li").ask(q.HasPin())
    lefts = [wang.ask(q.SetPin("918273", "0000")).left for _ in range(4)]  # a wrong old one counts too
    assert lefts == [4, 3, 2, 1]
    shut = wang.ask(q.TryPin("0000"))
    assert (shut.right, shut.until) == (False, desk_file.clock() + 60_000)
    assert not wang.ask(q.TryPin("270913")).right  # not even the right one
    desk_file.clock.forward(seconds=61)
    assert wang.ask(q.TryPin("0000")).until == desk_file.clock() + 120_000
    desk_file.clock.forward(seconds=121)
    assert wang.ask(q.TryPin("270913")).right
    assert wang.ask(q.TryPin("0000")).left == 4  # a right one begins anew
    assert wang.ask(q.SetPin(old="270913", remove=True)).right
    assert not wang.ask(q.HasPin())


def test_who_forgot_a_pin_has_it_taken_away_by_an_admin(desk_file: DeskFile):
    wang, gao = desk_file.core("wang"), desk_file.core("gao")
    wang.ask(q.SetPin("270913"))
    assert refused(desk_file, "zhao", q.SetPin(agent="wang")) == "no_right"
    assert refused(desk_file, "gao", q.SetPin("918273", agent="wang")) == "pin_not_yours"
    assert refused(desk_file, "gao", q.SetPin(agent="nobody")) == "no_such_agent"
    gao.ask(q.SetPin(agent="wang"))
    assert not wang.ask(q.HasPin())


# Links


def test_a_link_stands_in_both_cases_and_is_taken_back_in_both(desk_file: DeskFile):
    one, two, li = opened(desk_file), opened(desk_file), desk_file.core("li")
    with pytest.raises(Refused) as error:
        li.do(UnlinkCase(two.id), one.id)
    assert code(error) == "not_linked"
    li.do(LinkCase(li.number(two), "related"), one.id)
    assert [li.load(id_)[0].links for id_ in (one.id, two.id)] == [
        (("related", two.id),),
        (("related", one.id),),
    ]
    li.do(UnlinkCase(li.number(one)), two.id)
    assert [li.load(id_)[0].links for id_ in (one.id, two.id)] == [(), ()]
    li.do(LinkCase(two.id), one.id)  # and may be made again
