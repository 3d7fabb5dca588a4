"""Whether somebody is touching a canary: an alarm that is kept, and that whoever touched it does not notice."""

from csdesk.desk.core import Core
from csdesk.store import canaries, feed
from csdesk.store.connection import Connection, write


def watch(core: Core, how: str, *persons: str) -> None:
    """Keep an alarm for each of these persons who is a canary; a hash and a seek where none is (10 µs).

    A connection that only reads keeps nothing: what is asked behind one shows no customer.
    """
    conn = core.store.conn
    marks = canaries.among(conn, core.desk, core.store.people, persons)
    if not marks or conn.readonly:
        return
    if conn.in_transaction:
        _keep(core, conn, marks, how)
        return
    with write(conn):
        _keep(core, conn, marks, how)


def _keep(core: Core, conn: Connection, marks: list[str], how: str) -> None:
    now = core.now()
    fresh = [canaries.touched(conn, core.desk, mark, now, core.me.id, how) for mark in marks]
    if any(fresh):
        feed.note(conn, core.desk, now)  # a board that is open shows it
