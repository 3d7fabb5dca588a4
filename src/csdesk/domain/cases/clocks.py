"""Verbs about clocks: a letter with its deadline, its answer, a promised call and its outcome, waiting for somebody."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import TYPE_CHECKING, Any

from csdesk.domain.cases.case import Case, Clock
from csdesk.domain.cases.clock_events import (
    CallbackDone,
    CallbackPromised,
    ClocksPaused,
    ClocksResumed,
    NoticeAnswered,
    NoticeReceived,
)
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import ClocksSet, Event
from csdesk.domain.cases.machine import CALLBACK, MACHINES, NOTICE
from csdesk.domain.clocks.clock import in_order
from csdesk.domain.clocks.days import end_of_day_ms, local_day, midnight_ms
from csdesk.domain.clocks.span import Span
from csdesk.domain.clocks.times import PARTIES
from csdesk.domain.value import dataclass

# What reads and counts is loaded by the first verb that needs it, so that a console that starts need not wait.
if TYPE_CHECKING:
    from csdesk.domain.clocks.counting import Counted

SENDERS = ("12315", "market_authority", "court", "arbitration", "association", "postal", "police", "other")
LONGEST_NUMBER = 60
# After so many calls that reached nobody, one may stop calling.
CALLS = 3


def set_clocks(clocks: tuple[Clock, ...]) -> ClocksSet:
    """The clocks as a case keeps them."""
    return ClocksSet(tuple(sorted(clocks, key=in_order)))


def notices(case: Case) -> tuple[Clock, ...]:
    """The letters that wait for an answer, the most urgent first."""
    return tuple(clock for clock in case.clocks if clock.name == NOTICE)


@verb(
    "notice",
    shared=True,
    example="csdesk case do CP-… notice letter=12315-2026-0042 deadline=7个工作日 sender=12315",
)
@dataclass(frozen=True, slots=True)
class Notice(Command):
    """Record a letter that sets a deadline: a day, or a period from the day it was received; nothing pauses it.

    `received` is a day (today when empty); `owner` the agent who answers for it (whoever records it when empty).
    """

    letter: str
    deadline: str
    sender: str = field(default="12315", metadata={"choices": SENDERS})
    received: str = ""
    owner: str = ""
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        ref = self.letter.strip()
        if not ref or len(ref) > LONGEST_NUMBER:
            raise Refused("bad_letter", most=LONGEST_NUMBER, field="letter")
        if any(clock.ref == ref for clock in notices(case)):
            raise Refused("notice_twice", ref=ref, field="letter")
        if self.sender not in SENDERS:
            raise Refused("bad_choice", field="sender", value=self.sender, allowed=SENDERS)
        owner, came = self.owner.strip() or ctx.actor.id, self._received(ctx)
        started, span, counted = self._deadline(came, ctx)
        clock = Clock(
            NOTICE, "notice", started, counted.due, span=span, flags=counted.flags, ref=ref, owner=owner
        )
        told = NoticeReceived(self.sender, ref, came.isoformat(), owner, counted.due, self.note)
        return (told, set_clocks((*case.clocks, clock)))

    def _received(self, ctx: Context) -> date:
        from csdesk.domain.clocks.said import said_day

        today = local_day(ctx.now, ctx.zone)
        came = said_day(self.received, today) if self.received.strip() else today
        if came is None or came > today:
            raise Refused("bad_received", said=self.received, field="received")
        return came

    def _deadline(self, came: date, ctx: Context) -> "tuple[int, Span, Counted]":
        """Since when, how long and until when the letter gives; Refused when it cannot be read or ends before it came.

        Hours of a letter that came today run from now: nobody wrote down at which minute it came.
        """
        from csdesk.domain.clocks.counting import Counted, count
        from csdesk.domain.clocks.said import said_day, said_span

        started = midnight_ms(came, ctx.zone)
        wrong = Refused("bad_deadline", said=self.deadline, field="deadline")
        try:
            span, day = said_span(self.deadline), said_day(self.deadline, came)
        except ValueError:
            raise wrong from None
        if span is not None:
            if span.minutes is not None and came == local_day(ctx.now, ctx.zone):
                started = ctx.now
            counted = count(span, started, ctx.times, ctx.zone)
        else:
            if day is None or day < came:
                raise wrong
            span, counted = Span(0, "stated"), Counted(end_of_day_ms(day, ctx.zone))
        if counted is None:
            raise wrong
        return started, span, counted


@verb("answer_notice", shared=True, example="csdesk case do CP-… answer_notice letter=12315-2026-0042")
@dataclass(frozen=True, slots=True)
class AnswerNotice(Command):
    """Record that a letter was answered, the most urgent one when none is named: its clock ends."""

    letter: str = ""
    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("no_notice") if refused is None and not notices(case) else refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        waiting = notices(case)
        return {"letter": waiting[0].ref} if waiting else {}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        ref, waiting = self.letter.strip(), notices(case)
        found = next((clock for clock in waiting if clock.ref == ref or not ref), None)
        if found is None:
            raise Refused("no_such_notice", ref=ref, allowed=tuple(clock.ref for clock in waiting))
        told = NoticeAnswered(found.ref, ctx.now >= found.due, self.note)
        return (told, set_clocks(tuple(clock for clock in case.clocks if clock is not found)))


def _call(said: str, name: str, ctx: Context) -> Clock:
    """The clock of a call promised for a time; Refused when that cannot be read or has passed."""
    from csdesk.domain.clocks.said import said_moment

    at = said_moment(said, ctx.now, ctx.zone)
    if at is None:
        raise Refused("bad_call_time", said=said, field=name)
    if at <= ctx.now:
        raise Refused("callback_past", said=said, field=name)
    return Clock(CALLBACK, "promise", ctx.now, at, span=Span(0, "moment"), owner=ctx.actor.id)


def _promised(case: Case) -> Clock | None:
    return next((clock for clock in case.clocks if clock.name == CALLBACK), None)


@verb("promise_callback", shared=True, example="csdesk case do RT-… promise_callback at=15:00")
@dataclass(frozen=True, slots=True)
class PromiseCallback(Command):
    """Promise the customer a call by a time: 15:00, 明天 10:00, 2026-12-01 15:00."""

    at: str
    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused, promised = super().off(case, ctx), _promised(case)
        if refused is None and promised is not None:
            return Refused("callback_promised", due=promised.due)
        return refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        clock = _call(self.at, "at", ctx)
        return (CallbackPromised(clock.due, self.note), set_clocks((*case.clocks, clock)))


@verb(
    "callback_done",
    shared=True,
    undo=Undo.NONE,
    why="record",
    example="csdesk case do RT-… callback_done reached=true",
)
@dataclass(frozen=True, slots=True)
class CallDone(Command):
    """Record the promised call: it reached the customer, or it is promised again (after three tries it need not be)."""

    reached: bool
    again: str = ""
    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("no_callback") if refused is None and _promised(case) is None else refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        others = tuple(clock for clock in case.clocks if clock.name != CALLBACK)
        if self.reached:
            return (CallbackDone("reached", note=self.note), set_clocks(others))
        if self.again.strip():
            clock = _call(self.again, "again", ctx)
            return (CallbackDone("not_reached", clock.due, self.note), set_clocks((*others, clock)))
        if case.counters.get("calls_missed", 0) + 1 < CALLS:
            raise Refused("callback_again", most=CALLS, field="again")
        return (CallbackDone("not_reached", note=self.note), set_clocks(others))


@verb("pause_clocks", shared=True, bulk=True, example="csdesk case do CP-… pause_clocks party=customer")
@dataclass(frozen=True, slots=True)
class PauseClocks(Command):
    """Wait for somebody: the desk's own clocks that allow it stand still; those of law and letters never do."""

    party: str = field(default="customer", metadata={"choices": PARTIES})
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.party not in PARTIES:
            raise Refused("bad_choice", field="party", value=self.party, allowed=PARTIES)
        stopped = [clock for clock in case.clocks if clock.pausable(self.party, ctx.now)]
        if not stopped:
            raise Refused("nothing_to_pause", party=self.party)
        labels = tuple(clock.label for clock in stopped)
        clocks = tuple(
            clock.paused(self.party, ctx.now) if clock in stopped else clock for clock in case.clocks
        )
        return (ClocksPaused(self.party, labels, self.note), set_clocks(clocks))


@verb("resume_clocks", shared=True, bulk=True, example="csdesk case do CP-… resume_clocks")
@dataclass(frozen=True, slots=True)
class ResumeClocks(Command):
    """Stop waiting: paused clocks run on with what they had left."""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        return Refused("not_paused") if refused is None and not _asked(case) else refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        from csdesk.domain.clocks.counting import resumed

        stopped = _asked(case)
        clocks = tuple(
            resumed(clock, ctx.now, ctx.times, ctx.zone) if clock in stopped else clock
            for clock in case.clocks
        )
        return (ClocksResumed(tuple(clock.label for clock in stopped)), set_clocks(clocks))


def _asked(case: Case) -> tuple[Clock, ...]:
    """Clocks that somebody paused; those that the state pauses run on when the case leaves it."""
    waits = MACHINES[case.kind].state(case.state).waits
    return tuple(clock for clock in case.clocks if clock.open_pause and clock.open_pause.reason != waits)
