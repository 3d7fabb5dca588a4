"""Opening a case: kind, units, reason, channel and the customer's words, on an order or without one."""

from collections.abc import Iterable, Mapping

from csdesk.desk.queries import OrderView
from csdesk.desk.registry import Field, form
from csdesk.tui.screens.form import Form
from csdesk.tui.widgets.grid import Cell

ASKED = ("kind", "lines", "reason", "channel", "summary")
PROVISIONAL = ("kind", "reason", "channel", "order_hint", "summary")


class OpenForm(Form):
    """On the order of `view`; without one the case is provisional: `hint` is what the order was called."""

    def __init__(self, view: OrderView | None, hint: str = "") -> None:
        super().__init__("open", None, view.order if view else None)
        self._hint = hint
        self.opened = ""  # the case, once there is one

    def title_text(self) -> str:
        words = self.console.words
        on = self.order.number if self.order else words("form.no_order")
        return f"{super().title_text()}  {on}"

    def fields(self) -> Iterable[Field]:
        known = {field.name: field for field in form("open")}
        return [known[name] for name in (ASKED if self.order else PROVISIONAL)]

    def likely(self) -> Mapping[str, str]:
        return {"order_hint": self._hint, "reason": "", "kind": ""}

    def fixed(self) -> dict[str, str]:
        return {"order": self.order.id} if self.order else {}

    def _quantities(self, name: str) -> dict[Cell, int]:
        lines = self.order.lines if self.order else ()
        # One line with one unit leaves no question; otherwise what is not wanted would be claimed.
        return {(lines[0].line, ""): 1} if len(lines) == 1 and lines[0].qty - lines[0].claimed == 1 else {}

    def done(self, case: str) -> None:
        self.opened = case
        self.dismiss(True)
