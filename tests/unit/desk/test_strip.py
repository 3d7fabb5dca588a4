"""The strip of a customer: marks that go with the person, what else is open, what was paid back, what came twice."""

from dataclasses import replace

import pytest

from csdesk.desk import queries as q
from csdesk.desk import strip
from csdesk.desk.core import Core
from csdesk.desk.inbound import Inbound, Sender
from csdesk.desk.intake.receiving import receive
from csdesk.desk.strip import PaidBack, Strip
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Hear, Reply
from csdesk.domain.cases.goods import Approve, Inspect, Receive, ShipBack
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.persons import EndContact, FlagPerson, UnflagPerson, WarnContact
from csdesk.domain.cases.refunds import PayBack, SettleRefund
from csdesk.domain.cases.sending import SendRefund
from csdesk.domain.clocks.sla import SlaPolicy
from csdesk.store import flags
from csdesk.store.verify import verify
from tests.building import DeskFile, line


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    return desk_file.core("wang")


@pytest.fixture
def ming(desk_file: DeskFile) -> str:
    return desk_file.customer("欧阳明月", phone="13912345678", email="ming@example.com")


def opened(file: DeskFile, core: Core, who: str, kind: Kind = Kind.RETURN) -> Case:
    number = file.order(line(2, 39_800), customer=who)
    return core.do(Open(kind, number, (LineQty(1, 2),) if kind is Kind.RETURN else ())).case


def shown(core: Core, case: Case) -> Strip:
    return core.ask(q.ShowCase(case.id, timeline=False)).strip


def names(core: Core, case: Case) -> list[str]:
    return [one.flag for one in shown(core, case).flags]


def paid_back(file: DeskFile, core: Core, case: Case) -> None:
    for command in (Approve(), ShipBack("顺丰", f"SF{case.body}"), Receive((LineQty(1, 2),)), Inspect()):
        core.do(command, case.id)
    refunds = core.do(PayBack((LineQty(1, 1),)), case.id).case.refunds
    system = file.core("system")
    for refund in refunds:
        system.do(SendRefund(refund.id), case.id)
        system.do(SettleRefund(refund.id, "confirmed"), case.id)


def test_a_mark_goes_with_the_person_into_every_case_and_stands_in_the_chain_of_one(
    desk_file: DeskFile, core: Core, ming: str
):
    one, other = (opened(desk_file, core, ming) for _ in range(2))
    stranger = opened(desk_file, core, desk_file.customer("李四", phone="13700000000"))
    core.do(FlagPerson("minor", "guardian_told"), one.id)
    desk_file.clock.forward(hours=1)
    core.do(FlagPerson("vip", "purchases", last_day="2026-11-03"), other.id)
    assert names(core, one) == names(core, other) == ["minor", "vip"]
    assert names(core, stranger) == []
    desk_file.clock.forward(days=2)
    assert names(core, one) == ["minor"]
    core.do(UnflagPerson("minor"), other.id)
    assert names(core, one) == []
    told = [one.code for one in core.ask(q.ShowCase(other.id)).timeline]
    assert told.count("person_flagged") == 2
    assert list(verify(core.store)) == []


def test_a_report_shows_nothing_and_is_counted_nowhere(desk_file: DeskFile, core: Core, ming: str):
    case = opened(desk_file, core, ming)
    core.do(FlagPerson("vip", "purchases"), case.id)
    report = opened(desk_file, core, ming, Kind.REPORT)
    assert shown(core, report) == Strip()
    assert shown(core, case).open_cases == 0
    with pytest.raises(Refused) as refused:
        core.do(FlagPerson("vip", "purchases"), report.id)
    assert refused.value.code == "no_person"


def test_open_cases_and_refunds_of_the_last_ninety_days_are_of_all_cases_of_the_customer(
    desk_file: DeskFile, core: Core, ming: str
):
    first, second = (opened(desk_file, core, ming) for _ in range(2))
    third = opened(desk_file, core, ming)
    paid_back(desk_file, core, first)
    paid_back(desk_file, core, second)
    opened(desk_file, core, desk_file.customer("李四", phone="13700000000"))
    assert shown(core, third) == Strip((), 2, (PaidBack("CNY", 2, 39_800),))
    desk_file.clock.forward(days=91)
    assert shown(core, third).paid_back == ()


def test_what_intake_found_alike_is_named_by_number(desk_file: DeskFile, core: Core):
    desk_file.customer("张伟", phone="13812345678")
    who = Sender(phone="+86 138-1234-5678", proven=True)
    one, two = (
        receive(core, Inbound(source="gw", id=f"m-{n}", channel="chat", sender=who, text="我要退货"))
        for n in (1, 2)
    )
    second, _ = core.load(core.case_id(two.number))
    (twin,) = shown(core, second).twins
    assert (twin.number, twin.id) == (one.number, core.case_id(one.number))


def test_words_have_signs_beside_colours_in_every_language(desk_file: DeskFile, core: Core, ming: str):
    case = opened(desk_file, core, ming)
    opened(desk_file, core, ming)
    core.do(FlagPerson("vip", "purchases"), case.id)
    core.do(FlagPerson("minor", "age_told"), case.id)
    desk_file.core("chen").do(FlagPerson("abusive", "insult"), case.id)
    for language in LANGUAGES:
        told = [text for text, _ in strip.told(Words(language, core.zone), shown(core, case))]
        assert [text[0] for text in told[:3]] == ["!", "?", "+"]
        assert "1" in told[3]
        assert not any("strip." in text or "flag." in text for text in told)


def test_a_reply_to_a_minor_is_confirmed_to_go_to_the_guardian(desk_file: DeskFile, core: Core, ming: str):
    case = opened(desk_file, core, ming)
    core.do(Reply("您好"), case.id)
    core.do(FlagPerson("minor", "age_told"), case.id)
    assert [one.code for one in core.ask(q.CheckReply(case.id, "您好"))] == ["guardian"]
    with pytest.raises(Refused) as refused:
        core.do(Reply("您好"), case.id)
    assert refused.value.code == "needs_confirming"
    core.do(Reply("您好", confirmed=("confirm.guardian",)), case.id)


def test_an_abusive_customer_is_answered_in_writing_and_every_verb_stays_on(
    desk_file: DeskFile, core: Core, ming: str
):
    case = opened(desk_file, core, ming)

    def on() -> set[str]:
        offers = core.ask(q.ShowCase(case.id, timeline=False)).offers
        return {offer.verb for offer in offers if offer.off is None}

    before, clocks = on(), case.clocks
    desk_file.core("chen").do(FlagPerson("abusive", "threat"), case.id)
    core.do(WarnContact("call", "再骂就挂断"), case.id)
    core.do(EndContact("threat", "call"), case.id)
    assert before - on() == {"warn_contact"}
    assert core.load(case.id)[0].clocks == clocks
    core.do(Hear("我要退款"), case.id)
    core.do(Reply("您好，正在审核"), case.id)
    paid_back(desk_file, core, case)
    assert core.load(case.id)[0].refunds[0].state == "confirmed"


def test_a_vip_never_stands_above_a_case_whose_deadline_is_earlier(desk_file: DeskFile, ming: str):
    core = desk_file.core("wang")
    core.times = replace(core.times, targets={"": SlaPolicy(90 * 60, None, None)})
    core.do(FlagPerson("vip", "agreement"), opened(desk_file, core, ming).id)
    desk_file.clock.forward(days=1)
    other = opened(desk_file, core, desk_file.customer("李四", phone="13700000000"))
    desk_file.clock.forward(hours=1)
    vip = opened(desk_file, core, ming)
    # Half of the target ends an hour before the other's deadline; the queue does not know it.
    (goal,) = (clock.due for clock in vip.clocks if clock.name == "vip_response")
    assert goal < other.due < vip.due
    queue = [row.id for row in core.ask(q.QueuePage("returns"))]
    assert queue.index(other.id) < queue.index(vip.id)


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        (flags.OF_PERSON, ("d", "p")),
        (strip.PAID_BACK, ("d", "p", 0)),
        (strip.OPEN, ("d", "p", "c")),
        (strip.ARRIVED, ("d", "c", 8)),
    ],
)
def test_no_question_of_the_strip_reads_a_whole_table(core: Core, sql: str, values: tuple[object, ...]):
    plan = [row[-1] for row in core.store.conn.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert plan
    assert not [step for step in plan if step.startswith("SCAN")]
    keys = ("customer=?", "person=?", "case_id=?")
    assert all(any(key in step for key in keys) for step in plan if step.startswith("SEARCH"))
