"""The way out to an order system that is asked to do something; looking up is `desk.order_source.OrderSource`."""

from typing import Protocol

from csdesk.domain.value import dataclass
from csdesk.effects.ports import Failed, Unknown


@dataclass(frozen=True, slots=True)
class AskLine:
    """Units of an order line: its number on the order from 1, and what is to be sent (or is not to be)."""

    line: int
    sku: str
    title: str
    qty: int


@dataclass(frozen=True, slots=True)
class AskRefund:
    """Money that has gone back already, to be booked there and never to be paid; `reference` is the provider's."""

    reference: str
    cause: str
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked (one of `writeback.ASKS`) of which order, for which case; a parcel that has gone already."""

    what: str
    order: str
    case: str
    lines: tuple[AskLine, ...]
    carrier: str = ""
    waybill: str = ""
    refund: AskRefund | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """It is done there, under `reference`; the parcel it sent, where it says so."""

    reference: str
    carrier: str = ""
    waybill: str = ""


class OrderDesk(Protocol):
    """Does for an order what a case asks, once for a key."""

    def ask(self, key: str, request: Request) -> Taken | Failed | Unknown:
        """Do it, once for a key. A Failed that is not `final` left nothing behind and is tried again."""
        ...

    def find(self, key: str) -> Taken | Failed | Unknown | None:
        """What became of a key, without asking for anything; None: the order system never heard of it."""
        ...
