"""The table of payment methods that are not money: the shipped one, or a desk's own TOML file."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from csdesk import resources
from csdesk.desk.config import ConfigError, read_toml
from csdesk.domain.tender import IF_EXPIRED, KINDS, Tender

_FIELDS = frozenset({"names", "kind", "unit", "value", "if_expired"})


class Tenders(Mapping[str, Tender]):
    """Tenders by folded name. The shipped table is read when first looked into, a desk's own at once: it may err."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        if path is not None:
            _ = self._table

    def __getitem__(self, name: str) -> Tender:
        return self._table[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    @cached_property
    def _table(self) -> dict[str, Tender]:
        where = self._path or resources.path("data/tenders.toml")
        found = read_toml(where)
        rows = found.pop("tender", None)
        if found or not isinstance(rows, list):
            raise _wrong(where, 0, "tender")
        table: dict[str, Tender] = {}
        for n, row in enumerate(rows, 1):
            made = _tender(where, n, row)
            for name in row["names"]:
                if name.strip().casefold() in table:
                    raise _wrong(where, n, f"names: {name}")
                table[name.strip().casefold()] = made
        return table


def _wrong(where: object, n: int, field: str) -> ConfigError:
    return ConfigError("config_tenders", where=f"{where}: [[tender]] {n}", field=field)


def _tender(where: object, n: int, row: Any) -> Tender:
    """One row checked; ConfigError names the row and the field."""
    if not isinstance(row, dict) or (unknown := sorted(set(row) - _FIELDS)):
        raise _wrong(where, n, ", ".join(unknown) if isinstance(row, dict) else "tender")
    names, value = row.get("names"), row.get("value", 0)
    if not isinstance(names, list) or not names or not all(isinstance(x, str) and x.strip() for x in names):
        raise _wrong(where, n, "names")
    if row.get("kind") not in KINDS:
        raise _wrong(where, n, "kind")
    if type(value) is not int or not 0 <= value <= 10**9:
        raise _wrong(where, n, "value")
    if row.get("if_expired", "") not in IF_EXPIRED:
        raise _wrong(where, n, "if_expired")
    if not isinstance(row.get("unit", ""), str):
        raise _wrong(where, n, "unit")
    return Tender(row["kind"], row.get("unit", ""), value, row.get("if_expired", ""))


SHIPPED = Tenders()
