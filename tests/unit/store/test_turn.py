"""The thread that stands in the writers' queue: one for all waits of a connection, and gone when nobody needs it."""

import os
import threading
from pathlib import Path

import pytest

from csdesk.store import turn
from csdesk.store.errors import StoreError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "desk.db"
    path.touch()
    return path


def ended(before: set[threading.Thread]) -> bool:
    """Whether all threads that are newer than these come to their end."""
    newer = set(threading.enumerate()) - before
    for thread in newer:
        thread.join(timeout=30)
    return not any(thread.is_alive() for thread in newer)


def test_one_thread_waits_for_all_turns_and_ends_with_them(file: Path, monkeypatch: pytest.MonkeyPatch):
    made: list[turn._Waiter] = []
    asked, blocked, done = (threading.Semaphore(0) for _ in range(3))
    before = set(threading.enumerate())

    class Told(turn._Waiter):
        def __init__(self, fd: int) -> None:
            super().__init__(fd)
            made.append(self)

        def wait(self, wait_s: float) -> bool:
            blocked.release()
            return super().wait(wait_s)

    monkeypatch.setattr(turn, "_Waiter", Told)
    monkeypatch.setattr(turn, "LINGER_S", 60)
    order: list[int] = []

    def work() -> None:
        other = turn.Turn(file)
        for _ in range(3):
            asked.acquire()
            other.take(60)
            order.append(2)
            other.give()
            done.release()
        other.close()

    threading.Thread(target=work).start()
    mine = turn.Turn(file)
    for _ in range(3):
        mine.take(60)
        asked.release()
        blocked.acquire()
        order.append(1)
        mine.give()
        done.acquire()
    mine.close()
    assert ended(before)
    assert (len(made), order) == (1, [1, 2] * 3)


def test_a_thread_that_nobody_asks_again_ends_by_itself(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turn, "LINGER_S", 0)
    before = set(threading.enumerate())
    mine = turn.Turn(file)
    mine.take(60)
    lock = os.open(file.with_name("desk.db.lock"), os.O_RDONLY)
    waiter = turn._Waiter(lock)
    mine.give()
    assert waiter.wait(30)
    assert ended(before)
    assert not waiter.rejoin()
    with pytest.raises(StoreError):
        mine.take(0)
    os.close(lock)  # what the thread got, nobody has given back
    mine.take(60)
    mine.close()
    assert ended(before)


def test_a_turn_that_was_given_up_and_asked_for_again_is_waited_for_by_the_same_thread(file: Path):
    before = set(threading.enumerate())
    first, second = turn.Turn(file), turn.Turn(file)
    first.take(60)
    for _ in range(3):
        with pytest.raises(StoreError):
            second.take(0.01)
    assert len(set(threading.enumerate()) - before) == 1
    release = threading.Timer(0, first.give)
    release.start()
    second.take(60)
    second.give()
    first.take(60)
    first.give()
    first.close()
    second.close()
    assert ended(before)
