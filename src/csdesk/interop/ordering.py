"""Order systems followed and asked on demand.

What they tell goes through the importer; a fault of theirs only makes what we know older.
"""

from typing import Any

from csdesk.desk.core import Core
from csdesk.desk.order_source import BY, Fault, OrderSource, SourceSettings
from csdesk.desk.queries import FindOrders, FoundOrder
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace
from csdesk.interop.documents import Kept, keep
from csdesk.interop.faults import ImportFault
from csdesk.interop.maps import ImportMap, load_map
from csdesk.store import sources
from csdesk.store.connection import write

# After a fault nobody waits for the order system again for so long: each look would cost its whole time.
REST_MS = 30_000
# Pages of one pull; a feed that always has more goes on with the next.
MOST_PAGES = 500
# Problems of records that a person is told one by one.
MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Aged:
    """An order, and when its source last told of it; UTC ms."""

    found: FoundOrder
    seen_at: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look-up found here, after the source was asked; `fault`: why what is shown may be old ("": it is not).

    `asked`: whether the source was asked at all; `problems`: what is wrong with records that it told.
    """

    orders: tuple[Aged, ...]
    fault: str = ""
    asked: bool = True
    told: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull of changes did; `older`: records left out because newer ones are known, `told`: open cases told.

    `platform_unknown`: records whose platform state nobody here knows.
    """

    pages: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    older: int = 0
    rejected: int = 0
    told: int = 0
    platform_unknown: int = 0
    fault: str = ""
    problems: tuple[str, ...] = ()


def guess(value: str) -> tuple[str, ...]:
    """What a text may be, the likeliest first: eleven digits are a phone, long numbers a waybill, all else an order."""
    digits = value.strip().lstrip("+").replace(" ", "").replace("-", "")
    if digits.isascii() and digits.isdigit() and len(digits) in (11, 13):
        return ("phone", "order", "waybill")
    if digits[:2].isascii() and digits[:2].isalpha() and len(digits) >= 12:
        return ("waybill", "order")
    return ("order", "waybill")


def look_up(core: Core, source: OrderSource, settings: SourceSettings, value: str, by: str = "") -> Looked:
    """Ask the source, keep what it tells, and show what is known. ImportFault for a map that cannot be read.

    Whatever the source does, what is known is shown: late, with HTML, about another order, or not at all.
    """
    core.need(Right.WORK)
    if by and by not in BY:
        raise Refused("bad_choice", field="by", allowed=", ".join(BY))
    map_ = load_map(settings.map)
    name = settings.source.name
    state = sources.state(core.store.conn, core.desk, name)
    if state.failed_at > state.answered_at and core.now() - state.failed_at < REST_MS:
        return Looked(_known(core, value), state.fault, asked=False)
    kept, fault = Kept(None), ""
    for way in (by,) if by else guess(value):
        told = source.find(way, value)
        if isinstance(told, Fault):
            if told.reason == f"not_by_{way}":
                continue
            fault = told.reason
            break
        only = value if way == "order" else ""
        kept, fault = _kept(core, settings, map_, told.document, only)
        if kept.other and not kept.orders:
            fault = fault or "other_order"
        if fault or kept.orders:
            break
    _note(core, name, state, fault)
    return Looked(_known(core, value), fault, told=kept.orders, problems=_problems(kept))


def pull(core: Core, source: OrderSource, settings: SourceSettings) -> Pulled:
    """Take the changes since the last pull, page by page; ImportFault for a map that cannot be read.

    The cursor is written when its page is kept: killed in between, the page comes again and changes nothing.
    """
    core.need(Right.RUN)
    map_, name, done = load_map(settings.map), settings.source.name, Pulled()
    passed: set[str] = set()
    while done.pages < MOST_PAGES and not done.fault:
        state = sources.state(core.store.conn, core.desk, name)
        page = source.changes(state.cursor)
        if isinstance(page, Fault):
            done = replace(done, fault=page.reason)
        else:
            kept, fault = _kept(core, settings, map_, page.document, "")
            done = _added(done, kept, fault)
            if not fault:
                state = replace(state, cursor=page.cursor, pulled_at=core.now())
            if page.more and page.cursor in passed:
                # It leads in a circle: what was told is kept, and the next pull begins here.
                done = replace(done, fault="cursor_loops")
            passed.add(page.cursor)
        _note(core, name, state, done.fault)
        if not (isinstance(page, Fault) or page.more):
            break
    return done


def _kept(core: Core, settings: SourceSettings, map_: ImportMap, data: Any, only: str) -> tuple[Kept, str]:
    source = settings.source
    try:
        return keep(core.by_itself(), map_, source.name, data, source.stamp, only=only), ""
    except ImportFault:
        return Kept(None), "not_understood"


def _added(done: Pulled, kept: Kept, fault: str) -> Pulled:
    counts = dict.fromkeys(("added", "changed", "unchanged", "rejected"), 0)
    if kept.report is not None:
        counts = {name: kept.report.total(name) for name in counts}
    return replace(
        done,
        pages=done.pages + 1,
        **{name: getattr(done, name) + n for name, n in counts.items()},
        older=done.older + kept.older,
        told=done.told + (kept.report.told if kept.report else 0),
        platform_unknown=done.platform_unknown + _unknown(kept),
        fault=fault,
        problems=(*done.problems, *_problems(kept))[:MOST_TOLD],
    )


def _unknown(kept: Kept) -> int:
    """How many records told a platform's state that the table of platforms does not have."""
    sorts = kept.report.balance if kept.report else ()
    return sum(sort.source for sort in sorts if sort.what == "platform_unknown")


def _problems(kept: Kept) -> tuple[str, ...]:
    """What is wrong with records that were left out; never with a value from them."""
    return tuple(str(reject) for reject in kept.report.rejects[:MOST_TOLD]) if kept.report else ()


def _known(core: Core, value: str) -> tuple[Aged, ...]:
    found = core.ask(FindOrders(value))
    conn, desk = core.store.conn, core.desk
    return tuple(Aged(one, sources.seen(conn, desk, one.order.id).seen_at) for one in found)


def _note(core: Core, name: str, state: sources.State, fault: str) -> None:
    """Write down how the source stands after it was asked."""
    now = core.now()
    told = {"failed_at": now, "fault": fault} if fault else {"answered_at": now, "fault": ""}
    state = replace(state, **told)  # type: ignore[arg-type]
    with write(core.store.conn):
        sources.put_state(core.store.conn, core.desk, name, state)
