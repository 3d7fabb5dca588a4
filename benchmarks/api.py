"""The server beside a bare Starlette application, in one run: pages, changes told to many, what 200 agents cost.

    python -m benchmarks.api [page] [watch] [agents] [--cases 1000] [--seconds 4] [--rounds 3]

`page`: a page of 50 on 32 lines, beside a route of Starlette that does nothing but the same SQL in the same thread and
sends the same bytes; csdesk has also to know who asks, and what they may see. `watch`: 500 lines hear of a change,
beside Starlette putting it into 500 queues. `agents`: cores that server and database take while 200 agents look, hold,
note and reply, on the file and then on PostgreSQL, which writes as safely (fsync and synchronous_commit on). Load comes
from a process of its own (lines.py). Rounds alternate between the two and the best of each counts, since other work on
the machine only ever slows one down. Needs Starlette (extra `dev`).
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.grown import demo, home_of
from benchmarks.lines import said

LINES, WATCHERS, AGENTS, EACH_S = 32, 500, 200, 5.0
CHANGES = 60
LEAST, WATCH_MS, CORES = 0.6, 60.0, 1.0
# What uvicorn is told is what `csdesk serve` tells it, but for the parser, which it may choose itself.
BARE = """
import asyncio, socket, sys
import msgspec, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from csdesk.store import feed
from csdesk.store.connection import sqlite
file, desk = sys.argv[1:3]
conn = sqlite.connect(file)
SQL = (f"SELECT {feed._COLUMNS}{feed._FROM} AND c.live = 1 AND c.queue <> 'authority'"
       " ORDER BY c.due, c.id LIMIT 50")
queues = set()
async def page(request):
    await request.json()
    rows = [feed.Row(*row) for row in conn.execute(SQL, (desk,))]
    return Response(msgspec.json.encode(rows, order="deterministic"), media_type="application/json")
async def change(request):
    event = b"id: 1\\ndata: " + await request.body() + b"\\n\\n"
    for queue in queues:
        queue.put_nowait(event)
    return Response(b"{}", media_type="application/json")
async def watch(request):
    queue = asyncio.Queue()
    queues.add(queue)
    async def events():
        yield b"id: 0\\n\\n"
        while True:
            yield await queue.get()
    return StreamingResponse(events(), media_type="text/event-stream")
app = Starlette(routes=[Route("/v1/ask/queue_page", page, methods=["POST"]), Route("/change", change, methods=["POST"]),
                        Route("/v1/watch", watch)])
made = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{made.getsockname()[1]}", flush=True)
settings = uvicorn.Config(app, http=sys.argv[3], ws="none", lifespan="off", log_config=None, access_log=False,
                          server_header=False, proxy_headers=False)
asyncio.run(uvicorn.Server(settings).serve([made]))
"""


@contextmanager
def running(command: list[str], environ: dict[str, str], folder: Path) -> Iterator[tuple[int, str]]:
    """A server's process and where it says that it listens."""
    with (folder / "server.log").open("ab") as log:
        made = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert made.stdout is not None
            line = made.stdout.readline()
            if "127.0.0.1:" not in line:
                raise SystemExit(f"the server did not start: {(folder / 'server.log').read_text()[-2000:]}")
            yield made.pid, f"127.0.0.1:{''.join(filter(str.isdigit, line.rpartition('127.0.0.1:')[2]))}"
        finally:
            made.terminate()
            made.wait(30)


def load(what: str, where: str, *numbers: object, sent: object) -> dict[str, Any]:
    """What lines.py found, from a process of its own."""
    body = sent if isinstance(sent, bytes) else json.dumps(sent, ensure_ascii=False).encode()
    run = subprocess.run(
        [sys.executable, "-P", str(Path(__file__).with_name("lines.py")), what, where, *map(str, numbers)],
        input=body, capture_output=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise SystemExit(f"{what}: {run.stderr.decode()[-2000:]}")
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def cpu_s(pids: list[int]) -> float:
    """CPU seconds that processes and their children have used: PostgreSQL makes one for each connection."""
    ticks, seen = 0, set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended just now
        pid, parent = int(stat.parent.name), int(fields[1])
        seen.add(pid)
        if pid in pids or parent in pids:
            ticks += sum(map(int, fields[11:15] if pid in pids else fields[11:13]))
    if missing := set(pids) - seen:
        raise SystemExit(f"gone while it was measured: {missing}")
    return ticks / os.sysconf("SC_CLK_TCK")


def admitted(file: Path, agents: int) -> list[str]:
    """New agents of a desk, each with a token; the demonstration's supervisor is the first."""
    from csdesk.desk.core import clock_ms
    from csdesk.store import tokens
    from csdesk.store.connection import write
    from csdesk.store.file import Agent, open_store

    store = open_store(file)
    made = []
    with write(store.conn) as conn:
        for n in range(agents):
            who = f"bench{n}"
            store.put_agent(Agent(who, f"坐席{n}", "senior", who))
            made.append(tokens.make(conn, store.desk.id, who, label="benchmark", by=who, now=clock_ms())[1])
    store.close()
    return made


def pages(server: str, bare: str, token: str, seconds: float, rounds: int) -> None:
    """Pages a second of both."""
    request = said("/v1/ask/queue_page", token, b'{"queue":"all","limit":50}')
    best: dict[str, dict[str, Any]] = {}
    for _ in range(rounds):
        for name, where in (("csdesk serve", server), ("bare Starlette", bare)):
            found = load("pump", where, LINES, seconds, sent=request)
            if name not in best or found["rate"] > best[name]["rate"]:
                best[name] = found
    print(f"\n{f'page of 50, {LINES} lines':<34}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'bytes':>9}")
    for name, found in best.items():
        print(f"{name:<34}{found['rate']:>10.0f}{found['p50']:>9.1f}{found['p99']:>9.1f}{found['bytes']:>9,}")
    if best["csdesk serve"]["bytes"] != best["bare Starlette"]["bytes"]:
        raise SystemExit("the two did not send the same bytes")
    ratio = best["csdesk serve"]["rate"] / best["bare Starlette"]["rate"]
    print(f"{'ratio':<34}{ratio:>10.2f}   at least {LEAST}{'' if ratio >= LEAST else ': MISSED'}")


def watches(server: str, bare: str, token: str, case: str, rounds: int) -> None:
    """How long a change takes to everybody, from the moment it is sent."""
    print(f"\n{f'a change reaches {WATCHERS}':<34}{'events':>10}{'p50 ms':>9}{'p99 ms':>9}{'answer':>9}")
    best: dict[str, dict[str, Any]] = {}
    for turn in range(rounds):
        notes = [
            said(
                f"/v1/cases/{case}/verbs/note", token, json.dumps({"text": f"第{turn}-{n}次"}).encode(),
                Idempotency_Key=f"watch-{turn}-{n}",
            ).decode()
            for n in range(CHANGES)
        ]  # fmt: skip
        hear = said("/v1/watch", token).decode()
        bodies = [said("/change", "", b'{"cases":["%032x"]}' % n).decode() for n in range(CHANGES)]
        for name, where, changes in (("csdesk serve", server, notes), ("bare Starlette", bare, bodies)):
            found = load("listen", where, WATCHERS, CHANGES, sent={"watch": hear, "change": changes})
            if name not in best or found["p99"] < best[name]["p99"]:
                best[name] = found
    for name, found in best.items():
        print(
            f"{name:<34}{found['n']:>10,}{found['p50']:>9.1f}{found['p99']:>9.1f}{found['answer']['p50']:>9.1f}"
        )
    p99 = best["csdesk serve"]["p99"]
    print(f"{'':<34}p99 at most {WATCH_MS:.0f} ms{'' if p99 <= WATCH_MS else ': MISSED'}")


def work(name: str, where: str, tokens: list[str], cases: list[str], pids: list[int], seconds: float) -> None:
    """CPU while agents work: each its own case, a verb every five seconds."""
    sent = []
    each = int(seconds / EACH_S) + 2
    for n, (token, case) in enumerate(zip(tokens, cycle(cases), strict=False)):
        turns = cycle(_mix(token, case))
        verbs = [next(turns)(f"{name.replace(' ', '-')}-{n}-{turn}").decode() for turn in range(each)]
        sent.append({"watch": said("/v1/watch", token).decode(), "verbs": verbs[n % 5 :] + verbs[: n % 5]})
    before, began = cpu_s(pids), time.perf_counter()
    found = load("agents", where, seconds, EACH_S, sent=sent)
    cores = (cpu_s(pids) - before) / (time.perf_counter() - began)
    print(f"{name:<34}{found['n']:>10,}{found['p50']:>9.1f}{found['p99']:>9.1f}{cores:>9.2f}", end="")
    print(f"   at most {CORES}{'' if cores < CORES else ': MISSED'}; {found['events']:,} events,", end=" ")
    print(f"{found['refused']} refused")


def _mix(token: str, case: str) -> list[Any]:
    def ask(question: str, **fields: object) -> Any:
        return lambda key: said(f"/v1/ask/{question}", token, json.dumps(fields).encode())

    def verb(verb: str, text: str) -> Any:
        def made(key: str) -> bytes:
            body = json.dumps({"text": text.format(key)}).encode()
            return said(f"/v1/cases/{case}/verbs/{verb}", token, body, Idempotency_Key=key)

        return made

    return [
        ask("queue_page", queue="all", limit=50), lambda key: said(f"/v1/cases/{case}", token),
        ask("hold", case=case), verb("note", "已电话联系顾客 {}"),
        verb("reply", "您好，您的包裹已经安排，请留意查收。{}"),
    ]  # fmt: skip


def main() -> None:
    """Start both servers and measure what was asked for."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("what", nargs="*", help="page, watch, agents; all when absent")
    options.add_argument("--cases", type=int, default=1_000)
    options.add_argument("--seconds", type=float, default=4.0, help="of each round of pages")
    options.add_argument("--minutes", type=float, default=1.0, help="that agents work")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument(
        "--http", default="auto", help="the parser of the bare application: auto, h11, httptools"
    )
    args = options.parse_args()
    what = args.what or ["page", "watch", "agents"]
    with TemporaryDirectory(prefix="csdesk-api-") as name, ExitStack() as stack:
        folder = Path(name)
        file = folder / "demo.db"
        demo(file, args.cases)
        os.environ.update({"CSDESK_HOME": str(home_of(file)), "CSDESK_WORKER": "false"})
        tokens = admitted(file, AGENTS)
        serve = [sys.executable, "-m", "csdesk", "serve", "--file", str(file), "--listen", "127.0.0.1:0"]
        pid, server = stack.enter_context(running(serve, dict(os.environ), folder))
        plain = [sys.executable, "-P", "-c", BARE, str(file), "main", args.http]
        _, bare = stack.enter_context(running(plain, dict(os.environ), folder))
        if "page" in what:
            pages(server, bare, tokens[0], args.seconds, args.rounds)
        cases = waiting(file)
        if "watch" in what:
            watches(server, bare, tokens[0], cases[0], args.rounds)
        if "agents" in what:
            print(f"\n{f'{AGENTS} agents, a verb each {EACH_S:.0f} s':<34}{'verbs':>10}{'p50 ms':>9}", end="")
            print(f"{'p99 ms':>9}{'cores':>9}")
            work("on SQLite", server, tokens, cases, [pid], args.minutes * 60)
            on_postgres(file, folder, tokens, cases, args.minutes * 60)


def on_postgres(file: Path, folder: Path, tokens: list[str], cases: list[str], seconds: float) -> None:
    """The same agents on the same desk, moved into PostgreSQL."""
    from tests import postgres

    postgres._SETTINGS = ("shared_buffers=128MB",)
    with postgres.running() as database, ExitStack() as stack:
        desk = database.database()
        moved = subprocess.run(
            [sys.executable, "-m", "csdesk", "migrate", "--from", str(file), "--to", desk],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if moved.returncode:
            raise SystemExit(f"the desk was not moved: {moved.stderr}{moved.stdout}")
        serve = [sys.executable, "-m", "csdesk", "serve", "--file", desk, "--listen", "127.0.0.1:0"]
        pid, server = stack.enter_context(running(serve, dict(os.environ), folder))
        head = int((database.folder / "data/postmaster.pid").read_text().split()[0])
        work("on PostgreSQL", server, tokens, cases, [pid, head], seconds)


def waiting(file: Path) -> list[str]:
    """Ids of open cases with an order that are nobody's: enough for all agents."""
    from csdesk.store.connection import sqlite

    conn = sqlite.connect(file)
    found = conn.execute(
        "SELECT id FROM cases WHERE live = 1 AND assignee = '' AND order_id <> '' AND kind = 'return' LIMIT ?",
        (AGENTS,),
    ).fetchall()
    conn.close()
    return [row[0] for row in found]


if __name__ == "__main__":
    main()
