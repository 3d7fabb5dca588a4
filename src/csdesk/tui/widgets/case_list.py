"""The list of cases: a window over the queue, painted line by line, only the lines that changed."""

import time
from collections.abc import Callable, Iterable

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer

from csdesk.desk.link import line_of
from csdesk.store.feed import AGENT, FILTER, Place, Row
from csdesk.tui import cells
from csdesk.tui.columns import Column, chosen, columns, due_text, heat, midnight, next_change, parts
from csdesk.tui.messages import CursorMoved
from csdesk.tui.start import PAGE, First, just_before
from csdesk.tui.widgets.lines import Lines
from csdesk.tui.window import Window

# After every row there is, in the order of a queue.
_LAST = Place((1 << 63) - 1, "~")
# What a filter lets through is read anew at most this often for changes of cases that are not in sight: a rare filter
# is a walk of 0.2 s through a million cases.
SIFT_SECONDS = 2.0


def sort_of(queue: str) -> str:
    """By what a queue's rows are sorted, as `Row.key` takes it."""
    if not queue.startswith(FILTER):
        return "due"
    from csdesk.search.filtering import parse, sort

    return sort(parse(queue.removeprefix(FILTER)))


class CaseList(Lines):
    """Cases of one queue, nearest deadline first.

    `marks` are case ids: they survive reloads and other queues.
    """

    def __init__(self, first: First) -> None:
        super().__init__()
        self.window = Window(first.stand.queue)
        if first.asked:
            self.window.fill(first.rows, at_top=first.at_top, at_end=first.at_end, stand=first.stand.case)
        self.marks: set[str] = set()
        self._coming = first.stand.queue
        self._columns: tuple[str, ...] = ()
        self._sifting: Timer | None = None
        self._asking = not first.asked
        self._stale = False
        self._shown: dict[int, tuple[object, ...]] = {}
        self._painted: tuple[str, float] = ("", 0.0)
        self._clock: Timer | None = None

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.window.current

    @property
    def painted_at(self) -> tuple[str, float]:
        """The case under the cursor that was painted last, and when (monotonic seconds)."""
        return self._painted

    # Painting

    def on_resize(self, event: events.Resize) -> None:
        self.window.resize(event.size.height)
        self.repaint()

    def render_line(self, y: int) -> Strip:
        palette, width = self.console.palette, self.size.width
        self._shown[y] = self._line(y)
        index = self.window.top + y
        if index >= len(self.window.rows):
            return self._blank(y)
        row = self.window.rows[index]
        here = index == self.window.cursor
        if here and self._painted[0] != row.id:
            self._painted = (row.id, time.monotonic())
        on = "cursor" if here else "ground"
        marked = row.id in self.marks
        now = self.console.now()
        gutter = [
            (">" if here else " ", palette.style("accent", on, bold=True)),
            ("*" if marked else " ", palette.style("mark", on, bold=True)),
        ]
        shape = self._shape(width)
        due = due_text(self.console.words, row, now)
        near = heat(row, now, self.console.words.zone)
        name = self.console.name_of(row.assignee)
        told = parts(row, shape, self.console.words, palette, name, due, near, on)
        return cells.line([*gutter, *told], width, palette.style("text", on))

    def _shape(self, width: int) -> tuple[Column, ...]:
        queue, latin = self.window.queue, self.console.words.language == "en"
        if self._columns and (own := chosen(self._columns, width, latin)):
            return own
        return columns(width, queue in ("all", "mine") or queue.startswith((AGENT, FILTER)), latin)

    def lay(self, names: tuple[str, ...]) -> None:
        """Show these columns, in this order, as far as they fit; the usual ones when none are named."""
        if names != self._columns:
            self._columns = names
            self.refresh()

    def _blank(self, y: int) -> Strip:
        palette = self.console.palette
        if y or self.window.rows:
            return Strip.blank(self.size.width, palette.style())
        empty = "list.none_fit" if self.window.queue.startswith(FILTER) else "list.empty"
        said = self.console.words("list.asking" if self._asking else empty)
        return cells.line([(f"  {said}", palette.style("quiet"))], self.size.width, palette.style())

    def _line(self, y: int) -> tuple[object, ...]:
        """What a line shows; another value means other cells."""
        index = self.window.top + y
        if index >= len(self.window.rows):
            return ("",) if self.window.rows or y else ("", self._asking, self.window.queue[:1] == FILTER)
        row = self.window.rows[index]
        due = due_text(self.console.words, row, self.console.now())
        who = self.console.name_of(row.assignee)
        return (row.id, row.version, due, who, index == self.window.cursor, row.id in self.marks)

    def repaint(self) -> None:
        """Paint the lines that show something new; wind the clock to the next change of a relative time."""
        self._paint(range(self.size.height))
        self._wind()

    def _paint(self, lines: Iterable[int]) -> None:
        changed = [y for y in lines if self._shown.get(y) != self._line(y)]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def _wind(self) -> None:
        now = self.console.now()
        waits = [next_change(row.due, now) for row in self.window.visible() if row.timed]
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
        if waits:
            waits.append(midnight(now, self.console.words.zone) - now)
            self._clock = self.set_timer(max(min(waits), 1000) / 1000, self.repaint)

    def _moved(self, before: Row | None) -> None:
        """The rows may be others: every line is looked at."""
        self.repaint()
        self._tell(before)

    def _tell(self, before: Row | None) -> None:
        after = self.window.current
        if (before.id if before else "") != (after.id if after else ""):
            self.post_message(CursorMoved(after.id if after else ""))
        self._prefetch()

    def _change(self, how: Callable[[], None]) -> None:
        """The cursor moves. In the same view two lines change; neither the others (1 ms) nor the clock need a look."""
        window = self.window
        before, line, top = window.current, window.cursor - window.top, window.top
        how()
        if window.top == top:
            self._paint({line, window.cursor - top})
        else:
            self.repaint()
        self._tell(before)

    # Moving and marking

    def move(self, by: int) -> None:
        """One line down (1) or up (-1)."""
        self._change(lambda: self.window.move(by))

    def page(self, by: int) -> None:
        """One screen down (1) or up (-1)."""
        self._change(lambda: self.window.page(by))

    def edge(self, *, end: bool) -> None:
        """To the first or the last case of the queue."""
        if (self.window.at_end if end else self.window.at_top) and not self._asking:
            self._change(lambda: self.window.edge(end=end))
        else:
            self.console.call(self._jump(end=end))

    def away(self, y: int) -> int | None:
        """How far from the cursor a line on the screen is; None where no case is."""
        index = self.window.top + y
        return index - self.window.cursor if index < len(self.window.rows) else None

    def mark(self) -> None:
        """Mark the case under the cursor, or take its mark off, and go on to the next."""
        if self.current:
            self.marks ^= {self.current.id}
            self.move(1)

    def mark_range(self) -> None:
        """Mark the case under the cursor and the next, and go there."""
        if self.current:
            self.marks.add(self.current.id)
            self.move(1)
            self.marks.add(self.current.id)
            self.repaint()

    def mark_all(self) -> None:
        """Mark all loaded cases besides those that are marked."""
        self.marks |= {row.id for row in self.window.rows}
        self.repaint()

    # Asking

    async def come_back(self, queue: str, stand: Place | None) -> None:
        """Show a queue around the case at `stand`, or from its first.

        Over a line of 300 ms a key does not wait: what was read of the queue before stands there until it is read anew.
        """
        from csdesk.desk.queries import QueuePage

        ask, sort = self.console.desk.ask, sort_of(queue)
        self._coming = queue
        line = line_of(self.console.desk) if stand is None else None
        if line is not None and (known := line.known(QueuePage(queue, PAGE))) is not None:
            self._asking = False
            self._fill(queue, known, at_end=len(known) < PAGE)
            await self.console.patient(self._reload())
            return
        rows: list[Row] = []
        at_top = True
        if stand is not None:
            after = Place(stand.due, just_before(stand.id))
            rows = await self.console.patient(ask(QueuePage(queue, PAGE, after=after)))
            if rows:
                first = Place(rows[0].key(sort), rows[0].id)
                above = await ask(QueuePage(queue, PAGE // 2, before=first))
                at_end, at_top = len(rows) < PAGE, len(above) < PAGE // 2
                rows = [*above, *rows]
        if not rows:
            rows = await self.console.patient(ask(QueuePage(queue, PAGE)))
            at_end = len(rows) < PAGE
        self._asking = False
        if queue != self._coming:
            return  # another one was asked for meanwhile
        self._fill(queue, rows, at_top=at_top, at_end=at_end, stand=stand.id if stand else "")

    def _fill(
        self, queue: str, rows: list[Row], *, at_end: bool, at_top: bool = True, stand: str = ""
    ) -> None:
        before = self.window.current
        self.window.queue, self.window.sort = queue, sort_of(queue)
        self.window.fill(rows, at_top=at_top, at_end=at_end, stand=stand)
        self._moved(before)
        self.post_message(CursorMoved(self.current.id if self.current else ""))

    async def _jump(self, *, end: bool) -> None:
        from csdesk.desk.queries import QueuePage

        before, queue = self.window.current, self.window.queue
        ask = QueuePage(queue, PAGE, before=_LAST) if end else QueuePage(queue, PAGE)
        rows: list[Row] = await self.console.patient(self.console.desk.ask(ask))
        if queue != self.window.queue:
            return
        self.window.fill(rows, at_top=not end or len(rows) < PAGE, at_end=end or len(rows) < PAGE)
        self.window.edge(end=end)
        self._moved(before)

    def _prefetch(self) -> None:
        side = self.window.wants()
        if side and not self._asking:
            self._asking = True
            self.console.call(self._fetch(side))

    async def _fetch(self, side: str) -> None:
        from csdesk.desk.queries import QueuePage

        queue, below = self.window.queue, side == "below"
        end = self.window.place(-1 if below else 0)
        ask = QueuePage(queue, PAGE, after=end) if below else QueuePage(queue, PAGE, before=end)
        try:
            rows = await self.console.desk.ask(ask)
        finally:
            self._asking = False
        still = self.window.rows and end == self.window.place(-1 if below else 0)
        if queue == self.window.queue and still:
            self.window.extend(rows, below=below, last=len(rows) < PAGE)
            self.repaint()

    def changed(self, ids: tuple[str, ...], *, everything: bool) -> None:
        """Cases changed: read the window anew when it holds one of them or one belongs into it."""
        known = {row.id for row in self.window.rows}
        if everything or known & set(ids):
            self.reload()
        elif ids:
            self.console.call(self._consider(ids))

    async def _consider(self, ids: tuple[str, ...]) -> None:
        from csdesk.desk.queries import Rows

        if not any(self.window.touches(row) for row in await self.console.desk.ask(Rows(ids))):
            return
        if not self.window.queue.startswith(FILTER):
            self.reload()
        elif self._sifting is None:
            self._sifting = self.set_timer(SIFT_SECONDS, self._sift)

    def _sift(self) -> None:
        self._sifting = None
        self.reload()

    def reload(self) -> None:
        """Read this stretch of the queue anew; while one reading is under way, one more is enough."""
        if self._stale:
            return
        self._stale = True
        self.console.call(self._reload())

    async def _reload(self) -> None:
        from csdesk.desk.queries import QueuePage

        window, queue = self.window, self.window.queue
        limit = max(len(window.rows), PAGE)
        first = None if window.at_top or not window.rows else window.place(0)
        self._stale = False
        if first is None:
            rows = await self.console.desk.ask(QueuePage(queue, limit))
        else:
            # `after` leaves out the row it names: begin one id earlier.
            earlier = Place(first.due, just_before(first.id))
            rows = await self.console.desk.ask(QueuePage(queue, limit, after=earlier))
        if queue != self.window.queue:
            return
        before = window.current
        window.reload(rows, at_top=first is None, at_end=len(rows) < limit)
        self._moved(before)
