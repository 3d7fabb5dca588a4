"""A folder that keeps moments of a desk: each comes back as it was, whoever was killed in between."""

from pathlib import Path

import pytest

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.store import moments as module
from csdesk.store.errors import StoreError
from csdesk.store.file import open_store
from csdesk.store.moments import keep_moment, moments, restore_moment, zone_of
from csdesk.store.verify import verify
from tests.building import DeskFile


def file_of(desk_file: DeskFile) -> Path:
    return desk_file.path


def lived(desk_file: DeskFile, folder: Path, times: int) -> list[tuple[int, int]]:
    """Keep a moment after each of so many rounds of work: (moment, events in it)."""
    wang, found = desk_file.core("wang"), []
    for n in range(times):
        case = wang.do(Open(Kind.INQUIRY, summary=f"第{n}件")).case
        for _ in range(10):
            wang.do(Note("记一笔" * 50), case.id)
        keep_moment(file_of(desk_file), folder, desk_file.clock.forward(hours=1))
        (events,) = wang.store.conn.execute("SELECT count(*) FROM event").fetchone()
        found.append((desk_file.clock.now, events))
    wang.store.close()
    return found


def events_in(path: Path) -> int:
    store = open_store(path)
    try:
        assert list(verify(store, contents=True)) == []
        return int(store.conn.execute("SELECT count(*) FROM event").fetchone()[0])
    finally:
        store.close()


def test_each_moment_comes_back_as_it_was(desk_file: DeskFile, tmp_path: Path):
    folder = tmp_path / "moments"
    kept = lived(desk_file, folder, 4)
    assert moments(folder) == [at for at, _ in kept]
    assert len(list(folder.glob("*.db"))) == 1
    assert zone_of(folder) == "Asia/Shanghai"
    for at, events in kept:
        target = tmp_path / f"{at}.db"
        assert restore_moment(folder, at + 3_599_999, target) == (at, None)
        assert events_in(target) == events
    first, _ = kept[0]
    with pytest.raises(StoreError) as none:
        restore_moment(folder, first - 1, tmp_path / "none.db")
    assert none.value.code == "no_moment" and not (tmp_path / "none.db").exists()
    with pytest.raises(StoreError) as empty:
        restore_moment(tmp_path.parent, first, tmp_path / "none.db")
    assert empty.value.code == "no_moments"


def test_who_is_killed_between_two_files_spoils_no_moment(
    desk_file: DeskFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "moments"
    ((first, events),) = lived(desk_file, folder, 1)
    with monkeypatch.context() as patch:
        patch.setattr(module, "give_name", lambda beside, target: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            lived(desk_file, folder, 1)
    assert moments(folder) == [first]
    ((second, more),) = lived(desk_file, folder, 1)
    assert moments(folder) == [first, second]
    assert restore_moment(folder, first, tmp_path / "one.db")[0] == first
    assert events_in(tmp_path / "one.db") == events < more


def test_a_damaged_undo_file_is_named_and_costs_only_what_came_before_it(desk_file: DeskFile, tmp_path: Path):
    folder = tmp_path / "moments"
    (first, _), (second, events), (third, _) = lived(desk_file, folder, 3)
    path = folder / f"{first}.undo"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError) as torn:
        restore_moment(folder, first, tmp_path / "desk2.db")
    assert (torn.value.code, torn.value.details["path"]) == ("torn", str(path))
    assert restore_moment(folder, second, tmp_path / "desk2.db")[0] == second
    assert events_in(tmp_path / "desk2.db") == events
    assert keep_moment(file_of(desk_file), folder, third + 1, since=second) == 3
    assert moments(folder) == [second, third, third + 1]


def test_a_clock_that_was_set_back_puts_no_state_before_an_earlier_one(desk_file: DeskFile, tmp_path: Path):
    folder = tmp_path / "moments"
    ((first, _),) = lived(desk_file, folder, 1)
    keep_moment(file_of(desk_file), folder, first - 86_400_000)
    assert moments(folder) == [first, first + 1]
