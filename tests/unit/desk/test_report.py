"""Reports over a desk whose numbers are worked out by hand, and that no page of them reads a whole table."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from csdesk.desk import report_answers
from csdesk.desk.core import Core
from csdesk.desk.report_queries import By, Per, Report, ReportRow, ReportView
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.compensation import Compensate
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import SettleRefund
from csdesk.domain.cases.sending import SendRefund
from csdesk.domain.cases.shared import Assign, Breach, Close, Reopen
from csdesk.store.verify import verify
from tests.building import MONDAY, ZONE, DeskFile, line

HOUR = 3_600_000
MON, TUE, WED = "2026-11-02", "2026-11-03", "2026-11-04"


def told(core: Core, first: str = MON, last: str = WED, by: By = "", per: Per = "") -> ReportView:
    return core.ask(Report(first, last, by, per))


def asked(core: Core, **more: str) -> Case:
    return core.do(Open(Kind.INQUIRY, **more)).case  # type: ignore[arg-type]


@pytest.fixture
def week(desk_file: DeskFile) -> DeskFile:
    """Monday 10:00 to Wednesday, in cases:

    A wang: opened Mon 10:00, answered 10:30, closed 12:00; reopened Tue 12:00, closed Wed 12:00.
    B li:   opened Mon 12:00, answered 14:00, not closed.
    C:      opened Tue 12:00, answered Wed 12:00, closed Wed 12:00.
    D:      a return opened Mon 12:00, not closed; compensated 5.00 on Mon and 7.00 on Wed.
    """
    wang, li, zhao, system = (desk_file.core(who) for who in ("wang", "li", "zhao", "system"))
    clock = desk_file.clock
    a = asked(wang, summary="甲")
    zhao.do(Assign("wang"), a.id)
    clock.forward(ms=HOUR // 2)
    wang.do(Reply("答复甲"), a.id)
    clock.forward(ms=HOUR * 3 // 2)
    wang.do(Close(), a.id)
    b = asked(li, summary="乙")
    zhao.do(Assign("li"), b.id)
    order = desk_file.order(line(1, 19_900))
    d = wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),))).case
    paid(wang, system, d, 500)
    clock.forward(hours=2)
    li.do(Reply("答复乙"), b.id)
    clock.forward(hours=22)  # Tuesday noon
    wang.do(Reopen(), a.id)
    c = asked(wang, summary="丙")
    clock.forward(hours=24)  # Wednesday noon
    wang.do(Reply("再答甲"), a.id)
    wang.do(Close(), a.id)
    wang.do(Reply("答复丙"), c.id)
    wang.do(Close(), c.id)
    paid(wang, system, d, 700)
    return desk_file


def paid(wang: Core, system: Core, case: Case, minor: int) -> None:
    before = {refund.id for refund in wang.load(case.id)[0].refunds}
    wang.do(Compensate(minor, "transfer", "late_delivery"), case.id)
    (refund,) = [refund for refund in wang.load(case.id)[0].refunds if refund.id not in before]
    system.do(SendRefund(refund.id), case.id)
    system.do(SettleRefund(refund.id, "confirmed", f"ref-{minor}"), case.id)


def test_the_whole_span(week: DeskFile):
    total = told(week.core("zhao")).total
    assert (total.opened, total.closed, total.reopened, total.open) == (4, 3, 1, 2)
    # A after 30, B after 120, C after 1,440 minutes; the nearest rank of nine in ten of three is the third.
    assert (total.answered, total.first_median_minutes, total.first_p90_minutes) == (3, 120.0, 1_440.0)
    # A closed after 2 and after 50 hours, C after 24.
    assert (total.resolution_median_hours, total.resolution_p90_hours) == (24.0, 50.0)
    assert (total.refunds, total.money) == (2, {"CNY": 1_200})


def test_each_day_by_itself(week: DeskFile):
    rows = told(week.core("zhao"), per="day").rows
    assert [(r.day, r.opened, r.closed, r.reopened, r.open) for r in rows] == [
        (MON, 3, 1, 0, 2),
        (TUE, 1, 0, 1, 4),
        (WED, 0, 2, 0, 2),
    ]
    assert [dict(row.money) for row in rows] == [{"CNY": 500}, {}, {"CNY": 700}]
    # First answers stand on the day the case was opened: they say how that day's customers were served.
    assert [row.first_median_minutes for row in rows] == [75.0, 1_440.0, None]


def test_what_began_before_the_span_is_open_in_it(week: DeskFile):
    rows = told(week.core("zhao"), WED, WED).rows
    assert [(r.opened, r.closed, r.reopened, r.open) for r in rows] == [(0, 2, 0, 2)]
    assert told(week.core("zhao"), TUE, TUE).total.open == 4
    assert told(week.core("zhao"), "2026-10-01", "2026-10-02").total == ReportRow("", "", "")


def test_groups_add_up_to_everything(week: DeskFile):
    for by in ("kind", "queue", "agent", "merchant", "reason"):
        view = told(week.core("zhao"), by=by)
        for number in ("opened", "closed", "reopened", "open", "refunds", "answered"):
            assert sum(getattr(row, number) for row in view.rows) == getattr(view.total, number), (by, number)
    by_agent = {
        row.key: (row.opened, row.closed, row.open) for row in told(week.core("zhao"), by="agent").rows
    }
    assert by_agent == {"wang": (1, 2, 0), "li": (1, 0, 1), "": (2, 1, 1)}
    shops = {row.key: row.label for row in told(week.core("zhao"), by="merchant").rows}
    assert shops == {"": "", "shop": "山海数码"}


def test_days_of_groups_keep_what_stays_open(week: DeskFile):
    rows = told(week.core("zhao"), by="agent", per="day").rows
    assert [(row.day, row.open) for row in rows if row.key == "li"] == [(MON, 1), (TUE, 1), (WED, 1)]
    assert [row.day for row in rows if row.key == "wang" and row.closed] == [MON, WED]


def test_a_breach_and_a_verdict_not_followed_are_counted_once_a_case(desk_file: DeskFile):
    wang, system = desk_file.core("wang"), desk_file.core("system")
    order = desk_file.order(line(1, 19_900), signed=MONDAY - 400 * 24 * HOUR)
    case = wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),), reason="no_reason")).case
    wang.do(Approve(override="客户关系"), case.id)
    assert wang.load(case.id)[0].overridden
    other = wang.do(Open(Kind.RETURN, desk_file.order(line(1, 19_900)), (LineQty(1, 1),))).case
    clock = other.clocks[0]
    desk_file.clock.now = clock.due
    system.do(Breach(clock.label, clock.due), other.id)
    day = datetime.fromtimestamp(clock.due / 1000, ZoneInfo(ZONE)).date().isoformat()
    view = told(desk_file.core("zhao"), MON, day, per="day")
    assert (view.total.late, view.total.overridden) == (1, 1)
    assert [row.day for row in view.rows if row.late] == [day]
    assert [row.day for row in view.rows if row.overridden] == [MON]


def test_pages_of_one_case_tell_the_same(week: DeskFile, monkeypatch: pytest.MonkeyPatch):
    whole = told(week.core("zhao"), by="kind", per="day")
    monkeypatch.setattr(report_answers, "CASES_A_LOOK", 1)
    assert told(week.core("zhao"), by="kind", per="day") == whole


def test_incidents_are_no_requests(week: DeskFile):
    before = told(week.core("zhao")).total
    week.core("zhao").do(Open(Kind.INCIDENT, summary="仓库停电"))
    assert told(week.core("zhao")).total == before


def test_reading_a_report_needs_the_right_to_assign_or_audit(week: DeskFile):
    with pytest.raises(Refused, match="no_right"):
        told(week.core("wang"))
    assert told(week.core("sun")).total == told(week.core("zhao")).total


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("yesterday", MON, "bad_report_days"),
        (TUE, MON, "bad_report_days"),
        ("2024-01-01", "2026-01-01", "report_too_long"),
    ],
)
def test_days_that_cannot_be_are_refused(desk_file: DeskFile, first: str, last: str, code: str):
    with pytest.raises(Refused) as caught:
        told(desk_file.core("zhao"), first, last)
    assert caught.value.code == code


def test_nothing_reads_a_whole_table(week: DeskFile):
    core = week.core("zhao")
    conn = core.store.conn

    def plan(sql: str, *values: object) -> str:
        return " ".join(row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}", values))

    assert "cases_open" in plan(report_answers.OPEN_CASES, core.desk, "", 200)
    assert "cases_closed" in plan(report_answers.CLOSED_CASES, core.desk, 1, "", 200)
    events = plan(report_answers.EVENTS.format("?,?", "?"), core.desk, "a", "b", "breached")
    assert "SEARCH event" in events and "case_id=?" in events
    for sql, values in (
        (report_answers.OPEN_CASES, (core.desk, "", 9)),
        (report_answers.CLOSED_CASES, (core.desk, 1, "", 9)),
    ):
        assert "SCAN" not in plan(sql, *values) and "TEMP B-TREE" not in plan(sql, *values)
    assert list(verify(core.store)) == []
