"""What scans do to a case: the verb by which an import or the worker tells them, and the verbs that they call for."""

from collections.abc import Iterable

from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.case import Case, Kind, LineQty, Parcel
from csdesk.domain.cases.clocks import set_clocks
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Stamp
from csdesk.domain.cases.machine import MACHINES, Term
from csdesk.domain.cases.tracking_events import ARRIVED, HandedOver, ParcelOpened, TrackingTold
from csdesk.domain.roles import Right
from csdesk.domain.tracking import GRAVITY, OPENED, SHORT, Scan
from csdesk.domain.value import dataclass

# Asked about goods of the order, these cases are told of its shipments; the others of their own parcels alone.
ABOUT_SHIPMENTS = frozenset({Kind.COMPLAINT, Kind.INQUIRY, Kind.REFUND_ONLY})
_SCANS = ("", *(scan.value for scan in Scan))


@verb(
    "tell_tracking",
    right=Right.LOAD,
    shared=True,
    undo=Undo.NONE,
    why="record",
    example="csdesk case do RT-… tell_tracking waybill=SF1234567890123 standing=lost since=1761980400000 findings=lost",
)
@dataclass(frozen=True, slots=True)
class TellTracking(Command):
    """Say in the case where a parcel stands by its scans; times in UTC ms, `signed_at` 0 while it is not delivered.

    A parcel on its way back that is signed for starts the periods that count from the goods' arrival at that
    instant, whatever the merchant has booked (七日办法 §13: from receipt); a signature taken back stops them.
    """

    waybill: str
    standing: str = ""
    since: int = 0
    signed_at: int = 0
    findings: tuple[str, ...] = ()
    carrier: str = ""
    sent_at: int = 0

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        number = normal_waybill(self.waybill)
        if self.standing not in _SCANS:
            raise Refused("bad_choice", field="standing", value=self.standing, allowed=_SCANS[1:])
        if strange := [code for code in self.findings if code not in GRAVITY]:
            raise Refused("bad_choice", field="findings", value=strange[0], allowed=GRAVITY)
        own = next((p for p in case.parcels if normal_waybill(p.waybill) == number), None)
        if own is None and (case.kind not in ABOUT_SHIPMENTS or not case.order):
            raise Refused("no_such_parcel", waybill=self.waybill)
        before = own or next((p for p in case.shipments if p.waybill == number), None)
        findings = self._with_opened(before.findings if before else ())
        known = before.findings if before else ()
        if before is not None and same(before, self.standing, self.signed_at, findings):
            raise Refused("nothing_new", waybill=self.waybill)
        told = TrackingTold(
            own.waybill if own else number,
            own.id if own else "",
            self.carrier,
            self.standing,
            self.since,
            self.signed_at,
            findings,
            tuple(code for code in findings if code not in known),
            tuple(code for code in known if code not in findings),
            self.sent_at,
        )
        return (told, *(self._handed_over(case, own, ctx) if own else ()))

    def _with_opened(self, known: tuple[str, ...]) -> tuple[str, ...]:
        """The findings of the trail and what people found in the parcel, gravest first."""
        return in_order((*self.findings, *(code for code in known if code in OPENED)))

    def _handed_over(self, case: Case, parcel: Parcel, ctx: Context) -> tuple[Event, ...]:
        """A signature at the merchant's, or one that was taken back, and the clocks that follow it."""
        if parcel.direction != "back" or parcel.received_at or parcel.signed_at == self.signed_at:
            return ()
        handed = HandedOver(parcel.id, parcel.waybill, self.signed_at, parcel.signed_at)
        after = handed.fold(case, Stamp(ctx.now, ctx.actor.id))
        started = tuple(term.start(after, ctx) for term in arrival_terms(case))
        names = {clock.name for clock in started}
        began = parcel.signed_at
        kept = tuple(c for c in case.clocks if not (c.name in names and began and c.started == began))
        running = {clock.name for clock in kept}
        if not after.counters.get(ARRIVED):
            started = ()
        clocks = kept + tuple(clock for clock in started if clock.name not in running)
        changed = set(clocks) != set(case.clocks)
        return (handed, *((set_clocks(clocks),) if changed else ()))


def same(parcel: Parcel, scan: str, signed_at: int, findings: tuple[str, ...]) -> bool:
    """Whether this is where the case knows the parcel to stand: a scan more on the way is nothing to tell."""
    far = Scan(scan).far if scan else 0
    return (far, signed_at, set(findings)) == (
        Scan(parcel.standing).far if parcel.standing else 0,
        parcel.signed_at,
        set(parcel.findings),
    )


def in_order(findings: Iterable[str]) -> tuple[str, ...]:
    """Findings once each, the gravest first."""
    return tuple(code for code in GRAVITY if code in set(findings))


def arrival_terms(case: Case) -> tuple[Term, ...]:
    """The terms that count from the goods' arrival where booking it leads, and that do nothing by themselves."""
    machine = MACHINES[case.kind]
    edge = machine.edge("receive", case.state)
    if edge is None:
        return ()
    return tuple(
        t for t in machine.state(edge.target or case.state).terms if t.since == "received" and not t.then
    )


def opened(case: Case, waybill: str, findings: tuple[str, ...]) -> tuple[Event, ...]:
    """What people found in a parcel, of the one they name or the only one that came back; none where it is unclear."""
    number = normal_waybill(waybill)
    back = [p for p in case.parcels if p.direction == "back" and not p.lost_at]
    named = [p for p in back if normal_waybill(p.waybill) == number] if number else back
    new = tuple(code for code in findings if len(named) == 1 and code not in named[0].findings)
    return (ParcelOpened(named[0].id, new),) if new else ()


def shortfall(announced: tuple[LineQty, ...], came: tuple[LineQty, ...]) -> tuple[str, ...]:
    """`short` where fewer units of a line came than the parcel was to hold."""
    here = {units.line: units.qty for units in came}
    return (SHORT,) if any(here.get(units.line, 0) < units.qty for units in announced) else ()


def urged(case: Case) -> tuple[str, ...]:
    """The verbs that the parcels call for now: a lost one is to be settled, one that was signed for to be booked."""
    machine, found = MACHINES[case.kind], dict[str, None]()
    for parcel in case.parcels:
        if not parcel.on_its_way:
            continue
        if Scan.LOST.value in parcel.findings:
            found["parcel_lost"] = None
        elif parcel.direction == "home" and parcel.standing == Scan.RETURNED:
            found["came_back"] = None
        elif parcel.signed_at and parcel.direction in ("back", "home"):
            found["receive" if parcel.direction == "back" else "deliver"] = None
    # The consumer's own goods go before all else, once nothing is owed and all is looked at.
    owed = any(line.refundable > 0 or line.received > line.inspected for line in case.lines)
    if not owed and any(line.for_home for line in case.lines):
        found["send_home"] = None
    return tuple(name for name in found if machine.edge(name, case.state))
