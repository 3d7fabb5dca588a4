"""The end of the use of somebody's data, wherever the desk is kept: planned, done, and then nobody works with it."""

import pytest

from csdesk.desk.desk import Desk
from csdesk.desk.queries import FindCases, FindOrders
from csdesk.desk.rights_queries import RightsPlan
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.privacy_request import ScopeRequest, VerifyIdentity
from csdesk.domain.cases.privacy_rights import CorrectRecord, EraseData, LiftRestraint, WithdrawConsent
from csdesk.domain.cases.shared import Note, Take, Withdraw
from tests.contract.places import Place

OWN, NEW = "13812345678", "13900002222"


async def test_what_is_only_stored_is_found_shown_and_worked_on_by_nobody(wang: Desk, place: Place):
    chen, order = await place.desk("chen"), place.order()
    before = (await wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),), summary="杂音很大"))).case
    await wang.do(Withdraw(), before.id)
    case = (await chen.do(Open(Kind.PRIVACY_REQUEST, order, (), "delete_data"))).case.id
    with pytest.raises(Refused, match="rights_not_yours"):
        await wang.ask(RightsPlan(case))
    for command in (
        Take(),
        VerifyIdentity(("phone", "order")),
        ScopeRequest(("订单",)),
        WithdrawConsent(("marketing", "delivery")),
        CorrectRecord(new_phone=NEW),
    ):
        await chen.do(command, case)
    plan = await chen.ask(RightsPlan(case))
    assert (plan.orders, plan.cases, plan.withdrawn, plan.restrained) == (
        1,
        2,
        ("delivery", "marketing"),
        False,
    )
    assert [found.order.number for found in await chen.ask(FindOrders(NEW))] == [order]
    assert await chen.ask(FindOrders(OWN)) == []
    with pytest.raises(Refused, match="no_right"):
        await wang.do(EraseData(), case)
    assert (await chen.do(EraseData(), case)).case.state == "partly"
    assert await chen.ask(FindOrders(NEW)) == [] and await chen.ask(FindCases("杂音")) == []
    later: tuple[Command, ...] = (Note("问一下"), Take())
    for said in later:
        with pytest.raises(Refused, match="only_stored"):
            await wang.do(said, before.id)
    with pytest.raises(Refused, match="only_stored"):
        await wang.do(Open(Kind.INQUIRY, order))
    again = (await chen.do(Open(Kind.PRIVACY_REQUEST, order, (), "other"))).case.id
    lifting: tuple[Command, ...] = (
        *(Take(), VerifyIdentity(("phone", "order"))),
        *(ScopeRequest(("订单",)), LiftRestraint()),
    )
    for step in lifting:
        await chen.do(step, again)
    assert [row.id for row in await chen.ask(FindCases("杂音"))] == [before.id]
    await wang.do(Note("又可以办理"), before.id)
    assert place.wrong() == []
