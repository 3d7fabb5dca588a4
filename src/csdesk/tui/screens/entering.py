"""One fact, entered on the spot: a choice of its words, or a line that is read by its shape."""

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Input

from csdesk.domain.cases.context import Refused
from csdesk.domain.entitlement.fields import Shape
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.entry import Beside
from csdesk.tui.screens.overlay import Sheet, Title
from csdesk.tui.widgets.bars import Hints, StatusLine
from csdesk.tui.widgets.choice import Choice, Option
from csdesk.tui.widgets.fields import LineField

Value = str | int | bool | None
# 2026-11-09, 11-09, 11.9, 11月9日, each with a time or without.
_WHEN = re.compile(
    r"(?:(\d{4})\s*[-/.年]\s*)?(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]+(\d{1,2})[:：](\d{2}))?"
)
# Nobody types these; they come from other systems as they are.
CLOSED = ("record", "list")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered; None: it is not known."""

    value: Value


def can_enter(shape: Shape) -> bool:
    """Whether a person can enter a fact of this shape."""
    return shape.name not in CLOSED or bool(shape.words)


def read(name: str, shape: Shape, text: str, zone: tzinfo, now: int) -> Value:
    """The value that a text says; Refused `bad_fact` when it is none of this shape. Money and rates stay text."""
    said = clean_line(text, limit=_LONGEST).text.strip()
    if not said:
        return None
    if shape.name == "count":
        if not said.isdecimal():
            raise Refused("bad_fact", name=name, why="not_a_count")
        return int(said)
    if shape.name == "money":
        return said.lstrip("¥￥").replace(",", "").replace("，", "").removesuffix("元").strip()
    return moment(name, said, zone, now) if shape.name == "moment" else said


def moment(name: str, said: str, zone: tzinfo, now: int) -> str:
    """A day or an instant as ISO; without a year the last one that this day had, seen from `now`."""
    found = _WHEN.fullmatch(said)
    today = datetime.fromtimestamp(now / 1000, zone)
    try:
        if found is None:
            raise ValueError(said)
        year, month, day, hour, minute = (int(part) if part else None for part in found.groups())
        at = datetime(year or today.year, month or 0, day or 0, hour or 0, minute or 0, tzinfo=zone)
        if year is None and at > today:
            at = at.replace(year=today.year - 1)
    except ValueError:
        raise Refused("bad_moment", said=said[:40]) from None
    return at.date().isoformat() if hour is None else at.isoformat(timespec="minutes")


class FactForm(ConsoleScreen[Entered | None], ModalScreen[Entered | None], inherit_bindings=False):
    """Dismissed with what was entered; None when it was left. `value` is what the fact says now, in words."""

    context: ClassVar[str] = "form"
    BLANK = False  # the verdict stays in sight
    AUTO_FOCUS = "Choice, LineField"

    def __init__(self, name: str, shape: Shape, value: str, options: Sequence[Option] = ()) -> None:
        super().__init__()
        self.name_ = name
        self.shape = shape
        self._value = value
        self._options = options
        self.beside = Beside(1)
        self.styles.background = "transparent"

    def compose(self) -> ComposeResult:
        words = self.console.words
        if self._options:
            field: Choice | LineField = Choice(self._options, self._value, empty=words("form.choose"))
        else:
            hint = f"verdict.hint.{self.shape.name}"
            field = LineField(self._value, placeholder=words(hint) if words.has(hint) else "")
        title = words("verdict.suppose", fact=words.code("term", self.name_))
        yield Sheet(Title(title), field, self.beside, StatusLine(), Hints())

    def footer_actions(self) -> tuple[str, ...]:
        return ("send", "back", "help")

    def off(self, action: str) -> str | None:
        return self.console.words("form.no_article") if action == "policy" else None

    def action_down(self) -> None:
        """To the next option."""
        self._step(1)

    def action_up(self) -> None:
        """To the option above."""
        self._step(-1)

    def _step(self, by: int) -> None:
        if isinstance(self.focused, Choice):
            self.focused.move(by)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_send()

    @on(Choice.Edited)
    def _chosen(self, event: Choice.Edited) -> None:
        if event.on:
            self.action_send()

    def action_send(self) -> None:
        """Suppose this."""
        if self._options:
            self.dismiss(Entered(self.query_one(Choice).text or None))
            return
        console = self.console
        try:
            text = self.query_one(LineField).value
            self.dismiss(Entered(read(self.name_, self.shape, text, console.words.zone, console.now())))
        except Refused as refused:
            self.beside.tell(console.refusal(refused))
