"""The thirty common narratives and four beside them, each as a case on the screen with its verdict in sight."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from csdesk.desk.core import Core
from csdesk.desk.law.wording import verdict
from csdesk.desk.queries import ShowVerdict
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.findings import Establish
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.cases.opening import CLAIMING_KINDS, Open
from csdesk.domain.entitlement.decision import Decision
from tests.building import ZONE, DeskFile, line
from tests.tui.consoles import NARROW, WIDE, console
from tests.tui.test_case import open_case
from tests.unit.domain.entitlement.narratives import NARRATIVES, Narrative

# As what the desk opens each: its kind and reason. The question follows from these (data/questions.toml).
OPENED = {
    "签收第8天要退": (Kind.RETURN, "late_return"),
    "拆了封说不能退": (Kind.RETURN, "opened_refused"),
    "吊牌剪了": (Kind.RETURN, "tag_cut"),
    "口红试色": (Kind.RETURN, "cosmetics_tried"),
    "内衣尺码": (Kind.RETURN, "underwear_size"),
    "手机激活后有杂音": (Kind.RETURN, "quality"),
    "手机第10天坏": (Kind.EXCHANGE, "early_fault"),
    "修两次还坏": (Kind.EXCHANGE, "two_repairs_failed"),
    "寄修40天没消息": (Kind.REPAIR, "repair_no_news"),
    "冰箱半年内坏谁举证": (Kind.REPAIR, "half_year_burden"),
    "水果烂了一半": (Kind.REFUND_ONLY, "fruit_rotten"),
    "少发一件": (Kind.REISSUE, "missing_item"),
    "发错颜色": (Kind.EXCHANGE, "wrong_color"),
    "定制婚纱有瑕疵": (Kind.RETURN, "custom_defect"),
    "赠品没寄回被扣款": (Kind.COMPLAINT, "gift_deducted"),
    "满减退一件少退钱": (Kind.COMPLAINT, "promo_recalculated"),
    "运费险不够": (Kind.COMPLAINT, "freight_insurance_short"),
    "商家不给退货地址": (Kind.COMPLAINT, "no_return_address"),
    "退货签收10天没退款": (Kind.COMPLAINT, "refund_overdue"),
    "快递丢件互相推": (Kind.COMPLAINT, "parcel_lost_blame"),
    "放驿站没告知被签收": (Kind.COMPLAINT, "station_without_consent"),
    "显示签收未收到": (Kind.COMPLAINT, "signed_not_received"),
    "付款成功没订单": (Kind.PAYMENT_ANOMALY, "paid_no_order"),
    "重复扣款": (Kind.PAYMENT_ANOMALY, "double_charge"),
    "自动续费没提醒": (Kind.COMPLAINT, "auto_renewal"),
    "先涨后降": (Kind.COMPLAINT, "price_up_then_down"),
    "假一赔十不兑现": (Kind.COMPLAINT, "promise_not_kept"),
    "食品过期": (Kind.RETURN, "expired_goods"),
    "预付卡店关门": (Kind.COMPLAINT, "prepaid_shop_closed"),
    "个人信息泄露接诈骗电话": (Kind.PRIVACY_REQUEST, "leak_scam_call"),
    "跨境奶粉退货": (Kind.RETURN, "cross_border_milk"),
    "孩子游戏充值": (Kind.COMPLAINT, "minor_recharge"),
    "押金不退": (Kind.COMPLAINT, "deposit_withheld"),
    "商家威胁给差评者": (Kind.COMPLAINT, "review_threat"),
}
UNITS = 2
# The narratives' goods were signed for on 2026-03-05; all that they tell had happened by then.
SIGNED = int(datetime(2026, 3, 5, 11, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)
OPENED_AT = int(datetime(2026, 11, 22, 10, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


def told(file: DeskFile, narrative: Narrative) -> tuple[Core, Case]:
    """The narrative as a case, with everything found out that it tells."""
    kind, reason = OPENED[narrative.name]
    wang = file.core("wang")
    status = "shipped" if narrative.name == "快递丢件互相推" else "delivered"
    order = file.order(line(UNITS, 39_800), status=status, signed=SIGNED)
    file.clock.now = OPENED_AT
    lines = (LineQty(1, UNITS),) if kind in CLAIMING_KINDS else ()
    case = wang.do(Open(kind, order, lines, reason=reason, summary=narrative.name)).case
    first = wang.ask(ShowVerdict(case.id)).judged
    assert first is not None, "its reason puts no question"
    known = first.facts
    facts = tuple(
        f"{name}={_said(value)}"
        for name, value in narrative.facts.items()
        if isinstance(value, str | int | float) and known.get(name) != value
    )
    assert first.facts["kind"] == narrative.kind, "the reason puts the question that the narrative is about"
    return wang, wang.do(Establish(facts), case.id).case if facts else case


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_narrative_is_a_case_of_a_kind_that_is_served():
    assert {narrative.name for narrative in NARRATIVES} == OPENED.keys()
    for kind, reason in OPENED.values():
        assert reason in MACHINES[kind].reasons


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("narrative", NARRATIVES, ids=lambda narrative: narrative.name)
async def test_its_verdict_is_in_sight(desk_file: DeskFile, narrative: Narrative, size: tuple[int, int]):
    wang, case = told(desk_file, narrative)
    judged = wang.ask(ShowVerdict(case.id)).judged
    assert judged is not None
    assert isinstance(judged.decision, Decision), judged.decision
    assert (judged.decision.outcome, judged.decision.reason) == (narrative.outcome, narrative.reason)
    async with console(desk_file, size=size) as hands:
        screen = await open_case(hands, case.id)
        words = hands.app.words
        laws = {words.cite(article).partition("§")[0] for article in narrative.articles}
        await hands.sees(words.code("verdict", narrative.outcome))
        assert any(law in hands.shown() for law in laws), hands.shown()
        assert screen.facts.top == 0, "without scrolling"
        assert verdict(judged.decision, words)
