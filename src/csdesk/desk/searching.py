"""Looking people up by what they are called, and cases by what was said in them: on record, so often, in one's scope.

An exact value is all that finds a person, and whom it found shows masked; but many values tried in a row would tell a
whole number or name. So each look-up that finds somebody is a row among the checks of callers (`search` first among
its sorts; never what was typed), and so is one that finds nothing at all for what looks like a number, an address for
mail or a name; the same again within an hour is none. Once they are as many as an hour allows, what was found before
is found still, and whatever else finds nothing by other ways is refused, whether or not there is such a person.
"""

import re

from csdesk.desk.core import Core
from csdesk.domain.cases.callers import SEARCH
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right, Role
from csdesk.store import callers, feed, index, leases
from csdesk.store.callers import Check
from csdesk.store.connection import write

HOUR_MS = 3_600_000
MOST_PEOPLE = 50
# So many of one's cases, and so many of the newest texts with the words, are looked at for whoever sees only their own.
MOST_OWN, MOST_NEWEST = 500, 500
# So many fruitless look-ups of this process are known again; they are hashes.
MOST_MISSED = 1_000
_PERSONAL = re.compile(
    r"[\d+() .-]{4,24}|\S{1,64}@\S{3,255}|[\u3400-\u9fff·]{2,6}|[A-Za-z'.-]{2,30}(?: [A-Za-z'.-]{2,30}){1,3}"
)
FOUND, NONE = "found", "none"


def recent(core: Core) -> list[Check]:
    """My checks and look-ups of the last hour, the latest first."""
    most = core.policy.caller_checks + core.policy.person_searches + 1
    since = core.now() - HOUR_MS
    rows = callers.of_agent(core.store.conn, core.desk, core.me.id, most)
    return [one for one in rows if one.at > since]


def searched(check: Check) -> bool:
    """Whether this is a look-up, not a caller who was identified."""
    return SEARCH in check.sorts


def people(core: Core, said: str, *, others: bool) -> list[str]:
    """Customers by what they would tell, as `People.find`; `others`: whether this text found something without them.

    Refused `search_quota`.
    """
    found = core.store.people.find(said, MOST_PEOPLE)
    if core.me.role is Role.SYSTEM:
        return found
    known = core.missed.get((core.me.id, hash(said)), 0) > core.now() - HOUR_MS
    if not found and (others or known):
        return []
    past, whom = [one for one in recent(core) if searched(one)], tuple(sorted(found))
    if found and any(one.persons == whom for one in past):
        return found
    most = core.policy.person_searches
    if len(past) >= most:
        # The same answer whether or not there is such a person.
        if others:
            return []
        raise _spent(core, past, most)
    if not found and not _PERSONAL.fullmatch(said):
        return []
    _note(core, FOUND if found else NONE, whom)
    if not found:
        if len(core.missed) >= MOST_MISSED:
            core.missed.clear()
        core.missed[core.me.id, hash(said)] = core.now()
    return found


def _spent(core: Core, past: list[Check], most: int) -> Refused:
    """That no look-up is left, and in how many minutes one is."""
    if not most:
        return Refused("search_never")
    left = past[most - 1].at + HOUR_MS - core.now()
    return Refused("search_quota", top=most, n=-(-left // 60_000))


def _note(core: Core, result: str, whom: tuple[str, ...]) -> None:
    core.unsaid.append((core.me.id, core.now(), result, whom))
    if not core.store.conn.in_transaction:
        say_looks(core)


def say_looks(core: Core) -> None:
    """Put the look-ups on record that are not yet, in a transaction of their own."""
    with write(core.store.conn) as conn:
        for who, at, result, whom in core.unsaid:
            callers.add(conn, core.desk, who, at, (SEARCH,), result, whom)
    core.unsaid.clear()


def spent(core: Core) -> bool:
    """Whether I have looked up as many people as an hour allows."""
    past = [one for one in recent(core) if searched(one)]
    return core.me.role is not Role.SYSTEM and len(past) + len(core.unsaid) >= core.policy.person_searches


def sees_all_words(core: Core) -> bool:
    """Whether somebody finds every case by its words: who works and hands cases out."""
    return core.me.role is Role.SYSTEM or all(core.me.may(one) for one in (Right.WORK, Right.ASSIGN))


def by_words(core: Core, text: str, limit: int) -> list[str]:
    """Cases in whose messages or notes every word stands, among those that I may read, newest first.

    Of closed ones those among the newest `MOST_NEWEST` that say it.
    """
    conn, key = core.store.conn, core.store.people.text_key()
    if sees_all_words(core):
        return index.cases_by_words(conn, core.desk, key, text, limit)
    newest = index.cases_by_words(conn, core.desk, key, text, MOST_NEWEST)
    held = {lease.case for lease in leases.of_holder(conn, core.desk, core.me.id, core.now())}
    mine = [row.id for row in feed.page(conn, core.desk, "mine", core.me.id, MOST_OWN)]
    among = tuple(dict.fromkeys((*held, *mine)))[:MOST_OWN]
    seen = held | {row.id for row in feed.rows(conn, core.desk, tuple(newest)) if row.assignee == core.me.id}
    own = index.cases_saying(conn, core.desk, key, text, among)
    ordered = [one for one in newest if one in seen or one in own]
    return list(dict.fromkeys((*ordered, *sorted(own, reverse=True))))[:limit]
