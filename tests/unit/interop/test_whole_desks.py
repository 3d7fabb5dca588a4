"""Whole desks of Zendesk and Freshdesk, some 400 tickets each, moved in by the command line: every count is theirs."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from csdesk.__main__ import main
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case
from csdesk.interop.importer import run_import
from csdesk.store.verify import verify
from tests.building import DeskFile
from tests.unit.interop import whole_desks
from tests.unit.interop.conftest import dump
from tests.unit.interop.test_import_tickets import by_source, said
from tests.unit.interop.whole_desks import Desk, Json

Run = Callable[..., tuple[int, str]]
MAPS = {"zendesk": "zendesk", "freshdesk": "freshdesk", "account_export": "freshdesk_export"}
FILE = re.compile(r"^\[.+ \(\d+ B\)\]$", re.MULTILINE)
# Dies inside the n-th transaction of tickets, its rows written and not yet committed.
CHILD = """
import os, signal, sys
from csdesk.cli.main import run
from csdesk.interop.tickets import Tickets

fatal, *arguments = sys.argv[1:]
left, put, Tickets.size = int(fatal), Tickets.put, 40

def fatally(self, pending, at):
    global left
    rows, left = put(self, pending, at), left - 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return rows

Tickets.put = fatally
sys.exit(run(arguments))
"""


@pytest.fixture
def run(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str, file: Path = desk_file.path) -> tuple[int, str]:
        words = ("--file", str(file), "--agent", "zhao", "--language", "en")
        monkeypatch.setattr("sys.argv", ["csdesk", "import", *arguments, *words])
        capsys.readouterr()
        return main(), capsys.readouterr().out

    return run


def made(name: str, folder: Path) -> Desk:
    desk: Desk = getattr(whole_desks, name)(folder / name)
    return desk


def balance(out: str) -> dict[str, dict[str, Any]]:
    return {sort["what"]: sort for sort in json.loads(out)["balance"]}


def records(folder: Path, name: str) -> Iterator[Json]:
    """All records of the lists of this name, read from the files by nothing but json."""
    for path in sorted(folder.rglob("*.json*")):
        text = path.read_text("utf-8")
        if path.suffix == ".jsonl":
            found: Any = [json.loads(line) for line in text.splitlines()]
            yield from (found if path.stem.endswith(name) else [])
        else:
            found = json.loads(text)
            if isinstance(found, dict):
                yield from found.get(name, [])
            elif path.stem.startswith(name):
                yield from found


def latest(some: Iterator[Json]) -> dict[str, Json]:
    """The last dated word on each record."""
    found: dict[str, Json] = {}
    for one in some:
        id_ = str(one["id"])
        if id_ not in found or one.get("updated_at", "") > found[id_].get("updated_at", ""):
            found[id_] = one
    return found


def texts(core: Core, case: Case) -> str:
    return "\n".join(text for _, text in said(core, case))


@pytest.mark.parametrize("name", MAPS)
def test_the_counts_printed_are_those_of_the_source(name: str, tmp_path: Path, run: Run):
    desk = made(name, tmp_path)
    code, out = run(str(desk.folder), "--map", MAPS[name], "--json")
    assert code == 0
    told = balance(out)
    sorts = {what for what, count in (desk.truth + desk.extra).items() if count}
    assert set(told) == sorts
    for what, sort in told.items():
        assert sort["source"] == desk.truth[what] + desk.extra[what], what
        assert sort["repeated"] == desk.extra[what], what
        assert sort["taken"] == desk.truth[what] - desk.left[what], what
        assert sum(sort["rejected"].values()) == desk.left[what], what
        parts = (
            sort["taken"]
            + sort["changed"]
            + sort["there"]
            + sort["repeated"]
            + sum(sort["rejected"].values())
        )
        assert parts == sort["source"], what


@pytest.mark.parametrize(("name", "noun"), [("zendesk", "comments"), ("freshdesk", "conversations")])
def test_the_desk_holds_what_the_files_hold(name: str, noun: str, tmp_path: Path, run: Run, zhao: Core):
    desk = made(name, tmp_path)
    assert run(str(desk.folder), "--map", MAPS[name])[0] == 0
    gone = {"deleted"} if name == "zendesk" else set()
    tickets = {id_: one for id_, one in latest(records(desk.folder, "tickets")).items()
               if one["status"] not in gone and not one.get("deleted") and not one.get("spam")}  # fmt: skip
    cases = by_source(zhao)
    assert set(cases) == set(tickets)
    over = {"solved", "closed", "4", "5"}
    for id_, one in tickets.items():
        assert cases[id_].open == (str(one["status"]) not in over), id_
    comments = [
        one for one in latest(records(desk.folder, noun)).values() if str(one["ticket_id"]) in tickets
    ]
    in_files = Counter(str(one["ticket_id"]) for one in comments)
    like = f"import:{name}:comment:%"
    rows = zhao.store.conn.execute(
        "SELECT case_id, count(*) FROM request WHERE key LIKE ? GROUP BY 1", (like,)
    )
    in_cases = dict(rows.fetchall())
    assert {id_: in_cases.get(case.id, 0) for id_, case in cases.items()} == {
        id_: in_files[id_] for id_ in cases
    }
    private = sum(not one["public"] if "public" in one else one["private"] for one in comments)
    noted = "SELECT count(*) FROM event WHERE type = 'noted'"
    assert zhao.store.conn.execute(noted).fetchone() == (private,)
    named = sum(len(FILE.findall(texts(zhao, case))) for case in cases.values())
    assert named == desk.truth["attachments"] - desk.left["attachments"]
    assert not any("\x1b" in texts(zhao, case) or "<script" in texts(zhao, case) for case in cases.values())
    assert list(verify(zhao.store)) == []


@pytest.mark.parametrize("name", MAPS)
def test_the_same_export_again_changes_nothing(name: str, tmp_path: Path, run: Run, zhao: Core):
    desk = made(name, tmp_path)
    run(str(desk.folder), "--map", MAPS[name])
    before = dump(zhao)
    code, out = run(str(desk.folder), "--map", MAPS[name], "--json")
    assert code == 0
    for what, sort in balance(out).items():
        assert (sort["taken"], sort["changed"]) == (0, 0), what
        assert sort["there"] == desk.truth[what] - desk.left[what], what
    assert dump(zhao) == before


def test_a_killed_move_goes_on_and_ends_like_an_unbroken_one(
    desk_file: DeskFile, tmp_path: Path, run: Run, zhao: Core
):
    desk = made("zendesk", tmp_path)
    (tmp_path / "whole").mkdir()
    whole = DeskFile(Path(shutil.copy(desk_file.path, tmp_path / "whole" / "desk.db")), desk_file.clock)
    assert run(str(desk.folder), "--map", "zendesk", file=whole.path)[0] == 0
    arguments = [
        "import",
        str(desk.folder),
        "--map",
        "zendesk",
        "--file",
        str(desk_file.path),
        "--agent",
        "zhao",
    ]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, "5", *arguments], env=os.environ, stdout=subprocess.DEVNULL
    )
    assert child.wait(120) == -signal.SIGKILL
    half = len(by_source(zhao))
    assert 0 < half < desk.truth["tickets"] - desk.left["tickets"]
    code, out = run(str(desk.folder), "--map", "zendesk", "--json")
    assert code == 0
    told = balance(out)["tickets"]
    assert (told["there"], told["taken"]) == (half, desk.truth["tickets"] - desk.left["tickets"] - half)
    other = whole.core("zhao")
    assert {id_: said(zhao, case) for id_, case in by_source(zhao).items()} == {
        id_: said(other, case) for id_, case in by_source(other).items()
    }
    assert list(verify(zhao.store)) == []
    whole.close()


def test_pages_in_another_order_make_the_same_desk(desk_file: DeskFile, tmp_path: Path, zhao: Core):
    desk = made("zendesk", tmp_path)
    (tmp_path / "other").mkdir()
    other = DeskFile(Path(shutil.copy(desk_file.path, tmp_path / "other" / "desk.db")), desk_file.clock)
    taken = [
        path
        for path in sorted(desk.folder.rglob("*.json*"))
        if path.stem[:5] in ("a-com", "b-com", "ticke", "1", "2", "macro")
    ]
    run_import(zhao, taken, "zendesk")
    run_import(other.core("zhao"), taken[::-1], "zendesk")

    def told(core: Core) -> dict[str, object]:
        return {
            id_: (case.state, case.priority, case.tags, said(core, case))
            for id_, case in by_source(core).items()
        }

    assert told(zhao) == told(other.core("zhao"))
    other.close()


def test_a_later_export_adds_and_changes_only_what_is_new_and_an_older_one_takes_nothing_back(
    tmp_path: Path, run: Run, zhao: Core
):
    desk = made("zendesk", tmp_path)
    run(str(desk.folder), "--map", "zendesk")
    tickets = latest(records(desk.folder, "tickets"))
    id_ = next(id_ for id_, case in by_source(zhao).items() if case.open)
    later = Desk(tmp_path / "later")
    closed = {**tickets[id_], "status": "closed", "updated_at": "2026-06-01T00:00:00Z"}
    fresh = {**tickets[id_], "id": 99_001, "created_at": "2026-05-01T00:00:00Z", "updated_at": "2026-05-02T00:00:00Z",
             "status": "open"}  # fmt: skip
    later.page("tickets.json", {"tickets": [closed, fresh], "end_of_stream": True})
    word = next(one for one in records(desk.folder, "comments") if str(one["ticket_id"]) == id_)
    more = {**word, "id": 9_900_001, "created_at": "2026-05-31T00:00:00Z", "public": True, "attachments": []}
    later.lines("comments.jsonl", [word, more])
    told = balance(run(str(later.folder), "--map", "zendesk", "--json")[1])
    assert (told["tickets"]["taken"], told["tickets"]["changed"]) == (1, 1)
    assert (told["comments"]["taken"], told["comments"]["there"]) == (1, 1)
    assert not by_source(zhao)[id_].open
    after = dump(zhao)
    again = balance(run(str(desk.folder), "--map", "zendesk", "--json")[1])
    assert (again["tickets"]["taken"], again["tickets"]["changed"]) == (0, 0)
    assert not by_source(zhao)[id_].open
    assert dump(zhao)["event"] == after["event"]


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path, run: Run, zhao: Core):
    desk = made("freshdesk", tmp_path)
    before = dump(zhao)
    dry = balance(run(str(desk.folder), "--map", "freshdesk", "--dry-run", "--json")[1])
    assert dump(zhao) == before
    assert dry == balance(run(str(desk.folder), "--map", "freshdesk", "--json")[1])


def test_people_read_the_sum_of_each_sort_and_what_was_passed_over(tmp_path: Path, run: Run):
    desk = made("zendesk", tmp_path)
    (desk.folder / "readme.pdf").write_bytes(b"%PDF")
    (desk.folder / ".hidden.json").write_text("{")
    _, out = run(str(desk.folder), "--map", "zendesk")
    lines = {line.strip().partition(":")[0]: line for line in out.splitlines() if " = " in line}
    sides = [line.partition(" = ") for line in lines.values()]
    for left, _, right in sides:
        told = [int(number) for number in re.findall(r"(?:^|\+ )(\d+) ", right)]
        assert int(re.findall(r"\d+", left)[-1]) == sum(told), left
    assert "deleted or spam" in lines["tickets"] and "ticket left out" in lines["comments"]
    assert "organizations.json: 2 records of a kind that this map does not take." in out
    assert "tickets-9.json: an empty page." in out and "readme.pdf: not a format" in out
    assert ".hidden" not in out
    rejects = desk.folder.parent / "zendesk.rejects.jsonl"
    codes = Counter(json.loads(line)["code"] for line in rejects.read_text("utf-8").splitlines())
    assert codes["deleted"] == desk.left["tickets"] and codes["ticket_left_out"] == desk.left["comments"]


def test_a_folder_without_files_or_without_anything_known_is_one_sentence(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "none").mkdir()
    assert run(str(tmp_path / "none"), "--map", "zendesk")[0] == 1
    Desk(tmp_path / "odd").page("x.json", {"tickets": []})
    assert run(str(tmp_path / "odd"), "--map", "zendesk")[0] == 1


def test_two_words_of_one_date_are_not_guessed_at(tmp_path: Path, run: Run):
    desk = Desk(tmp_path / "two")
    one = next(records(made("zendesk", tmp_path).folder, "tickets")) | {"status": "open"}
    desk.page("1.json", {"tickets": [one]})
    desk.page("2.json", {"tickets": [{**one, "status": "closed"}]})
    told = balance(run(str(desk.folder), "--map", "zendesk", "--json")[1])["tickets"]
    assert (told["taken"], told["rejected"]) == (1, {"contradicts": 1})


def test_comments_come_in_the_events_of_tickets_too(tmp_path: Path, run: Run, zhao: Core):
    desk = Desk(tmp_path / "events")
    one = next(records(made("zendesk", tmp_path).folder, "tickets")) | {
        "id": 5,
        "status": "open",
        "requester_id": 9,
    }
    desk.page("tickets.json", {"tickets": [one], "end_of_stream": True})

    def child(id_: int, kind: str, **more: Any) -> Json:
        return {"id": id_, "event_type": kind, "via_reference_id": None, **more}

    word = {"public": True, "author_id": 9, "attachments": [], "created_at": one["created_at"]}
    events = [
        {"id": 71, "ticket_id": 5, "timestamp": 1, "updater_id": 9, "created_at": "2026-01-01T00:00:00Z",
         "child_events": [child(81, "Create", status="open"), child(82, "Comment", **word, body="头一句")]},
        {"id": 72, "ticket_id": 5, "timestamp": 2, "created_at": "2026-01-02T00:00:00Z",
         "child_events": [child(83, "Comment", public=False, author_id=2_001, body="内部"), child(84, "Change")]},
    ]  # fmt: skip
    desk.page("events.json", {"ticket_events": events, "count": 2, "end_of_stream": True})
    told = balance(run(str(desk.folder), "--map", "zendesk", "--json")[1])
    assert (told["comments"]["source"], told["comments"]["taken"]) == (2, 2)
    assert (told["comments.public"]["taken"], told["comments.private"]["taken"]) == (1, 1)
    words = texts(zhao, by_source(zhao)["5"])
    assert "头一句" in words and "内部" in words
