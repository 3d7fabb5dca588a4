"""First response, next response and resolution, computed from a case's timeline."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.domain.clocks.clock import Pause
from csdesk.domain.clocks.counting import resumed
from csdesk.domain.clocks.hours import BusinessTime, office_hours
from csdesk.domain.clocks.sla import Contact, SlaPolicy, Timeline, sla_clocks
from csdesk.domain.clocks.times import Times

MINUTE = 60_000
POLICY = SlaPolicy(
    first_response=30, next_response=60, resolution=480, pauses_on=("waiting_customer", "waiting_merchant")
)


@pytest.fixture(scope="module")
def office(cn, shanghai):
    return BusinessTime(office_hours((540, 720), (810, 1080)), cn, shanghai)


@pytest.fixture(scope="module")
def clocks(office, at):
    """The clocks by kind, of a timeline of `HH:MM who` on Monday 2 March 2026, opened at nine."""

    def computed(*contacts, pauses=(), resolved=None, policy=POLICY):
        said = tuple(Contact(at(f"2026-03-02T{text[:5]}"), text[6:]) for text in contacts)
        timeline = Timeline(
            at("2026-03-02T09:00"), said, pauses, at(f"2026-03-02T{resolved}") if resolved else None
        )
        return sla_clocks(policy, timeline, office)

    return computed


def times(office):
    """The same hours and calendar, as a case gets them."""
    return Times(lambda: office.calendar, office.hours)


def kinds(found, kind):
    return [clock for clock in found if clock.name == kind]


def test_the_first_response_is_the_first_word_of_an_agent(clocks, at):
    (first,) = kinds(clocks("09:05 customer", "09:29 agent", "09:40 agent"), "first_response")
    assert (first.due, first.stopped) == (at("2026-03-02T09:30"), at("2026-03-02T09:29"))
    assert first.state(at("2026-03-05T00:00")) == "met"
    (late,) = kinds(clocks("09:30 agent"), "first_response")
    assert late.state(at("2026-03-02T09:30")) == "breached"


def test_the_next_response_counts_from_the_first_unanswered_message(clocks, at):
    found = kinds(
        clocks(
            "09:10 agent", "10:00 customer", "10:30 customer", "10:50 agent", "11:00 agent", "11:30 customer"
        ),
        "next_response",
    )
    assert [(clock.started, clock.stopped) for clock in found] == [
        (at("2026-03-02T10:00"), at("2026-03-02T10:50")),
        (at("2026-03-02T11:30"), None),
    ]
    assert found[1].due == at("2026-03-02T14:00")  # over lunch


def test_what_the_customer_adds_before_the_first_answer_is_part_of_the_first_response(clocks):
    assert kinds(clocks("09:01 customer", "09:02 customer"), "next_response") == []


def test_the_resolution_waits_for_customer_and_merchant_but_the_responses_do_not(clocks, at):
    waiting = (Pause(at("2026-03-02T10:00"), at("2026-03-02T11:00"), "waiting_merchant"),)
    found = clocks("09:10 agent", "10:05 customer", pauses=waiting)
    assert kinds(found, "resolution")[0].due == at("2026-03-03T10:30")
    assert kinds(found, "next_response")[0].due == at("2026-03-02T11:05")
    assert kinds(found, "next_response")[0].pauses == ()


def test_a_reason_that_the_policy_does_not_name_pauses_nothing(clocks, at):
    lunch = (Pause(at("2026-03-02T10:00"), at("2026-03-02T11:00"), "lunch"),)
    assert kinds(clocks(pauses=lunch), "resolution") == kinds(clocks(), "resolution")


def test_a_resolution_stops_every_clock(clocks, at):
    found = clocks("09:10 agent", "10:00 customer", "15:00 customer", resolved="10:30")
    assert [clock.stopped for clock in found] == [at("2026-03-02T09:10")] + [at("2026-03-02T10:30")] * 2
    assert {clock.state(at("2026-03-30T09:00")) for clock in found} == {"met"}
    thanked = clocks("09:10 agent", "15:00 customer", resolved="10:30")
    assert kinds(thanked, "next_response") == []  # a word of thanks opens nothing
    (unanswered,) = kinds(clocks(resolved="10:30"), "first_response")
    assert unanswered.state(at("2026-03-02T10:30")) == "breached"


def test_a_changed_policy_is_computed_anew_and_loses_no_pause(clocks, at):
    waiting = (Pause(at("2026-03-02T10:00"), at("2026-03-02T11:00"), "waiting_customer"),)
    longer = kinds(clocks(pauses=waiting, policy=replace(POLICY, resolution=600)), "resolution")[0]
    assert longer.due == at("2026-03-03T14:00")  # 600 + 60 paused: 450 on Monday, 180 + 30 on Tuesday
    assert longer.pauses == waiting


def test_a_target_that_the_hours_never_hold_has_no_clock(cn, shanghai, at):
    shut = BusinessTime(office_hours(), cn, shanghai)
    timeline = Timeline(at("2026-03-02T09:00"))
    assert sla_clocks(SlaPolicy(first_response=5), timeline, shut) == ()


def test_a_case_taken_up_again_is_resolved_from_then_on(office, at):
    timeline = Timeline(at("2026-03-02T09:00"), taken_up_ms=at("2026-03-09T09:00"))
    first, resolution = sla_clocks(replace(POLICY, next_response=None), timeline, office)
    assert (first.started, resolution.started) == (at("2026-03-02T09:00"), at("2026-03-09T09:00"))
    assert resolution.due == at("2026-03-10T09:30")


def test_a_policy_without_a_target_has_no_such_clock(clocks):
    assert clocks("09:10 agent", policy=SlaPolicy()) == ()


def test_a_promise_keeps_its_basis_and_its_reference(clocks):
    (clock,) = clocks(policy=SlaPolicy(first_response=5, basis="promise", ref="承诺-5分钟"))
    assert (clock.basis, clock.ref) == ("promise", "承诺-5分钟")


def test_a_clock_resumed_in_business_hours_keeps_what_was_left(clocks, office, at):
    (clock,) = kinds(clocks(), "resolution")
    paused = clock.paused("waiting_customer", at("2026-03-02T17:59:30.500"))
    again = resumed(paused, at("2026-03-07T12:00"), times(office), office.zone)  # a Saturday
    left = office.elapsed_ms(at("2026-03-02T17:59:30.500"), clock.due)
    assert office.elapsed_ms(at("2026-03-07T12:00"), again.due) == left
    assert again.state(at("2026-03-07T12:00")) == "running"
    with pytest.raises(ValueError, match="not paused"):
        resumed(clock, at("2026-03-02T10:00"), times(office), office.zone)


# Around the Spring Festival of 2026.
OPENED = 1_770_900_000_000
GAPS = st.lists(st.integers(1, 2_000 * MINUTE), max_size=8)


@given(gaps=GAPS, target=st.integers(1, 3_000))
@settings(max_examples=80, deadline=None)
def test_pausing_and_resuming_step_by_step_equals_computing_anew(office, gaps, target):
    policy = SlaPolicy(resolution=target, pauses_on=("waiting_customer",))
    (clock,) = sla_clocks(policy, Timeline(OPENED), office)
    now, done = OPENED, []
    for gap in gaps:
        now += gap
        if clock.open_pause:
            done.append(Pause(clock.open_pause.from_ms, now, "waiting_customer"))
            clock = resumed(clock, now, times(office), office.zone)
        elif clock.pausable("waiting_customer", now):
            clock = clock.paused("waiting_customer", now)
    pauses = tuple(done) + ((clock.open_pause,) if clock.open_pause else ())
    (anew,) = sla_clocks(policy, Timeline(OPENED, pauses=pauses), office)
    assert (anew.due, anew.pauses) == (clock.due, clock.pauses)
    assert anew.state(now) == clock.state(now)
