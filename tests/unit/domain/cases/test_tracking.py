"""What scans do to a case: one event for a change, the periods from the goods' receipt, the verb that fits."""

import pytest

from csdesk.domain.cases.case import Case, Kind, LineQty, Parcel
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.kinds import offers
from csdesk.domain.cases.parcels import LoseParcel
from csdesk.domain.cases.tracking_events import TrackingTold
from csdesk.domain.clocks.clock import Clock
from csdesk.domain.roles import Role, may
from tests.unit.domain.cases.play import DAY, HOUR, NOW, SYSTEM, Play, an_order

SF = "SF1234567890"


def sent_back(*, units: int = 2) -> Play:
    play = Play(Kind.RETURN, an_order((units, 39_800))).begin()
    play.run("approve", "ship_back")
    return play


def tell(play: Play, **data: object) -> Case:
    return play.do("tell_tracking", SYSTEM, **{"waybill": SF, **data})


def clock(case: Case, name: str) -> Clock | None:
    return next((one for one in case.clocks if one.name == name), None)


def parcel(play: Play) -> Parcel:
    return play.case.parcels[0]


def types(play: Play) -> list[str]:
    return [event.type for event in play.groups[-1][4]]


def test_a_change_is_told_once_with_what_is_new_and_gone():
    play = sent_back()
    tell(play, standing="departed", since=NOW, findings=("stale",))
    told = play.groups[-1][4][0]
    assert isinstance(told, TrackingTold)
    assert (told.new, told.gone) == (("stale",), ())
    assert (
        play.no("tell_tracking", SYSTEM, waybill=SF, standing="arrived", findings=("stale",)) == "nothing_new"
    )
    tell(play, standing="arrived", since=NOW + HOUR)
    told = play.groups[-1][4][0]
    assert isinstance(told, TrackingTold)
    assert (told.new, told.gone, parcel(play).findings) == ((), ("stale",), ())


def test_a_stop_more_on_the_road_is_no_news():
    play = sent_back()
    tell(play, standing="departed", since=NOW)
    assert play.no("tell_tracking", SYSTEM, waybill=SF, standing="arrived", since=NOW + HOUR) == "nothing_new"
    assert tell(play, standing="out_for_delivery").parcels[0].standing == "out_for_delivery"


def test_the_refund_period_counts_from_the_parcels_signature_though_nobody_booked_it():
    play = sent_back()
    play.now += 3 * DAY
    signed = play.now - DAY
    case = tell(play, standing="signed", since=signed, signed_at=signed)
    assert types(play)[:2] == ["tracking_told", "handed_over"]
    refund = clock(case, "refund")
    assert case.state == "return_in_transit"
    assert refund is not None and (refund.started, refund.basis) == (signed, "law")
    due = refund.due
    play.now += DAY
    case = play.do("receive")
    assert case.counters["goods_here_since"] == signed
    refund = clock(case, "refund")
    assert refund is not None and (refund.started, refund.due) == (signed, due)


def test_what_is_received_by_hand_first_is_not_moved_by_a_later_scan():
    play = sent_back()
    case = play.do("receive", waybill=SF)
    since = case.counters["goods_here_since"]
    play.now += DAY
    case = tell(play, standing="signed", since=play.now, signed_at=play.now)
    assert case.counters["goods_here_since"] == since
    assert "handed_over" not in types(play)


def test_a_signature_that_is_taken_back_takes_the_period_with_it():
    play = sent_back()
    play.now += DAY
    tell(play, standing="signed", since=play.now, signed_at=play.now)
    case = tell(play, standing="arrived", since=play.now)
    assert clock(case, "refund") is None and "goods_here_since" not in case.counters
    later = play.now + HOUR
    play.now = later
    case = tell(play, standing="signed", since=later, signed_at=later)
    refund = clock(case, "refund")
    assert refund is not None and refund.started == later


def test_an_undo_of_what_came_before_does_not_stop_the_period():
    play = sent_back()
    play.do("tag", add=("a",))
    play.now += DAY
    tell(play, standing="signed", since=play.now, signed_at=play.now)
    with pytest.raises(Refused):
        play.undo()
    assert clock(play.case, "refund") is not None


def test_what_the_parcels_call_for_is_offered_first():
    play = sent_back()
    tell(play, standing="signed", since=NOW, signed_at=NOW)
    assert offers(play.case, play.context())[0].verb == "receive"
    play = sent_back()
    tell(play, standing="lost", since=NOW, findings=("lost",))
    assert offers(play.case, play.context())[0].verb == "parcel_lost"
    assert LoseParcel.suggest(play.case) == {"waybill": SF}


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.REFUND_ONLY])
def test_a_case_about_an_order_hears_of_its_shipments(kind: Kind):
    play = Play(kind).begin()
    case = tell(play, standing="lost", since=NOW, findings=("lost",), carrier="顺丰", sent_at=NOW - DAY)
    assert [(p.waybill, p.standing, p.findings) for p in case.shipments] == [(SF, "lost", ("lost",))]
    assert case.parcels == ()
    assert play.no("tell_tracking", SYSTEM, waybill=SF, standing="lost", findings=("lost",)) == "nothing_new"


def test_a_parcel_that_is_none_of_the_cases_is_refused():
    assert sent_back().no("tell_tracking", SYSTEM, waybill="SF999999") == "no_such_parcel"


@pytest.mark.parametrize("data", [{"standing": "teleported"}, {"findings": ("haunted",)}])
def test_codes_that_nobody_knows_are_refused(data: dict[str, object]):
    assert sent_back().no("tell_tracking", SYSTEM, waybill=SF, **data) == "bad_choice"


def test_short_and_wrong_goods_are_findings_of_the_parcel_that_no_scan_takes_back():
    play = sent_back()
    case = play.do("receive", waybill=SF, lines=(LineQty(1, 1),))
    assert case.parcels[0].findings == ("short",)
    case = play.do("inspect", graded=(Graded(1, 1, "return_to_consumer"),), wrong_item=True)
    assert set(case.parcels[0].findings) == {"short", "wrong_item"}
    case = tell(play, standing="signed", since=NOW, findings=("damaged",))
    assert case.parcels[0].findings == ("wrong_item", "short", "damaged")


def test_only_who_loads_may_tell_tracking():
    right = VERBS["tell_tracking"].verb.right
    assert [role for role in Role if may(role, right)] == [Role.SUPERVISOR, Role.ADMIN, Role.INTEGRATION]
