"""The fewest bytes that turn what the terminal shows into what it should: moves, looks, erasing, scrolling."""

from collections.abc import Mapping, Sequence

from csdesk.domain.value import dataclass
from csdesk.tui.output.grid import BLANK, Cell, Row
from csdesk.tui.output.style import PLAIN, Look, blanks_alike, change

# Bytes that are rather written again than jumped over: a move costs four or more. Another look costs twenty.
GAP, RECOLOURED = 4, 20
# Shorter runs of blanks are written as they are: at a line's end, and among other signs, where one must go on after.
ERASE, ERASE_AMONG = 4, 14
# So many lines one scrolls at most; more is another page.
MOST_SHIFT = 60
# Another sign than any: what a cell shows after a sign of unsure width was written before it.
UNKNOWN = Cell("?", PLAIN, sure=False)


@dataclass(frozen=True, slots=True)
class Able:
    """What this terminal can do beyond moving and colours.

    `bce`: what it erases takes the background that is set; `ech` erases signs in place; `csr`: a part of the screen
    scrolls by itself (the names of terminfo).
    """

    bce: bool = False
    ech: bool = False
    csr: bool = False


class Pen:
    """Where the terminal's cursor stands and which look it writes in, while a frame is put together.

    `at` is line and column; column -1 for somewhere in that line, None for nobody knows.
    """

    def __init__(self, able: Able, at: tuple[int, int] | None, look: Look | None) -> None:
        self.able = able
        self.at = at
        self.look = look
        self.out: list[str] = []

    @property
    def text(self) -> str:
        """What was put together."""
        return "".join(self.out)

    @property
    def cost(self) -> int:
        """Its bytes."""
        return len(self.text.encode())

    def move(self, y: int, x: int) -> None:
        """Go to a cell by the shortest way."""
        if self.at == (y, x):
            return
        ways = [_place(y, x)]
        if self.at is not None:
            was_y, was_x = self.at
            if was_y == y:
                ways.append(f"\x1b[{x + 1}G")
                if was_x >= 0:
                    ways.append(_step("C" if x > was_x else "D", abs(x - was_x)))
                if x == 0:
                    ways.append("\r")
            elif was_x == x:
                ways.append(_step("B" if y > was_y else "A", abs(y - was_y)))
            if x == 0 and y == was_y + 1:
                ways.append("\r\n")  # never at the lowest line: there is one below
        self.out.append(min(ways, key=len))
        self.at = y, x

    def wear(self, look: Look) -> None:
        """Write in this look from here on."""
        if look is not self.look and (told := change(self.look, look)):
            self.out.append(told)
            self.look = look

    def write(self, row: Row, start: int, end: int, y: int) -> None:
        """Write the cells of a row from `start` to before `end`."""
        self.move(y, start)
        out, x = self.out, start
        while x < end:
            sign, look, sure = row[x]
            if look is not self.look and (sign != " " or not blanks_alike(self.look, look)):
                self.wear(look)
            wide = x + 1 < len(row) and row[x + 1].sign == ""
            if sure:
                out.append(sign)
            else:
                # A terminal that gives it one cell must not keep what stood in the second; one that gives it more is
                # told where to go on, and `_doubted` sees that what it covered is written again.
                out.append(f"  \x1b[2D{sign}" if wide else sign)
                self.at = y, -1
                if x + 1 + wide < end:
                    self.move(y, x + 1 + wide)
            x += 1 + wide
        # At the last column terminals differ in where the cursor waits, after an unsure sign too.
        self.at = (y, -1) if x >= len(row) or not row[x - 1].sure else (y, x)

    def erase(self, y: int, x: int, count: int, look: Look, *, to_end: bool) -> None:
        """Blank `count` cells from here; `to_end`: they are the rest of the line."""
        self.move(y, x)
        if not blanks_alike(self.look, look):
            self.wear(look)
        self.out.append("\x1b[K" if to_end else f"\x1b[{count}X")


def _step(letter: str, count: int) -> str:
    return f"\x1b[{count}{letter}" if count > 1 else f"\x1b[{letter}"


def _place(y: int, x: int) -> str:
    if x == 0:
        return "\x1b[H" if y == 0 else f"\x1b[{y + 1}H"
    return f"\x1b[{y + 1};{x + 1}H"


def erasable(look: Look, able: Able) -> bool:
    """Whether erasing leaves blanks of this look."""
    return not look.shows_on_blanks and (able.bce or not look.back)


def line(pen: Pen, y: int, old: Row, new: Row) -> None:
    """Turn a line of the screen from `old` into `new`."""
    old, width = _doubted(old, new), len(new)
    tail = _tail(new)
    erases = tail < width and erasable(new[-1].look, pen.able)
    x = 0
    while x < width:
        if new[x] is old[x] or new[x] == old[x]:
            x += 1
            continue
        if x >= tail and width - x >= ERASE and erases:
            pen.erase(y, x, width - x, new[x].look, to_end=True)
            return
        end = _run(old, new, x, tail if x < tail and erases else width)
        _spread(pen, y, new, x, end)
        x = end


def _doubted(old: Row, new: Row) -> Row:
    """What is shown, and UNKNOWN for cells that a sign of unsure width may cover once it is written."""
    if all(cell.sure for cell in new):
        return old
    doubted = list(old)
    for x, cell in enumerate(new):
        if not cell.sure and cell != doubted[x]:
            # Most terminals give each character of such a sign two cells at the most.
            for further in range(x + 1, min(x + 2 * max(len(cell.sign), 1), len(new))):
                doubted[further] = UNKNOWN
    return doubted


def _tail(row: Row) -> int:
    """Where the blanks at the end of a row begin, all of one look."""
    last, at = row[-1], len(row)
    if last.sign != " ":
        return at
    while at and row[at - 1] is last:
        at -= 1
    return at


def _run(old: Row, new: Row, start: int, stop: int) -> int:
    """Where what is to be written from `start` on ends: at `stop`, or before equal cells better jumped over."""
    end = x = start + 1
    look, gap = new[start].look, 0
    while x < stop:
        cell = new[x]
        if cell is not old[x] and cell != old[x]:
            end, look, gap = x + 1, cell.look, 0
        else:
            alike = cell.sure and (cell.look is look or (cell.sign == " " and blanks_alike(look, cell.look)))
            gap += len(cell.sign.encode()) if alike else RECOLOURED
            if gap > GAP:
                break
        x += 1
    # Never between the halves of a wide sign.
    return end + 1 if end < len(new) and new[end].sign == "" else end


def _spread(pen: Pen, y: int, new: Row, start: int, end: int) -> None:
    """Write cells, long runs of blanks among them erased in place."""
    at = x = start
    while pen.able.ech and x < end:
        if new[x].sign != " ":
            x += 1
            continue
        run = x + 1
        while run < end and new[run] is new[x]:
            run += 1
        if run - x >= ERASE_AMONG and erasable(new[x].look, pen.able):
            if x > at:
                pen.write(new, at, x, y)
            pen.erase(y, x, run - x, new[x].look, to_end=False)
            at = run
        x = run
    if end > at:
        pen.write(new, at, end, y)


def frame(pen: Pen, shown: list[Row], wanted: Mapping[int, Row]) -> None:
    """Turn what is shown into what is wanted, line by line or scrolled first, as is shorter; `shown` follows."""
    changed = {y: row for y, row in wanted.items() if row != shown[y]}
    if not changed:
        return
    plain = Pen(pen.able, pen.at, pen.look)
    for y, row in sorted(changed.items()):
        line(plain, y, shown[y], row)
    best, after = plain, [wanted.get(y, row) for y, row in enumerate(shown)]
    if pen.able.csr and len(changed) > 3 and (shift := _shift(shown, after, sorted(changed))):
        other = Pen(pen.able, pen.at, pen.look)
        moved = _scrolled(other, shown, *shift)
        for y, row in enumerate(after):
            if row != moved[y]:
                line(other, y, moved[y], row)
        best = other if other.cost < plain.cost else plain
    pen.out.append(best.text)
    pen.at, pen.look = best.at, best.look
    shown[:] = after


def _shift(shown: Sequence[Row], after: Sequence[Row], changed: list[int]) -> tuple[int, int, int] | None:
    """The block (first line, last line) that moved, and by how many lines up (down: negative); None for none."""
    first, last = changed[0], changed[-1]
    # Only the columns in which anything changed: beside a list that moves, something else may stand still.
    differ = [[new is not old for new, old in zip(after[y], shown[y], strict=True)] for y in changed]
    left = min(row.index(True) for row in differ)
    right = max(len(row) - row[::-1].index(True) for row in differ)
    # By address: hashing cells would cost a page 2 ms, and equal ones are mostly one object.
    places: dict[tuple[int, ...], list[int]] = {}
    for y in range(first, last + 1):
        places.setdefault(tuple(map(id, shown[y][left:right])), []).append(y)
    votes: dict[int, list[int]] = {}
    for y in range(first, last + 1):
        if after[y] == shown[y]:
            continue
        for was in places.get(tuple(map(id, after[y][left:right])), ()):
            if abs(was - y) <= MOST_SHIFT:
                votes.setdefault(was - y, []).append(y)
    if not votes:
        return None
    by, lines = max(votes.items(), key=lambda item: len(item[1]))
    if len(lines) < 3:
        return None
    # Only from the first line that moved to the last: what stands around them stays where it is.
    return min(lines[0], lines[0] + by), max(lines[-1], lines[-1] + by), by


def _scrolled(pen: Pen, shown: Sequence[Row], first: int, last: int, by: int) -> list[Row]:
    """Scroll lines `first` to `last` by so many lines; what the screen shows then."""
    pen.wear(PLAIN)
    pen.out.append(f"\x1b[{first + 1};{last + 1}r")
    if by > 0:
        pen.out.append(_place(last, 0) + "\n" * by)
    else:
        pen.out.append(_place(first, 0) + "\x1bM" * -by)
    pen.out.append("\x1b[r")
    pen.at = None  # home on most terminals, where it was on some
    block, blank = list(shown[first : last + 1]), [BLANK] * len(shown[0])
    fresh = [list(blank) for _ in range(abs(by))]
    block = [*block[by:], *fresh] if by > 0 else [*fresh, *block[:by]]
    return [*shown[:first], *block, *shown[last + 1 :]]


def cleared(pen: Pen, width: int, height: int) -> list[Row]:
    """Clear the screen; what it shows then."""
    pen.wear(PLAIN)
    pen.out.append("\x1b[2J")
    return [[BLANK] * width for _ in range(height)]
