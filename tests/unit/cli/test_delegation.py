"""`csdesk refund delegate`, `delegations` and `revoke`, as a person and as a script see them."""

import json

import pytest

from csdesk.cli.main import run
from csdesk.desk.core import clock_ms
from csdesk.desk.words import Words
from csdesk.domain.cases.approval import ApproveRefund
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.goods import Approve, Inspect, Receive
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import PayBack
from tests.building import DAY, DeskFile, desk_file, line

__all__ = ["desk_file"]


def csdesk(desk_file: DeskFile, *words: str, agent: str = "zhao") -> int:
    return run(["refund", *words, "--file", str(desk_file.path), "--agent", agent, "--language", "zh-Hans"])


@pytest.fixture
def day(desk_file: DeskFile) -> str:
    """A day three days from now: the command line goes by the real clock."""
    return Words("zh-Hans", desk_file.core("zhao").zone).moment(clock_ms() + 3 * DAY)[:10]


def test_given_seen_used_and_revoked(desk_file: DeskFile, day: str, capsys: pytest.CaptureFixture[str]):
    wang = desk_file.core("wang")
    case = wang.do(Open(Kind.RETURN, desk_file.order(line(1, 600_000)), (LineQty(1, 1),))).case
    for command in (Approve(), Receive(), Inspect(), PayBack()):
        wang.do(command, case.id)
    assert csdesk(desk_file, "awaiting", agent="li") == 0
    assert "须由他人处理：超出你的额度" in capsys.readouterr().out
    assert csdesk(desk_file, "delegate", "li", "--until", day, "--limit", "6,000") == 0
    told = capsys.readouterr().out
    assert "已委托 li 代 zhao 复核" in told
    assert "退款至 ¥6,000.00" in told
    assert csdesk(desk_file, "delegations", "--json", agent="sun") == 0
    (given,) = json.loads(capsys.readouterr().out)
    assert (given["giver"], given["to"], given["most"]) == ("zhao", "li", 600_000)
    assert csdesk(desk_file, "awaiting", agent="li") == 0
    assert "可代 zhao 复核" in capsys.readouterr().out
    desk_file.clock.now = clock_ms()
    desk_file.core("li").do(ApproveRefund(), case.id)
    ledger = ["order", "ledger", case.order_number, "--file", str(desk_file.path), "--agent", "zhao"]
    assert run([*ledger, "--language", "zh-Hans"]) == 0
    assert "li 代 zhao 批准" in capsys.readouterr().out
    assert csdesk(desk_file, "revoke", "li") == 0
    assert csdesk(desk_file, "delegations") == 0
    assert capsys.readouterr().out.splitlines() == ["委托已撤销，即刻失效。", "没有生效中的复核委托。"]


@pytest.mark.parametrize(
    ("words", "agent"),
    [
        (("delegate", "li", "--until", "2026-13-01"), "zhao"),
        (("delegate", "li", "--until", "9999-12-31"), "zhao"),
        (("delegate", "li", "--until", "2020-01-01"), "zhao"),
        (("delegate", "li", "--until", "DAY", "--limit", "viel"), "zhao"),
        (("delegate", "li", "--until", "DAY", "--limit", "0"), "zhao"),
        (("delegate", "li", "--until", "DAY", "--limit", "100000.01"), "zhao"),
        (("delegate", "zhao", "--until", "DAY"), "zhao"),
        (("delegate", "sun", "--until", "DAY"), "zhao"),
        (("delegate", "li", "--until", "DAY"), "wang"),
        (("revoke", "nothing"), "zhao"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_nothing_is_kept(
    desk_file: DeskFile, day: str, words: tuple[str, ...], agent: str, capsys: pytest.CaptureFixture[str]
):
    assert csdesk(desk_file, *(word.replace("DAY", day) for word in words), agent=agent) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "{" not in said
    assert "refused" not in said
    (kept,) = desk_file.store().conn.execute("SELECT count(*) FROM approval_delegation").fetchone()
    assert kept == 0
