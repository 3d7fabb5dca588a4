"""A console that is killed: its case comes to others when the hold is over, and back to its agent with the draft."""

import signal
import subprocess
import sys

from csdesk.desk import queries as q
from csdesk.store.leases import HOLD_MS
from tests.building import DeskFile, desk_file
from tests.tui.test_queue import opened

__all__ = ["desk_file"]

DIES = """
import os, signal, sys
from pathlib import Path
from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.store.file import open_store
core = Core(open_store(Path(sys.argv[1])), Actor("wang", Role.AGENT), now=lambda: int(sys.argv[2]))
case = core.ask(q.Next())
core.ask(q.KeepDraft(case, "您好，正在核实", 4))
print(case, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_console_gives_its_case_back_after_five_minutes_and_loses_no_draft(desk_file: DeskFile):
    case = opened(desk_file)
    at = desk_file.clock()
    dead = subprocess.run(
        [sys.executable, "-c", DIES, str(desk_file.path), str(at)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    assert dead.stdout.strip() == case.id
    li, wang = desk_file.core("li"), desk_file.core("wang")
    desk_file.clock.forward(ms=HOLD_MS - 1)
    assert li.ask(q.Next()) is None
    desk_file.clock.forward(ms=1)
    assert li.ask(q.Next()) == case.id
    li.ask(q.LetGo(case.id))
    assert wang.ask(q.Next()) == case.id
    draft = wang.ask(q.GetDraft(case.id))
    assert draft is not None
    assert (draft.text, draft.caret) == ("您好，正在核实", 4)
