"""The desks that a server serves, and their threads: one that writes and some that read, each with its own Core."""

import asyncio
import logging
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from csdesk.desk.core import Core
from csdesk.server.callers import NOTED_MS, Caller
from csdesk.server.desk_thread import DeskThread
from csdesk.server.problems import Problem
from csdesk.store import tokens
from csdesk.store.connection import translated, write
from csdesk.store.errors import StoreError

log = logging.getLogger("csdesk.server")

R = TypeVar("R")
# Tokens whose last use is remembered before all are forgotten, which costs one write each.
MOST_NOTED = 10_000
# What takes long, such as a file that comes over a slow line, is done apart from all else; so many at once.
MOST_APART = 4
# Reports take up to a minute; who stands behind so many is better told to come again.
MOST_ASIDE = 20
# A desk that was not here is taken not to be for so long; a token that somebody made up costs one opening, not one each
# time. Of so many names only their hashes are kept.
NOWHERE_S, MOST_NOWHERE = 5.0, 1_000
# SQLite has one writer; on two cores two readers keep both busy, since they wait for the file half of their time.
READERS = 2
# In a database writers take turns too, but what comes before and after a turn is done beside others' turns.
WRITERS = 3


class Room:
    """One desk of the server."""

    def __init__(self, make: Callable[[], Core], readers: int = READERS) -> None:
        # Shared by all of its connections: a look-up that is repeated is no new one, whichever of them answers it.
        missed: dict[tuple[str, int], int] = {}

        def made() -> Core:
            core = make().ready()  # before the first request rather than in it
            core.missed = missed
            return core

        self._made = made
        self._writers = [DeskThread(made, "desk")]
        self._readers = [DeskThread(made, f"reader-{n}") for n in range(readers)]
        # What takes seconds stands before its like alone.
        self._aside = DeskThread(made, "aside", MOST_ASIDE)
        self._replica_away = ""
        self._turn = count()
        self._wrote = asyncio.Event()
        # Whether the database tells of others' writes, so that it need not be asked all the time.
        self.hinted = False
        self._used: dict[str, int] = {}
        self._noted: dict[str, int] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Open every connection. StoreError, ConfigError."""
        (first,) = self._writers
        await first.open()
        if await first.run(lambda core: core.store.conn.kind) == "postgres":
            self._writers += [DeskThread(self._made, f"desk-{n}") for n in range(1, WRITERS)]
        for thread in (*self._writers[1:], *self._readers, self._aside):
            await thread.open()

    @property
    def writer(self) -> DeskThread:
        """The thread that writes; of several the one for which the fewest wait."""
        return min(self._writers, key=lambda one: one.waiting)

    def hint(self) -> None:
        """Somebody, perhaps another server, has written."""
        self._wrote.set()

    def waiting(self) -> tuple[int, int, int]:
        """How many requests wait for the threads that write, for those that read, and for what takes long."""
        return (
            sum(one.waiting for one in self._writers),
            sum(one.waiting for one in self._readers),
            self._aside.waiting,
        )

    async def run(self, caller: Caller, call: Callable[[Core], R], *, writes: bool, aside: bool = False) -> R:
        """What `call` makes of the desk as the caller may use it; `aside`: it takes long and writes nothing."""
        if aside:
            thread = self._aside
        else:
            thread = self.writer if writes else self._readers[next(self._turn) % len(self._readers)]

        def answered(core: Core) -> R:
            try:
                return kept(core, lambda: call(caller.admitted(core, self._seen)))
            finally:
                if aside:
                    self._tell(core)

        try:
            return await thread.run(answered)
        finally:
            if writes:
                self._wrote.set()
            if self._used:
                self._note()

    def _tell(self, core: Core) -> None:
        """Say once that the replica went away, and that it is back; called in the one thread that asks it."""
        away = core.store.replica.away if core.store.replica is not None else ""
        if away != self._replica_away:
            self._replica_away = away
            log.warning('{"event":"replica","code":"%s"}', away or "back")

    def _seen(self, token: str, now: int) -> None:
        """Remember that a token was used; called in the threads, and of several at once one is enough."""
        if now - self._noted.get(token, 0) >= NOTED_MS:
            self._noted[token] = now
            self._used[token] = now

    def _note(self) -> None:
        """Have the uses written behind the requests' backs."""
        used, self._used = self._used, {}
        if len(self._noted) > MOST_NOTED:
            self._noted.clear()
        task = asyncio.create_task(self._written(used))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _written(self, used: dict[str, int]) -> None:
        def note(core: Core) -> None:
            with write(core.store.conn) as conn:
                tokens.used(conn, core.desk, used, max(used.values()))

        try:
            await self.writer.run(lambda core: kept(core, lambda: note(core)))
        except (StoreError, Problem) as exc:  # nobody waits for it, and it is told again in a minute
            log.warning('{"event":"token_use_not_noted","code":"%s"}', exc.code)

    async def enter(self, call: Callable[[Core], R]) -> R:
        """What `call` makes of the desk itself in the thread that writes: for whoever is not known yet."""
        try:
            return await self.writer.run(lambda core: kept(core, lambda: call(core)))
        finally:
            self._wrote.set()

    async def written(self, seconds: float) -> None:
        """Wait until something is written, here or as `hint` tells, at most so long; for one at a time."""
        late = asyncio.get_running_loop().call_later(seconds, self._wrote.set)
        await self._wrote.wait()
        self._wrote.clear()
        late.cancel()

    async def look(self, call: Callable[[Core], R], *, beside: bool = False) -> R:
        """What `call` makes of the desk itself: for the server's own needs. `beside`: what takes its time."""
        return await self._readers[-1 if beside else 0].run(lambda core: kept(core, lambda: call(core)))

    async def close(self) -> None:
        """Give every connection back."""
        if self._notes:
            await asyncio.wait(self._notes)
        for thread in (*self._writers, *self._readers, self._aside):
            await thread.close()


def kept(core: Core, call: Callable[[], R]) -> R:
    """The call with errors of file and disk as StoreError."""
    with translated(core.store.conn.path):
        return call()


class Hall:
    """The desks by id, each opened when somebody first asks for it; `make("")` opens the one that is configured."""

    def __init__(self, make: Callable[[str], Core]) -> None:
        self._make = make
        self._rooms: dict[str, Room] = {}
        self._nowhere: dict[int, float] = {}
        self._opening = asyncio.Lock()
        self._apart = 0
        self._hinted = False
        self.first = ""

    def hint(self, desk: str) -> None:
        """Others have written to a desk of this database."""
        if (room := self._rooms.get(desk)) is not None:
            room.hint()

    def hinting(self, stands: bool) -> None:
        """Whether the database tells of writes from now on; all are looked at once, for what was missed till then."""
        self._hinted = stands
        for room in self._rooms.values():
            room.hinted = stands
            room.hint()

    async def open(self) -> None:
        """Open the configured desk. StoreError, ConfigError."""
        room = Room(lambda: self._make(""))
        await room.open()
        self.first = await room.look(lambda core: core.desk)
        self._rooms[self.first] = room

    def rooms(self) -> list[Room]:
        """Every desk that is open."""
        return list(self._rooms.values())

    async def room(self, desk: str) -> Room:
        """The room of a desk; Problem 401 for one that is not here: whose desks there are is nobody's business."""
        found = self._rooms.get(desk)
        if found is not None:
            return found
        self._refuse(desk)
        async with self._opening:
            self._refuse(desk)
            if desk not in self._rooms:
                opened = await self._opened(desk)
                opened.hinted = self._hinted
                self._rooms[desk] = opened
        return self._rooms[desk]

    def _refuse(self, desk: str) -> None:
        """Problem 401 for a desk that was looked for lately, and was not here."""
        if asyncio.get_running_loop().time() < self._nowhere.get(hash(desk), 0.0):
            raise Problem(401, "not_signed_in")

    def _remember(self, desk: str) -> None:
        """Keep in mind that a desk is not here."""
        self._nowhere.pop(hash(desk), None)
        if len(self._nowhere) >= MOST_NOWHERE:
            del self._nowhere[next(iter(self._nowhere))]
        self._nowhere[hash(desk)] = asyncio.get_running_loop().time() + NOWHERE_S

    async def apart(self, caller: Caller, call: Callable[[Core], R]) -> R:
        """What `call` makes of the desk in a thread and with a connection of its own; Problem `busy` for too many."""
        await self.room(caller.desk)
        if self._apart >= MOST_APART:
            raise Problem(503, "busy")
        self._apart += 1
        try:
            return await asyncio.to_thread(self._alone, caller, call)
        finally:
            self._apart -= 1

    def _alone(self, caller: Caller, call: Callable[[Core], R]) -> R:
        core = self._make("" if caller.desk == self.first else caller.desk)
        try:
            return kept(core, lambda: call(caller.admitted(core)))
        finally:
            core.store.close()

    async def _opened(self, desk: str) -> Room:
        room = Room(lambda: self._make(desk))
        try:
            await room.open()
        except StoreError as exc:
            await room.close()
            if exc.code == "no_such_desk":
                self._remember(desk)
                raise Problem(401, "not_signed_in") from None
            raise
        return room

    async def close(self) -> None:
        """Close every desk."""
        for room in self._rooms.values():
            await room.close()
