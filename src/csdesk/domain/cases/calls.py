"""A call as one entry of the conversation: who called whom, what was said, and what came of it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, ClassVar

from csdesk.domain.cases.case import Case, Message
from csdesk.domain.cases.clocks import set_clocks
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.conversation import beside, taken_up
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.cases.machine import CALLBACK
from csdesk.domain.cases.offshoot import Offshoot, child
from csdesk.domain.cases.track_events import Linked
from csdesk.domain.clocks.times import PARTIES
from csdesk.domain.value import dataclass, replace

PHONE = "phone"
# The customer called us, or we called them.
WAYS = ("in", "out")
RESULTS = ("reached", "no_answer", "declined", "wrong_number")
REACHED = "reached"


@event("call_noted")
@dataclass(frozen=True, slots=True)
class CallNoted(Event):
    """A call: `call` in or out, `whom` the one of `PARTIES` it was with, `result` one of `RESULTS`, and what was said.

    One with the customer that reached them is a message of the conversation: it answers, and it tells a result.
    """

    sealed: ClassVar[tuple[str, ...]] = ("text",)
    commutes: ClassVar[bool] = True
    id: str
    call: str
    whom: str
    result: str
    text: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        if self.whom != "customer":
            return case
        if self.result != REACHED:
            missed = case.counters.get("calls_missed", 0) + (self.call == "out")
            return replace(case, counters={**case.counters, "calls_missed": missed}) if missed else case
        state, author = ("received", "customer") if self.call == "in" else ("delivered", stamp.actor)
        spoken = Message(self.id, self.call, PHONE, state, stamp.at, author, call=True)
        counters = {name: n for name, n in case.counters.items() if name != "calls_missed"}
        return replace(case, messages=(*case.messages, spoken), counters=counters)


@verb(
    "note_call",
    undo=Undo.NONE,
    why="record",
    shared=True,
    offline=True,
    example="csdesk case do RT-… note_call call=out text=已告知明日退款",
)
@dataclass(frozen=True, slots=True)
class NoteCall(Command):
    """Note a telephone call. A promised call that reached the customer is kept with it; a caller reopens a closed case.

    `text` may stay empty only where nobody was reached.
    """

    text: str = ""
    call: str = field(default="out", metadata={"choices": WAYS})
    whom: str = field(default="customer", metadata={"choices": PARTIES})
    result: str = field(default=REACHED, metadata={"choices": RESULTS})

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        promised = any(clock.name == CALLBACK for clock in case.clocks)
        return {"call": "out" if promised else "in", "whom": "customer", "result": REACHED}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        for name, allowed in (("call", WAYS), ("whom", PARTIES), ("result", RESULTS)):
            if getattr(self, name) not in allowed:
                raise Refused("bad_choice", field=name, value=getattr(self, name), allowed=allowed)
        if self.result == REACHED and not self.text.strip():
            raise Refused("empty_text")
        noted = self._noted(ctx)
        if self.result != REACHED or self.whom != "customer":
            return (noted,)
        if not case.open and self.call == "in":
            again = taken_up(case, ctx)
            return again if any(isinstance(one, Linked) for one in again) else (noted, *again)
        others = tuple(clock for clock in case.clocks if clock.name != CALLBACK)
        return (noted,) if others == case.clocks else (noted, set_clocks(others))

    def offshoot(self, case: Case, ctx: Context) -> Offshoot | None:
        if not any(isinstance(one, Linked) for one in self.decide(case, ctx)):
            return None
        return beside(case, PHONE, ctx, self._noted(child(ctx), 1))

    def _noted(self, ctx: Context, n: int = 0) -> CallNoted:
        return CallNoted(ctx.fresh(n), self.call, self.whom, self.result, self.text.strip())
