"""The outbox in hard times: killed at each write, two consoles on it, a full disk, a damaged file, a clock set back."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from csdesk.client.drafts import Drafts
from csdesk.client.keeping import Errand, Keeping, Write
from csdesk.client.offline import LinkedDesk
from csdesk.client.outbox import Outbox
from csdesk.desk import wire
from csdesk.desk.desk import Done
from csdesk.desk.link import ServerFault, Waiting
from csdesk.desk.queries import GetDraft, KeepDraft, QueueCounts, ShowCase
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.shared import Note
from csdesk.store.errors import StoreError
from tests.building import Clock, DeskFile
from tests.serving import Serving
from tests.unit.client.far import Far, calm, far, home_of_module, lost, served, until

__all__ = ["far", "home_of_module", "served"]

KEY = bytes(range(32))


async def at_once(work: Any, *given: Any) -> Any:
    return work(*given)


def outbox(path: Path) -> tuple[Keeping, Outbox]:
    kept = Keeping(path, KEY)
    return kept, Outbox(kept, at_once, "wang")


class Server:
    """A desk that makes each note once by its key, and lets others work while it does."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self.asked = 0

    async def do(self, command: Note, case: str, *, version: int | None = None, key: str = "") -> Done:
        self.asked += 1
        await asyncio.sleep(0)
        self.made.setdefault(key, command.text)
        await asyncio.sleep(0)
        return Done(None, case, "note", key, ())  # type: ignore[arg-type]


async def sent(box: Outbox, server: Any) -> None:
    await box.read()
    async for _ in box.sent(server):
        pass


def test_killed_at_each_write_nothing_that_was_said_to_be_saved_is_lost_or_done_twice(tmp_path: Path):
    told = subprocess.run(
        [sys.executable, "-m", "tests.unit.client.killed", str(tmp_path)],
        capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert int(told.stdout) > 40  # before and after each of its statements


async def test_two_consoles_of_one_agent_name_each_other_s_and_send_each_once_in_order(tmp_path: Path):
    server, path = Server(), tmp_path / "line.db"
    (kept, one), (also, other) = outbox(path), outbox(path)
    for n in range(6):
        await (one, other)[n % 2].add(Note(str(n)), "a", "a", 1, f"key{n}", n)
    await one.read()
    assert [waiting.after for waiting in one.listed()] == ["", *(f"key{n}" for n in range(5))]
    await asyncio.gather(sent(one, server), sent(other, server))
    assert list(server.made.values()) == [str(n) for n in range(6)]
    assert kept.writes() == also.writes() == []
    kept.close()
    also.close()


async def test_what_another_console_gave_up_is_not_sent_by_this_one(tmp_path: Path):
    server, path = Server(), tmp_path / "line.db"
    (kept, one), (also, other) = outbox(path), outbox(path)
    for n in range(2):
        await one.add(Note(str(n)), "a", "a", 1, f"key{n}", n)
    await other.read()
    await other.drop(1)
    async for _ in one.sent(server):  # type: ignore[arg-type]
        pass
    assert list(server.made.values()) == ["1"]
    kept.close()
    also.close()


async def test_on_a_full_disk_nothing_is_said_to_be_saved_and_what_waits_still_goes(tmp_path: Path):
    server = Server()
    kept, box = outbox(tmp_path / "line.db")
    await box.add(Note("da"), "a", "a", 1, "key0", 0)
    pages = kept._conn.execute("PRAGMA page_count").fetchone()[0]
    kept._conn.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError) as full:
        for n in range(1, 50):
            await box.add(Note("x" * 4_000), "a", "a", 1, f"key{n}", n)
    assert full.value.code == "disk_full"
    waits = [write.key for write in kept.writes()]
    assert waits == [one.key for one in box.listed()] == [f"key{n}" for n in range(len(waits))]
    await sent(box, server)
    assert list(server.made) == waits and kept.writes() == []
    kept.close()


async def test_a_disk_that_cannot_forget_what_was_sent_has_it_sent_again_under_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server = Server()
    kept, box = outbox(tmp_path / "line.db")
    for n in range(2):
        await box.add(Note(str(n)), "a", "a", 1, f"key{n}", n)

    def full(seq: int) -> None:
        raise StoreError("disk_full", path="x")

    with monkeypatch.context() as patch:
        patch.setattr(kept, "done", full)
        with pytest.raises(StoreError):
            await sent(box, server)
        assert [one.key for one in box.listed()] == ["key1"]  # the desk has the other
    await sent(box, server)
    assert (list(server.made.values()), server.asked) == (["0", "1"], 3)
    kept.close()


@pytest.mark.parametrize("where", ["head", "middle", "short"])
def test_a_ruined_file_is_put_aside_told_of_and_begun_anew(tmp_path: Path, where: str):
    path = tmp_path / "line.db"
    kept = Keeping(path, KEY)
    for n in range(60):
        kept.add(Write(0, f"key{n}", "", "a", "a", "note", b"{}" * 200, 1, n))
    kept.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        if where == "short":
            file.truncate(size // 2 + 100)
        else:
            file.seek(0 if where == "head" else 4_096)
            file.write(os.urandom(4_096 if where == "head" else size - 4_096))
    again = Keeping.open(path, KEY)
    assert again.lost is not None and again.lost.code == "line_ruined"
    assert Path(str(again.lost.details["path"])).exists()
    assert again.add(Write(0, "new", "", "a", "a", "note", b"{}", 1, 1)).seq == 1
    again.close()
    kept = Keeping.open(path, KEY)
    assert kept.lost is None and [write.key for write in kept.writes()] == ["new"]
    kept.close()


async def test_of_a_row_that_cannot_be_read_one_is_told_and_the_rest_goes(tmp_path: Path):
    server = Server()
    kept, box = outbox(tmp_path / "line.db")
    for n in range(3):
        await box.add(Note(str(n)), "a", "a", 1, f"key{n}", n)
    kept._conn.execute("UPDATE waiting SET sealed = zeroblob(40) WHERE key = 'key1'")
    kept.set_errand(kept.digest("x"), Errand("keep_draft", b"{}", 1))
    kept._conn.execute("UPDATE errand SET sealed = zeroblob(40)")
    assert kept.errands() == []
    await sent(box, server)
    assert list(server.made.values()) == ["0", "2"]
    assert kept.lost is not None and kept.lost.code == "line_row_unreadable"
    kept.close()


async def test_what_another_version_kept_waits_for_a_decision_and_holds_no_other_case_up(tmp_path: Path):
    server = Server()
    kept, box = outbox(tmp_path / "line.db")
    kept.add(Write(0, "old", "", "a", "RT-A", "sing", b'{"song":1}', 1, 1))
    kept.set_errand(kept.digest("x"), Errand("hum", b"{}", 1))
    await box.read()
    await box.add(Note("0"), "b", "b", 1, "key0", 0)
    await sent(box, server)
    assert list(server.made.values()) == ["0"]
    (left,) = box.listed()
    assert left.stuck and isinstance(left.why, Refused) and left.why.code == "line_unknown"
    drafts = Drafts(kept, at_once, lambda: 1, _nothing, _nothing)
    await drafts.recall()
    await drafts.send(server)  # type: ignore[arg-type]
    kept.close()


async def _nothing(case: str) -> str:
    return ""


async def test_a_clock_that_jumps_back_changes_no_order_and_the_last_words_stand(tmp_path: Path):
    server, now = Server(), Clock(5_000_000)
    kept, box = outbox(tmp_path / "line.db")
    for n in range(4):
        await Drafts(kept, at_once, now, _nothing, _nothing).add(KeepDraft("a", f"第{n}稿"))
        await box.add(Note(str(n)), "a", "a", 1, f"key{n}", now())
        now.now -= 1_000_000
    drafts = Drafts(kept, at_once, now, _nothing, _nothing)
    await drafts.recall()
    draft = drafts.of("a")
    assert draft is not None and draft.text == "第3稿"
    await sent(box, server)
    assert list(server.made.values()) == ["0", "1", "2", "3"]
    kept.keep(b"s" * 16, b"{}", 9_000_000)
    kept.bound(now())
    assert kept.find(b"s" * 16) is not None
    kept.close()


async def test_a_thousand_wait_and_go_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    server, n = Server(), 1_000
    kept, box = outbox(tmp_path / "line.db")

    def unsure(sql: str, values: tuple[Any, ...]) -> int:
        return int(kept._conn.execute(sql, values).lastrowid or 0)

    with monkeypatch.context() as patch:  # a thousand waits for the disk are 2 s
        patch.setattr(kept, "_surely", unsure)
        kept._conn.execute("BEGIN")
        for i in range(n):
            await box.add(Note(str(i)), str(i % 40), "RT", 1, f"key{i}", i)
        kept._conn.execute("COMMIT")
        listed = box.listed()
        kept._conn.execute("BEGIN")
        await sent(box, server)
        kept._conn.execute("COMMIT")
    assert [one.entered["text"] for one in listed] == [str(i) for i in range(n)]
    assert [one.after for one in listed] == ["" if i < 40 else f"key{i - 40}" for i in range(n)]
    assert list(server.made.values()) == [str(i) for i in range(n)] and server.asked == n
    kept.close()


# Over a real server


@asynccontextmanager
async def opened(far: Far, now: Any) -> AsyncIterator[LinkedDesk]:
    desk = await LinkedDesk.open(far.proxy.where, far.token, folder=far.folder, now=now)
    try:
        yield desk
    finally:
        await desk.close()


def refused(desk: LinkedDesk) -> Waiting:
    (one,) = [waiting for waiting in desk.waiting() if waiting.seq < 0]
    return one


async def test_a_draft_that_the_desk_refuses_holds_nothing_up_and_waits_for_its_author(far: Far):
    case = far.case()
    bad = KeepDraft(case.id, "您好", 2, channel="pigeon")
    async with far.desk() as desk:
        view = await desk.ask(ShowCase(case.id))
        await lost(far, desk)
        await desk.ask(bad)
        await desk.do(Note("照发"), case.id)
        far.proxy.mend()
        await until(desk, away=False)
        assert far.told(case) == ["照发"]
        one = refused(desk)
        assert (desk.state.waiting, desk.state.stuck, desk.state.trouble) == (1, 1, None)
        assert (one.verb, one.number, one.entered) == ("keep_draft", view.number, {"text": "您好"})
        assert isinstance(one.why, Refused) and one.why.code == "bad_choice"
    async with far.desk() as desk:  # the next console knows it, and the text is in the case
        assert isinstance(refused(desk).why, Refused)
        draft = await desk.ask(GetDraft(case.id))
        assert draft is not None and draft.text == "您好"
        await desk.redo(refused(desk).seq)
        assert refused(desk).stuck
        # What is typed on is taken by the desk as soon as it fits.
        await desk.ask(KeepDraft(case.id, "您好，已收到"))
        await calm(desk)
    found = far.file.core("wang").ask(GetDraft(case.id))
    assert found is not None and found.text == "您好，已收到"


async def test_a_refused_draft_that_is_given_up_leaves_what_the_desk_has(far: Far):
    case = far.case()
    async with far.desk() as desk:
        await desk.ask(KeepDraft(case.id, "原稿"))
        await lost(far, desk)
        await desk.ask(KeepDraft(case.id, "新稿", 2, channel="pigeon"))
        far.proxy.mend()
        await until(desk, away=False)
        await desk.drop(refused(desk).seq)
        assert desk.state.waiting == 0
        draft = await desk.ask(GetDraft(case.id))
        assert draft is not None and draft.text == "原稿"


async def test_a_desk_that_was_restored_meanwhile_takes_what_fits_and_says_what_does_not(
    far: Far, tmp_path: Path
):
    there = far.case()
    far.file.store().conn.execute("VACUUM INTO ?", (str(tmp_path / "backup.db"),))
    since = far.case()
    restored = DeskFile(tmp_path / "backup.db", far.file.clock)
    serving = Serving(restored)
    try:
        async with far.desk() as desk:
            for case in (there, since):
                await desk.ask(ShowCase(case.id))
            await lost(far, desk)
            await desk.ask(KeepDraft(since.id, "给没有了的工单"))
            await desk.do(Note("没有了"), since.id)
            await desk.do(Note("还在"), there.id)
            far.proxy.to = int(serving.where.rsplit(":", 1)[1])
            far.proxy.mend()
            await until(desk, away=False)
            draft, note = desk.waiting()
            assert [getattr(one.why, "code", "") for one in (draft, note)] == ["no_such_case"] * 2
            await desk.drop(note.seq)
            await desk.drop(draft.seq)
            assert desk.state.waiting == 0
            assert await desk.ask(QueueCounts()) is not None
        view = restored.core("li").ask(ShowCase(there.id))
        assert [entry.verb for entry in view.timeline].count("note") == 1
    finally:
        serving.stop()
        restored.close()


async def test_a_console_whose_file_is_ruined_says_so_and_works(far: Far):
    case = far.case()
    async with far.desk() as desk:
        await desk.ask(ShowCase(case.id))
    (path,) = far.folder.glob("*.db")
    path.write_bytes(os.urandom(8_192))
    async with far.desk() as desk:
        assert isinstance(desk.state.trouble, StoreError) and desk.state.trouble.code == "line_ruined"
        assert (await desk.do(Note("照常"), case.id, version=case.version)).verb == "note"
    assert len(list(far.folder.glob("*.ruined"))) == 1


async def test_a_clock_set_back_while_away_loses_nothing(far: Far):
    case, now = far.case(), Clock(2_000_000_000_000)
    async with opened(far, now) as desk:
        await desk.ask(ShowCase(case.id))
        await lost(far, desk)
        for n in range(3):
            now.forward(hours=-5)
            await desk.do(Note(f"第{n}条"), case.id)
            await desk.ask(KeepDraft(case.id, f"第{n}稿"))
        assert wire.encode(await desk.ask(ShowCase(case.id)))
        far.proxy.mend()
        await until(desk, away=False)
    assert far.told(case) == ["第0条", "第1条", "第2条"]
    draft = far.file.core("wang").ask(GetDraft(case.id))
    assert draft is not None and draft.text == "第2稿"


async def test_a_fault_of_the_server_with_one_verb_stands_only_before_its_own_case(
    far: Far, monkeypatch: pytest.MonkeyPatch
):
    case, other = far.case(), far.case()
    async with far.desk() as desk:
        for one in (case, other):
            await desk.ask(ShowCase(one.id))
        await lost(far, desk)
        await desk.do(Note("会出错"), case.id)
        await desk.do(Note("别的"), other.id)
        do = desk.remote.do

        async def faulty(command: Any, case_: str = "", **given: Any) -> Done:
            if command.text == "会出错":
                raise ServerFault(500, "internal")
            return await do(command, case_, **given)

        with monkeypatch.context() as patch:
            patch.setattr(desk.remote, "do", faulty)
            far.proxy.mend()
            await until(desk, away=False)
        assert far.told(other) == ["别的"]
        (stuck,) = desk.waiting()
        assert isinstance(stuck.why, ServerFault) and stuck.why.status == 500
        await desk.redo(stuck.seq)
    assert far.told(case) == ["会出错"]
