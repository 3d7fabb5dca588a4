"""How cases begin: on order lines, provisionally, as an inquiry that turns into what it is, linked later."""

from typing import Any

import pytest

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kinds import MACHINES, run
from csdesk.domain.cases.opening import LinkOrder, Open
from tests.unit.domain.cases.play import BODY, Play, an_order, make, on, qty


def refusal(play: Play, **data: object) -> str:
    """Why a case cannot be opened so."""
    values = {"kind": Kind.RETURN, "order": "o1", "lines": qty((1, 1)), "body": BODY, "desk": "main", **data}
    with pytest.raises(Refused) as refused:
        run(None, Open(**values), play.context())  # type: ignore[arg-type]
    return refused.value.code


def test_a_case_covers_units_of_lines_not_the_whole_order():
    case = Play(Kind.RETURN, an_order((3, 30_000), (1, 500))).begin((1, 2)).case
    (line,) = case.lines
    assert (line.line, line.asked, line.bought, line.paid) == (1, 2, 3, 30_000)
    assert (case.amount, case.customer, case.merchant, case.order_number) == (
        20_000,
        "p1",
        "shop",
        "W2611340",
    )


@pytest.mark.parametrize("kind", MACHINES)
def test_every_kind_begins_in_its_first_state_with_its_first_clocks(kind: Kind):
    case = Play(kind, an_order((1, 100))).begin(reason="other").case
    first = MACHINES[kind].first
    assert (case.state, case.phase, case.version) == (first.name, first.phase, 2)
    assert {clock.name for clock in case.clocks} == {term.name for term in first.terms}


def test_the_same_request_opens_the_same_case():
    order = an_order((1, 100))
    assert Play(Kind.RETURN, order).begin().case == Play(Kind.RETURN, order).begin().case


def test_units_that_were_not_bought_or_belong_to_another_case_are_refused():
    play = Play(Kind.RETURN, an_order((3, 300)))
    assert refusal(play, lines=qty((1, 4))) == "over_bought"
    assert refusal(play, lines=qty((2, 1))) == "no_such_line"
    assert refusal(play, lines=qty((1, 1), (1, 1))) == "line_twice"
    assert refusal(play, lines=(LineQty(1, 0),)) == "over_bought"
    assert refusal(play, lines=()) == "no_units"
    play.others(1, claimed=2)
    assert refusal(play, lines=qty((1, 2))) == "over_bought"
    assert run(None, Open(Kind.RETURN, "o1", qty((1, 1)), body=BODY), play.context()).case.lines[0].asked == 1


def test_goods_that_never_left_are_cancelled_not_returned():
    for status in ("pending", "cancelled"):
        assert refusal(Play(Kind.RETURN, an_order((1, 100), status=status))) == "not_delivered"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"reason": "because"}, "unknown_reason"),
        ({"channel": "pigeon"}, "unknown_channel"),
        ({"priority": 4}, "bad_priority"),
        ({"priority": -1}, "bad_priority"),
    ],
)
def test_what_no_case_can_have_is_refused(data: dict[str, object], code: str):
    assert refusal(Play(Kind.RETURN, an_order((1, 100))), **data) == code


def test_lines_need_an_order_and_a_command_needs_a_case():
    assert refusal(Play(Kind.RETURN, None), order="") == "lines_without_order"
    with pytest.raises(Refused) as refused:
        run(None, make("approve"), Play(Kind.RETURN).context())
    assert refused.value.code == "no_such_case"


def test_an_open_case_is_not_opened_again():
    assert Play(Kind.RETURN).begin().no(Open(Kind.RETURN)) == "already_open"


# Inquiry 咨询.


def test_an_inquiry_is_answered_and_closed_in_two_verbs():
    play = Play(Kind.INQUIRY, None).begin(reason="where_is_parcel")
    assert on(play) == {"convert"}
    assert play.no("close") == "needs_notice"
    play.run("reply")
    assert on(play) == {"convert", "close"}
    assert play.do("close").outcome == "resolved"
    assert play.do("reopen").state == "open"


@pytest.mark.parametrize("kind", [kind for kind in MACHINES if kind not in (Kind.INQUIRY, Kind.INCIDENT)])
def test_an_inquiry_turns_into_any_kind_and_keeps_its_number(kind: Kind):
    play = Play(Kind.INQUIRY, an_order((2, 200))).begin((1, 1))
    play.do("take")
    case = play.do("convert", kind=kind, lines=qty((1, 2)), reason="other")
    assert (case.kind, case.body, case.assignee) == (kind, BODY, "wang")
    assert case.lines[0].asked == 2
    assert {clock.name for clock in case.clocks} == {term.name for term in MACHINES[kind].first.terms}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"kind": Kind.INQUIRY}, "kind_not_served"),
        ({"kind": Kind.COMPLAINT, "reason": "because"}, "unknown_reason"),
        ({"kind": Kind.RETURN, "lines": ()}, "no_units"),
        ({"kind": Kind.RETURN, "lines": qty((1, 9))}, "over_bought"),
    ],
)
def test_convert_refuses_what_opening_would(data: dict[str, Any], code: str):
    assert Play(Kind.INQUIRY, an_order((2, 200))).begin().no("convert", **data) == code


def test_only_an_open_inquiry_turns_into_something_else():
    assert Play(Kind.RETURN).begin().no("convert") == "only_inquiry"
    play = Play(Kind.INQUIRY, None).begin()
    assert play.no("convert", kind=Kind.RETURN) == "order_unknown"
    play.run("reply", "close")
    assert play.no("convert") == "case_closed"


# Linking.


def link(*lines: tuple[int, int]) -> Command:
    return LinkOrder("W2611340", qty(*lines))


def test_a_provisional_case_finds_its_order_its_customer_and_its_lines():
    play = Play(Kind.RETURN, None).begin()
    assert (play.case.order, play.case.customer) == ("", "p0")
    play.order = an_order((2, 200))
    case = play.do(link((1, 1)))
    assert (case.order, case.customer, case.merchant, case.lines[0].asked) == ("o1", "p1", "shop", 1)
    assert play.do("approve").state == "approved_wait_ship"


def test_link_refuses_an_unknown_order_missing_lines_and_a_second_order():
    play = Play(Kind.RETURN, None).begin()
    assert play.no(link((1, 1))) == "no_such_order"
    play.order = an_order((2, 200))
    assert play.no(link()) == "no_units"
    play.do(link((1, 1)))
    assert play.no(link((1, 1))) == "order_linked"
