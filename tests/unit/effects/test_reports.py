"""What becomes of a message after it left: what the gateway reports, and what the desk does when nobody was told."""

import json
from typing import Any

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.conversation import Recall, Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Close
from csdesk.effects.ports import Failed, Sent
from csdesk.effects.webhook import Answered, Doorman
from csdesk.effects.wire import sign
from csdesk.effects.worker import Worker
from csdesk.store.verify import verify
from tests.building import DAY, DeskFile
from tests.unit.effects.conftest import Outside

SECRET, PATH = b"a secret of desk and gateway", "/v1/intake"


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def doorman(desk_file: DeskFile) -> Doorman:
    return Doorman("gateway", SECRET, reports=True, now=lambda: desk_file.clock() / 1000)


@pytest.fixture
def case(core: Core, desk_file: DeskFile) -> Case:
    """A chat in which the agent has just answered; nothing has left yet."""
    who = desk_file.customer("张伟")
    case = core.do(Open(Kind.INQUIRY, channel="chat", summary="发货了吗", customer=who)).case
    return core.do(Reply("今天发出。"), case.id).case


def report(doorman: Doorman, core: Core, **told: Any) -> Answered:
    raw, stamp = json.dumps(told).encode(), str(int(doorman._now()))
    signed = {"X-Csdesk-Timestamp": stamp, "X-Csdesk-Signature": sign(SECRET, stamp, "POST", PATH, raw)}
    return doorman.answer(core, "POST", PATH, signed, raw)


def key_of(case: Case) -> str:
    return f"message:{case.messages[-1].id}"


def message(core: Core, case: Case) -> tuple[str, str]:
    said = core.load(case.id)[0].messages[-1]
    return said.state, said.why


def left(desk_file: DeskFile, worker: Worker) -> None:
    desk_file.clock.forward(seconds=11)
    worker.turn()


def test_what_was_sent_is_delivered_when_the_gateway_says_so_once_and_in_any_order(
    desk_file: DeskFile, core: Core, doorman: Doorman, case: Case, worker: Worker
):
    left(desk_file, worker)
    assert message(core, case)[0] == "sent"
    told = report(doorman, core, key=key_of(case), status="delivered")
    assert (told.status, told.document["again"]) == (200, False)
    assert message(core, case) == ("delivered", "")
    desk_file.clock.forward(seconds=1)
    for late in ("delivered", "failed"):
        told = report(doorman, core, key=key_of(case), status=late)
        assert (told.status, told.document["again"]) == (200, True)
        desk_file.clock.forward(seconds=1)
    assert message(core, case) == ("delivered", "")
    assert list(verify(core.store)) == []


def test_a_report_that_overtakes_the_workers_own_answer_counts_and_nothing_leaves_twice(
    desk_file: DeskFile, core: Core, doorman: Doorman, case: Case, worker: Worker, outside: Outside
):
    told: list[int] = []

    def overtaken(key: str) -> Sent:
        told.append(report(doorman, core, key=key_of(case), status="delivered").status)
        return Sent()

    outside.sends = overtaken
    left(desk_file, worker)
    left(desk_file, worker)
    assert (message(core, case)[0], told, len(outside.letters)) == ("delivered", [200], 1)


@pytest.mark.parametrize("made_up", ["message:" + "0" * 32, "message:x", "refund:1"])
def test_a_report_on_a_message_that_the_desk_does_not_know_is_refused(
    core: Core, doorman: Doorman, case: Case, made_up: str
):
    told = report(doorman, core, key=made_up, status="delivered")
    assert told.status == 422
    assert told.document["refused"] in ("no_such_message", "message_shape")
    assert message(core, case)[0] == "held"


def test_a_gateway_reports_on_no_mail_and_on_nothing_that_can_still_be_recalled(
    desk_file: DeskFile, core: Core, doorman: Doorman, case: Case
):
    assert report(doorman, core, key=key_of(case), status="delivered").document["refused"] == "not_sent_yet"
    desk_file.clock.forward(seconds=11)
    assert report(doorman, core, key=key_of(case), status="failed").document["refused"] == "not_sent_yet"
    core.do(Recall(), case.id)
    mailed = core.do(Reply("请查收邮件。", channel="email"), case.id).case
    desk_file.clock.forward(seconds=11)
    told = report(doorman, core, key=key_of(mailed), status="delivered")
    assert told.document["refused"] == "no_such_message"
    assert message(core, case)[0] == "held"


def test_a_gateway_that_delivers_while_it_is_asked_may_say_so(
    desk_file: DeskFile, core: Core, case: Case, worker: Worker, outside: Outside
):
    outside.sends = lambda key: Sent(delivered=True)
    left(desk_file, worker)
    assert message(core, case)[0] == "delivered"


# Nobody was told


def closed(core: Core, case: Case) -> Case:
    return core.do(Close(), case.id).case


def test_a_closed_case_comes_back_when_the_channel_could_not_send_its_notice(
    desk_file: DeskFile, core: Core, case: Case, worker: Worker, outside: Outside
):
    closed(core, case)
    outside.sends = lambda key: Failed("number_unknown", final=True)
    left(desk_file, worker)
    found = core.load(case.id)[0]
    assert (found.open, found.messages[-1].why) == (True, "number_unknown")
    assert found.reopened_at == desk_file.clock.now
    outside.sends = lambda key: Sent()
    core.do(Reply("换个渠道告诉您：今天发出。", channel="phone"), case.id)
    closed(core, case)
    left(desk_file, worker)
    assert [channel for *_, channel in outside.letters] == ["phone"]
    assert not core.load(case.id)[0].open
    assert list(verify(core.store)) == []


def test_a_closed_case_comes_back_when_the_gateway_reports_much_later_that_it_failed(
    desk_file: DeskFile, core: Core, doorman: Doorman, case: Case, worker: Worker
):
    closed(core, case)
    left(desk_file, worker)
    desk_file.clock.forward(ms=60 * DAY)
    told = report(doorman, core, key=key_of(case), status="failed", reason="user_left")
    assert told.status == 200
    assert message(core, case) == ("failed", "user_left")
    assert core.load(case.id)[0].open
