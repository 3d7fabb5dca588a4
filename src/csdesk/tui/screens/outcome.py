"""What a command would do, in lines: decided on what is known here, before anything is done."""

from collections.abc import Callable, Sequence

from csdesk.desk.queries import Entry
from csdesk.desk.timeline import entry
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Case, Disposition, Refund
from csdesk.domain.cases.events import ClocksSet, Event, Opened
from csdesk.domain.cases.kinds import Decided
from csdesk.domain.cases.refund_events import RefundProposed
from csdesk.domain.value import replace
from csdesk.store.cases import Past
from csdesk.tui import cells
from csdesk.tui.screens.clock_lines import clock_lines
from csdesk.tui.summary import Line


def outcome(
    decided: Decided, before: Case | None, words: Words, now: int, name_of: Callable[[str], str], width: int
) -> list[Line]:
    """What the timeline will say, the money to the cent by payment, the state and deadlines that follow."""
    after = decided.case
    lines: list[Line] = []
    for happened in decided.events:
        if isinstance(happened, RefundProposed):
            lines += refund(happened.refund, words, after.currency)
        elif not isinstance(happened, ClocksSet | Opened):
            lines.append([("  ", "text"), (_told(happened, words, now, after.currency, name_of), "text")])
    if before is None or before.state != after.state:
        state = words.code("state", after.state)
        lines.append([("  ", "text"), (words("form.becomes", state=state), "accent")])
    old = before.clocks if before else ()
    for clock in after.clocks:
        if clock not in old:
            lines += clock_lines(words, clock, now, width, name_of)
    return lines


def refund(found: Refund, words: Words, currency: str) -> list[Line]:
    """The sum, and what goes back to each payment."""
    lines: list[Line] = [
        [("¥ ", "soon"), (words("form.pays", amount=words.money(found.minor, currency)), "strong")]
    ]
    for part in found.parts:
        method = cells.fit("  " + words.code("method", part.method), 14)
        lines.append([("  ", "text"), (method, "quiet"), (words.money(part.minor, currency), "text")])
    return lines


def _told(happened: Event, words: Words, now: int, currency: str, name_of: Callable[[str], str]) -> str:
    line = entry(Past(0, now, "", "", "", happened), reads=True)
    return cells.safe(words.entry(named(line, words, name_of), currency)) if line else ""


def named(line: Entry, words: Words, name_of: Callable[[str], str]) -> Entry:
    """The entry with agents and dispositions by name."""
    told = dict(line.detail)
    for field in ("assignee", "behalf"):
        if isinstance(who := told.get(field), str):
            told[field] = name_of(who)
    if isinstance(graded := told.get("graded"), str):
        for code in Disposition:
            graded = graded.replace(f":{code.value}", f" {words.code('disposition', code.value)}")
        told["graded"] = graded
    return replace(line, detail=told)


def where(code: str, detail: dict[str, object], fields: Sequence[str]) -> str:
    """Which field a refusal is about; "" when it is about none of them."""
    known = _ABOUT.get(code, ())
    told = (str(detail["field"]),) if "field" in detail else ()
    named_by = (*told, *known, *detail)
    if "line" in detail or code == "no_units":
        named_by = (*named_by, "lines", "graded")
    return next((name for name in named_by if name in fields), "")


# Refusals whose details do not name the field that would mend them.
_ABOUT: dict[str, tuple[str, ...]] = {
    "needs_article": ("article",),
    "needs_evidence": ("note",),
    "empty_text": ("text",),
    "text_too_long": ("text",),
    "no_tags": ("add",),
    "tag_too_long": ("add",),
    "snooze_past_due": ("hours",),
    "no_agent": ("to_agent",),
    "no_such_agent": ("to_agent",),
    "already_theirs": ("to_agent",),
    "same_priority": ("priority",),
    "unknown_reason": ("reason",),
    "kind_not_served": ("kind",),
    "no_such_order": ("order",),
    "not_delivered": ("kind",),
    "lines_without_order": ("lines",),
    "slot_missing": ("text",),
}
