"""Files that come with messages: evidence of their case, each once, and none that is refused costs a message."""

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk import evidence_queries as q
from csdesk.desk.core import Core
from csdesk.desk.evidence_answers import take_out
from csdesk.desk.inbound import Attached, Inbound, Nature, Receipt, Sender
from csdesk.desk.intake.feeding import feed
from csdesk.desk.intake.reading import parse
from csdesk.desk.intake.receiving import Declined, receive, receive_all
from csdesk.desk.intake.refusals import give_up, refusals, retry
from csdesk.domain.cases.arriving import FilesCame
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.evidence import EvidenceFiled, FileEvidence
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.store import cases
from csdesk.store.errors import StoreError
from csdesk.store.evidence import folder_of
from csdesk.store.verify import verify
from tests.building import DeskFile

PNG, PDF = b"\x89PNG\r\n\x1a\n" + b"a dent" * 40, b"%PDF-1.4 invoice"
WANG = Sender(phone="13900000000", external="u-7")


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


def file(content: bytes = PNG, name: str = "划痕.png", **more: Any) -> Attached:
    told = {"media": "image/png", "size": len(content), "sha256": "", **more}
    return Attached(name, **{"content": lambda: iter([content]), **told})


def message(*files: Attached, id_: str = "m-1", text: str = "外壳有划痕，要退货", **more: Any) -> Inbound:
    return Inbound("gw", id_, "chat", WANG, text, **{"attached": files, **more})


def case_of(core: Core, receipt: Receipt) -> Case:
    return core.load(core.case_id(receipt.number))[0]


def told(core: Core, receipt: Receipt) -> tuple[str, ...]:
    """Why each file of a message was not kept."""
    past = cases.history(core.store.conn, core.desk, case_of(core, receipt).id, core.store.keys)
    return next(one.event for one in past if isinstance(one.event, FilesCame)).why


def stored(core: Core) -> list[str]:
    root = folder_of(core.store.conn.path)
    return (
        sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        if root.exists()
        else []
    )


def sound(core: Core) -> bool:
    return list(verify(core.store, contents=True)) == []


def content_of(core: Core, case: Case, sha256: str, to: Path) -> bytes:
    if not case.assignee:
        core.do(Take(), case.id)
    take_out(core, case.id, sha256, to)
    return to.read_bytes()


def test_what_comes_with_a_message_is_evidence_of_its_case_and_says_with_which(core: Core, tmp_path: Path):
    receipt = receive(core, message(file(), file(PDF, "发票.pdf")))
    case = case_of(core, receipt)
    assert [(one.media, one.source, one.by) for one in case.evidence] == [
        ("image/png", "chat", "system"),
        ("application/pdf", "chat", "system"),
    ]
    past = list(cases.history(core.store.conn, core.desk, case.id, core.store.keys))
    (key,) = {one.event.message for one in past if isinstance(one.event, EvidenceFiled)}
    (row,) = core.store.conn.execute("SELECT hex(key) FROM inbound").fetchall()
    assert key == row[0].lower()
    # What was written and what came with it have one cause.
    heard = next(one for one in past if one.event.type == "opened")
    assert {one.cause.partition("/")[0] for one in past if isinstance(one.event, EvidenceFiled)} == {
        heard.cause
    }
    first = case.evidence[0]
    assert content_of(core, case, first.sha256, tmp_path / "out") == PNG
    assert [(one.name, one.message == key) for one in core.ask(q.EvidenceOf(case.id))] == [
        ("划痕.png", True),
        ("发票.pdf", True),
    ]
    assert sound(core) and len(stored(core)) == 2


def test_the_same_message_again_stores_nothing_and_the_same_file_again_is_told(core: Core):
    first = receive(core, message(file()))
    before = stored(core)
    assert receive(core, message(file())) == replace(first, again=True)
    assert receive_all(core, [message(file())]) == [replace(first, again=True)]
    more = receive(
        core, message(file(), file(PDF, "a.pdf"), file(PDF, "b.pdf"), id_="m-2", thread=first.number)
    )
    assert more.number == first.number
    past = cases.history(core.store.conn, core.desk, case_of(core, first).id)
    whys = [one.event.why for one in past if isinstance(one.event, FilesCame)]
    assert whys == [("",), ("evidence_there", "", "evidence_there")]
    assert len(stored(core)) == 2 and set(before) < set(stored(core)) and sound(core)


def test_a_refused_file_costs_no_message_and_keeps_name_size_hash_and_why(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    def broken() -> Iterator[bytes]:
        raise Refused("evidence_garbled")

    zipped = b"PK\x03\x04" + b"x" * 90
    small = replace(core.policy, file_most=2_000_000, files_most=3_000_000)
    monkeypatch.setattr(Core, "policy", property(lambda _: small))
    files = (
        (file(zipped, "../../照片.zip\x1b[2J"), "evidence_archive"),
        (file(b"MZ\x90\0", "a.exe"), "evidence_type"),
        (
            file(PNG + b"PK\x05\x06" + b"\0\0\0\0\1\0\1\0" + (60).to_bytes(4, "little") + bytes(6)),
            "evidence_archive",
        ),
        (file(b"", size=0), "evidence_empty"),
        (file(b"GIF8" * 600_000, "big.gif"), "evidence_too_large"),
        (file(PNG, sha256="0" * 64), "evidence_differs"),
        (Attached("only-a-name.png", "image/png", 9, "ab" * 32), "evidence_absent"),
        (replace(file(), content=broken), "evidence_garbled"),
        (Attached("torn.png", "image/png", 5, "", why="evidence_cut"), "evidence_cut"),
        (Attached("x.png", "", 0, "", beside="/etc/passwd"), "evidence_no_file"),
        (file(b"GIF8" * 400_000, "a.gif"), ""),
        (file(b"GIF9" * 400_000, "b.gif"), "evidence_message_full"),
    )
    receipt = receive(core, message(*(one for one, _ in files)))
    assert receipt.began and told(core, receipt) == tuple(why for _, why in files)
    past = cases.history(core.store.conn, core.desk, case_of(core, receipt).id, core.store.keys)
    came = next(one.event for one in past if isinstance(one.event, FilesCame))
    assert came.sha256[6] == "ab" * 32 and "(image/png, 94)" in came.files
    assert "\x1b" not in came.files and "../" not in came.files
    assert len(stored(core)) == 1 and sound(core)


def test_base64_in_a_document_is_its_content_and_no_address_is_asked(core: Core):
    def document(**attached: object) -> bytes:
        told = {
            "id": "1",
            "channel": "app",
            "text": "退货",
            "sender": {"external": "u"},
            "attached": [attached],
        }
        return json.dumps(told).encode()

    coded = base64.b64encode(PNG).decode()
    for said in (coded, coded.rstrip("="), "\n".join(coded[at : at + 76] for at in range(0, len(coded), 76))):
        (found,) = parse(document(name="a.png", content=said), "gw", core.zone).attached
        assert found.content is not None and b"".join(found.content()) == PNG
    (bad,) = parse(document(name="a.png", content="data:image/png;base64," + coded), "gw", core.zone).attached
    with pytest.raises(Refused, match="evidence_garbled"):
        assert bad.content is not None
        list(bad.content())
    with pytest.raises(Refused, match="message_field"):
        parse(document(name="a.png", url="https://example.com/a.png"), "gw", core.zone)
    with pytest.raises(Refused, match="bad_choice"):
        parse(document(name="a.png", why="because"), "gw", core.zone)


def test_lines_of_a_file_bring_their_files(core: Core, tmp_path: Path):
    lines = tmp_path / "m.jsonl"
    said = [
        {
            "id": str(n), "channel": "app", "text": "退货", "sender": {"external": f"u{n}"},
            "attached": [{"name": "a.txt", "content": base64.b64encode(f"file {n}".encode()).decode()}],
        }
        for n in range(3)
    ]  # fmt: skip
    lines.write_text("\n".join(map(json.dumps, said)))
    taken = [one.taken for one in feed(core, lines, "gw")]
    assert all(isinstance(one, Receipt) for one in taken)
    hashes = {hashlib.sha256(f"file {n}".encode()).hexdigest() for n in range(3)}
    assert {
        kept.sha256 for one in taken if isinstance(one, Receipt) for kept in case_of(core, one).evidence
    } == hashes
    assert sound(core)


def test_a_machines_files_are_kept_where_it_answers_a_case_and_a_bounces_are_not(core: Core):
    number = receive(core, message()).number
    receive(core, message(file(), id_="2", thread=number, nature=Nature.AUTOMATIC))
    receive(core, message(file(PDF), id_="3", thread=number, nature=Nature.BOUNCE))
    receive(core, message(file(PDF), id_="4", nature=Nature.AUTOMATIC))
    assert [one.media for one in core.load(core.case_id(number))[0].evidence] == ["image/png"]
    assert len(stored(core)) == 1


def test_a_message_that_waits_for_a_person_keeps_its_files_until_it_goes_through(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    waiting = message(file(), file(b"MZ\x90\0", "a.exe"), thread="RT-0000-0000")
    bad = receive(core, waiting)
    assert bad.refused == "no_such_case" and receive(core, waiting).kept == bad.kept
    assert stored(core) == [f"held/{hashlib.sha256(PNG).hexdigest()}.{bad.kept}"]
    everything = b"".join(one.read_bytes() for one in core.store.conn.path.parent.rglob("*") if one.is_file())
    assert b"a dent" not in everything
    # Tried again too early, it waits on under the same id.
    again = retry(core, bad.kept)
    assert isinstance(again, Declined) and again.kept == bad.kept and len(stored(core)) == 1
    with monkeypatch.context() as mended:
        mended.setattr("csdesk.desk.intake.receiving._thread", lambda *_: "")
        taken = retry(core, bad.kept)
    assert isinstance(taken, Receipt) and told(core, taken) == ("", "evidence_type")
    case = case_of(core, taken)
    assert content_of(core, case, case.evidence[0].sha256, tmp_path / "out") == PNG
    assert refusals(core) == [] and len(stored(core)) == 1 and sound(core)


def test_a_message_that_is_given_up_takes_its_files_with_it(core: Core):
    bad = receive(core, message(file(), thread="RT-0000-0000"))
    other = receive(core, message(file(), id_="2", thread="RT-0000-0000"))
    give_up(core, bad.kept)
    assert stored(core) == [f"held/{hashlib.sha256(PNG).hexdigest()}.{other.kept}"]
    give_up(core, other.kept)
    assert stored(core) == []


def test_what_was_placed_for_a_message_that_is_then_refused_is_taken_back(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    def wrong(*_: object) -> None:
        raise Refused("empty_text")

    monkeypatch.setattr("csdesk.desk.intake.receiving._marks", wrong)
    bad = receive(core, message(file()))
    assert bad.refused == "empty_text" and [one.split("/")[0] for one in stored(core)] == ["held"]
    assert core.store.conn.execute("SELECT count(*) FROM evidence").fetchone() == (0,)


def test_a_full_disk_takes_no_message_so_that_it_comes_again(core: Core, monkeypatch: pytest.MonkeyPatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="full"):
            receive(core, message(file()))
    assert stored(core) == [] and core.store.conn.execute("SELECT count(*) FROM inbound").fetchone() == (0,)
    assert len(case_of(core, receive(core, message(file()))).evidence) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from csdesk.desk.core import Core
from csdesk.desk.inbound import Attached, Inbound, Sender
from csdesk.desk.intake import enclosing, receiving
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.store.file import open_store

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "committed":
    enclosing.Spooled.close = die
else:
    setattr(receiving, {"stored": "one", "placed": "_marks"}[sys.argv[2]], die)
files = tuple(Attached(f"{n}.gif", "image/gif", 0, "", content=lambda n=n: [b"GIF8%d" % n * 9]) for n in range(2))
core = Core(open_store(Path(sys.argv[1])), Actor("system", Role.SYSTEM))
receiving.receive(core, Inbound("gw", "m", "chat", Sender(external="u"), "退货", attached=files))
"""


@pytest.mark.parametrize("when", ["stored", "placed", "committed"])
def test_killed_at_any_moment_the_next_try_stores_each_file_once(desk_file: DeskFile, core: Core, when: str):
    run = subprocess.run([sys.executable, "-c", KILLED, str(desk_file.path), when], check=False)
    assert run.returncode == -signal.SIGKILL
    there = core.store.conn.execute("SELECT count(*) FROM inbound").fetchone() == (1,)
    assert there == (when == "committed") and sound(core)
    receive(core, message(file(PDF), id_="other"))  # the next writer sweeps
    assert len(stored(core)) == (3 if there else 1)
    files = tuple(file(b"GIF8%d" % n * 9, f"{n}.gif") for n in range(2))
    receipt = receive(core, Inbound("gw", "m", "chat", Sender(external="u"), "退货", attached=files))
    assert receipt.again == there
    assert len(case_of(core, receipt).evidence) == 2 and sound(core)
    assert core.store.conn.execute("SELECT count(*) FROM evidence").fetchone() == (3,)
    assert len(stored(core)) == 3


def test_by_hand_nobody_says_that_a_file_came_with_a_message(core: Core, desk_file: DeskFile):
    done = core.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),), reason="quality"))
    filed = receive(core, message(file(), thread=done.number))
    sha256 = case_of(core, filed).evidence[0].sha256
    with pytest.raises(Refused, match="bad_choice"):
        core.do(FileEvidence(sha256, 3, "image/png", "a.png", "email"), done.case.id)


def test_a_copy_goes_to_a_folder_under_a_name_that_says_what_it_is_and_on_record(core: Core, tmp_path: Path):
    receipt = receive(core, message(file(name="照片.exe")))
    case = case_of(core, receipt)
    ask = q.SaveEvidence(case.id, case.evidence[0].sha256[:8], str(tmp_path))
    with pytest.raises(Refused, match="evidence_not_yours"):
        core.ask(ask)
    core.do(Take(), case.id)
    with pytest.raises(Refused, match="evidence_no_folder"):
        core.ask(replace(ask, folder=str(tmp_path / "none")))
    path = Path(core.ask(ask))
    assert path == tmp_path / f"{receipt.number}-{case.evidence[0].sha256[:8]}-照片.exe.png"
    assert path.read_bytes() == PNG and path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreError, match="already"):
        core.ask(ask)
    seen = core.store.conn.execute("SELECT actor, fields, reason FROM look").fetchall()
    assert seen == [("wang", "file", "evidence")]
    assert core.store.conn.execute(
        "SELECT actor FROM event WHERE type = 'evidence_taken_out'"
    ).fetchall() == [("wang",)]
