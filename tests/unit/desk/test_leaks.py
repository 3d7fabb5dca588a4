"""Leaks: canaries that tell on whoever touches them, who saw whom, a leak from finding to closing, its notices."""

import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from csdesk import resources
from csdesk.desk import leak_queries as q
from csdesk.desk.audit_queries import AuditLog
from csdesk.desk.board_queries import Board
from csdesk.desk.caller_queries import VerifyCaller
from csdesk.desk.core import Core
from csdesk.desk.desk import Ask
from csdesk.desk.leak_duties import duties
from csdesk.desk.leak_notices import RECIPIENTS, notice
from csdesk.desk.leak_words import urgent
from csdesk.desk.look_queries import Reveal
from csdesk.desk.queries import FindOrders, Hold, QueueCounts, ShowCase, ShowOrder
from csdesk.desk.report_queries import Report
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.opening import Open
from csdesk.domain.leaking import CAUSES, CLEAR, FIELDS, MASKED, MESSAGES, SEVERITIES, STEPS, Sighting, ranked
from csdesk.domain.roles import Right, Role, may
from csdesk.store import canaries, leaks
from csdesk.store.audit import Audited, audit
from csdesk.store.connection import write
from csdesk.store.verify import verify
from csdesk.tui.screens.board_lines import need_entries
from tests.building import DAY, HOUR, ZONE, DeskFile

BAIT = "13000000001"


def refused(core: Core, ask: Ask[Any]) -> str:
    with pytest.raises(Refused) as error:
        core.ask(ask)
    return error.value.code


def planted(file: DeskFile) -> q.CanaryView:
    like = file.order(number="W20261102001")
    return file.core("sun").ask(q.PlantCanary("王小雨", BAIT, like, address="上海市徐汇区漕溪北路8号"))


EVERY = (
    q.SeenBy("x"), q.Exports(), q.PlantCanary("a", BAIT, "x"), q.Canaries(), q.CanaryAlarms(), q.OpenLeak("a", ""),
    q.DescribeLeak("x"), q.StepLeak("x", "noted"), q.AddLeaked("x", ("1",)), q.ShowLeak("x"), q.Leaks(),
    q.Suspects("x"),
)  # fmt: skip


def test_leaks_are_for_those_who_oversee_and_hidden_from_those_they_may_be_about(desk_file: DeskFile):
    assert {role.value for role in Role if may(role, Right.LEAKS)} == {"supervisor", "auditor", "admin"}
    for who in ("wang", "chen"):
        core = desk_file.core(who)
        assert {refused(core, ask) for ask in EVERY} == {"no_right"}
    assert desk_file.core("chen").ask(Board()).urgent is None


def test_an_agent_cannot_tell_a_canary_from_a_customer(desk_file: DeskFile):
    made, wang = planted(desk_file), desk_file.core("wang")
    real = desk_file.order(number="W20261102002")
    bait, other = (wang.ask(ShowOrder(number)) for number in (made.order, real))
    assert bait.person is not None
    assert (bait.person.name, bait.person.phone) == ("王*", "130****0001")
    assert [one.sku for one in bait.order.lines] == [one.sku for one in other.order.lines]
    assert len(made.order) == len(real)
    assert bait.row.signed_at < desk_file.clock() - 200 * DAY
    assert [one.order.number for one in wang.ask(FindOrders(BAIT))] == [made.order]
    raw = Path(str(desk_file.path)).read_bytes()
    assert not [said for said in ("王小雨", BAIT) if said.encode() in raw]
    marks = wang.store.conn.execute("SELECT mark, owner FROM canary").fetchall()
    assert made.person not in {text for row in marks for text in row}


def test_a_canary_is_in_no_queue_and_no_report(desk_file: DeskFile):
    core = desk_file.core("zhao")

    def counted() -> tuple[Any, ...]:
        day = "2026-11-02"
        return core.ask(QueueCounts()), core.ask(Report(day, day)), core.ask(Board()).queues

    before = counted()
    planted(desk_file)
    assert counted() == before


def test_whoever_touches_a_canary_raises_an_alarm(desk_file: DeskFile):
    made, wang, zhao = planted(desk_file), desk_file.core("wang"), desk_file.core("zhao")
    assert zhao.ask(q.CanaryAlarms()) == []
    wang.ask(FindOrders(made.order))  # a hit that nobody opens is none
    assert zhao.ask(q.CanaryAlarms()) == []
    wang.ask(ShowOrder(made.order))
    wang.ask(ShowOrder(made.order))  # a repainted screen is no second alarm
    wang.ask(VerifyCaller(order=made.order, phone=BAIT))
    case = wang.do(Open(Kind.INQUIRY, made.order)).case
    wang.ask(Hold(case.id))
    wang.ask(ShowCase(case.id))
    wang.ask(Reveal(case.id, "call_back"))
    told = zhao.ask(q.CanaryAlarms())
    assert sorted(one.how for one in told) == ["caller", "case", "look", "order"]
    assert {(one.actor, one.order) for one in told} == {("wang", made.order)}
    assert zhao.ask(q.Canaries())[0].touched == 4
    on_board = zhao.ask(Board()).urgent
    assert on_board is not None
    assert on_board.touched == {"wang": 4}
    (line,) = urgent(on_board, Words("zh-Hans", zhao.zone), zhao.now())
    assert line[1].startswith("wang 一天内碰到诱饵信息 4 次")
    (entry,) = [
        one
        for one in need_entries(zhao.ask(Board()), Words("zh-Hans", zhao.zone), ())
        if one.id == "leak:wang"
    ]
    assert entry.told["told"] == (f"! {line[1]}", "late")
    desk_file.clock.forward(days=2)
    assert zhao.ask(Board()).urgent == q.Urgent({}, ())
    wang.ask(ShowOrder(made.order))
    assert len(zhao.ask(q.CanaryAlarms())) == 5


def test_a_canary_needs_a_number_of_the_desks_own(desk_file: DeskFile):
    sun, like = desk_file.core("sun"), desk_file.order()
    assert refused(sun, q.PlantCanary("王小雨", "13812345678", like)) == "canary_known"
    assert refused(sun, q.PlantCanary("王小雨", "138", like)) == "canary_phone"
    assert refused(sun, q.PlantCanary(" ", BAIT, like)) == "empty_text"
    assert refused(sun, q.PlantCanary("王小雨", BAIT, "none")) == "no_such_order"
    assert refused(sun, q.PlantCanary("王小雨", BAIT, desk_file.order(number="NOPE"))) == "canary_number"
    assert sun.ask(q.Canaries()) == []


def test_who_saw_a_person_is_one_question_over_every_record(desk_file: DeskFile):
    order = desk_file.order(number="W77001122")
    wang, li = desk_file.core("wang"), desk_file.core("li")
    case = desk_file.core("chen").do(Open(Kind.RETURN, order, (LineQty(1, 1),))).case
    li.ask(Hold(case.id))  # reads, and does nothing
    desk_file.clock.forward(hours=1)
    wang.ask(Hold(case.id))
    wang.ask(Reveal(case.id, "call_back"))
    wang.ask(VerifyCaller(order=order, phone="13812345678"))
    found = desk_file.core("sun").ask(q.SeenBy(case.id))
    assert {(one.actor, one.how) for one in found} == {
        ("chen", "worked"),
        ("li", "held"),
        ("wang", "held"),
        ("wang", "look"),
        ("wang", "caller"),
    }
    (look,) = [one for one in found if one.how == "look"]
    assert (look.fields, look.why, look.number) == (("phone",), "call_back", wang.number(case))
    wang.ask(Hold(case.id))  # a renewal is nothing new
    assert desk_file.core("sun").ask(q.SeenBy(case.id)) == found


def test_who_saw_most_of_them_in_clear_and_few_others_did_comes_first():
    def saw(actor: str, persons: str, how: str, *fields: str) -> list[Sighting]:
        return [Sighting(actor, one, at, how, fields) for at, one in enumerate(persons, 1)]

    seen = [
        *saw("insider", "abcd", "look", "phone"),
        *saw("busy", "ab", "held"),
        *saw("other", "abcd", "look", "email"),  # not what leaked
        *saw("boss", "abcd", "export"),
    ]
    found = ranked(seen, ("phone",))
    assert [one.actor for one in found] == ["insider", "busy", "boss", "other"]
    assert (found[0].saw, found[0].clear, found[0].first, found[0].last) == (4, 4, 1, 4)
    assert found[0].score == round(2 * CLEAR / 4 + 2 * CLEAR / 3, 3)
    assert found[1].score == round(2 * MESSAGES / 4, 3)
    # Of orders whoever has a case sees all; then it is the export of their numbers that counts as well.
    assert Sighting("a", "p", 1, "held", ("messages", "order")).strength(("order",)) == CLEAR
    assert Sighting("a", "p", 1, "export", ("order",)).strength(("phone",)) == MASKED
    assert Sighting("a", "p", 1, "file", ("file",)).strength(("phone",)) == CLEAR
    assert (found[3].clear, found[3].score) == (0, round(2 * MASKED / 4 + 2 * MASKED / 3, 3))


@pytest.fixture
def leaked(desk_file: DeskFile) -> str:
    """A leak of three persons, whom wang looked at; li looked at one of them."""
    wang, li, listed = desk_file.core("wang"), desk_file.core("li"), list[str]()
    for n in range(3):
        phone = f"1390000000{n}"
        order = desk_file.order(number=f"W8800{n}", customer=desk_file.customer(f"顾客{n}", phone=phone))
        case = wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),))).case
        wang.ask(Hold(case.id))
        wang.ask(Reveal(case.id, "call_back"))
        if n == 1:
            desk_file.clock.forward(hours=1)
            li.ask(Hold(case.id))
            li.ask(Reveal(case.id, "call_back"))
        listed.append(phone if n else order)
    desk_file.clock.forward(hours=5)
    sun = desk_file.core("sun")
    leak = sun.ask(q.OpenLeak("群里在卖客户电话", "", ("phone",), how="有人报料")).number
    found = sun.ask(q.AddLeaked(leak, (*listed, "13999999999", "不是号码")))
    assert (found.found, found.again, found.unknown, found.canaries) == (3, 0, 2, ())
    assert "顾* 139****0000" in found.shown
    return leak


def test_a_leak_says_who_saw_all_of_them(leaked: str, desk_file: DeskFile):
    sun = desk_file.core("sun")
    first, second = sun.ask(q.Suspects(leaked))
    assert (first.actor, first.saw, first.clear) == ("wang", 3, 3)
    assert (second.actor, second.saw, second.clear) == ("li", 1, 1)
    assert first.how == {"look": 3, "held": 3, "worked": 3}
    assert first.score > 2 * second.score
    again = sun.ask(q.AddLeaked(leaked, ("13900000001",)))
    assert (again.found, again.again) == (0, 1)
    # What happened after it was found points at nobody.
    desk_file.clock.forward(hours=1)
    desk_file.core("chen").do(Open(Kind.INQUIRY, "W88001"))
    assert len(sun.ask(q.Suspects(leaked))) == 2


def test_a_list_is_looked_up_within_bounds_and_a_canary_in_it_is_named(leaked: str, desk_file: DeskFile):
    sun, made = desk_file.core("sun"), planted(desk_file)
    assert sun.ask(q.AddLeaked(leaked, (BAIT,))).canaries == (made.order,)
    assert sun.ask(q.ShowLeak(leaked)).canaries == (made.order,)
    assert refused(sun, q.AddLeaked(leaked, ())) == "leak_list_empty"
    assert refused(sun, q.AddLeaked(leaked, tuple(map(str, range(5_001))))) == "leak_list_long"
    facts = leaks.facts(sun.store.conn, sun.desk, sun.store.people, leaked)
    assert [fact.what for fact in facts] == [
        "opened",
        "listed",
        "listed",
    ]  # each look-up that was made is one
    (raw,) = sun.store.conn.execute("SELECT sealed FROM leak_fact WHERE seq = 1").fetchone()
    assert "群里".encode() not in raw


def test_what_is_owed_is_counted_from_when_it_was_found(leaked: str, desk_file: DeskFile):
    sun = desk_file.core("sun")
    view = sun.ask(q.ShowLeak(leaked))
    assert [(one.code, (one.due - view.found_at) // HOUR, one.basis) for one in view.duties] == [
        ("contain", 2, "policy"),
        ("tell_authority", 24, "policy"),
        ("tell_people", 72, "policy"),
    ]
    rated = sun.ask(q.DescribeLeak(leaked, severity="larger"))
    (report,) = [one for one in rated.duties if one.code == "report_incident"]
    assert ((report.due - view.found_at) // HOUR, report.basis, report.secondary) == (4, "law", True)
    assert report.articles == ("cyber_incident_measures",)
    on_board = desk_file.core("gao").ask(Board()).urgent
    assert on_board is not None
    assert on_board.due == ((leaked, "contain", view.found_at + 2 * HOUR),)


def test_the_four_hours_are_those_of_the_pack():
    pack = tomllib.loads(resources.path("data/packs/cn.toml").read_text(encoding="utf-8"))
    (there,) = pack["provisions"]["cyber_incident_report"]
    (here,) = [one for one in duties() if one.code == "report_incident"]
    assert (here.minutes, here.articles) == (there["minutes"], tuple(there["articles"]))


def test_a_leak_is_closed_when_all_is_done_and_silence_towards_people_has_its_ground(
    leaked: str, desk_file: DeskFile
):
    sun = desk_file.core("sun")
    assert refused(sun, q.StepLeak(leaked, "waived_people", "已追回")) == "leak_waive"
    assert refused(sun, q.StepLeak(leaked, "contained")) == "leak_said"
    sun.ask(q.StepLeak(leaked, "contained", "已停用账号，名单已删除"))
    assert refused(sun, q.StepLeak(leaked, "waived_people", " ")) == "leak_said"
    with pytest.raises(Refused) as error:
        sun.ask(q.StepLeak(leaked, "closed"))
    assert (error.value.code, error.value.detail["duties"]) == (
        "leak_duties",
        ("tell_authority", "tell_people"),
    )
    assert Words("zh-Hans", sun.zone).refused(error.value).startswith("还不能结案，尚未办理：通知主管部门")
    sun.ask(q.StepLeak(leaked, "told_authority", count=1))
    sun.ask(q.StepLeak(leaked, "waived_people", "名单未传出，已全部收回"))
    closed = sun.ask(q.StepLeak(leaked, "closed"))
    assert (closed.state, closed.open) == ("closed", False)
    assert refused(sun, q.StepLeak(leaked, "noted", "后来")) == "leak_closed"
    assert refused(sun, q.ShowLeak("LK-0000-0000")) == "no_such_leak"
    assert refused(sun, q.ShowLeak("?")) == "no_such_leak"
    drafted = "\n".join(notice(closed, Words("zh-Hans", sun.zone), "authority"))
    assert "决定不通知个人，理由：名单未传出，已全部收回" in drafted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("to", RECIPIENTS)
def test_a_notice_has_the_three_items_and_marks_what_is_not_known(
    leaked: str, desk_file: DeskFile, language: Any, to: str
):
    sun = desk_file.core("sun")
    words = Words(language, sun.zone)
    empty = list(notice(sun.ask(q.ShowLeak(leaked)), words, to))
    assert empty[0] == words("leak.notice.draft")
    for missing in ("contained", "contact"):
        assert any(words(f"leak.blank.{missing}") in line for line in empty)
    sun.ask(q.DescribeLeak(leaked, cause="insider", contact="个人信息保护负责人 400-000-0000"))
    view = sun.ask(q.StepLeak(leaked, "contained", "已停用账号"))
    told = "\n".join(notice(view, words, to))
    coded = [f"leak_{group}.phone" for group in ("field", "harm", "advice")]
    wanted = [words(one) for one in (*coded, "leak_cause.insider")]
    for part in (*wanted, "已停用账号", "400-000-0000", words.cites(("personal_information_law 57(1)",))):
        assert part in told
    blanks = [
        words("leak.notice.blank", what=words(f"leak.blank.{what}"))
        for what in ("cause", "contained", "contact")
    ]
    assert not [blank for blank in blanks if blank in told]
    # How it was found out, and who is suspected, is nothing for the customers.
    assert ("有人报料" in told) == (to == "authority")
    assert "wang" not in told


def test_every_code_of_a_leak_has_its_words():
    for language in LANGUAGES:
        words = Words(language, ZoneInfo(ZONE))
        groups = {"field": FIELDS, "harm": FIELDS, "advice": FIELDS, "cause": CAUSES, "severity": SEVERITIES}
        groups |= {
            "step": (*STEPS, "opened", "described", "listed", "traced"),
            "duty": tuple(d.code for d in duties()),
        }
        groups |= {"how": ("look", "file", "bundle", "caller", "held", "worked", "export")}
        groups |= {"touch": ("look", "order", "case", "caller", "export", "bundle")}
        assert not [
            f"{g}.{c}" for g, codes in groups.items() for c in codes if not words.has(f"leak_{g}.{c}")
        ]


@pytest.mark.parametrize(
    ("change", "sort"),
    [
        ("UPDATE leak_fact SET actor = 'li' WHERE seq = 2", "leak"),
        ("UPDATE leak_fact SET sealed = x'00' WHERE seq = 1", "leak"),
        ("DELETE FROM leak_fact WHERE seq = 1", "leak"),
        ("UPDATE canary_touch SET actor = 'li'", "touch"),
        ("UPDATE holding SET at = at - 1 WHERE actor = 'wang' AND seq = 1", "holding"),
        ("DELETE FROM holding WHERE actor = 'wang' AND seq = 1", "holding"),
    ],
)
def test_what_is_on_record_cannot_be_changed_unseen(leaked: str, desk_file: DeskFile, change: str, sort: str):
    core, made = desk_file.core("wang"), planted(desk_file)
    core.ask(ShowOrder(made.order))
    assert list(verify(core.store)) == []
    assert list(audit(core.store.conn, core.desk, Audited())) == []
    with write(core.store.conn) as conn:
        conn.execute(change)
    assert {finding.code for finding in verify(core.store)} == {sort}
    assert {fault.sort for fault in audit(core.store.conn, core.desk, Audited())} == {sort}


def test_a_persons_marks_are_of_the_desks_key(desk_file: DeskFile):
    people = desk_file.store().people
    assert canaries.mark(people, "a") == canaries.mark(people, "a") != canaries.mark(people, "b")


def test_the_log_of_deeds_tells_nobody_that_they_touched_a_canary(desk_file: DeskFile):
    made, wang = planted(desk_file), desk_file.core("wang")
    wang.ask(ShowOrder(made.order))
    assert wang.ask(AuditLog(of="wang")).entries == ()
