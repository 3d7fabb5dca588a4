"""Tracks beside a case: they run, remind, escalate and end without touching the case, which cannot end before them."""

from typing import Any

import pytest

from csdesk.domain.cases.case import TRACKS, Kind
from csdesk.domain.cases.courses import COURSES
from csdesk.domain.cases.kind import AUTHORITY
from csdesk.domain.cases.kinds import offers, queue_of
from csdesk.domain.cases.shared import Breach
from tests.unit.domain.cases.play import DAY, HOUR, LI, SYSTEM, WANG, Play, an_order

LETTER: dict[str, Any] = {
    "track_kind": "authority",
    "owner": "chen",
    "ref": "330106-2026-1188",
    "deadline": "7个工作日",
}
NEEDED: dict[str, Any] = {"owner": "chen", "ref": "330106-2026-1188", "agreement": "仲裁协议 2026-3"}
SHA = "ab" * 32


def complaining() -> Play:
    """A complaint that is being negotiated."""
    play = Play(Kind.COMPLAINT, None).begin(reason="service")
    play.run("acknowledge", "negotiate")
    return play


def test_every_course_can_be_walked_to_each_stage_and_left():
    assert set(COURSES) == set(TRACKS)
    for course in COURSES.values():
        names = {stage.name for stage in course.stages}
        seen = {course.stages[0].name}
        for stage in course.stages:
            assert set(stage.to) <= names
        for _ in course.stages:
            seen |= {name for stage in course.stages if stage.name in seen for name in stage.to}
        assert seen == names, course.kind
        assert course.outcomes


@pytest.mark.parametrize("kind", TRACKS)
def test_each_kind_begins_goes_on_and_ends_beside_the_case(kind: str):
    play = complaining()
    state, clocks = play.case.state, play.case.clocks
    course = COURSES[kind]
    play.do("open_track", track_kind=kind, **{name: NEEDED[name] for name in course.needs})
    while nexts := [name for name in course.stage(play.case.tracks[0].state).to if name != "escalated"]:
        play.do("advance_track", to_stage=nexts[0])
    assert play.no("close_track", outcome="won") == "unknown_outcome"
    play.do("close_track", outcome=course.outcomes[0])
    (track,) = play.case.tracks
    assert (track.outcome, track.closed_at, track.clocks) == (course.outcomes[0], play.now, ())
    assert (play.case.state, play.case.clocks) == (state, clocks)


def test_a_case_ends_only_after_all_its_tracks_and_is_told_which_are_open():
    play = complaining()
    play.do("open_track", track_kind="merchant")
    play.do("open_track", track_kind="carrier", ref="SF-投-1")
    play.run("rule", "reply")
    off = {offer.verb: offer.off for offer in offers(play.case, play.context())}["close"]
    assert off is not None
    assert (off.code, off.detail["tracks"]) == ("track_open", ("1 merchant", "2 carrier"))
    assert play.no("close") == "track_open"
    assert play.no("withdraw") == "track_open"
    play.do("close_track", track="1", outcome="agreed")
    assert play.no("close") == "track_open"
    play.do("close_track", outcome="found")
    assert play.do("close").state == "closed"


def test_an_authoritys_letter_puts_the_case_into_its_owners_hands_until_it_is_over():
    play = complaining()
    play.do("open_track", scan=SHA, scan_name="来函.pdf", **LETTER)
    case = play.case
    assert (case.owner, queue_of(case), case.tracks[0].scan) == ("chen", AUTHORITY, SHA)
    notice = next(clock for clock in case.clocks if clock.name == "notice")
    assert (notice.basis, notice.ref, notice.owner) == ("notice", LETTER["ref"], "chen")
    assert play.no("take", LI) == "held_by"
    play.do("advance_track", to_stage="answered")
    assert not any(clock.name == "notice" for clock in play.case.clocks)
    play.do("close_track", outcome="no_agreement")
    assert (play.case.owner, queue_of(play.case)) == ("", "complaints")


def test_the_days_a_letter_sets_run_on_while_the_authority_goes_on_without_an_answer():
    play = complaining()
    play.do("open_track", **LETTER)
    play.do("advance_track", to_stage="mediating")
    names = {clock.name: clock.basis for clock in play.case.clocks}
    assert (names["notice"], names["track_authority"]) == ("notice", "law")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"track_kind": "pigeon"}, "unknown_track"),
        ({}, "track_kind_missing"),
        ({"track_kind": "authority", "ref": "A"}, "track_needs"),
        ({"track_kind": "authority", "owner": "chen"}, "track_needs"),
        ({"track_kind": "arbitration"}, "track_needs"),
        ({"track_kind": "merchant", "owner": "chen"}, "owner_of_authority"),
        ({"track_kind": "merchant", "deadline": "7天"}, "deadline_of_authority"),
        ({"track_kind": "court", "scan": "abc"}, "bad_hash"),
        ({"track_kind": "court", "counterpart": "长" * 121}, "field_too_long"),
        ({**LETTER, "deadline": "soon"}, "bad_deadline"),
    ],
)
def test_what_cannot_be_opened_is_refused_and_changes_nothing(wrong: dict[str, Any], code: str):
    assert complaining().no("open_track", **{"track_kind": "", "counterpart": "", **wrong}) == code


def test_two_letters_of_one_case_have_one_owner():
    play = complaining()
    play.do("open_track", **LETTER)
    assert play.no("open_track", **{**LETTER, "owner": "zhao", "ref": "B"}) == "other_owner"
    play.do("open_track", **{**LETTER, "ref": "B"})
    assert len(play.case.tracks) == 2


def test_a_letter_and_its_clock_are_given_to_another_owner():
    play = complaining()
    play.do("open_track", **LETTER)
    assert play.no("hand_track", owner="chen") == "already_theirs"
    play.do("hand_track", owner="zhao")
    notice = next(clock for clock in play.case.clocks if clock.name == "notice")
    assert (play.case.owner, notice.owner, play.case.tracks[0].clocks) == (
        "zhao",
        "zhao",
        ("track_authority/1", f"notice/{LETTER['ref']}"),
    )
    play.do("open_track", track_kind="merchant")
    assert play.no("hand_track", track="2", owner="zhao") == "owner_of_authority"


def test_the_merchant_is_reminded_then_gone_above_and_the_clock_starts_anew():
    play = complaining()
    play.do("open_track", track_kind="merchant")
    assert play.no("escalate_track") == "remind_first"
    play.now += 24 * HOUR
    play.do("remind_track")
    play.do("remind_track")
    (track,) = play.case.tracks
    assert (track.reminders, track.reminded_at) == (2, play.now)
    play.do("escalate_track")
    clock = next(clock for clock in play.case.clocks if clock.name == "track_merchant")
    assert (play.case.tracks[0].state, clock.due - play.now) == ("escalated", 24 * HOUR)
    assert play.no("escalate_track") == "nobody_above"
    play.do("advance_track", to_stage="answered")
    assert play.no("remind_track") == "nobody_to_remind"


def test_time_that_is_up_allows_to_go_above_without_a_reminder():
    play = complaining()
    play.do("open_track", track_kind="merchant")
    play.now += 48 * HOUR
    play.do("escalate_track")
    assert play.case.tracks[0].state == "escalated"


def test_a_stage_that_does_not_follow_is_refused_with_those_that_do():
    play = complaining()
    play.do("open_track", track_kind="court")
    assert play.no("advance_track", to_stage="answered") == "wrong_stage"
    play.do("open_track", track_kind="merchant")
    assert play.no("advance_track", to_stage="answered") == "no_such_track"  # which one?
    assert play.no("advance_track", track="2", to_stage="escalated") == "wrong_stage"
    assert play.no("close_track", track="3") == "no_such_track"


def test_a_track_verb_is_taken_back_with_its_clocks():
    play = complaining()
    before = play.case.clocks
    play.do("open_track", track_kind="merchant")
    play.undo(WANG)
    assert (play.case.tracks, play.case.clocks) == ((), before)


def test_undoing_a_verb_of_the_case_leaves_the_tracks_that_others_opened_since():
    play = complaining()
    play.do("mediate")
    play.do("open_track", LI, track_kind="merchant")
    clock = next(clock for clock in play.case.clocks if clock.name == "track_merchant")
    play.undo(WANG)
    assert (play.case.state, len(play.case.tracks)) == ("negotiating", 1)
    assert clock in play.case.clocks


def test_a_case_does_not_close_itself_while_a_track_is_open():
    play = Play(Kind.RETURN, an_order((1, 100))).begin()
    play.run("take", "approve")
    play.do("open_track", track_kind="merchant")
    clock = next(clock for clock in play.case.clocks if clock.name == "ship_back")
    play.now = clock.due + DAY
    play.do(Breach(clock.label, clock.due), SYSTEM)
    assert play.case.state == "approved_wait_ship"


def test_a_closed_case_opens_no_track():
    play = Play(Kind.COMPLAINT, None).begin(reason="service")
    play.do("withdraw")
    assert play.no("open_track", track_kind="merchant") == "case_closed"
    assert play.no("close_track") == "case_closed"
