"""Lists that lead to a case: those that belong to the one in front, and refunds that wait for a person."""

from typing import ClassVar

from csdesk.desk.money_queries import AwaitingRefunds, Waiting
from csdesk.desk.queries import CaseView, Rows
from csdesk.domain.cases.arriving import LINKS, UnlinkCase
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.splitting import Merge
from csdesk.store.feed import Row
from csdesk.tui import cells
from csdesk.tui.columns import number
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.picks import Pick


class LinksScreen(Overlay[str | None]):
    """Cases linked with one or found alike, then others of its customer; dismissed with the id of the one to open."""

    context: ClassVar[str] = "menu"
    worded: ClassVar[str] = "cases"
    title_key: ClassVar[str] = "links.title"

    def __init__(self, view: CaseView) -> None:
        super().__init__()
        self._view = view
        self._links = {case: how for how, case in view.case.links}
        self._others = view.others
        self._alike = dict.fromkeys(one.id for one in view.strip.twins if one.id)
        self._rows: dict[str, Row] = {}

    def on_mount(self) -> None:
        self.console.call(self._fill())

    async def _fill(self) -> None:
        wanted = tuple({**self._links, **self._alike})
        linked = await self.console.desk.ask(Rows(wanted)) if wanted else []
        self._rows = {row.id: row for row in (*linked, *self._others)}
        self.picks.show([self._line(row) for row in self._rows.values()])
        if not self._rows:
            self.console.say(self.console.words("links.none"), "warn")

    def _line(self, row: Row) -> Pick:
        words = self.console.words
        how = self._links.get(row.id)
        twin = "links.twin" if row.id in self._alike else "links.customer"
        return Pick(
            row.id,
            [
                (f"{number(row)}  ", "strong"),
                (cells.fit(words.code("link", how) if how else words(twin), 14), "mark"),
                (cells.column(words.code("kind", row.kind), 11), "quiet"),
                (cells.column(words.code("state", row.state), 13), "accent"),
                (f" {words.short(row.opened_at)}  {cells.safe(row.subject)}", "quiet"),
            ],
        )

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "merge", "drop", "down", "up", "back")

    def off(self, action: str) -> str | None:
        if action == "drop":
            how = self._links.get(self.picks.picked.id) if self.picks.picked else None
            why = "" if how in LINKS else "link_of_origin" if how else "not_linked"
            return self.console.refusal(Refused(why)) if why else None
        if action != "merge":
            return None
        row = self._rows.get(self.picks.picked.id) if self.picks.picked else None
        if row is not None and row.order_number != self._view.case.order_number:
            return self.console.refusal(Refused("merge_order", order=row.order_number))
        offer = next((offer for offer in self._view.offers if offer.verb == "merge"), None)
        return self.console.refusal(offer.off) if offer is not None and offer.off is not None else None

    def action_merge(self) -> None:
        """The case in front is the same matter as the one under the cursor: it ends, that one goes on."""
        if self.picks.picked is not None:
            self.console.call(self._merge(self.picks.picked.id))

    async def _merge(self, other: str) -> None:
        console, view = self.console, self._view
        (row,) = await console.desk.ask(Rows((other,)))
        told = console.words("links.merge_ask", case=view.number, other=number(row))
        if await self.app.push_screen_wait(ConfirmScreen(told)):
            self.dismiss(None)
            await console.do(Merge(other), view.case.id, view.case.version)

    def action_drop(self) -> None:
        """Take back that the case under the cursor has to do with the one in front."""
        if self.picks.picked is not None:
            self.console.call(self._unlink(self.picks.picked.id))

    async def _unlink(self, other: str) -> None:
        console, view = self.console, self._view
        (row,) = await console.desk.ask(Rows((other,)))
        told = console.words("links.drop_ask", case=view.number, other=number(row))
        if await self.app.push_screen_wait(ConfirmScreen(told)):
            self.dismiss(None)
            await console.do(UnlinkCase(other), view.case.id, view.case.version)

    def action_nth(self, key: str) -> None:
        """A case has a number of its own."""


class AwaitingScreen(Overlay[str | None]):
    """Refunds that wait for a second person or for somebody who finds out; what I may do comes first."""

    context: ClassVar[str] = "menu"
    worded: ClassVar[str] = "cases"
    title_key: ClassVar[str] = "awaiting.title"

    def on_mount(self) -> None:
        self.console.call(self._fill())

    async def _fill(self) -> None:
        found = await self.console.patient(self.console.desk.ask(AwaitingRefunds()))
        # Of a case with several the first line is enough: its verbs mean all of them.
        first: dict[str, Waiting] = {}
        for one in sorted(found, key=lambda one: not one.mine):
            first.setdefault(one.id, one)
        self.picks.show([self._line(one) for one in first.values()])
        if not found:
            self.console.say(self.console.words("awaiting.none"), "info")

    def _line(self, one: Waiting) -> Pick:
        words = self.console.words
        late = bool(one.due) and self.console.now() >= one.due
        due = words.left(one.due, self.console.now()) if one.due else ""
        return Pick(
            one.id,
            [
                (f"{one.number}  ", "strong" if one.mine else "quiet"),
                (cells.fit(words.money(one.minor, one.currency), 14, "right"), "text"),
                (f"  {cells.fit(words.code('cause', one.cause), 10)}", "quiet"),
                (cells.fit(words.code("refund_state", one.state), 8), "soon"),
                (cells.fit(f"{'! ' if late else ''}{due}", 16), "late" if late else "quiet"),
                (words("awaiting.by", who=cells.safe(self.console.name_of(one.by))), "text"),
                (f"  {self._whose(one)}", "accent" if one.behalf else "quiet"),
            ],
        )

    def _whose(self, one: Waiting) -> str:
        """In whose place I may answer it, or why I may not."""
        words, name = self.console.words, self.console.name_of
        if one.mine:
            return words("awaiting.behalf", who=cells.safe(name(one.behalf))) if one.behalf else ""
        who = cells.safe(name(one.who)) if one.who else ""
        return words(f"awaiting_why.{one.why}", who=who)

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "delegate", "down", "up", "back")

    def action_delegate(self) -> None:
        """Who approves in whose place, to be given and ended; what I may do then is looked up anew."""
        self.console.call(self._delegates())

    async def _delegates(self) -> None:
        from csdesk.tui.screens.delegating import DelegatesScreen

        await self.app.push_screen_wait(DelegatesScreen())
        await self._fill()

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)

    def action_nth(self, key: str) -> None:
        """A case has a number of its own."""
