"""Values of slots: what the case surely has, as its customer's language writes it; all else is asked for."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.desk.core import Core
from csdesk.desk.slots import SLOTS, Sheet, citation, fill, written
from csdesk.domain.cases.carriage import RequestLabel, RequestPickup, SettleCarrierAsk
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Policy
from csdesk.domain.cases.conversation import SLOT, slots
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.exchange import Reissue
from csdesk.domain.cases.goods import Approve, Inspect, Receive, Reject, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack, SettleRefund
from csdesk.domain.text import clean
from csdesk.interop import knowledge
from csdesk.interop.shipped import load_knowledge
from csdesk.resources import path
from csdesk.store.connection import write
from csdesk.store.library import Article, put_articles
from tests.building import DeskFile, line


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


def told(
    core: Core, case: Case, *names: str, language: str = "zh-Hans", articles: tuple[str, ...] = ()
) -> list[str]:
    sheet = Sheet.of(core, core.load(case.id)[0], language, articles)
    return [SLOTS[name](sheet) for name in names]


def a_return(core: Core, desk_file: DeskFile, customer: str = "", merchant: str = "shop") -> Case:
    """A return of two headphones of an order that has a charger too."""
    bought = line(2, 39_800), line(1, 9_900, "CHG-1", "充电器")
    number = desk_file.order(*bought, customer=customer, merchant=merchant)
    return core.do(Open(Kind.RETURN, number, (LineQty(1, 2),), "quality")).case


def test_each_declared_slot_that_a_case_can_fill_has_a_value_and_no_other():
    declared = knowledge.load_canned(path("data/knowledge/canned.toml")).slots
    fills = {name for name, slot in declared.items() if slot.case_fills}
    # Deposits are no part of a case yet; `customer` is for replies from elsewhere.
    assert set(SLOTS) == fills - {"deposit_amount"} | {"customer"}


def test_a_new_return_knows_its_order_and_nothing_of_money(core: Core, desk_file: DeskFile):
    case = a_return(core, desk_file)
    names = ("case_number", "order_number", "product", "quantity", "merchant", "agent", "signed_at", "today")
    assert told(core, case, *names) == [
        *(core.number(case), case.order_number, "蓝牙耳机", "2", "山海数码", "Wang"),
        *("2026年10月31日", "2026年11月2日"),
    ]
    later = ("reason", "refund_amount", "refund_method", "refund_due", "received_at", "return_deadline",
             "waybill", "carrier", "exchange_product", "reissue_waybill", "complaint_ref")  # fmt: skip
    assert told(core, case, *later) == [""] * len(later)


def test_a_return_on_its_way_to_the_refund(core: Core, desk_file: DeskFile):
    case = a_return(core, desk_file)
    core.do(Approve(), case.id)
    assert told(core, case, "return_deadline", "return_address") == [
        "2026年11月9日",
        "广东省深圳市南山区科苑路2号 退货仓",
    ]
    core.do(ShipBack("顺丰", "SF100200300"), case.id)
    assert told(core, case, "carrier", "waybill", "received_at") == ["顺丰", "SF100200300", ""]
    desk_file.clock.forward(days=2)
    core.do(Receive(), case.id)
    assert told(core, case, "received_at", "refund_due") == ["2026年11月4日", "2026年11月11日"]
    core.do(Inspect((Graded(1, 1, "restock"),)), case.id)
    core.do(PayBack(), case.id)
    assert told(core, case, "refund_amount", "refund_method") == ["¥199.00", "微信支付"]
    assert told(core, case, "refund_amount", "refund_method", language="en") == ["¥199.00", "WeChat Pay"]


def test_of_a_paid_and_an_unpaid_refund_nobody_speaks_as_one(core: Core, desk_file: DeskFile):
    case = a_return(core, desk_file)
    system = desk_file.core("system")
    core.do(Approve(), case.id)
    core.do(Receive(), case.id)
    amounts = []
    for _ in range(2):
        core.do(Inspect((Graded(1, 1, "restock"),)), case.id)
        refund = core.do(PayBack(), case.id).case.refunds[-1]
        amounts += told(core, case, "refund_amount")
        system.do(SettleRefund(refund.id, "confirmed"), case.id)
        amounts += told(core, case, "refund_amount")
    assert amounts == ["¥199.00", "¥199.00", "", "¥398.00"]


def test_a_method_without_a_word_is_asked_for(core: Core, desk_file: DeskFile):
    for method, word in (("visa_x", ""), ("云闪付", "云闪付"), ("alipay", "支付宝")):
        number = desk_file.order(line(1, 9_900), payments=[(method, 9_900)])
        case = core.do(Open(Kind.RETURN, number, (LineQty(1, 1),))).case
        core.do(Approve(), case.id)
        core.do(Receive(), case.id)
        core.do(Inspect((Graded(1, 1, "restock"),)), case.id)
        core.do(PayBack(), case.id)
        assert told(core, case, "refund_method") == [word]


def test_days_are_the_desks_own(core: Core, desk_file: DeskFile):
    case = a_return(core, desk_file)
    desk_file.clock.now = int(datetime.fromisoformat("2026-11-02T23:59:00+08:00").timestamp() * 1000)
    assert told(core, case, "today") == ["2026年11月2日"]
    desk_file.clock.forward(seconds=60)
    assert told(core, case, "today") == ["2026年11月3日"]
    assert told(core, case, "today", language="en") == ["2026-11-03"]


def test_a_refusal_gives_its_reason_and_its_article(core: Core, desk_file: DeskFile):
    load_knowledge(core.store)
    case = a_return(core, desk_file)
    assert told(core, case, "reason", "article", articles=("P10",))[0] == ""
    core.do(Reject("excluded_custom_made", "P03", override="按定作合同"), case.id)
    reason, article = told(core, case, "reason", "article", articles=("P10",))
    assert reason == "定制商品"
    assert article.startswith("《中华人民共和国消费者权益保护法》第二十五条")
    assert article != told(core, a_return(core, desk_file), "article", articles=("P10",))[0]


def test_a_reason_that_says_nothing_is_asked_for(core: Core, desk_file: DeskFile):
    case = a_return(core, desk_file)
    core.do(Reject("other", override="主管已核"), case.id)
    assert told(core, case, "reason", "article") == ["", ""]


def test_an_article_out_of_force_or_unknown_is_not_cited(core: Core, desk_file: DeskFile):
    law = Article("L", "样例法", "第八条", "可以。", 8, effective_to="2026-11-01")
    with write(core.store.conn):
        put_articles(core.store, [law], 1)
    case = a_return(core, desk_file)
    assert told(core, case, "article", articles=("NONE", "L")) == [""]


def test_an_inquiry_speaks_of_the_only_parcel_of_its_order(core: Core, desk_file: DeskFile):
    one, two = desk_file.order(), desk_file.order(line(), line(1, 9_900, "CHG-1", "充电器"))
    with write(core.store.conn) as conn:
        for number, waybill in ((one, "YT1"), (two, "YT2"), (two, "YT3")):
            conn.execute(
                "INSERT INTO shipment SELECT desk_id, id, ?, '圆通', ?, '1', 1, 0, x'' FROM orders"
                " WHERE number = ?",
                (int(waybill[-1]), waybill, number),
            )
    cases = [core.do(Open(Kind.INQUIRY, number)).case for number in (one, two)]
    assert told(core, cases[0], "carrier", "waybill", "product") == ["圆通", "YT1", "蓝牙耳机"]
    assert told(core, cases[1], "carrier", "waybill", "product") == ["", "", ""]


def test_a_case_without_an_order_claims_nothing_of_one(core: Core):
    case = core.do(Open(Kind.INQUIRY, order_hint="上周那单")).case
    names = ("order_number", "product", "quantity", "merchant", "return_address", "signed_at", "waybill")
    assert told(core, case, *names) == [""] * len(names)


def test_an_exchange_names_what_goes_out(core: Core, desk_file: DeskFile):
    with write(core.store.conn) as conn:
        conn.execute("INSERT INTO product VALUES (?, 'p', 'p', '蓝牙耳机 二代', '数码', 1)", (core.desk,))
        conn.execute("INSERT INTO variant VALUES (?, 'p', 'EAR-3', '白色', 1, 'CNY', 1)", (core.desk,))
    named = []
    for sku in ("", "EAR-3", "NEW-9"):
        case = core.do(Open(Kind.EXCHANGE, desk_file.order(), (LineQty(1, 1),))).case
        core.do(Approve(exchange_sku=sku), case.id)
        named += told(core, case, "exchange_product")
    assert named == ["蓝牙耳机", "蓝牙耳机 二代 白色", "NEW-9"]
    core.do(Receive(), case.id)
    core.do(Inspect((Graded(1, 1, "restock"),)), case.id)
    core.do(Reissue("中通", "ZT998877"), case.id)
    assert told(core, case, "reissue_waybill") == ["ZT998877"]


def test_an_address_given_with_the_approval_is_the_one_that_is_told(core: Core, desk_file: DeskFile):
    case = a_return(core, desk_file, merchant="mute")
    assert told(core, case, "return_address") == [""]
    core.do(Approve(address="浙江省宁波市北仑区1号"), case.id)
    assert told(core, case, "return_address") == ["浙江省宁波市北仑区1号"]


def test_nothing_of_the_customer_is_in_any_value(core: Core, desk_file: DeskFile):
    who = desk_file.customer("欧阳娜娜", phone="13912345678", email="nana@example.com")
    case = a_return(core, desk_file, customer=who)
    core.do(Approve(), case.id)
    for language, address in (("zh-Hans", "顾客"), ("zh-Hant", "顧客"), ("en", "customer")):
        values = told(core, case, *SLOTS, language=language)
        assert not any(
            part in value for value in values for part in ("欧阳", "娜", "1391", "nana@", "文三路")
        )
        assert told(core, case, "customer", language=language) == [address]


@given(st.text(max_size=40), st.text(alphabet=st.characters(codec=None), max_size=20))
def test_a_value_opens_no_slot_and_acts_on_nothing(body: str, value: str):
    sheet = Sheet.__new__(Sheet)  # no slot of these is the case's
    names = [name for name in slots(body) if name not in SLOTS]
    text, missing = fill(sheet, "".join(f"{{{name}}}。" for name in names), dict.fromkeys(names, value))
    assert set(missing) <= set(names)
    assert set(SLOT.findall(text)) == set(missing)
    assert not missing or not clean(value).text.strip()


def test_the_days_of_a_rule_are_written_as_its_language_does():
    law = ("样例法", "第八条")
    assert citation(*law, "", "", "zh-Hans") == "《样例法》第八条"
    assert citation(*law, "2020-01-02", "", "zh-Hant") == "《样例法》第八条（2020年1月2日起施行）"
    assert (
        citation("Sample Act", "", "2020-01-02", "2021-03-04", "en")
        == "Sample Act (in force from 2020-01-02 to 2021-03-04)"
    )
    assert written(date(2026, 10, 31), "zh-Hans") == "2026年10月31日"


def test_a_label_and_the_time_of_a_pick_up_are_told_once_the_carrier_has_taken_them(desk_file: DeskFile):
    core = desk_file.core("wang", policy=Policy(carriage=True))
    system = desk_file.core("system", policy=Policy(carriage=True))
    case = a_return(core, desk_file)
    core.do(Approve(), case.id)
    (label,) = core.do(RequestLabel(payer="merchant"), case.id).case.carrier_asks
    assert told(core, core.load(case.id)[0], "label", "pickup") == ["", ""]
    made = SettleCarrierAsk(label.id, "done", waybill="SF1234567890", label="https://l.example/1.pdf")
    system.do(made, case.id)
    asks = core.do(RequestPickup("明天", "09:00-11:00", payer="merchant"), case.id).case.carrier_asks
    system.do(SettleCarrierAsk(asks[1].id, "done"), case.id)
    now = core.load(case.id)[0]
    assert told(core, now, "label", "pickup") == ["https://l.example/1.pdf", "2026年11月3日 09:00-11:00"]
    core.do(ShipBack("顺丰", "SF1234567890"), case.id)
    assert told(core, core.load(case.id)[0], "label", "pickup") == ["", ""]
