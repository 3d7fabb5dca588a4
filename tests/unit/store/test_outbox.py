"""The outbox and its lease: one worker at a time, fenced, and nothing that was begun is lost with it."""

from csdesk.store import outbox
from csdesk.store.connection import write
from csdesk.store.file import Store
from csdesk.store.outbox import WORKER_MS, Job
from tests.building import DeskFile

NOW = 1_000_000


def put(store: Store, key: str, run_at: int = NOW) -> None:
    with write(store.conn) as conn:
        conn.execute("INSERT INTO outbox VALUES ('main',?,'clock','c','r','ready',?,0,0,'',0)", (key, run_at))


def elect(store: Store, who: str, now: int = NOW) -> int | None:
    with write(store.conn) as conn:
        return outbox.elect(conn, "main", who, now)


def take(store: Store, fence: int, now: int = NOW, limit: int = 50) -> list[str]:
    with write(store.conn) as conn:
        return [job.key for job in outbox.take(conn, "main", fence, now, limit)]


def state(store: Store, key: str) -> tuple[object, ...]:
    row = store.conn.execute("SELECT state, attempts, result FROM outbox WHERE key = ?", (key,)).fetchone()
    return tuple(row)


def test_one_is_elected_and_stays_it_while_it_renews(desk_file: DeskFile):
    store = desk_file.store()
    assert elect(store, "one") == 1
    assert elect(store, "two", NOW + WORKER_MS - 1) is None
    assert elect(store, "one", NOW + WORKER_MS - 1) == 1
    assert elect(store, "two", NOW + WORKER_MS) is None
    assert elect(store, "two", NOW + 2 * WORKER_MS) == 2
    assert elect(store, "one", NOW + 2 * WORKER_MS) is None


def test_who_looks_without_a_lock_sees_whether_another_leads(desk_file: DeskFile):
    store = desk_file.store()
    assert not outbox.led(store.conn, "main", "two", NOW)
    elect(store, "one")
    assert outbox.led(store.conn, "main", "two", NOW)
    assert not outbox.led(store.conn, "main", "one", NOW)
    assert not outbox.led(store.conn, "main", "two", NOW + WORKER_MS)


def test_a_worker_that_resigns_is_followed_at_once_under_a_new_fence(desk_file: DeskFile):
    store = desk_file.store()
    elect(store, "one")
    with write(store.conn) as conn:
        outbox.resign(conn, "main", "one")
    assert elect(store, "two") == 2


def test_due_jobs_come_oldest_first_and_only_once(desk_file: DeskFile):
    store = desk_file.store()
    for key, run_at in (("later", NOW + 1), ("second", NOW), ("first", NOW - 5)):
        put(store, key, run_at)
    fence = elect(store, "one")
    assert fence is not None
    assert take(store, fence, limit=1) == ["first"]
    assert take(store, fence) == ["second"]
    assert take(store, fence) == []
    assert state(store, "first") == ("running", 1, "")


def test_what_a_dead_worker_began_is_taken_up_by_the_next(desk_file: DeskFile):
    store = desk_file.store()
    put(store, "a")
    first = elect(store, "one")
    assert first is not None
    take(store, first)
    assert outbox.due(store.conn, "main", NOW)
    second = elect(store, "two", NOW + WORKER_MS)
    assert second is not None
    assert take(store, second) == ["a"]
    assert not outbox.mine(store.conn, "main", "a", first)
    assert outbox.mine(store.conn, "main", "a", second)


def test_a_worker_that_lost_its_lease_cannot_write_off_a_job(desk_file: DeskFile):
    store = desk_file.store()
    put(store, "a")
    first = elect(store, "one") or 0
    take(store, first)
    second = elect(store, "two", NOW + WORKER_MS) or 0
    take(store, second)
    with write(store.conn) as conn:
        outbox.done(conn, "main", "a", first, "done", "")
        outbox.again(conn, "main", "a", first, NOW + 1, "late")
    assert state(store, "a") == ("running", 2, "")
    with write(store.conn) as conn:
        outbox.done(conn, "main", "a", second, "moot", "clock_stopped")
    assert state(store, "a") == ("moot", 2, "clock_stopped")


def test_a_job_put_back_waits_for_its_time_and_keeps_its_reason(desk_file: DeskFile):
    store = desk_file.store()
    put(store, "a")
    fence = elect(store, "one") or 0
    take(store, fence)
    with write(store.conn) as conn:
        outbox.again(conn, "main", "a", fence, NOW + 10, "gateway_down")
    assert state(store, "a") == ("ready", 1, "gateway_down")
    assert not outbox.due(store.conn, "main", NOW + 9)
    assert outbox.due(store.conn, "main", NOW + 10)


def test_only_a_job_that_was_left_to_people_can_be_retried(desk_file: DeskFile):
    store = desk_file.store()
    put(store, "a", NOW + 99)
    with write(store.conn) as conn:
        assert not outbox.retry(conn, "main", "a", NOW)
        conn.execute("UPDATE outbox SET state = 'failed', attempts = 12 WHERE key = 'a'")
        assert outbox.retry(conn, "main", "a", NOW)
        assert not outbox.retry(conn, "main", "a", NOW)
        assert outbox.take(conn, "main", 1, NOW) == [Job("a", "clock", "c", "r", 0, NOW)]


def test_jobs_of_another_desk_of_the_file_are_not_seen(desk_file: DeskFile):
    store = desk_file.store()
    put(store, "a")
    assert not outbox.due(store.conn, "other", NOW)
    with write(store.conn) as conn:
        assert outbox.elect(conn, "other", "x", NOW) == 1
        assert outbox.take(conn, "other", 1, NOW) == []
