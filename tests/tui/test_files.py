"""The files of a case on the console: listed with whose they are, saved to a folder by an act that is on record."""

from functools import partial
from pathlib import Path

from csdesk.desk.inbound import Attached, Inbound, Sender
from csdesk.desk.intake.enclosing import in_pieces
from csdesk.desk.intake.receiving import receive
from csdesk.domain.cases.shared import Take
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.files import FilesScreen, SaveFolder
from csdesk.tui.widgets.fields import TextField
from tests.building import DeskFile
from tests.tui.consoles import console
from tests.tui.test_case import open_case

PNG, EXE = b"\x89PNG\r\n\x1a\n" + b"a dent" * 400, b"MZ\x90\0" * 9
HOSTILE = "划痕[@click=app.quit]\x1b]52;c;eA==\x07\u202egnp.exe"


async def test_files_are_listed_and_one_is_saved_to_a_folder_and_on_record(
    desk_file: DeskFile, tmp_path: Path
):
    li, to = desk_file.core("li"), tmp_path / "out"
    to.mkdir()
    files = tuple(
        Attached(name, "image/png", len(content), "", content=partial(in_pieces, content))
        for name, content in ((HOSTILE, PNG), ("发票.exe", EXE))
    )
    sender = Sender(external="u-7")
    receipt = receive(li, Inbound("gw", "m-1", "chat", sender, "外壳有划痕，要退货", attached=files))
    case = li.load(li.case_id(receipt.number))[0]
    short = case.evidence[0].sha256[:8]
    li.do(Take(), case.id)
    async with console(desk_file, "li") as hands:
        await open_case(hands, case.id)
        await hands.sees("随信附件 2 个，其中 1 个未归档（类型不收）", "证据已归档：PNG 图片", "顾客·在线")
        await hands.press("files")
        await hands.at(FilesScreen)
        await hands.sees("本单附件证据", short, "2 KB", "顾客·在线", "划痕_@click=app.quit_", "另存到文件夹")
        await hands.press("open")
        await hands.at(SaveFolder)
        await hands.sees("会记入工单和查看记录")
        hands.app.screen.query_one(TextField).text = str(tmp_path / "none")
        await hands.press("send")
        await hands.at(FilesScreen)
        await hands.sees("没有这个文件夹，请填写本机上已有的")
        assert list(to.iterdir()) == []
        await hands.press("open")
        await hands.at(SaveFolder)
        await hands.press("back")
        await hands.at(FilesScreen)
        assert list(to.iterdir()) == []
        await hands.press("open")
        await hands.at(SaveFolder)
        hands.app.screen.query_one(TextField).text = str(to)
        await hands.press("send")
        await hands.at(FilesScreen)
        await hands.sees("已存出并记录在案")
        (saved,) = to.iterdir()
        assert saved.read_bytes() == PNG and saved.name.endswith(".png") and "\x1b" not in saved.name
        await hands.press("back")
        await hands.at(CaseScreen)
        await hands.sees(f"证据 {short} 已导出为明文文件")
    looks = li.store.conn.execute("SELECT actor, reason FROM look").fetchall()
    assert looks == [("li", "evidence")]
