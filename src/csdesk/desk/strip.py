"""Who stands behind a case, in a line: marks, other open cases, refunds of late, duplicates found on arrival."""

from typing import TYPE_CHECKING

from csdesk.domain import ids
from csdesk.domain.cases.arriving import Arrived
from csdesk.domain.cases.case import Case
from csdesk.domain.value import dataclass
from csdesk.store import flags, folds
from csdesk.store.codec import decode
from csdesk.store.flags import Flag

if TYPE_CHECKING:
    from csdesk.desk.core import Core
    from csdesk.desk.words import Words

# "Recent", of refunds: a quarter, after which what was given back says little about the case in hand.
RECENT_DAYS = 90
_DAY = 86_400_000
# Of the events of a case: `arrived` is among those of the command that opened it.
_FIRST = 8

# The customer's cases from their index, and of each the refunds from their key: CROSS JOIN keeps that order, which
# SQLite would turn round without statistics. Reports name nobody; what went back in kind (points) is no money.
PAID_BACK = (
    "SELECT c.currency, count(DISTINCT p.refund), sum(p.minor) FROM cases c CROSS JOIN refund_part p"
    " ON p.desk_id = c.desk_id AND p.case_id = c.id WHERE c.desk_id = ? AND c.customer = ? AND c.kind <> 'report'"
    " AND p.at >= ? AND p.state IN ('sent', 'confirmed') AND p.counted = 0 GROUP BY c.currency ORDER BY c.currency"
)
OPEN = (
    "SELECT count(*) FROM cases WHERE desk_id = ? AND customer = ? AND closed_at = 0 AND id <> ?"
    " AND kind <> 'report'"
)
ARRIVED = (
    "SELECT v, payload FROM event WHERE desk_id = ? AND case_id = ? AND seq <= ? AND type = 'arrived' LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class PaidBack:
    """Refunds sent or confirmed in `RECENT_DAYS`, in all the customer's cases: how many, their sum in minor units."""

    currency: str
    count: int
    minor: int


@dataclass(frozen=True, slots=True)
class Twin:
    """A case that intake took for the same matter, by number; `id` "" where it is not known here."""

    number: str
    id: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """What a case screen tells of its customer beside their name; empty for a report, which names nobody."""

    flags: tuple[Flag, ...] = ()
    open_cases: int = 0
    paid_back: tuple[PaidBack, ...] = ()
    twins: tuple[Twin, ...] = ()


def marks(core: "Core", case: Case) -> tuple[Flag, ...]:
    """What the case's customer is marked as now; nothing where nobody is to know who they are."""
    return () if case.protected else flags.of_person(core.store.conn, core.desk, case.customer, core.now())


def strip(core: "Core", case: Case) -> Strip:
    """The strip of a case: four queries by index, none of them longer than the customer's own cases."""
    if case.protected:
        return Strip()
    conn, desk, twins = core.store.conn, core.desk, _twins(core, case)
    if not case.customer:
        return Strip(twins=twins)
    (n,) = conn.execute(OPEN, (desk, case.customer, case.id)).fetchone()
    since = core.now() - RECENT_DAYS * _DAY
    paid = conn.execute(PAID_BACK, (desk, case.customer, since)).fetchall()
    return Strip(marks(core, case), n, tuple(PaidBack(*row) for row in paid), twins)


def _twins(core: "Core", case: Case) -> tuple[Twin, ...]:
    row = core.store.conn.execute(ARRIVED, (core.desk, case.id, _FIRST)).fetchone()
    if row is None:
        return ()
    arrived = decode("arrived", row[0], row[1])
    if not isinstance(arrived, Arrived):
        return ()
    return tuple(Twin(one.number, _known(core, one.number), one.why) for one in arrived.alike)


def _known(core: "Core", number: str) -> str:
    try:
        _, body = ids.parse_number(number)
    except ids.BadNumber:
        return ""
    return folds.find(core.store.conn, core.desk, body) or ""


def told(words: "Words", found: Strip) -> list[tuple[str, str]]:
    """The strip in pieces, each with the colour it has on a screen; a sign stands before each mark."""
    pieces = [
        (f"{_SIGNS[one.flag]} {words.code('flag', one.flag)}", _COLOURS[one.flag]) for one in found.flags
    ]
    if found.open_cases:
        pieces.append((words.count("strip.open", found.open_cases), "text"))
    pieces += [
        (
            words.count(
                "strip.refunds", one.count, days=RECENT_DAYS, sum=words.money(one.minor, one.currency)
            ),
            "text",
        )
        for one in found.paid_back
    ]
    if found.twins:
        numbers = words.between.join(one.number for one in found.twins)
        pieces.append((words("strip.twins", numbers=numbers), "soon"))
    return pieces


_SIGNS = {"vip": "+", "minor": "?", "abusive": "!"}
_COLOURS = {"vip": "mark", "minor": "soon", "abusive": "bad"}
