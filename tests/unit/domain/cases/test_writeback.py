"""What decisions ask of an order system: each unit once, whoever sends it, and what comes back when it answers."""

import pytest

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Policy
from csdesk.domain.cases.exchange import Reissue
from csdesk.domain.cases.goods_events import DeliveryOrdered
from csdesk.domain.cases.operations import Operation, Operations, Rules
from csdesk.domain.cases.parcels import LoseParcel
from csdesk.domain.cases.reissue import Verify
from csdesk.domain.cases.shared import Breach
from csdesk.domain.cases.writeback import SettleOrderAsk
from tests.unit.domain.cases.play import SYSTEM, Play

WRITES = Policy(write_back=frozenset({"reissue"}))
# The desk orders what is owed from the warehouse by itself, as soon as it is owed.
BY_ITSELF = Operations({Kind.REISSUE: Rules(delivery=Operation("automatic"))})
SF = ("顺丰", "SF2234567890")


def asks(play: Play) -> list[tuple[str, str, tuple[LineQty, ...]]]:
    return [(ask.what, ask.state, ask.lines) for ask in play.case.order_asks]


@pytest.fixture
def play() -> Play:
    made = Play(Kind.REISSUE, policy=WRITES).begin((1, 2), reason="missing_item")
    made.do(Verify(("IMG_1.jpg",)))
    return made


@pytest.fixture
def ordered() -> Play:
    """Two units that the desk ordered by itself, without a parcel yet."""
    policy = Policy(write_back=WRITES.write_back, operations=BY_ITSELF)
    made = Play(Kind.REISSUE, policy=policy).begin((1, 2), reason="missing_item")
    made.do(Verify(("IMG_1.jpg",)))
    timer = next(clock for clock in made.case.clocks if clock.name == "auto_delivery")
    made.do(Breach(timer.label, timer.due), SYSTEM)
    return made


def test_parts_of_what_is_owed_are_asked_for_as_they_go(play: Play):
    play.do(Reissue(*SF, lines=(LineQty(1, 1),)))
    play.do(Reissue("顺丰", "SF3234567890", lines=(LineQty(1, 1),)))
    assert asks(play) == [("reissue", "asked", (LineQty(1, 1),))] * 2


def test_what_policy_does_not_list_is_not_asked():
    play = Play(Kind.REISSUE, policy=Policy(write_back=frozenset({"cancel"}))).begin((1, 1))
    play.do(Verify(("IMG_1.jpg",)))
    play.do(Reissue(*SF))
    assert asks(play) == []


def test_what_the_desk_ordered_is_not_asked_for_again_when_a_person_enters_its_parcel(ordered: Play):
    assert asks(ordered) == [("reissue", "asked", (LineQty(1, 2),))]
    assert any(isinstance(event, DeliveryOrdered) for event, _ in ordered.stamps)
    ordered.do(Reissue(*SF))
    assert len(ordered.case.order_asks) == 1


def test_the_parcel_that_the_order_system_sent_is_booked_and_not_asked_for(ordered: Play):
    (ask,) = ordered.case.order_asks
    ordered.do(SettleOrderAsk(ask.id, "done", "R-1", carrier="顺丰", waybill="SF2234567890"), SYSTEM)
    assert [(p.waybill, p.lines) for p in ordered.case.parcels] == [("SF2234567890", (LineQty(1, 2),))]
    assert ordered.case.state == "reissue_shipped"
    assert asks(ordered) == [("reissue", "done", (LineQty(1, 2),))]


def test_a_parcel_that_comes_when_people_have_sent_their_own_is_told_and_not_booked(ordered: Play):
    (ask,) = ordered.case.order_asks
    ordered.do(Reissue(*SF))
    ordered.do(SettleOrderAsk(ask.id, "done", "R-1", carrier="圆通", waybill="YT9934567890"), SYSTEM)
    assert [p.waybill for p in ordered.case.parcels] == ["SF2234567890"]
    assert asks(ordered)[0][1] == "done"


def test_what_was_lost_on_its_way_is_asked_for_once_more(play: Play):
    play.do(Reissue(*SF))
    play.do(LoseParcel())
    play.do(Reissue("顺丰", "SF3234567890"))
    assert [lines for _, _, lines in asks(play)] == [(LineQty(1, 2),)] * 2


def test_what_was_refused_is_asked_for_again_with_the_next_parcel(ordered: Play):
    (ask,) = ordered.case.order_asks
    ordered.do(SettleOrderAsk(ask.id, "failed", reason="no_stock"), SYSTEM)
    ordered.do(Reissue(*SF))
    assert [state for _, state, _ in asks(ordered)] == ["failed", "asked"]


def test_an_answer_counts_once(play: Play):
    play.do(Reissue(*SF))
    (ask,) = play.case.order_asks
    play.do(SettleOrderAsk(ask.id, "in_doubt", reason="timeout"), SYSTEM)
    assert play.no(SettleOrderAsk(ask.id, "in_doubt", reason="timeout"), SYSTEM) == "already_settled"
    play.do(SettleOrderAsk(ask.id, "done", "R-1"), SYSTEM)
    assert play.no(SettleOrderAsk(ask.id, "failed", reason="late"), SYSTEM) == "already_settled"
