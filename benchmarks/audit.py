"""`csdesk audit verify` measured: events a second, beside SHA-256 alone over the same bytes, in one run.

    python benchmarks/audit.py [--events 300000] [--cases 20000] [--dir /tmp]

A desk's file is filled with chained events of the lengths that real ones have (payload 40 to 400 bytes, a sealed body
in one of three), anchored, and verified. The floor reads the same rows by SELECT and hashes their bytes in one long
chain of SHA-256 each, without comparing anything.
"""

import argparse
import hashlib
import os
import random
import tempfile
import time
from pathlib import Path

MOST_BODY = 400


def fill(store: object, events: int, cases: int) -> None:
    """Rows of `event` and `cases` alone: what is measured reads no other."""
    from csdesk.store.audit import CASES
    from csdesk.store.cases import CASE_COLUMNS

    conn, chance, now = store.conn, random.Random(6), 1_790_000_000_000  # type: ignore[attr-defined]
    desk = store.desk.id  # type: ignore[attr-defined]
    columns = CASE_COLUMNS.split(", ")
    texts = {"body", "kind", "queue", "state", "phase", "subject"}
    for n in range(cases):
        case, head, made = f"{n:032x}", CASES.start(desk, f"{n:032x}"), []
        length = events // cases
        for seq in range(1, length + 1):
            payload = chance.randbytes(chance.randint(40, MOST_BODY))
            sealed = chance.randbytes(chance.randint(60, MOST_BODY)) if seq % 3 == 0 else b""
            fields = (
                seq,
                "noted",
                1,
                now + seq,
                f"agent{n % 200}",
                f"{n:016x}{seq:016x}",
                "note",
                case if sealed else "",
            )
            header = "\x1f".join(map(str, fields)).encode()
            head = CASES.link(head, header, payload, sealed)
            made.append((desk, case, *fields, payload, sealed, head))
        conn.executemany(f"INSERT INTO event VALUES ({','.join('?' * 13)})", made)
        known = {
            "desk_id": desk,
            "id": case,
            "version": length,
            "head": head,
            "snapshot": chance.randbytes(1_500),
        }
        row = [
            known.get(name, f"{n:07d}" if name in texts or name not in _NUMBERS else 0) for name in columns
        ]
        conn.execute(f"INSERT INTO cases ({CASE_COLUMNS}) VALUES ({','.join('?' * len(columns))})", row)


_NUMBERS = {
    "live",
    "version",
    "priority",
    "escalation",
    "amount",
    "due",
    "breached",
    "opened_at",
    "changed_at",
    "closed_at",
}


def floor(store: object) -> int:
    """SHA-256 over the bytes of every event as SQLite gives them, each with the hash before it; how many."""
    conn, count, previous, sha256 = store.conn, 0, b"", hashlib.sha256  # type: ignore[attr-defined]
    for row in conn.execute(
        "SELECT CAST(seq || char(31) || type || char(31) || v || char(31) || at || char(31) || actor || char(31)"
        " || cause || char(31) || verb || char(31) || person AS BLOB), payload, sealed FROM event"
        " ORDER BY desk_id, case_id, seq"
    ):
        previous = sha256(previous + row[0] + row[1] + row[2]).digest()
        count += 1
    return count


def main() -> None:
    """Fill, anchor, verify, and say what it took."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--events", type=int, default=300_000)
    options.add_argument("--cases", type=int, default=20_000)
    options.add_argument("--dir", type=Path, default=None)
    args = options.parse_args()
    with tempfile.TemporaryDirectory(dir=args.dir) as folder:
        os.environ["CSDESK_HOME"] = folder
        from csdesk.store import anchors
        from csdesk.store.audit import Audited, audit
        from csdesk.store.connection import write
        from csdesk.store.file import init, open_store

        path = Path(folder) / "desk.db"
        init(path, "audit", "Asia/Shanghai", 0)
        store = open_store(path)
        with write(store.conn):
            fill(store, args.events, args.cases)
        began = time.perf_counter()
        anchors.make(store.conn, store.desk.id, store.desk.file_id, 0)
        anchored = time.perf_counter() - began
        rates: dict[str, list[float]] = {"floor": [], "audit": []}
        for _ in range(3):
            began = time.perf_counter()
            count = floor(store)
            rates["floor"].append(count / (time.perf_counter() - began))
            done, began = Audited(), time.perf_counter()
            found = list(audit(store.conn, store.desk.id, done))
            rates["audit"].append(done.rows["case"] / (time.perf_counter() - began))
            assert not found and done.rows["case"] == count, found[:3]
        began = time.perf_counter()
        anchors.make(store.conn, store.desk.id, store.desk.file_id, 0)
        again = time.perf_counter() - began
        store.close()
    best = {name: max(found) for name, found in rates.items()}
    print(
        f"{count:,} events of {args.cases:,} cases: audit verify {best['audit']:,.0f} events/s,"
        f" bare SELECT and sha256 {best['floor']:,.0f} events/s ({best['floor'] / best['audit']:.2f} times);"
        f" first anchor {anchored:.2f} s, the next {again:.2f} s (best of 3)"
    )


if __name__ == "__main__":
    main()
