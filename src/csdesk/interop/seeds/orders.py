"""Made-up orders: lines, savings, payments and parcels that agree to the fen and to the second."""

from __future__ import annotations

from csdesk.domain.value import dataclass
from csdesk.interop.seeds.draw import Draw, Weighted
from csdesk.interop.seeds.files import Habits, Method, Promise, Promotion, SeedError, Stage
from csdesk.interop.seeds.goods import Goods, Product, Shelf, Variant
from csdesk.interop.seeds.people import People, Person
from csdesk.interop.seeds.timing import Parcel, Times, Timing, Wish

_REFERENCE_STEP = 7_236_067_979  # coprime with 10**10: no two of the first 10**10 orders share a reference
_NO_PROMOTION = Promotion("none", "", 0, 0, 0)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Amounts in fen. `discount` is the line's share of the saving; `gift_value` a gift's marked price.

    `confirmation`: what was confirmed at checkout of goods that may then be excluded from no-reason return
    (explicit_per_order, default_ticked, none); empty where the question does not arise.
    """

    number: int
    product: Product
    variant: Variant
    quantity: int
    unit_price: int
    discount: int
    confirmation: str
    gift_value: int | None = None

    @property
    def paid(self) -> int:
        return self.quantity * self.unit_price - self.discount


@dataclass(frozen=True, slots=True)
class Payment:
    """Money one way by one method; in `Order.refunds`, the same money back."""

    method: Method
    amount: int
    at_ms: int
    reference: str


@dataclass(frozen=True, slots=True)
class Order:
    """Times are UTC milliseconds and ordered: placed ≤ paid ≤ shipped ≤ signed ≤ now; None has not happened.

    The payments add up to the lines' `paid` plus `freight`; a cancelled order has refunds of the same sum.
    """

    number: int
    reference: str
    stage: Stage
    buyer: Person
    shelf: Shelf
    promises: tuple[Promise, ...]
    lines: tuple[OrderLine, ...]
    promotion: Promotion
    freight: int
    payments: tuple[Payment, ...]
    refunds: tuple[Payment, ...]
    parcels: tuple[Parcel, ...]
    placed_ms: int
    paid_ms: int
    shipped_ms: int | None
    signed_ms: int | None
    cancelled_ms: int | None

    @property
    def total(self) -> int:
        return sum(line.paid for line in self.lines) + self.freight


class Orders:
    """Draws orders from orders.toml and everything that an order is made of."""

    def __init__(self, habits: Habits, goods: Goods, people: People, timing: Timing, seed: int) -> None:
        self._seed = seed
        self._habits = habits
        self._goods = goods
        self._people = people
        self._timing = timing
        self._counts = Weighted((k + 1, weight) for k, weight in enumerate(habits.lines))
        self._units = Weighted((k + 1, weight) for k, weight in enumerate(habits.units))
        self._methods = Weighted((method, method.weight) for method in habits.methods)
        self._promotions = Weighted((p, p.weight) for p in habits.promotions)
        self._savings = sorted((p for p in habits.promotions if p.off), key=lambda p: p.threshold)
        self._confirmations = Weighted(habits.confirmations)

    def order(self, number: int, now_ms: int, wish: Wish) -> Order:
        """Order `number` as it stands at `now_ms`; six buyers in ten are new, the others anyone before."""
        if not 2 <= wish.within_days <= 365:
            raise SeedError(f"within_days must lie between 2 and 365, not {wish.within_days}")
        now = now_ms // 1000
        d = Draw(f"{self._seed}:order:{number}")
        buyer = self._people.person(number if d.below(10) < 6 else d.below(number + 1))
        promise = next((need for need in wish.needs if need in self._goods.promises), "")
        shelf = self._shelf(d, wish, promise)
        carrier = self._timing.carrier(d, shelf.merchant)
        chosen = self._chosen(d, shelf, wish)
        travels = not all(product.category.virtual for product, _, _ in chosen)
        if travels:
            lags = self._timing.lags(d, shelf.merchant, carrier, buyer.address, wish)
        else:
            lags = self._timing.instant_lags(d, wish)
        times = self._timing.times(d, now, lags, wish)
        promotion, lines = self._lines(d, shelf, chosen, wish)
        freight = self._freight(d, buyer, lines) if travels else 0
        date = self._timing.year(now).stamp(times.placed)
        reference = f"{date}{number * _REFERENCE_STEP % 10**10:010d}"
        payments = self._payments(d, sum(line.paid for line in lines) + freight, times.paid, reference)
        parcels: tuple[Parcel, ...] = ()
        if travels and times.shipped is not None:
            way = (times.shipped, times.shipped + lags.transit, lags.stall)
            origin, signer = shelf.merchant.return_address, "station" if "station" in wish.needs else ""
            groups = self._groups(d, lines)
            parcels = tuple(
                self._timing.parcel(d, carrier, buyer.address, origin, _share(d, way, k), now, group, signer)
                for k, group in enumerate(groups)
            )
        return Order(
            number=number,
            reference=reference,
            stage=times.stage,
            buyer=buyer,
            shelf=shelf,
            promises=self._promises(d, shelf, promise),
            lines=lines,
            promotion=promotion,
            freight=freight,
            payments=payments,
            refunds=_refunds(d, payments, times, now),
            parcels=parcels,
            placed_ms=times.placed * 1000,
            paid_ms=times.paid * 1000,
            shipped_ms=_ms(times.shipped),
            signed_ms=_ms(times.signed),
            cancelled_ms=_ms(times.cancelled),
        )

    def _shelf(self, d: Draw, wish: Wish, promise: str) -> Shelf:
        categories = wish.categories
        if not categories and wish.stage is None and wish.after is None:
            categories = tuple(self._goods.categories)  # an order that nothing is asked of may be for a code
        return self._goods.market(categories, promise).draw(d)

    def _chosen(self, d: Draw, shelf: Shelf, wish: Wish) -> list[tuple[Product, Variant, int]]:
        """Different products of one shop, the first of them as wished, each with a variant and a quantity."""
        count = self._counts.draw(d)
        if "several" in wish.needs:
            count = max(count, 2)
        fitting = [code for code in shelf.of_category if not wish.categories or code in wish.categories]
        first = shelf.of_category[d.pick(fitting)]
        if wish.products:
            first = tuple(item for item in shelf.products if item.model in wish.products)
        products = [d.pick(first)]
        while len(products) < min(count, len(shelf.products)):
            at = d.below(len(shelf.products))
            while shelf.products[at] in products:
                at = (at + 1) % len(shelf.products)
            products.append(shelf.products[at])
        chosen = []
        for item in products:
            variant = d.pick(item.variants)
            single = variant.price >= self._habits.single_unit_from or item.category.virtual
            units = 1 if single else self._units.draw(d)
            chosen.append((item, variant, units))
        if "units" in wish.needs:
            item, variant, units = chosen[0]
            chosen[0] = (item, variant, max(2, units))
        return chosen

    def _lines(
        self, d: Draw, shelf: Shelf, chosen: list[tuple[Product, Variant, int]], wish: Wish
    ) -> tuple[Promotion, tuple[OrderLine, ...]]:
        goods = sum(variant.price * units for _, variant, units in chosen)
        promotion = self._promotions.draw(d)
        if "discount" in wish.needs:
            promotion = next((p for p in reversed(self._savings) if p.threshold <= goods), self._savings[0])
        if goods < promotion.threshold or promotion.off * 2 > goods:
            promotion = _NO_PROMOTION
        lines, before = [], 0
        for number, (item, variant, units) in enumerate(chosen, 1):
            price = variant.price * units
            share = promotion.off * (before + price) // goods - promotion.off * before // goods
            before += price
            asked = item.category.exclusion == "confirmed_unsuitable"
            confirmation = self._confirmations.draw(d) if asked else ""
            lines.append(OrderLine(number, item, variant, units, variant.price, share, confirmation))
        if "gift" in wish.needs or d.below(100) < self._habits.gift_percent:
            item, value = d.pick(shelf.gifts)
            if not chosen[0][0].category.virtual:
                lines.append(OrderLine(len(lines) + 1, item, item.variants[0], 1, 0, 0, "", value))
        return promotion, tuple(lines)

    def _freight(self, d: Draw, buyer: Person, lines: tuple[OrderLine, ...]) -> int:
        if self._timing.remote(buyer.address):
            return self._habits.remote_freight
        goods = sum(line.paid for line in lines)
        return 0 if goods >= self._habits.free_freight_from else d.pick(self._habits.freights)

    def _payments(self, d: Draw, total: int, paid: int, reference: str) -> tuple[Payment, ...]:
        """One method pays, or a gift card pays whole yuan of up to a half and the method the rest."""
        method, at = self._methods.draw(d), paid * 1000
        first = total * d.between(10, 50) // 10_000 * 100
        if d.below(100) >= self._habits.two_methods_percent or first == 0:
            return (Payment(method, total, at, f"{reference}01"),)
        card = Payment(self._habits.second_method, first, at, f"{reference}01")
        return card, Payment(method, total - first, at, f"{reference}02")

    def _promises(self, d: Draw, shelf: Shelf, wanted: str) -> tuple[Promise, ...]:
        given = [
            code for code, per_cent in shelf.merchant.promises if d.below(100) < per_cent or code == wanted
        ]
        return tuple(self._goods.promises[code] for code in given)

    def _groups(self, d: Draw, lines: tuple[OrderLine, ...]) -> list[tuple[int, ...]]:
        """Line numbers by parcel: one parcel, or the last line in its own."""
        numbers = tuple(line.number for line in lines if not line.product.category.virtual)
        if len(numbers) > 1 and d.below(100) < self._habits.two_parcels_percent:
            return [numbers[:-1], numbers[-1:]]
        return [numbers]


def _share(d: Draw, way: tuple[int, int, int], parcel: int) -> tuple[int, int, int]:
    """The way of one parcel: the first takes the whole time (it makes the order signed), others less."""
    if parcel == 0:
        return way
    shipped, arrival, stall = way
    return shipped, shipped + (arrival - shipped - stall) * d.between(60, 100) // 100, 0


def _refunds(d: Draw, payments: tuple[Payment, ...], times: Times, now: int) -> tuple[Payment, ...]:
    if times.cancelled is None:
        return ()
    at = min(now, times.cancelled + d.between(30, 3600)) * 1000
    return tuple(Payment(p.method, p.amount, at, f"{p.reference}R") for p in payments)


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000
