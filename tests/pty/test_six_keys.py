"""A simple return, from the queue to the cited reply in the outbox, by the keys of the recording in README."""

import os
from pathlib import Path

from csdesk.desk.queries import ShowCase
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from tests.building import DeskFile, desk_file, line
from tests.pty.six_keys import MOST, STROKES
from tests.pty.terminal import Terminal
from tests.tui.test_compose import stock

__all__ = ["desk_file"]


def test_a_simple_return_is_approved_with_a_cited_reply_in_six_keys(desk_file: DeskFile, home: Path):
    stock(desk_file.store())
    number = desk_file.order(line(1, 19_900, title="降噪耳机"))
    case = desk_file.core("li").do(Open(Kind.RETURN, number, (LineQty(1, 1),))).case
    environ = {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "HOME": str(home),
        "PATH": os.environ["PATH"], "CSDESK_HOME": str(home), "CSDESK_FILE": str(desk_file.path),
        "CSDESK_AGENT": "wang", "CSDESK_WORKER": "false",
    }  # fmt: skip
    terminal = Terminal(environ)
    try:
        terminal.sees("全部 1", "降噪耳机")
        for stroke in STROKES:
            terminal.press(stroke.sent)
            terminal.sees(*stroke.sees)
    finally:
        terminal.close()

    assert len(STROKES) <= MOST
    core = desk_file.core("li")
    view = core.ask(ShowCase(case.id))
    assert view.case.state == "approved_wait_ship"
    (reply,) = (entry for entry in view.timeline if entry.code == "reply_held")
    assert (reply.detail["canned"], reply.detail["articles"]) == ("C1", ("L25",))
    (message,) = view.case.messages
    assert message.state == "held"
    outbox = "SELECT kind FROM outbox WHERE case_id = ? AND state = 'ready'"
    assert ("message",) in core.store.conn.execute(outbox, (case.id,)).fetchall()
