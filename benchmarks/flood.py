"""A flood measured: complaints about one carrier through real intake, one incident, one notice, while others work.

Four processes on one file: intake, the worker (acknowledgements and the notice, into a channel that only writes down
what it was given), a supervisor who declares the incident, attaches what fits and sends one notice, and an agent on
another queue, who is measured before the flood and during it. At the end everything is counted: nobody told twice,
nobody left out.

`python benchmarks/flood.py [--complaints N] [--background N]`
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from multiprocessing.synchronize import Event
from pathlib import Path

from csdesk.desk.bulk_queries import Runs
from csdesk.desk.core import Core, clock_ms
from csdesk.desk.inbound import Inbound, Sender
from csdesk.desk.incident_queries import AttachFitting, ShowIncident
from csdesk.desk.intake.receiving import receive_all
from csdesk.desk.queries import QueuePage
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Actor
from csdesk.domain.cases.incident import DescribeCause, InformMembers
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Tag
from csdesk.domain.ids import uuid7
from csdesk.domain.roles import Role
from csdesk.effects.ports import Recipient, Sent
from csdesk.effects.provider import FileProvider
from csdesk.effects.worker import Worker
from csdesk.store.connection import write
from csdesk.store.crypto import normal_order_number
from csdesk.store.file import Agent, init, open_store
from csdesk.store.people import Customer

SAID = "我要投诉，包裹停在中转站五天不动了，申通电话打不通，请尽快处理"
NOTICE = "您好，工单 {case_number} 的包裹由申通承运，该公司华东暂时停运，恢复后第一时间派送。"
STALLED, OTHERS = "申通快递", "中通快递"
DAY = 86_400_000
# Somebody who works beside the flood does something so often.
PAUSE_S = 0.05


class Ledger:
    """A channel that sends nothing and writes down each message it was given: its key, its case, whose words."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def send(
        self, key: str, to: Recipient, text: str, *, channel: str, case: str, automatic: bool = False
    ) -> Sent:
        """Write it down."""
        self._file.write(f"{key}\t{case}\t{'acknowledged' if automatic else 'notice'}\n")
        return Sent()

    def close(self) -> None:
        """Nothing more will be sent."""
        self._file.close()


def opened(path: Path, who: str, role: Role) -> Core:
    """The desk as one process has it."""
    return Core(open_store(path), Actor(who, role))


def made(path: Path, complaints: int, background: int, now: int) -> None:
    """A desk with an order on its way for each customer: the first `complaints` by the carrier that stalls."""
    init(path, "flood", "Asia/Shanghai", 0)
    store = open_store(path)
    desk = store.desk.id
    people, orders, lines, parcels = [], [], [], []
    for n in range(complaints + background):
        number = f"W{n:08}"
        person, order = (uuid7(now - DAY, sha256(f"{what}{n}".encode()).digest()[:10]) for what in ("p", "o"))
        people.append((person, f"source-{n}", Customer(f"顾客{n}", phone(n), "", "", "zh-Hans"), 1))
        times = (now - 6 * DAY, now - 6 * DAY, now - 5 * DAY, 0)
        orders.append(
            (desk, order, number, normal_order_number(number), person, "", "CNY", "shipped", "app", *times, 9900, "",
             b"", 1, now)
        )  # fmt: skip
        lines.append((desk, order, 1, "EAR-2", "蓝牙耳机", "", "数码", 1, 9900, 9900))
        carrier = STALLED if n < complaints else OTHERS
        parcels.append((desk, order, 1, carrier, f"77{n:011}", "1", now - 5 * DAY, 0, ""))
    with write(store.conn) as conn:
        for who, role in (("zhao", "supervisor"), ("wang", "agent")):
            store.put_agent(Agent(who, who.title(), role, who))
        conn.executemany(
            "INSERT INTO person_key VALUES (?,?,?,?,?)",
            [store.people.key_row(person[0]) for person in people],
        )
        store.people.put(people, now)
        conn.executemany(f"INSERT INTO orders VALUES ({','.join('?' * 18)})", orders)
        conn.executemany(f"INSERT INTO order_line VALUES ({','.join('?' * 10)})", lines)
        conn.executemany(f"INSERT INTO shipment VALUES ({','.join('?' * 9)})", parcels)
    store.close()


def phone(n: int) -> str:
    """The telephone of customer `n`."""
    return f"139{n:08}"


def messages(first: int, count: int, *, kind: str = "complaint") -> Iterator[Inbound]:
    """A message each of customers from `first` on, who name their order; the channel vouches for them."""
    for n in range(first, first + count):
        sender = Sender(f"顾客{n}", "", phone(n), "", proven=True)
        reason = "delivery" if kind == "complaint" else "other"
        yield Inbound(
            "bench", f"m{n}", "chat", sender, f"{SAID}（{n}）", "", clock_ms(), order=f"W{n:08}", kind=kind,
            reason=reason,
        )  # fmt: skip


def working(path: Path, sent: Path, stop: Event) -> None:
    """The worker, until it is told to stop."""
    core, channel = opened(path, "system", Role.SYSTEM), Ledger(sent)
    worker = Worker(
        core,
        channel,
        FileProvider(sent.parent / "paid"),
        lambda case, code, language: "您的消息已收到。",
    )
    while not stop.is_set():
        if not worker.turn():
            time.sleep(0.02)
    worker.resign()
    channel.close()
    core.store.close()


def beside(path: Path, told: Path, stop: Event) -> None:
    """An agent on another queue: a page of it, then a tag on a case; writes how long each took, in ms."""
    core = opened(path, "wang", Role.AGENT)
    rows = core.ask(QueuePage("inquiries", 50))
    with told.open("w", encoding="utf-8") as out:
        n = 0
        while not stop.is_set():
            started = time.perf_counter()
            core.ask(QueuePage("inquiries", 50))
            paged = time.perf_counter()
            last = (f"{os.getpid()}-{n - len(rows)}",) if n >= len(rows) else ()
            core.do(Tag((f"{os.getpid()}-{n}",), last), rows[n % len(rows)].id)
            done = time.perf_counter()
            out.write(f"{(paged - started) * 1000} {(done - paged) * 1000}\n")
            n += 1
            time.sleep(PAUSE_S)
    core.store.close()


class Beside:
    """A process that runs until the block ends."""

    def __init__(self, target: object, *arguments: object) -> None:
        # Not forked: a connection of SQLite is no good in another process.
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._process = context.Process(target=target, args=(*arguments, self._stop))  # type: ignore[arg-type]

    def __enter__(self) -> Beside:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._process.join()


def waited(path: Path, lines: int, most_s: float = 1800) -> float:
    """Seconds until the ledger has so many lines. SystemExit when it never does."""
    started = time.perf_counter()
    while time.perf_counter() - started < most_s:
        if path.exists() and path.read_bytes().count(b"\n") >= lines:
            return time.perf_counter() - started
        time.sleep(0.2)
    raise SystemExit(f"{path} has not come to {lines} messages in {most_s} s")


def joined(core: Core, incident: str) -> float:
    """Seconds until the last run of an incident was carried out."""
    started = time.perf_counter()
    while core.ask(Runs(incident))[0].state == "running":
        time.sleep(0.2)
    return time.perf_counter() - started


def counted(sent: Path, complaints: int) -> str:
    """What the ledger says: who was told what how often. SystemExit when anybody was told twice or left out."""
    told = [line.split("\t") for line in sent.read_text(encoding="utf-8").splitlines()]
    keys, cases = Counter(key for key, _, _ in told), Counter((case, what) for _, case, what in told)
    notices = sum(what == "notice" for _, what in cases)
    twice = [one for one, n in (*keys.items(), *cases.items()) if n > 1]
    if twice or notices != complaints:
        raise SystemExit(f"told twice: {len(twice)}; notices to {notices} of {complaints}")
    return f"{notices:,} notices, {len(cases) - notices:,} acknowledgements, none twice, none left out"


def quantiles(path: Path, at: int) -> str:
    """Median, 99th percentile and worst of a column, in ms."""
    found = sorted(float(line.split()[at]) for line in path.read_text().splitlines())
    return f"{found[len(found) // 2]:>8.1f} {found[int(len(found) * 0.99)]:>8.1f} {found[-1]:>8.1f}   n={len(found)}"


def rate(what: str, n: int, seconds: float) -> None:
    """One line of the table."""
    print(f"{what:<34}{n / seconds:>10,.0f}/s {seconds:>8.1f} s")


def flooded(path: Path, sent: Path, complaints: int, background: int) -> None:
    """The flood itself, step by step."""
    core = opened(path, "zhao", Role.SUPERVISOR)
    started = time.perf_counter()
    receipts = receive_all(core, list(messages(0, complaints)))
    if refused := sum(bool(receipt.refused) for receipt in receipts):
        raise SystemExit(f"{refused} complaints were refused")
    rate("complaints taken", complaints, time.perf_counter() - started)
    waited(sent, complaints + background)
    rate("taken and acknowledged", complaints, time.perf_counter() - started)
    incident = core.do(Open(Kind.INCIDENT, reason="carrier_stopped")).case
    core.do(DescribeCause("申通停运", carrier="申通"), incident.id)
    began = time.perf_counter()
    run = core.ask(AttachFitting(incident.id))
    print(
        f"{'found what fits, run begun':<34}{run.total:>10,}   {(time.perf_counter() - began) * 1000:>8.0f} ms"
    )
    rate("joined", run.total, joined(core, incident.id))
    began = time.perf_counter()
    core.do(InformMembers(NOTICE), incident.id)
    print(f"{'notice begun':<34}{run.total:>10,}   {(time.perf_counter() - began) * 1000:>8.0f} ms")
    rate("notice worded and queued", run.total, joined(core, incident.id))
    waited(sent, 2 * complaints + background)
    rate("notice sent to everybody", run.total, time.perf_counter() - began)
    began = time.perf_counter()
    view = core.ask(ShowIncident(incident.id))
    print(
        f"{'the incident at a look':<34}{view.members.open:>10,}   {(time.perf_counter() - began) * 1000:>8.0f} ms"
    )
    rate("all of it", complaints, time.perf_counter() - started)
    core.store.close()


def main() -> None:
    """Print the flood, and the agent beside it and without it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--complaints", type=int, default=10_000)
    parser.add_argument("--background", type=int, default=2_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["CSDESK_HOME"] = name
        path, sent = folder / "desk.db", folder / "sent"
        made(path, asked.complaints, asked.background, clock_ms())
        core = opened(path, "zhao", Role.SUPERVISOR)
        receive_all(core, list(messages(asked.complaints, asked.background, kind="inquiry")))
        core.store.close()
        with Beside(working, path, sent):
            waited(sent, asked.background)
            with Beside(beside, path, folder / "calm"):
                time.sleep(10)
            with Beside(beside, path, folder / "flood"):
                flooded(path, sent, asked.complaints, asked.background)
        print(counted(sent, asked.complaints))
        print(f"{'an agent on another queue, ms':<34}{'median':>8} {'p99':>8} {'worst':>8}")
        for at, what in enumerate(("queue page", "verb")):
            for when in ("calm", "flood"):
                print(f"{f'{what}, {when}':<34}{quantiles(folder / when, at)}")


if __name__ == "__main__":
    main()
