"""Imports that are killed, resumed, or run twice at once: whole batches, and the same end."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk.core import Core
from csdesk.interop.importer import run_import
from csdesk.store.verify import verify
from tests.building import DeskFile
from tests.unit.interop.conftest import DATA, dump

ORDERS = 60
# Imports in a process of its own, in batches of seven; kills itself in the n-th transaction, its rows written
# and not yet committed.
CHILD = """
import os, signal, sys
from pathlib import Path
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.roles import Role
from csdesk.interop import commerce, importer
from csdesk.store.file import open_store

desk, now, fatal, rejects, *files = sys.argv[1:]
left = int(fatal)
for kind in (commerce.Customers, commerce.Products, commerce.Orders):
    kind.size = 7
    put = kind.put
    def fatally(self, pending, at, put=put):
        global left
        rows = put(self, pending, at)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return rows
    kind.put = fatally
core = Core(open_store(Path(desk)), Actor("zhao", Role.SUPERVISOR), now=lambda: int(now))
report = importer.run_import(core, [Path(file) for file in files], "retail", rejects_path=Path(rejects))
print(report.total("added"), report.total("unchanged"), report.total("resumed"), report.total("rejected"))
core.store.close()
"""


@pytest.fixture
def big(tmp_path: Path) -> list[Path]:
    """The small shop with sixty orders, some of them bad."""
    orders = json.loads((DATA / "orders.json").read_text("utf-8"))
    models = list(orders.values())
    many = {}
    for n in range(ORDERS):
        order: dict[str, Any] = json.loads(json.dumps(models[n % len(models)]))
        order["order_id"] = f"#W2{n:06d}"
        if n % 10 == 9:
            order["user_id"] = "ghost"
        if n % 10 == 5:
            order["items"][0]["price"] = -1
        many[order["order_id"]] = order
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(many, indent=1), "utf-8")
    return [path, DATA / "users.json", DATA / "products.json"]


def child(desk: Path, files: list[Path], now: int, rejects: Path, fatal: int = 0) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", CHILD, str(desk), str(now), str(fatal), str(rejects), *map(str, files)]
    return subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy()
    )


def ended(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out


def twin(desk_file: DeskFile, folder: Path) -> DeskFile:
    """A copy of the empty desk, with the same keys."""
    folder.mkdir()
    shutil.copy(desk_file.path, folder / "desk.db")
    return DeskFile(folder / "desk.db", desk_file.clock)


@pytest.mark.parametrize("fatal", [1, 2, 3, 6, 9])
def test_a_killed_import_leaves_whole_batches_and_ends_like_an_unbroken_one(
    desk_file: DeskFile, big: list[Path], tmp_path: Path, fatal: int
):
    whole = twin(desk_file, tmp_path / "whole")
    told_whole, told_broken = tmp_path / "whole.jsonl", tmp_path / "broken.jsonl"
    ended(child(whole.path, big, desk_file.clock(), told_whole))

    dead = child(desk_file.path, big, desk_file.clock(), told_broken, fatal)
    dead.communicate()
    assert dead.returncode == -signal.SIGKILL
    half = dump(desk_file.core("zhao"))
    # Two of the transactions are the customers' and the products'; what a batch of seven leaves over is
    # rejected.
    assert len(half["customer"]) == (2 if fatal > 1 else 0)
    assert len(half["product"]) == (2 if fatal > 2 else 0)
    numbers = {line[0] for line in half["order_line"]}
    assert numbers == {order[0] for order in half["orders"]} == {payment[0] for payment in half["payment"]}

    out = ended(child(desk_file.path, big, desk_file.clock(), told_broken))
    after, resumed = dump(desk_file.core("zhao")), int(out.split()[2])
    assert after == dump(whole.core("zhao"))
    assert told_broken.read_text("utf-8") == told_whole.read_text("utf-8")
    assert bool(resumed) == (fatal > 3)
    whole.close()


def test_two_imports_at_once_are_one(desk_file: DeskFile, big: list[Path], tmp_path: Path):
    whole = twin(desk_file, tmp_path / "whole")
    ended(child(whole.path, big, desk_file.clock(), tmp_path / "whole.jsonl"))
    pair = [child(desk_file.path, big, desk_file.clock(), tmp_path / f"{n}.jsonl") for n in range(2)]
    added = sum(int(ended(process).split()[0]) for process in pair)
    core = desk_file.core("zhao")
    assert dump(core) == dump(whole.core("zhao"))
    assert added == 4 + ORDERS - ORDERS // 5
    assert core.store.conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert list(verify(core.store)) == []
    whole.close()


def test_an_import_that_stops_between_batches_goes_on(
    zhao: Core, big: list[Path], monkeypatch: pytest.MonkeyPatch
):
    from csdesk.interop.commerce import Orders

    monkeypatch.setattr(Orders, "size", 10)

    def stop(done: int, total: int) -> None:
        if zhao.store.conn.execute("SELECT count(*) FROM orders").fetchone()[0] >= 18:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_import(zhao, big, "retail", progress=stop)
    assert not zhao.store.conn.in_transaction
    assert len(dump(zhao)["orders"]) == 18
    report = run_import(zhao, big, "retail")
    last = report.files[-1]
    assert (last.resumed, last.unchanged, last.added, last.rejected) == (22, 18, 30, 12)
