"""A drill for bad days on a desk of its own: `python tools/drill.py [FOLDER]`; exit code 1 when anything failed.

Makes a desk in a new folder (no real desk is touched), works, breaks it in five ways, and shows for each the command
that finds it and the one that mends it. Some 10 s. What to do on a real desk is the same: docs/admin.md.
"""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from csdesk.domain.value import dataclass

# What a customer said; no stolen byte may hold it.
SECRET = "张伟13812345678说左耳没有声音"
FULL_BYTES = 40_000


@dataclass
class Run:
    """What a command said, and its exit code (minus the signal that ended it)."""

    code: int
    said: str


class Drill:
    """A desk in a folder, and what each step came to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "desk.db"
        self.home = folder / "home"
        self.failed = 0

    def csdesk(self, *words: object, home: Path | None = None, most: int = 0) -> Run:
        """Run a command; `most`: no file may grow beyond so many bytes, as on a full disk."""
        limit = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))) if most else None
        run = subprocess.run(
            [sys.executable, "-m", "csdesk", *map(str, words)],
            env=self.surroundings(home), preexec_fn=limit, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return Run(run.returncode, f"{run.stdout}{run.stderr}".strip())

    def surroundings(self, home: Path | None) -> dict[str, str]:
        return {
            **os.environ,
            "CSDESK_HOME": str(home or self.home),
            "CSDESK_FILE": str(self.file),
            "CSDESK_LANGUAGE": "en",
        }

    def show(self, what: str, command: str, run: Run, passed: bool) -> None:
        """Print one step."""
        self.failed += not passed
        lines = run.said.splitlines() or ["–"]
        last = ([line for line in lines if line.startswith("error")] or lines)[-1]
        print(
            f"  {'pass' if passed else 'FAIL'}  {what}: {command}\n        -> exit {run.code}: {last}",
            flush=True,
        )

    def open(self, key: str, *, most: int = 0) -> Run:
        """One write: a case, under a key that makes it harmless to ask twice."""
        return self.csdesk("case", "open", "inquiry", "--summary", SECRET, "--key", key, most=most)

    def sound(self, what: str) -> None:
        """The desk is as it should be again."""
        run = self.csdesk("verify", "--evidence")
        self.show(what, "csdesk verify --evidence", run, run.code == 0)


def killed(drill: Drill) -> None:
    """A program is killed while it writes."""
    for n in range(3):
        process = subprocess.Popen(
            [sys.executable, "-m", "csdesk", "case", "open", "inquiry", "--summary", SECRET, "--key", f"kill-{n}"],
            env=drill.surroundings(None), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(0.12 * n)
        process.send_signal(signal.SIGKILL)
        process.wait()
    drill.sound("finds nothing to mend")
    run = drill.open("kill-2")
    drill.show("mends", "the same again with its --key", run, run.code == 0)


def flipped(drill: Drill) -> None:
    """A disk turns one byte of the file."""
    moments = drill.folder / "moments"
    drill.csdesk("backup", moments, "--moments")
    content = bytearray(drill.file.read_bytes())
    content[content.index(b"adminadmin")] ^= 1  # the row of an agent: who it is, and the name
    drill.file.write_bytes(content)
    run = drill.csdesk("doctor")
    drill.show("finds, with the table", "csdesk doctor", run, run.code == 1 and "agent" in run.said)
    run = drill.csdesk("restore", moments, "--overwrite")
    drill.show("mends", "csdesk restore FOLDER --overwrite", run, run.code == 0)
    run = drill.csdesk("doctor")
    drill.show("is well again", "csdesk doctor", run, run.code == 0)


def keyless(drill: Drill) -> None:
    """The file of the keys is gone."""
    (keys,) = (drill.home / "keys").glob("*.json")
    copy = Path(shutil.copy2(keys, drill.folder / "copy-of-the-keys.json"))
    keys.unlink()
    run = drill.csdesk("doctor")
    drill.show("finds", "csdesk doctor", run, run.code == 1 and keys.name in run.said)
    shutil.copy2(copy, keys)
    run = drill.csdesk("doctor")
    drill.show("mends", "the copy of the key file put back", run, run.code == 0)


def full(drill: Drill) -> None:
    """The disk is full in the middle of a write."""
    run = drill.open("full", most=FULL_BYTES)
    said = run.code == 1 and "Traceback" not in run.said
    drill.show("finds: the write says so, in one sentence", "csdesk case open", run, said)
    drill.sound("nothing is half")
    run = drill.open("full")
    drill.show("mends", "room made, the same again with its --key", run, run.code == 0)


def stolen(drill: Drill) -> None:
    """A laptop with the desk's file and a backup is stolen; the keys lay elsewhere."""
    loot = [
        path for path in drill.folder.rglob("*") if path.is_file() and not path.is_relative_to(drill.home)
    ]
    loot = [path for path in loot if path.name != "copy-of-the-keys.json"]
    found = [
        path.name
        for path in loot
        if SECRET.encode() in path.read_bytes() or b"13812345678" in path.read_bytes()
    ]
    drill.show("nothing to read", f"{len(loot)} files searched", Run(len(found), ", ".join(found)), not found)
    run = drill.csdesk("case", "list", home=drill.folder / "thief")
    drill.show("no keys, no desk", "csdesk case list", run, run.code == 1)
    run = drill.csdesk("keys", "rotate", "--agent", "admin")
    drill.show("mends: whoever got the keys too", "csdesk keys rotate", run, run.code == 0)
    drill.sound("goes on")


SCENES: tuple[tuple[str, Callable[[Drill], None]], ...] = (
    ("a program killed", killed),
    ("a byte turned", flipped),
    ("keys lost", keyless),
    ("a full disk", full),
    ("a laptop stolen", stolen),
)


def main(folder: Path) -> int:
    """All scenes in a folder that is empty or not there; how many steps failed."""
    drill = Drill(folder)
    made = drill.csdesk("init", "--name", "演练台", "--no-knowledge", "--file", drill.file)
    drill.show("a desk of its own", "csdesk init", made, made.code == 0)
    for n in range(3):
        drill.open(f"work-{n}")
    for name, scene in SCENES:
        print(name)
        scene(drill)
    print(f"{drill.failed} failed" if drill.failed else "all passed")
    return drill.failed


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(bool(main(Path(sys.argv[1]).resolve())))
    with tempfile.TemporaryDirectory(prefix="csdesk-drill-") as made:
        sys.exit(bool(main(Path(made))))
