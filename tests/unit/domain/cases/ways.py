"""Steps that a case's people, worker and provider may take, and the search for a way by which it can end."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple

from csdesk.domain.cases.carriage import BookCollected, SettleCarrierAsk
from csdesk.domain.cases.carriage_events import CANCEL, UNSETTLED
from csdesk.domain.cases.case import Case, Kind, LineQty, Phase, Refund
from csdesk.domain.cases.command import VERBS, Command
from csdesk.domain.cases.consent import STAGES
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.conversation import SettleReply
from csdesk.domain.cases.courses import COURSES
from csdesk.domain.cases.differences import DIFFERENCE, PAID, REDUCTION, held, merchant_owes
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.goods import awaited
from csdesk.domain.cases.kinds import MACHINES, run
from csdesk.domain.cases.machine import CALLBACK, NOTICE, pledged
from csdesk.domain.cases.refunds import SettleRefund
from csdesk.domain.cases.shared import Breach
from csdesk.domain.cases.tracks import opened
from csdesk.domain.roles import Right, Role
from tests.unit.domain.cases.play import LI, SYSTEM, WANG, Play, make

# The second person, who has proposed nothing.
ZHAO = Actor("zhao", Role.SUPERVISOR)
# Verbs that need nothing, or whose needs `make` knows.
READY = frozenset(
    name for name in VERBS if name not in {"open", "assign", "tag", "prioritise", "link_order"}
) - {name for name, cls in VERBS.items() if cls.verb.right in (Right.RUN, Right.LOAD)}
# Commands that a search may try. What ends, ends after some 200; a search that needs more has lost its way.
MOST = 6_000


class Step(NamedTuple):
    """A command, who gives it, and how many milliseconds later than now."""

    command: Command
    who: Actor = WANG
    later: int = 1


class Found(Enum):
    """What a search came to; `GAVE_UP` says nothing about the case."""

    END = "an end"
    DEAD = "no way out"
    GAVE_UP = "the search gave up"


def settling(case: Case) -> Iterator[Step]:
    """What takes away all that keeps any case open: one step for the first thing found, with its alternatives.

    Money goes as the provider confirms it; whoever must look at it says yes, or no when it may not say yes.
    """
    for refund in case.refunds:
        if refund.pending:
            yield from _settles(refund)
            return
    for track in opened(case):
        yield Step(make("close_track", track=track.id, outcome=COURSES[track.kind].outcomes[-1]))
        return
    for clock in pledged(case):
        answers = {NOTICE: make("answer_notice", letter=clock.ref), CALLBACK: make("callback_done")}
        yield Step(answers[clock.name])
        return
    if not case.noticed and "reply" not in MACHINES[case.kind].without:
        yield Step(make("reply"))


def _settles(refund: Refund) -> Iterator[Step]:
    if refund.state != "awaiting":
        yield Step(SettleRefund(refund.id, "confirmed"), SYSTEM, 0)
        return
    yield Step(make("approve_refund", id=refund.id), ZHAO)
    yield Step(make("decline_refund", id=refund.id), ZHAO)
    yield from (Step(make("decline_refund", id=refund.id), who) for who in (WANG, LI) if who.id == refund.by)


def happening(case: Case) -> Iterator[Step]:
    """What the provider, a second person or the outside may do to a case, whatever its state."""
    for refund in case.refunds:
        if refund.state in ("proposed", "sent", "in_doubt"):
            yield from (Step(SettleRefund(refund.id, said), SYSTEM, 0) for said in ("confirmed", "failed"))
        if refund.state == "failed":
            yield Step(SettleRefund(refund.id, "confirmed"), SYSTEM, 0)
        if refund.state == "proposed":
            yield Step(VERBS["send_refund"](id=refund.id), SYSTEM, 0)  # type: ignore[call-arg]
        if refund.state == "sent":
            yield Step(VERBS["doubt_refund"](id=refund.id, reason="timeout"), SYSTEM, 0)  # type: ignore[call-arg]
        if refund.state == "in_doubt":
            yield Step(make("clear_refund", id=refund.id), ZHAO)
            yield Step(make("clear_refund", id=refund.id, state="confirmed", reference="42"), ZHAO)
        if refund.state == "awaiting":
            yield from _settles(refund)
    for message in case.messages:
        if message.direction == "out" and message.state in ("held", "queued", "sent"):
            yield from (
                Step(SettleReply(message.id, said, "bounced"), SYSTEM, 0) for said in ("sent", "failed")
            )
    yield from _carried(case)
    yield Step(make("compensate"), LI)
    yield Step(make("compensate", minor=60_000), LI)
    yield Step(make("notice", letter=f"12315-{case.version}"))
    yield Step(make("promise_callback"))
    yield from (
        Step(make("open_track", track_kind=kind, ref=f"T-{case.version}")) for kind in ("merchant", "carrier")
    )
    yield Step(make("hear"), LI)
    yield Step(make("note_call"), LI)
    yield from (Step(make("split", lines=(LineQty(line.line, 1),)), LI) for line in case.lines)
    yield Step(make("merge"), LI)
    yield from (Step(make(verb), LI) for verb in ("flag_person", "warn_contact", "end_contact"))


def _carried(case: Case) -> Iterator[Step]:
    """What carriers answer, and the first scan of a parcel that nobody announced."""
    for n, ask in enumerate(case.carrier_asks):
        if ask.state in UNSETTLED:
            waybill = "" if ask.waybill or ask.what == CANCEL else f"SF8{n:09}"
            yield Step(SettleCarrierAsk(ask.id, "done", waybill=waybill), SYSTEM, 0)
            yield from (Step(SettleCarrierAsk(ask.id, said), SYSTEM, 0) for said in ("failed", "in_doubt"))
        elif ask.waybill:
            yield Step(BookCollected(ask.waybill), SYSTEM, 0)


def working(case: Case, now: int, *, part: bool = False) -> Iterator[Step]:
    """Steps of the kind's own machine; `part`: of one unit only, and with answers that a search need not try."""
    machine = MACHINES[case.kind]
    for name in machine.verbs():
        if name not in READY or name == "reopen" or machine.edge(name, case.state) is None:
            continue
        sane = dict(VERBS[name].suggest(case))
        if part:
            sane = {key: _one(value) if isinstance(value, tuple) else value for key, value in sane.items()}
        if name in ("ship_back", "reissue", "send_home"):
            sane["waybill"] = f"SF9{len(case.parcels):09}"
        yield Step(make(name, **sane))
        yield from (Step(make(name, **{**sane, **other})) for other in _others(name, case, part))
        if name == "inspect" and sane["graded"]:
            for disposition in ("return_to_consumer", "missing"):
                graded = tuple(replace(one, disposition=disposition) for one in sane["graded"])
                yield Step(make(name, graded=graded))
        if name == "inspect" and (short := awaited(case)):
            yield Step(make(name, graded=tuple(Graded(one.line, one.qty, "missing") for one in short)))
    ends = {term.name for term in machine.state(case.state).terms if term.then}
    for clock in case.clocks:
        if clock.name in ends and not clock.open_pause:
            yield Step(Breach(clock.label, clock.due), SYSTEM, max(1, clock.due - now))


def _others(name: str, case: Case, part: bool) -> Iterator[dict[str, Any]]:
    """Other answers to a verb's questions."""
    if name == "refuse_request":
        yield {"reason": "identity_not_verified"}
    if name == "provider_ruled":
        yield {"outcome": "user_fault", "proof": "支付密码验证记录"}
    if name == "settle_dispute":
        yield {"accepted": False}
    if part and name == "parcel_lost":
        yield {"risk": "consumer"}
    if part and name == "classify":
        yield from ({"stage": stage} for stage in STAGES)
    if part and name == "approve" and case.kind is Kind.EXCHANGE:
        yield from ({"exchange_sku": "X-2", "difference_minor": minor} for minor in (300, -1))
    if name == "refund" and (twice := sum(refund.minor for refund in case.refunds if refund.twice)):
        yield {"less": (f"paid_already={twice}",)}
    if part and name == "refund_payment":
        yield {"payment": 2, "instead": "第 1 笔由渠道退"}
    if part and name == "refund":
        yield {"less": ("return_freight=100", "gift=1")}
        yield {"freight": 1_200, "outbound": 1}


def _one(units: tuple[Any, ...]) -> tuple[Any, ...]:
    """One unit of the first line of a suggestion."""
    return tuple(one if isinstance(one, str) else replace(one, qty=1) for one in units[:1])


@cache
def _distances(kind: Kind) -> dict[str, int]:
    """How many edges at least lead from each state to one that is done; a state without such a way has none."""
    machine = MACHINES[kind]
    far = {state.name: 0 for state in machine.states if state.phase is Phase.DONE}
    changed = True
    while changed:
        changed = False
        for edge in machine.edges:
            for source in edge.sources:
                least = far.get(edge.target, 99) + 1
                if least < far.get(source, 99):
                    far[source], changed = least, True
    return far


def _keeps_open(case: Case) -> int:
    """How much is left to do before the case can end: a guess, to look at the nearest first."""
    left = sum(
        max(0, line.refundable) + line.received - line.inspected + line.for_home for line in case.lines
    )
    left += sum(parcel.on_its_way for parcel in case.parcels)
    left += bool(merchant_owes(case)) + bool(held(case))
    return 2 * left + _distances(case.kind).get(case.state, 3)


def _mark(case: Case) -> tuple[object, ...]:
    """What of a case decides whether it can end; its clocks and its past do not."""
    owes = tuple(case.counters.get(name, 0) for name in (DIFFERENCE, PAID, REDUCTION))
    return (
        *(case.kind, case.state, case.lines, case.noticed, owes, "exchange_right_open" in case.counters),
        tuple(
            (p.direction, p.lines, bool(p.received_at), bool(p.lost_at), p.on_its_way) for p in case.parcels
        ),
        tuple(sorted(case.counters)),
        len(case.facts),
    )


@dataclass
class Search:
    """A search for a way in which the case of `play` can end; `tried` counts the commands."""

    play: Play
    tried: int = 0

    def result(self, most: int = MOST) -> Found:
        """Look at the nearest case first; each is settled before its own steps are tried."""
        order, seen = count(), set()
        first, now = self._settled(self.play.case, self.play.now)
        waiting = [(_keeps_open(first), next(order), first, now)]
        while waiting:
            _, _, case, now = heappop(waiting)
            if not case.open:
                return Found.END
            if self.tried > most:
                return Found.GAVE_UP
            for step in working(case, now):
                after = self._after(case, step, now)
                if after is None:
                    continue
                after, then = self._settled(after, now + step.later) if after.open else (after, now)
                if (mark := _mark(after)) not in seen:
                    seen.add(mark)
                    heappush(waiting, (_keeps_open(after), next(order), after, then))
        return Found.DEAD

    def _settled(self, case: Case, now: int) -> tuple[Case, int]:
        """The case with all done that keeps any case open, as far as it can be done."""
        done = True
        while done and case.open:
            done = False
            for step in settling(case):
                after = self._after(case, step, now)
                if after is not None:
                    case, now, done = after, now + step.later, True
                    break
        return case, now

    def _after(self, case: Case, step: Step, now: int) -> Case | None:
        self.tried += 1
        ctx = replace(self.play.context(step.who), now=now + step.later, request=f"end-{self.tried}")
        try:
            return run(case, step.command, ctx).case
        except Refused:
            return None
