"""Processes killed at the worst moment: what was promised still happens, and happens once."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from csdesk.effects.provider import FileProvider
from csdesk.effects.spool import FileChannel
from csdesk.effects.worker import Worker
from csdesk.store.outbox import WORKER_MS
from tests.building import DeskFile, line
from tests.unit.effects.conftest import a_worker

# A worker whose outside kills it right after the effect, before anything can be settled.
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

path, out, now = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

class DyingChannel(FileChannel):
    def send(self, *args, **named):
        super().send(*args, **named)
        os.kill(os.getpid(), signal.SIGKILL)

class DyingProvider(FileProvider):
    def refund(self, *args, **named):
        super().refund(*args, **named)
        os.kill(os.getpid(), signal.SIGKILL)

core = Core(open_store(path), Actor("system", Role.SYSTEM), now=lambda: now)
Worker(core, DyingChannel(out), DyingProvider(out), lambda case, code, language: code).turn()
"""

# A console that writes a reply, says so, and is killed while the reply is held.
DYING_CONSOLE = """
import os, signal, sys
from pathlib import Path
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.roles import Role
from csdesk.store.file import open_store

path, case, now = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
core = Core(open_store(path), Actor("wang", Role.AGENT), now=lambda: now)
core.do(Reply("您好，退款今天到账"), case)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(script: str, *arguments: object) -> None:
    """Run a script that ends by SIGKILL."""
    run = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert run.returncode == -signal.SIGKILL, run.stderr


def files(folder: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def case(desk_file: DeskFile) -> Case:
    order = desk_file.order(line(1, 19_900), customer=desk_file.customer("张伟"))
    return desk_file.core("wang").do(Open(Kind.RETURN, order, (LineQty(1, 1),))).case


def successor(desk_file: DeskFile, out: Path) -> Worker:
    """The worker that comes after, once the lease of the dead one is over."""
    desk_file.clock.forward(ms=WORKER_MS + 1)
    return a_worker(desk_file, channel=FileChannel(out), provider=FileProvider(out))


def test_a_reply_is_sent_once_when_the_worker_dies_between_sending_and_settling(
    desk_file: DeskFile, case: Case, out: Path
):
    wang = desk_file.core("wang")
    wang.do(Reply("您好，退款今天到账"), case.id)
    killed(DYING_WORKER, desk_file.path, out, desk_file.clock.forward(seconds=10))
    assert wang.load(case.id)[0].messages[0].state == "held"
    assert len(files(out)) == 1
    assert successor(desk_file, out).turn() == 1
    (sent,) = files(out)
    assert sent["text"] == "您好，退款今天到账"
    assert wang.load(case.id)[0].messages[0].state == "sent"


def test_a_reply_that_the_gateway_took_before_the_crash_is_not_sent_again(
    desk_file: DeskFile, case: Case, out: Path
):
    desk_file.core("wang").do(Reply("您好"), case.id)
    killed(DYING_WORKER, desk_file.path, out, desk_file.clock.forward(seconds=10))
    (sent,) = out.glob("*.json")
    sent.rename(out / "taken" / sent.name)
    assert successor(desk_file, out).turn() == 1
    assert files(out) == []
    assert len(files(out / "taken")) == 1


def test_a_refund_is_paid_once_when_the_worker_dies_between_paying_and_settling(
    desk_file: DeskFile, case: Case, out: Path
):
    wang = desk_file.core("wang")
    for command in (Approve(), Receive(), Inspect(), PayBack()):
        wang.do(command, case.id)
    killed(DYING_WORKER, desk_file.path, out, desk_file.clock.now)
    assert successor(desk_file, out).turn() == 1
    (paid,) = files(out)
    assert paid["minor"] == 19_900
    after, _ = wang.load(case.id)
    assert (after.state, after.refunded) == ("refunded", 19_900)


def test_a_worker_that_dies_again_and_again_sends_once(desk_file: DeskFile, case: Case, out: Path):
    desk_file.core("wang").do(Reply("您好"), case.id)
    desk_file.clock.forward(seconds=10)
    for _ in range(3):
        killed(DYING_WORKER, desk_file.path, out, desk_file.clock.forward(ms=WORKER_MS + 1))
    successor(desk_file, out).turn()
    assert len(files(out)) == 1


def test_a_held_reply_of_a_killed_console_is_sent_once_after_its_hold(
    desk_file: DeskFile, case: Case, out: Path
):
    killed(DYING_CONSOLE, desk_file.path, case.id, desk_file.clock.now)
    worker = a_worker(desk_file, channel=FileChannel(out), provider=FileProvider(out))
    desk_file.clock.forward(ms=9_999)
    assert (worker.turn(), files(out)) == (0, [])
    desk_file.clock.forward(ms=1)
    assert [worker.turn(), worker.turn()] == [1, 0]
    (sent,) = files(out)
    assert sent["text"] == "您好，退款今天到账"


def test_two_consoles_of_which_the_elected_one_is_killed_send_once(
    desk_file: DeskFile, case: Case, out: Path
):
    desk_file.core("wang").do(Reply("您好"), case.id)
    now = desk_file.clock.forward(seconds=10)
    survivor = a_worker(desk_file, channel=FileChannel(out), provider=FileProvider(out))
    killed(DYING_WORKER, desk_file.path, out, now)
    assert survivor.turn() == 0  # the dead one's lease still runs: nobody can know that it is dead
    desk_file.clock.forward(ms=WORKER_MS + 1)
    assert survivor.turn() == 1
    assert len(files(out)) == 1
