"""How the console looks and speaks while it runs: another theme, another language, a theme file that was changed."""

from pathlib import Path
from typing import TYPE_CHECKING

from csdesk.desk.config import ConfigError, config_file
from csdesk.desk.words import LANGUAGES, Words
from csdesk.tui import theme
from csdesk.tui.messages import Changed

if TYPE_CHECKING:
    from textual.timer import Timer

    from csdesk.tui.app import ConsoleApp

# How often a theme file of one's own is looked at: one stat, 20 µs, and only while such a theme is worn.
LOOK_SECONDS = 2.0


class Appearance:
    """The theme and the language of one console."""

    def __init__(self, console: "ConsoleApp") -> None:
        self._console = console
        self._seen = self._stamp()
        self._timer: Timer | None = None

    def wear(self, name: str | None) -> None:
        """Put on a theme by name or file, and say how to keep it; one that cannot be used changes nothing, nor none."""
        console = self._console
        if not name:
            return
        try:
            look = theme.load(name, colourless=console.no_color)
        except ConfigError as problem:
            console.say(self._told(problem), "bad")
            return
        console.wear(look)
        self.watch()
        told = "theme.colourless" if console.no_color else "theme.worn"
        console.say(console.words(told, name=name, file=config_file().name), "good")

    def speak(self, language: str | None) -> None:
        """Say everything in another language, from this moment on; None: in the same."""
        console = self._console
        if not language:
            return
        if language not in LANGUAGES:
            allowed = ", ".join(LANGUAGES)
            console.say(console.words("language.unknown", name=language, allowed=allowed), "warn")
            return
        console.words = Words(language, console.words.zone)
        console.repaint_all()
        for screen in console.screen_stack:
            # What a screen has worded and kept is worded when it is read again.
            screen.post_message(Changed((), everything=True))
        console.say(console.words("language.spoken", name=language, file=config_file().name), "good")

    def watch(self) -> None:
        """Look at the theme's file now and then, if it is a person's own; nothing ticks for a shipped one."""
        self._seen = self._stamp()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._path is not None:
            self._timer = self._console.set_interval(LOOK_SECONDS, self.look)

    def look(self) -> None:
        """Put the theme on anew if its file was changed; with a mistake in it the old look stays."""
        stamp, console = self._stamp(), self._console
        if stamp == self._seen or stamp is None:
            return  # while an editor replaces the file there is none for a moment
        self._seen = stamp
        try:
            look = theme.load(str(self._path), colourless=console.no_color)
        except ConfigError as problem:
            console.say(console.words("theme.stays", problem=self._told(problem)), "bad")
            return
        console.wear(look)
        console.say(console.words("theme.reloaded", file=self._path.name if self._path else ""), "good")

    def _told(self, problem: ConfigError) -> str:
        """What is wrong, with the name of the file alone: the status line has no room for folders."""
        named = {
            name: Path(str(told)).name if name in ("where", "path") else told
            for name, told in problem.detail.items()
        }
        return self._console.words.error(problem.code, named, str(problem))

    @property
    def _path(self) -> Path | None:
        return self._console.look.path

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None
