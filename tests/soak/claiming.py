"""Processes that claim cases until none is left: `python -m tests.soak.claiming FILE FOLDER PROCESSES`.

Each has a connection of its own, and is a new agent (`a0.0`, `a0.1`, …) at each claim, as many agents behind one server
are: who has taken a case would be given the same one again, and what was put aside comes back after a while. It asks
for the next case and takes it, and writes down which it got and how long that took (ms).
"""

import os
import sys
import time
import traceback
from itertools import count
from pathlib import Path

from csdesk.desk import answers  # noqa: F401  (loaded once, before the forks)
from csdesk.desk.core import Core
from csdesk.desk.queries import Next
from csdesk.domain.cases.context import Actor
from csdesk.domain.cases.shared import Take
from csdesk.domain.roles import Role
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError
from csdesk.store.file import open_store


def claim(file: str, folder: Path, n: int) -> None:
    """Claim until nothing is left; a turn that was waited for in vain is asked for again."""
    store = open_store(Dsn(file) if "://" in file else Path(file))
    core, agents = Core(store, Actor(f"a{n}", Role.SENIOR)), count()
    with (folder / f"claims-{n}").open("w") as out:
        agent, case = core, ""
        while True:
            if not case:
                who = f"a{n}.{next(agents)}"
                agent = core.acting(Actor(who, Role.SENIOR), who)
            began = time.perf_counter()
            try:
                case = case or agent.ask(Next()) or ""
                if not case:
                    return
                agent.do(Take(), case)
            except StoreError as exc:
                if exc.code != "locked":
                    raise
                out.write(f"- {(time.perf_counter() - began) * 1000}\n")
                continue
            out.write(f"{case} {(time.perf_counter() - began) * 1000}\n")
            case = ""


def main(file: str, folder: Path, processes: int) -> None:
    """All at once; exit code 1 when one of them failed."""
    children = []
    for n in range(processes):
        if not (pid := os.fork()):
            code = 1
            try:
                claim(file, folder, n)
                code = 0
            finally:
                if code:
                    traceback.print_exc()
                sys.stderr.flush()
                os._exit(code)
        children.append(pid)
    statuses = [os.waitpid(pid, 0)[1] for pid in children]
    sys.exit(any(statuses))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
