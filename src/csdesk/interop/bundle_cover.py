"""The cover of a bundle, for people: one text as a page of HTML and as a PDF, each page marked with whose it is."""

import io
from collections.abc import Iterator
from html import escape
from typing import Any

from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean_whole
from csdesk.domain.value import dataclass

# Adobe's name of a Chinese face that readers of PDF bring themselves: no font file travels with csdesk.
FACE = "STSong-Light"
_PAGE = (595.3, 841.9)  # A4 in points
_MARGIN, _LABEL = 54.0, 110.0
_STYLE = (
    "body{font:14px/1.6 'Songti SC','SimSun','Noto Serif CJK SC',serif;margin:2em auto;max-width:46em;color:#000;"
    "background:#fff}h1{font-size:22px}h2{font-size:16px;border-bottom:1px solid #000;margin:1.6em 0 .4em}"
    "table{border-collapse:collapse;width:100%}td{vertical-align:top;padding:.2em .6em .2em 0;overflow-wrap:anywhere;"
    "white-space:pre-wrap}td:first-child{width:11em}.mark{font-size:11px;border:1px solid #000;padding:.3em .6em}"
    "@media print{.mark{position:fixed;bottom:0;left:0;right:0;background:#fff}body{margin:0 0 3em}tr{break-inside:"
    "avoid}}@page{margin:2cm}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its rows: what it is, and what is told."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """All that a cover says; `mark` stands on every page: id, who, when, for whom. `lang` as HTML names languages."""

    lang: str
    title: str
    mark: str
    sections: tuple[Section, ...]


def html(cover: Cover) -> bytes:
    """A page that needs nothing else and runs nothing; what people wrote is text in it and never more."""
    body = "".join(map(_section, cover.sections))
    title, mark = _safe(cover.title), _safe(cover.mark)
    page = (
        f'<!DOCTYPE html>\n<html lang="{_safe(cover.lang)}"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head>\n"
        f'<body><h1>{title}</h1>\n<p class="mark">{mark}</p>\n{body}</body></html>\n'
    )
    return page.encode()


def _safe(text: str) -> str:
    return escape(clean_whole(text))


def _section(section: Section) -> str:
    rows = "\n".join(
        f"<tr><td>{_safe(label)}</td><td>{_safe(said)}</td></tr>" for label, said in section.rows
    )
    return f"<h2>{_safe(section.title)}</h2>\n<table>\n{rows}\n</table>\n"


def pdf(cover: Cover) -> bytes:
    """The same on A4, the same bytes for the same cover. Refused `bundle_no_pdf` without the extra `bundle`."""
    try:
        from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
        from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]
    except ImportError:
        raise Refused("bundle_no_pdf") from None
    pdfmetrics.registerFont(UnicodeCIDFont(FACE))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=_PAGE, invariant=1)
    canvas.setTitle(_plane(cover.title))
    sheet = _Sheet(canvas, cover.mark, pdfmetrics.stringWidth)
    sheet.line(cover.title, size=18)
    for section in cover.sections:
        sheet.heading(section.title)
        for label, said in section.rows:
            sheet.row(label, said)
    sheet.end()
    canvas.save()
    return out.getvalue()


def _plane(text: str) -> str:
    """The text in signs that the face has: a sign beyond the basic plane (an emoji) becomes a box."""
    return "".join(sign if ord(sign) < 0x10000 else "□" for sign in clean_whole(text))


class _Sheet:
    """Pages that fill from above; `y` is where the next line goes."""

    def __init__(self, canvas: Any, mark: str, width: Any) -> None:
        self._canvas, self._mark, self._width = canvas, _plane(mark), width
        self.y = _PAGE[1] - _MARGIN - 12

    def heading(self, text: str) -> None:
        """A heading over a rule, never the last thing on a page."""
        self.y -= 10
        self._room(60)
        self.line(text, size=12)
        self._canvas.line(_MARGIN, self.y + 9, _PAGE[0] - _MARGIN, self.y + 9)
        self.y -= 4

    def line(self, text: str, *, size: float) -> None:
        for part in self._folded(_plane(text), size, _PAGE[0] - 2 * _MARGIN):
            self._put(_MARGIN, part, size)
            self.y -= size * 1.5

    def row(self, label: str, said: str) -> None:
        """A label, and beside it what is told, over as many lines and pages as it takes."""
        size, wide = 9.0, _PAGE[0] - 2 * _MARGIN - _LABEL
        labels = list(self._folded(_plane(label), size, _LABEL - 6))
        parts = [part for line in _plane(said).split("\n") for part in self._folded(line, size, wide)]
        for n in range(max(len(labels), len(parts))):
            self._room(size)
            for x, some in ((_MARGIN, labels), (_MARGIN + _LABEL, parts)):
                if n < len(some):
                    self._put(x, some[n], size)
            self.y -= size * 1.45

    def end(self) -> None:
        """Mark the page and turn it."""
        self._canvas.setFont(FACE, 7)
        at = _MARGIN / 2
        for part in reversed(list(self._folded(self._mark, 7, _PAGE[0] - 2 * _MARGIN))):
            self._canvas.drawString(_MARGIN, at, part)
            at += 9
        self._canvas.showPage()
        self.y = _PAGE[1] - _MARGIN - 12

    def _room(self, size: float) -> None:
        if self.y < _MARGIN + size:
            self.end()

    def _put(self, x: float, text: str, size: float) -> None:
        self._room(size)
        self._canvas.setFont(FACE, size)
        self._canvas.drawString(x, self.y, text)

    def _folded(self, text: str, size: float, wide: float) -> Iterator[str]:
        """Lines no wider than `wide`, broken between any two signs: Chinese has no blanks to break at."""
        line, used = "", 0.0
        for sign in text:
            own = self._width(sign, FACE, size)
            if line and used + own > wide:
                yield line
                line, used = "", 0.0
            line, used = line + sign, used + own
        yield line
