"""A desk over a line that breaks: reads from what is kept, writes that wait and go once and in order, finding back."""

import asyncio

import pytest

from csdesk.client.keeping import Keeping
from csdesk.desk import wire
from csdesk.desk.link import LinkLost, NotAdmitted
from csdesk.desk.queries import GetDraft, KeepDraft, QueueCounts, QueuePage, ShowCase
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.shared import Note, Prioritise, Snooze, Tag, Take
from csdesk.store import tokens
from csdesk.store.connection import write
from tests.unit.client.far import Far, far, home_of_module, lost, served, until

__all__ = ["far", "home_of_module", "served"]


async def test_away_one_reads_what_was_read_and_hears_how_old_it_is(far: Far):
    case = far.case()
    async with far.desk() as desk:
        rows, view = await desk.ask(QueuePage("all", 5)), await desk.ask(ShowCase(case.id))
        counts = await desk.ask(QueueCounts())
        await lost(far, desk)
        assert desk.state.read_at == 0
        assert await desk.ask(QueuePage("all", 5)) == rows
        assert wire.encode(await desk.ask(ShowCase(case.id))) == wire.encode(view)
        assert (await desk.ask(ShowCase(case.id, timeline=False))).case == view.case
        assert await desk.ask(QueueCounts()) == counts
        assert 0 < desk.state.read_at <= desk.state.away_since
        with pytest.raises(LinkLost):
            await desk.ask(QueuePage("mine", 5))
        far.proxy.mend()
        await until(desk, away=False)
        assert desk.state.read_at == 0
        assert await desk.ask(QueuePage("mine", 5)) == []


async def test_notes_wait_and_go_once_in_order_and_tags_merge(far: Far):
    case = far.case()
    async with far.desk() as desk:
        await desk.ask(ShowCase(case.id))
        await lost(far, desk)
        for n in range(3):
            done = await desk.do(Note(f"第{n}条"), case.id, version=case.version)
            assert done.queued
            assert done.case == (await desk.ask(ShowCase(case.id))).case
        await desk.do(Tag(("破损",)), case.id, version=case.version)
        assert desk.state.waiting == 4
        keys = [one.key for one in desk.waiting()]
        assert [one.after for one in desk.waiting()] == ["", *keys[:-1]]
        far.file.core("chen").do(Tag(("破损",)), case.id)
        assert far.told(case) == []
        far.proxy.mend()
        await until(desk, away=False)
        assert (desk.state.waiting, desk.state.stuck) == (0, 0)
    assert far.told(case) == ["第0条", "第1条", "第2条"]


async def test_claims_and_what_was_never_read_are_refused_away(far: Far):
    case, unseen = far.case(), far.case()
    async with far.desk() as desk:
        await desk.ask(ShowCase(case.id))
        await lost(far, desk)
        for verb in (Take(), Snooze()):
            with pytest.raises(Refused) as refused:
                await desk.do(verb, case.id)
            assert refused.value.code == "line_down"
        with pytest.raises(Refused) as refused:
            await desk.do(Note("无"), unseen.id)
        assert refused.value.code == "line_unseen"
        assert desk.state.waiting == 0


async def test_what_no_longer_fits_is_kept_and_holds_up_what_comes_after_it(far: Far):
    case, other = far.case(), far.case()
    async with far.desk() as desk:
        for one in (case, other):
            await desk.ask(ShowCase(one.id))
        await lost(far, desk)
        await desk.do(Prioritise(2), case.id, version=case.version)
        await desk.do(Prioritise(3), case.id, version=case.version)
        await desk.do(Note("之后"), case.id, version=case.version)
        await desk.do(Prioritise(1), other.id, version=other.version)
        await desk.do(Prioritise(2), other.id, version=other.version)
        far.file.core("chen").do(Prioritise(1), case.id)
        far.proxy.mend()
        await until(desk, away=False)
        # Its own predecessor is no conflict; somebody else's change is.
        assert far.file.core("li").ask(ShowCase(other.id)).case.priority == 2
        first, second, note = desk.waiting()
        assert (first.stuck, second.stuck, note.stuck) == (True, False, False)
        assert "chen" in str(first.why)
        assert far.told(case) == []
        with pytest.raises(Refused) as refused:
            await desk.do(Snooze(), case.id)
        assert refused.value.code == "line_first"
        assert (await desk.do(Note("更后"), case.id)).queued
        await desk.redo(first.seq)
        assert desk.state.waiting == 0
    assert far.file.core("li").ask(ShowCase(case.id)).case.priority == 3
    assert far.told(case) == ["之后", "更后"]


async def test_what_was_given_up_never_goes(far: Far):
    case = far.case()
    async with far.desk() as desk:
        await desk.ask(ShowCase(case.id))
        await lost(far, desk)
        await desk.do(Note("不要"), case.id)
        await desk.do(Note("要"), case.id)
        await desk.drop(desk.waiting()[0].seq)
        far.proxy.mend()
        await until(desk, away=False)
    assert far.told(case) == ["要"]


async def test_an_answer_that_got_lost_is_no_second_note(far: Far):
    case = far.case()
    async with far.desk() as desk:
        await desk.ask(ShowCase(case.id))
        far.proxy.weather.deaf = True  # it arrives, and nobody hears so
        done = await desk.do(Note("只一次"), case.id)
        assert done.queued
        assert far.told(case) == ["只一次"]
        far.proxy.cut()
        far.proxy.mend()
        await until(desk, away=False)
        assert desk.state.waiting == 0
    assert far.told(case) == ["只一次"]


async def test_drafts_are_kept_and_joined_with_what_was_written_elsewhere(far: Far):
    mine, both = far.case(), far.case()
    async with far.desk() as desk:
        await desk.ask(KeepDraft(both.id, "开头"))
        await lost(far, desk)
        await desk.ask(KeepDraft(mine.id, "您好"))
        await desk.ask(KeepDraft(mine.id, "您好，已收到"))
        await desk.ask(KeepDraft(both.id, "在家写的"))
        draft = await desk.ask(GetDraft(mine.id))
        assert draft is not None and draft.text == "您好，已收到"
        far.file.core("wang").ask(KeepDraft(both.id, "在店里写的"))
        far.proxy.mend()
        await until(desk, away=False)
    core = far.file.core("wang")
    found = [core.ask(GetDraft(case.id)) for case in (mine, both)]
    assert [draft.text for draft in found if draft] == ["您好，已收到", "在店里写的\n在家写的"]


async def test_a_console_that_starts_without_a_line_knows_what_the_last_one_read_and_kept(far: Far):
    case = far.case()
    async with far.desk() as desk:
        view = await desk.ask(ShowCase(case.id))
        await lost(far, desk)
        await desk.do(Note("留言"), case.id)
        await desk.ask(KeepDraft(case.id, "草稿"))
    async with far.desk() as again:
        assert again.away
        assert again.me == desk.me
        assert wire.encode(await again.ask(ShowCase(case.id))) == wire.encode(view)
        assert [one.entered for one in again.waiting()] == [{"text": "留言"}]
        assert (await again.ask(GetDraft(case.id))).text == "草稿"  # type: ignore[union-attr]
        far.proxy.mend()
        await until(again, away=False)
    assert far.told(case) == ["留言"]
    assert far.file.core("wang").ask(GetDraft(case.id)).text == "草稿"  # type: ignore[union-attr]


async def test_changes_come_again_after_the_line_was_down(far: Far):
    case = far.case()
    async with far.desk() as desk:
        watching = desk.watch()
        first = asyncio.ensure_future(anext(watching))
        await lost(far, desk)
        far.proxy.mend()
        changes = await asyncio.wait_for(first, 20)
        assert changes.everything
        await desk.ask(QueueCounts())
        li = far.file.core("li")
        li.do(Note("新"), case.id)
        async with asyncio.timeout(20):
            while case.id not in (changes := await anext(watching)).cases:
                if changes.everything:  # the stream began once more, with all that had been done before
                    li.do(Note("又"), case.id)
        await watching.aclose()  # type: ignore[attr-defined]


async def test_a_partition_is_noticed_although_nothing_breaks(far: Far):
    async with far.desk() as desk:
        counts = await desk.ask(QueueCounts())
        far.proxy.weather.partition = True
        assert await desk.ask(QueueCounts()) == counts
        assert desk.away
        far.proxy.mend()
        await until(desk, away=False)


async def test_a_login_that_ended_leaves_nothing_to_read_and_loses_no_note(far: Far):
    case = far.case()
    async with far.desk() as desk:
        await desk.ask(ShowCase(case.id))
        await lost(far, desk)
        await desk.do(Note("还在"), case.id)
        store = far.file.store()
        with write(store.conn) as conn:
            for one in tokens.of_agent(conn, store.desk.id, "wang"):
                tokens.revoke(conn, store.desk.id, one.id, far.file.clock(), "gao")
        far.proxy.mend()
        async with asyncio.timeout(20):
            while True:
                try:
                    await desk.ask(ShowCase(case.id))
                except NotAdmitted:
                    break
                await asyncio.sleep(0)
    kept = Keeping.of(far.proxy.where, "wang", far.folder)
    assert kept.about("me") is None
    assert kept.find(kept.digest("anything")) is None
    assert [one.case for one in kept.writes()] == [case.id]
    kept.close()


async def test_the_file_is_for_its_owner_and_holds_nothing_in_clear(far: Far):
    case = far.case()
    async with far.desk() as desk:
        view = await desk.ask(ShowCase(case.id))
        await lost(far, desk)
        await desk.do(Note("电话无人接听"), case.id)
        (path,) = far.folder.glob("*.db")
        assert path.stat().st_mode & 0o777 == 0o600
        raw = b"".join(one.read_bytes() for one in far.folder.iterdir())
    assert view.person is not None
    for secret in ("电话无人接听", view.number, view.person.phone, case.id):
        assert secret.encode() not in raw
