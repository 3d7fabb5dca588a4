"""The packs a desk has had, each version as its exact text, and every step of their lives; nothing is ever changed."""

import hashlib
from typing import Literal

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

StepKind = Literal["shipped", "staged", "approved", "withdrawn", "reviewed"]


@dataclass(frozen=True, slots=True)
class Step:
    """What was done with a version of a pack, by whom, at (UTC ms).

    `day` (ISO): from when it is to be in force, of `staged`. `said`: the reason of `withdrawn`; of `reviewed` the
    text that was looked at (`article/P01`).
    """

    seq: int
    pack: str
    version: str
    step: StepKind
    actor: str
    at: int
    day: str = ""
    said: str = ""


def stamp(conn: Connection, desk: str) -> tuple[int, int]:
    """Differs whenever a step was added, by whichever process: the last one's place and time; (0, 0) before any."""
    row = conn.execute(
        "SELECT seq, at FROM pack_step WHERE desk_id = ? ORDER BY seq DESC LIMIT 1", (desk,)
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def steps(conn: Connection, desk: str) -> list[Step]:
    """Every step of every pack, the oldest first."""
    rows = conn.execute(
        "SELECT seq, pack, version, step, actor, at, day, said FROM pack_step WHERE desk_id = ? ORDER BY seq",
        (desk,),
    )
    return [Step(*row) for row in rows]


def digests(conn: Connection, desk: str) -> dict[tuple[str, str], bytes]:
    """SHA-256 of each version's text, by pack and version."""
    rows = conn.execute("SELECT id, version, digest FROM pack WHERE desk_id = ?", (desk,))
    return {(id_, version): digest for id_, version, digest in rows}


def text(conn: Connection, desk: str, pack: str, version: str) -> str | None:
    """The text of a version as it was staged; None when it is not there, or no longer what it was."""
    row = conn.execute(
        "SELECT body, digest FROM pack WHERE desk_id = ? AND id = ? AND version = ?", (desk, pack, version)
    ).fetchone()
    if row is None or hashlib.sha256(row[0]).digest() != row[1]:
        return None
    return bytes(row[0]).decode()


def put(conn: Connection, desk: str, pack: str, version: str, body: str) -> None:
    """Keep the text of a new version, inside the caller's transaction; one that is there is left as it is."""
    raw = body.encode()
    conn.execute(
        "INSERT INTO pack VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING",
        (desk, pack, version, hashlib.sha256(raw).digest(), raw),
    )


def add(
    conn: Connection,
    desk: str,
    pack: tuple[str, str],
    step: StepKind,
    actor: str,
    at: int,
    *,
    day: str = "",
    said: str = "",
) -> None:
    """Add a step of a pack (id, version), inside the caller's transaction."""
    seq = stamp(conn, desk)[0] + 1
    conn.execute(
        "INSERT INTO pack_step VALUES (?,?,?,?,?,?,?,?,?)", (desk, seq, *pack, step, actor, at, day, said)
    )
