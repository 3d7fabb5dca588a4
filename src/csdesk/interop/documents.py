"""A document that an order system told: its records through the importer, without what is older than what is known."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from csdesk.desk.core import Core
from csdesk.domain.value import dataclass
from csdesk.interop.faults import ImportFault, Problem
from csdesk.interop.fields import Fields, Reading, reading
from csdesk.interop.importer import Report, import_source
from csdesk.interop.maps import ImportMap, Search, Section
from csdesk.interop.readers import KEY, Item, Source, inside
from csdesk.store import load, sources
from csdesk.store.connection import write
from csdesk.store.crypto import normal_order_number

# What says that it changed more than a day from now comes from a wrong clock, and would hide all that follows.
AHEAD_MS = 86_400_000
# Seconds since 1970 stay below this until the year 5138; milliseconds have been above it since 1973.
_MOST_SECONDS = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a document: the importer's report (None: it held no record), and what was left out of it.

    `older`: orders that were older than what is known; `other`: orders that nobody had asked for.
    """

    report: Report | None
    orders: int = 0
    older: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True)
class _Order:
    """An order in a document: when it last changed there (UTC ms, 0 unknown), and the place of its record."""

    at: int
    item: Item


@dataclass(frozen=True, slots=True)
class _Document(Source):
    """A document in memory as a source of records; `orders` stand in for all that are found at `place`, if any do."""

    data: Any = None
    place: Search | None = None
    orders: tuple[Item, ...] | None = None

    def items(self, records: Search | None = None, inner: Search | None = None) -> Iterator[Item]:
        """Its records; those of orders are the ones that were sifted."""
        if self.orders is not None and records == self.place:
            return iter(self.orders)
        return all_items(self.data, records, inner)


def all_items(data: Any, records: Search | None, inner: Search | None = None) -> Iterator[Item]:
    """Records of a document as the reader of files finds them; what is no object is an item with a problem."""
    found = records(data) if records is not None else data
    if records is None and isinstance(data, dict):
        whole = not data or not all(isinstance(value, dict) for value in data.values())
        found = [data] if whole else [{KEY: key, **value} for key, value in data.items()]
    found = found if isinstance(found, list) else []
    for number, one in enumerate(found if inner is None else inside(found, inner), 1):
        if isinstance(one, dict):
            yield Item(number, 0, 0, one)
        else:
            yield Item(number, 0, 0, {}, Problem("", "not_an_object", {}))


def keep(core: Core, map_: ImportMap, name: str, data: Any, stamp: str = "", *, only: str = "") -> Kept:
    """Keep what a source told. `stamp`: JMESPath of when an order last changed there; `only`: the order asked for.

    Each order counts once, as it was last; one that is older than what is known is left out, so a feed may repeat
    itself and go back. Raises ImportFault `wrong_map` for a document that the map finds nothing in.
    """
    if not data or _holds_nothing(map_, data):
        return Kept(None)
    told: dict[str, _Order] = {}
    sifted: list[Item] | None = None
    older = other = 0
    if section := map_.sections.get("orders"):
        sifted, told, older, other = _sift(core, map_, section, data, stamp, only)
    # One mark for all documents of a source: each is another one, and nobody resumes them.
    document = _Document(
        Path(name), "json", "utf-8", 0, f"order source {name}".encode(), data=data,
        place=section.records if section else None, orders=None if sifted is None else tuple(sifted),
    )  # fmt: skip
    try:
        report = import_source(core, document, map_)
    except ImportFault as fault:
        if fault.code == "wrong_map" and (older or other):
            return Kept(None, 0, older, other)
        raise
    _saw(core, told, report)
    return Kept(report, len(told), older, other)


def _holds_nothing(map_: ImportMap, data: Any) -> bool:
    """Whether it is what the map takes, with nothing in it: `{"orders": []}`."""
    places = [section.records for section in map_.sections.values() if section.records is not None]
    found = [place(data) for place in places]
    return any(one == [] for one in found) and not any(found)


def _sift(
    core: Core, map_: ImportMap, section: Section, data: Any, stamp: str, only: str
) -> tuple[list[Item], dict[str, _Order], int, int]:
    """The records of orders that count, the orders by number, how many were older, how many nobody asked for."""
    search, read = _compiled(stamp), reading(map_, core.zone)
    rest: list[Item] = []
    newest: dict[str, _Order] = {}
    older = other = 0
    for item in all_items(data, section.records):
        number = _number(read, section, item)
        if not number:
            rest.append(item)  # another kind of record, or a broken one, which the importer will name
            continue
        at = _moment(search(item.data), core) if search else 0
        if only and normal_order_number(number) != normal_order_number(only):
            other += 1
        elif at and at < _known(core, number):
            older += 1
        elif number not in newest or at >= newest[number].at:
            newest[number] = _Order(at, item)
    items = sorted([*rest, *(order.item for order in newest.values())], key=lambda item: item.number)
    return items, newest, older, other


def _number(read: Reading, section: Section, item: Item) -> str:
    from jmespath.exceptions import JMESPathError

    assert section.when is not None  # a map without it does not load
    try:
        if item.problem is not None or not section.when(item.data):
            return ""
    except JMESPathError:
        return ""
    return Fields(read, section, item.data, []).line("id")


def _compiled(stamp: str) -> Search | None:
    if not stamp:
        return None
    import jmespath

    found: Search = jmespath.compile(stamp).search
    return found


def _moment(told: object, core: Core) -> int:
    """A stamp as UTC ms; 0 for what is none, and for one of a clock that runs ahead."""
    at = 0
    if isinstance(told, str) and not told.isascii():
        return 0
    if isinstance(told, str) and told.isdigit() and len(told) < 16:
        told = int(told)
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 < told < 1e15:
        at = int(told * 1000 if told < _MOST_SECONDS else told)
    elif isinstance(told, str):
        try:
            moment = datetime.fromisoformat(told)
            at = int((moment if moment.tzinfo else moment.replace(tzinfo=core.zone)).timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            return 0
    return at if 0 < at <= core.now() + AHEAD_MS else 0


def _known(core: Core, number: str) -> int:
    found = load.find_order(core.store.conn, core.desk, number)
    return sources.seen(core.store.conn, core.desk, found[0]).stamp if found else 0


def _saw(core: Core, told: Mapping[str, _Order], report: Report) -> None:
    """Note when each order was told, but for those that were left out; a report names the first of these alone."""
    if report.total("rejected") > len(report.rejects):
        return
    refused = {reject.record for reject in report.rejects if reject.entity == "orders"}
    conn, now = core.store.conn, core.now()
    with write(conn):
        rows = []
        for number, order in told.items():
            found = load.find_order(conn, core.desk, number)
            if found and order.item.number not in refused:
                rows.append((found[0], sources.Seen(now, order.at)))
        sources.saw(conn, core.desk, rows)
