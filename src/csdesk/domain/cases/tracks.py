"""Tracks beside a case: the platform, an authority, the merchant, a carrier … each at its own pace.

A case may wait for several. Its own state never changes by them, and it cannot end while one is open. A letter from
an authority has a named owner: as long as it is open the case stands in that person's queue and in no common one.
"""

import re
from dataclasses import field

from csdesk.domain.cases.case import TRACKS, Case, Clock, Kind, Track
from csdesk.domain.cases.clocks import Notice
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.courses import COURSES, OUTCOMES, STAGES, Stage, course_of
from csdesk.domain.cases.events import ClocksSet, Event
from csdesk.domain.cases.machine import NOTICE
from csdesk.domain.cases.track_events import Tracked
from csdesk.domain.clocks.clock import in_order
from csdesk.domain.mask import mask_text
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace

MOST_TRACKS = 20
LONGEST = 120
_SHA256 = re.compile(r"[0-9a-f]{64}")


def opened(case: Case) -> tuple[Track, ...]:
    """The tracks that are still open."""
    return tuple(track for track in case.tracks if not track.closed_at)


def hinders(case: Case) -> Refused | None:
    """Why the case cannot end now: the tracks that it waits for, or None."""
    waits = opened(case)
    return (
        Refused("track_open", tracks=tuple(f"{track.id} {track.kind}" for track in waits)) if waits else None
    )


def _line(text: str, name: str) -> str:
    """A short field without its edges; Refused when it is too long."""
    said = text.strip()
    if len(said) > LONGEST:
        raise Refused("field_too_long", field=name, most=LONGEST)
    return said


def _note(case: Case, kind: str, text: str) -> str:
    """A note, without numbers of people where the merchant reads it and must not learn who reported."""
    return mask_text(text) if case.kind is Kind.REPORT and kind == "merchant" else text


def _stage_clock(case: Case, track: Track, stage: Stage, ctx: Context) -> tuple[Clock, ...]:
    if stage.term is None:
        return ()
    return (replace(stage.term.start(case, ctx), name=f"track_{track.kind}", ref=track.id),)


def _changed(
    case: Case, said: Tracked, start: tuple[Clock, ...] = (), stop: tuple[str, ...] = ()
) -> tuple[Event, ...]:
    """The events of a changed track: what it is now, and the clocks of the case when they differ."""
    track = said.track
    mine = (*(label for label in track.clocks if label not in stop), *(clock.label for clock in start))
    happened = replace(said, track=replace(track, clocks=mine))
    left = tuple(clock for clock in case.clocks if clock.label not in stop)
    clocks = tuple(sorted(left + start, key=in_order))
    return (happened,) if clocks == case.clocks else (happened, ClocksSet(clocks))


@verb(
    "open_track",
    shared=True,
    example="csdesk case do CP-… open_track track_kind=authority owner=chen ref=330106-2026-1188 deadline=7个工作日",
)
@dataclass(frozen=True, slots=True)
class OpenTrack(Command):
    """Begin something beside the case: with the platform, an authority, the merchant, a carrier, a provider …

    `deadline` and `received` are the letter's, as `notice` takes them; `scan` is the SHA-256 of its scan.
    """

    track_kind: str = field(default="", metadata={"choices": TRACKS})
    counterpart: str = ""
    ref: str = ""
    owner: str = ""
    deadline: str = ""
    received: str = ""
    agreement: str = ""
    scan: str = ""
    scan_name: str = ""
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        course = course_of(self.track_kind)
        for name in course.needs:
            if not getattr(self, name).strip():
                raise Refused("track_needs", track=self.track_kind, field=name)
        if self.owner and self.track_kind != "authority":
            raise Refused("owner_of_authority", track=self.track_kind)
        if self.owner and case.owner not in ("", self.owner):
            raise Refused("other_owner", who=case.owner)
        if self.scan and not _SHA256.fullmatch(self.scan):
            raise Refused("bad_hash", field="scan")
        if len(case.tracks) >= MOST_TRACKS:
            raise Refused("too_many_tracks", most=MOST_TRACKS)
        first = course.stages[0]
        track = Track(
            id=str(len(case.tracks) + 1),
            kind=self.track_kind,
            state=first.name,
            at=ctx.now,
            party=_line(self.counterpart, "counterpart"),
            ref=_line(self.ref or self.agreement, "ref"),
            owner=self.owner,
            scan=self.scan,
        )
        start = _stage_clock(case, track, first, ctx) + self._notice(case, ctx)
        said = Tracked(track, _note(case, self.track_kind, self.note), _line(self.scan_name, "scan_name"))
        return _changed(case, said, start)

    def _notice(self, case: Case, ctx: Context) -> tuple[Clock, ...]:
        """The clock that the letter itself sets, as `notice` makes it: it names the letter and who answers it."""
        if not self.deadline.strip():
            return ()
        if self.track_kind != "authority":
            raise Refused("deadline_of_authority", track=self.track_kind)
        letter = Notice(self.ref, self.deadline, received=self.received, owner=self.owner)
        had = {clock.label for clock in case.clocks}
        return tuple(
            clock
            for happened in letter.decide(case, ctx)
            if isinstance(happened, ClocksSet)
            for clock in happened.clocks
            if clock.label not in had
        )


@dataclass(frozen=True, slots=True)
class OnTrack(Command):
    """A verb on an open track of the case, by its number; with one open track the number may be left out."""

    track: str = field(default="", kw_only=True)

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return refused or (None if opened(case) else Refused("no_track"))

    def find(self, case: Case) -> Track:
        """The open track that is meant."""
        waits = opened(case)
        found = [track for track in waits if track.id == self.track or (not self.track and len(waits) == 1)]
        if not found:
            raise Refused("no_such_track", track=self.track, allowed=tuple(track.id for track in waits))
        return found[0]


@verb("advance_track", shared=True, example="csdesk case do CP-… advance_track track=1 to_stage=answered")
@dataclass(frozen=True, slots=True)
class AdvanceTrack(OnTrack):
    """The track went on to its next stage; its former clock stops, and the letter's own once it is answered."""

    to_stage: str = field(metadata={"choices": STAGES})
    ref: str = ""
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        track = self.find(case)
        course = COURSES[track.kind]
        here = course.stage(track.state)
        # To escalate says more than a stage: it has a verb.
        free = tuple(name for name in here.to if name != "escalated")
        if self.to_stage not in free:
            raise Refused("wrong_stage", to_stage=self.to_stage, allowed=free)
        to = course.stage(self.to_stage)
        # The day that a letter set goes by only when it is answered, whatever else its authority does meanwhile.
        answered = self.to_stage == "answered"
        ended = tuple(x for x in track.clocks if answered or not x.startswith(f"{NOTICE}/"))
        now = replace(track, state=to.name, ref=_line(self.ref, "ref") or track.ref)
        said = Tracked(now, _note(case, track.kind, self.note))
        return _changed(case, said, _stage_clock(case, now, to, ctx), ended)


@verb(
    "remind_track",
    shared=True,
    undo=Undo.NONE,
    why="outside",
    example="csdesk case do CP-… remind_track track=2",
)
@dataclass(frozen=True, slots=True)
class RemindTrack(OnTrack):
    """Ask whoever owes an answer once more; how often and when last is kept, the clock runs on."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        track = self.find(case)
        if not COURSES[track.kind].asks or track.state == "answered":
            raise Refused("nobody_to_remind", track=track.kind)
        now = replace(track, reminders=track.reminders + 1, reminded_at=ctx.now)
        return _changed(case, Tracked(now, _note(case, track.kind, self.note)))


@verb(
    "escalate_track", shared=True, example="csdesk case do CP-… escalate_track track=2 note=已通知招商负责人"
)
@dataclass(frozen=True, slots=True)
class EscalateTrack(OnTrack):
    """No answer came: go above whoever was asked; only after a reminder, or when their time is up."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        track = self.find(case)
        course = COURSES[track.kind]
        if "escalated" not in course.stage(track.state).to:
            raise Refused("nobody_above", track=track.kind)
        late = any(clock.label in track.clocks and clock.due <= ctx.now for clock in case.clocks)
        if not track.reminders and not late:
            raise Refused("remind_first")
        now = replace(track, state="escalated")
        start = _stage_clock(case, now, course.stage("escalated"), ctx)
        return _changed(case, Tracked(now, _note(case, track.kind, self.note)), start, track.clocks)


@verb("hand_track", right=Right.ASSIGN, shared=True, example="csdesk case do CP-… hand_track owner=zhao")
@dataclass(frozen=True, slots=True)
class HandTrack(OnTrack):
    """Give an authority's letter, and its clock, to another owner (the desk checks that there is one)."""

    owner: str

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        track = self.find(case)
        if track.kind != "authority":
            raise Refused("owner_of_authority", track=track.kind)
        if not self.owner:
            raise Refused("no_agent")
        if self.owner == track.owner:
            raise Refused("already_theirs", who=self.owner)
        letters = [clock for clock in case.clocks if clock.label in track.clocks and clock.owner]
        return _changed(
            case,
            Tracked(replace(track, owner=self.owner)),
            tuple(replace(clock, owner=self.owner) for clock in letters),
            tuple(clock.label for clock in letters),
        )


@verb("close_track", shared=True, example="csdesk case do CP-… close_track track=2 outcome=agreed")
@dataclass(frozen=True, slots=True)
class CloseTrack(OnTrack):
    """The track is at its end, with what came of it; its clocks stop."""

    outcome: str = field(metadata={"choices": OUTCOMES})
    ref: str = ""
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        track = self.find(case)
        allowed = COURSES[track.kind].outcomes
        if self.outcome not in allowed:
            raise Refused("unknown_outcome", outcome=self.outcome, allowed=allowed)
        now = replace(track, outcome=self.outcome, closed_at=ctx.now, ref=_line(self.ref, "ref") or track.ref)
        return _changed(case, Tracked(now, _note(case, track.kind, self.note)), stop=track.clocks)
