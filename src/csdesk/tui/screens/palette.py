"""The palette: every action and verb of the place one came from, found by any letters of its name."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from csdesk.tui import cells
from csdesk.tui.actions import registry
from csdesk.tui.finding import found
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick, PickList

_MOVES = frozenset({"down", "up", "page_down", "page_up", "top", "bottom", "back"})


class PaletteScreen(Overlay[None]):
    """Picking runs the action in the place it was opened from."""

    context: ClassVar[str] = "palette"
    title_key: ClassVar[str] = "palette.title"
    AUTO_FOCUS = "LineField"

    def __init__(self, behind: ConsoleScreen[Any]) -> None:
        super().__init__()
        self._behind = behind

    def body(self) -> Iterable[Widget]:
        self.picks = PickList(self.console.words("help.none"))
        yield LineField(placeholder=self.console.words("palette.hint"))
        yield self.picks

    def on_mount(self) -> None:
        self._show("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value.strip())

    def _show(self, query: str) -> None:
        words, keymap, behind = self.console.words, self.console.keymap, self._behind
        ids = self._ids()
        picks = []
        for id_ in found(ids, query, behind.context, words, keymap):
            keys = "  ".join(key for n in (0, 1) if (key := keymap.shown(id_, n)))
            line = [(cells.fit(behind.called(id_), 24), "text"), (cells.fit(keys, 18), "quiet")]
            picks.append(Pick(id_, line, behind.off(id_) or ""))
        self.picks.show(sorted(picks, key=lambda pick: bool(pick.off)))

    def _ids(self) -> list[str]:
        """The actions of the place: first those that its bottom line names, last those that only move about."""
        behind = self._behind
        ids = [
            action.id
            for action in registry().values()
            if behind.context in action.contexts and not action.keyed and action.id != "palette"
        ]
        named = [id_ for id_ in behind.footer_actions() if id_ in ids and not behind.idle(id_)]
        rest = sorted((id_ for id_ in ids if id_ not in named), key=lambda id_: id_ in _MOVES)
        return [*named, *rest]

    def choose(self, pick: Pick) -> None:
        behind = self._behind
        self.dismiss()
        self.console.call_next(behind.press, pick.id)
