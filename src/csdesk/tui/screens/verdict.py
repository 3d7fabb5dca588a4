"""Why a verdict is what it is, and what it would be if: the explanation beside its facts, edited on the spot."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from textual.widget import Widget

from csdesk.desk.law.basis import basis
from csdesk.desk.queries import FoundArticle, ReplayRuling, ShowVerdict, VerdictView
from csdesk.domain.cases.findings import Establish
from csdesk.domain.entitlement.decision import BadFacts, Decision
from csdesk.domain.entitlement.fields import Shape
from csdesk.domain.entitlement.pack import Article
from csdesk.domain.value import dataclass
from csdesk.tui import cells, doors
from csdesk.tui.messages import Changed, VerbDone
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens import ruling
from csdesk.tui.screens.entering import Entered, FactForm, Value, can_enter
from csdesk.tui.screens.scene import folded
from csdesk.tui.summary import Line
from csdesk.tui.widgets.choice import Option
from csdesk.tui.widgets.groups import GroupList, heading
from csdesk.tui.widgets.page import Page
from csdesk.tui.widgets.picks import Pick

WIDE = 100
# The name of a fact gets at most so much of its line.
NAME, NAME_SMALL = 22, 16
# What a question knows beside its own facts: chosen by the desk, or of use to scripts alone.
_SILENT = frozenset({"id", "now", "currency", "country", "jurisdiction"})
_ARTICLE = "article:"


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision that was kept: its event, the line of goods, and how it is called."""

    seq: int
    line: int
    title: str


class VerdictHead(Page):
    """Verdict and what is supposed; they stay."""

    DEFAULT_CSS = "VerdictHead { height: auto; max-height: 4; }"


class VerdictPanes(Widget):
    """The facts, and beside or under them the explanation."""

    DEFAULT_CSS = """
    VerdictPanes { height: 1fr; layout: vertical; }
    VerdictPanes > GroupList { height: 40%; width: 1fr; }
    VerdictPanes > Page { height: 1fr; width: 1fr; }
    VerdictPanes.wide { layout: horizontal; }
    VerdictPanes.wide > GroupList { width: 45%; height: 1fr; }
    """


class VerdictScreen(ConsoleScreen[FoundArticle | None]):
    """Of a case, or of a decision that was kept with one: that one shows its facts as they were, for reading."""

    context: ClassVar[str] = "verdict"

    def __init__(self, case_id: str, kept: Kept | None = None) -> None:
        super().__init__()
        self.case_id = case_id
        self.kept = kept
        self.line = kept.line if kept else 0
        self.view: VerdictView | None = None
        self.supposed: dict[str, Value] = {}
        self._known: Mapping[str, object] = {}
        self.head = VerdictHead(self._head, on="raised")
        self.facts = GroupList()
        self.page = Page(self._page)

    def body(self) -> Iterable[Widget]:
        yield self.head
        yield VerdictPanes(self.facts, self.page)

    def on_mount(self) -> None:
        self._fit()
        self.console.call(self._judge(anew=True))

    def on_resize(self) -> None:
        self._fit()
        self._show()

    def _fit(self) -> None:
        self.query_one(VerdictPanes).set_class(self.size.width >= WIDE, "wide")

    # Asking

    async def _judge(self, *, anew: bool = False) -> None:
        """Ask what the law says on the facts as they are supposed now."""
        supposed = dict(self.supposed)
        told = tuple((name, "" if value is None else value) for name, value in supposed.items())
        if self.kept is not None:
            asked = self.console.desk.ask(ReplayRuling(self.case_id, self.kept.seq, self.kept.line))
        else:
            asked = self.console.desk.ask(ShowVerdict(self.case_id, self.line, told))
        view: VerdictView = await self.console.patient(asked)
        self.console.law_read = True
        if supposed != self.supposed:
            return  # something else was supposed since; its answer is on the way
        self.view = view
        if view.judged is not None and not supposed:
            self._known = dict(view.judged.facts)
        self._show(anew=anew)

    def _show(self, *, anew: bool = False) -> None:
        if self.view is None:
            return
        self.head.lay()
        self.facts.show(list(self._picks(self.view)))
        self.page.lay(anew=anew)
        self.repaint_hints()

    def on_changed(self, changed: Changed) -> None:
        if self.kept is None and (changed.everything or self.case_id in changed.cases):
            self.console.call(self._judge())

    def on_verb_done(self, message: VerbDone) -> None:
        if self.kept is None and message.done.case.id == self.case_id:
            self.console.call(self._judge())

    # What it says

    def _head(self, width: int) -> list[Line]:
        view, words = self.view, self.console.words
        if view is None or view.judged is None:
            return [[(words("verdict.no_question") if view else "", "quiet")]]
        decision = view.judged.decision
        told = (
            ruling.faulty(decision, words)
            if isinstance(decision, BadFacts)
            else ruling.verdict(decision, words)
        )
        where: Line = [(f"{view.number}  ", "quiet")]
        if len(view.lines) > 1:
            where.append((f"{words('verdict.line', line=view.judged.line)}/{len(view.lines)}  ", "accent"))
        return [*folded([*where, *told], width, 2)[:3], self._standing()]

    def _standing(self) -> Line:
        """Under the verdict: whose it is, or how much of it is only supposed."""
        words, key = self.console.words, self.console.keymap.shown
        if self.kept is not None:
            return [(self.kept.title, "mark")]
        if self.supposed:
            told = words.count("verdict.supposed", len(self.supposed), keep=key("send"), drop=key("drop"))
            return [("* ", "mark"), (told, "mark")]
        return [(words("verdict.how", edit=key("open", 1)), "quiet")]

    def _page(self, width: int) -> list[Line]:
        if self.view is None or self.view.judged is None:
            return []
        return ruling.explanation(self.view.judged, self.console.words, self.console.now(), width)

    def _picks(self, view: VerdictView) -> Iterator[Pick]:
        """The facts: missing ones first, then what is supposed, what is known, the articles, all other facts."""
        judged, words = view.judged, self.console.words
        if judged is None:
            return
        decision = judged.decision
        missing = decision.missing if isinstance(decision, Decision) else ()
        missing = tuple(name for name in missing if name not in self.supposed)
        known = [name for name in view.shapes if name in judged.facts and name not in self.supposed]
        known += [name for name in judged.facts if name not in view.shapes and name not in self.supposed]
        told = {*missing, *self.supposed, *known, *_SILENT}
        groups: list[tuple[str, Iterable[str]]] = [
            ("missing", missing),
            ("supposing", self.supposed),
            ("known", [name for name in known if name not in _SILENT]),
        ]
        for title, names in groups:
            yield from self._group(view, title, names)
        if isinstance(decision, Decision) and decision.articles:
            yield heading(words("verdict.articles"))
            for article in basis(decision):
                yield Pick(f"{_ARTICLE}{article.id}", self._article_line(article))
        if self.kept is None:
            yield from self._group(view, "others_known", [name for name in view.shapes if name not in told])

    def _group(self, view: VerdictView, title: str, names: Iterable[str]) -> Iterator[Pick]:
        picks = [Pick(name, self._fact_line(view, name)) for name in names]
        if picks:
            yield heading(self.console.words(f"verdict.group.{title}"))
            yield from picks

    def _fact_line(self, view: VerdictView, name: str) -> Line:
        """Sign, name, what it says, where it is from."""
        judged, words = view.judged, self.console.words
        assert judged is not None
        decision = judged.decision
        lacking = isinstance(decision, Decision) and name in decision.missing
        bad = isinstance(decision, BadFacts) and any(error.field == name for error in decision.errors)
        supposed = name in self.supposed
        value = self.supposed[name] if supposed else judged.facts.get(name)
        sign, how = (
            ("! ", "bad")
            if bad
            else ("* ", "mark")
            if supposed
            else ("? ", "soon")
            if lacking
            else ("  ", "text")
        )
        room = NAME if self.size.width >= WIDE or self.size.width < 60 else NAME + 6
        line: Line = [
            (sign, how),
            (cells.fit(words.code("term", cells.safe(name)), room), "text" if value is not None else "quiet"),
            (f" {cells.safe(words.fact(name, value))}", _says(how, value)),
        ]
        source = judged.sources.get(name)
        if supposed or (source is not None and value is not None and self.kept is None):
            told = words(f"verdict.from.{'instead' if supposed else source}")
            line.append((f"  {told}", "quiet"))
        return line

    def _article_line(self, article: Article) -> Line:
        told = self.console.words("verdict.in_force", day=article.effective_from)
        return [("  ", "text"), (self.console.words.cite(article.id), "text"), (f"  {told}", "quiet")]

    # Keys

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "send", "drop", "policy", "field_next", "page_down", "rulings", "back", "help")

    def off(self, action: str) -> str | None:
        words, view = self.console.words, self.view
        if action in ("send", "drop") and not self.supposed:
            return words("verdict.nothing_supposed")
        if action == "field_next" and (view is None or len(view.lines) < 2):
            return words("verdict.one_line")
        if action == "policy" and self._article() is None:
            return words("verdict.no_article")
        if action == "rulings" and self.kept is not None:
            return words("verdict.is_kept")
        return None

    def current_case(self) -> tuple[str, int] | None:
        return None

    def action_down(self) -> None:
        """To the next fact."""
        self.facts.move(1)

    def action_up(self) -> None:
        """To the fact above."""
        self.facts.move(-1)

    def action_top(self) -> None:
        """To the first fact."""
        self.facts.move(-len(self.facts.picks))

    def action_bottom(self) -> None:
        """To the last fact."""
        self.facts.move(len(self.facts.picks))

    def action_page_down(self) -> None:
        """The explanation one screen down."""
        self.page.page(1)

    def action_page_up(self) -> None:
        """The explanation one screen up."""
        self.page.page(-1)

    def action_field_next(self) -> None:
        """To the next line of goods."""
        self._turn(1)

    def action_field_prev(self) -> None:
        """To the line of goods before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        view = self.view
        if view is None or view.judged is None or len(view.lines) < 2:
            return
        if self.supposed:
            self.console.say(self.console.words("verdict.settle_first"), "warn")
            return
        lines = [line for line, _ in view.lines]
        self.line = lines[(lines.index(view.judged.line) + by) % len(lines)]
        self.console.call(self._judge(anew=True))

    def action_open(self) -> None:
        """Suppose something else of the fact under the cursor; look an article up."""
        pick, view = self.facts.picked, self.view
        if pick is None or view is None or not pick.id:
            return
        if pick.id.startswith(_ARTICLE):
            self.action_policy()
            return
        shape = view.shapes.get(pick.id)
        if self.kept is not None:
            self.console.say(self.console.words("verdict.is_kept"), "warn")
        elif shape is None or not can_enter(shape):
            self.console.say(self.console.words("verdict.not_entered"), "warn")
        elif shape.name == "flag":
            self._suppose(pick.id, _NEXT[_flag(self._now(pick.id))])
        else:
            self._enter(pick.id, shape)

    def _now(self, name: str) -> object:
        """What a fact says now: as supposed, else as known; None when it is not known."""
        return self.supposed[name] if name in self.supposed else self._known.get(name)

    def _enter(self, name: str, shape: Shape) -> None:
        words, value = self.console.words, self._now(name)
        options: list[Option] = []
        if shape.words:
            known = [Option(word, words.fact(name, word)) for word in shape.words]
            options = [Option("", words("fact.unknown")), *known]
            said = str(value or "")
        elif shape.name == "moment":
            said = "" if value is None else words.fact(name, value)
        else:
            said = "" if value is None else str(value)
        form = FactForm(name, shape, said, options)
        self.app.push_screen(form, lambda entered: self._entered(name, entered))

    def _entered(self, name: str, entered: Entered | None) -> None:
        if entered is not None:
            self._suppose(name, entered.value)

    def _suppose(self, name: str, value: Value) -> None:
        """See what would be if; what is so anyway is not supposed."""
        if value == self._known.get(name):
            self.supposed.pop(name, None)
        else:
            self.supposed[name] = value
        self.console.call(self._judge())

    def action_drop(self) -> None:
        """Suppose nothing any more."""
        self.supposed.clear()
        self.console.call(self._judge())

    def action_send(self) -> None:
        """Record what is supposed as found out."""
        if self.view is not None and self.view.judged is not None:
            self.console.call(self._record(self.view.judged.line))

    async def _record(self, line: int) -> None:
        said = {True: "true", False: "false", None: ""}
        facts = tuple(
            f"{name}={said[value] if value is None or isinstance(value, bool) else value}"
            for name, value in self.supposed.items()
        )
        before = dict(self.supposed)
        if await self.console.do(Establish(facts, line), self.case_id) is not None:
            self.supposed = {
                name: value for name, value in self.supposed.items() if before.get(name) != value
            }
            await self._judge()

    def action_rulings(self) -> None:
        """The decisions that were kept with what was done."""
        self.app.push_screen(doors.rulings(self.case_id), self._cited)

    def _article(self) -> Article | None:
        """The article under the cursor, else the weightiest."""
        judged = self.view.judged if self.view else None
        if judged is None or not isinstance(judged.decision, Decision):
            return None
        found, pick = basis(judged.decision), self.facts.picked
        wanted = pick.id.removeprefix(_ARTICLE) if pick and pick.id.startswith(_ARTICLE) else ""
        return next((article for article in found if article.id == wanted), found[0] if found else None)

    def action_policy(self) -> None:
        """Look up the article under the cursor, or the weightiest; taking it cites it in the reply."""
        if (article := self._article()) is not None:
            self.app.push_screen(doors.policy(self.case_id, citation(article)), self._cited)

    def _cited(self, article: FoundArticle | None) -> None:
        if article is not None:
            self.dismiss(article)


def citation(article: Article) -> str:
    """How the look-up finds an article: the law by its own name, and the number without its paragraph."""
    name = article.names.get("zh-Hans") or article.names["en"]
    number = re.match(r"\d+", article.no)
    return f"{name}第{number[0]}条" if number else name


# What a yes-or-no fact is supposed to be when one asks for another answer.
_NEXT: Mapping[bool | None, bool | None] = {None: True, True: False, False: None}


def _says(how: str, value: object) -> str:
    """The colour of what a fact says: what nobody asks for and nobody knows is faint."""
    return how if how != "text" else "faint" if value is None else "strong"


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
