"""Split and merged cases on a desk: units add up, and what is said on a merged case is heard where it went."""

import pytest

from csdesk.desk import queries as q
from csdesk.desk.desk import Desk
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Reopen, Take
from csdesk.domain.cases.splitting import Merge, Split
from tests.building import line
from tests.contract.places import Place


async def test_split_units_are_claimed_once_and_each_case_goes_its_own_way(wang: Desk, place: Place):
    number = place.order(line(2, 39_800), line(1, 9_900, sku="TEE-1", title="白色圆领T恤"))
    case = await wang.do(Open(Kind.RETURN, number, (LineQty(1, 2), LineQty(2, 1))))
    done = await wang.do(Split((LineQty(1, 1), LineQty(2, 1)), "exchange", summary="换大一码"), case.case.id)
    part = (await wang.ask(q.ShowCase(done.opened))).case
    assert [(one.line, one.asked) for one in done.case.lines] == [(1, 1)]
    assert (part.kind, [(one.line, one.asked) for one in part.lines]) == (Kind.EXCHANGE, [(1, 1), (2, 1)])
    assert done.case.links == (("part_off", part.id),)
    assert part.links == (("part_of", case.case.id),)
    # All units are somebody's: nothing is left to claim.
    for units in ((LineQty(1, 1),), (LineQty(2, 1),)):
        with pytest.raises(Refused, match="over_bought"):
            await wang.do(Open(Kind.RETURN, number, units))
    await wang.do(Take(), case.case.id)
    await wang.do(Approve(override="客户要求"), case.case.id)
    with pytest.raises(Refused, match="already_decided"):
        await wang.do(Split((LineQty(1, 1),)), case.case.id)
    assert place.wrong() == []


async def test_a_split_that_the_new_case_refuses_leaves_everything_as_it_was(wang: Desk, place: Place):
    number = place.order(line(2, 39_800))
    case = await wang.do(Open(Kind.RETURN, number, (LineQty(1, 2),)))
    with pytest.raises(Refused, match="unknown_reason"):
        await wang.do(Split((LineQty(1, 1),), reason="mood"), case.case.id)
    assert (await wang.ask(q.ShowCase(case.case.id))).case == case.case
    assert place.wrong() == []


async def test_the_same_key_splits_once(wang: Desk, place: Place):
    number = place.order(line(3, 39_800))
    case = await wang.do(Open(Kind.RETURN, number, (LineQty(1, 3),)))
    first = await wang.do(Split((LineQty(1, 1),)), case.case.id, key="once")
    again = await wang.do(Split((LineQty(1, 1),)), case.case.id, key="once")
    assert again.again
    assert again.case == first.case
    assert again.case.lines[0].asked == 2


async def test_a_duplicate_ends_with_a_link_and_what_is_said_on_it_is_heard_where_it_went(
    wang: Desk, li: Desk, place: Place
):
    number = place.order(line(1, 19_900))
    kept = await wang.do(Open(Kind.RETURN, number, (LineQty(1, 1),)))
    twice = await li.do(Open(Kind.INQUIRY, number, channel="chat", summary="退货怎么还没人理"))
    await li.do(Hear("第二次问了"), twice.case.id)
    done = await li.do(Merge(kept.number), twice.case.id)
    assert (done.case.open, done.case.outcome) == (False, "merged")
    assert done.case.links == (("merged_into", kept.case.id),)
    into = (await wang.ask(q.ShowCase(kept.case.id))).case
    assert into.links == (("merged_from", twice.case.id),)
    heard = await li.do(Hear("还在吗？"), twice.case.id)
    assert heard.case.id == kept.case.id
    assert heard.case.open
    # Whoever works on the case that goes on reads what was said on the other.
    assert not (await wang.ask(q.ShowCase(twice.case.id))).reads
    await wang.ask(q.Hold(kept.case.id))
    view = await wang.ask(q.ShowCase(twice.case.id))
    assert view.reads
    assert "第二次问了" in [entry.text for entry in view.timeline]
    assert place.wrong() == []


async def test_a_duplicate_frees_its_units_and_can_be_taken_up_again(wang: Desk, place: Place):
    number = place.order(line(2, 39_800))
    kept = await wang.do(Open(Kind.RETURN, number, (LineQty(1, 1),)))
    twice = await wang.do(Open(Kind.RETURN, number, (LineQty(1, 1),)))
    await wang.do(Merge(kept.number), twice.case.id)
    await wang.do(Open(Kind.EXCHANGE, number, (LineQty(1, 1),)))
    with pytest.raises(Refused, match="over_bought"):
        await wang.do(Reopen(), twice.case.id)
    assert place.wrong() == []


async def test_cases_of_two_customers_are_never_merged(wang: Desk, place: Place):
    other = place.customer("李娜", phone="13900001111")
    mine = await wang.do(Open(Kind.INQUIRY, place.order(line(1, 100))))
    theirs = await wang.do(Open(Kind.INQUIRY, place.order(line(1, 100), customer=other)))
    with pytest.raises(Refused, match="merge_customer"):
        await wang.do(Merge(theirs.number), mine.case.id)
    again = await wang.do(Open(Kind.INQUIRY))
    with pytest.raises(Refused, match="merge_customer"):
        await wang.do(Merge(again.number), mine.case.id)
    with pytest.raises(Refused, match="no_such_case"):
        await wang.do(Merge("0" * 32), mine.case.id)
    assert place.wrong() == []
