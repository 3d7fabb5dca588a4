"""What is said to a customer: what stops it, what a person must confirm, and what passes; for every door."""

from dataclasses import replace

import pytest

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain import ids
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.conversation import slots as open_slots
from csdesk.domain.cases.events import Graded, ReplyHeld
from csdesk.domain.cases.goods import Approve, Inspect, Receive, Reject
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from csdesk.interop import knowledge
from csdesk.interop.shipped import load_knowledge
from csdesk.resources import path
from csdesk.store import cases
from csdesk.store.connection import write
from csdesk.store.library import Article, Canned, put_articles, put_canned
from csdesk.store.library_forbidden import Forbidden, put_forbidden
from tests.building import DeskFile, line

FORBIDDEN = knowledge.load_forbidden(path("data/knowledge/forbidden.toml"))
CANNED = knowledge.load_canned(path("data/knowledge/canned.toml"))


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    """An agent of a desk with the knowledge that ships."""
    core = desk_file.core("wang")
    load_knowledge(core.store)
    return core


@pytest.fixture
def opened(core: Core, desk_file: DeskFile) -> Case:
    """A return of two headphones."""
    number = desk_file.order(
        line(2, 39_800),
        customer=desk_file.customer("欧阳明月", phone="13912345678", email="ming@example.com"),
    )
    case = core.do(Open(Kind.RETURN, number, (LineQty(1, 2),))).case
    core.ask(q.Hold(case.id))
    return case


def found(
    core: Core,
    case: Case,
    text: str,
    *,
    canned: tuple[str, ...] = (),
    articles: tuple[str, ...] = (),
    language: str = "",
):
    return core.ask(q.CheckReply(case.id, text, canned, articles, language))


def told(core: Core, case: Case, text: str) -> list[tuple[str, str]]:
    return [(one.name, one.severity) for one in found(core, case, text)]


def refused(core: Core, case: Case, reply: Reply) -> Refused:
    with pytest.raises(Refused) as stop:
        core.do(reply, case.id)
    assert core.load(case.id)[0].messages == (), "what is refused leaves nothing"
    return stop.value


def events(core: Core, case: Case) -> list[ReplyHeld]:
    past = cases.history(core.store.conn, core.desk, case.id)
    return [p.event for p in past if isinstance(p.event, ReplyHeld)]


# Phrases


@pytest.mark.parametrize("rule", FORBIDDEN, ids=lambda rule: rule.code)
def test_every_forbidden_phrase_stops_a_reply_however_it_is_written(
    core: Core, opened: Case, rule: knowledge.Forbidden
):
    for language, phrases in rule.phrases.items():
        for phrase in phrases:
            wide = phrase.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})
            gaps = phrase.replace(" ", "  ") if language == "en" else "\u200b ".join(phrase)
            for written in (phrase, phrase.upper(), wide, gaps):
                text = f"Dear customer: {written}" if language == "en" else f"您好，{written}。"
                first = found(core, opened, text)[0]
                told = (first.code, first.severity, first.name)
                assert told == ("forbidden_phrase", "block", f"phrase.{rule.code}"), written
                assert text[first.start : first.end].strip("。 ") and first.because and first.instead
        assert refused(core, opened, Reply(phrases[0])).code == "forbidden_phrase"


def test_why_is_told_in_the_readers_language_and_what_to_say_in_that_of_the_phrase(core: Core, opened: Case):
    (one,) = found(core, opened, "我們保證退款", language="en")
    assert one.because == "No refund may be promised before it is decided"
    assert one.instead == "退款申請我已經提交審核，有結果馬上告訴您。"
    assert one.unless == ("refund_decided", "refund_confirmed")


def test_a_phrase_may_be_said_once_its_guard_holds(core: Core, opened: Case):
    text = "您好，保证退款。"
    assert told(core, opened, text) == [("phrase.refund_guaranteed", "block")]
    core.do(Approve(), opened.id)
    core.do(Receive(), opened.id)
    core.do(Inspect((Graded(1, 2, "restock"),)), opened.id)
    core.do(PayBack(), opened.id)
    assert found(core, opened, text) == []
    assert core.do(Reply(text), opened.id).case.messages[-1].state == "held"


def test_a_denied_phrase_is_asked_about_and_the_answer_is_kept(core: Core, opened: Case):
    text = "您好，审核之前我不能保证退款。"
    assert told(core, opened, text) == [("phrase.refund_guaranteed", "confirm")]
    stop = refused(core, opened, Reply(text))
    assert (stop.code, stop.detail) == ("needs_confirming", {"names": ("phrase.refund_guaranteed",)})
    core.do(Reply(text, confirmed=("phrase.refund_guaranteed",)), opened.id)
    assert [event.confirmed for event in events(core, opened)] == [("phrase.refund_guaranteed",)]


def test_confirming_does_not_unlock_what_is_blocked(core: Core, opened: Case):
    assert (
        refused(core, opened, Reply("保证退款", confirmed=("phrase.refund_guaranteed",))).code
        == "forbidden_phrase"
    )


def test_a_desk_with_its_own_list_goes_by_that_at_once(core: Core, opened: Case):
    own = Forbidden("slang", "zh-Hans", "P01", (), "不用网络用语", "请稍等。", ("亲亲",))
    with write(core.store.conn):
        put_forbidden(core.store, [own])
    assert told(core, opened, "亲 亲，保证退款") == [("phrase.slang", "block")]
    load_knowledge(core.store)
    assert told(core, opened, "亲亲，保证退款") == [("phrase.refund_guaranteed", "block")]


# Blanks, guards


def test_a_blank_stops_a_reply_and_is_found_in_its_place(core: Core, opened: Case):
    (one,) = found(core, opened, "您好，{运单号}已登记")
    assert (one.code, one.severity, one.start, one.end, one.what) == ("blank_slot", "block", 3, 8, "运单号")
    assert refused(core, opened, Reply("您好，{运单号}已登记")).code == "slot_missing"


def test_a_canned_reply_whose_guard_does_not_hold_is_refused_at_every_door(core: Core, opened: Case):
    text = "您好，订单的退款已退回微信。"
    stop = refused(core, opened, Reply(text, "C13"))
    assert (stop.code, stop.detail["guard"]) == ("guard_unmet", "refund_confirmed")
    assert (
        Words("zh-Hans", core.zone).refused(stop)
        == "话术“退款已发出，银行入账时间”现在不能用，条件不满足：退款已发出并确认"
    )
    # Neither does it help to name another one last.
    assert refused(core, opened, Reply(text, "C04", also=("C13",))).code == "guard_unmet"


def test_what_only_a_person_knows_is_asked_once_and_then_known(core: Core, opened: Case):
    core.do(Reject("not_intact", "P05", override="主管已核"), opened.id)
    with write(core.store.conn):
        put_canned(
            core.store,
            [Canned("X", "扣款说明", "您好。", guards=("duplicate_capture", "identity_verified"))],
            1,
        )
    stop = refused(core, opened, Reply("您好", "X", confirmed=("guard.coupon_used",)))
    assert stop.code == "guard_unmet"  # the order shows that nothing was taken twice
    with write(core.store.conn):
        put_canned(core.store, [Canned("Y", "核身", "您好。", guards=("identity_verified",))], 1)
    assert refused(core, opened, Reply("您好", "Y")).detail == {"names": ("guard.identity_verified",)}
    core.do(Reply("您好", "Y", confirmed=("guard.identity_verified", "guard.decided")), opened.id)
    assert events(core, opened)[-1].confirmed == ("guard.identity_verified",), (
        "no more is kept than was asked"
    )
    assert found(core, opened, "您好", canned=("Y",)) == []


def test_the_timeline_says_what_was_confirmed(core: Core, opened: Case):
    core.do(Reply("请加13800138000联系", confirmed=("personal.phone",)), opened.id)
    entry = next(e for e in core.ask(q.ShowCase(opened.id)).timeline if e.code == "reply_held")
    assert "已核实 电话号码" in Words("zh-Hans", core.zone).entry(entry)


# Personal data


def test_the_customers_own_number_is_a_warning_and_nothing_more(core: Core, opened: Case):
    assert told(core, opened, "您的手机 139 1234 5678 收到了吗") == [("personal.phone", "warn")]
    assert told(core, opened, "发到 MING@example.com") == [("personal.email", "warn")]
    core.do(Reply("您的手机13912345678收到了吗"), opened.id)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("请拨打 138-0013-8000", "phone"),
        ("请拨打 １３８００１３８０００", "phone"),
        ("+8613800138000", "phone"),
        ("发到 li@example.cn", "email"),
        ("身份证 11010519491231002X", "identity"),
        ("卡号 6222 0213 0400 5675 124", "card"),
        ("收件人：司马相如，请核对", "name"),
        ("司马相如先生也买过", "name"),
        ("订单 W990001 也是这样", "order_number"),
        ("#w99-0001", "order_number"),
    ],
)
def test_what_belongs_to_somebody_else_must_be_confirmed(
    core: Core, opened: Case, desk_file: DeskFile, text: str, name: str
):
    other = desk_file.customer("司马相如", phone="13700137000")
    desk_file.order(number="W990001", customer=other)
    (one,) = found(core, opened, text)
    assert (one.name, one.severity, one.code) == (f"personal.{name}", "confirm", "personal_data")
    assert one.what not in text or name in ("name",) or "*" in one.what, "what is shown of it is masked"
    assert refused(core, opened, Reply(text)).detail == {"names": (f"personal.{name}",)}


@pytest.mark.parametrize("entropy", [18876903377, 1], ids=["letters", "digits"])
def test_a_case_of_another_customer_is_somebody_elses(
    core: Core, opened: Case, desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, entropy: int
):
    body = ids.make_body(entropy)
    assert any(sign.isdigit() for sign in body) == (entropy == 1)
    monkeypatch.setattr(ids, "make_body", lambda _: body)
    other = core.do(Open(Kind.INQUIRY, desk_file.order())).case
    assert told(core, opened, f"参见 {core.number(other)}") == [("personal.case_number", "confirm")]
    assert told(core, opened, f"您的工单 {core.number(opened)}") == []


@pytest.mark.parametrize(
    "text",
    [
        "退款 ¥1,398.00 将在 2026年11月9日 前到账",
        "客服热线 400-820-8820",
        "订单 {order}",
        "快递单号 SF1234567890123",
        "2026-11-02 10:00",
        "请寄到广东省深圳市南山区科苑路2号 退货仓",
        "顾客您好，收件人请填店铺名",
        "先生您好",
        "满300减50，共3件",
        "12315",
        "编号 10086",
    ],
)
def test_what_a_reply_usually_says_is_nobodys_data(core: Core, opened: Case, text: str):
    assert found(core, opened, text.replace("{order}", opened.order_number)) == []


def test_the_merchants_own_number_may_be_said(core: Core, opened: Case):
    with write(core.store.conn) as conn:
        conn.execute(
            "UPDATE merchant SET return_address = '深圳科苑路2号 王师傅 13600136000' WHERE id = 'shop'"
        )
    assert found(core, opened, "请寄：深圳科苑路2号 王师傅 136 0013 6000") == []


def test_a_text_full_of_numbers_is_not_looked_up_without_end(core: Core, opened: Case):
    text = " ".join(f"W{n}" for n in range(100_000, 100_700))
    assert found(core, opened, text) == []


# Articles


def test_an_article_out_of_force_is_asked_about_in_its_place(core: Core, opened: Case):
    law = Article("OLD", "样例法", "第八条", "可以。", 8, effective_to="2026-11-01")
    with write(core.store.conn):
        put_articles(core.store, [law, replace(law, external_id="NEW", effective_to="")], 1)
    text = "依据《样例法》第八条，可以。"
    (one,) = found(core, opened, text, articles=("OLD", "NEW", "GONE"))
    assert (one.name, one.severity, text[one.start : one.end]) == (
        "article.OLD",
        "confirm",
        "《样例法》第八条",
    )
    assert refused(core, opened, Reply(text, articles=("OLD",))).detail == {"names": ("article.OLD",)}


# What ships


@pytest.mark.parametrize("reply", CANNED.replies, ids=lambda reply: reply.id)
def test_no_shipped_reply_is_stopped_when_its_guards_hold(
    core: Core, opened: Case, reply: knowledge.CannedReply
):
    for language in LANGUAGES:
        filled = core.ask(
            q.FillCanned(reply.id, opened.id, tuple((name, "11月9日") for name in CANNED.slots), language)
        )
        assert not open_slots(filled.text)
        assert [
            one for one in found(core, opened, filled.text, articles=reply.articles) if one.severity != "warn"
        ] == []


def test_no_alternative_is_itself_a_finding(core: Core, opened: Case):
    for rule in FORBIDDEN:
        for language in LANGUAGES:
            assert found(core, opened, rule.instead[language]) == [], rule.code


def test_what_the_desk_sends_by_itself_passes_the_same_check(core: Core, opened: Case):
    codes = {f"notice.{state.name}" for machine in MACHINES.values() for state in machine.states}
    worded = {code for code in codes if Words("zh-Hans", core.zone).has(code)}
    ends = {
        edge.target
        for machine in MACHINES.values()
        for edge in machine.edges
        if edge.verb == "auto_close" and edge.target
    }
    assert {f"notice.{end}" for end in ends} <= worded
    for code in worded:
        for language in LANGUAGES:
            text = Words(language, core.zone)(code, number=core.number(opened), days=15)
            assert found(core, opened, text) == [], text


# The list of canned replies


def test_a_reply_with_a_guard_against_it_comes_last_and_says_why(core: Core, opened: Case):
    hits = core.ask(q.SearchCanned(case=opened.id, limit=40))
    against = [bool(hit.unmet) for hit in hits]
    assert against == sorted(against) and any(against) and not all(against)
    by_id = {hit.id: hit for hit in hits}
    assert by_id["C13"].unmet == ("refund_confirmed",) and not by_id["C13"].fits
    assert by_id["C09"].unsure == ("excluded_confirmed_unsuitable", "confirmation_record")
    filled = core.ask(q.FillCanned("C13", opened.id))
    assert (filled.unmet, filled.unsure) == (("refund_confirmed",), ())
    assert core.ask(q.SearchCanned("tkyf", opened.id))[0].id == "C13", "its very shortcut still finds it"
