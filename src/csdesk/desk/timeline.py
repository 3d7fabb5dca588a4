"""The timeline of a case: stored events as lines that catalogues can word, personal text masked or held back."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from csdesk.desk.platforms import platforms
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
from csdesk.domain.cases.evidence import EvidenceFiled, EvidenceTakenOut
from csdesk.domain.cases.goods_events import JudgedAnew, RepairTimed
from csdesk.domain.cases.incident import CauseDescribed, JoinedIncident, LeftIncident, MembersDecided
from csdesk.domain.cases.platform import PlatformTold
from csdesk.domain.cases.refund_events import (
    Compensated,
    RefundApproved,
    RefundDeclined,
    RefundProposed,
    RefundSettled,
)
from csdesk.domain.cases.refunds import FOUND_PAYMENT
from csdesk.domain.cases.splitting import Merged, SplitFrom, UnitsSplitOff
from csdesk.domain.cases.track_events import Linked, Tracked, Unlinked
from csdesk.domain.mask import mask_text
from csdesk.store.cases import Past

# What a case counts in minor units.
PRICES = (DIFFERENCE, PAID, REDUCTION)
# So much of the digest of a letter's scan tells it from others.
SCAN_SHOWN = 12
# Bookkeeping that says nothing to a reader.
SILENT = (ClocksSet,)


def entry(past: Past, reads: bool, number_of: Callable[[str], str] | None = None) -> Entry | None:
    """One line, or None for bookkeeping. `reads`: whether this reader may see personal text (numbers stay masked).

    `number_of` gives the number of a case by its id, for lines that name one.
    """
    happened = past.event
    # The verb that found it says so.
    if isinstance(happened, Counted) and happened.name == FOUND_PAYMENT:
        return None
    if isinstance(happened, SILENT) or (isinstance(happened, RepairTimed) and not told_days(happened)):
        return None
    said = "\n".join(text for name in happened.sealed if (text := getattr(happened, name)))
    text = None if past.sealed and not reads else mask_text(said)
    return Entry(past.seq, past.at, past.actor, past.verb, _code(happened), detail(happened, number_of), text)


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
        case RefundApproved(behalf=behalf) | RefundDeclined(behalf=behalf) if behalf:
            return f"{happened.type}.behalf"
        case RefundSettled(late=True):
            return f"{happened.type}.{'twice' if happened.twice else 'late'}"
    return happened.type


def detail(happened: Event, number_of: Callable[[str], str] | None = None) -> dict[str, Any]:
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
            told["scan"] = track.scan[:SCAN_SHOWN]
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
            unkept = tuple(dict.fromkeys(why for why in happened.why if why))
            told = {"n": happened.count, "unkept": sum(map(bool, happened.why)), "unkept_why": unkept}
            return {name: value for name, value in told.items() if value}
        case EvidenceFiled():
            told = {"media": happened.media, "hash": happened.sha256[:8]}
            return {**told, "channel": happened.source} if happened.message else told
        case EvidenceTakenOut():
            return {"media": "", "hash": happened.sha256[:8]}
        case Linked() | Unlinked():
            return {"how": happened.how}
        case UnitsSplitOff():
            return {"units": units(happened.units)}
        case SplitFrom() | Merged():
            return {}
        case CauseDescribed():
            return {"title": happened.cause.title}
        case JoinedIncident() | LeftIncident():
            return {"incident": number_of(happened.incident)} if number_of else {}
        case PlatformTold():
            known = platforms().get(happened.platform)
            meant = known.states.get(happened.code, ("",))[0] if known else ""
            told = {"platform": known.title if known else happened.platform, "code": happened.code}
            return {**told, "meant": meant} if meant else told
        case MembersDecided():
            return {"decision": happened.decision, "cases": happened.cases}
        case Counted(name=name) if name in PRICES:
            return {"minor": happened.value}
        case Undone():
            return {"undone": happened.verb, "to": happened.before.state}
    return _plain(happened)


def _plain(happened: Event) -> dict[str, Any]:
    """The open fields of an event that needs no wording of its own."""
    hidden = {*happened.sealed, "id", "phase", "desk", "verb"}
    told = {f.name: getattr(happened, f.name) for f in fields(happened) if f.name not in hidden}
    if isinstance(told.get("lines"), tuple):
        told["units"] = units(told.pop("lines"))
    if isinstance(happened, JudgedAnew):
        told["home"] = units(happened.home)
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
