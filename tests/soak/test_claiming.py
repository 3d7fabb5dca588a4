"""Processes that claim one desk's cases all at once, on both databases: none twice, none lost."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cluster import Cluster
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Actor
from csdesk.domain.cases.opening import Open
from csdesk.domain.roles import Role
from csdesk.store.connection import write
from csdesk.store.verify import verify

SOAK = max(1, int(os.environ.get("CSDESK_SOAK", "1")))
# `make soak` (50): 64 processes, 20,000 cases.
PROCESSES = min(8 * SOAK, 64)
CASES = min(120 if SOAK == 1 else 400 * SOAK, 20_000)
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_each_case_is_claimed_once(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
):
    file = str(tmp_path / "desk.db")
    if database == "postgres":
        file = request.getfixturevalue("postgres").database()
    monkeypatch.setenv("CSDESK_HOME", "")  # given back at the end: a desk's folder sets it
    cluster = Cluster(tmp_path, file)
    cluster.make(PROCESSES)
    with cluster.store() as store:
        core = Core(store, Actor("gao", Role.SUPERVISOR))
        for at in range(0, CASES, 100):
            with write(store.conn):
                for n in range(at, min(at + 100, CASES)):
                    core.within(Open(Kind.INQUIRY, summary=f"来电 {n}"))
    folder = tmp_path / "claims"
    folder.mkdir()
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "tests.soak.claiming", file, str(folder), str(PROCESSES)],
        cwd=ROOT, env=cluster.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    passed = time.perf_counter() - began
    assert run.returncode == 0, run.stderr[-2000:]
    lines = [line.split() for path in folder.iterdir() for line in path.read_text().splitlines()]
    claimed = [case for case, _ in lines if case != "-"]
    took = sorted(float(ms) for case, ms in lines if case != "-")
    print(
        f"\n{database}: {PROCESSES} processes, {len(claimed)} claims in {passed:.0f} s, median"
        f" {took[len(took) // 2]:.0f} ms, p99 {took[int(len(took) * 0.99)]:.0f} ms, worst {took[-1]:.0f} ms,"
        f" {len(lines) - len(took)} again"
    )
    assert len(claimed) == len(set(claimed)) == CASES
    with cluster.store() as store:
        taken = store.conn.execute(
            "SELECT id, assignee FROM cases WHERE desk_id = ?", (store.desk.id,)
        ).fetchall()
        assert {case for case, assignee in taken if assignee} == set(claimed)
        assert SOAK > 1 or list(verify(store)) == []
