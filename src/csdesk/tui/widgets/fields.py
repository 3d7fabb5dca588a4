"""Text fields whose editing keys win over the keymap: one line, and many lines; no blink, no tint."""

from textual.widgets import Input, TextArea

# What a field needs for itself; every other key goes through the keymap. Ctrl+X parks, also in mid-sentence.
_MOVING = (
    "left", "right", "home", "end", "backspace", "delete", "ctrl+left", "ctrl+right", "shift+left",
    "shift+right", "shift+home", "shift+end", "ctrl+w", "ctrl+u", "ctrl+k", "ctrl+d", "ctrl+f", "ctrl+e",
    "ctrl+v", "ctrl+c",
)  # fmt: skip
_LINES = ("up", "down", "enter", "pageup", "pagedown", "shift+up", "shift+down", "ctrl+y")


class LineField(Input):
    """One line of text. Enter submits it."""

    editing_keys = frozenset((*_MOVING, "enter"))

    DEFAULT_CSS = """
    LineField { height: 1; border: none; padding: 0 1; background: $field; color: $text; }
    LineField:focus { border: none; background: $field; background-tint: transparent; }
    """

    def __init__(
        self, value: str = "", *, placeholder: str = "", password: bool = False, id: str | None = None
    ) -> None:
        super().__init__(value, placeholder=placeholder, password=password, id=id, select_on_focus=False)
        self.cursor_blink = False


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
