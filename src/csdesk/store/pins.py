"""What unlocks an agent's screen: a PIN, kept as its scrypt hash, and how often it was entered wrongly."""

import hashlib
import hmac
import os

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

# 16 MB and some 50 ms a try (RFC 7914's numbers for interactive logins): a stolen file costs a guesser that much each.
_N, _R, _P = 2**14, 8, 1
# So many wrong tries are a slip of the fingers; then it waits a minute, and each further one twice as long.
FREE_TRIES = 5
_FIRST_WAIT_MS, _MOST_DOUBLED = 60_000, 6


@dataclass(frozen=True, slots=True)
class Tried:
    """Whether a PIN was right; else how many tries are `left`, or until when (UTC ms) none is taken."""

    right: bool
    left: int = FREE_TRIES
    until: int = 0


def _hashed(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_N, r=_R, p=_P)


def has(conn: Connection, desk: str, agent: str) -> bool:
    """Whether somebody has a PIN."""
    found = conn.execute("SELECT 1 FROM agent_pin WHERE desk_id = ? AND agent = ?", (desk, agent)).fetchone()
    return found is not None


def put(conn: Connection, desk: str, agent: str, pin: str, now: int) -> None:
    """Keep a PIN in place of the one before, inside the caller's transaction."""
    salt = os.urandom(16)
    conn.execute(
        "INSERT OR REPLACE INTO agent_pin VALUES (?,?,?,?,0,0,?)",
        (desk, agent, salt, _hashed(pin, salt), now),
    )


def drop(conn: Connection, desk: str, agent: str) -> None:
    """Forget somebody's PIN, inside the caller's transaction."""
    conn.execute("DELETE FROM agent_pin WHERE desk_id = ? AND agent = ?", (desk, agent))


def attempt(conn: Connection, desk: str, agent: str, pin: str, now: int) -> Tried:
    """Try a PIN, inside the caller's transaction, which must be kept also when it was wrong; without one all fit."""
    row = conn.execute(
        "SELECT salt, hash, wrong, until FROM agent_pin WHERE desk_id = ? AND agent = ?", (desk, agent)
    ).fetchone()
    if row is None:
        return Tried(True)
    salt, kept, wrong, until = row
    if until > now:
        return Tried(False, 0, until)
    right = hmac.compare_digest(_hashed(pin, bytes(salt)), bytes(kept))
    wrong = 0 if right else wrong + 1
    shut = wrong >= FREE_TRIES
    until = now + _FIRST_WAIT_MS * 2 ** min(wrong - FREE_TRIES, _MOST_DOUBLED) if shut else 0
    conn.execute(
        "UPDATE agent_pin SET wrong = ?, until = ? WHERE desk_id = ? AND agent = ?",
        (wrong, until, desk, agent),
    )
    return Tried(right, max(FREE_TRIES - wrong, 0), until)
