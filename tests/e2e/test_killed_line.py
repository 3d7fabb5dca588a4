"""A real server killed with -9 and started again under a console's client, and that client killed with -9 itself."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from csdesk.desk.queries import Hold, ShowCase
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.store import tokens
from csdesk.store.connection import write
from csdesk.store.file import open_store
from csdesk.store.verify import verify
from tests.building import DeskFile, desk_file, line

__all__ = ["desk_file"]

PATIENCE_SECONDS = 60.0
# Writes notes as fast as they are taken, and says of each that was acknowledged its number; reads beside it.
CLIENT = """
import asyncio, sys
from pathlib import Path
from csdesk.client import offline
from csdesk.client.offline import LinkedDesk
from csdesk.desk.queries import QueueCounts, ShowCase
from csdesk.domain.cases.shared import Note

offline.DOUBT_S = 0.3

async def main(server, token, folder, case, first, n):
    desk = await LinkedDesk.open(server, token, folder=Path(folder))
    await desk.ask(ShowCase(case))
    for number in range(int(first), int(first) + int(n)):
        done = await desk.do(Note(str(number)), case)
        await desk.ask(QueueCounts())
        print(number, "queued" if done.queued else "done", flush=True)
    while desk.away or desk.state.waiting:
        await asyncio.sleep(0.02)
    print("home", flush=True)
    await desk.close()

asyncio.run(main(*sys.argv[1:]))
"""


class Server:
    """`csdesk serve` as a process of its own, always on the same port."""

    def __init__(self, file: DeskFile) -> None:
        self._file = file
        with closing(socket.create_server(("127.0.0.1", 0))) as found:
            self.port = found.getsockname()[1]
        self.where = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [
            "-m",
            "csdesk",
            "serve",
            "--file",
            str(self._file.path),
            "--listen",
            f"127.0.0.1:{self.port}",
        ]
        self.process = subprocess.Popen(
            [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.where}/v1/me", timeout=1)
                return
            except httpx.TransportError:
                assert self.process.poll() is None, "the server did not start"
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)


@pytest.fixture
def server(desk_file: DeskFile) -> Iterator[Server]:
    made = Server(desk_file)
    yield made
    made.kill()


def client(
    server: Server, token: str, folder: Path, case: Case, first: int, n: int
) -> "subprocess.Popen[str]":
    arguments = [server.where, token, str(folder), case.id, str(first), str(n)]
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_what_was_acknowledged_is_there_once_and_in_order_whoever_was_killed(
    desk_file: DeskFile, server: Server, tmp_path: Path
):
    case = desk_file.core("wang").do(Open(Kind.RETURN, desk_file.order(line()), (LineQty(1, 1),))).case
    with closing(open_store(desk_file.path)) as store, write(store.conn) as conn:
        token = tokens.make(
            conn, store.desk.id, "wang", label="test", by="gao", now=time.time_ns() // 1_000_000
        )[1]
    said: list[str] = []

    # The server dies in the middle: notes wait, and go when it is there again.
    one = client(server, token, tmp_path / "line", case, 0, 40)
    assert one.stdout is not None
    for told in one.stdout:
        if told == "home\n":
            break
        said.append(told.split()[0])
        if len(said) == 10:
            server.kill()
        if len(said) == 20:
            assert "queued" in told
            server.start()
    assert one.wait(PATIENCE_SECONDS) == 0
    assert len(said) == 40

    # Server and client die, the client with notes that nobody else has; the next client sends them.
    two = client(server, token, tmp_path / "line", case, 100, 1_000)
    assert two.stdout is not None
    for told in two.stdout:
        said.append(told.split()[0])
        if len(said) == 45:
            server.kill()
        if len(said) == 55:
            two.kill()
            break
    said += [rest.split()[0] for rest in two.stdout.read().splitlines()]
    two.wait(20)
    two.stdout.close()
    server.start()
    three = client(server, token, tmp_path / "line", case, 5_000, 1)
    out, _ = three.communicate(timeout=PATIENCE_SECONDS)
    said.append("5000")
    assert out.endswith("home\n")
    one.stdout.close()

    core = desk_file.core("wang")
    core.ask(Hold(case.id))
    notes = [entry.text for entry in core.ask(ShowCase(case.id)).timeline if entry.verb == "note"]
    assert len(notes) == len(set(notes))
    # One more than was said may be there: kept, and the client killed before it could say so.
    assert [note for note in notes if note in said] == said, json.dumps(notes)
    assert len(notes) <= len(said) + 1
    assert list(verify(desk_file.store())) == []
