"""The bytes that a real terminal gets while hostile notes, names and goods are read."""

import os
from pathlib import Path

from csdesk.desk.registry import command
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from tests.building import DeskFile, desk_file, line
from tests.hostile import ACTING, HOSTILE, readable
from tests.pty.terminal import Terminal
from tests.pty.test_console import ALLOWED

__all__ = ["desk_file"]

SHORT = [text for text in HOSTILE if readable(text) and len(text) < 60]
PAGES = 12


def test_no_byte_of_the_corpus_reaches_a_terminal_as_control(desk_file: DeskFile, home: Path):
    words = "".join(text.encode("utf-8", "replace").decode() for text in SHORT[::9])
    wang = desk_file.core("wang")
    order = desk_file.order(line(1, 19_900, title=words), customer=desk_file.customer(words[:300]))
    case = wang.do(Open(Kind.RETURN, order, (LineQty(1, 1),), summary=words)).case
    for n in range(0, len(SHORT), 40):
        told = "\n".join(f"{at}:{text}" for at, text in enumerate(SHORT[n : n + 40], n))
        wang.do(command("note", {"text": told}), case.id)
    environ = {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "HOME": str(home),
        "PATH": os.environ["PATH"], "CSDESK_HOME": str(home), "CSDESK_FILE": str(desk_file.path),
        "CSDESK_AGENT": "wang", "CSDESK_WORKER": "false",
    }  # fmt: skip
    terminal = Terminal(environ)
    try:
        terminal.sees("全部 1")
        terminal.press(b"\r")
        terminal.sees("诉求", f"{len(SHORT) - 1}:")
        for _ in range(PAGES):
            terminal.press(b"\x1b[5~")
            terminal.settle(0.05)
        terminal.press(b":q\r")
        assert terminal.ends() == 0
    finally:
        terminal.close()
    # One line down by the terminal itself is how the console scrolls.
    plain = ALLOWED.sub(b"", terminal.sent).replace(b"\x1bM", b"").decode()
    found = ACTING.search(plain.replace("\r", ""))
    assert found is None, repr(plain[max(found.start() - 20, 0) : found.end() + 20])
    assert b"\x1b]52" not in terminal.sent and b"\x1b]8" not in terminal.sent
