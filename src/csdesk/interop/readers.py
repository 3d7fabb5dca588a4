"""Files of records: looked through once whole (digest, encoding, gzip), then read record by record.

JSON documents are read whole, JSON lines and CSV line by line; a bad line is an item with a problem, and
reading goes on behind it.
"""

import codecs
import csv
import gzip
import hashlib
import io
import json
import re
import stat
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.interop.faults import ImportFault, Problem
from csdesk.interop.maps import ImportMap, Search

# Longest line taken into memory; a record of any shop is below 100 kB.
MOST_LINE = 8_000_000
# A JSON document is read as a whole.
MOST_DOCUMENT_MB = 512
# Longest cell the CSV reader joins; fields longer than their own limit are refused later, by name.
MOST_CELL = 4_000_000
_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"
_BLANKS = re.compile(r"[ \t\r\n]*")
KEY = "_key"


@dataclass(frozen=True, slots=True)
class Item:
    """A record as it stands in its file, or why it cannot be read. `done`: bytes of the file behind it."""

    number: int
    line: int
    done: int
    data: Mapping[str, Any]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was looked through; `size` and `digest` are of its unpacked bytes."""

    path: Path
    format: str
    encoding: str
    size: int
    digest: bytes
    delimiter: str = ","
    # A JSON document is read once for all that look at it.
    document: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.path.name

    def items(self, records: Search | None = None, inner: Search | None = None) -> Iterator[Item]:
        """Its records in order; `records` and `inner` as in a map, for a JSON document. ImportFault for a broken one,
        or a CSV without a heading.
        """
        if self.format == "json":
            return _document(self, records, inner)
        return _json_lines(self) if self.format == "jsonl" else _csv(self)


def look(path: Path, map_: ImportMap) -> Source:
    """Look a file through: can it be read, what is it. ImportFault says what is wrong with it."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ImportFault("import_not_a_file", path=str(path))
        digest, size, bad_line, head = _scan(path)
    except FileNotFoundError:
        raise ImportFault("import_no_file", path=str(path)) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as exc:
        raise ImportFault("import_bad_gzip", path=str(path), reason=str(exc)) from None
    except OSError as exc:
        raise ImportFault(
            "import_unreadable", path=str(path), reason=exc.strerror or type(exc).__name__
        ) from None
    if not head.strip(codecs.BOM_UTF8 + b" \t\r\n"):
        raise ImportFault("import_empty", path=str(path))
    format_ = _format(path, head, map_.format)
    encoding = _encoding(path, format_, head, bad_line)
    heading = head.decode(encoding, "replace").lstrip("\ufeff\r\n").partition("\n")[0]
    # A tie, as in a file of one column, falls to the comma.
    delimiter = map_.delimiter or max((",", "\t", ";"), key=heading.count)
    return Source(path, format_, encoding, size, digest, delimiter)


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO | gzip.GzipFile]:
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        if not packed:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield unpacked


def _scan(path: Path) -> tuple[bytes, int, int, bytes]:
    """Digest, size, first line that is not UTF-8 (0: none), and the beginning."""
    sha, size, lines, bad_line, head = hashlib.sha256(), 0, 1, 0, b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _open(path) as file:
        while block := file.read(_BLOCK):
            head = head or block
            sha.update(block)
            size += len(block)
            if not bad_line:
                try:
                    decoder.decode(block)
                    lines += block.count(b"\n")
                except UnicodeDecodeError as exc:
                    # Its object may begin with bytes that the decoder kept from the block before.
                    kept = len(exc.object) - len(block)
                    bad_line = lines + block[: max(exc.start - kept, 0)].count(b"\n")
    if not bad_line:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            bad_line = lines
    return sha.digest(), size, bad_line, head


def _format(path: Path, head: bytes, wanted: str) -> str:
    """json, jsonl or csv: what the map wants, else by the first sign, else by the name."""
    if wanted != "auto":
        return wanted
    endings = [ending.lower() for ending in path.suffixes if ending.lower() != ".gz"]
    ending = endings[-1] if endings else ""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if ending in (".csv", ".tsv", ".txt") or text[:1] not in (b"{", b"["):
        return {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}.get(ending, "csv")
    if text.startswith(b"["):
        return "json"
    if ending in (".jsonl", ".ndjson"):
        return "jsonl"
    first, _, rest = text.partition(b"\n")
    try:
        json.loads(first)
    except ValueError:
        return "json"
    return "jsonl" if rest.strip() else "json"


def _encoding(path: Path, format_: str, head: bytes, bad_line: int) -> str:
    """The encoding of its text: a spreadsheet may write CSV in UTF-16 or GB 18030, JSON is UTF-8."""
    if format_ != "csv":
        # A single bad line among JSON lines is left out alone.
        if bad_line and format_ == "json":
            raise ImportFault("import_not_utf8", path=str(path), line=bad_line)
        return "utf-8"
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if not bad_line:
        return "utf-8"
    decoder = codecs.getincrementaldecoder("gb18030")()
    with _open(path) as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise ImportFault("import_not_utf8", path=str(path), line=bad_line) from None
    return "gb18030"


def _problem(code: str, **details: object) -> Problem:
    return Problem("", code, details)


def _record(number: int, line: int, done: int, data: object) -> Item:
    if isinstance(data, dict):
        return Item(number, line, done, data)
    return Item(number, line, done, {}, _problem("not_an_object"))


def _document(source: Source, records: Search | None, inner: Search | None) -> Iterator[Item]:
    """Records of a JSON document: those that `records` finds, else the members of a list, else of an object
    whose members are all objects (each told its name under `_key`), else the object itself.
    """
    if source.size > MOST_DOCUMENT_MB * 1_000_000:
        raise ImportFault("import_too_big", path=str(source.path), most=MOST_DOCUMENT_MB)
    if records is not None:
        whole = _whole(source)
        found = records(whole)
        if found is whole and isinstance(whole, dict):
            found = [whole]  # the document is the record
        if not isinstance(found, list):
            return
        found = found if inner is None else list(inside(found, inner))
        for number, data in enumerate(found, 1):
            yield _record(number, 0, source.size * number // len(found), data)
        return
    kept = source.document
    if "text" not in kept:
        raw = _raw(source)
        text = raw.decode("utf-8")
        kept["single"], kept["text"] = _is_single(source, raw, text), text
    if kept["single"]:
        yield _record(1, 1, source.size, _loads(source, kept["text"]))
        return
    text, line, last = kept["text"], 1, 0
    # Decoded member by member: the document lies in memory once, as text, and not eight times over as objects
    # that the garbage collector walks through.
    for number, (at, key, data) in enumerate(_Members(source, text).each(), 1):
        line, last = line + text.count("\n", last, at), at
        if key is not None and isinstance(data, dict):
            data.setdefault(KEY, key)
        yield _record(number, line, source.size * at // max(len(text), 1), data)


def inside(found: list[Any], inner: Search) -> Iterator[Any]:
    """What the list in each member holds, with the member's other fields; a member without such a list is a record."""
    for outer in found:
        held = inner(outer) if isinstance(outer, dict) else None
        if not isinstance(held, list):
            yield outer
            continue
        around = {name: value for name, value in outer.items() if value is not held}
        yield from (around | one if isinstance(one, dict) else one for one in held)


def _raw(source: Source) -> bytes:
    with _open(source.path) as file:
        return file.read().removeprefix(codecs.BOM_UTF8)


def _whole(source: Source) -> Any:
    if "whole" not in source.document:
        source.document["whole"] = _loads(source, _raw(source).decode("utf-8"))
    return source.document["whole"]


def _is_single(source: Source, raw: bytes, text: str) -> bool:
    """Whether a document is one record: neither a list nor an object of objects. ImportFault unless JSON.

    msgspec sees that ten times faster than json, which then says what is wrong, or takes NaN.
    """
    try:
        found = msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        if text.lstrip(" \t\r\n")[:1] not in ("{", "["):
            _loads(source, text)
            return True
        members = [(key, isinstance(data, dict)) for _, key, data in _Members(source, text).each()]
        return not all(key is None or is_object for key, is_object in members)
    return isinstance(found, dict) and not all(bytes(member)[:1] == b"{" for member in found.values())


def _bad_json(source: Source, text: str, at: int, reason: str) -> ImportFault:
    return ImportFault(
        "import_bad_json", path=str(source.path), line=text.count("\n", 0, at) + 1, reason=reason
    )


def _loads(source: Source, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        raise _bad_json(source, text, exc.pos, exc.msg) from None
    except (RecursionError, ValueError) as exc:
        raise _bad_json(source, text, 0, _why(exc)) from None


def _why(exc: Exception) -> str:
    """What json has no words for: too deep for the stack, or a number of more than 4,300 digits."""
    return "nested too deep" if isinstance(exc, RecursionError) else "a number of thousands of digits"


_DECODE = msgspec.json.Decoder().decode


class _Members:
    """The members of the outermost list or object of a JSON text, with where each begins; none of two members
    of one name is lost, as it would be in a dict.
    """

    def __init__(self, source: Source, text: str) -> None:
        self._source = source
        self._text = text
        self._decode = json.JSONDecoder().raw_decode

    def each(self) -> Iterator[tuple[int, str | None, Any]]:
        """(position, name in an object, value) of each. ImportFault where the text is no JSON."""
        at = self._blank(0)
        close = {"[": "]", "{": "}"}[self._text[at]]
        at, first = self._blank(at + 1), True
        while self._text[at : at + 1] != close or not first:
            began, key = at, None
            if close == "}":
                key, at = self._value(at)
                if not isinstance(key, str):
                    raise self._fault(began, "a name is no text")
                at = self._sign(at, ":")
            value, at = self._value(at)
            yield began, key, value
            at, first = self._blank(at), False
            if self._text[at : at + 1] == close:
                break
            at = self._sign(at, ",")
        end = self._blank(at + 1)
        if end < len(self._text):
            raise self._fault(end, "more text behind the end")

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            return self._decode(self._text, at)
        except json.JSONDecodeError as exc:
            raise self._fault(exc.pos, exc.msg) from None
        except (RecursionError, ValueError) as exc:
            raise self._fault(at, _why(exc)) from None

    def _sign(self, at: int, sign: str) -> int:
        at = self._blank(at)
        if self._text[at : at + 1] != sign:
            raise self._fault(at, f"'{sign}' expected")
        return self._blank(at + 1)

    def _blank(self, at: int) -> int:
        found = _BLANKS.match(self._text, at)
        return found.end() if found else at

    def _fault(self, at: int, reason: str) -> ImportFault:
        return _bad_json(self._source, self._text, at, reason)


class _Lines:
    """The lines of a file as text; those of a record that could not be read can be given back."""

    def __init__(self, source: Source, file: BinaryIO | gzip.GzipFile) -> None:
        self._file: Any = file
        self._encoding = source.encoding
        if source.encoding == "utf-16":
            # Its line ends are no single bytes; a sheet saved so is small.
            self._file = io.BytesIO(file.read().decode("utf-16", "replace").encode("utf-8"))
            self._encoding = "utf-8"
        self._back: deque[tuple[str, int]] = deque()
        self.taken: list[tuple[str, int]] = []
        self.number = 0
        self.done = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        """The next line; `_Unreadable` for one that is no text, which is then behind."""
        if self._back:
            text, size = self._back.popleft()
        else:
            raw = self._file.readline(MOST_LINE)
            if not raw:
                raise StopIteration
            size = len(raw)
            text = self._decoded(raw)
        if not self.number:
            text = text.removeprefix("\ufeff")
        self.number += 1
        self.done += size
        self.taken.append((text, size))
        return text

    def _decoded(self, raw: bytes) -> str:
        if len(raw) >= MOST_LINE and not raw.endswith(b"\n"):
            while (more := self._file.readline(MOST_LINE)) and not more.endswith(b"\n"):
                self.done += len(more)
            self.number += 1
            self.done += len(raw) + len(more)
            raise _Unreadable(_problem("line_too_long", most=MOST_LINE))
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError:
            self.number += 1
            self.done += len(raw)
            raise _Unreadable(_problem("not_utf8")) from None

    def give_back(self) -> None:
        """Return all lines of the record at hand but its first."""
        rest = self.taken[1:]
        self._back.extendleft(reversed(rest))
        self.number -= len(rest)
        self.done -= sum(size for _, size in rest)


class _Unreadable(ValueError):
    """A line that is no text; the reader is behind it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def _json_lines(source: Source) -> Iterator[Item]:
    number = 0
    with _open(source.path) as file:
        lines = _Lines(source, file)
        while True:
            lines.taken.clear()
            try:
                text = next(lines)
            except StopIteration:
                return
            except _Unreadable as exc:
                number += 1
                yield Item(number, lines.number, lines.done, {}, exc.problem)
                continue
            if not text.strip():
                continue
            number += 1
            try:
                yield _record(number, lines.number, lines.done, _parsed(text))
            except json.JSONDecodeError as exc:
                yield Item(number, lines.number, lines.done, {}, _problem("bad_json", reason=exc.msg))
            except (RecursionError, ValueError) as exc:
                yield Item(number, lines.number, lines.done, {}, _problem("bad_json", reason=_why(exc)))


def _parsed(text: str) -> Any:
    """A line of JSON: by msgspec in a third of the time, and by json what msgspec does not take, or takes for wrong."""
    try:
        return _DECODE(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return json.loads(text)


def _csv(source: Source) -> Iterator[Item]:
    # The limit belongs to the whole process, so it is put back; its own 128 kB would hide which field was too
    # long.
    before = csv.field_size_limit(MOST_CELL)
    try:
        with _open(source.path) as file:
            yield from _Table(source, _Lines(source, file)).items()
    finally:
        csv.field_size_limit(before)


class _Table:
    """A CSV file (RFC 4180): a heading, then a record a row; blank rows are passed over."""

    def __init__(self, source: Source, lines: _Lines) -> None:
        self._source = source
        self._lines = lines
        self._rows = csv.reader(lines, delimiter=source.delimiter, strict=True)

    def items(self) -> Iterator[Item]:
        """The records below the heading."""
        names = self._heading()
        number = 0
        while True:
            self._lines.taken.clear()
            line = self._lines.number + 1
            problem: Problem | None = None
            row: list[str] = []
            try:
                row = next(self._rows)
            except StopIteration:
                return
            except _Unreadable as exc:
                problem = exc.problem
                self._again()
            except csv.Error as exc:
                problem = _problem("bad_quotes", reason=str(exc))
                self._again()
            if problem is None and not any(row):
                continue
            number += 1
            if problem is None and len(row) != len(names):
                problem = _problem("columns", found=len(row), expected=len(names))
            data = {} if problem else dict(zip(names, row, strict=True))
            yield Item(number, line, self._lines.done, data, problem)

    def _again(self) -> None:
        """Begin anew behind the first line of a record that could not be read: an open quotation mark would
        otherwise swallow all that follows."""
        self._lines.give_back()
        self._rows = csv.reader(self._lines, delimiter=self._source.delimiter, strict=True)

    def _heading(self) -> list[str]:
        names: list[str] = []
        why = "no columns"
        try:
            while not any(names):
                self._lines.taken.clear()
                names = [clean_line(name).text for name in next(self._rows)]
            doubled = [name for name in names if names.count(name) > 1]
            why = f"two columns '{doubled[0]}'" if doubled else ""
        except StopIteration:
            raise ImportFault("import_empty", path=str(self._source.path)) from None
        except (csv.Error, _Unreadable) as exc:
            why = str(exc)
        if why:
            raise ImportFault(
                "import_bad_csv", path=str(self._source.path), line=self._lines.number or 1, why=why
            )
        return names
