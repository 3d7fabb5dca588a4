"""What waits for the line: one line a verb; below one that did not fit, how the case is now; sent again or given up."""

from typing import ClassVar

from csdesk.desk.link import Line as DeskLine
from csdesk.desk.link import LinkLost, ServerFault, Waiting
from csdesk.desk.queries import CaseView, ShowCase
from csdesk.desk.registry import shown
from csdesk.domain.cases.context import Refused
from csdesk.tui import cells
from csdesk.tui.messages import Unsent
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.summary import Line
from csdesk.tui.widgets.picks import Pick

# What was entered, in so many cells.
ENTERED = 48


class UnsentScreen(Overlay[str | None]):
    """Dismissed with the id of the case to open."""

    context: ClassVar[str] = "dead"
    title_key: ClassVar[str] = "unsent.title"

    def __init__(self, line: DeskLine) -> None:
        super().__init__()
        self._line = line
        # The cases of what did not fit, as they are now; None while, and when, that cannot be read.
        self._views: dict[str, CaseView | None] = {}
        self._waiting: dict[str, Waiting] = {}

    def on_mount(self) -> None:
        self._fill()
        if not self._waiting:
            self.console.say(self.console.words("unsent.none"), "good")

    def on_unsent(self, told: Unsent) -> None:
        """Something was sent, or did not fit."""
        self._fill()

    def _fill(self) -> None:
        at, waiting = self.picks.cursor, self._line.waiting()
        self._waiting = {str(one.seq): one for one in waiting}
        picks = []
        for one in waiting:
            picks.append(Pick(str(one.seq), self._wanted(one)))
            if one.stuck:
                picks.append(Pick(str(one.seq), self._now(one)))
                if one.case not in self._views:
                    self._views[one.case] = None
                    self.console.call(self._look(one.case))
        self.picks.show(picks)
        self.picks.move(min(at, max(len(picks) - 1, 0)))
        self.repaint_hints()

    async def _look(self, case: str) -> None:
        """Read a case as it is now, to be shown beside what was wanted."""
        try:
            view: CaseView = await self.console.desk.ask(ShowCase(case))
        except (LinkLost, ServerFault, Refused) as error:
            self.console.say(self.console.explain(error) or "", "warn")
            return
        self._views[case] = view
        self._fill()

    def _verb(self, one: Waiting) -> str:
        words = self.console.words
        return words("unsent.draft") if one.seq < 0 else words.code("verb", one.verb)

    def _wanted(self, one: Waiting) -> Line:
        words = self.console.words
        entered = "  ".join(shown(value) for value in one.entered.values() if value not in ("", [], None))
        stuck = (words("unsent.stuck"), "late") if one.stuck else (words("unsent.waits"), "quiet")
        return [
            (f"{words.short(one.at)}  ", "quiet"),
            (cells.fit(one.number, 14), "strong"),
            (cells.fit(self._verb(one), 10), "text"),
            (cells.fit(cells.safe(entered.replace("\n", " ")), ENTERED), "text"),
            (f"  {stuck[0]}", stuck[1]),
        ]

    def _now(self, one: Waiting) -> Line:
        """How the case is now, and why the verb did not fit."""
        words, view = self.console.words, self._views.get(one.case)
        why = self.console.explain(one.why) if one.why is not None else None
        told = ""
        if view is not None:
            who = self.console.name_of(view.case.assignee) if view.case.assignee else words("unsent.nobody")
            told = words(
                "unsent.now",
                state=words.code("state", view.case.state),
                who=who,
                priority=view.case.priority,
                tags=" ".join(view.case.tags) or "–",
            )
        told = f"{told}  " if told else ""
        return [("    → ", "quiet"), (cells.safe(told), "text"), (cells.safe(why or ""), "late")]

    def _picked(self) -> Waiting | None:
        return self._waiting.get(self.picks.picked.id) if self.picks.picked else None

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "retry", "drop", "back", "help")

    def off(self, action: str) -> str | None:
        """Why what is under the cursor cannot be sent again."""
        words, one = self.console.words, self._picked()
        if action not in ("open", "retry", "drop"):
            return None
        if one is None:
            return words("unsent.none")
        return words("unsent.by_itself") if action == "retry" and not one.stuck else None

    def choose(self, pick: Pick) -> None:
        self.dismiss(self._waiting[pick.id].case)

    def action_retry(self) -> None:
        """Send the verb under the cursor again, on the case as it is now."""
        if one := self._picked():
            self.console.call(self._again(one))

    async def _again(self, one: Waiting) -> None:
        self._views.pop(one.case, None)
        await self.console.patient(self._line.redo(one.seq))
        self._said("unsent.redone", one)

    def action_drop(self) -> None:
        """Give the verb under the cursor up."""
        if one := self._picked():
            self.console.call(self._give_up(one))

    async def _give_up(self, one: Waiting) -> None:
        await self._line.drop(one.seq)
        self._said("unsent.dropped", one)

    def _said(self, key: str, one: Waiting) -> None:
        left = {waiting.seq: waiting for waiting in self._line.waiting()}
        if (now := left.get(one.seq)) is not None and now.stuck:
            self.console.say(self.console.words("unsent.still", case=one.number), "warn")
        else:
            key = "unsent.draft_kept" if one.seq < 0 and key == "unsent.redone" else key
            self.console.say(self.console.words(key, case=one.number, verb=self._verb(one)), "good")
        self._fill()
