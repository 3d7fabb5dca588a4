"""Cases by conditions: a filter as SQL over the index of all live cases, or of those that rest.

The index of live cases carries what filters ask for, so that passing over a case that does not fit costs no look at
its row: a million cases are passed in a tenth of a second, and a page of a common filter is found in its first few.
"""

import json
from collections.abc import Iterable, Sequence

from csdesk.domain.value import dataclass

# What may be compared: all but subject and closed_at stand in the index `cases_all`.
_CODES = ("queue", "kind", "state", "phase", "assignee", "merchant", "reason", "subject")
_NUMBERS = ("priority", "escalation", "amount", "due", "opened_at", "changed_at", "closed_at")
COLUMNS = frozenset((*_CODES, *_NUMBERS))
_OPS = frozenset(("=", "<", "<=", ">", ">="))
# By what cases can be sorted: what people type, and the column.
SORTS = {
    "due": "due",
    "opened": "opened_at",
    "changed": "changed_at",
    "amount": "amount",
    "priority": "priority",
}
LIVE, SNOOZED, CLOSED = "live", "snoozed", "closed"
_LIVES = {
    LIVE: ("cases_all", "c.live = 1"),
    SNOOZED: ("cases_resting", "c.live = 0 AND c.closed_at = 0"),
    CLOSED: ("cases_resting", "c.live = 0 AND c.closed_at > 0"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One condition as SQL on `c`, with its values."""

    sql: str
    values: tuple[object, ...] = ()

    def negated(self) -> "Part":
        """What does not fit it."""
        return Part(f"NOT ({self.sql})", self.values)


def one_of(column: str, values: Iterable[str]) -> Part:
    """The column has one of these values."""
    found = tuple(values)
    return Part(f"c.{_known(column)} IN ({','.join('?' * len(found))})", found)


def compared(column: str, op: str, value: int) -> Part:
    """The column, compared with a number."""
    if op not in _OPS:
        raise ValueError(f"no comparison: {op}")
    return Part(f"c.{_known(column)} {op} ?", (value,))


def within(column: str, first: int, past: int) -> Part:
    """The column is `first` or more, and less than `past`."""
    return Part(f"(c.{_known(column)} >= ? AND c.{column} < ?)", (first, past))


def holding(column: str, text: str) -> Part:
    """The column holds this text, in either case of Latin letters."""
    return Part(f"instr(lower(c.{_known(column)}), lower(?)) > 0", (text,))


def tongue(code: str) -> Part:
    """The customer's language is this one, or a form of it: `en` is also `en-GB`."""
    sql = "(lower(c.language) = lower(?) OR lower(substr(c.language, 1, ?)) = lower(?))"
    return Part(sql, (code, len(code) + 1, f"{code}-"))


def among(ids: Sequence[str]) -> Part:
    """One of these cases."""
    return Part("c.id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))


def any_of(parts: Sequence[Part]) -> Part:
    """One of the conditions holds."""
    if len(parts) == 1:
        return parts[0]
    return Part(
        f"({' OR '.join(part.sql for part in parts)})", tuple(v for part in parts for v in part.values)
    )


def _known(column: str) -> str:
    if column not in COLUMNS:
        raise ValueError(f"no column to filter by: {column}")
    return column


@dataclass(frozen=True, slots=True)
class Sieve:
    """A filter ready to be asked: conditions that all hold, for live, snoozed or closed cases.

    `drawn`: it names its cases (what was found for words or a number), so that no walk is needed. `sort`: a column of
    SORTS, after a "-" when the greatest comes first; any but `due` sorts all that fits before the first is shown.
    """

    parts: tuple[Part, ...]
    which: str = LIVE
    drawn: bool = False
    sort: str = "due"

    @property
    def key(self) -> str:
        """By what a page is sorted, as SQL on `c`; the least first."""
        return f"{'-' * self.sort.startswith('-')}c.{SORTS[self.sort.removeprefix('-')]}"

    @property
    def index(self) -> str:
        """What follows the table's name: the index to walk, in the order of a page."""
        return "" if self.drawn else f" INDEXED BY {_LIVES[self.which][0]}"

    @property
    def where(self) -> str:
        """What follows the desk in WHERE."""
        # The + keeps SQLite from walking a partial index (290 ms at a million) where the cases are named.
        lives = ("+" if self.drawn else "") + _LIVES[self.which][1]
        return "".join(f" AND {sql}" for sql in (lives, *(part.sql for part in self.parts)))

    @property
    def values(self) -> tuple[object, ...]:
        """The values of `where`."""
        return tuple(value for part in self.parts for value in part.values)
