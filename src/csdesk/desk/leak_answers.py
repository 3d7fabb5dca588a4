"""How a desk keeps a leak of personal data: its facts, whom it is about, what is owed by when, who saw them."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from csdesk.desk import leak_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.leak_duties import due, duties
from csdesk.desk.leak_seen import DAY_MS, MOST_DAYS, sightings
from csdesk.domain import ids
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.incident import moment
from csdesk.domain.leaking import CAUSES, FIELDS, SAID, SEVERITIES, STEPS, Suspect, missing, ranked
from csdesk.domain.mask import mask_name, mask_phone
from csdesk.domain.text import clean, clean_line
from csdesk.store import canaries, feed, leaks, orders
from csdesk.store.crypto import normal_email, normal_phone
from csdesk.store.leaks import Fact
from csdesk.store.people import Customer

LETTERS = "LK"
LONGEST_TITLE = 80
LONGEST_SAID = 2_000
LONGEST_TOKEN = 80
# A list of more is cut into several: each look-up of a phone is a seek, and each is on record.
MOST_LISTED = 5_000
# So many persons a phone or an address may be of before it tells nobody apart; so many are shown, masked.
MOST_SHARED, SHOWN = 5, 10
MOST_LEAKS = 200
MOST_COUNT = 10_000_000_000
OPENED, DESCRIBED, LISTED, TRACED = "opened", "described", "listed", "traced"
_CHOICES = {"cause": CAUSES, "severity": SEVERITIES}


def _number(said: str) -> str:
    """A leak's number as it is kept; Refused `no_such_leak`."""
    try:
        _, body = ids.parse_number(said)
    except ids.BadNumber:
        raise Refused("no_such_leak", number=said[:40]) from None
    return ids.number(LETTERS, body)


def _facts(core: Core, said: str) -> tuple[str, tuple[Fact, ...]]:
    number = _number(said)
    found = leaks.facts(core.store.conn, core.desk, core.store.people, number)
    if not found:
        raise Refused("no_such_leak", number=number)
    return number, found


def _open(core: Core, said: str) -> tuple[str, tuple[Fact, ...]]:
    """A leak that is not closed; Refused `no_such_leak`, `leak_closed`."""
    number, found = _facts(core, said)
    if any(fact.what == "closed" for fact in found):
        raise Refused("leak_closed", number=number)
    return number, found


def _keep(core: Core, number: str, what: str, said: dict[str, Any]) -> None:
    conn, now = core.store.conn, core.now()
    leaks.add(conn, core.desk, core.store.people, number, now, core.me.id, what, said)
    feed.note(conn, core.desk, now)


def _described(core: Core, ask: q.OpenLeak | q.DescribeLeak) -> dict[str, Any]:
    """What is said of a leak, checked; what is not said is left out. Refused `bad_title`, `bad_choice`, `bad_since`."""
    title = clean_line(ask.title).text.strip()
    if len(title) > LONGEST_TITLE or (not title and isinstance(ask, q.OpenLeak)):
        raise Refused("bad_title", field="title", most=LONGEST_TITLE)
    for name, allowed in _CHOICES.items():
        value = getattr(ask, name)
        if value and value not in allowed:
            raise Refused("bad_choice", field=name, value=value[:40], allowed=allowed)
    if wrong := [name for name in ask.fields if name not in FIELDS]:
        raise Refused("bad_choice", field="fields", value=wrong[0][:40], allowed=FIELDS)
    said = {
        "title": title,
        "found_at": _moment(core, ask.found, "found"),
        "fields": [name for name in FIELDS if name in ask.fields],
        "cause": ask.cause,
        "severity": ask.severity,
        "how": clean(ask.how[:LONGEST_SAID]).text.strip(),
        "contact": clean_line(ask.contact, limit=LONGEST_SAID).text.strip(),
    }
    return {name: value for name, value in said.items() if value}


def _moment(core: Core, said: str, field: str) -> int:
    """UTC ms of a day or minute that is not to come; 0 for nothing. Refused `bad_since`."""
    at = moment(said, core.zone, field)
    if at > core.now():
        raise Refused("bad_since", field=field, value=said[:40])
    return at


@answers(q.OpenLeak)
def open_leak(core: Core, ask: q.OpenLeak) -> q.LeakView:
    said = {"found_at": core.now(), **_described(core, ask)}
    number = ids.number(LETTERS, ids.make_body(int.from_bytes(os.urandom(8), "big") >> (64 - ids.BODY_BITS)))
    _keep(core, number, OPENED, said)
    return _view(core, number, _facts(core, number)[1])


@answers(q.DescribeLeak)
def describe_leak(core: Core, ask: q.DescribeLeak) -> q.LeakView:
    number, _ = _open(core, ask.leak)
    said = _described(core, ask)
    if not said:
        raise Refused("nothing_changed")
    _keep(core, number, DESCRIBED, said)
    return _view(core, number, _facts(core, number)[1])


@answers(q.StepLeak)
def step_leak(core: Core, ask: q.StepLeak) -> q.LeakView:
    if ask.step not in STEPS:
        raise Refused("bad_choice", field="step", value=ask.step[:40], allowed=STEPS)
    if not 0 <= ask.count <= MOST_COUNT:
        raise Refused("bad_number_of", field="count", value=ask.count, top=MOST_COUNT)
    number, found = _open(core, ask.leak)
    words = clean(ask.said[:LONGEST_SAID]).text.strip()
    if ask.step in SAID and not words:
        raise Refused("leak_said", step=ask.step, field="said")
    done = [fact.what for fact in found]
    if ask.step == "waived_people" and "contained" not in done:
        raise Refused("leak_waive")
    if ask.step == "closed" and (left := missing(done, duties(), _merged(found)["severity"])):
        raise Refused("leak_duties", duties=left)
    at = _moment(core, ask.at, "at") or core.now()
    _keep(core, number, ask.step, {"said": words, "at": at, "count": ask.count})
    return _view(core, number, _facts(core, number)[1])


@answers(q.AddLeaked)
def add_leaked(core: Core, ask: q.AddLeaked) -> q.Leaked:
    number, found = _open(core, ask.leak)
    tokens = tuple(dict.fromkeys(one.strip() for one in ask.listed if one.strip()))
    if not tokens:
        raise Refused("leak_list_empty")
    if len(tokens) > MOST_LISTED:
        raise Refused("leak_list_long", n=len(tokens), most=MOST_LISTED)
    pointed = [_pointed(core, token[:LONGEST_TOKEN]) for token in tokens]
    persons = tuple(dict.fromkeys(who for some in pointed for who in some))
    before = frozenset(_persons(found))
    marks = canaries.among(core.store.conn, core.desk, core.store.people, persons)
    known = canaries.all_of(core.store.conn, core.desk, core.store.people) if marks else {}
    planted = tuple(known[mark].order for mark in marks if mark in known)
    fresh = [who for who in persons if who not in before]
    unknown = sum(not some for some in pointed)
    said = {"persons": fresh, "unknown": unknown, "canaries": list(planted), "count": len(tokens)}
    _keep(core, number, LISTED, said)
    shown = tuple(_shown(core, who) for who in fresh[:SHOWN])
    return q.Leaked(len(fresh), len(persons) - len(fresh), unknown, planted, shown)


def _pointed(core: Core, token: str) -> tuple[str, ...]:
    """Customers at whom a phone number, an e-mail address or an order number of a list points."""
    people = core.store.people
    if "@" in token:
        return tuple(people.having("email", normal_email(token), MOST_SHARED))
    order = orders.find(core.store.conn, core.desk, token)
    row = orders.row(core.store.conn, core.desk, order) if order else None
    if row is not None:
        return (row.customer,) if row.customer else ()
    phone = normal_phone(token)
    return tuple(people.having("phone", phone, MOST_SHARED)) if sum(map(str.isdigit, phone)) >= 7 else ()


def _shown(core: Core, person: str) -> str:
    known = core.store.people.open(person) or Customer()
    return f"{mask_name(known.name)} {mask_phone(known.phone)}".strip()


def note_traced(core: Core, said: str, export: str, actor: str, rows: int) -> None:
    """Put on a leak's record from which export a file came, inside the caller's transaction."""
    core.need(q.StepLeak.right)
    number, _ = _open(core, said)
    _keep(core, number, TRACED, {"said": f"{export} {actor}", "count": rows})


@answers(q.ShowLeak)
def show_leak(core: Core, ask: q.ShowLeak) -> q.LeakView:
    return _view(core, *_facts(core, ask.leak))


@answers(q.Leaks)
def all_leaks(core: Core, ask: q.Leaks) -> list[q.LeakView]:
    numbers = leaks.ids(core.store.conn, core.desk, max(min(ask.limit, MOST_LEAKS), 0))
    return [_view(core, *_facts(core, number), timeline=False) for number in numbers]


@answers(q.Suspects)
def suspects(core: Core, ask: q.Suspects) -> list[Suspect]:
    if not 0 < ask.days <= MOST_DAYS:
        raise Refused("bad_number_of", field="days", value=ask.days, top=MOST_DAYS)
    number, found = _facts(core, ask.leak)
    persons, said = _persons(found), _merged(found)
    if not persons:
        raise Refused("leak_nobody", number=number)
    until: int = said["found_at"]
    seen = sightings(core, persons, until - ask.days * DAY_MS, until + 1)
    return ranked(seen, said["fields"])[: max(ask.limit, 0)]


def _persons(found: Sequence[Fact]) -> tuple[str, ...]:
    """Whom a leak is about, each once, in the order in which they were found."""
    return tuple(dict.fromkeys(who for fact in found for who in fact.said.get("persons", ())))


def _merged(found: Sequence[Fact]) -> dict[str, Any]:
    """What is known of a leak: of what was said several times the last."""
    said: dict[str, Any] = {"fields": [], "cause": "unknown", "severity": "general", "how": "", "contact": "",
                            "title": "", "found_at": 0}  # fmt: skip
    for fact in found:
        if fact.what in (OPENED, DESCRIBED):
            said |= fact.said
    return said


def _view(core: Core, number: str, found: Sequence[Fact], *, timeline: bool = True) -> q.LeakView:
    said, steps = _merged(found), {fact.what: fact for fact in reversed(found)}
    states = [fact.what for fact in found if fact.what in STEPS and fact.what != "noted"]
    return q.LeakView(
        number,
        said["title"],
        said["cause"],
        said["severity"],
        said["found_at"],
        tuple(said["fields"]),
        said["how"],
        said["contact"],
        states[-1] if states else OPENED,
        "closed" not in steps,
        len(_persons(found)),
        sum(fact.said.get("unknown", 0) for fact in found),
        tuple(dict.fromkeys(order for fact in found for order in fact.said.get("canaries", ()))),
        _duties(core, said, steps),
        tuple(_told(fact) for fact in found) if timeline else (),
    )


def _told(fact: Fact) -> q.FactView:
    said = fact.said
    words = said.get("said", "") or said.get("how", "")
    return q.FactView(said.get("at", 0) or fact.at, fact.actor, fact.what, words, said.get("count", 0))


def _duties(core: Core, said: Mapping[str, Any], steps: Mapping[str, Fact]) -> tuple[q.DutyView, ...]:
    told = []
    for duty in duties():
        if duty.binds(said["severity"]):
            ended = due(duty, said["found_at"], core.zone)
            done = [steps[step].said.get("at", 0) or steps[step].at for step in duty.done_by if step in steps]
            told.append(
                q.DutyView(
                    duty.code,
                    ended.due_ms,
                    ended.basis,
                    ended.articles,
                    min(done, default=0),
                    duty.secondary,
                )
            )
    return tuple(told)


def urgent(core: Core) -> q.Urgent:
    """What the board says to those who may know: canaries touched in the last day, duties of leaks that are open."""
    conn, now = core.store.conn, core.now()
    touched: dict[str, int] = {}
    for one in canaries.lately(conn, core.desk, now - DAY_MS, MOST_LEAKS):
        touched[one.actor] = touched.get(one.actor, 0) + 1
    running = []
    for view in (_view(core, *_facts(core, n), timeline=False) for n in leaks.ids(conn, core.desk, 20)):
        owed = [duty for duty in view.duties if not duty.done_at] if view.open else []
        if owed:
            running.append((view.number, owed[0].code, owed[0].due))
    return q.Urgent(touched, tuple(running))
