"""Counting a clock: days and hours, rolls, pauses, unpublished years; and its explanation, which comes to the same."""

from datetime import tzinfo
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.domain.clocks import counting
from csdesk.domain.clocks.clock import Clock, Pause
from csdesk.domain.clocks.counting import Counted, explain, resumed
from csdesk.domain.clocks.explain import STEP_ARGS
from csdesk.domain.clocks.hours import office_hours
from csdesk.domain.clocks.span import Span
from csdesk.domain.clocks.times import Times, weekends

HOUR = 3_600_000
OFFICE = office_hours((540, 720), (810, 1080))


def count(span: Span, started: int, times: Times, zone: tzinfo, pauses: tuple[Pause, ...] = ()) -> Counted:
    """When a span has run, in hours that hold it."""
    found = counting.count(span, started, times, zone, pauses)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def times(cn):
    return Times(lambda: cn, OFFICE)


@pytest.mark.parametrize(
    ("span", "started", "due"),
    [
        # The day it starts on does not count, and the last one ends at 24:00, whatever the hour was.
        (Span(7, "days"), "2026-11-02T00:00", "2026-11-10T00:00"),
        (Span(7, "days"), "2026-11-02T23:59:59.999", "2026-11-10T00:00"),
        (Span(48, "hours"), "2026-11-02T10:30", "2026-11-04T10:30"),
        # Sunday 15 November, and a Monday in the National Day holiday: both move.
        (Span(7, "days", "next_working_day"), "2026-11-08T10:00", "2026-11-17T00:00"),
        (Span(7, "days", "next_working_day"), "2026-09-28T10:00", "2026-10-09T00:00"),
        # 国庆 closes 1 to 7 October; Saturday 10 October is worked instead.
        (Span(3, "workdays"), "2026-09-30T10:00", "2026-10-11T00:00"),
        (Span(7, "workdays"), "2026-11-02T10:00", "2026-11-12T00:00"),
        (Span(1, "months"), "2026-01-31T10:00", "2026-03-01T00:00"),
        (Span(2, "business_hours"), "2026-11-06T17:00", "2026-11-09T10:00"),
    ],
)
def test_a_span_runs_until_the_end_of_its_last_day_or_its_last_minute(
    times, shanghai, at, span, started, due
):
    found = count(span, at(started), times, shanghai)
    assert found.due == at(due)
    assert found.flags == ()


def test_a_calendar_is_read_only_by_what_needs_one(shanghai, at):
    def never():
        raise AssertionError("nobody asked for a calendar")

    for span in (Span(7, "days"), Span(48, "hours"), Span(30, "business_minutes"), Span(1, "months")):
        assert count(span, at("2026-11-02T10:00"), Times(never), shanghai).due


def test_a_year_that_is_not_published_is_flagged_and_said(times, shanghai, at):
    span, started = Span(7, "workdays"), at("2026-12-29T10:00")
    found = count(span, started, times, shanghai)
    assert [flag.year for flag in found.flags] == [2027]
    clock = Clock("notice", "notice", started, found.due, span=span, flags=found.flags, ref="r", owner="li")
    assert "calendar_unconfirmed" in [step.code for step in explain(clock, times, shanghai)]


def test_a_pause_of_days_moves_the_end_by_its_length(times, shanghai, at):
    pause = Pause(at("2026-11-03T08:00"), at("2026-11-04T09:30"), "customer")
    found = count(Span(7, "days"), at("2026-11-02T10:00"), times, shanghai, (pause,))
    assert found.due == at("2026-11-11T01:30")
    assert [step.code for step in found.steps][-2:] == ["paused", "due_at"]


def test_what_somebody_named_is_told_as_named(times, shanghai, at):
    letter = Clock("notice", "notice", 0, at("2026-12-02T00:00"), span=Span(0, "stated"), ref="r", owner="li")
    assert [(step.code, dict(step.args)["day"]) for step in explain(letter, times, shanghai)] == [
        ("stated_by_letter", "2026-12-01"),
        ("ends_at_midnight", "2026-12-01"),
    ]
    call = Clock("callback", "promise", 0, 99, span=Span(0, "moment"))
    assert [step.code for step in explain(call, times, shanghai)] == ["set_for"]
    with pytest.raises(ValueError, match="counts nothing"):
        count(Span(0, "stated"), 0, times, shanghai)


def test_a_calendar_published_since_does_not_rewrite_what_was_set(times, shanghai, at):
    span, started = Span(3, "workdays"), at("2026-09-30T10:00")
    before = count(span, started, Times(weekends), shanghai)
    clock = Clock("x", "law", started, before.due, span=span, flags=before.flags)
    last = explain(clock, times, shanghai)[-1]
    assert (last.code, dict(last.args)) == ("set_before", {"at": before.due})


SPANS = st.builds(
    Span,
    st.integers(1, 40),
    st.sampled_from(["hours", "days", "workdays", "months", "business_hours", "business_minutes"]),
    st.sampled_from(["none", "next_working_day"]),
)
STARTS = st.integers(1_770_000_000_000, 1_790_000_000_000)
GAPS = st.lists(st.integers(1, 100 * HOUR), max_size=10)


@given(span=SPANS, started=STARTS, gaps=GAPS)
@settings(max_examples=120, deadline=None)
def test_an_explanation_comes_to_the_due_time_after_any_pauses(times, shanghai, span, started, gaps):
    clock = Clock(
        "x", "policy", started, count(span, started, times, shanghai).due, span=span, pauses_on=("customer",)
    )
    now = started
    for gap in gaps:
        now += gap
        if clock.open_pause:
            clock = resumed(clock, now, times, shanghai)
        elif clock.pausable("customer", now):
            clock = clock.paused("customer", now)
    steps = explain(clock, times, shanghai)
    assert "set_before" not in {step.code for step in steps}
    assert all(tuple(name for name, _ in step.args) == STEP_ARGS[step.code] for step in steps)
    ends = [dict(step.args)["at"] for step in steps if "at" in dict(step.args)]
    assert ends[-1] == clock.due
    assert all(one.to_ms and one.to_ms <= two.from_ms for one, two in pairwise(clock.pauses))


@given(started=STARTS, gaps=GAPS, minutes=st.integers(1, 4_000))
@settings(max_examples=80, deadline=None)
def test_pausing_and_resuming_keeps_business_time(times, shanghai, started, gaps, minutes):
    office, span = times.business(shanghai), Span(minutes, "business_minutes")
    clock = Clock(
        "x", "policy", started, count(span, started, times, shanghai).due, span=span, pauses_on=("customer",)
    )
    now = started
    for gap in gaps:
        now += gap
        if clock.open_pause:
            left = office.elapsed_ms(clock.open_pause.from_ms, clock.due)
            clock = resumed(clock, now, times, shanghai)
            assert office.elapsed_ms(now, clock.due) == left
        elif clock.pausable("customer", now):
            clock = clock.paused("customer", now)
