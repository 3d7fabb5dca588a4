"""Incident 事件: the one cause behind many cases (a carrier stops, a lot is faulty), its notices and decisions.

It is nobody's request. Its members name it (`Case.incident`), never the other way round: joining touches one case,
and ten thousand members make no row larger. What goes to all of them is a run (`desk.bulk_answers`), which the desk
begins in the transaction of the verb that asks for it; the event names the run.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar

from csdesk.domain.cases.case import Case, Kind, Phase
from csdesk.domain.cases.causes import DECISION, NOTICE, Cause, Criteria, Errand
from csdesk.domain.cases.clocks import set_clocks
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.conversation import MOST_CHARACTERS
from csdesk.domain.cases.events import Event, Moved, Stamp, event
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register
from csdesk.domain.cases.opening import CHANNELS
from csdesk.domain.value import dataclass, replace

CAUSES = (
    "carrier_stopped",
    "bad_lot",
    "product_fault",
    "promotion_fault",
    "outage",
    "payment_fault",
    "merchant_gone",
    "other",
)
# A row of the queue has room for so much.
LONGEST_TITLE = 60
WHICH = ("all", "late")
UPDATE = "next_update"


@event("cause_described")
@dataclass(frozen=True, slots=True)
class CauseDescribed(Event):
    """What the incident is, and by what its cases are known; none of it is personal."""

    cause: Cause

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, cause=self.cause)


@event("members_informed")
@dataclass(frozen=True, slots=True)
class MembersInformed(Event):
    """A notice began to go to `cases` members, as the run `run`; `text` is what it says before its slots are filled."""

    sealed: ClassVar[tuple[str, ...]] = ("text",)
    to: str
    phase: Phase
    run: str
    number: int
    cases: int
    canned: str = ""
    text: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        errand = Errand(NOTICE, self.number, self.run, "reply", self.cases, stamp.at)
        return replace(case, state=self.to, phase=self.phase, errands=(*case.errands, errand))


@event("members_decided")
@dataclass(frozen=True, slots=True)
class MembersDecided(Event):
    """A verb began to be carried out on `cases` members, as the run `run`; `text` is what was entered, line by line."""

    sealed: ClassVar[tuple[str, ...]] = ("text",)
    run: str
    decision: str
    cases: int
    text: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        errand = Errand(DECISION, 0, self.run, self.decision, self.cases, stamp.at)
        return replace(case, errands=(*case.errands, errand))


@event("joined_incident")
@dataclass(frozen=True, slots=True)
class JoinedIncident(Event):
    """The case is one of an incident's (its id). Whoever works on the case is not disturbed by that."""

    commutes: ClassVar[bool] = True
    incident: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, incident=self.incident)


@event("left_incident")
@dataclass(frozen=True, slots=True)
class LeftIncident(Event):
    """The case turned out not to be one of that incident's."""

    commutes: ClassVar[bool] = True
    incident: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, incident="")


@verb(
    "join_incident", shared=True, bulk=True, example="csdesk case do CP-… join_incident incident=IN-7K3M-9QX4"
)
@dataclass(frozen=True, slots=True)
class JoinIncident(Command):
    """Say that the case comes from the cause of an incident. The desk finds it by its number; it must be open."""

    incident: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        if not case.open:
            return Refused("case_closed", state=case.state)
        return Refused("has_incident") if case.incident else None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.incident:
            raise Refused("no_open_incident", number=self.incident)
        return (JoinedIncident(self.incident),)


@verb("leave_incident", shared=True, bulk=True, example="csdesk case do CP-… leave_incident")
@dataclass(frozen=True, slots=True)
class LeaveIncident(Command):
    """Say that the case has another cause after all; what the incident's notices told it stays told."""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None if case.incident else Refused("no_incident")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (LeftIncident(case.incident),)


def moment(said: str, zone: tzinfo, name: str) -> int:
    """UTC ms of `2026-11-02` or `2026-11-02 09:30` in the desk's zone; 0 for nothing. Refused `bad_since`."""
    if not said.strip():
        return 0
    try:
        at = datetime.fromisoformat(said.strip().replace("/", "-"))
    except ValueError:
        raise Refused("bad_since", field=name, value=said[:40]) from None
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)


def said_moment(at: int, zone: tzinfo = UTC) -> str:
    """A moment as `moment` reads it back."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).isoformat(timespec="minutes") if at else ""


@verb(
    "describe_cause",
    example="csdesk case do IN-… describe_cause title=申通华东停运 carrier=申通 since=2026-11-02",
)
@dataclass(frozen=True, slots=True)
class DescribeCause(Command):
    """Say what the incident is and by what its cases are known: all that is entered must fit.

    `since` and `until`: when the case was opened, a day or a minute in the desk's zone. `words` stand in one message.
    """

    title: str
    carrier: str = ""
    sku: str = ""
    merchant: str = ""
    kinds: tuple[str, ...] = ()
    reason: str = ""
    channel: str = ""
    words: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        if case.cause is None:
            return {"reason": "", "channel": ""}
        asked = case.cause.criteria
        names = ("carrier", "sku", "merchant", "kinds", "reason", "channel", "words")
        told = {name: getattr(asked, name) for name in names}
        return {
            "title": case.cause.title,
            **told,
            "since": said_moment(asked.since),
            "until": said_moment(asked.until),
        }

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        title = self.title.strip()
        if not title or len(title) > LONGEST_TITLE:
            raise Refused("bad_title", field="title", most=LONGEST_TITLE)
        served = tuple(kind.value for kind in Kind if kind is not Kind.INCIDENT)
        if wrong := [kind for kind in self.kinds if kind not in served]:
            raise Refused("bad_choice", field="kinds", value=wrong[0], allowed=served)
        if self.channel and self.channel not in CHANNELS:
            raise Refused("unknown_channel", channel=self.channel, allowed=CHANNELS)
        criteria = Criteria(
            self.kinds,
            self.reason.strip(),
            self.carrier.strip(),
            self.sku.strip(),
            self.merchant.strip(),
            self.channel,
            self.words.strip(),
            moment(self.since, ctx.zone, "since"),
            moment(self.until, ctx.zone, "until"),
        )
        if not criteria.says:
            raise Refused("criteria_too_wide")
        if criteria.until and criteria.until <= criteria.since:
            raise Refused("bad_since", field="until", value=self.until)
        described = Cause(title, criteria)
        if described == case.cause:
            raise Refused("nothing_changed")
        return (CauseDescribed(described),)


@verb(
    "inform_members",
    undo=Undo.NONE,
    why="outside",
    confirm=True,
    example="csdesk case do IN-… inform_members text=您好，申通华东暂时停运，恢复后第一时间派送。",
)
@dataclass(frozen=True, slots=True)
class InformMembers(Command):
    """Send one notice to the members: each gets it once, in the customer's language where a canned reply is named.

    `which` all: a new notice, to every open member. `late`: the last notice again, in its own words, to those it has
    not gone to. `{slots}` are filled for each case. What came of each is in the run.
    """

    text: str = ""
    canned: str = ""
    which: str = field(default="all", metadata={"choices": WHICH})
    articles: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"which": "all"}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.which not in WHICH:
            raise Refused("bad_choice", field="which", value=self.which, allowed=WHICH)
        late, last = self.which == "late", notices(case)
        if late and not last:
            raise Refused("no_notice_yet")
        if not late and not self.text.strip() and not self.canned:
            raise Refused("empty_text")
        if len(self.text) > MOST_CHARACTERS:
            raise Refused("text_too_long", most=MOST_CHARACTERS)
        if late and (self.text.strip() or self.canned):
            raise Refused("late_in_its_words", field="text")
        there = ctx.members
        cases = (there.uninformed if late else there.open) if there else 0
        if there and not cases:
            raise Refused("all_informed" if late and there.open else "no_members")
        to, number = self.to(case), last + (not late)
        told = MembersInformed(to.name, to.phase, ctx.fresh(), number, cases, self.canned, self.text)
        if case.state != to.name:
            return (told,)
        # Each notice gives the time of an update anew.
        others = tuple(clock for clock in case.clocks if clock.name != UPDATE)
        anew = tuple(term.start(case, ctx) for term in to.terms if term.name == UPDATE)
        return (told, set_clocks((*others, *anew)))


def notices(case: Case) -> int:
    """How many notices an incident has sent; the number of the last one."""
    return max((errand.number for errand in case.errands), default=0)


@verb(
    "decide_members",
    undo=Undo.NONE,
    why="outside",
    confirm=True,
    example="csdesk case do IN-… decide_members decision=compensate entered=minor=500,reason=late_delivery",
)
@dataclass(frozen=True, slots=True)
class DecideMembers(Command):
    """Carry one verb out on every open member that it was not carried out on: `entered` is its form, `name=value`.

    Each case keeps its own guards, limits and verdict; what was refused is in the run, with its reason.
    """

    decision: str
    entered: tuple[str, ...] = ()

    def form(self) -> dict[str, str]:
        """What is entered; a piece without a name goes on with the text before it, whose comma parted them."""
        found: dict[str, str] = {}
        for piece in self.entered:
            name, is_, value = piece.partition("=")
            if is_ and name.strip().isidentifier():
                found[name.strip()] = value
            elif found:
                found[next(reversed(found))] += f",{piece}"
            else:
                raise Refused("bad_value", field="entered", value=piece[:80], shape="list")
        return found

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        said = "\n".join(f"{name}={value}" for name, value in self.form().items())
        there = ctx.members
        if there and not there.undecided:
            raise Refused("all_decided" if there.open else "no_members")
        cases = there.undecided if there else 0
        return (MembersDecided(ctx.fresh(), self.decision, cases, said),)


@verb("remedy", example="csdesk case do IN-… remedy")
@dataclass(frozen=True, slots=True)
class Remedy(Command):
    """The cause is gone: the carrier drives again, the lot is withdrawn, the service runs."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("remedy", to.name, to.phase, note=self.note),)


@verb("close_incident", final=True, example="csdesk case do IN-… close_incident")
@dataclass(frozen=True, slots=True)
class CloseIncident(Command):
    """End the incident; its members go on as their own cases. While one is uninformed it needs a reason, `waive`."""

    waive: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if ctx.members and ctx.members.uninformed and not self.waive.strip():
            raise Refused("members_uninformed", n=ctx.members.uninformed, field="waive")
        to = self.to(case)
        return (Moved("close_incident", to.name, to.phase, outcome="resolved", note=self.waive.strip()),)


# Nobody writes to an incident, nothing is ordered, sent or paid in it, and it is no member of another. What waits
# for a letter or a second party waits in the member that it is about.
WITHOUT = frozenset({
    "convert", "link_order", "reply", "recall", "settle_reply", "hear", "note_call", "acknowledge_message",
    "record_files", "mark_message", "hear_machine", "establish", "compensate", "approve_refund", "decline_refund",
    "clear_refund", "send_refund", "doubt_refund", "settle_refund", "settle_order_ask", "settle_carrier_ask",
    "tell_tracking", "tell_change", "tell_platform", "auto_receipt", "auto_delivery", "auto_refund",
    "notice", "answer_notice",
    "promise_callback", "callback_done", "pause_clocks", "resume_clocks", "open_track", "advance_track",
    "remind_track", "escalate_track", "hand_track", "close_track", "snooze", "wake", "join_incident",
    "leave_incident", "flag_person", "unflag_person", "warn_contact", "end_contact",
})  # fmt: skip

MACHINE = register(
    Machine(
        Kind.INCIDENT,
        reasons=CAUSES,
        without=WITHOUT,
        states=(
            State("declared", Phase.OURS, (Term("first_notice", 60, "minutes", "policy"),)),
            State("informed", Phase.OURS, (Term(UPDATE, 24, "hours", "policy"),)),
            State("remedied", Phase.OURS, (Term("close", 3, "days", "policy"),)),
            State("closed", Phase.DONE),
        ),
        edges=(
            Edge("describe_cause", ("declared", "informed", "remedied"), ""),
            Edge("inform_members", ("declared", "informed"), "informed"),
            Edge("inform_members", ("remedied",), "remedied"),
            Edge("decide_members", ("declared", "informed", "remedied"), ""),
            Edge("remedy", ("declared", "informed"), "remedied"),
            Edge("close_incident", ("declared", "informed", "remedied"), "closed"),
            Edge("reopen", ("closed",), "informed"),
        ),
    )
)
