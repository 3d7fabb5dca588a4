"""The outbox under random drops, lost answers and kills: what was acknowledged is there once, and in its order."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.client.keeping import Errand, Keeping
from csdesk.client.outbox import Outbox
from csdesk.desk.desk import Done
from csdesk.desk.link import LinkLost
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.shared import Note

KEY = bytes(range(32))
CASES = ("a", "b")


class Killed(BaseException):
    """The process is no more."""


class Server:
    """A desk that makes each write once by its key, behind a line that drops requests and answers."""

    def __init__(self) -> None:
        self.made: dict[str, tuple[str, str]] = {}
        self.line: list[str] = []
        self.refuses: set[str] = set()

    async def do(self, command: Note, case: str, *, version: int | None = None, key: str = "") -> Done:
        fate = self.line.pop(0) if self.line else "through"
        if fate == "request lost":
            raise LinkLost("lost")
        if command.text in self.refuses:
            raise Refused("held_by", who="li")
        self.made.setdefault(key, (case, command.text))
        if fate == "answer lost":
            raise LinkLost("lost")
        if fate == "killed":
            raise Killed
        return Done(None, case, "note", key, ())  # type: ignore[arg-type]


async def at_once(work: Any, *given_: Any) -> Any:
    return work(*given_)


class Client:
    """A process with the outbox of a file."""

    def __init__(self, path: Path) -> None:
        self.kept = Keeping(path, KEY)
        self.outbox = Outbox(self.kept, at_once, "wang")

    async def send(self, server: Server) -> None:
        await self.outbox.read()
        async for _ in self.outbox.sent(server):  # type: ignore[arg-type]
            pass


STEPS = st.lists(
    st.one_of(
        st.sampled_from(CASES).map(lambda case: ("write", case)),
        st.lists(
            st.sampled_from(("through", "request lost", "answer lost", "killed")), min_size=1, max_size=4
        ).map(lambda fates: ("send", fates)),
        st.just(("kill", "")),
        st.just(("kill in a write", "")),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_every_acknowledged_write_is_made_once_and_in_order(steps: list[tuple[str, Any]]):
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_play(steps, Path(folder) / "line.db"))


async def _play(steps: list[tuple[str, Any]], path: Path) -> None:
    server, client, said, never = Server(), Client(path), [], []
    for n, (step, how) in enumerate(steps):
        try:
            if step == "write":
                await client.outbox.add(Note(f"{n}"), how, how, 1, f"key{n}", n)
                said.append((how, f"{n}"))
            elif step == "send":
                server.line = list(how)
                await client.send(server)
            elif step == "kill in a write":
                never.append(f"{n}")
                client.kept._conn.execute("BEGIN IMMEDIATE")
                client.kept._conn.execute(
                    "INSERT INTO waiting (key, sealed) VALUES (?, ?)", (f"key{n}", b"half")
                )
                raise Killed
            else:
                raise Killed
        except LinkLost:
            pass
        except Killed:
            client.kept.close()
            client = Client(path)
    server.line = []
    await client.send(server)
    made = list(server.made.values())
    # Each once (by its key), in the order of each case and, since nothing was refused, of all.
    assert made == said
    assert client.kept.writes() == []
    client.kept.close()


@settings(max_examples=40, deadline=None)
@given(cases=st.lists(st.sampled_from(CASES), min_size=1, max_size=8), data=st.data())
def test_behind_one_that_does_not_fit_its_case_waits_and_others_go(cases: list[str], data: st.DataObject):
    bad = data.draw(st.integers(0, len(cases) - 1))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_stuck(cases, bad, Path(folder) / "line.db"))


async def _stuck(cases: list[str], bad: int, path: Path) -> None:
    server, client = Server(), Client(path)
    server.refuses = {str(bad)}
    for n, case in enumerate(cases):
        await client.outbox.add(Note(str(n)), case, case, 1, f"key{n}", n)
    await client.send(server)
    held = [str(n) for n, case in enumerate(cases) if case == cases[bad] and n >= bad]
    assert [str(one.entered["text"]) for one in client.outbox.listed()] == held
    assert [one.stuck for one in client.outbox.listed()] == [True] + [False] * (len(held) - 1)
    client.kept.close()
    # A new process knows why, and what was decided goes on from there.
    client = Client(path)
    await client.outbox.read()
    first = client.outbox.listed()[0]
    assert isinstance(first.why, Refused) and first.why.detail == {"who": "li"}
    server.refuses = set()
    await client.outbox.redo(first.seq, 2)
    assert {one.version for one in client.outbox.listed()} == {2}
    await client.send(server)
    assert [text for case, text in server.made.values() if case == cases[bad]] == [
        str(n) for n, case in enumerate(cases) if case == cases[bad]
    ]
    client.kept.close()


def test_answers_are_bounded_by_age_number_and_size(tmp_path: Path):
    kept = Keeping(tmp_path / "line.db", KEY)
    for n in range(10):
        kept.keep(bytes([n]) * 16, bytes(100), 1_000_000 + n)
    kept.bound(1_000_010, most=6)
    assert [kept.find(bytes([n]) * 16) is not None for n in range(10)] == [False] * 4 + [True] * 6
    kept.bound(1_000_010, most_bytes=300)
    assert sum(kept.find(bytes([n]) * 16) is not None for n in range(10)) == 2
    kept.bound(1_000_008 + 24 * 3_600_000 + 1)
    assert [kept.find(bytes([n]) * 16) is not None for n in (8, 9)] == [False, True]
    kept.close()


def test_of_an_errand_only_the_latest_counts_and_a_later_one_is_not_taken_for_run(tmp_path: Path):
    kept = Keeping(tmp_path / "line.db", KEY)
    slot = kept.digest("draft")
    kept.set_errand(slot, Errand("keep_draft", b"1", 1))
    kept.set_errand(slot, Errand("keep_draft", b"2", 2))
    kept.ran(slot, 1)
    assert [errand.body for _, errand in kept.errands()] == [b"2"]
    kept.ran(slot, 2)
    assert kept.errands() == []
    kept.close()
