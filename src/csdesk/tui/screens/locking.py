"""The locked screen: nothing of the desk on it; a PIN opens it, or Enter where whoever works here has none."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.strip import Strip
from textual.widgets import Input

from csdesk.desk.look_queries import HasPin, TryPin
from csdesk.store.errors import StoreError
from csdesk.tui import cells
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.lines import Lines


class PinField(LineField):
    """A PIN: no sign of it is shown, none is copied."""

    editing_keys = LineField.editing_keys - {"ctrl+c"}

    def __init__(self) -> None:
        super().__init__(password=True)


class LockLines(Lines):
    """What the locked screen says: that it is locked, how it opens, and what came of the last try."""

    DEFAULT_CSS = "LockLines { height: 6; }"

    def __init__(self) -> None:
        super().__init__()
        self.told: tuple[str, ...] = ()

    def tell(self, *told: str) -> None:
        """Say this."""
        self.told = told
        self.refresh()

    def render_line(self, y: int) -> Strip:
        palette, width = self.console.palette, self.size.width
        lines = [line for told in self.told for line in cells.wrap(told, max(width - 4, 2))]
        text = lines[y - 1] if 0 < y <= len(lines) else ""
        how = palette.style("strong" if y == 1 else "text", "ground", bold=y == 1)
        return cells.line([(f"  {text}", how)], width, palette.style("text", "ground"))


class LockScreen(ConsoleScreen[None]):
    """Over everything until it is opened; dismissed then."""

    anew: ClassVar[bool] = False
    context: ClassVar[str] = "lock"
    AUTO_FOCUS = "PinField"

    def __init__(self) -> None:
        super().__init__()
        self.lines = LockLines()
        # None until the desk has said whether there is one.
        self.pin: bool | None = None
        self._trying = False

    def compose(self) -> ComposeResult:
        yield from self.body()

    def body(self) -> Iterable[Lines]:
        yield self.lines

    def on_mount(self) -> None:
        self._tell("")
        self.console.call(self._learn())

    def _tell(self, news: str) -> None:
        words, now = self.console.words, self.console.now()
        at = datetime.fromtimestamp(now / 1000, words.zone).strftime("%H:%M")
        how = {None: "lock.wait", True: "lock.pin", False: "lock.privacy"}[self.pin]
        self.lines.tell(words("lock.title", at=at), words(how), *([news] if news else []))

    async def _learn(self) -> None:
        """Whether a PIN opens it. What hinders is said here: there is no other line."""
        try:
            self.pin = await self.console.desk.ask(HasPin())
        except StoreError as error:
            self._tell(self.console.explain(error) or "")
            return
        self._tell("")
        if self.pin:
            field = PinField()
            await self.mount(field)
            field.focus()

    def on_screen_suspend(self) -> None:
        """What was on its way when it was locked comes up over it: it is left before anybody sees it."""
        self.call_later(self._stay)

    def _stay(self) -> None:
        front = self.app.screen
        if front is not self and self in self.app.screen_stack:
            front.dismiss(None)

    def action_open(self) -> None:
        """Open it, where that takes no PIN."""
        if self.pin is None:
            self.console.call(self._learn())
        elif not self.pin:
            self._open()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        pin, event.input.value = event.value, ""
        if pin and not self._trying:
            self._trying = True
            self.console.call(self._try(pin))

    async def _try(self, pin: str) -> None:
        words = self.console.words
        try:
            tried = await self.console.desk.ask(TryPin(pin))
        except StoreError as error:
            self._tell(self.console.explain(error) or "")
            return
        finally:
            self._trying = False
        if tried.right:
            self._open()
        elif tried.until:
            until = datetime.fromtimestamp(tried.until / 1000, words.zone).strftime("%H:%M:%S")
            self._tell(words("lock.shut", until=until))
        else:
            self._tell(words("lock.wrong", n=tried.left))

    def _open(self) -> None:
        self.console.privacy.opened()
        self.dismiss(None)

    async def action_back(self) -> None:
        """There is no other way out."""

    def action_help(self) -> None:
        """All there is to know stands on it."""

    async def action_quit(self) -> None:
        """A PIN that could be gone round by leaving would be none; the line itself can always be dropped."""
        if self.pin is False:
            await self.console.action_quit()
            self._tell(self.console.words("status.quit_again"))
        else:
            self._tell(self.console.words("lock.no_quit"))
