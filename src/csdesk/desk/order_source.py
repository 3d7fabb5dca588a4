"""The desk's order system: its settings file, and the port through which any room may look something up there."""

import tomllib
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from csdesk.desk.config import ConfigError
from csdesk.domain.cases.writeback import ASKS
from csdesk.domain.value import dataclass

# What orders can be looked up by.
BY = ("order", "phone", "waybill")
# Seconds between two pulls; who wants fewer than one a day pulls by hand.
MOST_EVERY = 86_400


@dataclass(frozen=True, slots=True)
class Told:
    """What an order system told: a JSON document whose records the map finds; None when it knows of nothing."""

    document: Any


@dataclass(frozen=True, slots=True)
class Page:
    """A page of changes: the document, where the next one begins (JSON text), and whether there is one already."""

    document: Any
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """The order system did not answer, or with what is no answer; `reason` is a code such as `timeout`, `html`."""

    reason: str


class OrderSource(Protocol):
    """Where orders come from. Nothing here raises for what the other side does: a fault is an answer."""

    def find(self, by: str, value: str) -> Told | Fault:
        """The orders of a number, a phone, a waybill (`by`, one of BY), with customers and goods where it has them."""
        ...

    def changes(self, cursor: str) -> Page | Fault:
        """What changed since the cursor of the last page; "" for all that it will tell."""
        ...


class Source(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[source]`: `stamp` and `next`, `more` are JMESPath in an order's record and in a page of changes.

    `every_seconds`: how long `csdesk work` waits between two pulls; 0: it leaves pulling to others.
    """

    name: str
    kind: Literal["http", "sql", "csv"]
    map: str
    writes: tuple[str, ...] = ()
    stamp: str = ""
    next: str = ""
    more: str = ""
    since: str = ""
    every_seconds: int = 300


class Push(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[push]`: it tells us that orders changed. `order`: JMESPath of their numbers; `key` says where its secret is."""

    key: str
    order: str


class Http(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[http]`: paths behind the address, with `{value}` or `{cursor}` in them; `key` says where the secret is."""

    address: str
    key: str
    order: str = ""
    phone: str = ""
    waybill: str = ""
    changes: str = ""
    seconds: float = 4.0


class Sql(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[sql]`: per question the queries, each under the name that its rows get; `json` names columns that hold JSON."""

    database: str
    order: dict[str, str] = {}
    phone: dict[str, str] = {}
    waybill: dict[str, str] = {}
    changes: dict[str, str] = {}
    json: tuple[str, ...] = ()
    seconds: float = 4.0


class Csv(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[csv]`: a folder of files; one without `<name>.done` beside it is left for `settle_seconds` after its last
    change.
    """

    folder: str
    settle_seconds: float = 60.0


class _Document(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    source: Source
    http: Http | None = None
    sql: Sql | None = None
    csv: Csv | None = None
    push: Push | None = None


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """The settings of an order system; `map` is the name of a shipped map or a path, `path` the settings file."""

    path: Path
    source: Source
    map: str
    http: Http | None
    sql: Sql | None
    csv: Csv | None
    push: Push | None = None

    @property
    def writes(self) -> frozenset[str]:
        """What cases ask of it."""
        return frozenset(self.source.writes)

    def beside(self, name: str) -> Path:
        """A path as it is meant from the settings file."""
        return self.path.parent / Path(name).expanduser()


def read_settings(name: str) -> SourceSettings:
    """The settings file of the order system; ConfigError `config_orders` names what is wrong with it."""
    path = Path(name).expanduser()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        found = msgspec.convert(data, _Document)
    except OSError as exc:
        raise ConfigError("config_orders", path=path, reason=exc.strerror or type(exc).__name__) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as exc:
        raise ConfigError("config_orders", path=path, reason=str(exc)) from None
    source = found.source
    if getattr(found, source.kind) is None:
        raise ConfigError("config_orders", path=path, reason=f"[{source.kind}]")
    unknown = [what for what in source.writes if what not in ASKS]
    if unknown or (source.writes and source.kind != "http"):
        raise ConfigError(
            "config_orders", path=path, reason=f"writes = {', '.join(unknown or source.writes)}"
        )
    if not 0 <= source.every_seconds <= MOST_EVERY:
        raise ConfigError("config_orders", path=path, reason=f"every_seconds = {source.every_seconds}")
    if found.push and (source.kind == "csv" or not found.push.order):
        raise ConfigError("config_orders", path=path, reason="[push]")
    for expression in (source.stamp, source.next, source.more, found.push.order if found.push else ""):
        _checked(path, expression)
    map_ = source.map if "/" not in source.map and "." not in source.map else str(path.parent / source.map)
    return SourceSettings(path, source, map_, found.http, found.sql, found.csv, found.push)


def _checked(path: Path, expression: str) -> None:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        if expression:
            jmespath.compile(expression)
    except JMESPathError as exc:
        raise ConfigError("config_orders", path=path, reason=" ".join(str(exc).split())) from None


def turn_page(source: Source, document: Any, cursor: str) -> Page:
    """A page of changes with where it leads; a cursor that cannot be found leaves the old one."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        found = jmespath.search(source.next, document) if source.next else None
        more = bool(jmespath.search(source.more, document)) if source.more else False
    except JMESPathError:
        found, more = None, False
    told = isinstance(found, str | int | float) and not isinstance(found, bool) and found != ""
    return Page(document, msgspec.json.encode(found).decode() if told else cursor, more)


def cursor_value(source: Source, cursor: str) -> str | int | float:
    """The cursor as the order system knows it."""
    found = msgspec.json.decode(cursor) if cursor else source.since
    assert isinstance(found, str | int | float)  # `turn_page` made it
    return found
