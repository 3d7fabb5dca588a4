"""Parcels in lines: which way, with whom, what is in them, where they stand by their scans, what is wrong."""

from csdesk.desk.parcel_queries import Trail
from csdesk.desk.words import Words
from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.carriage_events import CANCEL, collected
from csdesk.domain.cases.case import CarrierAsk, Kind, Parcel
from csdesk.tui import cells
from csdesk.tui.screens.scene import Scene, folded
from csdesk.tui.screens.way_lines import way_line
from csdesk.tui.summary import Line

# What is asked of goods that may not have come: here the order's own parcels are the matter.
_ABOUT_ORDER = frozenset({Kind.COMPLAINT, Kind.INQUIRY, Kind.REFUND_ONLY, Kind.REISSUE, Kind.REPORT})


def parcels(scene: Scene, width: int) -> list[Line]:
    """Parcels of the case, then those of its order that are the matter or that something is wrong with."""
    case = scene.view.case
    lines: list[Line] = []
    address = case.address or scene.view.return_address
    if address and case.state == "approved_wait_ship":
        told = scene.words("parcel.to", address=cells.safe(address))
        lines += [[(line, "text")] for line in cells.wrap(told, width)]
    trails = {normal_waybill(trail.waybill): trail for trail in scene.view.trails}
    own = set()
    for parcel in case.parcels:
        number = normal_waybill(parcel.waybill)
        own.add(number)
        lines += folded(_parcel(scene.words, parcel, trails.get(number)), width, 6)
        # What has come, or will not, has no way to look at any more, unless something went wrong on it.
        if (trail := trails.get(number)) and (parcel.on_its_way or trail.findings):
            lines += indented(way_line(scene.words, trail, scene.now), width)
    for ask in case.carrier_asks:
        if ask.what != CANCEL and not collected(case, ask):
            lines += folded(_ask(scene.words, ask), width, 6)
    for number, trail in trails.items():
        if number not in own and (trail.findings or case.kind in _ABOUT_ORDER):
            lines += folded(trail_line(scene.words, trail), width, 6)
            lines += indented(way_line(scene.words, trail, scene.now), width)
    if lines and trails:
        lines[-1] = [*lines[-1], (f"  {scene.key_of('parcels')} {scene.words('parcel.scans')}", "accent")]
        lines[-1:] = folded(lines[-1], width, 6)
    return lines


def indented(line: Line, width: int) -> list[Line]:
    """A line of pieces under another, a little to the right; nothing for none."""
    return [[("  ", "text"), *piece] for piece in folded(line, width - 2)] if line else []


def _parcel(words: Words, parcel: Parcel, trail: Trail | None) -> Line:
    inside = words.units(parcel.lines)
    line: Line = [
        (cells.fit(words.code("direction", parcel.direction), 6), "text"),
        (f"{cells.safe(parcel.carrier)} {cells.safe(parcel.waybill)}", "text"),
        (f"  {inside}  {words.short(parcel.at)}", "quiet"),
    ]
    findings = dict.fromkeys((*parcel.findings, *(trail.findings if trail else ())))
    scan, since = (trail.scan, trail.since) if trail else (parcel.standing, parcel.since)
    if parcel.received_at:
        code = "parcel.at_home" if parcel.direction == "home" else "parcel.received"
        line.append((f"  + {words(code, at=words.short(parcel.received_at))}", "good"))
    elif parcel.returned_at:
        line.append((f"  x {words('parcel.came_back', at=words.short(parcel.returned_at))}", "soon"))
    elif parcel.lost_at:
        line.append((f"  x {words('parcel.lost', at=words.short(parcel.lost_at))}", "bad"))
    elif parcel.signed_at:
        line.append((f"  + {words('parcel.signed', at=words.short(parcel.signed_at))}", "good"))
    elif scan:
        # With a way below, the time stands at its end.
        line.append((f"  {words.code('scan', scan)}{'' if trail else _since(words, since)}", "quiet"))
    return [*line, *wrong(words, findings)]


_ASK_LOOKS = {
    "failed": ("! ", "bad"),
    "in_doubt": ("! ", "bad"),
    "cancelled": ("x ", "quiet"),
    "done": ("+ ", "good"),
}


def _ask(words: Words, ask: CarrierAsk) -> Line:
    """A label or pick-up whose goods nobody has collected yet: with whom, when, where the label lies, how it stands."""
    inside = words.units(ask.lines)
    sign, look = _ASK_LOOKS.get(ask.state, ("", "quiet"))
    told = words(f"carrier_state.{ask.state}", why=words.code("order_fault", ask.why))
    line: Line = [
        (words.code("carrier_ask", ask.what), "text"),
        (f"  {cells.safe(ask.carrier)} {cells.safe(ask.waybill)}".rstrip(), "text"),
        (f"  {inside}", "quiet"),
    ]
    if ask.until:
        line.append(
            (f"  {words('parcel.slot', start=words.short(ask.start), until=words.short(ask.until))}", "text")
        )
    if ask.label and ask.state == "done":
        line.append((f"  {words('parcel.label', label=cells.safe(ask.label))}", "quiet"))
    return [*(piece for piece in line if piece[0]), (f"  {sign}{cells.safe(told)}", look)]


def trail_line(words: Words, trail: Trail) -> Line:
    """A parcel of the order itself: carrier, waybill, what is wrong; where it stands tells its way."""
    inside = " ".join(str(line) for line in trail.lines)
    line: Line = [
        (cells.fit(words("parcel.of_order"), 6), "text"),
        (f"{cells.safe(trail.carrier)} {cells.safe(trail.waybill)}", "text"),
        (f"  {words('parcel.lines', lines=inside)}" if inside else "", "quiet"),
    ]
    return [*(piece for piece in line if piece[0]), *wrong(words, trail.findings)]


def wrong(words: Words, findings: "dict[str, None] | tuple[str, ...]") -> Line:
    """What is wrong with a parcel, each with a sign."""
    return [(f"  ! {words.code('parcel_finding', code)}", "bad") for code in findings]


def _since(words: Words, at: int) -> str:
    return f" {words.short(at)}" if at else ""
