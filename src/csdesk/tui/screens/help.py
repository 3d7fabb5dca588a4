"""Help: the keys of the place one came from, made from the registry, with search."""

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


class HelpScreen(Overlay[None]):
    """Every action of a place with its keys; picking one runs it there."""

    context: ClassVar[str] = "help"
    AUTO_FOCUS = "LineField"
    DEFAULT_CSS = "HelpScreen Sheet { height: 100%; } HelpScreen PickList { height: 1fr; max-height: 100%; }"

    def __init__(self, behind: ConsoleScreen[Any]) -> None:
        super().__init__()
        self._behind = behind

    def sheet_title(self) -> str:
        return self.console.words("help.title", place=self.console.words(f"place.{self._behind.context}"))

    def body(self) -> Iterable[Widget]:
        yield LineField(placeholder=self.console.words("help.hint"))
        yield self.picks

    def on_mount(self) -> None:
        self._show("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value.strip().lower())

    def _show(self, query: str) -> None:
        words, keymap = self.console.words, self.console.keymap
        picks = []
        for action in registry().values():
            if self._behind.context not in action.contexts:
                continue
            keys = "  ".join(key for n in range(9) if (key := keymap.shown(action.id, n)))
            name = label(words, action.id, self._behind.context)
            if not keys or (query and query not in f"{name} {keys} {action.id}".lower()):
                continue
            off = "" if action.keyed else self._behind.off(action.id) or ""
            picks.append(Pick(action.id, [(cells.fit(keys, 22), "accent"), (name, "text")], off))
        self.picks.show(picks)

    def choose(self, pick: Pick) -> None:
        behind = self._behind
        if registry()[pick.id].keyed:
            return
        self.dismiss()
        self.console.call_later(behind.press, pick.id)
