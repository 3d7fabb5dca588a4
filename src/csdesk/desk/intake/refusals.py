"""Messages that were not taken: listed with their reasons, tried again when that was mended, or given up."""

from csdesk.desk.core import Core
from csdesk.desk.inbound import Receipt
from csdesk.desk.intake.enclosing import enclosed, with_held
from csdesk.desk.intake.reading import parse
from csdesk.desk.intake.receiving import Declined, declined, one
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.store.connection import write
from csdesk.store.evidence import release_held
from csdesk.store.inbound import Arrivals, Refusal


def refusals(core: Core, limit: int = 500) -> list[Refusal]:
    """What waits to be mended, the oldest first; never what stands in it."""
    core.need(Right.WORK)
    return Arrivals(core.store).refused(limit)


def retry(core: Core, id_: str) -> Receipt | Declined:
    """Take a refused message now; it is forgotten once it went through. Refused `no_such_refusal`."""
    core.need(Right.WORK)
    core = core.by_itself()
    raw, source = _open(core, id_)
    try:
        inbound = parse(raw, source, core.zone)
    except Refused as refused:
        with write(core.store.conn):
            return declined(core, raw, source, refused)
    with enclosed(core, with_held(core, inbound, id_)) as brought, write(core.store.conn):
        _open(core, id_)  # somebody else may have taken it meanwhile
        taken = one(core, brought, raw=raw)
        if not isinstance(taken, Declined):
            Arrivals(core.store).forget(id_)
    _let_go(core)
    return taken


def give_up(core: Core, id_: str) -> None:
    """Forget a refused message for good, with the key that it lies under. Refused `no_such_refusal`."""
    core.need(Right.WORK)
    with write(core.store.conn):
        if not Arrivals(core.store).forget(id_):
            raise Refused("no_such_refusal", id=id_)
    _let_go(core)


def _open(core: Core, id_: str) -> tuple[bytes, str]:
    found = Arrivals(core.store).open(id_)
    if found is None:
        raise Refused("no_such_refusal", id=id_)
    return found


def _let_go(core: Core) -> None:
    """Remove the files of messages that are held no more, once that is on the disk."""
    with write(core.store.conn):
        release_held(core.store)
