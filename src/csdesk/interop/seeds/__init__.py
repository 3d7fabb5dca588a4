"""Made-up Chinese people, shops, orders and cases, each fixed by a seed and its own number or id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from csdesk import resources
from csdesk.interop.seeds.files import (
    Address,
    Agent,
    Carrier,
    Carriers,
    Catalogue,
    Category,
    Habits,
    Kind,
    Merchant,
    Merchants,
    Method,
    Names,
    Places,
    Promise,
    Reason,
    RetailWords,
    SeedError,
    Staff,
    Stage,
    StoryBook,
    read,
)
from csdesk.interop.seeds.goods import Goods, Product, Variant
from csdesk.interop.seeds.orders import Order, OrderLine, Orders, Payment
from csdesk.interop.seeds.overlay import Overlay, Overlays, RetailProduct
from csdesk.interop.seeds.people import People, Person
from csdesk.interop.seeds.stories import CaseSeed, Stories, Story
from csdesk.interop.seeds.timing import Parcel, Timing, TrackEvent, Wish

__all__ = [
    "Address",
    "Agent",
    "Carrier",
    "CaseSeed",
    "Category",
    "Kind",
    "Merchant",
    "Method",
    "Order",
    "OrderLine",
    "Overlay",
    "Parcel",
    "Payment",
    "Person",
    "Product",
    "Promise",
    "Reason",
    "RetailProduct",
    "SeedError",
    "Seeds",
    "Stage",
    "Story",
    "TrackEvent",
    "Variant",
]


class Seeds:
    """The whole made-up world. A file is read when something of it is first asked for, once per instance.

    Every answer depends on the seed, the arguments and the seed files, never on what was asked before.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._seed = seed

    @classmethod
    def load(cls, folder: Path | None = None, seed: int = 0) -> Seeds:
        """Seeds from `folder` (default: the shipped data/seeds); SeedError when a bad file is first used."""
        return cls(folder or resources.path("data/seeds"), seed)

    @cached_property
    def agents(self) -> tuple[Agent, ...]:
        return read(self._folder, "agents", Staff).agents

    @cached_property
    def merchants(self) -> tuple[Merchant, ...]:
        return tuple(self._goods.merchants.values())

    @cached_property
    def carriers(self) -> tuple[Carrier, ...]:
        return self._carriers.carrier

    @cached_property
    def products(self) -> tuple[Product, ...]:
        """Every product as every shop offers it."""
        return self._goods.products

    @cached_property
    def promises(self) -> Mapping[str, Promise]:
        return self._goods.promises

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        return self._book.kind

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        return self._book.reason

    def person(self, key: int | str) -> Person:
        """The person of a number or of a foreign user id; numbered people never share a phone."""
        return self._people.person(key)

    def merchant(self, n: int) -> Merchant:
        """Shop `n`, counted round."""
        return self.merchants[n % len(self.merchants)]

    def product(self, n: int) -> Product:
        """Product `n`, counted round."""
        return self.products[n % len(self.products)]

    def order(self, n: int, now_ms: int, *, stage: Stage | None = None, within_days: int = 365) -> Order:
        """Order `n` as it stands at `now_ms`: at `stage`, or at whatever its age makes it (a few cancelled).

        Placed in the last `within_days` days, or as much earlier as it takes to have been signed.
        """
        return self._orders.order(n, now_ms, Wish(stage=stage, within_days=within_days))

    def story(self, kind: str, n: int) -> Story:
        """What case `n` of a kind is about, without an order."""
        return self._stories.story(kind, n)

    def case(self, n: int, now_ms: int, *, kind: str | None = None, within_days: int = 365) -> CaseSeed:
        """Case `n` with the order that fits it, opened in the `within_days` (2 to 365) days before `now_ms`.

        Its order has number `n`: give `order` numbers that no case has.
        """
        return self._stories.case(n, now_ms, kind, within_days)

    def overlay(
        self, order_id: str, user_id: str, status: str, names: Sequence[str], now_ms: int, parcels: int = 1
    ) -> Overlay:
        """A foreign order's buyer, shops, times and waybills; `names` are the product types of its lines."""
        return self._overlays.overlay(order_id, user_id, status, names, now_ms, parcels)

    def retail_product(self, name: str) -> RetailProduct:
        """A foreign product type as it is called and sold here."""
        return self._overlays.product(name)

    def retail_options(self, options: Mapping[str, str]) -> dict[str, str]:
        """Foreign option names and values in Chinese; what is not listed keeps its words."""
        return self._overlays.options(options)

    def retail_method(self, source: str) -> str:
        """A foreign kind of payment as a method code here."""
        return self._overlays.method(source)

    @cached_property
    def _habits(self) -> Habits:
        return read(self._folder, "orders", Habits)

    @cached_property
    def _places(self) -> Places:
        return read(self._folder, "places", Places)

    @cached_property
    def _carriers(self) -> Carriers:
        return read(self._folder, "carriers", Carriers)

    @cached_property
    def _book(self) -> StoryBook:
        return read(self._folder, "stories", StoryBook)

    @cached_property
    def _people(self) -> People:
        return People(read(self._folder, "names", Names), self._places, self._seed)

    @cached_property
    def _goods(self) -> Goods:
        catalogue = read(self._folder, "products", Catalogue)
        return Goods(catalogue, read(self._folder, "merchants", Merchants), self._habits.gifts)

    @cached_property
    def _timing(self) -> Timing:
        timing = Timing(self._habits, self._carriers, self._places.province, self._people)
        timing.check(self.merchants)
        return timing

    @cached_property
    def _orders(self) -> Orders:
        return Orders(self._habits, self._goods, self._people, self._timing, self._seed)

    @cached_property
    def _stories(self) -> Stories:
        return Stories(self._book, self._orders, self._seed)

    @cached_property
    def _overlays(self) -> Overlays:
        return Overlays(
            read(self._folder, "retail_cn", RetailWords), self._goods, self._people, self._timing, self._seed
        )
