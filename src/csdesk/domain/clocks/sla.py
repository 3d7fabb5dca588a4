"""Desk targets: first response, next response and resolution, in business hours."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from csdesk.domain.clocks.clock import Clock, Pause, merged
from csdesk.domain.clocks.hours import BusinessTime


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
    """What the clocks are computed from. A reopened case has a pause for its rest, and no `resolved_ms`."""

    opened_ms: int
    contacts: tuple[Contact, ...] = ()
    pauses: tuple[Pause, ...] = ()
    resolved_ms: int | None = None


def sla_clocks(policy: SlaPolicy, timeline: Timeline, time: BusinessTime) -> tuple[Clock, ...]:
    """Every clock of the policy, computed anew from the whole timeline: a changed policy loses no pause.

    One `first_response`, a `next_response` for each time the customer waited after that, one `resolution`.
    """
    ended = timeline.resolved_ms
    contacts = sorted(
        (c for c in timeline.contacts if ended is None or c.at_ms <= ended), key=lambda c: c.at_ms
    )
    answered = next((c.at_ms for c in contacts if c.by == "agent"), ended)
    clocks: list[Clock] = []
    if policy.first_response is not None:
        clocks.append(
            _clock("first_response", policy, policy.first_response, timeline.opened_ms, answered, time)
        )
    if policy.next_response is not None:
        for asked, replied in _waits(contacts):
            stopped = ended if replied is None else replied
            clocks.append(_clock("next_response", policy, policy.next_response, asked, stopped, time))
    if policy.resolution is not None:
        pauses = merged(pause for pause in timeline.pauses if pause.reason in policy.pauses_on)
        start = timeline.opened_ms
        clocks.append(_clock("resolution", policy, policy.resolution, start, ended, time, pauses))
    return tuple(clocks)


def resumed(clock: Clock, at_ms: int, time: BusinessTime) -> Clock:
    """A paused clock running again, its due time moved to hold the business time that was left at the pause.

    ValueError when it is not paused at that instant.
    """
    pause = clock.open_pause
    if pause is None or clock.due_ms is None:
        return clock.resumed(at_ms)
    due = time.add_ms(at_ms, time.elapsed_ms(pause.from_ms, clock.due_ms))
    moved = replace(clock.resumed(at_ms), due_ms=due.due_ms)
    return replace(moved, flags=due.flags, steps=(*clock.steps, *due.steps))


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
    kind: str,
    policy: SlaPolicy,
    minutes: int,
    started_ms: int,
    stopped_ms: int | None,
    time: BusinessTime,
    pauses: tuple[Pause, ...] = (),
) -> Clock:
    # While a pause lasts, the due time is the one that stood when it began: `resumed` moves it.
    due = time.add(started_ms, minutes, (pause for pause in pauses if pause.to_ms is not None))
    return Clock(
        kind=kind,
        basis=policy.basis,
        started_ms=started_ms,
        due_ms=due.due_ms,
        pauses=pauses,
        stopped_ms=stopped_ms,
        ref=policy.ref,
        pauses_on=policy.pauses_on if kind == "resolution" else (),
        flags=due.flags,
        steps=due.steps,
    )
