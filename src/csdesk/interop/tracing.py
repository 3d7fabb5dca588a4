"""From which export a file that was found is: by the number it still carries, or by how its rows are written."""

import io
import json
import math
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from csdesk.desk.core import Core
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.interop.export import TABLES
from csdesk.interop.marks import NUMBER, Hasher, Written, hasher, rows_in, style
from csdesk.store import exports
from csdesk.store.exports import Made

MOST_BYTES = 50_000_000
# So many rows are compared with so many exports: a million hashes, 2 s.
MOST_ROWS = 500
MOST_EXPORTS = 2_000
# An export is named when rows like these come about by chance once in 2**30 desks or less.
SURE_BITS = 30.0
LEAST_DIGITS = 5
_CELLS = re.compile(r'[\r\n,;|\t"]+')
_DIGITS = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Traced:
    """An export that a file is from: how that is known (`number`, `pattern`), by how many rows of how many.

    `bits`: by how many halvings it is unlikelier than chance (0 where the number says so).
    """

    made: Made
    how: str
    rows: int
    of: int
    bits: float = 0.0


@dataclass(frozen=True, slots=True)
class Trace:
    """What a file told: the exports, the likeliest first; numbers in it that no export here has."""

    found: tuple[Traced, ...]
    strange: tuple[str, ...]
    rows: int


def trace(core: Core, path: Path) -> Trace:
    """From which exports of this desk a file is. Refused `no_right`, `leak_unreadable`, `leak_too_large`."""
    core.need(Right.LEAKS)
    raw = _read(path)
    if zipfile.is_zipfile(io.BytesIO(raw)):
        return _bundle(core, raw)
    text = raw.decode("utf-8", errors="replace")
    numbers = Counter(NUMBER.findall(text))
    known = {one: exports.by_id(core.store.conn, core.desk, one) for one in numbers}
    total = len(text.splitlines())
    named = [Traced(made, "number", numbers[one], total) for one, made in known.items() if made is not None]
    named.sort(key=lambda one: (-one.rows, one.made.id))
    strange = tuple(sorted(one for one, made in known.items() if made is None))
    rows = [row for row, _ in zip(_rows(text), range(MOST_ROWS), strict=False)]
    had = {one.made.id for one in named}
    by_style = [one for one in _matching(core, rows) if one.made.id not in had]
    return Trace((*named, *by_style), strange, total)


def listed(path: Path) -> tuple[str, ...]:
    """What may be somebody's in a list that was found: phone numbers, order numbers, e-mail addresses, each once.

    Cells of any sheet of text; what has neither five digits nor an @ is nobody's. Refused as `trace`.
    """
    text = _read(path).decode("utf-8", errors="replace").lstrip("\ufeff")
    cells = (one.strip().strip("'") for one in _CELLS.split(text))
    return tuple(
        dict.fromkeys(one for one in cells if "@" in one or len(_DIGITS.findall(one)) >= LEAST_DIGITS)
    )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Refused("leak_too_large", path=str(path), most_mb=MOST_BYTES // 1_000_000)
        return path.read_bytes()
    except OSError as exc:
        raise Refused("leak_unreadable", path=str(path), reason=exc.strerror or type(exc).__name__) from None


def _bundle(core: Core, raw: bytes) -> Trace:
    """A bundle of evidence says in its manifest which one it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if archive.getinfo("manifest.json").file_size > MOST_BYTES:
                return Trace((), (), 0)
            said = str(json.loads(archive.read("manifest.json"))["bundle"])[:40]
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return Trace((), (), 0)
    made = exports.by_id(core.store.conn, core.desk, said)
    return Trace((Traced(made, "number", 1, 1),), (), 1) if made else Trace((), (said,), 1)


def _rows(text: str) -> Iterator[Written]:
    return rows_in(text, {name: table.columns for name, table in TABLES.items()})


def _matching(core: Core, rows: list[Written]) -> list[Traced]:
    hashed = hasher(core.store.people.text_key())
    found = []
    for made in exports.newest(core.store.conn, core.desk, 0, MOST_EXPORTS):
        if made.what not in TABLES:
            continue
        columns = TABLES[made.what].columns
        fitting, bits = _fitting(hashed, made.id, columns, rows)
        if bits >= SURE_BITS:
            found.append(Traced(made, "pattern", fitting, len(rows), round(bits, 1)))
    return sorted(found, key=lambda one: (-one.bits, one.made.id))


def _fitting(hashed: Hasher, export: str, columns: tuple[str, ...], rows: list[Written]) -> tuple[int, float]:
    """How many rows are written as that export wrote them, and how surprising that is by chance, in bits."""
    fitting, told = 0, 0
    for row in rows:
        wanted = style(hashed, export, row.identity, columns)
        seen = [(wanted[name], longer) for name, longer in row.seen if name in wanted]
        if seen and all(must == longer for must, longer in seen):
            fitting, told = fitting + 1, told + len(seen)
    return fitting, told - math.log2(math.comb(len(rows), fitting)) if fitting else 0.0
