"""Verbs that wait for the line, each with the one before it on its case: kept, sent once and in order, decided on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from csdesk.client.keeping import Keeping, Write
from csdesk.client.remote import RemoteDesk
from csdesk.desk import wire
from csdesk.desk.desk import Conflict, Done
from csdesk.desk.link import LinkLost, ServerFault, Waiting
from csdesk.desk.queries import ShowCase
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.value import replace

T = TypeVar("T")
# A refusal that says that the case is as one wanted it: somebody else put the same tag on.
MERGED = frozenset({"no_tags"})
# A write that nothing was heard of for so long goes again, under its key, when the line is back.
SEND_S = 8.0


class Outbox:
    """What waits, as the file has it. `aside(work, …)` does something with the file in the thread that has it."""

    def __init__(self, kept: Keeping, aside: Callable[..., Coroutine[Any, Any, Any]], me: str) -> None:
        self._kept, self._aside, self._me = kept, aside, me
        self._writes: list[Write] = []
        # As screens show them: a list of a thousand is looked at again with each that goes.
        self._shown: dict[int, tuple[Write, Waiting]] = {}

    async def read(self) -> None:
        """Read what waits, from the file: also what another console of mine kept."""
        self._writes = await self._aside(self._kept.writes)

    @property
    def waits(self) -> int:
        """How much waits, with what needs a decision."""
        return len(self._writes)

    @property
    def stuck(self) -> int:
        """How much needs a decision."""
        return sum(write.stuck for write in self._writes)

    @property
    def sendable(self) -> bool:
        """Whether anything can be sent."""
        return self._next() is not None

    def holds(self, case: str) -> bool:
        """Whether something waits on a case, by id or number: what comes later stands behind it."""
        return any(case in (write.case, write.number) for write in self._writes)

    def listed(self) -> tuple[Waiting, ...]:
        """What waits, as screens show it."""
        before, self._shown = self._shown, {}
        for write in self._writes:
            known = before.get(write.seq)
            same = known is not None and known[0] is write
            self._shown[write.seq] = known if known is not None and same else (write, _shown(write))
        return tuple(shown for _, shown in self._shown.values())

    async def add(self, command: Command, case: str, number: str, version: int, key: str, at: int) -> None:
        """Keep a verb; on the disk when this returns."""
        before = next((write.key for write in reversed(self._writes) if write.case == case), "")
        body = wire.command_body(command)
        write = Write(0, key, before, case, number, command.verb.name, body, version, at)
        since = self._writes[-1].seq if self._writes else 0
        made = await self._aside(self._kept.add, write, since)
        # Only now is it known which list stands: `read` may have put another in its place meanwhile.
        self._writes.append(made)

    def case_of(self, seq: int) -> str:
        """The case that one is for; "" when it waits no more."""
        return next((write.case for write in self._writes if write.seq == seq), "")

    async def redo(self, seq: int, version: int) -> None:
        """Have one that did not fit sent again, and what stands behind it, on the case as it was at `version`."""
        for write in [one for one in self._writes if one.case == self.case_of(seq)]:
            if write.seq == seq:
                await self._change(replace(write, stuck=False, version=version, why=b""))
            elif write.seq > seq:
                await self._change(replace(write, version=version))

    async def drop(self, seq: int) -> None:
        """Take one out: it was done, or given up. A disk that cannot say so has it sent again, under its key."""
        self._writes = [write for write in self._writes if write.seq != seq]
        await self._aside(self._kept.done, seq)

    async def sent(self, desk: RemoteDesk) -> AsyncIterator[Done]:
        """Send all that can be sent, in order; what did not fit stays. LinkLost, NotAdmitted: the rest stays too."""
        while (write := self._next()) is not None:
            if not await self._aside(self._kept.there, write.seq):  # another console of mine was faster
                self._writes.remove(write)
                continue
            try:
                done = await self._send(desk, write)
            except (Refused, Conflict, ServerFault) as error:
                if isinstance(error, Refused) and error.code in MERGED:
                    await self.drop(write.seq)
                else:
                    await self._change(replace(write, stuck=True, why=kept_reason(error)))
                continue
            await self.drop(write.seq)
            yield done

    async def _send(self, desk: RemoteDesk, write: Write) -> Done:
        """Send one as its agent saw the case; its own predecessors came between, and are no conflict."""
        try:
            command, seen = wire.command(write.verb, write.body), write.version
        except (KeyError, wire.Malformed):  # another version of csdesk wrote it
            raise Refused("line_unknown", verb=write.verb) from None
        try:
            return await soon(desk.do(command, write.case, version=seen, key=write.key))
        except Conflict as conflict:
            self._mine(conflict, write)
        # All that came until now is mine; what comes from here on is looked at by the second try.
        now = (await soon(desk.ask(ShowCase(write.case, timeline=False)))).case.version
        try:
            return await soon(desk.do(command, write.case, version=seen, key=write.key))
        except Conflict as conflict:
            self._mine(conflict, write)
        return await soon(desk.do(command, write.case, version=now, key=write.key))

    def _mine(self, conflict: Conflict, write: Write) -> None:
        """Raise a conflict again unless all of it is what waited before."""
        if not write.after or any(came.who != self._me for came in conflict.came):
            raise conflict

    def _next(self) -> Write | None:
        """The first that can be sent: behind one that needs a decision nothing of its case goes."""
        held: set[str] = set()
        for write in self._writes:
            if write.stuck:
                held.add(write.case)
            elif write.case not in held:
                return write
        return None

    async def _change(self, write: Write) -> None:
        await self._aside(self._kept.change, write)
        self._writes = [write if one.seq == write.seq else one for one in self._writes]


def _shown(write: Write) -> Waiting:
    why = reason(write.why) if write.why else None
    entered = msgspec.json.decode(write.body)
    return Waiting(
        write.seq, write.key, write.after, write.case, write.number, write.verb, entered, write.version,
        write.at, write.stuck, why,
    )  # fmt: skip


async def soon(work: Coroutine[Any, Any, T]) -> T:
    """What the desk answers within SEND_S; LinkLost."""
    try:
        return await asyncio.wait_for(work, SEND_S)
    except TimeoutError:
        raise LinkLost("late") from None


def kept_reason(error: Refused | Conflict | ServerFault) -> bytes:
    """Why one did not fit, to be told after a restart too."""
    match error:
        case Refused():
            return wire.encode({"code": error.code, "detail": dict(error.detail)})
        case Conflict():
            return wire.encode({"case": error.case, "came": error.came})
        case _:
            return wire.encode({"status": error.status, "fault": error.code})


def reason(kept: bytes) -> Exception:
    """The same as it was raised."""
    told = msgspec.json.decode(kept)
    if "came" in told:
        return wire.conflict(told["case"], told["came"])
    if "status" in told:
        return ServerFault(told["status"], told["fault"])
    return wire.refused(told["code"], told["detail"])
