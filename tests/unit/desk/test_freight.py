"""Who pays for the way back: the verdict says, a person where it cannot, and never the consumer against the law."""

import pytest

from csdesk.desk.core import Core
from csdesk.desk.doing import order_for
from csdesk.desk.freight import payer
from csdesk.domain.cases.carriage import RequestLabel
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.cases.findings import Establish
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.opening import Open
from tests.building import DeskFile

QUALITY = ("nonconforming=true",)


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang", policy=Policy(carriage=True))


def allowed(desk_file: DeskFile, core: Core, reason: str, *facts: str) -> Case:
    case = core.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),), reason=reason)).case
    if facts:
        core.do(Establish(facts), case.id)
    return core.do(Approve(override="商家同意退货"), case.id).case


def test_goods_at_fault_go_back_at_the_merchants_cost(desk_file: DeskFile, core: Core):
    case = allowed(desk_file, core, "quality", *QUALITY)
    (ask,) = core.do(RequestLabel(), case.id).case.carrier_asks
    assert ask.payer == "merchant"


def test_the_consumer_cannot_be_made_to_pay_what_is_the_merchants(desk_file: DeskFile, core: Core):
    case = allowed(desk_file, core, "quality", *QUALITY)
    with pytest.raises(Refused, match="freight_is_merchants"):
        core.do(RequestLabel(payer="consumer"), case.id)


def test_goods_without_a_fault_go_back_at_the_consumers_cost_unless_the_merchant_offers(
    desk_file: DeskFile, core: Core
):
    facts = ("intact=true", "product_class=general")
    case = allowed(desk_file, core, "no_reason", *facts)
    assert payer(core, case, order_for(core, RequestLabel(), case)) == "consumer"
    (ask,) = core.do(RequestLabel(payer="merchant"), case.id).case.carrier_asks
    assert ask.payer == "merchant"


def test_where_the_verdict_lacks_facts_a_person_must_say(desk_file: DeskFile, core: Core):
    case = allowed(desk_file, core, "other")
    with pytest.raises(Refused, match="freight_payer_unknown"):
        core.do(RequestLabel(), case.id)
