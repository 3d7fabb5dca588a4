"""What a terminal shows and what it should show: frames come in, the bytes between the two go out."""

from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from csdesk.tui.output.encode import Able, Pen, cleared, frame
from csdesk.tui.output.grid import BLANK, Inks, Row, lay, spans
from csdesk.tui.output.style import Look


class Painter:
    """One terminal of `width` by `height` cells. Frames that come while it is slow are merged: only the last counts."""

    def __init__(self, width: int, height: int, able: Able, colors: ColorSystem | None) -> None:
        self.size = width, height
        self._able = able
        self._inks = Inks(colors)
        self._wanted: list[Row] = [[BLANK] * width for _ in range(height)]
        self._shown: list[Row] | None = None
        self._changed: set[int] = set()
        # The strips that were laid last, by line and column: Textual hands out the same ones again.
        self._laid: list[dict[int, Strip]] = [{} for _ in range(height)]
        self._at: tuple[int, int] | None = None
        self._look: Look | None = None

    def forget(self) -> None:
        """Somebody else has written to the terminal: the next frame begins with a cleared screen."""
        self._shown = None

    def take(self, update: LayoutUpdate | ChopsUpdate) -> None:
        """What the screen should show from now on, as far as this update tells."""
        begun: set[int] = set()
        for y, x, strip in spans(update):
            if not 0 <= y < self.size[1]:
                continue
            laid = self._laid[y]
            if laid.get(x) is strip:
                continue
            if y not in begun:
                begun.add(y)
                self._wanted[y] = list(self._wanted[y])  # `_shown` may hold the same one
            lay(self._wanted[y], x, strip, self._inks)
            # Strips that this one covers, wholly or in part, are no longer what stands there.
            end = x + strip.cell_length
            covered = [at for at, other in laid.items() if at < end and at + other.cell_length > x]
            for at in covered:
                del laid[at]
            laid[x] = strip
        self._changed |= begun
        self._inks.tidy()

    def flush(self, cursor: tuple[int, int]) -> str:
        """The bytes that make the terminal show what it should, the cursor at (line, column); "" for none."""
        pen = Pen(self._able, self._at, self._look)
        if self._shown is None:
            pen.at = pen.look = None
            self._shown = cleared(pen, *self.size)
            self._changed = set(range(self.size[1]))
        if self._changed:
            frame(pen, self._shown, {y: self._wanted[y] for y in self._changed})
            self._changed = set()
        pen.move(*cursor)
        self._at, self._look = pen.at, pen.look
        return pen.text
