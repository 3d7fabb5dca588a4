"""The feed of events for other systems: every one, in order, from any place, and of nobody's person."""

import threading
from base64 import urlsafe_b64encode

import pytest

from csdesk.desk.event_answers import OPEN_FIELDS, open_fields
from csdesk.desk.event_queries import EventPage, EventsAfter
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Prioritise
from csdesk.domain.roles import Role
from csdesk.store import feed
from csdesk.store.connection import write
from csdesk.store.dsn import Dsn
from tests.building import DeskFile, desk_file, on_postgres

__all__ = ["desk_file"]


@pytest.fixture(params=["sqlite", "postgres"])
def anywhere(request: pytest.FixtureRequest, desk_file: DeskFile) -> DeskFile:
    if request.param == "postgres":
        dsn: Dsn = request.getfixturevalue("postgres_desks")
        on_postgres(desk_file, dsn)
    return desk_file


def pages(desk: DeskFile, after: str = "", limit: int = 3) -> list[EventPage]:
    core, found = desk.core("sun"), []
    while True:
        found.append(core.ask(EventsAfter(after, limit)))
        after = found[-1].after
        if not found[-1].more:
            return found


def committed(desk: DeskFile) -> set[tuple[str, int]]:
    store = desk.store()
    return set(
        store.conn.execute("SELECT case_id, seq FROM event WHERE desk_id = ?", (store.desk.id,)).fetchall()
    )


def test_every_event_comes_once_in_order_page_by_page(anywhere: DeskFile):
    wang, zhao = anywhere.core("wang"), anywhere.core("zhao")
    for n in range(3):
        case = wang.do(Open(Kind.RETURN, anywhere.order(), (LineQty(1, 1),))).case
        case = wang.do(Note("客户张伟，电话 13812345678"), case.id, version=case.version).case
        zhao.do(Prioritise(n % 2 + 1), case.id, version=case.version)
    found = pages(anywhere)
    told = [one for page in found for one in page.events]
    assert [(one.case, one.seq) for one in told] == sorted(
        {(one.case, one.seq) for one in told},
        key=lambda one: [(o.change, o.seq) for o in told if (o.case, o.seq) == one],
    )
    assert {(one.case, one.seq) for one in told} == committed(anywhere) and len(told) == len(
        committed(anywhere)
    )
    assert [one.change for one in told] == sorted(one.change for one in told)
    assert told[0].fields["to"] and told[0].number.startswith("RT-")
    everything = repr(told)
    assert not any(part in everything for part in ("张伟", "1381234", "138*", "W2611"))
    # Nothing new, then one thing.
    last = found[-1].after
    assert pages(anywhere, last)[0].events == ()
    wang.do(Note("再来"), case.id)
    assert [one.event for one in pages(anywhere, last)[0].events][:1] == ["noted"]


def test_no_event_is_missed_while_four_write_at_once(anywhere: DeskFile):
    orders = [anywhere.order() for _ in range(12)]
    cores = [anywhere.core("wang") for _ in range(4)] if anywhere.dsn else []

    def work(n: int) -> None:
        core = cores[n] if cores else anywhere.core("wang")
        for order in orders[n::4]:
            core.do(Open(Kind.RETURN, order, (LineQty(1, 1),)))

    if not cores:
        for n in range(4):
            work(n)
    writers = [threading.Thread(target=work, args=(n,)) for n in range(4 if cores else 0)]
    for one in writers:
        one.start()
    seen, after = [], ""
    core = anywhere.core("sun")
    while True:
        over = not any(one.is_alive() for one in writers)
        page = core.ask(EventsAfter(after, 5))
        seen += [(one.case, one.seq) for one in page.events]
        after = page.after
        if over and not page.more:
            break
    assert len(seen) == len(set(seen)) and set(seen) == committed(anywhere)


def test_who_comes_too_late_or_from_elsewhere_is_told_so(desk_file: DeskFile):
    wang = desk_file.core("wang")
    wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),)))
    first = desk_file.core("sun").ask(EventsAfter("", 1)).after
    for _ in range(3):
        wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),)))
    store = desk_file.store()
    with write(store.conn):
        feed.prune(store.conn, store.desk.id, 1)
    ahead = urlsafe_b64encode(f"{store.desk.file_id}.99.0".encode()).decode().rstrip("=")
    foreign = urlsafe_b64encode(f"{'0' * 16}.1.0".encode()).decode().rstrip("=")
    for after in (first, ahead, foreign):
        with pytest.raises(Refused) as refused:
            desk_file.core("sun").ask(EventsAfter(after))
        assert refused.value.code == "events_gone"
    for after in ("x", "数", "A" * 200, "!!!!"):
        with pytest.raises(Refused) as refused:
            desk_file.core("sun").ask(EventsAfter(after))
        assert refused.value.code == "bad_cursor"
    assert {one.change for one in pages(desk_file)[0].events} == {4}


def test_who_may_follow(desk_file: DeskFile):
    for who, role in (("sun", None), ("gao", None), ("shop", Role.INTEGRATION)):
        assert desk_file.core(who, role=role).ask(EventsAfter()).events == ()
    for who in ("wang", "chen", "zhao"):
        with pytest.raises(Refused, match="no_right"):
            desk_file.core(who).ask(EventsAfter())


def test_only_numbers_and_codes_leave():
    payload = (
        '{"to":"done","reason":"客户说太吵","due":5,"customer":"c1","order_number":"W1","clocks":["a","b c"],'
        '"refund":{"id":"r","minor":1990,"reason":"随便写","by":"wang"},"kind":"return"}'
    ).encode()
    assert open_fields(payload) == {
        "to": "done",
        "due": 5,
        "kind": "return",
        "refund": {"id": "r", "minor": 1990},
    }
    assert not OPEN_FIELDS & {
        "customer",
        "order",
        "order_number",
        "waybill",
        "name",
        "note",
        "address",
        "reference",
    }
