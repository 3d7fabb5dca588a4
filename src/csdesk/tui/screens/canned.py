"""Picking a canned reply: by title, shortcut, pinyin or initials; what the case lacks is asked for."""

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual import on
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from csdesk.desk.queries import FillCanned, Filled, FoundCanned, SearchCanned
from csdesk.domain.cases.conversation import SLOT
from csdesk.domain.text import clean_line
from csdesk.tui import cells
from csdesk.tui.screens.entry import FieldLabel
from csdesk.tui.screens.lookup import Lookup, runs, spanned
from csdesk.tui.summary import Line
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick

MOST = 40


class SlotLine(Horizontal):
    """Asks for one value that the case does not have."""

    DEFAULT_CSS = "SlotLine { height: 1; display: none; } SlotLine LineField { width: 1fr; }"

    def ask(self, label: str) -> None:
        """Ask for this one."""
        self.query(FieldLabel).remove()
        self.mount(FieldLabel(label, cells.width(label) + 4), before=0)
        self.display = True
        field = self.query_one(LineField)
        field.value = ""
        self.screen.set_focus(field)  # `focus` would be behind the keys that wait for it


class CannedScreen(Lookup[Filled | None]):
    """Dismissed with the reply, every slot filled, or None."""

    context: ClassVar[str] = "canned"
    title_key: ClassVar[str] = "canned.title"
    hint_key: ClassVar[str] = "canned.hint"

    def __init__(self, case_id: str, text: str = "") -> None:
        super().__init__(text)
        self.case_id = case_id
        self._found: dict[str, FoundCanned] = {}
        self._filled: Filled | None = None
        self._values: dict[str, str] = {}
        self._missing: tuple[str, ...] = ()
        self._slot = SlotLine(LineField(id="slot"))

    def body(self) -> Iterable[Widget]:
        title, field, panes = super().body()
        yield from (title, field, self._slot, panes)

    async def find(self, text: str) -> list[Pick]:
        ask = SearchCanned(text, self.case_id, self.console.words.language, MOST)
        hits = await self.console.desk.ask(ask)
        self._found = {hit.id: hit for hit in hits}
        return [Pick(hit.id, self._line(hit), self._off(hit)) for hit in hits]

    def _off(self, hit: FoundCanned) -> str:
        """Why a reply cannot be used on this case."""
        words = self.console.words
        facts = words.between.join(words.code("guard", guard) for guard in hit.unmet)
        return words("canned.off", facts=facts) if facts else ""

    def _line(self, hit: FoundCanned) -> Line:
        title = cells.safe(hit.title)
        marked = {n for start, end in hit.spans for n in range(start, end)} if title == hit.title else set()
        how = "text" if hit.fits else "quiet"
        fits: Line = [("* ", "good")] if hit.fits else [("  ", "text")]
        return [
            *fits,
            (cells.fit(cells.safe(hit.shortcut), 8), "quiet"),
            *runs(title, marked, 0, how, "accent"),
        ]

    async def see(self, pick: Pick | None) -> None:
        self._filled = None
        if pick is not None:
            self._filled = await self.console.desk.ask(
                FillCanned(pick.id, self.case_id, language=self.console.words.language)
            )

    def words_of(self, width: int) -> list[Line]:
        filled, words = self._filled, self.console.words
        if filled is None:
            return []
        found = self._found.get(filled.id)
        text = self._text(filled)
        spans = [(match.start(), match.end()) for match in SLOT.finditer(text)]
        lines: list[Line] = [[(cells.safe(found.title if found else filled.id), "strong")]]
        if filled.articles:
            told = words("canned.cites", articles="、".join(cells.safe(one) for one in filled.articles))
            lines.append([(told, "quiet")])
        for guard in filled.guards:
            key, how = self._standing(filled, guard)
            told = words(key, fact=cells.safe(words.code("guard", guard)))
            lines += [[(line, how)] for line in cells.wrap(told, width)]
        if spans:
            lines.append([(f"! {words.count('canned.missing', len(filled.missing))}", "soon")])
        return [*lines, [], *spanned(text, spans, width, hit="soon")]

    def _standing(self, filled: Filled, guard: str) -> tuple[str, str]:
        """The sentence for a guard, and its colour: it holds, does not, or must be confirmed before sending."""
        if guard in filled.unmet:
            return "canned.against", "bad"
        return ("canned.guard", "soon") if guard in filled.unsure else ("canned.holds", "good")

    def _text(self, filled: Filled) -> str:
        """The reply with what has been entered so far."""
        return SLOT.sub(lambda match: self._values.get(match[1]) or match[0], filled.text)

    def choose(self, pick: Pick) -> None:
        if pick.off:
            self.console.say(pick.off, "bad")
        else:
            self.summon(partial(self._fill, pick.id))

    async def _fill(self, canned: str) -> bool:
        filled = await self.console.desk.ask(
            FillCanned(canned, self.case_id, language=self.console.words.language)
        )
        self._filled, self._values, self._missing = filled, {}, filled.missing
        self._ask_slot()
        return True

    def _ask_slot(self) -> None:
        """Ask for the next value; when there is none left the reply is whole."""
        filled = self._filled
        if filled is None:
            return
        left = [name for name in self._missing if name not in self._values]
        if not left:
            self.dismiss(Filled(filled.id, self._text(filled), (), filled.articles))
            return
        words = self.console.words
        done = len(self._missing) - len(left) + 1
        name = self._slot_label(left[0])
        self._slot.ask(words("canned.ask", name=name, n=done, all=len(self._missing)))
        self.pane.lay()

    def _slot_label(self, name: str) -> str:
        return cells.safe(self.console.words.code("slot", name))

    @on(Input.Changed, "#slot")
    def _slot_typed(self, event: Input.Changed) -> None:
        event.stop()

    @on(Input.Submitted, "#slot")
    def _slot_entered(self, event: Input.Submitted) -> None:
        event.stop()
        value = clean_line(event.value).text.strip()
        left = [name for name in self._missing if name not in self._values]
        if not value or SLOT.search(value):
            self.console.say(self.console.words("canned.empty"), "warn")
        elif left:
            self._values[left[0]] = value
            self._ask_slot()

    async def action_back(self) -> None:
        """From the values back to the list, from the list back to the case."""
        if self._slot.display:
            self._slot.display = False
            self._missing, self._values = (), {}
            self.query_one("#search").focus()
            self.pane.lay()
        else:
            self.dismiss(None)
