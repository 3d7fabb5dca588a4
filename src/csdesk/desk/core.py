"""The local desk without its thread: one store, one actor, every verb checked, decided and kept in one transaction."""

import os
import random
import time
from collections.abc import Callable
from copy import copy
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from csdesk.desk.desk import Ask, Came, Conflict, Done, T
from csdesk.desk.rights_plan import free_to_use, holdings
from csdesk.desk.tenders import SHIPPED
from csdesk.desk.times import desk_times
from csdesk.domain import ids
from csdesk.domain.cases import shared
from csdesk.domain.cases.approval import ApproveRefund, DeclineRefund
from csdesk.domain.cases.arriving import LinkCase, UnlinkCase
from csdesk.domain.cases.calls import NoteCall
from csdesk.domain.cases.carriage import RequestLabel, RequestPickup
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.clocks import Notice
from csdesk.domain.cases.command import Command, Deciding
from csdesk.domain.cases.context import Actor, Context, Delegation, History, Order, Policy, Refused
from csdesk.domain.cases.conversation import Hear, Reply
from csdesk.domain.cases.events import EVENTS, ClocksSet, ReplyHeld, Stamp, Undone, evolve
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
from csdesk.domain.cases.kinds import MACHINES, Decided, run, sprout
from csdesk.domain.cases.opening import LinkOrder, Open
from csdesk.domain.cases.rulings import Ruling
from csdesk.domain.cases.splitting import Merge, came_in, merged_into
from csdesk.domain.cases.tracks import HandTrack, OpenTrack
from csdesk.domain.clocks.times import Times
from csdesk.domain.roles import Right, Role
from csdesk.domain.value import replace
from csdesk.store import cases, delegations, flags, leases, orders, takeovers
from csdesk.store.cases import Batch, Past, Written
from csdesk.store.connection import write
from csdesk.store.errors import StoreError
from csdesk.store.file import Store

if TYPE_CHECKING:
    from csdesk.desk.law.judging import Bench
    from csdesk.desk.law.law import Law
    from csdesk.domain.carriers import Carriers

# Databases that serve many may break a transaction off, or go away and come back: 0.15 s at most are waited in all.
AGAIN = frozenset({"conflicted", "lost"})
TRIES = 4
# 35 random bits give one clash in a million cases about every 34,000 new ones; five tries never all clash.
NUMBER_TRIES = 5
# Somebody whose delegation ended this lately is told so, rather than that they have none.
LATELY_MS = 7 * 86_400_000
# Done while somebody else holds the case: the second person looks at the money, not over the agent's shoulder.
UNHELD = frozenset({"assign", "approve_refund", "decline_refund", "clear_refund"})


def clock_ms() -> int:
    """Now, in UTC ms; the one place in this room that reads a clock."""
    return time.time_ns() // 1_000_000


class Core:
    """A desk in this process. Calls block; one thread at a time.

    `reads_texts` off: what customers and agents wrote stays covered, whoever holds the case.
    """

    reads_texts: bool = True

    def __init__(
        self,
        store: Store,
        me: Actor,
        *,
        policy: Policy | None = None,
        session: str = "",
        now: Callable[[], int] = clock_ms,
        calendars: Path | None = None,
        times: Times | None = None,
        carriers: str = "",
    ) -> None:
        self.store = store
        self.me = me
        self.policy = policy or Policy(tenders=SHIPPED)
        if store.desk.practice:
            self.policy = replace(self.policy, practice=True, write_back=frozenset())
        self.session = session or f"{me.id}:{os.getpid()}"
        # Fruitless look-ups of people (desk/searching.py): who, the hash of what; and when.
        self.missed: dict[tuple[str, int], int] = {}
        # Look-ups within a transaction that may yet be refused: they are put on record after it.
        self.unsaid: list[tuple[str, int, str, tuple[str, ...]]] = []
        self.now = now
        self.zone = ZoneInfo(store.desk.zone)
        self._calendars = calendars
        self.times = times or desk_times(calendars)
        # Loaded once for everybody who acts behind this connection.
        self._laws: list[Law] = []
        self._carriers = carriers

    @property
    def desk(self) -> str:
        """The desk's id."""
        return self.store.desk.id

    def number(self, case: Case) -> str:
        """The case number as people say it."""
        return ids.number(MACHINES[case.kind].letters, case.body)

    def case_id(self, said: str) -> str:
        """The id of the case with this id or number; Refused `no_such_case`, or `bad_number` with what is wrong."""
        if len(said) == 32 and all(c in "0123456789abcdef" for c in said):
            return said
        try:
            _, body = ids.parse_number(said)
        except ids.BadNumber as exc:
            raise Refused("bad_number", number=said, why=exc.code) from None
        found = cases.find(self.store.conn, self.desk, body)
        if found is None:
            raise Refused("no_such_case", number=said)
        return found

    def load(self, case_id: str) -> tuple[Case, bytes]:
        """A case and the head of its chain; Refused `no_such_case`."""
        found = cases.load(self.store.conn, self.desk, case_id)
        if found is None:
            raise Refused("no_such_case", number=case_id)
        return found

    def by_itself(self) -> "Core":
        """The same desk behind the same connection, acting as `system`: for what nobody here does by hand."""
        return self.acting(Actor("system", Role.SYSTEM), self.session)

    def acting(self, me: Actor, session: str, rights: frozenset[Right] | None = None) -> "Core":
        """The same desk behind the same connection for somebody else, at most with `rights`; 2 µs."""
        other = copy(self)
        other.me = me if rights is None else replace(me, rights=rights)
        other.session = session
        return other

    def reading(self) -> "Core":
        """The same desk for the same person behind another connection that only reads, owned by this thread."""
        return self._at(self.store.reading())

    def _at(self, store: Store) -> "Core":
        other = copy(self)
        other.store, other._laws = store, []
        return other

    def need(self, right: Right) -> None:
        """Refused `no_right` unless I have `right`."""
        if not self.me.may(right):
            raise Refused("no_right", role=self.me.role, right=right)

    def context(
        self,
        key: str,
        order: Order | None,
        undoes: History | None = None,
        rulings: tuple[Ruling, ...] = (),
    ) -> Context:
        """What a decision may look at, as of now."""
        return Context(
            self.now(), self.me, key, order, self.policy, self.zone, undoes, rulings, times=self.times
        )

    def bench(self, at: int = 0, pack: str = "") -> "Bench":
        """The law of this desk as of `at` (UTC ms; 0: now), or under a pack that was in use then; 20 ms at first."""
        from csdesk.desk.law.judging import Bench

        at = at or self.now()
        return Bench(self.law.book(at, pack), self.zone, at)

    @property
    def law(self) -> "Law":
        """The packs of this desk."""
        if not self._laws:
            from csdesk.desk.law.law import Law

            self._laws.append(Law(self.store, self.zone, self.now, self._calendars))
        return self._laws[0]

    @property
    def carriers(self) -> "Carriers":
        """The carriers of this desk, by waybill and by name."""
        from csdesk.desk.carriers import carriers

        return carriers(self._carriers)

    def order_for(self, command: Command, case: Case | None) -> Order | None:
        """The facts of the order that a command is about: the case's, or the one it names."""
        conn = self.store.conn
        if isinstance(command, Open | LinkOrder) and command.order:
            found = orders.find(conn, self.desk, command.order)
            if found is None:
                raise Refused("no_such_order", order=command.order)
            return orders.facts(conn, self.desk, found, case.id if case else "")
        if case is not None and case.order:
            return orders.facts(conn, self.desk, case.order, case.id)
        return None

    def do(self, command: Command, case: str = "", *, version: int | None = None, key: str = "") -> Done:
        """Carry out a verb; see `Desk.do`."""
        self.need(command.verb.right)
        # One key for all tries, so that what was kept although its answer got lost is not done twice.
        key = key or os.urandom(16).hex()
        try:
            for tries in range(TRIES, 0, -1):
                try:
                    with write(self.store.conn):
                        return self.within(command, case, version=version, key=key)
                except StoreError as exc:
                    if exc.code not in AGAIN or tries == 1:
                        raise
                    time.sleep(random.uniform(0, 0.05 * 2 ** (TRIES - tries)))
        finally:
            self._say_looks()
        raise AssertionError("the last try returns or raises")

    def _say_looks(self) -> None:
        """Put look-ups on record that were made within a transaction, whatever became of that."""
        if self.unsaid:
            from csdesk.desk.searching import say_looks

            say_looks(self)

    def within(self, command: Command, case: str = "", *, version: int | None = None, key: str = "") -> Done:
        """`do` inside the caller's transaction, for a caller who has looked at the right."""
        key = key or os.urandom(16).hex()
        self.store.heed_erasures()
        if again := self._done_before(key, command, case):
            return again
        done, batch = self._decide(command, case, version, key)
        lost = self._losing(command, done.case)
        cases.write(self.store.conn, self.desk, batch, self.store.people.text_key())
        self._taken(done.case, lost)
        return done

    def _losing(self, command: Command, after: Case) -> tuple[str, ...] | None:
        """Who had the case and loses it by this verb, before it is written: whoever has it open, and whose it was.

        None for a verb by which nobody can.
        """
        if not isinstance(command, shared.Take | shared.Assign):
            return None
        before, _ = self.load(after.id)
        lease = leases.held(self.store.conn, self.desk, after.id, self.now())
        had = (lease.holder if lease else "", before.assignee)
        return tuple(who for who in dict.fromkeys(had) if who not in ("", after.assignee))

    def _taken(self, case: Case, lost: tuple[str, ...] | None) -> None:
        """Let those who lost a case know, and no key of theirs hold it any more."""
        if lost is None:
            return
        conn, now = self.store.conn, self.now()
        takeovers.forget(conn, self.desk, case.id, case.assignee)
        for former in lost:
            leases.release(conn, self.desk, case.id, former)
            if former != self.me.id:
                taken = takeovers.Taken(case.id, former, case.assignee, self.me.id, now)
                takeovers.put(conn, self.desk, taken)
        if case.assignee == self.me.id and lost:
            leases.hold(conn, self.desk, case.id, self.me.id, self.session, now)

    def _done_before(self, key: str, command: Command, said: str) -> Done | None:
        row = self.store.conn.execute(
            "SELECT case_id, verb, actor FROM request WHERE desk_id = ? AND key = ?", (self.desk, key)
        ).fetchone()
        if row is None:
            return None
        # What was heard on an old case may have gone on to its follow-up.
        other_case = not isinstance(command, Open | Hear | NoteCall) and self.case_id(said) != row[0]
        if row[1] != command.verb.name or row[2] != self.me.id or other_case:
            raise Refused("key_reused", key=key, verb=row[1])
        found, _ = self.load(row[0])
        return Done(found, self.number(found), row[1], key, (), again=True)

    def _decide(self, command: Command, said: str, version: int | None, key: str) -> tuple[Done, Batch]:
        before, head = (None, b"") if isinstance(command, Open) else self.load(self.case_id(said))
        if (
            before
            and isinstance(command, Hear | NoteCall)
            and (goes := self._where_heard(before)) is not before
        ):
            (before, head), version = self.load(goes.id), None
        if before and (unknown := cases.unknown_events(self.store.conn, self.desk, before.id)):
            raise Refused("case_of_later_version", number=self.number(before), events=unknown)
        command = self._completed(command)
        undoes = self.last_undoable(before) if isinstance(command, shared.TakeBack) and before else None
        order = self.order_for(command, before)
        free_to_use(self, command, before, order)
        if isinstance(command, Reply) and before is not None:
            from csdesk.desk.saying import cleared

            command = cleared(self, before, order, command)
        if isinstance(command, FileEvidence) and before is not None:
            from csdesk.store.evidence import lies

            if not lies(self.store.conn.path, before.id, command.sha256):
                raise Refused("evidence_not_stored", hash=command.sha256[:8])
        if isinstance(command, RequestLabel | RequestPickup) and before is not None:
            from csdesk.desk.freight import with_payer

            command = with_payer(self, before, order, command)
        ctx = self.context(key, order, undoes, self._rulings(command, before, order))
        ctx = replace(ctx, flags=self._flags(command, before, order))
        if isinstance(command, Approve) and command.exchange_sku:
            ctx = replace(ctx, prices=self._prices(command.exchange_sku, order))
        if isinstance(command, ApproveRefund | DeclineRefund):
            ctx = replace(ctx, delegations=self.delegations())
        if before is not None and isinstance(command, InformMembers | DecideMembers | CloseIncident):
            from csdesk.desk.incident_runs import counted

            ctx = replace(ctx, members=counted(self, before, command))
        if isinstance(command, Merge):
            ctx = replace(ctx, other=self.load(command.other)[0])
        if before is not None and before.kind is Kind.PRIVACY_REQUEST:
            ctx = replace(ctx, holdings=holdings(self, before.customer, before.id))
        decided = self._judge(command, before, version, ctx)
        if before is not None and isinstance(command, InformMembers | DecideMembers):
            from csdesk.desk import incident_runs

            incident_runs.begin(self, before, command, decided.events)
        if decided.case.kind is Kind.PRIVACY_REQUEST:
            from csdesk.desk import rights_carrying

            rights_carrying.carry(self, command, decided.case, decided.events)
        batch = Batch()
        written = Written(
            before, decided.case, decided.events, head, ctx.now, self.me.id, key, command.verb.name
        )
        cases.gather(batch, self.store.keys, written)
        beside = self._sprouted(batch, before, command, ctx)
        self._linked_back(batch, command, decided.case, key)
        after = decided.case
        told = tuple(event.type for event in decided.events)
        return Done(after, self.number(after), command.verb.name, key, told, opened=beside), batch

    def _flags(self, command: Command, case: Case | None, order: Order | None) -> frozenset[str]:
        """What the customer of a case is marked as, also of one that begins; nothing where it names nobody."""
        if case is not None:
            who = "" if case.protected else case.customer
        elif isinstance(command, Open) and command.kind is not Kind.REPORT:
            who = order.customer if order else command.customer
        else:
            return frozenset()
        return frozenset(one.flag for one in flags.of_person(self.store.conn, self.desk, who, self.now()))

    def _sprouted(self, batch: Batch, before: Case | None, command: Command, ctx: Context) -> str:
        """Add the case that a command opens beside its own to the same batch; its number, or "" for none."""
        if before is None or command.offshoot(before, ctx) is None:
            return ""
        sprung = sprout(before, command, ctx, self._free_body())
        assert sprung is not None
        key = f"{ctx.request}/offshoot"
        new = Written(None, sprung.case, sprung.events, b"", ctx.now, self.me.id, key, command.verb.name)
        cases.gather(batch, self.store.keys, new)
        return self.number(sprung.case)

    def _linked_back(self, batch: Batch, command: Command, case: Case, key: str) -> None:
        """A link that somebody made stands in both cases, whichever of them is looked at."""
        if isinstance(command, Merge):
            into, head = self.load(command.other)
            happened, at = came_in(case), self.now()
            after = evolve(into, happened, Stamp(at, self.me.id))
            written = Written(into, after, (happened,), head, at, self.me.id, f"{key}/back", "merge")
            cases.gather(batch, self.store.keys, written)
            return
        if not isinstance(command, LinkCase | UnlinkCase):
            return
        other, head = self.load(command.other)
        if any(linked == case.id for _, linked in other.links) is isinstance(command, LinkCase):
            return
        ctx = self.context(f"{key}/back", None)
        decided = run(other, replace(command, other=case.id), ctx)
        back = Written(
            other, decided.case, decided.events, head, ctx.now, self.me.id, ctx.request, command.verb.name
        )
        cases.gather(batch, self.store.keys, back)

    def _where_heard(self, case: Case) -> Case:
        """The case to which a message on `case` belongs: its last follow-up, once it is too old to be reopened."""
        seen = {case.id}
        while (into := merged_into(case)) and into not in seen:
            seen.add(into)
            case, _ = self.load(into)
        ctx = self.context("", None)
        while later := [id_ for how, id_ in case.links if how == "follow_up"]:
            if case.open or shared.Reopen.off(case, ctx) is None:
                break
            case, _ = self.load(later[-1])
        return case

    def _rulings(self, command: Command, case: Case | None, order: Order | None) -> tuple[Ruling, ...]:
        """What the law says, for a verb that decides; a fact that somebody states is tried before it is kept."""
        if case is None or self.me.role is Role.SYSTEM:
            return ()
        if isinstance(command, Establish):
            from csdesk.desk.law.stating import try_facts

            try_facts(self.bench(), case, order, command)
        return self.bench().rulings(case, order) if isinstance(command, Deciding) else ()

    def _completed(self, command: Command) -> Command:
        """What only the desk can know: a free number and a person for a new case, whether an agent exists."""
        if isinstance(command, shared.Assign) and self.store.agent(command.to_agent) is None:
            raise Refused("no_such_agent", who=command.to_agent)
        owner = command.owner.strip() if isinstance(command, Notice | OpenTrack | HandTrack) else ""
        if owner and self.store.agent(owner) is None:
            raise Refused("no_such_agent", who=owner)
        if isinstance(command, LinkCase | UnlinkCase):
            return replace(command, other=self.load(self.case_id(command.other))[0].id)
        if isinstance(command, Merge):
            return replace(command, other=self.case_id(command.other))
        if isinstance(command, JoinIncident) and command.incident:
            parent, _ = self.load(self.case_id(command.incident))
            if parent.kind is not Kind.INCIDENT or not parent.open:
                raise Refused("no_open_incident", number=self.number(parent))
            return replace(command, incident=parent.id)
        if isinstance(command, DescribeCause) and command.merchant.strip():
            return replace(command, merchant=self._merchant(command.merchant.strip()))
        if not isinstance(command, Open):
            return command
        customer = command.customer
        if not command.order and not customer:
            customer = ids.uuid7(self.now(), os.urandom(10))
            self.store.people.add(customer)
        return replace(command, desk=self.desk, customer=customer, body=self._free_body())

    def _prices(self, sku: str, order: Order | None) -> dict[str, int]:
        """What one of a variant costs, in minor units; nothing when unknown or in another currency than the order."""
        row = self.store.conn.execute(
            "SELECT price, currency FROM variant WHERE desk_id = ? AND sku = ?", (self.desk, sku)
        ).fetchone()
        return {sku: row[0]} if row and order is not None and row[1] == order.currency else {}

    def delegations(self) -> tuple[Delegation, ...]:
        """In whose places I may approve refunds, those just over too; not of whoever left the desk."""
        found = []
        for given in delegations.to(self.store.conn, self.desk, self.me.id, self.now() - LATELY_MS):
            giver = self.store.agent(given.giver)
            if giver is not None:
                actor = Actor(giver.id, Role(giver.role))
                found.append(Delegation(given.id, actor, given.most, given.since, given.until))
        return tuple(found)

    def _merchant(self, said: str) -> str:
        """The id of the merchant with this id or number in the order system; Refused `no_such_merchant`."""
        row = self.store.conn.execute(
            "SELECT id FROM merchant WHERE desk_id = ? AND external_id = ?"
            " UNION ALL SELECT id FROM merchant WHERE desk_id = ? AND id = ? LIMIT 1",
            (self.desk, said, self.desk, said),
        ).fetchone()
        if row is None:
            raise Refused("no_such_merchant", merchant=said[:40])
        return str(row[0])

    def _free_body(self) -> str:
        for _ in range(NUMBER_TRIES):
            body = ids.make_body(int.from_bytes(os.urandom(5), "big") >> 5)
            if cases.find(self.store.conn, self.desk, body) is None:
                return body
        raise Refused("no_free_number")

    def _judge(self, command: Command, before: Case | None, version: int | None, ctx: Context) -> Decided:
        """Decide on the fresh case; what commutes needs no hold and meets no conflict."""
        came = self._came_between(before, version) if before else ()
        try:
            decided = run(before, command, ctx)
        except Refused:
            # Refused because somebody was faster: say who, not what the state now forbids.
            if came and before:
                raise Conflict(self.number(before), came) from None
            raise
        # A reply commutes, but whoever lost the case must not go on speaking for it.
        if before is not None and isinstance(command, Reply):
            self._not_taken(before)
        if before is None or all(event.commutes for event in decided.events):
            return decided
        if came:
            raise Conflict(self.number(before), came)
        if isinstance(command, shared.Take) and command.over:
            self.need(Right.TAKE_OVER)
            return decided
        if self.me.role is not Role.SYSTEM and command.verb.name not in UNHELD:
            if not isinstance(command, shared.Take):
                self._not_taken(before)
            other = leases.held(self.store.conn, self.desk, before.id, ctx.now)
            if other is not None and other.holder != self.me.id:
                raise Refused("held_by", who=other.holder)
        return decided

    def _not_taken(self, case: Case) -> None:
        """Refused `taken_over` with the name when somebody took the case from me and has it still."""
        taken = takeovers.lost(self.store.conn, self.desk, case.id, self.me.id, case.assignee)
        if taken is not None:
            raise Refused("taken_over", who=taken.taker)

    def _came_between(self, case: Case, version: int | None) -> tuple[Came, ...]:
        if version is None or version >= case.version:
            return ()
        rows = self.store.conn.execute(
            "SELECT type, actor, verb, at FROM event WHERE desk_id = ? AND case_id = ? AND seq > ? ORDER BY seq",
            (self.desk, case.id, version),
        )
        came = {(actor, verb): at for type_, actor, verb, at in rows if not EVENTS[type_].commutes}
        return tuple(Came(actor, verb, at) for (actor, verb), at in came.items())

    def last_undoable(self, case: Case) -> History | None:
        """My last verb on this case that no undo has taken back, with the case before it and what came after it."""
        past = list(cases.history(self.store.conn, self.desk, case.id))
        undone = {p.event.cause for p in past if isinstance(p.event, Undone)}
        recalled = {m.id for m in case.messages if m.state == "recalled"}
        undone |= {p.cause for p in past if isinstance(p.event, ReplyHeld) and p.event.id in recalled}
        groups: dict[str, list[Past]] = {}
        for p in past:
            groups.setdefault(p.cause, []).append(p)
        for cause, group in reversed(groups.items()):
            first = group[0]
            if first.actor != self.me.id or cause in undone or first.verb in ("undo", "recall", "open"):
                continue
            before: Case | None = None
            for p in past[: first.seq - 1]:
                before = evolve(before, p.event, Stamp(p.at, p.actor))
            if before is None:
                return None
            # What commutes with other verbs still overtakes one of its own type: a tag, the next tag. Clocks are
            # never set alone: what set them says more.
            own = {p.event.type for p in group}
            rest = past[group[-1].seq :]
            later = tuple(
                p.event.type
                for p in rest
                if p.cause not in undone
                and not isinstance(p.event, Undone | ClocksSet)
                and (p.event.type in own or not p.event.commutes)
            )
            after = before
            for p in group:
                after = evolve(after, p.event, Stamp(p.at, p.actor))
            return History(cause, first.verb, before, later, after)
        return None

    def ask(self, question: Ask[T]) -> T:
        """Answer a question; see `Desk.ask`."""
        from csdesk.desk.answers import ANSWERS

        self.need(question.right)
        if type(question) not in ANSWERS:
            # The law takes 60 ms to load and the library 8: a starting console waits for neither.
            import_module(f"csdesk.desk.{question.room}")
        answer = ANSWERS[type(question)]
        self.store.heed_erasures()
        if question.aside and (replica := self.store.replica) is not None:
            store = replica.store(self.store, self.now())
            if store is not None:
                try:
                    return answer(self._at(store), question)  # type: ignore[no-any-return]
                except StoreError as exc:
                    if not replica.leave(exc, self.now()):
                        raise
        if not question.writes:
            return answer(self, question)  # type: ignore[no-any-return]
        try:
            with write(self.store.conn):
                return answer(self, question)  # type: ignore[no-any-return]
        finally:
            self._say_looks()
