"""Personal data at rest: fields sealed under a key per person, and keyed hashes that find them again.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce: safe for 2**32 values a key, and a key seals the
fields of one person only. Measured on 200-byte fields: `Sealer.seal` 1.0 µs, `Sealer.open` 0.7 µs; the
one-shot `seal` 3.7 µs and `open_` 3.3 µs, since each makes its cipher anew; a keyed hash 1.0 µs, by
`keyed_hasher` 0.5 µs. `cryptography` is imported when the first Sealer is made (14 to 45 ms, which a starting
console does not pay).
"""

import hashlib
import os
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from csdesk.domain.value import dataclass
from csdesk.store.errors import StoreError

KEY_BYTES = 32
HASH_BYTES = 16
_VERSION = b"\x01"
_NONCE_BYTES = 12
_OVERHEAD = 1 + _NONCE_BYTES + 16
_SEPARATOR = "\x1f"


def bound_to(desk_id: str, table: str, row: str, column: str) -> bytes:
    """The place a sealed value belongs to, as associated data: a value moved anywhere else fails to open."""
    place = f"{desk_id}{_SEPARATOR}{table}{_SEPARATOR}{row}{_SEPARATOR}{column}"
    if place.count(_SEPARATOR) != 3:
        raise ValueError("a part of a bound place holds the separator U+001F")
    return place.encode()


def new_data_key() -> bytes:
    """32 random bytes from the operating system: the key of one person, or a master key."""
    return os.urandom(KEY_BYTES)


class Sealer:
    """One AES-256-GCM key, ready to seal and open. Knows its cipher, never shows its key; safe in threads."""

    __slots__ = ("_cipher", "_invalid")

    def __init__(self, key: bytes) -> None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(key) != KEY_BYTES:  # AESGCM would take 16 bytes too, and be AES-128 without a word
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
        self._cipher = AESGCM(key)
        self._invalid = InvalidTag

    def seal(self, plaintext: bytes, bound: bytes) -> bytes:
        """Version byte, nonce (12), ciphertext and tag (16): 29 bytes longer than `plaintext`."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plaintext, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """The plaintext. StoreError `tampered` when a bit of value, place or key differs from the sealing."""
        if sealed[:1] != _VERSION or len(sealed) < _OVERHEAD:
            raise _tampered(bound)
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], bound)
        except self._invalid:
            raise _tampered(bound) from None


def _tampered(bound: bytes) -> StoreError:
    return StoreError("tampered", where=bound.decode(errors="replace").replace(_SEPARATOR, "/"))


def seal(key: bytes, plaintext: bytes, bound: bytes) -> bytes:
    """One value under `key`; see `Sealer.seal`. For many values under one key, keep a Sealer."""
    return Sealer(key).seal(plaintext, bound)


def open_(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """One value sealed under `key`; see `Sealer.open`."""
    return Sealer(key).open(sealed, bound)


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A person's data key as it is kept: sealed under the master key `key_id`."""

    key_id: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Shredded:
    """In place of a data key: destroyed at `at` (UTC ms); what it sealed is unreadable for good."""

    at: int


def _wrap_bound(key_id: str, bound: bytes) -> bytes:
    return bound + _SEPARATOR.encode() + key_id.encode()


def wrap(master: bytes, key_id: str, data_key: bytes, bound: bytes) -> WrappedKey:
    """`data_key` sealed under `master`, bound to its place and to the master's id."""
    return WrappedKey(key_id, seal(master, data_key, _wrap_bound(key_id, bound)))


def unwrap(master: bytes, wrapped: WrappedKey, bound: bytes) -> bytes:
    """The data key. StoreError `tampered` when bytes, place or master key differ from the wrapping."""
    return open_(master, wrapped.sealed, _wrap_bound(wrapped.key_id, bound))


def rewrap(masters: Mapping[str, bytes], current: str, wrapped: WrappedKey, bound: bytes) -> WrappedKey:
    """The same data key under the master `current`: a rotation, which leaves every sealed field as it is."""
    if wrapped.key_id == current:
        return wrapped
    data_key = unwrap(master_of(masters, wrapped.key_id), wrapped, bound)
    return wrap(master_of(masters, current), current, data_key, bound)


def master_of(masters: Mapping[str, bytes], key_id: str) -> bytes:
    try:
        return masters[key_id]
    except KeyError:
        raise StoreError("no_key", source=f"key id {key_id}") from None


def person_bound(desk_id: str, person_id: str) -> bytes:
    """The place of a person's wrapped data key."""
    return bound_to(desk_id, "person_key", person_id, "sealed")


class PersonKeys:
    """The data keys of the persons in use, unwrapped once and kept, least recently used out first.

    `load(desk_id, person_id)` reads the stored key; it raises its own error for a person it never heard of.
    A kept key costs 2.7 kB (OpenSSL's cipher), 1.4 MB in all, and saves `load` and 5 µs. One per connection,
    in its thread. A shredding by another process leaves this cache stale: `drop` the person when the change
    feed names it.
    """

    def __init__(
        self,
        masters: Mapping[str, bytes],
        load: Callable[[str, str], WrappedKey | Shredded],
        *,
        size: int = 512,
    ) -> None:
        self._masters = masters
        self._unwrapping: dict[str, Sealer] = {}
        self._load = load
        self._size = size
        self._kept: OrderedDict[tuple[str, str], Sealer | Shredded] = OrderedDict()

    def for_person(self, desk_id: str, person_id: str) -> Sealer | Shredded:
        """The person's Sealer, or `Shredded`. StoreError `no_key` (master key unknown here) or `tampered`."""
        person = (desk_id, person_id)
        found = self._kept.get(person)
        if found is not None:
            self._kept.move_to_end(person)
            return found
        stored = self._load(desk_id, person_id)
        bound = person_bound(desk_id, person_id)
        found = self._unwrapped(stored, bound) if isinstance(stored, WrappedKey) else stored
        self._kept[person] = found
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return found

    def _unwrapped(self, stored: WrappedKey, bound: bytes) -> Sealer:
        return Sealer(self._master(stored.key_id).open(stored.sealed, _wrap_bound(stored.key_id, bound)))

    def _master(self, key_id: str) -> Sealer:
        master = self._unwrapping.get(key_id)
        if master is None:
            master = self._unwrapping[key_id] = Sealer(master_of(self._masters, key_id))
        return master

    def make(self, desk_id: str, persons: Sequence[str], key_id: str) -> list[WrappedKey]:
        """New data keys of these persons, wrapped by a master key, and kept, all of them, for what is sealed next.

        For the transaction that stores them: whoever rolls it back must `clear`, or would go on sealing for somebody
        under a key that nobody has. StoreError `no_key` when the master key is unknown here.
        """
        master, made = self._master(key_id), []
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        for person in persons:
            data_key = new_data_key()
            bound = _wrap_bound(key_id, person_bound(desk_id, person))
            made.append(WrappedKey(key_id, master.seal(data_key, bound)))
            self._kept[desk_id, person] = Sealer(data_key)
        return made

    def seal(self, desk_id: str, person_id: str, plaintext: bytes, bound: bytes) -> bytes:
        """`plaintext` sealed for this person. StoreError `shredded` when the person was erased."""
        key = self.for_person(desk_id, person_id)
        if isinstance(key, Shredded):
            raise StoreError("shredded", person=person_id, at=key.at)
        return key.seal(plaintext, bound)

    def open(self, desk_id: str, person_id: str, sealed: bytes, bound: bytes) -> bytes | None:
        """The plaintext, or None for a shredded person. StoreError `tampered` as `Sealer.open`."""
        key = self.for_person(desk_id, person_id)
        return None if isinstance(key, Shredded) else key.open(sealed, bound)

    def drop(self, desk_id: str, person_id: str) -> None:
        """Forget one person's key: it was just made, re-wrapped or shredded in the database."""
        self._kept.pop((desk_id, person_id), None)

    def clear(self) -> None:
        """Forget all: a locked screen."""
        self._kept.clear()
        self._unwrapping.clear()


def desk_index_key(index_key: bytes, desk_id: str) -> bytes:
    """The index key of one desk: without it, equal hashes would link a person across desks of one file."""
    return hashlib.blake2b(
        desk_id.encode(), key=index_key, digest_size=KEY_BYTES, person=b"csdesk desk idx"
    ).digest()


def keyed_hasher(index_key: bytes, field: str) -> Callable[[str], bytes]:
    """`keyed_hash` for many values of one field: the key is mixed in once, which halves the cost."""
    if "\x00" in field:
        raise ValueError("a field name holds U+0000")
    start = hashlib.blake2b(field.encode() + b"\x00", key=index_key, digest_size=HASH_BYTES)

    def hashed(value: str) -> bytes:
        state = start.copy()
        state.update(value.encode())
        return state.digest()

    return hashed


def keyed_hash(index_key: bytes, field: str, value: str) -> bytes:
    """16 bytes that equal values of one field share and nobody can make without the key (RFC 7693, keyed).

    `value` comes normalised; two fields never share a hash.
    """
    return keyed_hasher(index_key, field)(value)


# Normalisers give "" when nothing is left to look up: index nothing then, since all such rows would be equal.
# ・ stands between the parts of transliterated and minority names in half a dozen code points.
_NAME_NOISE = r"[\s·•‧∙⋅・.]+"
_NUMBER_NOISE = r"[\s#\-‐-―−]+"  # what an ASCII number can have of it, `normal_order_number` names itself
_EXTENSION = re.compile(r"(?:转|轉|分机|分機|ext\.?|x|#|,|;)[\s:.]*(\d{1,6})\s*$")
_RELAY = re.compile(r"^((?:\+?86[\s-]*)?1\d{10})-(\d{1,6})$")
_MASKED = re.compile(r"[*•●_]|\dx{2,}\d")


def _folded(value: str, noise: str = r"^\s+|\s+$") -> str:
    """Without width, case and `noise`; normalised again, for a mark may meet a letter when noise goes."""
    folded = unicodedata.normalize("NFKC", value).casefold()
    return unicodedata.normalize("NFKC", re.sub(noise, "", folded))


def normal_name(value: str) -> str:
    """A name without width, case, spaces and middle dots (买买提·阿不都 and 买买提•阿不都 are one)."""
    return _folded(value, _NAME_NOISE)


def normal_phone(value: str) -> str:
    """A phone number as digits: Chinese ones nationally (+86 13812345678 is 13812345678, +86 10 12345678 is
    01012345678), others as `+` and digits (E.164). An extension stays (`x1234`): relay numbers of the
    platforms differ in nothing else, and two strangers must not become one. A masked number gives "".
    """
    text = _folded(value)
    if _MASKED.search(text):
        return ""
    extension = ""
    for pattern in (_RELAY, _EXTENSION):
        found = pattern.search(text)
        if found:
            extension = "x" + found.group(found.re.groups)
            text = text[: found.start(found.re.groups)]
            break
    digits = re.sub(r"[^0-9]", "", text)
    international = re.match(r"[^0-9]*\+", text) is not None
    if digits.startswith("00") and not international:
        international, digits = True, digits[2:]
    if international and digits.startswith("86"):
        digits = _national(digits[2:])
    elif international and digits:
        digits = f"+{digits}"
    elif re.fullmatch(r"861[3-9]\d{9}", digits):
        digits = digits[2:]
    return digits + extension if digits else ""


def _national(digits: str) -> str:
    """A Chinese number after its country code: mobiles and 400/800 stand as they are, landlines get a 0."""
    if not digits or digits.startswith("0") or re.fullmatch(r"1\d{10}|[48]00\d{7}", digits):
        return digits
    return f"0{digits}"


def phone_last4(value: str) -> str:
    """The last four digits before any extension, of a masked number (138****5678) too, or ""."""
    number = normal_phone(value).partition("x")[0] or _folded(value)
    tail = re.search(r"\d{4}$", number)
    return tail.group() if tail else ""


def normal_email(value: str) -> str:
    """An e-mail address without case and width; no mail host of note tells local parts apart by case."""
    return _folded(value, r"\s+")


def normal_order_number(value: str) -> str:
    """An order number without width, case, spaces, dashes and a leading #."""
    if value.isascii():
        return "".join(value.lower().replace("#", "").replace("-", "").split())
    return _folded(value, _NUMBER_NOISE)
