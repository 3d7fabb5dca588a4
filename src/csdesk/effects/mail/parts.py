"""The parts of a mail, found in its bytes without copying them: linear in their number, bounded in every direction.

The standard library's parser calls itself once a level and reads numbers of any length in parameters, so a mail can
break it; this one takes what it is given. It never raises but `Unreadable`, and decodes nothing by itself.
"""

import binascii
import re
from collections.abc import Iterator, Mapping

from csdesk.domain.value import dataclass
from csdesk.effects.mail.headers import params

# More than any mail program makes. What is beyond is a bomb, and a person has to look at it.
MOST_PARTS, MOST_DEPTH, MOST_HEADERS = 200, 12, 400
MOST_HEADER_BYTES = 262_144

_HEADER = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*")
_UNFOLD = re.compile(rb"\r?\n(?=[ \t])|\r\n?|\n|\x00")
_NEWLINE = re.compile(rb"\r\n?|\n")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


class Unreadable(Exception):
    """A mail that is not looked into any further: `reason` is worded as `mail.refused.<reason>`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its headers (lower-case names, raw unfolded values, in order) and where its body lies in the mail.

    `torn`: it had not ended when the bytes did.
    """

    raw: bytes
    headers: tuple[tuple[str, bytes], ...]
    start: int
    end: int
    media: str
    params: Mapping[str, bytes]
    inside: tuple["Part", ...] = ()
    torn: bool = False

    def all(self, name: str) -> list[bytes]:
        """Every value of a header, the first first."""
        return [value for known, value in self.headers if known == name]

    def get(self, name: str) -> bytes:
        """The first value of a header, b"" when there is none."""
        return next((value for known, value in self.headers if known == name), b"")

    @property
    def encoded(self) -> bytes:
        """The body as it stands in the mail."""
        return self.raw[self.start : self.end]

    def body(self) -> bytes:
        """The body without its transfer encoding; what is broken there is read as far as it goes."""
        how = self.get("content-transfer-encoding").strip().lower()
        if how.startswith(b"quoted-printable"):
            return binascii.a2b_qp(self.encoded)
        if how.startswith(b"base64"):
            signs = _NOT_BASE64.sub(b"", self.encoded)
            if len(signs) % 4 == 1:
                signs = signs[:-1]
            return binascii.a2b_base64(signs + b"=" * (-len(signs) % 4))
        return self.encoded

    def leaves(self) -> Iterator["Part"]:
        """The parts that hold something, in order, this one when it has none inside."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            if not part.inside:
                yield part
            waiting.extend(reversed(part.inside))


def split(raw: bytes, *, torn: bool = False) -> Part:
    """The parts of a mail. Unreadable `too_many_parts`, `too_deep`, `too_many_headers`."""
    budget = [MOST_PARTS]
    return _part(raw, 0, len(raw), 0, budget, torn, "text/plain")


def heading(raw: bytes) -> bytes:
    """The Subject of a mail that lies in another as it is, b"" when it has none; nothing else of it is looked at."""
    try:
        headers, _ = _headers(raw, 0, min(len(raw), MOST_HEADER_BYTES))
    except Unreadable:
        return b""
    return next((value for name, value in headers if name == "subject"), b"")


def _part(raw: bytes, start: int, end: int, depth: int, budget: list[int], torn: bool, default: str) -> Part:
    if depth > MOST_DEPTH:
        raise Unreadable("too_deep")
    budget[0] -= 1
    if budget[0] < 0:
        raise Unreadable("too_many_parts")
    headers, body = _headers(raw, start, end)
    declared = next((value for name, value in headers if name == "content-type"), b"")
    media, told = params(declared)
    media = media if re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80}", media) else default
    inside: tuple[Part, ...] = ()
    boundary = told.get("boundary", b"").rstrip()
    if media.startswith("multipart/") and boundary:
        below = "message/rfc822" if media == "multipart/digest" else "text/plain"
        spans = list(_spans(raw, body, end, boundary[:200], budget[0]))
        inside = tuple(
            _part(raw, at, to, depth + 1, budget, torn and not closed, below) for at, to, closed in spans
        )
    if media.startswith("multipart/") and not inside:
        media = "text/plain"  # nothing of what it promised is there: what is there are words
    return Part(raw, headers, body, end, media, told, inside, torn)


def _headers(raw: bytes, start: int, end: int) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """The headers from `start` on, and where the body begins; what is no header ends them."""
    found: list[tuple[str, bytes]] = []
    at = start
    while at < end:
        if raw[at : at + 1] in (b"\n", b"\r"):
            return tuple(found), _after_line(raw, at, end)
        name = (
            None
            if _goes_on(found) and raw[at : at + 9].lower() == b"boundary="
            else _HEADER.match(raw, at, end)
        )
        # An mbox line, or a mail that begins with its text.
        if name is None and not _goes_on(found) and (found or raw[at : at + 5] not in (b"From ", b">From")):
            return tuple(found), at
        stop = _after_line(raw, at, end)
        while stop < end and raw[stop : stop + 1] in (b" ", b"\t"):
            stop = _after_line(raw, stop, end)
            if stop - start > MOST_HEADER_BYTES:
                raise Unreadable("too_many_headers")
        if name is not None:
            value = _UNFOLD.sub(b"", raw[min(name.end(), stop) : stop]).strip()
            found.append((name[1].decode("ascii").lower(), value))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + b" " + raw[at:stop].strip())
        if len(found) > MOST_HEADERS or stop - start > MOST_HEADER_BYTES:
            raise Unreadable("too_many_headers")
        at = stop
    return tuple(found), end


def _goes_on(found: list[tuple[str, bytes]]) -> bool:
    """Whether the last header waits for a parameter: some programs forget to indent the line that brings it."""
    return bool(found) and found[-1][0] == "content-type" and found[-1][1].endswith(b";")


def _after_line(raw: bytes, at: int, end: int) -> int:
    """Where the line that begins at `at` is over; a lone CR ends one too."""
    line = _NEWLINE.search(raw, at, end)
    return line.end() if line else end


def _spans(raw: bytes, start: int, end: int, boundary: bytes, most: int) -> Iterator[tuple[int, int, bool]]:
    """Where the parts between the boundaries lie, and whether a boundary ended each."""
    fence = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r\n|\r|\n|\Z)", re.MULTILINE)
    opened, count = -1, 0
    for line in fence.finditer(raw, start, end):
        if opened >= 0:
            count += 1
            if count > most:
                raise Unreadable("too_many_parts")
            yield opened, _before(raw, opened, line.start()), True
        opened = -1 if line[1] else line.end()
        if line[1]:
            return
    if opened >= 0:
        yield opened, end, False


def _before(raw: bytes, start: int, at: int) -> int:
    """The end of a part: the line break before a boundary belongs to the boundary."""
    if at - 2 >= start and raw[at - 2 : at] == b"\r\n":
        return at - 2
    return at - 1 if at - 1 >= start else start
