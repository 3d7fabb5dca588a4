"""Canned replies found while one types, those made for the case first; all are kept ready in memory."""

import math
from collections.abc import Iterable, Mapping, Sequence

from csdesk.domain.value import dataclass
from csdesk.search import fuzzy, normalise
from csdesk.search.fuzzy import Short, Spans
from csdesk.store.connection import Connection
from csdesk.store.library import CANNED_COLUMNS, Canned, preferred, shelf_of, to_canned

_ROWS = f"SELECT {CANNED_COLUMNS} FROM canned WHERE desk_id = ? ORDER BY id"
# How a reply suits a case: made for its state, for its kind, for every case, or for others.
STATE, KIND, ANY, OTHER = 3, 2, 1, 0
# A guard of it does not hold on the case: it comes after those made for others.
BARRED = -1
# What lifts a reply among those that suit the case as well, within one way to match (`fuzzy.STEP` together): that its
# guards hold, as the verdict or the facts of the case say, and how often this agent sent it.
PROVEN, USED = 0.05, 0.04
# Uses from which on more make no difference.
MANY_USES = 50
# Better than what `fuzzy` only finds near, worse than any match of title or shortcut.
_IN_BODY = fuzzy.NEAR + 0.005


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as found, in the wanted language if there is one; `fits`: made for the kind and state."""

    canned: Canned
    fits: bool
    score: float
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class _Book:
    """All replies of a desk, in the order in which they came, and the forms that are searched.

    `shorts` and `bodies` run parallel to `replies`; `families` has the places of one reply's languages.
    """

    version: int
    replies: tuple[Canned, ...]
    shorts: tuple[Short, ...]
    bodies: tuple[str, ...]
    families: dict[tuple[str, str], dict[str, int]]


@dataclass(frozen=True, slots=True)
class _Found:
    """A match. `tier` 0: the shortcut; 1: fits the case; 2: does not; 3: in its body; 4: only near."""

    tier: int
    level: int
    score: float
    place: int
    spans: Spans

    def rank(self, lifts: Sequence[float]) -> tuple[int, int, float, int]:
        """Where it stands; `lifts` are by place."""
        return (self.tier, -self.level, -self.score - lifts[self.place], self.place)


class Replies:
    """The canned replies of one desk behind one connection."""

    def __init__(self, conn: Connection, desk: str) -> None:
        self._conn = conn
        self._desk = desk
        self._book = _made(0, ())

    def search(
        self,
        text: str,
        language: str,
        limit: int,
        *,
        kind: str = "",
        state: str = "",
        against: frozenset[str] = frozenset(),
        holding: frozenset[str] = frozenset(),
        agent: str = "",
    ) -> list[Reply]:
        """The best replies for what was typed, or for the case; a reply in three languages is one.

        `against`: guards that do not hold on the case; a reply that has one comes last. `holding`: those that do;
        they lift the replies made for them, as does what `agent` sends often.
        """
        book = self._current()
        levels = [
            BARRED if not against.isdisjoint(reply.guards) else _level(reply, kind, state)
            for reply in book.replies
        ]
        asked = normalise.fold(text[: fuzzy.QUERY_MAX]).strip()
        if asked:
            found = _matches(book, levels, text, asked, limit)
        else:
            found = [_Found(1, level, level / STATE, place, ()) for place, level in enumerate(levels)]
        uses = sent_by(self._conn, self._desk, agent) if agent else {}
        lifts = [_lift(reply, holding, uses) for reply in book.replies]
        return list(_shown(book, sorted(found, key=lambda one: one.rank(lifts)), language, limit))

    def reply(self, said: str, language: str) -> Canned | None:
        """The reply with this id (behind its source and a `/`, where several have one), else with this shortcut, in a
        language where there is one.
        """
        book = self._current()
        keys = [key for key in book.families if said in (key[1], "/".join(key))]
        keys += [(r.source, r.external_id) for r in book.replies if r.shortcut and r.shortcut == said]
        if not keys:
            return None
        family = book.families[keys[0]]
        return book.replies[family[preferred(family, language)]]

    def _current(self) -> _Book:
        """The replies as they are now, whoever put them in; 25 ms for 1,365 when they have changed."""
        shelf = shelf_of(self._conn, self._desk)
        version = shelf.canned_version if shelf else 0
        if self._book.version != version:
            rows = self._conn.execute(_ROWS, (self._desk,))
            self._book = _made(version, tuple(to_canned(row) for row in rows))
        return self._book


def sent_by(conn: Connection, desk: str, agent: str) -> dict[str, int]:
    """How often an agent sent each canned reply, by its id."""
    rows = conn.execute("SELECT canned, uses FROM canned_use WHERE desk_id = ? AND agent = ?", (desk, agent))
    return dict(rows.fetchall())


def _lift(reply: Canned, holding: frozenset[str], uses: Mapping[str, int]) -> float:
    proven = bool(reply.guards) and holding.issuperset(reply.guards)
    used = math.log1p(min(uses.get(reply.external_id, 0), MANY_USES)) / math.log1p(MANY_USES)
    return PROVEN * proven + USED * used


def _made(version: int, replies: tuple[Canned, ...]) -> _Book:
    families: dict[tuple[str, str], dict[str, int]] = {}
    for place, reply in enumerate(replies):
        families.setdefault((reply.source, reply.external_id), {})[reply.language] = place
    shorts = tuple(Short.of(str(place), reply.title, reply.shortcut) for place, reply in enumerate(replies))
    bodies = tuple(normalise.fold(f"{reply.topic}\n{reply.body}") for reply in replies)
    return _Book(version, replies, shorts, bodies, families)


def _level(reply: Canned, kind: str, state: str) -> int:
    if not kind:
        return ANY
    if (reply.kinds and kind not in reply.kinds) or (reply.states and state not in reply.states):
        return OTHER
    return STATE if reply.states else KIND if reply.kinds else ANY


def _matches(book: _Book, levels: Sequence[int], text: str, asked: str, limit: int) -> list[_Found]:
    fitting = [short for short, level in zip(book.shorts, levels, strict=True) if level >= KIND]
    others = [short for short, level in zip(book.shorts, levels, strict=True) if level < KIND]
    found: dict[int, _Found] = {}
    for tier, shorts in ((1, fitting), (2, others)):
        for hit in fuzzy.rank(text, shorts, 2 * limit):
            place = int(hit.id)
            real = 0 if book.shorts[place].shortcut == asked else tier
            tier_ = real if hit.score > fuzzy.NEAR else 4
            found[place] = _Found(tier_, levels[place], hit.score, place, hit.spans)
    if sum(one.tier < 4 for one in found.values()) < limit:
        for place in _in_bodies(book.bodies, asked.split()):
            if place not in found or found[place].tier == 4:
                found[place] = _Found(3, levels[place], _IN_BODY, place, ())
    return list(found.values())


def _in_bodies(bodies: Sequence[str], words: Sequence[str]) -> Iterable[int]:
    return (place for place, body in enumerate(bodies) if all(word in body for word in words))


def _shown(book: _Book, found: Iterable[_Found], language: str, limit: int) -> Iterable[Reply]:
    """One reply a family, the wanted language before the one that matched."""
    seen: set[int] = set()
    for one in found:
        if len(seen) >= limit:
            return
        reply = book.replies[one.place]
        family = book.families[reply.source, reply.external_id]
        place = family[preferred(family, language)]
        if place not in seen:
            seen.add(place)
            yield Reply(
                book.replies[place], one.level >= KIND, one.score, one.spans if place == one.place else ()
            )
