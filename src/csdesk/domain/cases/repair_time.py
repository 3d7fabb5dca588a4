"""How long a repair has taken, in the workshop and without parts, and when that opens the right to an exchange."""

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Context
from csdesk.domain.cases.events import Counted, Event
from csdesk.domain.cases.goods_events import RepairTimed

DAY = 86_400_000
# 三包: the repairer's own delay must be longer than this many days (general list 1995; mobile phones 2001).
OWN_DAYS = 30
# Waiting for parts: more than 60 days for phones, more than 90 for the goods of the general list.
PHONE_PARTS_DAYS, PARTS_DAYS = 60, 90
PHONES = ("mobile_phone", "phone")


def timed(case: Case, place: str, ctx: Context) -> tuple[Event, ...]:
    """The repair's time until now, going on at `place`, and the right that opens when it has been too long.

    It stands still while the goods are with the consumer.
    """
    own, parts = case.counters.get("repair_ms", 0), case.counters.get("parts_ms", 0)
    if since := case.counters.get("workshop_since", 0):
        own += ctx.now - since
    if since := case.counters.get("parts_since", 0):
        parts += ctx.now - since
    told = RepairTimed(place, own, parts, own // DAY, parts // DAY)
    most = PHONE_PARTS_DAYS if is_phone(case, ctx) else PARTS_DAYS
    late = own > OWN_DAYS * DAY or parts > most * DAY
    return (told, *opened(case, ctx)) if late else (told,)


def opened(case: Case, ctx: Context) -> tuple[Event, ...]:
    """The event by which the right to an exchange opens, once in a case."""
    return () if case.counters.get("exchange_right_open") else (Counted("exchange_right_open", ctx.now),)


def is_phone(case: Case, ctx: Context) -> bool:
    """Whether the goods are a phone, as somebody found out or their category says."""
    bought = {line.line: line.category for line in ctx.order.lines} if ctx.order else {}
    told = (case.stated(line.line).get("product_class") or bought.get(line.line) for line in case.lines)
    return any(category in PHONES for category in told)
