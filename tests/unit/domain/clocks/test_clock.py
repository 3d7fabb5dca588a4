"""The clock value: states, pauses, and what may never pause."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.clocks.calendar import CalendarUnconfirmed
from csdesk.domain.clocks.clock import Clock, Pause, merged, nearest, pause_all
from csdesk.domain.clocks.span import Span

RESOLUTION = Clock("resolution", "policy", 0, 1_000, pauses_on=("waiting_merchant",))


def test_a_clock_breaches_at_its_due_time_and_not_before():
    assert RESOLUTION.state(999) == "running"
    assert RESOLUTION.state(1_000) == "breached"
    assert RESOLUTION.remaining_ms(400) == 600
    assert RESOLUTION.remaining_ms(1_250) == -250


def test_a_stop_in_time_is_met_for_ever_and_a_late_one_breached_for_ever():
    assert RESOLUTION.ended(999).state(10**9) == "met"
    assert RESOLUTION.ended(1_000).state(1_000) == "breached"
    assert RESOLUTION.ended(999).ended(2_000).stopped == 999
    assert RESOLUTION.ended(700).remaining_ms(10**9) == 300


def test_a_paused_clock_holds_its_rest_and_gets_it_back():
    paused = RESOLUTION.paused("waiting_merchant", 600)
    assert (paused.state(5_000), paused.remaining_ms(5_000)) == ("paused", 400)
    again = paused.resumed(5_000)
    assert (again.due, again.state(5_399), again.state(5_400)) == (5_400, "running", "breached")
    assert again.pauses == (Pause(600, 5_000, "waiting_merchant"),)


def test_a_pause_without_length_leaves_no_trace():
    assert RESOLUTION.paused("waiting_merchant", 600).resumed(600) == RESOLUTION


def test_a_breached_or_stopped_clock_does_not_pause():
    for clock, at_ms in ((RESOLUTION, 1_000), (RESOLUTION.ended(10), 20)):
        with pytest.raises(ValueError, match="does not pause it"):
            clock.paused("waiting_merchant", at_ms)


def test_a_reason_that_is_not_its_own_does_not_pause_a_clock():
    assert not RESOLUTION.pausable("lunch", 10)
    with pytest.raises(ValueError, match="'lunch' does not pause it"):
        RESOLUTION.paused("lunch", 10)


def test_a_clock_that_is_not_paused_cannot_resume():
    with pytest.raises(ValueError, match="not paused"):
        RESOLUTION.resumed(10)
    with pytest.raises(ValueError, match="not paused at 5"):
        RESOLUTION.paused("waiting_merchant", 10).resumed(5)


def test_a_case_stopped_during_a_pause_is_met():
    assert RESOLUTION.paused("waiting_merchant", 600).ended(9_000).state(9_000) == "met"


@pytest.mark.parametrize("basis", ["law", "notice"])
def test_waiting_for_a_merchant_never_pauses_what_law_or_a_letter_set(basis):
    clock = Clock("refund", basis, 0, 1_000, ref="12315-2026-0042", owner="合规岗")
    waiting = pause_all((clock, RESOLUTION), "waiting_merchant", 500)
    assert [one.state(2_000) for one in waiting] == ["breached", "paused"]
    with pytest.raises(ValueError, match=f"set by {basis} cannot be paused"):
        Clock("x", basis, 0, 1_000, ref="r", owner="o", pauses_on=("waiting_merchant",))
    with pytest.raises(ValueError, match=f"set by {basis} cannot be paused"):
        Clock("x", basis, 0, 1_000, ref="r", owner="o", pauses=(Pause(1, 2, "waiting_merchant"),))


@pytest.mark.parametrize(("ref", "owner"), [("", "合规岗"), ("12315-2026-0042", "")])
def test_a_clock_set_by_a_letter_names_the_letter_and_who_answers_for_it(ref, owner):
    with pytest.raises(ValueError, match="names its reference and its owner"):
        Clock("notice", "notice", 0, 1_000, ref=ref, owner=owner)


def test_clocks_of_one_name_are_told_apart_by_their_letters():
    assert Clock("notice", "notice", 0, 9, ref="沪市监 12", owner="li").label == "notice/沪市监 12"
    assert RESOLUTION.label == "resolution"


def test_a_queue_orders_by_the_first_to_fall_due_of_those_that_run():
    late = Clock("a", "policy", 0, 5_000)
    paused = RESOLUTION.paused("waiting_merchant", 10)
    answered = Clock("b", "policy", 0, 100).ended(50)
    assert nearest((late, paused, answered)) == late
    assert nearest((late, RESOLUTION)) == RESOLUTION
    assert nearest((paused, answered)) is None


def test_percent_left_runs_from_100_to_0():
    assert [RESOLUTION.percent_left(now) for now in (-5, 0, 1, 500, 999, 1_000, 9_999)] == [
        100,
        100,
        99,
        50,
        0,
        0,
        0,
    ]


def test_a_clock_survives_json_unchanged():
    clock = Clock(
        "reply",
        "policy",
        5,
        99,
        ("条例§46(2)",),
        Span(7, "workdays", "next_working_day"),
        ("customer",),
        flags=(CalendarUnconfirmed(2027),),
    ).paused("customer", 9)
    assert msgspec.json.decode(msgspec.json.encode(clock), type=Clock) == clock


INSTANTS = st.integers(0, 10_000)
PAUSES = st.lists(
    st.builds(
        lambda start, length, reason: Pause(start, start + length if length else None, reason),
        INSTANTS,
        st.integers(0, 500),
        st.sampled_from(["a", "b"]),
    ),
    max_size=6,
)


@given(PAUSES, INSTANTS)
def test_joined_pauses_cover_the_same_instants_apart_and_in_order(pauses, now):
    def covered(some):
        return any(p.from_ms <= now and (p.to_ms is None or now < p.to_ms) for p in some)

    joined = merged(pauses)
    assert covered(joined) == covered(pauses)
    assert merged(joined) == joined
    assert all(one.to_ms is not None and one.to_ms <= two.from_ms for one, two in pairwise(joined))


def test_a_pause_that_runs_backwards_is_refused():
    with pytest.raises(ValueError, match="must end after it begins"):
        merged([Pause(5, 5, "lunch")])


def test_overlapping_pauses_in_a_clock_are_refused():
    with pytest.raises(ValueError, match="in order and apart"):
        Clock("x", "policy", 0, 9, pauses=(Pause(1, 5), Pause(3, 6)))
