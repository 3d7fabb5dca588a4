"""The shapes of data/seeds/*.toml and how a file is read into them."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from string import Formatter
from typing import Literal, TypeVar

from csdesk.domain.value import dataclass

T = TypeVar("T")
Stage = Literal["paid", "shipped", "signed", "cancelled"]


class SeedError(ValueError):
    """A seed file that cannot be used, or a foreign order that cannot be placed: one sentence."""


def read(folder: Path, name: str, shape: type[T]) -> T:
    """The file `name`.toml of `folder` as `shape`; SeedError names the file and what in it is wrong."""
    import tomllib

    import msgspec

    path = folder / f"{name}.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), shape)
    except OSError as error:
        raise SeedError(f"{path} cannot be read ({error.strerror}); restore it from the release") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise SeedError(f"{path}: {error}") from error


def slot_names(template: str) -> tuple[str, ...]:
    """The names in braces of a template, in their order; SeedError for a brace without its pair."""
    try:
        return tuple(name for _, name, _, _ in Formatter().parse(template) if name is not None)
    except ValueError as error:
        raise SeedError(f"seed files: {error} in '{template}'") from error


@dataclass(frozen=True, slots=True)
class Names:
    phone_prefix: str
    mail_domains: tuple[str, ...]
    single_character_in: int
    surnames: tuple[tuple[str, str, int], ...]
    single: tuple[tuple[str, str], ...]
    double: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class City:
    name: str
    weight: int
    districts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Province:
    name: str
    weight: int
    zone: str
    cities: tuple[City, ...]
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    patterns: tuple[tuple[str, int], ...]
    streets: tuple[str, ...]
    estate_first: tuple[str, ...]
    estate_last: tuple[str, ...]
    offices: tuple[str, ...]
    campuses: tuple[str, ...]
    towns: tuple[str, ...]
    villages: tuple[str, ...]
    province: tuple[Province, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """What a shop promises above the law; `days`, `hours` or `times` is its number, where it has one."""

    code: str
    label: str
    days: int | None = None
    hours: int | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    province: str
    city: str
    district: str
    detail: str

    def __str__(self) -> str:
        """One line; a municipality is named once."""
        city = "" if self.city == self.province else self.city
        return f"{self.province}{city}{self.district}{self.detail}"


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop: `name` is its sign, `company` who answers for it; `promises` are (code, per cent of orders)."""

    code: str
    name: str
    brand: str
    company: str
    weight: int
    self_operated: bool
    phone: str
    return_address: Address
    categories: tuple[str, ...]
    carriers: tuple[str, ...]
    promises: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Merchants:
    promise: tuple[Promise, ...]
    merchant: tuple[Merchant, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """Fastest and slowest hours from collection to signature, by distance."""

    near: tuple[int, int]
    zone: tuple[int, int]
    far: tuple[int, int]
    remote: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Carrier:
    code: str
    name: str
    waybill: str
    pattern: str
    hours: Hours


@dataclass(frozen=True, slots=True)
class Signer:
    code: str
    label: str
    weight: int


@dataclass(frozen=True, slots=True)
class Carriers:
    carrier: tuple[Carrier, ...]
    phrases: dict[str, tuple[str, ...]]
    signer: tuple[Signer, ...]


@dataclass(frozen=True, slots=True)
class Category:
    code: str
    label: str
    product_class: str
    seven_day: bool
    exclusion: str
    warranty_months: int
    virtual: bool = False
    import_mode: str = ""


@dataclass(frozen=True, slots=True)
class ProductType:
    code: str
    category: str
    title: str
    price: tuple[int, int]
    options: dict[str, tuple[str, ...]]
    product_class: str | None = None
    warranty_months: int | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    categories: tuple[Category, ...]
    products: tuple[ProductType, ...]


@dataclass(frozen=True, slots=True)
class Season:
    """Days "MM-DD" to "MM-DD", both included, and how much is bought on each."""

    start: str
    end: str
    weight: int


@dataclass(frozen=True, slots=True)
class Method:
    code: str
    label: str
    weight: int


@dataclass(frozen=True, slots=True)
class Promotion:
    code: str
    label: str
    threshold: int
    off: int
    weight: int


@dataclass(frozen=True, slots=True)
class Gift:
    code: str
    title: str
    value: int


@dataclass(frozen=True, slots=True)
class Habits:
    """orders.toml: when people buy, how they pay, what they save, how slow things are."""

    cancelled_percent: int
    stalled_percent: int
    gift_percent: int
    two_methods_percent: int
    two_parcels_percent: int
    lines: tuple[int, ...]
    units: tuple[int, ...]
    single_unit_from: int
    hours: tuple[int, ...]
    seasons: tuple[Season, ...]
    pay_seconds: tuple[tuple[int, int, int], ...]
    dispatch_hours: tuple[tuple[int, int, int], ...]
    self_operated_dispatch_hours: tuple[tuple[int, int, int], ...]
    stall_hours: tuple[int, int]
    free_freight_from: int
    freights: tuple[int, ...]
    remote_freight: int
    methods: tuple[Method, ...]
    second_method: Method
    promotions: tuple[Promotion, ...]
    gifts: tuple[Gift, ...]
    confirmations: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Channel:
    """A way in; `lead` stands before what a customer says there."""

    code: str
    label: str
    lead: str


@dataclass(frozen=True, slots=True)
class Kind:
    code: str
    label: str
    weight: int
    channels: dict[str, int]
    openings: tuple[str, ...]
    closings: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a customer writes; `after` and `days` say when, `categories`, `products`, `needs` about what."""

    kind: str
    code: str
    label: str
    weight: int
    after: Literal["paid", "shipped", "signed"]
    days: tuple[int, int]
    utterances: tuple[str, ...]
    notes: tuple[str, ...]
    categories: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    track: str = ""
    facts: dict[str, bool | int | str] = field(default_factory=dict)
    narrative: str = ""


@dataclass(frozen=True, slots=True)
class StoryBook:
    channel: tuple[Channel, ...]
    kind: tuple[Kind, ...]
    reason: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Agent:
    account: str
    name: str
    role: Literal["agent", "senior", "supervisor", "auditor", "admin"]
    skills: tuple[str, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Staff:
    agents: tuple[Agent, ...]


@dataclass(frozen=True, slots=True)
class RetailName:
    title: str
    category: str
    product_class: str | None = None


@dataclass(frozen=True, slots=True)
class RetailWords:
    """retail_cn.toml: what foreign retail data is called here."""

    currency: str
    stages: dict[str, Stage]
    methods: dict[str, str]
    merchant_of: dict[str, str]
    products: dict[str, RetailName]
    options: dict[str, str]
    values: dict[str, str]
    values_of: dict[str, dict[str, str]]
