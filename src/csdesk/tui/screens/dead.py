"""What the worker gave up: one line a job, its case to open, the job to try again or to drop for a reason."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.desk.outbox_queries import DeadLetter, DeadLetters, DropJob, RetryJob
from csdesk.desk.outbox_words import fault
from csdesk.domain.cases.context import Refused
from csdesk.tui import cells
from csdesk.tui.screens.one_field import OneField
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.picks import Pick


class DeadScreen(Overlay[str | None]):
    """Dismissed with the id of the case to open."""

    context: ClassVar[str] = "dead"
    title_key: ClassVar[str] = "dead.title"

    def __init__(self) -> None:
        super().__init__()
        self._jobs: dict[str, DeadLetter] = {}

    def on_mount(self) -> None:
        self.console.call(self._fill())

    async def _fill(self) -> None:
        found = await self.console.patient(self.console.desk.ask(DeadLetters()))
        self._jobs = {one.key: one for one in found}
        at = self.picks.cursor
        self.picks.show([self._line(one) for one in found])
        self.picks.move(min(at, len(found) - 1))
        if not found:
            self.console.say(self.console.words("outbox.none"), "good")

    def _line(self, one: DeadLetter) -> Pick:
        words = self.console.words
        return Pick(
            one.key,
            [
                (f"{words.short(one.at)}  ", "quiet"),
                (cells.fit(one.number or "–", 14), "strong"),
                (cells.fit(words.code("job", one.kind), 12), "text"),
                (cells.fit(words.count("dead.tries", one.tries), 10), "quiet"),
                (cells.safe(fault(words, one.reason)), "late"),
                ("" if one.again else f"  {words('outbox.in_case')}", "quiet"),
            ],
        )

    def _job(self) -> DeadLetter | None:
        return self._jobs.get(self.picks.picked.id) if self.picks.picked else None

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "retry", "drop", "back", "help")

    def off(self, action: str) -> str | None:
        """Why the job under the cursor cannot be opened, tried again or dropped."""
        words, job = self.console.words, self._job()
        if action not in ("open", "retry", "drop"):
            return None
        if job is None:
            return words("outbox.none")
        if action == "open" and not job.case:
            return words("dead.no_case")
        return words("refused.told_in_case") if action == "retry" and not job.again else None

    def choose(self, pick: Pick) -> None:
        job = self._jobs[pick.id]
        if job.case:
            self.dismiss(job.case)
        else:
            self.console.say(self.console.words("dead.no_case"), "warn")

    def action_retry(self) -> None:
        """Have the job under the cursor tried again."""
        if job := self._job():
            self.console.call(self._do(RetryJob(job.key), "outbox.retried", job.key))

    def action_drop(self) -> None:
        """Take the job under the cursor off the list, for a reason."""
        if job := self._job():

            def dropped(reason: str | None) -> None:
                if reason:
                    self.console.call(self._do(DropJob(job.key, reason), "outbox.dropped", job.key))

            self.app.push_screen(DropReason(), dropped)

    async def _do(self, errand: Ask[None], told: str, key: str) -> None:
        try:
            await self.console.desk.ask(errand)
        except Refused as refused:
            self.console.say(self.console.refusal(refused), "warn")
        else:
            self.console.say(self.console.words(told, key=cells.safe(key)), "good")
        await self._fill()


class DropReason(OneField):
    """Why a job need not be done any more; dismissed with the reason, "" when it was left: then nothing is done."""

    def asks(self) -> str:
        return self.console.words("dead.reason")

    def missing(self) -> str:
        return self.console.words("refused.drop_reason")
