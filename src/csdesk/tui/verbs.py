"""Carrying verbs out from the console: at once or through a form, with undo, redo and repeat."""

from dataclasses import replace
from typing import TYPE_CHECKING

from csdesk.desk.desk import Conflict, Done
from csdesk.desk.queries import LastVerb, ShowCase
from csdesk.desk.registry import form
from csdesk.domain.cases.command import VERBS, Command, Deciding, Undo
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.shared import TakeBack
from csdesk.store.errors import StoreError
from csdesk.tui import doors
from csdesk.tui.messages import VerbDone

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp


# So often a long run says how far it is.
PROGRESS = 10


def at_once(verb: str) -> bool:
    """Whether a verb asks for nothing: no field, no confirmation."""
    return not any(not field.asked for field in form(verb)) and not VERBS[verb].verb.confirm


class Verbs:
    """The verbs of one console, and what it did last."""

    def __init__(self, console: "ConsoleApp") -> None:
        self._console = console
        self._last: Command | None = None
        self._done: list[tuple[str, Command]] = []
        self._undone: list[tuple[str, Command]] = []

    def run(self, case: str, version: int, verb: str) -> None:
        """Use a verb on a case as it was seen at `version`."""
        if self._too_early(case, verb):
            self._console.say(self._console.words("status.too_early"), "warn")
        else:
            self._console.call(self._run(case, version, verb))

    def _too_early(self, case: str, verb: str) -> bool:
        """Whether a verb that cannot be taken back was typed before its case was painted."""
        screen = self._console.screen
        painted, pressed = getattr(screen, "painted", None), getattr(screen, "pressed_at", 0.0)
        return VERBS[verb].verb.undo is Undo.NONE and painted is not None and 0.0 < pressed < painted(case)

    async def _run(self, case: str, version: int, verb: str) -> None:
        console = self._console
        if verb == "reply":
            console.open_case(case, compose=True)
            return
        if verb == "establish":  # facts are entered where one sees what they change
            await console.push_screen(doors.verdict(case))
            return
        if at_once(verb):
            await self.do(VERBS[verb](), case, version)
            return
        view = await console.patient(console.desk.ask(ShowCase(case, timeline=False)))
        offer = next((offer for offer in view.offers if offer.verb == verb), None)
        if offer is None or offer.off is not None:
            refused = (
                offer.off if offer and offer.off else Refused("wrong_kind", kind=view.case.kind, verb=verb)
            )
            console.say(console.refusal(refused), "warn")
            return
        await console.push_screen(doors.form(view, verb))

    async def do(self, command: Command, case: str = "", version: int | None = None) -> Done | None:
        """Carry out a command; say what came of it and tell the screens."""
        console = self._console
        try:
            done: Done = await console.patient(console.desk.do(command, case, version=version))
        except (Refused, Conflict, StoreError) as error:
            if against := self._against(command, error):
                return await self._nevertheless(*against, case, version)
            console.say(console.explain(error) or str(error), "bad")
            return None
        if not isinstance(command, TakeBack):
            self._last = command
            self._done.append((done.case.id, command))
            self._undone.clear()
        verb = console.words.code("verb", done.verb)
        state = console.words.code("state", done.case.state)
        console.say(console.words("status.done", case=done.number, verb=verb, state=state), "good")
        for screen in console.screen_stack:
            screen.post_message(VerbDone(done))
        return done

    @staticmethod
    def _against(command: Command, error: Exception) -> tuple[Deciding, Refused] | None:
        asks = isinstance(error, Refused) and error.code == "against_verdict"
        return (
            (command, error)
            if asks and isinstance(command, Deciding) and isinstance(error, Refused)
            else None
        )

    async def _nevertheless(
        self, command: Deciding, refused: Refused, case: str, version: int | None
    ) -> Done | None:
        """Ask why a verb goes against the verdict, and carry it out with that reason; None when it was left."""
        reason = await self._console.push_screen_wait(doors.override(command, refused, case))
        return await self.do(replace(command, override=reason), case, version) if reason else None

    def for_many(self, verb: str) -> bool:
        """Whether a verb may be used on several cases at once from the list: in bulk, with nothing to enter.

        A verb that decides, such as approving, then does on each case what its form would propose.
        """
        if not VERBS[verb].verb.bulk or VERBS[verb].verb.confirm:
            return False
        return at_once(verb) or (
            issubclass(VERBS[verb], Deciding) and not any(field.required for field in form(verb))
        )

    async def do_many(self, cases: list[str], verb: str) -> list[str]:
        """Carry out a verb on each of these cases; says how many it was, gives those where it was refused."""
        console, words = self._console, self._console.words
        failed: list[str] = []
        reason, name = "", words.code("verb", verb)
        for n, case in enumerate(cases, 1):
            try:
                await console.desk.do(VERBS[verb](), case)
            except (Refused, Conflict) as error:
                failed.append(case)
                reason = console.explain(error) or str(error)
            if n % PROGRESS == 0:
                console.say(f"{name} {n}/{len(cases)}", "wait")
        done = len(cases) - len(failed)
        if failed:
            console.say(
                words("status.bulk_failed", verb=name, done=done, failed=len(failed), reason=reason), "warn"
            )
        else:
            console.say(words("status.bulk_done", verb=name, done=done), "good")
        return failed

    async def undo(self) -> None:
        """Take back my last verb that can be taken back, also one of an earlier console."""
        console = self._console
        last = await console.patient(console.desk.ask(LastVerb()))
        if last is None:
            console.say(console.words("refused.undo_nothing"), "warn")
            return
        case, verb = last
        done = await self.do(TakeBack(), case)
        if done is None:
            return
        mine = next(
            (entry for entry in reversed(self._done) if entry[0] == case and entry[1].verb.name == verb), None
        )
        if mine is not None:
            self._done.remove(mine)
            self._undone.append(mine)
        console.say(
            console.words("status.undone", case=done.number, verb=console.words.code("verb", verb)), "good"
        )

    async def redo(self) -> None:
        """Do again what was taken back last in this console."""
        console = self._console
        if not self._undone:
            console.say(console.words("status.nothing_undone"), "warn")
            return
        case, command = self._undone.pop()
        rest = self._undone.copy()
        if await self.do(command, case) is not None:
            self._undone = rest

    def repeat(self, case: str, version: int) -> None:
        """Use my last verb, with what I entered, on another case."""
        console = self._console
        if self._last is None:
            console.say(console.words("status.nothing_done"), "warn")
        elif self._last.verb.confirm or self._last.verb.money:
            self.run(case, version, self._last.verb.name)
        else:
            console.call(self._repeat(self._last, case, version))

    async def _repeat(self, command: Command, case: str, version: int) -> None:
        await self.do(command, case, version)
