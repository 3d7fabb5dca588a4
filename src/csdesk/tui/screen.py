"""What every screen of the console shares: keys by the keymap, reasons for what is off, one status line."""

import asyncio
import unicodedata
from collections.abc import Callable, Coroutine, Iterable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

from csdesk.tui import keymap as keys
from csdesk.tui.actions import action as action_of
from csdesk.tui.actions import label
from csdesk.tui.forgetting import forget_pictures, withdraw
from csdesk.tui.widgets.bars import Hints, StatusLine

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp

# So many Chinese characters in a row, where letters are commands, come from an input method left on.
INPUT_METHOD = 3
# What an input method has composed arrives at once; nobody presses two keys within a hundredth of a second.
AT_ONCE_SECONDS = 0.01
# A field that takes longer than this to take in a letter is broken.
FIELD_SECONDS = 5.0
# What is said of a place only; that something was done, or goes on, is news everywhere.
PASSING = ("info", "warn", "bad")
# So many keys that work all the same are named then.
TWINS_TOLD = 3


class Summoned:
    """Something that still comes up, and the screen in which what is typed waits for it."""

    def __init__(self, screen: "ConsoleScreen[Any]") -> None:
        self.screen = screen


class ConsoleScreen(Screen[ScreenResultType], inherit_bindings=False):
    """A place with keys.

    Subclasses give `context`, `body`, methods `action_<id>`, and say what is off and why.
    """

    context: ClassVar[str] = ""
    # The place in whose words its actions are told, where those of the keys' place say another thing.
    worded: ClassVar[str] = ""
    # Whether it begins with nothing said: what was refused or not found in another place is no news here.
    anew: ClassVar[bool] = True
    AUTO_FOCUS = ""
    BLANK = True  # covered by its widgets

    def __init__(self) -> None:
        super().__init__()
        self._chinese = 0
        self._composed_at = float("-inf")
        self.early: list[events.Key | events.Paste] = []
        self._resumed = False
        # What still comes up, and has the keys from its own on.
        self._summoned: set[Summoned] = set()
        # How often Esc has called off what was to come up.
        self.stayed = 0
        self.pressed_at = 0.0
        # The line that was clicked last: another click there opens it.
        self.pointed: object = None
        # What it was left with while another covered it.
        self._over: tuple[ScreenResultType | None, ...] = ()

    @property
    def console(self) -> "ConsoleApp":
        """The app, as what it is."""
        return cast("ConsoleApp", self.app)

    def on_compose(self) -> None:
        if self.anew and self.console.said[1] in PASSING:
            self.console.said = ("", "info")

    def compose(self) -> ComposeResult:
        if self.console.news.current is not None:
            from csdesk.tui.widgets.news import NewsLine

            yield NewsLine()
        yield from self.body()
        yield StatusLine()
        yield Hints()

    def body(self) -> Iterable[Widget]:
        """The widgets above the status line."""
        return ()

    @property
    def typing(self) -> bool:
        """Whether a text field has the focus: then its editing keys win, and letters are letters."""
        return hasattr(self.focused, "editing_keys")

    def repaint_hints(self) -> None:
        """What can be used has changed."""
        for bar in self.query(Hints):
            bar.repaint()

    def on_descendant_focus(self) -> None:
        self.repaint_hints()

    def on_screen_resume(self) -> None:
        if self._over:
            (result,), self._over = self._over, ()
            self.dismiss(result)
        else:
            # What was said over it, as that a form's verb is done, is news here.
            for bar in self.query(StatusLine):
                bar.repaint()
            self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        """The screen is there and its field has the focus: what was typed ahead of it comes now."""
        self._resumed = True
        self.let_keys()

    @property
    def settled(self) -> bool:
        """Whether a key is meant for what stands here, and not for something that still comes."""
        return self._resumed and not self._summoned

    @property
    def typed_ahead(self) -> bool:
        """Whether something that was typed still waits to be carried out."""
        return bool(self.early)

    def let_keys(self) -> None:
        """What was typed ahead goes where the keys go now."""
        if self.early:
            self.app.call_next(self.carry_out)

    async def carry_out(self) -> None:
        """Carry out what was typed first here, once this is there; what it brings up has the keys behind it.

        Runs in the app, between two of its events.
        """
        # A console that is being left has no screen any more.
        front = self.app.screen_stack[-1] if self.app.screen_stack else None
        if front is not self and self.console.locked:
            return  # no key that was meant for something else opens the lock
        if self.settled and front is not self and isinstance(front, ConsoleScreen):
            front.early[:0], self.early = self.early, []
            await front.carry_out()
        elif self.settled and front is self and self.early:
            event = self.early.pop(0)
            if isinstance(event, events.Key) and self.takes(event):
                await self._taken_in()
                await self.command_key(event)
            else:
                await self.pass_on(event)
            self.let_keys()

    async def pass_on(self, event: events.Key | events.Paste) -> None:
        """What is no command goes to the field that has the focus."""
        await self.console.forward(event)

    async def _taken_in(self) -> None:
        """Wait until the field has taken in what was typed before the command that acts on it."""
        if self.focused is not None:
            done = asyncio.Event()
            self.focused.call_next(done.set)
            await asyncio.wait_for(done.wait(), FIELD_SECONDS)

    def summon(self, work: Callable[[], Coroutine[Any, Any, bool]]) -> None:
        """Bring up something to type into, and say whether it came.

        What is typed meanwhile goes into it. Without it that is gone, but for a field that has the keys here. Esc has
        the keys here again at once.
        """
        summoned = Summoned(self)
        self._summoned.add(summoned)
        self.console.call(self._bring_up(work, summoned))

    async def _bring_up(self, work: Callable[[], Coroutine[Any, Any, bool]], summoned: Summoned) -> None:
        came = False
        try:
            came = await work()
        finally:
            waits = summoned.screen
            if summoned in waits._summoned:
                waits._summoned.remove(summoned)
                if not (came or waits.typing):
                    waits.early.clear()
                waits.let_keys()

    def hand_down(self, below: "ConsoleScreen[Any]") -> None:
        """This is taken away on the way to what was summoned: what is typed meanwhile waits in the screen below."""
        for summoned in self._summoned:
            summoned.screen = below
        below._summoned |= self._summoned
        below.early[:0] = self.early
        self._summoned, self.early = set(), []

    async def hear(self, event: events.Key | events.Paste) -> None:
        """Something was typed here."""
        if self._summoned and isinstance(event, events.Key) and not event.is_printable and self.takes(event):
            action = self.console.keymap.action(self.context, keys.pressed(event.key, event.character))
            if action in ("lock", "quit"):
                await self.command_key(event)
                return
            if action == "back":
                # Whatever was to take the place of what stands here shall not.
                self._summoned.clear()
                self.stayed += 1
                if not self.typing:
                    self.early.clear()
                    return
        self.early.append(event)
        await self.carry_out()

    def called_off(self) -> Callable[[], bool]:
        """Tells later whether Esc has since called off what was to come up over this, or over what this covers."""
        screens = (one for one in self.app.screen_stack if isinstance(one, ConsoleScreen))
        stayed = {screen: screen.stayed for screen in screens}
        return lambda: any(screen.stayed != before for screen, before in stayed.items())

    def point_at(self, widget: Widget) -> None:
        """Let the keys be for what is pointed at, where a screen has several places for them."""

    def drop_keys(self) -> None:
        """What was typed ahead is given up, and nothing that still comes up has the keys."""
        self._summoned, self.early = set(), []

    def off(self, action: str) -> str | None:
        """Why an action cannot be used just now, in a sentence; None when it can."""
        return None

    def idle(self, action: str) -> bool:
        """Whether an action has nothing to act on: the bottom line leaves it out, its key asks the desk."""
        console = self.console
        if action == "undo":
            return not console.did_something
        if action == "park":
            return not (console.leasing.held or self.current_case())
        return action == "unpark" and not console.leasing.parked

    def footer_actions(self) -> tuple[str, ...]:
        """The actions the bottom line names, most useful first; those that are off are left out."""
        return ()

    def called(self, action: str) -> str:
        """What an action is called here, by what it does here."""
        return label(self.console.words, action, self.worded or self.context)

    def current_case(self) -> tuple[str, int] | None:
        """Id and seen version of the case that verbs here act on."""
        return None

    def painted(self, case: str) -> float:
        """When this case was painted here (monotonic seconds); 0.0 when there is nothing to wait for."""
        return 0.0

    async def keep(self) -> None:
        """Keep what must not be lost; called before the screen is left for another case or a call."""

    def takes(self, event: events.Key) -> bool:
        """Whether a key is a command here, and not meant for the field that has the focus."""
        editing = getattr(self.focused, "editing_keys", ())
        return not (self.typing and (event.is_printable or event.key in editing))

    async def command_key(self, event: events.Key) -> None:
        """Carry out what a key is bound to here."""
        self.pressed_at = event.time
        key = keys.pressed(event.key, event.character)
        action = self.console.keymap.action(self.context, key)
        if event.is_printable and event.time - self._composed_at < AT_ONCE_SECONDS:
            # More of what an input method wrote: the full stop of 退货。 does not repeat the last verb.
            action, self._composed_at = None, event.time
        if action is None:
            self._unbound(key, event.time)
            return
        self._chinese = 0
        await self.press(action, key)

    async def on_key(self, event: events.Key) -> None:
        """A key that the field with the focus did not want after all."""
        if self.takes(event):
            event.stop()
            event.prevent_default()
            await self.command_key(event)

    async def on_paste(self, event: events.Paste) -> None:
        """A paste outside a text field does nothing: it must never fire verbs."""
        event.stop()
        self.console.say(self.console.words("status.paste"), "warn")

    def _unbound(self, key: str, at: float) -> None:
        if len(key) > 1 or unicodedata.east_asian_width(key) != "W":
            return
        self._chinese, self._composed_at = self._chinese + 1, at
        if self._chinese == INPUT_METHOD:  # said once, until a key arrives that does something
            told = "  ".join(self._twins()) or self.console.keymap.shown("help", 1)
            self.console.say(self.console.words("status.input_method", keys=told), "warn")

    def _twins(self) -> list[str]:
        """A few keys of use here that an input method lets through, each with what it does."""
        keymap = self.console.keymap
        on = [action for action in self.footer_actions() if not (self.idle(action) or self.off(action))]
        found = [
            f"{keys.spelled(key)} {self.called(action)}"
            for action in on
            if (key := next((key for key in keymap.keys.get(action, ()) if len(key) > 1), ""))
        ]
        return found[:TWINS_TOLD]

    async def press(self, action: str, key: str = "") -> None:
        """Carry out an action, or say why it is off. `key`: the key that was pressed for it."""
        if reason := self.off(action):
            self.console.say(reason, "warn")
            return
        entry = action_of(action)
        if entry.verb:
            self.action_verb(entry.verb)
            return
        handler = self.handler(action)
        answer = handler(key) if entry.keyed else handler()
        if isawaitable(answer):
            await answer

    def handler(self, action: str) -> Callable[..., Any]:
        """The method that carries out an action: the screen's, else the app's."""
        name = f"action_{action}"
        return cast("Callable[..., Any]", getattr(self, name, None) or getattr(self.app, name))

    def action_verb(self, verb: str) -> None:
        """Carry out a verb on the current case."""
        case = self.current_case()
        if case is None:
            self.console.say(self.console.words("status.no_case"), "warn")
        else:
            self.console.run_verb(case[0], case[1], verb)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave this screen: at once, or when nothing covers it any more.

        What is done here may be over while another screen is in front, as the lock is: that one stays.
        """
        stack = self.app.screen_stack
        if stack[-1:] == [self]:
            return super().dismiss(result)
        if self in stack:
            self._over = (result,)
        return AwaitComplete()

    async def action_back(self) -> None:
        """Leave this screen."""
        await self.keep()
        self.dismiss()

    def _pop_result_callback(self) -> None:
        withdraw(self)
        super()._pop_result_callback()

    async def _message_loop_exit(self) -> None:
        gone = [*self.walk_children(Widget, with_self=True)]
        await super()._message_loop_exit()
        forget_pictures(gone)

    def action_field_next(self) -> None:
        """To the next field."""
        self.focus_next()

    def action_field_prev(self) -> None:
        """To the previous field."""
        self.focus_previous()

    def action_caller(self) -> None:
        """Check who is on the telephone."""
        from csdesk.tui.doors import caller

        self.app.push_screen(caller())

    def action_unsent(self) -> None:
        """What waits for the line to the desk."""
        from csdesk.desk.link import line_of
        from csdesk.tui.doors import unsent

        line = line_of(self.console.desk)
        if line is None:
            self.console.say(self.console.words("unsent.here"), "info")
        else:
            self.app.push_screen(unsent(line), lambda case: self.console.open_case(case) if case else None)

    def action_redraw(self) -> None:
        """Paint everything anew."""
        self.console.forget_terminal()
        self.refresh(layout=True)
        self.app.refresh(repaint=True)
