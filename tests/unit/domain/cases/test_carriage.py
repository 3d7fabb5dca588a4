"""Labels and pick-ups: only for goods that are to come back, each unit once, never in the past, off when needless."""

from typing import Any

import pytest

from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Policy
from csdesk.domain.cases.kinds import offers
from csdesk.domain.cases.shared import AutoClose, Breach
from tests.unit.domain.cases.play import DAY, HOUR, LI, NOW, SYSTEM, Play, an_order, on, qty

BOOKS = Policy(carriage=True)
SF = "SF1234567890"
SLOT: dict[str, Any] = {"day": "明天", "window": "09:00-11:00"}


def allowed(kind: Kind = Kind.RETURN, units: int = 2) -> Play:
    play = Play(kind, an_order((units, 19_900 * units)), policy=BOOKS).begin()
    play.run("approve")
    return play


def settle(play: Play, state: str = "done", n: int = -1, **data: Any) -> Case:
    ask = play.case.carrier_asks[n]
    return play.do("settle_carrier_ask", SYSTEM, id=ask.id, state=state, **data)


def label(play: Play, **data: Any) -> Case:
    return play.do("request_label", payer="merchant", **data)


def pickup(play: Play, **data: Any) -> Case:
    return play.do("request_pickup", **{**SLOT, "payer": "merchant", **data})


def scanned(play: Play, standing: str = "collected", signed_at: int = 0) -> None:
    """What a look at the parcel does when its first scan has come."""
    play.do("book_collected", SYSTEM, waybill=SF)
    play.do("tell_tracking", SYSTEM, waybill=SF, standing=standing, since=play.now, signed_at=signed_at)


def asks(play: Play) -> list[tuple[str, str]]:
    return [(ask.what, ask.state) for ask in play.case.carrier_asks]


@pytest.mark.parametrize("kind", [Kind.RETURN, Kind.EXCHANGE, Kind.REPAIR])
def test_they_come_with_the_approval_and_not_before(kind: Kind):
    play = Play(kind, an_order((1, 19_900)), policy=BOOKS).begin()
    assert play.no("request_label", payer="merchant") == "wrong_state"
    play.run("approve")
    assert {"request_label", "request_pickup"} <= on(play)
    label(play)
    assert asks(play) == [("label", "asked")]


def test_kinds_whose_goods_stay_never_meet_them():
    play = Play(Kind.COMPLAINT, an_order((1, 19_900)), policy=BOOKS).begin()
    assert not {"request_label", "request_pickup", "cancel_pickup"} & {
        offer.verb for offer in offers(play.case, play.context())
    }


def test_they_are_offered_behind_the_verbs_of_the_state():
    play = allowed()
    verbs = [offer.verb for offer in offers(play.case, play.context(LI)) if offer.off is None]
    assert verbs.index("ship_back") < verbs.index("request_label") < verbs.index("request_pickup")


def test_each_unit_has_one_live_label():
    play = allowed(units=3)
    label(play, lines=qty((1, 2)))
    assert play.no("request_label", payer="merchant", lines=qty((1, 2))) == "over_labelled"
    label(play)
    assert [ask.lines for ask in play.case.carrier_asks] == [qty((1, 2)), qty((1, 1))]
    assert play.no("request_label", payer="merchant") == "all_labelled"
    settle(play, "failed", 0, reason="out_of_area")
    label(play)
    assert play.case.carrier_asks[-1].lines == qty((1, 2))


def test_units_that_a_parcel_has_need_no_label():
    play = allowed(units=2)
    play.do("ship_back", lines=qty((1, 1)))
    assert play.no("request_label", payer="merchant", lines=qty((1, 2))) == "over_labelled"
    label(play)
    assert play.case.carrier_asks[0].lines == qty((1, 1))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"payer": ""}, "freight_payer_unknown"),
        ({"payer": "platform"}, "bad_choice"),
        ({"carrier": "顺" * 41}, "text_too_long"),
        ({"lines": qty((2, 1))}, "no_such_line"),
        ({"lines": qty((1, 0))}, "over_labelled"),
        ({"lines": qty((1, 1), (1, 1))}, "line_twice"),
    ],
)
def test_a_label_that_cannot_be_is_refused(data: dict[str, Any], code: str):
    play = allowed()
    assert play.no("request_label", **{"payer": "merchant", **data}) == code


@pytest.mark.parametrize(
    ("day", "window", "code"),
    [
        ("今天", "09:00-11:00", "slot_past"),
        ("今天", "10:00-11:00", "slot_past"),
        ("2026-11-01", "09:00-11:00", "slot_past"),
        ("2027-11-02", "09:00-11:00", "slot_too_far"),
        ("明天", "11:00-09:00", "bad_slot"),
        ("明天", "11:00-11:00", "bad_slot"),
        ("明天", "9点", "bad_slot"),
        ("随便", "09:00-11:00", "bad_slot"),
        ("明天", "25:00-26:00", "bad_slot"),
        ("2026-02-30", "09:00-11:00", "bad_slot"),
    ],
)
def test_nobody_comes_in_the_past_or_at_no_time(day: str, window: str, code: str):
    assert allowed().no("request_pickup", day=day, window=window, payer="merchant") == code


@pytest.mark.parametrize("window", ["09:00-11:00", "9:00～11:00", " 09：00 至 11：00 "])
def test_a_slot_is_of_the_desks_zone(window: str):
    play = allowed()
    pickup(play, window=window)
    (ask,) = play.case.carrier_asks
    assert (ask.start, ask.until) == (NOW + DAY - HOUR, NOW + DAY + HOUR)
    assert (ask.place, ask.payer) == ("home", "merchant")


def test_an_event_names_the_place_and_never_an_address():
    play = allowed()
    assert play.no("request_pickup", **SLOT, payer="merchant", place="文三路 8 号") == "bad_choice"


def test_a_label_that_comes_back_names_the_waybill_and_moves_nothing():
    play = allowed()
    label(play)
    settle(play, reference="C-1", carrier="顺丰", waybill=SF, label="https://l.example/1.pdf")
    (ask,) = play.case.carrier_asks
    assert (ask.state, ask.waybill, ask.label) == ("done", SF, "https://l.example/1.pdf")
    assert (play.case.state, play.case.parcels) == ("approved_wait_ship", ())


@pytest.mark.parametrize(
    ("kind", "state"),
    [(Kind.RETURN, "return_in_transit"), (Kind.EXCHANGE, "return_in_transit"), (Kind.REPAIR, "sent_in")],
)
def test_its_first_scan_books_the_parcel(kind: Kind, state: str):
    play = allowed(kind, units=1)
    label(play)
    settle(play, carrier="顺丰", waybill=SF)
    scanned(play)
    (parcel,) = play.case.parcels
    assert (play.case.state, parcel.direction, parcel.lines) == (state, "back", (LineQty(1, 1),))
    assert (parcel.carrier, parcel.standing) == ("顺丰", "collected")
    assert play.no("tell_tracking", SYSTEM, waybill=SF, standing="collected", since=play.now) == "nothing_new"
    play.do("tell_tracking", SYSTEM, waybill=SF, standing="signed", since=play.now, signed_at=play.now)
    assert len(play.case.parcels) == 1


def test_the_signature_of_a_labelled_parcel_starts_the_periods_at_once():
    play = allowed(units=1)
    label(play)
    settle(play, waybill=SF)
    scanned(play, "signed", NOW)
    assert "refund" in {clock.name for clock in play.case.clocks}


def test_a_label_whose_goods_came_another_way_books_nothing():
    play = allowed(units=1)
    label(play)
    settle(play, waybill=SF)
    play.do("ship_back", waybill="YT99999999999")
    assert play.no("book_collected", SYSTEM, waybill=SF) == "no_such_parcel"
    assert play.no("book_collected", SYSTEM, waybill="YT99999999999") == "no_such_parcel"


def test_a_parcel_under_a_label_can_be_announced_by_hand():
    play = allowed(units=1)
    label(play)
    settle(play, waybill=SF)
    play.do("ship_back", waybill=SF)
    assert play.no("cancel_pickup") == "collected_already"


def test_a_pick_up_collects_the_label_that_lies_on_the_parcel():
    play = allowed()
    label(play)
    settle(play, carrier="顺丰", waybill=SF)
    pickup(play, payer="", carrier="")
    made, booked = play.case.carrier_asks
    assert (booked.of, booked.lines, booked.carrier, booked.payer) == (
        made.id,
        qty((1, 2)),
        "顺丰",
        "merchant",
    )
    assert play.no("request_pickup", **SLOT, payer="merchant") == "all_labelled"


def test_a_pick_up_with_two_labels_must_name_one():
    play = allowed(units=2)
    for n in (1, 2):
        label(play, lines=qty((1, 1)))
        settle(play, waybill=f"SF100000000{n}")
    assert play.no("request_pickup", **SLOT, payer="merchant") == "no_units"
    assert play.no("request_pickup", **SLOT, payer="merchant", waybill="SF9999999999") == "no_such_parcel"
    wrong: dict[str, Any] = {"waybill": "SF1000000002", "lines": qty((1, 2))}
    assert play.no("request_pickup", **SLOT, payer="merchant", **wrong) == "other_units_than_label"
    pickup(play, waybill="SF1000000002")
    assert play.case.carrier_asks[-1].of == play.case.carrier_asks[1].id


def test_only_what_the_carrier_has_taken_and_not_collected_can_be_cancelled():
    play = allowed(units=1)
    assert play.no("cancel_pickup") == "nothing_to_cancel"
    pickup(play)
    assert play.no("cancel_pickup") == "nothing_to_cancel"
    settle(play, reference="P-1", waybill=SF)
    play.do("cancel_pickup")
    assert play.no("cancel_pickup") == "nothing_to_cancel"
    settle(play)
    assert asks(play) == [("pickup", "cancelled"), ("pickup_cancel", "done")]
    assert "request_pickup" in on(play)


def test_a_cancellation_that_the_carrier_declines_leaves_the_pick_up():
    play = allowed(units=1)
    pickup(play)
    settle(play, reference="P-1", waybill=SF)
    play.do("cancel_pickup")
    settle(play, "failed", reason="too_late")
    assert asks(play) == [("pickup", "done"), ("pickup_cancel", "failed")]
    assert "cancel_pickup" in on(play)
    scanned(play)
    assert play.no("cancel_pickup") == "collected_already"


def test_a_cancelled_pick_up_that_is_collected_all_the_same_is_a_parcel():
    play = allowed(units=1)
    pickup(play)
    settle(play, waybill=SF)
    play.do("cancel_pickup")
    settle(play)
    scanned(play)
    assert [p.waybill for p in play.case.parcels] == [SF]


@pytest.mark.parametrize("verb", ["withdraw", "ship_back"])
def test_a_pick_up_that_nobody_needs_any_more_is_called_off_once(verb: str):
    play = allowed(units=1)
    pickup(play)
    settle(play, reference="P-1")
    play.do(verb)
    assert asks(play) == [("pickup", "done"), ("pickup_cancel", "asked")]
    play.do("note")
    settle(play, "failed", reason="too_late")
    assert len(play.case.carrier_asks) == 2


def test_one_that_is_taken_when_the_case_has_ended_is_called_off():
    play = allowed(units=1)
    pickup(play)
    play.do("withdraw")
    assert asks(play) == [("pickup", "asked")]
    settle(play, reference="P-1")
    assert asks(play) == [("pickup", "done"), ("pickup_cancel", "asked")]


def test_a_case_whose_goods_are_to_be_collected_is_not_closed_by_its_clock():
    play = allowed(units=1)
    play.now += 6 * DAY
    pickup(play, day="后天")
    settle(play, reference="P-1")
    clock = next(c for c in play.case.clocks if c.name == "ship_back")
    play.now = clock.due
    play.do(Breach(clock.label, clock.due), SYSTEM)
    assert play.case.state == "approved_wait_ship"
    assert play.groups[-1][4][0].type == "breached"


def test_without_one_the_clock_closes_it_as_before():
    play = allowed(units=1)
    clock = next(c for c in play.case.clocks if c.name == "ship_back")
    play.now = clock.due
    play.do(Breach(clock.label, clock.due), SYSTEM)
    assert play.case.state == AutoClose.verb.name + "d"


def test_answers_count_once_and_a_doubt_ends_with_a_clear_one():
    play = allowed()
    label(play)
    settle(play, "in_doubt", reason="timeout")
    ask = play.case.carrier_asks[0]
    assert (ask.state, ask.why) == ("in_doubt", "timeout")
    again = {"id": ask.id, "state": "in_doubt", "reason": "timeout"}
    assert play.no("settle_carrier_ask", SYSTEM, **again) == "already_settled"
    assert play.no("request_label", payer="merchant") == "all_labelled"
    settle(play, waybill=SF)
    assert play.case.carrier_asks[0].why == ""
    assert play.no("settle_carrier_ask", SYSTEM, id=ask.id, state="failed") == "already_settled"
    assert play.no("settle_carrier_ask", SYSTEM, id="nobody", state="done") == "already_settled"


def test_what_a_carrier_was_asked_for_is_not_taken_back():
    play = allowed()
    label(play)
    assert play.no("undo") in ("undo_none", "undo_nothing")


def test_a_verb_that_called_a_pick_up_off_is_not_taken_back():
    play = allowed(units=1)
    pickup(play)
    settle(play, reference="P-1")
    play.do("withdraw")
    with pytest.raises(Exception, match="undo_none"):
        play.undo()


def test_a_desk_without_carriers_says_so():
    play = Play(Kind.RETURN, an_order((1, 19_900))).begin()
    play.run("approve")
    assert play.no("request_label", payer="merchant") == "no_carrier_system"
    assert play.no("request_pickup", **SLOT, payer="merchant") == "no_carrier_system"
