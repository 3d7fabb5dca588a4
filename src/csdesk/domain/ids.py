"""Ids: time-ordered UUIDs for machines, eight-character case numbers with a check character for people."""

import re
import unicodedata
from typing import Final

from csdesk.domain.text import clean_line

UUID_ENTROPY_BYTES: Final = 10
BODY_LENGTH: Final = 8
BODY_BITS: Final = 5 * (BODY_LENGTH - 1)
GRAM: Final = 4

# Crockford's base32: no I, L, O (read as 1, 1, 0) and no U.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_LOOK_ALIKES: Final = str.maketrans("OIL", "011")
_PREFIX_LOOK_ALIKES: Final = str.maketrans("01", "OI")
# Everything people put between the groups; NFKC has already made full-width signs half-width.
_SEPARATORS: Final = re.compile(r"[\s\-_./·\u2010-\u2015\u2212#]+")


class BadNumber(ValueError):
    """A case number that cannot be one. `code` and `params` are for the message catalogue.

    Codes: `length` (given, count), `alphabet` (given, sign), `prefix` (given), `check` (given).
    """

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}"


def uuid7(ms: int, entropy: bytes) -> str:
    """A version 7 UUID (RFC 9562 §5.7) as 32 hex digits, for Unix time `ms` and ten random bytes.

    Of the 80 bits given 74 are used. Ids order by millisecond; within one they order by `entropy`.
    """
    if not 0 <= ms < 1 << 48:
        raise ValueError(f"ms must fit 48 bits without sign, got {ms}")
    if len(entropy) != UUID_ENTROPY_BYTES:
        raise ValueError(f"entropy must be {UUID_ENTROPY_BYTES} bytes, got {len(entropy)}")
    noise = int.from_bytes(entropy) >> 6
    high, low = noise >> 62, noise & ((1 << 62) - 1)
    return f"{ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low:032x}"


def uuid7_ms(uuid: str) -> int:
    """The Unix milliseconds inside an id made by `uuid7`; ValueError for anything else."""
    if not re.fullmatch(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", uuid):
        raise ValueError(f"not a version 7 UUID in 32 lower-case hex digits: {uuid[:40]!r}")
    return int(uuid[:12], 16)


def make_body(entropy: int) -> str:
    """The eight characters of a new case number: 35 random bits (`BODY_BITS`) and their check character."""
    if not 0 <= entropy < 1 << BODY_BITS:
        raise ValueError(f"entropy must fit {BODY_BITS} bits without sign, got {entropy}")
    data = "".join(_ALPHABET[entropy >> shift & 31] for shift in range(BODY_BITS - 5, -1, -5))
    return data + _check(data)


def number(prefix: str, body: str) -> str:
    """`RT` and `7K3M9QX4` as people see them: `RT-7K3M-9QX4`. Both must be in canonical form."""
    if not re.fullmatch(r"[A-Z]{2}", prefix):
        raise ValueError(f"a prefix is two capital letters, got {prefix!r}")
    if not _is_body(body):
        raise ValueError(f"not a case number's body: {body!r}")
    return f"{prefix}-{body[:4]}-{body[4:]}"


def parse_number(text: str) -> tuple[str | None, str]:
    """The prefix (None if it was left out) and the body of a case number as someone typed or dictated it.

    Lower case, full-width forms, missing or odd separators and look-alikes (O, I, L; 0 and 1 in the prefix)
    are accepted. Whether the prefix belongs to a kind is for the caller: it changes when an inquiry is
    converted, so the check character leaves it out. Raises `BadNumber`.
    """
    given = clean_line(text, limit=40).text
    letters = _squeeze(text)
    if len(letters) not in (BODY_LENGTH, BODY_LENGTH + 2):
        raise BadNumber("length", given=given, count=len(letters))
    prefix, body = letters[:-BODY_LENGTH].translate(_PREFIX_LOOK_ALIKES), letters[-BODY_LENGTH:]
    body = body.translate(_LOOK_ALIKES)
    for sign in body:
        if sign not in _VALUE:
            raise BadNumber("alphabet", given=given, sign=clean_line(sign).text)
    if prefix and not re.fullmatch(r"[A-Z]{2}", prefix):
        raise BadNumber("prefix", given=given)
    if not _is_body(body):
        raise BadNumber("check", given=given)
    return prefix or None, body


def fold_part(text: str) -> str:
    """Any part of a body as typed, in the form that `grams` has, to find a case by four of its characters."""
    return _squeeze(text).translate(_LOOK_ALIKES)


def grams(body: str) -> tuple[str, ...]:
    """The five runs of four characters in a body: what a case is indexed by, to be found by any of them."""
    return tuple(body[at : at + GRAM] for at in range(BODY_LENGTH - GRAM + 1))


def _squeeze(text: str) -> str:
    # The longest thing worth parsing is a number with separators; the cut bounds what NFKC may blow up.
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text[:200])).upper()


def _is_body(body: str) -> bool:
    return len(body) == BODY_LENGTH and set(body) <= _VALUE.keys() and _check(body[:-1]) == body[-1]


def _check(data: str) -> str:
    """The sum over GF(32) of the characters, the i-th from the right weighted by α^i (the check by α^0).

    Eight distinct non-zero weights: one wrong character changes the sum by weight × difference, two swapped
    ones by (difference of weights) × (difference of characters); neither is ever zero in a field.
    """
    total = 0
    for sign in data:
        total = _times_alpha(total ^ _VALUE[sign])
    return _ALPHABET[total]


def _times_alpha(value: int) -> int:
    # α is a root of x^5 + x^2 + 1 (primitive over GF(2)), so its powers 0 to 30 all differ.
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled
