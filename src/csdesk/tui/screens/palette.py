"""The palette: every action and verb of the place one came from, found by any letters of its name."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from csdesk.tui import cells
from csdesk.tui.actions import label, registry
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick


def rank(query: str, name: str, id_: str) -> int | None:
    """How well an action fits what was typed, smaller is better; None when it does not."""
    query, name = query.lower(), name.lower()
    for n, text in enumerate((name, id_.replace("verb.", "").replace("_", " "))):
        if text.startswith(query):
            return n
        if query in text:
            return 2 + n
    signs = iter(f"{name} {id_}")
    return 9 if all(sign in signs for sign in query.replace(" ", "")) else None


class PaletteScreen(Overlay[None]):
    """Picking runs the action in the place it was opened from."""

    context: ClassVar[str] = "palette"
    title_key: ClassVar[str] = "palette.title"
    AUTO_FOCUS = "LineField"

    def __init__(self, behind: ConsoleScreen[Any]) -> None:
        super().__init__()
        self._behind = behind

    def body(self) -> Iterable[Widget]:
        yield LineField(placeholder=self.console.words("palette.hint"))
        yield self.picks

    def on_mount(self) -> None:
        self._show("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value.strip())

    def _show(self, query: str) -> None:
        words, keymap = self.console.words, self.console.keymap
        found: list[tuple[int, int, Pick]] = []
        for action in registry().values():
            if self._behind.context not in action.contexts or action.keyed or action.id == "palette":
                continue
            name = label(words, action.id, self._behind.context)
            fits = rank(query, name, action.id)
            if fits is None:
                continue
            keys = "  ".join(key for n in (0, 1) if (key := keymap.shown(action.id, n)))
            line = [(cells.fit(name, 24), "text"), (cells.fit(keys, 18), "quiet")]
            found.append((fits, len(found), Pick(action.id, line, self._behind.off(action.id) or "")))
        self.picks.show(
            [pick for _, _, pick in sorted(found, key=lambda entry: (bool(entry[2].off), *entry[:2]))]
        )

    def choose(self, pick: Pick) -> None:
        behind = self._behind
        self.dismiss()
        self.console.call_later(behind.press, pick.id)
