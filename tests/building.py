"""A small desk to test on: a file with agents, shops, customers and orders, and a clock that stands still.

desk = build(tmp_path)                       # CSDESK_HOME must say where the keys may go
number = desk.order(line(2, 39_800))         # two units of one line that cost 398.00 together
wang = desk.core("wang")                     # a Core; `desk.desk("wang")` is the same as a LocalDesk
case = wang.do(Open(Kind.RETURN, number, (LineQty(1, 2),))).case
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest

from csdesk.desk.core import Core
from csdesk.desk.local import LocalDesk
from csdesk.domain.cases.context import Actor, Policy
from csdesk.domain.ids import uuid7
from csdesk.domain.roles import Role
from csdesk.store.connection import Connection, SqliteConnection, write
from csdesk.store.crypto import normal_order_number
from csdesk.store.dsn import Dsn
from csdesk.store.file import Agent, Store, init, open_store
from csdesk.store.home import config_dir
from csdesk.store.people import Customer

ZONE = "Asia/Shanghai"
SECOND, HOUR, DAY = 1_000, 3_600_000, 86_400_000
# A Monday morning; the orders were signed for on the Saturday before.
MONDAY = int(datetime(2026, 11, 2, 10, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)

# One of each role, and two agents, since most trouble needs two.
STAFF = {
    "wang": Role.AGENT,
    "li": Role.AGENT,
    "chen": Role.SENIOR,
    "zhao": Role.SUPERVISOR,
    "sun": Role.AUDITOR,
    "gao": Role.ADMIN,
    "system": Role.SYSTEM,
}

# Whose an order is unless said otherwise: name, phone, address for mail.
SOMEBODY = ("张伟", "13812345678", "zhang@example.com")


class Clock:
    """A clock that stands still until it is told to move; UTC ms."""

    def __init__(self, now: int = MONDAY) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def forward(self, *, ms: int = 0, seconds: int = 0, hours: int = 0, days: int = 0) -> int:
        """Let time pass; gives the new now."""
        self.now += ms + seconds * SECOND + hours * HOUR + days * DAY
        return self.now


@dataclass(frozen=True, slots=True)
class BoughtLine:
    """A line of an order: `qty` units that cost `paid` minor units together."""

    qty: int
    paid: int
    sku: str
    title: str


def line(qty: int = 1, paid: int = 19_900, sku: str = "EAR-2", title: str = "蓝牙耳机") -> BoughtLine:
    """A line of an order, by default one pair of headphones for 199.00."""
    return BoughtLine(qty, paid, sku, title)


@dataclass
class DeskFile:
    """A desk's file, or its place in a database, and everything a test opens on it; `close` closes all of it."""

    path: Path
    clock: Clock
    desk_id: str = ""
    dsn: Dsn | None = None
    _open: list[Callable[[], object]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(2_611_340))

    @property
    def place(self) -> Path | Dsn:
        """Where the desk is kept, as `open_store` takes it."""
        return self.dsn or self.path

    def store(self) -> Store:
        """A connection of its own, as another process would have."""
        store = open_store(self.place, desk_id=self.desk_id)
        self._open.append(store.close)
        return store

    def core(
        self,
        who: str = "wang",
        *,
        role: Role | None = None,
        policy: Policy | None = None,
        session: str = "",
        now: Callable[[], int] | None = None,
    ) -> Core:
        """A Core of its own for one of STAFF (or anybody, with a role)."""
        actor = Actor(who, role or STAFF[who])
        return Core(self.store(), actor, policy=policy, session=session, now=now or self.clock)

    async def desk(self, who: str = "wang", *, role: Role | None = None) -> LocalDesk:
        """The same as an asynchronous desk; the test closes it."""
        actor = Actor(who, role or STAFF[who])
        return await LocalDesk.open(
            lambda: Core(open_store(self.place, desk_id=self.desk_id), actor, now=self.clock)
        )

    def customer(self, name: str = SOMEBODY[0], *, phone: str = SOMEBODY[1], email: str = SOMEBODY[2]) -> str:
        """A new customer; gives the id."""
        with closing(open_store(self.place, desk_id=self.desk_id)) as store, write(store.conn):
            return self._person(store, name, phone, email)

    def _person(self, store: Store, name: str, phone: str, email: str) -> str:
        person = _id(f"person/{name}/{phone}/{next(self._numbers)}")
        store.people.add(person)
        record = Customer(name, phone, email, "浙江省杭州市西湖区文三路1号", "zh-Hans")
        store.people.put([(person, f"source-{person}", record, 1)], self.clock())
        return person

    def order(
        self,
        *lines: BoughtLine,
        number: str = "",
        customer: str = "",
        merchant: str = "shop",
        status: str = "delivered",
        payments: Sequence[tuple[str, int]] = (),
        signed: int = 0,
    ) -> str:
        """A new order, delivered on Saturday and paid by WeChat unless said otherwise; gives its number."""
        bought = lines or (line(),)
        number = number or f"W{next(self._numbers)}"
        id_, total = _id(f"order/{number}"), sum(one.paid for one in bought)
        came = signed or MONDAY - 2 * DAY
        signed = came if status == "delivered" else 0
        shipped = came - 2 * DAY if status in ("shipped", "delivered") else 0
        with closing(open_store(self.place, desk_id=self.desk_id)) as store, write(store.conn) as conn:
            desk, who = store.desk.id, customer or self._person(store, *SOMEBODY)
            order = (
                *(desk, id_, number, normal_order_number(number), who, merchant, "CNY", status, "app"),
                *(came - 4 * DAY, came - 4 * DAY, shipped, signed, total, "", b"", 1, MONDAY),
            )
            conn.execute(f"INSERT INTO orders VALUES ({', '.join('?' * len(order))})", order)
            conn.executemany(
                "INSERT INTO order_line VALUES (?,?,?,?,?,'','数码',?,?,?)",
                [
                    (desk, id_, n, one.sku, one.title, one.qty, one.paid // one.qty, one.paid)
                    for n, one in enumerate(bought, 1)
                ],
            )
            conn.executemany(
                "INSERT INTO payment VALUES (?,?,?,?,?,?,0,?)",
                [
                    (desk, id_, n, method, f"pay-{number}-{n}", captured, MONDAY - 6 * DAY)
                    for n, (method, captured) in enumerate(payments or [("wechat", total)], 1)
                ],
            )
        return number

    def close(self) -> None:
        """Close whatever was opened, the last first."""
        while self._open:
            self._open.pop()()


def build(folder: Path, *, now: int = MONDAY) -> DeskFile:
    """A new desk in `folder`, with STAFF and two shops: `shop` has an address for returns, `mute` none.

    The first desk of a home is a copy of one that this process made before (20 ms and a dozen waits for the disk
    less); a second one has keys of its own.
    """
    path = folder / "desk.db"
    if now != MONDAY or (config_dir() / "keys").exists():
        _make(path, now)
        return DeskFile(path, Clock(now))
    for name, content in _pattern():
        copy = folder / name if name == path.name else config_dir() / "keys" / name
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy.write_bytes(content)
        copy.chmod(0o600)
    return DeskFile(path, Clock(now))


@cache
def _pattern() -> list[tuple[str, bytes]]:
    """A desk's file and the file of its keys, as they are when it was made."""
    with TemporaryDirectory(prefix="csdesk-pattern-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSDESK_HOME", folder)
        path = Path(folder) / "desk.db"
        _make(path, MONDAY)
        (keys,) = (Path(folder) / "keys").iterdir()
        return [(file.name, file.read_bytes()) for file in (path, keys)]


def on_postgres(file: DeskFile, dsn: Dsn) -> None:
    """Move a new desk that nobody has opened yet into a database, as one of the many desks there."""
    file.dsn, file.desk_id = dsn, f"desk-{os.urandom(6).hex()}"
    _make(dsn, file.clock(), file.desk_id)


def _make(path: Path | Dsn, now: int, desk_id: str = "") -> None:
    """Make a desk with its keys."""
    init(path, "测试台", ZONE, now, desk_id=desk_id)
    store = open_store(path, desk_id=desk_id)
    try:
        with write(store.conn) as conn:
            for who, role in STAFF.items():
                if role is Role.SYSTEM:
                    continue
                store.put_agent(Agent(who, who.title(), role.value, who))
            conn.executemany(
                "INSERT INTO merchant VALUES (?,?,?,?,?,0)",
                [
                    (store.desk.id, "shop", "shop", "山海数码", "广东省深圳市南山区科苑路2号 退货仓"),
                    (store.desk.id, "mute", "mute", "无址小店", ""),
                ],
            )
    finally:
        store.close()


def _id(seed: str) -> str:
    return uuid7(MONDAY, hashlib.sha256(seed.encode()).digest()[:10])


@pytest.fixture
def desk_file(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskFile]:
    """A desk in the test's own folder; import this name into a conftest to have it."""
    monkeypatch.setenv("CSDESK_HOME", str(home))
    made = build(tmp_path)
    yield made
    made.close()


def file_of(conn: Connection) -> SqliteConnection:
    """A connection that a test knows to be one to a file."""
    assert isinstance(conn, SqliteConnection)
    return conn
