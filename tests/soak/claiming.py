"""Processes that claim cases until none is left: `python -m tests.soak.claiming FILE FOLDER PROCESSES`.

Each is an agent of its own (`a0`, …) with a connection of its own. It asks for the next case, takes it and puts it
aside, and writes down which it got and how long asking and taking took (ms).
"""

import os
import sys
import time
import traceback
from pathlib import Path

from csdesk.desk import answers  # noqa: F401  (loaded once, before the forks)
from csdesk.desk.core import Core
from csdesk.desk.queries import Hold, Next
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.shared import Take
from csdesk.domain.roles import Role
from csdesk.store.dsn import Dsn
from csdesk.store.errors import StoreError
from csdesk.store.file import open_store


def claim(file: str, folder: Path, n: int) -> None:
    """Claim until nothing is left; a turn that was waited for in vain is asked for again."""
    store = open_store(Dsn(file) if "://" in file else Path(file))
    core = Core(store, Actor(f"a{n}", Role.SENIOR))
    with (folder / f"claims-{n}").open("w") as out:
        while True:
            began, case = time.perf_counter(), ""
            try:
                case = core.ask(Next()) or ""
                if not case:
                    return
                core.do(Take(), case)
                took = (time.perf_counter() - began) * 1000
                core.ask(Hold(case, park=True))
            except StoreError as exc:
                if exc.code != "locked":
                    raise
                out.write(f"- {(time.perf_counter() - began) * 1000}\n")
                continue
            except Refused as exc:
                if exc.code != "already_yours":
                    raise
                core.ask(Hold(case, park=True))  # put aside so long ago that it came back
                continue
            out.write(f"{case} {took}\n")


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
