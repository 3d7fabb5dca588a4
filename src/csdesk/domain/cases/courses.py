"""The ways that tracks beside a case can go: for each kind its stages, the steps between them, clocks and outcomes."""

from csdesk.domain.cases.case import TRACKS
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.machine import Term
from csdesk.domain.clocks.span import SpanUnit
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a track can stand, which stages may follow, and how long it may take (its clock's name is given later)."""

    name: str
    to: tuple[str, ...] = ()
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """All stages of one kind of track, the first first. `asks`: the desk waits for somebody it can remind.

    `needs`: fields that opening it cannot do without.
    """

    kind: str
    stages: tuple[Stage, ...]
    outcomes: tuple[str, ...]
    asks: bool = False
    needs: tuple[str, ...] = ()

    def stage(self, name: str) -> Stage:
        """The stage with this name; KeyError when the course has none such."""
        return next(stage for stage in self.stages if stage.name == name)


def _policy(amount: int, unit: SpanUnit = "days") -> Term:
    return Term("track", amount, unit, "policy")


def _law(amount: int, unit: SpanUnit, article: str) -> Term:
    return Term("track", amount, unit, "law", article)


_ASKED = ("answered", "escalated")
_TOLD = ("settled", "no_agreement", "not_accepted", "withdrawn")

COURSES: dict[str, Course] = {
    course.kind: course
    for course in (
        # 七日办法 §24, 电商法 §§60-61: who asks the platform to step in is heard.
        Course(
            "platform",
            (
                Stage("opened", ("examining",), _policy(24, "hours")),
                Stage("examining", ("mediating",), _policy(3)),
                Stage("mediating", (), _policy(7)),
            ),
            ("for_consumer", "for_merchant", "settled", "withdrawn"),
        ),
        # A letter of 12315. Within 7 working days the authority says whether it accepts (消法实施条例 §46); a mediation
        # ends within 60 days (§47). By when the desk must answer is written in the letter: a clock of its own.
        Course(
            "authority",
            (
                Stage("filed", ("answered", "mediating"), _law(7, "workdays", "消法实施条例 §46")),
                Stage("answered", ("mediating",)),
                Stage("mediating", (), _law(60, "days", "消法实施条例 §47")),
            ),
            (*_TOLD, "penalised"),
            needs=("owner", "ref"),
        ),
        Course(
            "merchant",
            (
                Stage("asked", _ASKED, _policy(48, "hours")),
                Stage("escalated", ("answered",), _policy(24, "hours")),
                Stage("answered", (), _policy(3)),
            ),
            ("agreed", "declined", "no_answer", "withdrawn"),
            asks=True,
        ),
        # 快递暂行条例 §28: a complaint is handled and its result told within seven days.
        Course(
            "carrier",
            (
                Stage("asked", _ASKED, _law(7, "days", "快递暂行条例 §28")),
                Stage("escalated", ("answered",), _policy(3)),
                Stage("answered", (), _policy(3)),
            ),
            ("found", "compensated", "declined", "no_answer", "withdrawn"),
            asks=True,
        ),
        Course(
            "provider",
            (
                Stage("asked", _ASKED, _policy(15)),
                Stage("escalated", ("answered",), _policy(3)),
                Stage("answered", (), _policy(3)),
            ),
            ("agreed", "declined", "no_answer", "withdrawn"),
            asks=True,
        ),
        Course(
            "association",
            (Stage("filed", ("mediating",)), Stage("mediating", (), _policy(60))),
            _TOLD,
        ),
        # 消法 §39(4): only by an agreement of both sides.
        Course(
            "arbitration",
            (Stage("filed", ("hearing",)), Stage("hearing")),
            ("award", "settled", "not_accepted", "withdrawn"),
            needs=("agreement",),
        ),
        Course(
            "court",
            (Stage("filed", ("hearing",)), Stage("hearing")),
            ("judgment", "settled", "not_accepted", "withdrawn"),
        ),
        Course(
            "police",
            (Stage("filed", ("investigated",), _policy(7)), Stage("investigated")),
            ("case_opened", "no_case_opened", "withdrawn"),
        ),
    )
}
OUTCOMES = tuple(dict.fromkeys(outcome for course in COURSES.values() for outcome in course.outcomes))
STAGES = tuple(dict.fromkeys(stage.name for course in COURSES.values() for stage in course.stages))


def course_of(kind: str) -> Course:
    """The course of a kind of track; Refused names the kinds that there are."""
    if not kind.strip():
        raise Refused("track_kind_missing", allowed=TRACKS)
    if kind not in COURSES:
        raise Refused("unknown_track", track=kind, allowed=TRACKS)
    return COURSES[kind]
