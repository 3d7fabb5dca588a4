"""`csdesk evidence` and the drop folder of a real `csdesk work`: what a person is told, and what lies where after."""

import base64
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from csdesk.__main__ import main
from csdesk.desk import queries
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.interop import verify_bundle
from csdesk.store.evidence import place_of
from csdesk.tui.screens.facts import facts
from csdesk.tui.screens.scene import Scene
from tests.building import DeskFile, desk_file
from tests.unit.cli.test_work import work

__all__ = ["desk_file"]

JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 500
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def number(desk_file: DeskFile) -> str:
    wang = desk_file.core("wang")
    done = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),), reason="quality"))
    wang.do(Take(), done.case.id)
    return done.number


@pytest.fixture
def run(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str, who: str = "wang", bare: bool = False) -> tuple[int, str, str]:
        desk = () if bare else ("--file", str(desk_file.path), "--agent", who)
        monkeypatch.setattr("sys.argv", ["csdesk", *arguments, *desk])
        code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def photo(tmp_path: Path, name: str = "右耳 13812345678.jpg", content: bytes = JPEG) -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(path)


def test_files_are_added_listed_cited_and_taken_out(run: Run, number: str, tmp_path: Path):
    first, other = photo(tmp_path), photo(tmp_path, "a.zip", b"PK\x03\x04")
    code, out, err = run("evidence", "add", number, first, other)
    assert code == 1 and "已归档" in out and "压缩包" in err
    code, out, _ = run("evidence", "add", number, first)
    assert code == 0 and "没有重复保存" in out
    code, out, _ = run("evidence", "list", number)
    assert code == 0 and "JPEG 照片" in out and "138****5678" in out
    code, out, _ = run("evidence", "list", number, "--json", who="li")
    (one,) = json.loads(out)
    assert (one["size"], one["media"], one["name"]) == (len(JPEG), "image/jpeg", None)
    to = tmp_path / "out.jpg"
    code, out, _ = run("evidence", "save", number, one["sha256"][:6], "-o", str(to))
    assert code == 0 and to.read_bytes() == JPEG
    code, _, err = run("evidence", "save", number, one["sha256"][:6], "-o", str(to))
    assert code == 1 and str(to) in err
    code, _, err = run("evidence", "save", number, one["sha256"][:6], "-o", str(tmp_path / "b"), who="li")
    assert code == 1 and "处理人" in err and not (tmp_path / "b").exists()
    code, _, err = run("evidence", "save", number, "../..", "-o", str(tmp_path / "b"))
    assert code == 1 and "6 位" in err


@pytest.mark.parametrize("name", ["nothing.jpg", "."])
def test_what_is_no_file_is_refused_in_a_sentence(run: Run, number: str, tmp_path: Path, name: str):
    code, out, err = run("evidence", "add", number, str(tmp_path / name))
    assert code == 1 and not out and len(err.strip().splitlines()) == 1


def test_verify_reads_the_files_when_asked(run: Run, number: str, tmp_path: Path, desk_file: DeskFile):
    run("evidence", "add", number, photo(tmp_path))
    assert run("verify", "--evidence")[0] == 0
    case = desk_file.core("wang").load(desk_file.core("wang").case_id(number))[0]
    place = place_of(desk_file.path, case.id, case.evidence[0].sha256)
    place.write_bytes(place.read_bytes()[:-1] + b"\0")
    assert run("verify")[0] == 0
    code, out, _ = run("verify", "--evidence")
    assert code == 1 and number in out and ".evidence" in out
    place.unlink()
    code, out, _ = run("verify")
    assert code == 1 and "不见了" in out


def test_work_files_what_lies_in_the_folder(
    number: str, desk_file: DeskFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "in"
    (folder / number).mkdir(parents=True)
    monkeypatch.setenv("CSDESK_EVIDENCE_IN", str(folder))
    for name, content in (("a.jpg", JPEG), ("b.exe", b"MZ\x90")):
        os.utime(photo(folder / number, name, content), (1, 1))
    why = folder / "refused" / number / "b.exe.why"
    work(
        desk_file, lambda: why.exists() and bool(why.read_text()) and not (folder / number / "a.jpg").exists()
    )
    assert "不能作为证据" in why.read_text()
    core = desk_file.core("wang")
    (kept,) = core.load(core.case_id(number))[0].evidence
    assert (kept.media, kept.size, kept.by) == ("image/jpeg", len(JPEG), "system")


def test_a_folder_that_is_none_is_said_at_once(
    desk_file: DeskFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("CSDESK_EVIDENCE_IN", str(tmp_path / "no"))
    monkeypatch.setattr("sys.argv", ["csdesk", "work", "--file", str(desk_file.path)])
    assert main() == 1
    assert "evidence_in" in capsys.readouterr().err


def test_the_facts_of_a_case_tell_its_evidence_and_hide_names_from_others(
    run: Run, number: str, tmp_path: Path, desk_file: DeskFile
):
    run("evidence", "add", number, photo(tmp_path))
    for n in range(9):
        run("evidence", "add", number, photo(tmp_path, f"{n}.txt", f"聊天记录 {n}".encode()))
    mine, other = (_facts(desk_file, who, number) for who in ("wang", "li"))
    assert "证据" in mine and "文本" in mine and "8.txt" in mine and "更早的还有 2 个" in mine
    assert "8.txt" not in other and "文本" in other


def _facts(desk_file: DeskFile, who: str, number: str) -> str:
    core = desk_file.core(who)
    view = core.ask(queries.ShowCase(number))
    scene = Scene(view, Words("zh-Hans", core.zone), core.now(), who, str, str)
    return "\n".join("".join(text for text, _ in line) for line in facts(scene, 120))


def test_a_bundle_is_made_proven_and_refused_in_words(run: Run, number: str, tmp_path: Path):
    run("evidence", "add", number, photo(tmp_path))
    to = tmp_path / "case.zip"
    code, out, err = run("evidence", "bundle", number, "--for", "press", "--to", str(to))
    assert code == 1 and "mediation 调解" in err and not to.exists()
    code, _, err = run("evidence", "bundle", number, "--for", "court", "--to", str(to), who="li")
    assert code == 1 and "处理人" in err and not to.exists()
    code, out, _ = run("evidence", "bundle", number, "--for", "mediation", "--to", str(to))
    assert code == 0 and "电话、邮箱、地址、证件号和卡号" in out and "逐个查看" in out
    code, key, _ = run("evidence", "key", "--json", who="sun")
    fingerprint = json.loads(key)[0]["fingerprint"]
    assert fingerprint in out
    code, _, err = run("evidence", "key", "--new")
    assert code == 1 and len(err.strip().splitlines()) == 1
    assert run("evidence", "key", "--new", who="gao")[1].count("Ed25519") == 2
    alone = partial(run, bare=True)
    code, out, _ = alone("evidence", "verify", str(to), "--key", fingerprint)
    assert code == 0 and number in out and "注意" not in out
    code, out, _ = alone("evidence", "verify", str(to), "--json", "--language", "en")
    assert json.loads(out)["proven"] and not json.loads(out)["trusted"]
    to.write_bytes(to.read_bytes().replace(b"photo", b"PHOTO", 1))
    code, out, err = alone("evidence", "verify", str(to), "--language", "en")
    assert code == 1 and not out and "was changed" in err and len(err.strip().splitlines()) == 1
    code, out, _ = alone("evidence", "verify", str(to), "--json")
    assert code == 1 and json.loads(out)["code"] == "part_changed" and "被改动" in json.loads(out)["said"]
    code, _, err = alone("evidence", "verify", str(tmp_path / "none.zip"))
    assert code == 1 and "none.zip" in err
    code, out, _ = alone("evidence", "verifier")
    assert code == 0 and out == Path(verify_bundle.__file__).read_text(encoding="utf-8")


def test_the_case_says_for_whom_it_was_bundled_and_hides_only_what_was_said(
    run: Run, number: str, tmp_path: Path, desk_file: DeskFile
):
    for name, redact in (("a.zip", "name,phone"), ("b.zip", "none")):
        to = str(tmp_path / name)
        done = run(
            "evidence", "bundle", number, "--for", "court", "--to", to, "--redact", redact, "--without-pdf"
        )
        assert done[0] == 0
    core = desk_file.core("wang")
    words = Words("zh-Hans", core.zone)
    told = [words.entry(one) for one in core.ask(queries.ShowCase(number)).timeline[-2:]]
    assert "用于法院诉讼，隐去顾客姓名、电话" in told[0] and "隐去" not in told[1]


def test_where_keys_are_only_read_a_signing_key_is_asked_for(
    run: Run, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (kept,) = Path(os.environ["CSDESK_HOME"]).rglob("keys/*.json")
    document = json.loads(kept.read_text())
    monkeypatch.setenv("CSDESK_KEYS", "env:RING")
    monkeypatch.setenv("RING", base64.b64encode(json.dumps(document).encode()).decode())
    to = str(tmp_path / "a.zip")
    code, _, err = run("evidence", "bundle", number, "--for", "court", "--to", to)
    assert code == 1 and "RING" in err and '"signing"' in err and not Path(to).exists()
    document["signing"] = [base64.b64encode(b"7" * 32).decode()]
    monkeypatch.setenv("RING", base64.b64encode(json.dumps(document).encode()).decode())
    assert run("evidence", "bundle", number, "--for", "court", "--to", to)[0] == 0
    document["signing"] = ["short"]
    monkeypatch.setenv("RING", base64.b64encode(json.dumps(document).encode()).decode())
    code, _, err = run("evidence", "key")
    assert code == 1 and "signing" in err


def test_a_bundle_that_is_not_there_is_named_and_no_desk_is_spoken_of(run: Run, tmp_path: Path):
    code, _, said = run("evidence", "verify", str(tmp_path / "gone.zip"), bare=True)
    assert code == 1
    assert said == f"找不到 {tmp_path / 'gone.zip'}；请核对文件名。\n"


def test_a_saved_page_is_captured_twice_and_what_changed_is_told_to_who_has_the_case(
    run: Run, number: str, tmp_path: Path
):
    hashes = []
    for price in ("399", "459"):
        saved = photo(tmp_path, "listing.html", f"<title>耳机</title><p>券后价 ¥{price}</p>".encode())
        code, out, _ = run("evidence", "capture", number, saved, "--json")
        assert code == 0
        hashes.append(json.loads(out)["read"]["sha256"])
    code, out, _ = run("evidence", "diff", number, *hashes)
    assert code == 0 and "价格 399.00 CNY → 459.00 CNY" in out and "+ 第 1 行：券后价 ¥459" in out
    code, out, _ = run("evidence", "diff", number, hashes[0], hashes[0], "--language", "en")
    assert code == 0 and "Nothing changed" in out
    code, out, err = run("evidence", "diff", number, *hashes, who="li")
    assert code == 1 and out == "" and "处理人" in err
    code, _, err = run("evidence", "capture", number, "https://127.0.0.1/x")
    assert code == 1 and "内部网络" in err and "Traceback" not in err
