"""The conversation of a case: replies with their hold and recall, and what comes in from the customer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, MessageReceived, ReplyHeld, ReplySettled
from csdesk.domain.cases.offshoot import Offshoot, child, child_id
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Reopen
from csdesk.domain.cases.track_events import Linked
from csdesk.domain.roles import Right

# A slot is {name}: a canned reply leaves with every slot filled or not at all.
SLOT = re.compile(r"\{([^{}\n]{1,60})\}")
MOST_CHARACTERS = 5_000


def slots(text: str) -> tuple[str, ...]:
    """The names of the slots still open in a text, in order, each once."""
    return tuple(dict.fromkeys(SLOT.findall(text)))


@verb("reply", undo=Undo.UNTIL_SENT, shared=True, example="csdesk case do RT-… reply text=您好，已为您办理")
@dataclass(frozen=True, slots=True)
class Reply(Command):
    """Answer the customer; the message is held for some seconds and can be recalled until it leaves.

    `canned` and `also` are the canned replies it came from. The desk checks what is said (`desk.saying`) before it
    lets a reply be decided; what only a person can know must stand in `confirmed`.
    """

    text: str
    canned: str = ""
    articles: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None if case.open else Refused("case_closed", state=case.state)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.text.strip():
            raise Refused("empty_text")
        if len(self.text) > MOST_CHARACTERS:
            raise Refused("text_too_long", most=MOST_CHARACTERS)
        if missing := slots(self.text):
            raise Refused("slot_missing", slots=missing)
        held = ReplyHeld(
            ctx.fresh(),
            case.channel,
            ctx.now + ctx.policy.hold_ms,
            self.canned,
            self.articles,
            self.also,
            self.confirmed,
            self.text,
        )
        return (held,)


@verb("recall", undo=Undo.NONE, why="write_again", shared=True, example="csdesk case do RT-… recall")
@dataclass(frozen=True, slots=True)
class Recall(Command):
    """Stop the last reply while it is still held."""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        held = [m for m in case.messages if m.state == "held"]
        # A closed case whose notice is recalled would be closed without one: take back the closing first.
        if held and not case.open:
            return Refused("case_closed", state=case.state)
        return None if held else Refused("nothing_held")

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        held = [m for m in case.messages if m.state == "held"]
        if not held:
            raise Refused("nothing_held")
        return (ReplySettled(held[-1].id, "recalled"),)


# What a message may become, by what it is. Only `queued` still waits for the channel; a failure is the last word.
SETTLES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "held": ("queued", "sent", "delivered", "failed"),
    "queued": ("sent", "delivered", "failed"),
    "sent": ("delivered", "failed"),
})  # fmt: skip


@verb("settle_reply", right=Right.RUN, undo=Undo.NONE, why="outside", shared=True)
@dataclass(frozen=True, slots=True)
class SettleReply(Command):
    """What the channel said of a reply that left: queued (tried, not yet taken), sent, delivered, failed and why."""

    id: str
    state: str
    reason: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        message = case.message(self.id)
        if message is None or self.state not in SETTLES.get(message.state, ()):
            raise Refused("already_settled", id=self.id)
        return (ReplySettled(self.id, self.state, self.reason),)


@verb(
    "hear", undo=Undo.NONE, why="record", shared=True, offline=True, example="csdesk case do RT-… hear text=…"
)
@dataclass(frozen=True, slots=True)
class Hear(Command):
    """Record what the customer wrote or said. It reopens a closed case, or opens a follow-up when that is too old.

    Whoever writes has something to say, whatever the desk thought done; the words stand in one case only.
    """

    text: str
    channel: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.text.strip():
            raise Refused("empty_text")
        heard = MessageReceived(ctx.fresh(), self.channel or case.channel, self.text)
        if case.open:
            return (heard,)
        try:
            return (heard, *Reopen().decide(case, ctx))
        except Refused:  # too late, or its goods belong to another case by now
            return (Linked("follow_up", child_id(ctx)),)

    def offshoot(self, case: Case, ctx: Context) -> Offshoot | None:
        if not any(isinstance(happened, Linked) for happened in self.decide(case, ctx)):
            return None
        channel = self.channel or case.channel
        # What somebody adds to a report stays a report: an inquiry would show who they are.
        kind, reason = (case.kind, case.reason) if case.protected else (Kind.INQUIRY, "other")
        hint = "" if case.order else case.order_number
        begin = Open(kind, case.order, reason=reason, channel=channel, order_hint=hint)
        heard = MessageReceived(child(ctx).fresh(1), channel, self.text)
        return Offshoot(begin, (Linked("follows", case.id), heard))
