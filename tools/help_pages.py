"""Writes data/help.txt: what `--help` of every command prints, so that showing it loads no command."""

from collections.abc import Iterator
from pathlib import Path

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from csdesk.cli.help import MARK, WIDTH
from csdesk.cli.main import build

FILE = Path(__file__).parent.parent / "data" / "help.txt"


def text() -> str:
    """The whole file: each page under its command's words."""
    root = get_command(build(""))
    assert isinstance(root, TyperGroup)
    return "".join(f"{MARK}{' '.join(words)}\n{page}\n" for words, page in _pages(root, ()))


def _pages(
    command: TyperGroup | TyperCommand, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    # As wide as Typer's own pages in a terminal of `WIDTH` columns: two stay free.
    context = command.context_class(
        command, info_name=" ".join(("csdesk", *words)), terminal_width=WIDTH - 2, max_content_width=WIDTH
    )
    yield words, command.get_help(context)
    if isinstance(command, TyperGroup):
        for word, inner in command.commands.items():
            assert isinstance(inner, TyperGroup | TyperCommand)
            yield from _pages(inner, (*words, word))


def stale() -> bool:
    """Whether the file is missing or differs from what the code gives."""
    return not FILE.exists() or FILE.read_text(encoding="utf-8") != text()


def write() -> None:
    """Write the file."""
    FILE.write_text(text(), encoding="utf-8")
