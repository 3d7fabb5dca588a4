"""Our statements in PostgreSQL's words, and that the schema keeps every desk by itself."""

import re

import pytest

from csdesk.store.dialect import created, postgres, statement, tables
from csdesk.store.dsn import Dsn, dsn_of
from csdesk.store.postgres_schema import citus
from csdesk.store.terms_postgres import question, vector
from tests.tenancy import strays


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT '50%' WHERE a = ?", "SELECT '50%%' WHERE a = %s"),
        ("SELECT 'what?' WHERE a = ?", "SELECT 'what?' WHERE a = %s"),
        (
            "SELECT 1 FROM cases c INDEXED BY cases_all WHERE +c.live = 1",
            "SELECT 1 FROM cases c WHERE c.live = 1",
        ),
        ("SELECT a + b FROM x", "SELECT a + b FROM x"),
        ("SELECT substr(folded, -4)", "SELECT right (folded, 4)"),
        ("SELECT max(a, b), max(c)", "SELECT greatest (a, b), max (c)"),
        ("SELECT 1 WHERE a NOT IN ()", "SELECT 1 WHERE a NOT IN (SELECT NULL WHERE false)"),
        ("SELECT 1 WHERE a LIKE ? LIMIT -1 OFFSET 2", "SELECT 1 WHERE a ILIKE %s OFFSET 2"),
        ("SELECT x'0a'", "SELECT '\\x0a'::bytea"),
        ("SELECT count(*) FROM (SELECT 1 FROM x)", "SELECT count (*) FROM (SELECT 1 FROM x) AS nameless0"),
        ("SELECT 1 FROM a CROSS JOIN b ON a.x = b.x", "SELECT 1 FROM a JOIN b ON a.x = b.x"),
        (
            "INSERT OR REPLACE INTO fingerprint VALUES (?,?,?)",
            "INSERT INTO fingerprint (desk_id, name, value) VALUES (%s, %s, %s)"
            " ON CONFLICT (desk_id, name) DO UPDATE SET value = excluded.value",
        ),
        (
            "INSERT OR IGNORE INTO customer_hash VALUES (?,?,?,?)",
            "INSERT INTO customer_hash (desk_id, field, hash, customer) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
        ),
        (
            "INSERT INTO agent_given VALUES (?,?,?) ON CONFLICT (desk_id, agent)"
            " DO UPDATE SET at = max(at, excluded.at) WHERE at > 0 RETURNING at",
            "INSERT INTO agent_given (desk_id, agent, at) VALUES (%s, %s, %s) ON CONFLICT (desk_id, agent)"
            " DO UPDATE SET at = greatest (agent_given.at, excluded.at) WHERE agent_given.at > 0 RETURNING at",
        ),
    ],
)
def test_a_statement_is_translated(ours: str, theirs: str):
    assert postgres(ours) == theirs


def test_a_row_without_its_number_gets_the_next_one_of_its_desk():
    found = statement("INSERT INTO taught_term VALUES (?,?,?)")
    assert found.order == ()
    found = statement("INSERT INTO taught (desk_id, article, terms, mass, uses, at) VALUES (?,?,?,?,1,?)")
    assert found.text.count("%s") == len(found.order) == 6
    # The desk is asked for once more, where its rows are counted.
    assert found.order == (0, 1, 2, 3, 4, 0)
    assert "FROM taught AS numbered WHERE desk_id = %s" in found.text


def test_every_key_and_index_is_led_by_the_desk():
    assert len(tables()) > 60
    for table in tables().values():
        assert table.key[0] == "desk_id", table.name
    for name, said in created():
        if said.startswith("CREATE TABLE"):
            continue
        # An index of terms cannot be led by a column; what it finds is held to the desk by the statement.
        gin = re.fullmatch(rf"CREATE INDEX {name} ON (doc|article) USING gin \(terms\)", said)
        assert gin or re.match(rf"CREATE (UNIQUE )?INDEX {name} ON \w+ \(desk_id\b", said), said


def test_a_statement_that_crosses_desks_is_noticed():
    assert strays("SELECT max(id) FROM doc")
    assert strays("SELECT desk_id, id FROM cases") and strays("SELECT id FROM cases ORDER BY desk_id")
    assert strays("UPDATE cases SET live = 0 WHERE id = %s") and strays("DELETE FROM draft WHERE agent = %s")
    assert strays("INSERT INTO draft (desk_id, agent) SELECT desk_id, agent FROM draft WHERE agent = %s")
    assert strays("SELECT 1 FROM cases c, lease l WHERE c.desk_id = %s AND l.case_id = c.id")
    assert strays("SELECT 1 FROM cases c JOIN lease l ON l.case_id = c.id WHERE c.desk_id = %s")
    assert not strays("SELECT 1 FROM cases c JOIN lease l ON l.desk_id = c.desk_id WHERE c.desk_id = %s")


def test_citus_gets_every_table_by_its_desk():
    said = "\n".join(citus())
    assert [name for name in tables() if f"create_distributed_table('{name}', 'desk_id'" not in said] == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://joe:geheim@db:5432/desk", "postgresql://joe:***@db:5432/desk"),
        (
            "postgresql://joe@db/desk?password=geheim&host=/tmp",
            "postgresql://joe@db/desk?password=***&host=/tmp",
        ),
        ("postgres:///desk?sslpassword=geheim", "postgres:///desk?sslpassword=***"),
        ("postgresql://joe:ge%68eim@[::1/desk", "postgresql://***"),
    ],
)
def test_an_address_is_never_shown_with_a_password(address: str, shown: str):
    dsn = dsn_of(address)
    assert dsn is not None
    assert str(dsn) == shown
    assert "geheim" not in f"{dsn} {dsn!r} {dsn.washed('no: geheim ' + address)}" or "[::1" in address


@pytest.mark.parametrize("name", ["desk.db", "/data/postgresql.db", "postgresql:desk", ""])
def test_a_file_is_not_an_address(name: str):
    assert dsn_of(name) is None


def test_terms_are_written_with_their_places_and_nothing_in_them_is_syntax():
    assert vector(["a", "b", "a"], ["b"]) == "'a':1,3 'b':2,12"
    assert vector(["it's", "a\\"]) == "'it''s':1 'a\\\\':2"
    assert question('"a b" AND "c"') == "('a' <-> 'b') & ('c')"
    assert question('"a" OR "it\'s | !x"') == "('a') | ('it''s' <-> '|' <-> '!x')"
    assert question('""') == ""


def test_an_address_is_a_value():
    assert dsn_of("postgresql://db/desk") == Dsn("postgresql://db/desk")
