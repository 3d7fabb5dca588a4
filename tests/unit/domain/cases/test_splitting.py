"""Splitting units off into a case of their own, and merging a duplicate: nothing is asked for twice or lost."""

from dataclasses import replace

import pytest

from csdesk.domain.cases.case import Case, Kind, LineQty, Phase
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.kinds import run, sprout
from csdesk.domain.cases.opening import claimed
from csdesk.domain.cases.shared import Close
from csdesk.domain.cases.splitting import Merge, Split, merged_into
from tests.unit.domain.cases.play import DAY, NOW, WANG, Play, an_order, qty

BODY = "9QX47K3M"


def two_lines(kind: Kind = Kind.RETURN) -> Play:
    return Play(kind, an_order((2, 39_800), (1, 9_900))).begin()


def divided(play: Play, command: Split) -> Case:
    """The case that a split opens, as the desk would: decided on the case as it was, then the case itself."""
    sprung = sprout(play.case, command, play.context(), BODY)
    assert sprung is not None
    play.do(command)
    return sprung.case


def merging(play: Play, other: Case) -> Context:
    return replace(play.context(), other=other)


@pytest.mark.parametrize("into", ["same", "exchange", "complaint"])
def test_units_are_in_one_case_or_the_other(into: str):
    play = two_lines()
    before = {line.line: line.asked for line in play.case.lines}
    part = divided(play, Split(qty((1, 1), (2, 1)), into))
    assert [(line.line, line.asked) for line in play.case.lines] == [(1, 1)]
    assert [(line.line, line.asked) for line in part.lines] == [(1, 1), (2, 1)]
    for line, asked in before.items():
        both = [one for case in (play.case, part) if (one := case.line(line))]
        assert sum(one.asked for one in both) == asked
        if into != "complaint":
            assert claimed(play.case, line) + claimed(part, line) == asked
    assert part.kind is (Kind.RETURN if into == "same" else Kind(into))
    assert (part.customer, part.order, part.priority) == (
        play.case.customer,
        play.case.order,
        play.case.priority,
    )
    assert play.case.links == (("part_off", part.id),)
    assert part.links == (("part_of", play.case.id),)


def test_whoever_asked_waits_no_longer_because_their_request_was_divided():
    play = two_lines()
    due = {clock.name: clock.due for clock in play.case.clocks}
    assert due
    play.now = NOW + DAY
    part = divided(play, Split(qty((2, 1))))
    assert {clock.name: clock.due for clock in part.clocks} == due
    assert {clock.name: clock.due for clock in play.case.clocks} == due


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (qty((1, 2), (2, 1)), "split_all"),
        (qty((1, 3)), "split_too_many"),
        (qty((3, 1)), "no_such_line"),
        (qty((1, 1), (1, 1)), "line_twice"),
        (qty((1, 0)), "split_too_many"),
        ((), "no_units"),
    ],
)
def test_a_part_is_some_of_what_was_asked_for(lines: tuple[LineQty, ...], code: str):
    play = two_lines()
    assert play.no(Split(lines)) == code


def test_what_was_decided_moves_or_is_one_unit_is_not_divided():
    assert Play(Kind.RETURN, an_order((1, 100))).begin().no(Split(qty((1, 1)))) == "split_one_unit"
    assert Play(Kind.INQUIRY).begin().no(Split(qty((1, 1)))) == "split_nothing"
    assert two_lines().no(Split(qty((1, 1)), "report")) == "bad_choice"
    play = two_lines()
    play.run("take", "approve")
    assert play.no(Split(qty((1, 1)))) == "already_decided"
    assert play.no(Merge("c2")) == "already_decided"
    paid = two_lines()
    paid.do("compensate")
    assert paid.no(Split(qty((1, 1)))) == "money_moving"
    assert paid.no(Merge("c2")) == "money_moving"


def test_a_split_cannot_be_taken_back_nor_what_was_done_before_it():
    play = two_lines()
    play.do("take")
    play.do(Split(qty((1, 1))))
    with pytest.raises(Refused, match="undo_none"):
        play.undo()


def test_a_duplicate_ends_in_the_case_that_goes_on_and_frees_its_units():
    play, other = two_lines(), replace(two_lines().case, id="c2")
    gone = run(play.case, Merge("c2"), merging(play, other)).case
    assert (gone.phase, gone.outcome, gone.state) == (Phase.DONE, "merged", "closed")
    assert gone.clocks == ()
    assert gone.closed_at == play.now
    assert gone.links == (("merged_into", "c2"),)
    assert [claimed(gone, line.line) for line in gone.lines] == [0, 0]
    assert merged_into(gone) == "c2"


def test_a_merged_case_that_is_taken_up_again_stands_for_itself():
    play = two_lines()
    other = replace(play.case, id="c2")
    play.case = run(play.case, Merge("c2"), merging(play, other)).case
    play.do("reopen")
    assert merged_into(play.case) == ""
    play.run("take", "reject", "reply")
    assert play.do(Close()).outcome != "merged"
    assert merged_into(play.case) == ""


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"customer": "p2"}, "merge_customer"),
        ({"order": "o2", "order_number": "W2"}, "merge_order"),
        ({"phase": Phase.DONE}, "merge_closed"),
        ({"kind": Kind.REPORT}, "merge_kind"),
        ({"kind": Kind.INCIDENT}, "merge_kind"),
        ({"id": "c3"}, "no_such_case"),
    ],
)
def test_a_case_goes_only_into_an_open_one_of_the_same_customer_and_order(
    change: dict[str, object], code: str
):
    play = two_lines()
    other = replace(play.case, **{"id": "c2", **change})  # type: ignore[arg-type]
    with pytest.raises(Refused, match=code):
        run(play.case, Merge("c2"), merging(play, other))


def test_a_case_does_not_go_into_itself_and_a_report_goes_nowhere():
    play = two_lines()
    with pytest.raises(Refused, match="link_itself"):
        run(play.case, Merge(play.case.id), merging(play, play.case))
    assert Play(Kind.REPORT).begin().no(Merge("c2")) == "merge_kind"
    nobody = replace(play.case, customer="")
    with pytest.raises(Refused, match="merge_customer"):
        run(nobody, Merge("c2"), merging(play, replace(nobody, id="c2")))


def test_a_promise_to_call_back_keeps_a_duplicate_open():
    play = two_lines()
    play.do("promise_callback")
    with pytest.raises(Refused, match="clock_open"):
        run(play.case, Merge("c2"), merging(play, replace(play.case, id="c2")))
    assert play.case.customer == "p1"
    assert play.do("callback_done", WANG).open
