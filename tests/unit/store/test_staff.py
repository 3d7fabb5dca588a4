"""Skills, states and load: what is kept, what counts, and that no look reads more than it must."""

from collections.abc import Callable

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Assign, Snooze, Take
from csdesk.domain.routing import Skill
from csdesk.store import staff
from csdesk.store.connection import write
from csdesk.store.leases import hold
from tests.building import DeskFile
from tests.unit.store.test_claims import plans


def test_skills_are_kept_as_said_and_anything_when_nothing_was(desk_file: DeskFile):
    conn = desk_file.store().conn
    can = Skill(("returns", "repairs"), ("en", "zh-Hant"), 5_000, 3)
    with write(conn):
        staff.put_skill(conn, "main", "li", Skill(("complaints",)))
        staff.put_skill(conn, "main", "li", can)
    assert staff.skill(conn, "main", "li") == can
    assert staff.skill(conn, "main", "wang") == staff.skill(conn, "other", "li") == Skill()
    assert staff.skills(conn, "main") == {"li": can}


def test_every_change_of_state_is_kept_the_last_one_holds_and_the_same_again_adds_nothing(
    desk_file: DeskFile,
):
    conn, now = desk_file.store().conn, desk_file.clock.now
    assert staff.presence(conn, "main", "li") == staff.HERE
    for state, at in (("available", now), ("break", now + 5), ("break", now + 9), ("available", now - 60)):
        with write(conn):
            told = staff.put_presence(conn, "main", "li", state, "zhao", at)
    assert told == staff.presence(conn, "main", "li") == staff.Presence("available", now + 6, "zhao")
    kept = conn.execute("SELECT at, state FROM agent_state WHERE agent = 'li' ORDER BY at").fetchall()
    assert kept == [(now, "available"), (now + 5, "break"), (now + 6, "available")]
    assert staff.presences(conn, "main") == {"li": told}


def test_load_counts_live_cases_and_each_once(desk_file: DeskFile):
    conn, wang = desk_file.store().conn, desk_file.core("wang")
    ids = [wang.do(Open(Kind.INQUIRY)).case.id for _ in range(5)]
    now = desk_file.clock.now
    wang.do(Take(), ids[0])
    wang.do(Take(), ids[1])
    wang.do(Snooze(1), ids[1])
    for case, park in ((ids[0], True), (ids[2], True), (ids[3], False)):
        with write(conn):
            hold(conn, "main", case, "wang", "s", now, park=park)
    assert staff.load(conn, "main", "wang", now) == staff.Load(assigned=1, late=0, held=2, parked=1)
    due = wang.load(ids[0])[0].due
    assert staff.load(conn, "main", "wang", due) == staff.Load(1, 1, 0, 0)  # holds have ended by then
    desk_file.core("zhao").do(Assign("li"), ids[0])
    assert staff.load(conn, "main", "wang", now).assigned == 0


def test_no_look_at_people_reads_a_table_through(desk_file: DeskFile):
    conn = desk_file.store().conn
    looks: list[Callable[[], object]] = [
        lambda: staff.load(conn, "main", "li", 1),
        lambda: staff.presence(conn, "main", "li"),
        lambda: staff.presences(conn, "main"),
        lambda: staff.skills(conn, "main"),
        lambda: staff.given(conn, "main"),
        lambda: staff.untouched(conn, "main", "li"),
    ]
    told = [plan for look in looks for plan in plans(conn, look)]
    assert [plan for plan in told if "SCAN" in plan or "TEMP" in plan] == []
    assert any("COVERING INDEX cases_mine" in plan for plan in told)
