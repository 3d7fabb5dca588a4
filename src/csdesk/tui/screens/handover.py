"""Handing over at shift end: my cases in a list, a line for whoever comes next, to whom; then I am off."""

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from csdesk.desk.guided_queries import Handing, HandOver, Mine, MyCases
from csdesk.desk.staff_queries import AgentStates
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.tui import cells
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick

POOL, KEEP = "pool", "keep"


@dataclass(slots=True)
class Planned:
    """What is to become of one case: `to` is POOL, KEEP or an agent's id after "agent:"; `note` None: not said yet."""

    mine: Mine
    to: str = POOL
    note: str | None = None
    left: str = ""

    @property
    def handing(self) -> Handing:
        """The same as the desk is told it."""
        how, _, agent = self.to.partition(":")
        return Handing(self.mine.row.id, how, agent, self.note or "")


class HandoverScreen(Overlay[bool]):
    """Enter keeps the line and goes on, Tab says to whom, F9 hands everything over. Dismissed with whether it did."""

    context: ClassVar[str] = "form"
    worded: ClassVar[str] = "handover"
    title_key: ClassVar[str] = "handover.title"
    AUTO_FOCUS = "LineField"

    def __init__(self) -> None:
        super().__init__()
        self.field = LineField()
        self.planned: list[Planned] = []
        self._to: list[tuple[str, str]] = []
        self._sending = False

    def body(self) -> Iterable[Widget]:
        self.field.placeholder = self.console.words("handover.hint")
        yield self.field
        yield self.picks

    def on_mount(self) -> None:
        self.console.say("")
        self.console.call(self._fill())

    async def _fill(self) -> None:
        desk, words = self.console.desk, self.console.words
        self.planned = [Planned(one) for one in await self.console.patient(desk.ask(MyCases()))]
        others = [one for one in await desk.ask(AgentStates()) if one.id != desk.me.id]
        self._to = [(POOL, words("handover.pool")), (KEEP, words("handover.keep"))]
        self._to += [
            (f"agent:{one.id}", f"{cells.safe(one.name)} {words.code('presence', one.state)}")
            for one in others
        ]
        self._show(0)

    def _show(self, at: int) -> None:
        self.picks.show([self._line(one) for one in self.planned])
        self.picks.move(at)
        here = self._here
        self.field.value = (here.note or "") if here else ""
        self.field.cursor_position = len(self.field.value)

    def _line(self, one: Planned) -> Pick:
        words, row = self.console.words, one.mine.row
        told = words("handover.unsaid") if one.note is None else one.note or words("handover.nothing")
        marks = words("handover.parked") if one.mine.parked else ""
        marks += words("handover.draft") if one.mine.draft else ""
        return Pick(
            row.id,
            [
                ("  " if one.note is None else "* ", "accent"),
                (f"{one.mine.number}  ", "strong"),
                (cells.column(words.code("state", row.state), 13), "accent"),
                (cells.fit(dict(self._to)[one.to], 16), "mark"),
                (cells.safe(told), "quiet" if one.note is None else "text"),
                (marks, "quiet"),
            ],
            one.left,
        )

    @property
    def _here(self) -> Planned | None:
        return self.planned[self.picks.cursor] if self.planned else None

    def _take_in(self, *, also_nothing: bool = False) -> None:
        """Keep the line that stands in the field for the case under the cursor."""
        here, said = self._here, clean_line(self.field.value).text.strip()
        if here is not None and (said or also_nothing or here.note):
            here.note = said

    def footer_actions(self) -> tuple[str, ...]:
        return ("send", "field_next", "down", "up", "back", "help")

    def off(self, action: str) -> str | None:
        return self.console.words("form.no_article") if action == "policy" else None

    def action_open(self) -> None:
        """Keep the line, or that there is nothing to say, and go on to the next case."""
        self._take_in(also_nothing=True)
        self._show(min(self.picks.cursor + 1, max(len(self.planned) - 1, 0)))

    def _go(self, by: int) -> None:
        self._take_in()
        self._show(min(max(self.picks.cursor + by, 0), max(len(self.planned) - 1, 0)))

    def action_down(self) -> None:
        """To the next case."""
        self._go(1)

    def action_up(self) -> None:
        """To the case above."""
        self._go(-1)

    def action_field_next(self) -> None:
        """To whom the case goes: the next one."""
        self._turn(1)

    def action_field_prev(self) -> None:
        """To whom the case goes: the one before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        here = self._here
        if here is not None:
            self._take_in()
            names = [to for to, _ in self._to]
            here.to = names[(names.index(here.to) + by) % len(names)]
            self._show(self.picks.cursor)

    def action_send(self) -> None:
        """Hand everything over and be off."""
        self._take_in()
        unsaid = [n for n, one in enumerate(self.planned) if one.note is None]
        if unsaid:
            self._show(unsaid[0])
            self.console.say(self.console.words("handover.left_unsaid", n=len(unsaid)), "warn")
        elif not self._sending:
            self._sending = True
            self.console.call(self._send())

    async def _send(self) -> None:
        console = self.console
        try:
            asked = HandOver(tuple(one.handing for one in self.planned))
            done = await console.patient(console.desk.ask(asked))
        finally:
            self._sending = False
        console.leasing.presence = done.state
        if not done.left:
            console.leasing.held, console.leasing.parked = "", []
            self.dismiss(True)
            console.say(console.words("handover.done", n=len(done.done)), "good")
            return
        why = {one.case: console.refusal(one.refused) for one in done.left}
        self.planned = [one for one in self.planned if one.mine.row.id in why]
        for one in self.planned:
            one.left = why[one.mine.row.id]
        self._show(0)
        console.say(console.words("handover.some_left", n=len(done.done), left=len(done.left)), "bad")

    async def action_back(self) -> None:
        """Stay, with everything as it was."""
        self.dismiss(False)
