"""Open cases that may be the same matter as a new message: by order, by person, by words. Offered, never merged."""

from collections.abc import Iterable
from dataclasses import field

from csdesk.desk.core import Core
from csdesk.domain import ids
from csdesk.domain.cases.arriving import Alike
from csdesk.domain.cases.case import Kind
from csdesk.domain.value import dataclass
from csdesk.search import tokens
from csdesk.store import index
from csdesk.store.cases import event_bound
from csdesk.store.codec import decode

# A person judges them one by one: more are no help.
MOST_OFFERED = 5
MOST_LOOKED_AT = 20
# Words are compared with the newest texts only, and of those few are opened: 2 ms at most, whatever a flood writes.
NEWEST_TEXTS = 20_000
MOST_OPENED = 8
# A phrase of so many terms (one character more in Chinese) is hardly ever in two messages by chance.
PHRASE, PHRASES = 6, 5
# What greets and asks in a line is alike in all messages; shorter ones are not compared.
FEWEST_TERMS = 8
# Of all terms of both texts so many must be shared.
SHARED = 0.6
MOST_READ = 4_000
THREAD = "thread"
_ORDER = (THREAD, "order", "person", "claimed", "words")
_OF = "SELECT id, kind, body, closed_at FROM cases WHERE desk_id = ? AND {} ORDER BY opened_at DESC LIMIT ?"


@dataclass(slots=True)
class _Found:
    """Cases by id: number and reasons."""

    numbers: dict[str, str] = field(default_factory=dict)
    why: dict[str, list[str]] = field(default_factory=dict)

    def add(self, why: str, rows: list[tuple[str, str, str, int]]) -> None:
        for id_, kind, body, closed in rows:
            # A report is named beside nothing: who stands behind it would show.
            if (closed and why != THREAD) or kind == Kind.REPORT.value:
                continue
            self.numbers[id_] = ids.number(Kind(kind).letters, body)
            self.why.setdefault(id_, []).append(why)


def alike(
    core: Core,
    persons: list[str],
    kind: Kind,
    orders: list[str],
    hint: str,
    text: str,
    threads: Iterable[str] = (),
) -> tuple[Alike, ...]:
    """Open cases of the same order, person or words, the surest first; none for a report, which is kept apart.

    The first of `persons` wrote; the others are whom they say to be. `threads` are cases that it claims to answer.
    """
    if kind is Kind.REPORT:
        return ()
    conn, desk, found = core.store.conn, core.desk, _Found()
    for case in threads:
        found.add(THREAD, conn.execute(_OF.format("id = ?"), (desk, case, 1)).fetchall())
    for order in orders:
        found.add("order", conn.execute(_OF.format("order_id = ?"), (desk, order, MOST_LOOKED_AT)).fetchall())
    if hint:
        named = _OF.format("order_id = '' AND lower(order_number) = lower(?)").replace("BY ", "BY +")
        found.add("order", conn.execute(named, (desk, hint, MOST_LOOKED_AT)).fetchall())
    for why, person in zip(("person", *("claimed" for _ in persons)), persons, strict=False):
        found.add(why, conn.execute(_OF.format("customer = ?"), (desk, person, MOST_LOOKED_AT)).fetchall())
    for id_ in _worded(core, text):
        found.add("words", conn.execute(_OF.format("id = ?"), (desk, id_, 1)).fetchall())
    ranked = sorted(
        found.why.items(), key=lambda item: (item[1][0] != THREAD, -len(item[1]), _ORDER.index(item[1][0]))
    )
    return tuple(Alike(found.numbers[id_], tuple(dict.fromkeys(why))) for id_, why in ranked[:MOST_OFFERED])


def _worded(core: Core, text: str) -> list[str]:
    """Cases in which somebody wrote nearly the same, found by keyed phrases and then read."""
    terms = tokens.stream(text[:MOST_READ])
    if len(set(terms)) < FEWEST_TERMS:
        return []
    key = core.store.people.text_key()
    step = max(1, (len(terms) - PHRASE) // (PHRASES - 1)) if len(terms) > PHRASE else 1
    starts = range(0, max(1, len(terms) - PHRASE + 1), step)
    phrases = [" ".join(tokens.keyed(terms[at : at + PHRASE], key)) for at in list(starts)[:PHRASES]]
    near = index.texts_near(core.store.conn, core.desk, phrases, NEWEST_TEXTS, MOST_OPENED)
    mine = set(terms)
    found = []
    for case, seq in near:
        theirs = set(tokens.stream(_opened(core, case, seq)[:MOST_READ]))
        if len(mine & theirs) >= SHARED * len(mine | theirs):
            found.append(case)
    return list(dict.fromkeys(found))


def _opened(core: Core, case: str, seq: int) -> str:
    """The sealed text of an event; "" when its person was erased."""
    row = core.store.conn.execute(
        "SELECT type, v, person, payload, sealed FROM event WHERE desk_id = ? AND case_id = ? AND seq = ?",
        (core.desk, case, seq),
    ).fetchone()
    if row is None or not row[4]:
        return ""
    type_, v, person, payload, sealed = row
    hidden = core.store.keys.open(core.desk, person, sealed, event_bound(core.desk, case, seq))
    if hidden is None:
        return ""
    happened = decode(type_, v, payload, hidden)
    return "\n".join(said for name in happened.sealed if (said := getattr(happened, name)))
