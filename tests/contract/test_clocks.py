"""Clocks of a desk: letters, promises and waits order the queue and count as late; each explains itself."""

from csdesk.desk import queries as q
from csdesk.desk.clock_queries import ExplainClocks
from csdesk.desk.desk import Desk
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.clocks import (
    AnswerNotice,
    CallDone,
    Notice,
    PauseClocks,
    PromiseCallback,
    ResumeClocks,
)
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Breach, Take, TakeBack
from tests.contract.places import Place


async def opened(desk: Desk, place: Place) -> str:
    return (await desk.do(Open(Kind.RETURN, place.order(), (LineQty(1, 1),)))).case.id


async def order_of(desk: Desk) -> list[str]:
    return [row.id for row in await desk.ask(q.QueuePage("mine"))]


async def late(desk: Desk) -> int:
    counts = await desk.ask(q.QueueCounts())
    return sum(count.breached for count in counts if count.queue not in ("all", "mine"))


async def test_a_letter_and_a_promise_order_the_queue_and_a_pause_takes_its_clock_out(
    wang: Desk, place: Place
):
    first, second, third = [await opened(wang, place) for _ in range(3)]
    for case in (first, second, third):
        await wang.do(Take(), case)
    assert await order_of(wang) == [first, second, third]
    await wang.do(Notice("12315-2026-0042", "1日"), third)
    assert await order_of(wang) == [third, first, second]
    await wang.do(PromiseCallback("15:00"), second)
    assert await order_of(wang) == [second, third, first]
    await wang.do(AnswerNotice(), third)
    await wang.do(CallDone(True), second)
    assert await order_of(wang) == [first, second, third]
    before = (await wang.ask(q.ShowCase(first))).case
    await wang.do(PauseClocks(), first)
    assert await order_of(wang) == [second, third, first]
    await wang.do(ResumeClocks(), first)
    shown = (await wang.ask(q.ShowCase(first))).case
    assert shown.due == min(clock.due for clock in shown.clocks)
    # The time of the wait came on top, and the queue goes by that.
    assert shown.due > before.due
    rows = await wang.ask(q.QueuePage("mine"))
    assert [row.due for row in rows] == sorted(row.due for row in rows)
    assert {row.id: row.due for row in rows}[first] == shown.due


async def test_a_letter_whose_day_has_passed_counts_as_late_until_it_is_answered(wang: Desk, place: Place):
    case, system = await opened(wang, place), await place.desk("system")
    await wang.do(Notice("法院 (2026) 1", "2026-10-30", "court", "2026-10-20"), case)
    assert await late(wang) == 1
    clock = next(c for c in (await wang.ask(q.ShowCase(case))).case.clocks if c.basis == "notice")
    told = await system.do(Breach(clock.label, clock.due), case)
    assert told.events == ("breached",)
    assert await late(wang) == 1
    await wang.do(AnswerNotice(), case)
    assert await late(wang) == 0


async def test_a_paused_clock_is_not_late_and_a_paused_one_does_not_breach(wang: Desk, place: Place):
    case = await opened(wang, place)
    await wang.do(PauseClocks(), case)
    held = (await wang.ask(q.ShowCase(case))).case
    paused = next(clock for clock in held.clocks if clock.open_pause)
    assert (paused.name, held.due) == ("review", next(c.due for c in held.clocks if c.name == "refusal"))


async def test_an_undo_leaves_a_letter_that_another_recorded_since(wang: Desk, li: Desk, place: Place):
    case = await opened(wang, place)
    await wang.do(Take(), case)
    await li.do(Notice("B-1", "3个工作日"), case)
    await wang.do(TakeBack(), case)
    after = (await wang.ask(q.ShowCase(case))).case
    assert (after.state, {clock.name for clock in after.clocks}) == (
        "submitted",
        {"review", "refusal", "notice"},
    )
    await li.do(TakeBack(), case)
    assert "notice" not in {clock.name for clock in (await li.ask(q.ShowCase(case))).case.clocks}


async def test_every_clock_explains_itself(wang: Desk, place: Place):
    case = await opened(wang, place)
    await wang.do(Notice("B-1", "3个工作日"), case)
    await wang.do(PauseClocks(), case)
    told = await wang.ask(ExplainClocks(case))
    assert [(one.clock.name, one.clock.basis, one.state) for one in told] == [
        ("notice", "notice", "running"),
        ("refusal", "law", "running"),
        ("review", "policy", "paused"),
    ]
    assert [[step.code for step in one.steps] for one in told] == [
        ["start_day_not_counted", "counted", "ends_at_midnight"],
        ["start_day_not_counted", "counted", "ends_at_midnight"],
        ["minutes_from_instant", "paused_since"],
    ]
