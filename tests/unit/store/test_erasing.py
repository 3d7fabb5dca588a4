"""A person erased: the key is gone from file, log and free pages, and all that it had sealed with it."""

import io
from pathlib import Path

import pytest

from csdesk.desk.core import Core
from csdesk.desk.queries import FindCases, GetDraft, KeepDraft, ShowCase
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Take
from csdesk.effects.evidence_in import file_one
from csdesk.store import erasing, load
from csdesk.store.backup import backup
from csdesk.store.connection import checkpoint, write
from csdesk.store.errors import StoreError
from csdesk.store.evidence import of_case, open_out
from csdesk.store.people import Customer
from csdesk.store.verify import verify
from tests.building import DeskFile

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 400


@pytest.fixture
def wang(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def case(desk_file: DeskFile, wang: Core) -> str:
    """A case of 欧阳娜 with a message, a note, a draft and a picture."""
    person = desk_file.customer("欧阳娜", phone="13912340001", email="ouyang@example.com")
    case = wang.do(Open(Kind.RETURN, desk_file.order(customer=person), (LineQty(1, 1),))).case
    wang.do(Take(), case.id)
    wang.do(Hear("耳机进水了", "chat"), case.id)
    wang.do(Note("已核对购买渠道"), case.id)
    wang.ask(KeepDraft(case.id, "您好，欧阳女士"))
    file_one(wang, case.id, io.BytesIO(PNG), "欧阳娜.png", "cli", 1_000_000)
    return case.id


def erase(core: Core, case: str) -> bool:
    """As the worker does it once nothing keeps the person; True when no program reads the former pages any more."""
    store, person = core.store, core.load(case)[0].customer
    with write(store.conn):
        assert erasing.erase(store.conn, core.desk, person, core.now())
    store.keys.drop(core.desk, person)
    return checkpoint(store.conn)


def known(core: Core, case: str) -> Customer | None:
    return core.store.people.open(core.load(case)[0].customer)


def bytes_of(path: Path) -> bytes:
    """The file and its log."""
    log = path.with_name(f"{path.name}-wal")
    return path.read_bytes() + (log.read_bytes() if log.exists() else b"")


def test_the_key_and_what_finds_the_person_leave_no_byte(desk_file: DeskFile, wang: Core, case: str):
    store, person = wang.store, wang.load(case)[0].customer
    (sealed,) = store.conn.execute("SELECT sealed FROM person_key WHERE person = ?", (person,)).fetchone()
    (record,) = store.conn.execute("SELECT sealed FROM customer WHERE id = ?", (person,)).fetchone()
    hashes = [
        row[0] for row in store.conn.execute("SELECT hash FROM customer_hash WHERE customer = ?", (person,))
    ]
    (draft,) = store.conn.execute("SELECT sealed FROM draft").fetchone()
    assert len(hashes) == 4
    whole = bytes_of(Path(str(desk_file.path)))
    assert all(found in whole for found in (sealed, record, draft, *hashes))
    shared = [one for one in hashes if store.conn.execute(
        "SELECT count(*) FROM customer_hash WHERE hash = ?", (one,)).fetchone() != (1,)]  # fmt: skip
    assert shared == []
    assert erase(wang, case)
    desk_file.close()
    whole = bytes_of(Path(str(desk_file.path)))
    assert not any(found in whole for found in (sealed, record, draft, *hashes))


def test_nobody_reads_finds_or_drafts_any_more_and_the_chain_stays_whole(wang: Core, case: str):
    found = [row.id for row in wang.ask(FindCases("耳机进水"))]
    assert found == [case]
    events = wang.store.conn.execute("SELECT * FROM event ORDER BY case_id, seq").fetchall()
    person = wang.load(case)[0].customer
    assert erase(wang, case)
    assert wang.ask(FindCases("耳机进水")) == []
    assert wang.ask(FindCases("欧阳娜")) == []
    assert wang.ask(GetDraft(case)) is None
    assert known(wang, case) is None
    assert load.erased(wang.store, person)
    assert wang.store.conn.execute("SELECT * FROM event ORDER BY case_id, seq").fetchall() == events
    assert list(verify(wang.store, contents=True)) == []
    with write(wang.store.conn):
        assert not erasing.erase(wang.store.conn, wang.desk, person, wang.now())


def test_a_file_of_evidence_dies_with_the_person(wang: Core, case: str):
    (kept,) = of_case(wang.store, case)
    read: list[bytes] = []
    open_out(wang.store, kept, read.append)
    assert (kept.name, b"".join(read)) == ("欧阳娜.png", PNG)
    assert erase(wang, case)
    (left,) = of_case(wang.store, case)
    assert left.name is None
    with pytest.raises(StoreError) as caught:
        open_out(wang.store, left, read.append)
    assert caught.value.code == "shredded"


def test_a_console_that_had_opened_the_person_forgets_them_with_its_next_question(
    desk_file: DeskFile, wang: Core, case: str
):
    other = desk_file.core("chen")
    assert known(other, case) is not None
    assert erase(wang, case)
    other.ask(ShowCase(case))
    assert known(other, case) is None


def test_an_erasure_that_does_not_commit_has_not_happened(wang: Core, case: str):
    person = wang.load(case)[0].customer
    with pytest.raises(KeyboardInterrupt), write(wang.store.conn):
        assert erasing.erase(wang.store.conn, wang.desk, person, 1)
        raise KeyboardInterrupt
    assert known(wang, case) is not None
    assert [row.id for row in wang.ask(FindCases("耳机进水"))] == [case]


def test_while_somebody_reads_the_log_keeps_the_former_pages_until_they_end(
    desk_file: DeskFile, wang: Core, case: str
):
    wang.store.conn.execute("PRAGMA busy_timeout = 1")
    reader = desk_file.store().conn
    reader.execute("BEGIN")
    reader.execute("SELECT 1 FROM desk").fetchone()
    assert not erase(wang, case)
    reader.execute("COMMIT")
    assert checkpoint(wang.store.conn)


def test_a_backup_of_before_still_holds_the_person(
    desk_file: DeskFile, wang: Core, case: str, tmp_path: Path
):
    person = wang.load(case)[0].customer
    backup(str(desk_file.path), tmp_path / "before.db")
    assert erase(wang, case)
    backup(str(desk_file.path), tmp_path / "after.db")
    found = []
    for name in ("before.db", "after.db"):
        store = DeskFile(tmp_path / name, desk_file.clock).store()
        found.append(store.people.open(person) is not None)
        store.close()
    assert found == [True, False]
