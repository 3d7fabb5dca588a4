"""What `csdesk doctor` sees: a sound desk is all well, and each thing that can be wrong is named."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.opening import Open
from csdesk.store import connection, doctor
from csdesk.store.connection import write
from csdesk.store.doctor import SENTENCES, Finding, examine
from csdesk.store.keys import FromFile, create, key_file, new_keyring
from tests.building import DeskFile, file_of


def look(desk: DeskFile) -> dict[str, Finding]:
    found = examine(desk.path, now=desk.clock.now)
    assert len({finding.code for finding in found}) == len(found)
    assert all(str(finding) for finding in found)
    return {finding.code: finding for finding in found}


def bad(desk: DeskFile) -> set[str]:
    return {code for code, finding in look(desk).items() if finding.level != "ok"}


def keys_of(desk: DeskFile, home: Path) -> Path:
    return key_file(home, desk.store().desk.file_id)


def test_a_new_desk_is_all_well(desk_file: DeskFile):
    found = look(desk_file)
    assert {finding.level for finding in found.values()} == {"ok"}
    assert list(found) == ["sqlite", "sound", "wal", "disk", "schema", "keys", "outbox"]


def test_looking_changes_nothing(desk_file: DeskFile):
    store = desk_file.store()
    before = connection.data_version(store.conn)
    look(desk_file)
    assert connection.data_version(store.conn) == before


def test_a_file_that_is_not_there_is_the_only_thing_said(tmp_path: Path):
    found = examine(tmp_path / "nothing.db")
    assert [(finding.code, finding.level) for finding in found] == [
        ("sqlite", "ok"),
        ("no_such_file", "error"),
    ]
    assert "csdesk init" in str(found[-1])


def test_a_file_that_is_no_desk_is_named(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("x" * 5000)
    assert examine(tmp_path / "notes.txt")[-1].code == "not_a_database"


def test_a_damaged_page_is_found(desk_file: DeskFile):
    store = desk_file.store()
    core = desk_file.core("wang")
    for _ in range(20):
        core.do(Open(Kind.INQUIRY))
    root = store.conn.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'request'").fetchone()[0]
    page = file_of(store.conn).number("page_size")
    connection.checkpoint(store.conn)
    desk_file.close()
    with desk_file.path.open("r+b") as file:
        file.seek((root - 1) * page + 8)
        file.write(b"\xff" * 60)
    assert bad(desk_file) & {"damaged", "torn"}


def test_another_schema_is_named(desk_file: DeskFile):
    store = desk_file.store()
    store.conn.execute("PRAGMA user_version = 99")
    assert bad(desk_file) == {"newer_schema"}


def test_a_key_file_that_others_may_read_is_named(desk_file: DeskFile, home: Path):
    keys_of(desk_file, home).chmod(0o644)
    assert bad(desk_file) == {"key_file_exposed"}


def test_a_missing_key_file_and_a_strangers_key_file_are_told_apart(desk_file: DeskFile, home: Path):
    keys = keys_of(desk_file, home)
    keys.unlink()
    assert bad(desk_file) == {"no_key"}
    create(FromFile(keys), new_keyring())
    assert bad(desk_file) <= {"wrong_key", "no_key"}
    assert bad(desk_file)


def test_a_key_file_beside_the_desk_is_advised_against(desk_file: DeskFile, home: Path):
    beside = desk_file.path.parent / "keys.json"
    shutil.copy(keys_of(desk_file, home), beside)
    found = {finding.code: finding.level for finding in examine(desk_file.path, FromFile(beside))}
    assert found["key_beside"] == "warn"


def test_a_desk_that_everybody_may_read_is_named(desk_file: DeskFile):
    desk_file.path.chmod(0o644)
    assert bad(desk_file) == {"file_exposed"}


def test_a_network_file_system_is_refused(desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "network_file_system", lambda path, mountinfo: "nfs4")
    assert bad(desk_file) == {"network_fs"}


def test_an_old_sqlite_is_an_error_and_a_warning_when_it_was_allowed(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    old = SimpleNamespace(sqlite_version_info=(3, 40, 1))
    monkeypatch.setattr(doctor, "sqlite", old)
    monkeypatch.setattr(doctor, "refuse_old_sqlite", lambda: connection.refuse_old_sqlite((3, 40, 1)))
    assert bad(desk_file) == {"sqlite_too_old"}
    monkeypatch.setenv("CSDESK_ALLOW_OLD_SQLITE", "1")
    assert look(desk_file)["sqlite_old"].level == "warn"


@pytest.mark.parametrize(
    ("free_mb", "code", "level"),
    [(100, "disk_short", "error"), (128, "disk_low", "warn"), (500, "disk", "ok")],
)
def test_a_full_disk_is_seen_before_it_is_full(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch, free_mb: int, code: str, level: str
):
    store = desk_file.store()
    with write(store.conn) as conn:  # a file of some MB, so that a backup needs more than the floor
        conn.execute("INSERT INTO place VALUES ('main','wang','console',zeroblob(5000000),0)")
    connection.checkpoint(store.conn)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free_mb * doctor.MB))
    assert look(desk_file)[code].level == level


def test_a_log_that_somebody_keeps_from_shrinking_is_named(desk_file: DeskFile):
    store = desk_file.store()
    with write(store.conn) as conn:
        conn.execute("UPDATE desk SET name = 'x'")
    log = desk_file.path.with_name("desk.db-wal")
    os.truncate(log, (doctor.WAL_MB + 1) * doctor.MB)  # sparse; SQLite stops at the first frame that is none
    assert bad(desk_file) == {"wal_large"}


def test_late_jobs_without_a_worker_and_with_one_are_told_apart(desk_file: DeskFile):
    wang = desk_file.core("wang")
    wang.do(Reply("您好"), wang.do(Open(Kind.INQUIRY)).case.id)
    desk_file.clock.forward(seconds=70)
    assert bad(desk_file) == set()
    desk_file.clock.forward(seconds=1)
    finding = look(desk_file)["no_worker"]
    assert (finding.level, finding.detail) == ("error", {"n": 1, "minutes": 1})
    with write(wang.store.conn) as conn:
        conn.execute("INSERT INTO worker VALUES ('main','4711',1,?)", (desk_file.clock.now + 1,))
    assert look(desk_file)["worker_behind"].detail["holder"] == "4711"


def test_jobs_that_were_given_up_or_are_unknown_are_counted(desk_file: DeskFile):
    store = desk_file.store()
    later = desk_file.clock.now + 1
    with write(store.conn) as conn:
        conn.executemany(
            "INSERT INTO outbox VALUES ('main',?,?,'c','r',?,?,1,0,?,0)",
            [
                ("refund:1", "refund", "failed", later, "timeout"),
                ("message:1", "message", "failed", later, "gateway_down"),
                ("fax:1", "fax", "ready", later, "unknown_kind"),
            ],
        )
    found = look(desk_file)
    assert found["jobs_failed"].detail == {"n": 1, "kinds": "refund"}
    assert found["jobs_unknown"].detail == {"n": 1, "kinds": "fax"}


def test_every_finding_that_can_be_made_has_a_sentence():
    source = Path(doctor.__file__).read_text(encoding="utf-8")
    assert [code for code in SENTENCES if source.count(f'"{code}"') < 2] == []
