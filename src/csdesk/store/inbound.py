"""What came in from outside: each message once, by source and id, and those that were refused, sealed until retried."""

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.crypto import Shredded, bound_to, keyed_hash
from csdesk.store.file import Store

# A page of refusals; who has more mends the first ones first.
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a message: it began the case (`filed`), or was `heard` on it.

    A machine's that belongs to no case has its nature as the state. `digest` tells the words; `alike` are numbers of
    cases that were offered with it.
    """

    digest: bytes
    source: str
    state: str
    case: str
    began: bool
    alike: tuple[str, ...]
    acknowledged: bool
    at: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that was not taken: `code` and `detail` say why, `size` its bytes, `times` how often it came.

    `kept`: whether it is there to be tried again; one that is too long is not.
    """

    id: str
    source: str
    code: str
    detail: dict[str, str]
    size: int
    times: int
    at: int
    kept: bool


class Arrivals:
    """The messages of one desk from outside. All that writes is called inside a transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._conn: Connection = store.conn
        self._desk = store.desk.id

    @staticmethod
    def person_of(id_: str) -> str:
        """The person under whose key a refused message and its files lie."""
        return f"refused-{id_}"

    def hashed(self, field: str, *parts: str) -> bytes:
        """A keyed hash of some texts, for a key, a digest or a sender."""
        return keyed_hash(self._store.people.text_key(), field, "\x1f".join(parts))

    def find(self, key: bytes) -> Kept | None:
        """What became of the message under this key."""
        row = self._conn.execute(
            "SELECT digest, source, state, case_id, began, alike, acknowledged, at FROM inbound"
            " WHERE desk_id = ? AND key = ?",
            (self._desk, key),
        ).fetchone()
        if row is None:
            return None
        digest, source, state, case, began, alike, told, at = row
        offered = tuple(filter(None, alike.split(",")))
        return Kept(digest, source, state, case, bool(began), offered, bool(told), at)

    def keep(self, key: bytes, kept: Kept, sender: bytes) -> None:
        """Remember a message for ever."""
        row = (kept.digest, kept.source, kept.state, kept.case, int(kept.began))
        more = (sender, int(kept.acknowledged), ",".join(kept.alike), kept.at)
        self._conn.execute(
            "INSERT INTO inbound VALUES (?,?,?,?,?,?,?,?,?,?,?)", (self._desk, key, *row, *more)
        )

    def acknowledged(self, sender: bytes, since: int, most: int) -> int:
        """How often a sender was told "we have it" since a moment, counted up to `most`."""
        row = self._conn.execute(
            "SELECT count(*) FROM (SELECT 1 FROM inbound WHERE desk_id = ? AND sender = ? AND at > ?"
            " AND acknowledged = 1 LIMIT ?)",
            (self._desk, sender, since, most),
        ).fetchone()
        return int(row[0])

    def refuse(self, raw: bytes, source: str, code: str, detail: dict[str, str], at: int, most: int) -> str:
        """Keep what was refused, the same bytes once; its id. Longer than `most` bytes: only that it was there."""
        id_ = self.hashed("refused", source, raw.decode("latin-1")).hex()[:12]
        told = msgspec.json.encode(detail)
        again = self._conn.execute(
            "UPDATE inbound_refused SET times = times + 1, code = ?, detail = ?, at = ? WHERE desk_id = ? AND id = ?",
            (code, told, at, self._desk, id_),
        )
        if again.rowcount:
            return id_
        person, sealed = "", b""
        if len(raw) <= most:
            person = self.person_of(id_)
            self._forget_key(person)
            self._store.people.add(person)
            sealed = self._store.keys.seal(self._desk, person, raw, self._bound(id_))
        row = (self._desk, id_, source, code, told, person, sealed, len(raw), 1, at)
        self._conn.execute("INSERT INTO inbound_refused VALUES (?,?,?,?,?,?,?,?,?,?)", row)
        return id_

    def refused(self, limit: int = MOST_LISTED) -> list[Refusal]:
        """Refused messages, the oldest first."""
        rows = self._conn.execute(
            "SELECT id, source, code, detail, size, times, at, person <> '' FROM inbound_refused"
            " WHERE desk_id = ? ORDER BY at, id LIMIT ?",
            (self._desk, min(limit, MOST_LISTED)),
        )
        return [
            Refusal(id_, source, code, msgspec.json.decode(told), size, times, at, bool(kept))
            for id_, source, code, told, size, times, at, kept in rows
        ]

    def open(self, id_: str) -> tuple[bytes, str] | None:
        """The bytes of a refused message and its source; None when it is not (or no longer) here, or was not kept."""
        row = self._conn.execute(
            "SELECT person, sealed, source FROM inbound_refused WHERE desk_id = ? AND id = ?",
            (self._desk, id_),
        ).fetchone()
        if row is None or not row[0]:
            return None
        if isinstance(self._store.keys.for_person(self._desk, row[0]), Shredded):
            return None
        raw = self._store.keys.open(self._desk, row[0], row[1], self._bound(id_))
        return (raw, row[2]) if raw is not None else None

    def holds(self, id_: str) -> bool:
        """Whether a refused message is kept whole, so that its files may be held with it."""
        row = self._conn.execute(
            "SELECT person <> '' FROM inbound_refused WHERE desk_id = ? AND id = ?", (self._desk, id_)
        ).fetchone()
        return row is not None and bool(row[0])

    def forget(self, id_: str) -> bool:
        """Take a refused message away with its key; False when it was not here."""
        gone = self._conn.execute(
            "DELETE FROM inbound_refused WHERE desk_id = ? AND id = ?", (self._desk, id_)
        )
        self._forget_key(self.person_of(id_))
        return gone.rowcount == 1

    def _forget_key(self, person: str) -> None:
        self._conn.execute("DELETE FROM person_key WHERE desk_id = ? AND person = ?", (self._desk, person))
        self._store.keys.drop(self._desk, person)

    def _bound(self, id_: str) -> bytes:
        return bound_to(self._desk, "inbound_refused", id_, "sealed")
