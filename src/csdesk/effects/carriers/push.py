"""Scans that a carrier, or who gathers them, posts: is it them, is it now, is it new; then kept, and an answer.

Nothing here listens: a server hands over what came in and sends what `TrackingDoor.answer` says. A request is signed
as requests of csdesk itself are (`wire.sign`), over POST and the door's own path. What is told again, late
or in another order changes nothing: scans are known by their ids and sorted by their times.
"""

import time
from collections.abc import Callable, Mapping

import msgspec

from csdesk.desk.carrier_source import Keeper, NotUnderstood, Scanned
from csdesk.desk.core import Core
from csdesk.domain.roles import Right
from csdesk.effects.webhook import Answered, Doorman, Unsigned

# Where a server is expected to mount the door; the path is part of what is signed.
PATH = "/v1/hooks/tracking/carriers"
# Some 10,000 scans; who has more sends several messages.
MOST_BODY = 4_000_000


class TrackingDoor:
    """Takes tracking events that one sender signs. `keep` is `interop.tracked.keeper` of the desk's maps."""

    def __init__(
        self, keep: Keeper, secret: bytes, *, path: str = PATH, now: Callable[[], float] = time.time
    ) -> None:
        self._keep = keep
        self._doorman = Doorman("carriers", secret, now=now)
        self._path = path

    def answer(self, core: Core, headers: Mapping[str, str], body: bytes) -> Answered:
        """Keep what a request tells: 200 with counts; 401, 409, 413, 422 with a code, and then nothing was kept."""
        core.need(Right.WORK)
        if len(body) > MOST_BODY:
            return Answered(413, {"refused": "message_too_long", "detail": {"most": str(MOST_BODY)}})
        try:
            self._doorman.admit("POST", self._path, headers, body)
        except Unsigned as exc:
            return Answered(409 if exc.code == "replayed" else 401, {"refused": exc.code})
        try:
            document = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return Answered(422, {"refused": "not_json"})
        try:
            scanned = self._keep(core.by_itself(), document)
        except NotUnderstood:
            return Answered(422, {"refused": "no_parcels"})
        return Answered(422 if _all_bad(scanned) else 200, _told(scanned))


def _all_bad(scanned: Scanned) -> bool:
    return bool(scanned.records) and scanned.rejected == scanned.records


def _told(scanned: Scanned) -> dict[str, object]:
    counts = {
        name: getattr(scanned, name) for name in ("added", "changed", "unchanged", "rejected", "unknown")
    }
    refused = {"refused": "no_good_record"} if _all_bad(scanned) else {}
    return {**refused, **counts, "problems": list(scanned.problems)}
