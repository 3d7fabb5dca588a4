"""Laws of every kind under any order of commands: only refusals, no dead end, no fen too much, one truth."""

from collections import deque
from collections.abc import Iterator
from dataclasses import fields, replace
from random import Random
from typing import Any, get_type_hints

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from csdesk.domain.cases.case import Case, Disposition, Kind, LineQty, Phase
from csdesk.domain.cases.command import VERBS, Command, verbs_of
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.kinds import MACHINES, run
from csdesk.domain.cases.refunds import SettleRefund
from csdesk.domain.cases.shared import Breach
from csdesk.domain.money import Money, cumulative
from csdesk.store.codec import decode, encode
from tests.unit.domain.cases.play import DAY, HOUR, LI, SYSTEM, WANG, Play, an_order, make

LINES = st.integers(1, 4)
UNITS = st.lists(st.builds(LineQty, LINES, st.integers(-1, 4)), max_size=3).map(tuple)
DISPOSITIONS = st.sampled_from([*Disposition, "stolen"])
GRADED = st.lists(st.builds(Graded, LINES, st.integers(0, 3), DISPOSITIONS), max_size=3).map(tuple)
TEXTS = st.sampled_from(["", " ", "您好", "单号 {单号}", "x" * 6_000])
WORDS = {
    "waybill": st.sampled_from(["", "SF1", "SF1234567890", "SF 1234 567891", "9" * 50]),
    "reason": st.sampled_from(["", "other", "expired", "quality", "size", "no_such_reason"]),
    "outcome": st.sampled_from(["", "upheld", "not_upheld", "won"]),
    "article": st.sampled_from(["", "P40"]),
    "to_agent": st.sampled_from(["", "wang", "li"]),
    "channel": st.sampled_from(["", "phone"]),
}
SHAPES: dict[Any, st.SearchStrategy[Any]] = {
    tuple[LineQty, ...]: UNITS,
    tuple[Graded, ...]: GRADED,
    tuple[str, ...]: st.lists(st.sampled_from(["破损", "急", "", "长" * 31]), max_size=2).map(tuple),
    int: st.integers(-1, 40),
    bool: st.booleans(),
    Kind: st.sampled_from(Kind),
}
# A walk is made from one number: lists of choices would stay short, and most states lie deep.
SEEDS = st.integers(0, 1 << 32)
SELDOM = frozenset({"convert", "withdraw", "reject", "breach", "close", "dispute", "appeal", "take"})
# Prices that do not divide, a gift, and a fen for three: where rounding could lose or win something.
ORDERS = (
    an_order((3, 10_000), (1, 0), payments=[("wechat", 7_001), ("points", 2_999)]),
    an_order((3, 1), (2, 39_801)),
    an_order((1, 19_900)),
    an_order((2, 500), status="shipped", address=False),
    an_order((2, 500), status="pending"),
    None,
)


@st.composite
def commands(draw: st.DrawFn, case: Case) -> Command:
    """Any verb that the case's kind can meet, with what was suggested, or with anything at all."""
    cls = draw(st.sampled_from(verbs_of(case.kind)))
    if cls.verb.name == "open":
        cls = VERBS["take"]
    if cls is Breach:
        return _breach(draw, case)
    if cls.verb.name in ("settle_refund", "settle_reply"):
        return _settling(draw, case, cls)
    hints = get_type_hints(cls)
    wild = {f.name: WORDS.get(f.name, SHAPES.get(hints[f.name], TEXTS)) for f in fields(cls)}
    sane = {**_enterable(cls), **cls.suggest(case)}
    values = {
        name: sane[name] if name in sane and draw(st.integers(0, 3)) else draw(strategy)
        for name, strategy in wild.items()
    }
    return cls(**values)


def _enterable(cls: type[Command]) -> dict[str, object]:
    filled = make(cls.verb.name) if cls.verb.name in _READY else None
    return {f.name: getattr(filled, f.name) for f in fields(cls)} if filled else {}


def _ready() -> Iterator[str]:
    for name in VERBS:
        try:
            make(name)
        except TypeError:
            continue
        yield name


_READY = frozenset(_ready())


def _breach(draw: st.DrawFn, case: Case) -> Command:
    clocks = [(clock.name, clock.due) for clock in case.clocks]
    return Breach(*draw(st.sampled_from([*clocks, ("review", 1)])))


def _settling(draw: st.DrawFn, case: Case, cls: type[Command]) -> Command:
    things = case.refunds if cls is SettleRefund else case.messages
    said = ("confirmed", "failed") if cls is SettleRefund else ("sent", "failed")
    return cls(
        id=draw(st.sampled_from(["nothing", *(thing.id for thing in things)])), state=draw(st.sampled_from(said))
    )


def moves(play: Play, case: Case, *, part: bool = False) -> Iterator[tuple[Command, int]]:
    """What a desk that wants to end a case would do next, each with how far the clock must be put forward."""
    yield from ((SettleRefund(r.id, "confirmed"), 0) for r in case.refunds if r.state == "proposed")
    if not case.noticed:
        yield make("reply"), 1
    for name in MACHINES[case.kind].verbs():
        if name not in _READY or name in ("reopen", "settle_refund"):
            continue
        sane = dict(VERBS[name].suggest(case))
        if part:
            sane = {key: _one(value) if isinstance(value, tuple) else value for key, value in sane.items()}
        if name in ("ship_back", "reissue", "send_home"):
            sane["waybill"] = f"SF9{len(case.parcels):09}"
        yield make(name, **sane), 1
        if name == "settle_dispute":
            yield make(name, accepted=False), 1
        if name == "inspect" and sane["graded"]:
            graded = tuple(replace(one, disposition="return_to_consumer") for one in sane["graded"])
            yield make(name, graded=graded), 1
    terms = MACHINES[case.kind].state(case.state).terms
    ends = {term.name for term in terms if term.then}
    yield from ((Breach(c.name, c.due), max(1, c.due - play.now)) for c in case.clocks if c.name in ends)


def _one(units: tuple[Any, ...]) -> tuple[Any, ...]:
    """One unit of the first line of a suggestion."""
    return tuple(replace(one, qty=1) for one in units[:1])


def ending(play: Play, most: int = 4_000) -> bool:
    """Whether the case can be brought to an end from where it is: a search over `moves`."""
    waiting, seen = deque([(play.case, play.now)]), set()
    while waiting and most:
        case, now = waiting.popleft()
        if not case.open:
            return True
        mark = (case.kind, case.state, case.lines, tuple(r.state for r in case.refunds), case.noticed)
        if mark in seen:
            continue
        seen.add(mark)
        for command, later in moves(replace(play, now=now), case):
            most -= 1
            ctx = replace(play.context(WANG), now=now + later, request=f"end-{most}")
            try:
                after = run(case, command, ctx).case
            except Refused:
                continue
            waiting.append((after, now + later))
    return False


class AnyOrder(RuleBasedStateMachine):
    """One case of a kind, and anything that anybody may try on it."""

    kind: Kind

    @initialize(order=st.sampled_from(ORDERS), part=st.booleans(), seed=SEEDS)
    def begin(self, order: Any, part: bool, seed: int) -> None:
        self.play = Play(self.kind, order)
        try:
            self.play.begin(*([(1, 1)] if part and order else []))
        except Refused as refused:
            assert refused.code in ("not_delivered", "no_units")
            self.play.order = ORDERS[2]
            self.play.begin()
        self.the_work_goes_on(seed, 25)

    @rule(data=st.data(), who=st.sampled_from([WANG, WANG, LI]), times=st.integers(1, 6))
    def somebody_tries_anything(self, data: st.DataObject, who: Any, times: int) -> None:
        for _ in range(times):
            command = data.draw(commands(self.play.case))
            before = self.play.case
            try:
                self.play.do(command, who)
            except Refused as refused:
                assert refused.code
                assert self.play.case is before

    @rule(seed=SEEDS, most=st.integers(1, 12))
    def the_work_goes_on(self, seed: int, most: int) -> None:
        """Up to `most` steps by chance among those that are allowed; some with one unit only."""
        chance = Random(seed)
        for _ in range(chance.randint(most // 2, most)):
            self._go_on(chance)

    def _go_on(self, chance: Random) -> None:
        allowed = []
        for command, later in moves(self.play, self.play.case, part=chance.random() < 0.5):
            try:
                run(self.play.case, command, replace(self.play.context(), now=self.play.now + later))
            except Refused:
                continue
            allowed.append((command, later))
        if allowed:
            weights = [0.1 if command.verb.name in SELDOM else 1.0 for command, _ in allowed]
            ((command, later),) = chance.choices(allowed, weights)
            self.play.now += later
            self.play.do(command, WANG)

    @rule(hours=st.integers(1, 24 * 9))
    def time_passes(self, hours: int) -> None:
        self.play.now += hours * HOUR

    @rule()
    def the_desk_runs_what_is_due(self) -> None:
        for clock in self.play.case.clocks:
            if clock.due <= self.play.now and clock in self.play.case.clocks:
                self.play.do(Breach(clock.name, clock.due), SYSTEM)

    @rule(state=st.sampled_from(["confirmed", "confirmed", "failed"]))
    def the_provider_answers(self, state: str) -> None:
        self.play.settle(state)

    @rule(who=st.sampled_from([WANG, LI]))
    def somebody_takes_it_back(self, who: Any) -> None:
        try:
            self.play.undo(who)
        except Refused as refused:
            assert refused.code in ("undo_nothing", "undo_none", "undo_overtaken", "already_sent")

    @rule(line=LINES, units=st.integers(1, 2))
    def another_case_is_paid_back(self, line: int, units: int) -> None:
        """As the desk would allow it: units that this case has not been paid for, by what the payments have left."""
        order = self.play.order
        known = {one.line: one for one in order.lines} if order else {}
        mine = self.play.case.line(line)
        if order is None or line not in known:
            return
        one = known[line]
        used = one.refunded_units + (mine.refunded_units if mine else 0)
        if used + units > one.qty:
            return
        worth = cumulative(Money(one.paid, "CNY"), one.qty, used + units).minor
        minor = max(0, worth - one.refunded - (mine.refunded if mine else 0))
        first = order.payments[0]
        gone = first.elsewhere + sum(
            part.minor for r in self.play.case.refunds if r.state != "failed" for part in r.parts if part.payment == 1
        )
        if minor > first.captured - gone:
            return
        self.play.others(line, refunded_units=one.refunded_units + units, refunded=one.refunded + minor)
        payments = (replace(first, elsewhere=first.elsewhere + minor), *order.payments[1:])
        self.play.order = replace(self.play.order, payments=payments)  # type: ignore[type-var]

    @invariant()
    def the_state_is_one_of_the_kinds(self) -> None:
        case = self.play.case
        state = MACHINES[case.kind].state(case.state)
        assert case.phase is state.phase
        assert (case.phase is Phase.DONE) == (case.closed_at > 0)
        if not case.open:
            assert (case.clocks, case.snoozed_until) == ((), 0)
        allowed = {term.name for term in state.terms} | set(state.keeps)
        assert {clock.name for clock in case.clocks} <= allowed

    @invariant()
    def units_are_never_made_up(self) -> None:
        for line in self.play.case.lines:
            counts = [getattr(line, f.name) for f in fields(line) if f.type is int]
            assert min(counts) >= 0
            assert line.approved <= line.asked <= line.bought
            assert line.inspected <= line.received
            if self.play.case.kind is not Kind.REPAIR:
                assert line.received <= line.asked
                assert line.refunded_units + line.sent_out <= line.accepted
            else:
                assert line.received - line.sent_out <= line.asked

    @invariant()
    def money_never_exceeds_what_was_paid(self) -> None:
        case, order = self.play.case, self.play.order
        assert case.refunded == sum(line.refunded for line in case.lines)
        for line in case.lines:
            worth = cumulative(Money(line.paid, case.currency), line.bought, min(line.accepted, line.bought))
            elsewhere = next(o.refunded for o in order.lines if o.line == line.line) if order else 0
            assert elsewhere or line.refunded <= worth.minor
            assert line.refunded + elsewhere <= line.paid
        for payment in order.payments if order else ():
            back = sum(
                part.minor
                for refund in case.refunds
                if refund.state != "failed"
                for part in refund.parts
                if part.payment == payment.number
            )
            assert back + payment.elsewhere <= payment.captured
        for refund in case.refunds:
            assert sum(part.minor for part in refund.parts) == sum(refund.amounts) == refund.minor

    @invariant()
    def the_case_is_the_fold_of_its_events(self) -> None:
        assert self.play.folded() == self.play.case
        assert self.play.case.version == len(self.play.stamps)
        for event, _ in self.play.stamps[-4:]:
            payload, hidden = encode(event)
            assert decode(event.type, event.v, payload, hidden) == event

    def teardown(self) -> None:
        if hasattr(self, "play"):
            assert ending(self.play), f"no way out of {self.play.case}"


@pytest.mark.parametrize("kind", MACHINES)
def test_any_order_of_commands_keeps_the_laws_of(kind: Kind):
    machine = type(f"Any{kind.title()}", (AnyOrder,), {"kind": kind})
    machine.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
    machine.TestCase("runTest").runTest()


@pytest.mark.parametrize("kind", MACHINES)
def test_every_state_can_be_reached_and_left(kind: Kind):
    machine = MACHINES[kind]
    names = {state.name for state in machine.states}
    targets = {edge.target for edge in machine.edges} | {machine.first.name}
    told = {"dispute": "rejected", "closed": "closed"}
    assert names - targets - set(told.values()) == set()
    for state in machine.states:
        if state.phase is not Phase.DONE:
            ways = {e.target for e in machine.edges if state.name in e.sources and e.target != state.name}
            assert ways, state.name


@pytest.mark.parametrize("kind", MACHINES)
def test_every_edge_names_states_that_exist_and_a_verb_or_an_outcome(kind: Kind):
    machine = MACHINES[kind]
    names = {state.name for state in machine.states}
    for edge in machine.edges:
        assert set(edge.sources) <= names
        assert edge.target in names | {""}
        assert edge.verb in VERBS or edge.verb == "refund_failed"
    for state in machine.states:
        assert all(term.then == "" or machine.edge(term.then, state.name) for term in state.terms)
        assert (state.phase is Phase.DONE) <= (not state.terms)
    assert DAY == 24 * HOUR
