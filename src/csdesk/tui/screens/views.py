"""Views: filters under a name, with the columns they show; listed with counts, kept, changed, shared, deleted."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual.widget import Widget

from csdesk.desk.desk import Ask
from csdesk.desk.filter_queries import DropView, KeepView, TallyFilter, ViewKept, Views
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right, may
from csdesk.tui import cells
from csdesk.tui.columns import NAMES
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.sifting import Sifting, shown
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick, PickList


class ViewName(Overlay[str]):
    """A name to type over the filter that it will hold; dismissed with it, "" when it was left."""

    context: ClassVar[str] = "find"
    worded: ClassVar[str] = "name"
    title_key: ClassVar[str] = "view.name"
    AUTO_FOCUS = "LineField"

    def __init__(self, text: str, called: str) -> None:
        super().__init__()
        self._text, self._called = text, called

    def body(self) -> Iterable[Widget]:
        yield LineField(self._called, placeholder=self.console.words("view.hint"))
        yield self.picks

    def on_mount(self) -> None:
        self.picks.show([Pick("keep", [(cells.safe(self._text), "text")])])

    def choose(self, pick: Pick) -> None:
        if name := self.query_one(LineField).value.strip():
            self.dismiss(name)
        else:
            self.console.say(self.console.words("view.name_first"), "warn")

    async def action_back(self) -> None:
        """Keep nothing."""
        self.dismiss("")


class ColumnsScreen(Overlay[tuple[str, ...] | None]):
    """The columns of a view, in the order in which they are chosen; dismissed with them, None when it was left."""

    context: ClassVar[str] = "menu"
    title_key: ClassVar[str] = "view.columns"

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__()
        self._columns = [name for name in columns if name in NAMES]

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        words, at = self.console.words, self.picks.cursor
        lines = [
            Pick("", [("1 ", "accent"), (words("view.keep" if self._columns else "view.usual"), "strong")])
        ]
        for n, name in enumerate(NAMES, 2):
            on = name in self._columns
            place = f"[{self._columns.index(name) + 1}] " if on else "[ ] "
            told = words(f"column.{name}")
            lines.append(
                Pick(name, [(f"{n} ", "accent"), (place, "mark"), (told, "text" if on else "quiet")])
            )
        self.picks.show(lines)
        self.picks.move(at)

    def choose(self, pick: Pick) -> None:
        if not pick.id:
            self.dismiss(tuple(self._columns))
            return
        if pick.id in self._columns:
            self._columns.remove(pick.id)
        else:
            self._columns.append(pick.id)
        self._show()

    def action_nth(self, key: str) -> None:
        """The line with this number."""
        if key.isdecimal() and 0 < int(key) <= len(self.picks.picks):
            self.choose(self.picks.picks[int(key) - 1])

    async def action_back(self) -> None:
        """Keep nothing."""
        self.dismiss(None)


async def keep(sifting: Sifting, old: ViewKept | None = None) -> ViewKept | None:
    """Name the filter that stands, or an `old` view anew, choose its columns, and keep it; None when it was left."""
    console = sifting.screen.console
    words, now = console.words, old or sifting.view
    if not now.filter:
        console.say(words("view.nothing", key=console.keymap.shown("filter")), "warn")
        return None
    name = await console.push_screen_wait(ViewName(now.filter, now.called))
    columns = await console.push_screen_wait(ColumnsScreen(now.columns)) if name else None
    if columns is None:
        console.say(words("view.left"), "warn")
        return None
    shared = old is not None and old.shared
    every = await console.desk.ask(Views())
    taken = any(view.called == name and view.shared == shared for view in every)
    same = old is not None and name == old.called
    if (
        taken
        and not same
        and not await console.push_screen_wait(ConfirmScreen(words("view.replace", name=name)))
    ):
        return None
    kept: ViewKept = await console.desk.ask(KeepView(name, now.filter, columns, shared))
    if old is not None and kept.called != old.called:
        await console.desk.ask(DropView(old.called, old.shared))
    if sifting.text == kept.filter:
        await sifting.show(kept)
    console.say(words("view.kept", name=cells.safe(kept.called), key=console.keymap.shown("views")), "good")
    return kept


class ViewsScreen(Overlay[ViewKept | None]):
    """Dismissed with the view to show, None when it was left. The first nine go by their number."""

    context: ClassVar[str] = "menu"
    title_key: ClassVar[str] = "view.title"

    def __init__(self, sifting: Sifting) -> None:
        super().__init__()
        words, keymap = sifting.screen.console.words, sifting.screen.console.keymap
        self.picks = PickList(words("view.none", key=keymap.shown("keep_view")))
        self._sifting = sifting
        self._views: list[ViewKept] = []
        self._counts: dict[str, tuple[str, str]] = {}

    def on_mount(self) -> None:
        self.console.call(self._ask())

    async def _ask(self) -> None:
        self._views = await self.console.patient(self.console.desk.ask(Views()))
        self._show()
        for text in dict.fromkeys(view.filter for view in self._views if view.filter):
            if not self.is_attached:
                return
            if text not in self._counts:
                await self._count(text)
                self._show()

    async def _count(self, text: str) -> None:
        words = self.console.words
        try:
            passed, late = shown(await self.console.desk.ask(TallyFilter(text)))
            self._counts[text] = (words("filter.passed", n=passed), f"!{late}" if late else "")
        except Refused:  # what it names is gone; showing it says what
            self._counts[text] = ("", words("view.stale"))

    def _show(self) -> None:
        if self.is_attached:
            at = self.picks.cursor
            self.picks.show([self._line(n, one) for n, one in enumerate(self._views, 1)])
            self.picks.move(at)
            self.repaint_hints()

    def _line(self, n: int, view: ViewKept) -> Pick:
        words = self.console.words
        passed, late = self._counts.get(view.filter, ("", ""))
        whose = words("macro.shared" if view.shared else "macro.mine")
        line = [
            (f"{n} " if n < 10 else "  ", "accent"),
            (cells.fit(cells.safe(view.called), 20) + " ", "strong"),
            (f"{whose} ", "quiet"),
            (cells.fit(passed, 8, "right"), "text"),
            (cells.fit(f" {late}", 6), "late"),
            (f" {cells.safe(view.filter)}", "quiet"),
        ]
        return Pick(str(n - 1), line, "" if view.filter else words("view.forgotten"))

    def _under(self) -> ViewKept | None:
        return self._views[self.picks.cursor] if self._views else None

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "edit", "drop", "share", "down", "up", "back")

    def off(self, action: str) -> str | None:
        """Why the view under the cursor cannot be changed, deleted or shared."""
        words, view = self.console.words, self._under()
        if action not in ("drop", "share", "edit"):
            return None
        if view is None:
            return words("view.none", key=self.console.keymap.shown("keep_view"))
        if (action == "share" or view.shared) and not may(self.console.desk.me.role, Right.ASSIGN):
            return words("view.not_yours")
        return words("view.is_shared") if action == "share" and view.shared else None

    def choose(self, pick: Pick) -> None:
        self.dismiss(self._views[int(pick.id)])

    async def action_back(self) -> None:
        """None of them."""
        self.dismiss(None)

    def action_nth(self, key: str) -> None:
        """The one with this number."""
        if key.isdecimal() and 0 < int(key) <= min(len(self._views), 9) and self._views[int(key) - 1].filter:
            self.dismiss(self._views[int(key) - 1])

    def action_edit(self) -> None:
        """Name the view under the cursor anew, or choose its columns."""
        if view := self._under():
            self.console.call(self._edit(view))

    async def _edit(self, view: ViewKept) -> None:
        if await keep(self._sifting, view):
            await self._ask()

    def action_drop(self) -> None:
        """Delete the view under the cursor, after a question."""
        if view := self._under():
            asked = "view.drop_shared" if view.shared else "view.drop_ask"
            self.console.call(self._do([DropView(view.called, view.shared)], view, asked, "cli.view_gone"))

    def action_share(self) -> None:
        """Make the view under the cursor everybody's, after a question."""
        if view := self._under():
            ours = KeepView(view.called, view.filter, view.columns, shared=True)
            self.console.call(
                self._do([ours, DropView(view.called)], view, "view.share_ask", "view.shared_now")
            )

    async def _do(self, errands: Sequence[Ask[Any]], view: ViewKept, asked: str, told: str) -> None:
        console, name = self.console, cells.safe(view.called)
        if not await self.app.push_screen_wait(ConfirmScreen(console.words(asked, name=name))):
            return
        for errand in errands:
            await console.desk.ask(errand)
        console.say(console.words(told, name=name), "good")
        await self._ask()
