"""How people sign in: their passwords' hashes, how often it was tried, and terminals that wait to be let in."""

import hashlib
import hmac
import secrets

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

# So many tries without success are slips of the fingers; then it waits a minute, and each further one twice as long,
# up to 16 minutes: 1,500 guesses a year at one name. An office of hundreds has one address, hence its larger number.
FREE_AGENT, FREE_ADDRESS, FREE_DEVICES = 5, 100, 30
_FIRST_WAIT_MS, _MOST_DOUBLED = 60_000, 4
# After an hour of quiet it counts from the beginning.
_QUIET_MS = 3_600_000
# Consonants without those that look like a digit or another (RFC 8628, 6.1): 8 of them are 34 bits, and no words.
SIGNS = "BCDFGHJKLMNPQRSTVWXZ"
LETTERS = 8
DEVICE_MS, PAUSE_S = 600_000, 5
# More wait on no desk; beyond, somebody only wants to fill the table.
MOST_DEVICES = 500


def password(conn: Connection, desk: str, agent: str) -> str:
    """The hash of somebody's password; "" when there is none."""
    row = conn.execute(
        "SELECT hash FROM agent_password WHERE desk_id = ? AND agent = ?", (desk, agent)
    ).fetchone()
    return str(row[0]) if row is not None else ""


def put_password(conn: Connection, desk: str, agent: str, hashed: str, now: int, by: str) -> None:
    """Keep a password's hash in place of the one before ("" takes it away), inside the caller's transaction."""
    conn.execute("DELETE FROM agent_password WHERE desk_id = ? AND agent = ?", (desk, agent))
    if hashed:
        conn.execute(
            "INSERT INTO agent_password (desk_id, agent, hash, at, actor) VALUES (?,?,?,?,?)",
            (desk, agent, hashed, now, by),
        )


def mark(key: bytes, kind: str, said: str) -> bytes:
    """What stands for a name or an address in the count of tries: neither can be read from the file."""
    return hmac.new(key, f"sign-in/{kind}/{said}".encode(), hashlib.sha256).digest()


def tried(conn: Connection, desk: str, what: bytes, free: int, now: int) -> int:
    """Count a try before its outcome is known, inside the caller's transaction, which must be kept.

    Until when (UTC ms) none is taken; 0 when this one may go on. Counting first keeps many at once from being free.
    """
    conn.execute(
        "DELETE FROM sign_in_try WHERE desk_id = ? AND at < ? AND until < ?", (desk, now - _QUIET_MS, now)
    )
    which = "FROM sign_in_try WHERE desk_id = ? AND tried_hash = ?"
    row = conn.execute(f"SELECT until {which}", (desk, what)).fetchone()
    if row is not None and row[0] > now:
        return int(row[0])
    # One more in one statement: two servers that count at once must not both count to the same number.
    conn.execute(
        "INSERT INTO sign_in_try (desk_id, tried_hash, wrong, until, at) VALUES (?,?,1,0,?)"
        " ON CONFLICT (desk_id, tried_hash) DO UPDATE SET wrong = wrong + 1, at = excluded.at",
        (desk, what, now),
    )
    (wrong,) = conn.execute(f"SELECT wrong {which}", (desk, what)).fetchone()
    if wrong >= free:
        conn.execute(
            "UPDATE sign_in_try SET until = ? WHERE desk_id = ? AND tried_hash = ?",
            (now + _FIRST_WAIT_MS * 2 ** min(wrong - free, _MOST_DOUBLED), desk, what),
        )
    return 0


def forgive(conn: Connection, desk: str, what: bytes, *, whole: bool) -> None:
    """Take one try back that was right, or (`whole`) all of them, inside the caller's transaction."""
    if whole:
        conn.execute("DELETE FROM sign_in_try WHERE desk_id = ? AND tried_hash = ?", (desk, what))
        return
    conn.execute(
        "UPDATE sign_in_try SET wrong = wrong - 1, until = 0 WHERE desk_id = ? AND tried_hash = ? AND wrong > 0",
        (desk, what),
    )


@dataclass(frozen=True, slots=True)
class Device:
    """A terminal that waits; `pause` (s) at least between its questions.

    `state` is waiting, approved, denied, or nowhere: at a desk that is not here, where it waits in vain.
    """

    id: bytes
    code: str
    label: str
    made_at: int
    expires: int
    pause: int = PAUSE_S
    asked_at: int = 0
    state: str = "waiting"
    agent: str = ""
    hours: int = 0
    actor: str = ""


_DEVICE = "secret_hash, code, label, made_at, expires, pause, asked_at, state, agent, hours, actor"


def add_device(
    conn: Connection, desk: str, label: str, now: int, *, state: str = "waiting"
) -> tuple[Device, str] | None:
    """A terminal that begins to wait, and the secret it will ask with; None when too many wait.

    Inside the caller's transaction.
    """
    conn.execute("DELETE FROM device_sign_in WHERE desk_id = ? AND expires < ?", (desk, now - DEVICE_MS))
    (waiting,) = conn.execute("SELECT count(*) FROM device_sign_in WHERE desk_id = ?", (desk,)).fetchone()
    if waiting >= MOST_DEVICES:
        return None
    secret = secrets.token_urlsafe(32)
    code = "".join(secrets.choice(SIGNS) for _ in range(LETTERS))
    while by_code(conn, desk, code) is not None:
        code = "".join(secrets.choice(SIGNS) for _ in range(LETTERS))
    made = Device(_device_id(secret), code, label, now, now + DEVICE_MS, state=state)
    conn.execute(
        f"INSERT INTO device_sign_in (desk_id, {_DEVICE}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        (desk, made.id, code, label, now, made.expires, made.pause, 0, made.state, "", 0, ""),
    )
    return made, secret


def _device_id(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _device(row: tuple[object, ...] | None) -> Device | None:
    if row is None:
        return None
    id_, *rest = row
    return Device(bytes(id_), *rest)  # type: ignore[call-overload,arg-type]


def by_secret(conn: Connection, desk: str, secret: str) -> Device | None:
    """The terminal that knows this secret."""
    query = f"SELECT {_DEVICE} FROM device_sign_in WHERE desk_id = ? AND secret_hash = ?"
    return _device(conn.execute(query, (desk, _device_id(secret))).fetchone())


def by_code(conn: Connection, desk: str, code: str) -> Device | None:
    """The terminal that shows this code."""
    query = f"SELECT {_DEVICE} FROM device_sign_in WHERE desk_id = ? AND code = ?"
    return _device(conn.execute(query, (desk, code)).fetchone())


def waiting(conn: Connection, desk: str, now: int) -> list[Device]:
    """Terminals that wait for somebody's word, the oldest first."""
    rows = conn.execute(
        f"SELECT {_DEVICE} FROM device_sign_in WHERE desk_id = ? AND state = 'waiting' AND expires > ?"
        " ORDER BY made_at, secret_hash",
        (desk, now),
    )
    return [found for row in rows if (found := _device(row)) is not None]


def settle(conn: Connection, desk: str, id_: bytes, state: str, agent: str, hours: int, by: str) -> None:
    """Say what becomes of a terminal, inside the caller's transaction."""
    conn.execute(
        "UPDATE device_sign_in SET state = ?, agent = ?, hours = ?, actor = ? WHERE desk_id = ? AND secret_hash = ?",
        (state, agent, hours, by, desk, id_),
    )


def asked(conn: Connection, desk: str, id_: bytes, pause: int, now: int) -> None:
    """Note that a terminal asked, and how long it is to wait from now on, inside the caller's transaction."""
    conn.execute(
        "UPDATE device_sign_in SET pause = ?, asked_at = ? WHERE desk_id = ? AND secret_hash = ?",
        (pause, now, desk, id_),
    )


def drop_device(conn: Connection, desk: str, id_: bytes) -> None:
    """Forget a terminal, inside the caller's transaction."""
    conn.execute("DELETE FROM device_sign_in WHERE desk_id = ? AND secret_hash = ?", (desk, id_))
