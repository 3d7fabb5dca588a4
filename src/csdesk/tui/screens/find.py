"""Finding cases: by any four characters of the number, by order, waybill, customer or words, as one types."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from csdesk.desk.queries import FindCases
from csdesk.store.feed import Row
from csdesk.tui import cells
from csdesk.tui.columns import number
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick

# Between two letters of a fast typist; asking at each of them would only be thrown away.
TYPING_SECONDS = 0.12


class FindScreen(Overlay[str | None]):
    """Dismissed with the id of the case that was picked."""

    context: ClassVar[str] = "find"
    title_key: ClassVar[str] = "find.title"
    AUTO_FOCUS = "LineField"

    def __init__(self) -> None:
        super().__init__()
        self._rest: Timer | None = None
        self._asked = ""

    def body(self) -> Iterable[Widget]:
        yield LineField(placeholder=self.console.words("find.hint"))
        yield self.picks

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if self._rest is not None:
            self._rest.stop()
        text = event.value.strip()
        self._rest = self.set_timer(TYPING_SECONDS, lambda: self.console.call(self._find(text)))

    async def _find(self, text: str) -> None:
        self._asked = text
        rows = await self.console.patient(self.console.desk.ask(FindCases(text))) if text else []
        if text == self._asked:
            self.picks.show([self._line(row) for row in rows])
            self.console.say(self.console.words("find.none") if text and not rows else "")

    def _line(self, row: Row) -> Pick:
        words = self.console.words
        return Pick(
            row.id,
            [
                (f"{number(row)}  ", "strong"),
                (cells.column(words.code("kind", row.kind), 9), "quiet"),
                (cells.column(words.code("state", row.state), 13), "accent"),
                (f" {cells.safe(row.subject)}", "text"),
                (f"  {cells.safe(row.order_number)}", "quiet"),
            ],
        )

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)
