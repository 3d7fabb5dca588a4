"""Messages that a gateway posts: is it the gateway, is it now, is it new; then a message, and an answer with a receipt.

Nothing here listens: a server hands over what came in and sends what `Doorman.answer` says. Each request carries
`X-Csdesk-Timestamp` (seconds) and `X-Csdesk-Signature`, as requests of csdesk itself do (`wire.sign`).
A signature is good once. A gateway that is not sure whether we heard it signs the same message again: its id makes
that harmless, and the receipt is the same.
"""

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from csdesk.desk.core import Core
from csdesk.desk.inbound import Inbound, Receipt
from csdesk.desk.intake.enclosing import enclosed
from csdesk.desk.intake.reading import MOST_RAW, parse
from csdesk.desk.intake.receiving import Declined, declined, one, plain
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.effects.reports import read_report, settle
from csdesk.effects.wire import sign
from csdesk.store.connection import write

# Clocks of servers differ by seconds; what is older was kept by somebody.
WINDOW_S = 300
# 300 signatures a second for the whole window; beyond it the oldest are forgotten, and ids still make all of it once.
MOST_SEEN = 100_000


class Unsigned(Exception):
    """A request that is not, or not now, the gateway's: `code` is `bad_signature`, `stale_signature` or `replayed`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer: status and JSON document."""

    status: int
    document: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The document as bytes."""
        return msgspec.json.encode(self.document)


class Doorman:
    """Lets in what one gateway signed; `source` is the name under which its messages are known for ever.

    `reports`: it also carries messages out, and may say what became of them. `most`: bytes of a message with the files
    in it.
    """

    def __init__(
        self,
        source: str,
        secret: bytes,
        *,
        reports: bool = False,
        now: Callable[[], float] = time.time,
        most: int = MOST_RAW,
    ) -> None:
        self._source = source
        self._most = most
        self._secret = secret
        self._reports = reports
        self._now = now
        self._seen: OrderedDict[str, float] = OrderedDict()

    def admit(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raise Unsigned unless this request was signed by the gateway within the window, and not seen before."""
        named = {name.lower(): value for name, value in headers.items()}
        stamp, given = named.get("x-csdesk-timestamp", ""), named.get("x-csdesk-signature", "")
        now = self._now()
        wanted = sign(self._secret, stamp, method, path, body)
        if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
            raise Unsigned("bad_signature")
        # Only what the gateway signed is looked at any closer.
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12 or abs(now - int(stamp)) > WINDOW_S:
            raise Unsigned("stale_signature")
        while self._seen and (len(self._seen) >= MOST_SEEN or next(iter(self._seen.values())) < now):
            self._seen.popitem(last=False)
        if given in self._seen:
            raise Unsigned("replayed")
        self._seen[given] = now + 2 * WINDOW_S

    def read(self, core: Core, body: bytes) -> Inbound:
        """The message of a body; a gateway speaks for itself alone. Refused says what is wrong with it."""
        inbound = parse(body, self._source, core.zone, self._most)
        if inbound.source != self._source:
            raise Refused("other_source", source=inbound.source[:60], allowed=(self._source,))
        return inbound

    def answer(self, core: Core, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Take the message of a request: its receipt (201 for a new case, else 200); 401, 409, 413, 422 with a code."""
        core.need(Right.WORK)
        if len(body) > self._most:
            return Answered(413, {"refused": "message_too_long", "detail": {"most": str(self._most)}})
        try:
            self.admit(method, path, headers, body)
        except Unsigned as exc:
            return Answered(409 if exc.code == "replayed" else 401, {"refused": exc.code})
        core = core.by_itself()
        if self._reports and (report := read_report(body)) is not None:
            return _reported(core, report)
        taken = self._taken(core, body)
        if isinstance(taken, Declined):
            told = {"refused": taken.refused.code, "detail": plain(taken.refused), "kept": taken.kept}
            return Answered(422, told)
        return Answered(201 if taken.began and not taken.again else 200, msgspec.to_builtins(taken))

    def _taken(self, core: Core, body: bytes) -> Receipt | Declined:
        try:
            inbound = self.read(core, body)
        except Refused as refused:
            with write(core.store.conn):
                return declined(core, body, self._source, refused)
        with enclosed(core, inbound) as brought, write(core.store.conn):
            return one(core, brought, raw=body)


def _reported(core: Core, report: dict[str, Any]) -> Answered:
    """What is answered to a report; one that cannot be kept is not kept as a message either."""
    try:
        return Answered(200, {"key": report["key"], "again": not settle(core, report)})
    except Refused as refused:
        return Answered(422, {"refused": refused.code, "detail": plain(refused)})
