"""Which key does what: the shipped keymap and a person's own over it, checked with file and line."""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from csdesk import resources
from csdesk.desk.config import ConfigError
from csdesk.tui.actions import VERB, action, registry

_NAMED = {
    "enter": "enter",
    "esc": "escape",
    "escape": "escape",
    "tab": "tab",
    "space": "space",
    "up": "up",
    "down": "down",
    "left": "left",
    "right": "right",
    "home": "home",
    "end": "end",
    "pageup": "pageup",
    "pagedown": "pagedown",
    "insert": "insert",
    "delete": "delete",
    "backspace": "backspace",
    **{f"f{n}": f"f{n}" for n in range(1, 13)},
}
_SHOWN = {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn", "insert": "Ins", "delete": "Del"}
# Flow control, tmux and screen prefixes, job control, what terminals send for other keys, menus of terminal
# windows.
NEVER = frozenset(
    {*(f"ctrl+{c}" for c in "sqzbahimj[\\"), "ctrl+space", "ctrl+@", "ctrl+enter", "f10", "f11"}
)


@dataclass(frozen=True, slots=True)
class Keymap:
    """Keys by action, and actions by place and key.

    Keys are named as Textual names them, signs as themselves.
    """

    keys: Mapping[str, tuple[str, ...]]
    places: Mapping[str, Mapping[str, str]]

    def action(self, context: str, key: str) -> str | None:
        """What a key does in a place."""
        return self.places[context].get(key)

    def shown(self, action: str, n: int = 0) -> str:
        """The n-th key of an action as people read it: F3, Ctrl+P, j; "" when it has none."""
        keys = self.keys.get(action, ())
        return spelled(keys[n]) if n < len(keys) else ""


def spelled(key: str) -> str:
    """A key as people read it."""
    *mods, last = key.split("+") if len(key) > 1 else [key]
    last = _SHOWN.get(last, last if len(last) == 1 and not mods else last.capitalize())
    return "+".join([*(mod.capitalize() for mod in mods), last])


def pressed(key: str, character: str | None) -> str:
    """The name a key press is looked up by: signs folded by NFKC, so that full-width ones mean the same."""
    if character is not None and len(character) == 1 and character.isprintable() and character != " ":
        folded = unicodedata.normalize("NFKC", character)
        return folded if len(folded) == 1 else character
    return key


def parse(text: str) -> str | None:
    """The name of a key as a keymap file spells it; None when there is no such key."""
    if len(text) == 1:
        folded = unicodedata.normalize("NFKC", text)
        return folded if folded.isprintable() and not folded.isspace() else None
    *mods, last = text.lower().split("+")
    if len(set(mods)) != len(mods) or not set(mods) <= {"ctrl", "shift", "alt"}:
        return None
    if len(last) == 1:
        return (
            f"{mods[0]}+{last}" if len(mods) == 1 and mods[0] in ("ctrl", "alt") and last.isascii() else None
        )
    name = _NAMED.get(last)
    return "+".join([*sorted(mods), name]) if name else None


def forbidden(key: str) -> bool:
    """Whether terminals, multiplexers or input methods take this key for themselves."""
    return key in NEVER or key.startswith("alt+")


def load(user: Path | None = None) -> Keymap:
    """The shipped keymap, with a person's file over it. ConfigError names file, line, action and key."""
    bound: dict[str, tuple[str, ...]] = {}
    origins: dict[str, str] = {}
    shipped = resources.path("data/keymaps/default.toml")
    for path in (shipped, user) if user else (shipped,):
        # Whether the shipped file names real verbs is for a test; a person's own file is checked here.
        for id_, where, keys in _read(path, checked=path is user):
            bound[id_], origins[id_] = keys, where
    return Keymap(bound, _places(bound, origins))


def _read(path: Path, *, checked: bool) -> list[tuple[str, str, tuple[str, ...]]]:
    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError("keymap_unreadable", path=path, reason=str(exc)) from None
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError("keymap_broken", path=path, reason=str(exc)) from None
    entries = []
    for table, prefix in (("actions", ""), ("verbs", VERB)):
        section = found.pop(table, {})
        if not isinstance(section, dict):
            raise ConfigError("keymap_table", where=_where(path, text, table), name=table)
        for name, keys in section.items():
            where = _where(path, text, name)
            if checked and f"{prefix}{name}" not in registry():
                raise ConfigError("keymap_action", where=where, name=name)
            entries.append((f"{prefix}{name}", where, _keys(keys, where)))
    for name in found:
        raise ConfigError("keymap_table", where=_where(path, text, name), name=name)
    return entries


def _keys(keys: object, where: str) -> tuple[str, ...]:
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ConfigError("keymap_list", where=where)
    names = []
    for key in keys:
        name = parse(key)
        if name is None:
            raise ConfigError("keymap_key", where=where, key=key)
        if forbidden(name):
            raise ConfigError("keymap_never", where=where, key=key)
        names.append(name)
    return tuple(dict.fromkeys(names))


def _where(path: Path, text: str, name: str) -> str:
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().lstrip("[\"'").startswith(name):
            return f"{path}:{number}"
    return f"{path}:1"


def _places(bound: Mapping[str, tuple[str, ...]], origins: Mapping[str, str]) -> dict[str, dict[str, str]]:
    places: dict[str, dict[str, str]] = {}
    for id_, keys in bound.items():
        for context in action(id_).contexts:
            place = places.setdefault(context, {})
            for key in keys:
                if key in place:
                    raise ConfigError(
                        "keymap_clash",
                        where=origins[id_],
                        key=spelled(key),
                        one=place[key],
                        other=id_,
                        place=context,
                    )
                place[key] = id_
    return places
