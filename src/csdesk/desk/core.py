"""The local desk without its thread: one store, one actor; questions answered, verbs done in one transaction each.

What decides a verb is beside it, in `doing.py`, loaded with the first.
"""

import os
import time
from collections.abc import Callable
from copy import copy
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from csdesk.desk.answering import ANSWERS
from csdesk.desk.question import Ask, T
from csdesk.desk.tenders import SHIPPED
from csdesk.desk.times import desk_times
from csdesk.domain import ids
from csdesk.domain.cases.actor import Actor
from csdesk.domain.cases.refusal import Refused
from csdesk.domain.roles import Right, Role
from csdesk.domain.value import replace
from csdesk.store import delegations, folds
from csdesk.store.connection import write
from csdesk.store.errors import StoreError
from csdesk.store.file import Store

if TYPE_CHECKING:
    from csdesk.desk.desk import Done
    from csdesk.desk.law.judging import Bench
    from csdesk.desk.law.law import Law
    from csdesk.domain.carriers import Carriers
    from csdesk.domain.cases.case import Case
    from csdesk.domain.cases.command import Command
    from csdesk.domain.cases.context import Context, Delegation, History, Order
    from csdesk.domain.cases.policy import Policy
    from csdesk.domain.cases.rulings import Ruling
    from csdesk.domain.clocks.times import Times

# Somebody whose delegation ended this lately is told so, rather than that they have none.
LATELY_MS = 7 * 86_400_000


def clock_ms() -> int:
    """Now, in UTC ms; the one place in this room that reads a clock."""
    return time.time_ns() // 1_000_000


def _own(policy: "Policy | Callable[[], Policy] | None", store: Store) -> "Policy":
    """The numbers of a desk; one for practice asks nobody outside."""
    from csdesk.domain.cases.policy import Policy

    found = policy() if callable(policy) else policy or Policy(tenders=SHIPPED)
    return replace(found, practice=True, write_back=frozenset()) if store.desk.practice else found


class Core:
    """A desk in this process. Calls block; one thread at a time.

    `reads_texts` off: what customers and agents wrote stays covered, whoever holds the case. `announces`: what
    is written here is a notice to many, and no answer that only the holder of a case gives.
    """

    reads_texts: bool = True
    announces: bool = False

    def __init__(
        self,
        store: Store,
        me: Actor,
        *,
        policy: "Policy | Callable[[], Policy] | None" = None,
        session: str = "",
        now: Callable[[], int] = clock_ms,
        calendars: Path | None = None,
        times: "Times | None" = None,
        carriers: str = "",
    ) -> None:
        self.store = store
        self.me = me
        self._policy = cache(lambda: _own(policy, store))
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
    def policy(self) -> "Policy":
        """The desk's own numbers. A callable gives them when first asked, once for all who act here."""
        return self._policy()

    @property
    def desk(self) -> str:
        """The desk's id."""
        return self.store.desk.id

    def number(self, case: "Case") -> str:
        """The case number as people say it."""
        return ids.number(case.kind.letters, case.body)

    def case_id(self, said: str) -> str:
        """The id of the case with this id or number; Refused `no_such_case`, or `bad_number` with what is wrong."""
        if len(said) == 32 and all(c in "0123456789abcdef" for c in said):
            return said
        try:
            _, body = ids.parse_number(said)
        except ids.BadNumber as exc:
            raise Refused("bad_number", number=said, why=exc.code) from None
        found = folds.find(self.store.conn, self.desk, body)
        if found is None:
            raise Refused("no_such_case", number=said)
        return found

    def load(self, case_id: str) -> "tuple[Case, bytes]":
        """A case and the head of its chain; Refused `no_such_case`."""
        found = folds.load(self.store.conn, self.desk, case_id)
        if found is None:
            raise Refused("no_such_case", number=case_id)
        return found

    def ready(self) -> "Core":
        """This desk with all loaded that opening and deciding a case needs, so that no key waits for it; 60 ms."""
        from csdesk.desk import answers, doing  # noqa: F401

        self._policy()
        folds.snapshots()
        return self

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
        order: "Order | None",
        undoes: "History | None" = None,
        rulings: "tuple[Ruling, ...]" = (),
    ) -> "Context":
        """What a decision may look at, as of now."""
        from csdesk.domain.cases.context import Context

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

    def do(self, command: "Command", case: str = "", *, version: int | None = None, key: str = "") -> "Done":
        """Carry out a verb; see `Desk.do`."""
        # With the first verb comes all that decides: 60 modules that nobody needs to look at a queue.
        from csdesk.desk.doing import do

        return do(self, command, case, version, key)

    def say_looks(self) -> None:
        """Put look-ups on record that were made within a transaction, whatever became of that."""
        if self.unsaid:
            from csdesk.desk.searching import say_looks

            say_looks(self)

    def within(
        self, command: "Command", case: str = "", *, version: int | None = None, key: str = ""
    ) -> "Done":
        """`do` inside the caller's transaction, for a caller who has looked at the right."""
        from csdesk.desk.doing import carry_out

        return carry_out(self, command, case, version, key or os.urandom(16).hex())

    def delegations(self) -> "tuple[Delegation, ...]":
        """In whose places I may approve refunds, those just over too; not of whoever left the desk."""
        from csdesk.domain.cases.context import Delegation

        found = []
        for given in delegations.to(self.store.conn, self.desk, self.me.id, self.now() - LATELY_MS):
            giver = self.store.agent(given.giver)
            if giver is not None:
                actor = Actor(giver.id, Role(giver.role))
                found.append(Delegation(given.id, actor, given.most, given.since, given.until))
        return tuple(found)

    def ask(self, question: Ask[T]) -> T:
        """Answer a question; see `Desk.ask`."""
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
            self.say_looks()
