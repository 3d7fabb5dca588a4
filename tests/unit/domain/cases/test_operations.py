"""What the desk does by itself: only by its policy, after a pause, told in the timeline, never past a guard."""

from collections.abc import Mapping

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Policy
from csdesk.domain.cases.goods_events import Automated, DeliveryOrdered
from csdesk.domain.cases.operations import Operation, Operations, Rules
from csdesk.domain.roles import Role
from tests.unit.domain.cases.play import SYSTEM, Play, an_order, on, qty

AFTER = Operation("automatic", "after_receipt")
AT_ONCE = Operation("automatic", "on_confirm")
PAUSE = 600_000


def desk(kinds: Mapping[Kind, Rules], *, limit: int = 1_000_000, **merchants: Rules) -> Policy:
    """A desk that does steps of these kinds by itself; `merchants` have own rules for returns."""
    own = {(name, Kind.RETURN): rules for name, rules in merchants.items()}
    limits = {**Policy().refund_limits, Role.SYSTEM: limit}
    return Policy(refund_limits=limits, operations=Operations(kinds, own, PAUSE, limit))


def playing(kind: Kind, policy: Policy, status: str = "delivered") -> Play:
    """A case of two units for 20000 under a policy."""
    return Play(kind, an_order((2, 20_000), status=status), policy=policy).begin()


def timers(play: Play) -> set[str]:
    """The steps that the desk is about to carry out."""
    return {clock.name for clock in play.case.clocks if clock.name.startswith("auto_")}


def lapse(play: Play, name: str) -> None:
    """The pause of a step is over, and the worker runs it."""
    clock = next(clock for clock in play.case.clocks if clock.name == name)
    play.now = max(play.now, clock.due)
    play.do("breach", SYSTEM, clock=name, due=clock.due)


def told(play: Play) -> list[Automated]:
    """What the timeline says of steps that the desk did by itself."""
    return [event for event, _ in play.stamps if isinstance(event, Automated)]


def test_without_a_policy_the_desk_does_nothing():
    play = Play(Kind.RETURN).begin()
    play.run("approve", "ship_back", "receive", "inspect")
    assert timers(play) == set()
    for verb in ("auto_receipt", "auto_delivery", "auto_refund"):
        assert play.no(verb, SYSTEM) == "not_automatic"


def test_a_refund_after_receipt_is_paid_by_the_desk_after_its_pause():
    play = playing(Kind.RETURN, desk({Kind.RETURN: Rules(refund=AFTER)}))
    play.run("approve", "ship_back", "receive")
    assert timers(play) == set()
    play.do("inspect")
    (clock,) = [clock for clock in play.case.clocks if clock.name == "auto_refund"]
    assert (clock.basis, clock.due - play.now) == ("policy", PAUSE)
    assert play.no("breach", SYSTEM, clock="auto_refund", due=clock.due) == "clock_runs"
    lapse(play, "auto_refund")
    assert (play.case.state, play.case.refunded) == ("refunding", 20_000)
    assert told(play) == [Automated("refund", "after_receipt")]
    assert timers(play) == set()


def test_a_person_may_be_faster_than_the_desk():
    play = playing(Kind.RETURN, desk({Kind.RETURN: Rules(refund=AFTER)}))
    play.run("approve", "ship_back", "receive", "inspect", "refund")
    assert timers(play) == set()
    assert play.case.refunded == 20_000


def test_a_refund_on_confirm_is_a_refund_without_return():
    play = playing(Kind.RETURN, desk({Kind.RETURN: Rules(refund=AT_ONCE)}))
    play.do("approve")
    lapse(play, "auto_refund")
    assert (play.case.state, play.case.lines[0].conceded) == ("received_inspecting", 2)
    lapse(play, "auto_refund")
    assert play.case.refunded == 20_000
    assert [one.timing for one in told(play)] == ["on_confirm", "on_confirm"]


def test_money_above_the_desks_limit_waits_for_people():
    play = playing(Kind.RETURN, desk({Kind.RETURN: Rules(refund=AFTER)}, limit=19_999))
    play.run("approve", "ship_back", "receive", "inspect")
    lapse(play, "auto_refund")
    assert [refund.state for refund in play.case.refunds] == ["awaiting"]


def test_what_is_refused_is_told_once_and_left_to_people():
    policy = desk({Kind.RETURN: Rules(refund=AFTER)})
    play = playing(Kind.RETURN, policy)
    play.run("approve", "ship_back", "receive", "inspect")
    # Meanwhile all the order's units were paid back elsewhere.
    play.others(1, refunded_units=2, refunded=20_000)
    lapse(play, "auto_refund")
    assert told(play) == [Automated("refund", "after_receipt", "over_bought")]
    assert (play.case.state, play.case.refunds, timers(play)) == ("received_inspecting", (), set())
    play.others(1, refunded_units=0, refunded=0)
    play.do("refund")
    assert play.case.refunded == 20_000


def test_a_receipt_is_booked_when_a_parcel_is_announced_or_at_once():
    later = playing(Kind.RETURN, desk({Kind.RETURN: Rules(receipt=AFTER)}))
    later.do("approve")
    assert timers(later) == set()
    later.do("ship_back", lines=qty((1, 2)))
    lapse(later, "auto_receipt")
    assert (later.case.state, later.case.lines[0].received) == ("received_inspecting", 2)
    once = playing(Kind.RETURN, desk({Kind.RETURN: Rules(receipt=AT_ONCE)}))
    once.do("approve")
    lapse(once, "auto_receipt")
    assert once.case.lines[0].received == 2


def test_a_delivery_is_ordered_once_and_sent_by_whoever_has_the_waybill():
    play = playing(Kind.EXCHANGE, desk({Kind.EXCHANGE: Rules(delivery=AFTER)}))
    play.run("approve", "ship_back", "receive", "inspect")
    lapse(play, "auto_delivery")
    assert [event.lines for event, _ in play.stamps if isinstance(event, DeliveryOrdered)] == [qty((1, 2))]
    assert timers(play) == set()
    assert "reissue" in on(play)


def test_other_goods_are_ordered_in_advance_when_delivery_is_on_confirm():
    play = playing(Kind.EXCHANGE, desk({Kind.EXCHANGE: Rules(delivery=AT_ONCE)}))
    play.do("approve")
    lapse(play, "auto_delivery")
    assert play.run("reissue").lines[0].sent_out == 2


@pytest.mark.parametrize(("kind", "status"), [(Kind.REISSUE, "delivered"), (Kind.REFUND_ONLY, "pending")])
def test_what_is_agreed_is_paid_by_the_desk(kind: Kind, status: str):
    play = playing(kind, desk({kind: Rules(refund=AT_ONCE)}), status)
    play.run(*(["verify", "no_stock"] if kind is Kind.REISSUE else ["classify", "agree_refund"]))
    lapse(play, "auto_refund")
    assert play.case.refunded == 20_000


def test_the_desk_asks_no_consent_of_itself():
    play = playing(Kind.REFUND_ONLY, desk({Kind.REFUND_ONLY: Rules(refund=AT_ONCE)}))
    play.run("classify", "ask_consent")
    assert timers(play) == set()


def test_a_merchants_own_rules_go_before_the_desks():
    policy = desk({Kind.RETURN: Rules(refund=AFTER)}, shop=Rules())
    play = playing(Kind.RETURN, policy)
    play.run("approve", "ship_back", "receive", "inspect")
    assert timers(play) == set()
