"""Tokens of the API: whose they are and what they open, kept as SHA-256 of a secret that is shown once.

A token reads `desk.id.secret`: 16 hex digits name it, 43 signs of base64 (256 random bits) prove it. So much chance
needs no slow hash; passwords, which people choose, have one (argon2).
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable

from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

_COLUMNS = "id, agent, label, rights, made_at, made_by, expires, used_at, revoked_at, kind, revoked_by"
# What somebody made for a program, or what signing in made for a console.
TOKEN, SESSION = "token", "session"
# Old ones are kept for the record; nobody looks through more.
MOST = 1_000
# So long after it was made a session is forgotten, which lasts 30 days at most; tokens stay on record.
SESSION_KEPT_MS = 120 * 86_400_000


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret; times UTC ms, 0 for never. `rights` empty: all that the agent's role has.

    `kind` is `token`, or `session` for one that a sign-in made.
    """

    id: str
    agent: str
    label: str
    rights: tuple[Right, ...]
    made_at: int
    made_by: str
    expires: int
    used_at: int = 0
    revoked_at: int = 0
    kind: str = TOKEN
    revoked_by: str = ""

    def good(self, now: int) -> bool:
        """Whether it still opens anything."""
        return not self.revoked_at and (not self.expires or now < self.expires)


def split(said: str) -> tuple[str, str, str]:
    """Desk, id and secret of what was sent; empty parts where it is no token."""
    parts = said.split(".")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else ("", "", "")


def make(
    conn: Connection,
    desk: str,
    agent: str,
    *,
    label: str,
    by: str,
    now: int,
    expires: int = 0,
    rights: tuple[Right, ...] = (),
    kind: str = TOKEN,
) -> tuple[Token, str]:
    """A new token and the text that opens the door with it, inside the caller's transaction."""
    id_, secret = os.urandom(8).hex(), secrets.token_urlsafe(32)
    token = Token(id_, agent, label, rights, now, by, expires, kind=kind)
    conn.execute(
        "INSERT INTO access_token (desk_id, id, hash, agent, label, rights, made_at, made_by, expires, used_at,"
        " revoked_at, kind, revoked_by) VALUES (?,?,?,?,?,?,?,?,?,0,0,?,'')",
        (desk, id_, _hashed(secret), agent, label, ",".join(rights), now, by, expires, kind),
    )
    return token, f"{desk}.{id_}.{secret}"


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def opened(conn: Connection, desk: str, id_: str, secret: str, now: int) -> Token | None:
    """The good token of this id whose secret that is; None for any other, and nobody learns why."""
    row = conn.execute(
        f"SELECT hash, {_COLUMNS} FROM access_token WHERE desk_id = ? AND id = ?", (desk, id_)
    ).fetchone()
    kept = bytes(row[0]) if row is not None else bytes(32)
    right = hmac.compare_digest(kept, _hashed(secret))
    token = _token(row[1:]) if row is not None and right else None
    return token if token is not None and token.good(now) else None


def _token(row: tuple[object, ...]) -> Token:
    id_, agent, label, rights, *rest = row
    told = tuple(Right(right) for right in str(rights).split(",") if right)
    return Token(str(id_), str(agent), str(label), told, *rest)  # type: ignore[arg-type]


def find(conn: Connection, desk: str, id_: str) -> Token | None:
    """A token by its id."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM access_token WHERE desk_id = ? AND id = ?", (desk, id_)
    ).fetchone()
    return _token(row) if row is not None else None


def of_agent(conn: Connection, desk: str, agent: str = "") -> list[Token]:
    """Somebody's tokens, or everybody's, the newest first; at most `MOST`."""
    which, values = ("AND agent = ?", (desk, agent, MOST)) if agent else ("", (desk, MOST))
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM access_token WHERE desk_id = ? {which} ORDER BY made_at DESC, id DESC LIMIT ?",
        values,
    )
    return [_token(row) for row in rows]


def revoke(conn: Connection, desk: str, id_: str, now: int, by: str) -> bool:
    """End a token, inside the caller's transaction; False when there is none that could be ended."""
    ended = conn.execute(
        "UPDATE access_token SET revoked_at = ?, revoked_by = ? WHERE desk_id = ? AND id = ? AND revoked_at = 0",
        (now, by, desk, id_),
    )
    return bool(ended.rowcount)


def end_sessions(conn: Connection, desk: str, agent: str, now: int, by: str, *, but: str = "") -> int:
    """End what sign-ins of somebody made, apart from the session `but`, inside the caller's transaction; how many."""
    ended = conn.execute(
        "UPDATE access_token SET revoked_at = ?, revoked_by = ? WHERE desk_id = ? AND agent = ? AND kind = ?"
        " AND id <> ? AND revoked_at = 0",
        (now, by, desk, agent, SESSION, but),
    )
    return int(ended.rowcount)


def forget(conn: Connection, desk: str, now: int) -> None:
    """Remove sessions of long ago, inside the caller's transaction."""
    conn.execute(
        "DELETE FROM access_token WHERE desk_id = ? AND made_at < ? AND kind = ?",
        (desk, now - SESSION_KEPT_MS, SESSION),
    )


def used(conn: Connection, desk: str, ids: Iterable[str], now: int) -> None:
    """Note when tokens were last used, inside the caller's transaction."""
    conn.executemany(
        "UPDATE access_token SET used_at = ? WHERE desk_id = ? AND id = ? AND used_at < ?",
        [(now, desk, id_, now) for id_ in ids],
    )
