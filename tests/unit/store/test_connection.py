"""Opening, reading and writing one file from many hands: none lost, none halved, each refusal named."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from csdesk.store.connection import (
    APPLICATION_ID,
    Connection,
    SqliteConnection,
    bulk,
    checkpoint,
    connect,
    data_version,
    network_file_system,
    read,
    refuse_old_sqlite,
    sqlite,
    write,
)
from csdesk.store.errors import StoreError
from tests.building import file_of

VERSION = 3
NOBODY = 65534

INCREMENT = """
import sys
from csdesk.store.connection import connect, write
conn = connect(sys.argv[1], schema_version=3)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with write(conn, wait_s=60):
        value = conn.execute("SELECT value FROM counter").fetchone()[0]
        conn.execute("UPDATE counter SET value = ?", (value + 1,))
"""

STOP_INSIDE = """
import sys
from csdesk.store.connection import connect, write
conn = connect(sys.argv[1], schema_version=3)
with write(conn):
    conn.executemany("INSERT INTO note VALUES (?)", (("x" * 4000,) for _ in range(2000)))
    print("inside", flush=True)
    sys.stdin.readline()
"""

FOREIGN_WRITER = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
conn.execute("BEGIN IMMEDIATE")
print("inside", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A desk's file with a counter at 0 and an empty table of notes, closed."""
    path = tmp_path / "desk.db"
    with closing(connect(path, schema_version=VERSION, create=True)) as conn, write(conn):
        conn.execute("CREATE TABLE counter (value INTEGER NOT NULL)")
        conn.execute("INSERT INTO counter VALUES (0)")
        conn.execute("CREATE TABLE note (text TEXT)")
        conn.execute(f"PRAGMA user_version = {VERSION}")
    return path


@pytest.fixture
def conn(file: Path) -> Iterator[Connection]:
    with closing(connect(file, schema_version=VERSION)) as conn:
        yield conn


@pytest.fixture
def ours() -> Iterator[Path]:
    """A folder of an ordinary user, as which the test runs: permission bits mean nothing to root."""
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() != 0:
            yield Path(name)
            return
        os.chown(name, NOBODY, -1)
        os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            os.seteuid(0)


def started(script: str, *arguments: object) -> "subprocess.Popen[str]":
    """A Python process that runs `script` and has said its first line."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline().strip() in ("ready", "inside")
    return process


def told_to_go_on(process: "subprocess.Popen[str]") -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def counter(conn: Connection) -> int:
    value: int = conn.execute("SELECT value FROM counter").fetchone()[0]
    return value


def notes(conn: Connection) -> int:
    value: int = conn.execute("SELECT count(*) FROM note").fetchone()[0]
    return value


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(StoreError) as caught:
        call()
    assert "{" not in str(caught.value)
    return caught.value.code


def opened(path: Path, **options: bool) -> None:
    connect(path, schema_version=VERSION, **options).close()


# Opening


def test_a_new_file_is_private_stamped_and_in_wal_mode(tmp_path: Path):
    path = tmp_path / "a %3f?#b.db"
    with closing(connect(path, schema_version=VERSION, create=True)) as conn:
        assert path.stat().st_mode & 0o777 == 0o600
        assert file_of(conn).number("application_id") == APPLICATION_ID
        assert conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert file_of(conn).number("user_version") == 0


def test_a_connection_is_set_up_for_safety(conn: Connection):
    pragmas = {
        "synchronous": 2, "foreign_keys": 1, "temp_store": 2, "trusted_schema": 0, "busy_timeout": 5000,
        "cell_size_check": 1, "secure_delete": 1, "recursive_triggers": 1, "fullfsync": 1,
    }  # fmt: skip
    assert {pragma: file_of(conn).number(pragma) for pragma in pragmas} == pragmas
    assert conn.execute("PRAGMA mmap_size").fetchone() in (None, (0,))
    assert file_of(conn).isolation_level is None


def test_an_interrupted_creation_can_be_taken_up_again(tmp_path: Path):
    path = tmp_path / "desk.db"
    path.touch()
    opened(path, create=True)
    opened(path, create=True)
    assert code_of(lambda: opened(path)) == "older_schema"


def test_creating_over_a_desk_or_another_database_is_refused(file: Path, tmp_path: Path):
    other = tmp_path / "other.db"
    with closing(sqlite.connect(other)) as conn:
        conn.execute("CREATE TABLE t (a)")
    assert code_of(lambda: opened(file, create=True)) == "already_exists"
    assert code_of(lambda: opened(other, create=True)) == "already_exists"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "not_a_database"), (b"dear diary\n", "not_a_database"), (b"x" * 9000, "not_a_database")],
    ids=["empty", "short text", "long text"],
)
def test_a_file_that_is_no_database_is_named_and_left_as_it_was(tmp_path: Path, content: bytes, code: str):
    path = tmp_path / "desk.db"
    path.write_bytes(content)
    assert code_of(lambda: opened(path)) == code
    if content:
        assert code_of(lambda: opened(path, create=True)) == code
    assert path.read_bytes() == content
    assert [found.name for found in tmp_path.glob("desk.db*")] == ["desk.db"]


def test_a_stranger_s_database_a_folder_and_a_pipe_are_refused(tmp_path: Path):
    other, folder, pipe = tmp_path / "other.db", tmp_path / "folder", tmp_path / "pipe"
    with closing(sqlite.connect(other)) as conn:
        conn.execute("CREATE TABLE t (a)")
    folder.mkdir()
    os.mkfifo(pipe)
    for path in (other, folder, pipe):
        assert code_of(partial(opened, path)) == "not_a_database"


def test_a_missing_file_or_folder_is_refused(tmp_path: Path):
    assert code_of(lambda: opened(tmp_path / "none.db")) == "no_such_file"
    assert code_of(lambda: opened(tmp_path / "none" / "desk.db", create=True)) == "no_such_file"


@pytest.mark.parametrize("keep", [50, 2000, 4096, 6000])
def test_a_truncated_file_is_named_as_torn(file: Path, keep: int):
    os.truncate(file, keep)
    assert code_of(lambda: opened(file)) in ("torn", "not_a_database")
    assert file.stat().st_size == keep


def test_a_page_overwritten_with_noise_is_named_when_it_is_read(file: Path):
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(os.urandom(4096))
    with closing(connect(file, schema_version=VERSION)) as conn:

        def look() -> None:
            with read(conn):
                counter(conn)

        assert code_of(look) == "torn"


def test_schemas_newer_and_older_than_this_csdesk_are_told_apart(file: Path):
    newer = pytest.raises(StoreError, match=r"has schema 3, this csdesk knows 2")
    with newer:
        connect(file, schema_version=2)
    with newer:
        connect(file, schema_version=2, migrating=True)
    assert code_of(lambda: connect(file, schema_version=4)) == "older_schema"
    connect(file, schema_version=4, migrating=True).close()


def test_a_read_only_file_or_folder_can_be_read_but_not_written(ours: Path):
    path = ours / "desk.db"
    opened(path, create=True)
    for spot, mode in ((path, 0o400), (ours, 0o500)):
        before = spot.stat().st_mode
        spot.chmod(mode)
        assert code_of(lambda: opened(path, migrating=True)) == "read_only"
        spot.chmod(before)
    path.chmod(0o400)
    with closing(connect(path, schema_version=0, readonly=True)) as conn, read(conn):
        assert file_of(conn).number("application_id") == APPLICATION_ID
    path.chmod(0o000)
    assert code_of(lambda: opened(path, readonly=True)) == "no_permission"
    path.chmod(0o600)


def test_a_read_only_connection_refuses_to_write(file: Path):
    with closing(connect(file, schema_version=VERSION, readonly=True)) as conn:
        assert counter(conn) == 0
        with pytest.raises(StoreError) as caught, write(conn):
            pass
        assert caught.value.code == "read_only"


def test_an_old_sqlite_is_refused_unless_the_environment_allows_it(monkeypatch: pytest.MonkeyPatch):
    refuse_old_sqlite((3, 51, 3))
    assert code_of(lambda: refuse_old_sqlite((3, 51, 2))) == "sqlite_too_old"
    monkeypatch.setenv("CSDESK_ALLOW_OLD_SQLITE", "1")
    refuse_old_sqlite((3, 40, 1))


MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 22 0:35 / /mnt/share rw shared:1 - nfs4 host:/share rw
41 40 254:1 / /mnt/share/local\\040disk rw - xfs /dev/vdb rw
42 22 0:36 / /media rw - autofs systemd-1 rw
43 22 0:37 / /media rw master:2 - fuse.sshfs me@host: rw
44 22 0:38 / /mnt/数据 rw - cifs //host/data rw
45 22 254:2 / /mnt rw - ext4 /dev/vdc rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/desk.db", None),
        ("/mnt/share/desk.db", "nfs4"),
        ("/mnt/shared/desk.db", None),
        ("/mnt/share/local disk/desk.db", None),
        ("/media/me/desk.db", "fuse.sshfs"),
        ("/mnt/数据/desk.db", "cifs"),
    ],
)
def test_a_network_file_system_is_known_by_the_mount_that_holds_the_file(path: str, kind: str | None):
    assert network_file_system(Path(path), MOUNTS) == kind


# Writing


def test_a_block_that_fails_leaves_nothing(conn: Connection):
    with pytest.raises(ZeroDivisionError), write(conn):
        conn.execute("UPDATE counter SET value = 9")
        _ = 1 // 0
    assert counter(conn) == 0
    with write(conn):
        conn.execute("UPDATE counter SET value = 1")
    assert counter(conn) == 1


def test_a_broken_constraint_and_a_mistake_in_sql_stay_what_they_are(conn: Connection):
    with pytest.raises(sqlite.IntegrityError), write(conn):
        conn.execute("INSERT INTO counter VALUES (NULL)")
    with pytest.raises(sqlite.OperationalError, match="no such table"), write(conn):
        conn.execute("SELECT * FROM nowhere")
    assert not conn.in_transaction


def test_a_write_inside_a_transaction_is_refused_and_spoils_nothing(conn: Connection):
    for outer in (write, bulk, read):
        for inner in (write, bulk):
            with outer(conn):
                with pytest.raises(RuntimeError, match="inside a transaction"), inner(conn):
                    pass
                assert conn.in_transaction
    with write(conn):
        pass


def test_a_transaction_ended_by_hand_is_noticed(conn: Connection):
    with pytest.raises(RuntimeError, match="ended inside"), write(conn):
        conn.execute("COMMIT")


def test_two_processes_lose_no_increment(file: Path):
    writers = [started(INCREMENT, file, 500) for _ in range(2)]
    for writer in writers:
        told_to_go_on(writer)
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    with closing(connect(file, schema_version=VERSION)) as conn:
        assert counter(conn) == 1000


def test_threads_with_a_connection_each_lose_no_increment(file: Path):
    def work() -> None:
        with closing(connect(file, schema_version=VERSION)) as conn:
            for _ in range(50):
                with write(conn, wait_s=60):
                    conn.execute("UPDATE counter SET value = ?", (counter(conn) + 1,))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    with closing(connect(file, schema_version=VERSION)) as conn:
        assert counter(conn) == 200


def test_a_writer_killed_in_its_transaction_leaves_the_turn_free_and_no_half(file: Path, conn: Connection):
    writer = started(STOP_INSIDE, file)
    assert file.with_name("desk.db-wal").stat().st_size > 4_000_000  # a part of it was on its way to the disk
    writer.kill()
    writer.communicate()
    with write(conn, wait_s=30):
        assert notes(conn) == 0
        conn.execute("INSERT INTO note VALUES ('after')")
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_full_disk_is_named_and_what_was_there_stays(file: Path, conn: Connection):
    conn.execute(f"PRAGMA max_page_count = {file_of(conn).number('page_count') + 5}")
    with pytest.raises(StoreError) as caught, write(conn):
        conn.execute("UPDATE counter SET value = 7")
        conn.executemany("INSERT INTO note VALUES (?)", (("x" * 4000,) for _ in range(100)))
    assert caught.value.code == "disk_full"
    assert (counter(conn), notes(conn)) == (0, 0)
    with closing(connect(file, schema_version=VERSION)) as other, write(other, wait_s=0):
        other.execute("UPDATE counter SET value = 1")


def test_who_swallows_a_full_disk_is_stopped(conn: Connection):
    conn.execute(f"PRAGMA max_page_count = {file_of(conn).number('page_count') + 5}")
    with pytest.raises((RuntimeError, StoreError)), write(conn):
        with pytest.raises(sqlite.OperationalError):
            conn.execute("INSERT INTO note VALUES (zeroblob(1000000))")
        assert not conn.in_transaction
    assert notes(conn) == 0


def test_a_program_that_takes_no_turns_is_waited_for_and_then_named(file: Path, conn: Connection):
    foreign = started(FOREIGN_WRITER, file)
    conn.execute("PRAGMA busy_timeout = 20")
    with pytest.raises(StoreError) as caught, write(conn):
        pass
    assert caught.value.code == "locked"
    with read(conn):
        assert counter(conn) == 0
    told_to_go_on(foreign)
    foreign.communicate()
    with write(conn, wait_s=0):
        pass


def test_waiting_for_the_turn_ends_and_names_the_holder(file: Path, conn: Connection):
    writer = started(STOP_INSIDE, file)
    holder = str(writer.pid) if sys.platform == "linux" else "locked"
    with pytest.raises(StoreError, match=holder), write(conn, wait_s=0.05):
        pass
    told_to_go_on(writer)
    writer.communicate()
    with write(conn, wait_s=30):
        assert notes(conn) == 2000


def test_who_gave_up_waiting_does_not_keep_the_turn(file: Path, conn: Connection):
    with closing(connect(file, schema_version=VERSION)) as first:
        with write(first):
            for _ in range(3):
                with pytest.raises(StoreError), write(conn, wait_s=0.01):
                    pass
            waiting = [thread for thread in threading.enumerate() if thread.name == "csdesk-turn"]
            assert len(waiting) == 1
        waiting[0].join(timeout=30)
        assert not waiting[0].is_alive()
        with closing(connect(file, schema_version=VERSION)) as third, write(third, wait_s=0):
            pass
    with write(conn, wait_s=0):
        pass


def test_a_writer_that_waits_is_let_in_when_the_turn_comes(file: Path, conn: Connection):
    entered, order = threading.Event(), []

    def wait() -> None:
        with closing(connect(file, schema_version=VERSION)) as other:
            entered.set()
            with write(other, wait_s=60):
                order.append("second")

    thread = threading.Thread(target=wait)
    with write(conn):
        thread.start()
        entered.wait(timeout=30)
        order.append("first")
    thread.join(timeout=60)
    assert order == ["first", "second"]


def test_a_connection_closed_while_its_wait_goes_on_harms_nobody(file: Path, conn: Connection):
    with write(conn):
        other = connect(file, schema_version=VERSION)
        with pytest.raises(StoreError), write(other, wait_s=0.01):
            pass
        other.close()
        waiting = [thread for thread in threading.enumerate() if thread.name == "csdesk-turn"]
    for thread in waiting:
        thread.join(timeout=30)
    with write(conn, wait_s=0):
        pass


def test_a_file_migrated_meanwhile_is_not_written_by_the_old_csdesk(file: Path, conn: Connection):
    with closing(connect(file, schema_version=VERSION + 1, migrating=True)) as newer, write(newer):
        newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError) as caught, write(conn):
        conn.execute("UPDATE counter SET value = 1")
    assert caught.value.code == "newer_schema"
    assert counter(conn) == 0


def test_the_lock_file_is_open_to_whoever_the_database_is(file: Path):
    file.chmod(0o660)
    with closing(connect(file, schema_version=VERSION)) as conn, write(conn):
        lock = file.with_name("desk.db.lock").stat()
    assert lock.st_mode & 0o777 == 0o660
    assert lock.st_uid == file.stat().st_uid


def test_bulk_relaxes_the_waiting_only_inside(conn: Connection):
    with bulk(conn):
        assert file_of(conn).number("synchronous") == 1
        conn.execute("UPDATE counter SET value = 5")
    assert (file_of(conn).number("synchronous"), counter(conn)) == (2, 5)
    with pytest.raises(ZeroDivisionError), bulk(conn):
        _ = 1 // 0
    assert file_of(conn).number("synchronous") == 2


# Reading


def test_a_read_sees_one_moment(file: Path, conn: Connection):
    with closing(connect(file, schema_version=VERSION)) as other, read(conn):
        assert counter(conn) == 0
        with write(other):
            other.execute("UPDATE counter SET value = 1")
        with read(conn):
            assert counter(conn) == 0
    assert counter(conn) == 1


def test_a_change_inside_a_read_is_taken_back(conn: Connection):
    with pytest.raises(RuntimeError, match="inside read"), read(conn):
        conn.execute("UPDATE counter SET value = 1")
    assert counter(conn) == 0


def test_the_data_version_tells_of_others_commits_only(file: Path, conn: Connection):
    first = data_version(conn)
    with write(conn):
        conn.execute("UPDATE counter SET value = 1")
    assert data_version(conn) == first
    with closing(connect(file, schema_version=VERSION)) as other, write(other):
        other.execute("UPDATE counter SET value = 2")
    assert data_version(conn) != first


def test_a_checkpoint_empties_the_log_and_a_deleted_key_is_nowhere_in_the_files(file: Path, conn: Connection):
    with write(conn):
        conn.execute("INSERT INTO note VALUES ('the-key-to-shred')")
    with write(conn):
        conn.execute("DELETE FROM note")
    assert checkpoint(conn)
    conn.close()
    assert not any(b"the-key-to-shred" in found.read_bytes() for found in file.parent.glob("desk.db*"))


def test_a_reader_holds_a_checkpoint_back(file: Path, conn: Connection):
    conn.execute("PRAGMA busy_timeout = 20")
    with closing(connect(file, schema_version=VERSION)) as other, read(other):
        counter(other)
        with write(conn):
            conn.execute("UPDATE counter SET value = 1")
        assert not checkpoint(conn)
    assert checkpoint(conn)


def test_a_console_holds_a_quarter_of_the_pages_that_sqlite_would(conn: SqliteConnection):
    usual = conn.number("cache_size")
    conn.keep_few_pages()
    assert (usual, conn.number("cache_size")) == (-2000, -512)


def test_full_text_triggers_work_under_an_untrusted_schema(conn: Connection):
    with write(conn):
        conn.execute("CREATE VIRTUAL TABLE words USING fts5(text)")
        conn.execute(
            "CREATE TRIGGER note_words AFTER INSERT ON note BEGIN INSERT INTO words VALUES (new.text); END"
        )
        conn.execute("INSERT INTO note VALUES ('a parcel')")
    assert conn.execute("SELECT count(*) FROM words WHERE words MATCH 'parcel'").fetchone() == (1,)


def test_a_connection_from_before_a_fork_is_refused(conn: Connection, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "getpid", lambda: -1)
    for block in (read, write, bulk):
        with pytest.raises(RuntimeError, match="fork"), block(conn):
            pass
