"""Writers of every kind that are killed at any moment: `python -m tests.soak.kills DESK FOLDER SEED KILLS`.

Eight writers and one worker, each a process of its own with a file in FOLDER. A writer writes down what it is about to
do (`T`), does it, and acknowledges it (`A`, or `R` for refused) in one write, as a client elsewhere would. Who comes in
the place of a killed one first does again, under the same key, what was begun and not acknowledged.
"""

import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from csdesk.desk import answers, evidence_queries  # noqa: F401  (loaded once, before the forks)
from csdesk.desk.core import Core
from csdesk.desk.desk import Conflict
from csdesk.desk.inbound import Inbound, Sender
from csdesk.desk.intake.receiving import receive
from csdesk.desk.queries import Hold, KeepDraft
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note, Snooze, Tag
from csdesk.domain.roles import Role
from csdesk.effects.evidence_in import file_one
from csdesk.effects.provider import FileProvider
from csdesk.effects.spool import FileChannel
from csdesk.effects.worker import Worker
from csdesk.interop.importer import run_import
from csdesk.store.file import open_store
from tests.building import DeskFile

WRITERS = 8
# Whoever writes, in turn: three agents and a supervisor, who may load.
WHO = (("wang", Role.AGENT), ("li", Role.AGENT), ("chen", Role.SENIOR), ("zhao", Role.SUPERVISOR))
KINDS = ("open", "note", "reply", "tag", "snooze", "evidence", "draft", "lease", "inbound", "import")
OFTEN = (3, 6, 6, 3, 2, 3, 4, 3, 4, 1)
# Between two kills; a writer needs some 50 ms to open the desk.
PAUSE_S = (0.0, 0.04)
PATTERN = json.loads((Path(__file__).parents[1] / "data" / "import" / "orders.json").read_text("utf-8"))


def file_of(desk: DeskFile) -> Path:
    """The file of a desk that lies in one."""
    return desk.path


def picture(key: str) -> bytes:
    """A file of evidence that only one write files."""
    return b"\x89PNG\r\n\x1a\n" + key.encode() * 40


def order_number(key: str) -> str:
    """The number of an order that only one import brings."""
    return f"#W{int(key[:13], 16):016d}"


def do(core: Core, folder: Path, kind: str, key: str, case: str) -> str:
    """Carry out one write; gives the case it went to."""
    text = f"第{key}次联系客户"
    commands = {
        "open": lambda: Open(Kind.INQUIRY, summary=text),
        "note": lambda: Note(text),
        "reply": lambda: Reply(text),
        "tag": lambda: Tag((key[:12],)),
        "snooze": lambda: Snooze(1 + int(key[0], 16) // 4),
    }
    if kind in commands:
        return core.do(commands[kind](), "" if kind == "open" else case, key=key).case.id
    if kind == "evidence":
        file_one(core, case, io.BytesIO(picture(key)), f"{key}.png", "cli", 1 << 20)
    elif kind == "draft":
        core.ask(KeepDraft(case, text, 1))
    elif kind == "lease":
        core.ask(Hold(case))
    elif kind == "inbound":
        sender = Sender("李雷", email=f"{key[:8]}@example.com")
        return receive(core, Inbound("soak", key, "email", sender, text)).number
    else:
        (model, *_) = PATTERN.values()
        number = order_number(key)
        path = folder / f"{key}.json"
        path.write_text(json.dumps({number: {**model, "order_id": number}}), "utf-8")
        run_import(core, [path], "retail", rejects_path=folder / f"{key}.rejects")
    return case


def begun(path: Path) -> list[str] | None:
    """What the last process in this place began and did not acknowledge: kind, key, case."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    last = lines[-1].split() if lines else []
    return last[1:] if last and last[0] == "T" else None


def writer(desk: Path, folder: Path, slot: int, seed: str, cases: list[str]) -> None:
    """Write until killed."""
    chance, path = Random(seed), folder / f"writer-{slot}"
    again = begun(path)
    out = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def say(*words: str) -> None:
        os.write(out, (" ".join(words) + "\n").encode())

    who, role = WHO[slot % len(WHO)]
    core = Core(open_store(desk), Actor(who, role), session=f"{who}:{slot}")
    while True:
        if again is None:
            kind = chance.choices(KINDS, OFTEN)[0]
            # An agent's own cases: a draft and a lease are one person's.
            case = chance.choice(cases[slot % len(WHO) :: len(WHO)])
            again = [
                kind if role is Role.SUPERVISOR or kind != "import" else "note",
                chance.randbytes(16).hex(),
                case,
            ]
            say("T", *again)
        kind, key, case = again
        try:
            say("A", kind, key, do(core, folder, kind, key, case) or "-")
        except (Refused, Conflict) as exc:
            say("R", kind, key, getattr(exc, "code", "conflict"))
        again = None


def worker(desk: Path, folder: Path) -> None:
    """Send what is due until killed."""
    core = Core(open_store(desk), Actor("system", Role.SYSTEM))
    out = folder / "out"
    one = Worker(core, FileChannel(out), FileProvider(out), lambda case, code, language: code)
    while True:
        one.turn()
        time.sleep(0.01)


def forked(run: Callable[[], None]) -> int:
    """A process that runs this and nothing else; whatever it raises is on its stderr, and its exit code is 1."""
    pid = os.fork()
    if pid:
        return pid
    try:
        run()
    except BaseException:  # noqa: BLE001 - else the child would go on as a second parent
        import traceback

        traceback.print_exc()
    os._exit(1)


def sizes(folder: Path) -> dict[str, int]:
    """How much each writer has written down."""
    found = {f"writer-{slot}": folder / f"writer-{slot}" for slot in range(WRITERS)}
    return {name: path.stat().st_size if path.exists() else 0 for name, path in found.items()}


def main(desk: Path, folder: Path, seed: int, kills: int) -> None:
    """Kill so often, then all; exit code 1 when any process ended by itself."""
    chance = Random(seed)
    core = Core(open_store(desk), Actor("wang", Role.AGENT))
    cases = [core.do(Open(Kind.INQUIRY, summary=f"起始工单{n}")).case.id for n in range(4 * len(WHO))]
    core.store.close()
    living: dict[int, int] = {}

    def start(slot: int, generation: int) -> None:
        if slot == WRITERS:
            living[forked(lambda: worker(desk, folder))] = slot
        else:
            living[forked(lambda: writer(desk, folder, slot, f"{seed}/{slot}/{generation}", cases))] = slot

    for slot in range(WRITERS + 1):
        start(slot, 0)
    strange = 0
    for generation in range(1, kills + 1):
        time.sleep(chance.uniform(*PAUSE_S))
        pid = chance.choice(sorted(living))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        strange += not os.WIFSIGNALED(status)
        start(living.pop(pid), generation)
    written = sizes(folder)
    while any(sizes(folder)[name] == size for name, size in written.items()):
        time.sleep(PAUSE_S[1])  # until each has written once more, whoever came last too
    for pid in living:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        strange += not os.WIFSIGNALED(status)
    sys.exit(bool(strange))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
