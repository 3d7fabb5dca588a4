"""What a field can be chosen from in a case as it stands, and which fields mean anything there."""

from collections.abc import Callable, Mapping

from csdesk.desk.words import Words
from csdesk.domain.cases.case import Case, Parcel, Refund
from csdesk.domain.cases.clocks import notices
from csdesk.domain.cases.context import Order
from csdesk.domain.cases.courses import COURSES
from csdesk.domain.cases.goods import on_the_way
from csdesk.domain.cases.parcels import losable
from csdesk.domain.cases.persons import GROUNDS
from csdesk.domain.cases.tracks import opened
from csdesk.tui import cells
from csdesk.tui.widgets.choice import Option

# Fields that others follow.
LEADING = ("track_kind", "track", "flag")
# A scan is named by the program that keeps it; nobody types a hash.
_UNTYPED = {("open_track", "scan"), ("open_track", "scan_name")}
# Of which refunds each verb of the second person is.
_REFUNDS = {"approve_refund": "awaiting", "decline_refund": "awaiting", "clear_refund": "in_doubt"}
_OF_AUTHORITY = ("owner", "deadline", "received")


def _back(case: Case) -> tuple[Parcel, ...]:
    return tuple(p for p in case.parcels if p.direction == "back")


# Of which parcels each verb that names one may be.
_OF_PARCELS: Mapping[str, Callable[[Case], tuple[Parcel, ...]]] = {
    "inspect": _back,
    "parcel_lost": losable,
    "came_back": lambda case: on_the_way(case, "home"),
}


def means(field: str, verb: str, case: Case) -> bool:
    """Whether a field means anything in this case: a choice among one is none."""
    if (verb, field) in _UNTYPED:
        return False
    if field == "waybill" and verb == "receive":
        return any(p.direction == "back" and not p.received_at for p in case.parcels)
    if field == "waybill" and verb in _OF_PARCELS:
        return len(_OF_PARCELS[verb](case)) > 1
    if field == "id" and verb in _REFUNDS:
        return len(_refunds(case, verb)) > 1
    if field == "track":
        return len(opened(case)) > 1
    return not (field == "letter" and verb == "answer_notice" and len(notices(case)) < 2)


def shown_beside(field: str, verb: str, entered: Mapping[str, str]) -> bool:
    """Whether a field means anything beside what is entered in the others."""
    if verb != "open_track" or field not in (*_OF_AUTHORITY, "agreement"):
        return True
    return entered.get("track_kind") == ("arbitration" if field == "agreement" else "authority")


def following(field: str, verb: str, case: Case, entered: Mapping[str, str]) -> tuple[str, ...] | None:
    """The codes that a field can take, where they follow from the track or mark that is meant; None elsewhere."""
    if (verb, field) == ("flag_person", "grounds"):
        return GROUNDS.get(entered.get("flag", ""), ())
    if (verb, field) not in (("advance_track", "to_stage"), ("close_track", "outcome")):
        return None
    waits = opened(case)
    wanted = entered.get("track", "")
    track = next((one for one in waits if one.id == wanted or (not wanted and len(waits) == 1)), None)
    if track is None:
        return ()
    course = COURSES[track.kind]
    if field == "outcome":
        return course.outcomes
    return tuple(name for name in course.stage(track.state).to if name != "escalated")


def of_case(
    field: str, verb: str, case: Case, order: Order | None, words: Words, names: Mapping[str, str]
) -> list[Option] | None:
    """The values of a field that is one of a list, as this case has them; None where it is none."""
    if field == "to_agent":
        others = [Option(id_, name) for id_, name in names.items() if id_ != case.assignee]
        return others or None
    if field == "owner":
        agents = [Option(id_, name) for id_, name in names.items()]
        return agents if verb == "hand_track" else [Option("", words("form.nobody")), *agents]
    if field == "waybill" and verb in ("receive", *_OF_PARCELS):
        coming = on_the_way(case, "back") if verb == "receive" else _OF_PARCELS[verb](case)
        every = Option("", words("form.any_parcel"))
        return [every, *(Option(p.waybill, f"{p.carrier} {p.waybill}") for p in coming)]
    if field == "id" and verb in _REFUNDS:
        return _refund_options(case, verb, words)
    if field == "track":
        return [
            Option(one.id, f"{words.code('track', one.kind)} {cells.safe(one.party)}") for one in opened(case)
        ]
    if field == "letter" and verb == "answer_notice":
        return [Option(clock.ref, cells.safe(clock.ref)) for clock in notices(case)]
    if field == "payment" and order is not None:
        return [
            Option(
                str(one.number),
                f"{words.code('method', one.method)} {words.money(one.captured, order.currency)}",
            )
            for one in order.payments
        ]
    return None


def _refunds(case: Case, verb: str) -> list[Refund]:
    return [refund for refund in case.refunds if refund.state == _REFUNDS[verb]]


def _refund_options(case: Case, verb: str, words: Words) -> list[Option]:
    found = _refunds(case, verb)
    told = [
        Option(refund.id, f"{words.code('cause', refund.cause)} {words.money(refund.minor, case.currency)}")
        for refund in found
    ]
    return [Option("", words("form.all_refunds", n=len(found))), *told]
