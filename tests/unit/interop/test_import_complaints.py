"""Complaints of another body as cases: their dates and outcome, their words sealed, what changes later."""

from collections.abc import Callable
from pathlib import Path

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.shared import Take
from csdesk.interop.importer import run_import
from csdesk.store import cases, index, load
from csdesk.store.verify import verify
from tests.building import DeskFile
from tests.unit.interop.conftest import DATA, dump

Write = Callable[..., Path]
TABLE = (DATA / "complaints.csv").read_text("utf-8")


def by_source(core: Core) -> dict[str, Case]:
    """The cases by their complaint's number."""
    rows = core.store.conn.execute(
        "SELECT external_id, record FROM source_record WHERE entity = 'complaints'"
    )
    return {id_.decode(): core.load(record)[0] for id_, record in rows}


def verbs(core: Core, case: Case) -> list[str]:
    return [past.verb for past in cases.history(core.store.conn, core.desk, case.id)]


def test_a_complaint_comes_as_far_as_its_company_answered(zhao: Core):
    report = run_import(zhao, [DATA / "complaints.csv"], "complaints")
    assert (report.total("added"), report.total("rejected")) == (3, 0)
    found = by_source(zhao)
    assert {id_: (case.state, case.outcome, case.reason) for id_, case in found.items()} == {
        "5000001": ("closed", "upheld", "false_advertising"),
        "5000002": ("received", "", "other"),
        "5000003": ("human_review", "not_upheld", "privacy"),
    }
    assert [case.channel for case in found.values()] == ["app", "phone", "12315"]
    assert [case.tags for case in found.values()] == [("credit card",), ("mortgage",), ("student loan",)]
    assert list(verify(zhao.store)) == []


def test_its_dates_are_the_records_own(zhao: Core):
    run_import(zhao, [DATA / "complaints.csv"], "complaints")
    closed = by_source(zhao)["5000001"]
    assert closed.opened_at == 1_692_936_000_000  # 2023-08-25 in New York
    assert closed.closed_at - closed.opened_at == 86_400_000
    past = list(cases.history(zhao.store.conn, zhao.desk, closed.id))
    assert {entry.actor for entry in past} == {"importer"}
    assert past[-1].verb == "close"


def test_the_company_is_the_merchant_and_the_consumer_nobody(zhao: Core):
    run_import(zhao, [DATA / "complaints.csv"], "complaints")
    found = by_source(zhao)
    names = dict(zhao.store.conn.execute("SELECT id, name FROM merchant"))
    assert [names[case.merchant] for case in found.values()] == [
        "SAMPLE BANK, N.A.",
        "OTHER SAMPLE CORP",
        "SAMPLE BANK, N.A.",
    ]
    assert len({case.customer for case in found.values()}) == 3
    assert zhao.store.conn.execute("SELECT count(*) FROM customer").fetchone() == (0,)


def test_what_was_said_is_sealed_and_found(zhao: Core, desk_file: DeskFile):
    run_import(zhao, [DATA / "complaints.csv"], "complaints")
    case = by_source(zhao)["5000001"]
    (opened, *_) = cases.history(zhao.store.conn, zhao.desk, case.id, zhao.store.keys)
    assert opened.event.summary == "They promised XXXX points,\nand gave none."  # type: ignore[attr-defined]
    assert b"promised" not in desk_file.path.read_bytes()
    key = zhao.store.people.text_key()
    assert index.cases_by_words(zhao.store.conn, zhao.desk, key, "promised", 5) == [case.id]


def test_no_answer_of_the_past_is_sent_again(zhao: Core):
    run_import(zhao, [DATA / "complaints.csv"], "complaints")
    rows = zhao.store.conn.execute("SELECT kind, state, count(*) FROM outbox GROUP BY 1, 2").fetchall()
    assert sorted(rows) == [("clock", "ready", 2), ("message", "done", 2)]


def test_a_second_import_changes_nothing(zhao: Core):
    run_import(zhao, [DATA / "complaints.csv"], "complaints")
    before = dump(zhao)
    report = run_import(zhao, [DATA / "complaints.csv"], "complaints")
    assert report.total("unchanged") == 3
    assert dump(zhao) == before


def test_a_later_answer_ends_a_case_that_nobody_has_touched(zhao: Core, write: Write):
    run_import(zhao, [DATA / "complaints.csv"], "complaints")
    answered = write("later.csv", TABLE.replace("In progress", "Closed with explanation"))
    report = run_import(zhao, [answered], "complaints")
    assert [(c.name, c.fields) for c in report.changes] == [("5000002", ("outcome", "answer"))]
    case = by_source(zhao)["5000002"]
    assert (case.state, case.closed_at) == ("closed", zhao.now())
    assert "tell_change" in verbs(zhao, case)
    assert list(verify(zhao.store)) == []


def test_a_later_answer_only_tells_an_agent_who_is_at_work(desk_file: DeskFile, zhao: Core, write: Write):
    run_import(zhao, [DATA / "complaints.csv"], "complaints")
    case = by_source(zhao)["5000002"]
    desk_file.core("wang").do(Take(), case.id)
    answered = write("later.csv", TABLE.replace("In progress", "Closed with explanation"))
    assert run_import(zhao, [answered], "complaints").told == 1
    case = by_source(zhao)["5000002"]
    assert (case.state, case.assignee) == ("received", "wang")
    assert verbs(zhao, case)[-1] == "tell_change"


def test_two_desks_of_the_same_complaints_have_the_same_case_numbers(
    zhao: Core, write: Write, tmp_path_factory, monkeypatch
):
    from tests.building import build

    run_import(zhao, [DATA / "complaints.csv"], "complaints")
    other = build(tmp_path_factory.mktemp("other"))
    try:
        second = other.core("zhao")
        run_import(second, [DATA / "complaints.csv"], "complaints")
        assert dump(second)["cases"] == dump(zhao)["cases"]
    finally:
        other.close()


def test_the_keys_of_a_batch_that_failed_are_nobodys(
    zhao: Core, desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    # The person's id comes from the record: whoever imports it next gives the same person another key.
    def fail(*_: object) -> int:
        raise RuntimeError("broken off")

    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(load, "note_run", fail)
        run_import(zhao, [DATA / "complaints.csv"], "complaints")
    run_import(desk_file.core("zhao"), [DATA / "complaints.csv"], "complaints")
    case = by_source(zhao)["5000001"]
    first = next(iter(cases.history(zhao.store.conn, zhao.desk, case.id, zhao.store.keys)))
    assert first.sealed
    assert first.event.summary  # type: ignore[attr-defined]


def test_a_case_of_many_steps_counts_as_what_it_came_to(zhao: Core):
    run_import(zhao, [DATA / "complaints.csv"], "complaints")
    rows = zhao.store.conn.execute("SELECT queue, sum(live), sum(breached) FROM counter GROUP BY queue")
    live = zhao.store.conn.execute(
        "SELECT queue, count(*), sum(breached) FROM cases WHERE live = 1 GROUP BY queue"
    )
    assert rows.fetchall() == live.fetchall() != []
