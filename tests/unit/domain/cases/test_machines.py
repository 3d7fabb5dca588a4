"""Laws of every kind under any order of commands: only refusals, no dead end, no fen too much, one truth."""

import os
from dataclasses import fields
from random import Random
from typing import Any, cast, get_type_hints

import pytest
from hypothesis import Phase as Stage
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from csdesk.domain.cases.arriving import CameFile
from csdesk.domain.cases.case import Case, Disposition, Kind, LineQty, Phase
from csdesk.domain.cases.command import VERBS, Command, verbs_of
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.cases.refunds import SettleRefund
from csdesk.domain.cases.shared import Breach
from tests.unit.domain.cases.lives import ORDERS, READY, TWO_PEOPLE, Life
from tests.unit.domain.cases.play import HOUR, LI, WANG, make

# How many times as many lives as in CI; a test that takes more than 5 minutes is ended, so say also that it may:
# CSDESK_SOAK=50 pytest -o faulthandler_timeout=0 tests/unit/domain/cases/test_machines.py
SOAK = max(1, int(os.environ.get("CSDESK_SOAK", "1")))
# Nothing is shrunk: a life is made of seeds, and another seed makes no smaller life, only another one.
STAGES = (Stage.explicit, Stage.reuse, Stage.generate)

LINES = st.integers(1, 4)
UNITS = st.lists(st.builds(LineQty, LINES, st.integers(-1, 4)), max_size=3).map(tuple)
TEXTS = st.sampled_from(["", " ", "您好", "单号 {单号}", "x" * 6_000])
FILES = st.lists(
    st.builds(
        CameFile,
        TEXTS,
        st.just("image/png"),
        st.integers(0, 9),
        st.sampled_from(["a" * 64, "b" * 64]),
        st.sampled_from(["", "evidence_large"]),
    ),
    max_size=3,
).map(tuple)
DISPOSITIONS = st.sampled_from([*Disposition, "stolen"])
GRADED = st.lists(st.builds(Graded, LINES, st.integers(0, 3), DISPOSITIONS), max_size=3).map(tuple)
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
    tuple[CameFile, ...]: FILES,
    tuple[str, ...]: st.lists(st.sampled_from(["破损", "急", "", "长" * 31]), max_size=2).map(tuple),
    int: st.integers(-1, 40),
    bool: st.booleans(),
    Kind: st.sampled_from(Kind),
}


@st.composite
def commands(draw: st.DrawFn, case: Case) -> Command:
    """Any verb that the case's kind can meet, with what was suggested, or with anything at all."""
    cls = draw(st.sampled_from([cls for cls in verbs_of(case.kind) if cls.verb.name != "open"]))
    if cls is Breach:
        clocks = [(clock.name, clock.due) for clock in case.clocks]
        return Breach(*draw(st.sampled_from([*clocks, ("review", 1)])))
    if cls.verb.name in ("settle_refund", "settle_reply"):
        things = case.refunds if cls is SettleRefund else case.messages
        said = ("confirmed", "failed") if cls is SettleRefund else ("sent", "failed")
        which = draw(st.sampled_from(["nothing", *(thing.id for thing in things)]))
        return cls(id=which, state=draw(st.sampled_from(said)))  # type: ignore[call-arg]
    hints, names = get_type_hints(cls), [f.name for f in fields(cls)]
    ready = make(cls.verb.name) if cls.verb.name in READY else None
    sane = {**({name: getattr(ready, name) for name in names} if ready else {}), **cls.suggest(case)}
    return cls(
        **{
            name: sane[name]
            if name in sane and draw(st.integers(0, 3))
            else draw(WORDS.get(name, SHAPES.get(hints[name], TEXTS)))
            for name in names
        }
    )


class AnyOrder(RuleBasedStateMachine):
    """One case of a kind, and anything that anybody may try on it."""

    kind: Kind

    @initialize(
        order=st.sampled_from(ORDERS),
        part=st.booleans(),
        policy=st.sampled_from([None, TWO_PEOPLE]),
        seed=st.integers(0, 1 << 32),
    )
    def begin(self, order: Any, part: bool, policy: Any, seed: int) -> None:
        self.life = Life(self.kind, order, part=part, policy=policy)
        self.life.live(Random(seed), seed % 25)

    @rule(data=st.data(), who=st.sampled_from([WANG, WANG, LI]), times=st.integers(1, 6))
    def somebody_tries_anything(self, data: st.DataObject, who: Any, times: int) -> None:
        for _ in range(times):
            self.life.attempt(data.draw(commands(self.life.play.case)), who)

    @rule(seed=st.integers(0, 1 << 32))
    def the_work_goes_on(self, seed: int) -> None:
        self.life.live(Random(seed), 5)

    @rule(hours=st.integers(1, 24 * 9))
    def time_passes(self, hours: int) -> None:
        self.life.play.now += hours * HOUR
        self.life.run_what_is_due()

    @rule(state=st.sampled_from(["confirmed", "failed"]))
    def the_provider_answers(self, state: str) -> None:
        self.life.play.settle(state)

    @rule(who=st.sampled_from([WANG, LI]))
    def somebody_takes_a_verb_back(self, who: Any) -> None:
        self.life.take_back(who)

    @rule(line=LINES, units=st.integers(1, 2))
    def another_case_is_paid_back(self, line: int, units: int) -> None:
        self.life.pay_elsewhere(line, units)

    @invariant()
    def the_laws_hold(self) -> None:
        self.life.check()

    def teardown(self) -> None:
        if hasattr(self, "life"):
            assert self.life.no_end() == ""


@pytest.mark.parametrize("kind", MACHINES)
def test_any_order_of_commands_keeps_the_laws(kind: Kind):
    machine = cast("type[AnyOrder]", type(f"Any{kind.title()}", (AnyOrder,), {"kind": kind}))
    machine.TestCase.settings = settings(
        max_examples=25 * SOAK, stateful_step_count=20, deadline=None, phases=STAGES
    )
    machine.TestCase("runTest").runTest()


@pytest.mark.parametrize("kind", MACHINES)
def test_many_long_lives_keep_the_laws_and_can_end(kind: Kind):
    for seed in range(50 * SOAK):
        chance = Random(seed)
        part, policy = chance.random() < 0.2, chance.choice((None, TWO_PEOPLE))
        life = Life(kind, chance.choice(ORDERS), part=part, policy=policy)
        life.live(chance, 40)
        assert life.no_end() == "", f"seed {seed}"


@pytest.mark.parametrize("kind", MACHINES)
def test_a_long_life_sees_every_state(kind: Kind):
    seen = set()
    for seed in range(600):
        life = Life(kind, ORDERS[seed % (len(ORDERS) - 1)])
        life.live(Random(seed), 40)
        seen |= {case.state for _, _, _, case, _ in life.play.groups if case and case.kind is kind}
        if life.play.case.kind is kind:
            seen.add(life.play.case.state)
        if len(seen) == len(MACHINES[kind].states):
            return
    assert {state.name for state in MACHINES[kind].states} - seen == set()


@pytest.mark.parametrize("kind", MACHINES)
def test_every_edge_and_term_names_what_exists(kind: Kind):
    machine = MACHINES[kind]
    names = {state.name for state in machine.states}
    assert len(names) == len(machine.states)
    for edge in machine.edges:
        assert set(edge.sources) <= names
        assert edge.target in names | {""}
        assert edge.verb in VERBS or edge.verb == "refund_failed"
        assert (
            not any(machine.state(source).phase is Phase.DONE for source in edge.sources)
            or edge.verb == "reopen"
        )
    for state in machine.states:
        assert all(term.then == "" or machine.edge(term.then, state.name) for term in state.terms)
        assert state.phase is not Phase.DONE or not state.terms
