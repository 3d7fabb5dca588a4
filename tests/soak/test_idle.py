"""Silent connections, 10,000 in `make soak` and 300 in the suite: the server stays small and serves who works."""

import os
import resource
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

# Ten thousand take two minutes.
IDLE = 10_000 if "CSDESK_SOAK" in os.environ else 300
# A connection costs 5 to 8 kB here; the bound is 4,000 at once, so 40 MB and some air.
MOST_GROWTH_KB = 80_000


def rss_kb(process: int) -> int:
    told = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in told.splitlines() if line.startswith("VmRSS")).split()[1])


def test_idle_connections_take_neither_memory_nor_the_desk(desk_file: DeskFile):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, IDLE + 500), hard))
    command = [sys.executable, "-m", "csdesk", "serve", "--listen", "127.0.0.1:0", "--language", "en"]
    with (
        subprocess.Popen(
            [*command, "--file", str(desk_file.path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as server,
        ExitStack() as silent,
    ):
        try:
            assert server.stdout is not None
            where = server.stdout.readline().removeprefix("Listening on ").partition(": messages")[0].strip()
            host, _, port = where.rpartition(":")
            worker = silent.enter_context(httpx.Client(base_url=f"http://{where}", timeout=20))
            assert worker.get("/readyz").status_code == 200
            before = rss_kb(server.pid)
            for n in range(IDLE):
                silent.enter_context(socket.create_connection((host, int(port)), timeout=20))
                if n % 100 == 0:  # one that works keeps its connection, and is answered all the while
                    assert worker.get("/readyz").status_code == 200
            assert rss_kb(server.pid) - before < MOST_GROWTH_KB
            deadline = time.monotonic() + 60
            while True:  # who says nothing is let go after `request_seconds`, and there is room for new ones
                try:
                    assert httpx.get(f"http://{where}/readyz", timeout=5).status_code == 200
                    break
                except httpx.HTTPError:
                    assert time.monotonic() < deadline, "no room for anybody new"
        finally:
            server.terminate()
            assert server.wait(60) == 0
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
