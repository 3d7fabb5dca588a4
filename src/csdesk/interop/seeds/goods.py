"""Made-up shops and what they sell: every product of their categories, under their brand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import product

from csdesk.domain.value import dataclass, replace
from csdesk.interop.seeds.draw import Weighted
from csdesk.interop.seeds.files import Catalogue, Category, Gift, Merchant, Merchants, ProductType, SeedError


@dataclass(frozen=True, slots=True)
class Variant:
    """One value of every option; `price` in fen."""

    sku: str
    options: tuple[tuple[str, str], ...]
    price: int

    @property
    def label(self) -> str:
        return " ".join(value for _, value in self.options)


@dataclass(frozen=True, slots=True)
class Product:
    """A product as one shop offers it; `model` is its code in products.toml."""

    code: str
    model: str
    merchant: str
    title: str
    category: Category
    product_class: str
    warranty_months: int
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one shop offers."""

    merchant: Merchant
    products: tuple[Product, ...]
    gifts: tuple[tuple[Product, int], ...]
    of_category: Mapping[str, tuple[Product, ...]] = field(default_factory=dict)


class Goods:
    """Shops, their shelves, and who can sell what."""

    def __init__(self, catalogue: Catalogue, merchants: Merchants, gifts: Sequence[Gift]) -> None:
        self.categories = {category.code: category for category in catalogue.categories}
        self.promises = {promise.code: promise for promise in merchants.promise}
        self.merchants = {merchant.code: merchant for merchant in merchants.merchant}
        self._check(catalogue, merchants)
        self.shelves = {m.code: self._shelf(m, catalogue, gifts) for m in merchants.merchant}
        self.products = tuple(item for shelf in self.shelves.values() for item in shelf.products)
        self._markets: dict[tuple[tuple[str, ...], str], Weighted[Shelf]] = {}

    def market(self, categories: tuple[str, ...] = (), promise: str = "") -> Weighted[Shelf]:
        """Shops that sell one of `categories` (none: anything that travels) and give `promise`, by weight."""
        key = (categories, promise)
        if key not in self._markets:
            self._markets[key] = Weighted((s, s.merchant.weight) for s in self._sellers(categories, promise))
        return self._markets[key]

    def _sellers(self, categories: tuple[str, ...], promise: str) -> list[Shelf]:
        wanted = categories or tuple(c.code for c in self.categories.values() if not c.virtual)
        found = [
            shelf
            for shelf in self.shelves.values()
            if any(c in shelf.of_category for c in wanted)
            and (not promise or any(code == promise for code, _ in shelf.merchant.promises))
        ]
        if not found:
            raise SeedError(f"no shop in merchants.toml sells {', '.join(wanted)} with promise '{promise}'")
        return found

    def _check(self, catalogue: Catalogue, merchants: Merchants) -> None:
        for item in catalogue.products:
            if item.category not in self.categories:
                raise SeedError(f"products.toml: {item.code} has an unknown category '{item.category}'")
        for merchant in merchants.merchant:
            for code in merchant.categories:
                if code not in self.categories:
                    raise SeedError(f"merchants.toml: {merchant.code} has an unknown category '{code}'")
            for code, _ in merchant.promises:
                if code not in self.promises:
                    raise SeedError(f"merchants.toml: {merchant.code} has an unknown promise '{code}'")

    def _shelf(self, merchant: Merchant, catalogue: Catalogue, gifts: Sequence[Gift]) -> Shelf:
        offered = tuple(
            _offer(merchant, item, self.categories[item.category])
            for item in catalogue.products
            if item.category in merchant.categories
        )
        if not offered:
            raise SeedError(
                f"merchants.toml: nothing in products.toml fits the categories of {merchant.code}"
            )
        by_category = {
            code: tuple(item for item in offered if item.category.code == code)
            for code in merchant.categories
            if any(item.category.code == code for item in offered)
        }
        return Shelf(merchant, offered, tuple(self._gift(merchant, gift) for gift in gifts), by_category)

    def _gift(self, merchant: Merchant, gift: Gift) -> tuple[Product, int]:
        code = f"{merchant.code}-{gift.code}"
        kind = replace(self.categories["general"], seven_day=False)
        variants = (Variant(code, (), 0),)
        return Product(code, gift.code, merchant.code, gift.title, kind, "general", 0, variants), gift.value


def _offer(merchant: Merchant, item: ProductType, category: Category) -> Product:
    code = f"{merchant.code}-{item.code}"
    warranty = category.warranty_months if item.warranty_months is None else item.warranty_months
    return Product(
        code=code,
        model=item.code,
        merchant=merchant.code,
        title=f"{merchant.brand}{item.title}",
        category=category,
        product_class=item.product_class or category.product_class,
        warranty_months=warranty,
        variants=_variants(code, item),
    )


def _variants(code: str, item: ProductType) -> tuple[Variant, ...]:
    """Prices climb evenly from the lowest to the highest over the variants, in whole yuan."""
    chosen = list(product(*item.options.values()))
    low, high = item.price
    step = max(len(chosen) - 1, 1)
    prices = ((low + (high - low) * k // step) // 100 * 100 for k in range(len(chosen)))
    return tuple(
        Variant(f"{code}-{k:02d}", tuple(zip(item.options, values, strict=True)), price)
        for k, (values, price) in enumerate(zip(chosen, prices, strict=True), 1)
    )
