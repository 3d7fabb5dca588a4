"""Who is on the telephone: two or more things that only they know; then their cases and orders, and Enter opens one."""

from collections.abc import Iterable
from typing import ClassVar

from rich.style import Style
from textual import on
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from csdesk.desk.caller_queries import VERIFIED, Caller, TakeCaller, VerifyCaller
from csdesk.domain.cases.callers import SORTS
from csdesk.domain.cases.context import Refused
from csdesk.store.feed import Row
from csdesk.store.orders import OrderRow
from csdesk.tui import cells
from csdesk.tui.columns import number
from csdesk.tui.screens.entry import FieldLabel
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.bars import Bar
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick

NEW = "new"


class Whose(Bar):
    """Who it is, masked, once that is known."""

    DEFAULT_CSS = "Whose { height: 1; }"
    text = ""

    def tell(self, text: str) -> None:
        """Say this."""
        self.text = text
        self.refresh()

    def parts(self) -> list[tuple[str, Style]]:
        return [(f"  {cells.safe(self.text)}", self.console.palette.style("good", "raised"))]


class CallerScreen(Overlay[None]):
    """Fields, Enter checks what stands in them; then a list, and Enter opens what the cursor stands on."""

    context: ClassVar[str] = "order"
    takes_line: ClassVar[bool] = False
    title_key: ClassVar[str] = "caller.title"
    AUTO_FOCUS = "LineField"
    DEFAULT_CSS = """
    CallerScreen Horizontal { height: 1; }
    CallerScreen LineField { width: 1fr; }
    CallerScreen PickList { height: auto; max-height: 12; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, LineField] = {}
        self.whose = Whose()
        self.found: Caller | None = None
        self._busy = False

    def body(self) -> Iterable[Widget]:
        words = self.console.words
        labels = {sort: words(f"caller_sort.{sort}") for sort in SORTS}
        room = max(cells.width(label) for label in labels.values()) + 4
        for sort, label in labels.items():
            self.fields[sort] = LineField(placeholder=words(f"caller.hint.{sort}"))
            yield Horizontal(FieldLabel(label, room), self.fields[sort])
        yield self.whose
        yield self.picks

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """What was found was found by something else: it goes."""
        event.stop()
        self._show(None)

    def _show(self, found: Caller | None) -> None:
        self.found = found
        told = (
            ["  ".join(part for part in (p.name, p.phone, p.email) if part) for p in found.persons]
            if found
            else []
        )
        self.whose.tell(" / ".join(told))
        picks = [*map(self._case, found.cases), *map(self._order, found.orders)] if found else []
        new = [Pick(NEW, [(self.console.words("caller.new"), "soon")])] if found else []
        self.picks.show([*picks, *new])

    def _case(self, row: Row) -> Pick:
        words = self.console.words
        line = [
            (f"{number(row)}  ", "strong"),
            (cells.column(words.code("kind", row.kind), 9), "quiet"),
            (cells.column(words.code("state", row.state), 13), "accent"),
            (cells.safe(row.order_number), "quiet"),
        ]
        return Pick(f"case:{row.id}", line)

    def _order(self, row: OrderRow) -> Pick:
        words = self.console.words
        line = [
            (cells.fit(cells.safe(row.number), 19), "text"),
            (cells.fit(words.moment(row.placed_at)[:10], 11), "quiet"),
            (cells.fit(words.code("order_status", row.status), 8), "accent"),
            (f"{words('caller.new_order')}  {cells.safe(row.titles)}", "quiet"),
        ]
        return Pick(f"order:{row.id}", line)

    def action_open(self) -> None:
        """Check who calls; once that is known, open what the cursor stands on."""
        if self._busy:
            return
        self._busy = True
        pick = self.picks.picked
        asked = self._check() if self.found is None or pick is None else self._take(self.found.check, pick.id)
        self.console.call(asked)

    async def _check(self) -> None:
        words = self.console.words
        said = {("called" if sort == "name" else sort): field.value for sort, field in self.fields.items()}
        try:
            found = await self.console.desk.ask(VerifyCaller(**said))
        except Refused as refused:
            self.console.say(words.refused(refused), "bad")
            return
        finally:
            self._busy = False
        if found.result == VERIFIED:
            self._show(found)
            told = words("caller.verified", check=found.check, until=words.short(found.until))
            self.console.say(told, "good")
        else:
            self.console.say(words(f"caller.{found.result}", n=found.more), "warn")

    async def _take(self, check: int, picked: str) -> None:
        what, _, id_ = picked.partition(":")
        ask = TakeCaller(check, **({} if what == NEW else {what: id_}))
        try:
            taken = await self.console.desk.ask(ask)
        except Refused as refused:
            self.console.say(self.console.words.refused(refused), "bad")
            return
        finally:
            self._busy = False
        self.dismiss(None)
        self.console.call_next(self.console.open_case, taken.case)

    def off(self, action: str) -> str | None:
        """An order that nobody knows yet is asked for where orders are found."""
        return self.console.words("caller.hint") if action == "ask_order" else None

    def called(self, action: str) -> str:
        checks = action == "open" and self.found is None
        return self.console.words("caller.check") if checks else super().called(action)

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "field_next", "down", "up", "back", "help")
