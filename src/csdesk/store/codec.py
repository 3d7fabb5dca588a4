"""Events as bytes: JSON made by msgspec, personal fields apart, old versions lifted by upcasters."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec

from csdesk.domain.cases import kinds as kinds  # noqa: PLC0414 - every room enters its events in EVENTS
from csdesk.domain.cases.events import EVENTS, Event

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

# (type, version) → the fields as the next version has them. Pure; the stored bytes never change.
UPCASTERS: dict[tuple[str, int], Upcaster] = {}

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


class UnknownEvent(Exception):
    """An event of a type or version this program does not know: its case can be read, never changed."""


@cache
def _names(type_: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    cls = EVENTS[type_]
    every = tuple(f.name for f in fields(cls))
    return tuple(n for n in every if n not in cls.sealed), cls.sealed


@cache
def _open_fields(type_: str) -> Callable[[Event], dict[str, Any]]:
    """What reads the open fields of an event of this type."""
    plain, _ = _names(type_)
    if len(plain) < 2:
        return lambda event: {name: getattr(event, name) for name in plain}
    read = attrgetter(*plain)
    return lambda event: dict(zip(plain, read(event), strict=True))


def encode(event: Event) -> tuple[bytes, bytes]:
    """The open fields and the personal fields of an event as JSON; the second is empty when there are none to hide."""
    _, personal = _names(event.type)
    hidden = {name: value for name in personal if (value := getattr(event, name))}
    return _ENCODE(_open_fields(event.type)(event)), _ENCODE(hidden) if hidden else b""


def known(type_: str, v: int) -> bool:
    """Whether this program can fold an event of this type and version."""
    return type_ in EVENTS and v <= EVENTS[type_].v


def decode(type_: str, v: int, payload: bytes, hidden: bytes = b"") -> Event:
    """The event; personal fields are empty when `hidden` is (sealed to this reader, or shredded)."""
    if not known(type_, v):
        raise UnknownEvent(f"{type_} version {v}")
    cls = EVENTS[type_]
    data: dict[str, Any] = msgspec.json.decode(payload)
    if hidden:
        data |= msgspec.json.decode(hidden)
    while v < cls.v:
        data = UPCASTERS[type_, v](data)
        v += 1
    for name in cls.sealed:
        data.setdefault(name, "")
    return msgspec.convert(data, cls)
