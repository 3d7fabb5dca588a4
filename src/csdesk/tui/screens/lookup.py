"""Looking something up as one types: a field, what was found, and beside it what the cursor stands on."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import events, on
from textual.screen import ScreenResultType
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from csdesk.domain.text import clean
from csdesk.tui import cells
from csdesk.tui import keymap as keys
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.overlay import Title
from csdesk.tui.summary import Line
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.page import Page
from csdesk.tui.widgets.picks import Pick, PickList

# From this width on what was found stands beside its text.
WIDE = 100
# The cursor rests: a held arrow key asks for nothing.
REST_SECONDS = 0.1
# Typing rests: only then is a better order asked for, so that one answer in ten letters is worked out.
BETTER_SECONDS = 0.15


class LookupPanes(Widget):
    """What was found, and the text of one of it."""

    DEFAULT_CSS = """
    LookupPanes { height: 1fr; layout: vertical; }
    LookupPanes > PickList { height: 40%; max-height: 100%; width: 1fr; }
    LookupPanes > Page { height: 1fr; width: 1fr; }
    LookupPanes.wide { layout: horizontal; }
    LookupPanes.wide > PickList { width: 50%; height: 1fr; }
    """


class Lookup(ConsoleScreen[ScreenResultType]):
    """Subclasses give `find`, `see` and `choose`; keys are those of a list, letters go into the field."""

    title_key: ClassVar[str] = ""
    hint_key: ClassVar[str] = ""
    # So long must the hands rest before anything is asked; 0: at every letter, the newest text wins.
    wait: ClassVar[float] = 0.0
    # Whether `better` knows a better order.
    betters: ClassVar[bool] = False
    AUTO_FOCUS = "#search"

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._first = text
        self.picks = PickList()
        self.pane = Page(self._pane)
        self._wanted = text
        self._answered: str | None = None
        self._asking = False
        self._told = asyncio.Event()
        self._typing: Timer | None = None
        self._rest: Timer | None = None
        self._better: Timer | None = None
        self._bettering = False

    def body(self) -> Iterable[Widget]:
        yield Title(self.console.words(self.title_key))
        yield LineField(self._first, placeholder=self.console.words(self.hint_key), id="search")
        yield LookupPanes(self.picks, self.pane)

    def on_mount(self) -> None:
        self.query_one(LookupPanes).set_class(self.size.width >= WIDE, "wide")
        self._look()

    def on_resize(self) -> None:
        self.query_one(LookupPanes).set_class(self.size.width >= WIDE, "wide")

    # What subclasses give

    async def find(self, text: str) -> list[Pick]:
        """What fits the text."""
        raise NotImplementedError

    async def better(self, text: str) -> list[Pick]:
        """A better order of what fits, that takes longer; empty where there is none."""
        return []

    async def see(self, pick: Pick | None) -> None:
        """Get ready to show this one."""

    def words_of(self, width: int) -> list[Line]:
        """The text of the one that was got ready."""
        return []

    def choose(self, pick: Pick) -> None:
        """Take this one."""

    def nothing(self, text: str) -> str:
        """What to say when nothing fits."""
        return self.console.words("lookup.none") if text else ""

    # Asking

    @on(Input.Changed, "#search")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._wanted = event.value.strip()
        for timer in (self._typing, self._better):
            if timer is not None:
                timer.stop()
        if self.wait:
            self._typing = self.set_timer(self.wait, self._look)
        else:
            self._look()

    async def again(self) -> None:
        """Find the same once more: what is known may have changed."""
        self._answered = None
        if not self._asking:
            self._asking = True
            await self._ask()

    def _look(self) -> None:
        if not self._asking:
            self._asking = True
            self.console.call(self._ask())

    async def _ask(self) -> None:
        picks: list[Pick] = []
        try:
            while self._wanted != self._answered:
                text = self._wanted
                picks = await self.console.patient(self.find(text))
                self._answered = text
                self.picks.show(picks)
                self.console.say(self.nothing(text) if not picks else "")
        finally:
            self._asking = False
            self._told.set()
        self._soon_better()
        await self._see()

    def _soon_better(self) -> None:
        if self._better is not None:
            self._better.stop()
        if self.betters:
            order = self._order_better
            self._better = self.set_timer(BETTER_SECONDS, lambda: self.console.call(order()))

    async def _order_better(self) -> None:
        """Let a better order in. One is asked for at a time; that of an older question is dropped.

        What is under the cursor keeps its place, the first line too: Enter may be on its way, and cites what was read.
        """
        if self._bettering or self._answered is None:
            return
        text, self._bettering = self._answered, True
        try:
            picks = await self.better(text)
        finally:
            self._bettering = False
        if not self.is_attached:
            return
        if text != self._answered:
            self._soon_better()  # its own turn came while this one was worked out
        elif picks and text == self._wanted:
            empty = not self.picks.picks
            self.picks.reorder(picks)
            if empty:
                self.console.say("")
                await self._see()

    def _pane(self, width: int) -> list[Line]:
        return self.words_of(width)

    def _stand(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_SECONDS, lambda: self.console.call(self._see()))

    async def _see(self) -> None:
        await self.see(self.picks.picked)
        self.pane.lay(anew=True)

    # Keys

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "down", "up", "page_down", "back", "help")

    def idle(self, action: str) -> bool:
        """With nothing found there is nothing to take or to read; while it is looked for, Enter takes the first."""
        if action in ("open", "down", "up", "page_down") and not self.picks.picks:
            return action != "open" or self._wanted == self._answered or not self._wanted
        return super().idle(action)

    def _move(self, by: int) -> None:
        self.picks.move(by)
        self._stand()

    def action_down(self) -> None:
        """To the next one."""
        self._move(1)

    def action_up(self) -> None:
        """To the one above."""
        self._move(-1)

    def action_top(self) -> None:
        """To the first one."""
        self._move(-len(self.picks.picks))

    def action_bottom(self) -> None:
        """To the last one."""
        self._move(len(self.picks.picks))

    def action_page_down(self) -> None:
        """The text one screen down."""
        self.pane.page(1)

    def action_page_up(self) -> None:
        """The text one screen up."""
        self.pane.page(-1)

    def takes(self, event: events.Key) -> bool:
        """Enter is the field's no longer: what is typed behind it is meant for what it chooses."""
        key = keys.pressed(event.key, event.character)
        opens = event.key == "enter" and self.console.keymap.action(self.context, key) == "open"
        return (opens and self.focused is self.query_one("#search")) or super().takes(event)

    def action_open(self) -> None:
        """Take the one under the cursor."""
        self._wanted = self.query_one("#search", LineField).value.strip()
        if self._wanted != self._answered:
            # Typed faster than the desk answers: take the first of what it will find.
            if self._typing is not None:
                self._typing.stop()
            self.summon(self._take_first)
        elif self.picks.picked is not None:
            self.choose(self.picks.picked)

    async def _take_first(self) -> bool:
        self._told.clear()
        self._look()
        await self._told.wait()
        picked = self.picks.picked if self._wanted == self._answered and self.is_attached else None
        if picked is not None:
            self.choose(picked)
        return picked is not None

    @on(Input.Submitted, "#search")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_open()


def spanned(
    text: str, spans: Iterable[tuple[int, int]], width: int, how: str = "text", hit: str = "accent"
) -> list[Line]:
    """A text in lines of `width` cells, the characters in `spans` (start, end) in the colour `hit`."""
    plain = clean(text).text
    marked = set() if plain != text else {n for start, end in spans for n in range(start, end)}
    lines: list[Line] = []
    at = 0
    for line in cells.wrap(plain, width):
        at = plain.find(line, at)
        lines.append(runs(line, marked, at, how, hit))
        at += len(line)
    return lines


def runs(text: str, marked: set[int], at: int, how: str, hit: str) -> Line:
    """One line cut where the colour changes; `at`: where the line begins in what `marked` counts."""
    line: Line = []
    for n, sign in enumerate(text):
        meaning = hit if at + n in marked else how
        if line and line[-1][1] == meaning:
            line[-1] = (line[-1][0] + sign, meaning)
        else:
            line.append((sign, meaning))
    return line
