"""What a console needs for its first picture, read straight from the file while Textual still loads.

The whole desk (keys, domain, queries) takes longer to import than the picture to paint, so it opens after it.
"""

import json
from typing import TYPE_CHECKING

from csdesk.desk.login import agent_of, desk_file
from csdesk.domain.roles import Right, Role, may
from csdesk.domain.value import dataclass, replace
from csdesk.store import feed
from csdesk.store.connection import Connection, open_any_schema
from csdesk.store.dsn import Dsn
from csdesk.store.feed import Count, Place, Row
from csdesk.tui.kinds import tabs

if TYPE_CHECKING:
    from csdesk.desk.config import Config

# Rows of the tallest terminal one usually meets, and half as much again.
PAGE = 60


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a console stands: queue, case under the cursor with its deadline, open case, preview or not.

    `filtered`: a filter stood over the queue, which is kept sealed; `due` is then what its list is sorted by.
    """

    queue: str = "all"
    case: str = ""
    due: int = 0
    opened: str = ""
    preview: bool = True
    filtered: bool = False

    @classmethod
    def read(cls, state: str | bytes | None) -> "Stand":
        """The place that `write` kept; the default when there is none or it is of another version."""
        if state is None:
            return cls()
        try:
            found = json.loads(state)
            return cls(
                str(found["queue"]),
                str(found["case"]),
                int(found["due"]),
                str(found["opened"]),
                bool(found["preview"]),
                bool(found.get("filtered")),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def write(self) -> str:
        """The place as JSON, without personal text."""
        return json.dumps(
            {
                "queue": self.queue,
                "case": self.case,
                "due": self.due,
                "opened": self.opened,
                "preview": self.preview,
                "filtered": self.filtered,
            }
        )


@dataclass(frozen=True, slots=True)
class First:
    """The first rows, around where the last console stood, and the counts.

    `asked` is False when nothing was read. `letters`: authorities' letters are for this reader too. `practice`: nothing
    here is real. `ahead`: by how many ms the desk's clock is ahead of this machine's.
    """

    stand: Stand = Stand()
    rows: tuple[Row, ...] = ()
    counts: tuple[Count, ...] = ()
    asked: bool = False
    at_top: bool = True
    at_end: bool = True
    me: str = ""
    names: tuple[tuple[str, str], ...] = ()
    zone: str = "UTC"
    letters: bool = False
    practice: bool = False
    asks_orders: bool = False
    ahead: int = 0


def glimpse(config: "Config") -> First:
    """Read the first picture of the configured desk, without its keys: what it shows holds no personal data.

    Raises StoreError and ConfigError as opening the desk would.
    """
    file = desk_file(config)
    if isinstance(file, Dsn):
        return First()  # its driver takes longer to load than the desk to open
    # Whether the schema fits is for the real opening to say; here a wrong one only means no picture yet.
    conn = open_any_schema(file.resolve(), 0, readonly=False, check_same_thread=False)
    try:
        wanted, values = ("WHERE desk_id = ? ", (config.desk,)) if config.desk else ("", ())
        desk = conn.execute(
            f"SELECT desk_id, zone, practice FROM desk {wanted}ORDER BY desk_id", values
        ).fetchone()
        if desk is None:
            return First()
        agents = conn.execute(
            "SELECT id, os_user, name, role FROM agent WHERE desk_id = ? AND active = 1 ORDER BY id",
            (desk[0],),
        ).fetchall()
        me = agent_of(config, [agent[:2] for agent in agents])
        names = tuple((id_, name) for id_, _, name, _ in agents)
        letters = any(may(Role(role), Right.ASSIGN) for id_, _, _, role in agents if id_ == me)
        return replace(
            _around(conn, desk[0], me, letters),
            me=me,
            names=names,
            zone=desk[1],
            letters=letters,
            practice=bool(desk[2]),
        )
    finally:
        conn.close()


def _around(conn: Connection, desk: str, me: str, letters: bool) -> First:
    state = conn.execute(
        "SELECT state FROM place WHERE desk_id = ? AND agent = ? ORDER BY at DESC LIMIT 1", (desk, me)
    ).fetchone()
    stand = Stand.read(state[0] if state else None)
    if stand.queue not in tabs(letters=letters):
        stand = Stand(opened=stand.opened, preview=stand.preview)  # a queue that is no longer for this reader
    if stand.filtered:
        # The filter is sealed and no key is read yet: the whole queue in its place would flash by.
        return First(replace(stand, opened=""), counts=tuple(feed.counts(conn, desk, me)))
    rows: list[Row] = []
    at_top, at_end = True, True
    if stand.case:
        after = Place(stand.due, just_before(stand.case))
        rows = feed.page(conn, desk, stand.queue, me, PAGE, after=after)
        at_end = len(rows) < PAGE
        if rows:
            before = feed.page(conn, desk, stand.queue, me, PAGE // 2, before=Place(rows[0].due, rows[0].id))
            rows, at_top = [*before, *rows], len(before) < PAGE // 2
    if not rows:
        rows = feed.page(conn, desk, stand.queue, me, PAGE)
        at_top, at_end = True, len(rows) < PAGE
    return First(stand, tuple(rows), tuple(feed.counts(conn, desk, me)), True, at_top, at_end)


def just_before(case: str) -> str:
    """The id that sorts right before `case`, so that a page after it begins with the case."""
    return f"{int(case, 16) - 1:032x}"
