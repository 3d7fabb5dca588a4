"""Master keys in turn: a new one, every person's key wrapped by it while others work, and the old one retired.

Only the wrapping changes: data keys, sealed values and chains stay as they are, byte for byte. The new key is kept at
its source before the file names it, and the file forgets an old one before its source does, so that whatever is cut off
in between opens. How far a rotation is stands in the rows: whoever goes on takes those that another key still wraps.
"""

from collections.abc import Callable

from csdesk.domain.value import dataclass
from csdesk.store import keys as keysource
from csdesk.store.connection import Connection, write
from csdesk.store.crypto import WrappedKey, person_bound, rewrap
from csdesk.store.errors import StoreError
from csdesk.store.file import Store, fingerprints
from csdesk.store.home import config_dir
from csdesk.store.keys import FromCommand, FromEnvironment, FromFile, Keyring, KeySource, key_file

# 200 keys take 4 ms, in which others wait to write; a million persons take 20 s.
BATCH = 200
_INDEX = "index"


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A master key of a desk: in use since (UTC ms, 0: unknown), whether it wraps what is new, the persons it wraps.

    `here`: its source has it; `retired_at` 0 while the desk may need it.
    """

    key_id: str
    current: bool
    since: int
    persons: int
    here: bool
    retired_at: int = 0


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: to which key, how many persons' keys it wrapped anew, and whose it could not open."""

    key_id: str
    persons: int
    broken: tuple[str, ...] = ()


def place(store: Store, source: KeySource | None) -> KeySource:
    """Where the keys are: as configured, else the usual file."""
    return source or FromFile(key_file(config_dir(), store.desk.file_id))


def listed(store: Store, source: KeySource | None) -> list[MasterKey]:
    """The master keys of a desk, the one in use first, then the latest; those of its source that it never used too."""
    conn, desk = store.conn, store.desk.id
    keyring = keysource.load(place(store, source))
    rows = conn.execute(
        "SELECT key_id, at, retired_at FROM master_key WHERE desk_id = ? ORDER BY seq DESC", (desk,)
    ).fetchall()
    found = {key_id: (since, retired) for key_id, since, retired in rows}
    for key_id in (*wrapping(conn, desk), *keyring.keys):
        found.setdefault(key_id, (0, 0))
    current = current_of(conn, desk) or keyring.current
    return [
        MasterKey(
            key_id, key_id == current, since, _wrapped(conn, desk, key_id), key_id in keyring.keys, retired
        )
        for key_id, (since, retired) in sorted(found.items(), key=lambda one: one[0] != current)
    ]


def current_of(conn: Connection, desk: str) -> str:
    """The id of the key that wraps what is new; "" in a file of before rotations that never had one."""
    row = conn.execute(
        "SELECT key_id FROM master_key WHERE desk_id = ? ORDER BY seq DESC LIMIT 1", (desk,)
    ).fetchone()
    return row[0] if row else ""


def wrapping(conn: Connection, desk: str) -> list[str]:
    """The ids of all master keys that wrap somebody's key, one probe of the index each."""
    found: list[str] = []
    while row := conn.execute(
        "SELECT key_id FROM person_key WHERE desk_id = ? AND key_id > ? AND shredded_at = 0 ORDER BY key_id LIMIT 1",
        (desk, found[-1] if found else ""),
    ).fetchone():
        found.append(row[0])
    return found


def left(conn: Connection, desk: str) -> int:
    """How many persons' keys are still to follow a rotation."""
    current = current_of(conn, desk)
    return sum(_wrapped(conn, desk, key_id) for key_id in wrapping(conn, desk) if key_id != current)


def under_way(conn: Connection, desk: str) -> bool:
    """Whether a rotation was begun and not ended."""
    row = conn.execute(
        "SELECT moved_at FROM master_key WHERE desk_id = ? ORDER BY seq DESC LIMIT 1", (desk,)
    ).fetchone()
    return row is not None and row[0] == 0


def _wrapped(conn: Connection, desk: str, key_id: str) -> int:
    found: int = conn.execute(
        "SELECT count(*) FROM person_key WHERE desk_id = ? AND key_id = ? AND shredded_at = 0", (desk, key_id)
    ).fetchone()[0]
    return found


def rotate(
    store: Store,
    source: KeySource | None,
    actor: str,
    now: Callable[[], int],
    progress: Callable[[int, int], None] = lambda done, whole: None,
) -> Rotated:
    """Go over to a new master key, or take up where somebody was cut off; on all desks that share the keys.

    Where csdesk only reads keys (environment, command) the new one is the `current` of the document there: StoreError
    `keys_unkept` while that is the old one. Else as `keys.load` and `Keyring.check`.
    """
    keyring = _begin(store, place(store, source), actor, now())
    store.masters.keyring = keyring
    done, broken = 0, []
    for desk in _desks(store.conn, keyring):
        to_do = left(store.conn, desk)
        for key_id in wrapping(store.conn, desk):
            after = ""
            while key_id != current_of(store.conn, desk):
                count, unopened, after = _step(store, desk, key_id, after)
                broken += unopened
                done += count
                progress(min(done, to_do), to_do)
                if not after:
                    break
        _end(store, desk, now())
    return Rotated(keyring.current, done, tuple(broken))


def _desks(conn: Connection, keyring: Keyring) -> list[str]:
    """The desks of a file or database that have this keyring: by its index key, which each keyring draws anew."""
    rows = conn.execute(
        "SELECT desk_id FROM fingerprint WHERE name = ? AND value = ? ORDER BY desk_id",
        (_INDEX, keyring.fingerprints()[_INDEX]),
    )
    return [row[0] for row in rows.fetchall()]


def _begin(store: Store, source: KeySource, actor: str, now: int) -> Keyring:
    """Keep a new key at its source and then in the file, unless a rotation is under way; the keyring from now on."""
    conn = store.conn
    # Of two programs that rotate at once, the second finds what the first began.
    with write(conn):
        keyring = keysource.load(source)
        keyring.check(fingerprints(conn, store.desk.id))
        all_desks = _desks(conn, keyring)
        for desk in all_desks:
            keyring.check(fingerprints(conn, desk))
        waiting = [desk for desk in all_desks if keyring.current not in _known(conn, desk)]
        if not waiting and not any(under_way(conn, desk) for desk in all_desks):
            if isinstance(source, FromEnvironment | FromCommand):
                raise StoreError("keys_unkept", source=keysource.named(source))
            keyring = keyring.rotated()
            keysource.save(source, keyring)
            waiting = all_desks
        for desk in waiting:
            _adopt(conn, desk, keyring, actor, now)
    return keyring


def _known(conn: Connection, desk: str) -> set[str]:
    """The keys that a desk has or had in use."""
    rows = conn.execute("SELECT key_id FROM master_key WHERE desk_id = ?", (desk,)).fetchall()
    return {row[0] for row in rows} | set(fingerprints(conn, desk)) - {_INDEX}


def _adopt(conn: Connection, desk: str, keyring: Keyring, actor: str, now: int) -> None:
    """Let a desk wrap with the keyring's current key from here on, inside the caller's transaction."""
    (seq,) = conn.execute(
        "SELECT coalesce(max(seq), 0) FROM master_key WHERE desk_id = ?", (desk,)
    ).fetchone()
    if not seq:  # a file of before rotations: what it has used so far comes first
        for seq, former in enumerate(sorted(set(fingerprints(conn, desk)) - {_INDEX}), 1):
            conn.execute("INSERT INTO master_key VALUES (?,?,?,0,'',?,0)", (desk, seq, former, now))
    prints = keyring.fingerprints()
    conn.execute(
        "INSERT INTO fingerprint VALUES (?,?,?) ON CONFLICT (desk_id, name) DO NOTHING",
        (desk, keyring.current, prints[keyring.current]),
    )
    conn.execute(
        "INSERT INTO master_key VALUES (?,?,?,?,?,0,0)", (desk, seq + 1, keyring.current, now, actor)
    )


def _step(store: Store, desk: str, key_id: str, after: str) -> tuple[int, list[str], str]:
    """Wrap some persons' keys anew: how many, whose could not be opened, and where to go on ("" for the end)."""
    conn, broken, rows = store.conn, [], []
    with write(conn):
        current = current_of(conn, desk)
        found = conn.execute(
            "SELECT person, sealed FROM person_key WHERE desk_id = ? AND key_id = ? AND person > ? AND shredded_at = 0"
            " ORDER BY person LIMIT ?",
            (desk, key_id, after, BATCH),
        ).fetchall()
        for person, sealed in found:
            bound = person_bound(desk, person)
            try:
                anew = rewrap(store.masters, current, WrappedKey(key_id, sealed), bound)
            except StoreError as exc:
                if exc.code != "tampered":
                    raise
                broken.append(person)
                continue
            rows.append((anew.key_id, anew.sealed, desk, person))
        conn.executemany(
            "UPDATE person_key SET key_id = ?, sealed = ? WHERE desk_id = ? AND person = ?", rows
        )
    return len(rows), broken, found[-1][0] if len(found) == BATCH else ""


def _end(store: Store, desk: str, now: int) -> None:
    """Set down that all follow the current key, if they do."""
    with write(store.conn):
        if not left(store.conn, desk):
            store.conn.execute(
                "UPDATE master_key SET moved_at = ? WHERE desk_id = ? AND moved_at = 0", (now, desk)
            )


def retire(store: Store, source: KeySource | None, key_id: str, now: int) -> bool:
    """Forget a master key that wraps nothing any more, here and then at its source; False where csdesk only reads it.

    What only a backup of before still holds under it can be read by a copy of the former document alone. StoreError
    `key_unknown`, `key_current`, `key_in_use` with the number of persons.
    """
    where, conn = place(store, source), store.conn
    with write(conn):
        keyring = keysource.load(where)
        keyring.check(fingerprints(conn, store.desk.id))
        all_desks = _desks(conn, keyring)
        in_use = set().union(*(fingerprints(conn, desk) for desk in all_desks))
        if key_id not in (in_use | set(keyring.keys)) - {_INDEX}:
            raise StoreError("key_unknown", key_id=key_id[:40], known=", ".join(keyring.keys))
        if key_id == keyring.current or any(key_id == current_of(conn, desk) for desk in all_desks):
            raise StoreError("key_current", key_id=key_id)
        if persons := sum(_wrapped(conn, desk, key_id) for desk in all_desks):
            raise StoreError("key_in_use", key_id=key_id, n=persons)
        for desk in all_desks:
            conn.execute("DELETE FROM fingerprint WHERE desk_id = ? AND name = ?", (desk, key_id))
            conn.execute(
                "UPDATE master_key SET retired_at = ? WHERE desk_id = ? AND key_id = ? AND retired_at = 0",
                (now, desk, key_id),
            )
    if isinstance(where, FromEnvironment | FromCommand):
        return False
    with write(conn):  # not before the file has forgotten it: cut off here, an idle key is left over
        keysource.save(where, keysource.load(where).without(key_id))
    return True
