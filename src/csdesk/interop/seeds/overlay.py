"""A Chinese year for foreign retail orders that carry no dates, currency zone or shops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from csdesk.domain.value import dataclass
from csdesk.interop.seeds.draw import Draw
from csdesk.interop.seeds.files import Category, Merchant, RetailWords, SeedError, Stage
from csdesk.interop.seeds.goods import Goods
from csdesk.interop.seeds.people import People, Person
from csdesk.interop.seeds.timing import Parcel, Timing, Wish

_UNKNOWN = "general"


@dataclass(frozen=True, slots=True)
class RetailProduct:
    """A foreign product type as it is called here; `name` is the source's own word."""

    name: str
    title: str
    category: Category
    product_class: str
    warranty_months: int
    merchant: Merchant


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is added to one foreign order; times are UTC milliseconds, ordered, None while yet to come.

    Amounts stay the source's numbers, read as `currency`. `products` are in the order of the names given.
    Waybills are ours, beside the source's own tracking ids; only the source knows which lines a parcel holds.
    """

    order_id: str
    stage: Stage
    currency: str
    buyer: Person
    products: tuple[RetailProduct, ...]
    parcels: tuple[Parcel, ...]
    placed_ms: int
    paid_ms: int
    shipped_ms: int | None
    signed_ms: int | None
    cancelled_ms: int | None
    refunded_ms: int | None


class Overlays:
    """Adds what retail_cn.toml says, fixed by the foreign ids alone."""

    def __init__(self, words: RetailWords, goods: Goods, people: People, timing: Timing, seed: int) -> None:
        self._seed = seed
        self._words = words
        self._goods = goods
        self._people = people
        self._timing = timing
        for category, merchant in words.merchant_of.items():
            if category not in goods.categories or merchant not in goods.merchants:
                raise SeedError(f"retail_cn.toml: merchant_of has an unknown name in {category} = {merchant}")
        for name, entry in words.products.items():
            if entry.category not in words.merchant_of:
                raise SeedError(f"retail_cn.toml: merchant_of has no shop for '{entry.category}' ({name})")

    def overlay(
        self, order_id: str, user_id: str, status: str, names: Sequence[str], now_ms: int, parcels: int = 1
    ) -> Overlay:
        """The year of one order. SeedError for a status that retail_cn.toml lacks, or without any product."""
        stage = self._words.stages.get(status)
        if stage is None:
            known = ", ".join(self._words.stages)
            raise SeedError(f"order {order_id!r}: retail_cn.toml has no stage for {status!r} (only {known})")
        if not names:
            raise SeedError(f"order {order_id!r} has no products, so that no shop can have sent it")
        d, now = Draw(f"{self._seed}:overlay:{order_id}"), now_ms // 1000
        products = tuple(self.product(name) for name in names)
        seller, buyer, wish = products[0].merchant, self._people.person(user_id), Wish(stage=stage)
        carrier = self._timing.carrier(d, seller)
        lags = self._timing.lags(d, seller, carrier, buyer.address, wish)
        times = self._timing.times(d, now, lags, wish)
        sent: tuple[Parcel, ...] = ()
        if times.shipped is not None:
            way = (times.shipped, times.shipped + lags.transit, lags.stall)
            sent = tuple(
                self._timing.parcel(d, carrier, buyer.address, seller.return_address, way, now, ())
                for _ in range(max(parcels, 1))
            )
        refunded = None if times.cancelled is None else min(now, times.cancelled + d.between(30, 3600))
        return Overlay(
            order_id=order_id,
            stage=stage,
            currency=self._words.currency,
            buyer=buyer,
            products=products,
            parcels=sent,
            placed_ms=times.placed * 1000,
            paid_ms=times.paid * 1000,
            shipped_ms=None if times.shipped is None else times.shipped * 1000,
            signed_ms=None if times.signed is None else times.signed * 1000,
            cancelled_ms=None if times.cancelled is None else times.cancelled * 1000,
            refunded_ms=None if refunded is None else refunded * 1000,
        )

    def product(self, name: str) -> RetailProduct:
        """A foreign product type here; one that is not listed keeps its name and is of the general kind."""
        entry = self._words.products.get(name)
        category = self._goods.categories[entry.category if entry else _UNKNOWN]
        return RetailProduct(
            name=name,
            title=entry.title if entry else name,
            category=category,
            product_class=(entry.product_class if entry else None) or category.product_class,
            warranty_months=category.warranty_months,
            merchant=self._goods.merchants[self._words.merchant_of[category.code]],
        )

    def options(self, options: Mapping[str, str]) -> dict[str, str]:
        """Options in Chinese, in their own order; names and values that are not listed keep their words."""
        words = self._words
        return {
            words.options.get(name, name): words.values_of.get(name, {}).get(value)
            or words.values.get(value, value)
            for name, value in options.items()
        }

    def method(self, source: str) -> str:
        """The code of a payment method here for the source's kind; an unknown kind keeps its word."""
        return self._words.methods.get(source, source)
