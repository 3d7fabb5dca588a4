"""Incidents: what describes them, who may join, what each notice does to the clocks, when one may end."""

from dataclasses import replace

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.causes import Members
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.incident import DecideMembers, DescribeCause
from csdesk.domain.cases.kinds import offers, run
from csdesk.domain.cases.opening import Open
from tests.unit.domain.cases.play import HOUR, ZONE, Play, an_order, make

MINUTE = 60_000


def declared() -> Play:
    return Play(Kind.INCIDENT, None).begin(reason="carrier_stopped")


def clocks(play: Play) -> dict[str, int]:
    return {clock.name: clock.due - play.now for clock in play.case.clocks}


def test_the_first_notice_is_due_in_an_hour_and_each_gives_a_day_until_the_next():
    play = declared()
    assert clocks(play) == {"first_notice": 60 * MINUTE}
    play.do("inform_members")
    assert (play.case.state, clocks(play)) == ("informed", {"next_update": 24 * HOUR})
    play.now += 5 * HOUR
    assert clocks(play) == {"next_update": 19 * HOUR}
    play.do("inform_members")
    assert (play.case.state, clocks(play)) == ("informed", {"next_update": 24 * HOUR})
    assert [(errand.number, errand.verb) for errand in play.case.errands] == [(1, "reply"), (2, "reply")]


def test_a_late_notice_has_the_number_and_the_words_of_the_last():
    play = declared()
    assert play.no("inform_members", text="", which="late") == "no_notice_yet"
    play.do("inform_members")
    assert play.no("inform_members", text="别的话", which="late") == "late_in_its_words"
    play.do("inform_members", text="", which="late")
    assert [errand.number for errand in play.case.errands] == [1, 1]
    assert len({errand.run for errand in play.case.errands}) == 2


def test_after_the_cause_is_gone_members_can_still_be_told():
    play = declared()
    play.run("inform_members", "remedy", "inform_members")
    assert (play.case.state, list(clocks(play))) == ("remedied", ["close"])


def test_it_ends_with_uninformed_members_only_for_a_reason_and_can_be_taken_up_again():
    play = declared()
    left = replace(play.context(), members=Members(5, 2, 5))
    with pytest.raises(Refused, match="members_uninformed"):
        run(play.case, make("close_incident", waive=""), left)
    assert not run(play.case, make("close_incident", waive="逐个致电"), left).case.open
    assert not play.do("close_incident").open
    assert play.do("reopen").state == "informed"


def test_nobody_is_told_where_nobody_is():
    play = declared()
    nobody = replace(play.context(), members=Members())
    for verb, code in (("inform_members", "no_members"), ("decide_members", "no_members")):
        with pytest.raises(Refused, match=code):
            run(play.case, make(verb), nobody)
    all_told = replace(play.context(), members=Members(3, 0, 0))
    with pytest.raises(Refused, match="all_decided"):
        run(play.case, make("decide_members"), all_told)


def test_its_title_and_criteria_are_kept_and_offered_again():
    play = declared()
    play.do(
        "describe_cause", kinds=("complaint",), since="2026-11-01", until="2026-11-03 09:30", words="物流"
    )
    assert play.case.cause is not None
    asked = play.case.cause.criteria
    assert (asked.kinds, asked.carrier, asked.words) == (("complaint",), "申通", "物流")
    assert (asked.until - asked.since) / HOUR == 57.5
    again = DescribeCause(**DescribeCause.suggest(play.case))
    with pytest.raises(Refused, match="nothing_changed"):
        run(play.case, again, play.context())
    play.undo()
    assert play.case.cause is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"title": ""}, "bad_title"),
        ({"title": "长" * 61}, "bad_title"),
        ({"kinds": ("incident",)}, "bad_choice"),
        ({"kinds": ("flight",)}, "bad_choice"),
        ({"channel": "fax"}, "unknown_channel"),
        ({"carrier": ""}, "criteria_too_wide"),
        ({"carrier": "", "kinds": ("complaint",), "since": "2026-11-01"}, "criteria_too_wide"),
        ({"since": "gestern"}, "bad_since"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "bad_since"),
    ],
)
def test_criteria_that_tell_nothing_apart_are_refused(data: dict[str, object], code: str):
    assert declared().no(make("describe_cause", **data)) == code


def test_a_case_joins_one_incident_leaves_it_and_takes_either_back():
    play = Play(Kind.COMPLAINT).begin((1, 1))
    play.do("join_incident")
    assert play.case.incident == "c9"
    assert play.no("join_incident") == "has_incident"
    play.do("leave_incident")
    assert play.case.incident == ""
    assert play.no("leave_incident") == "no_incident"
    play.undo()
    assert play.case.incident == "c9"
    play.now += 1
    play.do("tag", add=("急",))
    assert (play.case.incident, play.case.tags) == ("c9", ("急",))


def test_an_incident_is_nobodys_request_and_joins_no_other():
    play = declared()
    for verb in ("join_incident", "reply", "hear", "compensate", "open_track", "snooze", "convert"):
        assert play.no(verb) == "not_of_kind"
    with pytest.raises(Refused, match="incident_of_no_order"):
        run(
            None,
            Open(Kind.INCIDENT, "o1", body="7K3M9QX4", desk="main"),
            replace(play.context(), order=an_order((1, 1))),
        )
    offered = {offer.verb for offer in offers(play.case, play.context())}
    assert {"describe_cause", "inform_members", "take", "assign", "note", "close_incident"} <= offered
    assert not offered & {"reply", "refund", "close", "join_incident"}


def test_an_inquiry_does_not_turn_into_one():
    play = Play(Kind.INQUIRY, None).begin()
    assert play.no("convert", kind=Kind.INCIDENT) == "kind_not_served"


def test_a_piece_without_a_name_goes_on_with_the_text_before_it():
    made = DecideMembers("reject", ("reason=other", "note=停运", "请见公告", "article=P02"))
    assert made.form() == {"reason": "other", "note": "停运,请见公告", "article": "P02"}
    with pytest.raises(Refused, match="bad_value"):
        DecideMembers("reject", ("other",)).form()


def test_a_moment_is_of_the_desks_zone():
    play = declared()
    play.do("describe_cause", since="2026-11-02")
    assert play.case.cause is not None
    assert play.case.cause.criteria.since == 1_793_548_800_000
    assert str(ZONE) == "Asia/Shanghai"
