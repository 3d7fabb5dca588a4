"""Parcels in transit asked after, in batches and never the same one more often than the setting says.

That a parcel is asked after is written down before the question leaves: neither a fault nor a killed process makes a
desk ask twice. A carrier that does not answer is left alone for longer and longer (`pollers.pause_s`).
"""

from collections.abc import Iterable

from csdesk.desk.carrier_source import Keeper, NotUnderstood, Scanned
from csdesk.desk.core import Core
from csdesk.desk.tracking import on_its_way
from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.carriage import standing
from csdesk.domain.tracking import ENDS
from csdesk.domain.value import dataclass, replace
from csdesk.effects.carriers.port import Awaited, Tracks
from csdesk.effects.pollers import NoAnswer
from csdesk.effects.ports import Failed
from csdesk.store import asked_parcels, folds, tracking
from csdesk.store.asked_parcels import Due
from csdesk.store.connection import write

# Between two looks at which parcels are due; the parcels' own interval is the setting's.
LOOK_S = 60.0
# Questions of one look: a desk that comes up after a weekend spreads them over some looks.
MOST_BATCHES = 20


@dataclass(frozen=True, slots=True)
class Polled:
    """What a look came to: parcels asked after, scans added or changed, open cases told."""

    asked: int = 0
    added: int = 0
    changed: int = 0
    told: int = 0
    problems: tuple[str, ...] = ()


class Polling:
    """Asks `tracks` after what is due and hands what it tells to `keep`."""

    def __init__(self, tracks: Tracks, keep: Keeper, *, every_ms: int, batch: int) -> None:
        self._tracks = tracks
        self._keep = keep
        self._every_ms = every_ms
        self._batch = batch

    def look(self, core: Core) -> Polled:
        """Ask after all that is due; raises NoAnswer at the first question without an answer."""
        done = Polled()
        for _ in range(MOST_BATCHES):
            parcels = self._due(core)
            if parcels is None:
                break
            if not parcels:
                continue
            scanned = self._ask(core, parcels)
            done = replace(
                done,
                asked=done.asked + len(parcels),
                added=done.added + scanned.added,
                changed=done.changed + scanned.changed,
                told=done.told + scanned.told,
                problems=(*done.problems, *scanned.problems)[:10],
            )
        return done

    def _due(self, core: Core) -> list[Awaited] | None:
        """The next batch, written down as asked after; empty when all of it has ended, None when nothing is due."""
        conn, now = core.store.conn, core.now()
        with write(conn):
            found = asked_parcels.due(conn, core.desk, now, self._every_ms, self._batch)
            asked_parcels.asked(conn, core.desk, (parcel.waybill for parcel in found), now)
        if not found:
            return None
        return [Awaited(p.carrier, p.waybill) for p in _once(found) if _awaited(core, p)]

    def _ask(self, core: Core, parcels: list[Awaited]) -> Scanned:
        told = self._tracks.track(parcels)
        if isinstance(told, Failed):
            _note(core, told.reason)
            raise NoAnswer(told.reason)
        try:
            scanned = self._keep(core.by_itself(), told.document)
        except NotUnderstood:
            _note(core, "not_understood")
            raise NoAnswer("not_understood") from None
        _note(core, "")
        return scanned


def _once(found: Iterable[Due]) -> Iterable[Due]:
    """Each waybill once; of a case rather than of an order, since a case knows more of its end."""
    by_waybill: dict[str, Due] = {}
    for parcel in found:
        if parcel.waybill not in by_waybill or parcel.case:
            by_waybill[parcel.waybill] = parcel
    return by_waybill.values()


def _awaited(core: Core, parcel: Due) -> bool:
    """Whether anybody still waits for scans: not once its trail has ended, or its case has booked it or is closed."""
    events = tracking.trail(core.store.conn, core.desk, parcel.waybill)
    if any(event.scan in ENDS for event in events):
        return False
    if not parcel.case:
        return True
    found = folds.load(core.store.conn, core.desk, parcel.case)
    if found is None or not found[0].open:
        return False
    labels = {normal_waybill(ask.waybill) for ask in standing(found[0])}
    return on_its_way(found[0], parcel.waybill) or parcel.waybill in labels


def _note(core: Core, fault: str) -> None:
    """Write down how the carrier stands after it was asked."""
    conn, now = core.store.conn, core.now()
    with write(conn):
        state = asked_parcels.state(conn, core.desk)
        told = {"failed_at": now, "fault": fault} if fault else {"answered_at": now, "fault": ""}
        asked_parcels.put_state(conn, core.desk, replace(state, **told))  # type: ignore[arg-type]
