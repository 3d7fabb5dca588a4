"""A bad line between a client and a server of this machine: delay, loss, cuts and a partition, on a real socket.

A TCP stream never loses bytes: what is lost on the way is sent again, and all behind it waits. So a loss is a stall of
one retransmission (RFC 6298: at least 200 ms on Linux, twice that for the next); now and then the connection breaks.
"""

import asyncio
import random
import threading
from dataclasses import dataclass

BLOCK = 1_400  # one segment


@dataclass(slots=True)
class Weather:
    """How the line is: one way in seconds, share of segments lost, share of losses that break the connection."""

    delay_s: float = 0.0
    loss: float = 0.0
    breaks: float = 0.0
    # Nothing goes through, and nobody is told: as when a cable is pulled.
    partition: bool = False
    # Whoever comes is turned away, and those who are there are cut off: as when the server is gone.
    cut: bool = False
    # Requests go through and no answer comes back.
    deaf: bool = False


class Proxy:
    """A line to `port`, listening on `self.port`, in a thread of its own; `weather` may be changed at any time."""

    def __init__(self, port: int, weather: Weather | None = None, seed: int = 7) -> None:
        self.to, self.weather = port, weather or Weather()
        self._dice = random.Random(seed)
        self._writers: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()
        assert self._ready.wait(20)

    @property
    def where(self) -> str:
        """The address that a client is given."""
        return f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._meet, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while self.weather.partition:  # noqa: ASYNC110 (a test turns the weather from another thread)
                await asyncio.sleep(0.02)
            if self.weather.cut:
                return
            await asyncio.sleep(2 * self.weather.delay_s)  # the handshake
            there, back = await asyncio.open_connection("127.0.0.1", self.to)
            self._writers.add(back)
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer, answers=True))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: bool = False
    ) -> None:
        """One way: segments leave one delay after they came, in order, a lost one after its retransmission."""
        loop, due = asyncio.get_running_loop(), 0.0
        try:
            while block := await reader.read(BLOCK):
                weather = self.weather
                stall = self._stall(weather)
                due = max(due, loop.time() + weather.delay_s) + stall
                await asyncio.sleep(max(due - loop.time(), 0))
                while weather.partition or (answers and weather.deaf):
                    if weather.cut:
                        return
                    await asyncio.sleep(0.02)
                if weather.cut:
                    return
                writer.write(block)
                await writer.drain()
        finally:
            writer.close()

    def _stall(self, weather: Weather) -> float:
        stall, again = 0.0, 0.2 + 2 * weather.delay_s
        while weather.loss and self._dice.random() < weather.loss:
            if self._dice.random() < weather.breaks:
                raise ConnectionResetError
            stall, again = stall + again, again * 2
        return stall

    def cut(self) -> None:
        """Cut off who is there, and turn away who comes, until `mend`."""
        self.weather.cut = True
        self._loop.call_soon_threadsafe(self._close_all)

    def _close_all(self) -> None:
        for writer in self._writers:
            writer.close()

    def mend(self) -> None:
        """The line is back."""
        self.weather.cut = self.weather.partition = self.weather.deaf = False

    def stop(self) -> None:
        """End it."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
