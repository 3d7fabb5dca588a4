"""The desk's own targets on a case: first response, next response, resolution, from its messages and its waits."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Context
from csdesk.domain.clocks.clock import VIP_RESPONSE, Clock
from csdesk.domain.clocks.span import Span

if TYPE_CHECKING:
    from csdesk.domain.clocks.sla import Contact

TARGETS = ("first_response", "next_response", "resolution", VIP_RESPONSE)
RESPONSES = ("first_response", "next_response")
# The mark of a customer for whom the desk means to be quicker.
VIP = "vip"
# What the desk sends by itself is no answer to anybody.
AUTOMATIC_AUTHOR = "system"
SAID = ("held", "queued", "sent", "delivered")


def desk_clocks(
    before: Case | None, case: Case, clocks: tuple[Clock, ...], ctx: Context
) -> tuple[Clock, ...]:
    """`clocks` with those of the desk's targets as they now run; without targets there are none.

    A reopened case is resolved anew: its target counts from the reopening.
    """
    others = tuple(clock for clock in clocks if clock.name not in TARGETS)
    policy = ctx.times.target(case.kind)
    if policy is None:
        return others
    from csdesk.domain.clocks.sla import Timeline, sla_clocks

    resolution = next((clock for clock in clocks if clock.name == "resolution"), None)
    reopened = before is not None and not before.open
    timeline = Timeline(
        case.opened_at,
        tuple(contacts(case)),
        resolution.pauses if resolution else (),
        taken_up_ms=resolution.started if resolution else ctx.now if reopened else None,
    )
    found = sla_clocks(policy, timeline, ctx.times.business(ctx.zone))
    running = tuple(clock for clock in found if clock.stopped is None)
    return others + running + _sooner(running, clocks, ctx)


def _sooner(running: tuple[Clock, ...], clocks: tuple[Clock, ...], ctx: Context) -> tuple[Clock, ...]:
    """Of a VIP: half of each response target that runs, beside it: a goal, not a rank.

    What would be over when it is first set is not set: nobody is late for a goal they were never given.
    """
    if VIP not in ctx.flags:
        return ()
    kept = {clock.started for clock in clocks if clock.name == VIP_RESPONSE}
    sooner: list[Clock] = []
    for clock in running:
        if clock.name not in RESPONSES or clock.span is None:
            continue
        minutes = clock.span.count // 2
        due = ctx.times.business(ctx.zone).add(clock.started, minutes, ()).due_ms
        if minutes and due is not None and (due > ctx.now or clock.started in kept):
            span = Span(minutes, "business_minutes")
            sooner.append(Clock(VIP_RESPONSE, "policy", clock.started, due, span=span, ref=clock.ref))
    return tuple(sooner)


def contacts(case: Case) -> "Iterator[Contact]":
    """Messages between customer and desk, and the last call that reached the customer; not what was sent by itself."""
    from csdesk.domain.clocks.sla import Contact

    for message in case.messages:
        if message.direction == "in":
            yield Contact(message.at, "customer")
        elif message.author != AUTOMATIC_AUTHOR and not message.receipt and message.state in SAID:
            yield Contact(message.at, "agent")
    if called := case.counters.get("called_at"):
        yield Contact(called, "agent")
