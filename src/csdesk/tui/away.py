"""A console whose line is down: its sign, its age, what waits, and what is said when it goes and comes back."""

from typing import TYPE_CHECKING

from csdesk.desk.link import Line, LineState, line_of
from csdesk.tui.refusals import explain

if TYPE_CHECKING:
    from textual.timer import Timer

    from csdesk.tui.app import ConsoleApp

# The sign counts whole minutes.
TICK_SECONDS = 20.0
MINUTE = 60_000


def follow(console: "ConsoleApp") -> None:
    """From now on the console shows how the line to its desk is; nothing where there is none."""
    line = line_of(console.desk)
    if line is not None:
        console.away = Away(console, line)


class Away:
    """The line of one console."""

    def __init__(self, console: "ConsoleApp", line: Line) -> None:
        self._console, self._line = console, line
        self._was = LineState()
        self._tick: Timer | None = None
        line.on_change(self._changed)
        self._changed()

    def signs(self) -> list[str]:
        """What the right end of the status line says of it."""
        words, state = self._console.words, self._line.state
        told = []
        if state.away:
            minutes = max(self._console.now() - state.away_since, 0) // MINUTE
            told.append(words.count("away.minutes", minutes) if minutes else words("away.now"))
        if state.read_at:
            told.append(words("away.read_at", at=words.short(state.read_at)[-5:]))
        if state.waiting - state.stuck:
            told.append(words.count("away.waiting", state.waiting - state.stuck))
        if state.stuck:
            told.append(words.count("away.stuck", state.stuck))
        return told

    def quit_words(self) -> str:
        """What the first press of the key that leaves says."""
        words, n = self._console.words, self._line.state.waiting
        return words.count("away.quit", n) if n else words("status.quit_again")

    def _changed(self) -> None:
        console, words, was, now = self._console, self._console.words, self._was, self._line.state
        self._was = now
        if now.trouble is not None and now.trouble is not was.trouble:
            console.say(words("away.trouble", why=explain(console, now.trouble) or ""), "bad")
        elif now.away and not was.away:
            console.say(words("away.gone"), "warn")
            self._tick = console.set_interval(TICK_SECONDS, console.repaint_status)
        elif was.away and not now.away:
            self._back(now)
        elif now.stuck > was.stuck and not now.away:
            self._tell_stuck("away.stuck_now", now)
        console.repaint_status()
        self._tell_list()

    def _back(self, now: LineState) -> None:
        console, words = self._console, self._console.words
        if self._tick is not None:
            self._tick.stop()
            self._tick = None
        if now.stuck:
            self._tell_stuck("away.back_stuck", now)
        else:
            console.say(words("away.back"), "good")
        case = getattr(console.screen, "case_id", "") if console.screen_stack else ""
        if case:  # what was opened while nobody could be asked is in hand from now on
            console.call(self._hold(case))

    def _tell_stuck(self, told: str, now: LineState) -> None:
        """Say that something waits for a decision; of a single draft also why."""
        console, words, key = self._console, self._console.words, self._console.keymap.shown("unsent")
        stuck = [one for one in self._line.waiting() if one.stuck]
        if len(stuck) == 1 and stuck[0].seq < 0 and stuck[0].why is not None:
            why = explain(console, stuck[0].why) or ""
            console.say(words("away.draft_refused", case=stuck[0].number, why=why, key=key), "warn")
        else:
            console.say(words.count(told, now.stuck, key=key), "warn")

    async def _hold(self, case: str) -> None:
        await self._console.leasing.hold(case)

    def _tell_list(self) -> None:
        from csdesk.tui.messages import Unsent

        for screen in self._console.screen_stack:
            screen.post_message(Unsent())
