"""What I did, verbs and runs over many cases, or an incident's runs: how far, what could not be, what can be undone."""

from typing import ClassVar

from csdesk.desk.bulk_queries import CameOf, Deed, Deeds, RedoRun, RunItems, Runs, RunView, StopRun
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.shared import TakeBack
from csdesk.tui import cells
from csdesk.tui.messages import Changed
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.summary import Line
from csdesk.tui.widgets.picks import Pick

MOST = 30
# Of the cases of a run that could not be, so many are listed and marked.
MOST_CASES = 500


class RunsScreen(Overlay[str | None]):
    """Dismissed with the case to open. Enter on a run shows which of its cases could not be, and why."""

    context: ClassVar[str] = "runs"

    def __init__(self, parent: str = "") -> None:
        super().__init__()
        self._of = parent
        self._refused: dict[str, CameOf] = {}
        self._deeds: dict[str, Deed] = {}

    def sheet_title(self) -> str:
        return self.console.words("runs.title" if self._of else "deeds.title")

    def on_mount(self) -> None:
        self.console.call(self._fill())

    def on_changed(self, changed: Changed) -> None:
        if not self._refused:
            self.console.call(self._fill(anew=True))

    async def _fill(self, *, anew: bool = False) -> None:
        """Show the list; `anew`: the cursor stays where it stands."""
        ask = self.console.desk.ask
        if self._of:
            runs = await self.console.patient(ask(Runs(self._of)))
            found = [Deed(run.id, run.verb, run.at, "", "", run, None) for run in runs]
        else:
            found = await self.console.patient(ask(Deeds(MOST)))
        if anew and self._refused:
            return  # meanwhile one looks into a run
        stood = self._picked()
        self._deeds = {deed.id: deed for deed in found}
        self.picks.show([Pick(deed.id, self._line(deed)) for deed in found])
        if anew and stood is not None:
            self.picks.move(next((n for n, deed in enumerate(found) if deed.id == stood.id), 0))
        self.repaint_hints()
        if not found and not anew:
            self.console.say(self.console.words("runs.none" if self._of else "deeds.none"), "info")

    def _line(self, deed: Deed) -> Line:
        words = self.console.words
        verb = (cells.fit(cells.safe(words.deed(deed.verb)), 14), "strong")
        line: Line = [(f"{words.short(deed.at)}  ", "quiet"), verb]
        line += self._progress(deed.run) if deed.run is not None else [(deed.number, "text")]
        if not self._of and deed.off is None:
            line.append((f"  {words('deeds.can')}", "good"))
        return line

    def _progress(self, run: RunView) -> Line:
        words, refused = self.console.words, run.counts["refused"]
        return [
            (cells.fit(words.code("run_state", run.state), 10), "text"),
            (words("runs.counts", done=run.counts["done"], n=run.total), "text"),
            (f"  {words('runs.refused', n=refused)}" if refused else "", "late"),
        ]

    def _picked(self) -> Deed | None:
        pick = self.picks.picked
        return self._deeds.get(pick.id) if pick is not None else None

    def choose(self, pick: Pick) -> None:
        deed = self._deeds.get(pick.id)
        if pick.id in self._refused:
            self.dismiss(pick.id)
        elif deed is not None and deed.run is None:
            self.dismiss(deed.case)
        elif deed is not None and deed.run is not None:
            self.console.call(self._show(deed.run))

    async def _show(self, run: RunView) -> None:
        found = await self._could_not(run)
        if not found:
            self.console.say(self.console.words("runs.all_done"), "good")
            return
        self._refused, self._deeds = {one.case: one for one in found}, {}
        self.picks.show([self._why(one) for one in found])
        self.repaint_hints()

    async def _could_not(self, run: RunView) -> list[CameOf]:
        asked = RunItems(run.id, limit=MOST_CASES)
        found: list[CameOf] = await self.console.patient(self.console.desk.ask(asked))
        return found

    def _why(self, one: CameOf) -> Pick:
        why = self.console.refusal(Refused(one.why, **one.detail)) if one.why else ""
        if step := one.detail.get("step"):
            why = f"{self.console.words.code('verb', step)}: {why}"
        return Pick(one.case, [(f"{one.number}  ", "strong"), (cells.safe(why), "text")])

    # Keys

    def footer_actions(self) -> tuple[str, ...]:
        return ("open", "undo", "redo", "drop", "mark", "back", "help")

    def idle(self, action: str) -> bool:
        """What can be done depends on the line one stands on."""
        return action != "undo" and super().idle(action)

    def off(self, action: str) -> str | None:
        words, deed = self.console.words, self._picked()
        run = deed.run if deed is not None else None
        match action:
            case "undo" if deed is None:
                return words("refused.undo_nothing")
            case "undo" if deed is not None and deed.off is not None:
                return self.console.refusal(deed.off)
            case "redo" if run is None or run.verb != TakeBack.verb.name or run.state == "running":
                return words("deeds.not_back")
            case "drop" if run is None or run.state != "running":
                return words("deeds.over")
            case "mark" if not self._refused and (run is None or not run.counts["refused"]):
                return words("runs.all_done")
        return None

    def action_down(self) -> None:
        """To the next line; what can be done there may be something else."""
        super().action_down()
        self.repaint_hints()

    def action_up(self) -> None:
        """To the line above."""
        super().action_up()
        self.repaint_hints()

    def action_undo(self) -> None:
        """Take back the verb or the run under the cursor."""
        if (deed := self._picked()) is not None:
            self.console.call(self._take_back(deed))

    async def _take_back(self, deed: Deed) -> None:
        await self.console.verbs.take_back(deed)
        await self._fill()

    def action_redo(self) -> None:
        """Do again what the run under the cursor took back."""
        if (deed := self._picked()) is not None:
            self.console.call(self._do_again(deed.id))

    async def _do_again(self, run: str) -> None:
        console = self.console
        await console.following.begun(await console.patient(console.desk.ask(RedoRun(run))))
        await self._fill()

    def action_drop(self) -> None:
        """Stop the run under the cursor: what is done stays done."""
        if (deed := self._picked()) is not None:
            self.console.call(self._stop(deed.id))

    async def _stop(self, run: str) -> None:
        await self.console.patient(self.console.desk.ask(StopRun(run)))
        await self._fill()

    def action_mark(self) -> None:
        """Mark in the queue what could not be done, to try it again."""
        self.console.call(self._mark())

    async def _mark(self) -> None:
        from csdesk.tui.screens.queue import QueueScreen

        deed, cases = self._picked(), set(self._refused)
        if deed is not None and deed.run is not None:
            cases = {one.case for one in await self._could_not(deed.run)}
        for screen in self.console.screen_stack:
            if isinstance(screen, QueueScreen):
                screen.list.marks |= cases
                screen.list.repaint()
        self.console.say(self.console.words("status.marked", n=len(cases)))

    async def action_back(self) -> None:
        """From the cases of a run back to the list; from there out."""
        if self._refused:
            self._refused = {}
            await self._fill()
        else:
            self.dismiss(None)
