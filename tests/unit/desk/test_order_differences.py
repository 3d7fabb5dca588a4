"""Our record against the order system's: what differs is listed until a person settles it, and when it changes."""

import pytest

from csdesk.desk.core import Core
from csdesk.desk.order_differences import Difference, differences, settle
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Noted
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack, SettleRefund
from csdesk.store import cases, sources
from csdesk.store.connection import write
from tests.building import DeskFile, desk_file, line

__all__ = ["desk_file"]


@pytest.fixture
def wang(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def paid(desk_file: DeskFile, wang: Core) -> Case:
    """A return of order W1 whose 199.00 went back."""
    order = desk_file.order(line(1, 19_900), number="W1")
    case = wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),))).case
    for command in (Approve(), Receive(), Inspect(), PayBack()):
        case = wang.do(command, case.id).case
    return desk_file.core("system").do(SettleRefund(case.refunds[0].id, "confirmed", "r1"), case.id).case


def at_source(core: Core, sql: str, *values: object) -> None:
    with write(core.store.conn) as conn:
        conn.execute(sql, values)


def word(one: Difference, case: str) -> str:
    return f"{one.what} {one.theirs}/{one.ours} {one.how} {case} {one.reason}"


def told(core: Core) -> list[tuple[str, str, str]]:
    return [(one.what, one.theirs, one.ours) for one in differences(core).differences]


def test_money_that_the_source_does_not_know_of_is_a_difference_until_it_does(wang: Core, paid: Case):
    assert told(wang) == [("refund", "0", "19900")]
    at_source(wang, "UPDATE payment SET returned = 19900")
    assert told(wang) == []


def test_money_that_only_the_source_gave_back_is_found_without_any_case(desk_file: DeskFile, wang: Core):
    desk_file.order(line(1, 19_900), number="W9")
    at_source(wang, "UPDATE payment SET returned = 500")
    assert differences(wang).differences == (Difference("W9", "refund", "500", "0", "CNY"),)


def test_an_order_that_was_cancelled_there_under_an_open_case(desk_file: DeskFile, wang: Core):
    order = desk_file.order(line(1, 19_900), number="W2")
    case = wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),))).case
    at_source(wang, "UPDATE orders SET status = 'cancelled'")
    (one,) = differences(wang, "w2").differences
    assert (one.what, one.theirs, one.ours, one.cases) == (
        "cancelled",
        "cancelled",
        "submitted",
        (wang.number(case),),
    )


def test_a_line_that_costs_something_else_there_now(desk_file: DeskFile, wang: Core):
    order = desk_file.order(line(1, 19_900))
    wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),)))
    at_source(wang, "UPDATE order_line SET paid = 18000")
    assert told(wang) == [("price", "18000", "19900")]


def test_a_settled_difference_rests_until_one_side_changes(wang: Core, paid: Case):
    settle(wang, "W1", "refund", "ours", "财务已核对", word)
    assert told(wang) == []
    (kept,) = differences(wang, settled=True).differences
    assert (kept.how, kept.reason) == ("ours", "财务已核对")
    texts = [
        past.event.text
        for past in cases.history(wang.store.conn, wang.desk, paid.id, wang.store.keys)
        if isinstance(past.event, Noted)
    ]
    assert texts == ["refund 0/19900 ours  财务已核对"]
    at_source(wang, "UPDATE payment SET returned = 100")
    assert told(wang) == [("refund", "100", "19900")]


def test_a_case_may_be_opened_to_find_out(wang: Core, paid: Case):
    number = settle(wang, "W1", "refund", "case", "", word)
    case, _ = wang.load(wang.case_id(number))
    assert (case.kind, case.order_number) == (Kind.INQUIRY, "W1")


@pytest.mark.parametrize(
    ("what", "how", "code"),
    [
        ("refund", "ours", "field_empty"),
        ("refund", "nobody", "bad_choice"),
        ("parcel", "theirs", "nothing_differs"),
    ],
)
def test_what_cannot_be_settled_is_refused(wang: Core, paid: Case, what: str, how: str, code: str):
    with pytest.raises(Refused, match=code):
        settle(wang, "W1", what, how, "", word)
    assert sources.settled(wang.store.conn, wang.desk, paid.order) == {}


def test_the_report_reads_by_indexes_alone(wang: Core):
    plan = wang.store.conn.execute(
        "EXPLAIN QUERY PLAN SELECT order_id FROM payment INDEXED BY payment_returned"
        " WHERE desk_id = ? AND order_id > ? AND returned > 0 GROUP BY order_id",
        ("d", ""),
    ).fetchall()
    assert all("SCAN" not in row[3] for row in plan)
    assert sources.comparable(wang.store.conn, wang.desk, "", 10) == []
