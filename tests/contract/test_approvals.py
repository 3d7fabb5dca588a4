"""Approving refunds in somebody's place, wherever the desk is kept."""

import pytest

from csdesk.desk import approval_queries as aq
from csdesk.desk import money_queries as mq
from csdesk.desk.desk import Desk
from csdesk.domain.cases.approval import ApproveRefund
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from tests.building import DAY, MONDAY, line
from tests.contract.places import Place


async def test_a_refund_is_let_go_in_somebodys_place_while_they_let_one(wang: Desk, li: Desk, place: Place):
    zhao = await place.desk("zhao")
    opened = await wang.do(Open(Kind.RETURN, place.order(line(1, 600_000)), (LineQty(1, 1),)))
    for command in (Approve(), Receive(), Inspect(), PayBack()):
        await wang.do(command, opened.case.id)
    with pytest.raises(Refused, match="over_limit"):
        await li.do(ApproveRefund(), opened.case.id)
    given = await zhao.ask(aq.Delegate("li", MONDAY + DAY))
    assert [one.id for one in await li.ask(aq.Delegations())] == [given.id]
    await zhao.ask(aq.RevokeDelegation(given.id))
    with pytest.raises(Refused, match="over_limit"):
        await li.do(ApproveRefund(), opened.case.id)
    await zhao.ask(aq.Delegate("li", MONDAY + DAY))
    assert [(one.mine, one.behalf) for one in await li.ask(mq.AwaitingRefunds())] == [(True, "zhao")]
    done = await li.do(ApproveRefund(), opened.case.id)
    assert (done.case.refunds[0].approved_by, done.case.refunds[0].approved_for) == ("li", "zhao")
    assert place.wrong() == []
