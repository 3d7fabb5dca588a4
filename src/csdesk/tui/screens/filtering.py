"""The line that filters the queue as one types: completion, how many cases fit, and the sign where it is wrong."""

from collections.abc import Iterable
from typing import ClassVar

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from csdesk.desk.filter_queries import CompleteFilter, Completion, Tallied, TallyFilter, ViewKept
from csdesk.desk.queries import FindCases
from csdesk.domain.cases.context import Refused
from csdesk.domain.ids import BadNumber, parse_number
from csdesk.search.filtering import FilterFault, parse
from csdesk.tui import cells
from csdesk.tui.screens.overlay import Overlay, Sheet
from csdesk.tui.sifting import NONE, Sifting, shown
from csdesk.tui.widgets.bars import Bar, Hints, StatusLine
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick, PickList

# Between two letters of a fast typist; asking at each of them would only be thrown away.
TYPING_SECONDS = 0.12
# The list of completions has so many lines always: one that grows and shrinks lays the screen out at each letter.
LINES = 6
MOST = 40
# What is missing at the end while somebody is still writing it is no mistake yet.
_UNFINISHED = ("filter_value", "filter_quote")


class Telling(Bar):
    """One line that says something, in a meaning's colour."""

    def __init__(self, text: str = "", how: str = "quiet") -> None:
        super().__init__()
        self._said = (text, how)

    def tell(self, text: str, how: str = "quiet") -> None:
        """Say this instead."""
        self._said = (text, how)
        self.repaint()

    def parts(self) -> list[tuple[str, Style]]:
        text, how = self._said
        return [(text, self.console.palette.style(how, "raised", bold=how in ("strong", "bad")))]


class FilterScreen(Overlay[str | None]):
    """Dismissed with the case whose number was typed, None when the filter was kept or left."""

    context: ClassVar[str] = "filter"
    takes_line: ClassVar[bool] = False
    AUTO_FOCUS = "LineField"
    DEFAULT_CSS = f"FilterScreen PickList {{ height: {LINES}; }}"

    def __init__(self, sifting: Sifting) -> None:
        super().__init__()
        self.picks = PickList(sifting.screen.console.words("filter.by_words"))
        self._sifting = sifting
        self._left = False
        self._before, self._stood = sifting.view, sifting.screen.list.current
        self._rest: Timer | None = None
        self._asking = False
        self._answered: tuple[str, int, bool] | None = None
        self._wrong: Refused | None = None
        self._entering = False
        # Whether the cursor was moved among the completions: then Enter takes one, else it keeps the filter.
        self._choosing = False
        self._offered: list[Completion] = []

    def compose(self) -> ComposeResult:
        yield Sheet(*self.body(), StatusLine(), Hints())

    def body(self) -> Iterable[Widget]:
        words = self.console.words
        self._says, self._under = Telling(f"  {words('filter.title')}", "strong"), Telling()
        text = self._sifting.proposed()
        self._field = LineField(text, placeholder=words("filter.hint"))
        self._field.cursor_position = len(text)
        yield self._says
        yield self._field
        yield self._under
        yield self.picks

    def on_mount(self) -> None:
        self._sifting.write(on=True)
        self._look()

    def on_unmount(self) -> None:
        self._sifting.write(on=False)

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "field_next", "down", "up", "back", "help")

    # As one types

    @property
    def _wanted(self) -> tuple[str, int, bool]:
        """What is to be answered: the text, the caret, whether all of it is meant as it stands."""
        return self._field.value, self._field.cursor_position, self._entering

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._choosing = self._entering = False
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(TYPING_SECONDS, self._look)

    def _look(self) -> None:
        if not self._asking:
            self._asking = True
            self.console.call(self._ask())

    async def _ask(self) -> None:
        """Ask until the newest text is answered; what was typed meanwhile is asked once, not letter by letter."""
        try:
            while self._wanted != self._answered and not self._left:
                wanted = self._wanted
                text, caret, entered = wanted
                await self._complete(text, caret)
                await self._sift(text if entered else self._finished(text, caret))
                self._answered = wanted
        finally:
            self._asking = False
        if self._entering:
            await self._keep()

    async def _complete(self, text: str, caret: int) -> None:
        ask = CompleteFilter(text, caret, self.console.words.language, MOST)
        offered = await self.console.desk.ask(ask)
        if offered != self._offered or not self.picks.picks:
            self._offered = offered
            self.picks.show([_line(n, one) for n, one in enumerate(offered)])

    def _finished(self, text: str, caret: int) -> str:
        """The text without what may yet become the name of a field: as a word it would empty the list meanwhile."""
        one = self._offered[0] if self._offered and caret == len(text) else None
        if one is None or not one.text.endswith(":") or one.start == caret:
            return text
        return text[: one.start].rstrip("-－")

    async def _sift(self, text: str) -> None:
        """Show what the filter lets through; a wrong one leaves the list as it is."""
        self._wrong = None
        wanted = text.strip()
        try:
            tallied = None
            if wanted:
                tallied = await self.console.patient(self.console.desk.ask(TallyFilter(wanted)))
            if wanted != self._sifting.text and not self._left:
                same = wanted == self._before.filter
                view = self._before if same else ViewKept("", wanted, self._before.columns, False, 0)
                await self._sifting.show(view if wanted else NONE, tallied)
        except Refused as refused:
            # The ask had no blanks before its first sign.
            ahead = len(text) - len(text.lstrip())
            self._point(text, refused, ahead)
            return
        self._count(tallied)

    def _count(self, tallied: Tallied | None) -> None:
        words = self.console.words
        told = words("filter.title")
        if tallied is not None:
            passed, late = shown(tallied)
            told += "  " + words("filter.passed", n=passed)
            told += words("filter.late", n=late) if late else ""
        self._says.tell(f"  {told}", "strong")
        self._under.tell("")

    def _point(self, text: str, refused: Refused, ahead: int) -> None:
        """Say what is wrong, and put a mark under the sign that it is about."""
        self._wrong = refused
        at = min(int(str(refused.detail.get("sign", 1))) - 1 + ahead, len(text))
        detail = {**refused.detail, "sign": at + 1}
        writing = refused.code in _UNFINISHED and self._field.cursor_at_end
        how = "quiet" if writing else "bad"
        told = self.console.refusal(Refused(refused.code, **detail))
        self._says.tell(f"  {self.console.words('filter.title')}  {'' if writing else '! '}{told}", how)
        size = max(cells.width(text[at : at + 1]), 1)
        place = 1 + cells.width(text[:at]) - self._field.scroll_offset.x
        self._under.tell(" " * max(place, 0) + "^" * size, how)

    # Keys

    def _move(self, by: int) -> None:
        self.picks.move(by)
        self._choosing = bool(self.picks.picks)

    def action_down(self) -> None:
        """To the next completion."""
        self._move(1)

    def action_up(self) -> None:
        """To the completion above."""
        self._move(-1)

    def action_page_down(self) -> None:
        """So many completions down."""
        self._move(LINES - 1)

    def action_page_up(self) -> None:
        """So many completions up."""
        self._move(1 - LINES)

    def action_field_next(self) -> None:
        """Take the completion under the cursor."""
        if self._rest is not None:
            self._rest.stop()
        self.console.call(self._take())

    def action_field_prev(self) -> None:
        """To the completion above."""
        self._move(-1)

    async def _take(self) -> None:
        if self._wanted != self._answered:  # typed faster than the desk answers
            await self._complete(self._field.value, self._field.cursor_position)
        pick = self.picks.picked
        if pick is None:
            self.console.say(self.console.words("filter.by_words"))
            return
        one = self._offered[int(pick.id)]
        text = self._field.value
        # After a value comes a blank, after a field its value.
        put = one.text if one.text.endswith(":") else f"{one.text} "
        self._field.value = text[: one.start] + put + text[one.end :].removeprefix(" ")
        self._field.cursor_position = one.start + len(put)
        self._choosing = False

    def choose(self, pick: Pick) -> None:
        self.console.call(self._take())

    def action_open(self) -> None:
        """Keep the filter, or take the completion that was gone to; a case's number opens the case."""
        if self._choosing:
            self.action_field_next()
            return
        self._entering = True
        if self._rest is not None:
            self._rest.stop()
        self._look()

    async def _keep(self) -> None:
        self._entering = False
        if number := _number(self._field.value):
            rows = await self.console.patient(self.console.desk.ask(FindCases(number)))
            if len(rows) == 1:
                await self._sifting.put_back(self._before, self._stood)
                self.dismiss(rows[0].id)
                return
        if self._wrong is not None:
            self.console.say(self.console.refusal(self._wrong), "warn")
            return
        self.dismiss(None)

    async def action_back(self) -> None:
        """Leave the queue as it was before."""
        self._left = True
        if self._rest is not None:
            self._rest.stop()
        if self._sifting.view != self._before:
            self.console.call(self._sifting.put_back(self._before, self._stood))
        self.dismiss(None)


def _line(n: int, one: Completion) -> Pick:
    return Pick(str(n), [(f"{cells.safe(one.text)}  ", "strong"), (cells.safe(one.label), "quiet")])


def _number(text: str) -> str:
    """The case number that is the only word of a filter; "" when there is none."""
    try:
        words = [term.values[0].text for term in parse(text) if not term.field and not term.negated]
        if len(words) == 1 and parse_number(words[0]):
            return words[0]
    except (FilterFault, BadNumber):
        return ""
    return ""
