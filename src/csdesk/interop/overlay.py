"""A Chinese year over foreign retail data: people, shops, times and words made up, amounts left alone."""

from collections.abc import Mapping

from csdesk.domain.tracking import Event, Scan
from csdesk.domain.value import replace
from csdesk.interop.seeds import Overlay as Year
from csdesk.interop.seeds import Seeds
from csdesk.interop.seeds.timing import Parcel
from csdesk.store import load
from csdesk.store.people import Customer

RETAIL_CN = "retail_cn"
OVERLAYS = (RETAIL_CN,)
# Our statuses in the words of data/seeds/retail_cn.toml.
_STATUS = {"pending": "pending", "shipped": "processed", "delivered": "delivered", "cancelled": "cancelled"}


class Overlay:
    """What csdesk makes up for one import: the same for the same foreign ids, seed and `now` (UTC ms)."""

    name = RETAIL_CN
    currency = "CNY"

    def __init__(self, now: int, seed: int = 0) -> None:
        self._seeds = Seeds.load(seed=seed)
        self._now = now

    def customer(self, external_id: str, customer: Customer) -> Customer:
        """The made-up person in this customer's place."""
        person = self._seeds.person(external_id)
        methods = tuple(dict.fromkeys(self._seeds.retail_method(method) for method in customer.methods))
        return Customer(person.name, person.phone, person.email, str(person.address), "zh-Hans", methods)

    def product(self, name: str) -> tuple[str, str]:
        """What a foreign product type is called here, and its category."""
        product = self._seeds.retail_product(name)
        return product.title, product.category.code

    def options(self, options: Mapping[str, str]) -> dict[str, str]:
        """Options in Chinese."""
        return self._seeds.retail_options(options)

    def order(self, number: str, customer: str, order: load.Order) -> load.Order:
        """The order with a buyer's address, a shop, times, and parcels that fit them."""
        names = [line.title for line in order.lines]
        year = self._seeds.overlay(
            number, customer, _STATUS[order.status], names, self._now, max(len(order.shipments), 1)
        )
        shop = year.products[0].merchant
        return replace(
            order,
            currency=year.currency,
            placed_at=year.placed_ms,
            paid_at=year.paid_ms,
            shipped_at=year.shipped_ms or 0,
            signed_at=year.signed_ms or 0,
            address=str(year.buyer.address),
            phone=year.buyer.phone,
            merchant=load.Merchant(
                shop.code, shop.name, f"{shop.return_address} {shop.phone}", shop.self_operated
            ),
            lines=tuple(
                replace(line, title=product.title, category=product.category.code)
                for line, product in zip(order.lines, year.products, strict=True)
            ),
            payments=tuple(
                replace(p, method=self._seeds.retail_method(p.method), at=p.at or year.paid_ms)
                for p in order.payments
            ),
            shipments=_shipments(order, year, self._now),
            overlay=self.name,
        )


def _shipments(order: load.Order, year: Year, now: int) -> tuple[load.Shipment, ...]:
    """The made-up parcels in place of the foreign ones, each with the goods of the one it stands for."""
    goods = [shipment.lines for shipment in order.shipments] or [tuple(range(len(order.lines)))]
    return tuple(
        load.Shipment(
            parcel.carrier.name,
            parcel.waybill,
            lines,
            parcel.shipped_ms,
            parcel.signed_ms or 0,
            made_up_scans(parcel, now),
            made_up_consent(parcel.waybill),
        )
        for parcel, lines in zip(year.parcels, goods, strict=False)
    )


# How a made-up parcel was handed over, where its page only says that it was.
_HANDS = {
    "locker": Scan.LOCKER,
    "station": Scan.STATION,
    "family": Scan.SIGNED_BY_OTHER,
    "front_desk": Scan.SIGNED_BY_OTHER,
}


def made_up_scans(parcel: Parcel, now: int) -> tuple[Event, ...]:
    """The tracking page of a made-up parcel as far as it has come."""
    hands = _HANDS.get(parcel.signer.code, Scan.SIGNED) if parcel.signer else Scan.SIGNED
    return tuple(
        Event(
            str(n),
            event.at_ms,
            hands if event.code == Scan.SIGNED else Scan(event.code),
            event.place,
            event.text,
        )
        for n, event in enumerate(parcel.events, 1)
        if event.at_ms <= now
    )


def made_up_consent(waybill: str) -> str:
    """Nine in ten receivers agreed to everything, and one in ten was not asked: by the last sign of the number."""
    return "" if sum(map(ord, waybill)) % 10 == 0 else "any"
