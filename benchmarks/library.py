"""Look-ups in a desk's library as one types: articles and canned replies, by the desk's own questions.

`python benchmarks/library.py --data DIR` puts DIR's statutes, platform rules, `search/*_corpus` and canned
replies into new desks; prints articles a second and milliseconds a keystroke (CPU, 20 hits, one thread).
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Actor
from csdesk.domain.cases.opening import Open
from csdesk.domain.roles import Role
from csdesk.interop.shipped import load_knowledge
from csdesk.search.cite import article_number
from csdesk.store.connection import bulk
from csdesk.store.file import Agent, init, open_store
from csdesk.store.library import Article, Canned, put_articles, put_canned, tidy_articles

Row = dict[str, Any]
BATCH = 1_000


def rows(path: Path) -> list[Row]:
    raw = path.read_bytes()
    text = gzip.decompress(raw) if path.suffix == ".gz" else raw
    return [json.loads(line) for line in text.splitlines()]


def article(row: Row) -> Article:
    law, label = row.get("law") or row["rule"], row["article_no"]
    number, suffix = article_number(label) or (0, None)
    text = row.get("article_text") or row["text"]
    return Article(
        row.get("id") or f"{law} {label}", law, label, text, number, suffix or 0, source=row["from"]
    )


def reply(row: Row) -> Canned:
    body = row["body"]
    for name in row["vars"]:
        body = body.replace(f"[{name}]", f"{{{name}}}")
    return Canned(f"{row['file']}#{row['no']}", row["title"], body, topic=row["scenario"], source=row["file"])


def new_desk(folder: Path) -> Core:
    os.environ["CSDESK_HOME"] = str(folder)
    path = folder / "desk.db"
    init(path, "bench", "Asia/Shanghai", 0)
    store = open_store(path)
    with bulk(store.conn):
        store.put_agent(Agent("me", "me", Role.SENIOR, ""))
    return Core(store, Actor("me", Role.SENIOR))


def put(core: Core, name: str, articles: Sequence[Article]) -> None:
    start, cpu = time.perf_counter(), time.process_time()
    for first in range(0, len(articles), BATCH):
        with bulk(core.store.conn):
            put_articles(core.store, articles[first : first + BATCH], 0)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    rate = f"{len(articles) / wall:,.0f} articles/s ({len(articles) / cpu:,.0f} of CPU)"
    start = time.perf_counter()
    with bulk(core.store.conn):
        tidy_articles(core.store.conn)
    print(
        f"{name}: {len(articles)} articles in, {rate}, tidied in {time.perf_counter() - start:.2f} s",
        flush=True,
    )


def keystrokes(texts: Iterable[str]) -> Iterator[str]:
    return (text[:end] for text in texts for end in range(1, len(text) + 1))


def measure(label: str, ask: Callable[[str], object], texts: Sequence[str]) -> None:
    for text in texts[:20]:
        ask(text)
    spent = []
    for text in texts:
        start = time.thread_time()
        ask(text)
        spent.append(1000 * (time.thread_time() - start))
    spent.sort()
    p50, p95 = spent[len(spent) // 2], spent[int(len(spent) * 0.95)]
    print(f"  {label:34} p50 {p50:6.2f} ms   p95 {p95:6.2f} ms   max {spent[-1]:6.2f} ms   ({len(spent)})")


def recall(core: Core, queries: Sequence[Row], top: int) -> float:
    found = 0.0
    for row in queries:
        hits = {hit.id for hit in core.ask(q.SearchPolicies(row["query"], top))}
        found += len(hits & set(row["gold"])) / len(row["gold"])
    return found / len(queries)


def policies(core: Core, queries: Sequence[Row]) -> None:
    def look_up(text: str) -> object:
        return core.ask(q.SearchPolicies(text))

    asked = [row["query"] for row in queries]
    measure("policies, a keystroke of a question", look_up, list(keystrokes(asked[:100])))
    measure("policies, whole questions", look_up, asked)
    print(f"  {'recall in the first ten':34} {recall(core, queries, 10):.3f}", flush=True)


def replies(core: Core) -> None:
    measure("policies, words of two", lambda t: core.ask(q.SearchPolicies(t)), ["退货", "运费"] * 50)
    typed = list(
        keystrokes(["退货运费", "退后运费", "签收未收到", "thyf", "tuihuo", "kdzy", "发票", "尺码 偏小"])
    )
    case = core.do(Open(Kind.INQUIRY)).case.id
    measure("replies, a keystroke", lambda text: core.ask(q.SearchCanned(text)), typed * 5)
    measure("replies, a keystroke, on a case", lambda text: core.ask(q.SearchCanned(text, case)), typed * 5)
    measure("replies, filled for a case", lambda _: core.ask(q.FillCanned("C04", case)), [""] * 50)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    data = os.environ.get("CSDESK_TRIALS", "")
    parser.add_argument("--data", type=Path, default=data, required=not data, help="folder of the trial data")
    parser.add_argument("--only", choices=("desk", "consumer", "full"), help="one of the three libraries")
    args = parser.parse_args(argv)
    search = args.data / "search"
    libraries = {
        "desk": [args.data / "statutes/articles.jsonl", args.data / "platform_rules/articles.jsonl"],
        "consumer": [search / "consumer_corpus.jsonl"],
        "full": [search / "full_corpus.jsonl.gz"],
    }
    for name, files in libraries.items():
        if args.only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                core = new_desk(Path(folder))
                put(core, name, [article(row | {"from": file.stem}) for file in files for row in rows(file)])
                if name == "desk":
                    load_knowledge(core.store)
                    with bulk(core.store.conn):
                        put_canned(core.store, map(reply, rows(args.data / "canned_zh/scripts.jsonl")), 0)
                    replies(core)
                else:
                    policies(core, rows(search / f"{name}_queries.jsonl"))
                core.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
