"""Filters and views through `Desk`: each condition beside a plain look at all cases, pages, sorts, who sees what."""

from collections.abc import Callable
from typing import Any

import pytest

from csdesk.desk import queries as q
from csdesk.desk.bulk_queries import QueueCases
from csdesk.desk.desk import Ask, Desk
from csdesk.desk.filter_queries import (
    CompleteFilter,
    DropView,
    KeepFilter,
    KeepView,
    KeptFilter,
    TallyFilter,
    Views,
)
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Escalate, Note, Snooze, Take, Withdraw
from csdesk.store.feed import NEVER, Row
from csdesk.store.feed import Place as Spot
from tests.building import MONDAY
from tests.contract.places import Place

HOUR = 3_600_000
DAY = 24 * HOUR


async def some(desk: Desk, place: Place) -> list[Row]:
    """Cases of several kinds, states, agents and amounts; all of them, the most urgent first."""
    kinds = [Kind.RETURN, Kind.COMPLAINT, Kind.RETURN, Kind.EXCHANGE, Kind.INQUIRY, Kind.RETURN]
    for n, kind in enumerate(kinds):
        summary = "屏幕碎了" if n % 2 else "包装破损，屏幕也碎"
        done = await desk.do(Open(kind, place.order(), (LineQty(1, 1),), summary=summary))
        if n in (0, 3):
            await desk.do(Take(), done.case.id)
        if n == 1:
            await desk.do(Escalate("supervisor", "客户要求"), done.case.id)
    return await desk.ask(q.QueuePage())


async def ids(desk: Desk, text: str) -> list[str]:
    return [row.id for row in await desk.ask(q.QueuePage(f"?{text}"))]


WAYS: dict[str, Callable[[Row], bool]] = {
    "": lambda row: True,
    "kind:退货": lambda row: row.kind == "return",
    "类型：退货，投诉": lambda row: row.kind in ("return", "complaint"),
    "-kind:return": lambda row: row.kind != "return",
    "state:待受理": lambda row: row.state == "submitted",
    "assignee:me": lambda row: row.assignee == "wang",
    "经办:无": lambda row: row.assignee == "",
    "-assignee:li is:未分配": lambda row: row.assignee == "",
    "is:我的": lambda row: row.assignee == "wang",
    "is:升级": lambda row: row.escalation > 0,
    "escalation:1..3": lambda row: 1 <= row.escalation <= 3,
    "due:<1000d": lambda row: row.due < MONDAY + 1000 * DAY,
    "due:<1h": lambda row: row.due < MONDAY + HOUR,
    "-due:none": lambda row: row.due < NEVER,
    "is:超时": lambda row: row.due <= MONDAY,
    "opened:<1h": lambda row: True,
    "opened:>1h": lambda row: False,
    "opened:today": lambda row: True,
    "opened:2026-11-01..2026-11-03": lambda row: True,
    "opened:<2026-11-02": lambda row: False,
    "amount:>0": lambda row: row.amount > 0,
    "amount:>=0 -amount:0": lambda row: row.amount > 0,
    "reason:质量": lambda row: "quality" in row.reason,
}


async def test_each_condition_lets_through_what_a_plain_look_does(wang: Desk, place: Place):
    rows = await some(wang, place)
    told = {text: await ids(wang, text) for text in WAYS}
    assert told == {text: [row.id for row in rows if fits(row)] for text, fits in WAYS.items()}
    for text in WAYS:
        tallied = await wang.ask(TallyFilter(text))
        assert (tallied.cases, tallied.whole) == (len(told[text]), True)
        assert await wang.ask(QueueCases(f"?{text}")) == told[text]


async def test_words_numbers_and_people_are_looked_up(wang: Desk, place: Place):
    rows = await some(wang, place)
    wang = await place.desk("chen")  # an agent finds by words only what is theirs
    one = rows[2]
    assert set(await ids(wang, "破损")) == {row.id for row in rows if row.id in await ids(wang, "包装")}
    assert len(await ids(wang, "破损")) == 3
    assert len(await ids(wang, "屏幕 -破损")) == 3
    assert await ids(wang, one.body) == [one.id]
    assert await ids(wang, f"number:{one.body} kind:{one.kind}") == [one.id]
    assert await ids(wang, f"订单:{one.order_number}") == [one.id]
    assert one.id in await ids(wang, "客户:13812345678")
    assert await ids(wang, "客户:13812340000") == []
    assert await ids(wang, "没人说过的话") == []


async def test_pages_meet_in_both_directions_in_every_order(wang: Desk, place: Place):
    rows = await some(wang, place)
    for sort in ("due", "-due", "opened", "-opened", "amount", "-amount", "changed"):
        name = f"?sort:{sort} -kind:inquiry"
        whole = await wang.ask(q.QueuePage(name))
        wanted = sorted(
            (row for row in rows if row.kind != "inquiry"), key=lambda row: (row.key(sort), row.id)
        )
        assert whole == wanted
        first = await wang.ask(q.QueuePage(name, limit=2))
        spot = Spot(first[-1].key(sort), first[-1].id)
        second = await wang.ask(q.QueuePage(name, limit=10, after=spot))
        assert [*first, *second] == whole
        back = Spot(second[0].key(sort), second[0].id)
        assert await wang.ask(q.QueuePage(name, limit=10, before=back)) == first


async def test_live_snoozed_and_closed_cases_are_asked_for_apart(wang: Desk, place: Place):
    live, asleep, shut = [
        (await wang.do(Open(Kind.RETURN, place.order(), (LineQty(1, 1),), summary="坏了"))).case
        for _ in range(3)
    ]
    await wang.do(Snooze(24, "等客户"), asleep.id)
    await wang.do(Withdraw("不要了"), shut.id)
    assert await ids(wang, "kind:退货") == [live.id]
    assert await ids(wang, "kind:退货 is:挂起") == [asleep.id]
    assert await ids(wang, "is:closed kind:退货") == [shut.id]
    assert await ids(wang, "closed:<1h") == [shut.id]
    for mixed in ("is:closed is:snoozed", "-is:closed", "is:snoozed closed:<1d"):
        with pytest.raises(Refused, match="filter_mixed"):
            await ids(wang, mixed)


@pytest.mark.parametrize(
    ("text", "code", "sign"),
    [
        ("破损 foo:1", "filter_field", 4),
        ("kind:foo", "filter_choice", 6),
        ("kind:<退货", "filter_choice", 6),
        ("assignee:nobody", "filter_agent", 10),
        ("merchant:没有这家", "filter_merchant", 10),
        ("amount:x", "filter_number", 8),
        ("priority:1.5", "filter_number", 10),
        ("due:soon", "filter_time", 5),
        ("due:2026-02-30", "filter_time", 5),
        ("sort:x", "filter_sort", 6),
        ("language:中文", "filter_language", 10),
    ],
)
async def test_a_filter_that_says_nothing_here_is_refused_with_its_sign(
    wang: Desk, text: str, code: str, sign: int
):
    asks: tuple[Ask[Any], ...] = (
        q.QueuePage(f"?{text}"), QueueCases(f"?{text}"), TallyFilter(text), KeepView("x", text),
    )  # fmt: skip
    for ask in asks:
        with pytest.raises(Refused) as refused:
            await wang.ask(ask)
        assert (refused.value.code, refused.value.detail["sign"]) == (code, sign)
    assert await wang.ask(Views()) == []


async def test_letters_of_authorities_stay_with_those_who_hand_them_out(wang: Desk):
    with pytest.raises(Refused, match="no_right"):
        await ids(wang, "queue:authority")


async def test_views_are_kept_shared_and_forgotten(place: Place, wang: Desk, li: Desk):
    await some(wang, place)
    kept = await wang.ask(KeepView(" 今天要回 ", "due:<1d assignee:me", ("due", "subject")))
    assert (kept.called, kept.filter, kept.columns, kept.shared) == (
        "今天要回", "due:<1d assignee:me", ("due", "subject"), False,
    )  # fmt: skip
    await wang.ask(KeepView("今天要回", "is:late"))
    assert [(view.called, view.filter) for view in await wang.ask(Views())] == [("今天要回", "is:late")]
    assert await li.ask(Views()) == []
    with pytest.raises(Refused, match="no_right"):
        await wang.ask(KeepView("大家的", "is:late", shared=True))
    head = await place.desk("zhao")
    await head.ask(KeepView("大家的", "is:late", shared=True))
    assert [view.called for view in await wang.ask(Views())] == ["今天要回", "大家的"]
    with pytest.raises(Refused, match="no_right"):
        await wang.ask(DropView("大家的"))
    await head.ask(DropView("大家的", shared=True))
    await wang.ask(DropView("今天要回"))
    assert await wang.ask(Views()) == []
    refusals: tuple[tuple[Ask[Any], str], ...] = (
        (KeepView("", "is:late"), "view_name"),
        (KeepView("x" * 41, "is:late"), "view_name"),
        (KeepView("x", "is:late", ("DROP TABLE",)), "view_columns"),
        (DropView("没有"), "no_such_view"),
    )
    for wrong, code in refusals:
        with pytest.raises(Refused, match=code):
            await wang.ask(wrong)


async def test_the_filter_of_a_console_is_kept_for_its_agent_alone_and_forgotten(
    place: Place, wang: Desk, li: Desk
):
    assert await wang.ask(KeptFilter()) is None
    await wang.ask(KeepFilter("", ()))
    for text in ("客户:张三", "客户:李四"):
        await wang.ask(KeepFilter(text, ("due",)))
    found = await wang.ask(KeptFilter())
    assert found is not None
    assert (found.called, found.filter, found.columns) == ("", "客户:李四", ("due",))
    assert (await li.ask(KeptFilter()), await wang.ask(Views())) == (None, [])
    await wang.ask(KeepView("李四的", "客户:李四", ("due",)))
    found = await wang.ask(KeptFilter())
    assert found is not None
    assert found.called == "李四的"
    for wrong, code in ((KeepFilter("x" * 501), "filter_long"), (KeepFilter("x", ("A B",)), "view_columns")):
        with pytest.raises(Refused, match=code):
            await wang.ask(wrong)
    await wang.ask(KeepFilter(""))
    assert await wang.ask(KeptFilter()) is None


async def test_whatever_is_offered_at_the_caret_is_understood(place: Place, wang: Desk):
    await some(wang, place)
    for language in ("zh-Hans", "zh-Hant", "en"):
        fields = await wang.ask(CompleteFilter("", 0, language, 100))
        assert len(fields) == 21
        for field in fields:
            values = await wang.ask(CompleteFilter(field.text, len(field.text), language, 100))
            for value in values:
                assert value.start == len(field.text)
                if "authority" not in value.label:
                    await wang.ask(TallyFilter(field.text + value.text))
    (found,) = await wang.ask(CompleteFilter("kind:退货 -经", 10))
    assert (found.text, found.start, found.end) == ("经办:", 9, 10)


async def test_a_note_changes_nothing_of_what_a_filter_shows_but_its_age(wang: Desk, place: Place):
    rows = await some(wang, place)
    await wang.do(Note("已联系"), rows[0].id)
    assert (await ids(wang, "sort:-changed"))[0] == rows[0].id
