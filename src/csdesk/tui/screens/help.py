"""Help: the keys of the place one came from, then those that work everywhere, made from the registry, with search."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from csdesk.tui import cells
from csdesk.tui.actions import CONTEXTS, Action, registry
from csdesk.tui.finding import found
from csdesk.tui.key_names import spelled
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.groups import GroupList, heading
from csdesk.tui.widgets.picks import Pick

# Wide enough for a letter, its twin and one more.
KEYS_WIDTH = 22


class HelpScreen(Overlay[None]):
    """Every action of a place with its keys; picking one runs it there."""

    context: ClassVar[str] = "help"
    AUTO_FOCUS = "LineField"
    DEFAULT_CSS = "HelpScreen Sheet { height: 100%; } HelpScreen GroupList { height: 1fr; max-height: 100%; }"

    def __init__(self, behind: ConsoleScreen[Any]) -> None:
        super().__init__()
        self._behind = behind

    def sheet_title(self) -> str:
        return self.console.words("help.title", place=self.console.words(f"place.{self._behind.context}"))

    def body(self) -> Iterable[Widget]:
        self.picks = GroupList(self.console.words("help.none"))
        yield LineField(placeholder=self.console.words("help.hint"))
        yield self.picks

    def on_mount(self) -> None:
        self._show("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show(event.value.strip())

    def _show(self, typed: str) -> None:
        self.picks.show(list(self._found(typed) if typed else self._grouped()))
        self.action_top()

    def _bound(self) -> list[Action]:
        """What has a key where one came from."""
        keys = self.console.keymap.keys
        return [a for a in registry().values() if self._behind.context in a.contexts and keys.get(a.id)]

    def _grouped(self) -> Iterator[Pick]:
        here, everywhere = list[Action](), list[Action]()
        for action in self._bound():
            # Help itself is the one place that cannot be asked for help.
            (everywhere if len(action.contexts) >= len(CONTEXTS) - 1 else here).append(action)
        for title, actions in ((f"place.{self._behind.context}", here), ("help.everywhere", everywhere)):
            if actions:
                yield heading(self.console.words(title))
            yield from map(self._pick, actions)

    def _found(self, typed: str) -> Iterator[Pick]:
        ids = [action.id for action in self._bound()]
        for id_ in found(ids, typed, self._behind.context, self.console.words, self.console.keymap):
            yield self._pick(registry()[id_])

    def _pick(self, action: Action) -> Pick:
        name = self._behind.called(action.id)
        off = "" if action.keyed else self._behind.off(action.id) or ""
        return Pick(action.id, [(cells.fit(self._keys(action), KEYS_WIDTH), "accent"), (name, "text")], off)

    def _keys(self, action: Action) -> str:
        """The keys of an action; while one types, those that are not letters there."""
        keys = self.console.keymap.keys[action.id]
        usable = [key for key in keys if len(key) > 1] if self._behind.typing else []
        shown = [spelled(key) for key in usable or keys]
        return f"{shown[0]} – {shown[-1]}" if action.keyed else "  ".join(shown)

    def choose(self, pick: Pick) -> None:
        behind = self._behind
        self.dismiss()
        if not registry()[pick.id].keyed:
            self.console.call_next(behind.press, pick.id)
