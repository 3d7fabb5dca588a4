"""What falls due in the next hours: whose, in which hour, up to how many, and from the indexes alone."""

from zoneinfo import ZoneInfo

import pytest

from csdesk.desk.core import Core
from csdesk.desk.hour_answers import hour_start
from csdesk.desk.hour_queries import QueueHours
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.store import hours
from csdesk.store.connection import write
from tests.building import HOUR, MONDAY, DeskFile, file_of

MINUTE = 60_000


@pytest.fixture
def placed(desk_file: DeskFile) -> Core:
    """Returns that are due ten minutes ago, now, in ten minutes, in an hour and in a day, and a letter in an hour."""
    wang = desk_file.core("wang")
    dues = (-10 * MINUTE, 0, 10 * MINUTE, HOUR, 24 * HOUR - 1, 24 * HOUR, HOUR)
    for n, away in enumerate(dues):
        case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case
        queue, whose = ("authority" if n == 6 else "returns"), ("wang" if n in (2, 6) else "")
        with write(wang.store.conn) as conn:
            conn.execute(
                "UPDATE cases SET due = ?, queue = ?, assignee = ? WHERE id = ?",
                (MONDAY + away, queue, whose, case.id),
            )
    return wang


def test_each_case_counts_in_its_hour_and_what_is_late_apart(placed: Core):
    found = placed.ask(QueueHours("returns"))
    assert (found.late, found.due[:3], found.due[23], sum(found.due)) == (2, (1, 1, 0), 1, 3)
    assert found.starts == tuple(MONDAY + n * HOUR for n in range(24))


def test_all_leaves_out_letters_and_mine_has_what_is_mine(placed: Core):
    assert placed.ask(QueueHours("all")).due[:2] == (1, 1)
    assert placed.ask(QueueHours("mine", hours=2)).due == (1, 1)


def test_queues_that_are_not_for_everybody_stay_closed(placed: Core, desk_file: DeskFile):
    for queue in ("authority", "agent:wang"):
        with pytest.raises(Refused, match="no_right"):
            placed.ask(QueueHours(queue))
        assert desk_file.core("zhao").ask(QueueHours(queue)).due[1] == 1
    for queue in ("cellar", "?kind:return"):
        with pytest.raises(Refused, match="unknown_queue"):
            placed.ask(QueueHours(queue))


def test_no_hour_is_counted_further_than_needed(placed: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hours, "MOST_COUNTED", 1)
    conn, desk = placed.store.conn, placed.desk
    for queue in ("returns", "all", "mine"):
        assert max(hours.due_in(conn, desk, queue, "wang", (0, MONDAY + 30 * HOUR))) == 1


@pytest.mark.parametrize("queue", ["returns", "all", "mine"])
def test_hours_are_counted_in_indexes_and_no_case_is_read(placed: Core, queue: str):
    conn = placed.store.conn
    asked: list[str] = []
    file_of(conn).set_trace_callback(asked.append)
    hours.due_in(conn, placed.desk, queue, "wang", (0, MONDAY, MONDAY + HOUR))
    file_of(conn).set_trace_callback(None)
    assert len(asked) == 1
    plan = [row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {asked[0]}") if " c " in row[3]]
    assert plan and all("USING COVERING INDEX" in step and "due>? AND due<?" in step for step in plan)


@pytest.mark.parametrize(("zone", "minutes"), [("Asia/Shanghai", 25), ("Asia/Kolkata", 55), ("UTC", 25)])
def test_an_hour_begins_by_the_clocks_of_the_zone(zone: str, minutes: int):
    assert hour_start(MONDAY + 25 * MINUTE, ZoneInfo(zone)) == MONDAY + (25 - minutes) * MINUTE
