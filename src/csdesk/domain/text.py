"""The one gate for untrusted text: what may reach a screen, a log, a spreadsheet or a file name."""

import codecs
import re
import unicodedata
from contextlib import suppress
from functools import cache
from typing import Final

from csdesk.domain.value import dataclass

# SYMBOL FOR SUBSTITUTE FORM TWO: one cell in every terminal (East Asian width N; U+FFFD is ambiguous).
MARK: Final = "\u2426"
# Real orthographies stack at most four; Unicode's stream-safe format allows 30, which overdraws seven lines.
MARKS_PER_BASE: Final = 8
TAB: Final = "    "

# What needs no second look, in whole runs. A subset is enough: the rest is judged one by one below.
_PLAIN: Final = (
    "\n -~\u00a1-\u00a8\u00aa-\u00ac\u00af-\u02ff\u0370-\u0482\u048a-\u0590\u1e00-\u1fff\u2010-\u2027"
    "\u2030-\u203b\u203d-\u2048\u20a0-\u20cf\u2100-\u2121\u2123-\u2138\u2150-\u2193\u2200-\u2319\u2426"
    "\u2460-\u24c1\u2500-\u25a9\u3000-\u3029\u3031-\u303c\u303e-\u3098\u309b-\u3163\u3165-\u3296\u3298"
    "\u329a-\ua66e\uac00-\ud7a3\ue000-\ufb1d\uff01-\uff9f\uffe0-\uffe6\uffe8-\uffee\ufffc\ufffd"
    "\U00020000-\U0002fffd\U00030000-\U0003fffd"
)
# Pictographs that take part in emoji sequences (emoji-data.txt; the astral ranges are rounded outwards).
_PICTOGRAPH: Final = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3"
    "\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b"
    "\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f004\U0001f0cf\U0001f170\U0001f171\U0001f17e"
    "\U0001f17f\U0001f18e\U0001f191-\U0001f19a\U0001f201-\U0001f251\U0001f300-\U0001f3fa"
    "\U0001f400-\U0001f6ff\U0001f7e0-\U0001f7f0\U0001f90c-\U0001faff]"
)
_PERSON: Final = f"{_PICTOGRAPH}[\ufe0f\U0001f3fb-\U0001f3ff]?"
# The three subdivision flags that exist (England, Scotland, Wales): tag characters can carry hidden text.
_TAG_FLAG: Final = "\U0001f3f4\U000e0067\U000e0062(?:{})\U000e007f".format(
    "|".join("".join(chr(0xE0000 + ord(letter)) for letter in name) for name in ("eng", "sct", "wls"))
)
_SEQUENCE: Final = (
    # ECMA-48: CSI with its parameters; OSC, DCS, SOS, PM and APC up to their terminator on the same line
    # (without one only the introducer goes, so that no words are lost); then the short ones.
    r"(?P<escape>(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]+[0-~]|\x1b[0-~])"
)
_TOKEN: Final = (
    f"(?P<plain>[{_PLAIN}]+)|{_SEQUENCE}"
    "|(?P<line>\r\n?|[\u2028\u2029])"
    # No emoji joins more than four; a longer chain would be drawn in two cells and measured in thousands.
    f"|(?P<emoji>{_TAG_FLAG}|{_PERSON}(?:\u200d{_PERSON}){{0,3}})"
    "|(?P<keycap>\ufe0f\u20e3)"
    # Default-ignorable code points that are not format characters, and noncharacters of the first plane.
    "|(?P<hidden>[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e0fff])"
    # Medial and final jamo have no width of their own: they stack like marks.
    "|(?P<jamo>[\u1161-\u11ff\ud7b0-\ud7ff])"
    "|(?P<single>.)"
)
_SPACE_RUN: Final = re.compile(r"[ \n]+")
_BLANKS: Final = {"\t": TAB, "\u2800": " "}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Text that is safe to show, how many unsafe characters were taken out, whether its end was cut off."""

    text: str
    removed: int = 0
    cut: bool = False


def clean(raw: str, *, limit: int = 100_000) -> Cleaned:
    """`raw` without anything that can act on a terminal, hide, or reorder what is read; any str is accepted.

    Removed: C0 (but newline), DEL, C1, whole escape sequences, format characters (bidi controls, zero-width
    signs, soft hyphens, tags), variation selectors and joiners outside emoji, invisible fillers, lone
    surrogates, noncharacters, combining marks beyond eight on one base or without one. Each run of removed
    characters leaves one `MARK`. CR, CRLF and the Unicode separators become newlines, tabs four spaces.
    Longer than `limit` (at least 1) characters: cut, ending in `MARK`. Cleaning twice changes nothing.
    Sources: ECMA-48, UAX #44 (Default_Ignorable_Code_Point), UTS #51 §1.4, UTR #36.
    """
    if len(raw) <= limit and _plain().fullmatch(raw):
        return Cleaned(raw)
    sieve = _Sieve()
    for token in _token().finditer(raw):
        sieve.take(token.lastgroup or "", token[0])
        if sieve.size > limit:
            return Cleaned(sieve.cut(limit), sieve.removed, cut=True)
    return Cleaned("".join(sieve.pieces), sieve.removed)


def clean_whole(raw: str) -> str:
    """`clean` of a text that may not lose its end, however long it is and however long its tabs make it."""
    return clean(raw, limit=len(TAB) * len(raw) + 1).text


def clean_line(raw: str, *, limit: int = 500) -> Cleaned:
    """`clean` for one line: a run of newlines, tabs and spaces around them is one space; ends stripped."""
    if len(raw) <= limit and "\n" not in raw and "\t" not in raw and _plain().fullmatch(raw):
        return Cleaned(raw.strip())
    whole = clean(raw.replace("\t", "\n"), limit=len(raw) + 1)
    joined = _SPACE_RUN.sub(lambda run: " " if "\n" in run[0] else run[0], whole.text).strip()
    short = clean(joined, limit=limit)
    return Cleaned(short.text, whole.removed + short.removed, short.cut)


# Compiled when first used: these two cost 3.5 ms, which a command that shows no text need not pay.
@cache
def _plain() -> re.Pattern[str]:
    return re.compile(f"[{_PLAIN}]*")


@cache
def _token() -> re.Pattern[str]:
    return re.compile(_TOKEN, re.DOTALL)


class _Sieve:
    """Collects the pieces to keep, one `MARK` for each run of removed ones."""

    __slots__ = ("dropping", "pieces", "removed", "size", "stacked")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.size = 0
        self.removed = 0
        self.stacked = 0
        self.dropping = False

    def take(self, kind: str, piece: str) -> None:
        if kind in ("plain", "emoji"):
            self._keep(piece)
        elif kind == "line":
            self._keep("\n")
        elif kind == "keycap":
            self._keycap(piece)
        elif kind == "jamo":
            self._stack(piece)
        elif kind == "single":
            self._single(piece)
        else:
            self._drop(piece)

    def cut(self, limit: int) -> str:
        """What was collected, in `limit` characters with its final `MARK`; no emoji or base is torn."""
        piece = ""
        while self.size > limit - 1:
            piece = self.pieces.pop()
            self.size -= len(piece)
        if _plain().fullmatch(piece):
            self.pieces.append(piece[: limit - 1 - self.size])
        return "".join(self.pieces) + MARK

    def _single(self, sign: str) -> None:
        category = unicodedata.category(sign)
        if sign in _BLANKS:
            self._keep(_BLANKS[sign])
        elif category in ("Cc", "Cf", "Cs") or ord(sign) & 0xFFFE == 0xFFFE:
            self._drop(sign)
        elif category[0] == "M":
            self._stack(sign)
        else:
            self._keep(sign)

    def _keep(self, piece: str) -> None:
        self.pieces.append(piece)
        self.size += len(piece)
        self.stacked = 0
        self.dropping = False

    def _drop(self, piece: str) -> None:
        if not self.dropping:
            self._keep(MARK)
        self.removed += len(piece)
        self.dropping = True

    def _stack(self, sign: str) -> None:
        """Keep a combining mark on its base; one whose base is gone, or that comes ninth, goes too."""
        if self.dropping or self.stacked >= MARKS_PER_BASE or self._last() in ("", "\n"):
            self._drop(sign)
        else:
            self.pieces.append(sign)
            self.size += 1
            self.stacked += 1

    def _keycap(self, piece: str) -> None:
        if self._last() in tuple("0123456789#*"):
            self._keep(piece)
        else:
            self._drop(piece)

    def _last(self) -> str:
        return self.pieces[-1][-1] if self.pieces else ""


# Charsets whose bytes also pass as UTF-8; when one of them is declared it is tried first.
_PASS_AS_UTF8: Final = ("hz", "iso2022", "utf-16", "utf-32")
# Codecs outside this list (utf-7, punycode, unicode_escape, …) turn harmless bytes into something else.
_CHARSETS: Final = (*_PASS_AS_UTF8, "gb", "big5", "cp", "iso8859", "shift_jis", "euc", "koi8", "johab", "mac")


def decode(raw: bytes, charset: str | None = None) -> str:
    """The text of bytes from outside: UTF-8, else the declared charset, else GB 18030, else Latin-1.

    Never raises. UTF-8 with a torn character here and there is still read as UTF-8, U+FFFD in the gaps; a
    UTF-16 byte order mark counts as a declaration. The result has not been through `clean`.
    """
    declared = "utf-16" if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else _codec(charset)
    strict = (declared, "utf-8") if declared.startswith(_PASS_AS_UTF8) else ("utf-8", declared)
    for name in strict:
        with suppress(UnicodeError):
            return raw.decode(name).removeprefix("\ufeff")
    torn = raw.decode("utf-8", "replace")
    gaps = torn.count("\ufffd")
    if sum(sign > "\x7f" for sign in torn) > 10 * gaps:
        return torn.removeprefix("\ufeff")
    with suppress(UnicodeError):
        return raw.decode("gb18030")
    return raw.decode("latin-1")


def _codec(charset: str | None) -> str:
    try:
        name = codecs.lookup((charset or "utf-8")[:40]).name
    except (LookupError, ValueError):
        return "utf-8"
    if name.startswith("gb"):
        return "gb18030"  # what calls itself GB 2312 or GBK is often the larger set
    return name if name.startswith(_CHARSETS) else "utf-8"


_LEADING_BLANKS: Final = r"[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*"
_NEGATIVE: Final = r"(?a:-\d+(\.\d+)?)"


def csv_safe(cell: str) -> str:
    """`cell` so that no spreadsheet runs it: an apostrophe before what would start a formula.

    A formula starts with = + - @ (full-width, small and superscript forms too), with a tab or a line break,
    also after blanks. Plain negative numbers stay numbers. Write every cell quoted as well: in a locale with
    another separator an unquoted cell can be split. Source: OWASP, CSV Injection.
    """
    blanks = re.match(_LEADING_BLANKS, cell)
    start = blanks.end() if blanks else 0
    sign = unicodedata.normalize("NFKC", cell[start : start + 1])[:1]
    starts = sign in ("=", "+", "-", "@") or any(blank in "\t\r\n" for blank in cell[:start])
    return f"'{cell}" if starts and not re.fullmatch(_NEGATIVE, cell) else cell


# What JSON lets stand as it is although it acts on a terminal, hides, or reorders; all of it above ASCII's space.
_ACTING: Final = (
    "[\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def json_safe(document: str) -> str:
    """A JSON document whose strings say the same, with every sign that acts or hides written as an escape."""
    return document if document.isascii() and "\x7f" not in document else re.sub(_ACTING, _escaped, document)


def _escaped(sign: re.Match[str]) -> str:
    units = sign[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n] << 8 | units[n + 1]:04x}" for n in range(0, len(units), 2))


_UNSAFE_IN_NAMES: Final = r"[\x00-\x1f\x7f/\\:*?\"<>|`$;&'!~^{}\[\]%\u2426]+"
_RESERVED: Final = r"(?i:(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$))"
_NAME_BYTES: Final = 200  # most file systems allow 255; the rest is for what a store adds


def file_name(raw: str) -> str:
    """A name for a file, from a name that came with it: one path part that no shell and no system acts on.

    Path and shell signs become "_"; no leading dot, dash or blank, no trailing dot or blank, no DOS device;
    at most 200 bytes of UTF-8, the extension kept. "file" when nothing is left.
    """
    name = clean_line(unicodedata.normalize("NFC", raw[:2000])).text
    name = re.sub(_UNSAFE_IN_NAMES, "_", name).lstrip(".- ").rstrip(". ")
    if re.match(_RESERVED, name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > 20:
        stem, dot, extension = name, "", ""
    room = _NAME_BYTES - len((dot + extension).encode())
    stem = stem.encode()[:room].decode(errors="ignore").rstrip(". ")
    return stem + dot + extension if stem.strip("_") or extension else "file"
