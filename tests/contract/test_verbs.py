"""`Desk.do`: verbs are carried out once, by who may, and who comes second is told by whom."""

import asyncio
from typing import Any

import pytest

from csdesk.desk import queries as q
from csdesk.desk.desk import Ask, Conflict, Desk, Done
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.complaint import Acknowledge
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Hear, Reply, SettleReply
from csdesk.domain.cases.goods import Approve, Inspect, Receive, Reject, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack, SettleRefund
from csdesk.domain.cases.shared import Assign, Close, Note, Prioritise, Tag, Take, TakeBack, Withdraw
from tests.building import line
from tests.contract.places import Place


async def opened(desk: Desk, place: Place, kind: Kind = Kind.RETURN) -> Done:
    return await desk.do(Open(kind, place.order(), (LineQty(1, 1),), summary="左耳没有声音"))


async def refusal(desk: Desk, command: Command, case: str = "", key: str = "") -> Refused:
    with pytest.raises(Refused) as refused:
        await desk.do(command, case, key=key)
    return refused.value


async def verbs(desk: Desk, case: str) -> list[str]:
    timeline = (await desk.ask(q.ShowCase(case))).timeline
    return [entry.verb for entry in timeline if entry.code != "ruled"]


async def test_a_verb_gives_the_changed_case_and_says_what_happened(wang: Desk, place: Place):
    done = await opened(wang, place)
    assert (done.verb, done.events, done.again) == ("open", ("opened", "clocks_set"), False)
    assert done.number.startswith("RT-")
    done = await wang.do(Take(), done.case.id)
    assert (done.case.assignee, done.case.state) == ("wang", "reviewing")
    assert (await wang.ask(q.ShowCase(done.case.id))).case == done.case


async def test_a_case_answers_to_its_number_however_it_is_typed(wang: Desk, place: Place):
    done = await opened(wang, place)
    for said in (done.number, done.number.lower(), done.number.replace("-", ""), done.number[3:]):
        assert (await wang.ask(q.ShowCase(said))).case.id == done.case.id


async def test_a_whole_return_from_first_verb_to_closed_case(wang: Desk, place: Place):
    system = await place.desk("system")
    order = place.order(line(2, 39_801), payments=[("wechat", 30_000), ("points", 9_801)])
    case = (await wang.do(Open(Kind.RETURN, order, (LineQty(1, 2),)))).case.id
    await wang.do(Approve(), case)
    for waybill in ("SF1111111111", "SF2222222222"):
        await wang.do(ShipBack("顺丰", waybill, (LineQty(1, 1),)), case)
        await wang.do(Receive(waybill=waybill), case)
    await wang.do(Inspect(), case)
    refund = (await wang.do(PayBack(), case)).case.refunds[0]
    assert sum(part.minor for part in refund.parts) == 39_801
    await system.do(SettleRefund(refund.id, "confirmed"), case)
    await wang.do(Reply("已经退款"), case)
    closed = (await wang.do(Close(), case)).case
    assert (closed.state, closed.refunded) == ("closed", 39_801)
    told = await verbs(wang, case)
    assert [verb for verb in told if verb != "ship_back"] == [
        *("open", "approve", "receive", "receive", "inspect", "refund", "settle_refund", "reply", "close")
    ]


# Once.


async def test_the_same_key_does_a_verb_once(wang: Desk, place: Place):
    case = (await opened(wang, place)).case.id
    first = await wang.do(Note("一"), case, key="k1")
    again = await wang.do(Note("一"), case, key="k1")
    assert (first.again, again.again, again.events) == (False, True, ())
    assert again.case == first.case
    assert (await verbs(wang, case)).count("note") == 1


async def test_the_same_key_opens_one_case(wang: Desk, place: Place):
    command = Open(Kind.RETURN, place.order(), (LineQty(1, 1),))
    first, again = await wang.do(command, key="k1"), await wang.do(command, key="k1")
    assert first.case.id == again.case.id
    assert [count.live for count in await wang.ask(q.QueueCounts()) if count.queue == "all"] == [1]


async def test_a_key_belongs_to_its_verb_its_case_and_its_agent(wang: Desk, li: Desk, place: Place):
    one, two = await opened(wang, place), await opened(wang, place)
    await wang.do(Note("一"), one.case.id, key="k1")
    assert (await refusal(wang, Prioritise(2), one.case.id, "k1")).code == "key_reused"
    assert (await refusal(wang, Note("一"), two.case.id, "k1")).code == "key_reused"
    assert (await refusal(li, Note("一"), one.case.id, "k1")).code == "key_reused"


# Who comes second.


async def test_whoever_comes_second_is_told_who_and_what_and_nothing_is_lost(
    wang: Desk, li: Desk, place: Place
):
    seen = await opened(wang, place)
    await li.do(Reject("expired", "P02", override="过期，主管已核"), seen.case.id)
    with pytest.raises(Conflict) as conflict:
        await wang.do(Approve(), seen.case.id, version=seen.case.version)
    assert conflict.value.case == seen.number
    assert [(came.who, came.verb) for came in conflict.value.came] == [("li", "reject")]
    assert (await wang.ask(q.ShowCase(seen.case.id))).case.state == "rejected"


async def test_of_two_who_press_the_same_verb_at_once_one_wins(wang: Desk, li: Desk, place: Place):
    seen = await opened(wang, place)
    both = await asyncio.gather(
        *(desk.do(Take(), seen.case.id, version=seen.case.version) for desk in (wang, li)),
        return_exceptions=True,
    )
    won = [answer for answer in both if isinstance(answer, Done)]
    lost = [answer for answer in both if isinstance(answer, Conflict)]
    assert (len(won), len(lost)) == (1, 1)
    assert [(came.who, came.verb) for came in lost[0].came] == [(won[0].case.assignee, "take")]


async def test_a_stale_verb_that_is_still_allowed_conflicts_too(wang: Desk, li: Desk, place: Place):
    seen = await opened(wang, place)
    await li.do(Prioritise(3), seen.case.id)
    with pytest.raises(Conflict, match="li prioritise"):
        await wang.do(Approve(), seen.case.id, version=seen.case.version)
    fresh = (await wang.ask(q.ShowCase(seen.case.id))).case
    assert (await wang.do(Approve(), seen.case.id, version=fresh.version)).case.priority == 3


@pytest.mark.parametrize(
    "between",
    [Note("无人接听"), Tag(("破损",)), Hear("什么时候？"), Reply("稍等")],
    ids=lambda c: c.verb.name,
)
async def test_what_commutes_stands_between_look_and_verb_without_a_conflict(
    wang: Desk, li: Desk, place: Place, between: Command
):
    seen = await opened(wang, place)
    await li.do(between, seen.case.id)
    done = await wang.do(Approve(), seen.case.id, version=seen.case.version)
    assert done.case.version > seen.case.version + 1


async def test_a_note_on_a_stale_look_is_written(wang: Desk, li: Desk, place: Place):
    seen = await opened(wang, place)
    await li.do(Reject("expired", "P02", override="过期，主管已核"), seen.case.id)
    await wang.do(Note("消费者来电"), seen.case.id, version=seen.case.version)
    assert (await verbs(wang, seen.case.id))[-2:] == ["reject", "note"]


async def test_nobody_elses_verb_lands_on_a_case_that_is_held(wang: Desk, li: Desk, place: Place):
    case = (await opened(wang, place)).case.id
    await wang.ask(q.Hold(case))
    refused = await refusal(li, Approve(), case)
    assert (refused.code, refused.detail) == ("held_by", {"who": "wang"})
    await li.do(Note("消费者来电"), case)
    await wang.ask(q.LetGo(case))
    assert (await li.do(Approve(), case)).case.state == "approved_wait_ship"


# Undo.


async def test_my_last_verb_is_named_and_taken_back_also_by_a_console_opened_later(
    wang: Desk, li: Desk, place: Place
):
    one, two = await opened(wang, place), await opened(wang, place)
    await wang.do(Approve(), one.case.id)
    await wang.do(Prioritise(2), two.case.id)
    assert await wang.ask(q.LastVerb()) == (two.case.id, "prioritise")
    assert await li.ask(q.LastVerb()) is None
    later = await place.desk("wang")
    await later.do(TakeBack(), two.case.id)
    assert await later.ask(q.LastVerb()) == (one.case.id, "approve")
    assert (await later.do(TakeBack(), one.case.id)).case.state == "submitted"
    assert await later.ask(q.LastVerb()) is None
    assert (await refusal(later, TakeBack(), one.case.id)).code == "undo_nothing"


async def test_a_held_reply_is_taken_back_and_the_verb_before_it_next(wang: Desk, place: Place):
    case = (await opened(wang, place)).case.id
    await wang.do(Approve(), case)
    await wang.do(Reply("写错了"), case)
    assert await wang.ask(q.LastVerb()) == (case, "reply")
    assert (await wang.do(TakeBack(), case)).case.messages[0].state == "recalled"
    assert await wang.ask(q.LastVerb()) == (case, "approve")
    assert (await wang.do(TakeBack(), case)).case.state == "submitted"


async def test_a_reply_that_left_is_not_offered_for_undo(wang: Desk, place: Place):
    case = (await opened(wang, place)).case.id
    await wang.do(Prioritise(2), case)
    held = (await wang.do(Reply("您好"), case)).case.messages[0]
    await (await place.desk("system")).do(SettleReply(held.id, "sent"), case)
    assert await wang.ask(q.LastVerb()) is None
    assert (await refusal(wang, TakeBack(), case)).code == "already_sent"


async def test_what_was_done_before_a_verb_of_somebody_else_was_undone_is_not_brought_back(
    wang: Desk, li: Desk, place: Place
):
    case = (await opened(wang, place)).case.id
    await wang.do(Approve(), case)
    await li.do(Tag(("破损",)), case)
    assert (await wang.do(TakeBack(), case)).case.state == "submitted"
    untagged = (await li.do(TakeBack(), case)).case
    assert (untagged.state, untagged.tags) == ("submitted", ())


async def test_what_somebody_built_upon_is_not_taken_back(wang: Desk, li: Desk, place: Place):
    case = (await opened(wang, place)).case.id
    await wang.do(Approve(), case)
    await li.do(ShipBack("顺丰", "SF1234567890"), case)
    refused = await refusal(wang, TakeBack(), case)
    assert (refused.code, refused.detail["by"]) == ("undo_overtaken", "parcel_sent")


async def test_a_tag_of_somebody_else_survives_my_undo(wang: Desk, li: Desk, place: Place):
    case = (await opened(wang, place)).case.id
    await wang.do(Tag(("我的",)), case)
    await li.do(Tag(("别人的",)), case)
    assert (await refusal(wang, TakeBack(), case)).code == "undo_overtaken"
    await wang.do(Approve(), case)
    await li.do(Tag(("新的",)), case)
    assert (await wang.do(TakeBack(), case)).case.tags == ("我的", "别人的", "新的")


# Rights.

COMMANDS: dict[str, Command] = {
    "note": Note("一"),
    "approve": Approve(),
    "assign": Assign("li"),
    "refund": PayBack(),
    "settle_refund": SettleRefund("r", "confirmed"),
}
MAY = {
    "wang": {"note", "approve", "refund"},
    "chen": {"note", "approve", "refund", "assign"},
    "zhao": {"note", "approve", "refund", "assign"},
    "sun": set(),
    "gao": {"assign"},
}


@pytest.mark.parametrize("who", MAY)
async def test_each_role_may_do_what_it_may_do(wang: Desk, place: Place, who: str):
    case = (await opened(wang, place)).case.id
    desk = await place.desk(who)
    refused = set()
    for name, command in COMMANDS.items():
        try:
            await desk.do(command, case)
        except Refused as exc:
            refused |= {name} if exc.code == "no_right" else set()
    assert COMMANDS.keys() - refused == MAY[who]


async def test_a_right_is_asked_for_before_anything_else(place: Place):
    auditor = await place.desk("sun")
    refused = await refusal(auditor, Note("一"), "RT-0000-0000")
    assert (refused.code, refused.detail) == ("no_right", {"role": "auditor", "right": "work"})


async def test_an_auditor_sees_and_takes_no_case(wang: Desk, place: Place):
    case = (await opened(wang, place)).case.id
    auditor = await place.desk("sun")
    assert (await auditor.ask(q.ShowCase(case))).case.id == case
    questions: list[Ask[Any]] = [q.Next(), q.Hold(case), q.KeepDraft(case, "x"), q.LetGo(case)]
    for question in questions:
        with pytest.raises(Refused, match="no_right"):
            await auditor.ask(question)


async def test_a_supervisor_takes_a_case_over(wang: Desk, li: Desk, place: Place):
    case = (await opened(wang, place)).case.id
    await li.do(Take(), case)
    refused = await refusal(wang, Take(), case)
    assert (refused.code, refused.detail) == ("held_by", {"who": "li"})
    assert (await (await place.desk("zhao")).do(Take(), case)).case.assignee == "zhao"


# What is not there.


@pytest.mark.parametrize(
    ("said", "code"),
    [("RT-ZZZZ-ZZZZ", "bad_number"), ("你好", "bad_number"), ("", "bad_number"), ("0" * 32, "no_such_case")],
)
async def test_a_case_that_does_not_exist_is_refused(wang: Desk, said: str, code: str):
    assert (await refusal(wang, Note("一"), said)).code == code
    with pytest.raises(Refused, match=code):
        await wang.ask(q.ShowCase(said))


async def test_orders_and_agents_that_do_not_exist_are_refused(wang: Desk, place: Place):
    assert (await refusal(wang, Open(Kind.RETURN, "W999", (LineQty(1, 1),)))).code == "no_such_order"
    case = (await opened(wang, place)).case.id
    senior = await place.desk("chen")
    assert (await refusal(senior, Assign("nobody"), case)).code == "no_such_agent"


async def test_a_refused_verb_leaves_nothing_behind(wang: Desk, place: Place):
    seen = await opened(wang, place)
    assert (await refusal(wang, Acknowledge(), seen.case.id, "k1")).code == "wrong_state"
    assert (await wang.ask(q.ShowCase(seen.case.id))).case == seen.case
    assert not (await wang.do(Withdraw(), seen.case.id, key="k1")).again


async def test_units_are_claimed_by_one_case_at_a_time(wang: Desk, place: Place):
    order = place.order(line(2, 200))
    first = await wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),)))
    assert (
        await refusal(wang, Open(Kind.EXCHANGE, order, (LineQty(1, 2),), reason="size"))
    ).code == "over_bought"
    await wang.do(Open(Kind.EXCHANGE, order, (LineQty(1, 1),), reason="size"))
    await wang.do(Withdraw(), first.case.id)
    await wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),)))
    refused = await refusal(wang, TakeBack(), first.case.id)
    assert refused.code == "over_bought"
