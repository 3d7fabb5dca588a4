"""What is masked of a customer, for a reason, on the screen of their case: a minute long, then the mask is back."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.strip import Strip
from textual.timer import Timer

from csdesk.desk.look_queries import Looks, LookView, MayReveal, Purposes, Reveal, Revealed
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean_line
from csdesk.tui import cells
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.summary import Line
from csdesk.tui.widgets.lines import Lines
from csdesk.tui.widgets.picks import Pick

if TYPE_CHECKING:
    from csdesk.tui.screens.case import CaseScreen

# An address of 200 signs takes so many lines of a narrow terminal.
MOST_LINES = 6


def fields_told(words: Words, fields: tuple[str, ...]) -> str:
    """Which fields a look is at, in words."""
    return words.between.join(words(f"look_field.{name}") for name in fields)


class RevealLines(Lines):
    """What is revealed, and until when; no room otherwise. It tells no seconds: nothing ticks."""

    DEFAULT_CSS = "RevealLines { height: auto; max-height: 6; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self._told: Revealed | None = None

    @property
    def showing(self) -> bool:
        """Whether anything is revealed."""
        return self._told is not None

    def show(self, told: Revealed | None) -> None:
        """Show this; None drops what was shown."""
        self._told, self.display = told, told is not None
        cells.forget()
        self.refresh(layout=True)

    def lines(self, width: int) -> list[str]:
        """The lines of `width` cells."""
        if self._told is None:
            return []
        words = self.console.words
        until = datetime.fromtimestamp(self._told.until / 1000, words.zone).strftime("%H:%M:%S")
        told = words("reveal.shown", reason=words.code("look", self._told.reason), until=until)
        for name, value in self._told.values:
            told += f"  {words(f'look_field.{name}')} {clean_line(value).text}"
        return cells.wrap(f"! {told}", max(width - 2, 2))[:MOST_LINES]

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self.lines(width))

    def render_line(self, y: int) -> Strip:
        palette, lines = self.console.palette, self.lines(self.size.width)
        text = lines[y] if y < len(lines) else ""
        return cells.line(
            [(f" {text}", palette.style("soon", "raised", bold=True))],
            self.size.width,
            palette.style("text", "raised"),
        )


class RevealScreen(Overlay[str | None]):
    """Why one looks, and what each reason opens; dismissed with the reason, None when it was left."""

    context: ClassVar[str] = "menu"

    def __init__(self, may: MayReveal) -> None:
        super().__init__()
        self._may = may

    def sheet_title(self) -> str:
        return self.console.words("reveal.title", n=self._may.left)

    def on_mount(self) -> None:
        words = self.console.words
        self.picks.show(
            [
                Pick(
                    one.code,
                    [
                        (f"{n} ", "accent"),
                        (cells.fit(words.code("look", one.code), 26), "text"),
                        (fields_told(words, one.fields), "quiet"),
                    ],
                )
                for n, one in enumerate(self._may.purposes, 1)
            ]
        )

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)

    async def action_back(self) -> None:
        """Look at nothing."""
        self.dismiss(None)

    def action_nth(self, key: str) -> None:
        """The reason with this number."""
        if key.isdecimal() and 0 < int(key) <= len(self._may.purposes):
            self.dismiss(self._may.purposes[int(key) - 1].code)


class Revealing:
    """What is revealed on the screen of a case: shown by an errand of its own, never part of what the case says."""

    def __init__(self, screen: "CaseScreen") -> None:
        self._screen = screen
        self.line = RevealLines()
        self._timer: Timer | None = None

    def off(self) -> str | None:
        """Why nothing can be revealed here, as far as the case tells; the desk looks once more."""
        view, console = self._screen.view, self._screen.console
        if view is None:
            return console.words("status.no_case")
        why = (
            "reveal_protected"
            if view.case.protected
            else "reveal_closed"
            if not view.case.open
            else ""
            if view.reads
            else "reveal_not_held"
        )
        return console.refusal(Refused(why, case=view.number)) if why else None

    async def begin(self) -> None:
        """Ask why, and show what that reason opens."""
        screen, case = self._screen, self._screen.case_id
        may = await screen.console.desk.ask(Purposes(case))
        reason = await screen.app.push_screen_wait(RevealScreen(may))
        if not reason:
            return
        told = await screen.console.patient(screen.console.desk.ask(Reveal(case, reason)))
        # Left or locked meanwhile: then it is on the record, and nobody sees it.
        if screen.case_id == case and screen in screen.app.screen_stack and not screen.console.locked:
            self._show(told)

    def _show(self, told: Revealed) -> None:
        console = self._screen.console
        self.line.show(told)
        if self._timer is not None:
            self._timer.stop()
        left = max(told.until - console.now(), 0) / 1000
        self._timer = self._screen.set_timer(left, self.hide)
        console.say(console.words("reveal.noted", n=told.left), "warn")

    def hide(self) -> None:
        """The mask is back."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.line.showing:
            self.line.show(None)

    def recheck(self) -> None:
        """Something on the desk changed: what is revealed stays only while I may still look."""
        if self.line.showing:
            self._screen.console.call(self._recheck())

    async def _recheck(self) -> None:
        try:
            await self._screen.console.desk.ask(Purposes(self._screen.case_id))
        except Refused:
            self.hide()
            raise


class LooksScreen(Overlay[str | None]):
    """Who looked at a customer's data, by whichever case, when and why; or what an agent looked at, the latest first.

    Dismissed with the id of the case to open.
    """

    context: ClassVar[str] = "menu"

    def __init__(self, case: str = "", agent: str = "") -> None:
        super().__init__()
        self._question = Looks(case, agent)

    def sheet_title(self) -> str:
        words, agent = self.console.words, self._question.agent
        return (
            words("looks.of", who=cells.safe(self.console.name_of(agent))) if agent else words("looks.title")
        )

    def on_mount(self) -> None:
        self.console.call(self._fill())

    async def _fill(self) -> None:
        found = await self.console.patient(self.console.desk.ask(self._question))
        self.picks.show([Pick(one.case, self._line(one)) for one in found])
        if not found:
            self.console.say(self.console.words("looks.none"), "info")

    def _line(self, one: LookView) -> Line:
        words = self.console.words
        return [
            (f"{words.short(one.at)}  ", "quiet"),
            (cells.fit(cells.safe(self.console.name_of(one.actor)), 12), "strong"),
            (f" {one.number}  ", "text"),
            (cells.fit(fields_told(words, one.fields), 24), "text"),
            (words.code("look", one.reason), "quiet"),
        ]

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "down", "up", "back")

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)

    async def action_back(self) -> None:
        """Open none."""
        self.dismiss(None)

    def action_nth(self, key: str) -> None:
        """A case has a number of its own."""
