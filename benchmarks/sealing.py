"""What encryption and the record of who did what add: a queue page, a case, a reply, beside the same without them.

    python benchmarks/sealing.py [--cases 2000] [--runs 400]

The floor is csdesk itself on a copy of the same desk, in the same process, turn by turn, with what seals and records
taken out: sealed values and hashed words are handed on as they are, events and looks are not chained, nobody asks who
was erased or watches for canaries, and no row says who had a case in hand. A queue page may take 25 % more than that, a
verb 1 ms.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from unittest.mock import patch

from grown import demo, home_of

PAGE_PERCENT, VERB_MS = 25, 1.0
TURN = 10
TEXT = "您好，您的耳机已经收到，检测后给您换新，预计三天内寄出，请留意短信。" * 3
_HEAD, _TAIL = b"\x01" + bytes(12), bytes(16)


@contextmanager
def bare() -> Iterator[None]:
    """csdesk without sealing, hashing and recording; what was sealed before is opened once and remembered."""
    from csdesk.desk import answers
    from csdesk.search import tokens
    from csdesk.store import cases, holdings, looks
    from csdesk.store.crypto import Sealer
    from csdesk.store.file import Store

    opened, really = OPENED, Sealer.open

    def seal(self: Sealer, plaintext: bytes, bound: bytes) -> bytes:
        sealed = _HEAD + plaintext + _TAIL
        opened[sealed] = plaintext
        return sealed

    def open_(self: Sealer, sealed: bytes, bound: bytes) -> bytes:
        found = opened.get(sealed)
        if found is None:
            found = opened[sealed] = really(self, sealed, bound)
        return found

    nothing = bytes(32)
    with (
        patch.object(Sealer, "seal", seal),
        patch.object(Sealer, "open", open_),
        patch.object(tokens, "keyed", lambda terms, key: list(terms)),
        patch.object(cases, "link", lambda previous, row: nothing),
        patch.object(looks, "add", lambda *_, **__: None),
        patch.object(holdings, "adding", lambda *_: ("SELECT 1", ())),
        patch.object(answers, "watch", lambda *_: None),
        patch.object(Store, "heed_erasures", lambda self: None),
    ):
        yield


OPENED: dict[bytes, bytes] = {}


def timed(call: Callable[[], object], times: int) -> list[float]:
    """What each of some calls takes, in ms."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1000)
    return found


def beside(call: Callable[[], object], floor: Callable[[], object], runs: int) -> tuple[float, float]:
    """Medians of both in ms, measured in turns so that the machine's moods meet both."""
    with bare():
        floor()
    call()
    told: list[float] = []
    bottom: list[float] = []
    for _ in range(max(runs // TURN, 3)):
        told += timed(call, TURN)
        with bare():
            bottom += timed(floor, TURN)
    return statistics.median(told), statistics.median(bottom)


def main() -> None:
    """Make the desks and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=2_000)
    options.add_argument("--runs", type=int, default=400)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file, copy = Path(folder) / "demo.db", Path(folder) / "bare.db"
        demo(file, args.cases)
        shutil.copy(file, copy)
        os.environ["CSDESK_HOME"] = str(home_of(file))
        measure(file, copy, args.runs)


def measure(file: Path, copy: Path, runs: int) -> None:
    """A page of a queue, an opened case, a look, a note, a reply: csdesk beside its floor."""
    from csdesk.desk import queries as q
    from csdesk.desk.config import Config
    from csdesk.desk.core import Core
    from csdesk.desk.entry import open_core
    from csdesk.domain.cases.conversation import Reply
    from csdesk.domain.cases.shared import Note

    cores = [open_core(Config(file=str(one), agent="me")) for one in (file, copy)]
    with_texts = [row.id for row in cores[0].ask(q.QueuePage("returns", 50))]
    # A reply needs a channel and a case that nobody else has in hand.
    open_to = [id_ for id_ in with_texts if takes(cores, id_)]

    def each(ask: Callable[[Core, str], object], ids: list[str]) -> tuple[Callable[[], object], ...]:
        turns = [(core, cycle(ids)) for core in cores]
        return tuple(lambda core=core, turn=turn: ask(core, next(turn)) for core, turn in turns)

    rows = {
        "queue: first page of 50": (*each(lambda core, _: core.ask(q.QueuePage("returns", 50)), [""]), "page"),
        "queue: filter, amount over 500": (
            *each(lambda core, _: core.ask(q.QueuePage("?kind:return amount:>500", 50)), [""]), "page"),
        "case shown": (*each(lambda core, id_: core.ask(q.ShowCase(id_)), open_to), ""),
        "verb: case held": (*each(lambda core, id_: core.ask(q.Hold(id_)), open_to), "verb"),
        "verb: note of 102 signs": (*each(lambda core, id_: core.do(Note(TEXT), id_), open_to), "verb"),
        "verb: reply of 102 signs": (*each(lambda core, id_: core.do(Reply(TEXT), id_), open_to), "verb"),
    }  # fmt: skip
    print(f"{'':<34}{'csdesk ms':>11}{'bare ms':>10}{'more ms':>10}{'more %':>9}  budget")
    for name, (call, floor, kind) in rows.items():
        told, bottom = beside(call, floor, runs)
        more, percent = told - bottom, (told / bottom - 1) * 100
        kept = {"page": percent <= PAGE_PERCENT, "verb": more <= VERB_MS}.get(kind)
        budget = {"page": f"{PAGE_PERCENT} %", "verb": f"{VERB_MS:g} ms"}.get(kind, "")
        said = "" if kept is None else f"{budget}, {'kept' if kept else 'MISSED'}"
        print(f"{name:<34}{told:>11.3f}{bottom:>10.3f}{more:>10.3f}{percent:>9.1f}  {said}")
    for core in cores:
        core.store.close()


def takes(cores: list[object], case: str) -> bool:
    """Whether a case can be replied to on both desks."""
    from csdesk.domain.cases.context import Refused
    from csdesk.domain.cases.conversation import Reply

    try:
        for core in cores:
            core.do(Reply(TEXT), case)  # type: ignore[attr-defined]
    except Refused:
        return False
    return True


if __name__ == "__main__":
    main()
