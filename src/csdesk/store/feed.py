"""What a console watches: pages of a queue by deadline, counts, and the changes since it last looked."""

from collections.abc import Sequence

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.sifting import SORTS, Sieve

# The deadline of a case without one, so that it sorts after all that have one.
NEVER = 1 << 62


class Row(msgspec.Struct, frozen=True):
    """A case in a list; times UTC ms, `due` is NEVER when no clock runs, money in minor units.

    A struct, because 50 frozen dataclasses took as long to make as their query (0.14 ms each).
    """

    id: str
    body: str
    kind: str
    state: str
    phase: str
    version: int
    order_number: str
    merchant: str
    assignee: str
    priority: int
    escalation: int
    subject: str
    reason: str
    amount: int
    currency: str
    due: int
    breached: int
    opened_at: int
    changed_at: int
    customer: str

    def key(self, sort: str = "due") -> int:
        """Where the case stands in a list sorted by `sort` (store/sifting.py): the least first."""
        found: int = getattr(self, SORTS[sort.removeprefix("-")])
        return -found if sort.startswith("-") else found

    @property
    def timed(self) -> bool:
        """Whether a clock runs."""
        return self.due < NEVER


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the deadline (or what else the page is sorted by, `Row.key`) and id of a row."""

    due: int
    id: str


# Of a report nothing may tell who made it, so its customer is not even an id.
_COLUMNS = (
    "c.id, c.body, c.kind, c.state, c.phase, c.version, c.order_number, coalesce(m.name, ''), c.assignee, c.priority,"
    " c.escalation, c.subject, c.reason, c.amount, c.currency, c.due, c.breached, c.opened_at, c.changed_at,"
    " CASE c.kind WHEN 'report' THEN '' ELSE c.customer END"
)
_JOIN = " LEFT JOIN merchant m ON m.desk_id = c.desk_id AND m.id = c.merchant WHERE c.desk_id = ?"
_FROM = f" FROM cases c{_JOIN}"


# A queue of this name and an agent's id is what stands in their name.
AGENT = "agent:"
# A queue of this name and a filter is what the filter lets through: "?kind:return due:<2h".
FILTER = "?"


def _scope(queue: str, me: str) -> tuple[str, tuple[str, ...]]:
    if queue == "all":
        # The common pool: what an authority's letter has put into one person's hands is not in it.
        return " AND c.live = 1 AND c.queue <> 'authority'", ()
    if queue == "mine":
        return " AND c.live = 1 AND c.assignee = ?", (me,)
    if queue.startswith(AGENT):
        return " AND c.live = 1 AND c.assignee = ?", (queue.removeprefix(AGENT),)
    return " AND c.live = 1 AND c.queue = ?", (queue,)


def _sieve(queue: str, me: str, sieve: Sieve | None) -> tuple[str, str, tuple[object, ...], str]:
    """The index to walk, the conditions, their values and the sort: of a queue, or of a filter instead."""
    if sieve is not None:
        return sieve.index, sieve.where, sieve.values, sieve.key
    return "", *_scope(queue, me), "c.due"


def page(
    conn: Connection,
    desk: str,
    queue: str,
    me: str,
    limit: int,
    after: Place | None = None,
    before: Place | None = None,
    sieve: Sieve | None = None,
) -> list[Row]:
    """Live cases of a queue (or `mine`, `all`), nearest deadline first, or what passes a sieve; from a place on."""
    index, scope, values, key = _sieve(queue, me, sieve)
    sql = f"SELECT {_COLUMNS} FROM cases c{index}{_JOIN}{scope}"
    if before is not None:
        sql += f" AND ({key}, c.id) < (?, ?) ORDER BY {key} DESC, c.id DESC LIMIT ?"
        found = conn.execute(sql, (desk, *values, before.due, before.id, limit)).fetchall()
        return [Row(*row) for row in reversed(found)]
    if after is not None:
        sql += f" AND ({key}, c.id) > (?, ?)"
        values = (*values, after.due, after.id)
    return [Row(*row) for row in conn.execute(f"{sql} ORDER BY {key}, c.id LIMIT ?", (desk, *values, limit))]


def ids(
    conn: Connection, desk: str, queue: str, me: str, limit: int, sieve: Sieve | None = None
) -> list[str]:
    """Ids of the cases of a queue or a sieve, as `page` gives them; of a queue from its index alone."""
    index, scope, values, key = _sieve(queue, me, sieve)
    sql = f"SELECT c.id FROM cases c{index} WHERE c.desk_id = ?{scope} ORDER BY {key}, c.id LIMIT ?"
    return [row[0] for row in conn.execute(sql, (desk, *values, limit))]


def tally(conn: Connection, desk: str, sieve: Sieve, most: int) -> tuple[int, int]:
    """How many cases pass a sieve and how many of them are late, counted up to `most`."""
    found: tuple[int, int] = conn.execute(
        "SELECT count(*), coalesce(sum(breached), 0) FROM"
        f" (SELECT c.breached FROM cases c{sieve.index} WHERE c.desk_id = ?{sieve.where} LIMIT ?)",
        (desk, *sieve.values, most),
    ).fetchone()
    return found


def rows(conn: Connection, desk: str, ids: Sequence[str]) -> list[Row]:
    """Cases by id, in the order asked; unknown ids are left out. At most 500 a call."""
    if not ids:
        return []
    marks = ",".join("?" * len(ids))
    found = {
        row[0]: Row(*row)
        for row in conn.execute(f"SELECT {_COLUMNS}{_FROM} AND c.id IN ({marks})", (desk, *ids))
    }
    return [found[id_] for id_ in ids if id_ in found]


def open_page(conn: Connection, desk: str, after: str, limit: int, queue: str = "") -> list[str]:
    """Ids of open cases after an id, snoozed ones too, of one queue or of all: for going through every one of them."""
    where, values = (" AND queue = ?", (queue,)) if queue else ("", ())
    found = conn.execute(
        f"SELECT id FROM cases WHERE desk_id = ? AND id > ? AND closed_at = 0{where} ORDER BY id LIMIT ?",
        (desk, after, *values, limit),
    )
    return [row[0] for row in found]


def of_order(conn: Connection, desk: str, order_id: str) -> list[Row]:
    """All cases of an order, newest first."""
    sql = f"SELECT {_COLUMNS}{_FROM} AND c.order_id = ? ORDER BY c.opened_at DESC"
    return [Row(*row) for row in conn.execute(sql, (desk, order_id))]


def provisional(conn: Connection, desk: str, said: str) -> list[Row]:
    """Cases without an order whose customer called the order this, newest first."""
    where = " AND c.order_id = '' AND lower(c.order_number) = lower(?)"
    # The + keeps the sort from choosing the index of all cases without an order over the one by these words.
    sql = f"SELECT {_COLUMNS}{_FROM}{where} ORDER BY +c.opened_at DESC LIMIT 20"
    return [Row(*row) for row in conn.execute(sql, (desk, said))]


def of_customer(conn: Connection, desk: str, customer: str, limit: int = 50) -> list[Row]:
    """A customer's cases, newest first."""
    sql = f"SELECT {_COLUMNS}{_FROM} AND c.customer = ? ORDER BY c.opened_at DESC LIMIT ?"
    return [Row(*row) for row in conn.execute(sql, (desk, customer, limit))]


@dataclass(frozen=True, slots=True)
class Count:
    """How many cases stand in a queue, and how many of them are late."""

    queue: str
    live: int
    breached: int


def counts(conn: Connection, desk: str, me: str) -> list[Count]:
    """Counts of every queue from the counters (0.02 ms at 1M cases), of `mine` from its index, and of all."""
    found = [
        Count(*row)
        for row in conn.execute(
            "SELECT queue, sum(live), sum(breached) FROM counter WHERE desk_id = ? GROUP BY queue", (desk,)
        )
    ]
    # Named, since SQLite would rather walk the index of all cases, which holds these columns too: 70 ms at a million.
    mine = conn.execute(
        "SELECT count(*), coalesce(sum(breached), 0) FROM cases INDEXED BY cases_mine"
        " WHERE desk_id = ? AND live = 1 AND assignee = ?",
        (desk, me),
    ).fetchone()
    pool = [c for c in found if c.queue != "authority"]
    total = Count("all", sum(c.live for c in pool), sum(c.breached for c in pool))
    return [*found, Count("mine", *mine), total]


@dataclass(frozen=True, slots=True)
class Change:
    """A case changed, to this version."""

    seq: int
    case: str
    version: int


def changes(conn: Connection, desk: str, after: int, limit: int = 500) -> list[Change]:
    """Changes after a place in the desk's change sequence, oldest first."""
    rows = conn.execute(
        "SELECT seq, case_id, version FROM change WHERE desk_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        (desk, after, limit),
    )
    return [Change(*row) for row in rows]


def note(conn: Connection, desk: str, at: int) -> None:
    """Tell the consoles that something changed which is no case's, inside the caller's transaction.

    Who is here, or what everybody is told: a change of the case "".
    """
    conn.execute(
        "INSERT INTO change SELECT ?, coalesce(max(seq), 0) + 1, '', 0, ?, 0 FROM change WHERE desk_id = ?",
        (desk, at, desk),
    )


def prune(conn: Connection, desk: str, kept: int) -> None:
    """Forget all but the newest `kept` changes (1 or more), inside the caller's transaction.

    Who looks less often than that finds a gap in the sequence, and reads everything anew.
    """
    conn.execute(
        "DELETE FROM change WHERE desk_id = ? AND seq <= (SELECT max(seq) FROM change WHERE desk_id = ?) - ?",
        (desk, desk, kept),
    )


def last_change(conn: Connection, desk: str) -> int:
    """The newest place in the change sequence."""
    found: int = conn.execute(
        "SELECT coalesce(max(seq), 0) FROM change WHERE desk_id = ?", (desk,)
    ).fetchone()[0]
    return found
