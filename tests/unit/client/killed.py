"""A console's outbox killed with -9 at every point where it writes: run as a program, one child a point.

Each child keeps notes and a draft, says of each that it is saved, and sends what it kept. It dies before or after its
n-th statement; whoever comes next sends the rest. What was said to be saved must then be at the desk, once, in order.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from csdesk.client.drafts import Drafts
from csdesk.client.keeping import Keeping
from csdesk.client.outbox import Outbox
from csdesk.desk.desk import Done
from csdesk.desk.queries import GetDraft, KeepDraft
from csdesk.domain.cases.shared import Note

KEY = bytes(range(32))
NOTES = (("a", "0"), ("b", "1"), ("a", "2"))


class Deadly:
    """A connection whose process dies at its `point`: before its n-th statement at 2n, after it at 2n + 1."""

    def __init__(self, true: Any, point: int) -> None:
        self._true, self._left = true, point

    def _step(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1

    def execute(self, *given: Any) -> Any:
        self._step()
        done = self._true.execute(*given)
        self._step()
        return done

    def close(self) -> None:
        self._true.close()


class Paper:
    """A file that outlives its writer, a line each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()

    def write(self, line: str) -> None:
        with self._path.open("a") as out:
            out.write(line + "\n")

    def read(self) -> list[str]:
        return self._path.read_text().splitlines()


class Server:
    """A desk that makes each note once by its key, and keeps one draft for each case."""

    def __init__(self, folder: Path) -> None:
        self.made, self.drafts = Paper(folder / "made"), Paper(folder / "drafts")

    async def do(self, command: Note, case: str, *, version: int | None = None, key: str = "") -> Done:
        if command.text not in self.made.read():
            self.made.write(command.text)
        return Done(None, case, "note", key, ())  # type: ignore[arg-type]

    async def ask(self, question: Any) -> Any:
        if isinstance(question, KeepDraft):
            self.drafts.write(question.text)
            return None
        assert isinstance(question, GetDraft)
        return None


async def at_once(work: Any, *given: Any) -> Any:
    return work(*given)


async def _text(case: str) -> str:
    return ""


def console(folder: Path, point: int | None) -> tuple[Outbox, Drafts, Keeping]:
    kept = Keeping(folder / "line.db", KEY)
    if point is not None:
        kept._conn = Deadly(kept._conn, point)
    return Outbox(kept, at_once, "wang"), Drafts(kept, at_once, lambda: 0, _text, _text), kept


async def live(folder: Path, point: int) -> None:
    """Keep, say, send; until it is killed."""
    outbox, drafts, _ = console(folder, point)
    said = Paper(folder / "said")
    for n, (case, text) in enumerate(NOTES):
        await outbox.add(Note(text), case, case, 1, f"key{n}", n)
        said.write(f"note {text}")
        await drafts.add(KeepDraft("a", f"draft {n}"))
        said.write(f"draft {n}")
    await send(outbox, drafts, folder)


async def send(outbox: Outbox, drafts: Drafts, folder: Path) -> None:
    server: Any = Server(folder)
    await outbox.read()
    await drafts.send(server)
    async for _ in outbox.sent(server):
        pass


async def after(folder: Path) -> None:
    """The next console sends the rest; then all that was said is there, and nothing waits."""
    outbox, drafts, kept = console(folder, None)
    await drafts.recall()
    await send(outbox, drafts, folder)
    said, made, at_desk = (Paper(folder / name).read() for name in ("said", "made", "drafts"))
    assert made == sorted(set(made)), made
    assert {f"note {text}" for text in made} >= {line for line in said if line.startswith("note")}, (
        said,
        made,
    )
    if told := [line for line in said if line.startswith("draft")]:
        assert at_desk[-1] >= told[-1], (said, at_desk)
    assert (kept.writes(), kept.errands(), kept.lost) == ([], [], None)
    kept.close()


def main() -> None:
    """Kill at each point until one child lives to its end; prints how many died."""
    died = 0
    while True:
        folder = Path(sys.argv[1]) / str(died)
        folder.mkdir()
        child = os.fork()
        if child == 0:
            asyncio.run(live(folder, died))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, -signal.SIGKILL), code
        asyncio.run(after(folder))
        if code == 0:
            break
        died += 1
    print(died)


if __name__ == "__main__":
    main()
