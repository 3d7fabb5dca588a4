"""Canned replies in the order an agent wants: kind and state, then what the verdict proves, then what they send."""

import pytest

from csdesk.desk import queries as q
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.goods import Approve
from csdesk.domain.cases.opening import Open
from csdesk.domain.value import replace
from csdesk.store.connection import write
from csdesk.store.library import Canned, put_canned
from tests.building import DeskFile

# Alike but for what they are made for, so that nothing else decides.
PLAIN = Canned("P", "退货说明一", "正文。", "p1", kinds=("return",))
SECOND = replace(PLAIN, external_id="S", title="退货说明二", shortcut="s1")
PROVEN = replace(PLAIN, external_id="V", title="退货说明三", shortcut="v1", guards=("return_approved",))
OTHER = replace(PLAIN, external_id="O", title="退货说明四", shortcut="o1", kinds=("repair",))
ANY = replace(PLAIN, external_id="A", title="退货说明五", shortcut="a1", kinds=())


@pytest.fixture
def core(desk_file: DeskFile) -> Core:
    core = desk_file.core("wang")
    with write(core.store.conn):
        put_canned(core.store, [OTHER, ANY, PLAIN, SECOND, PROVEN], 1)
    return core


@pytest.fixture
def case(core: Core, desk_file: DeskFile) -> Case:
    return core.do(Open(Kind.RETURN, desk_file.order(), (LineQty(1, 1),))).case


def order(core: Core, case: Case, text: str = "") -> list[str]:
    return [hit.id for hit in core.ask(q.SearchCanned(text, case.id))]


def send(core: Core, case: Case, canned: str) -> None:
    core.do(Reply("正文。", canned=canned), core.load(case.id)[0].id)


@pytest.mark.parametrize("typed", ["", "退货说明", "thsm", "tuihuo"])
def test_what_the_case_proves_stands_before_what_merely_fits(core: Core, case: Case, typed: str):
    assert order(core, case, typed)[:2] == ["P", "S"]
    assert order(core, case, typed)[-1] == "V"  # nothing is approved: its guard stands against it
    core.do(Approve((LineQty(1, 1),)), case.id)
    assert order(core, case, typed)[:3] == ["V", "P", "S"]
    assert set(order(core, case, typed)[3:]) == {"A", "O"}


def test_what_an_agent_sends_rises_for_that_agent(core: Core, case: Case, desk_file: DeskFile):
    for _ in range(3):
        send(core, case, "S")
    assert order(core, case)[:2] == ["S", "P"]
    assert order(core, case, "thsm")[:2] == ["S", "P"]
    assert order(desk_file.core("li"), case)[:2] == ["P", "S"]


def test_use_lifts_nothing_past_what_is_made_for_the_case(core: Core, case: Case):
    for _ in range(3):
        send(core, case, "O")
    assert order(core, case).index("O") > order(core, case).index("P")
    assert order(core, case, "说明一")[0] == "P"


def test_a_reply_of_two_counts_for_both_and_each_once(core: Core, case: Case):
    core.do(Reply("正文。", canned="S", also=("P", "S")), case.id)
    rows = core.store.conn.execute("SELECT agent, canned, uses FROM canned_use ORDER BY canned").fetchall()
    assert rows == [("wang", "P", 1), ("wang", "S", 1)]
