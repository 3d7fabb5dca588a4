"""The macros that somebody can use: one to carry out, to delete, or to make everybody's."""

from collections.abc import Sequence
from typing import Any, ClassVar

from csdesk.desk.desk import Ask
from csdesk.desk.macro_queries import DropMacro, Macros, MacroView, ShareMacro
from csdesk.domain.roles import Right, may
from csdesk.tui import cells
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.picks import Pick


class MacroScreen(Overlay[str | None]):
    """Dismissed with the name of the one to carry out, None when it was left. The first nine go by their number."""

    context: ClassVar[str] = "menu"

    def __init__(self, macros: Sequence[MacroView], cases: int) -> None:
        super().__init__()
        self._macros = list(macros)
        self._cases = cases

    def sheet_title(self) -> str:
        words = self.console.words
        return words("macro.which", n=self._cases) if self._cases else words("macro.title")

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        at = self.picks.cursor
        self.picks.show([self._line(n, one) for n, one in enumerate(self._macros, 1)])
        self.picks.move(min(at, len(self._macros) - 1))
        self.repaint_hints()

    def _line(self, n: int, macro: MacroView) -> Pick:
        words = self.console.words
        steps = " → ".join(words.code("verb", step.verb) for step in macro.steps)
        whose = words("macro.shared" if macro.shared else "macro.mine")
        return Pick(
            macro.name,
            [
                (f"{n} " if n < 10 else "  ", "accent"),
                (f"{cells.safe(macro.name)}  ", "strong"),
                (f"{whose}  ", "quiet"),
                (steps, "text"),
            ],
        )

    def _under(self) -> MacroView | None:
        return self._macros[self.picks.cursor] if self._macros else None

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "drop", "share", "down", "up", "back")

    def off(self, action: str) -> str | None:
        """Why the macro under the cursor cannot be deleted or shared."""
        words, macro = self.console.words, self._under()
        if action not in ("drop", "share"):
            return None
        if macro is None:
            return words("macro.none")
        ours = may(self.console.desk.me.role, Right.ASSIGN)
        if (action == "share" or macro.shared) and not ours:
            return words("macro.not_yours")
        return words("macro.is_shared") if action == "share" and macro.shared else None

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)

    async def action_back(self) -> None:
        """None of them."""
        self.dismiss(None)

    def action_nth(self, key: str) -> None:
        """The one with this number."""
        if key.isdecimal() and 0 < int(key) <= min(len(self._macros), 9):
            self.dismiss(self._macros[int(key) - 1].name)

    def action_drop(self) -> None:
        """Delete the macro under the cursor, after a question."""
        if macro := self._under():
            asked = "macro.drop_shared" if macro.shared else "macro.drop_ask"
            self.console.call(
                self._do(DropMacro(macro.name, macro.shared), macro, asked, "cli.macro_deleted")
            )

    def action_share(self) -> None:
        """Make the macro under the cursor everybody's, after a question."""
        if macro := self._under():
            self.console.call(self._do(ShareMacro(macro.name), macro, "macro.share_ask", "macro.shared_now"))

    async def _do(self, errand: Ask[Any], macro: MacroView, asked: str, told: str) -> None:
        console, name = self.console, cells.safe(macro.name)
        if not await self.app.push_screen_wait(ConfirmScreen(console.words(asked, name=name))):
            return
        await console.desk.ask(errand)
        self._macros = await console.desk.ask(Macros())
        console.say(console.words(told, name=name), "good")
        self._show()
