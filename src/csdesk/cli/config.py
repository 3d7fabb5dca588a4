"""`csdesk config`: every setting, its value, and where the value is from; the keys, and what is wrong with a keymap."""

import sys
from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, settings
from csdesk.desk.config import config_file, docs
from csdesk.desk.words import Words
from csdesk.store.dsn import dsn_of

if TYPE_CHECKING:
    from csdesk.tui.keymap import Keymap

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at the configuration.")


@app.command("show")
def show(
    as_json: bool = JSON, file: str | None = FILE, agent: str | None = AGENT, language: str | None = LANGUAGE
) -> None:
    """Show every setting with its value, where it is from, and what it means."""
    loaded = settings(file, agent, language)
    found = [
        {
            "name": name,
            "value": _shown(getattr(loaded.config, name)),
            "from": loaded.origins[name],
            "type": type_,
            "about": about,
        }
        for name, type_, _, about in docs()
    ]
    lines = (f"{s['name']} = {s['value']!r}  ({s['from']})\n    {s['about']}" for s in found)
    answer(found, as_json, iter([f"# {config_file()}", *lines]))


@app.command("keys")
def keys(
    keymap: str = typer.Argument("", help="vim, function, left, browser or a file; the setting when absent."),
    check: bool = typer.Option(False, "--check", help="Only look whether there is anything wrong with it."),
    as_json: bool = JSON,
    language: str | None = LANGUAGE,
) -> None:
    """Show what each key does in each place of the console, or all that is wrong with a keymap."""
    from csdesk.tui import keymap as keymaps

    loaded = settings(None, None, language)
    words, which = Words(loaded.config.language, UTC), keymap or loaded.config.keymap
    made, errors = keymaps.check(which)
    if errors:
        for error in errors:
            print(words.error(error.code, error.detail, str(error)), file=sys.stderr)
        raise typer.Exit(1)
    if check:
        told = words("cli.config.keys_right", keymap=which or "default", actions=len(made.keys))
        answer({"keymap": which or "default", "actions": len(made.keys)}, as_json, iter([told]))
        return
    found = [
        {"place": place, "action": action, "keys": [keymaps.spelled(key) for key in made.keys[action]]}
        for place, action in _bound(made)
    ]
    answer(found, as_json, _lines(made, words))


def _bound(made: "Keymap") -> Iterator[tuple[str, str]]:
    """Each place with each action that has a key there."""
    from csdesk.tui.actions import CONTEXTS, action

    for place in CONTEXTS:
        for id_, bound in made.keys.items():
            if bound and place in action(id_).contexts:
                yield place, id_


def _lines(made: "Keymap", words: Words) -> Iterator[str]:
    from csdesk.tui.actions import label
    from csdesk.tui.key_names import spelled

    before = ""
    for place, action in _bound(made):
        if place != before:
            yield f"# {words(f'place.{place}')}"
            before = place
        shown = "  ".join(spelled(key) for key in made.keys[action])
        yield f"{label(words, action, place)}: {shown}"


def _shown(value: object) -> object:
    """A setting as it may be shown: the address of a database without its password."""
    dsn = dsn_of(value) if isinstance(value, str) else None
    return dsn.shown if dsn else value
