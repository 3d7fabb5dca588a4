"""The timeline of a case: stored events as lines that catalogues can word, personal text masked or held back."""

from dataclasses import fields
from typing import Any

from csdesk.desk.queries import Entry
from csdesk.domain.cases.arriving import Arrived, FilesCame
from csdesk.domain.cases.case import LineQty
from csdesk.domain.cases.differences import DIFFERENCE, PAID, REDUCTION
from csdesk.domain.cases.events import (
    ClocksSet,
    Converted,
    Counted,
    Event,
    FactsStated,
    Moved,
    Opened,
    OrderLinked,
    Ruled,
    Undone,
)
from csdesk.domain.cases.goods_events import RepairTimed
from csdesk.domain.cases.refund_events import Compensated, RefundProposed, RefundSettled
from csdesk.domain.cases.track_events import Linked, Tracked
from csdesk.domain.mask import mask_text
from csdesk.store.cases import Past

# What a case counts in minor units.
PRICES = (DIFFERENCE, PAID, REDUCTION)
# Bookkeeping that says nothing to a reader.
SILENT = (ClocksSet,)


def entry(past: Past, reads: bool) -> Entry | None:
    """One line, or None for bookkeeping. `reads`: whether this reader may see personal text (numbers stay masked)."""
    happened = past.event
    if isinstance(happened, SILENT) or (isinstance(happened, RepairTimed) and not told_days(happened)):
        return None
    said = "\n".join(text for name in happened.sealed if (text := getattr(happened, name)))
    text = None if past.sealed and not reads else mask_text(said)
    return Entry(past.seq, past.at, past.actor, past.verb, _code(happened), detail(happened), text)


def told_days(timed: RepairTimed) -> int:
    """Whole days that a repair has taken, with and without parts; 0: nothing worth a line yet."""
    return timed.days + timed.parts_days


def _code(happened: Event) -> str:
    """What words the line: the event, and what sets it apart from others of its type."""
    match happened:
        case Moved():
            return f"{happened.type}.{happened.verb}"
        case Counted(name=name) if name in PRICES:
            return f"{happened.type}.{name}"
        case RefundProposed(refund=refund) | Compensated(refund=refund) if refund.state == "awaiting":
            return f"{happened.type}.awaiting"
        case RefundProposed(refund=refund) if refund.units and not any(u.qty for u in refund.units):
            return f"{happened.type}.difference"
        case RefundProposed(refund=refund) if refund.cause in ("freight", "outbound"):
            return f"{happened.type}.{refund.cause}"
        case RefundSettled(late=True):
            return f"{happened.type}.{'twice' if happened.twice else 'late'}"
    return happened.type


def detail(happened: Event) -> dict[str, Any]:
    """The open fields of an event that a reader can use, as plain values."""
    match happened:
        case Opened() | Converted() | OrderLinked():
            names = ("kind", "reason", "channel", "order_number", "source")
            told: dict[str, Any] = {
                name: getattr(happened, name) for name in names if getattr(happened, name, "")
            }
            return {**told, "units": units(tuple(LineQty(line.line, line.asked) for line in happened.lines))}
        case RefundProposed(refund=refund) | Compensated(refund=refund):
            told = {
                "minor": refund.minor,
                "units": units(refund.units),
                "parts": [(part.method, part.minor) for part in refund.parts],
                "less": sum(one.minor for one in refund.less),
                "reason": refund.reason,
                "article": refund.article,
            }
            return {name: value for name, value in told.items() if value not in ("", 0) or name == "minor"}
        case FactsStated():
            return {
                "facts": [(fact.line, fact.name, fact.value) for fact in happened.facts],
                "dropped": happened.drop,
            }
        case Ruled():
            first = happened.rulings[0]
            told = {"stance": happened.stance, "ruled": first.outcome, "why": first.reason}
            return {**told, "law": first.articles, "pack": first.pack, "against": happened.against}
        case Tracked(track=track):
            told = {"track": track.kind, "no": track.id, "to_stage": track.state, "party": track.party}
            told |= {"ref": track.ref, "owner": track.owner, "outcome": track.outcome, "n": track.reminders}
            return {name: value for name, value in told.items() if value}
        case Arrived():
            offered = [(one.number, one.why) for one in happened.alike]
            told = {
                "source": happened.source,
                "claim": happened.claim,
                "sorted": happened.sorted,
                "alike": offered,
            }
            told |= {"order_seen": happened.order_seen, "at": happened.written_at}
            return {name: value for name, value in told.items() if value}
        case FilesCame():
            return {"n": happened.count}
        case Linked():
            return {"how": happened.how}
        case Counted(name=name) if name in PRICES:
            return {"minor": happened.value}
        case Undone():
            return {"undone": happened.verb, "to": happened.before.state}
    hidden = {*happened.sealed, "id", "phase", "desk", "verb"}
    told = {f.name: getattr(happened, f.name) for f in fields(happened) if f.name not in hidden}
    if isinstance(told.get("lines"), tuple):
        told["units"] = units(told.pop("lines"))
    if "exchange" in told:
        told["exchange"] = ", ".join(dict.fromkeys(sku for _, sku in told["exchange"]))
    if "graded" in told:
        told["graded"] = ", ".join(
            f"{g.line}x{g.qty}:{g.disposition}" + (f":{g.grade}" if g.grade else "") for g in told["graded"]
        )
    return {name: value for name, value in told.items() if value not in ("", (), 0, None)}


def units(lines: tuple[LineQty, ...]) -> str:
    """Units as text: `1x2, 3x1` is two of line 1 and one of line 3."""
    return ", ".join(f"{line.line}x{line.qty}" for line in lines)
