"""The form of a verb: what it asks for, filled with what is likely; below, what it will do; F9 does it."""

import os
from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from csdesk.desk.queries import CaseView, FoundArticle, ShowArticle, ShowCase, ShowOrder
from csdesk.desk.registry import Field, command, form, shown
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.command import VERBS, Command, Undo
from csdesk.domain.cases.context import Context, Delegation, Order, Refused
from csdesk.domain.cases.events import Graded
from csdesk.domain.cases.kinds import MACHINES, Decided, run
from csdesk.domain.cases.opening import CHANNELS
from csdesk.tui import cells, doors
from csdesk.tui.messages import Changed
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens.choices import LEADING, following, means, of_case, shown_beside
from csdesk.tui.screens.entry import GROUPS, FieldRow, editor
from csdesk.tui.screens.outcome import outcome, where
from csdesk.tui.screens.overlay import Sheet, Title
from csdesk.tui.summary import Line
from csdesk.tui.widgets.bars import Hints, StatusLine
from csdesk.tui.widgets.choice import Choice, Option
from csdesk.tui.widgets.grid import Cell, GridRow, UnitGrid
from csdesk.tui.widgets.page import Page

# More units than any order has: asked for on purpose, so that the rules name what they allow.
TOO_MANY = 1_000_000
# With one value that means anything, a field only costs time.
_SETTLED = {("escalate", "reason"), ("reopen", "reason"), ("split", "reason")}


class Fields(Widget):
    """The fields; those that do not fit scroll with the focus."""

    DEFAULT_CSS = """
    Fields {
        height: auto; max-height: 70vh; layout: vertical; background: $raised;
        overflow-y: auto; scrollbar-size: 0 0;
    }
    """


class Form(ConsoleScreen[bool], ModalScreen[bool], inherit_bindings=False):
    """A verb on a case, or (`case` None) the one that opens one. Dismissed with whether it was done."""

    context: ClassVar[str] = "form"
    BLANK = False  # what is behind shows
    AUTO_FOCUS = "Choice, UnitGrid, LineField, TextField"
    DEFAULT_CSS = """
    Form Page { height: auto; max-height: 12; }
    """

    def __init__(self, verb: str, case: Case | None, order: Order | None) -> None:
        super().__init__()
        self.verb = verb
        self.case = case
        self.order = order
        self.rows: dict[str, FieldRow] = {}
        self.told = Page(self._told, on="raised")
        self.judged: Decided | Refused = Refused("no_units")
        self.delegations: tuple[Delegation, ...] = ()
        self._request = os.urandom(16).hex()
        self._tried = False
        self._sending = False
        # Over the app's own style sheet: the case stays in sight above the form.
        self.styles.background = "transparent"

    # The fields

    def title_text(self) -> str:
        """What the form is."""
        return self.console.words.code("verb", self.verb)

    def fields(self) -> Iterable[Field]:
        """What is asked for, in this order."""
        return form(self.verb)

    def likely(self) -> Mapping[str, str]:
        """What each field most likely holds."""
        if self.case is None:
            return {}
        found = {"channel": self.case.channel, **VERBS[self.verb].suggest(self.case)}
        return {name: shown(value) for name, value in found.items()}

    def options(self, field: Field, likely: str) -> list[Option] | None:
        """The values to choose from, when the field is one of a list."""
        words = self.console.words
        if self.case is not None:
            known = of_case(field.name, self.verb, self.case, self.order, words, self.console.names)
            if known is not None:
                return known
        if field.name == "channel":
            return [Option(code, words.code("channel", code)) for code in CHANNELS]
        if field.name == "kind":
            return [Option(kind.value, words.code("kind", kind)) for kind in Kind if self._serves(kind)]
        if field.name == "reason" and "kind" in self.rows:
            return self._reasons(likely)
        return None

    def _serves(self, kind: Kind) -> bool:
        if kind is Kind.INCIDENT:  # of no order, and nothing turns into one
            return self.case is None and self.order is None
        return kind in MACHINES and (self.case is None or kind is not self.case.kind)

    def _reasons(self, _likely: str) -> list[Option]:
        kind = self.rows["kind"].text
        reasons = MACHINES[Kind(kind)].reasons if kind else ()
        return [Option(code, self.console.words.code("reason", code)) for code in reasons]

    def asks(self, field: Field) -> bool:
        """Whether the field means anything here."""
        case = self.case
        if field.asked or (self.verb, field.name) in _SETTLED:
            return False
        if case is not None and field.name in ("exchange_sku", "difference_minor", "even"):
            return case.kind is Kind.EXCHANGE
        if case is not None and self.verb == "approve" and field.name == "address":
            return not (case.return_address or (self.order is not None and self.order.return_address))
        if case is not None and not means(field.name, self.verb, case):
            return False
        return not (case is not None and field.name == "drop") or bool(case.tags)

    def compose(self) -> ComposeResult:
        words, likely = self.console.words, self.likely()
        asked = [field for field in self.fields() if self.asks(field)]
        room = max((cells.width(words.code("field", field.name)) for field in asked), default=0) + 4
        for field in asked:
            value = likely.get(field.name, shown(field.default))
            options = self.options(field, value)
            if field.required and options is not None and len(options) == 1:
                value = options[0].value
            widget = editor(field, words, value, options)
            self.rows[field.name] = FieldRow(field, words.code("field", field.name), room, widget)
        yield Sheet(Title(self.title_text()), Fields(*self.rows.values()), self.told, StatusLine(), Hints())

    def on_mount(self) -> None:
        for name, text in self.console.unsent.get(self.place, {}).items():
            if name in self.rows:
                self.rows[name].put(text)
        self._fill_grids()
        self._fit()
        self.rejudge()

    @property
    def place(self) -> tuple[str, str]:
        """What an unsent text belongs to."""
        return (self.case.id if self.case else self.order.id if self.order else "", self.verb)

    async def keep(self) -> None:
        """What one wrote in sentences waits for the form to be opened again."""
        written = {
            name: row.text
            for name, row in self.rows.items()
            if row.field.shape == "long" and row.text.strip()
        }
        if written:
            self.console.unsent[self.place] = written
        else:
            self.console.unsent.pop(self.place, None)

    # Quantities

    def _grids(self) -> Iterable[tuple[str, UnitGrid]]:
        for name, row in self.rows.items():
            if isinstance(row.editor, UnitGrid):
                yield name, row.editor

    def _fill_grids(self) -> None:
        for name, grid in self._grids():
            grid.fill(self._lines(), self._quantities(name))
            grid.limit(self._most(name, grid))
            if self.rows[name].field.shape == "graded":
                grid.grade_by(self.console.rules.policy.operations.grades)

    def _lines(self) -> list[GridRow]:
        """The lines to count units of: the case's, or the order's while the case has none."""
        if self.case is not None and self.case.lines:
            return [GridRow(line.line, line.title) for line in self.case.lines]
        return [GridRow(line.line, line.title) for line in self.order.lines] if self.order else []

    def _quantities(self, name: str) -> dict[Cell, int]:
        found = VERBS[self.verb].suggest(self.case).get(name, ()) if self.case else ()
        return {(unit.line, unit.disposition if isinstance(unit, Graded) else ""): unit.qty for unit in found}

    def _most(self, name: str, grid: UnitGrid) -> dict[Cell, int]:
        """What the rules themselves say is the most, asked by asking for too many."""
        most: dict[Cell, int] = {}
        known = self._known_most(name)
        for row in grid.rows:
            for column in grid.columns:
                cell = (row.line, column.code)
                told = self._refused_most(name, *cell)
                if told is None:
                    told = known.get(cell)
                if told is not None:
                    most[cell] = told
        return most

    def _known_most(self, name: str) -> dict[Cell, int]:
        """What one knows while the rules refuse something else first: what is likely, or what was bought."""
        if self.case is not None and self.case.lines:
            return self._quantities(name)
        return {(line.line, ""): line.qty for line in self.order.lines} if self.order else {}

    def _refused_most(self, name: str, line: int, code: str) -> int | None:
        values = {n: row.text for n, row in self.rows.items() if n != name and row.text}
        values[name] = f"{line}x{TOO_MANY}" + (f":{code}" if code else "")
        try:
            run(self.case, command(self.verb, {**self.fixed(), **values}), self._setting())
        except Refused as refused:
            most = refused.detail.get("most")
            return most if isinstance(most, int) and refused.detail.get("line") == line else None
        return None

    # What it would do

    def fixed(self) -> dict[str, str]:
        """What is entered without being asked."""
        return {}

    def _setting(self) -> Context:
        console = self.console
        rules = console.rules
        return Context(
            console.now(),
            console.desk.me,
            self._request,
            self.order,
            rules.policy,
            console.words.zone,
            times=rules.times,
            delegations=self.delegations,
        )

    def command(self) -> Command:
        """The command as it is entered now; raises Refused."""
        values = {name: row.text for name, row in self.rows.items() if row.text.strip() and row.display}
        likely = self.likely()
        for name, grid in self._grids():
            # No units means all of them to the verb, and none to the person who took them all away.
            if name in likely and likely[name] and not grid.text:
                raise Refused("no_units")
        for name, row in self.rows.items():
            # What need not be chosen the verb decides by itself, or says that it cannot.
            asked = row.display and (row.field.required or row.text)
            if asked and isinstance(row.editor, Choice) and not row.editor.settled:
                raise Refused("field_missing", verb=self.verb, field=name)
        return command(self.verb, {**self.fixed(), **values})

    def rejudge(self) -> None:
        """Decide on what is entered now, and show what would come of it."""
        try:
            self.judged = run(self.case, self.command(), self._setting())
        except Refused as refused:
            self.judged = self._missed(refused)
        self._tell_fields()
        self.told.lay()

    def _missed(self, refused: Refused) -> Refused:
        """A refusal about a list from which nothing was chosen says just that."""
        name = where(refused.code, dict(refused.detail), list(self.rows))
        row = self.rows.get(name)
        nothing = row is not None and isinstance(row.editor, Choice) and not row.text
        return Refused("field_missing", verb=self.verb, field=name) if nothing else refused

    def _tell_fields(self) -> None:
        about = self._about()
        for name, row in self.rows.items():
            wrong = isinstance(self.judged, Refused) and name == about and (row.touched or self._tried)
            if wrong and isinstance(self.judged, Refused):
                row.beside.tell(self.console.refusal(self.judged))
            elif row.beside.text and name != "article":
                row.beside.tell("")

    def _about(self) -> str:
        """The field that the refusal is about; "" when there is none."""
        judged = self.judged
        return where(judged.code, dict(judged.detail), list(self.rows)) if isinstance(judged, Refused) else ""

    def _told(self, width: int) -> list[Line]:
        words, judged, spec = self.console.words, self.judged, VERBS[self.verb].verb
        if isinstance(judged, Refused):
            row = self.rows.get(self._about())
            if row is not None and row.beside.text:
                return [[]]
            how = "bad" if self._tried else "quiet"
            return [
                [],
                *(
                    [("  ", "text"), (line, how)]
                    for line in cells.wrap(self.console.refusal(judged), width - 2)
                ),
            ]
        lines: list[Line] = [
            [],
            *outcome(judged, self.case, words, self.console.now(), self.console.name_of, width),
        ]
        if spec.undo is Undo.NONE and spec.name != "open":
            lines.append([("! ", "soon"), (words("form.no_undo", why=words.code("why", spec.why)), "soon")])
        return lines

    # Keys

    def footer_actions(self) -> tuple[str, ...]:
        return ("send", "field_next", "policy", "back", "help")

    def off(self, action: str) -> str | None:
        if action == "policy" and "article" not in self.rows:
            return self.console.words("form.no_article")
        return None

    def current_case(self) -> tuple[str, int] | None:
        return (self.case.id, self.case.version) if self.case else None

    def action_down(self) -> None:
        """To the next option, line or field."""
        self._step(1)

    def action_up(self) -> None:
        """To the option, line or field above."""
        self._step(-1)

    def _step(self, by: int) -> None:
        front = self.focused
        if isinstance(front, Choice | UnitGrid) and front.move(by):
            return
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def _next(self) -> None:
        """To the next field; from the last one a verb that asks for no confirmation is carried out."""
        last = [row for row in self.rows.values() if row.display][-1].editor
        if self.focused is not last:
            self.focus_next()
        elif VERBS[self.verb].verb.confirm or VERBS[self.verb].verb.undo is Undo.NONE:
            self.console.say(self.console.words("form.press_send", press=self.console.keymap.shown("send")))
        else:
            self.action_send()

    def action_policy(self) -> None:
        """Look up the article it rests on."""
        self.app.push_screen(doors.policy(self.case.id if self.case else ""), self._cite)

    def _cite(self, article: FoundArticle | None) -> None:
        if article is not None:
            self.rows["article"].put(article.id)

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _typed(self, event: Input.Changed | TextArea.Changed) -> None:
        event.stop()
        self._edited(event.control)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._next()

    @on(Choice.Edited)
    def _chosen(self, event: Choice.Edited) -> None:
        self._edited(event.choice)
        if event.on:
            self._next()

    @on(UnitGrid.Edited)
    def _counted(self, event: UnitGrid.Edited) -> None:
        self._edited(event.grid)
        if event.on:
            self._next()

    def _edited(self, widget: Widget | None) -> None:
        row = next((row for row in self.rows.values() if row.editor is widget), None)
        if row is None:
            return
        row.touched = row.touched or widget is self.focused
        if row.field.name == "kind":
            self._kind_changed()
        if row.field.name in LEADING:
            self._fit()
        if row.field.name == "article":
            self.console.call(self._name_article(row))
        if row.field.name == "order" and self.verb == "link_order":
            self.console.call(self._find_order(row.text))
        self.rejudge()

    def _fit(self) -> None:
        """Fields that mean something only beside what stands in another, and lists that follow it."""
        if self.case is None:
            return
        entered = {name: row.text for name, row in self.rows.items()}
        for name, row in self.rows.items():
            row.display = shown_beside(name, self.verb, entered)
            follows = following(name, self.verb, self.case, entered)
            if follows is not None and isinstance(row.editor, Choice):
                group = GROUPS.get(name, name)
                told = [Option(code, self.console.words.code(group, code)) for code in follows]
                if tuple(told) != row.editor.options:
                    row.editor.offer(told, row.text if row.text in follows else "")

    def _kind_changed(self) -> None:
        row = self.rows.get("reason")
        if row is not None and isinstance(row.editor, Choice):
            options = self._reasons("")
            inquiry = self.rows["kind"].text == Kind.INQUIRY
            row.editor.offer(options, options[0].value if inquiry and options else "")
        for name, grid in self._grids():
            grid.limit(self._most(name, grid))

    async def _name_article(self, row: FieldRow) -> None:
        article, found = row.text.strip(), None
        try:
            if article:
                found = await self.console.desk.ask(ShowArticle(article, self.console.words.language))
        except Refused:
            found = None  # not yet, or not, an article of the desk: the verb only wants one named
        if row.text.strip() == article:
            row.beside.tell(f"{found.law} {found.article_no}" if found else "", "quiet")

    async def _find_order(self, number: str) -> None:
        found = None
        try:
            if number.strip():
                found = await self.console.desk.ask(ShowOrder(number))
        except Refused:
            found = None  # while one still types; sending says that there is none
        if self.rows["order"].text == number:
            self.order = found.order if found else None
            self._fill_grids()
            self.rejudge()

    # Doing it

    def action_send(self) -> None:
        """Do it."""
        console = self.console
        if self._sending:
            return
        self._tried = True
        self.rejudge()
        if isinstance(self.judged, Refused):
            console.say(console.refusal(self.judged), "bad")
            if row := self.rows.get(self._about()):
                row.editor.focus()
            return
        if VERBS[self.verb].verb.undo is Undo.NONE and self.pressed_at < self.told.painted_at:
            console.say(console.words("status.too_early"), "warn")
            return
        self._sending = True
        console.call(self._send(self.command()))

    async def _send(self, asked: Command) -> None:
        case = self.case
        try:
            done = await self.console.do(asked, case.id if case else "", case.version if case else None)
        finally:
            self._sending = False
        if done is None:
            await self.renew()
        else:
            self.console.unsent.pop(self.place, None)
            self.done(done.case.id)

    def done(self, case: str) -> None:
        """It was carried out on this case."""
        self.dismiss(True)

    async def renew(self) -> None:
        """Look at the case again, and decide anew on what it is now."""

    def on_changed(self, changed: Changed) -> None:
        if self.case is not None and self.case.id in changed.cases and not self._sending:
            self.console.call(self.renew())


class VerbForm(Form):
    """A verb on the case of `view`."""

    def __init__(self, view: CaseView, verb: str) -> None:
        super().__init__(verb, view.case, view.order)
        self.view = view
        self.delegations = view.delegations

    def title_text(self) -> str:
        return f"{super().title_text()}  {self.view.number}"

    async def renew(self) -> None:
        before = self.view.case.version
        self.view = await self.console.desk.ask(ShowCase(self.view.case.id, timeline=False))
        self.delegations = self.view.delegations
        if self.view.case.version != before:
            self.case, self.order = self.view.case, self.view.order
            for name, grid in self._grids():
                grid.limit(self._most(name, grid))
            self.rejudge()
