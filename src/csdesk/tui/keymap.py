"""Which key does what: the shipped keymap, a profile and a person's own over it, checked with file and line."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from csdesk import resources
from csdesk.desk.config import ConfigError
from csdesk.domain.value import dataclass
from csdesk.tui.actions import VERB, action, registry
from csdesk.tui.key_names import NEVER, forbidden, parse, pressed, spelled

__all__ = ["NEVER", "Keymap", "check", "forbidden", "load", "parse", "pressed", "profiles", "spelled"]

_FOLDER = "data/keymaps"
_DEFAULT = "default"
# In a person's file, the profile that it goes over.
_OVER = "over"
_TABLES = (("actions", ""), ("verbs", VERB))
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


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


@dataclass(frozen=True, slots=True)
class _File:
    """A keymap file: its text, its tables, and whether people other than us wrote it."""

    path: Path
    text: str
    tables: Mapping[str, object]
    own: bool

    def where(self, name: str, table: str = "") -> str:
        """File and line of a name at the start of a line, below the heading of its table when that is given."""
        begins = re.compile(rf"""\s*\[*\s*["']?{re.escape(name)}["']?\s*[=\].]""")
        heading = re.compile(rf"""\s*\[\s*["']?{re.escape(table)}["']?\s*\]""")
        inside = not table
        for number, line in enumerate(self.text.splitlines(), 1):
            if inside and begins.match(line):
                return f"{self.path}:{number}"
            inside = inside or bool(heading.match(line))
        return f"{self.path}:1"


@dataclass(frozen=True, slots=True)
class _Entry:
    """The keys of an action, from the file that said so last."""

    keys: tuple[str, ...]
    file: _File
    table: str
    name: str

    @property
    def where(self) -> str:
        return self.file.where(self.name, self.table)


def profiles() -> list[str]:
    """The names of the keymaps that csdesk comes with."""
    return sorted(path.stem for path in resources.path(_FOLDER).glob("*.toml"))


def load(which: Path | str | None = None) -> Keymap:
    """The keymap of this name or file over the default one. ConfigError names file, line, action and key."""
    made, errors = check(which)
    if errors:
        raise errors[0]
    return made


def check(which: Path | str | None = None) -> tuple[Keymap, list[ConfigError]]:
    """A keymap, and all that is wrong with it in the order of its lines; if anything is, the keymap is the default.

    A person whose hands expect their own keys must not meet half of them.
    """
    errors: list[ConfigError] = []
    try:
        made = _over_each_other(_files(which), errors)
    except ConfigError as error:
        errors.append(error)
    if errors:
        made = _over_each_other(_files(None), [])
    return made, sorted(errors, key=_line)


def _over_each_other(files: list["_File"], errors: list[ConfigError]) -> Keymap:
    bound = {id_: entry for file in files for id_, entry in _entries(file, errors)}
    places = _places(bound, errors)
    return Keymap({id_: entry.keys for id_, entry in bound.items()}, places)


def _line(error: ConfigError) -> int:
    _, _, line = str(error.detail.get("where", "")).rpartition(":")
    return int(line) if line.isdecimal() else 0


def _files(which: Path | str | None) -> list[_File]:
    """The files of a keymap, from the bottom to the top. ConfigError."""
    default = _profile(_DEFAULT)
    if not which or which == _DEFAULT:
        return [default]
    if isinstance(which, str) and "/" not in which and not which.endswith(".toml"):
        if which not in profiles():
            raise ConfigError("keymap_unknown", name=which, allowed=", ".join(profiles()))
        return [default, _profile(which)]
    mine = _read(Path(which).expanduser(), own=True)
    over = mine.tables.get(_OVER, _DEFAULT)
    if over == _DEFAULT or not isinstance(over, str):
        return [default, mine]
    if over not in profiles():
        where = mine.where(_OVER)
        raise ConfigError("keymap_over", where=where, name=over, allowed=", ".join(profiles()))
    return [default, _profile(over), mine]


def _profile(name: str) -> _File:
    return _read(resources.path(f"{_FOLDER}/{name}.toml"), own=False)


def _read(path: Path, *, own: bool) -> _File:
    try:
        text = path.read_text(encoding="utf-8")
        return _File(path, text, resources.toml(path, text), own)
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError("keymap_unreadable", path=path, reason=str(exc)) from None
    except ValueError as exc:  # no TOML
        if not (at := _AT_LINE.search(str(exc))):
            raise ConfigError("keymap_broken", path=path, reason=str(exc)) from None
        where, reason = f"{path}:{at[1]}", _AT_LINE.sub("", str(exc)).strip()
        twice = reason.startswith(("Cannot declare", "Cannot overwrite"))
        code = "keymap_twice" if twice else "keymap_line"
        raise ConfigError(code, path=path, where=where, reason=reason) from None


def _entries(file: _File, errors: list[ConfigError]) -> Iterator[tuple[str, _Entry]]:
    """What a file binds; what it cannot bind goes to the errors."""
    known = dict(_TABLES)
    for table, section in file.tables.items():
        if table == _OVER and isinstance(section, str):
            continue
        if table not in known or not isinstance(section, dict):
            errors.append(ConfigError("keymap_table", where=file.where(table), name=table))
            continue
        for name, keys in section.items():
            id_ = f"{known[table]}{name}"
            # Whether the shipped files name real verbs is for a test; a person's own file is checked here.
            if file.own and id_ not in registry():
                errors.append(ConfigError("keymap_action", where=file.where(name, table), name=name))
                continue
            try:
                yield id_, _Entry(_keys(keys, file, table, name), file, table, name)
            except ConfigError as error:
                errors.append(error)


def _keys(keys: object, file: _File, table: str, name: str) -> tuple[str, ...]:
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ConfigError("keymap_list", where=file.where(name, table))
    names = []
    for key in keys:
        parsed = parse(key)
        if parsed is None:
            raise ConfigError("keymap_key", where=file.where(name, table), key=key)
        if forbidden(parsed):
            raise ConfigError("keymap_never", where=file.where(name, table), key=key)
        names.append(parsed)
    return tuple(dict.fromkeys(names))


def _places(bound: Mapping[str, _Entry], errors: list[ConfigError]) -> dict[str, dict[str, str]]:
    """Actions by place and key. A key that would mean two things in a place is an error, told once for each pair."""
    places: dict[str, dict[str, str]] = {}
    told: set[tuple[str, str, str]] = set()
    for id_, entry in bound.items():
        for context in action(id_).contexts:
            place = places.setdefault(context, {})
            for key in entry.keys:
                other = place.setdefault(key, id_)
                if other != id_ and (key, other, id_) not in told:
                    told.add((key, other, id_))
                    errors.append(_clash(key, context, (other, bound[other]), (id_, entry)))
    return places


def _clash(key: str, place: str, one: tuple[str, _Entry], other: tuple[str, _Entry]) -> ConfigError:
    """Two actions on one key, told at the line of the person's file, whichever of the two that is."""
    if one[1].file.own and not other[1].file.own:
        one, other = other, one
    return ConfigError(
        "keymap_clash", where=other[1].where, key=spelled(key), one=one[0], other=other[0], place=place
    )
