"""The phrases that may not leave a desk: kept in its library, and made ready to be looked for in a reply."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from csdesk.domain.value import dataclass
from csdesk.search.phrases import Found, Phrases
from csdesk.store.connection import Connection
from csdesk.store.library import DEFAULT_LANGUAGE, own_shelf, shelf_of

if TYPE_CHECKING:
    from csdesk.store.file import Store

_COLUMNS = "code, language, article, unless, reason, instead, phrases"
_ROWS = f"SELECT {_COLUMNS} FROM forbidden WHERE desk_id = ? ORDER BY code, language"


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A rule in one language: its phrases, why they may not be said, and what to say instead.

    `unless` are guard codes: while one of them holds, the phrases may be said. `article`: the id of the article
    that it rests on.
    """

    code: str
    language: str
    article: str
    unless: tuple[str, ...]
    reason: str
    instead: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A forbidden phrase in a text, and its rule in the language of the phrase."""

    rule: Forbidden
    found: Found


def put_forbidden(store: "Store", rules: Iterable[Forbidden]) -> None:
    """Make these the desk's list instead of the one before, inside the caller's transaction."""
    conn, desk = store.conn, store.desk.id
    own_shelf(conn, desk)
    rows = sorted(
        (r.code, r.language, r.article, "\n".join(r.unless), r.reason, r.instead, "\n".join(r.phrases))
        for r in rules
    )
    if rows == conn.execute(_ROWS, (desk,)).fetchall():
        return
    conn.execute("DELETE FROM forbidden WHERE desk_id = ?", (desk,))
    conn.executemany("INSERT INTO forbidden VALUES (?,?,?,?,?,?,?,?)", [(desk, *row) for row in rows])
    conn.execute("UPDATE library SET canned_version = canned_version + 1 WHERE desk_id = ?", (desk,))


@dataclass(frozen=True, slots=True)
class _List:
    """The rules as of a version; `owners` says which rule each phrase belongs to."""

    version: int
    rules: tuple[Forbidden, ...]
    owners: tuple[Forbidden, ...]
    phrases: Phrases


class ForbiddenList:
    """The forbidden phrases of one desk behind one connection."""

    def __init__(self, conn: Connection, desk: str) -> None:
        self._conn = conn
        self._desk = desk
        self._list = _made(0, ())

    def find(self, text: str) -> list[Said]:
        """What a text says that it may not, in its order; one place is named once, by its longest phrase.

        A phrase that reads alike in both scripts counts as that of the script in which it is written.
        """
        known = self._current()
        said = [Said(known.owners[found.phrase], found) for found in known.phrases.find(text)]
        said.sort(key=lambda one: (one.found.start, -one.found.end, _strange(one, text)))
        told: list[Said] = []
        for one in said:
            before = next((other for other in reversed(told) if other.rule.code == one.rule.code), None)
            if before is None or one.found.start >= before.found.end:
                told.append(one)
        return told

    def reason(self, code: str, language: str) -> str:
        """Why the phrases of a rule may not be said, in the reader's language where there is one."""
        told = {rule.language: rule.reason for rule in self._current().rules if rule.code == code}
        return told.get(language) or told.get(DEFAULT_LANGUAGE) or next(iter(told.values()), "")

    def _current(self) -> _List:
        """The list as it is now, whoever put it in; 4 ms for 360 phrases when it has changed."""
        shelf = shelf_of(self._conn, self._desk)
        version = shelf.canned_version if shelf else 0
        if self._list.version != version:
            self._list = _made(version, tuple(map(_rule, self._conn.execute(_ROWS, (self._desk,)))))
        return self._list


def _made(version: int, rules: tuple[Forbidden, ...]) -> _List:
    owners = tuple(rule for rule in rules for _ in rule.phrases)
    return _List(version, rules, owners, Phrases(phrase for rule in rules for phrase in rule.phrases))


def _strange(said: Said, text: str) -> bool:
    return text[said.found.start : said.found.end] not in said.rule.phrases


def _rule(row: tuple[str, ...]) -> Forbidden:
    code, language, article, unless, reason, instead, phrases = row
    return Forbidden(
        code, language, article, tuple(filter(None, unless.split("\n"))), reason, instead,
        tuple(filter(None, phrases.split("\n"))),
    )  # fmt: skip
