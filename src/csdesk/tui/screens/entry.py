"""One field of a form: its label, the editor that fits its shape, and beside it what is wrong with it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from rich.style import Style
from textual.containers import Horizontal
from textual.widget import Widget

from csdesk.desk.registry import Field
from csdesk.domain.cases.case import Disposition
from csdesk.tui import cells
from csdesk.tui.widgets.bars import Bar
from csdesk.tui.widgets.choice import Choice, Option
from csdesk.tui.widgets.fields import LineField, TextField
from csdesk.tui.widgets.grid import GridColumn, UnitGrid

if TYPE_CHECKING:
    from csdesk.desk.words import Words

Editor = LineField | TextField | Choice | UnitGrid
# Values a choice offers that the registry does not know as such.
FLAGS = ("true", "false")
PRIORITIES = ("0", "1", "2", "3")


def editor(field: Field, words: "Words", value: str, options: Iterable[Option] | None) -> Editor:
    """The editor for a field; `options` when it is one of a list that the caller knows."""
    if field.shape == "flag":
        options = [Option(code, words(f"form.{code}")) for code in FLAGS]
    elif field.choices and options is None:
        options = [
            Option(code, words.code(GROUPS.get(field.name, field.name), code)) for code in field.choices
        ]
    elif field.name == "priority":
        options = [Option(code, words(f"priority.{code}")) for code in PRIORITIES]
    if options is not None:
        return Choice(list(options), value, empty=words("form.choose"))
    if field.shape == "units":
        return UnitGrid((GridColumn("", ""),))
    if field.shape == "graded":
        return UnitGrid(
            [
                GridColumn(code, words.code("disposition", code), shares=code is not Disposition.MISSING)
                for code in Disposition
            ]
        )
    if field.shape == "long":
        return TextField(value)
    hint = f"form.hint.{field.name}"
    # A number that is likely is replaced by the first digit, not lengthened by it.
    whole = field.shape == "number"
    return LineField(value, placeholder=words(hint) if words.has(hint) else "", whole=whole)


# Under which name the catalogues word the values of a field, where it is not the field's own.
GROUPS = {"track_kind": "track", "to_stage": "track_stage", "how": "link", "state": "refund_state"}


def entered(widget: Editor) -> str:
    """What stands in an editor, as the registry of verbs reads it."""
    return widget.value if isinstance(widget, LineField) else widget.text


class FieldLabel(Bar):
    """What a field is called."""

    DEFAULT_CSS = "FieldLabel { width: auto; height: 1; }"

    def __init__(self, text: str, room: int) -> None:
        super().__init__()
        self._text = text
        self.styles.width = room

    def parts(self) -> list[tuple[str, Style]]:
        return [(f"  {self._text}", self.console.palette.style("quiet", "raised"))]


class Beside(Bar):
    """A line under a field, while there is something to say: what is wrong, or what the value means."""

    DEFAULT_CSS = "Beside { height: 1; display: none; }"

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room
        self.text = ""
        self._how = "quiet"

    def tell(self, text: str, how: str = "bad") -> None:
        """Say this; "" takes the line away."""
        if (text, how) != (self.text, self._how):
            self.text, self._how = text, how
            self.display = bool(text)
            self.refresh()

    def parts(self) -> list[tuple[str, Style]]:
        style = self.console.palette.style
        sign = "! " if self._how == "bad" else ""
        return [
            (" " * (self._room + 1), style("text", "raised")),
            (f"{sign}{cells.safe(self.text)}", style(self._how, "raised")),
        ]


class FieldRow(Widget):
    """A field of a form."""

    DEFAULT_CSS = """
    FieldRow { height: auto; layout: vertical; background: $raised; }
    FieldRow > Horizontal { height: auto; }
    FieldRow TextField { height: 4; width: 1fr; }
    FieldRow LineField { width: 1fr; }
    FieldRow UnitGrid { width: 1fr; }
    FieldRow Choice { width: 1fr; }
    """

    def __init__(self, field: Field, label: str, room: int, widget: Editor) -> None:
        super().__init__()
        self.field = field
        self.editor = widget
        self.beside = Beside(room)
        self._label = FieldLabel(label, room)
        # What stood in the field at first is no mistake of the one who opens it.
        self.touched = False

    def compose(self) -> Iterable[Widget]:
        yield Horizontal(self._label, self.editor)
        yield self.beside

    @property
    def text(self) -> str:
        """What is entered."""
        return entered(self.editor)

    def put(self, text: str) -> None:
        """Enter this."""
        widget = cast("LineField | TextField", self.editor)
        if isinstance(widget, LineField):
            widget.value = text
            widget.cursor_position = len(text)
        else:
            widget.load_text(text)
