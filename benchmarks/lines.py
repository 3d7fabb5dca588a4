"""HTTP lines at their leanest, so that who measures a server takes little of its machine: `python benchmarks/lines.py`.

    pump HOST:PORT LINES SECONDS     the request on standard input, again and again on so many lines at once
    listen HOST:PORT LINES TIMES     lines that hear an event stream while another line changes something TIMES times
    agents HOST:PORT SECONDS EACH_S  agents who do a verb every EACH_S seconds and watch meanwhile

`listen` and `agents` read JSON on standard input: for the one `{"watch": request, "change": [requests]}`, for the other
`[{"watch": request, "verbs": [requests]}]`. All print one line of JSON; times are ms. What is answered with 300 or more
ends them, but for refusals (409, 412, 422), which are counted.
"""

import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

# So many lines are opened at once: the servers' backlog is no longer.
TOGETHER = 32
REFUSED = frozenset({409, 412, 422})


def said(path: str, token: str = "", body: bytes = b"", *, method: str = "", **headers: str) -> bytes:
    """A request as bytes."""
    lines = [f"{method or ('POST' if body else 'GET')} {path} HTTP/1.1", "Host: desk"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Line(asyncio.Protocol):
    """A connection that asks one thing at a time."""

    def __init__(self) -> None:
        self._got = bytearray()
        self._whole = 0
        self.answered: Callable[[int, bytes], None] = lambda status, body: None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._whole:
            end = self._got.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._got[:end]).lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].partition(b"\r\n")[0]) if at >= 0 else 0
            self._whole = end + 4 + length
        if len(self._got) >= self._whole:
            got = bytes(self._got)
            self._got.clear()
            self._whole = 0
            self.answered(int(got[9:12]), got[got.find(b"\r\n\r\n") + 4 :])

    def connection_lost(self, exc: Exception | None) -> None:
        self.answered(0, b"the line was closed")

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """The answer to one request."""
        waits: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

        def answered(status: int, body: bytes) -> None:
            if not waits.done():
                waits.set_result((status, body))

        self.answered = answered
        self.transport.write(request)
        return await waits


class Stream(asyncio.Protocol):
    """A connection that hears events; `heard` gets the id of each."""

    def __init__(self, request: bytes, heard: Callable[[int], None]) -> None:
        self._request = request
        self._heard = heard
        self._got = b""
        self.begun = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        *whole, self._got = self._got.split(b"\n\n")
        for event in whole:
            at = event.rfind(b"id: ")
            self.begun.set()
            if b"data: " in event and at >= 0:
                self._heard(int(event[at + 4 :].split(b"\n", 1)[0]))


def told(times: list[float]) -> dict[str, float]:
    """Median and 99th percentile, ms, and how many there were."""
    times.sort()
    most = times[min(int(len(times) * 0.99), len(times) - 1)]
    return {
        "n": len(times),
        "p50": round(statistics.median(times) * 1000, 2),
        "p99": round(most * 1000, 2),
    }


async def _line(where: str) -> Line:
    host, _, port = where.rpartition(":")
    _, line = await asyncio.get_running_loop().create_connection(Line, host, int(port))
    return line


async def _streams(where: str, requests: list[bytes], heard: Callable[[int, int], None]) -> None:
    host, _, port = where.rpartition(":")
    loop = asyncio.get_running_loop()
    for at in range(0, len(requests), TOGETHER):

        async def one(n: int, request: bytes) -> None:
            _, made = await loop.create_connection(
                lambda: Stream(request, lambda id_: heard(n, id_)), host, int(port)
            )
            await asyncio.wait_for(made.begun.wait(), 20)

        await asyncio.gather(
            *(one(at + n, request) for n, request in enumerate(requests[at : at + TOGETHER]))
        )


async def pump(where: str, lines: int, seconds: float, request: bytes) -> dict[str, Any]:
    """Requests a second on so many lines, and how long each took."""
    took: list[float] = []
    size = 0
    made = [await _line(where) for _ in range(lines)]
    until = time.perf_counter() + seconds

    async def one(line: Line) -> None:
        nonlocal size
        while (began := time.perf_counter()) < until:
            status, body = await line.ask(request)
            if status != 200:
                raise SystemExit(f"{status}: {body[:300]!r}")
            took.append(time.perf_counter() - began)
            size = len(body)

    began = time.perf_counter()
    await asyncio.gather(*(one(line) for line in made))
    passed = time.perf_counter() - began
    return {"rate": round(len(took) / passed, 1), "bytes": size, **told(took)}


async def listen(where: str, lines: int, times: int, sent: dict[str, Any]) -> dict[str, Any]:
    """How long after a change was sent each of the lines hears of it, and the line that made it its answer."""
    began = 0.0
    heard: list[float] = []
    answered: list[float] = []
    left = lines
    all_heard = asyncio.Event()

    def hears(_: int, __: int) -> None:
        nonlocal left
        heard.append(time.perf_counter() - began)
        left -= 1
        if left <= 0:
            all_heard.set()

    await _streams(where, [sent["watch"].encode()] * lines, hears)
    writer = await _line(where)
    await asyncio.sleep(1)
    heard.clear()
    for n in range(times):
        left = lines
        all_heard.clear()
        began = time.perf_counter()
        status, body = await writer.ask(sent["change"][n].encode())
        answered.append(time.perf_counter() - began)
        if status >= 300:
            raise SystemExit(f"{status}: {body[:300]!r}")
        await asyncio.wait_for(all_heard.wait(), 20)
        await asyncio.sleep(0.05 + n % 10 / 300)  # never in step with who looks from time to time
    return {"answer": told(answered), **told(heard)}


async def agents(where: str, seconds: float, each: float, sent: list[dict[str, Any]]) -> dict[str, Any]:
    """What verbs took, and how many were refused; each agent has a line, and a stream beside it."""
    took: list[float] = []
    said: Counter[int] = Counter()
    events = 0

    def hears(_: int, __: int) -> None:
        nonlocal events
        events += 1

    await _streams(where, [one["watch"].encode() for one in sent], hears)
    until = time.perf_counter() + seconds

    async def one(n: int, verbs: list[str]) -> None:
        line = await _line(where)
        await asyncio.sleep(each * n / len(sent))
        at = time.perf_counter()
        for verb in verbs:
            if at >= until:
                return
            began = time.perf_counter()
            status, body = await line.ask(verb.encode())
            if status >= 300 and status not in REFUSED:
                raise SystemExit(f"{status}: {body[:300]!r}")
            said[status] += 1
            took.append(time.perf_counter() - began)
            at += each
            await asyncio.sleep(max(at - time.perf_counter(), 0))

    await asyncio.gather(*(one(n, agent["verbs"]) for n, agent in enumerate(sent)))
    return {"refused": sum(said[status] for status in REFUSED), "events": events, **told(took)}


def main() -> None:
    """Do what the command line says and print what came of it."""
    what, where, *numbers = sys.argv[1:]
    stdin = sys.stdin.buffer.read()
    match what:
        case "pump":
            found = asyncio.run(pump(where, int(numbers[0]), float(numbers[1]), stdin))
        case "listen":
            found = asyncio.run(listen(where, int(numbers[0]), int(numbers[1]), json.loads(stdin)))
        case "agents":
            found = asyncio.run(agents(where, float(numbers[0]), float(numbers[1]), json.loads(stdin)))
        case _:
            raise SystemExit(__doc__)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
