"""A desk moved between a file and a database: the same afterwards, proven, resumable, and never half open."""

import threading
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.effects.evidence_in import file_one
from csdesk.interop.shipped import load_knowledge
from csdesk.store import moving, moving_ends
from csdesk.store.connection import write
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError
from csdesk.store.file import Store, init, open_store
from csdesk.store.index import cases_by_number, cases_by_words
from csdesk.store.moving import Moved, move
from csdesk.store.moving_ends import SqliteEnd, database, names
from csdesk.store.verify import verify
from tests.building import MONDAY, ZONE, DeskFile
from tests.postgres import Postgres


def worked(desk: DeskFile) -> str:
    """A desk on which somebody worked; the number of its case."""
    core = desk.core("wang")
    case = core.do(Open(Kind.RETURN, desk.order(), (LineQty(1, 1),))).case
    core.do(Note("客户说耳机左边没有声音"), case.id, version=case.version)
    core.do(Open(Kind.REFUND_ONLY, desk.order(), (LineQty(1, 1),)))
    file_one(core, case.id, BytesIO("现场照片说明\n".encode()), "说明.txt", "cli", 1_000_000)
    return core.number(case)


def moved(desk: DeskFile, to: Path | Dsn, evidence: Path | None = None, *, standing: bool = True) -> Moved:
    with closing(open_store(desk.place, desk_id=desk.desk_id, evidence=evidence)) as store:
        return move(store, to, MONDAY, evidence=evidence, standing=standing, wait_s=0.2)


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of a desk."""
    if store.conn.kind == "sqlite":
        end = SqliteEnd(store.conn, store.desk.id)
        return {name: list(end.rows(name)) for name in names()}
    with database(store.conn.dsn, store.desk.id, reading=True) as there:  # type: ignore[attr-defined]
        return {name: list(there.rows(name)) for name in names()}


def said(store: Store, number: str) -> tuple[list[str], list[str], int]:
    """What a search finds: by words, by a part of a number, among policies."""
    key, desk = store.people.text_key(), store.desk.id
    words = cases_by_words(store.conn, desk, key, "左边", 10)
    return (
        words,
        cases_by_number(store.conn, desk, key, number[-4:], 10),
        len(store.policies.search("七天无理由退货", "2026-11-02", "zh-Hans", 5)),
    )


def test_there_and_back_again_is_the_same_desk(desk_file: DeskFile, postgres: Postgres, tmp_path: Path):
    number = worked(desk_file)
    with closing(open_store(desk_file.path)) as store:
        load_knowledge(store)
        before, found = rows(store), said(store, number)
    assert found[0] and found[1] and found[2]
    dsn, folder, back = Dsn(postgres.database()), tmp_path / "evidence", tmp_path / "back.db"
    told = moved(desk_file, dsn, folder)
    assert (told.cases, told.files, told.kept) == (2, 1, 0)
    assert told.rows == sum(map(len, before.values())) - 1  # without the desk's own, which comes last
    with closing(open_store(dsn, desk_id="main", evidence=folder)) as there:
        assert there.desk.file_id == desk_file.store().desk.file_id
        assert rows(there) == before
        assert said(there, number)[:2] == found[:2]
        assert list(verify(there, contents=True)) == []
    moved(DeskFile(folder, desk_file.clock, "main", dsn), back, folder)
    assert back.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.glob("*back.db*")} == {"back.db", "back.db.evidence"}
    with closing(open_store(back)) as store:
        assert rows(store) == before
        assert said(store, number) == found
        assert list(verify(store, contents=True)) == []
    with pytest.raises(StoreError, match="holds the desk main already"):
        moved(desk_file, dsn, folder)


def test_a_move_that_was_killed_opens_nowhere_and_goes_on(
    desk_file: DeskFile, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    number = worked(desk_file)
    dsn = Dsn(postgres.database())

    def killed(store: Store) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving, "reindex", killed)
        with pytest.raises(KeyboardInterrupt):
            moved(desk_file, dsn, tmp_path / "evidence")
    for attempt in (lambda: open_store(dsn, desk_id="main"), lambda: init(dsn, "别的", ZONE, MONDAY)):
        with pytest.raises(StoreError) as refused:
            attempt()
        assert refused.value.code == "half_moved"
    # The source works on; the next try brings what is new and keeps what was whole.
    desk_file.core("li").do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),)))
    told = moved(desk_file, dsn, tmp_path / "evidence")
    assert told.cases == 3 and 0 < told.kept < told.rows
    with closing(open_store(dsn, desk_id="main", evidence=tmp_path / "evidence")) as there:
        assert said(there, number)[0]
        assert rows(there) == rows(desk_file.store())


def test_another_desk_of_that_name_starts_from_nothing(
    desk_file: DeskFile, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    worked(desk_file)
    dsn, other = Dsn(postgres.database()), tmp_path / "other.db"
    with monkeypatch.context() as patch:
        patch.setattr(moving, "reindex", lambda store: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            moved(desk_file, dsn)
    init(other, "别的", ZONE, MONDAY)
    assert moved(DeskFile(other, desk_file.clock), dsn).cases == 0


def test_what_arrives_otherwise_is_not_opened(
    desk_file: DeskFile, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    worked(desk_file)
    dsn = Dsn(postgres.database())
    fill = moving_ends.PostgresEnd.fill

    def lossy(self, name, rows):
        fill(self, name, (row for n, row in enumerate(rows) if name != "event" or n))

    with monkeypatch.context() as patch:
        patch.setattr(moving_ends.PostgresEnd, "fill", lossy)
        with pytest.raises(StoreError) as refused:
            moved(desk_file, dsn)
    assert (refused.value.code, refused.value.details["table"]) == ("move_differs", "event")
    # A source whose chain is broken stays where it is.
    with closing(open_store(desk_file.path)) as store, write(store.conn) as conn:
        conn.execute("UPDATE event SET at = at + 1 WHERE seq = 1")
    with pytest.raises(StoreError) as refused:
        moved(desk_file, dsn, tmp_path / "evidence")
    assert refused.value.code == "move_unsound"
    with pytest.raises(StoreError, match="not whole"):
        open_store(dsn, desk_id="main")


def test_nobody_writes_while_a_desk_moves(desk_file: DeskFile, postgres: Postgres):
    worked(desk_file)
    dsn, writing, done = Dsn(postgres.database()), threading.Event(), threading.Event()

    def hold() -> None:
        with closing(open_store(desk_file.path)) as store, write(store.conn):
            writing.set()
            done.wait(20)

    other = threading.Thread(target=hold)
    other.start()
    assert writing.wait(20)
    try:
        with pytest.raises(StoreError) as refused:
            moved(desk_file, dsn)
    finally:
        done.set()
        other.join()
    assert refused.value.code == "locked"
    with pytest.raises(StoreError, match="not a csdesk database"):
        open_store(dsn, desk_id="main")


def test_a_backup_of_a_database_is_of_one_moment_while_others_write(
    desk_file: DeskFile, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    worked(desk_file)
    dsn, folder, copy = Dsn(postgres.database()), tmp_path / "evidence", tmp_path / "copy.db"
    moved(desk_file, dsn, folder)
    there = DeskFile(folder, desk_file.clock, "main", dsn, _numbers=desk_file._numbers)
    fill = moving_ends.SqliteEnd.fill

    def meanwhile(self, name, rows):
        fill(self, name, rows)
        if name in ("customer", "cases"):
            there.core("li").do(Open(Kind.RETURN, there.order(), (LineQty(1, 1),)))

    monkeypatch.setattr(moving_ends.SqliteEnd, "fill", meanwhile)
    assert moved(there, copy, folder, standing=False).cases == 2
    there.close()
    with closing(open_store(copy)) as store:
        assert list(verify(store, contents=True)) == []
    with closing(open_store(dsn, desk_id="main", evidence=folder)) as store:
        assert store.conn.execute("SELECT count(*) FROM cases WHERE desk_id = ?", ("main",)).fetchone() == (
            4,
        )


def test_two_files_are_a_matter_of_backup(desk_file: DeskFile, tmp_path: Path):
    with pytest.raises(StoreError, match="use 'csdesk backup'"):
        moved(desk_file, tmp_path / "copy.db")
