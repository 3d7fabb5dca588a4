"""Clocks that run out while workers die, cases wait and letters come: each is recorded once, at its own time."""

import signal
import subprocess
import sys

import pytest

from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.clocks import Notice, PauseClocks, ResumeClocks
from csdesk.domain.cases.opening import Open
from csdesk.store import feed
from csdesk.store.outbox import WORKER_MS
from csdesk.store.verify import verify
from tests.building import HOUR, DeskFile
from tests.unit.effects.conftest import a_worker

# A worker killed right before or right after the breach is kept.
DYING_WORKER = """
import os, signal, sys
from pathlib import Path
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.effects.provider import FileProvider
from csdesk.effects.spool import FileChannel
from csdesk.effects.worker import Worker
from csdesk.store.file import open_store

class Dying(Core):
    def do(self, *args, **named):
        if sys.argv[3] == "after":
            super().do(*args, **named)
        os.kill(os.getpid(), signal.SIGKILL)

now = int(sys.argv[2])
core = Dying(open_store(Path(sys.argv[1])), Actor("system", Role.SYSTEM), now=lambda: now)
out = Path(sys.argv[1]).parent / "out"
Worker(core, FileChannel(out), FileProvider(out), lambda case, code, language: code).turn()
"""


@pytest.fixture
def case(desk_file: DeskFile) -> Case:
    wang = desk_file.core("wang")
    return wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case


def breaches(desk_file: DeskFile, case: Case) -> int:
    rows = desk_file.core("wang").store.conn.execute(
        "SELECT count(*) FROM event WHERE case_id = ? AND type = 'breached'", (case.id,)
    )
    return int(rows.fetchone()[0])


def late(desk_file: DeskFile) -> int:
    core = desk_file.core("wang")
    counts = feed.counts(core.store.conn, core.desk, "")
    return sum(count.breached for count in counts if count.queue not in ("all", "mine"))


@pytest.mark.parametrize(("moment", "already"), [("before", 0), ("after", 1)])
def test_a_letter_that_runs_out_is_recorded_once_whenever_the_worker_dies(
    desk_file: DeskFile, case: Case, moment: str, already: int
):
    wang = desk_file.core("wang")
    letter = wang.do(Notice("12315-2026-0042", "1日"), case.id).case.clocks[0]
    assert letter.name == "notice"
    now = desk_file.clock.forward(ms=letter.due - desk_file.clock.now)
    run = subprocess.run(
        [sys.executable, "-c", DYING_WORKER, str(desk_file.path), str(now), moment], check=False
    )
    assert run.returncode == -signal.SIGKILL
    assert breaches(desk_file, case) == already
    desk_file.clock.forward(ms=WORKER_MS + 1)
    while a_worker(desk_file).turn():
        pass
    assert (breaches(desk_file, case), late(desk_file)) == (1, 1)
    assert list(verify(wang.store)) == []


def test_a_paused_clock_has_no_timer_and_gets_one_for_its_new_end(desk_file: DeskFile, case: Case):
    wang, worker = desk_file.core("wang"), a_worker(desk_file)
    review = next(clock for clock in case.clocks if clock.name == "review")
    wang.do(PauseClocks(), case.id)
    desk_file.clock.forward(ms=review.due - desk_file.clock.now + HOUR)
    assert worker.turn() == 0
    again = next(c for c in wang.do(ResumeClocks(), case.id).case.clocks if c.name == "review")
    assert again.due == desk_file.clock.now + 48 * HOUR
    desk_file.clock.now = again.due - 1
    assert worker.turn() == 0
    desk_file.clock.forward(ms=1)
    assert worker.turn() == 1
    assert breaches(desk_file, case) == 1
    assert list(verify(wang.store)) == []
