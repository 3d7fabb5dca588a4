"""A case as its row has it: found by its number, read from its snapshot. Nothing here knows a verb or an event."""

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from csdesk.store.connection import Connection

if TYPE_CHECKING:
    from csdesk.domain.cases.case import Case

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


@cache
def snapshots() -> "msgspec.json.Decoder[Case]":
    """What reads snapshots, made with the first: every class a case is made of is loaded and looked through, 4 ms."""
    from csdesk.domain.cases.case import Case

    return msgspec.json.Decoder(Case)


def encode_case(case: "Case") -> bytes:
    """The snapshot of a case."""
    return _ENCODE(case)


def decode_case(snapshot: bytes) -> "Case":
    """The case of a snapshot."""
    return snapshots().decode(snapshot)


def load(conn: Connection, desk: str, case_id: str) -> "tuple[Case, bytes] | None":
    """A case and the head of its chain, or None."""
    row = conn.execute(
        "SELECT snapshot, head FROM cases WHERE desk_id = ? AND id = ?", (desk, case_id)
    ).fetchone()
    return (decode_case(row[0]), row[1]) if row else None


def find(conn: Connection, desk: str, body: str) -> str | None:
    """The id of the case whose number has this body."""
    row = conn.execute("SELECT id FROM cases WHERE desk_id = ? AND body = ?", (desk, body)).fetchone()
    return row[0] if row else None
