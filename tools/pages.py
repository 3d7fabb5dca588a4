"""Writes docs/reference/ from the code, and data/help.txt and data/read-ahead.txt: `python tools/pages.py [--check]`.

The same code gives the same bytes: no dates, no widths of a terminal, no order of a set or of imports.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

import help_pages
import read_ahead
from api_pages import api
from csdesk.cli.main import build
from csdesk.desk import asking
from csdesk.desk.config import Config, docs
from csdesk.desk.law import differing, judging, lives, replay, touched
from csdesk.desk.registry import Field, form, shown
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.command import VERBS, Command, Undo
from csdesk.domain.cases.context import Policy
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.cases.machine import Machine
from csdesk.domain.entitlement import fields as facts_fields
from csdesk.domain.roles import RIGHTS, Right, Role
from csdesk.interop.maps import SHAPES as RECORDS
from csdesk.interop.maps import load_map, shipped
from csdesk.tui import keymap
from csdesk.tui.actions import CONTEXTS, Action, label, registry
from filter_pages import filters
from key_pages import sheets
from page_parts import EN, HANS, HANT, both, code, codes, page, table
from state_pages import INTRO, machine_parts
from track_pages import tracks

FOLDER = Path(__file__).parent.parent / "docs" / "reference"

# How a person writes a value of each shape on the command line; a shape that is not here fails the making.
SHAPES = MappingProxyType(
    {
        "text": "one line of text",
        "long": "text, also of several lines",
        "number": "a whole number",
        "flag": "`true`, `yes`, `1`, `是` or `false`, `no`, `0`, `否`",
        "choice": "one of the words that are listed",
        "units": "units by order line: `1x2,3x1` is two of line 1 and one of line 3; `3` is `3x1`",
        "graded": "units with what becomes of them: `1x1:restock,2x1:missing`; without a word, `restock`",
        "list": "words with commas between them: `破损,待查`",
    }
)
# Options that stand for the same thing wherever they occur; a command only names them. The demonstration's
# `--file` is where it is made, which is another thing.
COMMON = ("--json", "--file", "--agent", "--language")
UNCOMMON = {("csdesk demo", "--file")}
# Types that answers have and a starting console does not load.
LAZY = {
    name: known
    for room in (differing, judging, lives, replay, touched, facts_fields)
    for name, known in vars(room).items()
}
UNDO = MappingProxyType({Undo.INVERSE: "yes", Undo.UNTIL_SENT: "until it has left", Undo.NONE: "no"})
MARKS = ("bulk", "offline", "money", "confirm", "final")

KEYS = """
The keys that csdesk comes with, by place. The twin does the same and works while a Chinese input
method is on. A full-width sign does what its half-width twin does: `？` is `?`, `！` is `!`, `：` is
`:`. In a text field, keys that write or edit text do that and nothing else.

Other keymaps come along: `keymap = "vim"`, `"function"` (no letters, for input methods that are
always on), `"left"` (the left hand) or `"browser"`. Each has a page to print:
[default](cheatsheet.md), [vim](cheatsheet-vim.md), [function](cheatsheet-function.md),
[left](cheatsheet-left.md), [browser](cheatsheet-browser.md).

A TOML file that the setting `keymap` names binds actions (table `[actions]`) and verbs (table
`[verbs]`, without the `verb.` before the id) anew; an empty list unbinds. What it does not name stays
as it is here, or in the keymap that its first line names (`over = "vim"`). `csdesk config keys FILE
--check` tells all that is wrong with a file, with its lines; the console then says the first of it
and opens with the keys of this page.
"""
NEVER = """
{keys}, and Alt with anything: terminals, tmux and screen, or input methods take them for
themselves. A keymap that binds one is refused with file and line.
"""
COMMANDS = """
`csdesk` alone opens the console; `csdesk --version` prints the version. Every command has `--help`.

Exit codes: 0 done, 1 refused or failed (one sentence on standard error says why), 2 wrong usage.
"""
VERBS_ = """
What can be done with a case. `csdesk case do NUMBER VERB name=value …` does it; `csdesk case verbs
NUMBER` lists what can be done now, and why the rest is off. `open` is `csdesk case open`.

- **undo** takes back one's own last verb on a case, as long as nothing that depends on it has
  happened since.
- **bulk**: may be done to several cases that are marked.
- **offline**: needs nobody else's work, so it may wait for a line that is down.
- **money**: moves money.
- **confirm**: the console asks first.
- **final**: ends the case.
"""
OWN_VERBS = """
The worker (right `run`) and the importer (right `load`) use them; no key and no form does.
"""
QUESTIONS_ = """
`csdesk ask NAME name=value …` prints the answer as JSON; lists and objects are given as JSON. Times
are UTC milliseconds, 0 for unknown; money is in minor units (fen); customers are masked. A question
with the right `work` changes something beside the case: who holds it, or a draft; one with the right
`law` changes what the desk decides by.
"""
CONFIG = """
One TOML file: `config.toml` in the configuration folder (the first line of `csdesk config show`
names it), or the file that `CSDESK_CONFIG` names. A variable of the environment goes over the file,
an option over both. An unknown name, a wrong type or a value out of range is refused with file and
line.
"""
ROLES = """
An agent of the desk has one role, a role has rights, and every verb and question needs exactly one
right. `system` is the worker that runs clocks and sends; nobody can be given it.
"""
LIMITS = """
The most that one refund may be. Above it the verb is refused, and somebody whose limit is higher
must do it.
"""
MAPS = """
A map is a TOML file that says where another system keeps what csdesk wants.
[Imports](../integrator.md#writing-a-map) tells how to write one. `csdesk import --map` takes the name
of a shipped map or the path of a file.
"""


def machines() -> list[Machine]:
    """All kinds in the order of `Kind`; that of the registry follows from who imported what first."""
    return [MACHINES[kind] for kind in Kind if kind in MACHINES]


def every_verb() -> list[type[Command]]:
    """All verbs: those that move cases, kind by kind in the order of use, then the others by name."""
    moving = dict.fromkeys(name for machine in machines() for name in machine.verbs() if name in VERBS)
    return [VERBS[name] for name in ("open", *moving, *sorted(VERBS.keys() - moving.keys() - {"open"}))]


def every_action() -> list[Action]:
    """All actions of the console, its verbs in the order of `every_verb`."""
    order = {f"verb.{cls.verb.name}": n for n, cls in enumerate(every_verb())}
    return sorted(registry().values(), key=lambda action: order.get(action.id, -1))


def about(thing: object) -> str:
    """The docstring of a class as running text."""
    return " ".join((thing.__doc__ or "").split())


def keys() -> str:
    """keys.md: what each key does in each place."""
    bound = keymap.load()
    parts = [KEYS]
    for place in CONTEXTS:
        name = both("place", place)
        found = (a for a in every_action() if place in a.contexts and bound.keys.get(a.id))
        parts.append(f"## {place} ({name})" if name else f"## {place}")
        parts.append(table(("key", "twin", "中文", "English", "id"), (_bound(a, bound) for a in found)))
    free = [a for a in every_action() if not bound.keys.get(a.id)]
    parts += [
        "## Actions without a key",
        "They can be bound like the others.",
        table(("中文", "English", "id"), [(label(HANS, a.id), label(EN, a.id), code(a.id)) for a in free]),
        "## Never bound",
        NEVER.format(keys=", ".join(code(keymap.spelled(key)) for key in sorted(keymap.NEVER))),
    ]
    return page("Keys", *parts)


def _bound(action: Action, bound: keymap.Keymap) -> tuple[str, ...]:
    spelled = [code(keymap.spelled(key)) for key in bound.keys[action.id]]
    first, twins = spelled[0], " ".join(spelled[1:])
    if action.keyed:
        first, twins = f"{spelled[0]} to {spelled[-1]}", ""
    return first, twins, label(HANS, action.id), label(EN, action.id), code(action.id)


def commands() -> str:
    """commands.md: every command of the command line with its options."""
    root = get_command(build(""))
    assert isinstance(root, TyperGroup)
    found = list(_walk(root, "csdesk"))
    shared = {
        option: param
        for name, command in found
        for param in command.params
        for option in param.opts
        if (name, option) not in UNCOMMON
    }
    rows = [(code(name), _takes(shared[name]), _help(shared[name])) for name in COMMON]
    parts = [COMMANDS, "## Options that many commands share", table(("option", "takes", "what it is"), rows)]
    for name, command in found:
        parts += [f"## {name}", *_command(name, command)]
    return page("Commands", *parts)


def _walk(group: TyperGroup, name: str) -> Iterator[tuple[str, TyperCommand]]:
    for word, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _walk(command, f"{name} {word}")
        elif isinstance(command, TyperCommand):
            yield f"{name} {word}", command


def _command(name: str, command: TyperCommand) -> Iterator[str]:
    arguments = [_usage(p) for p in command.params if p.param_type_name == "argument"]
    yield "\n".join(["```", " ".join((name, *arguments, "[OPTIONS]")), "```"])
    yield " ".join((command.help or "").split())
    also = [o for o in COMMON if (name, o) not in UNCOMMON and any(o in p.opts for p in command.params)]
    rows = [_param(p) for p in command.params if not set(p.opts) & set(also)]
    if rows:
        yield table(("argument or option", "takes", "when absent", "what it is"), rows)
    if also:
        yield f"Also {', '.join(code(option) for option in also)}."


def _usage(param: Any) -> str:
    named = _named(param) + ("…" if param.nargs != 1 else "")
    return named if param.required else f"[{named}]"


def _named(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def _param(param: Any) -> tuple[str, ...]:
    if param.param_type_name == "argument":
        spelled, default = code(_named(param)), _default(param.default)
    else:
        spelled = ", ".join(code(option) for option in (*param.opts, *param.secondary_opts))
        default = _default(param.default, param.opts, param.secondary_opts)
    return spelled, _takes(param), "required" if param.required else default, _help(param)


def _help(param: Any) -> str:
    return str(param.help or "")


def _takes(param: Any) -> str:
    names = {"str": "text", "int": "number", "boolean": "", "path": "path"}
    names |= {"int range": "number", "float range": "number"}
    least, most = getattr(param.type, "min", None), getattr(param.type, "max", None)
    return names[param.type.name] + (f", {least} to {most}" if most is not None else "")


def _default(value: object, opts: Iterable[str] = (), off: Iterable[str] = ()) -> str:
    if isinstance(value, bool):
        return ", ".join(code(option) for option in (opts if value else off))
    return code(value) if value not in (None, "") else ""


def verbs() -> str:
    """verbs.md: every verb as each door sees it."""
    people = [cls for cls in every_verb() if cls.verb.right not in (Right.RUN, Right.LOAD)]
    own = [cls for cls in every_verb() if cls not in people]
    return page(
        "Verbs",
        VERBS_,
        "## How values are written",
        table(("shape", "how"), SHAPES.items()),
        "## Verbs of people",
        table(("verb", "中文", "right", "undo", "marks"), map(_summary, people)),
        *(part for cls in people for part in _verb(cls)),
        "## Verbs of the desk itself",
        OWN_VERBS,
        table(("verb", "中文", "right", "what it does"), map(_own, own)),
    )


def _marks(cls: type[Command]) -> str:
    return ", ".join(name for name in MARKS if getattr(cls.verb, name))


def _undo(cls: type[Command]) -> str:
    why = cls.verb.why
    return UNDO[cls.verb.undo] + (f" ({EN.code('why', why)})" if why else "")


def _summary(cls: type[Command]) -> tuple[str, ...]:
    name = cls.verb.name
    return f"[`{name}`](#{name})", HANS.code("verb", name), code(cls.verb.right), _undo(cls), _marks(cls)


def _own(cls: type[Command]) -> tuple[str, ...]:
    return code(cls.verb.name), HANS.code("verb", cls.verb.name), code(cls.verb.right), about(cls)


def _verb(cls: type[Command]) -> Iterator[str]:
    spec = cls.verb
    kinds = ", ".join(machine.kind.value for machine in machines() if spec.name in machine.verbs())
    yield f"### {spec.name}"
    yield " · ".join(words.code("verb", spec.name) for words in (HANS, HANT, EN))
    yield about(cls)
    told = {
        "kinds": "every kind" if spec.shared or spec.name == "open" else kinds,
        "right": code(spec.right),
        "undo": _undo(cls),
        "marks": _marks(cls) or "none",
    }
    yield "\n".join(f"- {name}: {value}" for name, value in told.items())
    if rows := [_field(field) for field in form(spec.name)]:
        yield table(("field", "label", "shape", "when absent", "choices"), rows)
    if spec.example:
        yield f"```\n{spec.example}\n```"


def _field(field: Field) -> tuple[str, ...]:
    assert field.shape in SHAPES
    absent = "required" if field.required else code(shown(field.default))
    kinds = [machine.kind.value for machine in machines()]
    choices = kinds if set(field.choices) == set(kinds) else field.choices
    return code(field.name), both("field", field.name), field.shape, absent, codes(choices)


def questions() -> str:
    """questions.md: what `csdesk ask` can be asked, and the shapes of the answers."""
    shapes: dict[str, type] = {}
    rows = []
    for name, cls in asking.questions().items():
        answer = get_args(cls.__orig_bases__[0])[0]  # type: ignore[attr-defined]
        for hint in (answer, *_hints(cls).values()):
            _gather(hint, shapes)
        rows.append((code(name), about(cls), _inputs(cls), code(_type(answer)), code(cls.right)))
    parts = [
        QUESTIONS_,
        table(("question", "what it answers", "values", "answer", "right"), rows),
        "## Shapes",
    ]
    for name in sorted(shapes):
        parts += [f"### {name}", *_shape(shapes[name])]
    return page("Questions", *parts)


def _hints(cls: Any) -> dict[str, Any]:
    """The types of a class's fields, also those that its module names for the checker alone."""
    return get_type_hints(cls, localns=LAZY)


def _inputs(cls: Any) -> str:
    hints = _hints(cls)
    told = []
    for f in fields(cls):
        absent = "" if f.default is MISSING else f" = {json.dumps(f.default)}"
        told.append(code(f"{f.name}: {_type(hints[f.name])}{absent}"))
    return ", ".join(told)


def _shape(cls: Any) -> Iterator[str]:
    yield about(cls)
    if issubclass(cls, Enum):
        yield ", ".join(code(member.value) for member in cls)
        return
    hints = _hints(cls)
    yield table(("field", "type"), [(code(f.name), code(_type(hints[f.name]))) for f in fields(cls)])


def _gather(hint: Any, into: dict[str, type]) -> None:
    """Every dataclass and enumeration inside a type, by name."""
    for inner in get_args(hint):
        _gather(inner, into)
    if not isinstance(hint, type) or get_args(hint) or hint.__name__ in into:
        return
    if issubclass(hint, Enum):
        into[hint.__name__] = hint
    elif is_dataclass(hint):
        into[hint.__name__] = hint
        for inner in _hints(hint).values():
            _gather(inner, into)


def _type(hint: Any) -> str:
    """A type as a reader of JSON sees it: names without modules, `null` for None."""
    name = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", name).replace("NoneType", "null").replace("None", "null")


def config() -> str:
    """config.md: every setting, with its variable, range and default."""
    limits = {f.name: f.metadata for f in fields(Config)}
    return page(
        "Configuration",
        CONFIG,
        table(
            ("setting", "type", "default", "also set by", "what it is"),
            [_setting(*known, limits[known[0]]) for known in docs()],
        ),
    )


def _setting(name: str, type_: str, default: object, about_: str, limits: Any) -> tuple[str, ...]:
    if "choices" in limits:
        about_ += f" One of {', '.join(code(choice) for choice in limits['choices'])}."
    if "least" in limits:
        about_ += f" From {limits['least']} to {limits['most']}."
    kind = {"str": "text", "int": "number", "bool": "true/false"}[type_]
    set_by = [f"CSDESK_{name.upper()}", *(option for option in COMMON if option == f"--{name}")]
    return code(name), kind, code(shown(default)), ", ".join(map(code, set_by)), about_


def states() -> str:
    """states.md: the machine of each kind."""
    return page(
        "States", INTRO, *(p for m in machines() for p in machine_parts(m)), *tracks(table, code, both)
    )


def roles() -> str:
    """roles.md: who may do what."""
    limits = [(code(role), EN.money(most, "CNY")) for role, most in Policy().refund_limits.items()]
    rights = [
        (code(right), both("right", right), *("yes" if right in RIGHTS[role] else "" for role in Role))
        for right in Right
    ]
    needs = [
        (
            code(right),
            codes(cls.verb.name for cls in every_verb() if cls.verb.right is right),
            codes(name for name, cls in asking.questions().items() if cls.right is right),
        )
        for right in Right
    ]
    return page(
        "Roles",
        ROLES,
        table(("role", "label"), [(code(role), both("role", role)) for role in Role]),
        "## Who has which right",
        table(("right", "label", *(code(role) for role in Role)), rights),
        "## What each right allows",
        table(("right", "verbs", "questions"), needs),
        "## How much one may refund alone",
        LIMITS,
        table(("role", "at most"), limits),
    )


def maps() -> str:
    """maps.md: the shipped maps, and the tables and fields that a map may have."""
    rows = []
    for name, shape in RECORDS.items():
        rows.append((code(name), codes(shape.required), codes(shape.optional), codes(shape.settings)))
        rows += [
            (code(f"{name}.{n}"), codes(p.required), codes(p.optional), "") for n, p in shape.parts.items()
        ]
    known = [(name, load_map(name)) for name in shipped()]
    return page(
        "Import maps",
        MAPS,
        "## Shipped maps",
        table(("map", "what it takes", "tables"), [(code(n), m.title, codes(m.sections)) for n, m in known]),
        "## Tables and fields",
        table(("table", "required", "also", "settings of the table"), rows),
    )


PAGES: dict[str, Callable[[], str]] = {
    "keys.md": keys,
    **sheets(),
    "commands.md": commands,
    "api.md": api,
    "verbs.md": verbs,
    "questions.md": questions,
    "config.md": config,
    "states.md": states,
    "roles.md": roles,
    "maps.md": maps,
    "filters.md": filters,
}


def stale(folder: Path = FOLDER) -> list[str]:
    """The pages that are missing or differ from what the code gives, and files there that nothing makes."""
    kept = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    differing = [name for name, make in PAGES.items() if kept.get(name) != make()]
    return differing + sorted(kept.keys() - PAGES.keys())


def write(folder: Path = FOLDER) -> list[str]:
    """Write what is stale and remove what nothing makes; the names of both."""
    folder.mkdir(parents=True, exist_ok=True)
    old = stale(folder)
    for name in old:
        if name in PAGES:
            (folder / name).write_text(PAGES[name](), encoding="utf-8")
        else:
            (folder / name).unlink()
    return old


def main() -> int:
    """Write what is stale, or with --check only name it; 1 when something is stale."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--check", action="store_true", help="write nothing")
    if not options.parse_args().check:
        wrote = write()
        for made in (help_pages, read_ahead):
            if made.stale():
                made.write()
                wrote.append(made.FILE.name)
        print(f"pages: wrote {', '.join(wrote) or 'nothing'}")
        return 0
    old = [f"docs/reference/{name}" for name in stale()]
    old += [f"data/{made.FILE.name}" for made in (help_pages, read_ahead) if made.stale()]
    for name in old:
        print(f"pages: {name} is stale: run `make docs`", file=sys.stderr)
    print(f"pages: {len(old)} stale")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
