"""The facts of a case in lines: what was asked, what is owed, by when, goods, money, parcels, verbs, other cases."""

from collections.abc import Callable

from csdesk.desk import strip
from csdesk.desk.order_age import age_told
from csdesk.desk.words import Words
from csdesk.domain.cases.case import CaseLine, Kind
from csdesk.domain.cases.command import VERBS
from csdesk.domain.text import clean
from csdesk.store.feed import Row
from csdesk.tui import cells
from csdesk.tui.columns import number
from csdesk.tui.offered import next_step, offered
from csdesk.tui.screens.clock_lines import clocks, nearest
from csdesk.tui.screens.evidence_lines import evidence
from csdesk.tui.screens.money_lines import money
from csdesk.tui.screens.parcel_lines import parcels
from csdesk.tui.screens.scene import Scene, folded, folded_pieces
from csdesk.tui.screens.track_lines import tracks
from csdesk.tui.summary import Line

# Name, and the message of its label.
SECTIONS = {
    "customer": "case.customer",
    "request": "case.request", "verdict": "case.verdict", "clocks": "case.clocks", "tracks": "track.title",
    "goods": "case.goods", "money": "case.money", "parcels": "case.parcels", "evidence": "case.evidence",
    "verbs": "case.verbs", "others": "case.others",
}  # fmt: skip
# Below this width the facts are not in sight while one writes: the nearest deadline stands in the header.
NARROW = 104
# So much of what the customer said stands among the facts; all of it is in the conversation.
WORDS_LINES = 4


def gutter(words: Words) -> int:
    """Cells of the column of labels."""
    return max(cells.width(words(label)) for label in SECTIONS.values()) + 2


def facts(
    scene: Scene, width: int, owed: Callable[[int], list[Line]] = lambda _: [], *, airy: bool = True
) -> list[Line]:
    """All sections that have something to say, each after its label; `airy`: a line between them.

    `owed` words what the law says, for a width.
    """
    left = gutter(scene.words)
    told = {
        "customer": customer(scene, width - left),
        "request": request(scene, width - left),
        "verdict": owed(width - left),
        "clocks": clocks(scene, width - left),
        "tracks": tracks(scene, width - left),
        "goods": goods(scene, width - left),
        "money": money(scene, width - left),
        "parcels": parcels(scene, width - left),
        "evidence": evidence(scene, width - left),
        "verbs": verbs(scene, width - left),
        "others": others(scene),
    }
    lines: list[Line] = []
    for name, body in told.items():
        if body:
            gap: list[Line] = [[]] if airy and lines else []
            lines += [*gap, *labelled(scene.words(SECTIONS[name]), body, left)]
    return lines


def labelled(label: str, body: list[Line], left: int) -> list[Line]:
    """Lines with a label before the first and the same room before the others."""
    return [[(cells.fit(label if n == 0 else "", left), "quiet"), *line] for n, line in enumerate(body)]


def header(scene: Scene, width: int) -> list[Line]:
    """Two lines: which case, where it stands, whose it is; then order, merchant and customer."""
    which = [*_which(scene), *(nearest(scene) if width < NARROW else [])]
    return [_spread(which, _whose(scene), width), _spread(_of_whom(scene), _marks(scene), width)]


def _spread(left: Line, right: Line, width: int) -> Line:
    room = width - sum(cells.width(text) for text, _ in [*left, *right])
    while room < 1 and left:
        text, how = left[-1]
        short = cells.crop(text, max(cells.width(text) + room - 1, 0))
        room += cells.width(text) - cells.width(short)
        left = [*left[:-1], (short, how)] if short.strip() else left[:-1]
    return [*left, (" " * max(room, 1), "text"), *right]


def _which(scene: Scene) -> Line:
    case, words = scene.view.case, scene.words
    line = [
        (scene.view.number, "strong"),
        (f"  {words.code('kind', case.kind)}", "text"),
        (f"  {words.code('state', case.state)}", "accent"),
        (f"  {words(f'phase.{case.phase}')}", "quiet"),
    ]
    if case.snoozed_until:
        line.append((f"  {words('case.snoozed', until=words.short(case.snoozed_until))}", "soon"))
    if scene.view.readonly:
        line.append((f"  {words('case.readonly')}", "bad"))
    return line


def _whose(scene: Scene) -> Line:
    case, lease, words = scene.view.case, scene.view.lease, scene.words
    line: Line = []
    if lease is not None and lease.holder != scene.me:
        line.append((f"! {words('case.held', who=cells.safe(scene.name_of(lease.holder)))}  ", "soon"))
    if case.assignee:
        line.append((words("case.assigned", who=cells.safe(scene.name_of(case.assignee))), "text"))
    else:
        line.append((words("case.unassigned"), "quiet"))
    return line


def _of_whom(scene: Scene) -> Line:
    view, words = scene.view, scene.words
    line: Line = []
    if view.case.kind is Kind.INCIDENT:  # it has neither order nor customer
        return [(cells.safe(view.case.cause.title), "text")] if view.case.cause else []
    if view.order is not None:
        line.append((cells.safe(view.order.number), "text"))
        line.append((f"  {words.code('order_status', view.order.status)}", "quiet"))
    else:
        told = cells.safe(view.case.order_number) or words("case.no_order")
        line.append((words("case.provisional", order=told), "soon"))
    if view.merchant:
        line.append((f"  {cells.safe(view.merchant)}", "text"))
    if view.person is not None:
        named = "  ".join(part for part in (view.person.name, view.person.phone) if part)
        line.append((f"  {cells.safe(named)}", "text"))
    else:
        line.append((f"  {words('label.erased')}", "quiet"))
    return line


def _marks(scene: Scene) -> Line:
    case, words = scene.view.case, scene.words
    line: Line = [(f"#{cells.safe(tag)} ", "mark") for tag in case.tags]
    if case.escalation:
        line.append((f"{words('list.escalated', level=case.escalation)} ", "soon"))
    if case.priority:
        line.append((f"{words(f'priority.{case.priority}')} ", "soon"))
    return line


def customer(scene: Scene, width: int) -> list[Line]:
    """Marks of the customer, their other open cases, refunds of late, duplicates found on arrival; often nothing."""
    told = [(f"{cells.safe(text)}  ", how) for text, how in strip.told(scene.words, scene.view.strip)]
    if told and scene.view.strip.twins and (key := scene.key_of("links")):
        told.append((f"{key} {scene.words('case.open_link')}", "accent"))
    return folded(told, width) if told else []


def request(scene: Scene, width: int) -> list[Line]:
    """Why, by which way, when, and the customer's words."""
    case, words = scene.view.case, scene.words
    told: Line = [
        (words.code("reason", case.reason), "strong"),
        (f"  {words.code('channel', case.channel)}  {words.moment(case.opened_at)}", "quiet"),
    ]
    if case.outcome:
        told.append((f"  {words.code('outcome', case.outcome)}", "good"))
    lines = folded(told, width)
    if scene.view.age is not None:
        how = "soon" if scene.view.age.fault else "quiet"
        lines += folded([(age_told(words, scene.view.age, scene.now), how), *_asking(scene)], width)
    opened = next((entry for entry in scene.view.timeline if entry.code == "opened"), None)
    if opened is not None and (opened.text is None or not scene.view.reads):
        lines.append([(words("label.closed_text"), "faint")])
    elif opened is not None and opened.text:
        said = cells.wrap(clean(opened.text).text, width)
        if len(said) > WORDS_LINES:
            said = [*said[: WORDS_LINES - 1], cells.crop(said[WORDS_LINES - 1], width - 2) + cells.MORE]
        lines += [[(line, "text")] for line in said]
    return lines


def _asking(scene: Scene) -> Line:
    """The key that asks the order system once more."""
    key = scene.key_of("ask_order")
    return [(f"  {key} {scene.words('action.ask_order')}", "accent")] if key else []


def goods(scene: Scene, width: int) -> list[Line]:
    """Two lines for each order line: what it is and what its units cost; how far the units have come."""
    lines: list[Line] = []
    for line in scene.view.case.lines:
        lines += _goods(scene, line, width)
    return lines


def _goods(scene: Scene, line: CaseLine, width: int) -> list[Line]:
    words = scene.words
    worth = scene.money(line.paid * line.asked // line.bought) if line.bought else ""
    head = f"{line.line} {cells.safe(line.title)}"
    room = max(width - cells.width(worth) - 1, 8)
    told: Line = [(f"  {words('units.asked', n=line.asked, bought=line.bought)}", "text")]
    steps = (
        ("approved", line.approved, "text"),
        ("received", line.received, "text"),
        ("restock", line.restock, "text"),
        ("dispose", line.dispose, "text"),
        ("return_to_consumer", line.return_to_consumer, "soon"),
        ("went_home", line.went_home, "text"),
        ("given_up", line.given_up, "text"),
        ("for_home", line.for_home, "late"),
        ("missing", line.missing, "soon"),
        ("sent_out", line.sent_out, "text"),
        ("refunded", line.refunded_units, "good"),
    )
    told += [(f"  {words(f'units.{name}', n=n)}", how) for name, n, how in steps if n]
    if line.refunded:
        told.append((f" {scene.money(line.refunded)}", "good"))
    if line.exchange_sku:
        told.append((f"  {words('units.exchange', sku=cells.safe(line.exchange_sku))}", "quiet"))
    return [[(cells.fit(head, room), "strong"), (f" {worth}", "text")], *folded(told, width, 2)]


def verbs(scene: Scene, width: int) -> list[Line]:
    """What can be done now, the best next verb first, each with its key or its place in the status menu.

    Of what every case has only what has a key or what something here calls for; the rest is in the menu.
    """
    groups, step = offered(scene.view), next_step(scene.view)
    on = [offer.verb for offer in groups.on]
    shared = [
        offer.verb
        for offer in groups.shared
        if offer.verb in _IN_SIGHT or scene.key_of(_ACTIONS.get(offer.verb, f"verb.{offer.verb}"))
    ]
    lines: list[Line] = []
    for names in ([offer.verb for offer in groups.own], shared):
        told: list[Line] = []
        for name in names:
            action = "open" if name == step else _ACTIONS.get(name, f"verb.{name}")
            key = scene.key_of(action) or _menu_key(scene, on.index(name) + 1)
            sign = "¥" if VERBS[name].verb.money else ""
            told.append([(f"{key} ", "accent"), (f"{sign}{scene.words.code('verb', name)}  ", "text")])
        if names is shared and len(groups.shared) > len(shared):
            rest = scene.words("case.more_verbs", n=len(groups.shared) - len(shared))
            told.append([(f"{scene.key_of('status')} ", "accent"), (f"{rest}  ", "quiet")])
        lines += folded_pieces(told, width)
    return lines


# Verbs that have an action of their own, and those whose key acts on more than this case.
_ACTIONS = {"reply": "reply", "close": "resolve", "link_case": "link"}
_DIGITS = 9
# What comes up in every conversation, and what is on only while something waits for it.
_IN_SIGHT = frozenset(
    {
        "approve_refund", "decline_refund", "clear_refund", "answer_notice", "callback_done", "resume_clocks",
        "advance_track", "close_track", "wake", "link_order", "hear",
    }
)  # fmt: skip


def _menu_key(scene: Scene, place: int) -> str:
    return f"{scene.key_of('status')}{place}" if place <= _DIGITS else scene.key_of("status")


def others(scene: Scene) -> list[Line]:
    """Cases that belong to this one, then other cases of the same customer, the newest first."""
    words, view = scene.words, scene.view
    links = {case: how for how, case in view.case.links}
    known = {row.id for row in view.others}
    rows = sorted(view.others, key=lambda row: row.id not in links)
    lines = [_other(words, row, links.get(row.id, "")) for row in rows]
    lines += [[(words.code("link", how), "mark")] for case, how in links.items() if case not in known]
    if links:
        lines[0] = [*lines[0], (f"  {scene.key_of('links')} {words('case.open_link')}", "accent")]
    return lines


def _other(words: Words, row: Row, how: str) -> Line:
    done = row.phase == "done"
    return [
        (f"{number(row)}  ", "quiet" if done else "text"),
        (cells.column(words.code("state", row.state), 11), "quiet" if done else "accent"),
        (f"{words.code('link', how)}  " if how else "", "mark"),
        (f"{words.short(row.opened_at)}  ", "quiet"),
        (cells.safe(row.subject) or words.code("reason", row.reason), "quiet" if done else "text"),
    ]
