"""A case keeps that its caller was identified, by which sorts and by whom; only the desk itself says so."""

from csdesk.domain.cases.callers import VERIFIED, CallerVerified
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.kinds import VERBS
from csdesk.domain.roles import Right, Role, may
from tests.unit.domain.cases.play import SYSTEM, Play


def inquiry() -> Play:
    return Play(Kind.INQUIRY, None).begin()


def test_the_case_keeps_when_its_caller_was_last_identified_and_nothing_else_of_it_changes():
    play = inquiry()
    before = play.case
    play.do("verify_caller", actor=SYSTEM, checked_by="wang", sorts=("order", "phone"), check=3)
    assert play.case.counters == {VERIFIED: play.case.changed_at}
    assert (play.case.state, play.case.phase, play.case.clocks) == (before.state, before.phase, before.clocks)
    assert CallerVerified.commutes and CallerVerified.sealed == ()


def test_it_takes_two_known_sorts_and_an_open_case():
    play = inquiry()

    def no(*sorts: str) -> str:
        return play.no("verify_caller", actor=SYSTEM, checked_by="wang", sorts=sorts, check=3)

    assert no("order") == "caller_few"
    assert no("order", "order") == "caller_few"
    assert no("order", "shoe_size") == "bad_choice"
    play.do("reply", text="好的")
    play.do("close")
    assert no("order", "phone") == "case_closed"


def test_no_person_can_say_it_by_hand():
    right = VERBS["verify_caller"].verb.right
    assert right is Right.RUN
    assert [role for role in Role if may(role, right)] == [Role.SYSTEM]
