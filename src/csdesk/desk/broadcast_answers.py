"""How a local desk tells everybody something: through the gate, without anybody's personal data."""

import os

from csdesk.desk import broadcast_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain import ids
from csdesk.domain.cases.case import Case, Kind, Phase
from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean_line
from csdesk.store import broadcasts, feed
from csdesk.store.broadcasts import Said

MINUTE_MS = 60_000
MOST_TEXT, MOST_MINUTES = 200, 24 * 60
# What nobody may tell all others, as `persons` calls it. Numbers of cases and orders are what a broadcast is about.
_PERSONAL = frozenset({"email", "identity", "phone", "card", "name"})


@answers(q.Broadcast)
def broadcast(core: Core, ask: q.Broadcast) -> Said:
    text = clean_line(ask.text, limit=10 * MOST_TEXT).text.strip()
    if not text:
        raise Refused("broadcast_empty")
    if len(text) > MOST_TEXT:
        raise Refused("broadcast_long", n=len(text), most=MOST_TEXT)
    if not 1 <= ask.minutes <= MOST_MINUTES:
        raise Refused("broadcast_minutes", n=ask.minutes, most=MOST_MINUTES)
    # Needs the parts that judge replies, which a console that only listens never loads.
    from csdesk.desk.persons import personal

    found = [one.what for one in personal(core, _of_nobody(core), text) if one.because in _PERSONAL]
    if found:
        raise Refused("broadcast_personal", found=tuple(dict.fromkeys(found)))
    now = core.now()
    said = Said(ids.uuid7(now, os.urandom(10)), core.me.id, text, now, now + ask.minutes * MINUTE_MS)
    broadcasts.say(core.store.conn, core.desk, said)
    feed.note(core.store.conn, core.desk, now)
    return said


def _of_nobody(core: Core) -> Case:
    """A case of no customer: everybody's data in a text is somebody else's."""
    return Case(core.desk, "", "", Kind.INQUIRY, "", Phase.OURS, 0, core.now(), "", "", "", "")


@answers(q.Unsay)
def unsay(core: Core, ask: q.Unsay) -> None:
    if not broadcasts.unsay(core.store.conn, core.desk, ask.broadcast):
        raise Refused("no_such_broadcast", broadcast=ask.broadcast[:40])
    feed.note(core.store.conn, core.desk, core.now())


@answers(q.Broadcasts)
def show_broadcasts(core: Core, ask: q.Broadcasts) -> list[Said]:
    return list(broadcasts.sayings(core.store.conn, core.desk, core.now()))
