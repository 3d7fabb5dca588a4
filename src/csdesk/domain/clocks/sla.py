"""Desk targets: first response, next response and resolution, in business hours."""

from collections.abc import Iterator
from typing import Literal

from csdesk.domain.clocks.clock import Clock, Pause, merged
from csdesk.domain.clocks.hours import BusinessTime
from csdesk.domain.clocks.span import Span
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """Targets in business minutes (None: no such clock). `pauses_on` are what pauses the resolution.

    The response clocks never pause: whoever the case waits for, the customer still hears from the desk.
    """

    first_response: int | None = None
    next_response: int | None = None
    resolution: int | None = None
    pauses_on: tuple[str, ...] = ()
    basis: Literal["policy", "promise"] = "policy"
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A message or call between customer and desk; automatic receipts are not contacts."""

    at_ms: int
    by: Literal["customer", "agent"]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the clocks are computed from. The resolution counts from `taken_up_ms`, else from `opened_ms`.

    A reopened case has a pause for its rest, or is taken up anew, and no `resolved_ms`.
    """

    opened_ms: int
    contacts: tuple[Contact, ...] = ()
    pauses: tuple[Pause, ...] = ()
    resolved_ms: int | None = None
    taken_up_ms: int | None = None


def sla_clocks(policy: SlaPolicy, timeline: Timeline, time: BusinessTime) -> tuple[Clock, ...]:
    """Every clock of the policy, computed anew from the whole timeline: a changed policy loses no pause.

    One `first_response`, a `next_response` for each time the customer waited after that, one `resolution`; none
    for a target that ten years of the desk's hours do not hold.
    """
    ended = timeline.resolved_ms
    contacts = sorted(
        (c for c in timeline.contacts if ended is None or c.at_ms <= ended), key=lambda c: c.at_ms
    )
    answered = next((c.at_ms for c in contacts if c.by == "agent"), ended)
    start = timeline.opened_ms if timeline.taken_up_ms is None else timeline.taken_up_ms
    pauses = merged(pause for pause in timeline.pauses if pause.reason in policy.pauses_on)
    found = [
        _clock("first_response", policy, policy.first_response, timeline.opened_ms, answered, time),
        *(
            _clock("next_response", policy, policy.next_response, asked, ended if at is None else at, time)
            for asked, at in _waits(contacts)
        ),
        _clock("resolution", policy, policy.resolution, start, ended, time, pauses),
    ]
    return tuple(clock for clock in found if clock is not None)


def _waits(contacts: list[Contact]) -> Iterator[tuple[int, int | None]]:
    """When the customer began to wait and when an agent answered (None: not yet), after the first answer."""
    greeted = False
    asked: int | None = None
    for contact in contacts:
        if contact.by == "agent":
            if asked is not None:
                yield asked, contact.at_ms
            greeted, asked = True, None
        elif greeted and asked is None:
            asked = contact.at_ms
    if asked is not None:
        yield asked, None


def _clock(
    name: str,
    policy: SlaPolicy,
    minutes: int | None,
    started_ms: int,
    stopped_ms: int | None,
    time: BusinessTime,
    pauses: tuple[Pause, ...] = (),
) -> Clock | None:
    if minutes is None:
        return None
    # While a pause lasts, the due time is the one that stood when it began: resuming moves it.
    due = time.add(started_ms, minutes, (pause for pause in pauses if pause.to_ms is not None))
    if due.due_ms is None:
        return None
    return Clock(
        name=name,
        basis=policy.basis,
        started=started_ms,
        due=due.due_ms,
        span=Span(minutes, "business_minutes"),
        pauses_on=policy.pauses_on if name == "resolution" else (),
        pauses=pauses,
        flags=due.flags,
        ref=policy.ref,
        stopped=stopped_ms,
    )
