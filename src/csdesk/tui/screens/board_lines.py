"""The board in words: which columns its tables have, and what each line of them says."""

from collections.abc import Callable, Sequence

from csdesk.desk import leak_words
from csdesk.desk.board_queries import AgentShift, BoardView, QueueState
from csdesk.desk.look_queries import UnusualLooks
from csdesk.desk.staff_queries import NoTaker
from csdesk.desk.words import Words
from csdesk.domain.routing import AVAILABLE
from csdesk.store.board import MOST_COUNTED
from csdesk.tui import cells
from csdesk.tui.kinds import TABS, queue_of
from csdesk.tui.summary import brief
from csdesk.tui.widgets.table import Entry, Field

# What Enter on a line of the lowest table means, before a colon and what it means it of.
WORKER, DEAD, AWAITING, QUEUE, CASE, INCIDENT = "worker", "dead", "awaiting", "queue", "case", "incident"
LOOKS = "looks"
LEAK = "leak"
# So many of the cases that nobody may take are looked at; more are told as so many or more.
MOST_STUCK = 50


def counted(n: int) -> str:
    """A count as a column shows it: exact, or that there are more than were counted."""
    return f"{MOST_COUNTED // 1000}k+" if n >= MOST_COUNTED else str(n)


def _many(n: int) -> str:
    return str(n) if n < 10_000 else f"{n // 1000}k" if n < 1_000_000 else f"{n // 1_000_000}M"


def _late(n: int) -> tuple[str, str]:
    """A count of what is late: with a sign, so that it is seen without colours."""
    return (f"!{_many(n)}", "late") if n else ("", "quiet")


def queue_fields(words: Words) -> list[Field]:
    """The columns of the queues."""
    latin = words.language == "en"
    return [
        Field("name", words("board.queue"), 0),
        Field("live", words("board.live"), 5, "right"),
        Field("late", words("board.late"), 5, "right"),
        Field("soon", words("board.soon"), 10 if latin else 9, "right", keep=6),
        Field("free", words("board.free"), 6 if latin else 5, "right", keep=5),
        Field("oldest", words("board.oldest"), 12, keep=3),
        Field("over", words("board.over"), 7 if latin else 6, "right", keep=4),
    ]


def queue_entries(view: BoardView, words: Words) -> list[Entry]:
    """The queues in the order of the tabs, those with nothing in them last."""
    order = {queue: n for n, queue in enumerate(TABS)}
    told = sorted(view.queues, key=lambda one: (not one.live, order.get(one.queue, len(order))))
    return [Entry(one.queue, _queue(one, words, view.at)) for one in told]


def _queue(one: QueueState, words: Words, now: int) -> dict[str, tuple[str, str]]:
    bare = bool(one.unassigned) and not one.hands
    free = f"!{_many(one.unassigned)}" if bare else _many(one.unassigned) if one.unassigned else ""
    soon = f"{counted(one.hour)}/{counted(one.four_hours)}" if one.four_hours else ""
    return {
        "name": (words.code("queue", one.queue), "text" if one.live else "faint"),
        "live": (_many(one.live) if one.live else "", "text"),
        "late": _late(one.late),
        "soon": (soon, "soon" if one.hour else "quiet"),
        "free": (free, "late" if bare else "text"),
        "oldest": (one.oldest, "quiet"),
        "over": (brief(words, now - one.oldest_due) if one.oldest else "", "late"),
    }


def present(one: AgentShift) -> bool:
    """Whether somebody said to be here; who never said anything counts as here, but nobody can know."""
    return bool(one.since) and one.state == AVAILABLE


def agent_fields(words: Words) -> list[Field]:
    """The columns of the agents."""
    latin = words.language == "en"
    return [
        Field("name", words("board.agent"), 0),
        Field("state", words("board.state"), 13 if latin else 6),
        Field("since", words("board.since"), 6, "right", keep=2),
        Field("held", words("board.held"), 12, keep=5),
        Field("for", words("board.for"), 6, "right", keep=3),
        Field("live", words("board.theirs"), 4, "right"),
        Field("late", words("board.late"), 4, "right"),
        Field("done", words("board.done"), 4, "right", keep=6),
    ]


def agent_entries(view: BoardView, words: Words) -> list[Entry]:
    """Those who are here first, then the others, each by name."""
    told = sorted(view.agents, key=lambda one: (one.state != AVAILABLE, one.name, one.id))
    return [Entry(one.id, _agent(one, words, view.at)) for one in told]


def _agent(one: AgentShift, words: Words, now: int) -> dict[str, tuple[str, str]]:
    here = one.state == AVAILABLE
    parked = f" +{one.parked}" if one.parked else ""
    return {
        "name": (cells.safe(one.name), "text" if here else "quiet"),
        "state": (
            words.code("presence", one.state if one.since else "unsaid"),
            "good" if present(one) else "quiet",
        ),
        "since": (brief(words, now - one.since) if one.since else "", "quiet"),
        "held": (one.held or (words("board.parked", n=one.parked) if one.parked else ""), "text"),
        "for": (
            (brief(words, now - one.held_since) if one.held else "") + (parked if one.held else ""),
            "quiet",
        ),
        "live": (_many(one.assigned) if one.assigned else "", "text"),
        "late": _late(one.late),
        "done": (str(one.done) if one.done else "", "good"),
    }


def looked(one: UnusualLooks, words: Words, name: str) -> str:
    """Who looked at masked data far more often than is usual, in a sentence."""
    own, desk = f"{one.own:g}", f"{one.desk:g}"
    at = words.short(one.hour)
    return words("board.looks", who=cells.safe(name), at=at, n=one.looks, own=own, desk=desk)


def need_entries(
    view: BoardView, words: Words, stuck: Sequence[NoTaker], name_of: Callable[[str], str] = str
) -> list[Entry]:
    """What needs a person, the worst first; nothing when nothing does."""
    told: list[tuple[str, str, str]] = []
    if view.worker == "stopped":
        told.append((WORKER, words("board.stopped", time=brief(words, view.at - view.waiting_since)), "late"))
    if view.failed:
        told.append((DEAD, words("board.failed", n=counted(view.failed)), "late"))
    if view.in_doubt:
        told.append((AWAITING, words("board.in_doubt", n=view.in_doubt), "late"))
    if view.awaiting:
        told.append((AWAITING, words("board.awaiting", n=view.awaiting), "soon"))
    told += _stuck(stuck, words)
    for one in view.skipped:
        why = words.between.join(words.code("skip", code) for code in one.why)
        said = words("board.skipped", number=one.number, n=len(one.agents), why=why)
        told.append((f"{CASE}:{one.id}", said, "late"))
    told += [(f"{LOOKS}:{one.agent}", looked(one, words, name_of(one.agent)), "late") for one in view.looks]
    if view.urgent:  # None for those who may not know
        alarms = leak_words.urgent(view.urgent, words, view.at)
        told += [(f"{LEAK}:{about}", cells.safe(said), "late") for about, said in alarms]
    for incident in view.incidents:
        at = words.short(incident.told_at) if incident.told_at else words("board.never_told")
        said = words("board.incident", number=incident.number, n=counted(incident.members), at=at)
        told.append((f"{INCIDENT}:{incident.id}", f"{said}  {cells.safe(incident.subject)}", "mark"))
    return [Entry(id_, {"told": (_signed(text, how), how)}) for id_, text, how in told]


def _stuck(found: Sequence[NoTaker], words: Words) -> list[tuple[str, str, str]]:
    """Cases that nobody here may take, by kind and reason: the one case, or the queue that several stand in."""
    groups: dict[tuple[str, str], list[NoTaker]] = {}
    for one in found:
        groups.setdefault((one.row.kind, one.why), []).append(one)
    told = []
    for (kind, why), cases in groups.items():
        opens = f"{CASE}:{cases[0].row.id}" if len(cases) == 1 else f"{QUEUE}:{queue_of(kind)}"
        n = f"{len(cases)}+" if len(found) >= MOST_STUCK else len(cases)
        said = words("board.unroutable", kind=words.code("kind", kind), n=n, why=words.code("no_taker", why))
        told.append((opens, said, "late"))
    return told


def _signed(text: str, how: str) -> str:
    return f"! {text}" if how == "late" else f"  {text}"


def headline(view: BoardView, words: Words, name_of: Callable[[str], str]) -> str:
    """The line above: all queues together, and whether the worker works."""
    pool = [one for one in view.queues if one.queue != "authority"]
    live, late = sum(one.live for one in pool), sum(one.late for one in pool)
    here = sum(present(one) for one in view.agents)
    return words(
        "board.headline" if any(one.since for one in view.agents) else "board.headline_unsaid",
        live=_many(live),
        late=_many(late),
        here=here,
        all=len(view.agents),
        worker=words(f"board.worker_{view.worker}"),
    )
