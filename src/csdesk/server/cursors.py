"""Places in a list as clients carry them: opaque, and signed with a key of the desk, so that none is made up."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

import msgspec

from csdesk.desk.core import Core
from csdesk.server.problems import Problem
from csdesk.store.feed import Place

# 128 bits of the signature: nobody tries 2^127 requests, and an address stays short.
_MAC_BYTES = 16
_LONGEST = 200


def written(core: Core, list_: str, place: Place) -> str:
    """The cursor of a place in a list: it serves on this desk, for this list and this person alone."""
    told = msgspec.json.encode((place.due, place.id))
    return urlsafe_b64encode(_mac(core, list_, told) + told).decode().rstrip("=")


def read(core: Core, list_: str, cursor: str) -> Place:
    """The place of a cursor; Problem `bad_cursor` for one that this desk did not write, or not for this."""
    try:
        if len(cursor) > _LONGEST or not cursor.isascii():
            raise ValueError
        told = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (ValueError, Error):
        raise Problem(400, "bad_cursor") from None
    mac, told = told[:_MAC_BYTES], told[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(core, list_, told)):
        raise Problem(400, "bad_cursor")
    due, id_ = msgspec.json.decode(told, type=tuple[int, str])
    return Place(due, id_)


def _mac(core: Core, list_: str, told: bytes) -> bytes:
    """The key is the desk's own, so that every server of the desk knows it and no other desk's does."""
    about = f"cursor\x1f{core.desk}\x1f{core.me.id}\x1f{list_}\x1f".encode(errors="replace")
    return hmac.new(core.store.people.text_key(), about + told, hashlib.sha256).digest()[:_MAC_BYTES]
