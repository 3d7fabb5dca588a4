"""Unsent replies, sealed under the customer's key, and where each console stood: what a dropped line must not lose."""

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.crypto import PersonKeys, bound_to


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agent had typed for a case, where the caret stood, the canned replies and articles it came from.

    `channel`: by which it is to go, where the agent chose one; else it goes as the case says.
    """

    case: str
    text: str
    caret: int
    at: int
    canned: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    channel: str = ""


class _Sealed(msgspec.Struct, array_like=True):
    """What is sealed of a draft, in this order; one that was kept before a field was there lacks it at its end."""

    text: str
    canned: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    channel: str = ""


# What is sealed: the text alone, or, after a sign that no text has, the text and what came with it.
_WITH_SOURCES = b"\x00"
_SEALED = msgspec.json.Decoder(_Sealed)


def _packed(draft: Draft) -> bytes:
    if not (draft.canned or draft.articles or draft.channel):
        return draft.text.encode()
    return _WITH_SOURCES + msgspec.json.encode(
        _Sealed(draft.text, draft.canned, draft.articles, draft.channel)
    )


def _unpacked(plain: bytes) -> _Sealed:
    return _SEALED.decode(plain[1:]) if plain.startswith(_WITH_SOURCES) else _Sealed(plain.decode())


def _bound(desk: str, agent: str, case_id: str) -> bytes:
    return bound_to(desk, "draft", f"{agent}/{case_id}", "sealed")


def keep(conn: Connection, keys: PersonKeys, desk: str, agent: str, person: str, draft: Draft) -> None:
    """Keep a draft inside the caller's transaction; an empty one is forgotten."""
    if not draft.text:
        conn.execute(
            "DELETE FROM draft WHERE desk_id = ? AND agent = ? AND case_id = ?", (desk, agent, draft.case)
        )
        return
    sealed = keys.seal(desk, person, _packed(draft), _bound(desk, agent, draft.case))
    conn.execute(
        "INSERT OR REPLACE INTO draft VALUES (?,?,?,?,?,?,?)",
        (desk, agent, draft.case, person, sealed, draft.caret, draft.at),
    )


def get(conn: Connection, keys: PersonKeys, desk: str, agent: str, case_id: str) -> Draft | None:
    """An agent's draft for a case; None when there is none or the person was shredded."""
    row = conn.execute(
        "SELECT person, sealed, caret, at FROM draft WHERE desk_id = ? AND agent = ? AND case_id = ?",
        (desk, agent, case_id),
    ).fetchone()
    if row is None:
        return None
    plain = keys.open(desk, row[0], row[1], _bound(desk, agent, case_id))
    if plain is None:
        return None
    kept = _unpacked(plain)
    return Draft(case_id, kept.text, row[2], row[3], kept.canned, kept.articles, kept.channel)


def keep_place(conn: Connection, desk: str, agent: str, session: str, state: bytes, at: int) -> None:
    """Keep where a console stands (queue, cursor, open case; never text), inside the caller's transaction."""
    conn.execute("INSERT OR REPLACE INTO place VALUES (?,?,?,?,?)", (desk, agent, session, state, at))


def place(conn: Connection, desk: str, agent: str) -> bytes | None:
    """Where this agent's last console stood."""
    row = conn.execute(
        "SELECT state FROM place WHERE desk_id = ? AND agent = ? ORDER BY at DESC LIMIT 1", (desk, agent)
    ).fetchone()
    return row[0] if row else None
