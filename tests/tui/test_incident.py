"""Incidents in the console: what a case may belong to, the key that joins, the incident's screen with its lists."""

from pathlib import Path

import pytest

from csdesk.desk.bulk_queries import Runs
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.incident import DecideMembers, DescribeCause, InformMembers, JoinIncident
from csdesk.domain.cases.opening import Open
from csdesk.tui import screens
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.incident import CasesOfScreen, IncidentChoice, IncidentScreen
from csdesk.tui.screens.runs import RunsScreen
from csdesk.tui.screens.status import StatusMenu
from csdesk.tui.summary import Line
from tests.building import DeskFile
from tests.proxy import Proxy
from tests.tui.consoles import NARROW, console
from tests.tui.test_away import far, proxy
from tests.tui.test_case import open_case
from tests.unit.effects.conftest import Outside, a_worker
from tests.unit.effects.test_incident import TEXT, complaint, declared, shipped, work

__all__ = ["proxy"]


async def test_a_case_that_fits_says_so_and_joins_on_a_key(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case, incident = complaint(wang, shipped(desk_file, "申通")), declared(wang)
    async with console(desk_file, "wang") as hands:
        await open_case(hands, case.id)
        await hands.sees("可能属于事件", wang.number(incident), "申通华东停运", "按 M 归入")
        desk_file.clock.forward(ms=1)
        await hands.press("incident")
        await hands.sees("属于事件", "按 M 查看")
        assert wang.load(case.id)[0].incident == incident.id
        await hands.press("incident")
        await hands.at(IncidentScreen)
        await hands.sees("快递 申通", "符合条件的工单都已归入", "进行中 1 · 未收到上次通知 1 · 未处理 1")
        await hands.press("back")
        await hands.at(CaseScreen)
        await hands.press("undo")
        await hands.sees("可能属于事件")
        assert wang.load(case.id)[0].incident == ""


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each picture of a case's facts, whether it says which incident the case may belong to."""
    told: list[bool] = []
    facts = CaseScreen._facts

    def telling(self: CaseScreen, width: int) -> list[Line]:
        lines = facts(self, width)
        if lines:
            told.append(any("可能属于事件" in text for line in lines for text, _ in line))
        return lines

    monkeypatch.setattr(CaseScreen, "_facts", telling)
    return told


async def test_the_first_picture_of_a_case_says_what_it_may_belong_to(
    desk_file: DeskFile, drawn: list[bool], monkeypatch: pytest.MonkeyPatch
):
    """A line that came later moved all facts down once more, 40 ms after the case was there."""
    monkeypatch.setattr(screens.case, "FIRST_SECONDS", 5.0)
    monkeypatch.setattr(screens.case, "SOON_SECONDS", 5.0)
    wang = desk_file.core("wang")
    case, _ = complaint(wang, shipped(desk_file, "申通")), declared(wang)
    async with console(desk_file, "wang") as hands:
        await open_case(hands, case.id)
        await hands.sees("可能属于事件")
        assert drawn and all(drawn)


async def test_over_a_server_the_picture_of_a_case_that_was_seen_says_so_at_once(
    desk_file: DeskFile, proxy: Proxy, tmp_path: Path, drawn: list[bool]
):
    wang = desk_file.core("wang")
    case, _ = complaint(wang, shipped(desk_file, "申通")), declared(wang)
    async with far(desk_file, proxy, tmp_path / "line") as hands:
        await open_case(hands, case.id)
        await hands.sees("可能属于事件")
        await hands.home()
        drawn.clear()
        await open_case(hands, case.id)
        await hands.sees("可能属于事件")
        assert drawn and all(drawn)


async def test_a_case_that_fits_none_says_nothing_and_one_that_fits_several_asks(desk_file: DeskFile):
    wang = desk_file.core("wang")
    case, other = complaint(wang, shipped(desk_file, "申通")), complaint(wang, shipped(desk_file, "中通"))
    first, second = declared(wang), declared(wang, carrier="STO")
    async with console(desk_file, "wang", NARROW) as hands:
        await open_case(hands, other.id)
        await hands.press("incident")
        await hands.sees("没有符合的事件")
        assert "可能属于事件" not in hands.shown()
        await open_case(hands, case.id)
        await hands.sees(wang.number(first), wang.number(second))
        await hands.press("incident")
        await hands.at(IncidentChoice)
        await hands.keys("2")
        await hands.until(lambda: wang.load(case.id)[0].incident in (first.id, second.id))


async def test_an_incident_lets_all_that_fit_join_and_shows_them_and_what_failed(
    desk_file: DeskFile,
):
    wang, worker = desk_file.core("wang"), a_worker(desk_file, Outside())
    cases = [complaint(wang, shipped(desk_file, "申通", f"客户{n}")) for n in range(3)]
    asked = complaint(wang, shipped(desk_file, "申通", "问一问"), Kind.INQUIRY)
    incident = declared(wang)
    async with console(desk_file, "wang") as hands:
        await open_case(hands, incident.id)
        await hands.sees("申通华东停运", "快递停运", "按 M 查看条件、成员与批次")
        await hands.press("incident")
        await hands.at(IncidentScreen)
        await hands.sees("符合条件、尚未归入：4 单", "还没有成员")
        await hands.press("fitting")
        await hands.at(CasesOfScreen)
        await hands.sees(*(wang.number(case) for case in cases))
        await hands.press("back")
        await hands.press("attach")
        await hands.at(ConfirmScreen)
        await hands.keys("1")
        await hands.sees("4 个工单开始归入", "归入事件")
        work(worker, desk_file)
        await hands.press("refresh")
        await hands.sees("进行中 4", "已完成 4/4")
        wang.do(InformMembers(TEXT), incident.id)
        desk_file.clock.forward(ms=1)
        wang.do(DecideMembers("acknowledge"), incident.id)
        work(worker, desk_file)
        await hands.press("refresh")
        await hands.sees("第 1 次通知", "未成功 1", "未收到上次通知 0 · 未处理 1")
        await hands.press("runs")
        await hands.at(RunsScreen)
        await hands.sees("完成 3/4")
        await hands.keys("enter")
        await hands.sees(wang.number(asked))
        await hands.keys("enter")
        await hands.until(
            lambda: isinstance(hands.app.screen, CaseScreen) and hands.app.screen.case_id == asked.id
        )


async def test_members_are_told_from_the_incidents_own_screen(desk_file: DeskFile):
    wang = desk_file.core("wang")
    incident = declared(wang)
    wang.do(JoinIncident(incident.id), complaint(wang, shipped(desk_file, "申通")).id)
    async with console(desk_file, "wang") as hands:
        await open_case(hands, incident.id)
        await hands.press("incident")
        await hands.sees("未收到上次通知 1")
        await hands.press("status")
        await hands.at(StatusMenu)
        await hands.sees("通知全部成员", "按统一方案处理成员", "结束事件")
        await hands.press("filter")
        await hands.write("通知全部")
        await hands.keys("enter")
        await hands.at(VerbForm)
        await hands.write("申通停运，恢复后派送")
        await hands.press("send")
        await hands.at(IncidentScreen)
        await hands.sees("已通知", "第 1 次通知", "未收到上次通知 0")
        assert wang.ask(Runs(incident.id))[0].total == 1


async def test_an_incident_without_criteria_says_how_to_give_it_some(desk_file: DeskFile):
    wang = desk_file.core("wang")
    incident = wang.do(Open(Kind.INCIDENT, reason="outage")).case
    async with console(desk_file, "wang", NARROW) as hands:
        await open_case(hands, incident.id)
        await hands.press("incident")
        await hands.at(IncidentScreen)
        await hands.sees("还没有填写起因与条件", "系统故障")
        wang.do(DescribeCause("支付页打不开", words="付不了款"), incident.id)
        await hands.press("refresh")
        await hands.sees("支付页打不开", "消息含“付不了款”")


async def test_the_preview_of_an_incident_speaks_of_no_customer_and_no_order(desk_file: DeskFile):
    declared(desk_file.core("wang"))
    async with console(desk_file, "wang") as hands:
        await hands.sees("申通华东停运", "快递停运")
        assert not [told for told in ("个人信息已删除", "未关联") if told in hands.shown()]


async def test_nobody_can_be_answered_on_an_incident(desk_file: DeskFile):
    incident = declared(desk_file.core("wang"))
    async with console(desk_file, "wang") as hands:
        await open_case(hands, incident.id)
        await hands.sees("申通华东停运", "快递停运")
        await hands.press("reply")
        await hands.sees("事件工单没有“回复”")
        assert "没有引用条款" not in hands.shown()
