"""A copy taken while many write is of one moment and sound, and all work on; so is each moment of a folder."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.store.backup import backup
from csdesk.store.file import open_store
from csdesk.store.moments import keep_moment, moments, restore_moment
from csdesk.store.verify import verify
from tests.building import DeskFile, desk_file
from tests.soak.kills import file_of

__all__ = ["desk_file"]

SOAK = max(1, int(os.environ.get("CSDESK_SOAK", "1")))
WRITERS, COPIES = (4, 3) if SOAK == 1 else (50, 20)
NOTES = """
import sys
from pathlib import Path
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Actor
from csdesk.domain.cases.shared import Note
from csdesk.domain.roles import Role
from csdesk.store.file import open_store
core = Core(open_store(Path(sys.argv[1])), Actor("wang", Role.AGENT))
n = 0
while True:
    core.do(Note("记一笔" * 40), sys.argv[2], key=f"{sys.argv[3]}-{n}")
    n += 1
    print(n, flush=True)
"""


def test_copies_taken_while_many_write_are_each_of_one_moment(desk_file: DeskFile, tmp_path: Path):
    wang, folder = desk_file.core("wang"), tmp_path / "moments"
    cases = [wang.do(Open(Kind.INQUIRY)).case.id for _ in range(WRITERS)]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", NOTES, str(file_of(desk_file)), case, str(n)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for n, case in enumerate(cases)
    ]
    acknowledged, sizes = [0] * WRITERS, []
    try:
        for copy in range(COPIES):
            for n, writer in enumerate(writers):
                assert writer.stdout
                acknowledged[n] = int(writer.stdout.readline())
            target = tmp_path / f"copy-{copy}.db"
            backup(file_of(desk_file), target)
            keep_moment(file_of(desk_file), folder, desk_file.clock.forward(hours=1))
            with closing(open_store(target)) as store:
                there = {key for (key,) in store.conn.execute("SELECT key FROM request")}
                assert list(verify(store)) == []
            assert {f"{n}-{i}" for n, upto in enumerate(acknowledged) for i in range(upto)} <= there
            sizes.append(len(there))
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    assert sizes == sorted(set(sizes))
    kept = moments(folder)
    assert len(kept) == COPIES
    counts = []
    for moment in kept:
        target = tmp_path / f"back-{moment}.db"
        assert restore_moment(folder, moment, target) == (moment, None)
        with closing(open_store(target)) as store:
            assert list(verify(store)) == []
            counts.append(store.conn.execute("SELECT count(*) FROM request").fetchone()[0])
    assert counts == sorted(set(counts))
