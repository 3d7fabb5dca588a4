"""Which case an answer belongs to: a signed token in the address and in the Message-ID of what we sent.

A token is the id of our message (whose first 48 bits are its time) and an HMAC-SHA256, cut to 80 bits, over desk,
case, message and recipient, under a key derived from the desk's index key, which never rotates. 42 signs of base32
fit a local part (RFC 5321: 64) and survive programs that fold case. It proves a thread only for the address it was
sent to, and for half a year: who stole it, or writes from elsewhere, has made a claim.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable

from csdesk.domain.ids import uuid7_ms
from csdesk.domain.value import dataclass
from csdesk.store.crypto import normal_email

LIFE_MS = 180 * 86_400_000
_MAC_BYTES = 10
_SIGNS = 42
_TOKEN = re.compile(rf"(?<![a-z2-7])([a-z2-7]{{{_SIGNS}}})(?![a-z2-7])")
# A mail that names more of our messages than a thread has is not answering.
MOST_TOKENS = 50


@dataclass(frozen=True, slots=True)
class Claim:
    """A message of ours that a mail names: its case ("" for none we know), and what the token proves.

    `stands`: `proven`, `other_sender` (a good token that was sent to somebody else, or not ours at all), `expired`.
    """

    message: str
    case: str
    stands: str


def token_key(text_key: bytes) -> bytes:
    """The key of a desk's tokens, from its key of look-up hashes (`People.text_key`)."""
    return hashlib.blake2b(key=text_key, digest_size=32, person=b"csdesk mail tok").digest()


class Threads:
    """Makes and checks the tokens of one desk; `case_of` gives the case of one of our messages, "" for none."""

    def __init__(self, key: bytes, desk: str, case_of: Callable[[str], str]) -> None:
        self._key = key
        self._desk = desk
        self.case_of = case_of

    def token(self, case: str, message: str, recipient: str) -> str:
        """The token of one of our messages; the same for every try to send it."""
        body = bytes.fromhex(message) + self._mac(case, message, recipient)
        return base64.b32encode(body).decode().rstrip("=").lower()

    def root(self, case: str) -> str:
        """The left side of an id that all our mails of a case refer to, so that mail programs show one thread."""
        return hmac.new(self._key, f"{self._desk}\x1f{case}".encode(), hashlib.sha256).hexdigest()[:24]

    def claims(self, said: Iterable[str], senders: Iterable[str], now: int) -> tuple[Claim, ...]:
        """What the tokens in these headers come to, for a mail from (any one of) `senders`; each message once."""
        found: dict[str, Claim] = {}
        who = tuple(senders)
        for text in said:
            for token in _TOKEN.findall(text.lower()):
                if len(found) >= MOST_TOKENS:
                    return tuple(found.values())
                claim = self._claim(token, who, now)
                if claim is not None and (claim.message not in found or claim.stands == "proven"):
                    found[claim.message] = claim
        return tuple(found.values())

    def _claim(self, token: str, senders: tuple[str, ...], now: int) -> Claim | None:
        try:
            body = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
            message = body[:16].hex()
            made = uuid7_ms(message)
        except (ValueError, binascii.Error):
            return None
        case = self.case_of(message)
        macs = (self._mac(case, message, sender) for sender in senders if sender)
        if not case or not any(hmac.compare_digest(body[16:], mac) for mac in macs):
            return Claim(message, case, "other_sender")
        return Claim(message, case, "proven" if made <= now <= made + LIFE_MS else "expired")

    def _mac(self, case: str, message: str, recipient: str) -> bytes:
        told = "\x1f".join((self._desk, case, message, normal_email(recipient)))
        return hmac.new(self._key, told.encode(), hashlib.sha256).digest()[:_MAC_BYTES]
