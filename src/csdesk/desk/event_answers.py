"""How a local desk tells other systems of its events: numbers and codes, nothing that names a person."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Any

import msgspec

from csdesk.desk import event_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.ids import number
from csdesk.store.connection import read
from csdesk.store.events import Position, Told, stretch

MOST_EVENTS = 500
# Of the fields that lie open in events those that hold a number or a code of ours. What is not named here stays
# here, so that a field that somebody adds tells nothing until somebody has thought of it. Left out are above all
# customers, orders and their numbers, waybills, names of files, references of banks, and all that was typed.
OPEN_FIELDS = frozenset({
    "to", "phase", "kind", "verb", "outcome", "decides", "reason", "article", "priority", "level", "clock", "due",
    "until", "channel", "currency", "language", "merchant", "direction", "carrier", "state", "late", "twice", "party",
    "clocks", "result", "incident", "step", "timing", "decision", "nature", "off", "flag", "grounds", "stance", "days",
    "sent_at", "signed_at", "medium", "assignee", "platform", "count", "cases", "refund", "id",
})  # fmt: skip
# Of a refund: what a report of money needs.
_REFUND = frozenset({"id", "minor", "cause", "state", "at"})
_CODE = re.compile(r"[A-Za-z0-9_.:-]{0,64}", re.ASCII)
_CURSOR = re.compile(r"([0-9a-f]{16})\.(\d{1,18})\.(\d{1,18})", re.ASCII)


@answers(q.EventsAfter)
def events(core: Core, ask: q.EventsAfter) -> q.EventPage:
    place = _place(core, ask.after) if ask.after else None
    limit = min(max(ask.limit, 1), MOST_EVENTS)
    with read(core.store.conn) as conn:
        found = stretch(conn, core.desk, place, limit)
    if found.gone:
        raise Refused("events_gone")
    return q.EventPage(
        tuple(_told(one) for one in found.events), _cursor(core, found.after), len(found.events) == limit
    )


def told_number(told: Told) -> str:
    """The case's number as people say it."""
    return number(Kind(told.kind).letters, told.body)


def told_id(told: Told) -> str:
    """What an event is called wherever it is told, and however often."""
    return f"{told.case}:{told.seq}"


def _told(told: Told) -> q.EventTold:
    hidden = told.kind == Kind.REPORT
    return q.EventTold(
        told_id(told), told.change, told.case, told_number(told), told.kind, told.type, told.seq, told.verb,
        "" if hidden else told.actor, told.at, {} if hidden else open_fields(told.payload),
    )  # fmt: skip


def open_fields(payload: bytes) -> dict[str, Any]:
    """The fields of an event that may leave the desk."""
    document: dict[str, Any] = msgspec.json.decode(payload)
    found = {name: value for name, value in document.items() if name in OPEN_FIELDS and _plain(value)}
    refund = document.get("refund")
    if isinstance(refund, dict):
        found["refund"] = {
            name: refund[name] for name in sorted(_REFUND & refund.keys()) if _plain(refund[name])
        }
    return found


def _plain(value: object) -> bool:
    """A number, a code of ours, or a list of codes: no sentence, no address."""
    if isinstance(value, list):
        return all(isinstance(one, str) and _CODE.fullmatch(one) for one in value)
    return isinstance(value, int) or (isinstance(value, str) and _CODE.fullmatch(value) is not None)


def _cursor(core: Core, at: Position) -> str:
    said = f"{core.store.desk.file_id}.{at.change}.{at.seq}"
    return urlsafe_b64encode(said.encode()).decode().rstrip("=")


def _place(core: Core, said: str) -> Position:
    """Refused `bad_cursor` for what no page of ours gave, `events_gone` for what another desk's gave."""
    try:
        found = _CURSOR.fullmatch(
            urlsafe_b64decode(said.encode("ascii") + b"=" * (-len(said) % 4)).decode("ascii")
        )
    except (NotBase64, ValueError):
        found = None
    if found is None:
        raise Refused("bad_cursor")
    if found[1] != core.store.desk.file_id:
        raise Refused("events_gone")
    return Position(int(found[2]), int(found[3]))
