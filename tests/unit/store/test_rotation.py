"""Master keys in turn: online, taken up again after a kill, unnoticed by whoever was open before."""

import base64
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.opening import Open
from csdesk.store import keys as keysource
from csdesk.store import rotation
from csdesk.store.backup import backup
from csdesk.store.connection import write
from csdesk.store.crypto import WrappedKey, person_bound, unwrap
from csdesk.store.doctor import examine
from csdesk.store.dsn import Dsn
from csdesk.store.erasing import erase
from csdesk.store.errors import StoreError
from csdesk.store.file import Store, open_store
from csdesk.store.home import config_dir
from csdesk.store.keys import FromEnvironment, FromFile, Keyring, Masters, key_file, new_keyring, to_document
from csdesk.store.people import Customer
from csdesk.store.verify import verify
from tests.building import DeskFile, on_postgres

PEOPLE = 7


def code_of(caught: pytest.ExceptionInfo[StoreError]) -> str:
    return caught.value.code


def add(store: Store, name: str) -> str:
    """One more customer, as an import adds them."""
    person = f"{name}-id"
    with write(store.conn):
        store.people.add(person)
        store.people.put([(person, f"source-{name}", Customer(name), 1)], 1)
    return person


def rotate(store: Store, clock, source=None, **more) -> rotation.Rotated:
    return rotation.rotate(store, source, "gao", clock, **more)


@pytest.fixture
def peopled(desk_file: DeskFile) -> DeskFile:
    """A desk with seven customers, the first of them with a case and a message."""
    store = desk_file.store()
    for n in range(PEOPLE):
        add(store, f"张{n}")
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(customer="张0-id"), (LineQty(1, 1),))).case
    wang.do(Hear("耳机坏了", "chat"), case.id)
    return desk_file


def data_keys(store: Store) -> dict[str, bytes]:
    """The opened data key of every person."""
    rows = store.conn.execute("SELECT person, key_id, sealed FROM person_key").fetchall()
    masters, desk = store.masters, store.desk.id
    return {p: unwrap(masters[k], WrappedKey(k, sealed), person_bound(desk, p)) for p, k, sealed in rows}


def rows_of(store: Store, *tables: str) -> list[list[tuple[object, ...]]]:
    return [store.conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in tables]


def source_of(store: Store) -> FromFile:
    return FromFile(key_file(config_dir(), store.desk.file_id))


def test_a_rotation_changes_the_wrapping_and_not_a_byte_of_what_was_sealed(peopled: DeskFile):
    store = peopled.store()
    kept, before = rows_of(store, "event", "customer", "cases", "customer_hash"), data_keys(store)
    (old,) = rotation.wrapping(store.conn, store.desk.id)
    done = rotate(store, peopled.clock)
    assert (done.persons, done.broken) == (len(before), ())
    assert rotation.wrapping(store.conn, store.desk.id) == [done.key_id] != [old]
    assert data_keys(store) == before
    assert rows_of(store, "event", "customer", "cases", "customer_hash") == kept
    assert list(verify(store)) == []
    assert not rotation.under_way(store.conn, store.desk.id)
    again = peopled.store()  # as a program that starts afterwards
    assert (again.people.open("张3-id") or Customer()).name == "张3"
    assert {one.key_id: (one.current, one.persons) for one in rotation.listed(again, None)} == {
        done.key_id: (True, len(before)),
        old: (False, 0),
    }


def test_what_was_open_before_goes_on_reading_and_wraps_with_the_new_key(peopled: DeskFile):
    console, reader = peopled.store(), peopled.store().reading()
    done = rotate(peopled.store(), peopled.clock)
    assert (console.people.open("张1-id") or Customer()).name == "张1"
    assert (reader.people.open("张2-id") or Customer()).name == "张2"
    reader.close()
    person = add(console, "李")
    row = console.conn.execute("SELECT key_id FROM person_key WHERE person = ?", (person,)).fetchone()
    assert row == (done.key_id,)
    # One that has read nothing since wraps with the new one too: the file says which it is.
    add(peopled.store(), "赵")
    assert rotation.wrapping(console.conn, console.desk.id) == [done.key_id]


CUT_OFF = """
import sys
from pathlib import Path
from csdesk.store import rotation
from csdesk.store.file import open_store
rotation.BATCH = 2
def step(done, whole):
    if done >= 4:
        print(done, whole, flush=True)
        sys.stdin.read()
rotation.rotate(open_store(Path(sys.argv[1])), None, "gao", lambda: 5, step)
"""


def test_a_rotation_that_was_killed_is_taken_up_where_it_was(peopled: DeskFile):
    store = peopled.store()
    people = len(data_keys(store))
    child = subprocess.Popen(
        [sys.executable, "-c", CUT_OFF, str(peopled.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == f"4 {people}\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    desk = store.desk.id
    assert rotation.under_way(store.conn, desk)
    assert rotation.left(store.conn, desk) == people - 4
    assert "rotation" in {found.code for found in examine(Path(str(peopled.path)), now=peopled.clock())}
    begun = rotation.current_of(store.conn, desk)
    assert all(store.people.open(f"张{n}-id") for n in range(PEOPLE))  # in the middle, by either key
    done = rotate(peopled.store(), peopled.clock)
    assert (done.key_id, done.persons) == (begun, people - 4)
    assert rotation.wrapping(store.conn, desk) == [begun]
    assert not rotation.under_way(store.conn, desk)
    assert "rotation" not in {found.code for found in examine(Path(str(peopled.path)), now=peopled.clock())}


@pytest.mark.parametrize("name", ["_adopt", "_step", "_end"])
def test_cut_off_anywhere_no_key_is_lost_and_none_too_many_is_made(
    peopled: DeskFile, monkeypatch: pytest.MonkeyPatch, name: str
):
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    store = peopled.store()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(rotation, name, dies)
        rotate(store, peopled.clock)
    after = peopled.store()
    assert all(after.people.open(f"张{n}-id") for n in range(PEOPLE))
    done = rotate(after, peopled.clock)
    ring = keysource.load(source_of(store))
    assert ring.current == done.key_id
    assert len(ring.keys) == 2
    assert rotation.wrapping(after.conn, after.desk.id) == [done.key_id]


WRITER = """
import sys
from pathlib import Path
from csdesk.store.connection import write
from csdesk.store.file import open_store
from csdesk.store.people import Customer
store = open_store(Path(sys.argv[1]))
print("ready", flush=True)
for n, line in enumerate(sys.stdin):
    person = f"{sys.argv[2]}-{n}"
    with write(store.conn):
        store.people.add(person)
        store.people.put([(person, person, Customer(person), 1)], 1)
    print(store.people.open(person).name, store.people.open("张6-id").name, flush=True)
"""


def test_others_write_and_read_between_its_steps(peopled: DeskFile, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rotation, "BATCH", 2)
    store = peopled.store()
    writers = {
        name: subprocess.Popen(
            [sys.executable, "-c", WRITER, str(peopled.path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("chen", "li")
    }
    said: list[str] = []

    def step(done: int, whole: int) -> None:
        for child in writers.values():
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write("one more\n")
            child.stdin.flush()
            said.append(child.stdout.readline().strip())

    try:
        for child in writers.values():
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        done = rotate(store, peopled.clock, progress=step)
    finally:
        for child in writers.values():
            child.communicate()
    assert len(said) == 8
    assert set(said) == {f"{name}-{n} 张6" for name in writers for n in range(4)}
    assert rotation.wrapping(store.conn, store.desk.id) == [done.key_id]
    assert (peopled.store().people.open("li-3") or Customer()).name == "li-3"


def test_a_key_is_retired_only_when_nothing_needs_it(peopled: DeskFile, tmp_path: Path):
    store = peopled.store()
    desk = store.desk.id
    (old,) = rotation.wrapping(store.conn, desk)
    backup(str(peopled.path), tmp_path / "before.db")
    with pytest.raises(StoreError) as caught:
        rotation.retire(store, None, old, 9)
    assert code_of(caught) == "key_current"
    done = rotate(store, peopled.clock)
    store.conn.execute("UPDATE person_key SET key_id = ? WHERE person = '张5-id'", (old,))
    with pytest.raises(StoreError, match="1 persons") as caught:
        rotation.retire(store, None, old, 9)
    assert code_of(caught) == "key_in_use"
    store.conn.execute("UPDATE person_key SET key_id = ? WHERE person = '张5-id'", (done.key_id,))
    for wrong in ("k00000000", "index"):
        with pytest.raises(StoreError) as caught:
            rotation.retire(store, None, wrong, 9)
        assert code_of(caught) == "key_unknown"
    assert rotation.retire(store, None, old, 9)
    assert set(keysource.load(source_of(store)).keys) == {done.key_id}
    assert (peopled.store().people.open("张2-id") or Customer()).name == "张2"
    assert [one.retired_at for one in rotation.listed(store, None)] == [0, 9]
    # A backup of before needs the former document: one sentence says so.
    with pytest.raises(StoreError, match=old) as caught:
        open_store(tmp_path / "before.db")
    assert code_of(caught) == "no_key"


def test_cut_off_between_file_and_document_an_idle_key_is_left_and_can_be_retired_again(
    peopled: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    store = peopled.store()
    (old,) = rotation.wrapping(store.conn, store.desk.id)
    rotate(store, peopled.clock)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(keysource, "save", dies)
        rotation.retire(store, None, old, 9)
    assert (peopled.store().people.open("张2-id") or Customer()).name == "张2"
    assert rotation.retire(store, None, old, 10)
    assert old not in keysource.load(source_of(store)).keys


def test_keys_that_csdesk_only_reads_are_rotated_by_a_new_document(
    peopled: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    ring = keysource.load(source_of(peopled.store()))

    def give(document: str) -> None:
        monkeypatch.setenv("CSDESK_KEY", base64.b64encode(document.encode()).decode())

    give(to_document(ring))
    source = FromEnvironment()
    store = open_store(peopled.path, source=source)
    with closing(store.conn):
        with pytest.raises(StoreError, match="CSDESK_KEY") as caught:
            rotate(store, peopled.clock, source)
        assert code_of(caught) == "keys_unkept"
        following = ring.rotated()
        give(to_document(following))
        assert rotate(store, peopled.clock, source).key_id == following.current
        assert not rotation.retire(store, source, ring.current, 9)
        # A program that still has the former document says so in one sentence.
        give(to_document(ring))
        with pytest.raises(StoreError, match=following.current) as caught:
            open_store(peopled.path, source=source)
        assert code_of(caught) == "no_key"


def test_a_damaged_key_is_named_and_holds_up_nobody_else(peopled: DeskFile):
    store = peopled.store()
    store.conn.execute("UPDATE person_key SET sealed = zeroblob(61) WHERE person = '张4-id'")
    done = rotate(store, peopled.clock)
    assert done.broken == ("张4-id",)
    assert rotation.left(store.conn, store.desk.id) == 1
    assert rotation.under_way(store.conn, store.desk.id)
    assert (store.people.open("张5-id") or Customer()).name == "张5"


def test_all_desks_of_a_file_go_over(peopled: DeskFile):
    store = peopled.store()
    ring = store.masters.keyring
    with write(store.conn) as conn:
        conn.execute(
            "INSERT INTO desk VALUES ('second', '二台', 'Asia/Shanghai', ?, 1, 0)", (store.desk.file_id,)
        )
        prints = [("second", name, value) for name, value in ring.fingerprints().items()]
        conn.executemany("INSERT INTO fingerprint VALUES (?,?,?)", prints)
    second = open_store(peopled.path, desk_id="second")
    with closing(second.conn):
        add(second, "周")
        done = rotate(store, peopled.clock)
        assert rotation.wrapping(store.conn, "second") == [done.key_id]
        assert (second.people.open("周-id") or Customer()).name == "周"
        assert rotation.retire(second, None, ring.current, 9)


def test_a_key_that_nobody_has_is_asked_for_once_and_not_for_every_row(monkeypatch: pytest.MonkeyPatch):
    asked, moment = [], [100.0]
    ring = new_keyring()
    monkeypatch.setattr("csdesk.store.keys.time.monotonic", lambda: moment[0])

    def read_again() -> Keyring:
        asked.append(1)
        return ring

    masters = Masters(ring, read_again)
    for _ in range(50):
        assert masters.get("k-elsewhere") is None
    assert len(asked) == 1
    moment[0] += 6
    assert masters.get("k-elsewhere") is None
    assert len(asked) == 2


def test_a_strange_document_at_the_source_is_no_key_of_this_desk(peopled: DeskFile):
    console, other = peopled.store(), peopled.store()
    rotate(other, peopled.clock)
    keysource.save(source_of(other), new_keyring())
    with pytest.raises(StoreError) as caught:
        console.people.open("张1-id")
    assert code_of(caught) == "wrong_key"


def test_a_desk_on_a_database_server_goes_over_too(desk_file: DeskFile, postgres_desks: Dsn):
    on_postgres(desk_file, postgres_desks)
    neighbour = desk_file.store()  # has keys of its own, which nobody else's rotation needs or touches
    add(neighbour, "邻")
    on_postgres(desk_file, postgres_desks)
    store, console = desk_file.store(), desk_file.store()
    for n in range(3):
        add(store, f"张{n}")
    (old,) = rotation.wrapping(store.conn, store.desk.id)
    done = rotate(store, desk_file.clock)
    assert done.persons == 3
    assert (console.people.open("张1-id") or Customer()).name == "张1"
    add(console, "李")
    assert rotation.wrapping(store.conn, store.desk.id) == [done.key_id]
    assert rotation.retire(store, None, old, 9)
    assert [one.retired_at for one in rotation.listed(store, None)] == [0, 9]
    assert rotation.left(neighbour.conn, neighbour.desk.id) == 0
    assert not rotation.under_way(neighbour.conn, neighbour.desk.id)
    assert rotation.wrapping(neighbour.conn, neighbour.desk.id) == [neighbour.masters.keyring.current]
    with write(store.conn):
        assert erase(store.conn, store.desk.id, "张1-id", 5)
    console.heed_erasures()
    assert console.people.open("张1-id") is None
