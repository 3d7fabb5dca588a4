"""Opening the console: what is refused, what is painted first, what a crash leaves."""

import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csdesk import resources
from csdesk.desk.config import Config, ConfigError
from csdesk.desk.queries import KeepPlace, QueueCounts, QueuePage
from csdesk.domain.cases.shared import Take
from csdesk.store.errors import StoreError
from csdesk.tui import launch, theme
from csdesk.tui.coming import ComingDesk
from csdesk.tui.launch import NoTerminal, check_terminal, write_report
from csdesk.tui.start import First, Stand, glimpse
from tests.building import DeskFile
from tests.tui.test_queue import opened

HEAVY = (
    "csdesk.domain.cases",
    "csdesk.desk.queries",
    "csdesk.desk.core",
    "csdesk.store.crypto",
    "csdesk.domain.text",
    "tomllib",
    "curses",
    "gettext",
)


def said(code: str) -> str:
    """What a Python of its own prints."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A terminal of 120 by 40."""
    monkeypatch.setattr(os, "isatty", lambda fd: True)
    monkeypatch.setattr(os, "get_terminal_size", lambda fd: os.terminal_size((120, 40)))
    return monkeypatch


GOOD = {"TERM": "xterm-256color", "LANG": "zh_CN.UTF-8"}


def test_a_terminal_that_can_show_a_console_is_let_through(terminal: pytest.MonkeyPatch):
    check_terminal(GOOD)
    check_terminal({**GOOD, "LANG": "", "LC_ALL": "C.utf8"})


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({**GOOD, "TERM": "dumb"}, "dumb_terminal"),
        ({**GOOD, "TERM": ""}, "dumb_terminal"),
        ({**GOOD, "LANG": "zh_CN.GBK"}, "not_utf8"),
        ({**GOOD, "LC_ALL": "zh_CN.GB18030"}, "not_utf8"),
        ({**GOOD, "LC_CTYPE": "en_US.ISO-8859-1"}, "not_utf8"),
    ],
)
def test_a_terminal_that_cannot_is_refused(terminal: pytest.MonkeyPatch, environ: dict[str, str], code: str):
    with pytest.raises(NoTerminal) as caught:
        check_terminal(environ)
    assert caught.value.code == code


def test_a_small_terminal_is_refused_with_its_size(terminal: pytest.MonkeyPatch):
    terminal.setattr(os, "get_terminal_size", lambda fd: os.terminal_size((79, 24)))
    with pytest.raises(NoTerminal) as caught:
        check_terminal(GOOD)
    assert (caught.value.code, caught.value.detail["columns"]) == ("small_terminal", 79)


def test_a_pipe_is_no_terminal(terminal: pytest.MonkeyPatch):
    terminal.setattr(os, "isatty", lambda fd: fd != 2)
    with pytest.raises(NoTerminal) as caught:
        check_terminal(GOOD)
    assert caught.value.code == "not_a_terminal"


def test_each_refusal_is_one_sentence_on_standard_error(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    terminal.setenv("TERM", "dumb")
    assert launch.launch(Config()) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == ("这个终端（TERM=dumb）不能显示控制台；请设置正确的 TERM，例如 xterm-256color。\n")


def test_a_desk_that_is_not_there_is_refused_before_anything_is_painted(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    for name, value in GOOD.items():
        terminal.setenv(name, value)
    terminal.delenv("LC_ALL", raising=False)
    assert launch.launch(Config(file=str(tmp_path / "none.db"))) == 1
    assert "找不到" in capsys.readouterr().err


def config(file: DeskFile, agent: str = "wang") -> Config:
    return Config(file=str(file.path), agent=agent)


def test_the_first_picture_is_what_the_desk_itself_would_answer(desk_file: DeskFile):
    case, other = opened(desk_file), opened(desk_file)
    desk_file.core("li").do(Take(), other.id)
    wang = desk_file.core("wang")
    seen = glimpse(config(desk_file))
    assert seen.asked
    assert list(seen.rows) == wang.ask(QueuePage("all", 60))
    assert list(seen.counts) == wang.ask(QueueCounts())
    assert (seen.me, seen.zone, seen.at_top, seen.at_end) == ("wang", "Asia/Shanghai", True, True)
    assert case.id in {row.id for row in seen.rows}


def test_the_first_picture_is_around_where_the_last_console_stood(desk_file: DeskFile):
    cases = [opened(desk_file) for _ in range(3)]
    rows = desk_file.core("wang").ask(QueuePage("returns"))
    desk_file.core("wang").ask(KeepPlace(Stand("returns", cases[1].id, rows[1].due, "", False).write()))
    seen = glimpse(config(desk_file))
    assert seen.stand.case == cases[1].id
    assert list(seen.rows) == rows
    assert not seen.stand.preview


def test_a_place_of_another_version_is_forgotten(desk_file: DeskFile):
    desk_file.core("wang").ask(KeepPlace('{"queue": 7}'))
    assert glimpse(config(desk_file)).stand == Stand()


def test_an_agent_who_does_not_work_here_is_refused_by_name(desk_file: DeskFile):
    with pytest.raises(ConfigError) as caught:
        glimpse(config(desk_file, "nobody"))
    assert caught.value.code == "agent_unknown"
    with pytest.raises(ConfigError) as caught:
        glimpse(config(desk_file, ""))
    assert caught.value.code == "agent_missing"


def test_what_is_no_desk_is_refused(tmp_path: Path):
    path = tmp_path / "notes.db"
    path.write_text("not a database, and long enough to be looked at" * 30)
    with pytest.raises(StoreError) as caught:
        glimpse(Config(file=str(path)))
    assert caught.value.code == "not_a_database"


def test_what_the_first_picture_is_made_of_loads_neither_domain_nor_keys():
    code = (
        "import sys; import csdesk.tui.launch, csdesk.tui.start, csdesk.tui.app, csdesk.tui.screens.queue\n"
        "from csdesk.tui import keymap, theme; keymap.load(); theme.load('dark')\n"
        "from csdesk.tui.app import ConsoleApp; from csdesk.desk.words import Words\n"
        "from datetime import UTC; print(Words('zh-Hans', UTC).count('left.days', 2), *sys.modules)"
    )
    loaded = said(code).split()
    assert "csdesk.tui.screens.queue" in loaded
    assert [module for module in loaded if module.startswith(HEAVY)] == []


def test_what_is_left_out_at_start_may_still_be_loaded_later():
    code = (
        "import sys; from csdesk.lean import load_without\n"
        "load_without('bz2', 'lzma', load='shutil'); load_without('ssl', load='asyncio')\n"
        "import asyncio, asyncio.sslproto; print('_ssl' in sys.modules, asyncio.sslproto.ssl)\n"
        "print('_bz2' in sys.modules, '_lzma' in sys.modules)\n"
        "import smtplib, ssl; print(ssl.create_default_context().check_hostname)\n"
        "import bz2, lzma; print(len(lzma.decompress(lzma.compress(bz2.compress(b'1')))) > 1)\n"
    )
    assert said(code).split() == ["False", "None", "False", "False", "True", "True"]


def test_a_line_to_a_server_loads_no_command_line():
    code = (
        "import sys, csdesk.client.reaching\n"
        "print([name for name in ('httpx._main', 'click', 'pygments', 'rich') if name in sys.modules])\n"
        "import httpx._main; print(callable(httpx._main.main))"
    )
    assert said(code).splitlines() == ["[]", "True"]


def test_a_shipped_theme_is_read_ahead_and_a_changed_one_anew(tmp_path: Path):
    shipped = resources.path("themes/dark.toml")
    text = shipped.read_text(encoding="utf-8")
    changed = text.replace('bad = "#f58479"', 'bad = "#ff0000"')
    assert resources.toml(shipped, text) == resources.toml(tmp_path / "own.toml", text) == tomllib.loads(text)
    assert resources.toml(shipped, changed)["colours"]["bad"] == "#ff0000"
    with pytest.raises(tomllib.TOMLDecodeError):
        resources.toml(shipped, text + "[")


@pytest.mark.parametrize("made", ["themes/dark.toml\t1", "themes/dark.toml\tx\t{", "\x00" * 100, ""])
def test_what_was_read_ahead_and_is_torn_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str
):
    text = resources.path("themes/dark.toml").read_text(encoding="utf-8")
    torn = tmp_path / "read-ahead.txt"
    torn.write_text(made, encoding="utf-8")
    monkeypatch.setattr(resources, "path", lambda name: torn)
    assert resources.toml(Path("themes/dark.toml"), text) == tomllib.loads(text)


def test_the_commonest_terminal_can_do_what_its_entry_says():
    code = (
        "import curses; from csdesk.tui.output.terminal import XTERM\n"
        "curses.setupterm(XTERM, 1); has = curses.tigetstr\n"
        "print(curses.tigetflag('bce') == 1, bool(has('ech')), bool(has('csr') and has('ri')))"
    )
    assert said(code).split() == ["True", "True", "True"]


async def test_the_thread_that_reads_the_first_picture_keeps_the_desk(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    found = []

    def told(does: Callable[[Config], Any]) -> Callable[[Config], Any]:
        def doing(config: Config) -> Any:
            found.append(threading.current_thread())
            return does(config)

        return doing

    monkeypatch.setattr(launch, "_glimpse", told(launch._glimpse))
    monkeypatch.setattr(launch, "_open", told(launch._open))
    app = launch._build(config(desk_file))
    assert isinstance(app.desk, ComingDesk)
    await app.desk.open()
    await app.desk.close()
    assert len(found) == 2
    assert found[0] is found[1]


@pytest.mark.parametrize("ahead", [0, 600_000, -600_000])
def test_deadlines_go_by_the_clock_of_the_desk(
    desk_file: DeskFile, ahead: int, monkeypatch: pytest.MonkeyPatch
):
    from csdesk.tui import app

    monkeypatch.setattr(launch, "_glimpse", lambda config: First(ahead=ahead))
    monkeypatch.setattr(app, "clock_ms", lambda: 1_795_000_000_000)
    assert launch._build(config(desk_file)).now() == 1_795_000_000_000 + ahead


def test_a_crash_report_says_where_and_never_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def breaks(phone: str) -> None:
        raise ValueError(f"cannot handle {phone}")

    try:
        breaks("13812345678")
    except ValueError as error:
        report = write_report(error)
    text = report.read_text(encoding="utf-8")
    assert "builtins.ValueError" in text
    assert "breaks" in text
    assert "13812345678" not in text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("dark = [", "theme_broken"),
        ("dark = true", "theme_missing"),
        ('[colours]\nground = "rot"', "theme_colour"),
    ],
)
def test_a_bad_theme_is_refused_with_its_file(tmp_path: Path, text: str, code: str):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        theme.load(str(path))
    assert (caught.value.code, caught.value.detail["path"]) == (code, path)


def test_the_shipped_themes_load_and_an_unknown_one_names_those_there_are():
    assert theme.load("dark").theme.dark
    assert not theme.load("light").theme.dark
    with pytest.raises(ConfigError) as caught:
        theme.load("pink")
    assert "dark" in str(caught.value.detail["allowed"])


def test_without_colours_the_line_one_stands_on_is_reversed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "1")
    palette = theme.load("dark").palette
    assert palette.style("late").color is None
    assert palette.style("text", "cursor").reverse
