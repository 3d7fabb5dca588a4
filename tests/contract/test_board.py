"""The board and broadcasts, wherever the desk is kept."""

import asyncio

import pytest

from csdesk.desk.board_queries import Board, Gather
from csdesk.desk.broadcast_queries import Broadcast, Broadcasts, Unsay
from csdesk.desk.bulk_queries import BeginRun, Deeds, QueueCases, RedoRun, ShowRun, UndoRun, Weigh
from csdesk.desk.desk import Changes, Desk
from csdesk.desk.macro_queries import DropMacro, Macros, RunMacro, SaveMacro, Step
from csdesk.desk.queries import Hold, QueuePage
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign, Take
from tests.contract.places import Place


@pytest.fixture
async def zhao(place: Place) -> Desk:
    """The console of a supervisor."""
    return await place.desk("zhao")


async def opened(desk: Desk, place: Place) -> str:
    return (await desk.do(Open(Kind.RETURN, place.order(), (LineQty(1, 1),)))).case.id


async def test_the_board_tells_queues_and_shifts(wang: Desk, zhao: Desk, place: Place):
    mine, free = await opened(wang, place), await opened(wang, place)
    await wang.do(Take(), mine)
    await wang.ask(Hold(mine))
    view = await zhao.ask(Board())
    (returns,) = (one for one in view.queues if one.queue == "returns")
    assert (returns.live, returns.late, returns.unassigned, returns.hands) == (2, 0, 1, 4)
    (shift,) = (one for one in view.agents if one.id == "wang")
    assert (shift.assigned, shift.queues) == (1, (("returns", 1),))
    assert shift.held.startswith("RT-")
    assert await zhao.ask(Gather("returns", unassigned=True)) == [free]
    run = await zhao.ask(BeginRun("assign", (free,), {"to_agent": "li"}))
    assert (await zhao.ask(ShowRun(run.id))).counts["waiting"] == 1
    with pytest.raises(Refused, match="no_right"):
        await wang.ask(Board())


async def test_somebodys_cases_are_a_queue_of_their_own_for_who_hands_out_cases(
    wang: Desk, zhao: Desk, place: Place
):
    mine, other = await opened(wang, place), await opened(wang, place)
    await zhao.do(Assign("wang"), mine)
    await zhao.do(Assign("li"), other)
    assert [row.id for row in await zhao.ask(QueuePage("agent:wang"))] == [mine]
    assert await zhao.ask(QueuePage("agent:nobody")) == []
    with pytest.raises(Refused, match="no_right"):
        await wang.ask(QueuePage("agent:li"))


async def test_a_broadcast_wakes_who_watches_and_names_no_case(wang: Desk, zhao: Desk, place: Place):
    case = await opened(wang, place)
    watching = wang.watch()
    first = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0)
    for _ in range(50):  # the watcher takes its first look in another thread
        await wang.ask(Broadcasts())
    said = await zhao.ask(Broadcast("先别催件", 30))
    changes: Changes = await asyncio.wait_for(first, 30)
    assert (changes.cases, changes.beside, changes.everything) == ((), True, False)
    assert [one.id for one in await wang.ask(Broadcasts())] == [said.id]
    await zhao.ask(Unsay(said.id))
    await zhao.do(Assign("li"), case)
    # What changed together may be told together or one by one.
    while not (later := await asyncio.wait_for(anext(watching), 30)).cases:
        assert later.beside
    assert later.cases == (case,)
    assert await wang.ask(Broadcasts()) == []


async def test_a_run_is_weighed_before_it_begins_and_taken_back_after(wang: Desk, li: Desk, place: Place):
    mine = await opened(wang, place)
    letter = (await wang.do(Open(Kind.COMPLAINT, place.order(), ()))).case.id
    found = await wang.ask(QueueCases("all"))
    assert set(found) == {mine, letter}
    with pytest.raises(Refused, match="unknown_queue"):
        await wang.ask(QueueCases("nothing"))
    weighed = await wang.ask(Weigh("approve", (mine, letter)))
    assert (weighed.able, weighed.cannot, weighed.money) == (1, (("complaint", 1),), ())
    run = await wang.ask(BeginRun("tag", (mine, letter), {"add": "申通"}))
    (deed, *_) = await wang.ask(Deeds())
    assert (deed.id, deed.off and deed.off.code) == (run.id, None)
    with pytest.raises(Refused, match="not_your_run"):
        await li.ask(UndoRun(run.id))
    with pytest.raises(Refused, match="undo_run_done"):  # it is stopped, and nothing was done
        await wang.ask(UndoRun(run.id))
    with pytest.raises(Refused, match="redo_nothing"):
        await wang.ask(RedoRun(run.id))


async def test_a_macro_is_kept_and_begun(wang: Desk, li: Desk, place: Place):
    case = await opened(wang, place)
    steps = (Step("tag", {"add": "申通"}), Step("prioritise", {"priority": "2"}))
    assert (await wang.ask(SaveMacro("急件", steps))).steps == steps
    assert [one.name for one in await wang.ask(Macros())] == ["急件"]
    run = await wang.ask(RunMacro("急件", (case,)))
    assert (run.verb, run.total) == ("macro:急件", 1)
    with pytest.raises(Refused, match="no_such_macro"):
        await li.ask(RunMacro("急件", (case,)))
    await wang.ask(DropMacro("急件"))
    assert await wang.ask(Macros()) == []
