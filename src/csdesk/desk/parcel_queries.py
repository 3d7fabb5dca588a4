"""What can be asked of a desk about parcels and who carries them; times UTC ms, places and texts masked."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.domain.way import Stop


@dataclass(frozen=True, slots=True)
class Trail:
    """A parcel of an order or a case as it stands now: `scan` is its last code, `findings` what is wrong with it.

    `case` is its case's number, "" for a parcel of the order alone. `signed_at`: since when it counts as delivered.
    `consent`: what its receiver is recorded to have agreed to, of locker, station, other, any. `stops`: the stations it
    has reached, in order.
    """

    waybill: str
    carrier: str
    direction: str
    order: str
    case: str
    lines: tuple[int, ...]
    sent_at: int
    scan: str
    since: int
    signed_at: int
    findings: tuple[str, ...]
    consent: str = ""
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanView:
    """One scan: who carried it is told by what is known of that person, never by name."""

    at: int
    scan: str
    place: str
    text: str
    courier: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A carrier whose waybills look so; `phone` is its number for the public."""

    code: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class ParcelView:
    """Everything known of a waybill: whose it is (nobody's yet: no `parcels`), its scans in order, who may carry it."""

    waybill: str
    carriers: tuple[Candidate, ...]
    parcels: tuple[Trail, ...]
    scans: tuple[ScanView, ...]


@dataclass(frozen=True, slots=True)
class ShowParcel(Ask[ParcelView]):
    """A parcel by its waybill: its trail, what is wrong with it, which order and case it belongs to."""

    name: ClassVar[str] = "show_parcel"
    room: ClassVar[str] = "parcel_answers"
    waybill: str


@dataclass(frozen=True, slots=True)
class UnknownParcel:
    """A waybill that scans have told of and no order or case names."""

    waybill: str
    carriers: tuple[Candidate, ...]
    first_at: int
    scans: int


@dataclass(frozen=True, slots=True)
class UnknownParcels(Ask[list[UnknownParcel]]):
    """Waybills with scans that no order or case names yet, the latest first."""

    name: ClassVar[str] = "unknown_parcels"
    room: ClassVar[str] = "parcel_answers"
    limit: int = 50


@dataclass(frozen=True, slots=True)
class CourierView:
    """Who carries for a carrier: identity checked or not, when, and until when that holds; `doubt` as of now."""

    carrier: str
    id: str
    verified: bool
    checked_at: int
    expires_at: int
    doubt: str


@dataclass(frozen=True, slots=True)
class Couriers(Ask[list[CourierView]]):
    """The couriers whose identity status this desk knows, of a carrier or of all."""

    name: ClassVar[str] = "couriers"
    room: ClassVar[str] = "parcel_answers"
    carrier: str = ""
    limit: int = 200


@dataclass(frozen=True, slots=True)
class SetCourier(Ask[CourierView]):
    """Keep a courier's identity status, under the carrier's number of that person; days are of the desk's zone.

    `checked` and `expires` are days (2026-11-02); without `checked` a verified one was checked today. The check holds
    through the day of `expires`.
    """

    name: ClassVar[str] = "set_courier"
    room: ClassVar[str] = "parcel_answers"
    right: ClassVar[Right] = Right.LOAD
    writes: ClassVar[bool] = True
    carrier: str
    courier: str
    verified: bool = True
    checked: str = ""
    expires: str = ""
