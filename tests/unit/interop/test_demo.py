"""The demonstration desk: the same for the same seed, lived by the real rules, sound to the last fen."""

from pathlib import Path

import pytest

from csdesk.domain.cases.kinds import MACHINES
from csdesk.interop.demo.make import make_demo
from csdesk.store.file import Store, init, open_store
from csdesk.store.verify import verify

NOW = 1_795_000_000_000  # 2026-11-18 in Shanghai
CASES = 400


def make(folder: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> Store:
    folder.mkdir()
    monkeypatch.setenv("CSDESK_HOME", str(folder / "home"))
    init(folder / "desk.db", "示范", "Asia/Shanghai", NOW)
    store = open_store(folder / "desk.db")
    make_demo(store, CASES, NOW, lambda done, total: None, seed=seed, me="somebody")
    return store


def told(store: Store) -> list[tuple[object, ...]]:
    """What anybody can see of the cases; ids and sealed bytes differ by their keys alone."""
    return store.conn.execute(
        "SELECT body, kind, state, phase, version, order_number, assignee, subject, reason, amount, due, opened_at"
        " FROM cases ORDER BY body"
    ).fetchall()


def test_the_same_seed_makes_the_same_desk_and_another_seed_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    one, same, other = (
        make(tmp_path / name, seed, monkeypatch) for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert told(one) == told(same)
    assert told(one) != told(other)
    for store in (one, same, other):
        store.close()


def test_its_cases_keep_every_rule_and_cover_all_kinds_and_most_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store = make(tmp_path / "desk", 0, monkeypatch)
    assert list(verify(store)) == []
    seen = set(store.conn.execute("SELECT DISTINCT kind, state FROM cases").fetchall())
    assert {kind for kind, _ in seen} == {kind.value for kind in MACHINES}
    assert len(seen) > 30
    (live, late) = store.conn.execute("SELECT sum(live), sum(breached) FROM cases").fetchone()
    assert 0 < late < live < CASES
    (future,) = store.conn.execute("SELECT count(*) FROM event WHERE at > ?", (NOW,)).fetchone()
    assert future == 0
    store.close()


def test_nothing_personal_stands_in_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = make(tmp_path / "desk", 0, monkeypatch)
    rows = store.conn.execute("SELECT id FROM customer LIMIT 50").fetchall()
    people = [known for (id_,) in rows if (known := store.people.open(id_))]
    store.close()
    folder = tmp_path / "desk"
    bytes_ = b"".join(path.read_bytes() for path in folder.glob("desk.db*"))
    for known in people:
        assert known.phone.encode() not in bytes_
        assert known.email.encode() not in bytes_
        assert known.address.encode() not in bytes_
