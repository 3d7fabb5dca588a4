"""A desk of a million open cases in some minutes: a few thousand go through the kernel, SQL copies them.

Each copy is a live case with an id, a number, an order, a customer and a deadline of its own, so that lists, counts and
the opening of a case meet what they would meet on a real desk of that size. What none of these read is left out: text
index, requests, outbox, changes, the case's own parcels, all scans but a parcel's last. What a copy's events and scans
had sealed is empty (a seal is bound to its row), its hashes are its original's (`verify` would say so), and no phone
number finds its customer. One copy in a hundred is whose its original is; the others wait.

    python benchmarks/grown.py FILE [--cases 1000000]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from csdesk.store.file import Store

# So many cases go through the kernel, some 350 a second; two in five of them are still open in the end.
BASE = 3_000
# The deadlines of copies lie between two days ago and a year from now, as the rows come to lie beside others.
LATE_MS, SPREAD_SECONDS = 172_800_000, 31_536_000
# A copy that was interrupted is thrown away, so nothing need be safe meanwhile.
FAST = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000"
# Ids keep the shape of time-ordered ones: these bits tell a copy's case, order and customer, then round and number.
CASE, ORDER, CUSTOMER = (
    f"printf('{kind:012x}70008%015x', i * 100000 + {number})" for kind, number in ((2, "k"), (3, "o"), (4, "p"))
)  # fmt: skip
ORDER_NUMBER = "printf('9%05d%012d', o, i)"
ASSIGNEE = "iif((i + k) % 100 = 0, assignee, '')"
NOW = int(time.time() * 1000)
DUE = f"iif(due >= 1 << 62, due, {NOW - LATE_MS} + (i * 100000 + k) * 2654435761 % {SPREAD_SECONDS} * 1000)"

# The originals (`k`), with the numbers of their order and their customer.
ORIGINALS = """CREATE TEMP TABLE original AS
    SELECT id AS case_id, desk_id, order_id, customer, row_number() OVER (ORDER BY id) AS k,
        dense_rank() OVER (ORDER BY order_id) AS o, dense_rank() OVER (ORDER BY customer) AS p
    FROM cases WHERE live = 1 AND order_id <> '' AND incident = '' AND queue NOT IN ('incidents', 'authority')"""
# The rows of each table that belong to them, in the order of the copies' keys.
OF_CASE = "SELECT b.k, b.o, b.p, t.* FROM original b JOIN {} t ON t.desk_id = b.desk_id AND t.{} = b.case_id ORDER BY k"
OF_ORDER = (
    "SELECT b.o, b.p, t.* FROM (SELECT desk_id, order_id, o, min(p) AS p FROM original GROUP BY o) b JOIN {} t"
    " ON t.desk_id = b.desk_id AND t.{} = b.order_id ORDER BY o"
)
# Of a parcel's four scans or so the last one: it says where the parcel is.
SCANS = (
    "SELECT o, p, s.*, max(s.at) FROM old_parcel t"
    " JOIN scan s ON s.desk_id = t.desk_id AND s.waybill = t.waybill GROUP BY t.waybill"
)


def told_anew(text: str, **other: str) -> str:
    """SQL of a JSON text in which the values of these fields, wherever they stand, are others."""
    for old, new in other.items():
        text = f"""replace({text}, '"' || {old} || '"', '"' || {new} || '"')"""
    return text


NUMBER = "number_of(i, k)"
SNAPSHOT = told_anew(
    f"""replace(CAST(snapshot AS TEXT), '"assignee":"' || assignee, '"assignee":"' || {ASSIGNEE})""",
    id=CASE, body=NUMBER, order_id=ORDER, order_number=ORDER_NUMBER, customer=CUSTOMER,
)  # fmt: skip
# Table, its originals' rows, and the columns that a copy does not share with its original.
COPIES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("cases", OF_CASE.format("cases", "id"), {
        "id": CASE, "body": NUMBER, "order_id": ORDER, "order_number": ORDER_NUMBER, "customer": CUSTOMER,
        "assignee": ASSIGNEE, "due": DUE, "breached": f"{DUE} <= {NOW}", "snapshot": f"CAST({SNAPSHOT} AS BLOB)"}),
    ("event", OF_CASE.format("event", "case_id") + ", seq", {"case_id": CASE, "person": "''", "sealed": "x''"}),
    ("case_line", OF_CASE.format("case_line", "case_id"), {"case_id": CASE, "order_id": ORDER}),
    ("orders", OF_ORDER.format("orders", "id"), {
        "id": ORDER, "number": ORDER_NUMBER, "folded": ORDER_NUMBER, "customer": CUSTOMER, "sealed": "x''"}),
    ("order_line", OF_ORDER.format("order_line", "order_id"), {"order_id": ORDER}),
    ("payment", OF_ORDER.format("payment", "order_id"), {"order_id": ORDER}),
    ("shipment", OF_ORDER.format("shipment", "order_id"), {"order_id": ORDER, "waybill": "waybill || i"}),
    ("parcel", OF_ORDER.format("parcel", "order_id").replace(" ORDER", " AND t.case_id = '' ORDER"), {
        "waybill": "waybill || i", "order_id": ORDER, "person": CUSTOMER}),
    ("scan", SCANS, {"waybill": "waybill || i", "person": "''", "sealed": "x''"}),
)  # fmt: skip


def home_of(file: Path) -> Path:
    """Where `csdesk demo` puts a desk's keys."""
    return file.parent / f".{file.name}.home"


def demo(file: Path, cases: int) -> None:
    """A demonstration desk, made through the kernel."""
    made = [sys.executable, "-m", "csdesk", "demo", "--cases", str(cases), "--no-open", "--file", str(file)]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)


def desk(file: Path, cases: int) -> None:
    """A desk with so many open cases, unless an earlier run has made it: keys lie beside it."""
    if file.exists():
        print(f"{file}: as an earlier run made it")
        return
    began = time.perf_counter()
    making = file.with_name(f"making-{file.name}")
    making.unlink(missing_ok=True)
    shutil.rmtree(home_of(making), ignore_errors=True)
    demo(making, BASE)
    # In a process of its own: this folder holds a queue.py, which must not stand before Python's.
    grow = [sys.executable, "-P", __file__, str(making), "--cases", str(cases), "--copy"]
    subprocess.run(grow, check=True)
    shutil.rmtree(home_of(file), ignore_errors=True)  # the keys of a desk of that name that is gone
    home_of(making).rename(home_of(file))
    making.rename(file)
    size = file.stat().st_size / 1e9
    print(f"{file}: {cases:,} open cases, {size:.1f} GB, made in {time.perf_counter() - began:.0f} s")


def grow(file: Path, count: int) -> None:
    """Copy live cases until there are about `count`."""
    os.environ["CSDESK_HOME"] = str(home_of(file))
    from csdesk.domain.ids import BODY_BITS, make_body
    from csdesk.store.connection import sqlite
    from csdesk.store.file import open_store

    conn: Any = sqlite.connect(file, isolation_level=None)
    conn.execute("PRAGMA temp_store = MEMORY")  # while there are no temporary tables yet
    # Times an odd number, modulo a power of two: each number comes once.
    conn.create_function(
        "number_of", 2, lambda i, k: make_body((i * 100_000 + k) * 22_695_477 % (1 << BODY_BITS))
    )
    conn.execute(ORIGINALS)
    (live,) = conn.execute("SELECT count(*) FROM cases WHERE live = 1").fetchone()
    (each,) = conn.execute("SELECT count(*) FROM original").fetchone()
    rounds = max(round((count - live) / each), 1)
    conn.execute("CREATE TEMP TABLE n (i INTEGER PRIMARY KEY)")
    conn.executemany("INSERT INTO n VALUES (?)", ((i + 1,) for i in range(rounds)))
    store = open_store(file)
    people = customers(store, conn.execute("SELECT DISTINCT p, customer FROM original").fetchall(), rounds)
    store.close()
    conn.executescript(FAST)
    # Sorted into an index at the end, not one by one.
    tables = [table for table, _, _ in COPIES]
    indexes = conn.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql <> ''"
        f" AND tbl_name IN ({','.join('?' * len(tables))})",
        tables,
    ).fetchall()
    conn.execute("BEGIN")
    for name, _ in indexes:
        conn.execute(f"DROP INDEX {name}")
    for table, rows, other in COPIES:
        copy(conn, table, rows, other)
    for key, row in people:
        conn.execute("INSERT INTO person_key VALUES (?,?,?,?,?)", key)
        conn.execute("INSERT INTO customer VALUES (?,?,?,?,?,?)", row)
    for _, sql in indexes:
        conn.execute(sql)
    for column, where in (("live", ""), ("breached", " AND c.breached = 1")):
        conn.execute(
            f"UPDATE counter SET {column} = (SELECT count(*) FROM cases c"
            f" WHERE c.desk_id = counter.desk_id AND c.queue = counter.queue AND c.live = 1{where})"
        )
    conn.execute("COMMIT")
    conn.execute("PRAGMA journal_mode = WAL")
    conn.close()


def copy(conn: Any, table: str, rows: str, other: dict[str, str]) -> None:
    """Copy the rows of one table, once a round."""
    # Not from the table itself: SQLite would first lay all that it adds aside.
    conn.execute(f"CREATE TEMP TABLE old_{table} AS {rows}")
    columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(other.get(column, column) for column in columns)
    conn.execute(f"INSERT INTO main.{table} SELECT {values} FROM n CROSS JOIN old_{table}")


Row = tuple[object, ...]


def customers(store: "Store", originals: list[tuple[int, str]], rounds: int) -> Iterator[tuple[Row, Row]]:
    """For the customer of every copy a key of their own, and what their original is called, sealed under it."""
    from csdesk.store.crypto import bound_to, new_data_key, person_bound, seal, wrap

    desk, keyring = store.desk.id, store.masters.keyring
    opened = [(p, store.people.open(customer)) for p, customer in originals]
    plain = [(p, json.dumps(asdict(who), ensure_ascii=False).encode()) for p, who in opened if who]

    def made() -> Iterator[tuple[Row, Row]]:
        for i in range(1, rounds + 1):
            for p, text in plain:
                id_, key = f"{4:012x}70008{i * 100_000 + p:015x}", new_data_key()
                wrapped = wrap(keyring.keys[keyring.current], keyring.current, key, person_bound(desk, id_))
                sealed = seal(key, text, bound_to(desk, "customer", id_, "sealed"))
                yield (desk, id_, wrapped.key_id, wrapped.sealed, 0), (desk, id_, b"", sealed, 1, 0)

    return made()


def main() -> None:
    """Make a desk, or grow one that is there."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("file", type=Path)
    options.add_argument("--cases", type=int, default=1_000_000)
    options.add_argument("--copy", action="store_true", help="the file is there: only copy")
    args = options.parse_args()
    (grow if args.copy else desk)(args.file, args.cases)


if __name__ == "__main__":
    main()
