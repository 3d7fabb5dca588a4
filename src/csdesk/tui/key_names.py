"""What keys are called: in keymap files, by Textual, by people; and those that nobody can press or should bind."""

import unicodedata

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
    "pgup": "pageup",
    "pagedown": "pagedown",
    "pgdn": "pagedown",
    "insert": "insert",
    "ins": "insert",
    "delete": "delete",
    "del": "delete",
    "backspace": "backspace",
}
_MOVING = frozenset({"up", "down", "left", "right", "home", "end", "pageup", "pagedown", "delete"})
# With which names a modifier makes a key of its own; any other pair arrives as the bare key or not at all.
_MODIFIED = {
    frozenset[str](): frozenset(_NAMED.values()),
    frozenset({"shift"}): _MOVING | {"tab"},
    frozenset({"ctrl"}): _MOVING,
    frozenset({"ctrl", "shift"}): _MOVING,
}
_FUNCTION = 12
# Terminals send F13 to F24 for Shift with F1 to F12; those with a newer protocol say what was pressed.
_SAME = {
    f"{ctrl}shift+f{n}": f"{ctrl}f{n + _FUNCTION}" for n in range(1, _FUNCTION + 1) for ctrl in ("", "ctrl+")
}
_SHOWN = {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn", "insert": "Ins", "delete": "Del"}
# Flow control, tmux and screen prefixes, job control, what terminals send for other keys, menus of terminal
# windows.
NEVER = frozenset(
    {*(f"ctrl+{c}" for c in "sqzbahimj[\\"), "ctrl+space", "ctrl+@", "ctrl+enter", "f10", "f11"}
)


def spelled(key: str) -> str:
    """A key as people read it: F3, Shift+F6, Ctrl+P, j."""
    *mods, last = key.split("+") if len(key) > 1 else [key]
    number = _number(last)
    if number > _FUNCTION:
        mods, last = [*mods, "shift"], f"f{number - _FUNCTION}"
    last = _SHOWN.get(last, last if len(last) == 1 and not mods else last.capitalize())
    return "+".join([*(mod.capitalize() for mod in mods), last])


def pressed(key: str, character: str | None) -> str:
    """The name a key press is looked up by.

    Signs are folded by NFKC, so that full-width ones mean the same; a letter under an accent, which a dead key
    left on it, is that letter.
    """
    if character is not None and len(character) == 1 and character.isprintable() and character != " ":
        folded = unicodedata.normalize("NFKC", character)
        apart = unicodedata.normalize("NFKD", character)
        base, marks = apart[0], apart[1:]
        if marks and base.isascii() and base.isalpha() and all(map(unicodedata.combining, marks)):
            return base
        return folded if len(folded) == 1 else character
    return _SAME.get(key, key)


def parse(text: str) -> str | None:
    """The name of a key as a keymap file spells it; None when no terminal sends such a key."""
    if len(text) == 1:
        folded = unicodedata.normalize("NFKC", text)
        return folded if len(folded) == 1 and folded.isprintable() and not folded.isspace() else None
    *named, last = text.lower().split("+")
    mods = frozenset(named)
    if len(mods) != len(named) or not mods <= {"ctrl", "shift", "alt"}:
        return None
    plain = "+".join([*sorted(mods), _NAMED.get(last, last)])
    if last and ("alt" in mods or plain in NEVER):
        return plain  # it is sent; whether it may be bound is `forbidden`'s to say
    if 0 < _number(last) <= _FUNCTION:
        return _SAME.get(plain, plain)
    if mods == {"ctrl"} and len(last) == 1:
        return plain if last.isascii() and last.isalpha() else None
    return plain if _NAMED.get(last) in _MODIFIED.get(mods, ()) else None


def _number(name: str) -> int:
    """The number of a function key; 0 for any other."""
    return int(name[1:]) if name[:1] == "f" and name[1:].isascii() and name[1:].isdecimal() else 0


def forbidden(key: str) -> bool:
    """Whether terminals, multiplexers or input methods take this key for themselves."""
    return key in NEVER or key.startswith("alt+")
