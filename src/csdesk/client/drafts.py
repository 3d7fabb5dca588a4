"""Drafts, and where the agent stood, that wait for the line: only the latest of each counts.

A draft that the desk does not take holds nothing else up: it stays here, with the reason, until its author decides.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from csdesk.client.keeping import Errand, Keeping
from csdesk.client.outbox import kept_reason, reason, soon
from csdesk.client.remote import RemoteDesk
from csdesk.desk import wire
from csdesk.desk.desk import Ask
from csdesk.desk.link import ServerFault, Waiting
from csdesk.desk.queries import GetDraft, KeepDraft, KeepPlace
from csdesk.domain.cases.context import Refused
from csdesk.domain.value import replace
from csdesk.store.drafts import Draft


class Drafts:
    """What waits, as the file has it; `aside` as of `Outbox`. `known(case)`: what the desk last said it had (a text).

    `number(case)`: how people call a case.
    """

    def __init__(
        self,
        kept: Keeping,
        aside: Callable[..., Coroutine[Any, Any, Any]],
        now: Callable[[], int],
        known: Callable[[str], Awaitable[str]],
        number: Callable[[str], Awaitable[str]],
    ) -> None:
        self._kept, self._aside, self._now = kept, aside, now
        self._known, self._number = known, number
        self._mine: dict[str, KeepDraft] = {}
        # Those that the desk did not take, by case: where they are kept, and why.
        self._refused: dict[str, tuple[bytes, Errand]] = {}
        self._at = 0

    async def recall(self) -> None:
        """What an earlier console left."""
        for slot, errand in await self._aside(self._kept.errands):
            asked = _asked(errand)
            if isinstance(asked, KeepDraft):
                self._mine[asked.case] = asked
                if errand.why:
                    self._refused[asked.case] = (slot, errand)

    @property
    def waits(self) -> bool:
        """Whether a draft waits that was not refused."""
        return self._mine.keys() > self._refused.keys()

    @property
    def refused(self) -> int:
        """How many need a decision."""
        return len(self._refused)

    def has(self, case: str) -> bool:
        """Whether the draft of a case waits here: then what is typed next waits behind it."""
        return case in self._mine

    def of(self, case: str) -> Draft | None:
        """The draft of a case as it is here; None when it waits for nothing, or is empty."""
        return shown(self._mine[case], self._now()) if case in self._mine else None

    async def add(self, errand: KeepDraft | KeepPlace) -> None:
        """Keep one in place of the one before it; on the disk when this returns."""
        # A time of its own for each, so that what is typed while one is sent is not taken for sent.
        self._at = max(self._now(), self._at + 1)
        kept = Errand(errand.name, wire.question_body(errand), self._at)
        slot = self._kept.digest(f"errand {errand.name} {getattr(errand, 'case', '')}")
        await self._aside(self._kept.set_errand, slot, kept)
        if isinstance(errand, KeepDraft):
            self._mine[errand.case] = errand
            if errand.case in self._refused:  # it is told of once, and is refused until the desk takes it
                before = self._refused[errand.case][1]
                self._refused[errand.case] = (slot, replace(kept, why=before.why, number=before.number))

    async def send(self, desk: RemoteDesk) -> None:
        """Send all but those that were refused as they are. LinkLost, NotAdmitted: the rest stays."""
        for slot, errand in await self._aside(self._kept.errands):
            asked = _asked(errand)
            if errand.why or asked is None:
                continue
            try:
                if isinstance(asked, KeepDraft):
                    await soon(desk.ask(await self._with_theirs(desk, asked)))
                else:
                    await soon(desk.ask(asked))
            except (Refused, ServerFault) as error:
                if isinstance(asked, KeepDraft):
                    await self._refuse(slot, errand, asked.case, kept_reason(error))
                    continue  # where one stands is told again when one moves: no loss
            if isinstance(asked, KeepDraft):
                self._refused.pop(asked.case, None)
                if self._mine.get(asked.case) == asked:
                    del self._mine[asked.case]
            await self._aside(self._kept.ran, slot, errand.at)

    async def _refuse(self, slot: bytes, errand: Errand, case: str, why: bytes) -> None:
        told = replace(errand, why=why, number=await self._number(case))
        if await self._aside(self._kept.refuse, slot, told):
            self._refused[case] = (slot, told)

    async def _with_theirs(self, desk: RemoteDesk, mine: KeepDraft) -> KeepDraft:
        """A draft with what was written elsewhere meanwhile: mine goes below it, neither is lost."""
        theirs = await soon(desk.ask(GetDraft(mine.case)))
        if theirs is None or theirs.text == await self._known(mine.case) or theirs.text in mine.text:
            return mine
        text = f"{theirs.text}\n{mine.text}" if mine.text else theirs.text
        return replace(mine, text=text, caret=len(text))

    # What needs a decision

    def listed(self) -> tuple[Waiting, ...]:
        """Those that the desk did not take; their `seq` is below 0."""
        return tuple(
            Waiting(
                -errand.at,
                "",
                "",
                case,
                errand.number,
                errand.name,
                {"text": self._mine[case].text},
                0,
                errand.at,
                stuck=True,
                why=reason(errand.why),
            )
            for case, (_, errand) in self._refused.items()
        )

    async def redo(self, seq: int) -> None:
        """Have one sent again."""
        for slot, errand in [one for one in self._refused.values() if one[1].at == -seq]:
            await self._aside(self._kept.set_errand, slot, replace(errand, why=b""))

    async def drop(self, seq: int) -> None:
        """Give one up: the desk keeps what it has."""
        for case, (slot, errand) in [one for one in self._refused.items() if one[1][1].at == -seq]:
            del self._refused[case], self._mine[case]
            await self._aside(self._kept.ran, slot, errand.at)


def shown(mine: KeepDraft, now: int) -> Draft | None:
    """A draft as the desk would answer it; None for an empty one."""
    if not mine.text:
        return None
    return Draft(mine.case, mine.text, mine.caret, now, mine.canned, mine.articles, mine.channel)


def _asked(errand: Errand) -> Ask[Any] | None:
    """What one asks of the desk; None when another version of csdesk wrote it in a shape that is not known."""
    try:
        return wire.question(errand.name, errand.body)
    except (KeyError, wire.Malformed):
        return None
