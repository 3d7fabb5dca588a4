"""All of one side of a case: how its deadlines were counted, the ledger of its order, every scan of its parcels."""

from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar

from textual.widget import Widget

from csdesk.desk.clock_queries import ClockTold, ExplainClocks
from csdesk.desk.money_queries import Ledger, OrderLedger
from csdesk.desk.parcel_queries import ParcelView, ShowParcel
from csdesk.desk.queries import CaseView, ShowCase
from csdesk.domain.carriers import normal_waybill
from csdesk.tui.messages import Changed
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.detail_lines import clocks_told, ledger_told, parcels_told
from csdesk.tui.screens.overlay import Title
from csdesk.tui.screens.scene import Scene
from csdesk.tui.summary import Line
from csdesk.tui.widgets.page import Page

SIDES = ("clocks", "ledger", "parcels")


class DetailScreen(ConsoleScreen[None]):
    """One of SIDES of a case; Tab or a side's own key shows another."""

    context: ClassVar[str] = "detail"

    def __init__(self, case_id: str, side: str) -> None:
        super().__init__()
        self.case_id = case_id
        self.side = side
        self.view: CaseView | None = None
        self.page = Page(self._page)
        self._title = Title("")
        self._clocks: list[ClockTold] = []
        self._ledger: Ledger | None = None
        self._parcels: list[ParcelView] = []

    def body(self) -> Iterable[Widget]:
        yield self._title
        yield self.page

    def on_mount(self) -> None:
        self.console.call(self._read(anew=True))

    def on_resize(self) -> None:
        self.page.lay()

    async def _read(self, *, anew: bool = False) -> None:
        console = self.console
        view = self.view = await console.patient(console.desk.ask(ShowCase(self.case_id, timeline=False)))
        readers: dict[str, Callable[[CaseView], Awaitable[None]]] = {
            "clocks": self._read_clocks, "ledger": self._read_ledger, "parcels": self._read_parcels,
        }  # fmt: skip
        await readers[self.side](view)
        self._title.text = f"{view.number}  {console.words(f'detail.{self.side}')}"
        self._title.refresh()
        self.page.lay(anew=anew)
        self.repaint_hints()

    async def _read_clocks(self, view: CaseView) -> None:
        self._clocks = await self.console.desk.ask(ExplainClocks(view.case.id))

    async def _read_ledger(self, view: CaseView) -> None:
        number = view.order.number if view.order else ""
        self._ledger = None
        if number:
            self._ledger = await self.console.desk.ask(OrderLedger(number))

    async def _read_parcels(self, view: CaseView) -> None:
        said = [
            *(parcel.waybill for parcel in view.case.parcels),
            *(trail.waybill for trail in view.trails),
        ]
        numbers = dict.fromkeys(normal_waybill(one) for one in said)
        self._parcels = [await self.console.desk.ask(ShowParcel(number)) for number in numbers]

    def _page(self, width: int) -> list[Line]:
        console, view = self.console, self.view
        if view is None:
            return []
        me, keys = console.desk.me.id, console.keymap.shown
        scene = Scene(view, console.words, console.now(), me, console.name_of, keys)
        if self.side == "clocks":
            told = clocks_told(scene, self._clocks, width)
        elif self.side == "parcels":
            told = parcels_told(scene, self._parcels, width)
        else:
            told = ledger_told(scene, self._ledger, width) if self._ledger else []
        return told or [[(console.words(f"detail.no_{self.side}"), "quiet")]]

    def on_changed(self, changed: Changed) -> None:
        if changed.everything or self.case_id in changed.cases:
            self.console.call(self._read())

    # Keys

    def footer_actions(self) -> tuple[str, ...]:
        return (*(side for side in SIDES if side != self.side), "down", "up", "page_down", "back", "help")

    def _turn(self, side: str) -> None:
        self.side = side
        self.console.call(self._read(anew=True))

    def action_clocks(self) -> None:
        """How the deadlines were counted."""
        self._turn("clocks")

    def action_ledger(self) -> None:
        """All money of the order."""
        self._turn("ledger")

    def action_parcels(self) -> None:
        """Every scan of the parcels."""
        self._turn("parcels")

    def action_field_next(self) -> None:
        """To the next side."""
        self._turn(SIDES[(SIDES.index(self.side) + 1) % len(SIDES)])

    def action_field_prev(self) -> None:
        """To the side before."""
        self._turn(SIDES[SIDES.index(self.side) - 1])

    def action_down(self) -> None:
        """One line down."""
        self.page.move(1)

    def action_up(self) -> None:
        """One line up."""
        self.page.move(-1)

    def action_page_down(self) -> None:
        """One screen down."""
        self.page.page(1)

    def action_page_up(self) -> None:
        """One screen up."""
        self.page.page(-1)

    def action_top(self) -> None:
        """To the first line."""
        self.page.edge(end=False)

    def action_bottom(self) -> None:
        """To the last line."""
        self.page.edge(end=True)
