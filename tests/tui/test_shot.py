"""Pictures of screens: drawn without a terminal, masked, harmless whatever customers wrote, and nothing is kept."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from csdesk.desk.config import Config
from csdesk.desk.queries import GetPlace, Held
from csdesk.desk.registry import command
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Take
from csdesk.domain.text import clean
from csdesk.tui.shot import SCREENS, Wanted, shoot
from tests.building import DeskFile, line
from tests.hostile import ACTING, HOSTILE, readable

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
WORST = "<script>alert(1)</script> ]]> &lt; \x1b]52;c;cm0=\x07 [@click=app.quit]点我[/] \u202e \x00 \x9b31m <a href='http://x.example'>"


def opened(desk_file: DeskFile, told: str = "收到就是坏的", phone: str = "13812345678") -> str:
    order = desk_file.order(line(1, 19_900, title=told), customer=desk_file.customer("张伟", phone=phone))
    done = desk_file.core("li").do(Open(Kind.RETURN, order, (LineQty(1, 1),), summary=told))
    return str(desk_file.core("li").number(done.case))


def config(desk_file: DeskFile, **more: str) -> Config:
    return Config(file=str(desk_file.path), agent="zhao", worker=False, **more)  # type: ignore[arg-type]


def text_of(svg: str) -> str:
    """What a reader of the picture sees; an SVG that is not well-formed XML fails here."""
    tree = ElementTree.fromstring(svg)
    return "".join(tree.itertext()).replace("\xa0", " ")


def harmless(svg: str) -> None:
    """No script, no link, no address to load from, no control sign."""
    assert CONTROL.search(svg.replace("\n", "")) is None
    tree = ElementTree.fromstring(svg)
    tags = {node.tag.rpartition("}")[2] for node in tree.iter()}
    assert tags <= {"svg", "style", "defs", "clipPath", "rect", "text", "g", "circle"}
    for node in tree.iter():
        assert not any("href" in name or name.startswith("on") for name in node.attrib)
    style = "".join(node.text or "" for node in tree.iter() if node.tag.endswith("style"))
    assert "url(" not in style
    assert "@" not in style


@pytest.mark.parametrize(
    "screen", ["queue", "case", "reply", "canned", "policies", "board", "help", "status", "clocks"]
)
def test_screens_are_drawn(desk_file: DeskFile, screen: str):
    opened(desk_file)
    svg = asyncio.run(shoot(config(desk_file), Wanted(screen)))
    harmless(svg)
    shown = text_of(svg)
    marks = {
        "queue": "领下一张",
        "case": "诉求",
        "reply": "F9 发送",
        "canned": "话术",
        "policies": "条",
        "board": "转派",
    }
    assert marks.get(screen, "") in shown
    assert "13812345678" not in shown


def test_every_screen_differs_from_the_queue(desk_file: DeskFile):
    opened(desk_file)
    queue = asyncio.run(shoot(config(desk_file), Wanted("queue", size=(80, 24))))
    assert asyncio.run(shoot(config(desk_file), Wanted("verdict", size=(80, 24)))) != queue
    assert len(SCREENS) == len(set(SCREENS))


def test_hostile_texts_are_drawn_as_text(desk_file: DeskFile):
    for n, told in enumerate((WORST, *HOSTILE[:: max(len(HOSTILE) // 12, 1)])):
        opened(desk_file, clean(told).text[:200] if n else told)
    for screen in ("queue", "case"):
        harmless(asyncio.run(shoot(config(desk_file), Wanted(screen, size=(160, 60), texts=True))))


def test_theme_language_and_case_are_as_asked(desk_file: DeskFile):
    wanted, _ = opened(desk_file, "要的这张"), opened(desk_file, "另一张")
    svg = asyncio.run(shoot(config(desk_file, theme="light", language="en"), Wanted("case", wanted)))
    shown = text_of(svg)
    assert wanted in shown
    assert "要的这张" in shown
    assert "Request" in shown
    assert "#fbfaf7" in svg


def test_what_was_written_is_in_a_picture_only_when_asked_for(desk_file: DeskFile):
    number = opened(desk_file)
    core = desk_file.core("zhao")
    core.do(Take(), core.case_id(number))
    core.do(Note("已经问过仓库"), core.case_id(number))
    for texts in (False, True):
        shown = text_of(asyncio.run(shoot(config(desk_file), Wanted("case", number, texts=texts))))
        assert ("已经问过仓库" in shown) is texts


def test_a_picture_leaves_nothing_behind(desk_file: DeskFile):
    number = opened(desk_file)
    asyncio.run(shoot(config(desk_file), Wanted("reply", number)))
    core = desk_file.core("zhao")
    assert core.ask(Held()) == []
    assert core.ask(GetPlace()) is None


@pytest.mark.parametrize(
    ("wanted", "code"),
    [(Wanted("case", "RT-0000-0000"), "no_such_case"), (Wanted("parcels"), "shot_off")],
)
def test_what_cannot_be_shown_is_refused(desk_file: DeskFile, wanted: Wanted, code: str):
    opened(desk_file)
    with pytest.raises(Refused) as caught:
        asyncio.run(shoot(config(desk_file), wanted))
    assert caught.value.code == code


def test_an_empty_queue_has_no_case_to_draw(desk_file: DeskFile):
    with pytest.raises(Refused, match="shot_no_case"):
        asyncio.run(shoot(config(desk_file), Wanted("case")))


def csdesk(desk_file: DeskFile, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [
        sys.executable,
        "-m",
        "csdesk",
        "shot",
        *arguments,
        "--file",
        str(desk_file.path),
        "--agent",
        "zhao",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_the_command_writes_a_private_file_without_a_terminal(
    desk_file: DeskFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    opened(desk_file)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("TERM", raising=False)
    target = tmp_path / "a.svg"
    run = csdesk(desk_file, "queue", "--size", "80x24", "--theme", "contrast", "-o", str(target))
    assert (run.returncode, run.stderr) == (0, "")
    assert str(target) in run.stdout
    assert target.stat().st_mode & 0o777 == 0o600
    assert "#0a3069" in target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere",), "没有画面"),
        (("queue", "--size", "10x10"), "80x24"),
        (("queue", "--size", "big"), "80x24"),
        (("queue", "--theme", "pink"), "没有主题"),
    ],
)
def test_wrong_wishes_are_one_sentence(
    desk_file: DeskFile, tmp_path: Path, arguments: tuple[str, ...], told: str
):
    run = csdesk(desk_file, *arguments, "-o", str(tmp_path / "a.svg"))
    assert run.returncode == 1
    assert told in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert list(tmp_path.glob("*.svg")) == []


def test_a_folder_that_is_not_there_is_said(desk_file: DeskFile, tmp_path: Path):
    run = csdesk(desk_file, "queue", "-o", str(tmp_path / "no" / "a.svg"))
    assert run.returncode == 1
    assert len(run.stderr.strip().splitlines()) == 1


def test_the_whole_corpus_is_drawn_as_text(desk_file: DeskFile):
    number, core = opened(desk_file), desk_file.core("zhao")
    told = [text for text in HOSTILE if readable(text) and len(text) < 60]
    for n in range(0, len(told), 40):
        lines = "\n".join(f"{at}:{text}" for at, text in enumerate(told[n : n + 40], n))
        core.do(command("note", {"text": lines}), core.case_id(number))
    assert len(told) >= 500
    svg = asyncio.run(shoot(config(desk_file), Wanted("case", number, size=(120, 1_400), texts=True)))
    harmless(svg)
    shown = text_of(svg)
    assert all(f"{at}:" in shown for at in range(len(told)))
    assert ACTING.search(shown) is None
