"""What a desk asks while an agent works reads no table from end to end, however many cases there are."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from csdesk.desk import queries as q
from csdesk.desk.board_queries import Board
from csdesk.desk.caller_queries import VerifyCaller
from csdesk.desk.core import Core
from csdesk.desk.desk import Ask
from csdesk.desk.incident_queries import IncidentsFor
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.incident import DescribeCause
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.store.feed import Place
from csdesk.tui.start import _around
from tests.building import DeskFile, file_of, line

# Tables that grow with the cases of a desk.
GROWING = (
    "cases", "event", "case_line", "orders", "order_line", "payment", "payment_return", "shipment", "parcel", "scan",
    "customer", "customer_hash", "person_key", "person_flag", "refund_part", "evidence", "request", "outbox",
    "doc", "skip", "draft", "lease", "order_seen", "order_settled", "inbound",
)  # fmt: skip
# "SEARCH p USING PRIMARY KEY (desk_id=?)", and the name that stands for the table in its statement.
STEP = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING (.*))?")
NAMED = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?")
# Ordered by an index that holds only what is asked for, and read as far as a page goes; or few rows by their nature.
IN_ORDER = re.compile(r"INDEX (cases_all|cases_assigned|outbox_failed|refund_part_waiting|outbox_due)\b")


@pytest.fixture
def case(desk_file: DeskFile) -> Case:
    core = desk_file.core("wang")
    stopped = core.do(Open(Kind.INCIDENT, reason="carrier_stopped")).case
    core.do(DescribeCause("申通华东停运", carrier="申通"), case=stopped.id)
    made = core.do(Open(Kind.RETURN, desk_file.order(line(2, 39_800)), (LineQty(1, 2),))).case
    return core.do(Approve(), case=made.id).case


def asked(core: Core, ask: Callable[[], object]) -> list[str]:
    """The statements that a question runs, their values filled in."""
    said: list[str] = []
    file_of(core.store.conn).set_trace_callback(said.append)
    try:
        ask()
    finally:
        file_of(core.store.conn).set_trace_callback(None)
    return [sql for sql in dict.fromkeys(said) if sql.startswith(("SELECT", "UPDATE", "DELETE", "WITH"))]


def endless(core: Core, sql: str) -> list[str]:
    """The steps of a statement's plan that go through a growing table of the whole desk."""
    names = {alias or table: table for table, alias in NAMED.findall(sql)} | {t: t for t in GROWING}
    found = []
    for *_, told in core.store.conn.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall():
        step = STEP.match(told)
        if step is None or names.get(step[2], step[2]) not in GROWING:
            continue
        # The index of all cases holds what others hold too: only a page may walk it.
        if IN_ORDER.search(told) and ("LIMIT" in sql or "cases_all" not in told):
            continue
        if step[1] == "SCAN" or (step[3] or "").endswith("(desk_id=?)"):
            found.append(told)
    return found


def test_the_steps_that_go_through_a_table_are_found(desk_file: DeskFile):
    core = desk_file.core("wang")
    assert endless(core, "SELECT o.id FROM orders o WHERE o.total = 3")
    assert endless(core, "SELECT id FROM cases WHERE desk_id = 'd' AND subject = 'x'")
    assert not endless(core, "SELECT id FROM cases WHERE desk_id = 'd' AND id = 'x'")
    mine = "WHERE desk_id = 'd' AND live = 1 AND assignee = 'x' AND reason = 'y'"
    assert endless(core, f"SELECT count(*) FROM cases INDEXED BY cases_all {mine}")
    assert not endless(core, f"SELECT count(*) FROM cases INDEXED BY cases_mine {mine}")


def test_no_question_of_a_shift_goes_through_a_whole_table(desk_file: DeskFile, case: Case):
    wang, chief = desk_file.core("wang"), desk_file.core("zhao")
    place = Place(case.due, case.id)
    questions: list[Ask[Any]] = [
        *(q.QueuePage(queue) for queue in ("all", "mine", "returns")), q.QueuePage("all", after=place),
        q.QueuePage("returns", before=place), q.QueueCounts(), q.Rows((case.id,)), q.ShowCase(case.id),
        q.ShowOrder(case.order), q.Held(), q.Next(), q.Agents(), q.FindCases(case.order_number),
        q.FindOrders(case.order_number), q.FindOrders("1340"), q.FindCases("破损"), q.GetPlace(), q.LastVerb(),
        q.ShowVerdict(case.id), IncidentsFor(case.id),
        *(VerifyCaller(**pair) for pair in (
            {"order": "1340", "phone": "5678"}, {"waybill": "1340", "called": "张伟"},
            {"case": case.body, "waybill": "1340"}, {"phone": "13812345678", "case": case.body, "order": "1340"})),
    ]  # fmt: skip
    found = {
        sql: steps
        for core, question in [*((wang, one) for one in questions), (chief, Board())]
        for sql in asked(core, lambda core=core, one=question: core.ask(one))  # type: ignore[misc]
        if (steps := endless(core, sql))
    }
    assert found == {}


def test_neither_does_a_verb_nor_the_first_picture(desk_file: DeskFile, case: Case):
    core = desk_file.core("wang")
    picture = asked(core, lambda: _around(core.store.conn, core.desk, core.me.id, letters=False))
    verb = asked(core, lambda: core.do(Note("急"), case=case.id))
    assert len(picture) > 1 and len(verb) > 3
    assert [sql for sql in (*picture, *verb) if endless(core, sql)] == []
