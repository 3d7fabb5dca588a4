"""The facts of a case in lines: what was asked, what is owed, by when, goods, money, parcels, verbs, other cases."""

from collections.abc import Callable
from dataclasses import dataclass

from csdesk.desk.queries import CaseView
from csdesk.desk.words import Words
from csdesk.domain.cases.case import CaseLine, Clock, Parcel, Refund
from csdesk.domain.cases.command import VERBS
from csdesk.domain.text import clean
from csdesk.store.feed import Row
from csdesk.tui import cells
from csdesk.tui.columns import SOON_MS, number
from csdesk.tui.summary import Line

SECTIONS = ("request", "verdict", "clocks", "goods", "money", "parcels", "verbs", "others")
# So much of what the customer said stands among the facts; all of it is in the conversation.
WORDS_LINES = 4


@dataclass(frozen=True, slots=True)
class Scene:
    """A case and what words it: time (UTC ms), who reads, names of agents, keys of verbs."""

    view: CaseView
    words: Words
    now: int
    me: str
    name_of: Callable[[str], str]
    key_of: Callable[[str], str]

    @property
    def currency(self) -> str:
        """The currency of the case's money."""
        return self.view.case.currency

    def money(self, minor: int) -> str:
        """An amount of the case."""
        return self.words.money(minor, self.currency)


def gutter(words: Words) -> int:
    """Cells of the column of labels."""
    return max(cells.width(words(f"case.{name}")) for name in SECTIONS) + 2


def facts(
    scene: Scene, width: int, owed: Callable[[int], list[Line]] = lambda _: [], *, airy: bool = True
) -> list[Line]:
    """All sections that have something to say, each after its label; `airy`: a line between them.

    `owed` words what the law says, for a width.
    """
    left = gutter(scene.words)
    told = {
        "request": request(scene, width - left),
        "verdict": owed(width - left),
        "clocks": clocks(scene, width - left),
        "goods": goods(scene, width - left),
        "money": money(scene, width - left),
        "parcels": parcels(scene, width - left),
        "verbs": verbs(scene, width - left),
        "others": others(scene),
    }
    lines: list[Line] = []
    for name, body in told.items():
        if body:
            gap: list[Line] = [[]] if airy and lines else []
            lines += [*gap, *labelled(scene.words(f"case.{name}"), body, left)]
    return lines


def labelled(label: str, body: list[Line], left: int) -> list[Line]:
    """Lines with a label before the first and the same room before the others."""
    return [[(cells.fit(label if n == 0 else "", left), "quiet"), *line] for n, line in enumerate(body)]


def header(scene: Scene, width: int) -> list[Line]:
    """Two lines: which case, where it stands, whose it is; then order, merchant and customer."""
    return [_spread(_which(scene), _whose(scene), width), _spread(_of_whom(scene), _marks(scene), width)]


def _spread(left: Line, right: Line, width: int) -> Line:
    room = width - sum(cells.width(text) for text, _ in [*left, *right])
    while room < 1 and left:
        text, how = left[-1]
        short = cells.crop(text, max(cells.width(text) + room - 1, 0))
        room += cells.width(text) - cells.width(short)
        left = [*left[:-1], (short, how)] if short.strip() else left[:-1]
    return [*left, (" " * max(room, 1), "text"), *right]


def _which(scene: Scene) -> Line:
    case, words = scene.view.case, scene.words
    line = [
        (scene.view.number, "strong"),
        (f"  {words.code('kind', case.kind)}", "text"),
        (f"  {words.code('state', case.state)}", "accent"),
        (f"  {words(f'phase.{case.phase}')}", "quiet"),
    ]
    if case.snoozed_until:
        line.append((f"  {words('case.snoozed', until=words.short(case.snoozed_until))}", "soon"))
    if scene.view.readonly:
        line.append((f"  {words('case.readonly')}", "bad"))
    return line


def _whose(scene: Scene) -> Line:
    case, lease, words = scene.view.case, scene.view.lease, scene.words
    line: Line = []
    if lease is not None and lease.holder != scene.me:
        line.append((f"! {words('case.held', who=cells.safe(scene.name_of(lease.holder)))}  ", "soon"))
    if case.assignee:
        line.append((words("case.assigned", who=cells.safe(scene.name_of(case.assignee))), "text"))
    else:
        line.append((words("case.unassigned"), "quiet"))
    return line


def _of_whom(scene: Scene) -> Line:
    view, words = scene.view, scene.words
    line: Line = []
    if view.order is not None:
        line.append((cells.safe(view.order.number), "text"))
        line.append((f"  {words.code('order_status', view.order.status)}", "quiet"))
    else:
        told = cells.safe(view.case.order_number) or words("case.no_order")
        line.append((words("case.provisional", order=told), "soon"))
    if view.merchant:
        line.append((f"  {cells.safe(view.merchant)}", "text"))
    if view.person is not None:
        named = "  ".join(part for part in (view.person.name, view.person.phone) if part)
        line.append((f"  {cells.safe(named)}", "text"))
    else:
        line.append((f"  {words('label.erased')}", "quiet"))
    return line


def _marks(scene: Scene) -> Line:
    case, words = scene.view.case, scene.words
    line: Line = [(f"#{cells.safe(tag)} ", "mark") for tag in case.tags]
    if case.escalation:
        line.append((f"{words('list.escalated', level=case.escalation)} ", "soon"))
    if case.priority:
        line.append((f"{words(f'priority.{case.priority}')} ", "soon"))
    return line


def clocks(scene: Scene, width: int) -> list[Line]:
    """Deadlines, the nearest first: sign, name, time left or by how much late, until when, set by whom."""
    lines: list[Line] = []
    for clock in sorted(scene.view.case.clocks, key=lambda clock: clock.due):
        lines += clock_lines(scene.words, clock, scene.now, width)
    return lines


def clock_lines(words: Words, clock: Clock, now: int, width: int) -> list[Line]:
    """One deadline; a sign says late (!) and near (~). The article goes under it where there is no room."""
    late, near = now >= clock.due, clock.due - now < SOON_MS
    sign, how = ("! ", "late") if late else ("~ ", "soon") if near else ("  ", "text")
    told: Line = [
        (sign, how),
        (cells.fit(words.code("clock", clock.name), 10), "text"),
        (cells.fit(words.left(clock.due, now), 12), how),
        (f"{words.short(clock.due)}  {words.code('basis', clock.basis)}", "quiet"),
    ]
    return folded([*told, (f"  {cells.safe(clock.article)}", "quiet")] if clock.article else told, width, 12)


def request(scene: Scene, width: int) -> list[Line]:
    """Why, by which way, when, and the customer's words."""
    case, words = scene.view.case, scene.words
    told: Line = [
        (words.code("reason", case.reason), "strong"),
        (f"  {words.code('channel', case.channel)}  {words.moment(case.opened_at)}", "quiet"),
    ]
    if case.outcome:
        told.append((f"  {words.code('outcome', case.outcome)}", "good"))
    lines = folded(told, width)
    opened = next((entry for entry in scene.view.timeline if entry.code == "opened"), None)
    if opened is not None and (opened.text is None or not scene.view.reads):
        lines.append([(words("label.closed_text"), "faint")])
    elif opened is not None and opened.text:
        said = cells.wrap(clean(opened.text).text, width)
        if len(said) > WORDS_LINES:
            said = [*said[: WORDS_LINES - 1], cells.crop(said[WORDS_LINES - 1], width - 2) + cells.MORE]
        lines += [[(line, "text")] for line in said]
    return lines


def goods(scene: Scene, width: int) -> list[Line]:
    """Two lines for each order line: what it is and what its units cost; how far the units have come."""
    lines: list[Line] = []
    for line in scene.view.case.lines:
        lines += _goods(scene, line, width)
    return lines


def _goods(scene: Scene, line: CaseLine, width: int) -> list[Line]:
    words = scene.words
    worth = scene.money(line.paid * line.asked // line.bought) if line.bought else ""
    head = f"{line.line} {cells.safe(line.title)}"
    room = max(width - cells.width(worth) - 1, 8)
    told: Line = [(f"  {words('units.asked', n=line.asked, bought=line.bought)}", "text")]
    steps = (
        ("approved", line.approved, "text"),
        ("received", line.received, "text"),
        ("restock", line.restock, "text"),
        ("dispose", line.dispose, "text"),
        ("return_to_consumer", line.return_to_consumer, "soon"),
        ("missing", line.missing, "soon"),
        ("sent_out", line.sent_out, "text"),
        ("refunded", line.refunded_units, "good"),
    )
    told += [(f"  {words(f'units.{name}', n=n)}", how) for name, n, how in steps if n]
    if line.refunded:
        told.append((f" {scene.money(line.refunded)}", "good"))
    if line.exchange_sku:
        told.append((f"  {words('units.exchange', sku=cells.safe(line.exchange_sku))}", "quiet"))
    return [[(cells.fit(head, room), "strong"), (f" {worth}", "text")], *folded(told, width, 2)]


def folded(line: Line, width: int, indent: int = 0) -> list[Line]:
    """Pieces over as many lines as they need, broken between pieces; all but the first line indented."""
    lines: list[Line] = [[]]
    used = 0
    for piece, how in line:
        text = piece
        if used and used + cells.width(piece) > width:
            lines.append([(" " * indent, "text")] if indent else [])
            used, text = indent, piece.lstrip()
        lines[-1].append((text, how))
        used += cells.width(text)
    return lines


def money(scene: Scene, width: int) -> list[Line]:
    """What each payment of the order paid and has left, and each refund by the payments it goes back to."""
    words, order = scene.words, scene.view.order
    lines: list[Line] = []
    for payment in order.payments if order else ():
        back = payment.elsewhere + sum(
            part.minor
            for refund in scene.view.case.refunds
            if refund.live
            for part in refund.parts
            if part.payment == payment.number
        )
        line: Line = [
            (cells.fit(words.code("method", payment.method), 10), "text"),
            (words("money.paid", amount=scene.money(payment.captured)), "text"),
        ]
        if back:
            line.append((f"  {words('money.back', amount=scene.money(back))}", "quiet"))
        lines.append(line)
    for refund in scene.view.case.refunds:
        lines += refund_lines(scene, refund, width)
    return lines


def refund_lines(scene: Scene, refund: Refund, width: int) -> list[Line]:
    """A refund: how much, what became of it, the key to why; below, by which payment when there are several."""
    words = scene.words
    how = {"failed": "bad", "confirmed": "good"}.get(refund.state, "soon")
    sign = {"failed": "! ", "confirmed": "+ "}.get(refund.state, "~ ")
    one = refund.parts[0] if len(refund.parts) == 1 else None
    line: Line = [
        (f"{sign}{words('money.refund', amount=scene.money(refund.minor))}", "strong"),
        (f"  {words.code('refund_state', refund.state)}", how),
        (f"  {words.short(refund.at)}", "quiet"),
        (f"  {words.code('method', one.method)}" if one else "", "quiet"),
    ]
    if any(entry.code == "ruled" and entry.at == refund.at for entry in scene.view.timeline):
        line.append((f"  {scene.key_of('rulings')} {words('money.why')}", "accent"))
    told = folded(line, width, 2)
    return told if one else [*told, *parts_lines(scene, refund)]


def parts_lines(scene: Scene, refund: Refund) -> list[Line]:
    """By which payments a refund goes back."""
    return [
        [
            (cells.fit("    " + scene.words.code("method", part.method), 14), "quiet"),
            (scene.money(part.minor), "text"),
        ]
        for part in refund.parts
    ]


def parcels(scene: Scene, width: int) -> list[Line]:
    """Parcels of the case: direction, carrier, waybill, what is in them, whether they came."""
    case = scene.view.case
    lines: list[Line] = []
    address = case.address or scene.view.return_address
    if address and case.state == "approved_wait_ship":
        told = scene.words("parcel.to", address=cells.safe(address))
        lines += [[(line, "text")] for line in cells.wrap(told, width)]
    for parcel in case.parcels:
        lines += folded(_parcel(scene.words, parcel), width, 6)
    return lines


def _parcel(words: Words, parcel: Parcel) -> Line:
    inside = " ".join(f"{units.line}x{units.qty}" for units in parcel.lines)
    line: Line = [
        (cells.fit(words.code("direction", parcel.direction), 6), "text"),
        (f"{cells.safe(parcel.carrier)} {cells.safe(parcel.waybill)}", "text"),
        (f"  {inside}  {words.short(parcel.at)}", "quiet"),
    ]
    if parcel.received_at:
        line.append((f"  + {words('parcel.received', at=words.short(parcel.received_at))}", "good"))
    elif parcel.signed_at:
        line.append((f"  + {words('parcel.signed', at=words.short(parcel.signed_at))}", "good"))
    elif parcel.standing:
        line.append((f"  {words.code('scan', parcel.standing)}", "quiet"))
    line += [(f"  ! {words.code('parcel_finding', code)}", "bad") for code in parcel.findings]
    return line


def verbs(scene: Scene, width: int) -> list[Line]:
    """What can be done now, the best next verb first, each with its key or its place in the status menu."""
    on = [o.verb for o in scene.view.offers if o.off is None and o.verb not in _ELSEWHERE]
    lines: list[Line] = []
    for names in ([n for n in on if not VERBS[n].verb.shared], [n for n in on if VERBS[n].verb.shared]):
        told: list[Line] = []
        for name in names:
            key = scene.key_of(_ACTIONS.get(name, f"verb.{name}")) or _menu_key(scene, on.index(name) + 1)
            sign = "¥" if VERBS[name].verb.money else ""
            told.append([(f"{key} ", "accent"), (f"{sign}{scene.words.code('verb', name)}  ", "text")])
        lines += _folded_pieces(told, width)
    return lines


# Verbs that have an action of their own, and those whose key acts on more than this case.
_ACTIONS = {"reply": "reply", "close": "resolve"}
_ELSEWHERE = ("undo",)
_DIGITS = 9


def _menu_key(scene: Scene, place: int) -> str:
    return f"{scene.key_of('status')}{place}" if place <= _DIGITS else scene.key_of("status")


def _folded_pieces(pieces: list[Line], width: int) -> list[Line]:
    """Pieces of several colours over as many lines as they need."""
    lines: list[Line] = []
    used = width
    for piece in pieces:
        size = sum(cells.width(text) for text, _ in piece)
        if used + size > width + 2:
            lines.append([])
            used = 0
        lines[-1] += piece
        used += size
    return lines


def others(scene: Scene) -> list[Line]:
    """Other cases of the same customer, the newest first."""
    return [_other(scene.words, row) for row in scene.view.others]


def _other(words: Words, row: Row) -> Line:
    done = row.phase == "done"
    return [
        (f"{number(row)}  ", "quiet" if done else "text"),
        (cells.fit(words.code("state", row.state), 10), "quiet" if done else "accent"),
        (f"{words.short(row.opened_at)}  ", "quiet"),
        (cells.safe(row.subject) or words.code("reason", row.reason), "quiet" if done else "text"),
    ]
