"""Keys as data: the shipped keymap, a person's own over it, and what is refused with its file and line."""

from pathlib import Path

import pytest

from csdesk.desk.config import ConfigError
from csdesk.tui import keymap
from csdesk.tui.actions import CONTEXTS, registry

# DESIGN §6: each verb's key and the twin that works while a Chinese input method is on.
TABLE = {
    "down": ("j", "down"), "up": ("k", "up"), "top": ("g", "home"), "bottom": ("G", "end"),
    "queue_prev": ("h", "shift+tab"), "queue_next": ("l", "tab"), "open": ("o", "enter"),
    "back": ("q", "escape"),
    "case_prev": ("[", "left"), "case_next": ("]", "right"), "mark": ("x", "space"),
    "mark_range": ("v", "shift+down"), "mark_all": ("V", "*"), "reply": ("r", "f3"), "canned": ("c", "f4"),
    "verb.take": ("a", "insert"), "verb.assign": ("A", "ctrl+o"), "status": ("s", "f6"),
    "resolve": ("e", "f7"),
    "next": ("N", "ctrl+g"), "verb.snooze": ("z", "f8"), "verb.tag": ("t", "ctrl+t"),
    "verb.note": ("n", "ctrl+n"), "policy": ("p", "f2"), "preview": ("w", "f12"), "find": ("/", "、"),
    "palette": ("ctrl+p",), "undo": ("u", "ctrl+u"), "redo": ("U", "ctrl+y"), "repeat": (".", "。"),
    "copy_number": ("y", "ctrl+k"), "refresh": ("R", "f5"), "redraw": ("ctrl+l",), "help": ("?", "f1"),
    "send": ("f9",), "quit": ("ctrl+c",), "command": (":",), "verb.escalate": ("!",),
    "nth": tuple("1234567890"),
}  # fmt: skip


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


def refused(path: Path, text: str) -> ConfigError:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        keymap.load(path)
    return caught.value


def test_the_shipped_keys_are_those_of_the_design():
    shipped = keymap.load()
    assert {action: shipped.keys[action] for action in TABLE} == TABLE


def test_the_shipped_keymap_names_only_actions_that_exist_and_no_forbidden_key():
    shipped = keymap.load()
    assert set(shipped.keys) <= set(registry())
    assert not [key for keys in shipped.keys.values() for key in keys if keymap.forbidden(key)]


def test_every_place_can_be_left_and_asked_for_help():
    shipped = keymap.load()
    for place in CONTEXTS:
        assert shipped.action(place, "escape") == "back"
        assert place == "help" or shipped.action(place, "f1") == "help"


def test_every_action_bound_to_a_letter_has_a_twin_that_an_input_method_lets_through():
    shipped = keymap.load()
    letters_only = [
        action
        for action, keys in shipped.keys.items()
        if keys and all(key.isalpha() and len(key) == 1 for key in keys)
    ]
    assert letters_only == []


@pytest.mark.parametrize(
    ("key", "character", "name"),
    [
        ("j", "j", "j"),
        ("fullwidth_latin_small_letter_j", "ｊ", "j"),
        ("fullwidth_exclamation_mark", "！", "!"),
        ("fullwidth_colon", "：", ":"),
        ("fullwidth_question_mark", "？", "?"),
        ("ideographic_comma", "、", "、"),
        ("ideographic_full_stop", "。", "。"),
        ("question_mark", "?", "?"),
        ("space", " ", "space"),
        ("tab", "\t", "tab"),
        ("ctrl+p", "\x10", "ctrl+p"),
        ("f3", None, "f3"),
        ("退", "退", "退"),
    ],
)
def test_a_key_press_is_looked_up_under_its_folded_name(key: str, character: str | None, name: str):
    assert keymap.pressed(key, character) == name


@pytest.mark.parametrize(
    ("spelling", "name"),
    [("Ctrl+P", "ctrl+p"), ("F12", "f12"), ("Esc", "escape"), ("Shift+Tab", "shift+tab"),
     ("PageUp", "pageup"), ("：", ":"), ("G", "G"), ("Shift+Ctrl+Left", "ctrl+shift+left")],
)  # fmt: skip
def test_keys_are_read_as_people_spell_them(spelling: str, name: str):
    assert keymap.parse(spelling) == name


@pytest.mark.parametrize("spelling", ["", "F13", "Hyper+x", "Ctrl+退", "ctrl+ctrl+a", "Ctrl+", "\x1b", " "])
def test_what_is_no_key_is_not_read_as_one(spelling: str):
    assert keymap.parse(spelling) is None


def test_a_persons_file_replaces_the_keys_of_an_action_and_an_empty_list_unbinds_it(mine: Path):
    mine.write_text(
        '[actions]\nfind = ["Ctrl+W"]\nmark_all = []\n[verbs]\napprove = ["P"]\n', encoding="utf-8"
    )
    ours = keymap.load(mine)
    assert ours.action("queue", "ctrl+w") == "find"
    assert ours.action("queue", "/") is None
    assert ours.shown("mark_all") == ""
    assert ours.action("case", "P") == "verb.approve"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('[actions]\n\nfly = ["f"]\n', "keymap_action", 3),
        ('[verbs]\nfly = ["f"]\n', "keymap_action", 2),
        ('[verbs]\nbreach = ["f"]\n', "keymap_action", 2),
        ('[keys]\nfind = ["f"]\n', "keymap_table", 1),
        ('[actions]\nfind = "/"\n', "keymap_list", 2),
        ("[actions]\nfind = [1]\n", "keymap_list", 2),
        ('[actions]\nfind = ["Hyper+f"]\n', "keymap_key", 2),
        ('[actions]\nfind = ["j"]\n', "keymap_clash", 2),
        *((f'[actions]\nfind = ["{key}"]\n', "keymap_never", 2) for key in
          ("Ctrl+S", "Ctrl+Q", "Ctrl+Z", "Ctrl+B", "Ctrl+A", "Ctrl+H", "Ctrl+I", "Ctrl+M", "Ctrl+J", "Ctrl+[",
           "Ctrl+Space", "Alt+x", "Ctrl+Enter", "F10", "F11")),
    ],
)  # fmt: skip
def test_a_bad_keymap_is_refused_with_its_file_and_line(mine: Path, text: str, code: str, line: int):
    error = refused(mine, text)
    assert error.code == code
    assert error.detail["where"] == f"{mine}:{line}"


def test_a_keymap_that_is_missing_or_no_toml_is_refused_by_name(mine: Path):
    assert refused(mine, "find = [").detail["path"] == mine
    mine.unlink()
    with pytest.raises(ConfigError) as caught:
        keymap.load(mine)
    assert caught.value.code == "keymap_unreadable"
