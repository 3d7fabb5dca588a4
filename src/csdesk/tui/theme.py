"""Themes: colours by meaning from a TOML file, as styles for lines and as variables for style sheets."""

import os
import re
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from rich.style import Style
from textual.theme import Theme

from csdesk import resources
from csdesk.desk.config import ConfigError

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme, each named for what it means.

    Style sheets know them as `$ground`, `$quiet` and so on.
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
    colourless: bool = False

    def style(self, meaning: str = "text", on: str = "ground", *, bold: bool = False) -> Style:
        """The style of a meaning on a ground; without colours the line one stands on is reversed."""
        if self.colourless:
            return _mono(bold or meaning == "strong", on == "cursor")
        return _style(getattr(self, meaning), getattr(self, on), bold)


_MEANINGS = tuple(field.name for field in fields(Palette) if field.name != "colourless")


@lru_cache(maxsize=4)
def _mono(bold: bool, reverse: bool) -> Style:
    return Style(bold=bold or None, reverse=reverse or None)


@lru_cache(maxsize=256)
def _style(colour: str, ground: str, bold: bool) -> Style:
    return Style(color=colour, bgcolor=ground, bold=bold or None)


@dataclass(frozen=True, slots=True)
class Look:
    """A theme ready for the app."""

    palette: Palette
    theme: Theme


def theme_file(name: str) -> Path:
    """The file of a theme: a path as it stands, or a name in themes/. ConfigError `theme_unknown`."""
    if "/" in name or name.endswith(".toml"):
        return Path(name).expanduser()
    try:
        return resources.path(f"themes/{name}.toml")
    except FileNotFoundError:
        known = sorted(path.stem for path in resources.path("themes").glob("*.toml"))
        raise ConfigError("theme_unknown", name=name, allowed=", ".join(known)) from None


def load(name: str) -> Look:
    """A theme by name or file. ConfigError names the file and what is wrong in it."""
    path = theme_file(name)
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError("theme_broken", path=path, reason=str(exc)) from None
    colours = found.get("colours")
    if not isinstance(colours, dict):
        raise ConfigError("theme_broken", path=path, reason="[colours]")
    for meaning in _MEANINGS:
        if not _COLOUR.fullmatch(str(colours.get(meaning, ""))):
            raise ConfigError("theme_colour", path=path, name=meaning, value=colours.get(meaning, "–"))
    unknown = set(colours) - set(_MEANINGS)
    if unknown:
        raise ConfigError("theme_broken", path=path, reason=", ".join(sorted(unknown)))
    palette = Palette(**colours, colourless="NO_COLOR" in os.environ)
    return Look(palette, _textual(palette, bool(found.get("dark", True))))


def _textual(palette: Palette, dark: bool) -> Theme:
    variables = {meaning: getattr(palette, meaning) for meaning in _MEANINGS}
    return Theme(
        "csdesk",
        primary=palette.accent,
        accent=palette.accent,
        warning=palette.soon,
        error=palette.bad,
        success=palette.good,
        foreground=palette.text,
        background=palette.ground,
        surface=palette.ground,
        panel=palette.raised,
        dark=dark,
        variables={
            **variables,
            # Text fields of Textual, without tint or blink.
            "input-cursor-background": palette.text,
            "input-cursor-foreground": palette.ground,
            "input-selection-background": palette.cursor,
            "border": palette.faint,
            "border-blurred": palette.faint,
        },
    )
