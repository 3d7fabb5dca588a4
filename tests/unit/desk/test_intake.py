"""Messages from outside: each once, to the right case, of the right person, and nothing of anybody else shown."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.desk.inbound import Attached, Inbound, Nature, Receipt, Sender
from csdesk.desk.intake.reading import parse
from csdesk.desk.intake.receiving import MOST_ACKNOWLEDGED, Declined, receive, receive_all
from csdesk.desk.intake.refusals import give_up, refusals, retry
from csdesk.domain.cases.arriving import LinkCase
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.events import EVENTS
from csdesk.domain.cases.shared import Close
from csdesk.store import cases
from csdesk.store.verify import verify
from tests.building import DAY, DeskFile, line

PHONE, EMAIL, NAME = "13812345678", "zhang@example.com", "张伟"
KNOWN = Sender(phone="+86 138-1234-5678", proven=True)
CLAIMED = Sender(phone=PHONE)
STRANGER = Sender(name="王五", phone="13900000000", external="u-77")
STORY = "上周买的蓝牙耳机右边没有声音，重新配对了好几次也不行，请尽快给个处理办法"


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def zhang(desk_file: DeskFile) -> str:
    return desk_file.customer(NAME, phone=PHONE, email=EMAIL)


def message(id_: str = "m-1", text: str = "我要退货", sender: Sender = STRANGER, **more: Any) -> Inbound:
    return Inbound(**{"source": "gw", "id": id_, "channel": "chat", "sender": sender, "text": text, **more})


def case_of(core: Core, receipt: Receipt) -> Case:
    return core.load(core.case_id(receipt.number))[0]


def events(core: Core, receipt: Receipt, type_: str) -> list[Any]:
    past = cases.history(core.store.conn, core.desk, case_of(core, receipt).id, core.store.keys)
    return [one.event for one in past if isinstance(one.event, EVENTS[type_])]


def count(core: Core, table: str) -> int:
    found: int = core.store.conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return found


def test_a_message_becomes_a_case_with_a_receipt_its_clocks_and_an_acknowledgement(core: Core):
    receipt = receive(core, message())
    case = case_of(core, receipt)
    assert (receipt.kind, receipt.queue, receipt.began, receipt.again) == ("return", "returns", True, False)
    assert receipt.due == case.due > core.now()
    assert {clock.clock for clock in receipt.clocks} == {clock.label for clock in case.clocks}
    (told,) = events(core, receipt, "reply_held")
    assert (told.canned, told.channel, told.until) == ("notice.received", "chat", core.now())
    assert receipt.acknowledged
    assert list(verify(core.store)) == []


def test_the_same_message_again_is_the_same_receipt_and_nothing_new(core: Core):
    first = receive(core, message())
    before = count(core, "event")
    assert receive(core, message()) == replace(first, again=True)
    assert count(core, "event") == before
    assert count(core, "cases") == 1


def test_the_same_id_from_another_source_is_another_message(core: Core):
    assert receive(core, message()).number != receive(core, message(source="app")).number


def test_the_same_id_with_other_words_is_refused_and_kept(core: Core):
    receive(core, message())
    receipt = receive(core, message(text="别的话"))
    assert (receipt.refused, receipt.number) == ("id_reused", "")
    assert [(one.id, one.code) for one in refusals(core)] == [(receipt.kept, "id_reused")]
    assert count(core, "cases") == 1


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (message(channel="fax"), "unknown_channel"),
        (message(sender=Sender()), "no_sender"),
        (message(sender=Sender(name="王五")), "no_sender"),
        (message(text=" \n\x00\u200b"), "empty_text"),
        (message(text="x" * 10_000_000), "text_too_long"),
        (message(id_=""), "message_lacks"),
        (message(id_="a\x00b"), "message_name"),
        (message(kind="refund"), "bad_choice"),
        (message(kind="return", reason="no_such"), "bad_choice"),
        (message(reason="quality"), "reason_without_kind"),
        (message(thread="RT-0000-0000"), "no_such_case"),
    ],
)
def test_what_cannot_be_taken_leaves_nothing_but_its_own_copy(core: Core, bad: Inbound, code: str):
    receipt = receive(core, bad)
    assert receipt.refused == code
    assert [count(core, table) for table in ("cases", "event", "inbound", "customer")] == [0, 0, 0, 0]
    assert [one.kept for one in refusals(core)] == [len(bad.text) < 1_000_000]


def test_a_null_byte_and_an_escape_never_reach_the_case(core: Core):
    receipt = receive(core, message(text="我要退货\x00\x1b]52;c;aGk=\x07 谢谢"))
    (opened,) = events(core, receipt, "opened")
    assert "\x1b" not in opened.summary
    assert "\x00" not in opened.summary
    assert opened.summary.startswith("我要退货")


def test_a_proven_sender_is_joined_to_the_record_and_the_order(desk_file: DeskFile, core: Core, zhang: str):
    number = desk_file.order(line(1), customer=zhang)
    receipt = receive(core, message(text=f"订单 {number.lower()} 七天无理由退货", sender=KNOWN))
    case = case_of(core, receipt)
    assert (case.customer, case.order_number, case.order != "") == (zhang, number, True)
    assert [(one.line, one.asked) for one in case.lines] == [(1, 1)]
    assert case.reason == "no_reason"
    (found,) = events(core, receipt, "arrived")
    assert (found.claim, found.sorted) == ("proven", "words")


def test_units_that_somebody_must_choose_leave_the_order_as_a_hint(
    desk_file: DeskFile, core: Core, zhang: str
):
    number = desk_file.order(line(2), line(1, sku="B"), customer=zhang)
    case = case_of(core, receive(core, message(text=f"{number} 我要退货", sender=KNOWN)))
    assert (case.customer, case.order, case.order_number, case.lines) == (zhang, "", number, ())


def test_an_order_of_somebody_else_is_never_joined(desk_file: DeskFile, core: Core, zhang: str):
    number = desk_file.order(
        line(1), customer=desk_file.customer("李四", phone="13711112222", email="li@x.cn")
    )
    receipt = receive(core, message(text=f"{number} 我要退货", sender=KNOWN))
    case = case_of(core, receipt)
    assert (case.customer, case.order) == (zhang, "")
    assert events(core, receipt, "arrived")[0].order_seen == number


@pytest.mark.parametrize(
    "sender", [CLAIMED, Sender(email=EMAIL.upper()), Sender(external="u-1", phone=PHONE, email=EMAIL)]
)
def test_an_unproven_sender_gets_nothing_of_the_customer_he_says_to_be(
    desk_file: DeskFile, core: Core, zhang: str, sender: Sender
):
    number = desk_file.order(line(1), customer=zhang)
    theirs = receive(core, message("own", f"{number} 我要退货，收到就碎了", KNOWN))
    receipt = receive(core, message("fake", f"{number} 我要退货，请把钱退到我卡上", sender))
    case = case_of(core, receipt)
    assert case.customer != zhang
    assert (case.order, case.lines, case.order_number) == ("", (), number)
    assert receipt.duplicates == ()
    (found,) = events(core, receipt, "arrived")
    assert found.claim == "unproven"
    assert {one.number: set(one.why) for one in found.alike}[theirs.number] >= {"claimed"}
    view = core.ask(q.ShowCase(receipt.number))
    shown = msgspec.json.encode(
        [view.person, view.order, view.others, [e.detail for e in view.timeline]]
    ).decode()
    for secret in (NAME, "张*", "文三路", "杭州"):
        assert secret not in shown
    assert not {row.id for row in view.others}


def test_where_answers_to_a_claim_go_cannot_be_changed_by_a_later_message(core: Core):
    first = case_of(core, receive(core, message("1", "我要退货", Sender(email="a@x.cn"))))
    second = receive(core, message("2", "我要退货，电话换了", Sender(email="a@x.cn", phone="13955556666")))
    assert core.store.people.open(first.customer).phone == ""  # type: ignore[union-attr]
    assert case_of(core, second).customer != first.customer


def test_a_flood_of_claims_does_not_hide_the_customer_they_name(core: Core, zhang: str):
    receive_all(core, [message(f"f{n}", "在吗", Sender(external=f"x{n}", phone=PHONE)) for n in range(60)])
    assert case_of(core, receive(core, message(sender=KNOWN))).customer == zhang
    assert core.store.people.find(PHONE, 5)[0] == zhang


def test_a_shared_telephone_is_nobodys_until_the_order_tells(desk_file: DeskFile, core: Core, zhang: str):
    other = desk_file.customer("张母", phone=PHONE, email="mother@example.com")
    number = desk_file.order(line(1), customer=other)
    receipt = receive(core, message("1", "快递到哪了", KNOWN))
    assert case_of(core, receipt).customer not in (zhang, other)
    assert events(core, receipt, "arrived")[0].claim == "several"
    assert case_of(core, receive(core, message("2", f"{number} 快递到哪了", KNOWN))).customer == other


def test_a_new_proven_sender_is_known_from_then_on(core: Core):
    sender = replace(KNOWN, phone="13600001111")
    first, second = (case_of(core, receive(core, message(n, "我要退货", sender))) for n in "12")
    assert first.customer == second.customer


@pytest.mark.parametrize("nature", [Nature.AUTOMATIC, Nature.BOUNCE])
def test_a_machine_opens_nothing_is_not_answered_and_reopens_nothing(core: Core, nature: Nature):
    alone = receive(core, message("1", "自动回复：外出", nature=nature))
    assert (alone.number, alone.ignored, alone.refused) == ("", nature.value, "")
    assert receive(core, message("1", "自动回复：外出", nature=nature)) == replace(alone, again=True)
    assert count(core, "cases") == 0
    filed = receive(core, message("2", "快递到哪了"))
    core.do(Reply("您好，明天送到。"), filed.number)
    core.do(Close(), filed.number)
    messages = len(case_of(core, filed).messages)
    answered = receive(core, message("3", "自动回复：外出", nature=nature, thread=filed.number))
    case = case_of(core, filed)
    assert (answered.number, answered.began, answered.acknowledged) == (filed.number, False, False)
    assert (case.open, len(case.messages)) == (False, messages)
    assert events(core, filed, "machine_wrote")[0].nature == nature.value


def test_an_answer_by_any_channel_is_heard_on_its_case(core: Core):
    filed = receive(core, message("1", "快递到哪了"))
    heard = receive(core, message("2", "还有发票", thread=filed.number, channel="email", sender=Sender()))
    assert (heard.number, heard.began, heard.acknowledged) == (filed.number, False, False)
    case = case_of(core, filed)
    assert [(m.direction, m.channel) for m in case.messages] == [("out", "chat"), ("in", "email")]
    assert receive(
        core, message("2", "还有发票", thread=filed.number, channel="email", sender=Sender())
    ).again


def test_an_answer_to_a_closed_case_reopens_it_whoever_holds_it(desk_file: DeskFile, core: Core):
    filed = receive(core, message("1", "快递到哪了"))
    core.do(Reply("您好，明天送到。"), filed.number)
    core.do(Close(), filed.number)
    core.ask(q.Hold(filed.number))
    receive(desk_file.core("li"), message("2", "没送到", thread=filed.number))
    assert case_of(core, filed).open


def test_an_answer_to_an_old_case_opens_a_follow_up_and_says_so(desk_file: DeskFile, core: Core):
    filed = receive(core, message("1", "快递到哪了"))
    core.do(Reply("您好，明天送到。"), filed.number)
    core.do(Close(), filed.number)
    desk_file.clock.forward(days=40)
    later = receive(core, message("2", "又坏了", thread=filed.number))
    assert (later.began, later.acknowledged, later.number != filed.number) == (True, True, True)
    assert case_of(core, later).links == (("follows", case_of(core, filed).id),)
    assert receive(core, message("2", "又坏了", thread=filed.number)).number == later.number


def test_a_loop_of_machines_dies_though_every_message_is_kept(desk_file: DeskFile, core: Core):
    receipts = [receive(core, message(f"l{n}", f"第 {n} 次收到您的来信")) for n in range(9)]
    assert [one.acknowledged for one in receipts] == [True] * MOST_ACKNOWLEDGED + [False] * 4
    assert len({one.number for one in receipts}) == 9
    assert receive(core, message("else", "在吗", Sender(phone="13500000000"))).acknowledged
    desk_file.clock.forward(ms=DAY + 1)
    assert receive(core, message("next day", "在吗")).acknowledged


def test_duplicates_are_offered_by_order_person_and_words_and_merge_nothing(
    desk_file: DeskFile, core: Core, zhang: str
):
    number = desk_file.order(line(2), line(1, sku="B"), customer=zhang)
    first = receive(core, message("1", f"{number} {STORY}", KNOWN))
    worded = receive(core, message("2", STORY, Sender(phone="13711110000")))
    again = receive(core, message("3", f"{number} 在线等回复", KNOWN))
    (found,) = events(core, again, "arrived")
    assert {one.number: one.why for one in found.alike}[first.number] == ("order", "person")
    assert first.number in again.duplicates
    (found,) = events(core, worded, "arrived")
    assert {one.number: one.why for one in found.alike} == {first.number: ("words",)}
    assert count(core, "cases") == 3
    assert all(case_of(core, one).links == () for one in (first, worded, again))


def test_a_report_is_offered_beside_nothing_and_nothing_beside_it(core: Core):
    receive(core, message("1", "快递到哪了"))
    report = receive(core, message("2", "我要举报这家店卖假货"))
    assert report.kind == "report"
    assert report.duplicates == ()
    assert receive(core, message("3", "快递还没到")).duplicates != ()
    assert report.number not in receive(core, message("4", "快递还没到呢")).duplicates


def test_a_person_links_two_cases_and_both_say_so(core: Core):
    one, two = (receive(core, message(n, "快递到哪了")) for n in "12")
    core.do(LinkCase(two.number), one.number)
    first, second = case_of(core, one), case_of(core, two)
    assert (first.links, second.links) == ((("same_matter", second.id),), (("same_matter", first.id),))
    for wrong, code in (
        (two.number, "already_linked"),
        (one.number, "link_itself"),
        ("IQ-0000-0000", "no_such_case"),
    ):
        with pytest.raises(Refused, match=code):
            core.do(LinkCase(wrong), one.number)
    assert list(verify(core.store)) == []


def test_files_are_told_by_name_and_a_message_of_files_alone_is_one(core: Core):
    file = Attached("../发票\x1b[31m.pdf", "application/pdf", 1_200, "ab" * 32)
    receipt = receive(core, message(text="", attached=(file,)))
    (came,) = events(core, receipt, "files_came")
    assert (came.count, came.sha256) == (1, ("ab" * 32,))
    assert "/" not in came.files.split(" ")[0]
    assert "\x1b" not in events(core, receipt, "opened")[0].summary


def test_what_is_refused_is_sealed_and_can_be_tried_again_or_given_up(core: Core):
    bad = receive(core, message(text="我的号码 13812345678 请回电", thread="RT-0000-0000"))
    (kept,) = core.store.conn.execute("SELECT sealed FROM inbound_refused").fetchall()
    assert b"13812345678" not in kept[0]
    again = retry(core, bad.kept)
    assert isinstance(again, Declined)
    assert [one.times for one in refusals(core)] == [2]
    keys = count(core, "person_key")
    give_up(core, bad.kept)
    assert refusals(core) == []
    assert count(core, "person_key") == keys - 1
    with pytest.raises(Refused, match="no_such_refusal"):
        retry(core, bad.kept)


def test_a_refused_message_goes_through_once_its_reason_is_gone(core: Core, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as early:
        early.setattr("csdesk.desk.intake.reading.CHANNELS", ("phone",))
        bad = receive(core, message())
    taken = retry(core, bad.kept)
    assert isinstance(taken, Receipt)
    assert refusals(core) == []
    assert receive(core, message()) == replace(taken, again=True)


def test_only_who_may_work_takes_messages(desk_file: DeskFile):
    for call in (lambda c: receive(c, message()), refusals, lambda c: retry(c, "0")):
        check: Callable[[Core], object] = call
        with pytest.raises(Refused, match="no_right"):
            check(desk_file.core("sun"))


def test_a_batch_keeps_the_good_ones_around_a_bad_one(core: Core):
    receipts = receive_all(core, [message("1"), message("2", channel="fax"), message("3"), message("1")])
    assert [(one.number != "", one.refused, one.again) for one in receipts] == [
        (True, "", False),
        (False, "unknown_channel", False),
        (True, "", False),
        (True, "", True),
    ]
    assert list(verify(core.store)) == []


FEEDER = """
import sys
from csdesk.desk.core import Core
from csdesk.desk.inbound import Inbound, Sender
from csdesk.desk.intake.receiving import receive, receive_all
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.store.file import open_store
store = open_store(sys.argv[1])
core = Core(store, Actor("system", Role.SYSTEM))
sys.stdin.readline()
many = [Inbound("gw", f"m-{n}", "chat", Sender(phone=f"139{n:08}"), f"第 {n} 条：我要退货") for n in range(40)]
taken = receive_all(core, many) if sys.argv[2] == "many" else [receive(core, one) for one in many]
print(*(f"{one.number}:{one.again}" for one in taken))
store.close()
"""


def test_two_processes_with_the_same_messages_make_each_case_once(desk_file: DeskFile, core: Core):
    feeders = [
        subprocess.Popen(
            [sys.executable, "-c", FEEDER, str(desk_file.path), how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for how in ("many", "one")
    ]
    for feeder in feeders:
        assert feeder.stdin is not None
        feeder.stdin.write("go\n")
        feeder.stdin.flush()
    said = [feeder.communicate(timeout=120)[0].split() for feeder in feeders]
    pairs = [dict(one.split(":") for one in told) for told in said]
    assert [feeder.returncode for feeder in feeders] == [0, 0]
    assert list(pairs[0]) == list(pairs[1])
    assert len(pairs[0]) == count(core, "cases") == count(core, "inbound") == 40
    # Each message was new to exactly one of the two.
    assert all({pairs[0][number], pairs[1][number]} == {"True", "False"} for number in pairs[0])
    assert list(verify(core.store)) == []


@pytest.mark.parametrize(
    ("raw", "code", "name"),
    [
        (b"", "not_json", None),
        (b"[1]", "not_object", None),
        (b"[" * 100_000, "not_json", None),
        (b'{"id": "1", "id', "not_json", None),
        (b'{"id": "1", "channel": "chat", "texte": "x"}', "message_field", "texte"),
        (b'{"id": "1", "channel": "chat", "sender": {"proved": true}}', "message_field", "sender.proved"),
        (b'{"id": "1", "channel": "chat", "sender": {"proven": "yes"}}', "message_shape", "sender.proven"),
        (b'{"id": "1", "text": "x"}', "message_lacks", "channel"),
        (b'{"id": "1", "channel": "chat", "at": 1795000000}', "message_shape", "at"),
        (b'{"id": "1", "channel": "chat", "at": "tomorrow"}', "message_shape", "at"),
        (b'{"id": "1", "channel": "chat", "nature": "spam"}', "bad_choice", None),
        (b'{"id": "1", "channel": "chat", "text": 7}', "message_shape", "text"),
        (b'{"id": "1", "channel": "chat", "attached": [1]}', "message_shape", "attached"),
        (b" " * 1_100_000, "message_too_long", None),
    ],
)
def test_a_document_is_refused_by_the_name_of_what_is_wrong(
    core: Core, raw: bytes, code: str, name: str | None
):
    with pytest.raises(Refused) as refused:
        parse(raw, "gw", core.zone)
    assert refused.value.code == code
    if name is not None:
        assert refused.value.detail["name"] == name
    if code == "message_field":
        assert refused.value.detail["near"] in ("text", "sender.proven")


def test_a_document_says_all_that_a_message_has(core: Core):
    raw = (
        b'{"source": "app", "id": 4711, "channel": "app", "text": "hi", "order": 2611340, "at":'
        b' "2026-11-02T10:00:00", "sender": {"external": 9, "proven": true}, "reply_to": ["a"]}'
    )
    found = parse(raw, "gw", core.zone)
    assert (found.source, found.id, found.order, found.at) == ("app", "4711", "2611340", core.now())
    assert (found.sender, found.reply_to) == (Sender(external="9", proven=True), ("a",))
