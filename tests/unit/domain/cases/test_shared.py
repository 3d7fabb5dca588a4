"""The verbs of every kind: whose case it is, how urgent, notes, tags, sleep, escalation, and taking back."""

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.command import VERBS, Undo
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.conversation import slots
from csdesk.domain.cases.kinds import MACHINES, offers
from csdesk.domain.cases.shared import Assign, Breach, Note, Prioritise, Snooze, Tag, TellChange
from csdesk.domain.roles import Right, Role
from tests.unit.domain.cases.play import DAY, HOUR, LI, SYSTEM, Play, an_order, qty

AGENT = Actor("wang", Role.AGENT)


def returning() -> Play:
    return Play(Kind.RETURN, an_order((2, 39_800))).begin()


def test_taking_a_fresh_case_starts_its_review_and_a_later_one_only_changes_hands():
    play = returning()
    assert (play.do("take", LI).assignee, play.case.state) == ("li", "reviewing")
    assert play.no("take", LI) == "already_yours"
    play.do("approve")
    assert (play.do("take").assignee, play.case.state) == ("wang", "approved_wait_ship")


def test_an_agent_does_not_take_what_another_has_and_a_supervisor_may():
    play = returning()
    play.do("take", LI)
    assert play.no("take", AGENT) == "held_by"
    assert play.do("take").assignee == "wang"


def test_a_case_is_given_back_by_who_has_it_or_by_a_senior():
    play = returning()
    assert play.no("release") == "held_by_nobody"
    play.do("take")
    assert play.no("release", LI) == "held_by"
    assert play.do("release").assignee == ""
    play.do("take", LI)
    assert play.do("release", Actor("chen", Role.SENIOR)).assignee == ""


def test_assigning_needs_somebody_new():
    play = returning()
    assert play.no(Assign("")) == "no_agent"
    play.do(Assign("li"))
    assert play.no(Assign("li")) == "already_theirs"


def test_notes_and_tags_stay_possible_on_a_closed_case_and_refuse_nothing_at_all():
    play = returning()
    play.do("withdraw")
    assert play.no(Note("  ")) == "empty_text"
    play.do(Note("电话无人接听"))
    assert play.do(Tag(("破损", " 破损 ", "急"), ())).tags == ("破损", "急")
    assert play.no(Tag(("急",))) == "no_tags"
    assert play.no(Tag(("长" * 31,))) == "tag_too_long"
    assert play.do(Tag((), ("急", "没有"))).tags == ("破损",)


@pytest.mark.parametrize(
    ("priority", "code"), [(-1, "bad_priority"), (4, "bad_priority"), (0, "same_priority")]
)
def test_priority_is_one_of_four_and_new(priority: int, code: str):
    assert returning().no(Prioritise(priority)) == code


def test_priority_moves_no_deadline():
    play = returning()
    clocks = play.case.clocks
    assert play.do(Prioritise(3)).clocks == clocks


def test_a_case_sleeps_for_hours_and_never_past_its_deadline():
    play = returning()
    assert play.no(Snooze(0)) == "bad_hours"
    assert play.no(Snooze(24 * 30 + 1)) == "bad_hours"
    assert play.no(Snooze(48)) == "snooze_past_due"
    assert play.do(Snooze(47)).snoozed_until == play.now + 47 * HOUR
    assert play.do("wake").snoozed_until == 0
    assert play.no("wake") == "not_snoozed"


def test_escalation_rises_to_the_third_level_and_gives_the_case_back():
    play = returning()
    play.do("take")
    assert (play.do("escalate").escalation, play.case.assignee, play.case.priority) == (1, "", 2)
    play.run("escalate", "escalate")
    assert play.no("escalate") == "escalated_fully"


def test_a_breach_is_recorded_once_for_its_clock_and_no_other():
    play = returning()
    review = next(clock for clock in play.case.clocks if clock.name == "review")
    assert play.no(Breach("review", review.due), SYSTEM) == "clock_runs"
    play.now = review.due
    assert play.no(Breach("review", review.due - 1), SYSTEM) == "clock_stopped"
    before = play.case
    after = play.do(Breach("review", review.due), SYSTEM)
    assert (after.state, after.clocks) == (before.state, before.clocks)


def test_a_changed_order_is_told_in_its_case():
    play = returning()
    assert play.do(TellChange("o1", ("address",))).version == 3


# Replies.


def test_a_reply_needs_words_and_every_slot_filled():
    play = returning()
    assert play.no("reply", text=" \n") == "empty_text"
    assert play.no("reply", text="x" * 5_001) == "text_too_long"
    assert play.no("reply", text="您好{姓名}，单号{单号}，{姓名}") == "slot_missing"
    assert slots("您好{姓名}，单号{单号}，{姓名}") == ("姓名", "单号")
    assert play.do("reply").messages[0].until == play.now + 10_000


def test_a_held_reply_can_be_recalled_until_it_leaves():
    play = returning()
    assert play.no("recall") == "nothing_held"
    play.do("reply")
    assert play.do("recall").messages[0].state == "recalled"
    play.do("reply")
    message = play.case.messages[1].id
    play.do("settle_reply", SYSTEM, id=message, state="sent")
    assert play.no("recall") == "nothing_held"
    assert play.no("settle_reply", SYSTEM, id=message, state="queued") == "already_settled"


@pytest.mark.parametrize(
    "way",
    [("sent",), ("queued", "sent", "delivered"), ("sent", "failed"), ("queued", "failed"), ("delivered",)],
)
def test_a_reply_goes_its_way_and_never_back(way):
    play = returning()
    play.do("reply")
    message = play.case.messages[0].id
    for state in way:
        play.do("settle_reply", SYSTEM, id=message, state=state, reason=f"why {state}")
        assert (play.case.messages[0].state, play.case.messages[0].why) == (state, f"why {state}")
        assert play.no("recall") == "nothing_held"
    before = ["held", *way]
    for state in before if way[-1] in ("failed", "delivered") else before[:-1]:
        assert play.no("settle_reply", SYSTEM, id=message, state=state) == "already_settled"


def test_a_recalled_or_failed_reply_told_the_consumer_nothing():
    play = returning()
    play.run("reject", "reply", "recall")
    assert play.no("close") == "needs_notice"
    play.do("reply")
    play.do("settle_reply", SYSTEM, id=play.case.messages[-1].id, state="failed")
    assert play.no("close") == "needs_notice"


def test_a_closed_case_sends_nothing_and_hears_everything():
    play = returning()
    play.do("withdraw")
    assert play.no("reply") == "case_closed"
    assert play.no("hear", text=" ") == "empty_text"
    assert play.do("hear").messages[-1].direction == "in"


# Taking back.


def test_a_verb_that_is_taken_back_leaves_the_case_as_it_was():
    play = returning()
    before = play.do("take")
    play.now += HOUR
    play.do("approve", lines=qty((1, 1)))
    after = play.undo()
    for name in ("state", "phase", "lines", "clocks", "assignee", "outcome", "decided_at"):
        assert getattr(after, name) == getattr(before, name)
    assert play.undo().assignee == ""
    assert play.case.state == "submitted"
    with pytest.raises(Refused, match="undo_nothing"):
        play.undo()


def test_a_closing_that_is_taken_back_gives_its_clocks_back():
    play = returning()
    play.run("reject", "reply")
    clocks = play.case.clocks
    play.do("close")
    assert play.undo().clocks == clocks
    assert (play.case.closed_at, play.case.open) == (0, True)


def test_what_others_built_upon_is_not_taken_back():
    play = returning()
    play.do("approve")
    play.do("ship_back", LI)
    with pytest.raises(Refused, match="undo_overtaken"):
        play.undo()


def test_what_others_wrote_meanwhile_survives():
    play = returning()
    play.do("approve")
    play.do(Tag(("破损",)), LI)
    play.do("reply", LI)
    after = play.undo()
    assert (after.state, after.tags, after.messages[0].state) == ("submitted", ("破损",), "held")


def test_tags_are_taken_back_as_they_were_put_on():
    play = returning()
    play.do(Tag(("旧",)))
    play.do(Tag(("破损",), ("旧",)))
    assert play.undo().tags == ("旧",)


@pytest.mark.parametrize(
    ("path", "verb", "why"),
    [
        (["approve", "receive"], "receive", "goods"),
        (["approve", "receive", "inspect", "refund"], "refund", "money"),
        (["note"], "note", "record"),
    ],
)
def test_goods_money_and_records_are_not_taken_back_and_say_why(path: list[str], verb: str, why: str):
    play = returning()
    play.run(*path)
    with pytest.raises(Refused) as refused:
        play.undo()
    assert (refused.value.code, refused.value.detail) == ("undo_none", {"verb": verb, "why": why})


def test_taking_back_a_reply_recalls_mine_and_nobody_elses():
    play = returning()
    play.do("reply", LI, text="一")
    play.do("reply", text="二")
    assert [message.state for message in play.undo(LI).messages] == ["recalled", "held"]
    play.do("settle_reply", SYSTEM, id=play.case.messages[1].id, state="sent")
    with pytest.raises(Refused, match="already_sent"):
        play.undo()


def test_a_withdrawal_is_not_taken_back_once_another_case_has_the_units():
    play = returning()
    play.run("approve", "withdraw")
    play.others(1, claimed=1)
    with pytest.raises(Refused, match="over_bought"):
        play.undo()


# The registry.


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_declares_what_doors_need(name: str):
    spec = VERBS[name].verb
    assert spec.name == name
    assert VERBS[name].__doc__
    assert spec.example.startswith("csdesk case ") or spec.right in (Right.RUN, Right.LOAD)
    assert bool(spec.why) == (spec.undo is Undo.NONE)
    if spec.money:
        assert (spec.undo, spec.confirm, spec.right) == (Undo.NONE, True, Right.REFUND)
    in_machines = any(machine.sources(name) for machine in MACHINES.values())
    assert spec.shared or in_machines or name in ("open", "arrive")


def test_offers_say_why_a_verb_is_off_and_keep_the_desks_own_verbs_to_itself():
    play = returning()
    told = {offer.verb: offer.off for offer in offers(play.case, play.context())}
    assert told["approve"] is None
    assert str(told["refund"]) == (
        "wrong_state (verb=refund, state=submitted, allowed=('received_inspecting', 'refunding'))"
    )
    assert not {"open", "breach", "settle_refund", "settle_reply", "auto_close"} & told.keys()
    auditor = {o.verb: o.off for o in offers(play.case, play.context(Actor("sun", Role.AUDITOR)))}
    assert {off.code for off in auditor.values() if off} == {"no_right"}
    assert None not in auditor.values()


def test_a_closed_case_offers_what_can_still_be_done():
    play = returning()
    play.do("withdraw")
    play.now += DAY
    usable = {offer.verb for offer in offers(play.case, play.context()) if offer.off is None}
    assert usable == {"reopen", "note", "tag", "hear", "note_call", "undo", "link_case", "keep_evidence"}
