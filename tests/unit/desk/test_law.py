"""The law of a desk as data with a life: two people, the day, withdrawal, what it touches, open cases replayed."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from csdesk.desk import law_queries as lq
from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.desk.desk import Ask
from csdesk.desk.law.law import Law
from csdesk.desk.law.staging import shipped
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.findings import Establish
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Snooze, Withdraw
from csdesk.domain.entitlement.decision import Decision, as_json
from csdesk.interop.shipped import load_knowledge
from tests.building import DAY, MONDAY, ZONE, DeskFile, file_of

NEXT_MONDAY = int(datetime(2026, 11, 9, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)
OWN = f"CN@{shipped()['CN'][0].version}"


def with_window(count: int, version: str = "2026-11-09") -> str:
    """China's shipped pack with another number of days for returns without a reason."""
    pack, text = shipped()["CN"]
    start = text.index("[[provisions.no_reason_window]]")
    at = text.index("count = 7\n", start)
    changed = f"{text[:at]}count = {count}\n{text[at + len('count = 7') + 1 :]}"
    return changed.replace(f'version = "{pack.version}"', f'version = "{version}"', 1)


@pytest.fixture
def zhao(desk_file: DeskFile) -> Core:
    """A supervisor."""
    return desk_file.core("zhao")


@pytest.fixture
def gao(desk_file: DeskFile) -> Core:
    """An admin."""
    return desk_file.core("gao")


def code(error: pytest.ExceptionInfo[Refused]) -> str:
    return error.value.code


def staged(core: Core, text: str, day: str = "2026-11-09") -> str:
    return core.ask(lq.StagePack(text=text, day=day)).view.name


def activated(zhao: Core, gao: Core, desk_file: DeskFile, text: str) -> str:
    """A pack brought into force on the day of its version, and that day come."""
    name = staged(zhao, text, "")
    zhao.ask(lq.ApprovePack(name))
    desk_file.clock.now = gao.ask(lq.ApprovePack(name)).begins or 0
    return name


def states(core: Core) -> dict[str, str]:
    return {view.name: view.state for view in core.ask(lq.Packs()).packs if view.pack == "CN"}


def window(core: Core, at: int = 0) -> str:
    """The version of China's pack in force."""
    return core.bench(at).book.packs["CN"].version


# Staging.


def test_a_desk_begins_with_the_shipped_packs_and_keeps_their_very_text(zhao: Core):
    found = zhao.ask(lq.Packs())
    assert {view.pack for view in found.packs} == set(shipped())
    assert {(view.state, view.begins, view.shipped) for view in found.packs} == {("active", 0, True)}
    assert found.offered == ()
    rows = zhao.store.conn.execute("SELECT id, body FROM pack").fetchall()
    assert {id_: bytes(body).decode() for id_, body in rows} == {
        id_: text for id_, (_, text) in shipped().items()
    }


def test_nothing_changes_until_two_people_approved_and_the_day_has_come(
    zhao: Core, gao: Core, desk_file: DeskFile
):
    before = window(zhao)
    name = staged(zhao, with_window(10))
    assert states(zhao)[name] == "waiting"
    assert zhao.ask(lq.ApprovePack(name)).state == "waiting"
    view = gao.ask(lq.ApprovePack(name))
    assert (view.state, view.begins) == ("approved", NEXT_MONDAY)
    assert [signed.who for signed in view.approved] == ["zhao", "gao"]
    desk_file.clock.now = NEXT_MONDAY - 1
    assert window(zhao) == before
    desk_file.clock.now = NEXT_MONDAY
    assert window(zhao) == "2026-11-09"
    assert states(zhao) == {OWN: "replaced", name: "active"}


def test_one_person_is_not_two_and_a_third_is_not_needed(zhao: Core, gao: Core, desk_file: DeskFile):
    name = staged(zhao, with_window(10))
    zhao.ask(lq.ApprovePack(name))
    with pytest.raises(Refused) as error:
        zhao.ask(lq.ApprovePack(name))
    assert code(error) == "pack_approved_by_you"
    gao.ask(lq.ApprovePack(name))
    with pytest.raises(Refused) as error:
        desk_file.core("another", role=zhao.me.role).ask(lq.ApprovePack(name))
    assert code(error) == "pack_approved"
    assert len(zhao.ask(lq.ShowPack(name)).view.approved) == 2


def test_who_stages_need_not_be_one_of_the_two(zhao: Core, gao: Core, desk_file: DeskFile):
    name = staged(zhao, with_window(10))
    gao.ask(lq.ApprovePack(name))
    assert desk_file.core("qian", role=zhao.me.role).ask(lq.ApprovePack(name)).state == "approved"


@pytest.mark.parametrize("who", ["wang", "chen", "sun", "system"])
def test_the_law_is_for_supervisors_and_admins(who: str, zhao: Core, desk_file: DeskFile):
    name, core = staged(zhao, with_window(10)), desk_file.core(who)
    asks: tuple[Ask[Any], ...] = (
        lq.StagePack(with_window(9)),
        lq.ApprovePack(name),
        lq.WithdrawPack(name, "错"),
        lq.ReviewTexts(("P01",)),
    )
    for ask in asks:
        with pytest.raises(Refused) as error:
            core.ask(ask)
        assert code(error) == "no_right"
    assert states(zhao)[name] == "waiting"


def test_a_version_has_one_text(zhao: Core):
    name = staged(zhao, with_window(10))
    with pytest.raises(Refused) as error:
        staged(zhao, with_window(11))
    assert code(error) == "pack_other_text"
    with pytest.raises(Refused) as error:
        staged(zhao, with_window(10))
    assert code(error) == "pack_staged"
    with pytest.raises(Refused) as error:
        staged(zhao, with_window(10, shipped()["CN"][0].version))
    assert code(error) == "pack_other_text"
    assert zhao.bench(pack=name).book.packs["CN"].version == "2026-11-09"


def test_a_withdrawn_version_is_never_in_force_and_may_be_staged_again(
    zhao: Core, gao: Core, desk_file: DeskFile
):
    name = staged(zhao, with_window(10))
    for core in (zhao, gao):
        core.ask(lq.ApprovePack(name))
    with pytest.raises(Refused) as error:
        gao.ask(lq.WithdrawPack(name, "  "))
    assert code(error) == "pack_reason"
    view = gao.ask(lq.WithdrawPack(name, "数字有误，请回电13812345678"))
    assert view.withdrawn is not None
    assert (view.state, view.withdrawn.who) == ("withdrawn", "gao")
    assert "13812345678" not in view.reason and "数字有误" in view.reason
    with pytest.raises(Refused) as error:
        zhao.ask(lq.ApprovePack(name))
    assert code(error) == "pack_withdrawn"
    desk_file.clock.now = NEXT_MONDAY
    assert f"CN@{window(zhao)}" == OWN
    assert zhao.ask(lq.StagePack(with_window(10))).view.approved == ()


def test_what_is_in_force_cannot_be_withdrawn(zhao: Core, gao: Core, desk_file: DeskFile):
    name = activated(zhao, gao, desk_file, with_window(10))
    for said in (name, OWN):
        with pytest.raises(Refused) as error:
            zhao.ask(lq.WithdrawPack(said, "错"))
        assert code(error) == "pack_in_force"


@pytest.mark.parametrize("day", ["2026-11-01", "2036-12-01", "tomorrow", "0001-01-01"])
def test_the_day_is_today_at_the_earliest(day: str, zhao: Core):
    with pytest.raises(Refused) as error:
        staged(zhao, with_window(10), day)
    assert code(error) in ("pack_day", "bad_value")
    assert len(states(zhao)) == 1


def test_without_a_day_it_is_that_of_the_version_or_today(zhao: Core):
    assert zhao.ask(lq.StagePack(with_window(10, "2027-01-01"))).view.day == "2027-01-01"
    assert zhao.ask(lq.StagePack(with_window(10, "2020-01-01"))).view.day == "2026-11-02"


@pytest.mark.parametrize(
    "ask", [lq.StagePack(), lq.StagePack("x", "CN"), lq.StagePack(shipped="QQ"), lq.StagePack("[")]
)
def test_what_cannot_be_staged_leaves_nothing_behind(ask: lq.StagePack, zhao: Core):
    zhao.ask(lq.Packs())
    before = zhao.store.conn.execute("SELECT count(*), (SELECT count(*) FROM pack) FROM pack_step").fetchone()
    with pytest.raises(Refused) as error:
        zhao.ask(ask)
    assert code(error) in ("stage_what", "bad_choice", "bad_pack")
    assert (
        zhao.store.conn.execute("SELECT count(*), (SELECT count(*) FROM pack) FROM pack_step").fetchone()
        == before
    )


def test_a_newer_shipped_version_is_offered_never_taken(zhao: Core, monkeypatch: pytest.MonkeyPatch):
    zhao.ask(lq.Packs())
    pack, text = shipped()["CN"]
    from csdesk.desk.law import staging
    from csdesk.desk.law.packs import parse_pack

    newer = text.replace(f'version = "{pack.version}"', 'version = "2030-01-01"', 1)
    monkeypatch.setattr(staging, "shipped", lambda: {"CN": (parse_pack(newer, "cn"), newer)})
    assert zhao.ask(lq.Packs()).offered == ("CN@2030-01-01",)
    assert f"CN@{window(zhao)}" == OWN
    assert zhao.ask(lq.StagePack(shipped="CN")).view.name == "CN@2030-01-01"
    assert zhao.ask(lq.Packs()).offered == ()


def test_a_jurisdiction_that_only_a_staged_pack_has_works_too(zhao: Core, gao: Core, desk_file: DeskFile):
    text = shipped()["HK"][1].replace('id = "HK"', 'id = "MO"', 1)
    text = "\n".join(line for line in text.splitlines() if not line.startswith("also")) + "\n"
    name = staged(zhao, text)
    assert zhao.bench().book.find("MO") is None
    for core in (zhao, gao):
        core.ask(lq.ApprovePack(name))
    desk_file.clock.now = NEXT_MONDAY
    found = zhao.bench().book.find("MO")
    assert found is not None and found[0].id == "MO"
    assert isinstance(
        zhao.bench().decide({"kind": "jurisdiction", "jurisdiction": "MO", "consumer_residence": "MO"}),
        Decision,
    )


# The law as other processes see it.


def test_a_change_by_another_process_is_seen_and_nothing_is_read_twice(
    zhao: Core, gao: Core, desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    book = zhao.bench().book
    assert zhao.bench().book is book
    name = staged(gao, with_window(10), "2026-11-02")
    gao.ask(lq.ApprovePack(name))
    assert zhao.bench().book is book
    desk_file.core("qian", role=zhao.me.role).ask(lq.ApprovePack(name))
    assert window(zhao) == "2026-11-09"
    monkeypatch.setattr("csdesk.desk.law.law.parse_pack", lambda *_: pytest.fail("read again"))
    assert zhao.bench().book.packs["EU"] is book.packs["EU"]
    assert f"CN@{window(zhao, MONDAY - DAY)}" == OWN


def test_a_text_that_is_no_longer_what_was_staged_is_refused(zhao: Core, desk_file: DeskFile):
    zhao.ask(lq.Packs())
    with file_of(zhao.store.conn) as conn:
        conn.execute(
            "UPDATE pack SET body = CAST(replace(CAST(body AS TEXT), 'count = 7', 'count = 8') AS BLOB)"
            " WHERE id = 'CN'"
        )
    with pytest.raises(Refused) as error:
        desk_file.core("gao").bench()
    assert code(error) == "pack_damaged"


@pytest.mark.parametrize("said", ["CN@1999-01-01", "CN", "?"])
def test_a_pack_that_the_desk_never_had_is_named(said: str, zhao: Core):
    with pytest.raises(Refused) as error:
        zhao.bench(pack=said)
    assert code(error) == "no_such_pack"


def test_a_refused_first_verb_keeps_no_packs_and_the_next_finds_its_law(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),), reason="no_longer_wanted")).case.id
    with pytest.raises(Refused):
        wang.do(Establish(("no_such_fact=1",)), case)
    assert wang.bench().book.packs["CN"].version
    assert wang.store.conn.execute("SELECT count(*) FROM pack").fetchone() == (len(shipped()),)


# Kept rulings.


def test_a_kept_ruling_replays_to_equal_bytes_after_a_newer_pack_is_in_force(
    zhao: Core, gao: Core, desk_file: DeskFile
):
    wang = desk_file.core("wang")
    case = late_return(desk_file, wang)
    wang.do(Approve(override="客户关系"), case)
    kept = wang.ask(q.ShowRulings(case))[-1]

    def again() -> bytes:
        judged = wang.ask(q.ReplayRuling(case, kept.seq)).judged
        assert judged is not None and isinstance(judged.decision, Decision)
        return json.dumps(as_json(judged.decision), ensure_ascii=False).encode()

    before = again()
    activated(zhao, gao, desk_file, with_window(30, "2026-11-20"))
    now = wang.ask(q.ShowVerdict(case)).judged
    assert now is not None and isinstance(now.decision, Decision)
    assert (now.decision.pack, kept.rulings[0].pack) == ("CN 2026-11-20", OWN.replace("@", " "))
    assert again() == before


# Texts that a change touches.


def test_articles_that_cite_what_changes_and_replies_that_rest_on_them_are_flagged_until_reviewed(
    zhao: Core, gao: Core, desk_file: DeskFile
):
    load_knowledge(zhao.store)
    story = zhao.ask(lq.StagePack(text=with_window(10), day="2026-11-09"))
    touched = {text.subject: text for text in story.touched}
    assert {"article/P01", "article/P02"} <= touched.keys()
    assert "article/P37" not in touched
    assert "consumer_rights_law 25(1)" in touched["article/P01"].cites
    replies = [text for text in story.touched if text.kind == "canned"]
    assert replies and all(f"article/{cited}" in touched for text in replies for cited in text.cites)
    assert story == zhao.ask(lq.ShowPack(story.view.name))

    for core in (zhao, gao):
        core.ask(lq.ApprovePack(story.view.name))
    assert zhao.ask(lq.FlaggedTexts()) == []
    desk_file.clock.now = NEXT_MONDAY
    flagged = zhao.ask(lq.FlaggedTexts())
    assert {one.text.subject for one in flagged} == touched.keys()
    assert {(one.pack, one.begins) for one in flagged} == {(story.view.name, NEXT_MONDAY)}

    assert zhao.ask(lq.ReviewTexts(("P01", "canned/" + replies[0].id))) == ["article/P01", replies[0].subject]
    assert {one.text.subject for one in gao.ask(lq.FlaggedTexts())} == touched.keys() - {
        "article/P01",
        replies[0].subject,
    }
    with pytest.raises(Refused) as error:
        zhao.ask(lq.ReviewTexts(("P02", "P01")))
    assert code(error) == "text_not_flagged"
    assert "article/P02" in {one.text.subject for one in gao.ask(lq.FlaggedTexts())}


def test_a_text_that_two_changes_touched_is_reviewed_once(zhao: Core, gao: Core, desk_file: DeskFile):
    load_knowledge(zhao.store)
    activated(zhao, gao, desk_file, with_window(10))
    name = staged(zhao, with_window(12, "2026-11-10"), "2026-11-10")
    for core in (zhao, gao):
        core.ask(lq.ApprovePack(name))
    desk_file.clock.forward(days=1)
    (flag,) = [one for one in zhao.ask(lq.FlaggedTexts()) if one.text.id == "P01"]
    assert flag.pack == name
    zhao.ask(lq.ReviewTexts(("P01",)))
    assert "P01" not in {one.text.id for one in zhao.ask(lq.FlaggedTexts())}


# Open cases under another law.


def late_return(desk_file: DeskFile, core: Core) -> str:
    """A return of headphones asked for on the tenth day after they came: the window ended on the Monday before."""
    desk_file.clock.forward(days=8)
    case = core.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),), reason="no_longer_wanted")).case.id
    core.do(Establish(("product_class=general", "intact=true", "buyer=consumer")), case)
    return case


def test_replay_lists_exactly_the_case_whose_verdict_changes(zhao: Core, desk_file: DeskFile):
    wang = desk_file.core("wang")
    in_time = wang.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),), reason="quality")).case.id
    late = late_return(desk_file, wang)
    gone = late_return(desk_file, wang)
    wang.do(Withdraw(), gone)
    page = zhao.ask(lq.ReplayCases(text=with_window(30)))
    assert (page.seen, page.next) == (2, "")
    (changed,) = page.changed
    assert (changed.case, changed.line) == (late, 1) and changed.case != in_time
    told = {(one.part, one.name): (one.before, one.after) for one in changed.differences}
    assert told["outcome", ""] == ("ineligible", "eligible")
    last = told["deadline", "return_request"]
    assert [str(day) for day in last] == ["2026-11-09", "2026-11-30"]
    # The same day under its other name would be said twice.
    assert ("answer", "window_last_day") not in told
    assert zhao.ask(lq.ReplayCases(text=with_window(7, "2026-11-20"))).changed == ()


def test_replay_goes_page_by_page_over_snoozed_cases_too_and_changes_nothing(zhao: Core, desk_file: DeskFile):
    wang = desk_file.core("wang")
    for _ in range(5):
        late_return(desk_file, wang)
        desk_file.clock.forward(days=-8)
    desk_file.clock.forward(days=8)
    first = zhao.ask(q.QueuePage()).pop(0)
    wang.do(Snooze(2), first.id)
    before = list(zhao.store.conn.execute("SELECT id, version, snapshot FROM cases ORDER BY id"))
    seen: list[str] = []
    after, rounds = "", 0
    while True:
        page = zhao.ask(lq.ReplayCases(text=with_window(30), after=after, limit=2))
        seen += [told.case for told in page.changed]
        after, rounds = page.next, rounds + 1
        if not after:
            break
    assert (len(seen), len(set(seen)), rounds) == (5, 5, 3)
    assert list(zhao.store.conn.execute("SELECT id, version, snapshot FROM cases ORDER BY id")) == before


def test_replay_of_a_staged_pack_of_a_queue_and_of_a_day(zhao: Core, gao: Core, desk_file: DeskFile):
    case = late_return(desk_file, desk_file.core("wang"))
    name = staged(zhao, with_window(30, "2026-11-20"), "2026-11-20")
    (changed,) = zhao.ask(lq.ReplayCases(pack=name)).changed
    assert changed.case == case
    assert zhao.ask(lq.ReplayCases(pack=name, queue="returns")).seen == 1
    assert zhao.ask(lq.ReplayCases(pack=name, queue="complaints")).seen == 0
    for core in (zhao, gao):
        core.ask(lq.ApprovePack(name))
    assert zhao.ask(lq.ReplayCases(on="2026-11-19")).changed == ()
    assert [told.case for told in zhao.ask(lq.ReplayCases(on="2026-11-20")).changed] == [case]


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lq.ReplayCases(), "replay_what"),
        (lq.ReplayCases(pack=OWN, text="x"), "replay_what"),
        (lq.ReplayCases(pack="CN@1999-01-01"), "no_such_pack"),
        (lq.ReplayCases(text="["), "bad_pack"),
        (lq.ReplayCases(on="soon"), "bad_value"),
        (lq.ReplayCases(on="2026-12-01", queue="nowhere"), "unknown_queue"),
    ],
)
def test_replay_says_what_it_cannot_do(ask: lq.ReplayCases, told: str, zhao: Core):
    with pytest.raises(Refused) as error:
        zhao.ask(ask)
    assert code(error) == told


# Calendars.


def test_a_year_in_the_desks_own_folder_is_published(zhao: Core, tmp_path: Path):
    assert ("CN", (2027,)) in zhao.ask(lq.Packs()).unconfirmed
    folder = tmp_path / "calendars"
    folder.mkdir()
    year = {"year": 2027, "days": [{"date": "2027-01-01", "isOffDay": True, "name": "元旦"}]}
    (folder / "2027.json").write_text(json.dumps(year), encoding="utf-8")
    law = Law(zhao.store, zhao.zone, zhao.now, folder)
    assert 2027 in law.book(zhao.now()).calendars["CN"].notices


@pytest.mark.parametrize(
    "text", ['{"year": 2027', '{"year": 2027, "days": [{"date": "2025-01-01", "isOffDay": true}]}']
)
def test_a_calendar_file_that_cannot_be_used_is_named(text: str, zhao: Core, tmp_path: Path):
    (tmp_path / "2027.json").write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as error:
        Law(zhao.store, zhao.zone, zhao.now, tmp_path).book(zhao.now())
    assert code(error) == "bad_calendar"
    assert "2027.json" in str(error.value.detail["said"])


def test_a_folder_that_is_not_there_is_named(zhao: Core, tmp_path: Path):
    with pytest.raises(Refused) as error:
        Law(zhao.store, zhao.zone, zhao.now, tmp_path / "none").book(zhao.now())
    assert (code(error), str(tmp_path / "none") in str(error.value.detail["said"])) == ("bad_calendar", True)
