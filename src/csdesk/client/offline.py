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
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from csdesk.client.keeping import Errand, Keeping
from csdesk.client.outbox import Outbox
from csdesk.client.remote import Me, RemoteDesk, client_for
from csdesk.desk import wire
from csdesk.desk.desk import Ask, Changes, Done, T
from csdesk.desk.link import AWAY, LineState, LinkLost, NotAdmitted, ServerFault, Waiting
from csdesk.desk.queries import CaseView, GetDraft, GetPlace, KeepDraft, KeepPlace, LetGo, ShowCase
from csdesk.desk.rule_queries import DeskRules
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.value import replace
from csdesk.store.drafts import Draft
from csdesk.store.errors import StoreError

R = TypeVar("R")
# What an agent goes on reading with. All of it is small or asked for by hand; a board or a report is of no use old.
KEPT = frozenset(
    {
        "agents",
        "broadcasts",
        "desk_rules",
        "fill_canned",
        "get_draft",
        "get_place",
        "held",
        "incidents_for",
        "kept_filter",
        "my_state",
        "queue_counts",
        "queue_page",
        "rows",
        "search_canned",
        "search_policies",
        "show_article",
        "show_case",
        "show_order",
        "show_rulings",
        "show_verdict",
    }
)
# An answer that takes longer makes one ask whether anybody is there; a probe is given up after PROBE_S.
LATE_S, PROBE_S = 2.0, 2.0
# A server that restarts is there again within seconds: so long it is asked before the line counts as down.
DOUBT_S = 4.0
DOUBT_AGAIN_S = 0.4
# Away, one asks again after so long, at random: back within 5 s of the server, and a hundred consoles not at once.
RETURN_S = (0.7, 2.0)


def clock_ms() -> int:
    """Now, in UTC ms."""
    return time.time_ns() // 1_000_000


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
        self._drafts: dict[str, KeepDraft] = {}
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
        self._out = False
        self._errand_at = 0
        remote.on_break = self._look

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
                kept = await loop.run_in_executor(
                    thread, lambda: _kept_for(server, token, remote.whoami, folder)
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
        if self._outbox.waits or self._drafts:
            await self._send()
        with suppress(LinkLost, NotAdmitted, ServerFault):  # asked again, and told, when it is needed
            await self.ask(DeskRules())

    async def _recall(self) -> None:
        """What an earlier console left to be sent."""
        await self._outbox.read()
        for _, errand in await self._aside(self._kept.errands):
            asked = wire.question(errand.name, errand.body)
            if isinstance(asked, KeepDraft):
                self._drafts[asked.case] = asked
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
        self._now_is(replace(self._state, waiting=self._outbox.waits, stuck=self._outbox.stuck))

    # Asking

    async def ask(self, question: Ask[T]) -> T:
        """See `Desk.ask`. Away: what is kept, at once; LinkLost for all else."""
        self._admitted()
        if isinstance(question, KeepDraft | KeepPlace):
            await self._run_errand(question)
            return None  # type: ignore[return-value]
        if isinstance(question, GetDraft) and (mine := self._drafts.get(question.case)):
            return self._draft(mine)  # type: ignore[return-value]
        kept = question.name in KEPT
        if not self.away:
            try:
                answer = await self._tried(
                    lambda: self.remote.ask(question), again=question.safe or not question.writes
                )
            except LinkLost:
                if not (kept or isinstance(question, LetGo)):
                    raise
            else:
                if kept:
                    self._keep(question, answer)
                return answer
        if isinstance(question, LetGo):
            return None  # type: ignore[return-value]  # a hold that nobody renews runs out by itself
        return await self._from_kept(question)

    async def _from_kept(self, question: Ask[T]) -> T:
        found = await self._find(question) if question.name in KEPT else None
        if found is None:
            raise LinkLost(AWAY)
        answer, at = found
        read = self._state.read_at
        self._now_is(replace(self._state, read_at=min(read, at) if read else at))
        return answer

    async def _find(self, question: Ask[T]) -> tuple[T, int] | None:
        """An answer that is kept, and when it was read; a case without its timeline is part of one with it."""
        asked: list[Ask[Any]] = [question]
        if isinstance(question, ShowCase):
            asked.append(replace(question, timeline=not question.timeline))
        found = [(one, hit) for one in asked if (hit := await self._aside(self._kept.find, self._slot(one)))]
        if not found:
            return None
        one, (body, at) = max(found, key=lambda each: (each[0] == question, each[1][1]))
        return wire.answer(one, body), at

    def _slot(self, question: Ask[Any]) -> bytes:
        return self._kept.digest(f"{question.name} {wire.question_body(question).decode()}")

    def _keep(self, question: Ask[Any], answer: object) -> None:
        """Keep an answer, behind what is asked for next."""
        if self._state.trouble is None:
            self._spawn(self._kept_aside(self._slot(question), answer, self.now()))

    async def _kept_aside(self, slot: bytes, answer: object, at: int) -> None:
        # Encoded where nothing waits for it: the loop paints.
        try:
            await self._aside(lambda: self._kept.keep(slot, wire.encode(answer), at))
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

    # Drafts and the place: only the latest counts

    async def _run_errand(self, errand: KeepDraft | KeepPlace) -> None:
        if not self.away and not (isinstance(errand, KeepDraft) and errand.case in self._drafts):
            try:
                await self._tried(lambda: self.remote.ask(errand), again=True)
                self._ran(errand)
                return
            except LinkLost:
                pass  # kept here then, and sent on return
        # A time of its own for each, so that what is typed while one is sent is not taken for sent.
        self._errand_at = max(self.now(), self._errand_at + 1)
        errand_now = Errand(errand.name, wire.question_body(errand), self._errand_at)
        slot = self._kept.digest(f"errand {errand.name} {getattr(errand, 'case', '')}")
        await self._aside(self._kept.set_errand, slot, errand_now)
        if isinstance(errand, KeepDraft):
            self._drafts[errand.case] = errand
        if not self.away:
            self._spawn(self._send())

    def _ran(self, errand: KeepDraft | KeepPlace) -> None:
        """The desk has it: that is what it would answer now."""
        if isinstance(errand, KeepPlace):
            self._keep(GetPlace(), errand.state)
        else:
            self._keep(GetDraft(errand.case), self._draft(errand))

    def _draft(self, mine: KeepDraft) -> Draft | None:
        if not mine.text:
            return None
        return Draft(mine.case, mine.text, mine.caret, self.now(), mine.canned, mine.articles, mine.channel)

    async def _send_errands(self) -> None:
        for slot, errand in await self._aside(self._kept.errands):
            asked = wire.question(errand.name, errand.body)
            if isinstance(asked, KeepDraft):
                await self.remote.ask(await self._with_theirs(asked))
                if self._drafts.get(asked.case) == asked:
                    del self._drafts[asked.case]
            else:
                await self.remote.ask(asked)
            await self._aside(self._kept.ran, slot, errand.at)

    async def _with_theirs(self, mine: KeepDraft) -> KeepDraft:
        """A draft with what was written elsewhere meanwhile: mine goes below it, neither is lost."""
        theirs = await self.remote.ask(GetDraft(mine.case))
        before = await self._find(GetDraft(mine.case))
        known = before[0].text if before and before[0] else ""
        if theirs is None or theirs.text == known or theirs.text in mine.text:
            return mine
        text = f"{theirs.text}\n{mine.text}" if mine.text else theirs.text
        return replace(mine, text=text, caret=len(text))

    # The outbox

    def waiting(self) -> tuple[Waiting, ...]:
        """See `Line.waiting`."""
        return self._outbox.listed()

    async def redo(self, seq: int) -> None:
        """See `Line.redo`."""
        if case := self._outbox.case_of(seq):
            now = await self.ask(ShowCase(case))
            await self._outbox.redo(seq, now.case.version)
        await self._decided()

    async def drop(self, seq: int) -> None:
        """See `Line.drop`."""
        await self._outbox.drop(seq)
        await self._decided()

    async def _decided(self) -> None:
        self._recount()
        if not self.away:
            await self._send()

    async def _send(self) -> None:
        """Send what waits. LinkLost leaves the rest where it is, to be sent on return."""
        try:
            async with self._sending:
                await self._outbox.read()
                await self._send_errands()
                async for done in self._outbox.sent(self.remote):
                    self._recount()
                    self._changes.put_nowait(Changes((done.case.id,)))
        except LinkLost:
            self._spawn(self._doubt())
        except NotAdmitted as error:
            await self._put_out(error)
        except (StoreError, Refused, ServerFault) as error:
            self._troubled(error)  # of the file, or of a draft that the desk does not take: it stays here
        self._recount()

    # The line itself

    def _admitted(self) -> None:
        if self._out:
            raise NotAdmitted

    def _troubled(self, error: Exception) -> None:
        self._now_is(replace(self._state, trouble=error))

    async def _put_out(self, error: NotAdmitted) -> None:
        """The server knows this login no more: nothing stays readable here."""
        self._out = True
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
            answer = await self._prober.get("/v1/me", timeout=PROBE_S)
        except httpx.TransportError:
            await self._prober.aclose()
            self._prober = None
            return False
        if answer.status_code == 401:
            await self._put_out(NotAdmitted())
        return answer.status_code == 200

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
            await self._send()
            if self._outbox.sendable:
                continue  # down again
            self._now_is(replace(self._state, away_since=0, read_at=0))
            self._online.set()
            self._changes.put_nowait(Changes((), everything=True, beside=True))
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


def _kept_for(server: str, token: str, whoami: Me, folder: Path | None) -> Keeping:
    kept = Keeping.of(server, whoami.id, folder)
    kept.tell("me", msgspec.json.encode(whoami))
    kept.tell("token", kept.digest(token))
    return kept
