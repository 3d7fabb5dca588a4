"""Carrying verbs out from the console: at once or through a form, with undo, redo and repeat."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from csdesk.desk.bulk_queries import Deed, Deeds, RedoRun, UndoRun
from csdesk.desk.desk import Conflict, Done
from csdesk.desk.queries import ShowCase
from csdesk.desk.registry import form
from csdesk.domain.cases.command import VERBS, Command, Deciding, Undo
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.shared import Take, TakeBack
from csdesk.domain.roles import Right, may
from csdesk.domain.value import replace
from csdesk.store.errors import StoreError
from csdesk.tui import doors
from csdesk.tui.messages import VerbDone

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp
    from csdesk.tui.screen import ConsoleScreen

# So many of its own verbs a console knows for a redo; what can be undone the desk itself knows.
KNOWN = 200
# Why a deed cannot be taken back that was taken back already.
_TAKEN_BACK = frozenset({"undo_undo", "undone_already", "undo_run_done"})


def at_once(verb: str) -> bool:
    """Whether a verb asks for nothing: no field, no confirmation."""
    return not any(not field.asked for field in form(verb)) and not VERBS[verb].verb.confirm


class Verbs:
    """The verbs of one console, and what it did last."""

    def __init__(self, console: "ConsoleApp") -> None:
        self._console = console
        self._last: Command | None = None
        self._done: deque[tuple[str, Command]] = deque(maxlen=KNOWN)
        # What was taken back: a case and its verb, or a run of `undo` and None.
        self._undone: list[tuple[str, Command | None]] = []
        self._ran = False

    @property
    def undoable(self) -> bool:
        """Whether this console did a verb or a run that can be taken back, and has not done so."""
        return self._ran or any(command.verb.undo is not Undo.NONE for _, command in self._done)

    def run(self, case: str, version: int, verb: str) -> None:
        """Use a verb on a case as it was seen at `version`."""
        shows = verb in ("reply", "establish")
        if shows or at_once(verb):
            # What is only shown does nothing yet, and its letters are meant for it; a form looks at its own picture.
            if not shows and self._too_early(case, verb):
                self._console.say(self._console.words("status.too_early"), "warn")
            else:
                self._console.call(self._run(case, version, verb))
            return
        screen = cast("ConsoleScreen[Any]", self._console.screen)
        # What is typed from this key on is meant for the form, also before it is even asked for.
        screen.summon(partial(self._form, case, verb, screen.called_off()))

    def _too_early(self, case: str, verb: str) -> bool:
        """Whether a verb that cannot be taken back was typed before its case was painted."""
        screen = self._console.screen
        painted, pressed = getattr(screen, "painted", None), getattr(screen, "pressed_at", 0.0)
        return VERBS[verb].verb.undo is Undo.NONE and painted is not None and 0.0 < pressed < painted(case)

    async def _run(self, case: str, version: int, verb: str) -> None:
        console = self._console
        if verb == "reply":
            console.open_case(case, then="reply")
            return
        if verb == "establish":  # facts are entered where one sees what they change
            await console.push_screen(doors.verdict(case))
            return
        await self.do(VERBS[verb](), case, version)

    async def _form(self, case: str, verb: str, called_off: Callable[[], bool]) -> bool:
        """Show the form of a verb, or say why it is off; whether it is shown."""
        console = self._console
        view = await console.patient(console.desk.ask(ShowCase(case, timeline=False)))
        offer = next((offer for offer in view.offers if offer.verb == verb), None)
        if offer is None or offer.off is not None:
            refused = (
                offer.off if offer and offer.off else Refused("wrong_kind", kind=view.case.kind, verb=verb)
            )
            console.say(console.refusal(refused), "warn")
            return False
        await console.learn_rules()
        if called_off():
            return False
        await console.push_screen(doors.form(view, verb))
        return True

    async def do(self, command: Command, case: str = "", version: int | None = None) -> Done | None:
        """Carry out a command; say what came of it and tell the screens."""
        console = self._console
        try:
            done: Done = await console.patient(console.desk.do(command, case, version=version))
        except (Refused, Conflict, StoreError) as error:
            if against := self._against(command, error):
                return await self._nevertheless(*against, case, version)
            if holder := self._holds(command, error):
                return await self.do(Take(over=True), case, version) if await self._over(holder) else None
            console.say(console.explain(error) or str(error), "bad")
            return None
        if done.queued:
            verb = console.words.code("verb", done.verb)
            console.say(console.words("away.queued", case=done.number, verb=verb), "wait")
            return done
        if not isinstance(command, TakeBack):
            self._last = command
            self._done.append((done.case.id, command))
            self._undone.clear()
        verb = console.words.code("verb", done.verb)
        state = console.words.code("state", done.case.state)
        console.say(console.words("status.done", case=done.number, verb=verb, state=state), "good")
        if console.records and not isinstance(command, TakeBack):
            console.recording.note(command)
        for screen in console.screen_stack:
            screen.post_message(VerbDone(done))
        return done

    def _holds(self, command: Command, error: Exception) -> str:
        """Who has a case open that I may take over; "" for nobody."""
        mine = isinstance(command, Take) and not command.over
        if not (mine and isinstance(error, Refused) and error.code == "held_by"):
            return ""
        return str(error.detail["who"]) if may(self._console.desk.me.role, Right.TAKE_OVER) else ""

    async def _over(self, holder: str) -> bool:
        """Ask whether to take a case over from whoever has it open."""
        from csdesk.tui.screens.confirm import ConfirmScreen

        told = self._console.words("takeover.ask", who=self._console.name_of(holder))
        asked: bool = await self._console.push_screen_wait(ConfirmScreen(told))
        return asked

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

    def remember(self, command: Command) -> None:
        """What a repeat does from now on."""
        self._last = command

    def ran(self) -> None:
        """A run over many cases was begun: it is what an undo takes back, and there is nothing left to redo."""
        self._ran = True
        self._undone.clear()

    async def undo(self) -> None:
        """Take back my last verb or run that can be taken back, also one of an earlier console."""
        console = self._console
        found = await console.patient(console.desk.ask(Deeds()))
        last = next((deed for deed in found if deed.off is None), None)
        if last is None:
            # What was done last is meant; what was taken back already is done no more.
            why = next((deed.off for deed in found if deed.off and deed.off.code not in _TAKEN_BACK), None)
            console.say(console.refusal(why) if why else console.words("refused.undo_nothing"), "warn")
        else:
            await self.take_back(last)

    async def take_back(self, deed: Deed) -> None:
        """Take this one back: a run as a run over what it did."""
        console = self._console
        if deed.run is not None:
            back = await console.patient(console.desk.ask(UndoRun(deed.id)))
            self._ran = False
            self._undone.append((back.id, None))
            await console.following.begun(back)
            return
        done = await self.do(TakeBack(), deed.case)
        if done is None:
            return
        mine = next(
            (one for one in reversed(self._done) if one[0] == deed.case and one[1].verb.name == deed.verb),
            None,
        )
        if mine is not None:
            self._done.remove(mine)
            self._undone.append(mine)
        verb = console.words.code("verb", deed.verb)
        console.say(console.words("status.undone", case=done.number, verb=verb), "good")

    async def redo(self) -> None:
        """Do again what was taken back last in this console."""
        console = self._console
        if not self._undone:
            console.say(console.words("status.nothing_undone"), "warn")
            return
        case, command = self._undone.pop()
        rest = self._undone.copy()
        if command is None:
            run = await console.patient(console.desk.ask(RedoRun(case)))
            self._ran = True
            await console.following.begun(run)
        elif await self.do(command, case) is not None:
            self._undone = rest

    @property
    def last(self) -> Command | None:
        """What a repeat would do."""
        return self._last

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
