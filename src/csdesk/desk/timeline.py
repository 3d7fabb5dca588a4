"""The timeline of a case: stored events as lines that catalogues can word, personal text masked or held back."""

from dataclasses import fields
from typing import Any

from csdesk.desk.queries import Entry
from csdesk.domain.cases.case import LineQty
from csdesk.domain.cases.events import (
    ClocksSet,
    Converted,
    Event,
    FactsStated,
    Moved,
    Opened,
    OrderLinked,
    RefundProposed,
    Ruled,
    Undone,
)
from csdesk.domain.mask import mask_text
from csdesk.store.cases import Past

# Bookkeeping that says nothing to a reader.
SILENT = (ClocksSet,)


def entry(past: Past, reads: bool) -> Entry | None:
    """One line, or None for bookkeeping. `reads`: whether this reader may see personal text (numbers stay masked)."""
    happened = past.event
    if isinstance(happened, SILENT):
        return None
    said = "\n".join(text for name in happened.sealed if (text := getattr(happened, name)))
    text = None if past.sealed and not reads else mask_text(said)
    code = f"{happened.type}.{happened.verb}" if isinstance(happened, Moved) else happened.type
    return Entry(past.seq, past.at, past.actor, past.verb, code, detail(happened), text)


def detail(happened: Event) -> dict[str, Any]:
    """The open fields of an event that a reader can use, as plain values."""
    match happened:
        case Opened() | Converted() | OrderLinked():
            names = ("kind", "reason", "channel", "order_number", "source")
            told: dict[str, Any] = {
                name: getattr(happened, name) for name in names if getattr(happened, name, "")
            }
            return {**told, "units": units(tuple(LineQty(line.line, line.asked) for line in happened.lines))}
        case RefundProposed(refund=refund):
            return {
                "minor": refund.minor,
                "units": units(refund.units),
                "parts": [(part.method, part.minor) for part in refund.parts],
            }
        case FactsStated():
            return {
                "facts": [(fact.line, fact.name, fact.value) for fact in happened.facts],
                "dropped": happened.drop,
            }
        case Ruled():
            first = happened.rulings[0]
            told = {"stance": happened.stance, "ruled": first.outcome, "why": first.reason}
            return {**told, "law": first.articles, "pack": first.pack, "against": happened.against}
        case Undone():
            return {"undone": happened.verb, "to": happened.before.state}
    hidden = {*happened.sealed, "id", "phase", "desk", "verb"}
    told = {f.name: getattr(happened, f.name) for f in fields(happened) if f.name not in hidden}
    if isinstance(told.get("lines"), tuple):
        told["units"] = units(told.pop("lines"))
    if "graded" in told:
        told["graded"] = ", ".join(f"{g.line}x{g.qty}:{g.disposition}" for g in told["graded"])
    return {name: value for name, value in told.items() if value not in ("", (), 0, None)}


def units(lines: tuple[LineQty, ...]) -> str:
    """Units as text: `1x2, 3x1` is two of line 1 and one of line 3."""
    return ", ".join(f"{line.line}x{line.qty}" for line in lines)
