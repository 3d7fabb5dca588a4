"""Decisions measured: facts a second on one core, from JSON lines to JSON lines, kind by kind and all together.

`python benchmarks/decide.py` uses facts of its own; `--data FILE` reads a CSV with columns `jurisdiction` and
`facts`, or JSON lines, and where there is a column `expected` tells how many rows came out as expected.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from csdesk.desk.law.packs import load_lawbook
from csdesk.domain.entitlement.decision import BadFacts, as_json
from csdesk.domain.entitlement.kinds import decide
from csdesk.domain.entitlement.pack import Lawbook

Row = dict[str, Any]
OWN: tuple[Row, ...] = (
    {
        "kind": "no_reason_return",
        "sale_channel": "online",
        "buyer": "consumer",
        "product_class": "apparel",
        "signed_at": "2026-03-05T11:00:00+08:00",
        "request_at": "2026-03-08T09:30:00+08:00",
        "tag_removed": False,
    },
    {
        "kind": "quality_remedy",
        "product_class": "furniture",
        "received_at": "2026-03-05",
        "request_at": "2026-03-20",
        "nonconforming": True,
    },
    {"kind": "punitive_damages", "ground": "unsafe_food", "defendant": "producer", "price": 50, "loss": 300},
    {
        "kind": "sanbao",
        "product_class": "phone",
        "sold_at": "2026-03-05",
        "performance_fault_at": "2026-03-15",
    },
    {"kind": "prepaid", "paid": 1000, "gift_amount": 250, "consumed_value": 500, "cause": "operator"},
    {"kind": "deadline", "event": "gov_mediation_accepted", "at": "2026-04-14"},
    {"kind": "withdrawal", "jurisdiction": "EU", "country": "DE", "delivered": "2026-03-07"},
)


def rows(path: Path | None) -> Iterator[tuple[Row, Row]]:
    """Facts, with what is expected of them where the file says so."""
    if path is None:
        yield from ((facts, {}) for facts in OWN)
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                facts = {**json.loads(row["facts"]), "jurisdiction": row["jurisdiction"]}
                yield facts, json.loads(row.get("expected") or "{}")
    else:
        yield from ((json.loads(line), {}) for line in path.read_text(encoding="utf-8").splitlines())


def right(facts: Row, expected: Row, book: Lawbook, now_ms: int) -> bool:
    decision = decide(facts, book, now_ms=now_ms)
    if isinstance(decision, BadFacts):
        return False
    told = json.loads(msgspec.json.encode(as_json(decision)))
    return all(told.get(key) == value for key, value in expected.items())


def speed(lines: Sequence[bytes], book: Lawbook, now_ms: int, seconds: float) -> float:
    """Facts a second, JSON to JSON, best of five rounds."""
    read, write = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
    best = 0.0
    for _ in range(5):
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds / 5:
            for line in lines:
                decision = decide(read(line), book, now_ms=now_ms)
                write(decision.errors if isinstance(decision, BadFacts) else as_json(decision))
            done += len(lines)
        best = max(best, done / (time.perf_counter() - start))
    return best


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a CSV or JSON lines with facts")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to measure each kind")
    args = parser.parse_args(argv)
    now_ms = time.time_ns() // 1_000_000
    start = time.perf_counter()
    book = load_lawbook()
    print(f"packs loaded in {1000 * (time.perf_counter() - start):.0f} ms")
    known = list(rows(args.data))
    wanted = [(facts, expected) for facts, expected in known if expected]
    if wanted:
        good = sum(right(facts, expected, book, now_ms) for facts, expected in wanted)
        print(f"as expected: {good} of {len(wanted)}")
    kinds = sorted({facts["kind"] for facts, _ in known})
    for kind in kinds:
        lines = [json.dumps(facts).encode() for facts, _ in known if facts["kind"] == kind]
        print(f"{kind:30} {speed(lines, book, now_ms, args.seconds / len(kinds)):10,.0f} facts/s")
    lines = [json.dumps(facts).encode() for facts, _ in known]
    print(f"{'all':30} {speed(lines, book, now_ms, args.seconds):10,.0f} facts/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
