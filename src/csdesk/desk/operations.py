"""The desk's policy on receipt, delivery and refund: data/operations.toml or a desk's own file, checked whole."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from csdesk import resources
from csdesk.desk.config import ConfigError, read_toml
from csdesk.domain.cases.kind import Kind
from csdesk.domain.cases.operations import MODES, TIMINGS, Operation, Operations, Rules
from csdesk.domain.value import replace

FORMAT = 1
# Which steps a kind has; a repair pays nothing back, a reissue receives nothing.
STEPS_OF: Mapping[Kind, tuple[str, ...]] = MappingProxyType({
    Kind.RETURN: ("receipt", "refund"),
    Kind.EXCHANGE: ("receipt", "delivery", "refund"),
    Kind.REPAIR: ("receipt",),
    Kind.REISSUE: ("delivery", "refund"),
    Kind.REFUND_ONLY: ("receipt", "refund"),
})  # fmt: skip
_NAMES = frozenset({"format", "pause_minutes", "refund_limit", "grades", "merchant"})
# A month is no pause any more, and a trillion fen no refund.
MOST_MINUTES, MOST_MINOR, MOST_GRADES = 43_200, 10**12, 20


def read_operations(path: Path | None, merchant_id: Callable[[str], str]) -> Operations:
    """The policy of one file (None: the shipped). `merchant_id` gives the id of a code, "" for one nobody has (yet).

    ConfigError names the file, the entry and the field that is wrong; nothing of such a file is used.
    """
    where = path or resources.path("data/operations.toml")
    raw = read_toml(where)
    if raw.get("format") != FORMAT:
        raise _wrong(where, "format", raw.get("format"))
    kinds = _kinds({name: raw[name] for name in raw if name not in _NAMES}, {}, where, "")
    merchants: dict[tuple[str, Kind], Rules] = {}
    entries = raw.get("merchant", [])
    if not isinstance(entries, list):
        raise _wrong(where, "merchant", entries)
    for n, entry in enumerate(entries, 1):
        merchants |= _merchant(entry, kinds, where, f"[[merchant]] {n}", merchant_id)
    return Operations(
        kinds,
        merchants,
        _number(raw, "pause_minutes", MOST_MINUTES, where) * 60_000,
        _number(raw, "refund_limit", MOST_MINOR, where),
        _grades(raw, where),
    )


def _wrong(where: Path, field: str, value: object) -> ConfigError:
    return ConfigError("config_operations", where=where, field=field, value=value)


def _merchant(
    entry: Any, kinds: Mapping[Kind, Rules], where: Path, place: str, merchant_id: Callable[[str], str]
) -> dict[tuple[str, Kind], Rules]:
    """One merchant's own rules over the desk's."""
    if not isinstance(entry, dict):
        raise _wrong(where, place, entry)
    code = entry.get("code")
    if not isinstance(code, str) or not code.strip():
        raise _wrong(where, f"{place} code", code)
    own = {name: value for name, value in entry.items() if name != "code"}
    if not own:
        raise _wrong(where, place, code)
    rules = _kinds(own, kinds, where, f"{place} ")
    id_ = merchant_id(code.strip())
    return {(id_, kind): one for kind, one in rules.items()} if id_ else {}


def _kinds(
    tables: Mapping[str, Any], under: Mapping[Kind, Rules], where: Path, place: str
) -> dict[Kind, Rules]:
    """The rules of the kinds that `tables` names, over those of `under`."""
    made: dict[Kind, Rules] = {}
    for name, table in tables.items():
        kind = next((kind for kind in STEPS_OF if kind.value == name), None)
        if kind is None or not isinstance(table, dict):
            raise _wrong(where, f"{place}{name}", table)
        rules = under.get(kind, Rules())
        for step, said in table.items():
            if step not in STEPS_OF[kind]:
                raise _wrong(where, f"{place}{name}.{step}", said)
            rules = replace(rules, **{step: _operation(said, where, f"{place}{name}.{step}")})
        made[kind] = rules
    return made


def _operation(said: Any, where: Path, place: str) -> Operation:
    if not isinstance(said, dict) or set(said) - {"mode", "timing"}:
        raise _wrong(where, place, said)
    mode, timing = said.get("mode", "manual"), said.get("timing", "after_receipt")
    if mode not in MODES:
        raise _wrong(where, f"{place}.mode", mode)
    if timing not in TIMINGS:
        raise _wrong(where, f"{place}.timing", timing)
    return Operation(mode, timing)


def _number(raw: Mapping[str, Any], name: str, most: int, where: Path) -> int:
    value = raw.get(name, 0)
    if type(value) is not int or not 0 <= value <= most:
        raise _wrong(where, name, value)
    return value


def _grades(raw: Mapping[str, Any], where: Path) -> tuple[str, ...]:
    said = raw.get("grades", ["A", "B", "C", "scrap"])
    named = isinstance(said, list) and all(isinstance(one, str) and 0 < len(one) <= 20 for one in said)
    if not named or not 0 < len(said) <= MOST_GRADES or len(set(said)) != len(said):
        raise _wrong(where, "grades", said)
    if any(set(one) & set(",:， ×") or one == "x" for one in said):
        raise _wrong(where, "grades", said)
    return tuple(said)
