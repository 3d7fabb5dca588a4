"""A console on a small desk, without a terminal: actions are pressed by name, and what it shows is read as text."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

from textual import events
from textual._context import active_app
from textual.pilot import Pilot
from textual.widget import Widget

from csdesk.desk.times import desk_times
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Policy
from csdesk.tui import keymap, theme
from csdesk.tui.app import ConsoleApp, Rules, Tools
from csdesk.tui.screen import ConsoleScreen
from tests.building import ZONE, DeskFile

WIDE, NARROW = (120, 40), (80, 24)
TRIES = 2_000


class Hands:
    """Somebody at a console."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

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
        """Press keys by their names."""
        self.turn()
        await self.pilot.press(*(_NAMES.get(key, key) for key in keys))
        await self.pilot.pause()

    async def write(self, text: str) -> None:
        """Type a text."""
        self.turn()
        for sign in text:
            if sign.isalnum() or sign in _NAMES:
                await self.pilot.press(_NAMES.get(sign, sign))
            else:
                # The pilot does not know full-width signs.
                self.app.post_message(events.Key(sign, sign))
                await self.pilot.pause()
        await self.pilot.pause()

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
        """Wait until a screen of this kind is in front."""
        await self.until(lambda: isinstance(self.app.screen, screen))

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


_NAMES = {
    " ": "space", "/": "slash", "!": "exclamation_mark", "?": "question_mark", "[": "left_square_bracket",
    "]": "right_square_bracket", ".": "full_stop", ":": "colon", "+": "plus", "-": "minus", "\n": "enter",
}  # fmt: skip


@asynccontextmanager
async def console(file: DeskFile, who: str = "wang", size: tuple[int, int] = WIDE) -> AsyncIterator[Hands]:
    """A console of `who` on the desk, in Chinese, with the shipped keys."""
    desk = await file.desk(who)
    words = Words("zh-Hans", ZoneInfo(ZONE))
    rules = Rules(desk_times(), Policy())
    tools = Tools(words, keymap.load(), theme.load("dark"), now=file.clock, rules=lambda: rules)
    app = ConsoleApp(desk, tools)
    async with app.run_test(size=size) as pilot:
        hands = Hands(app, pilot)
        await hands.until(lambda: bool(app.names))
        yield hands
        hands.turn()
    await desk.close()
