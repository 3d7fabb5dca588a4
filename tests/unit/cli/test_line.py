"""Lines that are read without Typer, and help that no command is loaded for: both as Typer has them."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.core import TyperGroup
from typer.main import get_command

import help_pages
import read_ahead
from csdesk.cli import main
from csdesk.cli.help import page
from csdesk.cli.line import Argument, Option, plain
from csdesk.cli.listing import list_

WORDS = (
    "mine", "all", "破损", "-1", "-", "--", "", "--limit", "--limit=7", "7", "0", "501", "٣", "1e2", "--filter",
    "--filter=due:<2h", "kind:return due:<2h", "--json", "--json=1", "--no-json", "--file", "--server=unix:/x",
    "/tmp/a b.db", "--agent", "li", "--language=en", "--view", "--lim", "--help", "-h", "--limit=",
)  # fmt: skip


@cache
def root(wanted: str) -> TyperGroup:
    """The command line with the group or command `wanted`."""
    found = get_command(main.build(wanted))
    assert isinstance(found, TyperGroup)
    return found


def typers(name: str, words: list[str]) -> dict[str, Any]:
    """What Typer gives a command of `HOT`."""
    return dict(root(name).commands[name].make_context("csdesk", list(words)).params)


@pytest.mark.parametrize("name", main.HOT)
def test_a_hot_command_stands_in_its_group_too(name: str):
    group, word = name.split()
    inner = root(group).commands[group]
    assert isinstance(inner, TyperGroup)
    alone, there = typers(name, []), dict(inner.commands[word].make_context("csdesk", []).params)
    assert alone == there


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["mine"],
        ["--limit", "7", "all", "--json"],
        ["--limit=500", "--filter", "kind:return due:<2h 破损", "--file=/tmp/a b.db"],
        ["--server", "unix:/x", "--agent", "li", "--language", "en", "--view", ""],
    ],
    ids=" ".join,
)
def test_a_plain_line_is_read_as_typer_reads_it(words: list[str]):
    call: Any = plain(list_, words)
    assert call is not None
    assert call.keywords == typers("case list", words)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["a", "b"],
        ["--limit"],
        ["--limit", "0"],
        ["--limit", "501"],
        ["--limit", "٣"],
        ["--lim", "3"],
        ["--limit", "3", "--limit", "4"],
        ["--filter", "-x"],
        ["--json=1"],
        ["--", "mine"],
    ],
    ids=" ".join,
)
def test_all_else_is_left_to_typer(words: list[str]):
    assert plain(list_, words) is None


@given(st.lists(st.sampled_from(WORDS), max_size=6))
def test_what_is_read_at_all_is_read_as_typer_reads_it(words: list[str]):
    call: Any = plain(list_, words)
    assert call is None or call.keywords == typers("case list", words)


def test_a_command_that_wants_more_than_a_plain_line_has_is_typers():
    def paths(folder: list[str] = Argument(None, help="Folders.")) -> None: ...
    def hidden(name: str = Option("", "--name", envvar="NAME")) -> None: ...
    def bare(name: str = "") -> None: ...

    refused: list[tuple[Callable[..., None], list[str]]] = [(paths, ["a"]), (hidden, []), (bare, [])]
    assert [plain(command, words) for command, words in refused] == [None, None, None]


def test_a_hot_command_takes_only_what_a_plain_line_can_say():
    for name, room in main.HOT.items():
        command = getattr(import_module(room), f"{name.rpartition(' ')[2]}_")
        assert plain(command, []) is not None, name


def test_what_a_console_reads_ahead_is_what_its_keymaps_and_themes_say():
    assert not read_ahead.stale()


def test_the_pages_of_help_are_what_typer_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert not help_pages.stale()
    monkeypatch.setenv("COLUMNS", "120")
    for words in ([], ["case"], ["case", "list"], ["doctor terminal"], ["decide"]):
        assert main.run([*" ".join(words).split(), "--help"]) == 0
        assert capsys.readouterr().out == f"{page(words)}\n"
    monkeypatch.setenv("COLUMNS", "79")
    assert page(["case"]) is None
    assert page(["nix"]) is None


def test_help_of_no_command_is_typers_to_refuse():
    run = subprocess.run(
        [sys.executable, "-m", "csdesk", "case", "nix", "--help"],
        env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (2, "")
    assert "No such command 'nix'" in run.stderr
