"""The console: one desk, its screens, what it says, and the one watcher that tells screens what changed."""

import asyncio
import gc
import signal
import time
from collections.abc import Callable, Coroutine
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import App, ScreenStackError
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen

from csdesk.desk.config import ConfigError
from csdesk.desk.link import LinkLost, NotAdmitted, ServerFault
from csdesk.desk.words import Words
from csdesk.domain.value import dataclass
from csdesk.store.errors import StoreError
from csdesk.tui import cells, doors
from csdesk.tui.coming import ComingDesk
from csdesk.tui.keymap import Keymap
from csdesk.tui.leasing import Leasing
from csdesk.tui.messages import Changed
from csdesk.tui.output.terminal import LeanOutput
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.start import First
from csdesk.tui.theme import Look, Palette
from csdesk.tui.widgets.bars import SIGNS, StatusLine
from csdesk.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from csdesk.desk.desk import Changes, Desk, Done
    from csdesk.domain.cases.command import Command
    from csdesk.domain.cases.context import Policy, Refused
    from csdesk.domain.clocks.times import Times
    from csdesk.interop.ordering import Looked
    from csdesk.tui.appearance import Appearance
    from csdesk.tui.away import Away
    from csdesk.tui.following import Following
    from csdesk.tui.news import News
    from csdesk.tui.privacy import Privacy
    from csdesk.tui.recording import Recording
    from csdesk.tui.verbs import Verbs

# After so long a person wonders whether the key arrived.
SLOW_SECONDS = 0.3
# Twice what writing 30 kB to a terminal takes.
AFTER_FIRST_SECONDS = 0.02


def clock_ms() -> int:
    """Now, in UTC ms; the one place in this room that reads the clock."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Tools:
    """What a console is given: words, keys, look, how it draws, and `rules`, made when a form first needs them.

    Without `rules` the desk itself is asked for them.

    `ask_order` asks the order system after a number, in a thread of its own; None where nobody can be asked.
    `save_file` brings a file (case, hash) of a desk elsewhere into a folder here, likewise; gives the path.
    """

    words: Words
    keymap: Keymap
    look: Look
    ascii: bool = False
    now: Callable[[], int] = clock_ms
    rules: "Callable[[], Rules] | None" = None
    lean: bool = True
    ask_order: "Callable[[str], Looked] | None" = None
    lock_minutes: int = 0
    save_file: "Callable[[str, str, str], str] | None" = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a form decides with before the desk does: calendar and hours, and the desk's own numbers."""

    times: "Times"
    policy: "Policy"


class ConsoleApp(LeanOutput, inherit_bindings=False):
    """The console. Its parts: `verbs` carries verbs out, `leasing` holds and parks cases."""

    TITLE = "csdesk"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    CSS = """
    Screen { background: $ground; color: $text; } Overlay { background: transparent; }
    Input > .input--selection, TextArea .text-area--selection { text-style: $selection-style; }
    Input:ansi > .input--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
    """

    def __init__(self, desk: "Desk", tools: Tools, first: First | None = None) -> None:
        super().__init__()
        self.desk = desk
        self.words = tools.words
        self.keymap = tools.keymap
        self.ascii = tools.ascii
        self.lean = tools.lean
        self.now = tools.now
        self._rules = tools.rules
        self.ask_order, self.save_file = tools.ask_order, tools.save_file
        self.first = first or First()
        self.lock_minutes, self.locked, self.touched_at = tools.lock_minutes, False, time.monotonic()
        self.names: dict[str, str] = {id_: cells.safe(name) for id_, name in self.first.names}
        self.said: tuple[str, str] = ("", "info")
        # Sentences written into forms that were left for a call, by case and verb.
        self.unsent: dict[tuple[str, str], dict[str, str]] = {}
        self.leasing = Leasing(self)
        self.away: Away | None = None
        # Whether the desk has read the law: from then on a verdict takes a millisecond.
        self.law_read = False
        self.trouble: StoreError | ConfigError | LinkLost | NotAdmitted | ServerFault | None = None
        self._opened = asyncio.Event()
        self._then: list[Callable[[], None]] = []
        self._look = tools.look
        # How many answers take longer than a person expects.
        self.waits = 0
        self._leaving = False
        self.animation_level = "none"
        # What is said goes to the status line, and nothing hangs on a mouse: no toasts, no tooltips.
        self._disable_notifications = self._disable_tooltips = True
        # Set before anything is styled; to change it later would parse every style sheet again.
        self.register_theme(tools.look.theme)
        self.set_reactive(App.theme, tools.look.theme.name)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    @cached_property
    def verbs(self) -> "Verbs":
        """What carries verbs out."""
        from csdesk.tui.verbs import Verbs

        return Verbs(self)

    @cached_property
    def following(self) -> "Following":
        """What looks after runs over many cases."""
        from csdesk.tui.following import Following

        return Following(self)

    @cached_property
    def recording(self) -> "Recording":
        """What records macros and carries them out."""
        from csdesk.tui.recording import Recording

        return Recording(self)

    @property
    def records(self) -> bool:
        """Whether macros were thought of here at all: a console that never records loads nothing for it."""
        return "recording" in vars(self)

    @property
    def did_something(self) -> bool:
        """Whether a verb was carried out here that might be taken back."""
        return "verbs" in vars(self) and self.verbs.undoable

    @cached_property
    def rules(self) -> Rules:
        """What forms decide with; until the desk told its own: weekends, and the numbers every desk begins with."""
        from csdesk.domain.cases.context import Policy
        from csdesk.domain.clocks.times import Times

        return self._rules() if self._rules else Rules(Times(), Policy())

    async def learn_rules(self) -> None:
        """Ask the desk for what forms decide with, unless it is known; awaited before a form is shown."""
        if self._rules is not None:
            return
        from csdesk.desk.rule_answers import policy_told, times_told
        from csdesk.desk.rule_queries import DeskRules

        told = await self.desk.ask(DeskRules())
        known = Rules(times_told(told), policy_told(told))
        self._rules = lambda: known
        vars(self).pop("rules", None)

    @cached_property
    def news(self) -> "News":
        """What everybody is told."""
        from csdesk.tui.news import News

        return News(self)

    @cached_property
    def privacy(self) -> "Privacy":
        """What locks the console."""
        from csdesk.tui.privacy import Privacy

        return Privacy(self)

    @cached_property
    def appearance(self) -> "Appearance":
        """What changes theme and language."""
        from csdesk.tui.appearance import Appearance

        return Appearance(self)

    @property
    def look(self) -> Look:
        """The theme that is worn."""
        return self._look

    @property
    def palette(self) -> Palette:
        """The colours of the theme."""
        return self._look.palette

    def wear(self, look: Look) -> None:
        """Paint everything in another theme."""
        self._look = look
        self.register_theme(look.theme)
        self._watch_theme(look.theme.name)  # the name stays the same, so nothing else tells Textual
        self.repaint_all()

    def repaint_all(self) -> None:
        """Word and paint every line of every screen anew."""
        for screen in self.screen_stack:
            for widget in screen.query(Lines):
                widget.refresh(layout=True)
                widget.worded_anew()

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver for this system, on Unix with our own reading of keys and pastes."""
        driver = super().get_driver_class()
        if driver.__name__ != "LinuxDriver":
            return driver
        from csdesk.tui.incoming import ConsoleDriver

        return ConsoleDriver

    def get_default_screen(self) -> Screen[Any]:
        """The queue is where the console starts and ends."""
        from csdesk.tui.screens.queue import QueueScreen

        return QueueScreen(self.first)

    def on_mount(self) -> None:
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            # The line dropped, or the host goes down: nothing typed may be lost.
            for number in (signal.SIGHUP, signal.SIGTERM):
                loop.add_signal_handler(number, lambda: self.run_worker(self.leave()))
        # What the first picture does not need begins when its bytes have left: importing would hold the
        # writer up.
        self.call_after_refresh(lambda: self.set_timer(AFTER_FIRST_SECONDS, self._begin))

    def when_open(self, begin: Callable[[], None]) -> None:
        """Do this once the desk is open."""
        self._then.append(begin)

    def _begin(self) -> None:
        # Nothing of what was made so far is garbage; `launch` had it switched off meanwhile.
        gc.freeze()
        gc.enable()
        self.run_worker(self._open(), exit_on_error=True)
        self.call(self._watch())
        self.call(self._learn_names())
        self.call(self.news.ask())
        self.privacy.watch()
        if self._look.path is not None:
            self.appearance.watch()

    async def _open(self) -> None:
        if isinstance(self.desk, ComingDesk):
            try:
                await self.desk.open()
            except (StoreError, ConfigError, LinkLost, NotAdmitted, ServerFault) as error:
                self.trouble = error
                self.exit(1)
                return
        self._opened.set()
        for begin in self._then:
            begin()

    async def _watch(self) -> None:
        async for changes in self.desk.watch():
            self._tell(changes)

    def _tell(self, changes: "Changes") -> None:  # not in `_watch`, which would hold the screen it told last
        for screen in self.screen_stack:
            screen.post_message(Changed(changes.cases, changes.everything))
        if mine := self.leasing.touched_of(changes.cases, everything=changes.everything):
            self.call(self.leasing.lost_of(mine))
        if changes.beside:
            self.call(self.news.ask())

    async def _learn_names(self) -> None:
        from csdesk.desk.queries import Agents

        names = {agent.id: cells.safe(agent.name) for agent in await self.desk.ask(Agents())}
        if names != self.names:
            self.names = names
            self.screen.refresh(layout=False)

    def name_of(self, agent: str) -> str:
        """An agent's name; the id when it is not known (yet)."""
        return self.names.get(agent, agent)

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Carry commands out one after the other: what is typed ahead meets the screen it opened."""
        if (
            isinstance(event, (events.Key, events.Paste))
            and not event.is_forwarded
            and isinstance(self.screen, ConsoleScreen)
        ):
            self.touched()
            await self.screen.hear(event)
        elif isinstance(event, events.MouseEvent):  # not Textual's way, which hovers, selects and scrolls
            from csdesk.tui.pointing import point

            await point(self, event)
        else:
            await super().on_event(event)

    async def forward(self, event: events.Key | events.Paste) -> None:
        """Pass on what is no command, to the field that has the focus."""
        await super().on_event(event)

    # What is said

    def say(self, text: str, kind: str = "info") -> None:
        """Put one sentence into the status line.

        Kind: info, good, warn, bad. It replaces what stood there.
        """
        assert kind in SIGNS
        self.said = (cells.safe(text), kind)
        self.repaint_status()

    def repaint_status(self) -> None:
        """Paint the status line of the screen in front."""
        for bar in self.screen.query(StatusLine) if self.screen_stack else ():
            bar.repaint()

    def explain(self, error: Exception) -> str | None:
        """An error that people can cause or mend, in a sentence; None for a mistake of the program."""
        from csdesk.tui.refusals import explain

        return explain(self, error)

    def refusal(self, refused: "Refused") -> str:
        """Why something may not happen."""
        from csdesk.tui.refusals import refusal

        return refusal(self, refused)

    # Work that waits for the desk

    @property
    def idle(self) -> bool:
        """Whether the desk is open and nothing but the watcher waits for it."""
        return self._opened.is_set() and sum(worker.is_running for worker in self.workers) <= 1

    def call(self, work: Coroutine[Any, Any, object]) -> None:
        """Run something that asks the desk, beside the keys; refusals and trouble go to the status line."""
        worker: Any = self.run_worker(partial(self._guarded, work), exit_on_error=True)
        # A console that is left ends workers that have not begun: nobody would have awaited their work.
        worker._task.add_done_callback(lambda task: work.close())

    async def _guarded(self, work: Coroutine[Any, Any, object]) -> None:
        await self._opened.wait()
        try:
            await work
        except ScreenStackError:
            # The console was left while the desk still answered: there is no screen any more to tell.
            if self.screen_stack:
                raise
        except Exception as error:
            told = self.explain(error)
            if told is None:
                raise
            self.say(told, "bad")

    async def patient(self, asked: Coroutine[Any, Any, Any]) -> Any:
        """Await the desk; a sign appears in the status line when it takes longer than a person expects."""
        task = asyncio.ensure_future(asked)
        done, _ = await asyncio.wait({task}, timeout=SLOW_SECONDS)
        if not done:
            self.waits += 1
            self.repaint_status()
            try:
                await asyncio.wait({task})
            finally:
                self.waits -= 1
                self.repaint_status()
        return task.result()

    # Verbs, and who holds what

    def run_verb(self, case: str, version: int, verb: str) -> None:
        """Use a verb on a case as seen at `version`: at once when it asks nothing, else through its form."""
        self.verbs.run(case, version, verb)

    async def do(self, command: "Command", case: str = "", version: int | None = None) -> "Done | None":
        """Carry out a command and say what came of it.

        None when it was refused (the reason is in the status line).
        """
        return await self.verbs.do(command, case, version)

    def touched(self) -> None:
        """A key was pressed: what is held stays held."""
        self.touched_at, self.app_focus = time.monotonic(), True  # also if the terminal's report was lost
        self.leasing.touched()

    # Screens

    def open_case(self, case: str, *, then: str = "") -> None:
        """Open a case; `then`: `reply`, `canned` or `draft`. What is in front already is not opened again."""
        from csdesk.tui.screens.case import CaseScreen

        front = self.screen
        if not isinstance(front, CaseScreen) or front.case_id != case:
            self.push_screen(doors.case(case, then=then))
        elif then == "canned":
            front.action_canned()
        elif then:
            front.action_reply()

    async def home(self) -> None:
        """Back to the queue, keeping what each screen on the way must keep; a lock stays where it is."""
        while len(self.screen_stack) > 1 and not self.locked:
            screen, below = self.screen_stack[-1], self.screen_stack[-2]
            if isinstance(screen, ConsoleScreen):
                await screen.keep()
                if self.screen_stack[-1] is not screen:  # it was left meanwhile
                    continue
                if isinstance(below, ConsoleScreen):
                    screen.hand_down(below)
            await self.pop_screen()

    async def action_quit(self) -> None:
        """Leave on the second press; the first says so."""
        if not self._leaving:
            self._leaving = True
            self.set_timer(2.0, self._stay)
            self.say(self.away.quit_words() if self.away else self.words("status.quit_again"), "warn")
            return
        await self.leave()

    def _stay(self) -> None:
        self._leaving = False

    async def leave(self) -> None:
        """Keep what must not be lost, give back what is held, and go."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, ConsoleScreen):
                await screen.keep()
        await self.leasing.let_go()
        self.exit(0)

    def action_help(self) -> None:
        """The keys of this place."""
        from csdesk.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(cast("ConsoleScreen[Any]", self.screen)))

    def action_palette(self) -> None:
        """Find an action or a verb by its name."""
        from csdesk.tui.screens.palette import PaletteScreen

        self.push_screen(PaletteScreen(cast("ConsoleScreen[Any]", self.screen)))

    def action_command(self) -> None:
        """Type a command."""
        from csdesk.tui.screens.command import CommandScreen

        self.push_screen(CommandScreen(cast("ConsoleScreen[Any]", self.screen)))

    def action_park(self) -> None:
        """Put the case aside for a call."""
        self._summon(self.leasing.park)

    def action_lock(self) -> None:
        """Lock the screen."""
        self.privacy.lock()

    def action_unpark(self) -> None:
        """Bring back the case put aside last."""
        self._summon(self.leasing.unpark)

    def action_presence(self) -> None:
        """Say whether I am here."""
        self.push_screen(doors.presence(self.leasing.presence), self._present)

    def action_handover(self) -> None:
        """Hand my cases over, and be off."""
        self._summon(self._handover)

    async def _handover(self) -> bool:
        from csdesk.desk.guided_queries import MyCases

        if not await self.desk.ask(MyCases()):
            self.say(self.words("handover.none", key=self.keymap.shown("presence")), "info")
            return False
        await self.home()
        await self.push_screen(doors.handover())
        return True

    def _summon(self, work: Callable[[], Coroutine[Any, Any, bool]]) -> None:
        """Bring up another screen; what is typed meanwhile is meant for it."""
        cast("ConsoleScreen[Any]", self.screen).summon(work)

    def _present(self, state: str | None) -> None:
        if state:
            self.call(self.leasing.be(state))

    def action_undo(self) -> None:
        """Take back my last verb."""
        self.call(self.verbs.undo())

    def action_record(self) -> None:
        """Record a macro; pressed again, stop and name it."""
        self.call(self.recording.start_or_stop())

    def action_macros(self) -> None:
        """Carry a macro out on the marked cases, or on this one."""
        self.call(self.recording.carry_out())

    def action_redo(self) -> None:
        """Do again what I took back last."""
        self.call(self.verbs.redo())

    def action_board(self) -> None:
        """The board, for those who may hand out cases."""
        self._summon(self._board)

    async def _board(self) -> bool:
        from csdesk.domain.cases.context import Refused
        from csdesk.domain.roles import Right, may

        role = self.desk.me.role
        if not may(role, Right.ASSIGN):
            raise Refused("no_right", role=role, right=Right.ASSIGN)
        await self.push_screen(doors.board(), self._from_board)
        return True

    def _from_board(self, queue: str | None) -> None:
        if queue:
            self.call(self._show_queue(queue))

    async def _show_queue(self, queue: str) -> None:
        from csdesk.tui.screens.queue import QueueScreen

        await self.home()
        if isinstance(self.screen, QueueScreen):
            self.screen.show(queue)

    def action_heard(self) -> None:
        """Put away what everybody is told."""
        self.call(self.news.put_away())

    def action_theme(self) -> None:
        """Choose a theme."""
        self.push_screen(doors.theme(self._look.name), self.appearance.wear)

    def action_language(self) -> None:
        """Choose a language."""
        self.push_screen(doors.language(self.words.language), self.appearance.speak)

    def action_news(self) -> None:
        """What everybody is told just now."""
        self.push_screen(doors.news())

    def action_orders(self) -> None:
        """Find an order, and open a case on it."""
        self.push_screen(doors.orders())

    @property
    def crashed(self) -> BaseException | None:
        """The mistake of the program that ended it, if one did."""
        return self._exception

    def _fatal_error(self) -> None:
        # Stock Textual prints local variables, and those hold customers' data; `launch` reports instead.
        self._close_messages_no_wait()
