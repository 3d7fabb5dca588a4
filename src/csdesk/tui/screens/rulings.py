"""Why a case was decided and paid as it was: the decisions kept with its verbs, each decided again to be read."""

from collections.abc import Iterable
from typing import ClassVar

from textual.timer import Timer
from textual.widget import Widget

from csdesk.desk.queries import FoundArticle, KeptRuling, ReplayRuling, ShowRulings, VerdictView
from csdesk.domain.cases.rulings import Ruling
from csdesk.tui import cells, doors
from csdesk.tui.screen import ConsoleScreen
from csdesk.tui.screens import ruling
from csdesk.tui.screens.overlay import Title
from csdesk.tui.screens.verdict import NAME, WIDE, Kept, VerdictPanes
from csdesk.tui.summary import Line, actor
from csdesk.tui.widgets.groups import GroupList
from csdesk.tui.widgets.page import Page
from csdesk.tui.widgets.picks import Pick

# The cursor rests: a held arrow key asks for nothing.
REST_SECONDS = 0.1


class RulingsScreen(ConsoleScreen[FoundArticle | None]):
    """The newest first. Dismissed with an article to cite in the reply, or None."""

    context: ClassVar[str] = "verdict"

    def __init__(self, case_id: str) -> None:
        super().__init__()
        self.case_id = case_id
        self.kept: dict[str, tuple[KeptRuling, Ruling]] = {}
        self.list = GroupList()
        self.page = Page(self._page)
        self._seen: tuple[KeptRuling, Ruling, VerdictView] | None = None
        self._rest: Timer | None = None

    def body(self) -> Iterable[Widget]:
        yield Title(self.console.words("rulings.title"))
        yield VerdictPanes(self.list, self.page)

    def on_mount(self) -> None:
        self._fit()
        self.console.call(self._fill())

    def on_resize(self) -> None:
        self._fit()
        self.page.lay()

    def _fit(self) -> None:
        self.query_one(VerdictPanes).set_class(self.size.width >= WIDE, "wide")

    async def _fill(self) -> None:
        found = await self.console.patient(self.console.desk.ask(ShowRulings(self.case_id)))
        self.kept = {
            f"{kept.seq}/{one.line}": (kept, one) for kept in reversed(found) for one in kept.rulings
        }
        self.list.show([Pick(id_, self._line(*told)) for id_, told in self.kept.items()])
        if not self.kept:
            self.console.say(self.console.words("verdict.never_ruled"), "warn")
        await self._see()

    def _line(self, kept: KeptRuling, one: Ruling) -> Line:
        """When, which verb by whom, and what the law said then."""
        words = self.console.words
        line: Line = [
            (f"{words.short(kept.at)} ", "quiet"),
            (words.code("verb", kept.verb), "strong"),
            (f" {actor(kept.actor, words, self.console.name_of)} ", "quiet"),
        ]
        if len(kept.rulings) > 1:
            line.append((f"{words('verdict.line', line=one.line)} ", "accent"))
        mark, how = ruling.SIGNS.get(one.outcome, (" ", "text"))
        line.append((f"{mark} {words.code('verdict', one.outcome)}", how))
        if kept.against:
            line.append((f"  ! {words('rulings.against')}", "soon"))
        return line

    async def _see(self) -> None:
        """Decide the one under the cursor again, on its own facts and by the law of its day."""
        pick = self.list.picked
        if pick is None:
            return
        kept, one = self.kept[pick.id]
        view = await self.console.desk.ask(ReplayRuling(self.case_id, kept.seq, one.line))
        if self.list.picked is pick:
            self._seen = (kept, one, view)
            self.page.lay(anew=True)
            self.repaint_hints()

    def _page(self, width: int) -> list[Line]:
        if self._seen is None:
            return []
        kept, one, view = self._seen
        words, judged = self.console.words, view.judged
        lines: list[Line] = [[(self._title(kept), "strong")]]
        if kept.approved_by:
            who = actor(kept.approved_by, words, self.console.name_of)
            behalf = actor(kept.approved_for, words, self.console.name_of) if kept.approved_for else ""
            told = words("rulings.approved", at=words.moment(kept.approved_at), who=who, behalf=behalf)
            lines += [[(line, "text")] for line in cells.wrap(told, width)]
        if kept.against:
            said = words("label.closed_text") if kept.override is None else kept.override
            told = words("rulings.override", reason=cells.safe(said))
            lines += [[(line, "soon")] for line in cells.wrap(told, width)]
        lines += [
            [(line, "quiet")]
            for line in cells.wrap(words("decide.pack", pack=one.pack, day=one.law_of), width)
        ]
        lines.append([])
        if judged is not None:
            lines.append([(words("rulings.facts"), "accent")])
            order = [name for name in view.shapes if name in judged.facts]
            for name in dict.fromkeys([*order, *judged.facts]):
                told = cells.fit(words.code("term", cells.safe(name)), NAME)
                said = cells.safe(words.fact(name, judged.facts[name]))
                lines.append([("  ", "text"), (f"{told} ", "quiet"), (said, "text")])
            lines += [[], *ruling.explanation(judged, words, self.console.now(), width)]
        return lines

    def _title(self, kept: KeptRuling) -> str:
        words = self.console.words
        return words(
            "rulings.kept",
            at=words.moment(kept.at),
            who=actor(kept.actor, words, self.console.name_of),
            verb=words.code("verb", kept.verb),
        )

    # Keys

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "down", "up", "page_down", "back", "help")

    def off(self, action: str) -> str | None:
        words = self.console.words
        if action in ("send", "drop"):
            return words("verdict.nothing_supposed")
        if action in ("field_next", "field_prev"):
            return words("verdict.one_line")
        if action == "rulings":
            return words("verdict.is_kept")
        if action in ("open", "policy") and self.list.picked is None:
            return words("verdict.never_ruled")
        return None

    def _move(self, by: int) -> None:
        self.list.move(by)
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_SECONDS, lambda: self.console.call(self._see()))

    def action_down(self) -> None:
        """To the decision before."""
        self._move(1)

    def action_up(self) -> None:
        """To the later decision."""
        self._move(-1)

    def action_top(self) -> None:
        """To the newest."""
        self._move(-len(self.list.picks))

    def action_bottom(self) -> None:
        """To the first."""
        self._move(len(self.list.picks))

    def action_page_down(self) -> None:
        """The explanation one screen down."""
        self.page.page(1)

    def action_page_up(self) -> None:
        """The explanation one screen up."""
        self.page.page(-1)

    def action_open(self) -> None:
        """Open its explanation, with its facts and articles one by one."""
        if self.list.picked is not None:
            kept, one = self.kept[self.list.picked.id]
            shown = Kept(kept.seq, one.line, self._title(kept))
            self.app.push_screen(doors.verdict(self.case_id, shown), self._cited)

    def action_policy(self) -> None:
        """Its articles are in its explanation."""
        self.action_open()

    def _cited(self, article: FoundArticle | None) -> None:
        if article is not None:
            self.dismiss(article)
