"""Which case comes next: what fits, in the order of deadlines, and how little of a large desk is read for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csdesk.domain.routing import Skill
from csdesk.store.cases import CASE_COLUMNS
from csdesk.store.claims import Reach, groups, next_case, soonest
from csdesk.store.connection import Connection, connect, write
from csdesk.store.feed import NEVER
from csdesk.store.leases import HOLD_MS, hold, release
from csdesk.store.migrations import migrate
from csdesk.store.version import SCHEMA_VERSION
from tests.building import file_of

NOW = 1_000_000
ROWS = 200_000
# What one look may cost in instructions of SQLite's machine; reading the desk would cost some 20 a case.
MOST_STEPS = 5_000


def case(n: int, **facts: object) -> tuple[object, ...]:
    """A row of `cases` whose deadline is the n-th."""
    row: dict[str, object] = dict.fromkeys(CASE_COLUMNS.split(", "), "")
    row |= {"desk_id": "main", "id": f"{n:032x}", "body": f"{n:08}", "kind": "return", "queue": "returns"}
    row |= {"state": "submitted", "phase": "ours", "live": 1, "version": 1, "currency": "CNY", "due": n}
    row |= {"priority": 0, "escalation": 0, "amount": 100, "breached": 0, "opened_at": 1, "changed_at": 1}
    row |= {"closed_at": 0, "head": b"", "snapshot": b""} | facts
    return tuple(row.values())


def put(conn: Connection, rows: Iterator[tuple[object, ...]] | list[tuple[object, ...]]) -> None:
    with write(conn):
        conn.executemany(f"INSERT INTO cases ({CASE_COLUMNS}) VALUES ({', '.join('?' * 29)})", rows)


def made(folder: Path) -> Connection:
    path = folder / "claims.db"
    migrate(path, create=True)
    return connect(path, schema_version=SCHEMA_VERSION)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    conn = made(tmp_path)
    yield conn
    conn.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A desk whose soonest cases are all for somebody else: assigned, waiting for customers, in other languages."""
    conn = made(tmp_path_factory.mktemp("large"))
    queues = ("returns", "exchanges", "complaints", "inquiries")

    def rows() -> Iterator[tuple[object, ...]]:
        for n in range(ROWS):
            queue = queues[n % 4]
            if n < ROWS // 2:
                yield case(n, queue=queue, assignee=f"agent{n % 50}")
            elif n < ROWS * 5 // 8:
                yield case(n, queue=queue, phase="customer")
            elif n < ROWS * 3 // 4:
                yield case(n, queue=queue, language=("en", "ja", "zh-Hant")[n % 3])
            else:
                yield case(n, queue=queue, due=NEVER if n % 7 == 0 else n)

    put(conn, rows())
    yield conn
    conn.close()


def steps(conn: Connection, call: Callable[[], object]) -> int:
    """Instructions that SQLite runs for a call, in hundreds."""
    ran = 0

    def count() -> int:
        nonlocal ran
        ran += 100
        return 0

    file_of(conn).set_progress_handler(count, 100)
    try:
        call()
    finally:
        file_of(conn).set_progress_handler(None, 0)
    return ran


def plans(conn: Connection, call: Callable[[], object]) -> list[str]:
    """How SQLite carries out each statement of a call."""
    asked: list[str] = []
    file_of(conn).set_trace_callback(asked.append)
    try:
        call()
    finally:
        file_of(conn).set_trace_callback(None)
    return [row[3] for sql in asked for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}")]


def read_through(plans: list[str]) -> list[str]:
    """The steps of plans that go through a whole table or index, or sort what they found."""
    ours = (
        "SCAN (subquery",
        "SCAN lined",
        "SCAN spoken",
    )  # what a statement made itself: a row a queue and language
    return [step for step in plans if step.startswith(("SCAN", "USE TEMP")) and not step.startswith(ours)]


def coming(conn: Connection, who: str = "wang", queue: str = "all", **how: object) -> int | None:
    found = next_case(conn, "main", who, queue, (), NOW, **how)  # type: ignore[arg-type]
    return int(found, 16) if found else None


def test_a_case_comes_only_to_who_works_its_queue_speaks_its_language_and_may_take_so_dear_a_one(
    conn: Connection,
):
    put(
        conn,
        [
            case(1, queue="complaints"),
            case(2, language="ja"),
            case(3, amount=900),
            case(4, escalation=1),
            case(5, language="en-GB"),
            case(6, language="zh-Hans"),
        ],
    )
    assert coming(conn) == 1
    assert coming(conn, skill=Skill(queues=("returns",))) == 2
    only = Skill(queues=("returns",), languages=("en",))
    assert coming(conn, skill=only) == 3
    cheap = Skill(queues=("returns",), languages=("en",), most_amount=500)
    assert coming(conn, skill=cheap) == 4
    assert coming(conn, skill=cheap, senior=False) == 5
    nobody = Skill(queues=("returns",), languages=("fr",), most_amount=500)
    assert coming(conn, skill=nobody, senior=False) == 6  # everybody reads Chinese
    assert coming(conn, skill=Skill(queues=("repairs",))) is None
    assert coming(conn, queue="complaints", skill=only) is None


def test_my_own_case_comes_whatever_my_skills_and_alone_when_i_have_enough(conn: Connection):
    put(conn, [case(1), case(2, queue="complaints", language="ja", amount=10**9, assignee="wang")])
    assert coming(conn, skill=Skill(queues=("returns",), most_amount=500)) == 1
    assert coming(conn, room=False) == 2
    assert coming(conn, "li", room=False) is None
    assert coming(conn, queue="mine") == 2
    assert coming(conn, queue="returns", room=False) is None
    with write(conn):
        hold(conn, "main", f"{2:032x}", "wang", "s", NOW, park=True)
    assert coming(conn, room=False) is None  # its own key brings a parked case back


def test_the_soonest_of_all_queues_and_languages_comes_and_one_without_deadline_last(conn: Connection):
    put(
        conn,
        [case(1, due=NEVER), case(9, language="en"), case(8, queue="complaints"), case(7, queue="repairs")],
    )
    assert [coming(conn, queue=queue) for queue in ("all", "returns", "complaints")] == [7, 9, 8]
    assert list(groups(conn, "main")) == [
        ("complaints", ""),
        ("repairs", ""),
        ("returns", ""),
        ("returns", "en"),
    ]
    assert list(groups(conn, "main", "returns")) == [("returns", ""), ("returns", "en")]
    assert list(groups(conn, "other")) == []


def test_a_look_for_several_agents_reaches_as_far_as_the_furthest_of_them(conn: Connection):
    put(conn, [case(1, amount=900), case(2, amount=900, escalation=2), case(3, amount=100, escalation=1)])
    found = soonest(conn, "main", ("returns", ""), NOW, reach=Reach(900, 500), limit=9)
    assert [int(one.id, 16) for one in found] == [1, 3]
    assert soonest(conn, "main", ("returns", ""), NOW, reach=Reach(500, -1), limit=9) == []


@pytest.mark.parametrize(
    ("skill", "first"),
    [
        (Skill(), ROWS * 5 // 8),
        (Skill(languages=("zh-Hans",)), ROWS * 3 // 4),
        (Skill(languages=("ja",), queues=("exchanges",)), None),
    ],
    ids=["anything", "chinese", "japanese exchanges"],
)
def test_who_asks_for_the_next_case_of_a_large_desk_reads_a_few_entries_of_it(
    large: Connection, skill: Skill, first: int | None
):
    found = coming(large, skill=skill, senior=False)
    assert found is not None
    assert found == first or first is None
    assert steps(large, lambda: coming(large, skill=skill, senior=False)) < MOST_STEPS
    assert steps(large, lambda: coming(large, "agent3", skill=skill)) < MOST_STEPS
    assert not read_through(plans(large, lambda: coming(large, skill=skill, senior=False)))
    assert steps(large, lambda: large.execute("SELECT sum(amount) FROM cases").fetchone()) > ROWS


def test_who_gives_cases_out_reads_as_little(large: Connection):
    waiting = list(groups(large, "main"))
    assert len(waiting) == 16  # four queues: Chinese, and three more languages

    def look() -> list[int]:
        found = [soonest(large, "main", group, NOW, reach=Reach(500, -1), limit=10) for group in waiting]
        return [len(cases) for cases in found]

    assert look() == [10] * 16
    assert steps(large, look) < MOST_STEPS * 4  # 160 cases
    assert steps(large, lambda: list(groups(large, "main"))) < MOST_STEPS
    assert not read_through(plans(large, look))


def test_cases_that_are_too_dear_or_escalated_are_passed_without_being_read(conn: Connection):
    put(conn, [case(n, amount=10**6, escalation=n % 2) for n in range(3_000)])
    put(conn, [case(5_000)])
    cheap = Skill(most_amount=500)
    assert coming(conn, skill=cheap, senior=False) == 5_000
    assert steps(conn, lambda: coming(conn, skill=cheap, senior=False)) < 3_000 * 12


HELD = 2_000


def test_whoever_asks_does_not_walk_past_what_others_have_in_hand(conn: Connection):
    put(conn, [case(n) for n in range(HELD + 1)])
    alone = steps(conn, lambda: coming(conn))
    for n in range(HELD):
        hold(conn, "main", f"{n:032x}", f"agent{n}", "s", NOW)
    assert coming(conn) == HELD
    assert steps(conn, lambda: coming(conn)) < alone + 500  # each that were walked past would take some 20


def test_what_was_given_back_or_ran_out_comes_in_its_turn_again(conn: Connection):
    put(conn, [case(n) for n in range(4)])
    for n in range(4):
        hold(conn, "main", f"{n:032x}", f"agent{n}", "s", NOW - n * 60_000)
    assert coming(conn) is None
    release(conn, "main", f"{2:032x}", "somebody else")
    assert coming(conn) is None
    release(conn, "main", f"{2:032x}", "agent2")
    assert coming(conn) == 2
    # The last one runs out first; the others stand before it and are still held.
    later = NOW + HOLD_MS - 3 * 60_000
    assert next_case(conn, "main", "wang", "all", (f"{2:032x}",), later) == f"{3:032x}"
    assert next_case(conn, "main", "wang", "all", (), NOW + HOLD_MS) == f"{0:032x}"


def test_a_hold_that_is_renewed_or_put_aside_lasts_as_long_as_its_lease(conn: Connection):
    put(conn, [case(1)])
    only = f"{1:032x}"
    for minute in range(30):
        hold(conn, "main", only, "li", "s", NOW + minute * 60_000)
    assert next_case(conn, "main", "wang", "all", (), NOW + 30 * 60_000) is None
    hold(conn, "main", only, "li", "s", NOW + 30 * 60_000, park=True)
    hold(
        conn, "main", only, "li", "s", NOW + 31 * 60_000
    )  # brought back: five minutes from now, no longer fifteen
    assert next_case(conn, "main", "wang", "all", (), NOW + 31 * 60_000 + HOLD_MS - 1) is None
    assert next_case(conn, "main", "wang", "all", (), NOW + 31 * 60_000 + HOLD_MS) == only


def test_a_hold_by_a_clock_that_stood_wrong_keeps_nobody_off(conn: Connection):
    put(conn, [case(1)])
    hold(conn, "main", f"{1:032x}", "li", "s", NOW + 30 * 86_400_000)
    assert coming(conn) == 1


def test_ones_own_case_in_hand_comes_again_unless_it_is_put_aside_or_does_not_fit(conn: Connection):
    put(conn, [case(1), case(2, queue="complaints"), case(3)])
    hold(conn, "main", f"{1:032x}", "wang", "s", NOW)
    assert coming(conn) == 1
    assert coming(conn, skill=Skill(queues=("complaints",))) == 2
    assert next_case(conn, "main", "wang", "all", (f"{1:032x}",), NOW) == f"{2:032x}"
    hold(conn, "main", f"{1:032x}", "wang", "s", NOW, park=True)
    assert coming(conn) == 2
