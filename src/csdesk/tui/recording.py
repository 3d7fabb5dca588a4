"""Macros of this console: what is done while one records, and how it is named, picked and carried out."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from csdesk.desk.bulk_queries import Weigh
from csdesk.desk.macro_queries import Macros, MacroView, RunMacro, SaveMacro, Step
from csdesk.domain.cases.command import VERBS, Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.macros import MacroScreen
from csdesk.tui.screens.many import over_marks, what_was_entered
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp


class NameScreen(Overlay[str]):
    """A name to type, and what it will hold; Enter keeps it. Dismissed with the name, "" when it was left."""

    context: ClassVar[str] = "find"
    title_key: ClassVar[str] = "macro.name"
    AUTO_FOCUS = "LineField"

    def __init__(self, steps: Iterable[str]) -> None:
        super().__init__()
        self._steps = " → ".join(steps)

    def body(self) -> Iterable[Widget]:
        yield LineField(placeholder=self.console.words("macro.hint"))
        yield self.picks

    def on_mount(self) -> None:
        self.picks.show([Pick("keep", [(self._steps, "text")])])

    def choose(self, pick: Pick) -> None:
        self.dismiss(self.query_one(LineField).value.strip())

    async def action_back(self) -> None:
        """Keep nothing."""
        self.dismiss("")


class Recording:
    """The steps that are being recorded, and macros that are carried out."""

    def __init__(self, console: "ConsoleApp") -> None:
        self._console = console
        self._steps: list[Step] | None = None

    @property
    def on(self) -> bool:
        """Whether what is done now is recorded."""
        return self._steps is not None

    async def start_or_stop(self) -> None:
        """Record from now on; or stop, and keep what was recorded under a name."""
        console, words = self._console, self._console.words
        if self._steps is None:
            self._steps = []
            console.say(words("macro.recording"), "wait")
            return
        steps, self._steps = self._steps, None
        if not steps:
            console.say(words("macro.nothing"), "warn")
            return
        name = await console.push_screen_wait(NameScreen(words.code("verb", step.verb) for step in steps))
        if not name:
            console.say(words("macro.left"), "warn")
            return
        try:
            kept = await console.patient(console.desk.ask(SaveMacro(name, tuple(steps))))
        except Refused:
            self._steps = steps  # to be named anew
            raise
        console.say(words("macro.kept", name=kept.name, n=len(steps)), "good")

    def note(self, done: Command) -> None:
        """A verb was carried out on a case: it is a step, if it can be one."""
        entered = what_was_entered(done)
        if isinstance(done, Reply):
            # What was written to one customer is not for others; a canned reply is.
            entered = {"canned": done.canned} if done.canned else {}
        if self._steps is not None and (not done.verb.bulk or (isinstance(done, Reply) and not done.canned)):
            verb = self._console.words.code("verb", done.verb.name)
            self._console.say(self._console.words("macro.not_recorded", verb=verb), "warn")
            return
        self.note_many(done.verb.name, entered)

    def note_many(self, verb: str, entered: Mapping[str, str]) -> None:
        """A run was begun: what was entered is a step."""
        if self._steps is not None:
            self._steps.append(Step(verb, dict(entered)))

    async def carry_out(self) -> None:
        """Pick a macro, and carry it out on the marked cases or on the one in front."""
        console, words = self._console, self._console.words
        screen = console.screen
        marks = tuple(sorted(screen.list.marks)) if isinstance(screen, QueueScreen) else ()
        one = getattr(screen, "current_case", lambda: None)()
        cases = marks or ((one[0],) if one else ())
        macros = await console.patient(console.desk.ask(Macros()))
        if not macros:
            console.say(words("macro.none"), "warn")
            return
        picked = await console.push_screen_wait(MacroScreen(macros, len(cases)))
        if picked and not cases:
            console.say(words("status.no_case"), "warn")
            return
        macro = next((m for m in macros if m.name == picked), None)
        if macro is None or not await console.push_screen_wait(
            ConfirmScreen(await self._question(macro, cases))
        ):
            return
        run = await console.patient(console.desk.ask(RunMacro(macro.name, cases)))
        console.verbs.ran()
        over = over_marks(screen, marks) if isinstance(screen, QueueScreen) else None
        await console.following.begun(run, over)

    async def _question(self, macro: MacroView, cases: tuple[str, ...]) -> str:
        words = self._console.words
        told = [words("macro.ask", name=macro.name, n=len(cases))]
        if any(step.verb == "reply" for step in macro.steps):
            told.append(words("macro.writes", n=len(cases)))
        for step in macro.steps:
            if VERBS[step.verb].verb.money:
                weighed = await self._console.desk.ask(Weigh(step.verb, cases, step.entered))
                sums = words.between.join(words.money(minor, code) for code, minor in weighed.money)
                told += [words("many.money", sum=sums)] if sums else []
        return "".join(told)
