"""Queue pages at scale: a page of 50 through csdesk beside the same SQL on a bare sqlite3 connection, in one run.

    python benchmarks/queue.py [--cases 1000000] [--desk FILE] [--runs 300]

The large desk takes three minutes and 8 GB (see grown.py); `--desk FILE` keeps it for the next run.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grown import demo, desk, home_of

# The name of a filtered queue, and what its first page of 50 takes to find.
FILTERS = (
    ("common", "?kind:return amount:>500"),
    ("nothing fits", "?amount:99999999"),
    ("sorted by amount", "?sort:-amount kind:return"),
)


def clock(call: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median and 99th percentile of a call, in ms."""
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found), sorted(found)[int(len(found) * 0.99)]


def main() -> None:
    """Make the rows and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=1_000_000)
    options.add_argument("--desk", type=Path, help="keep the large desk here, or take it from here")
    options.add_argument("--runs", type=int, default=300)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file, large = Path(folder) / "demo.db", args.desk or Path(folder) / "large.db"
        demo(file, 1_000)
        desk(large, args.cases)
        print(f"{'':<34}{'rows':>10}{'median ms':>11}{'p99 ms':>9}")
        measure(file, args.runs)
        measure(large, args.runs)


def measure(file: Path, runs: int) -> None:
    """First page, a page deep inside, counts, filters: csdesk beside raw SQL."""
    import os

    os.environ["CSDESK_HOME"] = str(home_of(file))
    from csdesk.desk import queries as q
    from csdesk.desk.config import Config
    from csdesk.desk.entry import open_core
    from csdesk.store import feed
    from csdesk.store.connection import sqlite
    from csdesk.store.feed import Place

    core = open_core(Config(file=str(file), agent="me"))
    raw = sqlite.connect(file)
    (total,) = raw.execute("SELECT count(*) FROM cases").fetchone()
    dues = [
        row[0] for row in raw.execute("SELECT due FROM cases WHERE queue = 'returns' AND live = 1 LIMIT 2000")
    ]
    rng = random.Random(7)
    sql = f"SELECT {feed._COLUMNS}{feed._FROM} AND c.live = 1 AND c.queue = 'returns'"
    deep_sql = f"{sql} AND (c.due, c.id) > (?, ?) ORDER BY c.due, c.id LIMIT 50"
    rows = {
        "raw: first page of 50": lambda: raw.execute(
            f"{sql} ORDER BY c.due, c.id LIMIT 50", ("main",)
        ).fetchall(),
        "csdesk: first page of 50": lambda: core.ask(q.QueuePage("returns", 50)),
        "raw: page inside": lambda: raw.execute(deep_sql, ("main", rng.choice(dues), "")).fetchall(),
        "csdesk: page inside": lambda: core.ask(
            q.QueuePage("returns", 50, after=Place(rng.choice(dues), ""))
        ),
        "csdesk: counts of all queues": lambda: core.ask(q.QueueCounts()),
        **{
            f"csdesk: filter, {what}": lambda text=text: core.ask(q.QueuePage(text, 50))
            for what, text in FILTERS
        },
    }
    for name, call in rows.items():
        call()
        median, p99 = clock(call, max(runs // 10, 5) if "filter" in name else runs)
        print(f"{name:<34}{total:>10,}{median:>11.3f}{p99:>9.3f}")
    raw.close()
    core.store.close()


if __name__ == "__main__":
    main()
