"""Text fields whose editing keys win over the keymap: one line, and many lines; no blink, no tint."""

from textual import events
from textual.document._document_navigator import DocumentNavigator
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Input, TextArea

from csdesk.domain.text import clean, clean_line
from csdesk.tui import cells
from csdesk.tui.forgetting import forget_field
from csdesk.tui.widgets.folding import Folded

# What a field needs for itself; every other key goes through the keymap. Ctrl+X parks, also in mid-sentence.
_MOVING = (
    "left", "right", "home", "end", "backspace", "delete", "ctrl+left", "ctrl+right", "shift+left",
    "shift+right", "shift+home", "shift+end", "ctrl+w", "ctrl+u", "ctrl+k", "ctrl+d", "ctrl+f", "ctrl+e",
    "ctrl+v", "ctrl+c",
)  # fmt: skip
_LINES = ("up", "down", "enter", "pageup", "pagedown", "shift+up", "shift+down", "ctrl+y")


# As long as the longest text that any field takes; what is pasted beyond it is cut.
_PASTE_MAX = 5_000


def _gone(crop: Region) -> list[Strip]:
    """What is painted of a field that was taken away.

    Between a widget's end and the next layout the screen still has its place, and Textual has dropped its styles by
    then: a stock field painted in those milliseconds ends the program with a KeyError.
    """
    return [Strip.blank(crop.width)] * crop.height


class LineField(Input):
    """One line of text. Enter submits it."""

    editing_keys = frozenset((*_MOVING, "enter"))

    DEFAULT_CSS = """
    LineField { height: 1; border: none; padding: 0 1; background: $field; color: $text; }
    LineField:focus { border: none; background: $field; background-tint: transparent; }
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        whole: bool = False,
        id: str | None = None,
    ) -> None:
        """`whole`: who comes to it replaces what stands there."""
        super().__init__(value, placeholder=placeholder, password=password, id=id, select_on_focus=whole)
        self.cursor_blink = False

    def on_unmount(self) -> None:
        forget_field(self)

    def render_lines(self, crop: Region) -> list[Strip]:
        return super().render_lines(crop) if self.is_attached else _gone(crop)

    def index_at(self, x: int) -> int:
        """Before which sign a cell of this widget lies."""
        left = x - self.gutter.left + self.scroll_offset.x
        for n, sign in enumerate(self.value):
            left -= 1 if self.password else cells.width(sign)
            if left < 0:
                return n
        return len(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        # Stock fields take the first line alone and drop the rest without a word; they insert it after this.
        event.text = clean_line(event.text, limit=_PASTE_MAX).text


class TextField(TextArea):
    """Many lines of text. Tab leaves it."""

    editing_keys = frozenset((*_MOVING, *_LINES))

    DEFAULT_CSS = """
    TextField { border: none; padding: 0 1; background: $field; color: $text; }
    TextField:focus { border: none; background-tint: transparent; }
    """

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(text, id=id, soft_wrap=True, show_line_numbers=False, tab_behavior="focus")
        self.cursor_blink = False

    def _set_document(self, text: str, language: str | None) -> None:
        super()._set_document(text, language)
        self.wrapped_document = Folded(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._rewrap_and_refresh_virtual_size()

    def on_unmount(self) -> None:
        forget_field(self)

    def render_lines(self, crop: Region) -> list[Strip]:
        return super().render_lines(crop) if self.is_attached else _gone(crop)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()  # else it is told that nothing can be pasted here
        event.text = clean(event.text).text
