"""Personal-data request 个人信息请求: known by two signs, answered in time, told all; and a leak's clocks."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from csdesk.domain.cases.case import Clock, Kind
from csdesk.domain.cases.events import Moved
from tests.unit.domain.cases.play import HOUR, ZONE, Play, make, on

KNOWN = ["verify_identity", "scope_request"]
LEAK = ["declare_breach", "contain_breach", "assess_breach", "notify_authority"]
STATES: dict[str, tuple[list[str], set[str]]] = {
    "requested": ([], {"ask_identity", "verify_identity", "declare_breach", "withdraw", "withdraw_consent"}),
    "verify_identity": (
        ["ask_identity"],
        {"verify_identity", "refuse_request", "declare_breach", "withdraw", "withdraw_consent"},
    ),
    "scoping": (
        ["verify_identity"],
        {"scope_request", "refuse_request", "declare_breach", "withdraw", "withdraw_consent"},
    ),
    "fulfilling": (
        KNOWN,
        {"fulfil_request", "fulfil_partly", "refuse_request", "withdraw", "withdraw_consent"}
        | {"correct_record", "erase_data", "lift_restraint"},
    ),
    "fulfilled": ([*KNOWN, "fulfil_request", "reply"], {"tell_outcome"}),
    "partly": ([*KNOWN, "fulfil_partly", "reply"], {"tell_outcome", "appeal"}),
    "refused": ([*KNOWN, "refuse_request", "reply"], {"tell_outcome", "appeal"}),
    "told": ([*KNOWN, "fulfil_request", "reply", "tell"], {"close", "appeal"}),
    "detected": (LEAK[:1], {"contain_breach", "notify_authority"}),
    "contained": (LEAK[:2], {"assess_breach", "notify_authority"}),
    "assessed": (LEAK[:3], {"notify_authority"}),
    "authority_notified": (LEAK, {"notify_people", "waive_people"}),
    "people_notified": ([*LEAK, "notify_people", "reply"], {"close"}),
    "waived": ([*LEAK, "waive_people", "reply"], {"close", "notify_people"}),
    "closed": ([*LEAK, "notify_people", "reply", "close"], {"reopen"}),
    "withdrawn": (["withdraw"], {"reopen"}),
}


def asking(reason: str = "delete_data") -> Play:
    """A request of somebody without an order."""
    return Play(Kind.PRIVACY_REQUEST, None).begin(reason=reason)


def go(play: Play, *verbs: str) -> Play:
    """Verbs one after the other; `tell` says all that a notice can contain."""
    for verb in verbs:
        if verb == "tell":
            play.do("tell_outcome", items=("result", "reasons", "remedies", "kept", "law"))
        else:
            play.do(verb)
    return play


def clock(play: Play, name: str) -> Clock:
    """The running clock with this name."""
    return next(found for found in play.case.clocks if found.name == name)


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_verbs(state: str):
    path, verbs = STATES[state]
    play = go(asking(), *path)
    assert play.case.state == state
    assert on(play) - {"take"} == verbs


def test_nobody_is_known_by_one_sign_and_who_is_not_known_is_refused_with_that_reason():
    play = go(asking(), "ask_identity")
    assert play.no("verify_identity", identifiers=("phone",)) == "too_few_identifiers"
    assert play.no("verify_identity", identifiers=("phone", "phone")) == "too_few_identifiers"
    assert play.no("verify_identity", identifiers=("phone", "horoscope")) == "unknown_identifier"
    assert play.no("refuse_request", reason="law_keeps") == "wrong_refusal"
    assert play.no("refuse_request", reason="") == "unknown_reason"
    play.do("refuse_request", reason="identity_not_verified")
    (moved,) = [event for event in play.groups[-1][-1] if isinstance(event, Moved)]
    assert (play.case.state, moved.reason, moved.article) == (
        "refused",
        "identity_not_verified",
        "个人信息保护法 §50",
    )


def test_who_is_known_is_not_refused_as_a_stranger():
    play = go(asking(), *KNOWN)
    assert play.no("refuse_request", reason="identity_not_verified") == "wrong_refusal"


def test_what_a_law_keeps_is_named_with_the_law_and_the_person_is_told_both():
    play = go(asking(), *KNOWN)
    assert play.no("fulfil_partly", article="") == "needs_article"
    assert play.no("fulfil_partly", kept=()) == "field_empty"
    play.do("fulfil_partly", article="电子商务法 §31")
    (moved,) = [event for event in play.groups[-1][-1] if isinstance(event, Moved)]
    assert (play.case.state, moved.items, moved.article) == ("partly", ("交易记录",), "电子商务法 §31")
    play.do("reply")
    assert play.no("tell_outcome", items=("result",)) == "notice_lacks"
    go(play, "tell", "close")
    assert play.case.outcome == "partly_fulfilled"


def test_a_refusal_tells_its_reasons_and_that_one_may_go_to_court():
    play = go(asking(), *KNOWN, "refuse_request", "reply")
    assert play.no("tell_outcome", items=("result", "reasons")) == "notice_lacks"
    assert go(play, "tell").case.state == "told"


def test_fifteen_working_days_count_from_the_request_whatever_the_case_waits_for():
    play = asking()
    due = clock(play, "fulfil").due
    play.now += 30 * HOUR
    go(play, "ask_identity", *KNOWN)
    assert clock(play, "fulfil").due == due
    # Asked on Monday the 2nd of November: three weeks without a day off in them.
    assert datetime.fromtimestamp(due / 1000 - 1, ZONE).date() == date(2026, 11, 23)


def test_a_leak_goes_to_the_authority_within_four_hours_and_to_the_people():
    play = go(asking("leak_scam_call"), "declare_breach")
    told = clock(play, "notify_authority")
    assert (told.basis, told.due - play.now, told.article) == (
        "law",
        4 * HOUR,
        "国家网络安全事件报告管理办法",
    )
    play.now += HOUR
    go(play, "contain_breach", "assess_breach")
    assert clock(play, "notify_authority") == told
    for blank in ("leaked", "measures", "contact"):
        command = replace(make("notify_authority"), **{blank: " "})
        assert play.no(command) == "field_empty"
    go(play, "notify_authority")
    assert [found.name for found in play.case.clocks] == ["notify_people"]
    assert go(play, "notify_people").case.state == "people_notified"


def test_four_hours_are_the_law_from_a_large_leak_on_and_the_desks_own_below():
    play = go(asking("leak_scam_call"), "declare_breach", "contain_breach")
    due = clock(play, "notify_authority").due
    play.do("assess_breach", level="general")
    eased = clock(play, "notify_authority")
    assert (eased.basis, eased.articles, eased.due) == ("policy", (), due)


def test_people_are_left_untold_only_with_a_reason_and_can_be_told_later():
    play = go(asking(), *LEAK)
    assert play.no("waive_people", note=" ") == "field_empty"
    go(play, "waive_people", "notify_people")
    assert play.case.state == "people_notified"
