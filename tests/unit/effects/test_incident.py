"""An incident on a real desk: who fits joins, one notice to each, late joiners, one decision with a result per case."""

import re

import pytest

from csdesk.desk import bulk_answers
from csdesk.desk.bulk_queries import RunItems, Runs
from csdesk.desk.core import Core
from csdesk.desk.incident_queries import AttachFitting, Fitting, IncidentsFor, MembersPage, ShowIncident
from csdesk.desk.queries import Hold
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.incident import (
    CloseIncident,
    DecideMembers,
    DescribeCause,
    InformMembers,
    JoinIncident,
)
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import TakeBack
from csdesk.effects.worker import Worker
from csdesk.store import incidents
from csdesk.store.connection import write
from csdesk.store.incidents import Wanted
from tests.building import DeskFile, line
from tests.unit.effects.conftest import Outside, a_worker

TEXT = "您好，工单 {case_number} 的包裹由申通承运，该公司华东暂时停运。"


def shipped(desk_file: DeskFile, carrier: str, name: str = "客户") -> str:
    """An order on its way with a carrier."""
    number = desk_file.order(line(), customer=desk_file.customer(name), status="shipped")
    store = desk_file.store()
    (id_,) = store.conn.execute("SELECT id FROM orders WHERE number = ?", (number,)).fetchone()
    with write(store.conn) as conn:
        conn.execute(
            "INSERT INTO shipment VALUES (?,?,1,?,?,'1',0,0,'')",
            (store.desk.id, id_, carrier, f"77{number[1:]}"),
        )
    store.close()
    return number


def complaint(core: Core, order: str, kind: Kind = Kind.COMPLAINT, **data: str) -> Case:
    reason = "delivery" if kind is Kind.COMPLAINT else "other"
    return core.do(Open(kind, order, reason=reason, **data)).case  # type: ignore[arg-type]


def declared(core: Core, **criteria: str) -> Case:
    case = core.do(Open(Kind.INCIDENT, reason="carrier_stopped")).case
    said = criteria or {"carrier": "申通"}
    return core.do(DescribeCause("申通华东停运", **said), case.id).case  # type: ignore[arg-type]


def work(worker: Worker, desk_file: DeskFile, seconds: int = 0) -> None:
    """What is due; a moment passes at least, since runs and verbs stand in the order of their time."""
    desk_file.clock.forward(seconds=seconds)
    while worker.turn():
        desk_file.clock.forward(ms=1)
    desk_file.clock.forward(ms=1)


@pytest.fixture
def flood(desk_file: DeskFile) -> tuple[Core, Case, list[Case], list[Case]]:
    """wang's desk, an incident, 40 complaints that fit it and 20 that do not."""
    wang = desk_file.core("wang")
    names = ("申通", "申通快递", "STO Express(杭州)", "sto")
    ours = [complaint(wang, shipped(desk_file, names[n % 4], f"客户{n}")) for n in range(40)]
    others = [complaint(wang, shipped(desk_file, "中通", f"路人{n}")) for n in range(20)]
    return wang, declared(wang), ours, others


def test_all_that_fit_join_get_one_notice_and_late_joiners_get_it_late(
    desk_file: DeskFile, outside: Outside, worker: Worker, flood: tuple[Core, Case, list[Case], list[Case]]
):
    wang, incident, ours, others = flood
    seen = wang.ask(ShowIncident(incident.id))
    assert (seen.fitting, seen.counted, seen.members.open) == (40, True, 0)
    assert wang.ask(AttachFitting(incident.id)).total == 40
    work(worker, desk_file)
    assert {wang.load(case.id)[0].incident for case in ours} == {incident.id}
    assert {wang.load(case.id)[0].incident for case in others} == {""}
    with pytest.raises(Refused, match="none_fit"):
        wang.ask(AttachFitting(incident.id))
    told = wang.do(InformMembers(TEXT), incident.id)
    assert told.case.state == "informed"
    late = complaint(wang, shipped(desk_file, "申通", "后来的"))
    wang.do(JoinIncident(told.number), late.id)
    # While the run goes on its members count as told: nobody is told a second time by the late notice.
    assert wang.ask(ShowIncident(incident.id)).members.uninformed == 1
    desk_file.clock.forward(ms=1)
    wang.do(InformMembers(which="late"), incident.id)
    with pytest.raises(Refused, match="all_informed"):
        wang.do(InformMembers(which="late"), incident.id)
    work(worker, desk_file)
    work(worker, desk_file, seconds=11)
    letters = [text for _, _, text, _ in outside.letters]
    assert len(letters) == len(set(letters)) == 41
    numbers = {found[0] for text in letters if (found := re.search(r"CP-\w{4}-\w{4}", text))}
    assert numbers == {wang.number(case) for case in (*ours, late)}
    runs = wang.ask(Runs(incident.id))
    assert [(run.verb, run.counts["done"]) for run in runs] == [
        ("reply", 1),
        ("reply", 40),
        ("join_incident", 40),
    ]


def test_a_notice_also_reaches_a_customer_whose_case_a_colleague_has_open(
    desk_file: DeskFile, worker: Worker, outside: Outside
):
    wang, li = desk_file.core("wang"), desk_file.core("li")
    incident, case = declared(wang), complaint(wang, shipped(desk_file, "申通"))
    wang.do(JoinIncident(wang.number(incident)), case.id)
    li.ask(Hold(case.id))
    with pytest.raises(Refused, match="held_by"):
        wang.do(Reply("我来回答"), case.id)
    wang.do(InformMembers(TEXT), incident.id)
    work(worker, desk_file)
    assert len([message for message in wang.load(case.id)[0].messages if message.direction == "out"]) == 1


def test_a_worker_that_dies_between_steps_sends_nothing_twice_and_leaves_nothing_out(
    desk_file: DeskFile, outside: Outside, flood: tuple[Core, Case, list[Case], list[Case]]
):
    wang, incident, ours, _ = flood
    wang.ask(AttachFitting(incident.id))
    system = desk_file.core("system")
    (joining,) = wang.ask(Runs(incident.id))
    # Carried out, and dead before it said so of its job: the next worker begins where the items say.
    assert not bulk_answers.step(system, joining.id)
    work(a_worker(desk_file, outside), desk_file)
    wang.do(InformMembers(TEXT), incident.id, key="once")
    assert wang.do(InformMembers(TEXT), incident.id, key="once").again
    notice = wang.ask(Runs(incident.id))[0]
    assert not bulk_answers.step(system, notice.id)
    work(a_worker(desk_file, outside), desk_file, seconds=60)
    work(a_worker(desk_file, outside), desk_file, seconds=60)
    assert len(outside.letters) == len({key for key, *_ in outside.letters}) == len(ours)


def test_one_decision_gives_each_case_its_own_result(
    desk_file: DeskFile, worker: Worker, flood: tuple[Core, Case, list[Case], list[Case]]
):
    wang, incident, ours, _ = flood
    inquiry = complaint(wang, shipped(desk_file, "申通", "问一问"), Kind.INQUIRY)
    wang.ask(AttachFitting(incident.id))
    work(worker, desk_file, seconds=1)
    wang.do(DecideMembers("acknowledge"), incident.id)
    work(worker, desk_file)
    (run, _) = wang.ask(Runs(incident.id))
    assert (run.counts["done"], run.counts["refused"]) == (40, 1)
    (refused,) = wang.ask(RunItems(run.id))
    assert (refused.case, refused.why) == (inquiry.id, "wrong_state")
    assert {wang.load(case.id)[0].state for case in ours} == {"acknowledged"}
    # Once more is for those alone to which it was not done.
    wang.do(DecideMembers("acknowledge"), incident.id)
    assert wang.ask(Runs(incident.id))[0].total == 1
    work(worker, desk_file)
    # Money keeps its limits case by case: above an agent's own a second person looks at each.
    wang.do(DecideMembers("compensate", ("minor=6000", "reason=inconvenience")), incident.id)
    work(worker, desk_file)
    states = [wang.load(case.id)[0].refunds[-1].state for case in ours]
    assert states == ["awaiting"] * 40


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (DecideMembers("fly"), "unknown_verb"),
        (DecideMembers("withdraw"), "not_in_bulk"),
        (DecideMembers("reply", ("text=x",)), "not_a_decision"),
        (DecideMembers("leave_incident"), "not_a_decision"),
        (DecideMembers("compensate"), "field_missing"),
        (DecideMembers("compensate", ("minor=viel",)), "bad_value"),
        (DecideMembers("assign", ("to_agent=li",)), "no_right"),
        (InformMembers(), "empty_text"),
        (InformMembers("x" * 5001), "text_too_long"),
    ],
)
def test_what_cannot_be_carried_out_begins_nothing(desk_file: DeskFile, command: object, code: str):
    wang = desk_file.core("wang")
    incident = declared(wang)
    wang.do(JoinIncident(incident.id), complaint(wang, shipped(desk_file, "申通")).id)
    with pytest.raises(Refused, match=code):
        wang.do(command, incident.id)  # type: ignore[arg-type]
    assert wang.ask(Runs(incident.id)) == []
    assert wang.load(incident.id)[0].errands == ()


def test_a_case_joins_an_open_incident_only_and_takes_it_back(desk_file: DeskFile):
    wang = desk_file.core("wang")
    incident, case = declared(wang), complaint(wang, shipped(desk_file, "申通"))
    with pytest.raises(Refused, match="no_open_incident"):
        wang.do(JoinIncident(case.id), case.id)
    wang.do(JoinIncident(wang.number(incident)), case.id)
    assert wang.do(TakeBack(), case.id).case.incident == ""
    assert [one.id for one in wang.ask(IncidentsFor(case.id))] == [incident.id]
    wang.do(CloseIncident(), incident.id)
    with pytest.raises(Refused, match="no_open_incident"):
        wang.do(JoinIncident(incident.id), case.id)
    assert wang.ask(IncidentsFor(case.id)) == []


def test_it_ends_with_uninformed_members_only_for_a_reason(desk_file: DeskFile):
    wang = desk_file.core("wang")
    incident = declared(wang)
    wang.do(JoinIncident(incident.id), complaint(wang, shipped(desk_file, "申通")).id)
    with pytest.raises(Refused, match="members_uninformed"):
        wang.do(CloseIncident(), incident.id)
    assert not wang.do(CloseIncident("逐个致电"), incident.id).case.open


def test_joining_disturbs_nobody_who_works_on_the_case(desk_file: DeskFile, worker: Worker):
    from csdesk.desk.queries import Hold

    wang, li = desk_file.core("wang"), desk_file.core("li")
    incident, case = declared(wang), complaint(wang, shipped(desk_file, "申通"))
    li.ask(Hold(case.id))
    wang.ask(AttachFitting(incident.id))
    work(worker, desk_file)
    assert wang.load(case.id)[0].incident == incident.id


@pytest.mark.parametrize(
    ("criteria", "fits"),
    [
        ({"carrier": "申通"}, {"sto"}),
        ({"carrier": "STO"}, {"sto"}),
        ({"reason": "delivery"}, {"sto", "zto", "loose"}),
        ({"carrier": "申通", "kinds": "inquiry"}, set()),
        ({"reason": "delivery", "kinds": "complaint"}, {"sto", "zto", "loose"}),
        ({"channel": "chat"}, {"loose"}),
        ({"words": "华东 停运"}, {"loose"}),
        ({"words": "停运", "channel": "phone"}, set()),
        ({"merchant": "mute"}, set()),
        ({"merchant": "shop"}, {"sto", "zto"}),
        ({"sku": "EAR-2"}, {"sto", "zto"}),
        ({"sku": "EAR-3"}, set()),
        ({"reason": "delivery", "since": "2026-11-02 10:00"}, {"zto", "loose"}),
        ({"reason": "delivery", "until": "2026-11-02 10:00"}, {"sto"}),
        ({"reason": "delivery", "since": "2026-11-03"}, set()),
    ],
)
def test_each_criterion_tells_cases_apart_alike_for_all_and_for_one(
    desk_file: DeskFile, criteria: dict[str, str], fits: set[str]
):
    wang = desk_file.core("wang")
    desk_file.clock.forward(ms=-1)
    cases = {"sto": complaint(wang, shipped(desk_file, "申通快递"))}
    desk_file.clock.forward(ms=1)
    cases["zto"] = complaint(wang, shipped(desk_file, "ZTO"))
    cases["loose"] = complaint(wang, "", channel="chat", summary="听说申通华东停运了，我的包裹呢")
    kinds = tuple(filter(None, [criteria.pop("kinds", "")]))
    incident = wang.do(Open(Kind.INCIDENT)).case
    wang.do(DescribeCause("起因", kinds=kinds, **criteria), incident.id)
    names = {case.id: name for name, case in cases.items()}
    assert {names[row.id] for row in wang.ask(Fitting(incident.id))} == fits
    assert {name for name, case in cases.items() if wang.ask(IncidentsFor(case.id))} == fits


def test_pages_of_what_fits_and_of_members_follow_one_another(desk_file: DeskFile, worker: Worker):
    wang = desk_file.core("wang")
    cases = [complaint(wang, shipped(desk_file, "申通", f"客户{n}")) for n in range(7)]
    incident = declared(wang)

    def ids(page: type, **data: str) -> list[str]:
        found: list[str] = []
        while rows := wang.ask(page(incident.id, after=found[-1] if found else "", limit=3, **data)):
            found += [row.id for row in rows]
        return found

    assert sorted(ids(Fitting)) == sorted(case.id for case in cases)
    wang.ask(AttachFitting(incident.id))
    work(worker, desk_file)
    assert ids(Fitting) == []
    assert sorted(ids(MembersPage, which="uninformed")) == sorted(case.id for case in cases)
    with pytest.raises(Refused, match="bad_choice"):
        ids(MembersPage, which="some")
    with pytest.raises(Refused, match="not_an_incident"):
        wang.ask(ShowIncident(cases[0].id))


def test_no_look_for_cases_reads_the_whole_desk(desk_file: DeskFile):
    from csdesk.domain.cases.causes import Criteria

    conn = desk_file.core("wang").store.conn
    asked = Criteria(("complaint",), "delivery", "申通", "EAR-2", "m", "chat", "停运", 1, 2)
    where, values = Wanted(asked, ("申通", "sto"), b"k" * 32).where()
    plans = [
        (incidents.fitting_sql(where, channel=True), ("main", "", "g", *values, 500)),
        (
            f"SELECT count(*){incidents._MEMBERS}{incidents._OPEN}{incidents._untouched(['r'])}",
            ("main", "i", "r"),
        ),
    ]
    for sql, bound in plans:
        plan = [row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}", bound)]
        assert plan
        assert not [step for step in plan if step.startswith("SCAN")], plan
        assert "USE TEMP B-TREE" not in " ".join(plan)


def test_what_fits_is_told_of_one_case_only_while_it_is_open_and_of_no_incident(desk_file: DeskFile):
    wang = desk_file.core("wang")
    first, second = declared(wang), declared(wang, carrier="STO")
    case = complaint(wang, shipped(desk_file, "申通"))
    assert {one.id for one in wang.ask(IncidentsFor(case.id))} == {first.id, second.id}
    wang.do(JoinIncident(second.id), case.id)
    (one,) = wang.ask(IncidentsFor(case.id))
    assert (one.id, one.number, one.title) == (second.id, wang.number(second), "申通华东停运")
    assert wang.ask(IncidentsFor(first.id)) == []
