"""Guided work: what is passed over, taken over and handed over, and what each side sees of it."""

import pytest

from csdesk.desk import guided_queries as gq
from csdesk.desk import queries as q
from csdesk.desk import staff_queries as sq
from csdesk.desk.board_queries import Board
from csdesk.desk.desk import Desk
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.shared import Assign, Close, Note, Prioritise, Release, Take
from tests.building import DeskFile
from tests.contract.places import Place
from tests.contract.test_staff import now, opened

HOUR = 3_600_000


# Passing over


async def test_what_i_pass_over_goes_to_others_and_comes_back_to_me_after_a_shift(
    wang: Desk, li: Desk, place: Place, desk_file: DeskFile
):
    first, second = await opened(wang, place), await opened(wang, place)
    assert await wang.ask(q.Next()) == first.case.id
    skip = await wang.ask(gq.SkipCase(first.case.id, "skill"))
    assert skip.until - skip.at == 8 * HOUR
    assert await wang.ask(q.Held()) == []
    # Kept on the desk: another console of mine knows it too.
    again = await place.desk("wang")
    assert await again.ask(q.Next()) == second.case.id
    assert await li.ask(q.Next()) == first.case.id
    await li.ask(q.LetGo(first.case.id))
    await wang.ask(q.LetGo(second.case.id))
    hours = iter(range(skip.until, skip.until + HOUR))
    desk_file.clock._ticks = hours  # type: ignore[attr-defined]
    assert await wang.ask(q.Next()) == first.case.id


async def test_passing_over_says_why(wang: Desk, place: Place):
    case = await opened(wang, place)
    for why, note, code in (("mood", "", "bad_choice"), ("other", " \n", "skip_note")):
        with pytest.raises(Refused, match=code):
            await wang.ask(gq.SkipCase(case.case.id, why, note))
    await wang.do(Prioritise(1), case.case.id)
    assert (await wang.ask(gq.SkipCase(case.case.id, "other", "要\x1b[31m主管定"))).note == "要␦主管定"
    assert await wang.ask(q.Next()) is None


async def test_who_passed_over_what_is_reported_and_several_make_it_a_supervisors(
    wang: Desk, li: Desk, place: Place
):
    case, other = await opened(wang, place), await opened(wang, place)
    chen = await place.desk("chen")
    await wang.ask(gq.SkipCase(case.case.id, "skill"))
    await wang.ask(gq.SkipCase(other.case.id, "skill"))
    assert (await chen.ask(Board())).skipped == ()
    await li.ask(gq.SkipCase(case.case.id, "other", "客户要英文合同"))
    (needs,) = (await chen.ask(Board())).skipped
    assert (needs.number, needs.agents, needs.why) == (case.number, ("li", "wang"), ("other", "skill"))
    told = await chen.ask(gq.Skips("2026-06-01", "2027-05-30"))
    assert [(one.agent, one.why, one.times, one.cases) for one in told.counts] == [
        ("li", "other", 1, 1),
        ("wang", "skill", 2, 2),
    ]
    assert (told.latest[0].number, told.latest[0].note) == (case.number, "客户要英文合同")
    with pytest.raises(Refused, match="no_right"):
        await wang.ask(gq.Skips("2026-06-01", "2026-06-30"))
    with pytest.raises(Refused, match="bad_report_days"):
        await chen.ask(gq.Skips("2026-06-02", "2026-06-01"))
    # Somebody has it now: nobody needs to look.
    await chen.do(Assign("zhao"), case.case.id)
    assert (await chen.ask(Board())).skipped == ()
    assert place.wrong() == []


# Taking over


async def test_a_supervisor_takes_over_what_an_agent_has_open_and_both_sides_see_it(wang: Desk, place: Place):
    case = await opened(wang, place)
    await wang.ask(q.Hold(case.case.id))
    await wang.ask(q.KeepDraft(case.case.id, "您好，我们正在核实", 4))
    zhao = await place.desk("zhao")
    with pytest.raises(Refused, match="held_by"):
        await zhao.do(Take(), case.case.id)
    await zhao.do(Take(over=True), case.case.id)
    lease = (await zhao.ask(q.ShowCase(case.case.id))).lease
    assert lease is not None
    assert lease.holder == "zhao"
    gained = (await zhao.ask(q.ShowCase(case.case.id))).taken
    assert gained is not None
    assert (gained.former, gained.taker, gained.draft) == ("wang", "zhao", True)
    assert await zhao.ask(q.GetDraft(case.case.id)) is None
    lost = (await wang.ask(q.ShowCase(case.case.id))).taken
    assert lost is not None
    assert (lost.former, lost.taker) == ("wang", "zhao")
    ((number, _),) = await wang.ask(q.TakenFromMe((case.case.id,)))
    assert number == case.number
    draft = await wang.ask(q.GetDraft(case.case.id))
    assert draft is not None
    assert (draft.text, draft.caret) == ("您好，我们正在核实", 4)


async def test_only_who_has_the_case_in_hand_answers_the_customer(wang: Desk, li: Desk, place: Place):
    case = (await opened(wang, place)).case.id
    await wang.ask(q.Hold(case))
    with pytest.raises(Refused) as refused:
        await li.do(Reply("您好"), case)
    assert (refused.value.code, refused.value.detail) == ("held_by", {"who": "wang"})
    off = {offer.verb: offer.off for offer in (await li.ask(q.ShowCase(case))).offers}
    for verb in ("reply", "approve", "reject"):
        why = off[verb]
        assert why is not None and (why.code, why.detail) == ("held_by", {"who": "wang"})
    assert off["note"] is off["take"] is None
    await li.do(Note("客户来电催问"), case)
    await wang.do(Reply("您好"), case)
    assert all(
        offer.off is None for offer in (await wang.ask(q.ShowCase(case))).offers if offer.verb == "reply"
    )


async def test_the_former_holders_verbs_are_refused_with_the_name_until_the_case_is_given_back(
    wang: Desk, place: Place
):
    case = await opened(wang, place)
    await wang.do(Take(), case.case.id)
    await wang.ask(q.Hold(case.case.id))
    zhao = await place.desk("zhao")
    await zhao.do(Take(over=True), case.case.id)
    # Zhao has gone on to another case; a late key of Wang still neither holds nor changes it.
    await zhao.ask(q.LetGo(case.case.id))
    assert (await wang.ask(q.Hold(case.case.id))).holder == "zhao"
    for verb in (Reply("您好"), Prioritise(2), Close(), Release()):
        with pytest.raises(Refused) as refused:
            await wang.do(verb, case.case.id)
        if verb.verb.name in ("reply", "prioritise"):
            assert (refused.value.code, refused.value.detail) == ("taken_over", {"who": "zhao"})
    await wang.do(Note("客户刚来过电话"), case.case.id)  # a note overtakes nobody
    await zhao.do(Assign("wang"), case.case.id)
    await wang.do(Prioritise(2), case.case.id)
    assert (await wang.ask(q.ShowCase(case.case.id))).taken is None
    assert place.wrong() == []


async def test_an_agent_may_not_take_over(wang: Desk, li: Desk, place: Place):
    case = await opened(wang, place)
    await wang.ask(q.Hold(case.case.id))
    for command in (Take(), Take(over=True)):
        with pytest.raises(Refused, match=r"held_by|no_right"):
            await li.do(command, case.case.id)
    assert (await li.ask(q.ShowCase(case.case.id))).case.assignee == ""


async def test_giving_a_case_to_a_third_ends_the_hold_of_whoever_had_it_open(
    wang: Desk, li: Desk, place: Place
):
    case = await opened(wang, place)
    await wang.ask(q.Hold(case.case.id))
    await (await place.desk("zhao")).do(Assign("li"), case.case.id)
    assert await wang.ask(q.Held()) == []
    taken = (await li.ask(q.ShowCase(case.case.id))).taken
    assert taken is not None
    assert (taken.former, taken.actor) == ("wang", "zhao")
    with pytest.raises(Refused, match="taken_over"):
        await wang.do(Prioritise(1), case.case.id)
    await li.do(Prioritise(1), case.case.id)


# Handing over


async def test_a_shift_is_handed_over_in_one_go_with_a_note_in_each_case(wang: Desk, li: Desk, place: Place):
    mine, parked, kept = [await opened(wang, place) for _ in range(3)]
    await wang.do(Take(), mine.case.id)
    await wang.do(Take(), kept.case.id)
    await wang.ask(q.Hold(parked.case.id, park=True))
    await wang.ask(q.KeepDraft(mine.case.id, "您好", 2))
    listed = await wang.ask(gq.MyCases())
    assert {(one.number, one.assigned, one.parked, one.draft) for one in listed} == {
        (mine.number, True, False, True),
        (kept.number, True, False, False),
        (parked.number, False, True, False),
    }
    done = await wang.ask(
        gq.HandOver(
            (
                gq.Handing(mine.case.id, "agent", "li", "等质检报告，客户催过两次"),
                gq.Handing(parked.case.id, "pool"),
                gq.Handing(kept.case.id, "keep", note="明早我接着打电话"),
            )
        )
    )
    assert (done.left, done.state) == ((), "off")
    assert set(done.done) == {mine.number, parked.number, kept.number}
    view = await li.ask(q.ShowCase(mine.case.id))
    assert view.case.assignee == "li"
    assert [one.text for one in view.timeline if one.code == "noted"] == ["等质检报告，客户催过两次"]
    assert (await wang.ask(q.ShowCase(kept.case.id))).case.assignee == "wang"
    assert await wang.ask(q.Held()) == []
    assert (await now(wang, "wang")).state == "off"
    # Handed over is not taken away.
    assert (await wang.ask(q.ShowCase(mine.case.id))).taken is None
    assert place.wrong() == []


async def test_a_case_that_cannot_be_handed_over_is_left_whole_with_the_reason_and_keeps_me_here(
    wang: Desk, place: Place
):
    good, bad, foreign = [await opened(wang, place) for _ in range(3)]
    await wang.do(Take(), good.case.id)
    await wang.do(Take(), bad.case.id)
    done = await wang.ask(
        gq.HandOver(
            (
                gq.Handing(good.case.id, "pool", note="无"),
                gq.Handing(bad.case.id, "agent", "nobody", "不该写进去"),
                gq.Handing(foreign.case.id, "pool"),
            )
        )
    )
    assert done.done == (good.number,)
    assert [(one.number, one.refused.code) for one in done.left] == [
        (bad.number, "no_such_agent"),
        (foreign.number, "not_yours"),
    ]
    assert done.state == "available"
    view = await wang.ask(q.ShowCase(bad.case.id))
    assert view.case.assignee == "wang"
    assert not [one for one in view.timeline if one.code == "noted"]
    for to, code in (("sun", "takes_no_cases"), ("wang", "handover_to_self")):
        (left,) = (await wang.ask(gq.HandOver((gq.Handing(bad.case.id, "agent", to),)))).left
        assert left.refused.code == code
    with pytest.raises(Refused, match="bad_choice"):
        await wang.ask(gq.HandOver((gq.Handing(bad.case.id, "bin"),)))
    assert (await wang.ask(sq.MyState())).state == "available"
