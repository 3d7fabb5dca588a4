"""Themes: colours by meaning from a TOML file, as styles for lines and as variables for style sheets."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from rich.style import Style
from textual.theme import Theme

from csdesk import resources
from csdesk.desk.config import ConfigError
from csdesk.domain.value import dataclass
from csdesk.store.home import config_dir

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_SYNTAX = re.compile(r"at line (\d+)")
_HUES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
DEFAULT = "default"
# The colours that a terminal has of its own; its palette says what they look like.
ANSI = frozenset((DEFAULT, *_HUES, *(f"bright_{hue}" for hue in _HUES)))
# Blink and hidden text are no way to mean something; italics are a smear in many Chinese fonts.
ATTRIBUTES = frozenset({"bold", "dim", "underline", "reverse"})
# What NO_COLOR (no-color.org) gets, whichever theme is set.
COLOURLESS = "mono"


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme, each named for what it means.

    A colour is #rrggbb or a name in `ANSI`. Style sheets know them as `$ground`, `$quiet` and so on. `dressed`: the
    attributes of meanings that have some; None in a theme of plain #rrggbb, whose styles are then found faster.
    """

    ground: str
    raised: str
    field: str
    cursor: str
    text: str
    strong: str
    quiet: str
    faint: str
    accent: str
    late: str
    soon: str
    good: str
    bad: str
    mark: str
    dressed: Mapping[str, frozenset[str]] | None = None

    def style(self, meaning: str = "text", on: str = "ground", *, bold: bool = False) -> Style:
        """The style of a meaning on a ground."""
        colour, ground = getattr(self, meaning), getattr(self, on)
        if self.dressed is None:
            return _style(colour, ground, bold)
        under = self.dressed.get(on, frozenset())
        # On a reversed line a colour would become a patch of ground; its sign stays, and its weight.
        reversed_ = "reverse" in under
        return _dressed(
            DEFAULT if reversed_ else colour, ground, under | self.dressed.get(meaning, frozenset()), bold
        )

    def patch(self, meaning: str, on: str = "ground") -> Style:
        """A patch of a meaning's colour on a ground, for a sign that stands on it; reversed where colours are few.

        On a line that is reversed itself the patch is not.
        """
        style = self.style(meaning, on)
        return style + (_UPRIGHT if style.reverse else _REVERSED)


_REVERSED, _UPRIGHT = Style(reverse=True), Style(reverse=False)
GROUNDS = ("ground", "raised", "field", "cursor")
ROLES = tuple(field.name for field in fields(Palette) if field.name != "dressed")


@lru_cache(maxsize=256)
def _style(colour: str, ground: str, bold: bool) -> Style:
    return Style(color=colour, bgcolor=ground, bold=bold or None)


@lru_cache(maxsize=256)
def _dressed(colour: str, ground: str, attributes: frozenset[str], bold: bool) -> Style:
    wears = dict.fromkeys(attributes, True)
    if bold:
        wears["bold"] = True
        wears.pop("dim", None)
    return Style(color=_own(colour), bgcolor=_own(ground), **wears)  # type: ignore[arg-type]


def _own(colour: str) -> str | None:
    """A colour for a style; None for the terminal's own, which costs no byte."""
    return None if colour == DEFAULT else colour


@dataclass(frozen=True, slots=True)
class Look:
    """A theme ready for the app. `name` as it was asked for; `path`: the person's own file, None for a shipped one."""

    palette: Palette
    theme: Theme
    name: str = ""
    path: Path | None = None


def own_folder() -> Path:
    """Where a person's own themes lie."""
    return config_dir() / "themes"


def names() -> tuple[str, ...]:
    """The themes that can be chosen by name: the shipped ones, then a person's own."""
    shipped = sorted(path.stem for path in resources.path("themes").glob("*.toml"))
    own = sorted(path.stem for path in own_folder().glob("*.toml"))
    return (*shipped, *(name for name in own if name not in shipped))


def theme_file(name: str) -> Path:
    """The file of a theme: a path as it stands, a person's own by name, or a shipped one. ConfigError `theme_unknown`.

    A file of one's own goes before a shipped one of that name.
    """
    if "/" in name or name.endswith(".toml"):
        return Path(name).expanduser()
    if name and not name.startswith("."):
        own = own_folder() / f"{name}.toml"
        if own.is_file():
            return own
        try:
            return resources.path(f"themes/{name}.toml")
        except FileNotFoundError:
            pass
    raise ConfigError("theme_unknown", name=name, allowed=", ".join(names()))


def load(name: str, *, colourless: bool | None = None) -> Look:
    """A theme by name or file. ConfigError names file, line, what is wrong in it.

    `colourless`: whether NO_COLOR is set; None asks the environment.
    """
    if os.environ.get("NO_COLOR") if colourless is None else colourless:
        name = COLOURLESS
    path = theme_file(name)
    sheet = _Sheet(path)
    palette = sheet.palette()
    own = None if path.parent == resources.path("themes") else path
    return Look(palette, _textual(palette, sheet.dark), name, own)


def check(name: str) -> tuple[Look, ConfigError | None]:
    """A theme, or the default one and what is wrong: a slip in a theme must not keep anybody from work."""
    try:
        return load(name), None
    except ConfigError as wrong:
        return load("dark"), wrong


class _Sheet:
    """A theme file, checked as it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError("theme_unreadable", path=path, where=path, reason=str(exc)) from None
        try:
            self._found = resources.toml(path, self._text)
        except ValueError as exc:  # no TOML
            line = _SYNTAX.search(str(exc))
            where = f"{path}:{line[1] if line else len(self._text.splitlines())}"
            raise ConfigError("theme_broken", path=path, where=where, reason=str(exc)) from None
        self._known(self._found, ("dark", "like", "colours", "attributes"))
        self.dark = self._found.get("dark", True)
        if not isinstance(self.dark, bool):
            raise self._wrong("theme_value", "dark", self.dark, allowed="true, false")

    def palette(self) -> Palette:
        """The colours of the file, over those of the shipped theme that it is `like`, if it names one."""
        colours, attributes = dict(self._table("colours")), dict(self._table("attributes"))
        self._known(colours, ROLES)
        self._known(attributes, ROLES)
        if like := self._like():
            colours = like._table("colours") | colours
            attributes = like._table("attributes") | attributes
        for role in ROLES:
            value = colours.get(role)
            if value is None:
                raise ConfigError("theme_missing", path=self.path, where=self._where("colours"), name=role)
            if not isinstance(value, str) or not (_HEX.fullmatch(value) or value in ANSI):
                raise self._wrong("theme_colour", role, value)
        dressed = {role: self._dress(role, value) for role, value in attributes.items()}
        plain = not dressed and all(_HEX.fullmatch(colour) for colour in colours.values())
        return Palette(**colours, dressed=None if plain else dressed)

    def _like(self) -> "_Sheet | None":
        name = self._found.get("like")
        if name is None:
            return None
        shipped = resources.path("themes")
        if not isinstance(name, str) or not (shipped / f"{Path(name).name}.toml").is_file():
            allowed = ", ".join(sorted(path.stem for path in shipped.glob("*.toml")))
            raise self._wrong("theme_value", "like", name, allowed=allowed)
        other = _Sheet(shipped / f"{Path(name).name}.toml")
        if "dark" not in self._found:
            self.dark = other.dark
        return other

    def _table(self, name: str) -> dict[str, Any]:
        found = self._found.get(name, {})
        if not isinstance(found, dict):
            raise self._wrong("theme_value", name, found, allowed=f"[{name}]")
        return found

    def _dress(self, role: str, value: object) -> frozenset[str]:
        asked = value.split() if isinstance(value, str) else [""]
        if not set(asked) <= ATTRIBUTES:
            raise self._wrong("theme_value", role, value, allowed=", ".join(sorted(ATTRIBUTES)))
        return frozenset(asked)

    def _known(self, found: Iterable[str], allowed: tuple[str, ...]) -> None:
        for name in found:
            if name not in allowed:
                raise self._wrong("theme_unknown_key", name, name, allowed=", ".join(allowed))

    def _wrong(self, code: str, name: str, value: object, **more: object) -> ConfigError:
        return ConfigError(code, path=self.path, where=self._where(name), name=name, value=value, **more)

    def _where(self, name: str) -> str:
        """File and line of a key or table; of the last entry, when a name has several (a role's attributes)."""
        found = 1
        for number, line in enumerate(self._text.splitlines(), 1):
            if line.lstrip().lstrip("[\"'").startswith(name):
                found = number
        return f"{self.path}:{found}"


def _css(colour: str) -> str:
    return colour if colour.startswith("#") else f"ansi_{colour}"


def _textual(palette: Palette, dark: bool) -> Theme:
    of = {role: _css(getattr(palette, role)) for role in ROLES}
    native = any(value.startswith("ansi_") for value in of.values())
    # Where the grounds are the terminal's own, only reversing tells a cursor or a selection from them.
    return Theme(
        "csdesk",
        primary=of["accent"],
        accent=of["accent"],
        warning=of["soon"],
        error=of["bad"],
        success=of["good"],
        foreground=of["text"],
        background=of["ground"],
        surface=of["ground"],
        panel=of["raised"],
        dark=dark,
        ansi=native,
        variables={
            **of,
            "ansi-background": of["ground"],
            "ansi-foreground": of["text"],
            # Text fields of Textual, without tint or blink.
            "input-cursor-background": of["ground"] if native else of["text"],
            "input-cursor-foreground": of["text"] if native else of["ground"],
            "input-cursor-text-style": "reverse" if native else "none",
            "input-selection-background": of["cursor"],
            "input-selection-foreground": of["text"] if native else of["strong"],
            "selection-style": "reverse" if native else "none",
            "text-disabled": of["quiet"],
            "border": of["faint"],
            "border-blurred": of["faint"],
        },
    )
