"""A message as JSON: every field checked by name and type, and what a message must have before anything is done."""

import base64
import difflib
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

import msgspec

from csdesk.desk.inbound import (
    MARKS,
    PLATFORM_STATE,
    PLATFORM_UNKNOWN,
    REMOVED,
    Attached,
    Inbound,
    Nature,
    Sender,
)
from csdesk.desk.platforms import meaning
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.evidence import UNKEPT
from csdesk.domain.cases.opening import CHANNELS
from csdesk.domain.text import MARK, clean, clean_line, file_name
from csdesk.domain.value import replace

log = logging.getLogger(__name__)

# As much as anybody writes; a longer one is no message but a file.
MOST_TEXT = 100_000
MOST_LINE = 500
MOST_SOURCE = 60
MOST_FILES = 50
# A message as it came, in bytes: its text in the longest spelling that JSON has, with room for the rest.
MOST_RAW = 1_048_576
# 1990 to 2100: behind it seconds were taken for milliseconds.
EARLIEST, LATEST = 631_152_000_000, 4_102_444_800_000

# Fields that systems like to give as numbers.
_NUMBERED = frozenset({"id", "order", "thread", "phone", "external", "platform_type", "platform_state"})
# Base64 for addresses, and with line breaks.
_BASE64 = str.maketrans("-_", "+/", "\r\n\t ")
# The parser names a place, never what stands there: "… (byte 17)".
_BYTE = re.compile(r"\(byte (\d+)\)")
_KNOWN = tuple(field.name for field in fields(Inbound))


def parse(raw: bytes, source: str, zone: tzinfo, most: int = MOST_RAW) -> Inbound:
    """The message of one JSON object; `source` and `zone` stand in where it names none. Refused names the field.

    `most`: how many bytes it may have with the files in it.
    """
    if len(raw) > most:
        raise Refused("message_too_long", most=most, bytes=len(raw))
    try:
        told = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
        raise Refused("not_json", place=_place(raw, exc)) from None
    return understood(told, source, zone)


def _place(raw: bytes, exc: Exception) -> int:
    """Where it stops being JSON, in bytes from 1; the parser's own words are English, and its place is enough."""
    found = _BYTE.search(str(exc))
    if found:
        return int(found[1]) + 1
    return exc.start + 1 if isinstance(exc, UnicodeDecodeError) else max(len(raw), 1)


def understood(told: object, source: str, zone: tzinfo) -> Inbound:
    """The message of a decoded document; Refused as `parse`."""
    said = _object(told, _KNOWN, "")
    for name in ("id", "channel"):
        if not said.get(name):
            raise Refused("message_lacks", name=name)
    if not (said.get("source") or source):
        raise Refused("message_lacks", name="source")
    nature = _text(said, "nature") or Nature.WORDS.value
    if nature not in set(Nature):
        raise Refused("bad_choice", field="nature", value=nature[:80], allowed=tuple(Nature))
    return Inbound(
        source=_text(said, "source") or source,
        id=_text(said, "id"),
        channel=_text(said, "channel"),
        sender=_sender(said.get("sender", {})),
        text=_text(said, "text"),
        subject=_text(said, "subject"),
        at=_moment(said.get("at", 0), zone),
        nature=Nature(nature),
        thread=_text(said, "thread"),
        reply_to=tuple(_listed(said, "reply_to", str)),
        order=_text(said, "order"),
        kind=_text(said, "kind"),
        reason=_text(said, "reason"),
        language=_text(said, "language"),
        attached=tuple(_attached(one) for one in _listed(said, "attached", dict)),
        marked=tuple(_listed(said, "marked", str)),
        platform=_text(said, "platform"),
        platform_type=_text(said, "platform_type"),
        platform_state=_text(said, "platform_state"),
    )


def document(inbound: Inbound) -> dict[str, Any]:
    """A message as `understood` reads it back; what is empty is left out."""
    bare = tuple(replace(file, content=None) for file in inbound.attached)
    told: dict[str, Any] = msgspec.to_builtins(replace(inbound, attached=bare))
    told["attached"] = [{name: value for name, value in one.items() if value} for one in told["attached"]]
    told["marked"] = told["marked"][:MOST_FILES]
    told["sender"] = {name: value for name, value in told["sender"].items() if value}
    return {name: value for name, value in told.items() if value}


def _object(told: object, known: tuple[str, ...], place: str) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        if not place:
            raise Refused("not_object")
        raise Refused("message_shape", name=place.rstrip("."), expects="object")
    for name in told:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1, 0.5)
            shown = clean_line(str(name), limit=60).text
            raise Refused("message_field", name=place + shown, near=place + near[0] if near else "–")
    return told


def _text(said: Mapping[str, Any], name: str, place: str = "") -> str:
    value = said.get(name, "")
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and name in _NUMBERED:
        return str(value)
    if not isinstance(value, str):
        raise Refused("message_shape", name=place + name, expects="text")
    return value


def _listed(said: Mapping[str, Any], name: str, kind: type) -> list[Any]:
    value = said.get(name) or []
    if not isinstance(value, list) or len(value) > MOST_FILES or any(type(one) is not kind for one in value):
        raise Refused("message_shape", name=name, expects="list")
    return value


def _sender(told: object) -> Sender:
    known = tuple(field.name for field in fields(Sender))
    said = _object(told, known, "sender.")
    proven = said.get("proven", False)
    if not isinstance(proven, bool):
        raise Refused("message_shape", name="sender.proven", expects="flag")
    texts = {name: _text(said, name, "sender.") for name in known if name != "proven"}
    return Sender(**texts, proven=proven)


def _attached(told: object) -> Attached:
    said = _object(told, ("name", "media", "size", "sha256", "content", "beside", "why"), "attached.")
    size = said.get("size", 0)
    if type(size) is not int or size < 0:
        raise Refused("message_shape", name="attached.size", expects="number")
    texts = {name: _text(said, name, "attached.") for name in ("name", "media", "sha256", "beside", "why")}
    if texts["why"] and texts["why"] not in UNKEPT:
        raise Refused("bad_choice", field="attached.why", value=texts["why"][:80], allowed=UNKEPT)
    coded = _text(said, "content", "attached.")
    texts["name"] = texts["name"] or texts["beside"]
    return Attached(size=size, content=partial(_decoded, coded) if coded else None, **texts)


def _decoded(coded: str) -> Iterator[bytes]:
    """The bytes of Base64 (RFC 4648), in either alphabet, piece by piece; Refused `evidence_garbled`."""
    signs = 4 * 65_536
    plain = coded.translate(_BASE64)
    for at in range(0, len(plain), signs):
        piece, last = plain[at : at + signs], at + signs >= len(plain)
        try:
            yield base64.b64decode(piece + "=" * (-len(piece) % 4 if last else 0), validate=True)
        except ValueError:
            raise Refused("evidence_garbled") from None


def _moment(told: object, zone: tzinfo) -> int:
    """UTC ms of a number of ms, or of an ISO 8601 time (in `zone` where it names none); 0 for nothing."""
    if told in (0, "", None) and not isinstance(told, bool):
        return 0
    at = told if type(told) is int else 0
    if isinstance(told, str):
        try:
            said = datetime.fromisoformat(told)
        except ValueError:
            raise Refused("message_shape", name="at", expects="moment") from None
        at = int((said if said.tzinfo else said.replace(tzinfo=zone)).timestamp() * 1000)
    if not EARLIEST <= at <= LATEST:
        raise Refused("message_shape", name="at", expects="moment")
    return at


def checked(inbound: Inbound) -> Inbound:
    """The message with every text past the gate, whoever made it. Refused says what cannot be taken, and why."""
    for name, most in (("source", MOST_SOURCE), ("id", MOST_LINE)):
        said = getattr(inbound, name)
        if not said.strip():
            raise Refused("message_lacks", name=name)
        # It is compared sign by sign, for ever: what the gate would change must be mended where it is made.
        if len(said) > most or clean_line(said, limit=most).text != said:
            raise Refused("message_name", name=name, most=most)
    if inbound.channel not in CHANNELS:
        raise Refused("unknown_channel", channel=clean_line(inbound.channel, limit=40).text, allowed=CHANNELS)
    if len(inbound.text) > MOST_TEXT:
        raise Refused("text_too_long", most=MOST_TEXT)
    sender = inbound.sender
    lines = {name: _line(getattr(sender, name)) for name in ("name", "email", "phone", "external")}
    said = clean(inbound.text, limit=MOST_TEXT + 1)
    inbound = replace(
        inbound,
        sender=Sender(**lines, proven=sender.proven),
        text=said.text.strip(),
        subject=_line(inbound.subject),
        order=_line(inbound.order),
        kind=_line(inbound.kind),
        reason=_line(inbound.reason),
        language=_line(inbound.language),
        attached=tuple(_clean_file(one) for one in inbound.attached[:MOST_FILES]),
        marked=_marks(inbound.marked, removed=bool(said.removed)),
        platform=_line(inbound.platform),
        platform_type=_line(inbound.platform_type),
        platform_state=_line(inbound.platform_state),
    )
    inbound = _translated(inbound) if inbound.platform else inbound
    if not inbound.text.replace(MARK, "").strip() and not inbound.attached and inbound.nature is Nature.WORDS:
        raise Refused("empty_text")
    return inbound


def _translated(inbound: Inbound) -> Inbound:
    """With the kind that the platform's type stands for, unless one is named, and its codes told beside the message."""
    told = meaning(inbound.platform, inbound.platform_type, inbound.platform_state)
    said = " ".join(
        part for part in (told.platform, inbound.platform_type, inbound.platform_state, told.words) if part
    )
    if not told.known:
        log.warning("data/platforms.toml does not know %s", said)
    kind = inbound.kind or (told.kind.value if told.kind else "")
    mark = f"{PLATFORM_STATE if told.known else PLATFORM_UNKNOWN}:{said}"
    return replace(inbound, kind=kind, marked=(*inbound.marked, _line(mark)))


def _marks(marked: tuple[str, ...], *, removed: bool) -> tuple[str, ...]:
    """The marks, each once, names of files past the gate; with one for what this gate removed."""
    found = dict.fromkeys((*marked, *((REMOVED,) if removed else ())))
    for mark in found:
        if (code := mark.partition(":")[0]) not in MARKS:
            raise Refused("bad_choice", field="marked", value=clean_line(code, limit=80).text, allowed=MARKS)
    return tuple(_line(mark) for mark in found)[:MOST_FILES]


def _line(said: str) -> str:
    return clean_line(said, limit=MOST_LINE).text


def _clean_file(file: Attached) -> Attached:
    return replace(
        file,
        name=file_name(file.name),
        media=clean_line(file.media, limit=80).text,
        sha256=_line(file.sha256),
        beside=_line(file.beside),
    )
