"""What a desk holds of the person behind a request, what still needs it, and until when a law keeps it."""

from typing import TYPE_CHECKING

from csdesk.domain import ids
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Order, Refused
from csdesk.domain.cases.evidence import KeepEvidence, ReleaseEvidence, held_until
from csdesk.domain.cases.holdings import TRANSACTIONS_YEARS, Holdings
from csdesk.domain.cases.opening import Open
from csdesk.domain.clocks.days import add_months, end_of_day_ms, local_day
from csdesk.domain.roles import Role
from csdesk.store import restraint

if TYPE_CHECKING:
    from csdesk.desk.core import Core

# A refusal names some of many open cases; whoever closes these asks again.
MOST_NAMED = 20
# Reports stand aside: that somebody reported is told to nobody, and who did is not needed to look into it.
_BUSY = (
    "SELECT kind, body FROM cases WHERE desk_id = ? AND customer = ? AND closed_at = 0 AND id <> ?"
    " AND kind <> 'report' ORDER BY opened_at, id LIMIT ?"
)
# When a transaction was over: its goods signed for or its last money moved, else the last that is known of it.
_ENDED = (
    "SELECT o.placed_at, o.paid_at, o.shipped_at, o.signed_at,"
    " coalesce((SELECT max(p.signed_at) FROM parcel p INDEXED BY parcel_order"
    "  WHERE p.desk_id = o.desk_id AND p.order_id = o.id AND p.order_id <> '' AND p.case_id = ''), 0),"
    " coalesce((SELECT max(r.at) FROM refund_part r INDEXED BY refund_part_order"
    "  WHERE r.desk_id = o.desk_id AND r.order_id = o.id), 0)"
    " FROM orders o WHERE o.desk_id = ? AND o.customer = ?"
)


def only_stored(core: "Core", case: Case) -> bool:
    """Whether a case is of somebody whose data is only stored.

    Their requests are gone on with (个人信息保护法 §50), and so is an open report, for everybody's sake.
    """
    if case.kind is Kind.PRIVACY_REQUEST or (case.kind is Kind.REPORT and case.open):
        return False
    return restraint.holds(core.store.conn, core.desk, case.customer)


def free_to_use(core: "Core", command: Command, case: Case | None, order: Order | None) -> None:
    """Refused `only_stored` for a verb on a case, or for a new case, of somebody whose data is only stored.

    The worker goes on with its clocks and with what it was told before; how long it is stored may still be said.
    """
    if core.me.role is Role.SYSTEM or isinstance(command, KeepEvidence | ReleaseEvidence):
        return
    if case is not None:
        stored = only_stored(core, case)
    elif isinstance(command, Open) and command.kind is not Kind.PRIVACY_REQUEST:
        who = order.customer if order else command.customer
        stored = restraint.holds(core.store.conn, core.desk, who)
    else:
        return
    if stored:
        raise Refused("only_stored")


def holdings(core: "Core", person: str, but: str) -> Holdings:
    """What is held of a person; `but` is the id of the request that asks, which does not count as needing it."""
    conn, desk = core.store.conn, core.desk
    busy = tuple(
        ids.number(Kind(kind).letters, body)
        for kind, body in conn.execute(_BUSY, (desk, person, but, MOST_NAMED))
    )
    ended = [max(row) for row in conn.execute(_ENDED, (desk, person))]
    (cases,) = conn.execute(
        "SELECT count(*) FROM cases WHERE desk_id = ? AND customer = ?", (desk, person)
    ).fetchone()
    (files,) = conn.execute(
        # CROSS: by the few cases, not by all the evidence of the desk.
        "SELECT count(*) FROM cases c CROSS JOIN evidence e ON e.desk_id = c.desk_id AND e.case_id = c.id"
        " WHERE c.desk_id = ? AND c.customer = ?",
        (desk, person),
    ).fetchone()
    (marks,) = conn.execute(
        "SELECT count(DISTINCT flag) FROM person_flag WHERE desk_id = ? AND person = ?", (desk, person)
    ).fetchone()
    keep = max((_kept_until(core, at) for at in ended), default=0)
    restrained = restraint.holds(conn, desk, person)
    return Holdings(busy, len(ended), cases, files, marks, keep, _held(core, person), restrained)


def _held(core: "Core", person: str) -> int:
    """Until when a case of theirs is held against deletion for proceedings; 0 when none is."""
    rows = core.store.conn.execute(
        "SELECT id FROM cases WHERE desk_id = ? AND customer = ?", (core.desk, person)
    )
    return max((held_until(core.load(id_)[0]) for (id_,) in rows.fetchall()), default=0)


def _kept_until(core: "Core", at: int) -> int:
    """When the duty to keep a transaction ends that was over at `at` (电子商务法 §31); 24:00 of the last day."""
    last = add_months(local_day(at, core.zone), 12 * TRANSACTIONS_YEARS)
    return end_of_day_ms(last, core.zone)
