"""Runs of this console while they run: how far each is, in the status line, and what came of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from csdesk.desk.bulk_queries import CameOf, RunItems, RunView, ShowRun
from csdesk.domain.cases.context import Refused
from csdesk.domain.value import dataclass

if TYPE_CHECKING:
    from csdesk.tui.app import ConsoleApp

# How often a run is looked after while it runs.
LOOK_SECONDS = 1.0
# A worker takes a run up within a second or two; after so many looks at one that stands still, nobody works.
STILL = 5
# What is asked for at once of those that were refused.
PAGE = 500

Over = Callable[[RunView, list[CameOf]], None]


@dataclass(slots=True)
class _Watched:
    """A run that is looked after: what to do once it is over, how far it was, since how many looks."""

    over: Over | None
    done: int = 0
    looks: int = 0


class Following:
    """The runs that this console began."""

    def __init__(self, console: "ConsoleApp") -> None:
        self._console = console
        self._watched: dict[str, _Watched] = {}

    @property
    def running(self) -> str:
        """The run that was begun last of those that still run; "" when none does."""
        return next(reversed(self._watched), "")

    async def begun(self, run: RunView, over: Over | None = None) -> None:
        """Look after a run from now on; `over` is told which cases were refused once it is over."""
        self._watched[run.id] = _Watched(over)
        await self._tell(run)

    async def _look(self, run: str) -> None:
        if run in self._watched:
            await self._tell(await self._console.desk.ask(ShowRun(run)))

    async def _tell(self, run: RunView) -> None:
        if run.state == "running":
            self._say_how_far(run)
            console = self._console
            console.set_timer(LOOK_SECONDS, lambda: console.call(self._look(run.id)))
            return
        watched = self._watched.pop(run.id, None)
        refused = await self._refused(run)
        self._say_what_came(run, refused)
        if watched is not None and watched.over is not None:
            watched.over(run, refused)

    def _say_how_far(self, run: RunView) -> None:
        words, watched = self._console.words, self._watched[run.id]
        verb, done = words.deed(run.verb), run.counts["done"] + run.counts["refused"]
        watched.looks = watched.looks + 1 if done == watched.done else 0
        watched.done = done
        if watched.looks >= STILL:
            self._console.say(words("many.nobody_works", verb=verb, done=done, n=run.total), "warn")
        else:
            self._console.say(words("board.running", verb=verb, done=done, n=run.total), "wait")

    async def _refused(self, run: RunView) -> list[CameOf]:
        found: list[CameOf] = []
        while len(found) < run.counts["refused"]:
            after = found[-1].case if found else ""
            page = await self._console.desk.ask(RunItems(run.id, after=after, limit=PAGE))
            if not page:
                break
            found += page
        return found

    def _say_what_came(self, run: RunView, refused: list[CameOf]) -> None:
        console, words = self._console, self._console.words
        verb, done = words.deed(run.verb), run.counts["done"]
        if refused:
            first = refused[0]
            why = console.refusal(Refused(first.why, **first.detail))
            told = words("board.ran_but", verb=verb, done=done, refused=len(refused), reason=why)
            console.say(told, "warn")
        elif skipped := run.counts["skipped"]:
            console.say(words("many.stopped", verb=verb, done=done, skipped=skipped), "warn")
        else:
            console.say(words("board.ran", verb=verb, done=done), "good")
