"""Imports measured in rows a second, each beside a bare `executemany` of the very rows it left behind.

`ratio` is import to floor in processor time. Rows inside the full-text index are not counted.

`python benchmarks/import_.py --data DIR [--times N]` reads retail/, complaints/, statutes/, platform_rules/
and canned_zh/ from DIR; retail is taken N times over under new ids, so that a start's fixed costs do not
count.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.interop.importer import run_import
from csdesk.interop.overlay import RETAIL_CN
from csdesk.store.connection import bulk
from csdesk.store.file import init, open_store

SHOP = ("users", "products", "orders")
TEXTS = ("statutes", "platform_rules")
# 100,000 scans.
PARCELS = 12_500
# Tables of the full-text index are made by FTS5 out of what it is given: they are no rows of ours.
DERIVED = ("doc_terms_", "article_terms_", "sqlite_")


@dataclass(frozen=True, slots=True)
class Case:
    """One import to measure."""

    name: str
    map: str
    files: tuple[Path, ...]
    overlay: str = ""


def desk(folder: Path, name: str) -> Core:
    """A new desk for an import."""
    path = folder / f"{name}.db"
    init(path, name, "Asia/Shanghai", 0)
    return Core(open_store(path), Actor("bench", Role.ADMIN))


def many(data: Path, folder: Path, times: int) -> tuple[Path, ...]:
    """The retail files `times` over: each copy's customers, products and orders under ids of their own."""
    read = {name: json.loads((data / "retail" / f"{name}.json").read_text("utf-8")) for name in SHOP}
    made: dict[str, dict[str, Any]] = {name: {} for name in read}
    for n in range(times):
        for key, user in read["users"].items():
            made["users"][f"{key}_{n}"] = {**user, "email": f"{n}.{user['email']}"}
        for key, product in read["products"].items():
            variants = {k: {**v, "item_id": f"{v['item_id']}-{n}"} for k, v in product["variants"].items()}
            made["products"][f"{key}-{n}"] = {**product, "product_id": f"{key}-{n}", "variants": variants}
        for key, order in read["orders"].items():
            made["orders"][f"{key}-{n}"] = {
                **order,
                "order_id": f"{key}-{n}",
                "user_id": f"{order['user_id']}_{n}",
                "items": [
                    {**item, "item_id": f"{item['item_id']}-{n}", "product_id": f"{item['product_id']}-{n}"}
                    for item in order["items"]
                ],
                "fulfillments": [
                    {**f, "item_ids": [f"{item}-{n}" for item in f["item_ids"]]}
                    for f in order["fulfillments"]
                ],
            }
    paths = []
    for name, records in made.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(records), "utf-8")
        paths.append(path)
    return tuple(paths)


def scans(folder: Path, parcels: int) -> Path:
    """Eight scans of each of so many parcels that nobody knows: each gets a key of its own."""
    codes = (
        "collected", "departed", "in_transit", "arrived", "in_transit", "arrived", "out_for_delivery", "signed",
    )  # fmt: skip
    path = folder / "scans.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for parcel in range(parcels):
            for n, code in enumerate(codes):
                told = {
                    "waybill": f"SF{parcel:013}", "id": str(n), "at": f"2026-11-01T{10 + n}:00:00+08:00",
                    "scan": code, "place": "杭州市西湖区", "text": "【杭州市】快件已到达西湖区营业部，快递员小李",
                }  # fmt: skip
                file.write(json.dumps(told, ensure_ascii=False) + "\n")
    return path


def rows_of(core: Core) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a desk's file, by table; of a contentless index there is nothing to read."""
    conn = core.store.conn
    tables = [
        name
        for (name,) in conn.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
        )
        if not name.startswith(DERIVED)
    ]
    return {name: conn.execute(f"SELECT * FROM {name}").fetchall() for name in tables}


@dataclass(frozen=True, slots=True)
class Took:
    """How long something took, on the wall and on the processor: a shared host stretches only the first."""

    wall: float
    cpu: float


@contextmanager
def watch() -> Iterator[list[Took]]:
    """A stopwatch: the list holds what the block took once it has ended."""
    took: list[Took] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield took
    took.append(Took(time.perf_counter() - wall, time.process_time() - cpu))


def floor(folder: Path, name: str, fresh: dict[str, list[tuple[Any, ...]]]) -> Took:
    """What the same rows take by one `executemany` a table, into an empty desk with all its indexes."""
    core = desk(folder, f"{name}-floor")
    with watch() as took, bulk(core.store.conn) as conn:
        for table, rows in fresh.items():
            conn.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
    core.store.close()
    return took[0]


def measure(folder: Path, case: Case) -> str:
    """One line of the table: records, rows, rates, and the ratio to the floor."""
    core = desk(folder, case.name)
    before = {table: len(rows) for table, rows in rows_of(core).items()}
    with watch() as first:
        report = run_import(core, case.files, case.map, overlay=case.overlay)
    fresh = {table: rows for table, rows in rows_of(core).items() if len(rows) > before[table]}
    with watch() as second:
        again = run_import(core, case.files, case.map, overlay=case.overlay)
    assert again.total("added") == again.total("changed") == 0
    core.store.close()
    bare, count, records = (
        floor(folder, case.name, fresh),
        sum(map(len, fresh.values())),
        report.total("added"),
    )
    return (
        f"{case.name:11} {records:8,} {count:8,} {first[0].wall:6.2f} {count / first[0].wall:8,.0f}"
        f" {count / first[0].cpu:9,.0f} {count / bare.wall:9,.0f} {first[0].cpu / bare.cpu:6.1f}x"
        f" {records / first[0].wall:9,.0f} {records / second[0].wall:8,.0f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--times", type=int, default=10)
    given = parser.parse_args()
    data: Path = given.data
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["CSDESK_HOME"] = name
        shop = many(data, folder, given.times)
        cases = [
            Case("warm-up", "retail", tuple(data / "retail" / f"{name}.json" for name in SHOP)),
            Case("retail", "retail", shop),
            Case("overlaid", "retail", shop, RETAIL_CN),
            Case("complaints", "complaints", (data / "complaints" / "cfpb.csv",)),
            Case("articles", "articles", tuple(data / name / "articles.jsonl" for name in TEXTS)),
            Case("canned", "canned", (data / "canned_zh" / "scripts.jsonl",)),
            Case("scans", "tracking", (scans(folder, PARCELS),)),
        ]  # fmt: skip
        print("import       records     rows seconds  rows/s  per CPU s  floor/s   ratio  records/s  again/s")
        for case in cases:
            print(measure(folder, case), flush=True)


if __name__ == "__main__":
    main()
