"""The headers of a mail in words: encoded words, parameters and addresses, however wrong they are written.

Sources: RFC 5322 (addresses, comments), RFC 2047 (encoded words), RFC 2231 (parameters). Nothing here raises.
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from csdesk.domain.text import clean_line, decode
from csdesk.effects.mail.charsets import charset_name

# What is longer says nothing that a person would read.
MOST_VALUE = 16_384
MOST_ADDRESSES = 100

_WORD = re.compile(rb"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_PARAM = re.compile(
    rb";?[ \t]*([!#-'*-:<>-~]{1,80}?)(\*[0-9]{1,3})?(\*)?[ \t]*=[ \t]*(\"(?:[^\"\\]|\\.)*\"?|[^;]*)"
)
# A parameter that somebody wrote as an encoded word, its name too.
_WORD_PARAM = re.compile(rb"(?<=;)([ \t]*)=\?[^?\s]{1,60}\?([bBqQ])\?([^?]{0,400})\?=")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
# GB 2312 as it is mostly sent: pairs of two high bytes, never a lone one.
_GB2312 = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xf7][\xa1-\xfe])*")
_HIGH = re.compile(rb"[\x80-\xff]")
# A high byte alone, and a pair of them inside a Latin word: so are accents written, and hardly any Chinese.
_LONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
_WITHIN = re.compile(rb"(?<=[A-Za-z])[\x80-\xff]{2}(?=[a-z])")
# What Chinese mail is called that is none of it. Cyrillic and Greek names are left alone: their words are pairs too.
_WESTERN = re.compile(r"(?:cp1252|us-ascii|ascii|unknown|8bit|user|default|none|$)")
# Charsets of their own making, in which high bytes mean something else, or nothing.
_SHIFTED = re.compile(
    r"(?:utf-?(?:16|32)|iso-?2022|iso[-_]?8859|latin|hz|big5|shift|sjis|euc|koi8|cp|windows)", re.I
)
_ADDRESS = re.compile(
    r"[^\s<>@,;:\"()\[\]\\\x00-\x1f\x7f]{1,64}@(?=[^\s<>@,;:\"()\\]{1,253}(?:[\s<>,;:\"()\\]|\Z))"
    r"(?:[\w-]{1,63}\.){0,20}[\w-]{1,63}"
)


def words(raw: bytes, limit: int = 500) -> str:
    """A header as one line of text that has passed the gate."""
    return clean_line("".join(_pieces(raw[:MOST_VALUE])), limit=limit).text


def _pieces(raw: bytes) -> Iterator[str]:
    """Plain stretches and encoded words. Bytes of neighbours of one charset are joined first: characters get torn."""
    at, held, charset = 0, b"", ""
    for word in _WORD.finditer(raw):
        between = raw[at : word.start()]
        name = word[1].decode("ascii", "replace").lower()
        if held and (between.strip() or name != charset):
            yield text(held, charset)
            held = b""
        if between.strip() or not at:
            yield text(between, "")
        held, charset, at = held + _unworded(word[2], word[3]), name, word.end()
    if held:
        yield text(held, charset)
    yield text(raw[at:], "")


def _unworded(how: bytes, what: bytes) -> bytes:
    if how in b"qQ":
        return binascii.a2b_qp(what, header=True)
    signs = re.sub(rb"[^A-Za-z0-9+/]+", b"", what)
    signs = signs[:-1] if len(signs) % 4 == 1 else signs
    return binascii.a2b_base64(signs + b"=" * (-len(signs) % 4))


def text(raw: bytes, charset: str) -> str:
    """The text of bytes under a charset that may be wrong, unknown or none; it has not passed the gate.

    Chinese mail often calls GB 2312 bytes Latin-1, or nothing: pairs of high bytes throughout are taken for it. A few
    broken bytes do not make UTF-8 or GB 18030 into something else.
    """
    charset = charset_name(charset)
    if charset.startswith("iso-2022-jp") and b"\x1b" in raw and not _valid(raw, charset):
        # Signs of the makers beside the standard's: they cost only themselves.
        return raw.decode("iso2022_jp_ext", "replace")
    if not _HIGH.search(raw):
        return decode(raw, charset or None)
    if _WESTERN.match(charset) and not _valid(raw, "utf-8"):
        if _accents(raw) and not _torn(raw, "utf-8", 1):
            return decode(raw, "cp1252")
        if _GB2312.fullmatch(raw):
            return decode(raw, "gb18030")
    if not _SHIFTED.match(charset) and not _valid(raw, "utf-8"):
        torn = _torn(raw, "utf-8", 1)
        if not torn and not _valid(raw, "gb18030"):
            torn = _torn(raw, "gb18030", 2 if charset[:2].lower() == "gb" else 8)
        if torn:
            return torn
    return decode(raw, charset or None)


def _accents(raw: bytes) -> bool:
    """Whether most high bytes stand where accents of Latin words stand."""
    strange = len(_LONE.findall(raw)) + 2 * len(_WITHIN.findall(raw))
    return strange * 2 > len(_HIGH.findall(raw))


def _valid(raw: bytes, charset: str) -> bool:
    try:
        raw.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _torn(raw: bytes, charset: str, least: int) -> str:
    """The text with gaps, when at least `least` whole characters beyond ASCII stand for each gap; else ""."""
    said = raw.decode(charset, "replace")
    gaps = said.count("\ufffd")
    return said if sum(sign > "\x7f" for sign in said) - gaps >= least * gaps else ""


def params(value: bytes) -> tuple[str, Mapping[str, bytes]]:
    """The first word of a header (lower-case) and its parameters, continued and percent-encoded ones put together.

    A percent-encoded one keeps its charset as `name*`.
    """
    value = value[:MOST_VALUE]
    first, _, rest = value.partition(b";")
    rest = _WORD_PARAM.sub(lambda word: word[1] + _unworded(word[2], word[3]), b";" + rest)[1:]
    whole: dict[str, bytes] = {}
    torn: dict[str, list[tuple[int, bytes]]] = {}
    for found in _PARAM.finditer(b";" + rest):
        name = found[1].decode("ascii", "replace").lower().strip()
        said = found[4].strip()
        if said.startswith(b'"'):
            said = _ESCAPED.sub(rb"\1", said.strip(b'"'))
        number = int(found[2][1:]) if found[2] else 0
        if found[3]:
            if not number and said.count(b"'") >= 2:
                charset, _, said = said.split(b"'", 2)
                whole.setdefault(f"{name}*", charset)
            said = _PERCENT.sub(lambda hit: bytes([int(hit[1], 16)]), said)
        if found[2]:
            torn.setdefault(name, []).append((number, said))
        else:
            whole.setdefault(name, said)
    for name, pieces in torn.items():
        whole[name] = b"".join(said for _, said in sorted(pieces)[:100])
    return first.strip().lower().decode("ascii", "replace"), whole


def named(told: Mapping[str, bytes], name: str) -> str:
    """A parameter as text: by its own charset, else with encoded words, which do not belong there and are common."""
    raw = told.get(name, b"")
    if charset := told.get(f"{name}*"):
        return text(raw, charset.decode("ascii", "replace"))
    return "".join(_pieces(raw))


def addresses(raw: bytes) -> list[tuple[str, str]]:
    """(name, address) of those a header names, the name past the gate; "" for an address that is none.

    Only what stands outside quotes, comments and encoded words is an address: a name may hold another's.
    """
    found: list[tuple[str, str]] = []
    for one in _apart(raw[:MOST_VALUE]):
        outside, name = one
        angle = re.search(rb"<([^<>]*)>[^<>]*\Z", outside)
        bare = angle[1] if angle else outside
        address = _ADDRESS.fullmatch(text(bare.strip(), ""))
        said = outside[: angle.start()] if angle else b""
        told = words((said + b" " + name).strip() if said.strip() or name else b"", limit=120)
        if bare.strip() or told:
            found.append((told, address[0] if address else ""))
        if len(found) >= MOST_ADDRESSES:
            break
    return found


def _apart(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The entries of a list of addresses: what stands outside quotes and comments, and what the quotes held."""
    outside, quoted, depth, at = bytearray(), bytearray(), 0, 0
    inside = b""
    while at < len(raw):
        sign = raw[at : at + 1]
        if sign == b"\\" and (inside or depth):
            quoted += raw[at + 1 : at + 2] if inside else b""
            at += 2
            continue
        if inside:
            if sign == b'"':
                inside = b""
            else:
                quoted += sign
        elif sign == b"(" or (depth and sign == b")"):
            depth += 1 if sign == b"(" else -1
        elif depth:
            pass
        elif sign == b'"':
            inside = b'"'
        elif sign in (b",", b";"):
            yield bytes(outside), bytes(quoted)
            outside, quoted = bytearray(), bytearray()
        else:
            outside += sign
        at += 1
    yield bytes(outside), bytes(quoted)


def moment(raw: bytes) -> int:
    """When a Date header says it was (UTC ms), 0 when it says nothing that can be a time."""
    try:
        said = parsedate_to_datetime(raw[:100].decode("ascii", "replace"))
        said = said if said.tzinfo else said.replace(tzinfo=UTC)
        if datetime(1990, 1, 1, tzinfo=UTC) < said < datetime(2200, 1, 1, tzinfo=UTC):
            return int(said.timestamp() * 1000)
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0
    return 0
