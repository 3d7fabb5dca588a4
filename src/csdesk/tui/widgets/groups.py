"""A list to pick from in groups: each under its heading, where the cursor never stands."""

from csdesk.tui.widgets.picks import Pick, PickList


def heading(text: str) -> Pick:
    """The line above a group."""
    return Pick("", [(text, "accent")])


class GroupList(PickList):
    """Picks with headings among them; showing it again keeps the cursor on what it stood on."""

    DEFAULT_CSS = "GroupList { height: auto; max-height: 100%; }"

    def show(self, picks: list[Pick]) -> None:
        """Show these lines; the cursor stays on its pick, or where that was when it is gone."""
        before, at, top = self.picked, self.cursor, self.top
        super().show(picks)
        same = next((n for n, pick in enumerate(picks) if before and pick.id and pick.id == before.id), at)
        self.top = min(top, max(len(picks) - 1, 0))
        self._stand(same)
        self.refresh()

    def away(self, y: int) -> int | None:
        """How many picks from the cursor a line on the screen is; None for a heading."""
        real = [n for n, pick in enumerate(self.picks) if pick.id]
        index = self.top + y
        return real.index(index) - real.index(self.cursor) if {index, self.cursor} <= {*real} else None

    def move(self, by: int) -> None:
        """Move the cursor over headings."""
        self._stand(self.cursor + by, back=by < 0)

    def _stand(self, at: int, *, back: bool = False) -> None:
        """Stand on the pick at this line, or on the nearest one, first in the direction of the move."""
        real = [n for n, pick in enumerate(self.picks) if pick.id]
        if not real:
            return
        before = [n for n in real if n <= at] or real[:1]
        after = [n for n in real if n >= at] or real[-1:]
        target = before[-1] if back else after[0]
        # A heading above the first pick of all comes into sight with it.
        super().move((0 if target == real[0] and self.top else target) - self.cursor)
        super().move(target - self.cursor)
