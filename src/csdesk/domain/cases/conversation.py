"""The conversation of a case: replies with their hold and recall, and what comes in from the customer."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, MessageReceived, ReplyHeld, ReplySettled, Stamp
from csdesk.domain.cases.offshoot import Offshoot, child, child_id
from csdesk.domain.cases.opening import CHANNELS, Open
from csdesk.domain.cases.shared import Reopen
from csdesk.domain.cases.track_events import Linked
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace

# A slot is {name}: a canned reply leaves with every slot filled or not at all.
SLOT = re.compile(r"\{([^{}\n]{1,60})\}")
MOST_CHARACTERS = 5_000


def slots(text: str) -> tuple[str, ...]:
    """The names of the slots still open in a text, in order, each once."""
    return tuple(dict.fromkeys(SLOT.findall(text)))


@verb(
    "reply",
    undo=Undo.UNTIL_SENT,
    shared=True,
    bulk=True,
    example="csdesk case do RT-… reply text=您好，已为您办理",
)
@dataclass(frozen=True, slots=True)
class Reply(Command):
    """Answer the customer; the message is held for some seconds and can be recalled until it leaves.

    It goes by `channel`, where none is named by the one on which the customer wrote last. `canned` and `also` are the
    canned replies it came from. The desk checks what is said (`desk.saying`) before it
    lets a reply be decided; what only a person can know must stand in `confirmed`.
    """

    text: str
    canned: str = ""
    articles: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    channel: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None if case.open else Refused("case_closed", state=case.state)

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"channel": case.way}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.text.strip():
            raise Refused("empty_text")
        if len(self.text) > MOST_CHARACTERS:
            raise Refused("text_too_long", most=MOST_CHARACTERS)
        if missing := slots(self.text):
            raise Refused("slot_missing", slots=missing)
        if self.channel and self.channel not in CHANNELS:
            raise Refused("unknown_channel", channel=self.channel, allowed=CHANNELS)
        held = ReplyHeld(
            ctx.fresh(),
            self.channel or case.way,
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


# Why the desk takes a case up by itself; and failures behind which there is nobody to tell any more.
NOTICE_FAILED = "notice_failed"
NOBODY_TO_TELL = frozenset({"erased"})


@verb("settle_reply", right=Right.RUN, undo=Undo.NONE, why="outside", shared=True)
@dataclass(frozen=True, slots=True)
class SettleReply(Command):
    """What the channel said of a reply that left: queued (tried, not yet taken), sent, delivered, failed and why.

    When the only notice of a closed case's result fails, nobody was told: the case comes back by itself.
    """

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
        settled = ReplySettled(self.id, self.state, self.reason)
        if not self._untold(case, ctx):
            return (settled,)
        return (settled, *taken_up(case, ctx, NOTICE_FAILED))

    def offshoot(self, case: Case, ctx: Context) -> Offshoot | None:
        late = self._untold(case, ctx) and _follows(self.decide(case, ctx))
        return beside(case, case.channel, ctx) if late else None

    def _untold(self, case: Case, ctx: Context) -> bool:
        """Whether this failure leaves a closed case whose customer was never told; the erased cannot be told."""
        if case.open or self.state != "failed" or self.reason in NOBODY_TO_TELL or not case.told:
            return False
        after = ReplySettled(self.id, self.state).fold(case, Stamp(ctx.now, ctx.actor.id))
        return not after.told


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
        if case.open:
            return (self._heard(case, ctx),)
        again = taken_up(case, ctx)
        return again if _follows(again) else (self._heard(case, ctx), *again)

    def offshoot(self, case: Case, ctx: Context) -> Offshoot | None:
        if not _follows(self.decide(case, ctx)):
            return None
        return beside(case, self.channel or case.way, ctx, self._heard(case, child(ctx), 1))

    def _heard(self, case: Case, ctx: Context, n: int = 0) -> Event:
        return MessageReceived(ctx.fresh(n), self.channel or case.way, self.text)


def taken_up(case: Case, ctx: Context, reason: str = "") -> tuple[Event, ...]:
    """What takes a closed case up again: its reopening, or a follow-up when it is too late or its goods are another's.

    Whose notice failed is not late: the desk owes them a result, however long ago it meant to give it.
    """
    again = replace(case, closed_at=ctx.now) if reason == NOTICE_FAILED else case
    try:
        return (Reopen(reason) if reason else Reopen()).decide(again, ctx)
    except Refused:
        return (Linked("follow_up", child_id(ctx)),)


def _follows(happened: tuple[Event, ...]) -> bool:
    return any(isinstance(one, Linked) for one in happened)


def beside(case: Case, channel: str, ctx: Context, *heard: Event) -> Offshoot:
    """The follow-up of a closed case, with the words that began it."""
    # What somebody adds to a report stays a report: an inquiry would show who they are.
    kind, reason = (case.kind, case.reason) if case.protected else (Kind.INQUIRY, "other")
    hint = "" if case.order else case.order_number
    begin = Open(kind, case.order, reason=reason, channel=channel, order_hint=hint)
    return Offshoot(begin, (Linked("follows", case.id), *heard))
