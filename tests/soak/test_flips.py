"""One byte turned in the desk's file or in a file of evidence: found, and named, whenever it changed anything."""

import os
from collections import Counter
from pathlib import Path
from random import Random

from csdesk.store.evidence import folder_of
from tests.building import DeskFile, desk_file
from tests.soak.flips import content, differing, files_of, lived, told
from tests.soak.kills import file_of

__all__ = ["desk_file"]

SOAK = max(1, int(os.environ.get("CSDESK_SOAK", "1")))
# That count: those that hit a byte which holds nothing come on top. `make soak` (50) turns a thousand.
FLIPS = 20 * SOAK
SEED = int(os.environ.get("CSDESK_SEED", "20261122"))


def turned(path: Path, whole: bytes, at: int, by: int) -> None:
    changed = bytearray(whole)
    changed[at] ^= by
    path.write_bytes(changed)


def test_every_byte_that_changes_something_is_found_and_named(desk_file: DeskFile):
    lived(desk_file)
    chance, tally = Random(SEED), Counter[str]()
    before = content(file_of(desk_file))
    assert not isinstance(before, str) and len(before) > 100
    sound = told(file_of(desk_file), desk_file.clock.now)
    whole = {path: path.read_bytes() for path in files_of(file_of(desk_file))}
    assert sound.doctor == sound.verify == []
    print(f"\nseed {SEED}, {sum(map(len, whole.values()))} bytes in {len(whole)} files")
    while tally["counted"] < FLIPS:
        # One in five in evidence, wherever it is; the rest in the desk's file.
        path = chance.choice(list(whole)[1:]) if chance.random() < 0.2 else file_of(desk_file)
        at, by = chance.randrange(len(whole[path])), chance.randrange(1, 256)
        turned(path, whole[path], at, by)
        said = told(file_of(desk_file), desk_file.clock.now)
        where = f"seed {SEED}: byte {at} of {path.name} turned by {by}"
        if path == file_of(desk_file):
            changed = differing(before, content(path))
            tally["nothing there" if not changed else "counted"] += 1
            assert said.all or not changed, f"{where} changed {changed} and nobody found it"
            if changed and not changed & {"file", "sqlite_schema", "pragmas"}:
                tables = {name.removeprefix("check_") for name in changed}
                tally["with the table's or case's name"] += (
                    any(name in said.all for name in tables) or "TH" in said.all
                )
            tally["by doctor"] += bool(changed and said.doctor)
            tally["by verify"] += bool(changed and said.verify)
        else:
            sha256 = path.name.partition(".")[0]
            assert sha256[:12] in "\n".join(said.verify), where
            tally.update(["counted", "evidence, by verify with case and hash"])
        for one in (path, *path.parent.glob(f"{path.name}-*")):
            one.unlink()
        path.write_bytes(whole[path])
    print(dict(tally))
    assert folder_of(file_of(desk_file)).is_dir()
