"""Deciding: what a verb comes to on the fresh case, and all that is kept with it in the same transaction.

Apart from `core.py`, since it knows every verb, event and machine there is: who only reads does not load them.
"""

import os
import random
import time
from typing import TYPE_CHECKING

from csdesk.desk.desk import Came, Conflict, Done
from csdesk.desk.rights_plan import free_to_use, holdings
from csdesk.desk.undoing import last_undoable
from csdesk.domain import ids
from csdesk.domain.cases import shared
from csdesk.domain.cases.approval import ApproveRefund, DeclineRefund
from csdesk.domain.cases.arriving import LinkCase, UnlinkCase
from csdesk.domain.cases.calls import NoteCall
from csdesk.domain.cases.carriage import RequestLabel, RequestPickup
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.clocks import Notice
from csdesk.domain.cases.command import Command, Deciding
from csdesk.domain.cases.context import Context, Order, Refused
from csdesk.domain.cases.conversation import Hear, Reply
from csdesk.domain.cases.events import EVENTS, Stamp, evolve
from csdesk.domain.cases.evidence import FileEvidence
from csdesk.domain.cases.findings import Establish
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.incident import (
    CloseIncident,
    DecideMembers,
    DescribeCause,
    InformMembers,
    JoinIncident,
)
from csdesk.domain.cases.kinds import Decided, run, sprout
from csdesk.domain.cases.opening import LinkOrder, Open
from csdesk.domain.cases.rulings import Ruling
from csdesk.domain.cases.splitting import Merge, came_in, merged_into
from csdesk.domain.cases.tracks import HandTrack, OpenTrack
from csdesk.domain.roles import Right, Role
from csdesk.domain.value import replace
from csdesk.store import cases, flags, folds, leases, orders, takeovers
from csdesk.store.cases import Batch, Written
from csdesk.store.connection import write
from csdesk.store.errors import StoreError

if TYPE_CHECKING:
    from csdesk.desk.core import Core

# Databases that serve many may break a transaction off, or go away and come back: 0.15 s at most are waited in all.
AGAIN = frozenset({"conflicted", "lost"})
TRIES = 4
# 35 random bits give one clash in a million cases about every 34,000 new ones; five tries never all clash.
NUMBER_TRIES = 5
# Done while somebody else holds the case: the second person looks at the money, not over the agent's shoulder.
UNHELD = frozenset({"assign", "approve_refund", "decline_refund", "clear_refund"})


def do(core: "Core", command: Command, case: str, version: int | None, key: str) -> Done:
    """Carry out a verb in a transaction of its own; see `Desk.do`."""
    core.need(command.verb.right)
    # One key for all tries, so that what was kept although its answer got lost is not done twice.
    key = key or os.urandom(16).hex()
    try:
        for tries in range(TRIES, 0, -1):
            try:
                with write(core.store.conn):
                    return carry_out(core, command, case, version, key)
            except StoreError as exc:
                if exc.code not in AGAIN or tries == 1:
                    raise
                time.sleep(random.uniform(0, 0.05 * 2 ** (TRIES - tries)))
    finally:
        core.say_looks()
    raise AssertionError("the last try returns or raises")


def carry_out(core: "Core", command: Command, case: str, version: int | None, key: str) -> Done:
    """Decide and keep a verb inside the caller's transaction; see `Core.within`."""
    core.store.heed_erasures()
    if again := _done_before(core, key, command, case):
        return again
    done, batch = _decide(core, command, case, version, key)
    lost = _losing(core, command, done.case)
    cases.write(core.store.conn, core.desk, batch, core.store.people.text_key())
    _taken(core, done.case, lost)
    return done


def _losing(core: "Core", command: Command, after: Case) -> tuple[str, ...] | None:
    """Who had the case and loses it by this verb, before it is written: whoever has it open, and whose it was.

    None for a verb by which nobody can.
    """
    if not isinstance(command, shared.Take | shared.Assign):
        return None
    before, _ = core.load(after.id)
    lease = leases.held(core.store.conn, core.desk, after.id, core.now())
    had = (lease.holder if lease else "", before.assignee)
    return tuple(who for who in dict.fromkeys(had) if who not in ("", after.assignee))


def _taken(core: "Core", case: Case, lost: tuple[str, ...] | None) -> None:
    """Let those who lost a case know, and no key of theirs hold it any more."""
    if lost is None:
        return
    conn, now = core.store.conn, core.now()
    takeovers.forget(conn, core.desk, case.id, case.assignee)
    for former in lost:
        leases.release(conn, core.desk, case.id, former)
        if former != core.me.id:
            taken = takeovers.Taken(case.id, former, case.assignee, core.me.id, now)
            takeovers.put(conn, core.desk, taken)
    if case.assignee == core.me.id and lost:
        leases.hold(conn, core.desk, case.id, core.me.id, core.session, now)


def _done_before(core: "Core", key: str, command: Command, said: str) -> Done | None:
    row = core.store.conn.execute(
        "SELECT case_id, verb, actor FROM request WHERE desk_id = ? AND key = ?", (core.desk, key)
    ).fetchone()
    if row is None:
        return None
    # What was heard on an old case may have gone on to its follow-up.
    other_case = not isinstance(command, Open | Hear | NoteCall) and core.case_id(said) != row[0]
    if row[1] != command.verb.name or row[2] != core.me.id or other_case:
        raise Refused("key_reused", key=key, verb=row[1])
    found, _ = core.load(row[0])
    return Done(found, core.number(found), row[1], key, (), again=True)


def _decide(core: "Core", command: Command, said: str, version: int | None, key: str) -> tuple[Done, Batch]:
    before, head = (None, b"") if isinstance(command, Open) else core.load(core.case_id(said))
    if before and isinstance(command, Hear | NoteCall) and (goes := _where_heard(core, before)) is not before:
        (before, head), version = core.load(goes.id), None
    if before and (unknown := cases.unknown_events(core.store.conn, core.desk, before.id)):
        raise Refused("case_of_later_version", number=core.number(before), events=unknown)
    command = _completed(core, command)
    undoes = last_undoable(core, before) if isinstance(command, shared.TakeBack) and before else None
    order = order_for(core, command, before)
    free_to_use(core, command, before, order)
    if isinstance(command, Reply) and before is not None:
        from csdesk.desk.saying import cleared

        command = cleared(core, before, order, command)
    if isinstance(command, FileEvidence) and before is not None:
        from csdesk.store.evidence import lies

        if not lies(core.store.conn.path, before.id, command.sha256):
            raise Refused("evidence_not_stored", hash=command.sha256[:8])
    if isinstance(command, RequestLabel | RequestPickup) and before is not None:
        from csdesk.desk.freight import with_payer

        command = with_payer(core, before, order, command)
    ctx = core.context(key, order, undoes, _rulings(core, command, before, order))
    ctx = replace(ctx, flags=_flags(core, command, before, order))
    if isinstance(command, Approve) and command.exchange_sku:
        ctx = replace(ctx, prices=_prices(core, command.exchange_sku, order))
    if isinstance(command, ApproveRefund | DeclineRefund):
        ctx = replace(ctx, delegations=core.delegations())
    if before is not None and isinstance(command, InformMembers | DecideMembers | CloseIncident):
        from csdesk.desk.incident_runs import counted

        ctx = replace(ctx, members=counted(core, before, command))
    if isinstance(command, Merge):
        ctx = replace(ctx, other=core.load(command.other)[0])
    if before is not None and before.kind is Kind.PRIVACY_REQUEST:
        ctx = replace(ctx, holdings=holdings(core, before.customer, before.id))
    decided = _judge(core, command, before, version, ctx)
    if before is not None and isinstance(command, InformMembers | DecideMembers):
        from csdesk.desk import incident_runs

        incident_runs.begin(core, before, command, decided.events)
    if decided.case.kind is Kind.PRIVACY_REQUEST:
        from csdesk.desk import rights_carrying

        rights_carrying.carry(core, command, decided.case, decided.events)
    batch = Batch()
    written = Written(before, decided.case, decided.events, head, ctx.now, core.me.id, key, command.verb.name)
    cases.gather(batch, core.store.keys, written)
    beside = _sprouted(core, batch, before, command, ctx)
    _linked_back(core, batch, command, decided.case, key)
    after = decided.case
    told = tuple(event.type for event in decided.events)
    return Done(after, core.number(after), command.verb.name, key, told, opened=beside), batch


def _flags(core: "Core", command: Command, case: Case | None, order: Order | None) -> frozenset[str]:
    """What the customer of a case is marked as, also of one that begins; nothing where it names nobody."""
    if case is not None:
        who = "" if case.protected else case.customer
    elif isinstance(command, Open) and command.kind is not Kind.REPORT:
        who = order.customer if order else command.customer
    else:
        return frozenset()
    return frozenset(one.flag for one in flags.of_person(core.store.conn, core.desk, who, core.now()))


def _sprouted(core: "Core", batch: Batch, before: Case | None, command: Command, ctx: Context) -> str:
    """Add the case that a command opens beside its own to the same batch; its number, or "" for none."""
    if before is None or command.offshoot(before, ctx) is None:
        return ""
    sprung = sprout(before, command, ctx, _free_body(core))
    assert sprung is not None
    key = f"{ctx.request}/offshoot"
    new = Written(None, sprung.case, sprung.events, b"", ctx.now, core.me.id, key, command.verb.name)
    cases.gather(batch, core.store.keys, new)
    return core.number(sprung.case)


def _linked_back(core: "Core", batch: Batch, command: Command, case: Case, key: str) -> None:
    """A link that somebody made stands in both cases, whichever of them is looked at."""
    if isinstance(command, Merge):
        into, head = core.load(command.other)
        happened, at = came_in(case), core.now()
        after = evolve(into, happened, Stamp(at, core.me.id))
        written = Written(into, after, (happened,), head, at, core.me.id, f"{key}/back", "merge")
        cases.gather(batch, core.store.keys, written)
        return
    if not isinstance(command, LinkCase | UnlinkCase):
        return
    other, head = core.load(command.other)
    if any(linked == case.id for _, linked in other.links) is isinstance(command, LinkCase):
        return
    ctx = core.context(f"{key}/back", None)
    decided = run(other, replace(command, other=case.id), ctx)
    back = Written(
        other, decided.case, decided.events, head, ctx.now, core.me.id, ctx.request, command.verb.name
    )
    cases.gather(batch, core.store.keys, back)


def _where_heard(core: "Core", case: Case) -> Case:
    """The case to which a message on `case` belongs: its last follow-up, once it is too old to be reopened."""
    seen = {case.id}
    while (into := merged_into(case)) and into not in seen:
        seen.add(into)
        case, _ = core.load(into)
    ctx = core.context("", None)
    while later := [id_ for how, id_ in case.links if how == "follow_up"]:
        if case.open or shared.Reopen.off(case, ctx) is None:
            break
        case, _ = core.load(later[-1])
    return case


def _rulings(core: "Core", command: Command, case: Case | None, order: Order | None) -> tuple[Ruling, ...]:
    """What the law says, for a verb that decides; a fact that somebody states is tried before it is kept."""
    if case is None or core.me.role is Role.SYSTEM:
        return ()
    if isinstance(command, Establish):
        from csdesk.desk.law.stating import try_facts

        try_facts(core.bench(), case, order, command)
    return core.bench().rulings(case, order) if isinstance(command, Deciding) else ()


def _completed(core: "Core", command: Command) -> Command:
    """What only the desk can know: a free number and a person for a new case, whether an agent exists."""
    if isinstance(command, shared.Assign) and core.store.agent(command.to_agent) is None:
        raise Refused("no_such_agent", who=command.to_agent)
    owner = command.owner.strip() if isinstance(command, Notice | OpenTrack | HandTrack) else ""
    if owner and core.store.agent(owner) is None:
        raise Refused("no_such_agent", who=owner)
    if isinstance(command, LinkCase | UnlinkCase):
        return replace(command, other=core.load(core.case_id(command.other))[0].id)
    if isinstance(command, Merge):
        return replace(command, other=core.case_id(command.other))
    if isinstance(command, JoinIncident) and command.incident:
        parent, _ = core.load(core.case_id(command.incident))
        if parent.kind is not Kind.INCIDENT or not parent.open:
            raise Refused("no_open_incident", number=core.number(parent))
        return replace(command, incident=parent.id)
    if isinstance(command, DescribeCause) and command.merchant.strip():
        return replace(command, merchant=_merchant(core, command.merchant.strip()))
    if not isinstance(command, Open):
        return command
    customer = command.customer
    if not command.order and not customer:
        customer = ids.uuid7(core.now(), os.urandom(10))
        core.store.people.add(customer)
    return replace(command, desk=core.desk, customer=customer, body=_free_body(core))


def _prices(core: "Core", sku: str, order: Order | None) -> dict[str, int]:
    """What one of a variant costs, in minor units; nothing when unknown or in another currency than the order."""
    row = core.store.conn.execute(
        "SELECT price, currency FROM variant WHERE desk_id = ? AND sku = ?", (core.desk, sku)
    ).fetchone()
    return {sku: row[0]} if row and order is not None and row[1] == order.currency else {}


def _merchant(core: "Core", said: str) -> str:
    """The id of the merchant with this id or number in the order system; Refused `no_such_merchant`."""
    row = core.store.conn.execute(
        "SELECT id FROM merchant WHERE desk_id = ? AND external_id = ?"
        " UNION ALL SELECT id FROM merchant WHERE desk_id = ? AND id = ? LIMIT 1",
        (core.desk, said, core.desk, said),
    ).fetchone()
    if row is None:
        raise Refused("no_such_merchant", merchant=said[:40])
    return str(row[0])


def _free_body(core: "Core") -> str:
    for _ in range(NUMBER_TRIES):
        body = ids.make_body(int.from_bytes(os.urandom(5), "big") >> 5)
        if folds.find(core.store.conn, core.desk, body) is None:
            return body
    raise Refused("no_free_number")


def _judge(core: "Core", command: Command, before: Case | None, version: int | None, ctx: Context) -> Decided:
    """Decide on the fresh case; what commutes needs no hold and meets no conflict."""
    came = _came_between(core, before, version) if before else ()
    try:
        decided = run(before, command, ctx)
    except Refused:
        # Refused because somebody was faster: say who, not what the state now forbids.
        if came and before:
            raise Conflict(core.number(before), came) from None
        raise
    # A reply commutes, but only whoever has the case speaks for it: the customer gets one answer.
    if before is not None and isinstance(command, Reply) and core.me.role is not Role.SYSTEM:
        _not_taken(core, before)
        if not core.announces:
            _not_held(core, before)
    if before is None or all(event.commutes for event in decided.events):
        return decided
    if came:
        raise Conflict(core.number(before), came)
    if isinstance(command, shared.Take) and command.over:
        core.need(Right.TAKE_OVER)
        return decided
    if core.me.role is not Role.SYSTEM and command.verb.name not in UNHELD:
        if not isinstance(command, shared.Take):
            _not_taken(core, before)
        _not_held(core, before)
    return decided


def _not_held(core: "Core", case: Case) -> None:
    """Refused `held_by` with the name when somebody else has the case in hand."""
    other = leases.held(core.store.conn, core.desk, case.id, core.now())
    if other is not None and other.holder != core.me.id:
        raise Refused("held_by", who=other.holder)


def _not_taken(core: "Core", case: Case) -> None:
    """Refused `taken_over` with the name when somebody took the case from me and has it still."""
    taken = takeovers.lost(core.store.conn, core.desk, case.id, core.me.id, case.assignee)
    if taken is not None:
        raise Refused("taken_over", who=taken.taker)


def _came_between(core: "Core", case: Case, version: int | None) -> tuple[Came, ...]:
    if version is None or version >= case.version:
        return ()
    rows = core.store.conn.execute(
        "SELECT type, actor, verb, at FROM event WHERE desk_id = ? AND case_id = ? AND seq > ? ORDER BY seq",
        (core.desk, case.id, version),
    )
    came = {(actor, verb): at for type_, actor, verb, at in rows if not EVENTS[type_].commutes}
    return tuple(Came(actor, verb, at) for (actor, verb), at in came.items())


def order_for(core: "Core", command: Command, case: Case | None) -> Order | None:
    """The facts of the order that a command is about: the case's, or the one it names."""
    conn = core.store.conn
    if isinstance(command, Open | LinkOrder) and command.order:
        found = orders.find(conn, core.desk, command.order)
        if found is None:
            raise Refused("no_such_order", order=command.order)
        return orders.facts(conn, core.desk, found, case.id if case else "")
    if case is not None and case.order:
        return orders.facts(conn, core.desk, case.order, case.id)
    return None
