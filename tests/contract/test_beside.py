"""Beside a case: letters of authorities in one person's hands, tracks, and reporters whom nobody is shown."""

import pytest

from csdesk.desk import queries as q
from csdesk.desk.desk import Desk, Done
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.complaint import Acknowledge
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.report import SplitComplaint
from csdesk.domain.cases.shared import TakeBack
from csdesk.domain.cases.tracks import CloseTrack, OpenTrack, RemindTrack
from tests.contract.places import Place

LETTER = OpenTrack("authority", owner="li", ref="330106-2026-1188", deadline="7个工作日")


async def complaint(desk: Desk, place: Place) -> Done:
    return await desk.do(Open(Kind.COMPLAINT, place.order(), (LineQty(1, 1),), "service"))


async def refusal(desk: Desk, command: Command, case: str) -> str:
    with pytest.raises(Refused) as refused:
        await desk.do(command, case)
    return refused.value.code


async def ids(desk: Desk, queue: str) -> list[str]:
    return [row.id for row in await desk.ask(q.QueuePage(queue))]


async def counted(desk: Desk) -> dict[str, int]:
    return {count.queue: count.live for count in await desk.ask(q.QueueCounts())}


# An authority's letter.


async def test_an_authoritys_letter_is_in_no_common_pool_and_handed_to_nobody_but_its_owner(
    wang: Desk, li: Desk, place: Place
):
    zhao = await place.desk("zhao")
    case = (await complaint(wang, place)).case.id
    await zhao.do(LETTER, case)
    for desk in (wang, zhao):
        for queue in ("all", "complaints", "mine"):
            assert case not in await ids(desk, queue)
            assert await desk.ask(q.Next(queue)) is None
    assert await ids(zhao, "authority") == [case]
    assert await ids(li, "mine") == [case]
    counts = await counted(li)
    assert (counts["mine"], counts["all"], counts["authority"], counts.get("complaints", 0)) == (1, 0, 1, 0)
    assert await li.ask(q.Next("mine")) == case


async def test_the_queue_of_letters_is_for_those_who_assign_work(wang: Desk):
    with pytest.raises(Refused) as refused:
        await wang.ask(q.QueuePage("authority"))
    assert refused.value.code == "no_right"


async def test_when_the_letter_is_over_the_case_is_back_in_its_queue(wang: Desk, li: Desk, place: Place):
    case = (await complaint(wang, place)).case.id
    await li.do(LETTER, case)
    await li.do(CloseTrack(outcome="not_accepted"), case)
    assert await ids(wang, "complaints") == [case]
    assert (await counted(wang))["complaints"] == 1


async def test_a_letter_is_given_to_nobody_who_does_not_work_here(wang: Desk, place: Place):
    case = (await complaint(wang, place)).case.id
    assert await refusal(wang, OpenTrack("authority", owner="nobody", ref="A"), case) == "no_such_agent"


async def test_a_track_is_worked_while_somebody_else_holds_the_case(wang: Desk, li: Desk, place: Place):
    seen = await complaint(wang, place)
    await li.ask(q.Hold(seen.case.id))
    await wang.do(OpenTrack("merchant"), seen.case.id)
    done = await li.do(Acknowledge(), seen.case.id, version=seen.case.version)
    assert (done.case.state, len(done.case.tracks)) == ("acknowledged", 1)


async def test_what_somebody_else_did_on_a_track_is_not_undone_with_its_opening(
    wang: Desk, li: Desk, place: Place
):
    case = (await complaint(wang, place)).case.id
    await wang.do(OpenTrack("merchant"), case)
    await li.do(RemindTrack(), case)
    assert await refusal(wang, TakeBack(), case) == "undo_overtaken"


# Who reports stays unknown.


async def test_nobody_is_shown_who_reported(wang: Desk, place: Place):
    customer = place.customer("王小美", phone="13912341234")
    order = place.order(customer=customer)
    other = (await wang.do(Open(Kind.COMPLAINT, order, (LineQty(1, 1),), "service"))).case.id
    report = (await wang.do(Open(Kind.REPORT, order, (LineQty(1, 1),), "counterfeit"))).case.id
    view = await wang.ask(q.ShowCase(report))
    assert view.person is not None
    assert {view.person.name, view.person.phone, view.person.id} <= {"*", ""}
    assert view.others == ()
    assert [row.id for row in (await wang.ask(q.ShowCase(other))).others] == []
    assert [row.id for row in (await wang.ask(q.ShowOrder(order))).cases] == [other]
    assert [row.id for row in await wang.ask(q.FindCases("13912341234"))] == [other]
    done = await wang.do(SplitComplaint("counterfeit"), report)
    assert done.opened.startswith("CP-")
