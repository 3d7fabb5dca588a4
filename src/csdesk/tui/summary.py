"""A case in lines, for any screen that shows facts: who, what, by when, how much, what happened.

A line is a list of (text, meaning); the meaning is a colour of the palette. All text has passed the gate.
"""

import re
from collections.abc import Callable, Sequence

from csdesk.desk.queries import CaseView, Entry
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Case, CaseLine, Kind
from csdesk.domain.cases.command import VERBS
from csdesk.domain.value import replace
from csdesk.tui import cells

Line = list[tuple[str, str]]
# What follows this part stands at the right end of its line; what is before it is cropped first.
GAP = ("\t", "text")
# The label column, in cells: four Chinese characters and a gap.
LABEL = 9
_DISPOSITION = re.compile(r":(\w+)")


def brief(words: Words, ms: int) -> str:
    """A length of time in its largest unit, as short as a column needs it."""
    minutes = max(ms, 0) // 60_000
    n, unit = (
        (minutes, "minutes")
        if minutes < 60
        else (minutes // 60, "hours")
        if minutes < 48 * 60
        else (minutes // 1440, "days")
    )
    return words(f"brief.{unit}", n=n)


def labelled(words: Words, key: str, text: str, meaning: str = "text") -> Line:
    """A line with its label in front."""
    return [(cells.fit(words(f"label.{key}"), LABEL), "quiet"), (cells.safe(text), meaning)]


def head(view: CaseView, words: Words) -> Line:
    """Number, kind and state."""
    case = view.case
    return [
        (view.number, "strong"),
        (f"  {words.code('kind', case.kind)}", "text"),
        (f"  {words.code('state', case.state)}", "accent"),
        *([(f"  {words(f'priority.{case.priority}')}", "soon")] if case.priority else []),
        *([(f"  {words('list.escalated', level=case.escalation)}", "soon")] if case.escalation else []),
    ]


def holder(view: CaseView, words: Words, me: str, name_of: Callable[[str], str]) -> list[Line]:
    """Whose case it is, and who has it open now."""
    lines = []
    if view.case.assignee:
        lines.append(labelled(words, "assignee", name_of(view.case.assignee)))
    if view.lease is not None and view.lease.holder != me:
        lines.append(labelled(words, "holder", name_of(view.lease.holder), "soon"))
    return lines


def about(view: CaseView, words: Words) -> list[Line]:
    """Whom and what a case is about; an incident is of no customer and no order: only its cause."""
    if view.case.kind is Kind.INCIDENT:
        return [labelled(words, "reason", words.code("reason", view.case.reason))]
    return [*person(view, words), *order(view, words)]


def person(view: CaseView, words: Words) -> list[Line]:
    """The customer, masked, with how and why they came."""
    case = view.case
    who = view.person
    named = " ".join(part for part in (who.name, who.phone) if part) if who else words("label.erased")
    channel, reason = words.code("channel", case.channel), words.code("reason", case.reason)
    return [labelled(words, "customer", named), labelled(words, "reason", f"{reason}  {channel}")]


def order(view: CaseView, words: Words) -> list[Line]:
    """The order and its merchant."""
    found = view.order
    if found is None:
        told = view.case.order_number or words("label.no_order")
        return [labelled(words, "order", words("label.provisional", order=told), "soon")]
    status = words.code("order_status", found.status)
    lines = [labelled(words, "order", f"{found.number}  {status}")]
    return [*lines, labelled(words, "merchant", view.merchant)] if view.merchant else lines


def goods(case: Case, words: Words) -> list[Line]:
    """The units in the case, how far each has come, and what they cost."""
    return [_goods(line, case, words) for line in case.lines]


def _goods(line: CaseLine, case: Case, words: Words) -> Line:
    steps = (
        ("approved", line.approved), ("received", line.received), ("inspected", line.inspected),
        ("refunded", line.refunded_units), ("sent_out", line.sent_out), ("for_home", line.for_home),
    )  # fmt: skip
    told = " ".join(words(f"goods.{name}", n=n) for name, n in steps if n)
    price = words.money(line.paid * line.asked // line.bought, case.currency) if line.bought else ""
    return [
        (f"{line.line} ", "quiet"),
        (cells.safe(line.title), "text"),
        GAP,
        (f"{told}  " if told else "", "quiet"),
        (f"x{line.asked}", "strong"),
        (f"  {price}", "text"),
    ]


def clocks(case: Case, words: Words, now: int, *, articles: bool = True) -> list[Line]:
    """The deadlines that run, the nearest first: which, how long still, until when, and by what."""
    lines: list[Line] = []
    for clock in sorted(case.clocks, key=lambda clock: (clock.open_pause is not None, clock.due)):
        meaning, told = ("late", "! ") if now >= clock.due else ("text", "")
        told += words.left(clock.due, now)
        if (pause := clock.open_pause) is not None:
            party = words.code("party", pause.reason) if pause.reason else ""
            meaning, told = (
                "mark",
                words("clocks.paused", party=party, left=words.left(clock.due, pause.from_ms)),
            )
        basis = words.code("basis", clock.basis)
        if articles and clock.article:
            basis += f" {cells.safe(words.article(clock.article))}"
        lines.append(
            [
                (cells.fit(words.code("clock", clock.name), LABEL), "quiet"),
                (told, meaning),
                GAP,
                (f"{basis} {words.short(clock.due)}", "quiet"),
            ]
        )
    return lines


def money(view: CaseView, words: Words) -> list[Line]:
    """What was asked for and what was given back."""
    case = view.case
    lines = []
    if case.amount:
        lines.append(labelled(words, "amount", words.money(case.amount, case.currency)))
    if case.refunded:
        lines.append(labelled(words, "refunded", words.money(case.refunded, case.currency), "good"))
    return lines


def entries(
    timeline: Sequence[Entry], words: Words, currency: str, name_of: Callable[[str], str], *, last: int
) -> list[Line]:
    """The last lines of the timeline, the newest first; what may not be read says so."""
    lines: list[Line] = []
    for entry in list(reversed(timeline))[:last]:
        lines.append(
            [
                (f"{words.short(entry.at)}  ", "quiet"),
                (worded(entry, words, currency, name_of), "text"),
                GAP,
                (actor(entry.actor, words, name_of), "quiet"),
            ]
        )
        if entry.text is None:
            lines.append([("  ", "quiet"), (words("label.closed_text"), "faint")])
        elif entry.text:
            lines.append([("  ", "quiet"), (cells.safe(entry.text), "text")])
    return lines


def worded(entry: Entry, words: Words, currency: str, name_of: Callable[[str], str]) -> str:
    """A timeline line in words, people by name and codes inside texts worded too."""
    detail = dict(entry.detail)
    if "assignee" in detail:
        detail["assignee"] = name_of(str(detail["assignee"]))
    if "behalf" in detail:
        detail["behalf"] = name_of(str(detail["behalf"]))
    if "graded" in detail:
        detail["graded"] = _DISPOSITION.sub(
            lambda m: " " + words.code("disposition", m[1]), str(detail["graded"])
        )
    if entry.code == "counted":
        name, value = str(detail.get("name", "")), detail.get("value", 0)
        detail["name"] = words.code("counter", name)
        # A count is small; all else a case counts is a moment.
        detail["value"] = words.moment(value) if isinstance(value, int) and value > 1_000_000 else value
    return cells.safe(words.entry(replace(entry, detail=detail), currency))


def next_verbs(view: CaseView, words: Words, *, most: int = 3) -> list[Line]:
    """The verbs most likely to come next, those of the kind before those that every case has."""
    able = [offer.verb for offer in view.offers if offer.off is None and not VERBS[offer.verb].verb.shared]
    told = "  ".join(words.code("verb", verb) for verb in able[:most])
    return [labelled(words, "next", told, "accent")] if told else []


def actor(who: str, words: Words, name_of: Callable[[str], str]) -> str:
    """Who did it: an agent by name, the desk itself in words."""
    return words("label.system") if who == "system" else cells.safe(name_of(who))


def laid(line: Line, width: int) -> Line:
    """A line in exactly `width` cells, its gap opened; what stands before the gap is cropped first."""
    at = line.index(GAP) if GAP in line else len(line)
    left, right = line[:at], line[at + 1 :]
    room = width - sum(cells.width(text) for text, _ in right) - bool(right)
    shown: Line = []
    for text, meaning in left:
        fitting = cells.crop(text, max(room, 0))
        shown.append((fitting, meaning))
        room -= cells.width(fitting)
    return [*shown, (" " * (max(room, 0) + bool(right)), "text"), *right]
