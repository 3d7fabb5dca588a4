"""Claims flat out: many processes at one desk's cases until none is left, beside bare updates of the same rows.

    python -m benchmarks.claims [--cases 20000] [--processes 64] [--only sqlite | postgres]

The floor is what a program without csdesk could do at best: each process writes its name into the next waiting case's
row, on a copy of the same desk. SQLite: BEGIN IMMEDIATE behind a flock, synchronous FULL; PostgreSQL: one UPDATE of
what FOR UPDATE SKIP LOCKED finds, each commit on the disk. Ours is the console's N, one transaction each: find what is
most urgent and fits, lease it, and put on record who could read it. Then N and `a`, two transactions, the second of
which also takes the case: an event of its chain, its deadlines, a change that others see. A process is a new agent at
each claim, as 20,000 agents behind it would be: who has a case in hand would be given the same one again.

Prints claims a second, their ratio to the floor, median, 99th percentile and the longest wait of one claim (ms, from
asking to having), and how many cases were claimed twice or by nobody. Exit code 1 for any of these.
"""

import argparse
import fcntl
import os
import shutil
import statistics
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from csdesk.desk import answers  # noqa: F401  (loaded once, before the forks)
from csdesk.desk.core import Core
from csdesk.desk.queries import Next
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Actor
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Take
from csdesk.domain.roles import Role
from csdesk.store.connection import sqlite, write
from csdesk.store.dsn import Dsn
from csdesk.store.file import init, open_store

# Cases that are opened in one transaction.
TOGETHER = 500
# What a claim gives: the case's id, "" when nothing is left.
Claim = Callable[[], str]
# What makes a process, by its number, able to claim.
Made = Callable[[int], AbstractContextManager[Claim]]

BARE = """UPDATE cases SET assignee = {mark} WHERE desk_id = {mark} AND id = (SELECT id FROM cases {hint}
    WHERE desk_id = {mark} AND queue = {mark} AND language = '' AND held = 0
    AND live = 1 AND phase = 'ours' AND assignee = '' ORDER BY due, id LIMIT 1 {lock}) RETURNING id"""


def filled(place: Path | Dsn, cases: int) -> str:
    """A desk with so many waiting cases; its id."""
    init(place, "claims", "Asia/Shanghai", 0)
    store = open_store(place)
    core = Core(store, Actor("gao", Role.SUPERVISOR))
    for at in range(0, cases, TOGETHER):
        with write(store.conn):
            for n in range(at, min(at + TOGETHER, cases)):
                core.within(Open(Kind.INQUIRY, summary=f"来电 {n}"))
    desk, waiting = core.desk, store.conn.execute(
        "SELECT count(*) FROM cases WHERE desk_id = ? AND queue = 'inquiries' AND language = '' AND live = 1"
        " AND phase = 'ours' AND assignee = ''", (core.desk,)
    ).fetchone()  # fmt: skip
    store.close()
    if waiting != (cases,):
        raise RuntimeError(f"{waiting} of {cases} cases wait")
    return desk


@contextmanager
def bare_sqlite(desk: str, path: Path, n: int) -> Iterator[Claim]:
    """One of our SQLite's connections, set as it comes but for what makes it safe, and a lock file."""
    conn = sqlite.connect(path, isolation_level=None, timeout=60)
    conn.execute("PRAGMA synchronous = FULL")
    sql = BARE.format(mark="?", hint="INDEXED BY cases_claim", lock="")
    with Path(f"{path}.bare").open("a") as lock:

        def claim() -> str:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                conn.execute("BEGIN IMMEDIATE")
                row = conn.execute(sql, (f"a{n}", desk, desk, "inquiries")).fetchone()
                conn.execute("COMMIT")
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)
            return row[0] if row else ""

        yield claim
    conn.close()


@contextmanager
def bare_postgres(desk: str, dsn: Dsn, n: int) -> Iterator[Claim]:
    """A psycopg connection in autocommit."""
    import psycopg

    sql = BARE.format(mark="%s", hint="", lock="FOR UPDATE SKIP LOCKED").encode()
    with psycopg.connect(dsn.text, autocommit=True) as conn:

        def claim() -> str:
            row: tuple[Any, ...] | None = conn.execute(sql, (f"a{n}", desk, desk, "inquiries")).fetchone()
            return row[0] if row else ""

        yield claim


@contextmanager
def ours(place: Path | Dsn, n: int, *, take: bool) -> Iterator[Claim]:
    """csdesk's own way."""
    store = open_store(place)
    core, agents = Core(store, Actor(f"a{n}", Role.SENIOR)), iter(range(10**9))

    def claim() -> str:
        who = f"a{n}.{next(agents)}"
        agent = core.acting(Actor(who, Role.SENIOR), who)
        case = agent.ask(Next()) or ""
        if case and take:
            agent.do(Take(), case)
        return case

    yield claim
    store.close()


def work(n: int, made: Made, ready: int, start: int, folder: Path) -> None:
    """One process: tell that it is ready, wait for the start, claim until nothing is left."""
    with made(n) as claim:
        os.write(ready, b".")
        os.read(start, 1)  # ends when the other side is closed
        told = []
        while True:
            began = time.perf_counter()
            case = claim()
            ended = time.perf_counter()
            told.append(f"{case or '-'} {began} {ended}\n")
            if not case:
                break
    (folder / f"claims-{n}").write_text("".join(told))


def run(processes: int, made: Made, folder: Path) -> list[tuple[str, float, float]]:
    """Processes at work, all at once; each claim with when it was asked for and when it was had."""
    folder.mkdir()
    (ready, tell), (begin, start) = os.pipe(), os.pipe()
    children = []
    for n in range(processes):
        if not (pid := os.fork()):
            code = 1
            try:
                os.close(start)
                work(n, made, tell, begin, folder)
                code = 0
            finally:
                if code:
                    traceback.print_exc()
                sys.stderr.flush()
                os._exit(code)
        children.append(pid)
    os.close(tell)
    told = 0
    while told < processes and (got := os.read(ready, processes)):
        told += len(got)
    os.close(start)
    statuses = [os.waitpid(pid, 0)[1] for pid in children]
    if any(statuses):
        raise RuntimeError("a process failed")
    for end in (ready, begin):
        os.close(end)
    lines = [line.split() for path in folder.iterdir() for line in path.read_text().splitlines()]
    return [(case, float(began), float(ended)) for case, began, ended in lines]


def told(name: str, claims: list[tuple[str, float, float]], cases: int, floor: float) -> tuple[float, bool]:
    """Print the line of one run; its rate, and whether each case was claimed once."""
    got = [(ended - began) * 1000 for case, began, ended in claims if case != "-"]
    got.sort()
    counts = Counter(case for case, _, _ in claims if case != "-")
    seconds = max(ended for _, _, ended in claims) - min(began for _, began, _ in claims)
    rate, twice, lost = len(got) / seconds, sum(n > 1 for n in counts.values()), cases - len(counts)
    print(
        f"{name:<28}{rate:>9,.0f}{f'{rate / floor:.2f}x' if floor else '':>8}{statistics.median(got):>10.1f}"
        f"{got[int(len(got) * 0.99)]:>9.1f}{got[-1]:>9.0f}{twice:>7}{lost:>6}",
        flush=True,
    )
    return rate, not twice and not lost


def on_sqlite(folder: Path, cases: int, processes: int) -> bool:
    """The floor and ours on copies of one file; whether each claimed all cases once."""
    desk = filled(folder / "desk.db", cases)
    with sqlite.connect(folder / "desk.db") as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    floor, right = 0.0, True
    for name, made in {
        "SQLite: bare update": partial(bare_sqlite, desk),
        "SQLite: N": partial(ours, take=False),
        "SQLite: N, a": partial(ours, take=True),
    }.items():
        copy = folder / f"copy-{len(name)}.db"
        shutil.copyfile(folder / "desk.db", copy)
        os.sync()
        claims = run(processes, partial(made, copy), folder / f"{copy.name}.claims")
        rate, good = told(name, claims, cases, floor)
        floor, right = floor or rate, right and good
    return right


def on_postgres(server: Any, folder: Path, cases: int, processes: int) -> bool:
    """The same on copies of one database."""
    import psycopg

    from csdesk.store.postgres_schema import migrate

    first = Dsn(server.database())
    migrate(first)
    desk = filled(first, cases)
    floor, right = 0.0, True
    for name, made in {
        "PostgreSQL: bare update": partial(bare_postgres, desk),
        "PostgreSQL: N": partial(ours, take=False),
        "PostgreSQL: N, a": partial(ours, take=True),
    }.items():
        with psycopg.connect(server.url(), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE claims{len(name)} TEMPLATE t1".encode())
        copy = Dsn(server.url(f"claims{len(name)}"))
        with psycopg.connect(copy.text, autocommit=True) as conn:
            conn.execute("VACUUM ANALYZE")
            conn.execute("CHECKPOINT")
        claims = run(processes, partial(made, copy), folder / f"claims{len(name)}")
        rate, good = told(name, claims, cases, floor)
        floor, right = floor or rate, right and good
    return right


def main() -> int:
    """The table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=20_000)
    options.add_argument("--processes", type=int, default=64)
    options.add_argument("--only", choices=("sqlite", "postgres"))
    args = options.parse_args()
    print(f"{args.processes} processes, {args.cases:,} cases")
    print(f"{'':<28}{'claims/s':>9}{'':>8}{'median ms':>10}{'p99 ms':>9}{'worst':>9}{'twice':>7}{'lost':>6}")
    right = True
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="csdesk-claims-")))
        os.environ["CSDESK_HOME"] = str(folder)
        if args.only != "postgres":
            right &= on_sqlite(folder, args.cases, args.processes)
        if args.only != "sqlite":
            from tests import postgres

            postgres._SETTINGS = ("shared_buffers=128MB",)
            right &= on_postgres(stack.enter_context(postgres.running()), folder, args.cases, args.processes)
    return not right


if __name__ == "__main__":
    sys.exit(main())
