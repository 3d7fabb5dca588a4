"""Choosing a theme or a language while the console runs."""

from typing import ClassVar

from csdesk.desk.words import LANGUAGES
from csdesk.tui import cells, theme
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.picks import Pick

# Each language by the name that its own readers look for.
NAMES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}


class WearingScreen(Overlay[str]):
    """Dismissed with what was picked; leaving it changes nothing."""

    context: ClassVar[str] = "menu"

    def __init__(self, now: str) -> None:
        super().__init__()
        self._now = now

    def choices(self) -> list[tuple[str, str]]:
        """What there is: the name of each, and a word about it."""
        return []

    def on_mount(self) -> None:
        picks = []
        for n, (name, about) in enumerate(self.choices(), 1):
            here = f"  {self.console.words('theme.now')}" if name == self._now else ""
            key = f"{n} " if n <= 9 else "  "
            parts = [
                (key, "accent"),
                (cells.fit(cells.safe(name), 18), "text"),
                (about, "quiet"),
                (here, "accent"),
            ]
            picks.append(Pick(name, parts))
        self.picks.show(picks)

    def choose(self, pick: Pick) -> None:
        self.dismiss(pick.id)

    async def action_back(self) -> None:
        """Stay with what there is."""
        self.dismiss(None)

    def action_nth(self, key: str) -> None:
        """The one with this number."""
        if key.isdecimal() and 0 < int(key) <= len(self.picks.picks):
            self.dismiss(self.picks.picks[int(key) - 1].id)


class ThemeScreen(WearingScreen):
    """The shipped themes and a person's own."""

    title_key: ClassVar[str] = "theme.title"

    def choices(self) -> list[tuple[str, str]]:
        words = self.console.words
        own = words("theme.own")
        return [
            (name, words(f"theme.about.{name}") if words.has(f"theme.about.{name}") else own)
            for name in theme.names()
        ]


class LanguageScreen(WearingScreen):
    """The languages that the catalogues have."""

    title_key: ClassVar[str] = "language.title"

    def choices(self) -> list[tuple[str, str]]:
        return [(name, NAMES[name]) for name in LANGUAGES]
