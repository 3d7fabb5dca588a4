"""Why a case was paid or refused: the decisions kept with its verbs, who went against them, and who approved."""

import pytest

from csdesk.desk.queries import ShowRulings
from csdesk.domain.cases.approval import ApproveRefund
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.findings import Establish
from csdesk.domain.cases.goods import Approve, Dispute, Inspect, Receive, SettleDispute, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.payment_anomaly import FindDuplicate, Reconcile
from csdesk.domain.cases.refunds import PayBack, RefundPayment
from tests.building import DeskFile, line


def came_back(file: DeskFile, paid: int) -> str:
    """A return of one unit, approved, sent and here; gives the case."""
    wang = file.core("wang")
    case = wang.do(Open(Kind.RETURN, file.order(line(1, paid)), (LineQty(1, 1),), reason="no_reason")).case.id
    wang.do(Approve(), case)
    wang.do(ShipBack("顺丰", "SF1234567890"), case)
    wang.do(Receive(), case)
    return case


def test_the_second_person_on_a_refund_stands_beside_what_it_rested_on(desk_file: DeskFile):
    case = came_back(desk_file, 600_000)
    wang, zhao = desk_file.core("wang"), desk_file.core("zhao")
    wang.do(Inspect(), case)
    refund = wang.do(PayBack(), case).case.refunds[0]
    assert refund.state == "awaiting"
    assert [(kept.verb, kept.approved_by) for kept in wang.ask(ShowRulings(case))] == [
        ("approve", ""),
        ("refund", ""),
    ]
    zhao.do(ApproveRefund(refund.id), case)
    kept = wang.ask(ShowRulings(case))[-1]
    assert (kept.verb, kept.actor, kept.approved_by) == ("refund", "wang", "zhao")
    assert kept.approved_at == desk_file.clock()


def test_a_dispute_settled_against_the_consumer_needs_its_facts_or_a_reason(desk_file: DeskFile):
    case, wang = came_back(desk_file, 39_800), desk_file.core("wang")
    wang.do(Dispute(("photo-1",), "吊牌被剪"), case)
    wang.do(Establish(("product_class=apparel",)), case)
    with pytest.raises(Refused, match="against_verdict"):
        wang.do(SettleDispute(accepted=False), case)
    wang.do(Establish(("tag_removed=true",)), case)
    assert wang.do(SettleDispute(accepted=False), case).case.state == "rejected"
    kept = wang.ask(ShowRulings(case))[-1]
    assert (kept.stance, kept.against, kept.rulings[0].reason) == ("denies", False, "not_intact")


def test_a_payment_given_back_keeps_what_it_rested_on(desk_file: DeskFile):
    wang = desk_file.core("wang")
    order = desk_file.order(line(1, 8_800), payments=[("wechat", 8_800), ("alipay", 8_800)])
    case = wang.do(Open(Kind.PAYMENT_ANOMALY, order, reason="double_charge")).case.id
    wang.do(Reconcile(), case)
    wang.do(FindDuplicate(2), case)
    wang.do(RefundPayment(2), case)
    assert [kept.verb for kept in wang.ask(ShowRulings(case))] == ["refund_payment"]
