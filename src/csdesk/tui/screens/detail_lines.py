"""The lines of the detail screen: deadlines step by step, a ledger payment by payment, trails scan by scan."""

from collections.abc import Iterator, Sequence

from csdesk.desk.clock_queries import ClockTold
from csdesk.desk.law import wording
from csdesk.desk.money_queries import Ledger, LedgerEntry, LedgerPayment
from csdesk.desk.parcel_queries import ParcelView, ScanView
from csdesk.domain.cases.case import RefundPart
from csdesk.tui import cells
from csdesk.tui.screens.clock_lines import clock_lines
from csdesk.tui.screens.money_lines import SIGNS, WAITS, in_kind
from csdesk.tui.screens.parcel_lines import indented, wrong
from csdesk.tui.screens.scene import Scene, folded
from csdesk.tui.screens.way_lines import way_line
from csdesk.tui.summary import Line


def _wrapped(text: str, how: str, width: int, indent: int) -> list[Line]:
    return [[(" " * indent, "text"), (line, how)] for line in cells.wrap(text, width - indent)]


# Deadlines


def clocks_told(scene: Scene, found: Sequence[ClockTold], width: int) -> list[Line]:
    """Each deadline, and how it came to its day."""
    lines: list[Line] = []
    for told in found:
        gap: list[Line] = [[]] if lines else []
        lines += [*gap, *clock_lines(scene.words, told.clock, scene.now, width, scene.name_of)]
        for n, step in enumerate(told.steps, 1):
            lines += _wrapped(f"{n} {wording.line(step, scene.words)}", "text", width, 4)
    return lines


# Money


def ledger_told(scene: Scene, found: Ledger, width: int) -> list[Line]:
    """The lines of the order, its payments with what each gave back for which case, what was paid on top."""
    words = scene.words
    lines: list[Line] = []
    for line in found.lines:
        told = words(
            "ledger.line",
            line=line.line,
            title=cells.safe(line.title),
            qty=line.qty,
            paid=words.money(line.paid, found.currency),
            units=line.refunded_units,
            back=words.money(line.refunded, found.currency),
        )
        lines += _wrapped(told, "text", width, 0)
    for payment in found.payments:
        lines += [[], *_payment(scene, found, payment, width)]
    if found.beside:
        lines += [[], [(words("ledger.beside"), "accent")]]
        for entry in found.beside:
            lines += _entry(scene, entry, width)
    sound = ("good", "ledger.sound") if found.sound else ("bad", "ledger.unsound")
    return [*lines, [], *_wrapped(words(sound[1]), sound[0], width, 0)]


def _payment(scene: Scene, found: Ledger, payment: LedgerPayment, width: int) -> list[Line]:
    words = scene.words
    sums = ("captured", "returned", "promised", "confirmed", "left")
    told = words(
        "ledger.payment", **{name: words.money(getattr(payment, name), found.currency) for name in sums}
    )
    head = f"{payment.number}. {words.code('method', payment.method)}"
    lines: list[Line] = [[(head, "accent")], *_wrapped(told, "bad" if payment.left < 0 else "text", width, 3)]
    for entry in payment.entries:
        lines += _entry(scene, entry, width)
    return lines


def _entry(scene: Scene, entry: LedgerEntry, width: int) -> list[Line]:
    """A refund by one payment: case, for what, how much, what became of it; below, who did what and when."""
    words = scene.words
    sign, how = SIGNS.get(entry.state, WAITS)
    part = RefundPart(0, entry.method, entry.minor, entry.kind, entry.count, entry.if_expired)
    units = words.units(entry.units)
    state = words.code("refund_state", entry.state) + (words("ledger.twice") if entry.twice else "")
    line: Line = [
        (f"   {sign}", how),
        (in_kind(scene, part), "strong"),
        (f"  {state}", how),
        (f"  {words.code('cause', entry.cause)} {units}".rstrip(), "text"),
        (f"  {entry.case}", "quiet"),
    ]
    steps: Line = [(f"{step}  ", "quiet") for step in _steps(scene, entry)]
    return [
        *folded(line, width, 5),
        *([("     ", "text"), *piece] for piece in folded(steps, width - 5)),
        *(
            [("     ", "text"), (words("ledger.less", name=words.code("deduction", one.name),
              amount=scene.money(one.minor), asked=scene.money(one.asked) if one.asked != one.minor else ""), "quiet")]
            for one in entry.less
        ),
    ]  # fmt: skip


def _steps(scene: Scene, entry: LedgerEntry) -> Iterator[str]:
    words, name = scene.words, scene.name_of
    yield words("ledger.proposed", who=cells.safe(name(entry.by)), at=words.short(entry.at))
    if entry.approved_by:
        who = cells.safe(name(entry.approved_by))
        behalf = cells.safe(name(entry.approved_for)) if entry.approved_for else ""
        yield words("ledger.approved", who=who, behalf=behalf, at=words.short(entry.approved_at))
    if entry.sent_at:
        yield words("ledger.sent", at=words.short(entry.sent_at))
    if entry.settled_at:
        yield words(
            "ledger.settled",
            at=words.short(entry.settled_at),
            reference=cells.safe(entry.reference),
            why=cells.safe(words.code("reason", entry.failure)) if entry.failure else "",
        )


# Parcels


def parcels_told(scene: Scene, found: Sequence[ParcelView], width: int) -> list[Line]:
    """Each parcel with what is wrong with it and all its scans, the newest first."""
    words = scene.words
    lines: list[Line] = []
    for parcel in found:
        head: Line = [(cells.safe(parcel.waybill), "strong")]
        for one in parcel.parcels[:1]:
            head.append((f"  {cells.safe(one.carrier)}", "text"))
            head.append((f"  {words.code('direction', one.direction)}", "quiet"))
        for carrier in parcel.carriers[:1]:
            head.append((f"  {cells.safe(carrier.name)} {cells.safe(carrier.phone)}".rstrip(), "quiet"))
        lines += [*([[]] if lines else []), *folded(head, width, 2)]
        findings = dict.fromkeys(code for one in parcel.parcels for code in one.findings)
        for one in parcel.parcels[:1]:
            lines += indented(way_line(words, one, scene.now), width)
        lines += [[piece] for piece in wrong(words, findings)]
        for scan in reversed(parcel.scans):
            lines += _scan(scene, scan, width)
        if not parcel.scans:
            lines.append([("  ", "text"), (words("parcel.no_scans"), "quiet")])
    return lines


def _scan(scene: Scene, scan: ScanView, width: int) -> list[Line]:
    words = scene.words
    told = "  ".join(cells.safe(part) for part in (scan.place, scan.text, scan.courier) if part)
    room = 13 + 11
    first, *rest = cells.wrap(told, max(width - room - 2, 8)) if told else [""]
    line: Line = [
        ("  ", "text"),
        (cells.fit(words.short(scan.at), 13), "quiet"),
        (cells.fit(words.code("scan", scan.scan), 11), "accent"),
        (first, "text"),
    ]
    more: list[Line] = [[(" " * (room + 2), "text"), (piece, "text")] for piece in rest]
    doubt: list[Line] = [[(" " * room, "text"), *wrong(words, (scan.doubt,))]] if scan.doubt else []
    return [line, *more, *doubt]
