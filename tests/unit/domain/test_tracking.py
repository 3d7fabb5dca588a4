"""A parcel's trail: idempotent and sorted whatever comes, and what it shows to have gone wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.tracking import (
    GRAVITY,
    HOUR,
    Courier,
    Event,
    Scan,
    Standing,
    merged,
    scan_of,
    standing,
)

DAY = 24 * HOUR
T = 1_795_000_000_000
EVENTS = st.lists(
    st.builds(Event, st.sampled_from("abcdefgh"), st.integers(T, T + 9 * DAY), st.sampled_from(Scan)),
    max_size=12,
    unique_by=lambda event: event.id,
)


def scans(*codes: Scan, step: int = 6 * HOUR) -> tuple[Event, ...]:
    return tuple(Event(f"e{n}", T + n * step, code) for n, code in enumerate(codes))


@given(EVENTS, EVENTS)
def test_events_told_twice_or_out_of_order_give_one_trail(known: list[Event], told: list[Event]):
    trail = merged(merged((), known), told)
    assert merged(trail, told) == merged(trail, reversed(told)) == trail
    assert [event.at for event in trail] == sorted(event.at for event in trail)
    assert {event.id for event in trail} == {event.id for event in [*known, *told]}


@given(EVENTS, st.integers(T, T + 9 * DAY))
def test_findings_are_known_codes_gravest_first_and_nothing_of_the_future_counts(
    events: list[Event], now: int
):
    trail = merged((), events)
    found = standing(trail, now).findings
    assert [GRAVITY.index(code) for code in found] == sorted(GRAVITY.index(code) for code in found)
    assert standing(trail, now) == standing(tuple(e for e in trail if e.at <= now), now)


def test_an_event_told_again_corrects_itself():
    wrong, right = Event("e1", T, Scan.LOST), Event("e1", T, Scan.ARRIVED)
    assert standing(merged((wrong,), (right,)), T).findings == ()


def test_signed_is_an_end_though_the_carrier_scans_again():
    trail = scans(Scan.COLLECTED, Scan.SIGNED, Scan.ARRIVED)
    told = standing(trail, T + 30 * DAY)
    assert (told.scan, told.signed_at, told.over, told.findings) == (Scan.SIGNED, trail[1].at, True, ())


def test_stale_from_the_very_hour_and_never_once_it_is_handed_over():
    trail = scans(Scan.COLLECTED, Scan.DEPARTED)
    last = trail[-1].at
    assert standing(trail, last + 72 * HOUR - 1).findings == ()
    assert standing(trail, last + 72 * HOUR).findings == ("stale",)
    assert standing((*trail, Event("x", last + HOUR, Scan.LOCKER)), last + 90 * DAY).findings == (
        "locker_without_consent",
    )


def test_a_parcel_nobody_scanned_is_stale_from_its_dispatch():
    assert standing((), T + 72 * HOUR, shipped_at=T) == Standing(None, T, 0, ("stale",))
    assert standing((), T + 72 * HOUR).findings == ()


def test_a_locker_is_delivery_only_where_the_receiver_agreed():
    trail = scans(Scan.COLLECTED, Scan.LOCKER)
    assert standing(trail, T + DAY).findings == ("locker_without_consent",)
    agreed = standing(trail, T + DAY, consents=frozenset({"locker"}))
    assert (agreed.findings, agreed.signed_at) == ((), trail[1].at)


def test_signed_by_another_lost_and_signed_before_it_was_sent_are_named():
    assert standing(scans(Scan.SIGNED_BY_OTHER), T).findings == ("signed_by_other",)
    assert standing(scans(Scan.DAMAGED, Scan.LOST), T + DAY).findings == ("lost", "damaged")
    assert standing(scans(Scan.SIGNED), T, shipped_at=T + 1).findings == ("signed_before_shipped",)


def test_a_courier_without_a_check_or_with_one_that_ran_out_is_flagged_at_the_door_only():
    carried = Event("e0", T, Scan.DEPARTED, courier="7"), Event("e1", T + HOUR, Scan.SIGNED, courier="7")

    def found(courier: Courier) -> tuple[str, ...]:
        return standing(carried, T + DAY, couriers={"7": courier}).findings

    assert found(Courier("7", False)) == ("courier_unverified",)
    assert found(Courier("7", True, T + 2 * HOUR)) == ("courier_unverified",)
    assert found(Courier("7", True, 1, T + HOUR)) == ("courier_expired",)
    assert found(Courier("7", True, 1, T + HOUR + 1)) == ()
    assert standing(carried[:1], T, couriers={"7": Courier("7", False)}).findings == ()


def test_delivered_is_what_the_receiver_took_or_agreed_to():
    at_door, taken = T + 6 * HOUR, T + 12 * HOUR
    trail = scans(Scan.COLLECTED, Scan.LOCKER, Scan.SIGNED)
    assert standing(trail, T + DAY).delivered_at == taken
    assert standing(trail, T + DAY, consents=frozenset({"locker"})).delivered_at == at_door
    other = scans(Scan.COLLECTED, Scan.SIGNED_BY_OTHER)
    assert standing(other, T + DAY).delivered_at == 0
    agreed = standing(other, T + DAY, consents=frozenset({"other"}))
    assert (agreed.delivered_at, agreed.findings) == (at_door, ())


def test_when_silence_will_be_told_and_when_nobody_waits():
    trail = scans(Scan.COLLECTED, Scan.DEPARTED)
    assert standing(trail, T + DAY).stale_at(48) == trail[-1].at + 48 * HOUR
    assert standing(scans(Scan.SIGNED), T).stale_at(48) == 0
    assert standing(scans(Scan.LOST), T).stale_at(48) == 0
    assert standing((), T).stale_at(48) == 0


@pytest.mark.parametrize(
    ("text", "scan"),
    [
        ("【杭州市】顺丰速运已揽收", Scan.COLLECTED),
        ("快件已到达【湖南长沙转运中心】", Scan.ARRIVED),
        ("浙江杭州中转部-已发往-湖南长沙转运中心", Scan.DEPARTED),
        ("湖南长沙金盆岭公司-派件中", Scan.OUT_FOR_DELIVERY),
        ("快件已由长沙店菜鸟驿站代收，请及时取件", Scan.STATION),
        ("已签收，签收人凭取货码签收。", Scan.SIGNED),
        ("您的快件已放入丰巢快递柜", Scan.LOCKER),
        ("快件已签收，签收人：前台代收", Scan.SIGNED_BY_OTHER),
        ("快件已签收，签收人：本人签收", Scan.SIGNED),
        ("收件人拒收，快件退回中", Scan.REFUSED),
        ("快件退回，已由发件人签收", Scan.RETURNED),
        ("包裹在运输途中遗失，已登记理赔", Scan.LOST),
        ("收件人要求不要放驿站，快件派送中", Scan.OUT_FOR_DELIVERY),
        ("天气晴朗", Scan.OTHER),
    ],
)
def test_a_page_without_codes_is_read_by_its_words(text: str, scan: Scan):
    assert scan_of(text) is scan
