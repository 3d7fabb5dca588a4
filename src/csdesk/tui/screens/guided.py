"""Guided work on a case: why it is passed over, and who took it from whom."""

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from csdesk.desk.guided_queries import WHY
from csdesk.domain.text import clean_line
from csdesk.tui import cells
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.screens.scene import Scene
from csdesk.tui.summary import Line
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick


class SkipScreen(Overlay[tuple[str, str]]):
    """Why a case is passed over, picked by digit; `/` adds words. Dismissed with both, None when it is left."""

    context: ClassVar[str] = "menu"
    title_key: ClassVar[str] = "skip.title"

    def __init__(self) -> None:
        super().__init__()
        self.field = LineField()
        self.field.display = False

    def body(self) -> Iterable[Widget]:
        self.field.placeholder = self.console.words("skip.hint")
        yield self.field
        yield self.picks

    def on_mount(self) -> None:
        words = self.console.words
        hint = {why: words("skip.needs_note") if why == "other" else "" for why in WHY}
        self.picks.show(
            [
                Pick(why, [(f"{n} ", "accent"), (words.code("skip", why), "text"), (hint[why], "quiet")])
                for n, why in enumerate(WHY, 1)
            ]
        )

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "down", "up", "back")

    def choose(self, pick: Pick) -> None:
        note = clean_line(self.field.value).text.strip()
        if pick.id == "other" and not note:
            self.action_filter()
            self.console.say(self.console.words("refused.skip_note"), "warn")
        else:
            self.dismiss((pick.id, note))

    def action_nth(self, key: str) -> None:
        """The reason with this number."""
        if key.isdecimal() and 0 < int(key) <= len(WHY):
            self.picks.move(int(key) - 1 - self.picks.cursor)
            self.choose(self.picks.picks[int(key) - 1])

    def action_filter(self) -> None:
        """Say more in words."""
        self.field.display = True
        self.field.focus()

    async def action_back(self) -> None:
        """From the words to the reasons, then to the case."""
        if not self.field.display:
            self.dismiss(None)
            return
        self.set_focus(None)
        self.field.display = False
        self.field.value = ""


def taken_lines(scene: Scene, width: int) -> list[Line]:
    """Who took the case from me, or from whom I have it; nothing when neither is so."""
    taken, words = scene.view.taken, scene.words
    if taken is None:
        return []
    at = words.short(taken.at)
    if taken.former == scene.me:
        told = words("takeover.from_me", who=scene.name_of(taken.taker), at=at)
        return [[(line, "late")] for line in cells.wrap(cells.safe(told), width)]
    told = words("takeover.by_me", who=scene.name_of(taken.former), at=at)
    if taken.draft:
        told += words("takeover.draft")
    return [[(line, "mark")] for line in cells.wrap(cells.safe(told), width)]
