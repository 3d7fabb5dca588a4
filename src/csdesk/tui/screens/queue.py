"""The queue: tabs with live counts, the list of cases, and a preview of the one under the cursor."""

from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.widget import Widget

from csdesk.domain.roles import Right, may
from csdesk.store.feed import FILTER, Place
from csdesk.tui import doors
from csdesk.tui.actions import ACTS
from csdesk.tui.columns import number
from csdesk.tui.kinds import tabs
from csdesk.tui.messages import Changed, CursorMoved, VerbDone
from csdesk.tui.rest import Rest
from csdesk.tui.screen import PASSING, ConsoleScreen
from csdesk.tui.start import First, Stand
from csdesk.tui.widgets.case_list import CaseList
from csdesk.tui.widgets.hours import HoursBar, fits
from csdesk.tui.widgets.preview import Preview
from csdesk.tui.widgets.tabs import QueueTabs

if TYPE_CHECKING:
    from csdesk.desk.filter_queries import ViewKept
    from csdesk.desk.queries import CaseView
    from csdesk.tui.screens.many import Many
    from csdesk.tui.sifting import Sifting

# From this width on the preview stands at the right, below it under the list.
WIDE = 110
PREVIEW_LINES = 9
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
        self._second.styles.width, self._second.styles.height = (
            ("37%", "1fr") if wide else ("1fr", PREVIEW_LINES)
        )


class QueueScreen(ConsoleScreen[None]):
    """Where an agent's shift is spent between cases."""

    anew: ClassVar[bool] = False
    context: ClassVar[str] = "queue"

    def __init__(self, first: First) -> None:
        super().__init__()
        self._first = first
        self.tabs = QueueTabs(first.stand.queue, first.counts, letters=first.letters)
        self.list = CaseList(first)
        self.preview = Preview()
        self.hours = HoursBar(first.stand.queue)
        self._pause = Rest(self, PAUSE_SECONDS, lambda: self.console.call(self.keep()))
        self._kept = ""
        self.opened = ""

    def body(self) -> Iterable[Widget]:
        self.preview.display = self._first.stand.preview
        panes = Panes(self.list, self.preview)
        panes.fit(self.app.size.width)
        self._fit_hours()
        yield self.tabs
        yield panes
        yield self.hours

    def _fit_hours(self) -> None:
        """The hours stand under the list where it keeps enough lines: on a small screen, without the preview.

        What a filter lets through is in no index hour by hour, so under it they are away.
        """
        size = self.app.size
        below = PREVIEW_LINES if self.preview.display and size.width < WIDE else 0
        shown = fits(size.width, size.height, below=below) and not self.tabs.queue.startswith(FILTER)
        if shown != self.hours.display:
            self.hours.display = shown
            self.hours.ask()

    def on_resize(self) -> None:
        self._fit_hours()

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
        """Where the last console stood, asked of the desk when there was no first picture.

        Whoever has gone elsewhere before the answer stays there.
        """
        from csdesk.desk.queries import GetPlace

        state = await self.console.desk.ask(GetPlace())
        stand = Stand.read(state)
        if stand.queue not in tabs(letters=may(self.console.desk.me.role, Right.ASSIGN)):
            stand = Stand(opened=stand.opened, preview=stand.preview)  # a queue no longer for this reader
        if self.tabs.queue == self._first.stand.queue:
            self.tabs.show(stand.queue)
            self.preview.display = stand.preview
        await self._count()
        if self.tabs.queue != stand.queue:
            return
        place = Place(stand.due, stand.case) if stand.case else None
        if not (stand.filtered and await self.sifting.come_back(place)):
            await self.bring(stand.queue, stand=None if stand.filtered else place)
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
            "open", "verb.take", "next", "reply", "status", "resolve", "filter", "find", "orders", "undo", "park",
            "unpark", "views", "preview", "palette", "help",
        )  # fmt: skip

    # What changed

    def on_changed(self, changed: Changed) -> None:
        self.list.changed(changed.cases, everything=changed.everything)
        self.console.call(self._count())
        self.hours.changed()
        if self.filtered:
            self.sifting.changed()
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
        self._pause.again()

    def stand(self) -> Stand:
        """Where this console stands."""
        row = self.list.current
        where = (row.id, row.key(self.list.window.sort)) if row else ("", 0)
        return Stand(self.queue, *where, self.opened, bool(self.preview.display), self.filtered)

    async def keep(self) -> None:
        from csdesk.desk.queries import KeepPlace

        if "sifting" in vars(self):
            await self.sifting.keep()
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
        if self.filtered:
            self.sifting.gone()
        self.console.call(self.bring(queue))

    async def bring(self, queue: str, columns: tuple[str, ...] = (), stand: Place | None = None) -> None:
        """Show a queue, or a filter in the columns of its view, around the case at `stand` or from the first."""
        self.tabs.show(queue)
        self.list.lay(columns)
        self.hours.queue = self.queue
        self._fit_hours()
        self.hours.ask()
        self._moved()
        await self.list.come_back(queue, stand)

    # Filters and views

    @property
    def queue(self) -> str:
        """The queue that is shown, or that a filter stands over."""
        return self.tabs.base if self.filtered else self.tabs.queue

    @property
    def filtered(self) -> bool:
        """Whether a filter says what is shown."""
        return self.tabs.queue.startswith(FILTER)

    @cached_property
    def sifting(self) -> "Sifting":
        """The filter over the queue."""
        from csdesk.tui.sifting import Sifting

        return Sifting(self)

    def action_filter(self) -> None:
        """Filter the queue as one types."""
        self.app.push_screen(doors.filter_line(self.sifting), self._found)

    def action_views(self) -> None:
        """Filters that are kept under a name."""
        self.app.push_screen(doors.views(self.sifting), self._viewed)

    def _viewed(self, view: "ViewKept | None") -> None:
        if view is not None:
            self.console.call(self.sifting.show(view))

    def action_keep_view(self) -> None:
        """Keep the filter, with the columns to show, under a name."""
        self.console.call(self._keep_view())

    async def _keep_view(self) -> None:
        from csdesk.tui.screens.views import keep

        await keep(self.sifting)

    def action_open(self) -> None:
        """Open the case under the cursor."""
        if self.list.current is not None:
            self._open(self.list.current.id)

    def _open(self, case: str, then: str = "") -> None:
        self.opened = case
        self._moved()
        if self.console.said[1] in PASSING:  # it was of what was looked at before
            self.console.say("")
        self.console.open_case(case, then=then)

    def action_reply(self, then: str = "reply") -> None:
        """Open the case with its reply field focused; with marks, one reply for all of them."""
        if self.list.marks:
            self.console.call(self.many.use("reply"))
        elif self.list.current is not None:
            self._open(self.list.current.id, then)

    def action_canned(self) -> None:
        """The same, and a canned reply is picked for it."""
        self.action_reply("canned")

    async def action_back(self) -> None:
        """Marks go, then the filter. The queue is where one comes back to; leaving the console is `:q`."""
        if self.filtered and not self.list.marks:
            self.console.call(self.sifting.off())
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
        """Mark all loaded cases, then all of the queue; what is marked stays so."""
        window, marks = self.list.window, self.list.marks
        whole = window.at_top and window.at_end
        if marks and not whole and {row.id for row in window.rows} <= marks:
            self.console.call(self._mark_queue())
            return
        self.list.mark_all()
        self._marked()
        if self.list.marks and not whole:
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
        self.summon(partial(self._next, self.called_off()))

    async def _next(self, called_off: Callable[[], bool]) -> bool:
        words = self.console.words
        found = await self.console.leasing.next(self.queue)
        if found is None:
            self.console.say(words("status.no_next"), "warn")
            return False
        if called_off():
            await self.console.leasing.give_back(found)
            return False
        self._open(found)
        if self.filtered:
            # The most urgent case goes to whoever asks: a filter would let people pick.
            self.console.say(words("filter.next", queue=words.code("queue", self.queue)))
        return True

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
        """Look up an article, to read it."""
        case = self.list.current.id if self.list.current else ""
        self.app.push_screen(doors.policy(case, cites=False))

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.preview.display = not self.preview.display
        self._fit_hours()
        self.preview.ask()
        self._moved()

    def action_refresh(self) -> None:
        """Read everything anew."""
        self.list.reload()
        self.console.call(self._count())
        if self.filtered:
            self.sifting.changed()
        self.hours.ask()
        self.preview.ask()

    def action_copy_number(self) -> None:
        """Put the case number, and nothing else, into the terminal's clipboard."""
        if self.list.current is not None:
            told = number(self.list.current)
            self.app.copy_to_clipboard(told)
            self.console.say(self.console.words("status.copied", case=told), "good")
