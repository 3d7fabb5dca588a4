"""Power lost, disk full, clocks that jump, another csdesk's schema: nothing half, nothing acknowledged lost."""

import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from csdesk.desk.core import Core
from csdesk.desk.queries import Hold
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.interop.importer import run_import
from csdesk.store import outbox
from csdesk.store.connection import checkpoint, write
from csdesk.store.doctor import examine
from csdesk.store.errors import StoreError
from csdesk.store.file import open_store
from csdesk.store.verify import verify
from tests.building import DAY, HOUR, DeskFile, desk_file
from tests.soak.kills import KINDS, do, file_of
from tests.unit.interop.conftest import DATA

__all__ = ["desk_file"]

SOAK = max(1, int(os.environ.get("CSDESK_SOAK", "1")))
SEED = int(os.environ.get("CSDESK_SEED", "20261122"))
TEARS, WRITES = 12 * SOAK, 30
YEAR = 365 * DAY


def keys_in(core: Core) -> set[str]:
    return {key for (key,) in core.store.conn.execute("SELECT key FROM request")}


def test_what_was_acknowledged_survives_a_log_torn_anywhere_behind_it(desk_file: DeskFile, tmp_path: Path):
    chance, wang = Random(SEED), desk_file.core("wang")
    case = wang.do(Open(Kind.INQUIRY)).case.id
    checkpoint(wang.store.conn)
    log = file_of(desk_file).with_name(f"{file_of(desk_file).name}-wal")
    acknowledged = []
    for n in range(WRITES):
        wang.do(Note(f"第{n}条" * chance.randrange(1, 400)), case, key=f"key-{n}")
        acknowledged.append((log.stat().st_size, f"key-{n}"))
    whole, base = log.read_bytes(), file_of(desk_file).read_bytes()
    for n in range(TEARS):
        folder = tmp_path / f"power-{n}"
        folder.mkdir()
        cut = chance.randrange(len(whole) + 1)
        # What had not reached the disk is missing, or there as pages of something else.
        behind = b"" if n % 2 else chance.randbytes(min(len(whole) - cut, 40_000))
        (folder / "desk.db").write_bytes(base)
        (folder / "desk.db-wal").write_bytes(whole[:cut] + behind)
        with closing(open_store(folder / "desk.db")) as store:
            there = {key for (key,) in store.conn.execute("SELECT key FROM request")}
            assert {key for size, key in acknowledged if size <= cut} <= there, (SEED, cut)
            assert list(verify(store)) == [], (SEED, cut)
        shutil.rmtree(folder)


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: what a write then meets is what a full disk gives."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_in_any_write_leaves_nothing_half_and_the_write_can_be_done_again(
    desk_file: DeskFile, tmp_path: Path
):
    chance, zhao = Random(SEED), desk_file.core("zhao")
    run_import(
        zhao, [DATA / "users.json", DATA / "products.json"], "retail", rejects_path=tmp_path / "rejects"
    )
    case = zhao.do(Open(Kind.INQUIRY)).case.id
    checkpoint(zhao.store.conn)
    log = file_of(desk_file).with_name(f"{file_of(desk_file).name}-wal")
    met = set()
    for kind in KINDS:
        for pages in (0, 1, 4, 9):
            key = chance.randbytes(16).hex()
            try:
                with disk_of(max(log.stat().st_size, 8_192) + pages * 4_120):
                    do(zhao, tmp_path, kind, key, case)
            except StoreError as exc:
                assert exc.code in ("disk_full", "io_failed"), (kind, exc.code)
                met.add(kind)
            assert list(verify(zhao.store, contents=True)) == [], (kind, pages)
            do(zhao, tmp_path, kind, key, case)
    assert met >= {"open", "note", "reply", "inbound", "import"}
    assert list(verify(zhao.store, contents=True)) == []
    assert {
        one.code for one in examine(file_of(desk_file), now=desk_file.clock.now) if one.level == "error"
    } == set()


@pytest.mark.parametrize("jump", [HOUR, 3 * YEAR], ids=["an hour", "three years"])
def test_a_clock_that_jumps_there_and_back_holds_no_case_and_no_work_for_ever(desk_file: DeskFile, jump: int):
    wang, li, system = desk_file.core("wang"), desk_file.core("li"), desk_file.core("system")
    case = wang.do(Open(Kind.INQUIRY)).case
    usual = case.due - desk_file.clock.now if case.due else 0
    desk_file.clock.forward(ms=jump)
    wang.ask(Hold(case.id))
    wang.do(Note("时钟快了"), case.id)
    with write(system.store.conn) as conn:
        assert outbox.elect(conn, "main", "ahead", desk_file.clock.now)
    ahead = wang.do(Open(Kind.INQUIRY)).case
    desk_file.clock.forward(ms=-jump)
    found = {one.code: one for one in examine(file_of(desk_file), now=desk_file.clock.now)}
    assert found["clock_back"].detail["minutes"] == jump // 60_000
    assert li.ask(Hold(case.id)).holder == "li"
    with write(system.store.conn) as conn:
        assert outbox.elect(conn, "main", "back", desk_file.clock.now)
    li.do(Note("时钟对了"), case.id)
    now = wang.do(Open(Kind.INQUIRY)).case
    assert len({case.id, ahead.id, now.id}) == len({case.body, ahead.body, now.body}) == 3
    assert (now.due - desk_file.clock.now if now.due else 0) == usual
    seqs = [
        seq
        for (seq,) in wang.store.conn.execute(
            "SELECT seq FROM event WHERE case_id = ? ORDER BY seq", (case.id,)
        )
    ]
    assert seqs == list(range(1, len(seqs) + 1))
    assert list(verify(wang.store)) == []


def test_an_open_desk_writes_nothing_into_a_file_that_a_later_csdesk_has_migrated(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.INQUIRY)).case
    before = keys_in(wang)
    other = desk_file.store()
    with write(other.conn) as conn:
        conn.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError) as open_:
        wang.do(Note("还开着的工作台"), case.id)
    with pytest.raises(StoreError) as fresh:
        open_store(file_of(desk_file))
    assert open_.value.code == fresh.value.code == "newer_schema"
    assert "99" in str(fresh.value) and keys_in(wang) == before
