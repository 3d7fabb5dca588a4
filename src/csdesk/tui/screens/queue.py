"""The queue: tabs with live counts, the list of cases, and a preview of the one under the cursor."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.timer import Timer
from textual.widget import Widget

from csdesk.domain.roles import Right, may
from csdesk.store.feed import Place
from csdesk.tui import doors
from csdesk.tui.actions import ACTS
from csdesk.tui.columns import number
from csdesk.tui.kinds import tabs
from csdesk.tui.messages import Changed, CursorMoved, VerbDone
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.start import First, Stand
from csdesk.tui.widgets.case_list import CaseList
from csdesk.tui.widgets.preview import Preview
from csdesk.tui.widgets.tabs import QueueTabs

if TYPE_CHECKING:
    from csdesk.desk.queries import CaseView
    from csdesk.tui.screens.many import Many

# From this width on the preview stands at the right, below it under the list.
WIDE = 110
# How long nothing may have moved before the place is kept.
PAUSE_SECONDS = 1.5
# The law is read (60 ms of the desk's thread, 1 MB) once the hands have rested this long after the start, so that
# the first case that is opened has its verdict in its first picture.
QUIET_SECONDS = 2.0
# What acts on all marked cases when there are some, besides verbs.
_ON_MARKS = frozenset({"reply", "canned", "resolve", "repeat"})


class Panes(Widget):
    """List and preview, side by side or one above the other."""

    BLANK = True  # always covered, so nothing of its own to paint

    def __init__(self, first: CaseList, second: Preview) -> None:
        super().__init__(first, second)
        self._second = second
        self._wide: bool | None = None
        self.styles.height = first.styles.height = first.styles.width = "1fr"

    def on_resize(self, event: events.Resize) -> None:
        self.fit(event.size.width)

    def fit(self, width: int) -> None:
        """Side by side when there is room for it."""
        wide = width >= WIDE
        if wide is self._wide:
            return  # every style that is set lays the screen out anew
        self._wide = wide
        self.styles.layout = "horizontal" if wide else "vertical"
        self._second.styles.width, self._second.styles.height = ("37%", "1fr") if wide else ("1fr", 9)


class QueueScreen(ConsoleScreen[None]):
    """Where an agent's shift is spent between cases."""

    context: ClassVar[str] = "queue"

    def __init__(self, first: First) -> None:
        super().__init__()
        self._first = first
        self.tabs = QueueTabs(first.stand.queue, first.counts, letters=first.letters)
        self.list = CaseList(first)
        self.preview = Preview()
        self._pause: Timer | None = None
        self._kept = ""
        self._loaded: frozenset[str] = frozenset()
        self.opened = ""

    def body(self) -> Iterable[Widget]:
        self.preview.display = self._first.stand.preview
        panes = Panes(self.list, self.preview)
        panes.fit(self.app.size.width)
        yield self.tabs
        yield panes

    def on_mount(self) -> None:
        if not self._first.asked:
            self.console.call(self._come_back())
        if self.list.current is not None:
            self.preview.follow(self.list.current.id)
        self.console.call(self.console.leasing.recall())
        self.set_timer(QUIET_SECONDS, lambda: self.console.call(self._read_law()))
        if self._first.stand.opened:
            self.call_after_refresh(self._open, self._first.stand.opened)

    async def _read_law(self) -> None:
        from csdesk.desk.queries import ShowVerdict

        row = self.list.current
        if row is not None and not self.console.law_read:
            await self.console.desk.ask(ShowVerdict(row.id))
            self.console.law_read = True

    async def _come_back(self) -> None:
        """Where the last console stood, asked of the desk when there was no first picture."""
        from csdesk.desk.queries import GetPlace

        state = await self.console.desk.ask(GetPlace())
        stand = Stand.read(state)
        if stand.queue not in tabs(letters=may(self.console.desk.me.role, Right.ASSIGN)):
            stand = Stand(opened=stand.opened, preview=stand.preview)  # a queue no longer for this reader
        self.tabs.show(stand.queue)
        self.preview.display = stand.preview
        await self._count()
        await self.list.come_back(stand.queue, Place(stand.due, stand.case) if stand.case else None)
        if stand.opened:
            self._open(stand.opened)

    def on_screen_resume(self) -> None:
        if self.opened and self.is_mounted:
            self.opened = ""
            self._moved()
            self.preview.ask()

    # What verbs and keys act on

    def current_case(self) -> tuple[str, int] | None:
        row = self.list.current
        return (row.id, row.version) if row else None

    def painted(self, case: str) -> float:
        shown, at = self.list.painted_at
        return at if shown == case else float("inf")

    def off(self, action: str) -> str | None:
        """Most actions here need a case under the cursor.

        A verb's own reason comes from the preview of its case.
        """
        words = self.console.words
        if self.list.marks and (action.startswith("verb.") or action in _ON_MARKS):
            return None  # the marked ones are weighed, not the one under the cursor
        needs = action.startswith("verb.") or action in {
            "open", "mark", "mark_range", "mark_all", "reply", "canned", "status", "resolve", "repeat",
            "copy_number", "explain",
        }  # fmt: skip
        if needs and self.list.current is None:
            return words("status.no_case")
        view = self.preview.view
        verb = ACTS.get(action, action)
        if view is None or self.list.current is None or not verb.startswith("verb."):
            return None
        same = view.case.id == self.list.current.id and view.case.version == self.list.current.version
        return self._refusal(view, verb.removeprefix("verb.")) if same else None

    def _refusal(self, view: "CaseView", verb: str) -> str | None:
        """Why a verb is off in the case under the cursor."""
        from csdesk.domain.cases.context import Refused

        offer = next((offer for offer in view.offers if offer.verb == verb), None)
        wrong = Refused("wrong_kind", kind=view.case.kind, verb=verb)
        refused = wrong if offer is None else offer.off
        return self.console.refusal(refused) if refused is not None else None

    def footer_actions(self) -> tuple[str, ...]:
        return (
            "open", "verb.take", "next", "reply", "status", "resolve", "find", "orders", "undo", "park",
            "unpark", "preview", "palette", "help",
        )  # fmt: skip

    # What changed

    def on_changed(self, changed: Changed) -> None:
        self.list.changed(changed.cases, everything=changed.everything)
        self.console.call(self._count())
        if changed.everything or self.preview.case in changed.cases:
            self.preview.ask()

    def on_verb_done(self, message: VerbDone) -> None:
        self.list.changed((message.done.case.id,), everything=False)
        self.preview.ask()

    def on_cursor_moved(self, moved: CursorMoved) -> None:
        self.preview.follow(moved.case)
        self._moved()

    def on_seen(self) -> None:
        self.repaint_hints()

    async def _count(self) -> None:
        from csdesk.desk.queries import QueueCounts

        counts = await self.console.desk.ask(QueueCounts())
        self.tabs.count(counts, letters=may(self.console.desk.me.role, Right.ASSIGN))

    # Keeping the place

    def _moved(self) -> None:
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE_SECONDS, lambda: self.console.call(self.keep()))

    def stand(self) -> Stand:
        """Where this console stands."""
        row = self.list.current
        where = (row.id, row.due) if row else ("", 0)
        return Stand(self.list.window.queue, *where, self.opened, bool(self.preview.display))

    async def keep(self) -> None:
        from csdesk.desk.queries import KeepPlace

        state = self.stand().write()
        if state != self._kept:
            self._kept = state
            await self.console.desk.ask(KeepPlace(state))

    # Actions

    def action_down(self) -> None:
        """To the next case."""
        self.list.move(1)

    def action_up(self) -> None:
        """To the case above."""
        self.list.move(-1)

    def action_page_down(self) -> None:
        """One screen down."""
        self.list.page(1)

    def action_page_up(self) -> None:
        """One screen up."""
        self.list.page(-1)

    def action_top(self) -> None:
        """To the most urgent case."""
        self.list.edge(end=False)

    def action_bottom(self) -> None:
        """To the last case."""
        self.list.edge(end=True)

    def action_queue_next(self) -> None:
        """To the queue at the right."""
        self._queue(self.tabs.beside(1))

    def action_queue_prev(self) -> None:
        """To the queue at the left."""
        self._queue(self.tabs.beside(-1))

    def action_nth(self, key: str) -> None:
        """To the queue with this number; 0 is the last."""
        if queue := self.tabs.numbered(key):
            self._queue(queue)

    def show(self, queue: str) -> None:
        """Show a queue, or what stands in an agent's name (`agent:li`)."""
        self._queue(queue)

    def _queue(self, queue: str) -> None:
        self.tabs.show(queue)
        self.list.show(queue)

    def action_open(self) -> None:
        """Open the case under the cursor."""
        if self.list.current is not None:
            self._open(self.list.current.id)

    def _open(self, case: str, *, compose: bool = False) -> None:
        self.opened = case
        self._moved()
        self.console.open_case(case, compose=compose)

    def action_reply(self) -> None:
        """Open the case with its reply field focused; with marks, one reply for all of them."""
        if self.list.marks:
            self.console.call(self.many.use("reply"))
        elif self.list.current is not None:
            self._open(self.list.current.id, compose=True)

    def action_canned(self) -> None:
        """Open the case with its reply field focused; canned replies are one key away there."""
        self.action_reply()

    async def action_back(self) -> None:
        """The queue is where one comes back to; leaving the console is `:q`."""
        self.list.marks.clear()
        self.list.repaint()
        self.console.say("")

    def action_mark(self) -> None:
        """Mark the case, or take its mark off."""
        self.list.mark()
        self._marked()

    def action_mark_range(self) -> None:
        """Mark this case and the next."""
        self.list.mark_range()
        self._marked()

    def action_mark_all(self) -> None:
        """Mark all loaded cases, then all of the queue, then none."""
        window, marks = self.list.window, self.list.marks
        if marks and marks == self._loaded and not (window.at_top and window.at_end):
            self.console.call(self._mark_queue())
            return
        self.list.mark_all()
        self._loaded = frozenset(self.list.marks)
        self._marked()
        if self.list.marks and not (window.at_top and window.at_end):
            key, n = self.console.keymap.shown("mark_all"), len(self.list.marks)
            self.console.say(self.console.words("many.loaded", n=n, key=key))

    async def _mark_queue(self) -> None:
        from csdesk.desk.bulk_queries import QueueCases

        self.list.marks = set(
            await self.console.patient(self.console.desk.ask(QueueCases(self.list.window.queue)))
        )
        self.list.repaint()
        self.console.say(self.console.words("many.whole", n=len(self.list.marks)))

    def _marked(self) -> None:
        n = len(self.list.marks)
        self.console.say(self.console.words("status.marked", n=n) if n else "")

    @cached_property
    def many(self) -> "Many":
        """What is done to marked cases."""
        from csdesk.tui.screens.many import Many

        return Many(self)

    def action_verb(self, verb: str) -> None:
        """Use a verb on the case under the cursor, or on all that are marked."""
        if self.list.marks:
            self.console.call(self.many.use(verb))
        else:
            super().action_verb(verb)

    def action_next(self) -> None:
        """Hold and open the most urgent case that I may take."""
        self.console.call(self._next())

    async def _next(self) -> None:
        found = await self.console.leasing.next(self.list.window.queue)
        if found is None:
            self.console.say(self.console.words("status.no_next"), "warn")
        else:
            self._open(found)

    def action_status(self) -> None:
        """What can be done with this case, and why the rest is off."""
        from csdesk.tui.screens.status import StatusMenu

        if self.list.current is not None:
            case = self.list.current
            self.app.push_screen(StatusMenu(case.id, case.version))

    def action_resolve(self) -> None:
        """Close the case, or all that are marked."""
        if self.list.marks:
            self.console.call(self.many.use("close"))
        elif self.list.current is not None:
            self.console.run_verb(self.list.current.id, self.list.current.version, "close")

    def action_repeat(self) -> None:
        """Use my last verb on this case too, or on all that are marked."""
        last = self.console.verbs.last
        if self.list.marks and last is not None:
            self.console.call(self.many.again(last))
        elif self.list.current is not None:
            self.console.verbs.repeat(self.list.current.id, self.list.current.version)

    def action_find(self) -> None:
        """Find cases by number, order, waybill, customer or words."""
        from csdesk.tui.screens.find import FindScreen

        self.app.push_screen(FindScreen(), self._found)

    def _found(self, case: str | None) -> None:
        if case:
            self._open(case)

    def action_awaiting(self) -> None:
        """Refunds that wait for a second person."""
        self.app.push_screen(doors.awaiting(), self._found)

    def action_runs(self) -> None:
        """My runs over many cases, and what came of them."""
        self.app.push_screen(doors.runs(), self._found)

    def action_dead(self) -> None:
        """Jobs that the worker gave up."""
        self.console.call(self._see_dead())

    async def _see_dead(self) -> None:
        if may(self.console.desk.me.role, Right.MEND):
            self.app.push_screen(doors.dead(), self._found)
        else:
            self.console.say(self.console.words("dead.not_mine"), "warn")

    def action_explain(self) -> None:
        """Why the verdict on the case under the cursor is what it is."""
        if self.list.current is not None:
            self.app.push_screen(doors.verdict(self.list.current.id))

    def action_policy(self) -> None:
        """Look up an article."""
        self.app.push_screen(doors.policy(self.list.current.id if self.list.current else ""))

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.preview.display = not self.preview.display
        self.preview.ask()
        self._moved()

    def action_refresh(self) -> None:
        """Read everything anew."""
        self.list.reload()
        self.console.call(self._count())
        self.preview.ask()

    def action_copy_number(self) -> None:
        """Put the case number, and nothing else, into the terminal's clipboard."""
        if self.list.current is not None:
            told = number(self.list.current)
            self.app.copy_to_clipboard(told)
            self.console.say(self.console.words("status.copied", case=told), "good")
