"""Two matters in one case, or one matter in two: splitting units off into a case of their own, merging a duplicate.

Both only while nothing was decided and nothing is on its way: then the units of a case are what was asked for, and
money and goods belong to nobody yet. So what is split is asked for once, here or there, and what is merged is free.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from csdesk.domain.cases.case import Case, Clock, Kind, LineQty, Phase
from csdesk.domain.cases.command import Command, Undo, check_quantities, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.cases.machine import MACHINES
from csdesk.domain.cases.offshoot import Offshoot, child_id
from csdesk.domain.cases.opening import CLAIMING_KINDS, Open
from csdesk.domain.cases.track_events import Linked
from csdesk.domain.clocks.clock import in_order
from csdesk.domain.value import dataclass, replace

# What a part can become; another kind than these has no units of an order, or is opened by verbs of its own.
SAME = "same"
INTO = (SAME, *(kind.value for kind in (*CLAIMING_KINDS, Kind.COMPLAINT)))
MERGED = "merged"
MERGED_INTO, MERGED_FROM = "merged_into", "merged_from"
# Their cases stand for something that no other case can: a reporter, an incident, a duty to answer by itself.
_APART = frozenset({Kind.REPORT, Kind.INCIDENT, Kind.PRIVACY_REQUEST})


def underway(case: Case) -> Refused | None:
    """Why a case can be neither split nor merged any more: something of it was decided, or moves."""
    if case.decided_at:
        return Refused("already_decided")
    if any(refund.live or refund.pending for refund in case.refunds):
        return Refused("money_moving")
    if case.parcels or case.carrier_asks or any(line.received or line.conceded for line in case.lines):
        return Refused("goods_on_the_way")
    return None


@event("units_split_off")
@dataclass(frozen=True, slots=True)
class UnitsSplitOff(Event):
    """These units are another case's now, which is `case`; a line without units left is none of this case."""

    units: tuple[LineQty, ...]
    case: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        gone = {one.line: one.qty for one in self.units}
        lines = (replace(line, asked=line.asked - gone.get(line.line, 0)) for line in case.lines)
        return replace(
            case,
            lines=tuple(line for line in lines if line.asked),
            links=(*case.links, ("part_off", self.case)),
        )


@event("split_from_case")
@dataclass(frozen=True, slots=True)
class SplitFrom(Event):
    """This case was part of `case`, whose deadlines go on: nobody waits longer because their request was divided."""

    case: str
    clocks: tuple[Clock, ...] = ()

    def fold(self, case: Case, stamp: Stamp) -> Case:
        older = {clock.label: clock for clock in self.clocks}
        clocks = tuple(
            old if (old := older.get(clock.label)) is not None and old.due < clock.due else clock
            for clock in case.clocks
        )
        return replace(
            case, clocks=tuple(sorted(clocks, key=in_order)), links=(*case.links, ("part_of", self.case))
        )


@verb(
    "split",
    shared=True,
    undo=Undo.NONE,
    why="another_case",
    example="csdesk case do RT-7K3M-9QX4 split lines=2x1 into=exchange",
)
@dataclass(frozen=True, slots=True)
class Split(Command):
    """Make some units a case of their own, of the same or another kind; before anything is decided."""

    lines: tuple[LineQty, ...]
    into: str = field(default=SAME, metadata={"choices": INTO})
    reason: str = ""
    summary: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        if not case.open:
            return Refused("case_closed", state=case.state)
        if case.kind not in CLAIMING_KINDS or not case.order:
            return Refused("split_nothing")
        if refused := underway(case):
            return refused
        return Refused("split_one_unit") if sum(line.asked for line in case.lines) < 2 else None

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"lines": (LineQty(case.lines[-1].line, 1),)} if case.lines else {}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.into not in INTO:
            raise Refused("bad_choice", field="into", value=self.into[:80], allowed=INTO)
        asked = {line.line: line.asked for line in case.lines}
        check_quantities(case, self.lines, asked.__getitem__, "split_too_many")
        if sum(one.qty for one in self.lines) == sum(asked.values()):
            raise Refused("split_all")
        return (UnitsSplitOff(self.lines, child_id(ctx)),)

    def offshoot(self, case: Case, ctx: Context) -> Offshoot | None:
        kind = case.kind if self.into == SAME else Kind(self.into)
        reasons = MACHINES[kind].reasons
        reason = self.reason or (case.reason if not reasons or case.reason in reasons else "other")
        begin = Open(
            kind,
            case.order,
            self.lines,
            reason,
            case.channel,
            self.summary,
            priority=case.priority,
            customer=case.customer,
            language=case.language,
        )
        return Offshoot(begin, (SplitFrom(case.id, case.clocks if kind is case.kind else ()),))


@event("merged")
@dataclass(frozen=True, slots=True)
class Merged(Event):
    """The case went into `case`, and ended thereby: it was the same matter."""

    case: str
    to: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(
            case,
            state=self.to,
            phase=Phase.DONE,
            outcome=MERGED,
            closed_at=stamp.at,
            clocks=(),
            snoozed_until=0,
            links=(*case.links, (MERGED_INTO, self.case)),
        )


def merged_into(case: Case) -> str:
    """The case into which this one went, "" for none; one that was reopened stands for itself again."""
    if case.open or case.outcome != MERGED:
        return ""
    return next((other for how, other in reversed(case.links) if how == MERGED_INTO), "")


@verb(
    "merge",
    shared=True,
    undo=Undo.NONE,
    why="another_case",
    confirm=True,
    final=True,
    example="csdesk case do RT-… merge other=RT-7K3M-9QX4",
)
@dataclass(frozen=True, slots=True)
class Merge(Command):
    """End this duplicate: it goes into `other`, a case of the same customer, where its messages are heard from now on.

    What it asked for is free again. Reopening takes it up again.
    """

    other: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        if not case.open:
            return Refused("case_closed", state=case.state)
        if case.kind in _APART:
            return Refused("merge_kind", kind=case.kind)
        return underway(case)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        other = ctx.other
        if other is None or other.id != self.other:
            raise Refused("no_such_case", number=self.other)
        if other.id == case.id:
            raise Refused("link_itself")
        if not other.open:
            raise Refused("merge_closed")
        if other.kind in _APART:
            raise Refused("merge_kind", kind=other.kind)
        if not case.customer or case.customer != other.customer:
            raise Refused("merge_customer")
        if case.order and other.order and case.order != other.order:
            raise Refused("merge_order", order=other.order_number)
        return (Merged(other.id, _end(case)),)


def _end(case: Case) -> str:
    """The state in which cases of this kind end."""
    done = [state.name for state in MACHINES[case.kind].states if state.phase is Phase.DONE]
    return "closed" if "closed" in done else done[0]


def came_in(case: Case) -> Event:
    """What the case learns into which `case` went."""
    return Linked(MERGED_FROM, case.id)
