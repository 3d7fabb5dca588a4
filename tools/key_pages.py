"""The cheat sheets: for each shipped keymap one page to print, a table for each place."""

from collections.abc import Callable
from functools import partial

from csdesk.tui import keymap
from csdesk.tui.actions import CONTEXTS, Action, label, registry
from page_parts import EN, HANS, both, code, page, table

DEFAULT = "default"
# Where else each profile differs is in its file; what it is for stands here.
FOR = {
    "default": "默认按键。替代键在中文输入法开着时也能用。",
    "vim": '习惯 vim 的人：设置 `keymap = "vim"`。',
    "function": '输入法一直开着的人，只用功能键和 Ctrl：设置 `keymap = "function"`。',
    "left": '只用左手：设置 `keymap = "left"`。',
    "browser": '在浏览器里的终端，避开浏览器自己的键：设置 `keymap = "browser"`。',
}
OTHERS = "其他方案：{links}。每个操作的编号见[按键表](keys.md)。"
HEAD = ("键", "替代键", "做什么", "English")
# An action of so many places is told once, in front.
MANY = 8


def sheets() -> dict[str, Callable[[], str]]:
    """The pages by file name; FOR must say what each keymap is for."""
    return {_file(name): partial(_sheet, name) for name in keymap.profiles()}


def _file(name: str) -> str:
    return "cheatsheet.md" if name == DEFAULT else f"cheatsheet-{name}.md"


def _sheet(name: str) -> str:
    bound = keymap.load(name)
    # In the order of the file: that of the registry follows from who imported what first.
    actions = [registry()[id_] for id_, keys in bound.keys.items() if keys]
    links = "、".join(f"[{other}]({_file(other)})" for other in keymap.profiles() if other != name)
    parts = [FOR[name], OTHERS.format(links=links), "## 列表和各处 everywhere"]
    parts.append(table(HEAD, (_row(a, bound) for a in actions if len(a.contexts) >= MANY)))
    for place in CONTEXTS:
        own = [a for a in actions if place in a.contexts and len(a.contexts) < MANY]
        if own:
            parts += [f"## {both('place', place)}", table(HEAD, (_row(a, bound, place) for a in own))]
    return page(f"按键速查 Cheat sheet: {name}", *parts)


def _row(action: Action, bound: keymap.Keymap, place: str = "") -> tuple[str, ...]:
    shown = [code(keymap.spelled(key)) for key in bound.keys[action.id]]
    first, twins = shown[0], " ".join(shown[1:])
    if action.keyed:
        first, twins = f"{shown[0]} – {shown[-1]}", ""
    return first, twins, label(HANS, action.id, place), label(EN, action.id, place)
