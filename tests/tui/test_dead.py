"""Jobs that the worker gave up, on the console: seen by who may mend them, tried again, dropped for a reason."""

from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import Open
from csdesk.store.connection import write
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.dead import DeadScreen, DropReason
from tests.building import MONDAY, DeskFile
from tests.tui.consoles import console
from tests.tui.test_queue import queue


def job(file: DeskFile, key: str, kind: str, case: str, state: str = "failed") -> None:
    core = file.core("system")
    with write(core.store.conn) as conn:
        conn.execute(
            "INSERT INTO outbox VALUES (?,?,?,?,'x',?,?,12,0,'error: KeyError',?)",
            (core.desk, key, kind, case, state, MONDAY, MONDAY),
        )


def states(file: DeskFile) -> dict[str, str]:
    rows = file.core("system").store.conn.execute("SELECT key, state FROM outbox WHERE ref = 'x'")
    return dict(rows.fetchall())


def complaint(file: DeskFile) -> str:
    return file.core("li").do(Open(Kind.COMPLAINT, file.order(), reason="service")).case.id


async def test_a_supervisor_sees_why_a_job_failed_and_opens_its_case(desk_file: DeskFile):
    case = complaint(desk_file)
    job(desk_file, "clock:1", "clock", case)
    async with console(desk_file, "zhao") as hands:
        await hands.until(lambda: queue(hands).list.current is not None)
        await hands.press("dead")
        await hands.at(DeadScreen)
        await hands.sees("失败的后台任务", "时限", "12 次", "程序出错 (KeyError)", "11-02 10:00")
        await hands.press("open")
        await hands.at(CaseScreen)


async def test_one_is_tried_again_and_one_is_dropped_for_a_reason(desk_file: DeskFile):
    case = complaint(desk_file)
    job(desk_file, "clock:1", "clock", case)
    job(desk_file, "parcel:1", "parcel", "")
    async with console(desk_file, "zhao") as hands:
        await hands.until(lambda: queue(hands).list.current is not None)
        await hands.press("dead")
        await hands.at(DeadScreen)
        await hands.sees("物流跟踪")
        await hands.press("retry")
        await hands.until(lambda: states(desk_file)["clock:1"] == "ready")
        await hands.sees("clock:1 已交回后台重试。")
        await hands.until(lambda: hands.app.idle)  # the list was read anew
        await hands.press("drop")
        await hands.at(DropReason)
        await hands.press("send")
        await hands.sees("请写明放弃的原因")
        await hands.write("包裹已退回")
        await hands.press("send")
        await hands.at(DeadScreen)
        await hands.until(lambda: states(desk_file)["parcel:1"] == "dropped")
        await hands.sees("没有失败的后台任务。")


async def test_a_message_that_failed_is_done_anew_in_its_case(desk_file: DeskFile):
    job(desk_file, "message:1", "message", complaint(desk_file))
    async with console(desk_file, "zhao") as hands:
        await hands.until(lambda: queue(hands).list.current is not None)
        await hands.press("dead")
        await hands.sees("已记入工单，请在工单里重新办理")
        await hands.press("retry")
        await hands.sees("失败已记在工单里")
        assert states(desk_file) == {"message:1": "failed"}


async def test_an_agent_is_told_whose_they_are(desk_file: DeskFile):
    complaint(desk_file)
    async with console(desk_file, "wang") as hands:
        await hands.until(lambda: queue(hands).list.current is not None)
        await hands.press("dead")
        await hands.sees("只有主管和管理员可以处理失败任务。")
