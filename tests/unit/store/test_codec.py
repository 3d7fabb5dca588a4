"""Events and snapshots as bytes: they come back as they were; old versions are lifted, never rewritten."""

from dataclasses import fields
from typing import ClassVar, get_type_hints

import pytest

from csdesk.domain.cases.arriving import Alike
from csdesk.domain.cases.case import (
    Case,
    CaseLine,
    Clock,
    Fact,
    Kind,
    Message,
    Parcel,
    Phase,
    Refund,
    RefundPart,
    Track,
)
from csdesk.domain.cases.case import LineQty as Units
from csdesk.domain.cases.causes import Cause, Criteria
from csdesk.domain.cases.events import EVENTS, Event, Graded, Moved, Noted, Opened
from csdesk.domain.cases.rulings import Ruling, Stance
from csdesk.domain.clocks.calendar import CalendarUnconfirmed
from csdesk.domain.clocks.clock import Pause
from csdesk.domain.clocks.span import Span
from csdesk.domain.value import dataclass
from csdesk.store import folds
from csdesk.store.codec import UPCASTERS, UnknownEvent, decode, encode, known
from csdesk.store.folds import decode_case, encode_case

LINE = CaseLine(1, "EAR-2", "蓝牙耳机", 2, 39_800, 2, approved=2, received=1, restock=1, exchange_sku="EAR-3")
REFUND = Refund("r1", 19_900, (RefundPart(1, "微信", 19_900),), (Units(1, 1),), (19_900,), "proposed", 9)
CLOCK = Clock(
    "review",
    "policy",
    1,
    2,
    ("处罚办法 §9",),
    Span(7, "workdays", "next_working_day"),
    ("customer",),
    (Pause(1, None, "customer"),),
    (CalendarUnconfirmed(2027),),
)
RULING = Ruling(
    1,
    "eligible",
    "ok",
    "statute",
    ("消法 25(1)",),
    {"intact": True, "n": 2, "at": None},
    "CN 1",
    "2026-11-02",
)
CASE = Case("main", "c1", "7K3M9QX4", Kind.RETURN, "submitted", Phase.OURS, 1, 9, "li", "p1", "phone", "size")
# A value of every type that a field of an event has.
VALUES: dict[object, object] = {
    str: "换货",
    int: 7,
    Kind: Kind.RETURN,
    Phase: Phase.WAITING,
    Refund: REFUND,
    tuple[CaseLine, ...]: (LINE,),
    tuple[Units, ...]: (Units(1, 2), Units(3, 1)),
    tuple[Clock, ...]: (CLOCK,),
    tuple[Graded, ...]: (Graded(1, 1, "restock"),),
    tuple[str, ...]: ("破损", "待查"),
    tuple[tuple[int, str], ...]: ((1, "EAR-3"),),
    tuple[Fact, ...]: (Fact(0, "intact", True), Fact(1, "defect", "有杂音")),
    tuple[Ruling, ...]: (RULING,),
    Stance: Stance.GRANTS,
    Case: CASE,
    Track: Track("1", "authority", "open", 9, party="12315", ref="T-1", owner="li"),
    tuple[Alike, ...]: (Alike("RT-7K3M-9QX4", ("order", "words")),),
    bool: True,
    Cause: Cause("申通停运", Criteria(("complaint",), carrier="STO", since=5)),
}


def sample(cls: type[Event]) -> Event:
    """An event with every field set."""
    hints = get_type_hints(cls)
    return cls(**{field.name: VALUES[hints[field.name]] for field in fields(cls)})


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_comes_back_as_it_was(name: str):
    event = sample(EVENTS[name])
    payload, hidden = encode(event)
    assert decode(name, event.v, payload, hidden) == event


@pytest.mark.parametrize("name", [name for name, cls in EVENTS.items() if cls.sealed])
def test_personal_text_is_in_the_hidden_part_only(name: str):
    event = sample(EVENTS[name])
    payload, hidden = encode(event)
    for field in event.sealed:
        assert field.encode() not in payload
        assert field.encode() in hidden
    without = decode(name, event.v, payload)
    assert [getattr(without, field) for field in event.sealed] == [""] * len(event.sealed)


def test_an_event_without_personal_text_has_nothing_to_seal():
    assert encode(Moved("take", "reviewing", Phase.OURS))[1] == b""


def test_the_same_event_gives_the_same_bytes():
    assert encode(sample(Opened)) == encode(sample(Opened))


def test_an_event_that_only_a_later_csdesk_knows_is_refused_by_name():
    assert not known("teleported", 1)
    assert not known("noted", Noted.v + 1)
    with pytest.raises(UnknownEvent, match="teleported version 1"):
        decode("teleported", 1, b"{}")
    with pytest.raises(UnknownEvent, match=f"noted version {Noted.v + 1}"):
        decode("noted", Noted.v + 1, b"{}")


def test_old_versions_are_lifted_step_by_step_and_their_bytes_stay(monkeypatch: pytest.MonkeyPatch):
    @dataclass(frozen=True, slots=True)
    class Weighed(Event):
        type: ClassVar[str] = "weighed"
        v: ClassVar[int] = 3
        sealed: ClassVar[tuple[str, ...]] = ("said",)
        grams: int
        by: str
        said: str

    monkeypatch.setitem(EVENTS, "weighed", Weighed)
    monkeypatch.setitem(UPCASTERS, ("weighed", 1), lambda data: {"grams": data.pop("kilos") * 1000, **data})
    monkeypatch.setitem(UPCASTERS, ("weighed", 2), lambda data: {**data, "by": "scale"})
    assert decode("weighed", 1, b'{"kilos":2}', '{"said":"重"}'.encode()) == Weighed(2000, "scale", "重")
    assert decode("weighed", 2, b'{"grams":5}') == Weighed(5, "scale", "")
    assert decode("weighed", 3, b'{"grams":5,"by":"hand"}') == Weighed(5, "hand", "")


def test_every_version_that_was_ever_written_can_be_lifted():
    missing = [
        (name, v) for name, cls in EVENTS.items() for v in range(1, cls.v) if (name, v) not in UPCASTERS
    ]
    assert missing == []


def test_a_snapshot_comes_back_as_it_was():
    case = Case(
        "main", "c1", "7K3M9QX4", Kind.RETURN, "refunding", Phase.WAITING, 9, 1, "wang", "p1", "app", "size",
        order="o1", order_number="W2611", merchant="m1", lines=(LINE,), refunds=(REFUND,), clocks=(CLOCK,),
        parcels=(Parcel("x", "back", "顺丰", "SF1234567890", (Units(1, 1),), 5, 6),),
        messages=(Message("m1", "out", "phone", "held", 3, "wang", 13),), links=(("duplicate", "c2"),),
        tags=("破损",), counters={"failed_repairs": 1}, assignee="wang", priority=2, escalation=1,
        outcome="approved", return_address=True, snoozed_until=4, decided_at=5, changed_at=6,
    )  # fmt: skip
    assert decode_case(encode_case(case)) == case
    assert folds.encode_case(decode_case(encode_case(case))) == encode_case(case)
