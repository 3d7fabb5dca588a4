"""`csdesk audit verify`: whatever one hand does to a desk's history is found, and called what it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.store import anchors, audit, callers, chain, looks
from csdesk.store.audit import Audited
from csdesk.store.audit_telling import Fault
from csdesk.store.connection import Connection, write
from tests.building import MONDAY, DeskFile, build, file_of

CASES = 6
PERSONS = ("p1", "p2")


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """Six cases with histories of different lengths, looks and checks; anchored once, then some of them went on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", str(tmp_path_factory.mktemp("home")))
        made = build(tmp_path_factory.mktemp("audit"))
        wang = made.core("wang")
        cases = [wang.do(Open(Kind.INQUIRY)).case.id for _ in range(CASES)]
        _go_on(wang, cases, Random(8))
        anchors.make(wang.store.conn, wang.desk, wang.store.desk.file_id, MONDAY)
        _go_on(wang, cases[:4], Random(9))
        yield wang
        made.close()


def _go_on(wang: Core, cases: list[str], chance: Random) -> None:
    for case in cases:
        for n in range(chance.randint(4, 9)):
            wang.do(Note(f"第 {n} 次"), case)
    with write(wang.store.conn) as conn:
        for n in range(6):
            person = PERSONS[n % 2]
            looks.add(conn, wang.desk, at=MONDAY + n, actor="wang", person=person, case=cases[0],
                      fields=("phone",), reason="call_back", until=MONDAY + 60_000)  # fmt: skip
            callers.add(conn, wang.desk, "li", MONDAY + n, ("phone", "order"), "verified", (person,))


@contextmanager
def tampered(core: Core) -> Iterator[Connection]:
    """A hand in the file whose work is taken back afterwards."""
    conn = core.store.conn
    conn.execute("BEGIN")
    try:
        yield conn
    finally:
        conn.execute("ROLLBACK")


def faults(core: Core, lines: list[anchors.Line] | None = None, since: int = 0) -> list[Fault]:
    conn = core.store.conn
    return [
        *anchors.check(conn, core.desk, core.store.desk.file_id, lines or []),
        *audit.audit(conn, core.desk, Audited(), since=since),
    ]


def rows(conn: Connection, case: str) -> list[tuple[object, ...]]:
    return conn.execute("SELECT * FROM event WHERE case_id = ? ORDER BY seq", (case,)).fetchall()


def ids(core: Core) -> list[str]:
    return [row[0] for row in core.store.conn.execute("SELECT id FROM cases ORDER BY id")]


def flipped(value: object, bit: int) -> object:
    """The value with one bit of one byte the other way, of the type it had."""
    if isinstance(value, int):
        return value ^ 1
    raw = bytearray(value if isinstance(value, bytes) else str(value).encode())
    raw[bit // 7 % len(raw)] ^= 1 << bit % 7
    return bytes(raw)


def test_a_desk_that_worked_is_sound_and_counted(core: Core):
    done = Audited()
    assert list(audit.audit(core.store.conn, core.desk, done)) == []
    (events,) = core.store.conn.execute("SELECT count(*) FROM event").fetchone()
    beside = dict.fromkeys(("export", "holding", "touch", "leak"), 0)
    assert done.rows == {"case": events, "look": 12, "check": 12} | beside
    assert done.chains == {"case": CASES, "look": 2, "check": 1} | beside
    assert faults(core) == [] and faults(core, since=1) == []


Change = Callable[[Connection, str, list[tuple[object, ...]], Random], set[tuple[str, int]]]


def _flip(column: str) -> Change:
    def change(
        conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
    ) -> set[tuple[str, int]]:
        seq = chance.randint(1, len(kept))
        (value,) = conn.execute(
            f"SELECT {column} FROM event WHERE case_id = ? AND seq = ?", (case, seq)
        ).fetchone()
        wrong = flipped(value, chance.randrange(4_000)) if value not in ("", b"") else b"x"
        conn.execute(
            f"UPDATE event SET {column} = {'CAST(? AS TEXT)' if isinstance(value, str) else '?'}"
            " WHERE case_id = ? AND seq = ?",
            (wrong, case, seq),
        )
        return {("changed", seq)}

    return change


def _delete_one(
    conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
) -> set[tuple[str, int]]:
    seq = chance.randint(1, len(kept) - 1)
    conn.execute("DELETE FROM event WHERE case_id = ? AND seq = ?", (case, seq))
    return {("gap", seq)}


def _delete_last(
    conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
) -> set[tuple[str, int]]:
    first = chance.randint(2, len(kept))
    conn.execute("DELETE FROM event WHERE case_id = ? AND seq >= ?", (case, first))
    return {("truncated", first)}


def _delete_events(
    conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
) -> set[tuple[str, int]]:
    conn.execute("DELETE FROM event WHERE case_id = ?", (case,))
    return {("truncated", 1)}


def _delete_row(
    conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
) -> set[tuple[str, int]]:
    conn.execute("DELETE FROM cases WHERE id = ?", (case,))
    return {("orphan", len(kept))}


def _swap(whole: bool) -> Change:
    def change(
        conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
    ) -> set[tuple[str, int]]:
        one, two = sorted(chance.sample(range(1, len(kept) + 1), 2))
        columns = "type, v, at, actor, cause, verb, person, payload, sealed" + (", hash" if whole else "")
        read = f"SELECT {columns} FROM event WHERE case_id = ? AND seq = ?"
        first, second = (conn.execute(read, (case, seq)).fetchone() for seq in (one, two))
        told = ", ".join(f"{name} = ?" for name in columns.split(", "))
        for seq, values in ((one, second), (two, first)):
            conn.execute(f"UPDATE event SET {told} WHERE case_id = ? AND seq = ?", (*values, case, seq))
        return {("reordered", one), ("reordered", two)}

    return change


def _row(values: tuple[object, ...]) -> chain.Row:
    return chain.Row(*values[2:12])  # type: ignore[arg-type]


def _forge(
    conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
) -> set[tuple[str, int]]:
    """A row put in, by somebody who makes room for it and chains it well; the end only, in the middle."""
    seq = chance.randint(2, len(kept) + 1)
    for number in range(len(kept), seq - 1, -1):
        conn.execute("UPDATE event SET seq = seq + 1 WHERE case_id = ? AND seq = ?", (case, number))
    forged = (*kept[0][:2], seq, *kept[0][3:12])
    head = chain.link(kept[seq - 2][12], _row(forged))  # type: ignore[arg-type]
    conn.execute(f"INSERT INTO event VALUES ({','.join('?' * 13)})", (*forged, head))
    return {("inserted", seq)}


def _wrong_head(
    conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
) -> set[tuple[str, int]]:
    conn.execute(
        chance.choice(
            (
                "UPDATE cases SET version = version - 1 WHERE id = ?",
                "UPDATE cases SET head = x'00' WHERE id = ?",
            )
        ),
        (case,),
    )
    return {("head", len(kept))}


def _rewrite(
    conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
) -> set[tuple[str, int]]:
    """The whole chain made anew, with another actor, and the case's row with it: sound in itself."""
    (anchored,) = conn.execute("SELECT seq FROM anchor_head WHERE chain = ?", (case,)).fetchone()
    changed, head = chance.randint(1, anchored), chain.start(str(kept[0][0]), case)
    for row in kept:
        actor = "li" if row[2] == changed else row[6]
        made = (*row[:6], actor, *row[7:12])
        head = chain.link(head, _row(made))
        conn.execute(
            "UPDATE event SET actor = ?, hash = ? WHERE case_id = ? AND seq = ?", (actor, head, case, row[2])
        )
    conn.execute("UPDATE cases SET head = ? WHERE id = ?", (head, case))
    return {("rewritten", anchored)}


def _cut_well(
    conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
) -> set[tuple[str, int]]:
    """Cut off from before the anchor on, and the case's row says so too."""
    (anchored,) = conn.execute("SELECT seq FROM anchor_head WHERE chain = ?", (case,)).fetchone()
    first = chance.randint(2, anchored)
    conn.execute("DELETE FROM event WHERE case_id = ? AND seq >= ?", (case, first))
    conn.execute(
        "UPDATE cases SET version = ?, head = ? WHERE id = ?", (first - 1, kept[first - 2][12], case)
    )
    return {("truncated", first)}


def _vanish(
    conn: Connection, case: str, kept: list[tuple[object, ...]], chance: Random
) -> set[tuple[str, int]]:
    (anchored,) = conn.execute("SELECT seq FROM anchor_head WHERE chain = ?", (case,)).fetchone()
    conn.execute("DELETE FROM event WHERE case_id = ?", (case,))
    conn.execute("DELETE FROM cases WHERE id = ?", (case,))
    return {("gone", anchored)}


CHANGES: dict[str, Change] = {
    **{
        f"flip {name}": _flip(name)
        for name in ("payload", "sealed", "hash", "at", "actor", "cause", "person")
    },
    "delete one": _delete_one,
    "delete last": _delete_last,
    "delete events": _delete_events,
    "delete row": _delete_row,
    "swap rows": _swap(whole=True),
    "swap contents": _swap(whole=False),
    "forge": _forge,
    "wrong head": _wrong_head,
    "rewrite": _rewrite,
    "cut well": _cut_well,
    "vanish": _vanish,
}


@pytest.mark.parametrize("how", CHANGES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_one_change_anywhere_is_found_and_called_what_it_is(core: Core, how: str, seed: int):
    chance = Random(seed)
    case = chance.choice(ids(core))
    with tampered(core) as conn:
        (kind, body) = conn.execute("SELECT kind, body FROM cases WHERE id = ?", (case,)).fetchone()
        expected = CHANGES[how](conn, case, rows(conn, case), chance)
        found = faults(core)
    assert {(fault.code, fault.seq) for fault in found} == expected
    who = case if how in ("vanish", "delete row") else audit._number(kind, body, case)
    assert {(fault.sort, fault.who) for fault in found} == {("case", who)}


BESIDE = {
    "changed": "UPDATE {} SET at = at + 1 WHERE {} = ? AND seq = 2",
    "gap": "DELETE FROM {} WHERE {} = ? AND seq = 2",
    # The anchor was made in the middle: who cuts further than that is found by it.
    "truncated": "DELETE FROM {} WHERE {} = ? AND seq >= 3",
    "gone": "DELETE FROM {} WHERE {} = ?",
}


@pytest.mark.parametrize("code", BESIDE)
@pytest.mark.parametrize(("sort", "who"), [("look", "p1"), ("check", "li")])
def test_the_same_is_found_of_looks_and_of_checks(core: Core, sort: str, who: str, code: str):
    chain_ = audit.CHAINS[sort]
    with tampered(core) as conn:
        assert conn.execute(BESIDE[code].format(chain_.table, chain_.owner), (who,)).rowcount > 0
        (found,) = faults(core)
    assert (found.sort, found.code, found.who) == (sort, code, who)


def test_what_came_after_an_anchor_is_proven_from_there_on(core: Core):
    case, anchored = core.store.conn.execute(
        "SELECT id, seq FROM anchor_head JOIN cases ON id = chain AND version > seq LIMIT 1"
    ).fetchone()
    for seq, found_so in ((anchored, []), (anchored + 1, [("changed", anchored + 1)])):
        with tampered(core) as conn:
            conn.execute("UPDATE event SET actor = 'x' WHERE case_id = ? AND seq = ?", (case, seq))
            assert [(fault.code, fault.seq) for fault in faults(core, since=1)] == found_so
            assert faults(core)


def test_anchors_kept_elsewhere_tell_of_a_desk_whose_own_were_made_anew(core: Core):
    conn, file_id = core.store.conn, core.store.desk.file_id
    (kept,) = [anchors.last(conn, core.desk)]
    assert kept is not None
    said = anchors.read_line(anchors.line(kept, file_id, core.desk))
    assert said is not None
    assert faults(core, [said, said]) == []
    case = ids(core)[0]
    with tampered(core) as conn:
        _rewrite(conn, case, rows(conn, case), Random(1))
        (seq,) = conn.execute("SELECT seq FROM anchor_head WHERE chain = ?", (case,)).fetchone()
        conn.execute(
            "UPDATE anchor_head SET head = (SELECT hash FROM event WHERE case_id = ? AND seq = ?) WHERE chain = ?",
            (case, seq, case),
        )
        assert [fault.code for fault in faults(core)] == ["anchor_changed"]
        heads = conn.execute(
            "SELECT sort, chain, seq, head FROM anchor_head WHERE anchor = 1 ORDER BY sort, chain"
        )
        numbers = (1, kept.at, kept.cases, kept.events, kept.looks, kept.checks)
        made = anchors.digest(anchors.start(core.desk, file_id), numbers, heads.fetchall())
        conn.execute("UPDATE anchor SET digest = ?", (made,))
        # Who rewrites everything in the file is sound by the file alone.
        assert faults(core) == []
        assert [(fault.code, fault.seq) for fault in faults(core, [said])] == [("anchor_other", 1)]
        conn.execute("DELETE FROM anchor")
        conn.execute("DELETE FROM anchor_head")
        assert [(fault.code, fault.seq) for fault in faults(core, [said])] == [("anchor_missing", 1)]


def test_an_anchor_keeps_only_what_grew_since_the_last_and_counts_all(desk_file: DeskFile):
    wang = desk_file.core("wang")
    conn, file_id = wang.store.conn, wang.store.desk.file_id
    cases = [wang.do(Open(Kind.INQUIRY)).case.id for _ in range(3)]
    first = anchors.make(conn, wang.desk, file_id, MONDAY)
    wang.do(Note("一"), cases[1])
    second = anchors.make(conn, wang.desk, file_id, MONDAY - 5)
    (events,) = conn.execute("SELECT count(*) FROM event").fetchone()
    assert (first.n, first.cases, second.n, second.cases, second.events) == (1, 3, 2, 3, events)
    assert second.at == MONDAY
    assert conn.execute("SELECT anchor, chain FROM anchor_head WHERE anchor = 2").fetchall() == [
        (2, cases[1])
    ]
    assert first.digest != second.digest != anchors.make(conn, wang.desk, file_id, MONDAY).digest
    assert faults(wang) == []


def test_no_step_goes_through_a_table_that_it_could_pass(core: Core):
    seen: list[str] = []
    conn = core.store.conn
    file_of(conn).set_trace_callback(seen.append)
    assert faults(core, since=1) == faults(core) == []
    file_of(conn).set_trace_callback(None)
    asked = {one for one in seen if one.startswith("SELECT")}
    assert any("anchor_head" in one for one in asked) and any("FROM event" in one for one in asked)
    for one in asked:
        steps = [row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {one}")]
        assert all(step.startswith("SEARCH") for step in steps), (one, steps)
        if "AND anchor =" in one:
            assert "anchor_head_anchor" in steps[0]
