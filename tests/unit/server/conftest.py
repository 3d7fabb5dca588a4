"""A server that really runs: `csdesk serve` in a process of its own, asked over a real socket."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from csdesk.effects.wire import sign
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]

SECRET = b"a secret of desk and gateway"
SHOP_SECRET = b"a secret of desk and shop"


@dataclass
class Served:
    """A running server; `stop` ends it as a service manager would, `kill` as a power failure."""

    process: subprocess.Popen[str]
    where: str
    client: httpx.Client
    lines: list[dict[str, Any]] = field(default_factory=list)

    def post(
        self, path: str, body: bytes, *, secret: bytes = SECRET, ago: int = 0, **headers: str
    ) -> httpx.Response:
        """A signed request; `headers` over those that it has."""
        stamp = str(int(time.time()) - ago)
        told = {
            "Content-Type": "application/json",
            "X-Csdesk-Timestamp": stamp,
            "X-Csdesk-Signature": sign(secret, stamp, "POST", path, body),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.client.post(path, content=body, headers=told)

    def stop(self) -> int:
        """SIGTERM; the exit code, with its log lines read."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> None:
        self.process.kill()
        self._ended()

    def _ended(self) -> int:
        _, told = self.process.communicate(timeout=30)
        self.lines += [json.loads(line) for line in told.splitlines()]
        return self.process.returncode


Serve = Callable[..., Served]


@pytest.fixture
def serve(desk_file: DeskFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Start servers on the desk; settings as variables of the environment; `files`: how many it may have open."""
    monkeypatch.setenv("GATEWAY_SECRET", SECRET.decode())
    monkeypatch.setenv("SHOP_SECRET", SHOP_SECRET.decode())
    monkeypatch.setenv("CSDESK_GATEWAY_KEY", "env:GATEWAY_SECRET")
    begun: list[Served] = []

    def serve(listen: str = "127.0.0.1:0", *, files: int = 0, **settings: str) -> Served:
        # Tests stand in another time than the machine: a worker would find everything due.
        environ = {
            **os.environ,
            "CSDESK_WORKER": "false",
            **{f"CSDESK_{name.upper()}": value for name, value in settings.items()},
        }
        command = [sys.executable, "-m", "csdesk", "serve", "--listen", listen, "--language", "en"]
        if files:
            command = ["sh", "-c", f'ulimit -n {files} && exec "$@"', "sh", *command]
        process = subprocess.Popen(
            [*command, "--file", str(desk_file.path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
        )
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said.startswith("Listening on "):
            raise AssertionError(process.communicate()[1])
        where = said.removeprefix("Listening on ").partition(": messages")[0]
        unix = where.removeprefix("unix:") if where.startswith("unix:") else None
        transport = httpx.HTTPTransport(uds=unix) if unix else httpx.HTTPTransport()
        client = httpx.Client(
            transport=transport, base_url="http://desk" if unix else f"http://{where}", timeout=20
        )
        begun.append(Served(process, where, client))
        return begun[-1]

    yield serve
    for one in begun:
        one.client.close()
        if one.process.returncode is None:
            one.kill()
