"""The list of carriers: the shipped one, or a desk's own TOML file; read when first looked into."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from csdesk import resources
from csdesk.desk.config import ConfigError, read_toml
from csdesk.domain.carriers import CHECKS, STALE_HOURS, Carrier, Carriers, Pattern

_FIELDS = frozenset({"code", "name", "names", "phone", "stale_hours", "patterns"})
_PATTERN = frozenset({"like", "sure", "check"})
MOST_HOURS = 2_160


@cache
def carriers(path: str = "") -> Carriers:
    """The carriers of the file at `path`, or the shipped ones. ConfigError names the file, the row and the field."""
    where = Path(path).expanduser() if path else resources.path("data/carriers.toml")
    found = read_toml(where)
    rows = found.pop("carrier", None)
    if found or not isinstance(rows, list) or not rows:
        raise _wrong(where, 0, "carrier")
    made = [_carrier(where, n, row) for n, row in enumerate(rows, 1)]
    codes = [carrier.code.casefold() for carrier in made]
    for n, code in enumerate(codes, 1):
        if code in codes[: n - 1]:
            raise _wrong(where, n, f"code: {code}")
    return Carriers(made)


def _wrong(where: object, n: int, field: str) -> ConfigError:
    return ConfigError("config_carriers", where=f"{where}: [[carrier]] {n}", field=field)


def _carrier(where: object, n: int, row: Any) -> Carrier:
    """One row checked; ConfigError names the row and the field."""
    if not isinstance(row, dict) or (unknown := sorted(set(row) - _FIELDS)):
        raise _wrong(where, n, ", ".join(unknown) if isinstance(row, dict) else "carrier")
    for name in ("code", "name"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise _wrong(where, n, name)
    names, hours = row.get("names", []), row.get("stale_hours", STALE_HOURS)
    if not isinstance(names, list) or not all(isinstance(x, str) and x.strip() for x in names):
        raise _wrong(where, n, "names")
    if not isinstance(row.get("phone", ""), str):
        raise _wrong(where, n, "phone")
    if type(hours) is not int or not 1 <= hours <= MOST_HOURS:
        raise _wrong(where, n, "stale_hours")
    patterns = row.get("patterns", [])
    if not isinstance(patterns, list):
        raise _wrong(where, n, "patterns")
    made = tuple(_pattern(where, n, one) for one in patterns)
    return Carrier(row["code"], row["name"], tuple(names), row.get("phone", ""), made, hours)


def _pattern(where: object, n: int, said: Any) -> Pattern:
    if not isinstance(said, dict) or set(said) - _PATTERN or not isinstance(said.get("like"), str):
        raise _wrong(where, n, "patterns")
    sure, check = said.get("sure", 1), said.get("check", "")
    if type(sure) is not int or not 1 <= sure <= 3:
        raise _wrong(where, n, "patterns.sure")
    if check and check not in CHECKS:
        raise _wrong(where, n, "patterns.check")
    try:
        return Pattern(re.compile(said["like"], re.ASCII), sure, check)
    except re.error:
        raise _wrong(where, n, "patterns.like") from None
