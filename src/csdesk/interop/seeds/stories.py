"""Made-up cases: who says what about which order, when, and on which channel."""

from __future__ import annotations

import time

from csdesk.domain.value import dataclass
from csdesk.interop.seeds.draw import Draw, Weighted
from csdesk.interop.seeds.files import Channel, Kind, Reason, SeedError, StoryBook, slot_names
from csdesk.interop.seeds.orders import Order, OrderLine, Orders
from csdesk.interop.seeds.timing import Wish
from csdesk.interop.seeds.year import ZONE, local_day, midnight

_HOUR = 3600
_SLOTS = "product option qty amount paid order date days merchant carrier waybill signer city method phone"


@dataclass(frozen=True, slots=True)
class Story:
    """What a case will be about, before it has an order; `text` and `note` have their slots still."""

    kind: Kind
    reason: Reason
    channel: Channel
    days: int
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class CaseSeed:
    """One case to open, on the `days`-th calendar day after its order reached `reason.after`.

    At `opened_ms` the order had gone no further than `reason.after`; it may have since. `quantity` units of
    `line` are meant. The reason's `facts` use the words that a decision reads.
    """

    number: int
    kind: Kind
    reason: Reason
    channel: Channel
    days: int
    opened_ms: int
    order: Order
    line: OrderLine
    quantity: int
    text: str
    note: str


class Stories:
    """Draws cases from stories.toml, each with the order that fits it."""

    def __init__(self, book: StoryBook, orders: Orders, seed: int) -> None:
        self._seed = seed
        self._orders = orders
        _check(book)
        self._kinds = {kind.code: kind for kind in book.kind}
        self._by_weight = Weighted((kind.code, kind.weight) for kind in book.kind)
        self._reasons = {
            code: Weighted((reason, reason.weight) for reason in book.reason if reason.kind == code)
            for code in self._kinds
        }
        channels = {channel.code: channel for channel in book.channel}
        self._channels = {
            kind.code: Weighted((channels[code], weight) for code, weight in kind.channels.items())
            for kind in book.kind
        }

    def story(self, kind: str, number: int) -> Story:
        """Story `number` of a kind; SeedError for a kind that stories.toml does not know."""
        if kind not in self._kinds:
            raise SeedError(f"stories.toml has no kind '{kind}'; it has {', '.join(self._kinds)}")
        return self._told(Draw(f"{self._seed}:story:{kind}:{number}"), kind)

    def case(self, number: int, now_ms: int, kind: str | None, within_days: int) -> CaseSeed:
        """Case `number`, opened in the last `within_days` days, of `kind` or of one drawn by weight."""
        d = Draw(f"{self._seed}:case:{number}")
        story = self.story(kind or self._by_weight.draw(d), number)
        reason = story.reason
        wish = Wish(
            after=reason.after,
            days=story.days,
            within_days=within_days,
            categories=reason.categories,
            products=reason.products,
            needs=reason.needs,
        )
        order = self._orders.order(number, now_ms, wish)
        line = order.lines[0]
        opened = _opened(d, _reached(order, reason), story.days)
        quantity = d.between(1, line.quantity)
        slots = _slots(order, line, story)
        return CaseSeed(
            number=number,
            kind=story.kind,
            reason=reason,
            channel=story.channel,
            days=story.days,
            opened_ms=opened * 1000,
            order=order,
            line=line,
            quantity=quantity,
            text=story.text.format_map(slots),
            note=story.note.format_map(slots),
        )

    def _told(self, d: Draw, code: str) -> Story:
        kind = self._kinds[code]
        reason = self._reasons[code].draw(d)
        channel = self._channels[code].draw(d)
        text = channel.lead + d.pick(kind.openings) + d.pick(reason.utterances) + d.pick(kind.closings)
        note = d.pick(reason.notes) + d.pick(kind.notes)
        return Story(kind, reason, channel, d.between(*reason.days), text, note)


def _check(book: StoryBook) -> None:
    """SeedError for a kind, channel or slot that does not exist."""
    kinds, channels = {kind.code for kind in book.kind}, {channel.code for channel in book.channel}
    for kind in book.kind:
        if unknown := set(kind.channels) - channels:
            raise SeedError(f"stories.toml: kind '{kind.code}' has unknown channels: {', '.join(unknown)}")
    for reason in book.reason:
        if reason.kind not in kinds:
            raise SeedError(f"stories.toml: reason '{reason.code}' has an unknown kind '{reason.kind}'")
    slots = set(_SLOTS.split())
    said = [text for kind in book.kind for text in (*kind.openings, *kind.closings, *kind.notes)]
    said += [text for reason in book.reason for text in (*reason.utterances, *reason.notes)]
    said += [channel.lead for channel in book.channel]
    for text in said:
        if unknown := set(slot_names(text)) - slots:
            raise SeedError(f"stories.toml: unknown slot {', '.join(unknown)} in '{text}'")


def _reached(order: Order, reason: Reason) -> int:
    """The UTC second at which the order reached the stage that the customer speaks from."""
    moments = {"paid": order.paid_ms, "shipped": order.shipped_ms, "signed": order.signed_ms}
    moment = moments[reason.after]
    if moment is None:
        raise SeedError(f"order {order.reference} never became '{reason.after}', which '{reason.code}' needs")
    return moment // 1000


def _opened(d: Draw, reached: int, days: int) -> int:
    """A waking hour of the `days`-th calendar day after `reached`; on the day itself, soon after."""
    if days:
        return midnight(local_day(reached) + days) + d.between(8 * _HOUR, 23 * _HOUR)
    end_of_day = midnight(local_day(reached) + 1) - 1
    return max(reached, min(end_of_day, reached + d.between(300, 5 * _HOUR)))


def _slots(order: Order, line: OrderLine, story: Story) -> dict[str, str]:
    parcel = order.parcels[0] if order.parcels else None
    day = time.gmtime(_reached(order, story.reason) + ZONE)
    return {
        "product": line.product.title,
        "option": line.variant.label,
        "qty": str(line.quantity),
        "amount": _yuan(line.paid),
        "paid": _yuan(order.total),
        "order": order.reference,
        "date": f"{day.tm_mon}月{day.tm_mday}日",
        "days": str(story.days),
        "merchant": order.shelf.merchant.name,
        "carrier": parcel.carrier.name if parcel else "",
        "waybill": parcel.waybill if parcel else "",
        "signer": parcel.signer.label if parcel and parcel.signer else "",
        "city": order.buyer.address.city,
        "method": order.payments[-1].method.label,
        "phone": order.buyer.phone,
    }


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
