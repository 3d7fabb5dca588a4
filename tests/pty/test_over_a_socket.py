"""The console of one of many logins of a host: a server's Unix socket, no token, no file to read; 80 by 24."""

import getpass
import os
from pathlib import Path

import pytest

from csdesk.desk.queries import ShowCase
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.store.connection import write
from csdesk.store.file import Agent
from csdesk.store.verify import verify
from tests.building import DeskFile, line
from tests.e2e.test_stolen import NAME, NOTE, PHONE, told
from tests.pty.terminal import Terminal
from tests.tui.test_compose import stock
from tests.unit.server.conftest import Serve, desk_file, serve

__all__ = ["desk_file", "serve"]

F9 = b"\x1b[20~"


@pytest.fixture
def case(desk_file: DeskFile) -> str:
    """A return in the queue, and canned replies; li is whoever runs the tests."""
    store = desk_file.store()
    stock(store)
    with write(store.conn):
        store.put_agent(Agent("li", "Li", "agent", getpass.getuser()))
    number = desk_file.order(
        line(1, 19_900, title="降噪耳机"), customer=desk_file.customer(NAME, phone=PHONE)
    )
    return desk_file.core("wang").do(Open(Kind.RETURN, number, (LineQty(1, 1),))).case.id


def test_a_login_works_over_the_socket_alone_and_keeps_nothing_of_it(
    desk_file: DeskFile, serve: Serve, case: str, tmp_path: Path
):
    served = serve(f"unix:{tmp_path}/desk.sock", worker="false")
    home = tmp_path / "agent"
    home.mkdir(mode=0o700)
    environ = {
        "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(home), "PATH": os.environ["PATH"],
        "CSDESK_HOME": str(home), "CSDESK_SERVER": served.where,
    }  # fmt: skip
    terminal = Terminal(environ, 80, 24)
    try:
        terminal.sees("[全部1", "降噪耳机", "Li")
        terminal.press(b"\r")
        terminal.sees("可办", "微信支付")
        terminal.press(b"n")
        terminal.sees("备注", "提交")
        terminal.press(NOTE.encode())
        terminal.sees(NOTE, "内部备注")
        terminal.press(F9)
        terminal.sees("内部备注  Li")
        terminal.press(b"c")
        terminal.sees("同意退货", "回电时间")
        terminal.press(b"\r")
        terminal.sees("您好，降噪耳机的退货已同意。", "引用 《", "F6 换渠道")
        terminal.press(F9)
        terminal.sees("撤回")
        terminal.press(b"q")
        terminal.sees("[全部1")
        terminal.press(b":q\r")
        assert terminal.ends() == 0
    finally:
        terminal.close()
    view = desk_file.core("li").ask(ShowCase(case))
    assert [message.state for message in view.case.messages] == ["held"] and view.lease is None
    assert [entry.actor for entry in view.timeline if entry.code == "noted"] == ["li"]
    assert served.stop() == 0
    assert told(repr(served.lines).encode()) == []
    left = {str(path): told(path.read_bytes()) for path in home.rglob("*") if path.is_file()}
    assert [path for path, found in left.items() if found] == []
    assert [finding.code for finding in verify(desk_file.store())] == []
