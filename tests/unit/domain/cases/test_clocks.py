"""Clocks of a case: letters, promised calls, waits, the desk's own targets, and what each term counts from."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.desk.law.calendars import load_calendar
from csdesk.domain.cases.case import Case, Clock, Kind, Phase
from csdesk.domain.cases.clock_events import NoticeAnswered
from csdesk.domain.cases.clocks import CALLS
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.events import Breached
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.cases.machine import BESIDE, Machine, State, Term, register
from csdesk.domain.cases.shared import Breach
from csdesk.domain.clocks.clock import nearest
from csdesk.domain.clocks.counting import explain
from csdesk.domain.clocks.hours import office_hours
from csdesk.domain.clocks.sla import SlaPolicy
from csdesk.domain.clocks.times import PARTIES, Times
from csdesk.domain.roles import Role
from tests.unit.domain.cases.play import DAY, HOUR, LI, NOW, SYSTEM, WANG, ZONE, Play, qty

MINUTE = 60_000
POLICY = SlaPolicy(first_response=30, next_response=60, resolution=480, pauses_on=("customer",))
CHINA = load_calendar("CN")
ZHAO = Actor("zhao", Role.SUPERVISOR)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


def complaining(times: Times | None = None) -> Play:
    return Play(Kind.COMPLAINT, times=times or Times(lambda: CHINA)).begin(reason="service")


def office(**targets: SlaPolicy) -> Times:
    """Monday to Friday 9 to 12 and 13:30 to 18; targets for every kind unless said otherwise."""
    return Times(lambda: CHINA, office_hours((540, 720), (810, 1080)), targets or {"": POLICY})


def named(case: Case, name: str) -> Clock:
    (clock,) = [clock for clock in case.clocks if clock.name == name]
    return clock


def test_a_letter_sets_a_clock_from_the_day_it_came_until_it_is_answered():
    play = complaining()
    play.do("notice", received="2026-10-30", owner="chen", sender="court", note="传票")
    clock = named(play.case, "notice")
    assert (clock.basis, clock.ref, clock.owner) == ("notice", "12315-2026-0042", "chen")
    assert clock.due == ms("2026-11-11T00:00")  # 7 working days after Friday, the last one whole
    play.do("answer_notice", letter="12315-2026-0042")
    assert [clock.name for clock in play.case.clocks] == ["acknowledge"]


def test_a_letter_may_name_its_last_day_or_be_late_when_it_is_entered():
    play = complaining()
    play.do("notice", deadline="2026-11-20")
    play.do("notice", deadline="10月31日", received="2026-10-26", letter="B")
    dues = {clock.ref: clock.due for clock in play.case.clocks if clock.name == "notice"}
    assert dues == {"12315-2026-0042": ms("2026-11-21T00:00"), "B": ms("2026-11-01T00:00")}
    assert play.case.due == dues["B"]
    play.do(Breach("notice/B", dues["B"]), SYSTEM)
    play.do("answer_notice")
    answered, _ = play.stamps[-2]
    assert answered == NoticeAnswered("B", late=True)


def test_who_records_a_letter_answers_for_it_unless_somebody_is_named():
    play = complaining()
    play.do("notice", LI)
    assert named(play.case, "notice").owner == LI.id


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ({"letter": " "}, "bad_letter"),
        ({"deadline": "尽快"}, "bad_deadline"),
        ({"deadline": "0日"}, "bad_deadline"),
        ({"deadline": "2026-10-31"}, "bad_deadline"),
        ({"received": "2026-11-03"}, "bad_received"),
        ({"received": "上周"}, "bad_received"),
        ({"sender": "邻居"}, "bad_choice"),
    ],
)
def test_a_letter_that_cannot_be_read_sets_nothing(entered, code):
    assert complaining().no("notice", **entered) == code


def test_one_letter_is_recorded_once_and_several_run_at_once():
    play = complaining()
    play.do("notice")
    assert play.no("notice") == "notice_twice"
    play.do("notice", letter="B")
    assert play.no("answer_notice", letter="C") == "no_such_notice"
    assert len([clock for clock in play.case.clocks if clock.name == "notice"]) == 2


def test_a_letter_runs_on_whatever_state_the_case_goes_to():
    play = complaining()
    play.do("notice")
    letter = named(play.case, "notice")
    play.run("acknowledge", "ask_evidence")
    assert named(play.case, "notice") == letter
    assert letter.open_pause is None


def test_no_case_ends_while_a_letter_or_a_call_waits():
    play = Play(Kind.INQUIRY).begin()
    play.run("reply", "notice", "promise_callback")
    assert play.no("close") == "clock_open"
    play.run("answer_notice")
    assert play.no("close") == "clock_open"
    play.run("callback_done", "close")
    assert play.case.phase is Phase.DONE


def test_the_desk_ends_no_case_by_itself_while_a_letter_waits():
    play = Play(Kind.RETURN).begin()
    play.run("approve", "notice")
    term = named(play.case, "ship_back")
    play.now = term.due
    play.do(Breach("ship_back", term.due), SYSTEM)
    assert play.case.state == "approved_wait_ship"
    assert named(play.case, "notice")


def test_an_unpublished_year_is_flagged_on_the_clock():
    play = complaining()
    play.do("notice", deadline="60个工作日")
    assert [flag.year for flag in named(play.case, "notice").flags] == [2027]


def test_a_call_is_promised_once_and_never_for_the_past():
    play = complaining()
    assert play.no("promise_callback", at="09:59") == "callback_past"
    assert play.no("promise_callback", at="10:00") == "callback_past"
    assert play.no("promise_callback", at="下午") == "bad_call_time"
    assert play.no("callback_done") == "no_callback"
    play.do("promise_callback", at="15:00")
    clock = named(play.case, "callback")
    assert (clock.basis, clock.due, clock.owner) == ("promise", ms("2026-11-02T15:00"), WANG.id)
    assert play.case.due == clock.due
    assert play.no("promise_callback") == "callback_promised"


def test_a_call_that_reached_nobody_is_promised_again_or_given_up_after_three():
    play = complaining()
    play.do("promise_callback", at="15:00")
    assert play.no("callback_done", reached=False) == "callback_again"
    for hour in range(16, 16 + CALLS - 1):
        play.do("callback_done", reached=False, again=f"{hour}:00")
        assert named(play.case, "callback").due == ms(f"2026-11-02T{hour}:00")
    play.do("callback_done", reached=False)
    assert "callback" not in {clock.name for clock in play.case.clocks}


def test_a_missed_call_is_recorded_like_any_other_deadline():
    play = complaining()
    play.do("promise_callback", at="15:00")
    due = named(play.case, "callback").due
    play.now = due
    play.do(Breach("callback", due), SYSTEM)
    assert play.stamps[-1][0] == Breached("callback", due)


@pytest.mark.parametrize(
    ("verb", "undone"),
    [("notice", ()), ("promise_callback", ()), ("acknowledge", ("notice", "callback"))],
)
def test_an_undo_takes_back_its_own_clocks_and_leaves_those_that_came_since(verb, undone):
    play = complaining()
    before = play.case.clocks
    play.do(verb)
    for since in undone:
        play.do({"notice": "notice", "callback": "promise_callback"}[since], ZHAO)
    play.undo()
    assert {clock.name for clock in play.case.clocks} == {clock.name for clock in before} | set(undone)
    assert set(before) <= set(play.case.clocks)


def test_a_letter_is_recorded_while_somebody_else_works_on_the_case():
    play = complaining()
    play.do("notice", LI)
    assert all(event.commutes for event in play.groups[-1][4])


def test_targets_of_the_desk_stand_beside_the_clocks_of_the_state():
    play = complaining(office())
    found = {clock.name: clock.due for clock in play.case.clocks}
    assert found == {
        "first_response": NOW + 30 * MINUTE,
        "resolution": ms("2026-11-03T10:30"),  # 450 open minutes a day, from ten o'clock over lunch
        "acknowledge": NOW + 24 * HOUR,
    }
    assert {clock.basis for clock in play.case.clocks} == {"policy"}
    assert play.case.due == found["first_response"]


def test_without_targets_there_are_no_clocks_of_the_desk_and_no_calendar_is_read():
    def never():
        raise AssertionError("nobody asked for a calendar")

    play = complaining(Times(never))
    play.run("acknowledge", "reply", "hear")
    assert BESIDE.isdisjoint(clock.name for clock in play.case.clocks)


def test_a_kind_has_its_own_targets():
    play = complaining(office(**{"": POLICY, "complaint": SlaPolicy(first_response=15)}))
    assert {clock.name: clock.due for clock in play.case.clocks if clock.name in BESIDE} == {
        "first_response": NOW + 15 * MINUTE
    }


def test_a_person_answers_the_customer_and_a_receipt_sent_by_itself_does_not():
    play = complaining(office())
    play.do("reply", SYSTEM)
    assert named(play.case, "first_response")
    play.do("reply")
    assert "first_response" not in {clock.name for clock in play.case.clocks}
    play.do("recall")
    assert named(play.case, "first_response").due == NOW + 30 * MINUTE


def test_who_writes_again_waits_from_then_on():
    play = complaining(office())
    play.do("reply")
    play.now = ms("2026-11-02T11:30")
    play.do("hear")
    play.now += 10 * MINUTE
    play.do("hear")
    assert named(play.case, "next_response").due == ms("2026-11-02T14:00")
    play.do("promise_callback", at="13:40")
    play.do("callback_done")
    assert "next_response" not in {clock.name for clock in play.case.clocks}


def test_waiting_for_the_customer_stops_the_resolution_and_never_the_law():
    play = complaining(office())
    play.run("reply", "acknowledge")
    play.now += HOUR
    play.do("ask_evidence")
    resolution = named(play.case, "resolution")
    assert resolution.open_pause and resolution.open_pause.reason == "customer"
    assert play.case.due == named(play.case, "evidence").due
    play.now += 2 * DAY
    play.do("negotiate")
    # Two whole days of 450 open minutes each.
    assert named(play.case, "resolution").due == ms("2026-11-05T10:30")


def test_a_wait_ends_with_the_customers_word_or_by_hand():
    play = complaining(office())
    play.run("reply")
    play.do("pause_clocks")
    assert named(play.case, "resolution").open_pause
    assert play.no("pause_clocks") == "nothing_to_pause"
    play.now += HOUR
    play.do("hear")
    assert named(play.case, "resolution").due == ms("2026-11-03T11:30")
    assert play.no("resume_clocks") == "not_paused"
    play.do("pause_clocks")
    play.now += HOUR
    play.do("resume_clocks")
    assert named(play.case, "resolution").open_pause is None
    assert [p.reason for p in named(play.case, "resolution").pauses] == ["customer"] * 2


def test_a_party_that_no_clock_waits_for_pauses_nothing():
    assert complaining(office()).no("pause_clocks", party="merchant") == "nothing_to_pause"
    assert complaining(office()).no("pause_clocks", party="neighbour") == "bad_choice"
    assert complaining().no("pause_clocks") == "nothing_to_pause"


def test_what_the_state_waits_for_is_not_resumed_by_hand_or_by_a_message():
    play = complaining(office())
    play.run("reply", "acknowledge", "ask_evidence", "hear")
    assert named(play.case, "resolution").open_pause
    assert play.no("resume_clocks") == "not_paused"


def test_a_paused_clock_does_not_run_out():
    play = complaining(office())
    play.do("reply")
    due = named(play.case, "resolution").due
    play.do("pause_clocks")
    play.now = due + HOUR
    with pytest.raises(Refused) as refused:
        play.do(Breach("resolution", due), SYSTEM)
    assert refused.value.code == "clock_stopped"


def test_a_reopened_case_is_resolved_anew():
    play = Play(Kind.INQUIRY, times=office()).begin()
    play.run("reply", "close")
    play.now += DAY
    play.do("reopen")
    assert named(play.case, "resolution").started == play.now


def test_the_money_is_due_from_the_arrival_of_the_goods_and_rolls_over_days_off():
    play = Play(Kind.RETURN, times=Times(lambda: CHINA)).begin((1, 2))
    play.do("approve")
    play.now = ms("2026-11-08T10:00")
    play.do("receive", lines=())
    refund = named(play.case, "refund")
    assert (refund.basis, refund.started, refund.due) == ("law", play.now, ms("2026-11-17T00:00"))
    assert refund.articles == ("消法 §25(3)", "七日办法 §13")
    assert named(play.case, "refund_refusal").due == ms("2026-11-24T00:00")


def test_goods_that_came_before_an_appeal_are_counted_from_when_they_came():
    play = Play(Kind.RETURN, times=Times(lambda: CHINA)).begin((1, 1))
    play.run("approve", "ship_back", "receive")
    came = play.now
    play.now += DAY
    play.do("dispute", evidence=("P1",))
    play.do("settle_dispute", accepted=False)
    play.run("appeal")
    play.now += DAY
    play.do("approve")
    assert play.case.state == "received_inspecting"
    assert {clock.started for clock in play.case.clocks} == {came}


def test_the_fifteen_days_of_a_refusal_count_from_the_request():
    play = Play(Kind.INQUIRY).begin()
    asked = play.now
    play.now += 2 * DAY
    play.do("convert", kind=Kind.RETURN, lines=qty((1, 1)), reason="other")
    assert named(play.case, "refusal").started == asked


def test_a_machine_cannot_pause_the_law_or_take_a_name_that_runs_beside_it():
    for term in (Term("x", 1, "days", "law", pauses_on=("customer",)), Term("notice", 1, "days", "policy")):
        with pytest.raises(ValueError, match="cannot be kept as it is written"):
            register(Machine(Kind.RETURN, (State("s", Phase.OURS, (term,)),), ()))


def test_every_term_of_the_law_names_its_article():
    terms = [t for machine in MACHINES.values() for state in machine.states for t in state.terms]
    assert [term.name for term in terms if term.basis == "law" and not term.article] == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ("hear", "reply", "pause_clocks", "resume_clocks", "acknowledge", "ask_evidence", "negotiate")
        ),
        st.sampled_from(PARTIES),
        st.integers(0, 40 * 60),
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=80, deadline=None)
def test_no_sequence_of_waits_moves_a_clock_of_law_or_letter(steps):
    every = SlaPolicy(30, 60, 480, PARTIES)
    play = complaining(office(**{"": every}))
    play.do("notice", deadline="2026-12-31")
    fixed = named(play.case, "notice")
    for verb, party, minutes in steps:
        play.now += minutes * MINUTE
        try:
            play.do(verb, **({"party": party} if verb == "pause_clocks" else {}))
        except Refused:
            continue
        assert named(play.case, "notice") == fixed
        running = [clock.due for clock in play.case.clocks if clock.open_pause is None]
        assert play.case.due == min(running)
        first = nearest(play.case.clocks)
        assert first is not None and first.due == play.case.due
        for clock in play.case.clocks:
            assert not (clock.basis == "notice" and clock.pauses)
            told = explain(clock, play.times, ZONE)
            assert told and "set_before" not in {step.code for step in told}


@given(steps=STEPS)
@settings(max_examples=40, deadline=None)
def test_no_sequence_of_waits_moves_the_fifteen_days_of_a_return(steps):
    play = Play(Kind.RETURN, times=office(**{"": SlaPolicy(30, 60, 480, PARTIES)})).begin()
    law = named(play.case, "refusal")
    for verb, party, minutes in steps:
        play.now += minutes * MINUTE
        try:
            play.do(verb, **({"party": party} if verb == "pause_clocks" else {}))
        except Refused:
            continue
        assert law in play.case.clocks
