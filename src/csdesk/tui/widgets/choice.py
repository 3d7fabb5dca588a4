"""One value out of a list: by its number, by typing letters, sounds or initials of it, or by the arrows."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from csdesk.domain.value import dataclass
from csdesk.tui import cells
from csdesk.tui.widgets.lines import Lines

# As many as have a number, so that the list never hides what a digit picks.
ROWS = 9


@dataclass(frozen=True, slots=True)
class Option:
    """A value and how it reads."""

    value: str
    label: str


class Choice(Lines, can_focus=True):
    """Closed: the chosen label. Open, while it has the keys: what was typed, and the options that fit."""

    editing_keys = frozenset({"backspace", "enter"})
    DEFAULT_CSS = "Choice { height: auto; background: $field; }"

    class Edited(Message):
        """Another value was chosen; `on`: and one goes on to the next field."""

        def __init__(self, choice: "Choice", on: bool) -> None:
            super().__init__()
            self.choice = choice
            self.on = on

    def __init__(self, options: Sequence[Option], value: str = "", *, empty: str = "") -> None:
        super().__init__()
        self.options = tuple(options)
        self.text = value
        self.typed = ""
        self.cursor = 0
        self.top = 0
        self._empty = empty
        self._fitting = self.options

    def offer(self, options: Sequence[Option], value: str) -> None:
        """Choose from another list."""
        self.options, self.text = tuple(options), value
        self._filter("")

    def label(self, value: str) -> str:
        """How a value reads."""
        return next((option.label for option in self.options if option.value == value), value)

    @property
    def settled(self) -> bool:
        """Whether the value is one of the options."""
        return any(option.value == self.text for option in self.options)

    def move(self, by: int) -> bool:
        """Move among the options; False when there is none further."""
        cursor = self.cursor + by
        if not 0 <= cursor < len(self._fitting):
            return False
        self._stand(cursor)
        return True

    def point(self, y: int) -> None:
        """Stand on the option in this line of the open list."""
        if y and self.top + y - 1 < len(self._fitting):
            self._stand(self.top + y - 1)

    def _stand(self, cursor: int) -> None:
        self.cursor = cursor
        self.top = min(max(self.top, cursor - ROWS + 1), cursor)
        self._take(on=False)
        self.refresh()

    def _take(self, *, on: bool) -> None:
        if self._fitting:
            value = self._fitting[self.cursor].value
            changed, self.text = value != self.text, value
            if changed or on:
                self.post_message(self.Edited(self, on))
        elif on:
            self.console.say(self.console.words("form.no_option", text=self.typed), "warn")

    def _filter(self, typed: str) -> None:
        self.typed, before = typed, len(self._fitting)
        self._fitting = self._fit(typed) if typed else self.options
        values = [option.value for option in self._fitting]
        self.cursor = values.index(self.text) if not typed and self.text in values else 0
        self.top = max(self.cursor - ROWS + 1, 0)
        if typed:
            self._take(on=False)
        self.refresh(layout=before != len(self._fitting))

    def _fit(self, typed: str) -> tuple[Option, ...]:
        from csdesk.search.fuzzy import Short, rank

        by_value = {option.value: option for option in self.options}
        hits = rank(
            typed, [Short.of(option.value, option.label) for option in self.options], len(self.options)
        )
        return tuple(by_value[hit.id] for hit in hits)

    def on_key(self, event: events.Key) -> None:
        """Typing looks for an option; a digit takes one at once."""
        from csdesk.tui.keymap import pressed

        sign = pressed(event.key, event.character)
        if event.key == "enter":
            self._take(on=True)
        elif event.key == "backspace":
            self._filter(self.typed[:-1])
        elif not self.typed and sign.isdecimal() and 0 < int(sign) <= min(len(self._fitting), ROWS):
            self.cursor = int(sign) - 1
            self._take(on=True)
        elif event.is_printable and event.character and event.character != " ":
            self._filter(self.typed + event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_focus(self) -> None:
        """Open."""
        self._filter("")
        self.refresh(layout=True)

    def on_blur(self) -> None:
        """Close."""
        self.typed, self._fitting = "", self.options
        self.refresh(layout=True)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return 1 + min(len(self._fitting), ROWS) if self.has_focus else 1

    def render_line(self, y: int) -> Strip:
        palette, width = self.console.palette, self.size.width
        if y == 0:
            shown = self.typed or cells.safe(self.label(self.text)) or self._empty
            how = "text" if self.typed or self.text else "faint"
            return cells.line(
                [(f" {shown}", palette.style(how, "field"))], width, palette.style("text", "field")
            )
        index = self.top + y - 1
        if index >= len(self._fitting):
            return Strip.blank(width, palette.style("text", "raised"))
        option, here = self._fitting[index], index == self.cursor
        on = "cursor" if here else "raised"
        digit = f"{index + 1} " if not self.typed and index < ROWS else "  "
        parts = [
            (">" if here else " ", palette.style("accent", on, bold=True)),
            (digit, palette.style("accent", on)),
            (cells.safe(option.label), palette.style("text", on)),
        ]
        return cells.line(parts, width, palette.style("text", on))
