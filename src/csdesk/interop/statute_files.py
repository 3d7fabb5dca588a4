"""Files that laws and rules come in: Markdown, plain text, DOCX, PDF, JSON lines and CSV, read into articles."""

import csv
import io
import json
import logging
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from csdesk.domain.text import clean, clean_line
from csdesk.interop.statutes import MOST_TEXT, Line, Provision, StatuteFault, once, statute
from csdesk.search.cite import article_number

MOST_BYTES = 50_000_000
# What a file may unpack to: the longest code of laws has 2 MB of text.
MOST_UNPACKED = 200_000_000
MOST_PAGES = 3_000
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # old Word files, and new ones behind a password
# What people call the columns of a table of articles; the first is csdesk's own.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "law": ("law", "rule", "法规", "规则", "名称"),
    "label": ("article_no", "article", "条号", "条"),
    "text": ("text", "article_text", "内容", "条文"),
    "title": ("title", "标题", "条标"),
    "chapter": ("chapter", "章", "章节"),
    "effective_from": ("effective_from", "effective", "施行日期", "生效日期"),
    "effective_to": ("effective_to", "失效日期"),
    "id": ("id", "编号"),
    "source": ("source", "platform", "来源", "平台"),
}


def read(path: Path) -> list[Provision]:
    """The articles of a file, by the ending of its name. StatuteFault says in a sentence what is wrong with it."""
    name = clean_line(path.name).text
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = " ".join(_READERS)
        raise StatuteFault("statute_ending", file=name, known=known)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise StatuteFault("statute_too_big", file=name, most=MOST_BYTES // 1_000_000)
        raw = path.read_bytes()
    except OSError as error:
        raise StatuteFault("statute_unreadable", file=name, reason=error.strerror or str(error)) from None
    if not raw.strip():
        raise StatuteFault("statute_empty", file=name)
    return reader(raw, name)


def _text(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise StatuteFault("import_not_utf8", path=name, line=line) from None


def _cells(raw: bytes, name: str) -> str:
    """The text of a table as spreadsheets write it: UTF-16 with its mark, UTF-8, else GB 18030."""
    for charset in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return _text(raw, name)


def _plain(raw: bytes, name: str) -> list[Provision]:
    return statute((Line(line) for line in _text(raw, name).splitlines()), name)


def _markdown(raw: bytes, name: str) -> list[Provision]:
    try:
        from markdown_it import MarkdownIt
    except ImportError:
        raise StatuteFault("statute_library", file=name, library="markdown-it-py") from None
    return statute(_markdown_lines(MarkdownIt("commonmark").parse(_text(raw, name))), name)


def _markdown_lines(tokens: Iterable[Any]) -> Iterator[Line]:
    """The text of a parsed document; numbers of lists are written out, links and emphasis are their words."""
    heading, numbered = False, ""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            heading = token.type == "heading_open"
        elif token.type == "list_item_open":
            numbered = f"{token.info}{token.markup} " if token.info else ""
        elif token.type in ("fence", "code_block"):
            # Four blanks before a paragraph are how many texts of laws are set.
            yield from (Line(line) for line in token.content.splitlines())
        elif token.type == "inline":
            parts = (
                "\n" if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children or ()
                if child.type != "html_inline"
            )
            for line in "".join(parts).split("\n"):
                yield Line(numbered + line, heading)
                numbered = ""


def _docx(raw: bytes, name: str) -> list[Provision]:
    if raw.startswith(_OLE):
        raise StatuteFault("statute_locked", file=name)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise StatuteFault("statute_unpacks", file=name, most=MOST_UNPACKED // 1_000_000)
            # The sizes that a file tells of itself may be lies: reading checks each against what it unpacks to.
            if (bad := packed.testzip()) is not None:
                raise StatuteFault("statute_broken", file=name, reason=clean_line(bad).text)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise StatuteFault("statute_broken", file=name, reason=_reason(error)) from None
    try:
        from docx import Document
        from docx.opc.exceptions import OpcError
        from docx.table import Table
    except ImportError:
        raise StatuteFault("statute_library", file=name, library="python-docx") from None
    lines: list[Line] = []
    try:
        for block in Document(io.BytesIO(raw)).iter_inner_content():
            if isinstance(block, Table):
                lines += [Line(" ".join(cell.text for cell in row.cells)) for row in block.rows]
                continue
            style = (block.style.name if block.style is not None else "") or ""
            heading = style.startswith(("Title", "Heading", "标题"))
            lines += [Line(line, heading) for line in block.text.splitlines()]
    except (OpcError, SyntaxError, KeyError, ValueError, AttributeError) as error:  # lxml's are SyntaxErrors
        raise StatuteFault("statute_broken", file=name, reason=_reason(error)) from None
    if not any(line.text.strip() for line in lines):
        raise StatuteFault("statute_no_text", file=name)
    return statute(lines, name)


def _pdf(raw: bytes, name: str) -> list[Provision]:
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:
        raise StatuteFault("statute_library", file=name, library="pypdf") from None
    # What it has to say about faults in a file is no use to who imports it; what stops it becomes a sentence.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    lines: list[Line] = []
    size = 0
    try:
        reader = PdfReader(io.BytesIO(raw))
        # One that only forbids printing or copying opens with the empty password.
        if reader.is_encrypted and not reader.decrypt(""):
            raise StatuteFault("statute_locked", file=name)
        if len(reader.pages) > MOST_PAGES:
            raise StatuteFault("statute_pages", file=name, most=MOST_PAGES)
        for page in reader.pages:
            told = page.extract_text()
            size += len(told)
            if size > MOST_UNPACKED // 10:
                raise StatuteFault("statute_unpacks", file=name, most=MOST_UNPACKED // 1_000_000)
            lines += [Line(line.strip(), wraps=True) for line in told.splitlines()]
    except (
        PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, AssertionError,
        ArithmeticError, NotImplementedError, OSError, zlib.error,
    ) as error:  # fmt: skip
        # pypdf raises what its parts do on a page that contradicts itself.
        raise StatuteFault("statute_broken", file=name, reason=_reason(error)) from None
    if not any(line.text for line in lines):
        raise StatuteFault("statute_no_text", file=name)
    return statute(lines, name)


def _reason(error: Exception) -> str:
    return clean_line(str(error), limit=120).text or type(error).__name__


def _json_lines(raw: bytes, name: str) -> list[Provision]:
    rows: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(_text(raw, name).split("\n"), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            raise StatuteFault("statute_row", file=name, line=number, what="JSON") from None
        if not isinstance(told, dict):
            raise StatuteFault("statute_row", file=name, line=number, what="{…}")
        rows.append((number, told))
    return _provisions(rows, name)


def _csv(raw: bytes, name: str) -> list[Provision]:
    text = _cells(raw, name)
    heading = text.partition("\n")[0]
    delimiter = max((",", "\t", ";"), key=heading.count)
    try:
        table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [(table.line_num, row) for row in table]
    except csv.Error as error:
        raise StatuteFault("statute_broken", file=name, reason=_reason(error)) from None
    return _provisions(rows, name)


def _provisions(rows: Iterable[tuple[int, Mapping[Any, Any]]], name: str) -> list[Provision]:
    """Rows of a table, each an article; one that is not is named by its line, and nothing is taken."""
    found = [_provision(row, name, line) for line, row in rows]
    if not found:
        raise StatuteFault("statute_no_articles", file=name)
    once(found, name)
    return found


def _provision(row: Mapping[Any, Any], name: str, line: int) -> Provision:
    told = {
        field: next((str(row[column]) for column in columns if row.get(column) not in (None, "")), "")
        for field, columns in _COLUMNS.items()
    }
    for field in ("law", "label", "text"):
        if not told[field].strip():
            raise StatuteFault("statute_row", file=name, line=line, what=_COLUMNS[field][0])
    for field in ("effective_from", "effective_to"):
        told[field] = _day(told[field], name, line, field)
    one = {field: clean_line(value, limit=200).text for field, value in told.items() if field != "text"}
    number, suffix = article_number(one["label"]) or (0, None)
    text = clean(told["text"], limit=MOST_TEXT).text.strip()
    if not text or not one["law"] or not one["label"]:
        raise StatuteFault("statute_row", file=name, line=line, what="text")
    return Provision(number=number, suffix=suffix or 0, text=text, **one)


def _day(said: str, name: str, line: int, field: str) -> str:
    if not said.strip():
        return ""
    try:
        return date.fromisoformat(said.strip()[:10].replace("/", "-").replace(".", "-")).isoformat()
    except ValueError:
        raise StatuteFault("statute_row", file=name, line=line, what=field) from None


_READERS: Mapping[str, Callable[[bytes, str], list[Provision]]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _plain,
    ".docx": _docx,
    ".pdf": _pdf,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".csv": _csv,
    ".tsv": _csv,
}
