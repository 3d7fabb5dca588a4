"""How a text field breaks its lines: as Chinese is set, where Textual knows only words between blanks."""

from textual.document._wrapped_document import WrappedDocument

from csdesk.tui import cells


class Folded(WrappedDocument):
    """A document whose lines break between any two Chinese characters, and never before a comma or inside a number.

    Textual takes a sentence without blanks for one word: it breaks before the sentence where it can, and in the middle
    of a number where it must. Lines with tabs, joined emoji or other scripts stay as Textual breaks them.
    """

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        super().wrap(width, tab_width)
        self._fold()

    def wrap_range(self, start: tuple[int, int], old_end: tuple[int, int], new_end: tuple[int, int]) -> None:
        super().wrap_range(start, old_end, new_end)
        self._fold()

    def _fold(self) -> None:
        """Break anew what Textual has broken; a reply is a few lines, and those it had before are known."""
        width = self._width
        if not width:
            return
        lines = self.document.lines
        broken = [
            list(cells.breaks(line, width)) if cells.harmless(line) else self._wrap_offsets[n]
            for n, line in enumerate(lines)
        ]
        self._wrap_offsets = broken
        self._offset_to_line_info = [(n, part) for n, at in enumerate(broken) for part in range(len(at) + 1)]
        self._line_index_to_offsets = [[] for _ in lines]
        for y, (n, _) in enumerate(self._offset_to_line_info):
            self._line_index_to_offsets[n].append(y)
