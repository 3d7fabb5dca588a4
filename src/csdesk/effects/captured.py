"""A captured page: what it says in lines and prices, as the small JSON that is kept, and how two of them differ.

Nothing of a page runs: its bytes become text by their charset, tags go, every line passes the gate. The JSON has
`format` csdesk-capture-1, `asked` and `final` (addresses, "" for a file), `redirects`, `at` (UTC ms), `status`,
`headers` (date, last-modified, content-type), `charset`, `page` (`sha256` and `size` of the bytes as they came),
`title`, `prices` and `lines`.
"""

import codecs
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from html import unescape

import msgspec

from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.effects.mail.html import to_text

FORMAT = "csdesk-capture-1"
_OPENS = b'{"format":"csdesk-capture-1"'
# No listing has more; a page that does is kept whole and read so far.
MOST_LINES, MOST_LINE, MOST_PRICES = 2_000, 500, 200
# Where a page says its charset (HTML standard, 4.2.5.4: within the first 1024 bytes).
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,1000})", re.IGNORECASE)
_TAG = re.compile(r"<(?:meta|[a-z0-9]{1,20})\s[^<>]{0,1000}>", re.IGNORECASE)
_PRICE_NAME = re.compile(
    r"(?:property|name|itemprop)\s*=\s*[\"']?((?:og:|product:)?(?:sale_)?price(?::amount)?|lowPrice|highPrice)\b",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"content\s*=\s*[\"']?\s*([0-9][0-9.,]{0,15})", re.IGNORECASE)
_DATA = re.compile(
    r"<script[^<>]{0,300}ld\+json[^<>]{0,300}>(.{0,200000}?)</script", re.IGNORECASE | re.DOTALL
)
_DATA_PRICE = re.compile(r"\"(price|lowPrice|highPrice)\"\s*:\s*\"?([0-9][0-9.,]{0,15})")
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?|[0-9]{1,9}(?:\.[0-9]{1,2})?"
_SHOWN = re.compile(
    rf"(?P<sign>[¥￥$€£]|\bCNY|\bRMB|\bUSD|\bHK\$)\s{{0,3}}(?P<after>{_NUMBER})|(?P<before>{_NUMBER})\s?(?P<unit>元|块钱)"
)
_CURRENCIES = {
    "¥": "CNY",
    "￥": "CNY",
    "元": "CNY",
    "块钱": "CNY",
    "RMB": "CNY",
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
}
_GB = frozenset({"gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "cp936", "hz"})


@dataclass(frozen=True, slots=True)
class Price:
    """A price on a page: a decimal number, its currency ("" unsaid), in which words, in which line (0: data)."""

    amount: str
    currency: str
    label: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """The hash (hex) and the length of a page's bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Captured:
    """What was read of a page; see the top of this file."""

    format: str
    asked: str
    final: str
    redirects: tuple[str, ...]
    at: int
    status: int
    headers: dict[str, str]
    charset: str
    page: Page
    title: str
    prices: tuple[Price, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What differs between two captures: prices (label, before, after; "" absent) and lines (number, sign, text)."""

    same_bytes: bool
    title: tuple[str, str] | None
    prices: tuple[tuple[str, str, str], ...]
    lines: tuple[tuple[int, str, str], ...]

    @property
    def nothing(self) -> bool:
        """Whether all that is read is the same."""
        return self.title is None and not self.prices and not self.lines


def read(
    content: bytes,
    *,
    asked: str = "",
    final: str = "",
    redirects: tuple[str, ...] = (),
    at: int = 0,
    status: int = 0,
    headers: dict[str, str] | None = None,
) -> Captured:
    """Read the bytes of a page; any bytes are accepted."""
    headers = headers or {}
    charset, html = _decoded(content, headers.get("content-type", ""))
    said = to_text(html).split("\n")[:MOST_LINES]
    lines = tuple(line for one in said if (line := clean_line(one[: 4 * MOST_LINE], limit=MOST_LINE).text))
    title = _TITLE.search(html[:200_000])
    return Captured(
        FORMAT,
        asked,
        final,
        redirects,
        at,
        status,
        headers,
        charset,
        Page(hashlib.sha256(content).hexdigest(), len(content)),
        clean_line(unescape(title[1])).text if title else "",
        tuple([*_data_prices(html), *_shown_prices(lines)][:MOST_PRICES]),
        lines,
    )


def packed(captured: Captured) -> bytes:
    """The JSON that is kept."""
    return msgspec.json.encode(captured) + b"\n"


def unpacked(content: bytes) -> Captured:
    """What was captured, from the kept JSON; anything else is read as the page itself."""
    if content.startswith(_OPENS):
        try:
            return msgspec.json.decode(content, type=Captured)
        except msgspec.DecodeError:
            return read(content)
    return read(content)


def _decoded(content: bytes, type_: str) -> tuple[str, str]:
    """The charset that the bytes are really in, and their text.

    A page may say a wrong one: bytes that are UTF-8 with signs beyond ASCII are never GB 18030 by chance.
    """
    header = _CHARSET.search(type_.encode("ascii", "ignore"))
    inside = _CHARSET.search(content[:1024])
    said = [found[1].decode().lower() for found in (header, inside) if found]
    for charset in dict.fromkeys(("utf-8", *("gb18030" if one in _GB else one for one in said), "gb18030")):
        try:
            codec = codecs.lookup("utf-8-sig" if charset == "utf-8" else charset)
            if not codec._is_text_encoding:
                continue
            return charset, codec.decode(content, "strict")[0]
        except (LookupError, UnicodeError):
            continue
    return "utf-8?", content.decode("utf-8", "replace")


def _plain(number: str) -> str:
    """A number as it is compared: no separators, two places."""
    whole, _, part = number.replace(",", "").rstrip(".").partition(".")
    return f"{int(whole or '0')}.{part[:2]:0<2}"


def _data_prices(html: str) -> Iterator[Price]:
    """What a page tells machines: meta tags, microdata, JSON-LD."""
    for tag in _TAG.finditer(html):
        name, content = _PRICE_NAME.search(tag[0]), _CONTENT.search(tag[0])
        if name and content:
            yield Price(_plain(content[1]), "", clean_line(f"meta {name[1]}").text)
    for data in _DATA.finditer(html):
        for told in _DATA_PRICE.finditer(data[1]):
            yield Price(_plain(told[2]), "", f"json-ld {told[1]}")


def _shown_prices(lines: tuple[str, ...]) -> Iterator[Price]:
    """What a reader sees, with the words of the line around it."""
    for number, line in enumerate(lines, 1):
        label = _SHOWN.sub("…", line)[:80]
        for found in _SHOWN.finditer(line):
            sign = found["sign"] or found["unit"]
            yield Price(_plain(found["after"] or found["before"]), _CURRENCIES.get(sign, sign), label, number)


def compared(before: Captured, after: Captured) -> Changed:
    """What changed from one capture to the other."""
    return Changed(
        before.page == after.page,
        (before.title, after.title) if before.title != after.title else None,
        tuple(_prices(before.prices, after.prices)),
        tuple(_lines(before.lines, after.lines)),
    )


def _prices(before: tuple[Price, ...], after: tuple[Price, ...]) -> Iterator[tuple[str, str, str]]:
    """Prices in the same words, the n-th with the n-th; what is left stands alone."""
    old, new = _by_label(before), _by_label(after)
    for key in dict.fromkeys((*old, *new)):
        was, is_ = old.get(key, ""), new.get(key, "")
        if was != is_:
            yield key[0], was, is_


def _by_label(prices: tuple[Price, ...]) -> dict[tuple[str, int], str]:
    seen: Counter[str] = Counter()
    found = {}
    for one in prices:
        seen[one.label] += 1
        found[one.label, seen[one.label]] = f"{one.amount} {one.currency}".strip()
    return found


def _lines(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    """Lines that went, with their number before, and lines that came, with theirs after."""
    for tag, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        if tag != "equal":
            yield from ((n + 1, "-", before[n]) for n in range(a, b))
            yield from ((n + 1, "+", after[n]) for n in range(c, d))
