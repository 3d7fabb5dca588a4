"""What the rights of a person change beside their request: their record, what finds them, and the end of their key.

Carried out in the transaction of the events that say so; the erasing itself by the worker, when nothing keeps it.
"""

from collections.abc import Iterable

from csdesk.desk.core import Core
from csdesk.desk.rights_plan import holdings
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.events import Event
from csdesk.domain.cases.privacy_rights import (
    ConsentWithdrawn,
    CorrectRecord,
    DataRestrained,
    RecordErased,
    RestraintLifted,
)
from csdesk.domain.value import replace
from csdesk.store import cases, restraint
from csdesk.store.connection import checkpoint, write
from csdesk.store.erasing import erase
from csdesk.store.index import index_texts
from csdesk.store.restraint import Restraint

# How long after its day the worker looks again whether the request, or a case begun since, is closed.
AGAIN_MS = 3_600_000
_CASES = "SELECT id FROM cases WHERE desk_id = ? AND customer = ? ORDER BY opened_at, id"
_OPEN = "SELECT count(*) FROM cases WHERE desk_id = ? AND customer = ? AND closed_at = 0"


def carry(core: Core, command: Command, case: Case, happened: Iterable[Event]) -> None:
    """Do to the person's record what a command on their request has come to, inside the caller's transaction."""
    conn, desk, person, now = core.store.conn, core.desk, case.customer, core.now()
    if isinstance(command, CorrectRecord):
        _correct(core, person, command.values())
    for one in happened:
        match one:
            case ConsentWithdrawn(items=consents):
                for purpose in consents:
                    restraint.withdraw(conn, desk, person, purpose, case.id, now, core.me.id)
            case DataRestrained(until=until):
                restraint.begin(conn, desk, Restraint(person, now, until, case.id))
            case RestraintLifted():
                _lift(core, person)
            case _:
                pass


def _correct(core: Core, person: str, values: dict[str, str]) -> None:
    known = core.store.people.open(person)
    if known is None:
        raise Refused("no_record")
    # Slots and types are the record's own: its fields are texts.
    corrected = replace(known, **values)  # type: ignore[arg-type]
    core.store.people.correct(person, corrected, core.now())


def _lift(core: Core, person: str) -> None:
    """Let a person be found again, by their record and by the words of their cases; the marks they had are gone."""
    conn, desk = core.store.conn, core.desk
    restraint.end(conn, desk, person, core.now())
    known = core.store.people.open(person)
    if known is not None:
        core.store.people.find_by(person, known)
    for (case,) in conn.execute(_CASES, (desk, person)).fetchall():
        texts = [
            (case, past.seq, person, text)
            for past in list(cases.history(conn, desk, case, core.store.keys))
            for name in past.event.sealed
            if (text := getattr(past.event, name))
        ]
        index_texts(conn, desk, core.store.people.text_key(), texts)


def erase_due(core: Core, case: Case, person: str) -> int:
    """Erase a person whose time has come, for good and on the record of the request; 0 when that is over.

    Otherwise in how many ms to look again: a case of theirs is open (their own request till it is closed), or a
    transaction that was told later is to be kept longer.
    """
    conn, desk, now = core.store.conn, core.desk, core.now()
    with write(conn):
        held = restraint.of_person(conn, desk, person)
        if held is None or held.case != case.id:
            return 0
        (busy,) = conn.execute(_OPEN, (desk, person)).fetchone()
        if busy:
            return AGAIN_MS
        keep = holdings(core, person, case.id).until
        if keep > now:
            restraint.keep_longer(conn, desk, person, keep)
            return keep - now
        core.within(RecordErased(), case.id, key=f"erased:{person}:{held.since}")
        erase(conn, desk, person, now)
    core.store.keys.drop(desk, person)
    checkpoint(conn)
    return 0
