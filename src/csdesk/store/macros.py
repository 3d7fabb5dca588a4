"""Macros: several verbs under one name, an agent's own or everybody's; what they hold lies sealed."""

from collections.abc import Sequence
from typing import Any

import msgspec

from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection
from csdesk.store.crypto import PersonKeys, bound_to

Steps = tuple[tuple[str, dict[str, str]], ...]
_STEPS = msgspec.json.Decoder(Steps)


@dataclass(frozen=True, slots=True)
class Macro:
    """Steps under a name, each a verb with what is entered; `owner` "" for everybody's. No steps: it was shredded."""

    owner: str
    name: str
    steps: Steps
    at: int


def written(steps: Sequence[tuple[str, dict[str, str]]]) -> bytes:
    """Steps as they are kept."""
    return msgspec.json.encode(steps)


def read(kept: str | bytes) -> Steps:
    """What `written` wrote."""
    return _STEPS.decode(kept)


def _bound(desk: str, owner: str, name: str) -> bytes:
    return bound_to(desk, "macro", f"{owner}/{name}", "sealed")


def put(conn: Connection, keys: PersonKeys, desk: str, macro: Macro, person: str) -> None:
    """Keep a macro in place of the one of the same name, inside the caller's transaction."""
    sealed = keys.seal(desk, person, written(macro.steps), _bound(desk, macro.owner, macro.name))
    conn.execute(
        "INSERT OR REPLACE INTO macro VALUES (?,?,?,?,?,?)",
        (desk, macro.owner, macro.name, person, sealed, macro.at),
    )


def of(conn: Connection, keys: PersonKeys, desk: str, agent: str) -> list[Macro]:
    """The macros that an agent can use: their own, then everybody's, by name."""
    rows = conn.execute(
        "SELECT owner, name, person, sealed, at FROM macro WHERE desk_id = ? AND owner IN (?, '')"
        " ORDER BY owner DESC, name",
        (desk, agent),
    )
    return [_macro(keys, desk, row) for row in rows.fetchall()]


def _macro(keys: PersonKeys, desk: str, row: tuple[Any, ...]) -> Macro:
    owner, name, person, sealed, at = row
    plain = keys.open(desk, person, sealed, _bound(desk, owner, name))
    return Macro(owner, name, read(plain) if plain else (), at)


def there(conn: Connection, desk: str, owner: str, name: str) -> bool:
    """Whether there is a macro of this name."""
    row = conn.execute(
        "SELECT 1 FROM macro WHERE desk_id = ? AND owner = ? AND name = ?", (desk, owner, name)
    ).fetchone()
    return row is not None


def drop(conn: Connection, desk: str, owner: str, name: str) -> None:
    """Forget a macro, inside the caller's transaction."""
    conn.execute("DELETE FROM macro WHERE desk_id = ? AND owner = ? AND name = ?", (desk, owner, name))
