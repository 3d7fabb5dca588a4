"""How a local desk answers whoever runs a shift: counts from counters and covering indexes, never from the cases."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, time

from csdesk.desk import board_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.bulk_answers import MOST_CASES
from csdesk.desk.core import Core
from csdesk.desk.leak_queries import Urgent
from csdesk.desk.look_answers import alarms
from csdesk.domain import ids
from csdesk.domain.cases.case import Kind, Phase
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kind import QUEUES
from csdesk.domain.roles import Right, Role, takes_cases
from csdesk.domain.routing import AVAILABLE, Skill
from csdesk.store import board, feed, leases, skips, staff
from csdesk.store.board import Share
from csdesk.store.file import Agent
from csdesk.store.leases import Lease

HOUR_MS = 3_600_000
# A worker takes a due job within a second; one that has waited a minute waits for nobody.
STUCK_MS = 60_000
# More open incidents at once than fit on a screen are no news any more.
MOST_INCIDENTS = 20
# One agent may not know how; where two pass a case over, it is the case.
MANY_SKIPS = 2


@answers(q.Board)
def show_board(core: Core, ask: q.Board) -> q.BoardView:
    conn, now = core.store.conn, core.now()
    agents = [one for one in core.store.agents() if takes_cases(Role(one.role))]
    shares = board.shares(conn, core.desk, now)
    need = board.need(conn, core.desk)
    alive, waiting = board.work(conn, core.desk, now)
    stuck = not alive and waiting and now - waiting >= STUCK_MS
    return q.BoardView(
        now,
        _queues(core, shares, _hands(core, agents), now),
        _shifts(core, agents, shares, now),
        "running" if alive else "stopped" if stuck else "idle",
        waiting,
        need.failed,
        need.awaiting,
        need.in_doubt,
        _incidents(core),
        _skipped(core, now),
        tuple(alarms(core)),
        _urgent(core),
    )


def _urgent(core: Core) -> Urgent | None:
    """Canaries touched and leaks that wait: for those alone who may know that there are any."""
    if not core.me.may(Right.LEAKS):
        return None
    from csdesk.desk.leak_answers import urgent

    return urgent(core)


def _hands(core: Core, agents: Sequence[Agent]) -> list[Skill]:
    """What those can take who are here."""
    skills = staff.skills(core.store.conn, core.desk)
    here = staff.presences(core.store.conn, core.desk)
    return [
        skills.get(one.id, staff.ANYTHING)
        for one in agents
        if here.get(one.id, staff.HERE).state == AVAILABLE
    ]


def _queues(
    core: Core, shares: Sequence[Share], hands: Sequence[Skill], now: int
) -> tuple[q.QueueState, ...]:
    conn = core.store.conn
    counts = {count.queue: count for count in board.tallies(conn, core.desk)}
    taken: dict[str, int] = defaultdict(int)
    for share in shares:
        taken[share.queue] += share.live
    oldest = {queue: board.oldest_overdue(conn, core.desk, queue, now) for queue in QUEUES}
    numbers = _numbers(core, [found[0] for found in oldest.values() if found])
    told = []
    for queue in QUEUES:
        count = counts.get(queue, feed.Count(queue, 0, 0))
        case, due = oldest[queue] or ("", 0)
        over = board.due_between(conn, core.desk, queue, 0, now)
        late = over if over < board.MOST_COUNTED else max(over, count.breached)
        hour = board.due_between(conn, core.desk, queue, now, now + HOUR_MS)
        later = board.due_between(conn, core.desk, queue, now + HOUR_MS, now + 4 * HOUR_MS)
        four = min(hour + later, board.MOST_COUNTED)
        free = max(count.live - taken[queue], 0)
        able = sum(not skill.queues or queue in skill.queues for skill in hands)
        told.append(q.QueueState(queue, count.live, late, hour, four, free, numbers.get(case, ""), due, able))
    return tuple(told)


def _shifts(
    core: Core, agents: Sequence[Agent], shares: Sequence[Share], now: int
) -> tuple[q.AgentShift, ...]:
    conn, desk = core.store.conn, core.desk
    theirs: dict[str, list[Share]] = defaultdict(list)
    for share in shares:
        theirs[share.agent].append(share)
    holds = {one.id: leases.of_holder(conn, desk, one.id, now) for one in agents}
    opened = {who: _opened(held) for who, held in holds.items()}
    numbers = _numbers(core, [lease.case for lease in opened.values() if lease])
    here, midnight = staff.presences(conn, desk), _midnight(core, now)
    told = []
    for one in agents:
        state, lease = here.get(one.id, staff.HERE), opened[one.id]
        told.append(
            q.AgentShift(
                one.id,
                one.name,
                one.role,
                state.state,
                state.since,
                numbers.get(lease.case, "") if lease else "",
                lease.since if lease else 0,
                sum(held.parked > 0 for held in holds[one.id]),
                sum(share.live for share in theirs[one.id]),
                sum(share.late for share in theirs[one.id]),
                board.ended(conn, desk, one.id, midnight),
                tuple((share.queue, share.live) for share in theirs[one.id]),
            )
        )
    return tuple(told)


def _opened(held: Sequence[Lease]) -> Lease | None:
    """What somebody has open: the newest of what they hold and have not parked."""
    return max((lease for lease in held if not lease.parked), key=lambda lease: lease.since, default=None)


def _midnight(core: Core, now: int) -> int:
    """When today began in the desk's zone, UTC ms."""
    today = datetime.fromtimestamp(now / 1000, core.zone).date()
    return int(datetime.combine(today, time(), core.zone).timestamp() * 1000)


def _numbers(core: Core, cases: Sequence[str]) -> Mapping[str, str]:
    """Numbers of cases by id."""
    found: dict[str, str] = {}
    for first in range(0, len(cases), 500):
        for row in feed.rows(core.store.conn, core.desk, cases[first : first + 500]):
            found[row.id] = ids.number(Kind(row.kind).letters, row.body)
    return found


def _incidents(core: Core) -> tuple[q.OpenIncident, ...]:
    conn, desk, kind = core.store.conn, core.desk, Kind.INCIDENT
    return tuple(
        q.OpenIncident(
            row.id,
            ids.number(kind.letters, row.body),
            row.subject,
            board.members(conn, desk, row.id),
            board.last_notice(conn, desk, row.id),
        )
        for row in feed.page(conn, desk, kind.queue, "", MOST_INCIDENTS)
    )


def _skipped(core: Core, now: int) -> tuple[q.PassedOver, ...]:
    """Cases that wait for somebody who has not passed them over, those of the most agents first."""
    conn, desk = core.store.conn, core.desk
    running = skips.running(conn, desk, now)
    several = [case for case, who in running.items() if len(who) >= MANY_SKIPS]
    found = []
    for row in (
        row for n in range(0, len(several), 500) for row in feed.rows(conn, desk, several[n : n + 500])
    ):
        if row.phase != Phase.OURS or row.assignee not in ("", *running[row.id]):
            continue
        each = skips.latest(conn, core.store.keys, desk, row.id, now)
        agents, why = (
            tuple(dict.fromkeys(part)) for part in ((s.agent for s in each), (s.reason for s in each))
        )
        number = ids.number(Kind(row.kind).letters, row.body)
        found.append(q.PassedOver(row.id, number, agents, why))
    return tuple(sorted(found, key=lambda one: (-len(one.agents), one.number))[:MOST_INCIDENTS])


@answers(q.Gather)
def gather(core: Core, ask: q.Gather) -> list[str]:
    if ask.queue and ask.queue not in QUEUES:
        raise Refused("unknown_queue", queue=ask.queue, allowed=QUEUES)
    if not ask.queue and not ask.agent:
        raise Refused("gather_nothing")
    if ask.agent and core.store.agent(ask.agent) is None:
        raise Refused("no_such_agent", who=ask.agent)
    if ask.most < 0:
        raise Refused("gather_most", n=ask.most)
    if not 0 <= ask.below <= 3:
        raise Refused("bad_priority", priority=ask.below)
    return board.gathered(
        core.store.conn,
        core.desk,
        agent="" if ask.unassigned else ask.agent or None,
        queue=ask.queue,
        late_at=core.now() if ask.late else 0,
        below=ask.below,
        limit=min(ask.most or MOST_CASES, MOST_CASES),
    )
