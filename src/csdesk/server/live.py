"""Changes as they happen: one look at each desk for all who watch it, told as server-sent events with resumable ids."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from csdesk.desk.core import Core
from csdesk.desk.desk import Changes
from csdesk.server.callers import Caller
from csdesk.server.hall import Room
from csdesk.server.problems import Problem
from csdesk.store import feed
from csdesk.store.connection import data_version
from csdesk.store.errors import StoreError

log = logging.getLogger("csdesk.server")

# Asking costs 2 µs of SQLite and a hop to its thread; what others write is told 10 ms later on average, what this
# server wrote at once.
LOOK_SECONDS = 0.02
# A database that tells of writes is asked only for what its hints might have missed.
HINTED_SECONDS = 0.5
# One that is away is asked again after so long.
AWAY_SECONDS = 0.5
# After telling, so long for each watcher: what changes meanwhile is told together, and telling stays a part of it.
REST_SECONDS = 0.000_05
# Proxies close what is silent for a minute, and a client wants to know that the line still stands.
BEAT_SECONDS = 15.0
MANY = 500
# So soon after a write that may have ended a token its stream ends; 500 watchers are looked at in 10 ms. Without any
# write it is only for those that run out.
CHECK_SECONDS = 1.0
# A watcher so far behind is told to look at everything rather than kept in memory.
MOST_WAITING = 100


class Told(msgspec.Struct, frozen=True):
    """Changes up to `last`, as an event of the stream."""

    last: int
    event: bytes


# Said when there is nothing to say.
BEAT = Told(0, b":\n\n")


def told_of(changes: list[feed.Change], missed: bool, last: int) -> Told:
    """The event for some changes."""
    cases = tuple(dict.fromkeys(one.case for one in changes if one.case))
    changed = Changes(cases, everything=missed, beside=missed or any(not one.case for one in changes))
    return Told(last, b"id: %d\ndata: %s\n\n" % (last, msgspec.json.encode(changed)))


class Watch:
    """One desk's changes for any number of watchers."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._watchers: dict[asyncio.Queue[Told | None], Caller] = {}
        self._task: asyncio.Task[None] | None = None
        self._turning: asyncio.Task[None] | None = None
        self._last = 0
        self._ended = False

    def watchers(self) -> int:
        """How many watch."""
        return len(self._watchers)

    async def events(self, caller: Caller, after: int | None) -> AsyncIterator[bytes]:
        """The stream for one watcher, from just behind change `after` (None: from now).

        Until it is closed, or the watcher's token is ended.
        """
        if self._ended:
            return
        queue: asyncio.Queue[Told | None] = asyncio.Queue(MOST_WAITING)
        self._watchers[queue] = caller
        try:
            if self._task is None or self._task.done():
                self._last = await self._room.look(lambda core: feed.last_change(core.store.conn, core.desk))
                self._task = asyncio.create_task(self._look())
            seen = self._last if after is None else after
            yield b"retry: 1000\nid: %d\n\n" % seen
            if seen < self._last:
                caught = await self._room.look(lambda core: self._since(core, seen))
                seen = caught.last
                yield caught.event
            elif seen > self._last:  # an id of another desk or of a file that was restored since
                yield told_of([], True, self._last).event
                seen = self._last
            while (told := await queue.get()) is not None:
                if told.last > seen:
                    seen = told.last
                    yield told.event
                elif told is BEAT:
                    yield told.event
        finally:
            self._watchers.pop(queue, None)

    def _since(self, core: Core, after: int) -> Told:
        changes = feed.changes(core.store.conn, core.desk, after, MANY)
        if not changes:
            return told_of([], True, self._last)
        missed = len(changes) == MANY or changes[0].seq != after + 1
        last = changes[-1].seq if len(changes) < MANY else feed.last_change(core.store.conn, core.desk)
        return told_of(changes, missed, last)

    def _news(self, core: Core, seen: object) -> tuple[object, Told | None]:
        """The stamp of the desk now, and what changed since the last telling, if it is another than `seen`."""
        stamp = data_version(core.store.conn)
        if stamp == seen:
            return stamp, None
        last = feed.last_change(core.store.conn, core.desk)
        return stamp, self._since(core, self._last) if last > self._last else None

    async def _look(self) -> None:
        """Look as long as anybody watches."""
        stamp: object = None
        now = asyncio.get_running_loop().time
        checked, beaten, written = now(), now(), False
        while self._watchers:
            before = stamp
            try:
                stamp, told = await self._room.look(lambda core, seen=before: self._news(core, seen))  # type: ignore[misc]
            except (StoreError, Problem) as exc:
                if exc.code == "draining":  # how a thread tells that `close` came while the desk was asked
                    return
                # A database that is started anew: whoever watches goes on behind it.
                log.warning('{"event":"watch_waits","code":"%s"}', exc.code)
                await asyncio.sleep(AWAY_SECONDS)
                continue
            written = written or stamp != before
            if told is not None:
                self._last = told.last
                self._tell(told)
                await asyncio.sleep(REST_SECONDS * len(self._watchers))
            if now() - beaten >= BEAT_SECONDS:
                beaten = now()
                self._tell(BEAT)
            if now() - checked >= (CHECK_SECONDS if written else BEAT_SECONDS):
                checked, written = now(), False
                if self._turning is None or self._turning.done():  # beside it: nobody's news wait for this
                    self._turning = asyncio.create_task(self._turn_away())
            await self._room.written(HINTED_SECONDS if self._room.hinted else LOOK_SECONDS)

    async def _turn_away(self) -> None:
        """End the streams of those whose token was ended or whose agent went."""
        watchers = dict(self._watchers)

        def gone(core: Core) -> set[Caller]:
            found = set()
            for caller in set(watchers.values()):
                try:
                    caller.admitted(core)
                except Problem:
                    found.add(caller)
            return found

        try:
            ended = await self._room.look(gone, beside=True)
        except (StoreError, Problem) as exc:  # asked again with the next beat
            log.warning('{"event":"watchers_not_asked","code":"%s"}', exc.code)
            return
        for queue in (queue for queue, caller in watchers.items() if caller in ended):
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(None)

    def _tell(self, told: Told) -> None:
        for queue in self._watchers:
            if told is BEAT and not queue.empty():
                continue
            if queue.full():
                # Too slow to be told each change: nothing is kept for it but that it must look at everything.
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(told_of([], True, told.last))
            else:
                queue.put_nowait(told)

    def end(self) -> None:
        """End every stream behind what it was told: who watches goes on at another server, from the last id."""
        self._ended = True
        for queue in self._watchers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    async def close(self) -> None:
        """End the looking."""
        for task in (self._task, self._turning):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
