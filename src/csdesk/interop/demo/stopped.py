"""The demonstration's incident: a carrier that stopped this morning, some of its cases in it and others not yet."""

from collections import Counter
from hashlib import sha256
from zoneinfo import ZoneInfo

from csdesk.desk.times import desk_times
from csdesk.domain import ids
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Actor, Context
from csdesk.domain.cases.incident import DescribeCause, JoinIncident
from csdesk.domain.cases.kinds import run
from csdesk.domain.cases.opening import Open
from csdesk.store import cases, folds
from csdesk.store.cases import Batch, Written
from csdesk.store.connection import bulk
from csdesk.store.file import Store

MEMBERS = 6
AGO_MS = 25 * 60_000
# Live cases about parcels, with their carriers; the desk of a million cases has some thousands of them.
_ABOUT = (
    "SELECT c.id, s.carrier FROM cases c JOIN shipment s ON s.desk_id = c.desk_id AND s.order_id = c.order_id"
    " AND s.number = 1 WHERE c.desk_id = ? AND c.queue IN ('complaints', 'inquiries', 'reissues') AND c.live = 1"
    " ORDER BY c.body"
)


def stopped(store: Store, actor: Actor, now: int) -> None:
    """Declare it for the carrier that most live cases name; nothing where no case names one."""
    found = store.conn.execute(_ABOUT, (store.desk.id,)).fetchall()
    named = Counter(carrier for _, carrier in found).most_common(1)
    if not named:
        return
    carrier = named[0][0]
    person = ids.uuid7(now, sha256(b"demo incident").digest()[:10])
    body = ids.make_body(int.from_bytes(sha256(b"demo incident").digest()[:5], "big") >> 5)
    if folds.find(store.conn, store.desk.id, body):
        return  # its number is taken, in one demonstration of millions
    batch = Batch()
    began = now - AGO_MS
    with bulk(store.conn):
        store.people.add(person)
        begin = Open(Kind.INCIDENT, reason="carrier_stopped", body=body, desk=store.desk.id, customer=person)
        case, head = _done(batch, store, None, b"", begin, actor, began)
        told = DescribeCause(f"{carrier}今晨停运", carrier=carrier)
        case, _ = _done(batch, store, case, head, told, actor, began + 1)
        for member in [id_ for id_, of in found if of == carrier][:MEMBERS]:
            loaded = folds.load(store.conn, store.desk.id, member)
            assert loaded is not None
            _done(batch, store, *loaded, JoinIncident(case.id), actor, max(loaded[0].changed_at, began + 2))
        cases.write(store.conn, store.desk.id, batch, store.people.text_key())


def _done(
    batch: Batch, store: Store, before: Case | None, head: bytes, command: Command, actor: Actor, at: int
) -> tuple[Case, bytes]:
    """A verb carried out: the case after it, and the new head of its chain."""
    key = f"demo:incident:{before.id if before else ''}:{command.verb.name}"
    ctx = Context(at, actor, key, zone=ZoneInfo(store.desk.zone), times=desk_times())
    decided = run(before, command, ctx)
    written = Written(before, decided.case, decided.events, head, at, actor.id, key, command.verb.name)
    return decided.case, cases.gather(batch, store.keys, written)
