"""The documentation: generated pages are what the code gives, and written ones name what there is."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

import pages
from csdesk.cli import main
from csdesk.desk.config import docs
from csdesk.desk.registry import command
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.kinds import MACHINES
from csdesk.interop.importer import run_import
from csdesk.interop.maps import SHAPES
from csdesk.tui.actions import registry
from page_parts import table
from state_pages import arrows
from tests.building import build
from tests.unit.domain.cases.lives import ORDERS, Life

ROOT = Path(__file__).parent.parent.parent
WRITTEN = sorted((ROOT / "docs").rglob("*.md"))
# What moves a case along an edge that has another name.
BY_OTHER_NAMES = {
    "hear": ("reopen",),
    "note_call": ("reopen",),
    "settle_reply": ("reopen",),
    "breach": ("auto_close", "open_exchange_right"),
    "settle_refund": ("refund_failed",),
    "decline_refund": ("refund_failed", "settle_refund"),
    "clear_refund": ("refund_failed", "settle_refund"),
}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```(?:sh|shell)?\n(.*?)^```$", re.M | re.S)
MAKE = """
import json, sys
{before}
import pages
json.dump({{name: make() for name, make in pages.PAGES.items()}}, sys.stdout)
"""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def made(columns: str, seed: str, before: str) -> dict[str, str]:
    """All pages as a fresh interpreter makes them in a terminal of that width."""
    environment = {
        **os.environ,
        "COLUMNS": columns,
        "PYTHONHASHSEED": seed,
        "PYTHONPATH": str(ROOT / "tools"),
    }
    run = subprocess.run(
        [sys.executable, "-c", MAKE.format(before=before)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(run.stdout))


def test_what_is_committed_is_what_the_code_gives():
    assert pages.stale() == []


def test_pages_depend_on_no_terminal_no_hash_and_no_order_of_imports():
    kinds = "import csdesk.domain.cases.repair, csdesk.domain.cases.shared"
    assert (
        made("30", "1", kinds) == made("200", "2", "") == {name: make() for name, make in pages.PAGES.items()}
    )


def test_a_changed_a_missing_and_a_foreign_page_are_stale_until_written(tmp_path: Path):
    assert pages.write(tmp_path) == list(pages.PAGES)
    assert pages.stale(tmp_path) == []
    (tmp_path / "keys.md").write_text("old", encoding="utf-8")
    (tmp_path / "roles.md").unlink()
    (tmp_path / "gone.md").write_text("", encoding="utf-8")
    assert pages.stale(tmp_path) == ["keys.md", "roles.md", "gone.md"]
    assert pages.write(tmp_path) == ["keys.md", "roles.md", "gone.md"]
    assert pages.stale(tmp_path) == []


def test_nothing_that_is_registered_is_left_out():
    verbs, keys, config, states = pages.verbs(), pages.keys(), pages.config(), pages.states()
    assert [verb for verb in VERBS if f"\n### {verb}\n" not in verbs and f"\n| `{verb}` |" not in verbs] == []
    assert [action for action in registry() if f"`{action}` |" not in keys] == []
    assert [setting for setting, *_ in docs() if f"\n| `{setting}` |" not in config] == []
    maps = pages.maps()
    assert [record for record in SHAPES if f"\n| `{record}` |" not in maps] == []
    for machine in MACHINES.values():
        (room,) = (part for part in states.split("\n## ") if part.startswith(machine.kind.value))
        assert [state.name for state in machine.states if f"\n| `{state.name}` |" not in room] == []
        assert drawn(room) == {
            (verb, source, target)
            for (verb, target), sources in arrows(machine).items()
            for source in sources
        }


def drawn(room: str) -> set[tuple[str, str, str]]:
    """Verb, source and target of every arrow of a diagram, and of every note that stands for some."""
    found = set()
    for source, target, verbs in re.findall(r"^    (\w+) --> (\w+) : (.+)$", room, re.M):
        found |= {(verb.split()[-1], source, target) for verb in verbs.split(", ")}
    for target, lines in re.findall(r"^    note right of (\w+)\n(.+?)^    end note$", room, re.M | re.S):
        for verb, sources in re.findall(r"(\w+) ← (.+)", lines):
            found |= {(verb, source, target) for source in sources.split(", ")}
    return found


@pytest.mark.parametrize("kind", MACHINES)
def test_a_diagram_has_an_arrow_for_every_move_that_cases_make(kind: Kind):
    known = {
        (verb, source, to) for (verb, to), sources in arrows(MACHINES[kind]).items() for source in sources
    }
    for seed in range(25):
        life = Life(kind, ORDERS[seed % 2])
        life.live(Random(seed), 40)
        moves = [(verb, before) for _, verb, _, before, _ in life.play.groups if before is not None]
        afters = [*(before for _, before in moves[1:]), life.play.case]
        for (verb, before), after in zip(moves, afters, strict=True):
            # An undo goes back, and a merge leads from any open state to the end: no arrow stands for either. What was
            # paid late leaves wherever its money was owed again.
            late = verb == "settle_refund" and after.state == "refunded"
            moved = before.state != after.state and before.kind is after.kind is kind
            if moved and verb not in ("undo", "merge") and not late:
                names = {verb, *BY_OTHER_NAMES.get(verb, ())}
                assert {(name, before.state, after.state) for name in names} & known, f"{verb} {seed}"


def test_a_cell_with_a_bar_or_a_line_end_stays_one_cell():
    assert table(("a",), [("x|y\nz",)]) == "| a |\n| --- |\n| x\\|y z |"


EXAMPLES = [verb for verb, cls in VERBS.items() if cls.verb.example and verb != "open"]


@pytest.mark.parametrize("verb", EXAMPLES)
def test_the_example_of_a_verb_is_one_that_its_form_takes(verb: str):
    words = shlex.split(VERBS[verb].verb.example)
    assert words[:3] == ["csdesk", "case", "do"]
    assert words[4] == verb
    assert command(verb, dict(word.split("=", 1) for word in words[5:])).verb.name == verb


def anchors(path: Path) -> set[str]:
    """The names of a page's headings as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_every_link_leads_to_a_heading_of_a_file_of_this_repository(path: Path):
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        if not link.startswith(("https://", "http://")):
            file, _, anchor = link.partition("#")
            target = path.parent / file if file else path
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def typed(path: Path) -> Iterator[list[str]]:
    """The words of every `csdesk` command in the fenced blocks of a page."""
    for block in FENCED.findall(path.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            _, found, rest = line.partition("csdesk ")
            if found and re.fullmatch(r"(?:[\w=/~.]+ )*", line[: line.index("csdesk ")]):
                yield shlex.split(rest, comments=True)


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_every_command_that_a_page_shows_exists_with_its_options(path: Path):
    root = get_command(main.build(""))
    for words in typed(path):
        if " ".join(words[:2]) in main.SINGLES:
            words[:2] = [" ".join(words[:2])]
        at: object = root
        while isinstance(at, TyperGroup) and words and not words[0].startswith("-"):
            assert words[0] in at.commands, words
            at = at.commands[words.pop(0)]
        if isinstance(at, TyperCommand):
            known = {option for param in at.params for option in (*param.opts, *param.secondary_opts)}
            given = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert given <= known | {"--help"}, words
        else:
            assert words in ([], ["--version"], ["--help"]), words


def test_the_map_that_the_integrators_page_shows_reads_the_record_beside_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    page = (ROOT / "docs/integrator.md").read_text(encoding="utf-8")
    found = re.search(r"^```toml\n(\[map\].*?)^```\n+```json\n(.*?)^```$", page, re.M | re.S)
    assert found
    (tmp_path / "shop.toml").write_text(found[1], encoding="utf-8")
    (tmp_path / "orders.jsonl").write_text(found[2], encoding="utf-8")
    monkeypatch.setenv("CSDESK_HOME", str(home))
    desk = build(tmp_path)
    try:
        report = run_import(desk.core("zhao"), [tmp_path / "orders.jsonl"], str(tmp_path / "shop.toml"))
    finally:
        desk.close()
    assert [(file.entity, file.added) for file in report.files] == [("customers", 1), ("orders", 1)]
    assert report.rejects == []


def test_every_variable_that_the_code_reads_is_told_to_who_keeps_a_desk():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    told = "".join(
        (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("admin.md", "reference/config.md")
    )
    assert (
        set(re.findall(r"\bCSDESK_[A-Z_]*[A-Z]\b", code)) - set(re.findall(r"\bCSDESK_[A-Z_]+\b", told))
        == set()
    )
