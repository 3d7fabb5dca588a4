"""`LinkedDesk`: a server's desk that one goes on working at while the line is down, and that finds back by itself.

Online it asks the server, and keeps what it heard. Away it answers at once from what it kept, and says how old that is;
what it never read, claims and money are refused in one sentence. Verbs that may wait are on this machine's disk before
`do` returns (`queued`), and so are drafts; on return they go in their order, each once, under the key that they were
given at first. One that no longer fits waits for its agent, and so do those behind it on its case.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from csdesk.client.drafts import Drafts, shown
from csdesk.client.keeping import Keeping, Kept
from csdesk.client.outbox import Outbox
from csdesk.client.recent import KEPT, Recent
from csdesk.client.remote import Me, RemoteDesk, answers, client_for, clock_ms, read
from csdesk.desk import wire
from csdesk.desk.desk import Ask, Changes, Done, T
from csdesk.desk.link import AWAY, LineState, LinkLost, NotAdmitted, ServerFault, Waiting
from csdesk.desk.queries import CaseView, GetDraft, GetPlace, KeepDraft, KeepPlace, LetGo, ShowCase
from csdesk.desk.rule_queries import DeskRules
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.value import replace
from csdesk.store.errors import StoreError
from csdesk.webclient import httpx

R = TypeVar("R")
# An answer that takes longer makes one ask whether anybody is there; a probe is given up after PROBE_S.
LATE_S, PROBE_S = 2.0, 2.0
# A server that restarts is there again within seconds: so long it is asked before the line counts as down.
DOUBT_S = 4.0
DOUBT_AGAIN_S = 0.4
# What could not be sent although the server is there goes once more after so long.
ONCE_MORE_S = 5.0
# Away, one asks again after so long, at random: back within 5 s of the server, and a hundred consoles not at once.
RETURN_S = (0.7, 2.0)


class LinkedDesk:
    """A desk behind a server, and what is kept of it here. Made by `open`; all of it in one asyncio loop."""

    def __init__(
        self,
        remote: RemoteDesk,
        kept: Keeping,
        thread: ThreadPoolExecutor,
        *,
        reach: Callable[[], httpx.AsyncClient],
        now: Callable[[], int] = clock_ms,
    ) -> None:
        self.remote = remote
        self.whoami = remote.whoami
        self.now = now
        self._kept, self._thread, self._reach = kept, thread, reach
        self._outbox = Outbox(kept, self._aside, remote.whoami.id)
        self._drafts = Drafts(kept, self._aside, now, self._known_draft, self._number)
        self._recent = Recent()
        # What is asked just now, by question and by how often anything had changed then.
        self._asking: dict[tuple[bytes, int], asyncio.Task[bytes]] = {}
        self._changed = 0
        self._state = LineState()
        self._told: list[Callable[[], None]] = []
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._online = asyncio.Event()
        self._online.set()
        self._changes: asyncio.Queue[Changes | Exception] = asyncio.Queue()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._doubting: asyncio.Task[bool] | None = None
        self._prober: httpx.AsyncClient | None = None
        self._sending = asyncio.Lock()
        self._later: asyncio.Task[None] | None = None
        self._out = False
        remote.on_break, remote.on_fresh = self._look, self._anything

    @classmethod
    async def open(
        cls,
        server: str,
        token: str = "",
        *,
        folder: Path | None = None,
        now: Callable[[], int] = clock_ms,
    ) -> "LinkedDesk":
        """Stand before a server's desk; when it cannot be reached, before what is kept of it from the last time.

        LinkLost when nothing is kept, NotAdmitted (then nothing stays kept), StoreError.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix="line")
        loop = asyncio.get_running_loop()

        def reach() -> httpx.AsyncClient:
            return client_for(server, token)

        try:
            try:
                remote, lost = await RemoteDesk.open(server, token), None
                me = msgspec.json.encode(remote.whoami)
                kept = await loop.run_in_executor(
                    thread, lambda: Keeping.signed_in(server, remote.whoami.id, token, me, folder)
                )
            except LinkLost as error:
                lost = error
                found = await loop.run_in_executor(thread, lambda: Keeping.of_token(server, token, folder))
                told = await loop.run_in_executor(thread, lambda: found.about("me") if found else None)
                if found is None or told is None:
                    raise
                kept, remote = found, RemoteDesk(reach(), msgspec.json.decode(told, type=Me))
            except NotAdmitted:
                found = await loop.run_in_executor(thread, lambda: Keeping.of_token(server, token, folder))
                if found is not None:
                    await loop.run_in_executor(thread, found.forget)
                raise
        except BaseException:
            thread.shutdown(wait=False)
            raise
        desk = cls(remote, kept, thread, reach=reach, now=now)
        await desk._recall()
        if lost is not None:
            desk._lose()
        else:
            desk._spawn(desk._ahead())
        return desk

    async def _ahead(self) -> None:
        """Send what an earlier console left, and read what a console asks for late and cannot go on without."""
        if self._outbox.waits or self._drafts.waits:
            await self._send()
        with suppress(LinkLost, NotAdmitted, ServerFault):  # asked again, and told, when it is needed
            await self.ask(DeskRules())

    async def _recall(self) -> None:
        """What an earlier console left to be sent."""
        await self._outbox.read()
        await self._drafts.recall()
        self._recount()

    # What is told of the line

    @property
    def me(self) -> Actor:
        """Who works here."""
        return self.remote.me

    @property
    def line(self) -> "LinkedDesk":
        """The line of this desk: itself."""
        return self

    @property
    def state(self) -> LineState:
        """See `Line.state`."""
        return self._state

    @property
    def away(self) -> bool:
        """Whether the desk cannot be reached."""
        return self._state.away

    def on_change(self, told: Callable[[], None]) -> None:
        """See `Line.on_change`."""
        self._told.append(told)

    def _now_is(self, state: LineState) -> None:
        if state != self._state:
            self._state = state
            for told in self._told:
                told()

    def _recount(self) -> None:
        """What waits may be another number; and what could not be read of the file is told."""
        refused, lost = self._drafts.refused, self._kept.lost
        waiting, stuck = self._outbox.waits + refused, self._outbox.stuck + refused
        if lost is not None and getattr(self._state.trouble, "code", "") != lost.code:
            self._troubled(lost)
        self._now_is(replace(self._state, waiting=waiting, stuck=stuck))

    # Asking

    async def ask(self, question: Ask[T]) -> T:
        """See `Desk.ask`. Away: what is kept, at once; LinkLost for all else."""
        self._admitted()
        if isinstance(question, KeepDraft | KeepPlace):
            await self._run_errand(question)
            return None  # type: ignore[return-value]
        if isinstance(question, GetDraft) and self._drafts.has(question.case):
            return self._drafts.of(question.case)  # type: ignore[return-value]
        kept = question.name in KEPT
        if not self.away:
            try:
                if kept:
                    return await self._heard(question)
                try:
                    again = question.safe or not (question.writes or question.aside)
                    return await self._tried(lambda: self.remote.ask(question), again=again)
                finally:
                    self._changed += question.writes
            except LinkLost:
                if not (kept or isinstance(question, LetGo)):
                    raise
        if isinstance(question, LetGo):
            return None  # type: ignore[return-value]  # a hold that nobody renews runs out by itself
        return await self._from_kept(question)

    async def _heard(self, question: Ask[T]) -> T:
        """The desk's answer. What is asked already is not asked beside it, unless something changed since."""
        slot = self._slot(question)
        mark = (slot, self._changed)
        if (asking := self._asking.get(mark)) is None:
            asking = self._asking[mark] = self._spawn(self._hear(question, slot))
            asking.add_done_callback(lambda done: self._heard_of(mark, done))
        body = await asyncio.shield(asking)
        return wire.answer(question, body)  # each its own: whoever asked may change what it was given

    def _heard_of(self, mark: tuple[bytes, int], done: asyncio.Task[bytes]) -> None:
        del self._asking[mark]
        if not done.cancelled():
            done.exception()  # of whoever still waits; nobody may

    async def _hear(self, question: Ask[Any], slot: bytes) -> bytes:
        """What the desk answers; what is kept of it need not come over the line again while it is the same."""
        have = self._recent.get(slot) or await self._kept_of(slot)
        for kept in (have, None):
            told = await self._tried(
                partial(self.remote.told, question, kept.tag if kept else ""), again=True
            )
            if told.body is not None:
                read(partial(wire.answer, question), told.body)
                self._keep(slot, Kept(told.body, told.tag, self.now()))
                return told.body
            try:
                assert kept is not None
                read(partial(wire.answer, question), kept.body)
            except (LinkLost, ServerFault):
                continue  # kept by a version that shaped it otherwise: all of it comes again
            self._keep(slot, replace(kept, at=self.now()), same=True)
            return kept.body
        raise AssertionError("unreachable")

    def known(self, question: Ask[T]) -> T | None:
        """See `Line.known`."""
        if self._out or (found := self._recent.get(self._slot(question))) is None:
            return None
        return read(partial(wire.answer, question), found.body)

    async def _from_kept(self, question: Ask[T]) -> T:
        found = await self._find(question) if question.name in KEPT else None
        if found is None and isinstance(question, GetDraft):
            return None  # type: ignore[return-value]  # what is written now is joined with what the desk may have
        if found is None:
            raise LinkLost(AWAY)
        answer, at = found
        self._now_is(replace(self._state, read_at=min(self._state.read_at or at, at)))
        return answer

    async def _find(self, question: Ask[T]) -> tuple[T, int] | None:
        """An answer that is kept, and when it was read; a case without its timeline is part of one with it."""
        asked: list[Ask[Any]] = [question]
        if isinstance(question, ShowCase):
            asked.append(replace(question, timeline=not question.timeline))
        found = [(one, hit) for one in asked if (hit := await self._kept_of(self._slot(one)))]
        if not found:
            return None
        one, hit = max(found, key=lambda each: (each[0] == question, each[1].at))
        try:
            return read(partial(wire.answer, one), hit.body), hit.at
        except (LinkLost, ServerFault):
            return None  # a version that shaped it otherwise kept it

    async def _kept_of(self, slot: bytes) -> Kept | None:
        """What the file has in a slot; a file that cannot be read is told of, and then has nothing."""
        try:
            found: Kept | None = await self._aside(self._kept.find, slot)
        except StoreError as error:
            self._troubled(error)
            return None
        return found

    def _slot(self, question: Ask[Any]) -> bytes:
        return self._kept.digest(f"{question.name} {wire.question_body(question).decode()}")

    def _keep(self, slot: bytes, kept: Kept, *, same: bool = False) -> None:
        """Keep an answer, behind what is asked for next; `same`: the file has it, and only its age is new."""
        if self._out:
            return
        self._recent.put(slot, kept)
        if self._state.trouble is None:
            self._spawn(self._kept_aside(slot, kept, same=same))

    async def _kept_aside(self, slot: bytes, kept: Kept, *, same: bool) -> None:
        try:
            if same:
                await self._aside(self._kept.seen, slot, kept.at)
            else:
                await self._aside(self._kept.keep, slot, kept.body, kept.at, kept.tag)
        except StoreError as error:
            self._troubled(error)

    # Doing

    async def do(
        self, command: Command, case: str = "", *, version: int | None = None, key: str = ""
    ) -> Done:
        """See `Desk.do`. Away: kept for later if the verb may wait, then `Done.queued`; Refused if it may not."""
        self._admitted()
        key, verb = key or os.urandom(16).hex(), command.verb
        behind = self._outbox.holds(case)
        if not self.away and not behind:
            try:
                return await self._tried(
                    lambda: self.remote.do(command, case, version=version, key=key), again=True
                )
            except LinkLost:
                if not verb.offline:
                    raise
            finally:
                self._changed += 1
        elif not verb.offline:
            raise Refused("line_first" if behind and not self.away else "line_down", verb=verb.name)
        view = await self._seen(case)
        await self._outbox.add(
            command, view.case.id, view.number, version or view.case.version, key, self.now()
        )
        self._recount()
        if not self.away:
            self._spawn(self._send())
        return Done(view.case, view.number, verb.name, key, (), queued=True)

    async def _seen(self, case: str) -> CaseView:
        found = await self._find(ShowCase(case))
        if found is None:
            raise Refused("line_unseen")
        return found[0]

    async def _number(self, case: str) -> str:
        """How people call a case, as far as it is known here."""
        found = await self._find(ShowCase(case))
        return found[0].number if found else "–"

    # Drafts and the place: only the latest counts

    async def _run_errand(self, errand: KeepDraft | KeepPlace) -> None:
        if not self.away and not (isinstance(errand, KeepDraft) and self._drafts.has(errand.case)):
            try:
                await self._tried(lambda: self.remote.ask(errand), again=True)
                self._ran(errand)
                return
            except LinkLost:
                pass  # kept here then, and sent on return
        await self._drafts.add(errand)
        if not self.away:
            self._spawn(self._send())

    def _ran(self, errand: KeepDraft | KeepPlace) -> None:
        """The desk has it: that is what it would answer now."""
        self._changed += 1
        if isinstance(errand, KeepPlace):
            asked, answer = self._slot(GetPlace()), wire.encode(errand.state)
        else:
            asked, answer = self._slot(GetDraft(errand.case)), wire.encode(shown(errand, self.now()))
        self._keep(asked, Kept(answer, "", self.now()))

    async def _known_draft(self, case: str) -> str:
        """The draft that the desk last said it had."""
        found = await self._find(GetDraft(case))
        return found[0].text if found and found[0] else ""

    # The outbox

    def waiting(self) -> tuple[Waiting, ...]:
        """See `Line.waiting`."""
        return (*self._drafts.listed(), *self._outbox.listed())

    async def redo(self, seq: int) -> None:
        """See `Line.redo`."""
        if seq < 0:
            await self._drafts.redo(seq)
        elif case := self._outbox.case_of(seq):
            now = await self.ask(ShowCase(case))
            await self._outbox.redo(seq, now.case.version)
        await self._decided()

    async def drop(self, seq: int) -> None:
        """See `Line.drop`."""
        await (self._drafts if seq < 0 else self._outbox).drop(seq)
        await self._decided()

    async def _decided(self) -> None:
        self._recount()
        if not self.away:
            await self._send()

    async def _send(self) -> bool:
        """Send what waits; whether the line held. What could not be sent stays where it is, for the next time."""
        held = True
        try:
            async with self._sending:
                await self._outbox.read()
                await self._drafts.send(self.remote)
                self._recount()
                async for done in self._outbox.sent(self.remote):
                    self._changed += 1
                    self._recount()
                    self._changes.put_nowait(Changes((done.case.id,)))
        except LinkLost:
            held = False
            if self._later is None or self._later.done():
                self._later = self._spawn(self._send_later())
        except NotAdmitted as error:
            await self._put_out(error)
        except StoreError as error:
            self._troubled(
                error
            )  # of the file: what the desk has taken is sent again under its key, and is once
        self._recount()
        return held

    async def _send_later(self) -> None:
        """A line that broke while something was sent: where the server is there, it goes once more by itself."""
        if await self._doubt():
            await asyncio.sleep(ONCE_MORE_S * random.uniform(1, 1.5))
            self._later = None
            if not self.away and not self._out:
                await self._send()

    # The line itself

    def _admitted(self) -> None:
        if self._out:
            raise NotAdmitted

    def _troubled(self, error: Exception) -> None:
        self._now_is(replace(self._state, trouble=error))

    async def _put_out(self, error: NotAdmitted) -> None:
        """The server knows this login no more: nothing stays readable here."""
        self._out = True
        self._recent.clear()
        self._changes.put_nowait(error)
        await self._aside(self._kept.forget)

    async def _tried(self, make: Callable[[], Coroutine[Any, Any, R]], *, again: bool) -> R:
        """What the server answers; LinkLost once the line counts as down."""
        for last in (False, True):
            try:
                return await self._timely(make())
            except LinkLost as error:
                if self.away or not await self._doubt() or last or not again:
                    raise LinkLost(error.code) from None
            except NotAdmitted as error:
                await self._put_out(error)
                raise
        raise AssertionError("unreachable")

    async def _timely(self, work: Coroutine[Any, Any, R]) -> R:
        """The same for one try; when it is late somebody looks whether the line is down."""
        task, gone = asyncio.ensure_future(work), self._gone
        try:
            done, _ = await asyncio.wait((task, gone), timeout=LATE_S, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                self._spawn(self._doubt())
                await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise LinkLost(AWAY)
        finally:
            task.cancel()

    async def _doubt(self) -> bool:
        """Whether the server is there; when it does not show for DOUBT_S the line is down from now on."""
        if self.away:
            return False
        if self._doubting is None or self._doubting.done():
            self._doubting = self._spawn(self._there())
        return await asyncio.shield(self._doubting)

    def _anything(self) -> None:
        """Whatever came between the last look and now was told to nobody here."""
        self._changed += 1
        self._changes.put_nowait(Changes((), everything=True, beside=True))

    def _look(self) -> None:
        self._spawn(self._doubt())

    async def _there(self) -> bool:
        until = time.monotonic() + DOUBT_S
        while True:
            if await self._probe():
                return True
            if time.monotonic() > until:
                break
            await asyncio.sleep(DOUBT_AGAIN_S * random.uniform(1, 1.5))
        self._lose()
        return False

    async def _probe(self) -> bool:
        """Ask the server who I am, on a connection that nothing else waits on."""
        if self._prober is None:
            self._prober = await asyncio.to_thread(self._reach)  # certificates: 30 ms that no key waits for
        try:
            there = await answers(self._prober, PROBE_S)
        except NotAdmitted as error:
            await self._put_out(error)
            return False
        if not there:
            await self._prober.aclose()
            self._prober = None
        return there

    def _lose(self) -> None:
        if self.away:
            return
        self._online.clear()
        self._gone.set_result(None)
        self._now_is(replace(self._state, away_since=self.now()))
        self._spawn(self._return())

    async def _return(self) -> None:
        """Look for the server until it is there, and send what waits before anything else."""
        while not self._out:
            await asyncio.sleep(random.uniform(*RETURN_S))
            if not await self._probe():
                continue
            # Connections that the line took with it would hold each answer up until they time out.
            await self.remote.renew(await asyncio.to_thread(self._reach))
            self._gone = asyncio.get_running_loop().create_future()
            if not await self._send():
                continue  # down again
            self._now_is(replace(self._state, away_since=0, read_at=0))
            self._online.set()
            self._anything()
            return

    async def watch(self) -> AsyncIterator[Changes]:
        """See `Desk.watch`; the stream goes on behind the last change that came. NotAdmitted."""
        pump = self._spawn(self._pump())
        try:
            while True:
                told = await self._changes.get()
                if isinstance(told, Exception):
                    raise told
                yield told
        finally:
            pump.cancel()

    async def _pump(self) -> None:
        while not self._out:
            await self._online.wait()
            gone, follow = self._gone, self._spawn(self._follow())
            try:
                await asyncio.wait((follow, gone), return_when=asyncio.FIRST_COMPLETED)
                if follow.done() and (error := follow.exception()) is not None:
                    self._changes.put_nowait(error if isinstance(error, Exception) else LinkLost(AWAY))
                    return
            finally:
                follow.cancel()

    async def _follow(self) -> None:
        async for changes in self.remote.watch():
            self._changed += 1
            self._changes.put_nowait(changes)

    async def close(self) -> None:
        """See `Desk.close`; what waits stays on the disk."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.remote.close()
        if self._prober is not None:
            await self._prober.aclose()
        if self._out:  # whoever was to forget may have been cancelled, and somebody was still keeping
            await self._aside(self._kept.forget)
        await self._aside(self._kept.close)
        self._thread.shutdown()

    def _spawn(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _aside(self, work: Callable[..., R], *given: Any) -> R:
        """Do something with the file, in the thread that has it."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)
