"""What is measured on a line: the console, and the programs that it is measured beside."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from grown import home_of

# So many rows have the peers: more than any of the doings goes through.
ROWS = 10_000
SUBJECTS = (
    "蓝牙耳机左耳没有声音，要求退货", "电饭煲内胆有划痕", "白色圆领T恤发错尺码，换L码", "冷冻带鱼到货已化冻，只退款",
    "14英寸轻薄笔记本电脑屏幕有亮点", "婴儿配方奶粉3段日期不新", "充电宝三天没有物流更新",
)  # fmt: skip
CSDESK = [sys.executable, "-m", "csdesk"]
TABLE = """
import sys
from textual.app import App
from textual.widgets import DataTable
class A(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        yield DataTable(cursor_type="row")
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("时限", "编号", "状态", "事由", "商家", "金额", "受理人")
        for n in range(int(sys.argv[1])):
            table.add_row(f"剩 {n % 47} 小时", f"RT-{n:04d}-9QX4", "待商家处理", sys.argv[2 + n % (len(sys.argv) - 2)],
                          "山海数码旗舰店", f"¥{n % 900}.00", "王小明")
        table.focus()
A().run(mouse=False)
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that shows a list: how it is started, and what its keys are where they are not `j` and Page Down."""

    name: str
    command: list[str]
    environ: dict[str, str]
    keys: dict[str, bytes] = field(default_factory=dict)

    @property
    def own(self) -> bool:
        """Whether it is the console."""
        return self.command[: len(CSDESK)] == CSDESK


def environ() -> dict[str, str]:
    """A true-colour terminal's environment. Bytecode is kept, as an installed program's is."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}


def console(file: Path, name: str = "csdesk", *, lean: bool = True) -> Peer:
    """The console on a desk; the worker is left to others, so that nothing changes meanwhile."""
    own = {
        "CSDESK_HOME": str(home_of(file)), "CSDESK_FILE": str(file), "CSDESK_AGENT": "me", "CSDESK_WORKER": "false",
        "CSDESK_LEAN": str(lean).lower(),
    }  # fmt: skip
    return Peer(name, CSDESK, {**environ(), **own})


def peers(folder: Path) -> list[Peer]:
    """Stock Textual, and of the mail and the git reader those that are installed."""
    table = folder / "table.py"
    table.write_text(TABLE, encoding="utf-8")
    arrows = {"cursor move": b"\x1b[B", "scroll a line": b"\x1b[B", "home": b"\x1b[1;5H"}
    found = [
        Peer("Textual's DataTable", [sys.executable, str(table), str(ROWS), *SUBJECTS], environ(), arrows)
    ]
    for name, make, keys in (
        ("neomutt", mailbox, {"home": b"="}),
        ("tig", history, {"page": b" ", "home": b"g"}),
    ):
        if shutil.which(name) is None:
            print(f"{name}: not installed, left out")
        else:
            found.append(Peer(name, make(folder), {**environ(), "HOME": str(folder)}, keys))
    return found


def mailbox(folder: Path) -> list[str]:
    """A mailbox with Chinese subjects, and how neomutt opens it: moving its list line by line."""
    box = folder / "box"
    (folder / "Mail").mkdir()
    head = "From a@example.com Mon Nov  2 10:00:00 2026\nFrom: 王小明 <a@example.com>\n"
    letter = head + "Subject: {} {}\n\nx\n\n"
    box.write_text(
        "".join(letter.format(SUBJECTS[n % len(SUBJECTS)], n) for n in range(ROWS)), encoding="utf-8"
    )
    return ["neomutt", "-n", "-F", os.devnull, "-R", "-e", "set menu_scroll", "-f", str(box)]


def history(folder: Path) -> list[str]:
    """A history with Chinese subjects, and how tig opens it."""
    told = "".join(
        f"commit refs/heads/main\ncommitter 王小明 <a@example.com> {1_700_000_000 + n} +0800\n"
        f"data <<.\n{SUBJECTS[n % len(SUBJECTS)]} {n}\n.\n"
        for n in range(ROWS)
    )
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "fast-import", "--quiet"], input=told.encode(), check=True)
    return ["tig", "-C", str(folder), "refs/heads/main"]
