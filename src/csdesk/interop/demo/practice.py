"""Made-up cases for newcomers: just opened, every fact found out that a verdict needs, each verdict a clear one."""

from collections import Counter
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from csdesk.desk.core import Core
from csdesk.desk.doing import order_for
from csdesk.desk.times import desk_times
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.findings import Establish
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.entitlement.decision import Decision
from csdesk.domain.roles import Role
from csdesk.domain.value import replace
from csdesk.interop.demo.story import Cast, Life
from csdesk.interop.demo.world import Rows, World
from csdesk.interop.seeds import CaseSeed, Seeds
from csdesk.store import cases
from csdesk.store.cases import Batch
from csdesk.store.connection import bulk, savepoint
from csdesk.store.file import Agent, Store

# What a newcomer has to decide: whether to give back, exchange, repair, pay without goods, or uphold.
KINDS = (Kind.RETURN, Kind.EXCHANGE, Kind.REPAIR, Kind.REFUND_ONLY, Kind.COMPLAINT)
# What there is to learn from: a clear yes or a clear no.
CLEAR = MappingProxyType({
    "eligible": Stance.GRANTS, "must_refund": Stance.GRANTS,
    "ineligible": Stance.DENIES, "reject_quality_claim": Stance.DENIES,
})  # fmt: skip
# So many stories are tried for each one that is kept; one in two or three says enough.
TRIES = 40
# Nobody learns from the same story time and again.
SHARE = 8
AGE_DAYS = 2
NUMBER_STEP = 21_001_100_927


class _Unclear(Exception):
    """A story without a clear verdict: it is not kept."""


def make_practice(
    core: Core, count: int, now: int, progress: Callable[[int, int], None], *, seed: int = 0, me: str = ""
) -> int:
    """Fill an empty practice desk with up to `count` open cases as of `now` (UTC ms); how many there are.

    `core` acts as `system`. Of clear refusals there are as many as of clear grants, as far as the stories have them.
    """
    store = core.store
    seeds = Seeds.load(seed=seed)
    world = World(store, count * TRIES + 1, now)
    with bulk(store.conn):
        store.put_agent(Agent("trainer", "带教", Role.SUPERVISOR, ""))
        store.put_agent(Agent("me", "新人", Role.AGENT, me))
        world.put_merchants(seeds.merchants)
    made: Counter[tuple[Stance, str]] = Counter()
    for n in range(count * TRIES):
        if (done := made.total()) == count:
            break
        told = seeds.case(seed * 1_000_003 + n, now, kind=KINDS[n % len(KINDS)], within_days=AGE_DAYS)
        counts = Counter(stance for stance, _ in made.elements())
        wanted = [
            stance
            for stance in Stance
            if counts[stance] * 2 < count and made[stance, told.reason.code] * SHARE <= count
        ]
        try:
            with bulk(store.conn), savepoint(store.conn):
                made[_one(core, seeds, world, told, now, wanted), told.reason.code] += 1
        except (_Unclear, Refused):
            continue
        progress(done + 1, count)
    return made.total()


def _one(core: Core, seeds: Seeds, world: World, told: CaseSeed, now: int, wanted: list[Stance]) -> Stance:
    """Open one case with its facts, inside the caller's savepoint; _Unclear, Refused when it is none to learn from."""
    store = core.store
    rows, batch = Rows(), Batch()
    order = world.add(rows, told)
    world.write(rows)
    carriers = {carrier.code: carrier.name for carrier in seeds.carriers}
    system = Actor("system", Role.SYSTEM)
    cast = Cast({told.kind.code: [system]}, [system], {}, carriers)
    life = Life(told, order, store.desk.id, cast, now, desk_times())
    head = b""
    for entry in life.begin((told.number + 1) * NUMBER_STEP % (1 << 35)):
        head = cases.gather(batch, store.keys, replace(entry, head=head))
    if life.case is None:
        raise _Unclear
    cases.write(store.conn, store.desk.id, batch, store.people.text_key())
    found = tuple(f"{name}={_said(value)}" for name, value in told.reason.facts.items())
    if found:
        core.within(Establish(found), life.case.id)
    case, _ = core.load(life.case.id)
    judged = core.bench().judge(case, order_for(core, Establish(()), case))
    if judged is None or not isinstance(judged.decision, Decision) or judged.decision.contested:
        raise _Unclear
    stance = CLEAR.get(judged.decision.outcome)
    if stance is None or stance not in wanted:
        raise _Unclear
    return stance


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def open_for(store: Store) -> Core:
    """The desk that makes its own practice cases."""
    return Core(store, Actor("system", Role.SYSTEM))
