"""Where parcels stand now, and the open cases that hear of it: after an import of scans, and when one falls silent."""

from collections.abc import Iterable, Iterator
from dataclasses import field

from csdesk.desk.core import Core
from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.carriage import BookCollected
from csdesk.domain.cases.carriage_events import collected, labelled
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kinds import run
from csdesk.domain.cases.tracking import ABOUT_SHIPMENTS, TellTracking
from csdesk.domain.tracking import ALL_CONSENTS, Event, Scan, Standing, standing
from csdesk.domain.value import dataclass
from csdesk.store import cases, orders, tracking
from csdesk.store.cases import Batch, Written
from csdesk.store.tracking import NEVER_STALE, Known

# The fact by which people say that the receiver had agreed, in the words of the question `delivery`.
CONSENT = "proxy_consented"
_TOLD_OF_ORDERS = ", ".join(f"'{kind.value}'" for kind in sorted(ABOUT_SHIPMENTS))
_OF_ORDER = (
    f"SELECT id FROM cases WHERE desk_id = ? AND order_id = ? AND kind IN ({_TOLD_OF_ORDERS}) AND closed_at = 0"
    " ORDER BY id"
)


def stands(core: Core, parcel: Known, events: tuple[Event, ...], case: Case | None = None) -> Standing:
    """Where a parcel stands now; what people found out in `case` about the receiver's consent counts."""
    consents = parcel.consents
    if case is not None and parcel.direction in ("out", "home") and case.stated(0).get(CONSENT) is True:
        consents = ALL_CONSENTS
    code = core.carriers.code(parcel.carrier, parcel.waybill)
    # What its order or its case knows to have ended is awaited by nobody.
    ended = parcel.told_at or (case is not None and parcel.case and not on_its_way(case, parcel.waybill))
    return parcel.with_told(
        standing(
            events,
            core.now(),
            shipped_at=parcel.at,
            stale_hours=NEVER_STALE if ended else core.carriers.stale_hours(parcel.carrier, parcel.waybill),
            consents=consents,
            couriers=tracking.couriers(core.store.conn, core.desk, code, (event.courier for event in events)),
        )
    )


@dataclass(slots=True)
class _Teller:
    """The cases that one look at parcels tells, each as it stands after what it was told before."""

    core: Core
    batch: Batch = field(default_factory=Batch)
    cases: dict[str, tuple[Case, bytes]] = field(default_factory=dict)

    def parcel(self, parcel: Known, events: tuple[Event, ...]) -> int:
        """Tell the cases of a parcel; when to look again, 0 for when scans come."""
        now, due = self.core.now(), 0
        hours = self.core.carriers.stale_hours(parcel.carrier, parcel.waybill)
        if parcel.order and not parcel.told_at:
            due = stands(self.core, parcel, events).stale_at(hours)
        for case_id in self._concerned(parcel):
            if (case := self._case(case_id)) is None:
                continue
            told = stands(self.core, parcel, events, case)
            if parcel.case and on_its_way(case, parcel.waybill):
                due = told.stale_at(hours)
            self._tell(case, parcel, told)
        return due if due > now else 0

    def _concerned(self, parcel: Known) -> Iterator[str]:
        if parcel.case:
            yield parcel.case
            return
        for (id_,) in self.core.store.conn.execute(_OF_ORDER, (self.core.desk, parcel.order)).fetchall():
            yield id_

    def _case(self, case_id: str) -> Case | None:
        """An open case that this csdesk can write."""
        if case_id not in self.cases:
            if cases.unknown_events(self.core.store.conn, self.core.desk, case_id):
                return None
            self.cases[case_id] = self.core.load(case_id)
        case = self.cases[case_id][0]
        return case if case.open else None

    def _tell(self, case: Case, parcel: Known, told: Standing) -> None:
        if told.scan not in (None, Scan.OTHER) and parcel.case and _unbooked(case, parcel.waybill):
            key = f"collected:{parcel.waybill}:{case.id}:{case.version}"
            if not self._run(case, BookCollected(parcel.waybill), key, ("no_such_parcel", "wrong_state")):
                return
            case = self.cases[case.id][0]
        known = any(normal_waybill(p.waybill) == parcel.waybill for p in (*case.parcels, *case.shipments))
        if not known and told.scan is None and not told.findings:
            return
        command = TellTracking(
            parcel.waybill,
            told.scan.value if told.scan else "",
            told.since,
            told.delivered_at,
            told.findings,
            parcel.carrier,
            parcel.at,
        )
        # Where it stands as before, and of a parcel that the case has as another kind no more, nothing is told.
        self._run(
            case,
            command,
            f"tracking:{parcel.waybill}:{case.id}:{case.version}",
            ("nothing_new", "no_such_parcel"),
        )

    def _run(self, case: Case, command: Command, key: str, passing: tuple[str, ...]) -> bool:
        """Carry a verb out in the batch; False where it was refused with one of the codes that tell nothing."""
        core = self.core
        order = orders.facts(core.store.conn, core.desk, case.order, case.id) if case.order else None
        ctx = core.context(key, order)
        try:
            decided = run(case, command, ctx)
        except Refused as refused:
            if refused.code in passing:
                return False
            raise
        _, head = self.cases[case.id]
        written = Written(
            case, decided.case, decided.events, head, ctx.now, core.me.id, key, command.verb.name
        )
        self.cases[case.id] = decided.case, cases.gather(self.batch, core.store.keys, written)
        return True


def _unbooked(case: Case, waybill: str) -> bool:
    """Whether a label of the case has this waybill, and no parcel yet."""
    ask = labelled(case, waybill)
    return ask is not None and not collected(case, ask)


def on_its_way(case: Case, waybill: str) -> bool:
    """Whether a parcel of the case with this waybill has neither arrived nor been lost."""
    return any(normal_waybill(p.waybill) == waybill and p.on_its_way for p in case.parcels)


def tell(core: Core, waybills: Iterable[str]) -> int:
    """Look at these parcels anew, inside the caller's transaction; how many cases were told of a change.

    Scans that came before their parcel are joined to it, and a timer waits for the hour at which silence is told.
    """
    conn, desk, teller = core.store.conn, core.desk, _Teller(core)
    found, timers = tracking.known_all(conn, desk, waybills), dict[str, int]()
    tracking.join_all(core.store, found)
    for waybill, events in tracking.refresh_all(conn, desk, found).items():
        parcels = [parcel for parcel in found[waybill] if parcel.direction]
        # A carrier's clock may run ahead of this desk's: such a scan counts once its time has come.
        ahead = [event.at for event in events if event.at > core.now()] if parcels else []
        looks = (at for parcel in parcels if (at := teller.parcel(parcel, events)))
        timers[waybill] = min((*ahead[:1], *looks), default=0)
    tracking.set_timers(conn, desk, timers, core.now())
    if teller.batch.cases:
        cases.write(conn, desk, teller.batch, core.store.people.text_key())
    return len(teller.batch.cases)
