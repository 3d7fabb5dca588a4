"""A file of an earlier csdesk grows into this one's schema with everything in it; until then it is left alone."""

from pathlib import Path

import pytest

from csdesk.desk.bulk_queries import BeginRun
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.store.connection import connect, sqlite
from csdesk.store.errors import StoreError
from csdesk.store.file import open_store
from csdesk.store.migrations import _columns, _made, migrate
from csdesk.store.schema import STATEMENTS
from csdesk.store.verify import verify
from csdesk.store.version import SCHEMA_VERSION
from tests.building import DeskFile, desk_file, line

__all__ = ["desk_file"]

# What the schema of an earlier csdesk did not have: columns in the middle of tables, tables, indexes.
EARLIER = """
DROP INDEX check_desk; DROP INDEX check_orders;
DROP INDEX cases_claim; DROP INDEX cases_incident; DROP INDEX cases_queue; DROP INDEX cases_all;
ALTER TABLE cases DROP COLUMN language; ALTER TABLE cases DROP COLUMN incident;
ALTER TABLE desk DROP COLUMN practice;
DROP TABLE bulk; DROP TABLE bulk_item; DROP TABLE broadcast;
CREATE INDEX cases_queue ON cases (desk_id, queue, id);
CREATE INDEX cases_all ON cases (desk_id, due, id) WHERE live = 1;
DELETE FROM _sqlite_migrations WHERE name <> '0001_begin';
PRAGMA user_version = 1;
"""


@pytest.fixture
def earlier(desk_file: DeskFile) -> DeskFile:
    """A desk with a case in it, as an earlier csdesk left it."""
    wang = desk_file.core("wang")
    wang.do(Open(Kind.RETURN, desk_file.order(line()), (LineQty(1, 1),), summary="不喜欢，想退"))
    desk_file.close()
    raw = sqlite.connect(desk_file.path)
    raw.executescript(EARLIER)
    raw.close()
    return desk_file


def test_an_earlier_file_is_refused_until_it_was_migrated(earlier: DeskFile):
    before = earlier.path.read_bytes()
    with pytest.raises(StoreError, match="migrate") as refused:
        open_store(earlier.path)
    assert refused.value.code == "older_schema"
    assert earlier.path.read_bytes() == before


def test_it_grows_into_the_schema_of_a_new_one_and_keeps_all_it_had(earlier: DeskFile):
    assert migrate(earlier.path) == ["0002_grow", "0003_grow"]
    conn = connect(earlier.path, schema_version=SCHEMA_VERSION)
    fresh = sqlite.connect(":memory:")
    for statement in STATEMENTS:
        fresh.execute(statement)
    for kind in ("table", "index"):
        grown = {name: sql for name, sql in _made(conn, kind).items() if not name.startswith("_sqlite")}
        assert grown == _made(fresh, kind)
    assert all(_columns(conn, name) == _columns(fresh, name) for name in _made(fresh, "table"))
    conn.close()
    wang = earlier.core("wang")
    assert list(verify(wang.store)) == []
    (old,) = [row[0] for row in wang.store.conn.execute("SELECT id FROM cases")]
    assert not wang.store.desk.practice
    new = wang.do(Open(Kind.RETURN, earlier.order(line()), (LineQty(1, 1),))).case
    assert wang.ask(BeginRun("tag", (old, new.id), {"add": "旧档"})).total == 2
    assert migrate(earlier.path) == []


def test_what_cannot_grow_stays_as_it_was(earlier: DeskFile, monkeypatch: pytest.MonkeyPatch):
    before = sorted(_made(sqlite.connect(earlier.path), "table"))
    monkeypatch.setattr(
        "csdesk.store.migrations.STATEMENTS", (*STATEMENTS, "CREATE TABLE cases_extra (id TEXT) BROKEN")
    )
    with pytest.raises(Exception, match=r"BROKEN|syntax"):
        migrate(earlier.path)
    raw = sqlite.connect(earlier.path)
    assert sorted(_made(raw, "table")) == before
    assert raw.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_new_file_has_the_version_of_its_schema(tmp_path: Path):
    assert migrate(tmp_path / "new.db", create=True) == ["0001_begin", "0002_grow", "0003_grow"]
    assert sqlite.connect(tmp_path / "new.db").execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
