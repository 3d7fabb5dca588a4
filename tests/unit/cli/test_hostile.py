"""Hostile texts on the command line: whatever a desk holds or a script passes on, what is printed can only be read."""

import csv
import io
import json
import logging
import re
from collections.abc import Callable

import pytest

from csdesk.__main__ import main
from csdesk.cli.gate import gated
from csdesk.cli.logs import Lines
from csdesk.desk.registry import command
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign
from csdesk.domain.text import json_safe
from csdesk.store.connection import write
from tests.building import DeskFile, desk_file, line
from tests.hostile import ACTING, CATEGORIES, HOSTILE, readable

__all__ = ["desk_file"]

# What fits into one argument of a program: no NUL, nothing that is not text, and no longer than a shell takes.
ARGUMENTS = [
    text
    for text in HOSTILE
    if "\0" not in text and not re.search("[\ud800-\udfff]", text) and len(text) < 3_000
]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("CSDESK_FILE", str(desk_file.path))
        monkeypatch.setenv("CSDESK_AGENT", "zhao")
        monkeypatch.setattr("sys.argv", ["csdesk", *arguments])
        capsys.readouterr()
        code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def harmless(text: str) -> None:
    found = ACTING.search(text := text.replace("\r\n", "\n"))
    assert found is None, f"{found[0]!r} in {text[max(found.start() - 60, 0) : found.end() + 20]!r}"


@pytest.fixture
def number(desk_file: DeskFile) -> str:
    """The number of a return whose every free text is hostile, put past the gate where that is possible."""
    some = [text for lines in CATEGORIES.values() for text in lines[:6] if len(text) < 300]
    words = "".join(text.encode("utf-8", "replace").decode() for text in some)
    order = desk_file.order(line(1, 19_900, title=words), customer=desk_file.customer(words[:400]))
    zhao = desk_file.core("zhao")
    case = zhao.do(Open(Kind.RETURN, order, (LineQty(1, 1),), summary=words)).case
    for text in some:
        if readable(text):
            zhao.do(command("note", {"text": text}), case.id)
    zhao.do(command("tag", {"add": "[@click=app.quit]x"}), case.id)
    zhao.do(Assign("wang"), case.id)
    with write(zhao.store.conn) as conn:
        conn.execute("UPDATE merchant SET name = ?", (words,))
        conn.execute("UPDATE cases SET subject = ?", (words,))
    return zhao.number(case)


@pytest.mark.parametrize("wants", [(), ("--json",)], ids=["lines", "json"])
def test_what_a_desk_holds_is_printed_as_text(run: Run, number: str, wants: tuple[str, ...]):
    for asked in (
        ("case", "show", number),
        ("case", "list"),
        ("search", "cases", number),
        ("board",),
        ("report", "--by", "merchant", "--from", "2026-11-02", "--to", "2026-11-03"),
    ):
        code, out, err = run(*asked, *wants)
        assert (code, err) == (0, ""), asked
        assert out
        harmless(out)
        if wants:
            json.loads(out)


def test_tables_for_sheets_and_programs_hold_no_control_and_no_formula(run: Run, number: str):
    for table in ("cases", "replies", "events"):
        _, lines, _ = run("export", table)
        harmless(lines)
        assert all(json.loads(told) for told in lines.splitlines())
        _, sheet, _ = run("export", table, "--format", "csv")
        harmless(sheet)
        rows = list(csv.reader(io.StringIO(sheet, newline="")))
        assert len({len(row) for row in rows}) == 1
        assert not any(cell.startswith(("=", "+", "@", "\t")) for row in rows for cell in row)
    _, report, _ = run("report", "--csv", "--by", "merchant", "--from", "2026-11-02", "--to", "2026-11-03")
    harmless(report)


def test_a_sentence_about_a_wrong_argument_cannot_act(run: Run, desk_file: DeskFile):
    for text in ARGUMENTS[:: len(ARGUMENTS) // 40]:
        for asked in (
            ("case", "show", "--", text),
            ("export", "--", text),
            ("search", "cases", "--", text),
        ):
            code, out, err = run(*asked)
            assert code in (0, 1, 2)
            assert "Traceback" not in err
            harmless(out + err)


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
def test_what_is_printed_keeps_its_letters(kind: str):
    for text in CATEGORIES[kind]:
        harmless(gated(text))
        assert readable(text) in gated(text).replace("\n", "").replace(" ", "")


def test_json_says_the_same_and_acts_on_nothing():
    for text in HOSTILE:
        if "\ud83d\ude00" in text:  # two halves that any JSON reader makes one sign of
            continue
        told = json_safe(json.dumps({"text": text}, ensure_ascii=False))
        harmless(told)
        assert json.loads(told) == {"text": text}


def test_no_record_of_a_log_passes_for_two_or_acts_on_a_terminal():
    for text in HOSTILE:
        told = Lines().format(logging.LogRecord("csdesk", logging.ERROR, "", 0, "job %s", (text,), None))
        harmless(told)
        assert all(row.startswith("  ") for row in told.split("\n")[1:])
        assert told.split("\n")[0].startswith("job ")
