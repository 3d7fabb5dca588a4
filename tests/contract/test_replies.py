"""A reply is checked wherever the desk is: no door lets one out that another would stop."""

import pytest

from csdesk.desk import queries as q
from csdesk.desk.desk import Desk
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Recall, Reply
from csdesk.domain.cases.opening import Open
from tests.contract.places import Place


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("您好，{运单号}已登记"), "slot_missing"),
        (Reply("请拨打13800138000"), "needs_confirming"),
        (Reply("请拨打13800138000", confirmed=("personal.email",)), "needs_confirming"),
    ],
)
async def test_what_stands_against_a_reply_refuses_it_and_leaves_nothing(
    place: Place, wang: Desk, reply: Reply, code: str
):
    case = (await wang.do(Open(Kind.INQUIRY, place.order()))).case.id
    with pytest.raises(Refused) as stop:
        await wang.do(reply, case)
    assert stop.value.code == code
    assert (await wang.ask(q.ShowCase(case))).case.messages == ()


async def test_a_confirmed_reply_leaves_and_says_who_confirmed_what(place: Place, wang: Desk):
    case = (await wang.do(Open(Kind.INQUIRY, place.order()))).case.id
    (one,) = await wang.ask(q.CheckReply(case, "请拨打13800138000"))
    assert (one.severity, one.what) == ("confirm", "138****8000")
    await wang.do(Reply("请拨打13800138000", confirmed=(one.name,)), case)
    (entry,) = (e for e in (await wang.ask(q.ShowCase(case))).timeline if e.code == "reply_held")
    assert (entry.actor, entry.detail["confirmed"]) == ("wang", ("personal.phone",))
    await wang.do(Recall(), case)


async def test_the_same_reply_sent_twice_under_one_key_is_one(place: Place, wang: Desk):
    case = (await wang.do(Open(Kind.INQUIRY, place.order()))).case.id
    reply = Reply("请拨打13800138000", confirmed=("personal.phone",))
    first = await wang.do(reply, case, key="k1")
    again = await wang.do(reply, case, key="k1")
    assert again.again and len(again.case.messages) == len(first.case.messages) == 1


async def test_a_draft_keeps_what_it_came_from(place: Place, wang: Desk):
    case = (await wang.do(Open(Kind.INQUIRY, place.order()))).case.id
    await wang.ask(q.KeepDraft(case, "您好", 2, ("C01", "C04"), ("P01",)))
    draft = await (await place.desk("wang")).ask(q.GetDraft(case))
    assert draft is not None and (draft.text, draft.caret) == ("您好", 2)
    assert (draft.canned, draft.articles) == (("C01", "C04"), ("P01",))
