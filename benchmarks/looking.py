"""What looking policies up adds to a console's memory: proportional set size before and after sixty keys, in Chinese.

    python benchmarks/looking.py --data DIR

Reads search/full_corpus.jsonl.gz from DIR (57,840 articles) into a desk of its own. The floor is the same process with
the console's modules loaded, a queue read and SQLite's page cache full, which any work fills.
"""

import argparse
import gc
import gzip
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from csdesk.desk.core import Core
from csdesk.desk.queries import QueuePage, SearchPolicies
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.interop.importer import run_import
from csdesk.store.connection import write
from csdesk.store.file import Agent, init, open_store

TYPED = (
    *("退货运费", "七天无理由", "赔偿 三倍", "消法25", "快递破损", "定金不退", "过期食品", "预付卡"),
    *("质量问题 维修两次", "发票"),
)
LOADED = ("tui.app", "tui.screens.queue", "tui.screens.case", "tui.screens.policy", "desk.library")
ZHAO = Actor("zhao", Role.SUPERVISOR)


def pss() -> float:
    """Megabytes of this process, what it shares counted in parts."""
    told = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("Pss:"))


def fill(file: Path, data: Path) -> None:
    """A desk with the articles."""
    init(file, "bench", "Asia/Shanghai", 1)
    core = Core(open_store(file), ZHAO)
    with write(core.store.conn):
        core.store.put_agent(Agent("zhao", "Zhao", "supervisor", "zhao"))
    rows = file.with_name("articles.jsonl")
    with gzip.open(data / "search/full_corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        kept = [
            {name: row[name] for name in ("id", "law", "article_no", "text")}
            for row in map(json.loads, lines)
        ]
    rows.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in kept), encoding="utf-8")
    run_import(core, [rows], "articles")
    core.store.close()


def looked(file: Path) -> None:
    """Print what sixty keys add, in a process of its own."""
    for module in LOADED:
        importlib.import_module(f"csdesk.{module}")
    core = Core(open_store(file), ZHAO)
    core.ask(QueuePage())
    core.store.conn.execute("SELECT max(length(text)) FROM article NOT INDEXED").fetchone()
    gc.collect()
    before = pss()
    for text in TYPED:
        for end in range(1, len(text) + 1):
            core.ask(SearchPolicies(text[:end]))
    gc.collect()
    after = pss()
    latin = "loaded" if "pypinyin" in sys.modules else "not loaded"
    print(
        f"before {before:.1f} MB, after {after:.1f} MB: {after - before:.1f} MB (at most 2); pypinyin {latin}"
    )


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, help="the folder with search/full_corpus.jsonl.gz")
    options.add_argument("--looked", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.looked:
        looked(given.looked)
        return 0
    with tempfile.TemporaryDirectory(prefix="csdesk-looking-") as folder:
        os.environ["CSDESK_HOME"] = folder
        file = Path(folder) / "desk.db"
        fill(file, given.data)
        subprocess.run([sys.executable, __file__, "--looked", str(file)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
