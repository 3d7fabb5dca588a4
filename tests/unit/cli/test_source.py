"""`csdesk source`: what a person is told of an order system that works, fails, drops files, or is a database."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csdesk.__main__ import main
from csdesk.effects.order_simulator import Simulator
from tests.building import DeskFile, desk_file
from tests.unit.interop.test_ordering import BUYER, MAP, SECRET, SOURCE, order

__all__ = ["desk_file"]

Run = Callable[..., tuple[int, str, str]]
SQL = """
[source]
name = "shop"
kind = "sql"
map = "shop-map.toml"
stamp = "updated"
next = "max_by(orders, &updated).updated"
since = "2026-01-01"

[sql]
database = "shop.db"
json = ["items", "paid"]
[sql.order]
orders = "SELECT * FROM desk_orders WHERE no = :value"
customers = "SELECT DISTINCT buyer AS person, name FROM desk_orders WHERE no = :value"
[sql.changes]
orders = "SELECT * FROM desk_orders WHERE updated >= :cursor ORDER BY updated LIMIT 500"
customers = "SELECT DISTINCT buyer AS person, name FROM desk_orders WHERE updated >= :cursor"
"""
CSV = """
[source]
name = "shop"
kind = "csv"
map = "rows.toml"
[csv]
folder = "drop"
settle_seconds = 60
"""
ROWS = """
[map]
name = "rows"
source = "shop"
format = "csv"
currency = "CNY"
[customers]
when = "buyer"
repeats = true
id = "buyer"
name = "name"
[orders]
when = "no"
check = ["customer"]
id = "no"
customer = "buyer"
status = "status"
[orders.lines]
each = "[@]"
sku = "sku"
title = "title"
price = "price"
"""


@pytest.fixture
def run(
    desk_file: DeskFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    (tmp_path / "shop-map.toml").write_text(MAP)
    (tmp_path / "rows.toml").write_text(ROWS)
    monkeypatch.setenv("CSDESK_ORDERS", str(tmp_path / "shop.toml"))
    monkeypatch.setenv("SHOP_SECRET", SECRET.decode())

    def run(*arguments: str, agent: bool = True) -> tuple[int, str, str]:
        who = ("--agent", "wang") if agent else ()
        monkeypatch.setattr("sys.argv", ["csdesk", *arguments, "--file", str(desk_file.path), *who])
        code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(SECRET) as made:
        made.customers.append(BUYER)
        (tmp_path / "shop.toml").write_text(SOURCE.format(address=made.address))
        yield made


def test_an_order_is_looked_up_and_its_age_said(run: Run, shop: Simulator):
    shop.orders["W1"] = order()
    code, out, _ = run("source", "lookup", "W1")
    assert code == 0
    assert out.startswith("W1  ")
    assert "资料时间：0 分钟前" in out and "张伟" not in out
    shop.plan("html")
    code, out, _ = run("source", "lookup", "W1")
    assert code == 0
    assert out.startswith("订单系统没有给出可用的答复（网关出错（502））") and "W1" in out
    assert "半分钟内不再询问" in run("source", "lookup", "W1")[1]
    assert "最近一次故障" in run("source", "check")[1]


def test_a_difference_is_listed_and_settled_in_words(run: Run, shop: Simulator):
    back = {"by": "wechat", "amount": "5.00", "kind": "returned"}
    told = order(status="delivered")
    shop.orders["W1"] = told | {"paid": [*told["paid"], back]}
    run("source", "lookup", "W1")
    code, out, _ = run("source", "differences", "W1")
    assert code == 0
    assert out == "W1  refund 退款金额不一致\n  订单系统：¥5.00；本台：¥0.00\n"
    assert "差异" in run("source", "settle", "W1", "price", "--how", "theirs")[2]
    code, out, _ = run("source", "settle", "W1", "refund", "--how", "case")
    assert code == 0 and out.startswith("已记录：建工单核查，已建工单 IQ-")
    assert run("source", "differences")[1] == "没有待处理的差异。\n"


def test_a_pull_says_what_it_took(run: Run, shop: Simulator):
    shop.pages[""] = {"customers": [BUYER], "orders": [order()], "next": "a", "more": False}
    code, out, _ = run("source", "pull", agent=False)
    assert (code, out) == (0, "拉取 1 页：新增 2，变更 0，未变 0，比已知更旧 0，拒收 0\n")
    shop.plan("silence")
    code, out, _ = run("source", "pull", "--json", agent=False)
    assert (code, json.loads(out)["fault"]) == (1, "timeout")


def test_a_view_is_asked_and_followed_and_never_written(run: Run, tmp_path: Path):
    (tmp_path / "shop.toml").write_text(SQL)
    told = order()
    with sqlite3.connect(tmp_path / "shop.db") as conn:
        conn.execute("CREATE TABLE desk_orders (no, buyer, name, status, placed, items, paid, updated)")
        for number, day in (("W1", "2026-10-01"), ("W2", "2026-10-02")):
            row = (
                number,
                "u1",
                "张伟",
                "pending",
                told["placed"],
                json.dumps(told["items"]),
                json.dumps(told["paid"]),
            )
            conn.execute("INSERT INTO desk_orders VALUES (?,?,?,?,?,?,?,?)", (*row, day))
    conn.close()
    before = (tmp_path / "shop.db").read_bytes()
    assert "W1" in run("source", "lookup", "W1")[1]
    assert "新增 1" in run("source", "pull", agent=False)[1]
    assert "新增 0，变更 0，未变 2" in run("source", "pull", agent=False)[1]
    assert (tmp_path / "shop.db").read_bytes() == before
    (tmp_path / "shop.db").unlink()
    assert "打不开数据库" in run("source", "lookup", "W1")[1]


def test_files_are_taken_when_they_are_whole(run: Run, tmp_path: Path):
    (tmp_path / "shop.toml").write_text(CSV)
    drop = tmp_path / "drop"
    drop.mkdir()
    head = "no,buyer,name,status,sku,title,price\n"
    old = drop / "1.csv"
    old.write_text(head + "W1,u1,张伟,pending,EAR-2,耳机,199.00\n")
    os.utime(old, (1, 1))
    (drop / "2.csv").write_text(head + "W2,u1,张伟,pen")
    (drop / "3.csv").write_text(head + "W3,u1,张伟,shipped,EAR-2,耳机,199.00\n")
    (drop / "3.csv.done").touch()
    bad = drop / "4.csv"
    bad.write_text("<html>login</html>\n")
    os.utime(bad, (2, 2))
    code, out, _ = run("source", "pull", agent=False)
    assert code == 1 and "已收 2 个文件；1 个还在写入" in out and "4.csv 已移到 refused/" in out
    assert sorted(p.name for p in (drop / "taken").iterdir()) == ["1.csv", "3.csv"]
    assert sorted(p.name for p in (drop / "refused").iterdir()) == ["4.csv", "4.csv.reason"]
    assert sorted(p.name for p in drop.iterdir() if p.is_file()) == ["2.csv"]
    assert run("order", "find", "W3")[1].startswith("W3")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[source]\nname = 'a'\nkind = 'ftp'\nmap = 'm'\n", "Invalid enum value 'ftp'"),
        ("[source]\nname = 'a'\nkind = 'http'\nmap = 'm'\n", "[http]"),
        ("[source\n", "shop.toml"),
        (SQL.replace('name = "shop"', 'name = "shop"\nwrites = ["cancel"]'), "writes = cancel"),
        (SQL.replace('stamp = "updated"', 'stamp = "a["'), "订单系统的设置文件"),
    ],
)
def test_settings_that_cannot_be_used_are_said_in_a_sentence(run: Run, tmp_path: Path, text: str, said: str):
    (tmp_path / "shop.toml").write_text(text)
    code, _, err = run("source", "check")
    assert code == 1 and said in err and len(err.splitlines()) == 1


def test_without_an_order_system_it_is_said_where_to_name_one(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CSDESK_ORDERS", "")
    assert run("source", "lookup", "W1")[2].startswith("还没有接订单系统")
