"""A verb on many cases from the queue: its form once, one question with counts and money, then a run."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from csdesk.desk.bulk_queries import BeginRun, CameOf, RunView, Weigh, Weighed
from csdesk.desk.queries import CaseView, ShowCase
from csdesk.desk.registry import Field, command, form, shown
from csdesk.domain.cases.command import VERBS, Command, Deciding
from csdesk.domain.cases.conversation import SLOT, Reply
from csdesk.domain.value import replace
from csdesk.tui import doors
from csdesk.tui.following import Over
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.moving import PickOne

if TYPE_CHECKING:
    from csdesk.tui.screens.queue import QueueScreen

REPLY = Reply.verb.name
# What is each case's own: left to the verb, which then takes all units, and what the law or the order says.
_OWN = frozenset(
    {
        "freight", "outbound", "less", "exchange_sku", "difference_minor", "even", "address", "channel", "canned",
        "articles", "also", "confirmed",
    }
)  # fmt: skip


def common(verb: str) -> list[Field]:
    """The fields of a verb that can hold the same for many cases."""
    return [
        field
        for field in form(verb)
        if field.name not in _OWN and field.shape not in ("units", "graded") and not field.asked
    ]


def needs_form(verb: str) -> bool:
    """Whether something has to be entered: a verb that decides does on each case what its form would propose."""
    fields = common(verb)
    if issubclass(VERBS[verb], Deciding) and not VERBS[verb].verb.confirm:
        return any(field.required for field in fields)
    return bool(fields)


class ManyForm(VerbForm):
    """The form of a verb for many cases, judged on one of them; `filled` is what was entered once it is sent."""

    def __init__(self, view: CaseView, verb: str, n: int) -> None:
        super().__init__(view, verb)
        self._n = n
        self.filled: Mapping[str, str] = {}

    def title_text(self) -> str:
        words = self.console.words
        return words("many.title", verb=words.code("verb", self.verb), n=self._n)

    def fields(self) -> Iterable[Field]:
        return common(self.verb)

    @property
    def place(self) -> tuple[str, str]:
        return ("many", self.verb)

    def command(self) -> Command:
        made = super().command()
        # Each case fills its slots for itself; one that it cannot fill is told then.
        return replace(made, text=SLOT.sub(r"\1", made.text)) if isinstance(made, Reply) else made

    async def _send(self, asked: Command) -> None:
        self.filled = {name: row.text for name, row in self.rows.items() if row.text.strip() and row.display}
        self._sending = False
        self.console.unsent.pop(self.place, None)
        self.dismiss(True)


def what_was_entered(asked: Command) -> dict[str, str]:
    """What a command would hold for other cases, as a form holds it."""
    names = [field.name for field in common(asked.verb.name)]
    entered = {name: shown(getattr(asked, name)) for name in names}
    return {name: text for name, text in entered.items() if text}


def over_marks(queue: "QueueScreen", marks: Sequence[str]) -> Over:
    """What becomes of marks once their run is over: what was refused stays marked, what was done does not."""

    def over(run: RunView, refused: Sequence[CameOf]) -> None:
        if run.state != "stopped":  # of one that was stopped, all is still to be seen
            queue.list.marks -= set(marks) - {one.case for one in refused}
            queue.list.repaint()

    return over


class Many:
    """What a queue does to marked cases."""

    def __init__(self, screen: "QueueScreen") -> None:
        self._screen = screen

    async def use(self, verb: str, entered: Mapping[str, str] | None = None) -> None:
        """Use a verb on the marked cases, asking for what it needs unless that is given."""
        console = self._screen.console
        words, marks = console.words, tuple(sorted(self._screen.list.marks))
        if not VERBS[verb].verb.bulk:
            console.say(words("status.not_bulk", verb=words.code("verb", verb)), "warn")
            return
        weighed: Weighed = await console.patient(console.desk.ask(Weigh(verb, marks)))
        if not weighed.able:
            told = words("many.none", verb=words.code("verb", verb), n=weighed.n, kinds=self._kinds(weighed))
            console.say(told, "warn")
            return
        if entered is None:
            entered = await self._ask_for(verb, weighed)
        if entered is None:
            return
        if VERBS[verb].verb.money:
            weighed = await console.patient(console.desk.ask(Weigh(verb, marks, entered)))
        if await console.push_screen_wait(ConfirmScreen(self._question(verb, weighed))):
            await self._begin(verb, marks, entered)

    async def again(self, asked: Command) -> None:
        """Use a verb again, on the marked cases, with what was entered."""
        spec = asked.verb
        known = not (spec.confirm or spec.money or spec.name == REPLY)
        await self.use(spec.name, what_was_entered(asked) if known else None)

    async def _ask_for(self, verb: str, weighed: Weighed) -> Mapping[str, str] | None:
        """What the verb asks for, entered once; None when it was left."""
        if verb == REPLY:
            return await self._wording(weighed)
        return await self._form(verb, weighed) if needs_form(verb) else {}

    async def _form(self, verb: str, weighed: Weighed) -> Mapping[str, str] | None:
        console = self._screen.console
        view = await console.patient(console.desk.ask(ShowCase(weighed.sample, timeline=False)))
        await console.learn_rules()
        asked = ManyForm(view, verb, weighed.n)
        return asked.filled if await console.push_screen_wait(asked) else None

    async def _wording(self, weighed: Weighed) -> Mapping[str, str] | None:
        """A canned reply, worded for each customer, or a text with slots."""
        console = self._screen.console
        words = console.words
        ways = [
            (way, [(words(f"many.reply_{way}", slot="{case_number}"), "text")]) for way in ("canned", "text")
        ]
        way = await console.push_screen_wait(PickOne(words("many.reply_how", n=weighed.n), ways))
        if way == "text":
            return await self._form(REPLY, weighed)
        if way is None:
            return None
        filled = await console.push_screen_wait(doors.canned(weighed.sample))
        return {"canned": filled.id} if filled else None

    def _kinds(self, weighed: Weighed) -> str:
        words = self._screen.console.words
        return words.between.join(
            words("many.of_kind", kind=words.code("kind", kind), n=n) for kind, n in weighed.cannot
        )

    def _question(self, verb: str, weighed: Weighed) -> str:
        words = self._screen.console.words
        told = [words("many.ask", verb=words.code("verb", verb), n=weighed.n)]
        if weighed.money:
            sums = words.between.join(words.money(minor, currency) for currency, minor in weighed.money)
            told.append(words("many.money", sum=sums))
        if weighed.cannot:
            n = weighed.n - weighed.able
            told.append(words("many.cannot", n=n, kinds=self._kinds(weighed)))
        return "".join(told)

    async def _begin(self, verb: str, marks: Sequence[str], entered: Mapping[str, str]) -> None:
        """Begin the run; its key makes a second try after trouble the same run."""
        console = self._screen.console
        ask = BeginRun(verb, tuple(marks), entered, key=os.urandom(8).hex())
        run = await console.patient(console.desk.ask(ask))
        if verb != REPLY:
            console.verbs.remember(command(verb, dict(entered)))
        console.verbs.ran()

        if console.records:
            console.recording.note_many(verb, entered)
        await console.following.begun(run, over_marks(self._screen, marks))
