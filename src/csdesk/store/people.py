"""Customers: a sealed record each under their own key, found again by keyed hashes of what they would tell us."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.crypto import (
    PersonKeys,
    Shredded,
    WrappedKey,
    bound_to,
    desk_index_key,
    keyed_hasher,
    master_of,
    new_data_key,
    normal_email,
    normal_name,
    normal_phone,
    person_bound,
    phone_last4,
    wrap,
)
from csdesk.store.errors import StoreError
from csdesk.store.keys import Masters
from csdesk.store.restraint import free

_LATIN_WORD = re.compile(r"[a-z]{2,}")
MOST_WORDS = 8  # no name has more Latin words; a pasted text has, and each costs a look-up
# What a sender only says of himself is found by agents, after what is known, and never taken for it.
CLAIMED = ("claimed_phone", "claimed_email")


@dataclass(frozen=True, slots=True)
class Customer:
    """Who the customer is, in clear: only ever in memory, and masked before it is shown."""

    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    language: str = ""
    methods: tuple[str, ...] = ()


_DECODE = msgspec.json.Decoder(Customer).decode


class People:
    """The customers of one desk behind one connection: seal, open, hash, find."""

    def __init__(self, conn: Connection, desk: str, masters: Masters) -> None:
        self._conn = conn
        self._desk = desk
        self._masters = masters
        self._index_key = desk_index_key(masters.keyring.index_key, desk)
        self._hashers = {
            f: keyed_hasher(self._index_key, f)
            for f in ("name", "word", "phone", "phone4", "email", "id", *CLAIMED)
        }
        self.keys = PersonKeys(masters, self._stored_key)

    def _stored_key(self, desk: str, person: str) -> WrappedKey | Shredded:
        row = self._conn.execute(
            "SELECT key_id, sealed, shredded_at FROM person_key WHERE desk_id = ? AND person = ?",
            (desk, person),
        ).fetchone()
        if row is None:
            raise StoreError("no_key", source=f"person {person}")
        return Shredded(row[2]) if row[2] else WrappedKey(row[0], row[1])

    def text_key(self) -> bytes:
        """The key under which words of encrypted text are hashed for this desk's index."""
        return self._index_key

    def hash_id(self, external_id: str) -> bytes:
        """The hash that stands for a customer's id at its source: such ids often hold names."""
        return self._hashers["id"](external_id)

    def key_row(self, person: str) -> tuple[object, ...]:
        """A new wrapped data key for a person, as a row of `person_key`, for the transaction that one is in.

        The file says which master key wraps, since another process may have rotated it a moment ago (4 µs).
        StoreError `no_key` when its source lacks it.
        """
        current = self._current()
        wrapped = wrap(
            master_of(self._masters, current), current, new_data_key(), person_bound(self._desk, person)
        )
        return (self._desk, person, wrapped.key_id, wrapped.sealed, 0)

    def _current(self) -> str:
        """The id of the master key that wraps from now on."""
        row = self._conn.execute(
            "SELECT key_id FROM master_key WHERE desk_id = ? ORDER BY seq DESC LIMIT 1", (self._desk,)
        ).fetchone()
        return row[0] if row else self._masters.keyring.current

    def add_all(self, persons: Sequence[str]) -> int:
        """Give persons their keys, inside the caller's transaction; see `PersonKeys.make` for when it rolls back."""
        made = self.keys.make(self._desk, persons, self._current()) if persons else []
        rows = [
            (self._desk, person, key.key_id, key.sealed, 0) for person, key in zip(persons, made, strict=True)
        ]
        self._conn.executemany("INSERT INTO person_key VALUES (?,?,?,?,?)", rows)
        return len(rows)

    def add(self, person: str) -> None:
        """Give a person a key, inside the caller's transaction."""
        self._conn.execute("INSERT INTO person_key VALUES (?,?,?,?,?)", self.key_row(person))

    def put(self, people: Iterable[tuple[str, str, Customer, int]], at: int) -> None:
        """Keep customers (id, id at the source, record, version) whose keys exist; replaces what was known."""
        rows, hashes, ids = [], [], []
        for person, external, record, version in people:
            sealed = self.keys.seal(
                self._desk,
                person,
                msgspec.json.encode(record),
                bound_to(self._desk, "customer", person, "sealed"),
            )
            rows.append((self._desk, person, self.hash_id(external), sealed, version, at))
            ids.append((self._desk, person))
            hashes += [(self._desk, field, value, person) for field, value in self.hashes(record)]
        found = free(self._conn, self._desk, (person for _, person in ids))
        hashes = sorted(one for one in hashes if one[3] in found)
        self._conn.executemany("DELETE FROM customer_hash WHERE desk_id = ? AND customer = ?", ids)
        self._conn.executemany("INSERT OR REPLACE INTO customer VALUES (?,?,?,?,?,?)", rows)
        self._conn.executemany("INSERT OR IGNORE INTO customer_hash VALUES (?,?,?,?)", hashes)

    def put_claim(self, person: str, external: str, record: Customer, at: int) -> None:
        """Keep somebody who wrote to the desk as they call themselves, proven by nothing; their key exists."""
        self.put([(person, external, record, 0)], at)
        self._conn.execute(
            "DELETE FROM customer_hash WHERE desk_id = ? AND customer = ?", (self._desk, person)
        )
        said = (("claimed_phone", normal_phone(record.phone)), ("claimed_email", normal_email(record.email)))
        self._conn.executemany(
            "INSERT OR IGNORE INTO customer_hash VALUES (?,?,?,?)",
            [(self._desk, field, self._hashers[field](value), person) for field, value in said if value],
        )

    def living(self, external: str) -> str | None:
        """The customer who is kept under this id of a source, neither erased nor with data that is only stored."""
        row = self._conn.execute(
            "SELECT c.id FROM customer c JOIN person_key k ON k.desk_id = c.desk_id AND k.person = c.id"
            " WHERE c.desk_id = ? AND c.external_id = ? AND k.shredded_at = 0 AND NOT EXISTS ("
            "SELECT 1 FROM person_restraint r WHERE r.desk_id = c.desk_id AND r.person = c.id AND r.ended_at = 0)"
            " LIMIT 1",
            (self._desk, self.hash_id(external)),
        ).fetchone()
        return row[0] if row else None

    def known(self, phone: str, email: str, limit: int = 10) -> list[str]:
        """Known customers (never who only said so) with this phone or e-mail address; exact, by keyed hash."""
        said = (("phone", normal_phone(phone)), ("email", normal_email(email)))
        found = [self.having(field, value, limit) for field, value in said if value]
        return list(dict.fromkeys(who for some in found for who in some))

    def hashes(self, record: Customer) -> Iterable[tuple[str, bytes]]:
        """(field, hash) of everything this customer can be found by."""
        name = normal_name(record.name)
        found: Mapping[str, str] = {
            "name": name,
            "phone": normal_phone(record.phone),
            "phone4": phone_last4(record.phone),
            "email": normal_email(record.email),
        }
        for field, value in found.items():
            if value:
                yield field, self._hashers[field](value)
        for word in set(_LATIN_WORD.findall(record.name.casefold())):
            yield "word", self._hashers["word"](word)

    def open(self, person: str) -> Customer | None:
        """The customer in clear; None when unknown, anonymous or shredded, or when their data is only stored."""
        row = self._conn.execute(
            "SELECT c.sealed FROM customer c WHERE c.desk_id = ? AND c.id = ? AND NOT EXISTS ("
            "SELECT 1 FROM person_restraint r WHERE r.desk_id = c.desk_id AND r.person = c.id AND r.ended_at = 0)",
            (self._desk, person),
        ).fetchone()
        return self._opened(person, row)

    def open_kept(self, person: str) -> Customer | None:
        """The same of data that is only stored too: for what the law itself asks (个人信息保护法 §47, §50)."""
        row = self._conn.execute(
            "SELECT sealed FROM customer WHERE desk_id = ? AND id = ?", (self._desk, person)
        ).fetchone()
        return self._opened(person, row)

    def correct(self, person: str, record: Customer, at: int) -> None:
        """Put a record in the place of what was known of a customer, found again by what is in it now."""
        bound = bound_to(self._desk, "customer", person, "sealed")
        sealed = self.keys.seal(self._desk, person, msgspec.json.encode(record), bound)
        self._conn.execute(
            "UPDATE customer SET sealed = ?, changed_at = ? WHERE desk_id = ? AND id = ?",
            (sealed, at, self._desk, person),
        )
        self.find_by(person, record)

    def find_by(self, person: str, record: Customer) -> None:
        """Let a customer be found by what is in this record, and by nothing else."""
        self._conn.execute(
            "DELETE FROM customer_hash WHERE desk_id = ? AND customer = ?", (self._desk, person)
        )
        self._conn.executemany(
            "INSERT INTO customer_hash VALUES (?,?,?,?) ON CONFLICT (desk_id, field, hash, customer) DO NOTHING",
            [(self._desk, field, value, person) for field, value in self.hashes(record)],
        )

    def _opened(self, person: str, row: tuple[bytes] | None) -> Customer | None:
        if row is None:
            return None
        plain = self.keys.open(self._desk, person, row[0], bound_to(self._desk, "customer", person, "sealed"))
        return _DECODE(plain) if plain is not None else None

    def find(self, said: str, limit: int = 50) -> list[str]:
        """Customer ids by exact name, phone, last four digits of it, e-mail, or every Latin word of a name."""
        probes: list[tuple[str, str]] = [
            ("name", normal_name(said)),
            ("phone", normal_phone(said)),
            ("email", normal_email(said)),
        ]
        digits = re.sub(r"\D", "", said)
        if len(digits) == 4:
            probes.append(("phone4", digits))
        found: dict[str, None] = {}
        for field, value in probes:
            if value:
                found |= dict.fromkeys(self.having(field, value, limit))
        for claimed, value in zip(CLAIMED, (probes[1][1], probes[2][1]), strict=True):
            if value and len(found) < limit:
                found |= dict.fromkeys(self.having(claimed, value, limit))
        words = list(dict.fromkeys(_LATIN_WORD.findall(said.casefold())))
        if 0 < len(words) <= MOST_WORDS:
            sets = [set(self.having("word", word, 5_000)) for word in words]
            found |= dict.fromkeys(sorted(set.intersection(*sets)))
        return list(found)[:limit]

    def has(self, field: str, value: str, person: str) -> bool:
        """Whether this customer is known by this normalised value of a field."""
        row = self._conn.execute(
            "SELECT 1 FROM customer_hash WHERE desk_id = ? AND field = ? AND hash = ? AND customer = ?",
            (self._desk, field, self._hashers[field](value), person),
        ).fetchone()
        return row is not None

    def having(self, field: str, value: str, limit: int) -> list[str]:
        """Customers known by this normalised value of a field (name, phone, phone4, email), `limit` at most."""
        rows = self._conn.execute(
            "SELECT customer FROM customer_hash WHERE desk_id = ? AND field = ? AND hash = ? LIMIT ?",
            (self._desk, field, self._hashers[field](value), limit),
        )
        return [row[0] for row in rows]
