"""The money of a case in lines: what each payment paid and has left, each refund, whom it waits for, what it is."""

from csdesk.domain.cases.case import Refund, RefundPart
from csdesk.tui import cells
from csdesk.tui.screens.scene import Scene, folded
from csdesk.tui.summary import Line

# Sign and colour of what became of a refund.
SIGNS = {
    "failed": ("! ", "bad"), "in_doubt": ("! ", "bad"), "declined": ("x ", "quiet"), "confirmed": ("+ ", "good"),
}  # fmt: skip
WAITS = ("~ ", "soon")


def money(scene: Scene, width: int) -> list[Line]:
    """What each payment of the order paid and has left, and each refund by the payments it goes back to."""
    words, order = scene.words, scene.view.order
    lines: list[Line] = []
    for n, payment in enumerate(order.payments if order else ()):
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
        if n == 0 and (back or scene.view.case.refunds):
            line.append((f"  {scene.key_of('ledger')} {words('money.ledger')}", "accent"))
        lines.append(line)
    for refund in scene.view.case.refunds:
        lines += refund_lines(scene, refund, width)
    return lines


def refund_lines(scene: Scene, refund: Refund, width: int) -> list[Line]:
    """A refund: how much, what became of it, the key to why; below, by which payment when there are several."""
    words = scene.words
    sign, how = SIGNS.get(refund.state, WAITS)
    one = refund.parts[0] if len(refund.parts) == 1 else None
    said = words("money.refund", amount=scene.money(refund.minor))
    if refund.cause != "goods":
        said = words("money.cause", cause=words.code("cause", refund.cause), amount=scene.money(refund.minor))
    line: Line = [
        (f"{sign}{said}", "strong"),
        (f"  {words.code('refund_state', refund.state)}", how),
        (f"  {words.short(refund.at)}", "quiet"),
        (f"  {by_payment(scene, one)}" if one else "", "quiet"),
    ]
    if refund.reference:
        line.append((f"  {cells.safe(refund.reference)}", "quiet"))
    if why := refund.failure or (refund.reason if refund.state == "declined" else ""):
        line.append((f"  {cells.safe(words.code('reason', why))}", how))
    if any(entry.code == "ruled" and entry.at == refund.at for entry in scene.view.timeline):
        line.append((f"  {scene.key_of('rulings')} {words('money.why')}", "accent"))
    told = folded([piece for piece in line if piece[0]], width, 2)
    told += [[("  ", "text"), *piece] for piece in _waits(scene, refund, width - 2)]
    return [*told, *([] if one else parts_lines(scene, refund)), *_less(scene, refund)]


def _waits(scene: Scene, refund: Refund, width: int) -> list[Line]:
    """Whom it waits for: a second person, or whoever finds out whether the money went."""
    words = scene.words
    if refund.state == "in_doubt":
        told = words("money.doubt", verb=words.code("verb", "clear_refund"))
    elif refund.state == "awaiting":
        mine, who = refund.by == scene.me, cells.safe(scene.name_of(refund.by))
        may = any(offer.verb == "approve_refund" and offer.off is None for offer in scene.view.offers)
        key = "money.awaits_mine" if mine else "money.awaits_you" if may else "money.awaits"
        told = words(key, who=who, verb=words.code("verb", "approve_refund"))
    else:
        return []
    return [[(line, "soon")] for line in cells.wrap(told, width)]


def by_payment(scene: Scene, part: RefundPart) -> str:
    """By which payment it goes back; in kind: so many points, a coupon, and what becomes of one that has run out."""
    words = scene.words
    method = words.code("method", part.method)
    return method if part.kind == "money" else f"{method} {in_kind(scene, part)}"


def in_kind(scene: Scene, part: RefundPart) -> str:
    """What goes back: an amount, or so much in kind."""
    words, amount = scene.words, scene.money(part.minor)
    if part.kind == "money":
        return amount
    count = str(part.count) if part.count else ""
    told = words("ledger.in_kind", kind=words.code("tender", part.kind), amount=amount, count=count)
    return told + (words(f"ledger.expired_{part.if_expired}") if part.if_expired else "")


def parts_lines(scene: Scene, refund: Refund) -> list[Line]:
    """By which payments a refund goes back."""
    return [
        [
            (cells.fit("    " + scene.words.code("method", part.method), 14), "quiet"),
            (in_kind(scene, part), "text"),
        ]
        for part in refund.parts
    ]


def _less(scene: Scene, refund: Refund) -> list[Line]:
    """What came off it."""
    words = scene.words
    told = (
        words(
            "ledger.less",
            name=words.code("deduction", one.name),
            amount=scene.money(one.minor),
            asked=scene.money(one.asked) if one.asked != one.minor else "",
        )
        for one in refund.less
    )
    return [[("    ", "text"), (line, "quiet")] for line in told]
