"""Eight writers and a worker killed at any moment: what was acknowledged is there, once, and nothing needs mending."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from csdesk.effects.provider import FileProvider
from csdesk.effects.spool import FileChannel
from csdesk.effects.worker import Worker
from csdesk.interop.importer import run_import
from csdesk.store import drafts, leases
from csdesk.store.audit import Audited, audit
from csdesk.store.cases import history
from csdesk.store.crypto import normal_order_number
from csdesk.store.doctor import examine
from csdesk.store.file import Store
from csdesk.store.verify import verify
from tests.building import DeskFile, desk_file
from tests.soak.kills import WHO, WRITERS, file_of, order_number, picture
from tests.unit.interop.conftest import DATA

__all__ = ["desk_file"]

SOAK = max(1, int(os.environ.get("CSDESK_SOAK", "1")))
# `make soak` (50) kills a thousand.
KILLS = 20 * SOAK
SEED = int(os.environ.get("CSDESK_SEED", "20261122"))
ROOT = Path(__file__).parents[2]


def lines(folder: Path) -> list[list[str]]:
    """What all writers wrote down; a line per beginning and ending."""
    return [
        [path.name, *line.split()]
        for path in sorted(folder.glob("writer-*"))
        for line in path.read_text("utf-8").splitlines()
    ]


def sayings(store: Store) -> Counter[str]:
    """How many events of the desk say each acknowledged sentence; texts opened."""
    said = Counter[str]()
    for (case,) in store.conn.execute("SELECT id FROM cases WHERE desk_id = 'main'").fetchall():
        for past in history(store.conn, "main", case, store.keys):
            for piece in repr(past.event).split("第")[1:]:
                said[piece.partition("次联系客户")[0]] += 1
    return said


def sent(folder: Path) -> Counter[str]:
    """How often each sentence left the desk."""
    texts = (json.loads(path.read_bytes()).get("text", "") for path in (folder / "out").glob("**/*.json"))
    return Counter(
        text.partition("第")[2].partition("次联系客户")[0] for text in texts if "次联系客户" in text
    )


def test_what_was_acknowledged_is_there_once_however_often_they_are_killed(
    desk_file: DeskFile, tmp_path: Path
):
    folder = tmp_path / "writers"
    folder.mkdir()
    zhao = desk_file.core("zhao")
    run_import(
        zhao, [DATA / "users.json", DATA / "products.json"], "retail", rejects_path=tmp_path / "rejects"
    )
    desk_file.close()
    print(f"\nseed {SEED}, {KILLS} kills")
    arguments = (file_of(desk_file), folder, SEED, KILLS)
    run = subprocess.run(
        [sys.executable, "-m", "tests.soak.kills", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-4_000:]

    store = desk_file.store()
    now = max(at for (at,) in store.conn.execute("SELECT at FROM change"))
    assert list(verify(store, contents=True)) == []
    assert list(audit(store.conn, "main", Audited())) == []
    errors = {one.code for one in examine(file_of(desk_file), now=now) if one.level == "error"}
    assert errors <= {"no_worker"}  # it was killed as well
    worker = desk_file.core("system", now=lambda: now + 3_600_000)
    out = folder / "out"
    last = Worker(worker, FileChannel(out), FileProvider(out), lambda case, code, language: code)
    while last.turn():
        pass
    assert list(verify(store, contents=True)) == []

    told = lines(folder)
    done = [(kind, key, case) for _, what, kind, key, case in told if what == "A"]
    said, left = sayings(store), sent(folder)
    print(dict(Counter(kind for kind, _, _ in done)), "refused", sum(line[1] == "R" for line in told))
    assert len(done) >= WRITERS
    for kind, key, case in done:
        check(store, kind, key, case, said, left)
    check_drafts(store, told)
    held = [
        leases.held(store.conn, "main", case, now + leases.HOLD_MS) for case in {case for _, _, case in done}
    ]
    assert held == [None] * len(held)
    assert max(said.values()) == 1 and max(left.values(), default=1) == 1


def check(store: Store, kind: str, key: str, case: str, said: Counter[str], left: Counter[str]) -> None:
    """One acknowledged write is there once."""

    def number(sql: str, *values: object) -> int:
        return int(store.conn.execute(sql, ("main", *values)).fetchone()[0])

    if kind in ("open", "note", "reply", "tag", "snooze"):
        assert (
            number("SELECT count(*) FROM request WHERE desk_id = ? AND key = ? AND case_id = ?", key, case)
            == 1
        )
        versions = "SELECT count(*) FROM event WHERE desk_id = ? AND case_id = ? AND cause = ?"
        assert number(versions, case, key) >= 1, (kind, key)
    if kind in ("open", "note", "reply", "inbound"):
        assert said[key] == 1, (kind, key)
    if kind == "reply":
        assert left[key] == 1, key
    if kind == "evidence":
        sha256 = hashlib.sha256(picture(key)).hexdigest()
        assert (
            number(
                "SELECT count(*) FROM evidence WHERE desk_id = ? AND case_id = ? AND sha256 = ?", case, sha256
            )
            == 1
        )
    if kind == "import":
        folded = normal_order_number(order_number(key))
        assert number("SELECT count(*) FROM orders WHERE desk_id = ? AND folded = ?", folded) == 1
    if kind == "lease":
        assert number("SELECT count(*) FROM lease WHERE desk_id = ? AND case_id = ?", case) == 1


def check_drafts(store: Store, told: list[list[str]]) -> None:
    """Of each agent's draft of a case, the last that a writer acknowledged is there, or one begun after it."""
    last: dict[tuple[str, str], set[str]] = {}
    began: dict[tuple[str, str], str] = {}
    for slot, what, kind, key, case in told:
        if kind != "draft" or what == "R":
            continue
        if what == "T":
            began[slot, key] = case
            last.get((slot, case), set()).add(key)
        else:
            last[slot, began[slot, key]] = {key}
    kept: dict[tuple[str, str], set[str]] = {}
    for (slot, case), keys in last.items():
        who = WHO[int(slot.removeprefix("writer-")) % len(WHO)][0]
        kept.setdefault((who, case), set()).update(keys)
    for (who, case), keys in kept.items():
        draft = drafts.get(store.conn, store.keys, "main", who, case)
        assert draft is not None and draft.text.removeprefix("第").removesuffix("次联系客户") in keys
