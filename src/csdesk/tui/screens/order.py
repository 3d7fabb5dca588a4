"""Finding an order, by its number, the customer's name or phone, or a waybill; Enter opens a case on it."""

from functools import partial
from typing import ClassVar

from csdesk.desk.order_age import age_told
from csdesk.desk.queries import FindOrders, FoundOrder, OrderView, ShowOrder
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Order, OrderLine, Refused
from csdesk.store.feed import Row
from csdesk.tui import cells
from csdesk.tui.columns import number
from csdesk.tui.screens.lookup import Lookup
from csdesk.tui.screens.opening import OpenForm
from csdesk.tui.summary import Line
from csdesk.tui.widgets.picks import Pick

MOST = 30
# One character of a name fits half the desk; so do three digits.
LEAST, LEAST_DIGITS = 2, 4
NO_ORDER = ""


class OrderScreen(Lookup[None]):
    """Where a call begins."""

    context: ClassVar[str] = "order"
    title_key: ClassVar[str] = "order.title"
    hint_key: ClassVar[str] = "order.hint"
    wait: ClassVar[float] = 0.12

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self._view: OrderView | None = None

    async def find(self, text: str) -> list[Pick]:
        if len(text) < (LEAST_DIGITS if text.isdecimal() else LEAST):
            return []
        found = await self.console.desk.ask(FindOrders(text, MOST))
        without = Pick(NO_ORDER, [(self.console.words("order.without", text=cells.safe(text)), "soon")])
        return [*(Pick(one.order.id, self._line(one)) for one in found), without]

    def nothing(self, text: str) -> str:
        return self.console.words("order.more") if text else ""

    def _line(self, found: FoundOrder) -> Line:
        words, row, person = self.console.words, found.order, found.person
        who = f"{person.name} {person.phone}" if person else words("label.erased")
        return [
            (cells.fit(cells.safe(row.number), 19), "strong"),
            (cells.fit(words.moment(row.placed_at)[:10], 11), "quiet"),
            (cells.fit(words.code("order_status", row.status), 8), "accent"),
            (cells.fit(cells.safe(who), 17), "text"),
            (cells.safe(row.titles), "quiet"),
        ]

    async def see(self, pick: Pick | None) -> None:
        self._view = None
        if pick is not None and pick.id != NO_ORDER:
            self._view = await self.console.desk.ask(ShowOrder(pick.id))

    def words_of(self, width: int) -> list[Line]:
        return order_lines(self._view, self.console.words, width, self.console.now()) if self._view else []

    def choose(self, pick: Pick) -> None:
        self.summon(partial(self._open, pick.id))

    async def _open(self, order: str) -> bool:
        """Show the form for a case on an order; whether it is shown."""
        await self.console.learn_rules()
        if order == NO_ORDER:
            self._show(OpenForm(None, self._wanted))
            return True
        try:
            view = await self.console.desk.ask(ShowOrder(order))
        except Refused as gone:
            self.console.say(self.console.words.refused(gone), "bad")
            return False
        self._show(OpenForm(view))
        return True

    def _show(self, form: OpenForm) -> None:
        self.app.push_screen(form, lambda done: self._opened(form.opened) if done else None)

    def _opened(self, case: str) -> None:
        self.dismiss(None)
        self.console.open_case(case)

    def off(self, action: str) -> str | None:
        """Whether there is an order system to ask, and anything to ask it after."""
        if action != "ask_order":
            return None
        if self.console.ask_order is None:
            return self.console.words("order.no_source")
        return None if self._asks() else self.console.words("order.more")

    def _asks(self) -> str:
        """What the order system would be asked after: the order in sight, else what was typed."""
        return self._view.order.number if self._view else self._wanted

    def action_ask_order(self) -> None:
        """Ask the order system what it knows of this order, or of one that is not known here yet."""
        self.console.call(self._ask_order(self._asks()))

    async def _ask_order(self, text: str) -> None:
        from csdesk.tui.ordering import asked

        await asked(self.console, text, self.again)

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "ask_order", "down", "up", "page_down", "back", "help")


def order_lines(view: OrderView, words: Words, width: int, now: int) -> list[Line]:
    """An order in lines: whose, when, what, how it was paid, and the cases it already has."""
    order = view.order
    lines: list[Line] = [
        [(cells.safe(order.number), "strong"), (f"  {words.code('order_status', order.status)}", "accent")],
        [(cells.safe(view.row.merchant), "text"), (f"  {_whose(view, words)}", "text")],
        [(f"{words(f'order.{name}')} {words.short(at)}  ", "quiet") for name, at in _days(order)],
    ]
    if view.age is not None:
        how = "soon" if view.age.fault else "quiet"
        lines += [[(part, how)] for part in cells.wrap(age_told(words, view.age, now), width)]
    lines.append([])
    for line in order.lines:
        lines += _bought(line, words, order.currency, width)
    lines.append([])
    for payment in order.payments:
        told: Line = [
            (cells.fit(words.code("method", payment.method), 10), "quiet"),
            (words.money(payment.captured, order.currency), "text"),
        ]
        if payment.elsewhere:
            back = words("money.back", amount=words.money(payment.elsewhere, order.currency))
            told.append((f"  {back}", "soon"))
        lines.append(told)
    if view.cases:
        lines += [[], [(words("order.cases"), "quiet")], *(_case(words, one) for one in view.cases)]
    return lines


def _days(order: Order) -> tuple[tuple[str, int], ...]:
    return ("paid", order.paid_at), ("shipped", order.shipped_at), ("signed", order.signed_at)


def _whose(view: OrderView, words: Words) -> str:
    if view.person is None:
        return words("label.erased")
    told = (view.person.name, view.person.phone, view.person.address)
    return cells.safe("  ".join(part for part in told if part))


def _bought(line: OrderLine, words: Words, currency: str, width: int) -> list[Line]:
    price = words.money(line.paid, currency)
    title = cells.fit(
        f"{line.line} {cells.safe(line.title)} x{line.qty}", max(width - cells.width(price) - 1, 8)
    )
    lines: list[Line] = [[(title, "text"), (f" {price}", "text")]]
    if line.claimed or line.refunded_units:
        told = words("order.claimed", claimed=line.claimed, refunded=line.refunded_units)
        lines.append([(f"  {told}", "soon")])
    return lines


def _case(words: Words, row: Row) -> Line:
    done = row.phase == "done"
    return [
        (f"{number(row)}  ", "quiet" if done else "strong"),
        (cells.column(words.code("kind", row.kind), 9), "quiet"),
        (cells.column(words.code("state", row.state), 13), "quiet" if done else "accent"),
        (words.short(row.opened_at), "quiet"),
    ]
