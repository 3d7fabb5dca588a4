"""Who is here and what they can take: errands that change what `Next` gives, and what a board asks."""

import pytest

from csdesk.desk import queries as q
from csdesk.desk import staff_queries as sq
from csdesk.desk.desk import Desk, Done
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign, Take
from csdesk.domain.routing import Skill
from tests.building import line
from tests.contract.places import Place


async def opened(
    desk: Desk, place: Place, kind: Kind = Kind.RETURN, *, language: str = "", paid: int = 19_900
) -> Done:
    units = (LineQty(1, 1),) if kind is Kind.RETURN else ()
    return await desk.do(Open(kind, place.order(line(1, paid)), units, language=language))


async def now(desk: Desk, who: str) -> sq.AgentNow:
    return next(one for one in await desk.ask(sq.AgentStates()) if one.id == who)


async def test_nobody_has_to_say_that_they_are_here(wang: Desk, place: Place):
    case = await opened(wang, place)
    assert (await now(wang, "wang")).since == 0
    assert (await wang.ask(sq.MyState())).state == "available"
    assert await wang.ask(q.Next()) == case.case.id


@pytest.mark.parametrize("state", ["break", "training", "off"])
async def test_who_is_not_here_gets_no_next_case_until_they_are_back(wang: Desk, place: Place, state: str):
    case = await opened(wang, place)
    await wang.ask(sq.SetAgentState(state))
    with pytest.raises(Refused, match="not_available") as refused:
        await wang.ask(q.Next())
    assert refused.value.detail == {"presence": state}
    assert (await now(wang, "wang")).state == state
    await wang.ask(sq.SetAgentState("available"))
    assert await wang.ask(q.Next()) == case.case.id


async def test_a_break_gives_back_the_case_in_hand_and_keeps_what_is_parked_and_drafted(
    wang: Desk, li: Desk, place: Place
):
    parked, hand = await opened(wang, place), await opened(wang, place)
    await wang.ask(q.Hold(parked.case.id, park=True))
    await wang.ask(q.Hold(hand.case.id))
    await wang.ask(q.KeepDraft(hand.case.id, "您好", 2))
    done = await wang.ask(sq.SetAgentState("break"))
    assert (done.released, done.returned) == (1, 0)
    assert [lease.case for lease in await wang.ask(q.Held())] == [parked.case.id]
    assert await li.ask(q.Next()) == hand.case.id
    assert await wang.ask(q.GetDraft(hand.case.id)) is not None
    assert (await wang.ask(sq.SetAgentState("off"))).released == 1
    assert await wang.ask(q.Held()) == []


async def test_what_i_took_or_was_given_by_a_person_stays_mine_when_i_go(wang: Desk, place: Place):
    taken, assigned = await opened(wang, place), await opened(wang, place)
    await wang.do(Take(), taken.case.id)
    await (await place.desk("zhao")).do(Assign("wang"), assigned.case.id)
    assert (await wang.ask(sq.SetAgentState("off"))).returned == 0
    assert (await now(wang, "wang")).assigned == 2


async def test_my_own_state_is_mine_and_anothers_takes_the_right_to_assign(
    wang: Desk, li: Desk, place: Place
):
    with pytest.raises(Refused, match="no_right"):
        await wang.ask(sq.SetAgentState("off", "li"))
    chen = await place.desk("chen")
    assert (await chen.ask(sq.SetAgentState("off", "li"))).agent == "li"
    assert (await li.ask(sq.MyState())).state == "off"
    for who, code in (("sun", "takes_no_cases"), ("nobody", "no_such_agent")):
        with pytest.raises(Refused, match=code):
            await chen.ask(sq.SetAgentState("off", who))
    with pytest.raises(Refused, match="bad_choice"):
        await wang.ask(sq.SetAgentState("lunch"))
    with pytest.raises(Refused, match="no_right"):
        await (await place.desk("sun")).ask(sq.SetAgentState("off"))


async def test_the_next_case_fits_queue_language_amount_and_load(wang: Desk, place: Place):
    zhao = await place.desk("zhao")
    dear = await opened(wang, place, paid=99_900)
    foreign = await opened(wang, place, language="ja")
    complaint = await opened(wang, place, Kind.COMPLAINT)
    fits = [await opened(wang, place), await opened(wang, place)]
    can = await zhao.ask(sq.SetSkills("wang", ("returns",), ("en",), 50_000, 1))
    assert can == Skill(("returns",), ("en",), 50_000, 1)
    assert await wang.ask(q.Next()) == fits[0].case.id
    assert await wang.ask(q.Next(skipped=(fits[0].case.id,))) == fits[1].case.id
    await wang.do(Take(), fits[0].case.id)
    assert await wang.ask(q.Next()) == fits[0].case.id  # one is enough: only my own comes
    assert await wang.ask(q.Next(skipped=(fits[0].case.id,))) is None
    await zhao.ask(sq.SetSkills("wang", queues=(), languages=(), most_amount=0, most_cases=0))
    rest = {await wang.ask(q.Next(queue)) for queue in ("complaints",)}
    assert rest == {complaint.case.id}
    for case in (dear, foreign):
        assert (
            await wang.ask(q.Hold(case.case.id))
        ).holder == "wang"  # opening one by hand is nobody's skill


async def test_a_skill_that_is_not_named_stays_as_it_was(place: Place):
    zhao = await place.desk("zhao")
    await zhao.ask(sq.SetSkills("li", ("returns", "repairs", "returns"), ("en", "ja")))
    can = await zhao.ask(sq.SetSkills("li", most_cases=7))
    assert can == Skill(("returns", "repairs"), ("en", "ja"), 0, 7)
    assert (await now(zhao, "li")).skill == can


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (sq.SetSkills("li", queues=("authority",)), "bad_queue"),
        (sq.SetSkills("li", languages=("日语",)), "bad_language"),
        (sq.SetSkills("li", most_amount=-1), "bad_number_of"),
        (sq.SetSkills("li", most_cases=10**9), "bad_number_of"),
        (sq.SetSkills("gao", most_cases=1), "takes_no_cases"),
        (sq.SetSkills("nobody", most_cases=1), "no_such_agent"),
    ],
    ids=["queue", "language", "amount", "cases", "admin", "stranger"],
)
async def test_a_skill_that_makes_no_sense_is_refused_and_nothing_is_kept(
    place: Place, ask: sq.SetSkills, code: str
):
    zhao = await place.desk("zhao")
    before = await zhao.ask(sq.AgentStates())
    with pytest.raises(Refused, match=code):
        await zhao.ask(ask)
    assert await zhao.ask(sq.AgentStates()) == before


async def test_an_agent_sets_nobodys_skills(wang: Desk):
    with pytest.raises(Refused, match="no_right"):
        await wang.ask(sq.SetSkills("wang", most_amount=0))


async def test_load_counts_what_is_assigned_late_held_and_parked(wang: Desk, li: Desk, place: Place):
    mine, parked, hand = [(await opened(wang, place)).case.id for _ in range(3)]
    await wang.do(Take(), mine)
    await wang.ask(q.Hold(mine))
    await wang.ask(q.Hold(parked, park=True))
    await wang.ask(q.Hold(hand))
    found = await now(li, "wang")
    assert (found.assigned, found.late, found.held, found.parked) == (1, 0, 2, 1)


async def test_cases_that_nobody_here_may_take_are_named_with_why_and_soonest_first(wang: Desk, place: Place):
    zhao = await place.desk("zhao")
    for who in ("wang", "li", "chen", "zhao"):
        await zhao.ask(sq.SetSkills(who, languages=("en",), most_amount=50_000))
    japanese = await opened(wang, place, language="ja")
    dear = await opened(wang, place, paid=99_900)
    fine = await opened(wang, place, language="en")
    found = await zhao.ask(sq.Unroutable())
    assert [(one.row.id, one.language, one.why) for one in found] == [
        (japanese.case.id, "ja", "language"),
        (dear.case.id, "", "amount"),
    ]
    assert [one.row.id for one in await zhao.ask(sq.Unroutable(limit=1))] == [japanese.case.id]
    await zhao.ask(sq.SetSkills("li", languages=("ja",), most_amount=0))
    assert [one.row.id for one in await zhao.ask(sq.Unroutable())] == []
    await zhao.ask(sq.SetAgentState("break", "li"))
    assert {(one.row.id, one.why) for one in await zhao.ask(sq.Unroutable())} == {
        (japanese.case.id, "away"),
        (dear.case.id, "away"),
    }
    for who in ("wang", "chen", "zhao"):
        await zhao.ask(sq.SetAgentState("off", who))
    assert fine.case.id in [one.row.id for one in await zhao.ask(sq.Unroutable())]


async def test_a_queue_whose_people_are_full_says_so(wang: Desk, place: Place):
    zhao = await place.desk("zhao")
    for who in ("li", "chen", "zhao"):
        await zhao.ask(sq.SetAgentState("off", who))
    await zhao.ask(sq.SetSkills("wang", most_cases=1))
    await wang.do(Take(), (await opened(wang, place)).case.id)
    waits = await opened(wang, place)
    for who in ("li", "chen", "zhao"):
        await zhao.ask(sq.SetSkills(who, queues=("repairs",)))
    assert [(one.row.id, one.why) for one in await zhao.ask(sq.Unroutable())] == [(waits.case.id, "full")]
