"""Policy search measured: csdesk beside the plain ways, on lay questions with known articles.

`python benchmarks/search.py --data DIR` reads `consumer_*` and `full_*` (JSON lines) from DIR and prints a
table of recall and milliseconds, warm, one thread, all in one run. The rows of learning teach a desk one half of
the consumer questions and ask both halves, as they are and misspelt: what was taught must gain, the rest not lose.
With `csdesk[semantic]` there are rows of finding by meaning; the vectors of the consumer corpus take some minutes and
are kept where `--vectors FILE` says.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysqlite3 as sqlite3

from csdesk.search import cite, pinyin, plan, semantic, tokens
from csdesk.search.learned import question_terms
from csdesk.store.connection import bulk
from csdesk.store.file import init, open_store
from csdesk.store.library import Article, put_articles
from csdesk.store.library_policies import Policies

Row = dict[str, Any]
Search = Callable[[str], list[str]]

LAYOUT = """
CREATE VIRTUAL TABLE article_terms USING fts5(
    title, body, initials, content='', contentless_delete=1, tokenize='ascii');
CREATE VIRTUAL TABLE article_vocabulary USING fts5vocab('article_terms', 'row');
CREATE TABLE article_gram (term TEXT PRIMARY KEY, docs INTEGER NOT NULL, sound TEXT) WITHOUT ROWID;
CREATE INDEX article_gram_sound ON article_gram (sound, docs DESC, term) WHERE sound IS NOT NULL;
"""
ADD = "INSERT INTO article_terms (rowid, title, body, initials) VALUES (?, ?, ?, ?)"
REFRESH = """
INSERT OR REPLACE INTO article_gram (term, docs, sound)
SELECT term, doc, iif(length(term) < 3 AND unicode(term) > 0x2fff, nullif(sound(term), ''), NULL)
FROM article_vocabulary
"""
DOCS = "SELECT term, docs FROM article_gram WHERE term IN (SELECT value FROM json_each(?))"
ALIKE = """
SELECT sound, term, docs FROM article_gram
WHERE sound IN (SELECT value FROM json_each(?)) AND sound IS NOT NULL ORDER BY sound, docs DESC
"""
FIND = """
SELECT rowid FROM article_terms WHERE article_terms MATCH ?
ORDER BY bm25(article_terms, 1.0, 1.0, 1.0) LIMIT ?
"""


class Index:
    """The layout the store is meant to use, with just enough around it to be measured."""

    def __init__(self, articles: Sequence[Row], path: str = ":memory:") -> None:
        self.ids = [a["id"] for a in articles]
        self.db = sqlite3.connect(path)
        self.db.create_function("sound", 1, pinyin.sound, deterministic=True)
        self.db.executescript(LAYOUT)
        with self.db:
            self.db.executemany(ADD, self._rows(articles))
            self.db.execute("INSERT INTO article_terms (article_terms) VALUES ('optimize')")
            self.db.execute(REFRESH)

    @staticmethod
    def _rows(articles: Iterable[Row]) -> Iterator[tuple[int, str, str, str]]:
        for number, a in enumerate(articles, 1):
            whole = a["law"] + " " + a["text"]
            title, body = tokens.index_terms(a["law"]), tokens.index_terms(a["text"])
            yield number, " ".join(title), " ".join(body), " ".join(pinyin.initials_index(whole))

    @property
    def articles(self) -> int:
        return len(self.ids)

    def docs(self, terms: Sequence[str]) -> Mapping[str, int]:
        return dict(self.db.execute(DOCS, (json.dumps(terms),)))

    def alike(self, sounds: Sequence[str]) -> Mapping[str, Sequence[tuple[str, int]]]:
        found: dict[str, list[tuple[str, int]]] = {}
        for sound, term, docs in self.db.execute(ALIKE, (json.dumps(sounds),)):
            found.setdefault(sound, []).append((term, docs))
        return found

    def search(self, query: str) -> list[str]:
        match = plan.plan(query, self).match
        return [self.ids[n - 1] for (n,) in self.db.execute(FIND, (match, 10))]


# As a look-up asks for: 40 hits, and some to spare for translations and superseded texts.
DEEP = 60


def by_meaning(index: Index, articles: Sequence[Row], kept: Path | None) -> Iterator[tuple[str, Search]]:
    """csdesk with its extra, and the model alone; a word and no more where the extra is not installed."""
    if not semantic.installed():
        print("  csdesk[semantic]         not installed: skipped")
        return
    import numpy as np

    model, start = semantic.model(), time.perf_counter()
    if kept and kept.exists():
        vectors = np.load(kept)
    else:
        texts = [f"{a['law']}\n{a['text']}" for a in articles]
        vectors = np.concatenate([model.passages(texts[n : n + 16]) for n in range(0, len(texts), 16)])
        print(f"  vectors                  {len(texts) / (time.perf_counter() - start):.1f} articles/s")
        if kept:
            np.save(kept, vectors)
    nearest = semantic.Nearest(range(1, len(articles) + 1), semantic.pack(vectors))

    def alone(query: str) -> list[str]:
        return [index.ids[n - 1] for n in nearest.find(model.question(query), 10)]

    def fused(query: str) -> list[str]:
        found = index.db.execute(FIND, (plan.plan(query, index).match, DEEP))
        words = [row[0] for row in found]
        near = nearest.find(model.question(query), DEEP) if semantic.has_meaning(query) else []
        return [index.ids[row - 1] for row, _ in semantic.fuse(words, near)]

    yield "csdesk[semantic]", fused
    yield "its model alone", alone


def comparing(count: int) -> None:
    """How long a question is compared with `count` vectors of chance."""
    if not semantic.installed():
        return
    import numpy as np

    chance = np.random.default_rng(0)
    rows = chance.normal(size=(count, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    nearest, times = semantic.Nearest(range(1, count + 1), semantic.pack(rows)), []
    for n in range(100):
        start = time.perf_counter()
        nearest.find(rows[n], DEEP)
        times.append(1000 * (time.perf_counter() - start))
    times.sort()
    print(f"  compared with {count} vectors of chance: p50 {times[50]:.1f} ms   p95 {times[95]:.1f} ms")


def fts(articles: Sequence[Row], tokenizer: str) -> Search:
    """SQLite's FTS5 as it comes, over the plain text."""
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE VIRTUAL TABLE plain USING fts5(title, body, tokenize='{tokenizer}')")
    db.executemany("INSERT INTO plain VALUES (?, ?)", ((a["law"], a["text"]) for a in articles))
    ids = [a["id"] for a in articles]

    def search(query: str) -> list[str]:
        words = "".join(c if c.isalnum() else " " for c in query).split()
        if tokenizer == "trigram":
            words = [w[i : i + 3] for w in words for i in range(len(w) - 2)]
        sql = "SELECT rowid FROM plain WHERE plain MATCH ? ORDER BY rank LIMIT 10"
        return [ids[n - 1] for (n,) in db.execute(sql, (tokens.match_any(words),))]

    return search


def fuzzy_scan(articles: Sequence[Row], scorer: str) -> Search:
    """A rapidfuzz scan over the whole texts."""
    from rapidfuzz import fuzz, process

    texts = [a["law"] + a["text"] for a in articles]
    ids = [a["id"] for a in articles]
    score = getattr(fuzz, scorer)
    return lambda query: [ids[at] for _, _, at in process.extract(query, texts, scorer=score, limit=10)]


@dataclass(frozen=True, slots=True)
class Measured:
    """Recall in the first ten, and milliseconds per search."""

    recall: float
    p50: float
    p95: float

    def __str__(self) -> str:
        return f"R@10 {self.recall:.3f}   p50 {self.p50:8.2f} ms   p95 {self.p95:8.2f} ms"


def measure(search: Search, queries: Sequence[Row]) -> Measured:
    for q in queries[:10]:
        search(q["query"])
    recall, times = 0.0, []
    for q in queries:
        start = time.perf_counter()
        hits = search(q["query"])
        times.append(1000 * (time.perf_counter() - start))
        recall += len(set(hits[:10]) & set(q["gold"])) / len(q["gold"])
    times.sort()
    return Measured(recall / len(queries), times[len(times) // 2], times[int(len(times) * 0.95)])


def lines(path: Path) -> list[Row]:
    raw = path.read_bytes()
    text = gzip.decompress(raw) if path.suffix == ".gz" else raw
    return [json.loads(line) for line in text.splitlines()]


def variants(data: Path) -> dict[str, list[Row]]:
    kinds: dict[str, list[Row]] = {}
    for row in lines(data / "consumer_variants.jsonl"):
        kinds.setdefault(row["variant"], []).append(row)
    return kinds


def citations(data: Path, articles: Sequence[Row]) -> None:
    names = cite.LawNames({a["law"] for a in articles}, cite.shipped_aliases())
    at = {(a["law"], *(cite.article_number(a["article_no"]) or ())): a["id"] for a in articles}
    rows = lines(data / "citations.jsonl")
    right, start = 0, time.perf_counter()
    for row in rows:
        found = cite.parse(row["query"], names)
        laws = found.laws if found else ()
        hits = [at[k] for law in laws if found and (k := (law, found.article, found.suffix)) in at]
        right += hits[:1] == row["gold"]
    spent = 1000 * (time.perf_counter() - start) / len(rows)
    print(f"  citations                top-1 {right / len(rows):.3f}   mean {spent:.3f} ms   ({len(rows)})")


TODAY, CHOSEN_AT = "2026-11-22", 1_792_000_000_000


def learning(articles: Sequence[Row], queries: Sequence[Row], misspelt: Mapping[str, Sequence[Row]]) -> None:
    """Teach half of the questions to a desk, each once, and ask all of them with and without what was taught."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CSDESK_HOME"] = folder
        path = Path(folder) / "desk.db"
        init(path, "bench", "Asia/Shanghai", 0)
        store = open_store(path)
        records = [Article(a["id"], a["law"], a["article_no"], a["text"]) for a in articles]
        taught = sorted(queries, key=lambda q: q["qid"])[::2]
        with bulk(store.conn):
            put_articles(store, records, 0)
            for q in taught:
                for article in q["gold"]:
                    store.policies.teach(article, question_terms(q["query"]), CHOSEN_AT)
        _with_history(store.policies, taught, queries, misspelt)
        store.close()


def _with_history(
    policies: Policies, taught: Sequence[Row], queries: Sequence[Row], misspelt: Mapping[str, Sequence[Row]]
) -> None:
    known = {q["qid"] for q in taught}
    chosen = {article for q in taught for article in q["gold"]}
    others = [row for kind, rows in misspelt.items() if kind != "clean" for row in rows]
    rest = [q for q in queries if q["qid"] not in known]
    groups = {
        "taught questions": taught,
        "taught, misspelt": [q for q in others if q["qid"] in known],
        "others, chosen article": [q for q in rest if chosen & set(q["gold"])],
        "others, no history": [q for q in rest if not chosen & set(q["gold"])],
        "no history, misspelt": [q for q in others if q["qid"] not in known and not chosen & set(q["gold"])],
    }
    print(f"learning: {len(taught)} questions taught {len(chosen)} articles, one choice each")
    for label, rows in groups.items():
        plain = measure(_searching(policies, learned=False), rows)
        learned = measure(_searching(policies, learned=True), rows)
        print(f"  {label:24} without {plain}", flush=True)
        print(f"  {'':24} with    {learned}   ({len(rows)})", flush=True)


def _searching(policies: Policies, *, learned: bool) -> Search:
    def search(query: str) -> list[str]:
        hits = policies.search(query, TODAY, "zh-Hans", 10, learned=learned)
        return [hit.article.external_id for hit in hits]

    return search


def corpus(name: str, articles: Sequence[Row], queries: Sequence[Row], scans: int) -> Index:
    start = time.perf_counter()
    index = Index(articles)
    spent = time.perf_counter() - start
    pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    size = index.db.execute(pages).fetchone()[0] / 1e6
    print(f"{name}: {len(articles)} articles, {len(queries)} questions")
    print(f"  csdesk index             {len(articles) / spent:,.0f} articles/s, {size:.1f} MB")
    print(f"  csdesk                   {measure(index.search, queries)}", flush=True)
    for label, search in (
        ("FTS5 default tokenizer", fts(articles, "unicode61")),
        ("FTS5 trigram", fts(articles, "trigram")),
    ):
        print(f"  {label:24} {measure(search, queries)}", flush=True)
    for scorer in ("WRatio", "partial_ratio"):
        some = queries[:: max(1, len(queries) // scans)] if scans else ()
        if some:
            scanned = measure(fuzzy_scan(articles, scorer), some)
            print(f"  rapidfuzz {scorer:14} {scanned}   ({len(some)} questions)", flush=True)
    return index


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of consumer_* and full_*")
    parser.add_argument("--scans", type=int, default=40, help="questions for the slow scans (0: none)")
    parser.add_argument("--only", choices=("consumer", "full"), help="one of the two corpora")
    parser.add_argument("--vectors", type=Path, help="where vectors of the consumer corpus are kept (.npy)")
    args = parser.parse_args(argv)
    if args.only != "full":
        articles = lines(args.data / "consumer_corpus.jsonl")
        queries, misspelt = lines(args.data / "consumer_queries.jsonl"), variants(args.data)
        index = corpus("consumer", articles, queries, args.scans)
        searches = dict(by_meaning(index, articles, args.vectors))
        for label, search in searches.items():
            print(f"  {label:24} {measure(search, queries)}", flush=True)
        for kind, rows in misspelt.items():
            print(f"  variant {kind:16} {measure(index.search, rows)}")
            if fused := searches.get("csdesk[semantic]"):
                print(f"    every fourth           {measure(index.search, rows[::4])}")
                print(f"    the same, with it      {measure(fused, rows[::4])}", flush=True)
        citations(args.data, articles)
        learning(articles, queries, misspelt)
    if args.only != "consumer":
        articles = lines(args.data / "full_corpus.jsonl.gz")
        comparing(len(articles))
        corpus("full", articles, lines(args.data / "full_queries.jsonl"), args.scans)
    return 0


if __name__ == "__main__":
    sys.exit(main())
