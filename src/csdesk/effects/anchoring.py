"""Anchors handed out once a day, to a file or to a command of the desk's choice; what fails is tried again."""

import os
import shlex
import subprocess
from datetime import datetime
from pathlib import Path

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.effects.pollers import NoAnswer, Poller
from csdesk.store import anchors
from csdesk.store.anchors import Anchor
from csdesk.store.connection import sync_folder, write

# Looked at so often whether a new day has begun in the desk's zone, or an anchor still waits.
EVERY_S = 300.0
COMMAND_S = 30
COMMAND = "!"


def checked(to: str) -> str:
    """Why nothing can be handed to what the setting says; "" when it can."""
    if to.startswith(COMMAND):
        try:
            return "" if shlex.split(to[1:]) else "!"
        except ValueError as exc:
            return str(exc)
    path = Path(to).expanduser()
    return "" if path.is_absolute() and path.parent.is_dir() and not path.is_dir() else to


def anchor_pollers(config: Config) -> list[Poller]:
    """The poller that anchors once a day, if anybody is to get it. ConfigError `config_anchor`."""
    if not config.audit_anchor:
        return []
    if why := checked(config.audit_anchor):
        raise ConfigError("config_anchor", reason=why)
    return [Poller("anchor", EVERY_S, lambda core: daily(core, config.audit_anchor))]


def daily(core: Core, to: str) -> None:
    """Make today's anchor unless there is one, and hand out what waits. NoAnswer when somebody did not take it."""
    conn, desk = core.store.conn, core.desk
    before = anchors.last(conn, desk)
    if before is None or _day(core, before.at) < _day(core, core.now()):
        anchors.make(conn, desk, core.store.desk.file_id, core.now())
    if fault := hand_out(core, to):
        raise NoAnswer(fault)


def _day(core: Core, at: int) -> str:
    return datetime.fromtimestamp(at / 1000, core.zone).date().isoformat()


def hand_out(core: Core, to: str) -> str:
    """Hand out what waits, the oldest first; why it stopped ("" when all are out). A crash in between hands twice."""
    for anchor in anchors.waiting(core.store.conn, core.desk):
        fault = _hand(core, anchor, to)
        with write(core.store.conn) as conn:
            anchors.handed(conn, core.desk, anchor.n, core.now(), fault)
        if fault:
            return fault
    return ""


def _hand(core: Core, anchor: Anchor, to: str) -> str:
    """Give one line to the file or command; a code of what went wrong. What a command says is not kept."""
    text = anchors.line(anchor, core.store.desk.file_id, core.desk) + "\n"
    try:
        if not to.startswith(COMMAND):
            _append(Path(to).expanduser(), text.encode())
            return ""
        ran = subprocess.run(
            shlex.split(to[1:]), input=text.encode(), capture_output=True, timeout=COMMAND_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    except OSError as exc:
        return (exc.strerror or type(exc).__name__)[:80]
    return f"exit {ran.returncode}" if ran.returncode else ""


def _append(path: Path, text: bytes) -> None:
    """Add a line and wait until it is on the disk; a new file is its owner's alone to write."""
    fresh = not path.exists()
    out = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(out, text)
        os.fsync(out)
    finally:
        os.close(out)
    if fresh:
        sync_folder(path.parent)
