"""Refunds that leave through a provider which fails on purpose, over a real socket: paid once, whatever it says."""

from collections.abc import Iterator

import pytest

from csdesk.desk.core import Core
from csdesk.desk.money_queries import OrderLedger
from csdesk.domain.cases.approval import ApproveRefund, ClearRefund
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.compensation import Compensate
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from csdesk.effects.http_provider import HttpProvider
from csdesk.effects.provider_simulator import Simulator
from csdesk.effects.worker import MOST_TRIES, Worker
from csdesk.store.connection import write
from csdesk.store.outbox import WORKER_MS
from csdesk.store.verify import verify
from tests.building import DeskFile, line
from tests.unit.effects.conftest import a_worker

SECRET = b"a secret of the desk and its bank"


@pytest.fixture
def bank() -> Iterator[Simulator]:
    with Simulator(SECRET) as simulator:
        yield simulator


@pytest.fixture
def payer(desk_file: DeskFile, bank: Simulator) -> Worker:
    return a_worker(desk_file, provider=HttpProvider(bank.address, SECRET, seconds=1.5))


def owing(core: Core, desk_file: DeskFile, *payments: tuple[str, int], paid: int = 19_900) -> Case:
    """A return whose unit is accepted and not paid back yet."""
    order = desk_file.order(line(1, paid), payments=payments)
    case = core.do(Open(Kind.RETURN, order, (LineQty(1, 1),))).case
    for command in (Approve(), Receive(), Inspect()):
        case = core.do(command, case.id).case
    return case


def work(desk_file: DeskFile, worker: Worker, turns: int = 6) -> None:
    for _ in range(turns):
        worker.turn()
        desk_file.clock.forward(seconds=600)


def refunds(core: Core, case: Case) -> list[tuple[str, str]]:
    return [(refund.state, refund.failure) for refund in core.load(case.id)[0].refunds]


def sound(core: Core) -> bool:
    return list(verify(core.store)) == []


@pytest.mark.parametrize("fault", ["paid_then_silence", "paid_then_500", "paid_then_html_200", "endless"])
def test_a_provider_that_breaks_off_after_it_paid_has_paid_once(
    desk_file: DeskFile, bank: Simulator, payer: Worker, fault: str
):
    wang = desk_file.core("wang")
    case = owing(wang, desk_file)
    wang.do(PayBack(), case.id)
    bank.plan(fault)
    work(desk_file, payer)
    assert refunds(wang, case) == [("confirmed", "")]
    assert [paid.minor for paid in bank.paid] == [19_900]
    assert [method for method, _ in bank.asked] == ["POST", "GET"]  # asked after, not for
    assert sound(wang)


def test_a_retry_after_what_certainly_did_nothing_pays_once(
    desk_file: DeskFile, bank: Simulator, payer: Worker
):
    wang = desk_file.core("wang")
    case = owing(wang, desk_file)
    wang.do(PayBack(), case.id)
    bank.plan("busy", "500", "busy")
    work(desk_file, payer, 8)
    assert refunds(wang, case) == [("confirmed", "")]
    assert len(bank.paid) == 1
    (refund,) = wang.load(case.id)[0].refunds
    assert refund.sent_at == desk_file.clock.now - 8 * 600_000
    assert refund.reference == "SIM-000001"


def test_a_refund_that_never_went_fails_after_the_last_try_and_is_owed_again(
    desk_file: DeskFile, bank: Simulator, payer: Worker
):
    wang = desk_file.core("wang")
    case = owing(wang, desk_file)
    wang.do(PayBack(), case.id)
    bank.plan(*["busy"] * MOST_TRIES)
    work(desk_file, payer, MOST_TRIES)
    assert refunds(wang, case) == [("failed", "busy")]
    assert wang.load(case.id)[0].lines[0].refundable == 1
    assert sound(wang)


def test_what_was_declined_and_paid_after_all_is_found_before_it_is_paid_again(
    desk_file: DeskFile, bank: Simulator, payer: Worker
):
    wang = desk_file.core("wang")
    case = owing(wang, desk_file)
    first = wang.do(PayBack(), case.id).case.refunds[0]
    bank.plan("declined")
    work(desk_file, payer, 1)
    assert refunds(wang, case) == [("failed", "account_closed")]
    wang.do(PayBack(), case.id)
    bank.settle(f"refund:{first.id}")
    work(desk_file, payer)
    assert refunds(wang, case) == [("confirmed", "paid_late"), ("failed", "paid_already")]
    assert [paid.minor for paid in bank.paid] == [19_900]
    assert wang.load(case.id)[0].state == "refunded"
    assert sound(wang)


def test_a_day_after_a_no_the_provider_is_asked_whether_it_paid_after_all(
    desk_file: DeskFile, bank: Simulator, payer: Worker
):
    wang = desk_file.core("wang")
    case = owing(wang, desk_file)
    first = wang.do(PayBack(), case.id).case.refunds[0]
    bank.plan("declined")
    payer.turn()
    bank.settle(f"refund:{first.id}")
    desk_file.clock.forward(hours=25)
    payer.turn()
    assert refunds(wang, case) == [("confirmed", "paid_late")]
    assert wang.load(case.id)[0].refunded == 19_900
    assert sound(wang)


def test_a_worker_that_died_after_asking_is_followed_by_one_that_asks_what_became_of_it(
    desk_file: DeskFile, bank: Simulator
):
    wang = desk_file.core("wang")
    case = owing(wang, desk_file)
    wang.do(PayBack(), case.id)

    class Dies(HttpProvider):
        def refund(self, *args: object, **named: object) -> object:  # type: ignore[override]
            super().refund(*args, **named)  # type: ignore[arg-type]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        a_worker(desk_file, provider=Dies(bank.address, SECRET)).turn()  # type: ignore[arg-type]
    assert refunds(wang, case) == [("sent", "")]
    desk_file.clock.forward(ms=WORKER_MS + 1)
    a_worker(desk_file, provider=HttpProvider(bank.address, SECRET)).turn()
    assert refunds(wang, case) == [("confirmed", "")]
    assert [method for method, _ in bank.asked] == ["POST", "GET"]


def test_a_provider_that_was_not_heard_of_for_a_day_is_not_asked_to_pay_a_key_it_may_have_forgotten(
    desk_file: DeskFile, bank: Simulator, payer: Worker
):
    wang, zhao = desk_file.core("wang"), desk_file.core("zhao")
    case = owing(wang, desk_file)
    wang.do(PayBack(), case.id)
    bank.plan("silence")
    payer.turn()
    desk_file.clock.forward(hours=30)
    work(desk_file, payer, MOST_TRIES)
    assert refunds(wang, case) == [("in_doubt", "forgotten")]
    assert [method for method, _ in bank.asked].count("POST") == 1
    assert sound(wang)
    zhao.do(ClearRefund("failed", reason="银行查无此笔"), case.id)
    assert refunds(wang, case) == [("failed", "银行查无此笔")]
    assert sound(wang)


def test_what_awaits_a_second_person_does_not_leave_before_it_is_approved(
    desk_file: DeskFile, bank: Simulator, payer: Worker
):
    wang, zhao = desk_file.core("wang"), desk_file.core("zhao")
    case = owing(wang, desk_file, paid=600_000)
    wang.do(PayBack(), case.id)
    work(desk_file, payer)
    assert bank.paid == []
    assert sound(wang)
    zhao.do(ApproveRefund(), case.id)
    work(desk_file, payer)
    assert [paid.minor for paid in bank.paid] == [600_000]
    assert sound(wang)


def test_what_the_order_system_gave_back_meanwhile_does_not_leave(
    desk_file: DeskFile, bank: Simulator, payer: Worker
):
    wang = desk_file.core("wang")
    case = owing(wang, desk_file)
    wang.do(PayBack(), case.id)
    with write(wang.store.conn) as conn:
        conn.execute("UPDATE payment SET returned = captured WHERE order_id = ?", (case.order,))
    payer.turn()
    assert refunds(wang, case) == [("failed", "overtaken_refund")]
    assert bank.asked == []
    assert sound(wang)


def test_points_and_cards_leave_in_kind_and_compensation_by_transfer(
    desk_file: DeskFile, bank: Simulator, payer: Worker
):
    wang = desk_file.core("wang")
    case = owing(wang, desk_file, ("wechat", 10_000), ("积分", 4_900), ("gift_card", 5_000))
    wang.do(PayBack(freight=1_200), case.id)
    wang.do(Compensate(1_000), case.id)
    work(desk_file, payer)
    assert {(paid.payment, paid.kind, paid.minor, paid.count) for paid in bank.paid} == {
        (1, "money", 10_000, 0),
        (2, "points", 4_900, 4_900),
        (3, "credit", 5_000, 0),
    } | {(0, "money", 1_200, 0), (0, "money", 1_000, 0)}
    assert sound(wang)


def test_a_provider_that_says_no_and_pays_twice_is_told_as_such_and_the_goods_count_once(
    desk_file: DeskFile, bank: Simulator, payer: Worker
):
    wang = desk_file.core("wang")
    case = owing(wang, desk_file)
    first = wang.do(PayBack(), case.id).case.refunds[0]
    bank.plan("declined")
    payer.turn()
    wang.do(PayBack(), case.id)
    payer.turn()
    bank.settle(f"refund:{first.id}")  # behind our back, when the second had left
    desk_file.clock.forward(hours=25)
    payer.turn()
    after, _ = wang.load(case.id)
    assert [(refund.state, refund.twice) for refund in after.refunds] == [
        ("confirmed", True),
        ("confirmed", False),
    ]
    assert (after.lines[0].refunded_units, after.lines[0].refunded) == (1, 19_900)
    (found,) = verify(wang.store)
    assert (found.code, found.detail["paid"], found.detail["back"]) == ("over_refunded", 19_900, 39_800)
    ledger = wang.ask(OrderLedger(case.order))
    assert (ledger.sound, ledger.payments[0].left) == (False, -19_900)
