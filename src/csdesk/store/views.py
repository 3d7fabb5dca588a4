"""Views: a filter with its columns under a name, an agent's own or everybody's; the filter lies sealed."""

from collections.abc import Sequence

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.crypto import PersonKeys, bound_to


@dataclass(frozen=True, slots=True)
class View:
    """A filter under a name, with the columns to show (none: the usual ones); `owner` "" for everybody's.

    No filter: it was shredded.
    """

    owner: str
    name: str
    filter: str
    columns: tuple[str, ...]
    at: int


# What an agent's console shows without having it under a name; no view can be called so.
STANDING = ""

_KEPT = msgspec.json.Decoder(tuple[str, tuple[str, ...]])


def _bound(desk: str, owner: str, name: str) -> bytes:
    return bound_to(desk, "view", f"{owner}/{name}", "sealed")


def put(conn: Connection, keys: PersonKeys, desk: str, view: View, person: str) -> None:
    """Keep a view in place of the one of the same name, inside the caller's transaction."""
    plain = msgspec.json.encode((view.filter, view.columns))
    sealed = keys.seal(desk, person, plain, _bound(desk, view.owner, view.name))
    conn.execute(
        "INSERT OR REPLACE INTO saved_view VALUES (?,?,?,?,?,?)",
        (desk, view.owner, view.name, person, sealed, view.at),
    )


def of(conn: Connection, keys: PersonKeys, desk: str, agent: str) -> Sequence[View]:
    """The views that an agent can use: their own, then everybody's, by name."""
    rows = conn.execute(
        "SELECT owner, name, person, sealed, at FROM saved_view WHERE desk_id = ? AND owner IN (?, '')"
        " AND name <> '' ORDER BY owner DESC, name",
        (desk, agent),
    )
    return [_opened(keys, desk, row) for row in rows.fetchall()]


def _opened(keys: PersonKeys, desk: str, row: tuple[str, str, str, bytes, int]) -> View:
    owner, name, person, sealed, at = row
    plain = keys.open(desk, person, sealed, _bound(desk, owner, name))
    filter_, columns = _KEPT.decode(plain) if plain else ("", ())
    return View(owner, name, filter_, columns, at)


def standing(conn: Connection, keys: PersonKeys, desk: str, agent: str) -> tuple[View, str] | None:
    """What an agent's console showed last, and the person under whose key it lies.

    None when there is none, or it was shredded.
    """
    row = conn.execute(
        "SELECT owner, name, person, sealed, at FROM saved_view WHERE desk_id = ? AND owner = ? AND name = ?",
        (desk, agent, STANDING),
    ).fetchone()
    if row is None or keys.open(desk, row[2], row[3], _bound(desk, agent, STANDING)) is None:
        return None
    return _opened(keys, desk, row), row[2]


def drop(conn: Connection, desk: str, owner: str, name: str) -> None:
    """Forget a view, inside the caller's transaction."""
    conn.execute("DELETE FROM saved_view WHERE desk_id = ? AND owner = ? AND name = ?", (desk, owner, name))
