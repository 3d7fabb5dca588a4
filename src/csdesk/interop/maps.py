"""Import maps: TOML files that say where another system keeps what csdesk wants, as JMESPath expressions.

A map is data, so that a desk can write its own: `[map]` names it, one table a kind of record (`[orders]`)
says by `when` which files hold it and gives each field an expression, or a table {path, values, other,
default, match}.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from csdesk import resources
from csdesk.domain import money
from csdesk.domain.value import dataclass
from csdesk.interop.faults import ImportFault

Search = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of record consists of: required fields, other fields, parts that repeat, settings of the
    map.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    parts: Mapping[str, "Shape"] = field(default_factory=dict)
    settings: tuple[str, ...] = ()


# Something said in a ticket, wherever it is told.
_SAID = Shape(
    ("id", "at"),
    ("body", "html", "side", "private", "author"),
    {"attachments": Shape(("name",), ("size",))},
)
# In the order in which they must be loaded: orders point to customers and products.
SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "customers": Shape(("id",), ("name", "phone", "email", "address", "language", "methods")),
        "products": Shape(
            ("id", "title"),
            ("category",),
            {"variants": Shape(("sku", "price"), ("options", "available", "currency"))},
        ),
        "orders": Shape(
            ("id", "customer", "status"),
            (
                "currency", "channel", "placed_at", "paid_at", "shipped_at", "signed_at", "address", "phone",
                "merchant", "merchant_name", "return_address", "self_operated", "platform", "platform_state",
            ),
            {
                "lines": Shape(
                    ("sku", "title", "price"), ("product", "options", "category", "qty", "paid")
                ),
                "payments": Shape(("amount", "method"), ("kind", "reference", "refund", "at")),
                "shipments": Shape(
                    ("waybill",), ("carrier", "skus", "shipped_at", "signed_at", "consent")
                ),
            },
        ),
        "couriers": Shape(("carrier", "id", "verified"), ("checked_at", "expires_at")),
        "tracking": Shape(
            ("waybill",), ("carrier",), {"scans": Shape(("at",), ("id", "scan", "place", "text", "courier"))}
        ),
        "articles": Shape(
            ("id", "law", "article_no", "text"),
            (
                "title", "chapter", "effective_from", "effective_to", "source", "language", "tags",
                "confidence",
            ),
        ),
        "canned": Shape(
            ("id", "title", "body"), ("topic", "source", "language", "shortcut", "kinds"), settings=("slots",)
        ),
        "complaints": Shape(
            ("id", "opened_at"),
            (
                "narrative", "summary", "reason", "company", "channel", "tags", "outcome", "answer",
                "answered_at", "disputed",
            ),
            settings=("basis",),
        ),
        "staff": Shape(("id", "name"), ("email",)),
        "tickets": Shape(
            ("id", "opened_at", "status"),
            (
                "subject", "description", "description_html", "requester", "requester_name", "requester_email",
                "requester_phone", "channel", "priority", "tags", "assignee", "changed_at", "closed_at",
                "platform", "platform_state",
            ),
            {"messages": _SAID, **_SAID.parts},
        ),
        "comments": Shape((*_SAID.required, "ticket"), _SAID.optional, _SAID.parts),
        "macros": Shape(
            ("id", "title"),
            ("body", "html", "note", "note_html", "shortcut", "active", "language", "actions", "owner"),
            settings=("slots", "verbs", "deeds"),
        ),
    }
)  # fmt: skip
_RESERVED = ("when", "only", "records", "repeats", "check", "each", "as_of", "inner")
CHECKS = ("customer", "product")


class _FieldTable(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    values: dict[str, str] = {}
    other: str | None = None
    default: str | int | bool | None = None
    match: str | None = None


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    title: str = ""
    source: str = ""
    format: Literal["auto", "json", "jsonl", "csv"] = "auto"
    currency: str = "CNY"
    amounts: Literal["major", "minor"] = "major"
    zone: str = ""
    times: str = "iso"
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where a field is found, and how what stands there is translated.

    `values` names every value that is understood, `other` what all others become; `match` takes the first
    group.
    """

    search: Search
    values: Mapping[str, str]
    other: str | None
    default: str | int | bool | None
    match: re.Pattern[str] | None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of record in a map. `when` recognises its files, `records` finds the records in a JSON
    document, `only` those among them that are of this kind (users who work for the desk, users who ask it).

    `repeats`: the same record may stand in a file several times (a buyer in each order's row); the first
    counts. `as_of`: when the source last changed the record; of several words on one the last dated counts, in
    whichever file it stands. `inner`: the list in what `records` finds, when that only holds the records; each then has
    the fields of what holds it, where it has none of its own.
    """

    name: str
    fields: Mapping[str, FieldMap]
    parts: Mapping[str, "Section"]
    settings: Mapping[str, Any]
    when: Search | None = None
    only: Search | None = None
    records: Search | None = None
    each: Search | None = None
    repeats: bool = False
    as_of: Search | None = None
    inner: Search | None = None
    check: tuple[str, ...] = CHECKS


@dataclass(frozen=True, slots=True)
class ImportMap:
    """A whole map. `source` names the system the records come from; `stamp` is the digest of the file."""

    name: str
    title: str
    source: str
    format: str
    currency: str
    amounts: str
    zone: ZoneInfo | None
    times: str
    delimiter: str
    sections: Mapping[str, Section]
    stamp: str


def shipped() -> Mapping[str, Path]:
    """The maps that come with csdesk, by name."""
    return {
        path.stem: path
        for path in sorted(resources.path("data/maps").glob("*.toml"))
        if path.stem != "effective"
    }


def mapping(map_: ImportMap) -> dict[str, dict[str, str]]:
    """Which expression fills which field, by the kind of record, to show to whoever wonders."""
    told: dict[str, dict[str, str]] = {}

    def tell(place: str, section: Section) -> None:
        told[place] = {name: field.path for name, field in section.fields.items()}
        for name, part in section.parts.items():
            tell(f"{place}.{name}", part)

    for name, section in map_.sections.items():
        tell(name, section)
    return told


def load_map(name: str) -> ImportMap:
    """A shipped map by name, or one of the desk's own by path. ImportFault `unknown_map`, `bad_map`."""
    known = shipped()
    path = known.get(name) or Path(name)
    try:
        raw = path.read_bytes()
    except OSError:
        raise ImportFault("unknown_map", map=name, known=", ".join(known)) from None
    try:
        data = tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ImportFault("bad_map", path=str(path), place="the file", why=str(exc)) from None
    return _Reader(str(path), hashlib.sha256(raw).hexdigest()[:12]).map(data)


def _direct(node: Mapping[str, Any]) -> Search | None:
    """The commonest expressions (a, a.b, [a, b], a || b, @) as plain functions, 0.1 to 0.5 µs instead of 2 to 25
    in the interpreter; None for all others.
    """
    inner = [_direct(child) for child in node["children"]]
    steps = [step for step in inner if step is not None]
    if len(steps) != len(inner):
        return None
    match node["type"]:
        case "field":
            name = node["value"]
            return lambda data: data.get(name) if isinstance(data, dict) else None
        case "current":
            return lambda data: data
        case "subexpression":

            def follow(data: Any) -> Any:
                for step in steps:
                    data = step(data)
                return data

            return follow
        case "multi_select_list":
            return lambda data: None if data is None else [step(data) for step in steps]
        case "or_expression":
            return lambda data: steps[1](data) if _false(found := steps[0](data)) else found
        case _:
            return None


def _false(value: Any) -> bool:
    """False in JMESPath: null, false, and what is empty; 0 is a value."""
    return value is None or value is False or value in ("", [], {})


class _Reader:
    """Turns a TOML document into a map, naming the place of whatever is wrong."""

    def __init__(self, path: str, stamp: str) -> None:
        self._path = path
        self._stamp = stamp

    def map(self, data: dict[str, Any]) -> ImportMap:
        head = self._head(data.pop("map", {}))
        try:
            money.exponent(head.currency)
        except money.BadAmount:
            raise self._fault("map.currency", "is no currency of ISO 4217") from None
        sections = {
            name: self._section(name, SHAPES[name], data.pop(name)) for name in SHAPES if name in data
        }
        if data:
            raise self._fault(next(iter(data)), f"is none of {', '.join(SHAPES)}")
        if not sections:
            raise self._fault("the file", f"has none of {', '.join(SHAPES)}")
        for name, section in sections.items():
            if section.when is None:
                raise self._fault(
                    f"{name}.when", "is missing: it tells by which records the file is recognised"
                )
        return ImportMap(
            head.name, head.title, head.source or head.name, head.format, head.currency, head.amounts,
            self._zone(head.zone), head.times, head.delimiter, sections, self._stamp,
        )  # fmt: skip

    def _head(self, table: object) -> _Head:
        try:
            return msgspec.convert(table, _Head)
        except msgspec.ValidationError as exc:
            raise self._fault("map", str(exc)) from None

    def _zone(self, name: str) -> ZoneInfo | None:
        try:
            return ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise self._fault("map.zone", "is no time zone, such as Asia/Shanghai") from None

    def _section(self, place: str, shape: Shape, table: object) -> Section:
        if not isinstance(table, dict):
            raise self._fault(place, "is not a table")
        known = {*shape.required, *shape.optional}
        fields: dict[str, FieldMap] = {}
        parts: dict[str, Section] = {}
        special: dict[str, Any] = {}
        for name, value in table.items():
            where = f"{place}.{name}"
            if name in known:
                fields[name] = self._field(where, value)
            elif name in shape.parts:
                parts[name] = self._section(where, shape.parts[name], value)
            elif name in _RESERVED or name in shape.settings:
                special[name] = value
            else:
                raise self._fault(
                    where, f"is unknown; there are {', '.join(sorted(known | set(shape.parts)))}"
                )
        for name in shape.required:
            if name not in fields:
                raise self._fault(f"{place}.{name}", "is missing")
        return self._finished(place, fields, parts, special)

    def _finished(
        self, place: str, fields: dict[str, FieldMap], parts: dict[str, Section], special: dict[str, Any]
    ) -> Section:
        paths = {
            name: self._path_of(f"{place}.{name}", special.pop(name))
            for name in ("when", "only", "records", "each", "as_of", "inner")
            if name in special
        }
        repeats, check = special.pop("repeats", False), tuple(special.pop("check", CHECKS))
        if not isinstance(repeats, bool):
            raise self._fault(f"{place}.repeats", "is neither true nor false")
        if any(name not in CHECKS for name in check):
            raise self._fault(f"{place}.check", f"may hold {' and '.join(CHECKS)}")
        for name, value in special.items():
            wanted = dict if name in ("slots", "verbs", "deeds") else str
            if not isinstance(value, wanted):
                raise self._fault(f"{place}.{name}", f"is not a {'table' if wanted is dict else 'text'}")
        return Section(place, fields, parts, special, **paths, repeats=repeats, check=check)

    def _field(self, place: str, value: object) -> FieldMap:
        if isinstance(value, str):
            value = {"path": value}
        try:
            table = msgspec.convert(value, _FieldTable)
            match = re.compile(table.match) if table.match is not None else None
        except (msgspec.ValidationError, re.error) as exc:
            raise self._fault(place, str(exc)) from None
        if match is not None and match.groups != 1:
            raise self._fault(place, "needs exactly one group in its match")
        search = self._path_of(place, table.path)
        return FieldMap(search, table.values, table.other, table.default, match, table.path)

    def _path_of(self, place: str, value: object) -> Search:
        import jmespath
        from jmespath.exceptions import JMESPathError

        if not isinstance(value, str):
            raise self._fault(place, "is not a JMESPath expression")
        try:
            compiled = jmespath.compile(value)
        except JMESPathError as exc:
            raise self._fault(place, " ".join(str(exc).split())) from None
        return _direct(compiled.parsed) or compiled.search

    def _fault(self, place: str, why: str) -> ImportFault:
        return ImportFault("bad_map", path=self._path, place=place, why=why)
