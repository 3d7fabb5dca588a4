"""Marks of a customer: what they do, and above all what they do not: no right is lost, no deadline is passed."""

from dataclasses import replace
from typing import Any

import pytest

from csdesk.domain.cases.case import Kind, Phase
from csdesk.domain.cases.kinds import MACHINES, offers
from csdesk.domain.cases.persons import FLAGS, GROUNDS, PersonFlagged
from csdesk.domain.clocks.clock import VIP_RESPONSE, Clock
from csdesk.domain.clocks.sla import SlaPolicy
from csdesk.domain.clocks.times import Times
from tests.unit.domain.cases.play import DAY, HOUR, LI, NOW, Play, an_order

EVERY = frozenset(FLAGS)
MINUTE = 60_000
MINDED = tuple(kind for kind in MACHINES if kind is not Kind.INCIDENT)


def begun(kind: Kind = Kind.RETURN, **more: Any) -> Play:
    return Play(kind, an_order((2, 39_800)), **more).begin()


def targeted(**more: Any) -> Play:
    return begun(times=Times(targets={"": SlaPolicy(60, 30, 2_880)}), **more)


def due(play: Play, name: str) -> list[int]:
    return [clock.due for clock in play.case.clocks if clock.name == name]


@pytest.mark.parametrize("kind", MINDED)
def test_no_verb_of_any_state_is_off_because_of_a_mark(kind: Kind):
    play = begun(kind)
    for state in MACHINES[kind].states:
        case = replace(play.case, state=state.name, phase=state.phase)
        plain = {one.verb: str(one.off) for one in offers(case, play.context())}
        marked = {one.verb: str(one.off) for one in offers(case, replace(play.context(), flags=EVERY))}
        differ = {verb for verb in plain if plain[verb] != marked[verb]}
        # What can be taken off is off while there is nothing to take.
        assert differ == (set() if case.protected or state.phase is Phase.DONE else {"unflag_person"})


def test_a_customer_who_was_warned_and_cut_off_keeps_clocks_verbs_and_an_answer_in_writing():
    plain, abusive = begun(), begun(flags=frozenset({"abusive"}))
    abusive.do("warn_contact", text="再辱骂就挂断")
    abusive.do("end_contact", grounds="insult", medium="call")
    assert abusive.case.clocks == plain.case.clocks
    assert {one.verb for one in offers(plain.case, plain.context()) if not one.off} <= {
        one.verb for one in offers(abusive.case, abusive.context()) if not one.off
    } | {"warn_contact"}
    abusive.do("hear", text="我要退款")
    abusive.do("reply", text="您好，退货申请正在审核")
    abusive.run("approve", "ship_back", "receive", "inspect")
    assert [m.direction for m in abusive.case.messages][:2] == ["in", "out"]
    assert abusive.case.lines[0].received == 2


def test_a_call_is_ended_only_after_the_one_warning_on_this_case():
    play = begun()
    assert play.no("end_contact", grounds="threat") == "needs_warning"
    play.do("warn_contact", LI)
    assert play.no("warn_contact") == "already_warned"
    play.do("end_contact", LI, grounds="threat", medium="chat")
    play.do("end_contact", LI, grounds="threat")
    assert play.case.counters["contact_ended"] == 2
    assert play.case.open


@pytest.mark.parametrize(
    ("verb", "data", "code"),
    [
        ("flag_person", {"flag": "rude", "grounds": "insult"}, "bad_choice"),
        ("flag_person", {"flag": "vip", "grounds": "insult"}, "bad_choice"),
        ("flag_person", {"flag": "vip", "grounds": "agreement", "last_day": "2026-11-01"}, "bad_last_day"),
        ("flag_person", {"flag": "vip", "grounds": "agreement", "last_day": "明年"}, "bad_last_day"),
        ("unflag_person", {"flag": "vip"}, "not_flagged"),
        ("warn_contact", {"medium": "letter"}, "bad_choice"),
    ],
)
def test_what_nobody_can_mean_is_refused(verb: str, data: dict[str, Any], code: str):
    assert begun().no(verb, **data) == code


def test_an_angry_agent_does_not_mark_a_customer_as_abusive_nor_takes_that_mark_off():
    play = begun()
    for flag, grounds in GROUNDS.items():
        if flag == "abusive":
            assert play.no("flag_person", LI, flag=flag, grounds=grounds[0]) == "no_right"
        else:
            play.do("flag_person", LI, flag=flag, grounds=grounds[0])
    play.flags = EVERY
    assert play.no("unflag_person", LI, flag="abusive") == "no_right"
    play.do("unflag_person", LI, flag="vip")
    play.do("flag_person", flag="abusive", grounds="threat", last_day="2026-12-31")
    last = play.groups[-1][4][0]
    assert isinstance(last, PersonFlagged)
    assert last.until == NOW - 10 * HOUR + 60 * DAY  # 24:00 of 31 December


def test_nobody_is_marked_in_a_report_nor_where_no_customer_is_known():
    assert begun(Kind.REPORT).no("flag_person") == "no_person"
    nobody = begun()
    nobody.case = replace(nobody.case, customer="")
    assert nobody.no("flag_person") == "no_person"


def test_a_vip_has_half_of_the_response_target_beside_it_and_no_queue_orders_by_that():
    plain, vip = targeted(), targeted(flags=frozenset({"vip"}))
    assert due(vip, "first_response") == due(plain, "first_response") == [NOW + 60 * MINUTE]
    assert due(vip, VIP_RESPONSE) == [NOW + 30 * MINUTE]
    assert due(plain, VIP_RESPONSE) == []
    assert vip.case.due == plain.case.due
    assert [c for c in vip.case.clocks if c.name != VIP_RESPONSE] == list(plain.case.clocks)


def test_a_vip_with_a_later_deadline_of_the_law_never_comes_before_an_earlier_one():
    law = [Clock("refusal", "law", NOW, NOW + days * DAY, ("P02",)) for days in (1, 2)]
    goal = Clock(VIP_RESPONSE, "policy", NOW, NOW + HOUR)
    plain, vip = replace(begun().case, clocks=(law[0],)), replace(begun().case, clocks=(goal, law[1]))
    assert (plain.due, vip.due) == (NOW + DAY, NOW + 2 * DAY)
    assert replace(vip, clocks=(goal,)).due == 0


def test_a_mark_sets_a_goal_for_what_still_waits_and_taking_it_off_ends_that():
    play = targeted()
    play.now += 29 * MINUTE
    play.do("flag_person")
    assert due(play, VIP_RESPONSE) == [NOW + 30 * MINUTE]
    play.flags = frozenset({"vip"})
    play.now += 5 * MINUTE
    play.do("note")
    assert due(play, VIP_RESPONSE) == [NOW + 30 * MINUTE]  # missed, and it goes on showing by how much
    play.do("unflag_person")
    assert due(play, VIP_RESPONSE) == []
    play.do("flag_person")
    assert due(play, VIP_RESPONSE) == []  # nobody is late for a goal that is set when it is over
