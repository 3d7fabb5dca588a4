"""`csdesk pack`, `csdesk policy` and `csdesk decide replay` as a shell sees them: words, JSON and exit codes."""

import inspect
import json
import re
import shutil
import sys
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from csdesk import resources
from csdesk.cli.main import run
from csdesk.desk.law.staging import shipped
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.findings import Establish
from csdesk.domain.cases.opening import Open
from csdesk.interop import checking, knowledge
from csdesk.interop.shipped import load_knowledge
from csdesk.store.connection import write
from csdesk.store.library import Canned, put_canned
from tests.building import DeskFile, build

Csdesk = Callable[..., tuple[int, str, str]]
VERSION = shipped()["CN"][0].version
# These tests go by the clock of the machine: what is staged comes into force on the day of its second approval.
NEW = "2020-02-02"


@pytest.fixture
def desk(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CSDESK_HOME", str(home))
    monkeypatch.setenv("CSDESK_LANGUAGE", "en")
    made = build(tmp_path)
    yield made
    made.close()


@pytest.fixture
def csdesk(desk: DeskFile, capsys: pytest.CaptureFixture[str]) -> Csdesk:
    def call(*arguments: str, who: str = "zhao") -> tuple[int, str, str]:
        code = run([*arguments, "--file", str(desk.path), "--agent", who])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """China's pack with thirty days for returns without a reason."""
    text = shipped()["CN"][1].replace(f'version = "{VERSION}"', f'version = "{NEW}"', 1)
    at = text.index("count = 7\n", text.index("[[provisions.no_reason_window]]"))
    file = tmp_path / "cn-new.toml"
    file.write_text(text[:at] + "count = 30" + text[at + len("count = 7") :], encoding="utf-8")
    return file


def test_a_pack_from_its_file_to_the_law(csdesk: Csdesk, desk: DeskFile, pack: Path):
    load_knowledge(desk.store())
    name = f"CN@{NEW}"
    code, out, _ = csdesk("pack", "stage", str(pack))
    assert code == 0
    assert "rule no_reason_window, period: 7 calendar days → 30 calendar days" in out
    assert "article P01 " in out and "texts are touched" in out
    assert f"csdesk pack approve {name}" in out
    assert csdesk("pack", "approve", name)[1].startswith(f"{name}  waiting for approval (1 of 2)")
    assert csdesk("pack", "approve", name, who="gao")[1].startswith(f"{name}  in force")
    code, out, _ = csdesk("pack", "list", "--json")
    states = {f"{view['pack']}@{view['version']}": view["state"] for view in json.loads(out)["packs"]}
    assert (states[name], states[f"CN@{VERSION}"]) == ("active", "replaced")
    _, out, _ = csdesk("pack", "show", name)
    assert "staged by zhao" in out and "approved by gao" in out and "SHA-256" in out
    _, diff, _ = csdesk("pack", "diff", name, f"CN@{VERSION}")
    assert "30 calendar days → 7 calendar days" in diff

    code, out, _ = csdesk("policy", "check")
    assert code == 1
    assert "article P01 " in out and f"CN@{NEW} is in force" in out
    assert csdesk("policy", "reviewed", "P01", "C02")[0] == 0
    _, out, _ = csdesk("policy", "check", "--json")
    assert {"P01", "C02"} & {fault["entry"] for fault in json.loads(out)} == set()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("stage",), "Name the file of a pack"),
        (("stage", "none.toml"), "none.toml: No such file"),
        (("stage", "--shipped", "CN"), f"CN@{VERSION} was staged by csdesk already"),
        (("stage", "--shipped", "QQ"), "QQ"),
        (("approve", "CN@1999-01-01"), "This desk has no pack “CN@1999-01-01”; it has CN@"),
        (("approve", f"CN@{VERSION}"), "no third is needed"),
        (("show", "nonsense"), "This desk has no pack “nonsense”"),
        (("diff", f"CN@{VERSION}", f"EU@{VERSION}"), "two jurisdictions"),
        (("withdraw", f"CN@{VERSION}", "--reason", "no"), "in force already"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_sentence(arguments: tuple[str, ...], told: str, csdesk: Csdesk):
    code, out, err = csdesk("pack", *arguments)
    assert (code, out) == (1, "")
    assert told in err and len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "content", [b"format = [", b"\xff\xfe", b'format = 1\nid = "CN"\n', b"\xef\xbb\xbfformat = 1"]
)
def test_a_file_that_is_no_pack_is_named(content: bytes, csdesk: Csdesk, tmp_path: Path):
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    for arguments in (("pack", "stage", str(file)), ("decide", "replay", "--pack", str(file))):
        code, out, err = csdesk(*arguments)
        assert (code, out) == (1, "")
        assert "broken.toml" in err and len(err.strip().splitlines()) == 1


def test_an_agent_may_look_and_not_change(csdesk: Csdesk, pack: Path):
    assert csdesk("pack", "list", who="wang")[0] == 0
    code, _, err = csdesk("pack", "stage", str(pack), who="wang")
    assert code == 1 and "approve the law" in err


def test_a_year_without_a_release_is_named_until_its_file_is_there(
    csdesk: Csdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert "calendar_unconfirmed" in csdesk("pack", "list")[1]
    monkeypatch.setenv("CSDESK_CALENDARS", str(tmp_path / "none"))
    code, _, err = csdesk("pack", "list")
    assert code == 1 and str(tmp_path / "none") in err


# Replay.


@pytest.fixture
def late(desk: DeskFile) -> str:
    """The number of a return that was asked for too late."""
    wang = desk.core("wang")
    desk.clock.forward(days=8)
    order = desk.order()
    case = wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),), reason="no_longer_wanted"))
    wang.do(Establish(("product_class=general", "intact=true", "buyer=consumer")), case.case.id)
    wang.do(Open(Kind.RETURN, desk.order(), (LineQty(1, 1),), reason="quality"))
    return case.number


def test_replay_tells_the_case_its_differences_and_the_total(csdesk: Csdesk, late: str, pack: Path):
    code, out, _ = csdesk("decide", "replay", "--pack", str(pack))
    assert code == 0
    head, *lines = out.splitlines()
    assert head == f"{late} line 1"
    assert any(line.startswith("  outcome: ") for line in lines)
    assert lines[-1] == "2 open cases, of which 1 come out differently (1 lines)"


def test_replay_in_json_is_a_line_a_case_and_the_total(csdesk: Csdesk, late: str, pack: Path):
    _, out, _ = csdesk("decide", "replay", "--pack", str(pack), "--json")
    case, total = map(json.loads, out.splitlines())
    assert (case["number"], case["line"]) == (late, 1)
    assert {"part": "outcome", "name": "", "before": "ineligible", "after": "eligible"} in case["differences"]
    assert total == {"open": 2, "changed": 1, "lines": 1}


def test_replay_under_the_same_law_changes_nothing(csdesk: Csdesk, late: str):
    _, out, _ = csdesk("decide", "replay", "--pack", f"CN@{VERSION}", "--queue", "returns")
    assert out.splitlines() == ["2 open cases, of which 0 come out differently (0 lines)"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [((), "Say under which law"), (("--on", "soon"), "soon"), (("--on", "2027-01-01", "--queue", "x"), "x")],
)
def test_replay_says_what_it_lacks(arguments: tuple[str, ...], told: str, csdesk: Csdesk):
    code, out, err = csdesk("decide", "replay", *arguments)
    assert (code, out) == (1, "")
    assert told in err


def test_decide_still_takes_a_file_even_of_that_name(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    facts = tmp_path / "replay"
    facts.write_text('{"kind": "punitive_damages", "ground": "fraud", "price": 300}', encoding="utf-8")
    assert run(["decide", str(facts), "--json"]) == 0
    sys.stdout.flush()
    assert json.loads(capfd.readouterr().out)["additional"] == 900.0


# Policy check.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A desk's own copy of the shipped files, for a test to spoil."""
    copy = tmp_path / "knowledge"
    shutil.copytree(resources.path("data/knowledge"), copy)
    return copy


def test_what_ships_is_sound(csdesk: Csdesk):
    assert csdesk("policy", "check") == (0, "Nothing is wrong\n", "")


def test_each_fault_is_a_line_with_file_entry_and_what_to_do(csdesk: Csdesk, folder: Path):
    canned = folder / "canned.toml"
    text = canned.read_text(encoding="utf-8")
    at = text.index("articles = [")
    canned.write_text(text[:at] + 'articles = ["P99", ' + text[at + len("articles = [") :], encoding="utf-8")
    code, out, _ = csdesk("policy", "check", "--folder", str(folder))
    assert code == 1
    line, total = out.splitlines()
    assert line.startswith(f"{canned}  C01  articles  ") and "P99" in line and "cite another" in line
    assert total == "1 thing to mend"


@pytest.mark.parametrize("name", ["articles.toml", "canned.toml", "forbidden.toml"])
def test_a_folder_that_lacks_a_file_is_one_sentence(name: str, csdesk: Csdesk, folder: Path):
    (folder / name).unlink()
    code, out, err = csdesk("policy", "check", "--folder", str(folder))
    assert (code, out) == (1, "")
    assert name in err and len(err.strip().splitlines()) == 1


def test_the_desks_own_library_is_checked(csdesk: Csdesk, desk: DeskFile):
    store = desk.store()
    load_knowledge(store)
    assert csdesk("policy", "check", "--desk")[:2] == (0, "Nothing is wrong\n")
    with write(store.conn):
        own = [
            Canned(
                "X1", "标题", "请报{单号}", guards=("no_such_guard",), articles=("P01", "GONE"), source="own"
            ),
            Canned("X1", "Title", "Hello", language="en", source="own"),
        ]
        put_canned(store, own, 0)
    code, out, _ = csdesk("policy", "check", "--desk", "--json")
    assert code == 1
    assert {(fault["entry"], fault["code"]) for fault in json.loads(out)} == {
        ("X1", "undeclared_guard"),
        ("X1", "unknown_article"),
        ("X1", "placeholder_mismatch"),
    }
    _, out, _ = csdesk("policy", "check", "--desk")
    assert all(line.startswith("library of the desk  X1  ") for line in out.splitlines()[:-1])


def test_a_forbidden_phrase_in_a_reply_of_the_desk_is_found(csdesk: Csdesk, desk: DeskFile):
    rule = knowledge.load_forbidden(resources.path("data/knowledge/forbidden.toml"))[0]
    store = desk.store()
    load_knowledge(store)
    with write(store.conn):
        put_canned(store, [Canned("X2", "标题", f"您好，{rule.phrases['zh-Hans'][0]}。", source="own")], 0)
    _, out, _ = csdesk("policy", "check", "--desk", "--json")
    assert {(fault["entry"], fault["code"]) for fault in json.loads(out)} == {("X2", "forbidden_phrase")}


def test_what_waits_for_nothing_cannot_be_reviewed(csdesk: Csdesk):
    code, _, err = csdesk("policy", "reviewed", "P01")
    assert code == 1 and "does not wait for review" in err


def test_every_fault_has_its_words():
    source = inspect.getsource(knowledge) + inspect.getsource(checking)
    codes = set(re.findall(r'Problem\([^)]*?"(\w+)", (?:args|\{)', source)) | {
        "duplicate_id",
        "duplicate_shortcut",
    }
    assert len(codes) > 15
    assert [code for code in codes if not Words("en", UTC).has(f"check.{code}")] == []
