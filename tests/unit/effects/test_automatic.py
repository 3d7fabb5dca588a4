"""What a desk does by itself, through the worker: paid after the pause, told as its own doing, left to people above."""

from csdesk.desk.core import Core
from csdesk.desk.queries import ShowCase
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.operations import Operation, Operations, Rules
from csdesk.domain.roles import Role
from tests.building import DeskFile, line
from tests.unit.effects.conftest import Outside, a_worker

PAUSE = 600_000


def desk(limit: int) -> Policy:
    """A desk that pays returns back by itself when the goods are judged, up to `limit`."""
    rules = {Kind.RETURN: Rules(refund=Operation("automatic", "after_receipt"))}
    limits = {**Policy().refund_limits, Role.SYSTEM: limit}
    return Policy(refund_limits=limits, operations=Operations(rules, {}, PAUSE, limit))


def judged(core: Core, desk_file: DeskFile, paid: int) -> Case:
    """A return whose goods have passed inspection."""
    case = core.do(Open(Kind.RETURN, desk_file.order(line(1, paid)), (LineQty(1, 1),))).case
    for command in (Approve(), Receive(), Inspect()):
        case = core.do(command, case.id).case
    return case


def test_the_worker_pays_after_the_pause_and_the_timeline_says_who_did_it(
    desk_file: DeskFile, outside: Outside
):
    wang = desk_file.core("wang", policy=desk(50_000))
    worker = a_worker(desk_file, outside, core=desk_file.core("system", policy=desk(50_000)))
    case = judged(wang, desk_file, 19_900)
    desk_file.clock.forward(ms=PAUSE - 1)
    worker.turn()
    assert outside.refunds == []
    desk_file.clock.forward(ms=1)
    while worker.turn():
        pass
    assert len(outside.refunds) == 1
    after, _ = wang.load(case.id)
    assert (after.state, after.refunded) == ("refunded", 19_900)
    entries = wang.ask(ShowCase(case.id)).timeline
    (told,) = [entry for entry in entries if entry.code == "automated"]
    assert (told.actor, told.detail["step"]) == ("system", "refund")


def test_above_its_limit_the_desk_asks_a_second_person(desk_file: DeskFile, outside: Outside):
    wang = desk_file.core("wang", policy=desk(10_000))
    worker = a_worker(desk_file, outside, core=desk_file.core("system", policy=desk(10_000)))
    case = judged(wang, desk_file, 19_900)
    desk_file.clock.forward(ms=PAUSE)
    while worker.turn():
        pass
    after, _ = wang.load(case.id)
    assert [refund.state for refund in after.refunds] == ["awaiting"]
    assert outside.refunds == []


def test_the_desk_knows_what_other_goods_cost(desk_file: DeskFile):
    wang = desk_file.core("wang")
    wang.store.conn.execute(
        "INSERT INTO variant VALUES (?, 'p1', 'EAR-3', '白色', 24900, 'CNY', 1)", (wang.desk,)
    )
    case = wang.do(Open(Kind.EXCHANGE, desk_file.order(line(1, 19_900)), (LineQty(1, 1),))).case
    try:
        wang.do(Approve(exchange_sku="EAR-3", difference_minor=1), case.id)
    except Refused as refused:
        assert (refused.code, refused.detail["minor"]) == ("difference_wrong", 5_000)
    assert wang.do(Approve(exchange_sku="EAR-3"), case.id).case.counters["difference"] == 5_000
