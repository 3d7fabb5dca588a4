"""What tests of the mail room share: a reader with tokens, a plain mail, and a desk that only collects."""

from collections.abc import Callable

from csdesk.desk.inbound import Inbound, Receipt
from csdesk.domain.ids import uuid7
from csdesk.effects.mail.reading import Reader
from csdesk.effects.mail.threads import Threads
from tests.building import MONDAY

MARKER = "—— 请在此行上方回复 ——"
SHOP = "service@shop.example"
CASE, MESSAGE, WANG = "c" * 32, uuid7(MONDAY - 1_000, b"0123456789"), "wang@example.com"


def threads() -> Threads:
    """Tokens of a desk that has sent MESSAGE about CASE."""
    return Threads(b"k" * 32, "main", lambda message: CASE if message == MESSAGE else "")


def reader(server: str = "", now: int = MONDAY) -> Reader:
    return Reader(threads(), frozenset({SHOP}), (MARKER,), lambda: now, server)


def a_mail(body: str | bytes = "您好", **headers: str) -> bytes:
    """A plain mail of WANG; headers by name with `_` for `-`, "" to leave one out."""
    told = {
        "From": f"王小明 <{WANG}>",
        "To": SHOP,
        "Subject": "退货",
        "Date": "Mon, 2 Nov 2026 10:00:00 +0800",
        "Message-ID": "<1@example.com>",
        "Content-Type": "text/plain; charset=utf-8",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
    return head.encode() + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def collecting(into: list[Inbound], refused: str = "") -> Callable[[Inbound], Receipt]:
    """A desk that knows what it was told before."""
    known: dict[str, Inbound] = {}

    def receive(inbound: Inbound) -> Receipt:
        again = inbound.id in known
        if not again:
            known[inbound.id] = inbound
            into.append(inbound)
        return Receipt("IQ-0000-0000", not again, again=again, refused=refused)

    return receive
