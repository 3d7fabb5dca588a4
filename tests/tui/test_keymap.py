"""Keys as data: the shipped keymaps, a person's own over them, and what is refused with its file and line."""

import string
from datetime import UTC
from pathlib import Path

import pytest
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

from csdesk.desk.config import ConfigError
from csdesk.desk.words import LANGUAGES, Words
from csdesk.tui import keymap
from csdesk.tui.actions import CONTEXTS, label, registry
from csdesk.tui.widgets.fields import LineField, TextField

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
    "verb.note": ("n", "ctrl+n"), "policy": ("p", "f2"), "preview": ("w", "f12"), "filter": ("/", "、"),
    "find": ("Q", "f15"), "views": ("m", "f24"), "keep_view": ("K", "f17"),
    "palette": ("ctrl+p",), "undo": ("u", "ctrl+u"), "redo": ("U", "ctrl+y"), "repeat": (".", "。"),
    "copy_number": ("y", "ctrl+k"), "refresh": ("R", "f5"), "redraw": ("ctrl+l",), "help": ("?", "f1"),
    "send": ("f9",), "quit": ("ctrl+c",), "command": (":",), "verb.escalate": ("!",), "explain": ("i", "ctrl+e"),
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


def test_the_full_width_twins_of_the_design_are_those_keys():
    shipped = keymap.load()
    for sign, place, action in (
        ("！", "queue", "verb.escalate"), ("：", "queue", "command"), ("、", "queue", "filter"),
        ("。", "case", "repeat"), ("？", "case", "help"), ("＊", "queue", "mark_all"), ("ｊ", "menu", "down"),
    ):  # fmt: skip
        assert shipped.action(place, keymap.pressed("", sign)) == action


@pytest.fixture(params=keymap.profiles())
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_there_are_the_profiles_that_the_setting_names():
    assert keymap.profiles() == ["browser", "default", "function", "left", "vim"]


def test_a_profile_names_only_actions_that_exist_has_no_clash_and_no_forbidden_key(profile: str):
    shipped, errors = keymap.check(profile)
    assert [str(error) for error in errors] == []
    assert set(shipped.keys) <= set(registry())
    assert not [key for keys in shipped.keys.values() for key in keys if keymap.forbidden(key)]


def test_in_a_profile_every_place_can_be_left_and_asked_for_help_while_one_types(profile: str):
    shipped = keymap.load(profile)
    for place in CONTEXTS:
        assert shipped.action(place, "escape") == "back"
        # Where one types, a sign is a sign.
        helping = [key for key in shipped.keys["help"] if len(key) > 1]
        assert helping and (place == "help" or shipped.action(place, helping[0]) == "help")


def test_in_a_profile_what_has_no_key_of_its_own_is_in_the_palette_or_the_status_menu(profile: str):
    shipped = keymap.load(profile)
    for action in registry().values():
        if action.keyed:
            continue  # by number, beside the arrows
        for place in action.contexts:
            bound = any(shipped.action(place, key) == action.id for key in shipped.keys.get(action.id, ()))
            assert bound or shipped.action(place, shipped.keys["palette"][0]) == "palette", (place, action.id)
    assert shipped.action("case", shipped.keys["status"][0]) == "status"


def twins(shipped: keymap.Keymap, action: str) -> list[str]:
    """The keys of an action that arrive whatever an input method does with letters."""
    return [
        key for key in shipped.keys.get(action, ()) if not (len(key) == 1 and key in string.ascii_letters)
    ]


@pytest.mark.parametrize("which", ["default", "function", "vim", "browser"])
def test_every_action_that_has_a_key_has_one_that_an_input_method_lets_through(which: str):
    shipped = keymap.load(which)
    assert [action for action, keys in shipped.keys.items() if keys and not twins(shipped, action)] == []


# What a Chinese input method makes of signs that are bound and have no full-width form of the same sign.
OTHERWISE = "[]'`$^_\\<>"


def test_no_action_has_only_signs_that_an_input_method_replaces_by_others():
    shipped = keymap.load()
    lost = [
        action
        for action in shipped.keys
        if twins(shipped, action) and all(key in OTHERWISE for key in twins(shipped, action))
    ]
    assert lost == []


def test_the_function_profile_needs_no_letter_and_no_sign():
    shipped = keymap.load("function")
    assert [key for keys in shipped.keys.values() for key in keys if len(key) == 1] == []
    default = keymap.load()
    unreachable = {id_ for id_, keys in default.keys.items() if keys and not shipped.keys[id_]}
    assert unreachable == {"nth"}


def test_the_browser_profile_leaves_browsers_their_keys():
    shipped = keymap.load("browser")
    theirs = {"f1", "f3", "f5", "f11", "f12", *(f"ctrl+{key}" for key in "tnokw")}
    assert [key for keys in shipped.keys.values() for key in keys if key in theirs] == []
    assert {id_ for id_, keys in shipped.keys.items() if not keys} == set()


LEFT = {
    *"qwertasdfgzxcvbQWERTASDFGZXCVB12345!@#$%`~", "space", "tab", "shift+tab", "escape",
    *(f"ctrl+{key}" for key in "wertdfgxcv"), *(f"f{n}" for n in (*range(1, 7), *range(13, 19))),
}  # fmt: skip


def test_the_left_profile_has_each_action_under_the_left_hand():
    shipped = keymap.load("left")
    assert [id_ for id_, keys in shipped.keys.items() if not set(keys) & LEFT] == []


# Where one types from the begin: what has a key there needs one that is not a letter in the field.
TYPING = ("compose", "canned", "policy", "order", "find", "filter", "palette", "command", "help")


def test_while_one_types_every_action_of_the_place_has_a_key_that_the_field_does_not_want(profile: str):
    shipped = keymap.load(profile)
    for place in TYPING:
        field = TextField if place == "compose" else LineField
        for action in registry().values():
            if place not in action.contexts or action.id in UNDER_A_FIELD:
                continue
            usable = [
                key for key in shipped.keys[action.id] if len(key) > 1 and key not in field.editing_keys
            ]
            assert usable, (place, action.id)


# The field does these itself, or what it needs its keys for comes first.
UNDER_A_FIELD = ("top", "bottom", "open", "quit")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_action_is_without_words(language: str):
    words = Words(language, UTC)
    for action in registry().values():
        assert words.has(f"verb.{action.verb}" if action.verb else f"action.{action.id}"), action.id
        assert all(label(words, action.id, place).strip() for place in action.contexts)
    assert [place for place in CONTEXTS if not words.has(f"place.{place}")] == []


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
        ("é", "é", "e"),
        ("Ñ", "Ñ", "N"),
        ("combining_acute_accent", "\u0301", "\u0301"),
        ("shift+f6", None, "f18"),
        ("ctrl+shift+f6", None, "ctrl+f18"),
    ],
)
def test_a_key_press_is_looked_up_under_its_folded_name(key: str, character: str | None, name: str):
    assert keymap.pressed(key, character) == name


@pytest.mark.parametrize(
    ("spelling", "name"),
    [("Ctrl+P", "ctrl+p"), ("F12", "f12"), ("Esc", "escape"), ("Shift+Tab", "shift+tab"), ("PageUp", "pageup"),
     ("Shift+F6", "f18"), ("Ctrl+F5", "ctrl+f5"), ("PgDn", "pagedown"), ("：", ":"), ("G", "G"),
     ("Shift+Ctrl+Left", "ctrl+shift+left")],
)  # fmt: skip
def test_keys_are_read_as_people_spell_them(spelling: str, name: str):
    assert keymap.parse(spelling) == name


@pytest.mark.parametrize("key", ["f3", "f18", "ctrl+p", "ctrl+shift+left", "pagedown", "j", "G", "："])
def test_a_key_is_spelled_as_it_is_read(key: str):
    name = keymap.pressed("", key) if len(key) == 1 else key
    assert keymap.parse(keymap.spelled(name)) == name


def test_every_key_that_may_be_bound_is_one_that_textual_gets_from_terminals():
    sent = {key.value for keys in ANSI_SEQUENCES_KEYS.values() if isinstance(keys, tuple) for key in keys}
    names = [*"abcdefghijklmnopqrstuvwxyz0123456789;,./-=[]", *(f"F{n}" for n in range(1, 13)), "Enter", "Esc",
             "Tab", "Space", "Up", "Down", "Left", "Right", "Home", "End", "PageUp", "PageDown", "Insert",
             "Delete", "Backspace"]  # fmt: skip
    mods = ("", "Shift+", "Ctrl+", "Ctrl+Shift+")
    parsed = {keymap.parse(mod + name) for mod in mods for name in names if mod or len(name) > 1} - {None}
    bindable = {key for key in parsed if key and not keymap.forbidden(key)}
    assert bindable - sent == set()
    assert len(bindable) > 80


@pytest.mark.parametrize(
    "spelling",
    ["", "F13", "Hyper+x", "Ctrl+退", "ctrl+ctrl+a", "Ctrl+", "\x1b", " ", "Ctrl+1", "Ctrl+;", "Shift+Enter",
     "Shift+Insert", "Ctrl+Tab", "Shift+a", "Ctrl+Shift+a", "Return"],
)  # fmt: skip
def test_what_is_no_key_is_not_read_as_one(spelling: str):
    assert keymap.parse(spelling) is None


def test_a_persons_file_replaces_the_keys_of_an_action_and_an_empty_list_unbinds_it(mine: Path):
    mine.write_text(
        '[actions]\nfind = ["Ctrl+W"]\nmark_all = []\n[verbs]\napprove = ["P"]\n', encoding="utf-8"
    )
    ours = keymap.load(mine)
    assert ours.action("queue", "ctrl+w") == "find"
    assert ours.action("queue", "Q") is None
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
        ('[actions]\n\ndown = ["x"]\n', "keymap_clash", 3),
        ('[actions]\nmark_all = ["*"]\nmark = ["Shift+Enter"]\n', "keymap_key", 3),
        ('[verbs]\ntake = []\n[actions]\nfind = []\n[actions]\nundo = []\n', "keymap_twice", 5),
        ('[actions]\nfind = []\nfind = ["f"]\n', "keymap_twice", 3),
        ('[actions]\nfind = ["f"\n\nundo = []\n', "keymap_line", 4),
        ('over = 1\n', "keymap_table", 1),
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


def test_all_that_is_wrong_is_told_in_the_order_of_the_lines_and_the_default_keys_stand(mine: Path):
    mine.write_text(
        'over = "vim"\n[actions]\nfly = ["f"]\nfind = ["Ctrl+S"]\nmark = ["Y"]\nundo = ["k"]\n[verb]\n',
        encoding="utf-8",
    )
    made, errors = keymap.check(mine)
    assert [(error.code, error.detail["where"]) for error in errors] == [
        ("keymap_action", f"{mine}:3"), ("keymap_never", f"{mine}:4"), ("keymap_clash", f"{mine}:6"),
        ("keymap_table", f"{mine}:7"),
    ]  # fmt: skip
    assert made == keymap.load()


def test_a_persons_file_may_go_over_a_profile(mine: Path):
    mine.write_text('over = "vim"\n[verbs]\napprove = ["P"]\n', encoding="utf-8")
    ours = keymap.load(mine)
    assert ours.action("case", "J") == "case_next"
    assert ours.action("case", "P") == "verb.approve"
    mine.write_text('over = "emacs"\n', encoding="utf-8")
    error = keymap.check(mine)[1][0]
    assert (error.code, error.detail["name"], error.detail["where"]) == ("keymap_over", "emacs", f"{mine}:1")


def test_a_name_that_is_no_profile_is_refused_with_those_there_are():
    error = keymap.check("emacs")[1][0]
    assert (error.code, error.detail["name"]) == ("keymap_unknown", "emacs")
    assert "vim" in str(error.detail["allowed"])
