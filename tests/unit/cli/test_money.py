"""`csdesk order ledger`, `csdesk refund awaiting` and `plan`, as a person and as a script see them."""

import json

import pytest

from csdesk.cli.main import run
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.compensation import Compensate
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from tests.building import DeskFile, desk_file, line

__all__ = ["desk_file"]


@pytest.fixture
def case(desk_file: DeskFile) -> Case:
    """A refund of points and money that awaits a second person, with a deduction, and a compensation."""
    wang = desk_file.core("wang")
    order = desk_file.order(line(1, 600_000), payments=[("wechat", 500_000), ("points", 100_000)])
    opened = wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),))).case
    for command in (Approve(), Receive(), Inspect()):
        wang.do(command, opened.id)
    return wang.do(Compensate(1_000, "coupon", "late_delivery"), opened.id).case


def csdesk(desk_file: DeskFile, *words: str, agent: str = "zhao") -> int:
    return run([*words, "--file", str(desk_file.path), "--agent", agent, "--language", "zh-Hans"])


def test_a_ledger_in_words(desk_file: DeskFile, case: Case, capsys: pytest.CaptureFixture[str]):
    desk_file.core("wang").do(PayBack(less=("gift=2000",)), case.id)
    assert csdesk(desk_file, "order", "ledger", case.order_number) == 0
    told = capsys.readouterr().out
    for said in ("微信支付", "积分", "待复核", "wang 提出", "扣减 未退回的赠品 ¥20.00", "补偿", "账目相符"):
        assert said in told
    assert "{" not in told


def test_a_ledger_for_a_script(desk_file: DeskFile, case: Case, capsys: pytest.CaptureFixture[str]):
    assert csdesk(desk_file, "order", "ledger", case.order_number, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sound"] is True
    assert [payment["left"] for payment in told["payments"]] == [500_000, 100_000]
    assert told["beside"][0]["kind"] == "coupon"


def test_an_unknown_order_is_one_sentence(desk_file: DeskFile, capsys: pytest.CaptureFixture[str]):
    assert csdesk(desk_file, "order", "ledger", "W0") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_awaits_a_second_person(desk_file: DeskFile, case: Case, capsys: pytest.CaptureFixture[str]):
    assert csdesk(desk_file, "refund", "awaiting") == 0
    assert capsys.readouterr().out.strip() == "没有待复核或存疑的退款。"
    desk_file.core("wang").do(PayBack(), case.id)
    assert csdesk(desk_file, "refund", "awaiting") == 0
    (row,) = capsys.readouterr().out.splitlines()
    assert "待复核" in row
    assert "¥6,000.00" in row
    assert csdesk(desk_file, "refund", "awaiting", agent="wang") == 0
    assert "须由他人处理" in capsys.readouterr().out
    assert csdesk(desk_file, "refund", "awaiting", agent="sun") == 1


def test_a_plan_says_what_would_go_and_that_it_would_wait(
    desk_file: DeskFile, case: Case, capsys: pytest.CaptureFixture[str]
):
    number = desk_file.core("wang").number(case)
    assert csdesk(desk_file, "refund", "plan", number, agent="wang") == 0
    told = capsys.readouterr().out
    for said in ("合计退还 ¥6,000.00", "积分 100000（值 ¥1,000.00）", "第二人"):
        assert said in told
    assert csdesk(desk_file, "refund", "plan", number, "--json", agent="wang") == 0
    assert json.loads(capsys.readouterr().out)["awaits"] is True


def test_approving_ones_own_is_refused_in_one_sentence(
    desk_file: DeskFile, case: Case, capsys: pytest.CaptureFixture[str]
):
    number = desk_file.core("wang").number(case)
    assert csdesk(desk_file, "case", "do", number, "refund", agent="wang") == 0
    assert csdesk(desk_file, "case", "do", number, "approve_refund", agent="wang") == 1
    assert "另一人" in capsys.readouterr().err
    assert csdesk(desk_file, "case", "do", number, "approve_refund") == 0
