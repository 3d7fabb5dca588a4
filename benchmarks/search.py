"""Policy search measured: csdesk beside the plain ways, on lay questions with known articles.

`python benchmarks/search.py --data DIR` reads `consumer_*` and `full_*` (JSON lines) from DIR and prints a
table of recall and milliseconds, warm, one thread, all in one run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysqlite3 as sqlite3

from csdesk.search import cite, pinyin, plan, tokens

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
    args = parser.parse_args(argv)
    if args.only != "full":
        articles = lines(args.data / "consumer_corpus.jsonl")
        index = corpus("consumer", articles, lines(args.data / "consumer_queries.jsonl"), args.scans)
        for kind, rows in variants(args.data).items():
            print(f"  variant {kind:16} {measure(index.search, rows)}")
        citations(args.data, articles)
    if args.only != "consumer":
        articles = lines(args.data / "full_corpus.jsonl.gz")
        corpus("full", articles, lines(args.data / "full_queries.jsonl"), args.scans)
    return 0


if __name__ == "__main__":
    sys.exit(main())
