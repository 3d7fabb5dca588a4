"""A call centre on one machine, from wheels alone: PostgreSQL, two servers behind a proxy, three consoles in tmux.

    python -m tools.cluster up [--no-tmux] [FOLDER]     starts all, prints how to attach
    python -m tools.cluster down [FOLDER]               ends all, and removes what it held

Everything lies in FOLDER (`.cluster`); nothing outside is touched. A server that dies is started again. The proxy hands
each connection to the next server that says it is ready: what a real one does, too slow for a real call centre.
"""

import argparse
import asyncio
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from csdesk.desk.core import clock_ms
from csdesk.domain.value import dataclass
from csdesk.store import tokens
from csdesk.store.connection import write
from csdesk.store.dsn import Dsn
from csdesk.store.file import Agent, Store, open_store
from tests import postgres

SERVERS, CONSOLES = 2, 3
HEALTH_S, PATIENCE_S = 0.25, 1.0
BLOCK = 64 * 1024
SOCKET = "csdesk-cluster"
CASES = ("耳机左耳没有声音", "衣服尺码发错", "包裹三天没有物流更新", "电饭煲内胆有划痕", "充电宝充不进电")
CSDESK = [sys.executable, "-m", "csdesk"]


@dataclass
class Server:
    """A `csdesk serve`: its process, where it listens, whether it said lately that it takes requests."""

    process: "subprocess.Popen[str]"
    port: int
    ready: bool = True


class Proxy:
    """Hands connections to the servers in turn; `cut` may say of a request that its answer is to get lost."""

    def __init__(self, servers: list[Server]) -> None:
        self._servers = servers
        self._turn = itertools.count()
        self.cut: Callable[[bytes], bool] = lambda request: False
        self.port = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._lines: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen, and ask the servers from now on how they are."""
        self._listening = await asyncio.start_server(self._met, "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]
        self._tasks = [asyncio.create_task(self._watch(n)) for n in range(len(self._servers))]

    async def close(self) -> None:
        """End every line."""
        self._listening.close()
        for task in (*self._tasks, *self._lines):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._lines, return_exceptions=True)

    async def _watch(self, n: int) -> None:
        while True:
            server = self._servers[n]
            server.ready = await self._asked(server.port)
            await asyncio.sleep(HEALTH_S)

    async def _asked(self, port: int) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    writer.write(b"GET /readyz HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n")
                    return (await reader.readline()).startswith(b"HTTP/1.1 200")
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        try:
            for _ in self._servers:
                server = self._servers[next(self._turn) % len(self._servers)]
                if not server.ready:
                    continue
                try:
                    there, back = await asyncio.open_connection("127.0.0.1", server.port)
                except OSError:
                    server.ready = False
                    continue
                await self._joined(reader, writer, there, back)
                return
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()
            self._lines.discard(task)

    async def _joined(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        back: asyncio.StreamWriter,
    ) -> None:
        """Carry bytes both ways until either side ends."""
        lost = False

        async def asks() -> None:
            nonlocal lost
            while block := await reader.read(BLOCK):
                lost = lost or self.cut(block)
                back.write(block)
                await back.drain()

        async def answers() -> None:
            while (block := await there.read(BLOCK)) and not lost:
                writer.write(block)
                await writer.drain()

        ways = [asyncio.create_task(asks()), asyncio.create_task(answers())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            back.close()  # before anything is waited for, which the end of the proxy may break off
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


class Cluster:
    """A desk in PostgreSQL, or in a file, and its servers; `folder` holds keys and logs."""

    def __init__(self, folder: Path, file: str) -> None:
        self.folder = folder
        self.file = file
        self.servers: list[Server] = []
        self.environ = {
            **os.environ, "CSDESK_HOME": str(folder / "home"), "CSDESK_FILE": file, "CSDESK_AGENT": "gao",
            "CSDESK_EVIDENCE_FOLDER": str(folder / "evidence"),
        }  # fmt: skip

    def csdesk(self, *words: str) -> str:
        """What a command says; RuntimeError with its words when it fails."""
        run = subprocess.run([*CSDESK, *words], env=self.environ, capture_output=True, text=True, check=False)
        if run.returncode:
            raise RuntimeError(f"csdesk {' '.join(words)}: {run.stderr}{run.stdout}")
        return run.stdout

    def make(self, agents: int) -> list[str]:
        """A new desk with so many agents (`a0`, `a1`, …); a token for each."""
        (self.folder / "home").mkdir(parents=True, exist_ok=True)
        self.csdesk("init", "--name", "演练客服", "--no-knowledge")
        with self.store() as store, write(store.conn) as conn:
            store.put_agent(Agent("gao", "高主管", "supervisor", "gao"))
            for n in range(agents):
                store.put_agent(Agent(f"a{n}", f"坐席{n}", "senior", f"a{n}"))
            return [
                tokens.make(conn, store.desk.id, f"a{n}", label="cluster", by="gao", now=clock_ms())[1]
                for n in range(agents)
            ]

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The desk itself."""
        os.environ["CSDESK_HOME"] = self.environ["CSDESK_HOME"]
        store = open_store(Dsn(self.file) if "://" in self.file else Path(self.file))
        try:
            yield store
        finally:
            store.close()

    def start(self, number: int) -> None:
        """Start a server, or start it again where it listened before."""
        old = self.servers[number].port if number < len(self.servers) else 0
        with (self.folder / f"server-{number}.log").open("ab") as log:
            made = subprocess.Popen(
                [*CSDESK, "serve", "--listen", f"127.0.0.1:{old}"],
                env=self.environ, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        assert made.stdout is not None
        with made.stdout as out:
            said = out.readline()
        if "127.0.0.1:" not in said:
            raise RuntimeError(f"server {number} did not start: {self.folder}/server-{number}.log")
        port = int("".join(filter(str.isdigit, said.rpartition("127.0.0.1:")[2])))
        if number < len(self.servers):
            self.servers[number].process, self.servers[number].port = made, port
        else:
            self.servers.append(Server(made, port))

    def kill(self, number: int) -> None:
        """End a server as a power loss would."""
        self.servers[number].process.send_signal(signal.SIGKILL)
        self.servers[number].process.wait()

    def stop(self) -> None:
        """End all servers."""
        for server in self.servers:
            server.process.terminate()
        for server in self.servers:
            server.process.wait(30)


async def _run(folder: Path, cluster: Cluster) -> None:
    """Serve until SIGTERM; a server that died is started again."""
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    proxy = Proxy(cluster.servers)
    await proxy.open()
    (folder / "ready").write_text(f"http://127.0.0.1:{proxy.port}\n")
    while not ended.is_set():
        for number, server in enumerate(cluster.servers):
            if server.process.poll() is not None:
                await asyncio.to_thread(cluster.start, number)
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), HEALTH_S)
    await proxy.close()


def run(folder: Path) -> None:
    """PostgreSQL, a desk with some cases, the servers and the proxy; in the foreground."""
    (folder / "pid").write_text(str(os.getpid()))
    with postgres.running() as server:
        cluster = Cluster(folder, server.database())
        for n, token in enumerate(cluster.make(CONSOLES)):
            (folder / f"token-{n}").write_text(token)
            (folder / f"token-{n}").chmod(0o600)
        for summary in CASES:
            cluster.csdesk("case", "open", "inquiry", "--summary", summary)
        try:
            for number in range(SERVERS):
                cluster.start(number)
            asyncio.run(_run(folder, cluster))
        finally:
            cluster.stop()


def up(folder: Path, *, tmux: bool) -> None:
    """Start all; SystemExit with the log where it did not come up."""
    if (folder / "pid").exists():
        raise SystemExit(f"{folder} holds a cluster already: make cluster-down")
    if tmux and shutil.which("tmux") is None:
        raise SystemExit("tmux is not installed; --no-tmux does without")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.cluster", "run", str(folder)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    while not (folder / "ready").exists():
        if process.poll() is not None:
            told = (folder / "log").read_text(errors="replace")[-2000:]
            shutil.rmtree(folder)
            raise SystemExit(f"the cluster did not start:\n{told}")
        time.sleep(0.1)
    where = (folder / "ready").read_text().strip()
    print(f"PostgreSQL, {SERVERS} servers and a proxy: {where}; logs in {folder}")
    if tmux:
        for n in range(CONSOLES):
            home = folder.resolve() / f"console-{n}"
            home.mkdir(exist_ok=True)
            command = ["env", f"CSDESK_HOME={home}", f"CSDESK_SERVER={where}"]
            command += [f"CSDESK_TOKEN=file:{folder.resolve() / f'token-{n}'}", *CSDESK]
            begin = ["new-window", "-t", "desk"]
            if n == 0:
                begin = ["new-session", "-d", "-s", "desk", "-x", "120", "-y", "40"]
            subprocess.run(["tmux", "-L", SOCKET, *begin, "-n", f"a{n}", *command], check=True)
        print(f"{CONSOLES} consoles: tmux -L {SOCKET} attach")
    print("end it: make cluster-down")


def down(folder: Path) -> None:
    """End all and remove it; nothing to do where nothing runs."""
    if shutil.which("tmux"):
        subprocess.run(["tmux", "-L", SOCKET, "kill-server"], stderr=subprocess.DEVNULL, check=False)
    if not (folder / "pid").exists():
        raise SystemExit(f"no cluster in {folder}")
    pid = int((folder / "pid").read_text())
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        for _ in range(600):
            os.kill(pid, 0)
            time.sleep(0.1)
    shutil.rmtree(folder)
    print("ended")


def main() -> None:
    """Do what the command line says."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("what", choices=("up", "down", "run"))
    options.add_argument("folder", nargs="?", type=Path, default=Path(".cluster"))
    options.add_argument("--no-tmux", action="store_true", help="no consoles")
    args = options.parse_args()
    match args.what:
        case "up":
            up(args.folder, tmux=not args.no_tmux)
        case "down":
            down(args.folder)
        case _:
            run(args.folder)


if __name__ == "__main__":
    main()
