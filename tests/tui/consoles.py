"""A console on a small desk, without a terminal: actions are pressed by name, and what it shows is read as text."""

import gc
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

from textual import events
from textual._context import active_app
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widget import Widget

from csdesk.desk.times import desk_times
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Policy
from csdesk.tui import keymap, theme
from csdesk.tui.app import ConsoleApp, Rules, Tools
from csdesk.tui.screen import ConsoleScreen
from tests.building import ZONE, DeskFile

# What each console is given besides, where a whole file of tests runs on something else than a desk of its own.
MORE: dict[str, Any] = {}
WIDE, NARROW = (120, 40), (80, 24)
TRIES = 2_000
# On a busy machine every process seems to rest; with this none is waited for, and a test that relies on it fails.
HURRIED = "CSDESK_HURRIED" in os.environ


class Hands:
    """Somebody at a console."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot
        # Whether each key also waits until the process rests; not where states are waited for after each.
        self.rests = not HURRIED

    @property
    def screen(self) -> ConsoleScreen[Any]:
        """The screen in front."""
        screen = self.app.screen
        assert isinstance(screen, ConsoleScreen)
        return screen

    async def press(self, action: str) -> None:
        """Press the key that is bound to an action in this place; it must have one that lands there."""
        keys = self.app.keymap.keys.get(action, ())
        usable = [key for key in keys if self.app.keymap.action(self.screen.context, key) == action]
        assert usable, f"{action} has no key in {self.screen.context}"
        # While one types, letters are letters.
        function = [key for key in usable if len(key) > 1] if self.screen.typing else usable
        assert function, f"{action} cannot be pressed while one types"
        await self.keys(function[0])

    def turn(self) -> None:
        """What comes is done at this console; needed where a test has two of them."""
        active_app.set(self.app)

    async def keys(self, *keys: str) -> None:
        """Press keys by their names, each once the one before it has done what it does.

        The pilot's own `press` waits three times for a process that rests, 20 ms and more each; once is enough. On a
        machine that is busy with other things every process seems to rest: so the key is followed on its way, which is
        from the app to the field that has the focus, and from there to the screen.
        """
        self.turn()
        for key in keys:
            self.app.post_message(key_event(key))
            await self.settle()
            if self.rests:
                await self.pilot.pause()

    async def write(self, text: str) -> None:
        """Type a text."""
        await self.keys(*text)

    async def settle(self) -> None:
        """Wait until every widget has taken in what it was told."""
        self.turn()
        await self.pilot.pause(0)
        await self.pilot.pause(0)

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait until this is so: the desk answers from another thread."""
        self.turn()
        for _ in range(TRIES):
            if seen():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"never seen; the screen shows:\n{self.shown()}")

    async def sees(self, *texts: str) -> None:
        """Wait until all of these stand on the screen."""
        await self.until(lambda: all(text in self.shown() for text in texts))

    async def at(self, screen: type[ConsoleScreen[Any]]) -> None:
        """Wait until a screen of this kind is in front and has the focus where its keys are to go.

        A screen is in front before it is mounted: until then a key pressed for it goes by another table of keys.
        """
        await self.until(lambda: isinstance(self.app.screen, screen) and self.app.screen.is_mounted)
        await self.settle()

    async def home(self) -> None:
        """Go back to the queue, also from what a key before this brings up only now."""
        await self.app.home()
        await self.until(lambda: self.app.idle)
        await self.app.home()

    def shown(self) -> str:
        """What the screen in front shows, its widgets from top to bottom."""
        return "\n".join(lines(widget) for widget in leaves(self.app.screen))


def leaves(widget: Widget) -> list[Widget]:
    """The widgets that draw, in order."""
    children = [child for child in widget.children if child.display]
    return [leaf for child in children for leaf in leaves(child)] if children else [widget]


def lines(widget: Widget) -> str:
    """What one widget shows."""
    rows = [widget.render_line(y) for y in range(widget.size.height)]
    return "\n".join("".join(segment.text for segment in row).rstrip() for row in rows)


def key_event(key: str) -> events.Key:
    """What the terminal tells of a key, and of the sign that it writes, if it writes one."""
    if key in ("\n", "space"):
        return events.Key("enter", None) if key == "\n" else events.Key(key, " ")
    return events.Key(_character_to_key(key), key) if len(key) == 1 else events.Key(key, None)


@asynccontextmanager
async def console(
    file: DeskFile,
    who: str = "wang",
    size: tuple[int, int] = WIDE,
    around: Callable[[Any], Any] = lambda desk: desk,
) -> AsyncIterator[Hands]:
    """A console of `who` on the desk, or on what stands `around` it, in Chinese, with the shipped keys."""
    desk = around(await file.desk(who))
    words = Words("zh-Hans", ZoneInfo(ZONE))
    rules = Rules(desk_times(), Policy())
    given = {"rules": lambda: rules, **MORE}
    tools = Tools(words, keymap.load(), theme.load("dark"), now=file.clock, **given)
    app = ConsoleApp(desk, tools)
    async with app.run_test(size=size) as pilot:
        hands = Hands(app, pilot)
        await hands.until(lambda: bool(app.names))
        yield hands
        hands.turn()
    await desk.close()
    # A console holds what it found at its start to be no garbage: true of a program, not of a hundred consoles in one.
    gc.unfreeze()
