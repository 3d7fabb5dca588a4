"""What a gateway says afterwards of a message that it took: delivered, or not and why; each once, in any order."""

from typing import Any

import msgspec

from csdesk.desk.core import Core
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import SettleReply
from csdesk.domain.text import clean_line
from csdesk.effects.desk_worker import GATEWAY_CHANNELS
from csdesk.store.outbox import begun, case_of_message

SETTLED = ("delivered", "failed")
PREFIX = "message:"
MOST_REASON = 100


def read_report(body: bytes) -> dict[str, Any] | None:
    """The report in a body: `{"key": "message:…", "status": "delivered" | "failed", "reason": …}`; None for no report.

    A message has `id` and `channel`, a report has neither.
    """
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if not isinstance(told, dict) or "id" in told or "channel" in told:
        return None
    return told if {"key", "status"} <= set(told) <= {"key", "status", "reason"} else None


def settle(core: Core, report: dict[str, Any]) -> bool:
    """Keep what became of a message; False when that was known. Refused says what is wrong with the report.

    `core` acts as `system`. A gateway speaks of what it carries alone: mail and letters go other ways.
    """
    key, status, reason = report["key"], report["status"], report.get("reason", "")
    if status not in SETTLED:
        raise Refused("bad_choice", field="status", value=str(status)[:40], allowed=SETTLED)
    if not isinstance(key, str) or not key.startswith(PREFIX) or not isinstance(reason, str):
        raise Refused("message_shape", name="key", expects="text")
    id_ = key.removeprefix(PREFIX)
    found = case_of_message(core.store.conn, core.desk, id_)
    case = core.load(found)[0] if found else None
    message = case.message(id_) if case else None
    if case is None or message is None or message.channel not in GATEWAY_CHANNELS:
        raise Refused("no_such_message")
    # Nobody can have heard of what no worker has tried yet; while one asks, the report may overtake its answer.
    if message.state == "held" and not begun(core.store.conn, core.desk, key):
        raise Refused("not_sent_yet")
    told = clean_line(reason, limit=MOST_REASON).text or ("" if status == "delivered" else "gateway")
    try:
        done = core.do(SettleReply(message.id, status, told), case.id, key=f"report:{key}:{status}")
    except Refused as exc:
        if exc.code == "already_settled":
            return False
        raise
    return not done.again
