"""The ways out to carriers: asked for labels and pick-ups, and asked where parcels are."""

from collections.abc import Sequence
from typing import Any, Protocol

from csdesk.domain.value import dataclass
from csdesk.effects.orders.port import AskLine
from csdesk.effects.ports import Failed, Unknown


@dataclass(frozen=True, slots=True)
class Sender:
    """Who hands the goods over, in clear: the customer, where the carrier is to come or what a label says."""

    name: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """What is asked (one of `carriage_events.ASKS`) for which case; `to` is the merchant's return address.

    `start` and `until` (UTC ms) of a pick-up. `of`, `waybill` and `reference` name what it is about: the label that is
    collected, or what is to be cancelled, `of` by the key under which that was asked for.
    """

    what: str
    case: str
    order: str
    lines: tuple[AskLine, ...]
    carrier: str
    payer: str
    to: str
    sender: Sender | None = None
    start: int = 0
    until: int = 0
    of: str = ""
    waybill: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """It is done there, under `reference`; a label by where it lies, an agreed slot in UTC ms (0: as asked)."""

    reference: str
    carrier: str = ""
    waybill: str = ""
    label: str = ""
    start: int = 0
    until: int = 0


class CarrierDesk(Protocol):
    """Makes labels and collects parcels, once for a key."""

    def ask(self, key: str, booking: Booking) -> Taken | Failed | Unknown:
        """Do it, once for a key. A Failed that is not `final` left nothing behind and is tried again."""
        ...

    def find(self, key: str) -> Taken | Failed | Unknown | None:
        """What became of a key, without asking for anything; None: the carrier never heard of it."""
        ...


@dataclass(frozen=True, slots=True)
class Awaited:
    """A parcel that is asked after."""

    carrier: str
    waybill: str


@dataclass(frozen=True, slots=True)
class Tracked:
    """What was told of parcels: a JSON document whose records the desk's maps find."""

    document: Any


class Tracks(Protocol):
    """Knows where parcels are."""

    def track(self, parcels: Sequence[Awaited]) -> Tracked | Failed:
        """The scans of these parcels; Failed says why there is no answer."""
        ...
