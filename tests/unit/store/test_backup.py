"""Copies taken while others write, and put back: whole or not at all, and nothing destroyed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from csdesk.store import backup as module
from csdesk.store.backup import backup, restore
from csdesk.store.connection import connect, sqlite, write
from csdesk.store.errors import StoreError
from csdesk.store.guards import faults

VERSION = 1

# Two rows that always say the same: a copy in which they differ was not of one moment.
PAIRS = """
import sys
from csdesk.store.connection import connect, write
conn = connect(sys.argv[1], schema_version=1)
for number in range(10**9):
    with write(conn):
        conn.execute("UPDATE pair SET value = ?", (number,))
        conn.execute("INSERT INTO note VALUES (?)", ("x" * 500,))
    if number == 20:
        print("writing", flush=True)
"""

HOLD_OPEN = """
import sys
from csdesk.store.connection import connect
conn = connect(sys.argv[1], schema_version=1)
print("open", flush=True)
sys.stdin.readline()
"""


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(StoreError) as caught:
        call()
    return caught.value.code


def made(path: Path, value: int) -> Path:
    with closing(connect(path, schema_version=VERSION, create=True)) as conn, write(conn):
        conn.execute("CREATE TABLE pair (id INTEGER PRIMARY KEY, value INTEGER)")
        conn.execute("INSERT INTO pair VALUES (1, ?), (20000, ?)", (value, value))
        conn.execute("CREATE TABLE note (text TEXT)")
        conn.executemany("INSERT INTO note VALUES (?)", (("x" * 500,) for _ in range(4000)))
        conn.execute(f"PRAGMA user_version = {VERSION}")
    return path


def pair(path: Path) -> tuple[int, int]:
    with closing(connect(path, schema_version=VERSION)) as conn:
        assert faults(conn) == ()
        (one,), (two,) = conn.execute("SELECT value FROM pair").fetchall()
    return one, two


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return made(tmp_path / "desk.db", 0)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copies" / "copy.db"


@pytest.fixture(autouse=True)
def folder(copy: Path) -> None:
    copy.parent.mkdir()


@pytest.fixture
def opened_elsewhere(desk: Path) -> Iterator[None]:
    command = [sys.executable, "-c", HOLD_OPEN, str(desk)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        yield
        process.communicate("\n")


def test_a_copy_is_whole_private_alone_and_readable_by_any_sqlite(desk: Path, copy: Path):
    told: list[tuple[int, int]] = []
    backup(desk, copy, lambda done, total: told.append((done, total)))
    assert list(copy.parent.iterdir()) == [copy]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert told[-1][0] == told[-1][1] > 0
    with closing(sqlite.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    assert pair(copy) == (0, 0)


def test_a_copy_taken_while_a_process_writes_is_of_one_moment(
    desk: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_PAGES", 8)
    command = [sys.executable, "-c", PAIRS, str(desk)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        writer.stdout.readline()
        sizes: set[int] = set()
        with closing(connect(desk, schema_version=VERSION)) as conn:
            before = conn.execute("SELECT max(value) FROM pair").fetchone()[0]

            def told(_done: int, total: int) -> None:
                sizes.add(total)
                while conn.execute("SELECT max(value) FROM pair").fetchone()[0] == before:
                    pass  # each copy sees at least one commit come in between

            backup(desk, copy, told)
        writer.kill()
    assert len(sizes) == 1
    one, two = pair(copy)
    assert one == two >= 20


def test_a_copy_never_overwrites_unless_told(desk: Path, copy: Path):
    copy.write_text("precious")
    assert code_of(lambda: backup(desk, copy)) == "already_exists"
    assert copy.read_text() == "precious"
    backup(desk, copy, overwrite=True)
    assert pair(copy) == (0, 0)


def test_a_copy_that_is_stopped_leaves_nothing(desk: Path, copy: Path):
    copy.write_text("precious")

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(desk, copy, stop, overwrite=True)
    assert [found.read_text() for found in copy.parent.iterdir()] == ["precious"]


def test_a_copy_to_nowhere_or_of_nothing_is_named(desk: Path, copy: Path, tmp_path: Path):
    assert code_of(lambda: backup(desk, tmp_path / "none" / "copy.db")) == "no_such_file"
    assert code_of(lambda: backup(tmp_path / "none.db", copy)) == "no_such_file"
    text = tmp_path / "text"
    text.write_text("dear diary")
    assert code_of(lambda: backup(text, copy)) == "not_a_database"
    assert list(copy.parent.iterdir()) == []


def test_a_backup_comes_back_where_no_file_is(desk: Path, copy: Path, tmp_path: Path):
    backup(desk, copy)
    place = tmp_path / "new.db"
    assert restore(copy, place) is None
    assert pair(place) == (0, 0)
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_log_left_without_its_file_is_not_replayed_into_the_restored_one(
    desk: Path, copy: Path, tmp_path: Path
):
    backup(desk, copy)
    place = tmp_path / "new.db"
    log = tmp_path / "new.db-wal"
    log.write_bytes(b"left over")
    restore(copy, place)
    assert (tmp_path / "new.db.replaced-wal").read_bytes() == b"left over"
    assert pair(place) == (0, 0)


def test_a_restore_keeps_the_old_file_and_its_log_under_another_name(desk: Path, copy: Path):
    backup(desk, copy)
    for value, name in ((7, "desk.db.replaced"), (8, "desk.db.replaced2")):
        with closing(connect(desk, schema_version=VERSION)) as conn, write(conn):
            conn.execute("UPDATE pair SET value = ?", (value,))
        assert restore(copy, desk, overwrite=True) == desk.with_name(name)
        assert pair(desk) == (0, 0)
        assert pair(desk.with_name(name)) == (value, value)


def test_a_restore_over_a_dead_writer_s_log_keeps_that_log_with_the_old_file(desk: Path, copy: Path):
    backup(desk, copy)
    command = [sys.executable, "-c", PAIRS, str(desk)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        writer.stdout.readline()
        writer.kill()
    assert desk.with_name("desk.db-wal").stat().st_size > 0
    old = restore(copy, desk, overwrite=True)
    assert old is not None
    assert pair(desk) == (0, 0)
    one, two = pair(old)
    assert one == two >= 20


def test_a_file_too_damaged_to_open_is_set_aside_untouched(desk: Path, copy: Path):
    backup(desk, copy)
    desk.write_bytes(b"nothing SQLite knows")
    old = restore(copy, desk, overwrite=True)
    assert old is not None
    assert old.read_bytes() == b"nothing SQLite knows"
    assert pair(desk) == (0, 0)


@pytest.mark.usefixtures("opened_elsewhere")
def test_a_restore_is_refused_while_another_process_has_the_file_open(desk: Path, copy: Path):
    backup(desk, copy)
    assert code_of(lambda: restore(copy, desk, overwrite=True)) == "locked"
    assert sorted(found.name for found in desk.parent.glob("*.db*")) == [
        "desk.db", "desk.db-shm", "desk.db-wal", "desk.db.lock",
    ]  # fmt: skip
    assert not list(desk.parent.glob(".desk.db*"))


def test_a_restore_needs_leave_to_replace(desk: Path, copy: Path):
    backup(desk, copy)
    assert code_of(lambda: restore(copy, desk)) == "already_exists"


def test_a_damaged_backup_is_refused_before_anything_is_touched(desk: Path, copy: Path):
    backup(desk, copy)
    with copy.open("r+b") as raw:
        raw.seek(copy.stat().st_size // 2 & ~4095)
        raw.write(os.urandom(4096))
    before = sorted(found.name for found in desk.parent.iterdir())
    assert code_of(lambda: restore(copy, desk, overwrite=True)) == "torn"
    assert sorted(found.name for found in desk.parent.iterdir()) == before
    assert pair(desk) == (0, 0)
