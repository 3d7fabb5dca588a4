"""A parcel's way: scans drawn together as stations, what lies ahead, and which station a finding is about."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.tracking import ENDS, GRAVITY, Event, Scan, merged
from csdesk.domain.way import MORE, MOST_STOPS, ROAD, SENT, Stop, ahead, way, wrong_at


def trail(*codes: str) -> tuple[Event, ...]:
    """Scans one ms after the other, from 1 on."""
    return merged((), (Event(str(n), n, Scan(code)) for n, code in enumerate(codes, 1)))


def codes(*scans: str, **more: int) -> list[str]:
    return [stop.scan for stop in way(trail(*scans), 100, **more)]


def test_stops_on_the_road_are_one_station_that_counts_where_the_parcel_arrived():
    stops = way(trail("collected", "departed", "arrived", "in_transit", "arrived", "out_for_delivery"), 100)
    assert stops == (Stop("collected", 1), Stop(ROAD, 5, 2), Stop("out_for_delivery", 6))


def test_a_scan_that_has_not_happened_yet_is_not_reached():
    assert [stop.scan for stop in way(trail("collected", "signed"), 1)] == ["collected"]


def test_what_a_carrier_scans_after_the_end_is_left_out():
    assert codes("collected", "signed", "in_transit") == ["collected", "signed"]


def test_a_parcel_without_scans_was_sent_and_one_that_its_source_knows_delivered_has_come():
    assert way((), 100, sent_at=7) == (Stop(SENT, 7),)
    assert codes(sent_at=7, signed_at=9) == [SENT, "signed"]
    assert codes("collected", "locker", signed_at=9) == ["collected", "locker"]


@pytest.mark.parametrize(
    ("scans", "left"),
    [
        ((), ("collected", ROAD, "out_for_delivery", "signed")),
        (("collected",), (ROAD, "out_for_delivery", "signed")),
        (("in_transit",), ("out_for_delivery", "signed")),
        (("out_for_delivery", "attempted"), ("signed",)),
        (("out_for_delivery", "in_transit"), ("signed",)),
        (("in_transit", "damaged"), ("out_for_delivery", "signed")),
        (("out_for_delivery", "station"), ("signed",)),
        (("out_for_delivery", "refused"), ("returned",)),
        (("refused", "returning", "arrived"), ("returned",)),
        (("signed",), ()),
        (("in_transit", "lost"), ()),
    ],
)
def test_what_lies_ahead(scans: tuple[str, ...], left: tuple[str, ...]):
    assert ahead(way(trail(*scans), 100)) == left


def test_a_finding_is_about_its_station_and_silence_about_none():
    stops = way(trail("collected", "out_for_delivery", "locker"), 100)
    assert wrong_at(stops, ("locker_without_consent", "stale")) == {2}
    assert wrong_at(stops, ("courier_expired",)) == {2}
    assert wrong_at(stops, ("stale", "short")) == frozenset()


@given(st.lists(st.sampled_from(Scan), max_size=30), st.lists(st.sampled_from(GRAVITY)))
def test_any_trail_is_a_short_way_that_ends_where_the_parcel_is(scans: list[Scan], findings: list[str]):
    stops = way(trail(*scans), 100)
    assert 1 <= len(stops) <= MOST_STOPS
    assert all(one.scan != other.scan for one, other in pairwise(stops))
    assert all(place < len(stops) for place in wrong_at(stops, findings))
    ended = [scan for scan in scans if scan in ENDS]
    assert (stops[-1].scan in ENDS) == bool(ended)
    assert bool(ahead(stops)) != bool(ended)
    assert sum(stop.scan == MORE for stop in stops) <= 1
