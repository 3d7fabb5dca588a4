"""Which case a message goes to that names one of ours: its own, or beside somebody else's, and what it then tells."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.desk.inbound import Attached, Inbound, Nature, Receipt, Sender
from csdesk.desk.intake.reading import document, parse, understood
from csdesk.desk.intake.receiving import receive
from csdesk.desk.intake.refusals import refusals, retry
from csdesk.domain.cases.arriving import Alike, Arrived, MessageMarked
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.events import EVENTS
from csdesk.domain.cases.shared import Close
from csdesk.store import cases
from csdesk.store.verify import verify
from tests.building import DAY, DeskFile
from tests.unit.domain.cases.play import make

PHONE, EMAIL = "13812345678", "zhang@example.com"
ZHANG = Sender(name="张伟", email=EMAIL)
THIEF = Sender(name="王五", email="thief@bad.example")


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


def message(id_: str, text: str = "请问什么时候退款", sender: Sender = ZHANG, **more: Any) -> Inbound:
    return Inbound(
        **{"source": "email", "id": id_, "channel": "email", "sender": sender, "text": text, **more}
    )


def case_of(core: Core, receipt: Receipt) -> Case:
    return core.load(core.case_id(receipt.number))[0]


def events(core: Core, receipt: Receipt, type_: str) -> list[Any]:
    past = cases.history(core.store.conn, core.desk, case_of(core, receipt).id, core.store.keys)
    return [one.event for one in past if isinstance(one.event, EVENTS[type_])]


@pytest.fixture
def first(core: Core) -> Receipt:
    """A case begun by mail."""
    return receive(core, message("1", "我要退货"))


def ours(core: Core, receipt: Receipt) -> str:
    """The id of a reply of ours on that case."""
    done = core.do(Reply("您好，请寄回。"), receipt.number)
    return done.case.messages[-1].id


@pytest.mark.parametrize("said", ["{}", "message:{}", " {} "])
def test_who_names_a_message_that_was_sent_to_them_is_heard_on_its_case(
    core: Core, first: Receipt, said: str
):
    named = said.format(ours(core, first))
    again = receive(core, message("2", "已寄出", reply_to=("0" * 32, named)))
    assert (again.number, again.began) == (first.number, False)
    assert [one.text for one in events(core, first, "message_received")] == ["已寄出"]


def test_a_proven_customer_is_heard_on_their_case_from_any_address(desk_file: DeskFile, core: Core):
    desk_file.customer("张伟", phone=PHONE, email=EMAIL)
    first = receive(core, message("1", sender=replace(ZHANG, proven=True)))
    named = ours(core, first)
    chat = Sender(phone=PHONE, external="u-1", proven=True)
    other = receive(core, message("2", "谢谢", chat, source="gw", channel="chat", reply_to=(named,)))
    assert (other.number, other.began) == (first.number, False)
    assert case_of(core, first).way == "chat"


@pytest.mark.parametrize("sender", [THIEF, replace(THIEF, proven=True), Sender(name="张伟", external="u-9")])
def test_who_names_a_message_sent_to_somebody_else_begins_a_case_and_learns_nothing(
    core: Core, first: Receipt, sender: Sender
):
    named, before = ours(core, first), case_of(core, first).version
    stolen = receive(core, message("2", "把钱退到这张卡", sender, reply_to=(named,)))
    assert (stolen.began, stolen.acknowledged, stolen.duplicates) == (True, True, ())
    assert stolen.number != first.number
    (arrived,) = events(core, stolen, "arrived")
    assert arrived.claim == "unproven"
    assert arrived.alike == (Alike(first.number, ("thread",)),)
    untouched, theirs = case_of(core, first), case_of(core, stolen)
    assert (untouched.version, theirs.links) == (before, ())
    assert theirs.customer != untouched.customer
    # The same message again says no more.
    assert receive(core, message("2", "把钱退到这张卡", sender, reply_to=(named,))).duplicates == ()
    assert list(verify(core.store)) == []


def test_a_forged_sender_is_not_heard_on_the_case_of_whom_it_names(core: Core, first: Receipt):
    forged = receive(core, message("2", reply_to=(ours(core, first),), marked=("forged_sender",)))
    assert forged.began
    (arrived,) = events(core, forged, "arrived")
    assert Alike(first.number, ("thread", "person")) in arrived.alike


def test_a_closed_case_is_offered_too_and_its_own_customer_reopens_it(core: Core, first: Receipt):
    named = ours(core, first)
    core.do(make("reject", override="材料不全"), first.number)
    core.do(Reply("结果：不予退货。"), first.number)
    core.do(Close(), first.number)
    stolen = receive(core, message("2", "我不同意", THIEF, reply_to=(named,)))
    (arrived,) = events(core, stolen, "arrived")
    assert arrived.alike[0] == Alike(first.number, ("thread",))
    assert not case_of(core, first).open
    receive(core, message("3", "我不同意", reply_to=(named,)))
    assert case_of(core, first).open


def test_a_report_is_offered_beside_nothing_even_by_its_message(core: Core):
    report = receive(core, message("1", "举报商家售假", kind="report", reason="other"))
    stolen = receive(core, message("2", "把举报人告诉我", THIEF, reply_to=(ours(core, report),)))
    (arrived,) = events(core, stolen, "arrived")
    assert arrived.alike == ()


def test_a_machine_that_answers_for_somebody_else_is_on_no_case(core: Core, first: Receipt):
    named = ours(core, first)
    away = message("2", "外出", THIEF, reply_to=(named,), nature=Nature.AUTOMATIC)
    assert receive(core, away).ignored == "automatic"
    assert receive(core, replace(away, id="3", sender=ZHANG)).number == first.number


def test_a_message_that_names_one_of_nobodys_is_like_any_other(core: Core):
    receipt = receive(core, message("1", reply_to=("message:nope", "", "<x@y>")))
    assert events(core, receipt, "arrived")[0].claim == "new"


def test_an_answer_after_a_year_still_finds_its_case(desk_file: DeskFile, core: Core, first: Receipt):
    named = ours(core, first)
    desk_file.clock.forward(ms=365 * DAY)
    late = receive(core, message("2", "还没收到退款", reply_to=(named,), marked=("token_expired",)))
    assert (late.number, late.began) == (first.number, False)


# What was removed, or looked wrong


def shown(core: Core, receipt: Receipt) -> list[tuple[object, str | None]]:
    view = core.ask(q.ShowCase(receipt.number))
    return [(entry.detail["marks"], entry.text) for entry in view.timeline if entry.code == "message_marked"]


def test_what_was_marked_is_on_the_timeline_of_a_new_case_and_of_one_that_it_answers(core: Core):
    marked = ("program:invoice.exe", "media_differs:invoice.exe", "quote_cut")
    receipt = receive(
        core, message("1", marked=marked, attached=(Attached("invoice.exe", "application/pdf", 9, ""),))
    )
    assert [codes for codes, _ in shown(core, receipt)] == [("program", "media_differs", "quote_cut")]
    (kept,) = events(core, receipt, "message_marked")
    assert kept == MessageMarked(("program", "media_differs", "quote_cut"), "invoice.exe")
    receive(core, message("2", "好\u202e的", reply_to=(ours(core, receipt),)))
    assert [codes for codes, _ in shown(core, receipt)][1:] == [("signs_removed",)]


def test_a_message_without_marks_leaves_no_line(core: Core, first: Receipt):
    assert shown(core, first) == []


def test_marks_are_kept_with_what_was_refused(core: Core, first: Receipt):
    named = message("2", sender=Sender(), marked=("forged_sender",))
    refused = receive(core, named)
    assert refused.refused == "no_sender"
    assert parse(msgspec.json.encode(document(named)), "email", core.zone) == named
    assert [one.code for one in refusals(core)] == ["no_sender"]
    assert retry(core, refused.kept) is not None


def test_a_mark_that_nobody_knows_is_refused(core: Core):
    assert receive(core, message("1", marked=("all_good",))).refused == "bad_choice"
    with pytest.raises(Refused, match="message_shape"):
        understood({"id": "1", "channel": "chat", "marked": [7]}, "gw", core.zone)


def test_the_offered_thread_is_worded(core: Core, first: Receipt):
    stolen = receive(core, message("2", "把钱退到这张卡", THIEF, reply_to=(ours(core, first),)))
    (entry,) = [one for one in core.ask(q.ShowCase(stolen.number)).timeline if one.code == Arrived.type]
    assert entry.detail["alike"] == [(first.number, ("thread",))]
