"""How a local desk answers questions about parcels and couriers."""

import re

from csdesk.desk import parcel_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.trails import of_parcel
from csdesk.domain.carriers import MOST_WAYBILL, normal_waybill
from csdesk.domain.cases.context import Refused
from csdesk.domain.clocks.days import end_of_day_ms, local_day, midnight_ms
from csdesk.domain.clocks.said import said_day
from csdesk.domain.mask import mask_address, mask_name, mask_text
from csdesk.domain.text import clean_line
from csdesk.domain.tracking import HANDED, Courier, Event
from csdesk.store import tracking

MOST_ROWS = 500
MOST_ID = 40


def _candidates(core: Core, waybill: str, carrier: str) -> tuple[q.Candidate, ...]:
    """Who may carry it: whom a file named, else everybody whose numbers look so."""
    named = core.carriers.named(carrier) if carrier else None
    found = (named,) if named else core.carriers.candidates(waybill)
    return tuple(q.Candidate(c.code, c.name, c.phone) for c in found)


@answers(q.ShowParcel)
def show_parcel(core: Core, ask: q.ShowParcel) -> q.ParcelView:
    waybill = normal_waybill(ask.waybill)
    conn, desk = core.store.conn, core.desk
    known = tracking.known(conn, desk, waybill)
    events = tracking.opened(core.store, waybill)
    if not known and not events:
        raise Refused("no_such_parcel", waybill=ask.waybill[:MOST_WAYBILL])
    carrier = next((parcel.carrier for parcel in known if parcel.carrier), "")
    code = core.carriers.code(carrier, waybill)
    people = tracking.couriers(conn, desk, code, (event.courier for event in events))
    return q.ParcelView(
        waybill,
        _candidates(core, waybill, carrier),
        tuple(of_parcel(core, parcel) for parcel in known if parcel.direction),
        tuple(_scan(event, people.get(event.courier)) for event in events),
    )


def _scan(event: Event, courier: Courier | None) -> q.ScanView:
    doubt = courier.doubt(event.at) if courier and event.scan in HANDED else ""
    place = mask_address(event.place) if event.place else ""
    return q.ScanView(event.at, event.scan.value, place, _masked(event.text), event.courier, doubt)


# Whoever holds the code of a locker can take what lies in it.
_CODE = re.compile(r"(取[件货]码\D{0,3})([0-9A-Za-z][0-9A-Za-z-]{2,})")
# 快递员王大力（…: a name stands between the word and a sign, a telephone or what the person does.
_COURIER = re.compile(
    r"((?:快递员|派件员|派送员|投递员|配送员|业务员|收派员)[\s:：【\[]*)"
    r"(?!正在|已|将|会|电话)([\u4e00-\u9fff]{2,4}?)(?=[\s（(【\[\]】,，:：。]|电话|手机|正在|已|将|$)"
)


def _masked(text: str) -> str:
    """A line of a carrier's page without numbers of people, names of couriers and codes of lockers."""
    plain = _CODE.sub(lambda found: found[1] + "*" * len(found[2]), mask_text(text))
    return _COURIER.sub(lambda found: found[1] + mask_name(found[2]), plain)


@answers(q.UnknownParcels)
def unknown_parcels(core: Core, ask: q.UnknownParcels) -> list[q.UnknownParcel]:
    found = tracking.unknown(core.store.conn, core.desk, max(1, min(ask.limit, MOST_ROWS)))
    return [
        q.UnknownParcel(waybill, _candidates(core, waybill, carrier), at, scans)
        for waybill, carrier, at, scans in found
    ]


@answers(q.Couriers)
def couriers(core: Core, ask: q.Couriers) -> list[q.CourierView]:
    code = core.carriers.code(ask.carrier) if ask.carrier.strip() else ""
    limit = max(1, min(ask.limit, MOST_ROWS))
    found = tracking.all_couriers(core.store.conn, core.desk, code, limit)
    return [_courier(core, carrier, courier) for carrier, courier in found]


def _courier(core: Core, carrier: str, courier: Courier) -> q.CourierView:
    return q.CourierView(
        carrier,
        courier.id,
        courier.verified,
        courier.checked_at,
        courier.expires_at,
        courier.doubt(core.now()),
    )


@answers(q.SetCourier)
def set_courier(core: Core, ask: q.SetCourier) -> q.CourierView:
    id_, carrier = clean_line(ask.courier).text.strip(), core.carriers.code(clean_line(ask.carrier).text)
    if not 1 <= len(id_) <= MOST_ID or not carrier:
        raise Refused("bad_courier", field="courier" if carrier else "carrier", most=MOST_ID)
    checked = _day(core, ask.checked, "checked")
    expires = _day(core, ask.expires, "expires")
    if ask.verified and not checked:
        checked = midnight_ms(local_day(core.now(), core.zone), core.zone)
    if checked > core.now() or (expires and expires <= checked):
        raise Refused("bad_courier_days", field="expires" if checked <= core.now() else "checked")
    courier = Courier(id_, ask.verified, checked, expires)
    tracking.put_couriers(core.store.conn, core.desk, [(carrier, courier)])
    return _courier(core, carrier, courier)


def _day(core: Core, said: str, name: str) -> int:
    """The start of a day, for `expires` its end; 0 for nothing said."""
    if not said.strip():
        return 0
    day = said_day(said, local_day(core.now(), core.zone))
    if day is None:
        raise Refused("bad_day", said=said[:MOST_ID], field=name)
    return end_of_day_ms(day, core.zone) if name == "expires" else midnight_ms(day, core.zone)
