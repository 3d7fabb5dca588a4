"""How a desk counts, completes and keeps filters."""

import os
import re

from csdesk.desk import filter_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.filtering import codes, sieve
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain import ids
from csdesk.domain import text as gate
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.search.filtering import MOST_SIGNS, SORTS, Field, Typing, language, typing
from csdesk.search.normalise import fold
from csdesk.store import feed, views
from csdesk.store.feed import FILTER
from csdesk.store.views import View

MOST_NAME, MOST_COLUMNS, MOST_VIEWS = 40, 20, 50
_COLUMN = re.compile(r"[a-z_]{1,20}")
_NEEDS_QUOTES = re.compile(r'[\s,，"]')
# What can be offered for a time: the usual spans, in the order in which people ask for them.
_AHEAD = ("<1h", "<2h", "<8h", "<1d", "<3d")
_BACK = ("<1h", "<1d", "<7d", ">3d", ">30d")


@answers(q.TallyFilter)
def tally(core: Core, ask: q.TallyFilter) -> q.Tallied:
    through = sieve(core, FILTER + ask.text)
    if through is None:  # FILTER makes it one
        raise Refused("unknown_queue", queue=ask.text, allowed=())
    most = min(max(ask.most, 1), 1_000_000)
    cases, late = feed.tally(core.store.conn, core.desk, through, most + 1)
    return q.Tallied(min(cases, most), min(late, most), cases <= most)


@answers(q.CompleteFilter)
def complete(core: Core, ask: q.CompleteFilter) -> list[q.Completion]:
    at = typing(ask.text, min(max(ask.caret, 0), len(ask.text)))
    words = Words(ask.language if ask.language in LANGUAGES else LANGUAGES[0], core.zone)
    fits = _fields(at, words) if not at.field else _values(core, at, language().fields[at.field], words)
    return [q.Completion(text, label, at.start, at.end) for text, label in fits[: min(ask.limit, 100)]]


def _fields(at: Typing, words: Words) -> list[tuple[str, str]]:
    typed = fold(at.typed)
    every = language().fields.values()
    found = [field for field in every if any(fold(name).startswith(typed) for name in field.names)]
    return [(f"{words(f'filter.field.{field.id}')}:", words(f"filter.about.{field.id}")) for field in found]


def _values(core: Core, at: Typing, field: Field, words: Words) -> list[tuple[str, str]]:
    """Values that begin with, then those that hold, what was typed: as they are typed, and what they say."""
    typed = fold(at.typed)
    every = _all_values(core, field, words)
    told = [(text, label, (fold(text), fold(label))) for text, label in every]
    begin = [(text, label) for text, label, names in told if any(name.startswith(typed) for name in names)]
    hold = [(text, label) for text, label, names in told if any(typed in name for name in names)]
    return [(_quoted(text), label) for text, label in dict.fromkeys([*begin, *hold])]


def _all_values(core: Core, field: Field, words: Words) -> list[tuple[str, str]]:
    match field.value:
        case "choice" if field.id == "is":
            return [(_special(code, words), "") for code in codes("is")]
        case "choice":
            return [(words.code(field.group, code), code) for code in codes(field.id)]
        case "agent":
            agents = [(one.id, one.name) for one in core.store.agents()]
            return [(_special("me", words), core.me.id), (_special("none", words), ""), *agents]
        case "merchant":
            rows = core.store.conn.execute(
                "SELECT name FROM merchant WHERE desk_id = ? LIMIT 2000", (core.desk,)
            )
            return [(name, "") for (name,) in rows.fetchall()]
        case "ahead" | "back":
            days = [(_special(code, words), "") for code in ("today", "tomorrow", "yesterday")]
            return [*((span, "") for span in (_AHEAD if field.value == "ahead" else _BACK)), *days]
        case "sort":
            names = [_special(f"by_{name}", words) for name in SORTS]
            return [(sign + name, "") for name in names for sign in ("", "-")]
        case _:
            return []


def _special(code: str, words: Words) -> str:
    return words(f"filter.value.{code}")


def _quoted(text: str) -> str:
    return f'"{text}"' if _NEEDS_QUOTES.search(text) else text


def _told(view: View) -> q.ViewKept:
    return q.ViewKept(view.name, view.filter, view.columns, not view.owner, view.at)


def _mine_and_ours(core: Core) -> list[View]:
    return list(views.of(core.store.conn, core.store.keys, core.desk, core.me.id))


@answers(q.Views)
def all_views(core: Core, ask: q.Views) -> list[q.ViewKept]:
    return [_told(view) for view in _mine_and_ours(core)]


@answers(q.KeepView)
def keep(core: Core, ask: q.KeepView) -> q.ViewKept:
    if ask.shared:
        core.need(Right.ASSIGN)
    name = gate.clean_line(ask.called).text.strip()
    if not name or len(name) > MOST_NAME:
        raise Refused("view_name", most=MOST_NAME)
    _check_columns(ask.columns)
    text = gate.clean_line(ask.text).text.strip()
    sieve(core, FILTER + text)
    owner = "" if ask.shared else core.me.id
    of_owner = {view.name for view in _mine_and_ours(core) if view.owner == owner}
    if name not in of_owner and len(of_owner) >= MOST_VIEWS:
        raise Refused("views_many", most=MOST_VIEWS)
    view = View(owner, name, text, ask.columns, core.now())
    views.put(core.store.conn, core.store.keys, core.desk, view, _own_key(core))
    return _told(view)


def _check_columns(columns: tuple[str, ...]) -> None:
    if len(columns) > MOST_COLUMNS or not all(map(_COLUMN.fullmatch, columns)):
        raise Refused("view_columns", most=MOST_COLUMNS)


def _own_key(core: Core) -> str:
    """A filter may hold somebody's words: it lies under a key of its own, so that it can be forgotten."""
    person = ids.uuid7(core.now(), os.urandom(10))
    core.store.people.add(person)
    return person


@answers(q.KeepFilter)
def keep_filter(core: Core, ask: q.KeepFilter) -> None:
    _check_columns(ask.columns)
    if len(ask.text) > MOST_SIGNS:
        raise Refused("filter_long", most=MOST_SIGNS, sign=MOST_SIGNS + 1)
    text = gate.clean_line(ask.text).text.strip()
    conn, keys = core.store.conn, core.store.keys
    before = views.standing(conn, keys, core.desk, core.me.id)
    if before is None and not text:
        return
    # The key of the first one serves all that follow, or each filter of a day would leave a key behind.
    person = before[1] if before else _own_key(core)
    view = View(core.me.id, views.STANDING, text, ask.columns if text else (), core.now())
    views.put(conn, keys, core.desk, view, person)


@answers(q.KeptFilter)
def kept_filter(core: Core, ask: q.KeptFilter) -> q.ViewKept | None:
    found = views.standing(core.store.conn, core.store.keys, core.desk, core.me.id)
    if found is None or not found[0].filter:
        return None
    stood = found[0]
    same = (
        view for view in _mine_and_ours(core) if (view.filter, view.columns) == (stood.filter, stood.columns)
    )
    called = next((view.name for view in same), "")
    return q.ViewKept(called, stood.filter, stood.columns, False, stood.at)


@answers(q.DropView)
def drop(core: Core, ask: q.DropView) -> None:
    found = [
        view
        for view in _mine_and_ours(core)
        if view.name == ask.called.strip() and not (ask.shared and view.owner)
    ]
    if not found:
        raise Refused("no_such_view", name=ask.called[:MOST_NAME])
    if not found[0].owner:
        core.need(Right.ASSIGN)
    views.drop(core.store.conn, core.desk, found[0].owner, found[0].name)
