"""Messages from outside measured: filed a second from a pipe, in batches and one by one, beside bare `executemany`.

The floor writes the very rows that the batches left behind into an empty file, in transactions of the same size.
Every message is new and half of them come from somebody who wrote before; `look` is the same messages once more.

`python benchmarks/intake.py [--messages N] [--single N]`
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random

from csdesk.desk.core import Core
from csdesk.desk.intake.feeding import feed
from csdesk.desk.intake.receiving import BATCH, Declined
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.store.connection import bulk
from csdesk.store.file import init, open_store

SAID = (
    "快递三天没有更新了，请帮忙查一下到哪里了，急用",
    "收到的衣服尺码偏小，想换大一码，吊牌都在没有穿过",
    "耳机右边没有声音，重新配对好几次都不行，要求退货退款",
    "少发了一件赠品，订单里写着有的，请尽快补发给我",
    "我要投诉你们客服，问了三次都没有人回复，态度很差",
)
DERIVED = ("doc_terms_", "article_terms_", "sqlite_")


def messages(count: int, seed: int = 1) -> Iterable[str]:
    """JSON lines as a gateway pipes them."""
    chance = Random(seed)
    for n in range(count):
        who = chance.randrange(max(1, count // 2))
        text = f"{chance.choice(SAID)}，{chance.choice(SAID)}（{chance.randrange(10**6)}）"
        sender = {"phone": f"139{who:08}", "name": f"顾客{who}"}
        told = {"source": "bench", "id": f"{seed}-{n}", "channel": "chat", "text": text, "sender": sender}
        yield json.dumps(told, ensure_ascii=False)


def desk(folder: Path, name: str) -> Core:
    """A new desk."""
    path = folder / f"{name}.db"
    init(path, name, "Asia/Shanghai", 0)
    return Core(open_store(path), Actor("bench", Role.SYSTEM))


def taken(core: Core, path: Path) -> float:
    """Seconds in which all messages of a file got their receipts."""
    start = time.perf_counter()
    refused = sum(isinstance(fed.taken, Declined) for fed in feed(core, path, ""))
    if refused:
        raise SystemExit(f"{refused} messages were refused")
    return time.perf_counter() - start


def one_by_one(core: Core, folder: Path, lines: Iterable[str]) -> float:
    """The same, each message a file of its own: each waits for the disk."""
    path, spent = folder / "one.json", 0.0
    for line in lines:
        path.write_text(line, encoding="utf-8")
        spent += taken(core, path)
    return spent


def floor(core: Core, folder: Path) -> tuple[int, float]:
    """Rows and seconds of a bare copy of all rows into an empty file, in as many transactions."""
    empty = desk(folder, "floor")
    tables = [
        name
        for (name,) in core.store.conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        if not name.startswith(DERIVED) and name != "doc_terms"
    ]
    rows = {name: core.store.conn.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
    count = sum(map(len, rows.values()))
    batches = max(1, len(rows["inbound"]) // BATCH)
    start = time.perf_counter()
    for n in range(batches):
        with bulk(empty.store.conn) as conn:
            for name, found in rows.items():
                part = found[n * len(found) // batches : (n + 1) * len(found) // batches]
                if part:
                    marks = ",".join("?" * len(part[0]))
                    conn.executemany(f"INSERT OR REPLACE INTO {name} VALUES ({marks})", part)
    spent = time.perf_counter() - start
    empty.store.close()
    return count, spent


def main() -> None:
    """Print each measurement beside its floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--single", type=int, default=500)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["CSDESK_HOME"] = name
        core = desk(folder, "desk")
        pipe = folder / "messages.jsonl"
        pipe.write_text("\n".join(messages(asked.messages)), encoding="utf-8")
        for what in ("filed in batches", "look, nothing new"):
            spent = taken(core, pipe)
            print(f"{what:<22}{asked.messages / spent:>10,.0f}/s {spent:>8.1f} s for {asked.messages:,}")
        count, spent = floor(core, folder)
        rate = asked.messages / spent
        print(f"{'floor: bare rows':<22}{rate:>10,.0f}/s {spent:>8.1f} s for {count:,} rows")
        spent = one_by_one(core, folder, messages(asked.single, seed=2))
        print(
            f"{'filed one by one':<22}{asked.single / spent:>10,.0f}/s, each on the disk before its receipt"
        )
        core.store.close()


if __name__ == "__main__":
    main()
