"""Two agents, a second person and the worker at once on two cases of one order, on looks that are stale by chance."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from csdesk.desk import queries as q
from csdesk.desk.desk import Conflict, Desk, Done
from csdesk.desk.money_queries import OrderLedger
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.command import Command, Deciding
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open, claimed
from csdesk.domain.cases.shared import TakeBack
from tests.building import line
from tests.contract.places import Place
from tests.unit.domain.cases.lives import WEIGHTS
from tests.unit.domain.cases.ways import Step, happening, settling, working

# How many times as many rushes as in CI.
SOAK = max(1, int(os.environ.get("CSDESK_SOAK", "1")))
BOUGHT = {1: 3, 2: 2}
KINDS = (Kind.RETURN, Kind.EXCHANGE, Kind.REISSUE, Kind.REFUND_ONLY, Kind.REPAIR)


@dataclass
class Rush:
    """Consoles on one desk, and what each of them last saw of every case; `done` counts the events that were kept."""

    desks: dict[str, Desk]
    order: str
    chance: Random
    cases: list[str] = field(default_factory=list)
    seen: dict[tuple[str, str], Case] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0

    async def begin(self, who: str) -> None:
        """A case on units of the order, unless others have them all."""
        units = (LineQty(self.chance.choice((1, 2)), self.chance.randint(1, 2)),)
        command = Open(self.chance.choice(KINDS), self.order, units)
        try:
            told = await self.desks[who].do(command)
        except Refused as refused:
            assert refused.code == "over_bought"
            return
        self.cases.append(told.case.id)
        self.done[told.case.id] += len(told.events)

    async def look(self, who: str, case: str) -> Case:
        """The case as somebody sees it: often as it was a while ago."""
        if (who, case) not in self.seen or self.chance.random() < 0.5:
            self.seen[who, case] = (await self.desks[who].ask(q.ShowCase(case))).case
        return self.seen[who, case]

    async def pick(self) -> tuple[str, str, Command, int | None]:
        """Somebody, a case, what they do to it, and the version that they have seen."""
        who, case = self.chance.choice(("wang", "wang", "li", "li", "zhao")), self.chance.choice(self.cases)
        seen = await self.look(who, case)
        if self.chance.random() < 0.05:
            return who, case, TakeBack(), seen.version
        steps = [*settling(seen), *working(seen, seen.changed_at, part=True)]
        if self.chance.random() < 0.3:
            steps = list(happening(seen))
        step = self._weighed(steps)
        if step.who.id in ("system", "zhao"):
            who = step.who.id
        command = step.command
        if isinstance(command, Deciding):
            command = replace(command, override="主管已核")
        return who, case, command, self.chance.choice((seen.version, seen.version, None))

    def _weighed(self, steps: list[Step]) -> Step:
        weights = [WEIGHTS.get(step.command.verb.name, 1.0) for step in steps]
        return self.chance.choices(steps, weights)[0] if steps else Step(TakeBack())

    async def at_once(self) -> None:
        """Two or three commands in one moment: each is kept whole, refused, or told who was faster."""
        picked = [await self.pick() for _ in range(self.chance.choice((2, 2, 3)))]
        told = await asyncio.gather(
            *(self.desks[who].do(command, case, version=version) for who, case, command, version in picked),
            return_exceptions=True,
        )
        for answer in told:
            if isinstance(answer, Done):
                self.done[answer.case.id] += len(answer.events)
            elif isinstance(answer, Conflict):
                self.conflicts += 1
            elif not isinstance(answer, Refused):
                raise answer

    async def now(self) -> list[Case]:
        """All cases as they are."""
        return [(await self.desks["li"].ask(q.ShowCase(case))).case for case in self.cases]


@pytest.fixture
async def rush(place: Place, request: pytest.FixtureRequest) -> Rush:
    """Five units of one order, paid by two payments, and everybody at their console."""
    order = place.order(line(3, 10_000), line(2, 39_801), payments=[("wechat", 45_000), ("points", 4_801)])
    desks = {who: await place.desk(who) for who in ("wang", "li", "zhao", "system")}
    return Rush(desks, order, Random(request.param))


@pytest.mark.parametrize("rush", range(6 * SOAK), indirect=True)
async def test_what_many_do_at_once_to_two_cases_of_one_order_adds_up(rush: Rush, place: Place):
    for turn in range(90):
        if len(rush.cases) < 2 or turn % 15 == 0:
            await rush.begin(rush.chance.choice(("wang", "li")))
        if rush.cases:
            await rush.at_once()
    cases = await rush.now()
    # Nothing was lost and nothing kept that nobody was told of.
    assert {case.id: case.version for case in cases} == dict(rush.done)
    assert rush.conflicts
    for number, bought in BOUGHT.items():
        assert sum(claimed(case, number) for case in cases) <= bought
    twice = any(refund.twice for case in cases for refund in case.refunds)
    found = [finding for finding in place.wrong() if not (twice and finding.startswith("-: over_refunded"))]
    assert found == []
    ledger = await rush.desks["wang"].ask(OrderLedger(rush.order))
    assert ledger.sound or twice


@pytest.mark.parametrize("rush", range(2), indirect=True)
async def test_of_two_cases_that_want_the_last_unit_at_once_one_is_opened(rush: Rush, place: Place):
    wanted = Open(Kind.RETURN, rush.order, (LineQty(2, 2),))
    told = await asyncio.gather(
        *(rush.desks[who].do(wanted) for who in ("wang", "li")), return_exceptions=True
    )
    assert sum(isinstance(answer, Done) for answer in told) == 1
    assert [answer.code for answer in told if isinstance(answer, Refused)] == ["over_bought"]
    assert place.wrong() == []
