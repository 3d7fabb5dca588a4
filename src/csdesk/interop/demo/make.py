"""Making a demonstration desk: streaming batches, bounded memory, the same desk for the same seed."""

import tomllib
from collections.abc import Callable

from csdesk import resources
from csdesk.desk.times import desk_times
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Actor
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.roles import Role
from csdesk.domain.value import replace
from csdesk.interop.demo.stopped import stopped
from csdesk.interop.demo.story import Cast, Life
from csdesk.interop.demo.world import Rows, World
from csdesk.interop.seeds import Seeds
from csdesk.interop.seeds.draw import Draw
from csdesk.store import cases
from csdesk.store.cases import Batch
from csdesk.store.connection import bulk, checkpoint
from csdesk.store.file import Agent, Store

# 250 cases are some 3,000 rows: large enough that a commit costs nothing, small enough to draw a bar with.
BATCH = 250
# (days, tenths of the cases): three in ten came in the last ten days and one in the last two, so that the queues
# look like a desk at work; the rest is a year of history.
AGES = ((2, 1), (10, 3), (365, 6))
AHEAD_MS = 28 * 3_600_000
# A step coprime with 2**35 walks through all numbers without a clash.
NUMBER_STEP = 21_001_100_927


def make_demo(
    store: Store, count: int, now: int, progress: Callable[[int, int], None], *, seed: int = 0, me: str = ""
) -> None:
    """Fill an empty desk with `count` cases lived up to `now` (UTC ms). `me` is the login that becomes an agent."""
    seeds = Seeds.load(seed=seed)
    cast = _cast(seeds)
    world = World(store, count + 1, now)
    with bulk(store.conn):
        for agent in seeds.agents:
            store.put_agent(Agent(agent.account, agent.name, agent.role, ""))
        if me:
            store.put_agent(Agent("me", "小悦", Role.SENIOR, me))
        world.put_merchants(seeds.merchants)
    for first in range(0, count, BATCH):
        _batch(store, seeds, world, cast, range(first, min(first + BATCH, count)), now)
        progress(min(first + BATCH, count), count)
    stopped(store, cast.seniors[0], now)
    checkpoint(store.conn)


def _cast(seeds: Seeds) -> Cast:
    with resources.path("data/seeds/replies.toml").open("rb") as file:
        replies = tomllib.load(file)
    agents = {
        kind.value: [
            Actor(a.account, Role(a.role))
            for a in seeds.agents
            if kind.value in a.skills and a.role != "auditor"
        ]
        for kind in MACHINES
    }
    seniors = [Actor(a.account, Role(a.role)) for a in seeds.agents if a.role in ("senior", "supervisor")]
    return Cast(agents, seniors, replies, {carrier.code: carrier.name for carrier in seeds.carriers})


def _kind(seeds: Seeds, draw: Draw) -> str:
    served = [kind for kind in seeds.kinds if Kind(kind.code) in MACHINES]
    at = draw.below(sum(kind.weight for kind in served))
    for kind in served:
        at -= kind.weight
        if at < 0:
            return kind.code
    raise AssertionError("weights do not add up")


def _age(tenth: int) -> int:
    for days, tenths in AGES:
        tenth -= tenths
        if tenth < 0:
            return days
    return AGES[-1][0]


def _batch(store: Store, seeds: Seeds, world: World, cast: Cast, numbers: range, now: int) -> None:
    rows, batch = Rows(), Batch()
    desk, heads, times = store.desk.id, b"", desk_times()
    lives = []
    for n in numbers:
        draw = Draw(f"demo:{n}")
        kind, days = _kind(seeds, draw), _age(draw.below(10))
        # Stories are told a day late at the least; told ahead, some have just begun.
        told = seeds.case(n, now + AHEAD_MS, kind=kind, within_days=days)
        if told.opened_ms > now:
            told = seeds.case(n, now, kind=kind, within_days=days)
        order = world.add(rows, told)
        lives.append(Life(told, order, desk, cast, now, times).live((n + 1) * NUMBER_STEP % (1 << 35)))
    with bulk(store.conn):
        world.write(rows)
        for written in lives:
            head = heads
            for entry in written:
                head = cases.gather(batch, store.keys, replace(entry, head=head))
        cases.write(store.conn, desk, batch, store.people.text_key())
