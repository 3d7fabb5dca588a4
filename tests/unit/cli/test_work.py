"""`csdesk work` beside other systems: their orders and messages come in by themselves, and none holds it up."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from csdesk.__main__ import main
from csdesk.desk.bulk_queries import BeginRun, ShowRun
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.effects.order_simulator import Simulator
from tests.building import DeskFile, desk_file
from tests.unit.interop.test_ordering import BUYER, MAP, SECRET, SOURCE, order

__all__ = ["desk_file"]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    (tmp_path / "shop-map.toml").write_text(MAP)
    monkeypatch.setenv("CSDESK_ORDERS", str(tmp_path / "shop.toml"))
    monkeypatch.setenv("SHOP_SECRET", SECRET.decode())
    with Simulator(SECRET) as made:
        made.customers.append(BUYER)
        every = 'more = "more"\nevery_seconds = 1'
        (tmp_path / "shop.toml").write_text(
            SOURCE.format(address=made.address).replace('more = "more"', every)
        )
        yield made


def work(desk: DeskFile, until: Callable[[], bool]) -> str:
    """Run it until something has come about; what it logged."""
    command = [sys.executable, "-m", "csdesk", "work", "--file", str(desk.path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline()
        while not until() and process.returncode is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    finally:
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    return told


def count(desk: DeskFile, table: str) -> Callable[[], int]:
    conn = desk.core("system").store.conn
    return lambda: conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_orders_are_followed_through_a_fault(shop: Simulator, desk_file: DeskFile):
    shop.pages[""] = {"orders": [order()], "customers": [BUYER], "next": 1, "more": False}
    shop.plan("html", "silence")
    orders = count(desk_file, "orders")
    work(desk_file, lambda: orders() == 1)
    assert orders() == 1


def test_messages_in_a_folder_become_cases(
    desk_file: DeskFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "in"
    folder.mkdir()
    monkeypatch.setenv("CSDESK_INCOMING", str(folder))
    monkeypatch.setenv("CSDESK_INCOMING_SECONDS", "1")
    told = {"id": "1", "channel": "app", "text": "快递到哪了", "sender": {"external": "u-1"}}
    (folder / "1.json").write_text(json.dumps(told))
    cases = count(desk_file, "cases")
    work(desk_file, (folder / "taken" / "1.json").exists)
    assert cases() == 1


def test_a_folder_that_is_missing_is_said_before_anything_runs(
    desk_file: DeskFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CSDESK_INCOMING", str(tmp_path / "nowhere"))
    monkeypatch.setenv("CSDESK_LANGUAGE", "en")
    command = [sys.executable, "-m", "csdesk", "work", "--file", str(desk_file.path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 1
    assert run.stderr.endswith("is no folder; make it, or mend the setting incoming.\n")


def test_once_carries_a_run_out_to_its_end_and_leaves_the_place_to_the_next_worker(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    li = desk_file.core("li")
    cases = tuple(li.do(Open(Kind.COMPLAINT, desk_file.order(), reason="service")).case.id for _ in range(13))
    monkeypatch.setattr("sys.argv", ["csdesk", "work", "--once", "--file", str(desk_file.path)])
    # Thirteen cases are two steps; the second run finds the lease of the first `--once` given back.
    for tag in ("申通", "华东"):
        run = li.ask(BeginRun("tag", cases, {"add": tag}))
        assert main() == 0
        assert li.ask(ShowRun(run.id)).counts["done"] == 13
