"""Marks in exported rows: which export a row is from, by its last column and by how it is written.

The column names the export. Beside it every row is written in one of many ways that mean the same: a text in quotes or
bare (CSV), a blank after a colon or none (JSON lines). Which way, a keyed hash of the export and the row says; so rows
whose column was cut away tell it still, as long as they are copied as text. A sheet that saves them anew wipes that.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from csdesk.domain.value import dataclass
from csdesk.store.crypto import keyed_hasher

COLUMN = "export"
LETTERS = "XP"
NUMBER = re.compile(r"\bXP-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
_FORCED = re.compile(r'[",\r\n]')
# Without quotes or with them a sheet or a loader might take these for something else: so they carry no mark.
_PLAIN = re.compile(r"[\d.,:+-]*")
_DECODE = json.JSONDecoder().raw_decode

Hasher = Callable[[str], bytes]
# (column, whether it is written the longer way) of what a row shows.
Seen = tuple[tuple[str, bool], ...]


def hasher(key: bytes) -> Hasher:
    """The hash by which rows are marked, of a desk's key."""
    return keyed_hasher(key, "export")


def identity(row: Mapping[str, object]) -> str:
    """What tells a row apart from the others of its table, as far as it is told by what is written."""
    return f"{row.get('number', '')}/{row.get('seq') or row.get('at') or ''}"


def style(hashed: Hasher, export: str, said: str, columns: Sequence[str]) -> dict[str, bool]:
    """How each column of a row is written: True for the longer way."""
    bits = int.from_bytes(hashed(f"{export}\x1f{said}"), "big")
    return {name: bool(bits >> n & 1) for n, name in enumerate(columns)}


def csv_line(cells: Mapping[str, str], longer: Mapping[str, bool]) -> str:
    """A row of a CSV, without its end."""
    return ",".join(_quoted(text, longer.get(name, False)) for name, text in cells.items())


def _quoted(text: str, longer: bool) -> str:
    if _FORCED.search(text) or (longer and not _PLAIN.fullmatch(text)):
        return '"' + text.replace('"', '""') + '"'
    return text


def json_line(row: Mapping[str, object], longer: Mapping[str, bool]) -> str:
    """A row as one JSON object, without its end."""
    parts = (
        f"{json.dumps(name)}:{' ' if longer.get(name, False) else ''}"
        f"{json.dumps(value, ensure_ascii=False, default=str)}"
        for name, value in row.items()
    )
    return "{" + ", ".join(parts) + "}"


@dataclass(frozen=True, slots=True)
class Written:
    """A row that was found: what it says it is, and how its columns were written."""

    identity: str
    seen: Seen


def rows_in(text: str, tables: Mapping[str, Sequence[str]]) -> Iterator[Written]:
    """The rows of an export in a text, JSON lines or CSV with or without its head; lines that are neither are passed.

    `tables`: the columns of each table that is exported.
    """
    if text.lstrip("\ufeff \r\n").startswith("{"):
        yield from (found for line in text.splitlines() if (found := _json_row(line)) is not None)
        return
    names: Sequence[str] = ()
    for cells in _csv_rows(text):
        texts = [said for said, _ in cells]
        if "number" in texts:
            names = texts
        elif names or (names := _guessed(len(cells), tables)):
            row = dict(zip(names, texts, strict=False))
            seen = tuple(
                (name, quoted)
                for name, (said, quoted) in zip(names, cells, strict=False)
                if name != COLUMN and not _FORCED.search(said) and not _PLAIN.fullmatch(said)
            )
            yield Written(identity(row), seen)


def _guessed(width: int, tables: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The columns of the table that is so wide, with the mark's or without."""
    return next((columns for columns in tables.values() if width in (len(columns), len(columns) + 1)), ())


def _json_row(line: str) -> Written | None:
    """A row whose blanks after colons are as they were written; None for what is none."""
    row: dict[str, Any] = {}
    seen = []
    at = line.find("{") + 1
    while at and at < len(line) and line[at] != "}":
        try:
            name, at = _DECODE(line, at)
            longer = line[at : at + 2] == ": "
            row[name], at = _DECODE(line, at + 1 + longer)
        except (json.JSONDecodeError, RecursionError, IndexError, TypeError):
            return None
        if name != COLUMN:
            seen.append((name, longer))
        at += len(line[at:]) - len(line[at:].lstrip(", "))
    return Written(identity(row), tuple(seen)) if row else None


def _csv_rows(text: str) -> Iterator[list[tuple[str, bool]]]:
    """(text, whether it stood in quotes) of the cells of each row."""
    for record in _records(text):
        try:
            (cells,) = csv.reader(io.StringIO(record, newline=""), strict=True)
        except (csv.Error, ValueError):
            continue
        quoted, at = [], 0
        for said in cells:
            in_quotes = record[at : at + 1] == '"'
            quoted.append((said, in_quotes))
            at += len(said) + 1 + (2 + said.count('"') if in_quotes else 0)
        yield quoted


def _records(text: str) -> Iterator[str]:
    """Lines, joined where a quote that began goes on."""
    held = ""
    for line in text.lstrip("\ufeff").splitlines(keepends=True):
        held += line
        if held.count('"') % 2 == 0:
            yield held.rstrip("\r\n")
            held = ""
