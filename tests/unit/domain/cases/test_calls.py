"""A call is one entry of the conversation: it counts as what was said, keeps a promise, and takes a case up again."""

from dataclasses import replace

import pytest

from csdesk.domain.cases.calls import CallNoted
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.cases.conversation import SettleReply
from csdesk.domain.cases.events import Opened
from csdesk.domain.cases.kinds import run, sprout
from tests.unit.domain.cases.play import DAY, LI, SYSTEM, Play, make


def inquiry() -> Play:
    return Play(Kind.INQUIRY, None).begin()


def spoken(case: Case) -> list[tuple[str, str, str, bool]]:
    return [(m.direction, m.channel, m.state, m.call) for m in case.messages]


def test_a_call_to_the_customer_tells_the_result_and_a_missed_one_does_not():
    play = inquiry()
    play.do("note_call", call="out", result="no_answer", text="")
    assert (spoken(play.case), play.case.counters["calls_missed"]) == ([], 1)
    assert play.no("close") == "needs_notice"
    play.do("note_call", call="out", text="已告知明天退款到账")
    assert spoken(play.case) == [("out", "phone", "delivered", True)]
    assert "calls_missed" not in play.case.counters
    play.do("close")
    assert not play.case.open


def test_a_call_that_reached_the_customer_keeps_a_promised_call():
    play = inquiry()
    play.do("promise_callback")
    assert make("note_call").suggest(play.case)["call"] == "out"
    play.do("note_call", call="out", result="no_answer")
    assert any(clock.name == "callback" for clock in play.case.clocks)
    play.do("note_call", call="out")
    assert not any(clock.name == "callback" for clock in play.case.clocks)


def test_a_call_with_somebody_else_is_kept_and_answers_nobody():
    play = inquiry()
    play.do("note_call", whom="carrier", text="快递员称放在驿站")
    assert [type(one) for one in play.groups[-1][4]] == [CallNoted]
    assert (play.case.messages, play.case.way) == ((), "phone")
    assert play.no("close") == "needs_notice"


def test_whoever_calls_about_a_closed_case_takes_it_up_again_and_later_begins_a_follow_up():
    play = inquiry()
    play.do("reply")
    play.do("close")
    closed = play.case
    play.do("note_call", call="in")
    assert play.case.open
    late = play.context()
    late = replace(late, now=closed.closed_at + (Policy().reopen_days + 1) * DAY)
    call = make("note_call", call="in")
    assert [one.type for one in run(closed, call, late).events] == ["linked"]
    child = sprout(closed, call, late, "7K3M9QX5")
    assert child is not None
    assert [type(one) for one in child.events if isinstance(one, Opened | CallNoted)] == [Opened, CallNoted]
    assert [m.call for m in child.case.messages] == [True]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"text": " "}, "empty_text"),
        ({"call": "up"}, "bad_choice"),
        ({"whom": "neighbour"}, "bad_choice"),
        ({"result": "maybe"}, "bad_choice"),
    ],
)
def test_what_is_no_note_of_a_call_is_refused(data: dict[str, object], code: str):
    assert inquiry().no(make("note_call", **data)) == code


def test_a_call_is_no_reply_that_an_undo_could_take_back():
    play = inquiry()
    play.do("reply", LI)
    play.do("note_call", LI, call="out")
    with pytest.raises(Refused, match="undo_none"):
        play.undo(LI)
    play.do("recall", LI)
    assert [m.state for m in play.case.messages] == ["recalled", "delivered"]


def test_answers_go_where_the_customer_wrote_last_unless_the_agent_says_otherwise():
    play = inquiry()
    assert play.case.way == "phone"
    play.do("hear", channel="chat")
    play.do("note_call", call="in")
    play.do("reply")
    play.do("hear", channel="email")
    play.do("reply")
    play.do("reply", channel="app")
    play.do("acknowledge_message", SYSTEM)
    assert [m.channel for m in play.case.messages if m.direction == "out"] == [
        "chat",
        "email",
        "app",
        "email",
    ]
    assert play.no("reply", channel="fax") == "unknown_channel"


# The only notice of a result that fails: nobody was told.


def settle(play: Play, message: str, state: str, reason: str = "") -> None:
    play.do(SettleReply(message, state, reason), SYSTEM)


def closed() -> tuple[Play, str]:
    play = inquiry()
    play.do("reply")
    play.do("close")
    return play, play.case.messages[-1].id


@pytest.mark.parametrize("state", ["queued", "sent"])
def test_a_closed_case_whose_only_notice_fails_comes_back_however_late(state: str):
    play, notice = closed()
    settle(play, notice, state)
    play.now += 400 * DAY
    settle(play, notice, "failed", "bounced 5.1.1")
    case = play.case
    assert (case.open, case.reopened_at) == (True, play.now)
    assert case.clocks or case.phase.value == "ours"
    assert play.no("close") == "needs_notice"
    play.do("note_call", call="out", text="电话告知处理结果")
    play.do("close")


def test_a_closed_case_stays_closed_while_another_notice_tells_it_or_nobody_is_left_to_tell():
    play = inquiry()
    play.do("reply")
    play.do("reply")
    play.do("close")
    first, second = (m.id for m in play.case.messages)
    settle(play, first, "failed", "no_address")
    assert not play.case.open
    settle(play, second, "failed", "erased")
    assert not play.case.open


def test_the_notice_that_goes_with_the_end_is_the_one_that_must_arrive():
    play = Play(Kind.RETURN).begin()
    play.do("reply")
    settle(play, play.case.messages[-1].id, "sent")
    play.now += DAY
    play.do("withdraw")
    play.now += DAY
    settle(play, play.case.messages[-1].id, "failed", "bounced 5.1.1")
    assert play.case.open


def test_a_receipt_that_fails_brings_nothing_back():
    play = inquiry()
    play.do("acknowledge_message", SYSTEM)
    play.do("reply")
    play.do("close")
    settle(play, play.case.messages[0].id, "failed", "no_address")
    assert not play.case.open


def test_goods_that_are_anothers_by_then_leave_the_case_closed_and_begin_a_follow_up():
    goods = Play(Kind.RETURN).begin()
    goods.do("withdraw")
    goods.others(1, claimed=2)
    failed = SettleReply(goods.case.messages[-1].id, "failed", "bounced 5.1.1")
    ctx = goods.context(SYSTEM)
    decided = run(goods.case, failed, ctx)
    assert ([one.type for one in decided.events], decided.case.open) == (["reply_settled", "linked"], False)
    child = sprout(goods.case, failed, ctx, "7K3M9QX5")
    assert child is not None
    assert (child.case.kind, child.case.links) == (Kind.INQUIRY, (("follows", goods.case.id),))
