"""The desk's events sent to other systems as they happen: signed, in order, at least once, given up only on record.

A hook keeps one place in the changes and sends what its filter lets through, one event after the other; so the events
of a case arrive in order. An event that is not taken is tried again after growing waits, and the hook waits with it;
after the last try it goes on the list of what was given up, and the hook goes on. Killed between sending and keeping
the place, the next worker sends again what has the same id.

Each request is a POST of one JSON document, `{"id": …, "desk": …, "case": …, "number": …, "kind": …, "state": …,
"event": …, "verb": …, "seq": …, "at": …, "sent_at": …}`, without anything of a person. It is signed as a payment
provider's (`wire.sign`), has the event's id as Idempotency-Key, and only 2xx means that it was taken. No
redirect is followed. The name is looked up once for each request, every address that it has is judged, and the
connection goes to the judged one.
"""

import ipaddress
import logging
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import msgspec

from csdesk.desk.core import Core
from csdesk.desk.event_answers import told_id, told_number
from csdesk.desk.webhook_answers import LOOPBACK, bad_address
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_line
from csdesk.domain.value import dataclass, replace
from csdesk.effects.wire import sign
from csdesk.store import webhooks
from csdesk.store.connection import read, write
from csdesk.store.errors import StoreError
from csdesk.store.events import Position, Told, stretch
from csdesk.store.keys import parse_source, secret
from csdesk.store.webhooks import DEAD, READY, Letter, Webhook

if TYPE_CHECKING:
    from csdesk.webclient import httpx

log = logging.getLogger(__name__)

Resolve = Callable[[str, int], list[str]]
# One request; a receiver that drips is cut off. The worker does nothing else meanwhile.
SECONDS = 4.0
# Sent and looked at in one turn of a hook: the worker has more to do, and what passes no filter costs little.
SENT_A_TURN = 20
SEEN_A_TURN = 200
# 2, 4, 8 … seconds up to ten minutes, less up to a quarter by chance: the twelfth try comes after half an hour.
MOST_TRIES = 12
# What a receiver refuses (4xx) it will hardly take later.
MOST_REFUSED = 4
FIRST_PAUSE_MS = 2_000
LONGEST_PAUSE_MS = 600_000
_PORTS = {"https": 443, "http": 80}
# Timeouts and "too many" are no refusals.
_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: `fault` "" when it was taken, else a code; `refused`: trying again will hardly help."""

    fault: str
    refused: bool = False


class _Barred(Exception):
    """An address that nothing is sent to; its text is the fault of the answer."""


class Courier:
    """Sends one desk's events to its hooks; belongs to the thread of its Core."""

    def __init__(
        self,
        core: Core,
        *,
        look_up: Resolve | None = None,
        seconds: float = SECONDS,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._core = core
        self._look_up = look_up
        self._seconds = seconds
        self._chance = chance

    def due(self, now: int) -> bool:
        """Whether there is anything to send."""
        return webhooks.due(self._core.store.conn, self._core.desk, now)

    def turn(self, leads: Callable[[], bool]) -> int:
        """Send what is due, as long as this worker leads; how many events were taken."""
        conn, desk, now = self._core.store.conn, self._core.desk, self._core.now()
        taken = 0
        for hook in webhooks.hooks(conn, desk):
            if hook.next_at <= now and leads():
                taken += self._hook(hook, leads)
        return taken

    def _hook(self, hook: Webhook, leads: Callable[[], bool]) -> int:
        conn, desk, now = self._core.store.conn, self._core.desk, self._core.now()
        taken, gone_on = self._letters(hook, leads)
        if not gone_on:
            return taken
        with read(conn):
            found = stretch(conn, desk, hook.at, SEEN_A_TURN)
        if found.gone:
            log.error("webhook %s came too late: events are forgotten that it was not told", hook.id)
            self._keep(hook, replace(hook, at=found.after, tries=0, fault="events_gone"))
            return taken
        after, sent = replace(hook, at=found.after, next_at=0), 0
        for told in found.events:
            if not hook.wants(told):
                continue
            here = Position(told.change, told.seq - 1)
            if sent >= SENT_A_TURN or not leads():
                after = replace(after, at=here)
                break
            answer = self.send(hook, told)
            if answer.fault:
                after = self._failed(replace(after, at=here), told, answer, now)
                break
            sent += 1
            after = replace(after, told_at=now, tries=0, fault="")
        self._keep(hook, after)
        return taken + sent

    def _failed(self, hook: Webhook, told: Told, answer: Answer, now: int) -> Webhook:
        """The hook after a try that failed: it waits, or leaves this event behind."""
        tries = hook.tries + 1
        paused = replace(hook, tries=tries, next_at=now + self._pause(hook.tries), fault=answer.fault)
        if tries < (MOST_REFUSED if answer.refused else MOST_TRIES):
            return paused
        log.error("webhook %s: event %s is given up: %s", hook.id, told_id(told), answer.fault)
        conn = self._core.store.conn
        with write(conn):
            letter = Letter(hook.id, told.case, told.seq, DEAD, now, tries, answer.fault)
            webhooks.give_up(conn, self._core.desk, letter)
        # A receiver that is down gets one try for each event that follows, until it takes one.
        left = 0 if answer.refused else MOST_TRIES - 1
        return replace(paused, at=Position(told.change, told.seq), tries=left)

    def _pause(self, tries: int) -> int:
        pause = min(FIRST_PAUSE_MS << min(tries, 20), LONGEST_PAUSE_MS)
        return pause - int(pause * self._chance() / 4)

    def _keep(self, before: Webhook, after: Webhook) -> None:
        if after == before:
            return
        with write(self._core.store.conn) as conn:
            webhooks.move(conn, self._core.desk, before, after)

    def _letters(self, hook: Webhook, leads: Callable[[], bool]) -> tuple[int, bool]:
        """Send what somebody wants tried again; how many were taken, and whether the receiver takes anything."""
        conn, desk = self._core.store.conn, self._core.desk
        taken = 0
        for letter in webhooks.letters(conn, desk, hook.id, SENT_A_TURN, READY):
            if not leads():
                return taken, False
            told = webhooks.event(conn, desk, letter.case, letter.seq)
            answer = self.send(hook, told) if told else Answer("")
            with write(conn):
                if answer.fault:
                    failed = replace(letter, state=DEAD, tries=letter.tries + 1, fault=answer.fault)
                    webhooks.give_up(conn, desk, replace(failed, at=self._core.now()))
                else:
                    webhooks.taken(conn, desk, letter)
            if answer.fault and not answer.refused:
                return taken, False
            taken += 0 if answer.fault else 1
        return taken, True

    def send(self, hook: Webhook, told: Told) -> Answer:
        """Tell one event, once."""
        document = {
            "id": told_id(told), "desk": self._core.desk, "case": told.case, "number": told_number(told),
            "kind": told.kind, "state": told.state, "event": told.type, "verb": told.verb, "seq": told.seq,
            "at": told.at, "sent_at": self._core.now(),
        }  # fmt: skip
        return self._post(hook, told_id(told), msgspec.json.encode(document))

    def try_out(self, hook: Webhook) -> Answer:
        """Send a document of no event (`"event": "test"`)."""
        now = self._core.now()
        told = {"id": f"test:{now}", "desk": self._core.desk, "event": "test", "at": now, "sent_at": now}
        return self._post(hook, f"test:{now}", msgspec.json.encode(told))

    def _post(self, hook: Webhook, key: str, body: bytes) -> Answer:
        from csdesk.webclient import httpx

        try:
            known = secret(parse_source(hook.secret))
        except (StoreError, ValueError) as exc:
            return Answer(f"secret_{exc.code}" if isinstance(exc, StoreError) else "secret")
        try:
            url, host, name = self._judged(hook)
        except _Barred as exc:
            return Answer(str(exc))
        stamp = str(self._core.now() // 1000)
        path = urlsplit(url).path + (f"?{query}" if (query := urlsplit(url).query) else "")
        headers = {
            "Host": host,
            "Content-Type": "application/json",
            "User-Agent": "csdesk-webhook/1",
            "Idempotency-Key": key,
            "X-Csdesk-Timestamp": stamp,
            "X-Csdesk-Signature": sign(known, stamp, "POST", path, body),
        }
        until = time.monotonic() + self._seconds
        try:
            with httpx.Client(timeout=self._seconds, trust_env=False, follow_redirects=False) as client:
                request = client.build_request(
                    "POST", url, content=body, headers=headers, extensions={"sni_hostname": name}
                )
                response = client.send(request, stream=True)
                try:
                    return _meant(response, until)
                finally:
                    response.close()
        except httpx.TimeoutException:
            return Answer("timeout")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as exc:
            return Answer(f"unreachable: {type(exc).__name__}")

    def _judged(self, hook: Webhook) -> tuple[str, str, str]:
        """The address bound to a numeric one that may be reached, its Host, and the name for TLS; _Barred."""
        from csdesk.effects.capturing import public, resolve

        if bad_address(hook.url):
            raise _Barred("webhook_address")
        parts = urlsplit(hook.url)
        name, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        try:
            found = (self._look_up or resolve)(name, port)
        except OSError:
            raise _Barred("webhook_dns") from None
        if not found:
            raise _Barred("webhook_dns")
        local = name in LOOPBACK
        if local and not all(ipaddress.ip_address(one.partition("%")[0]).is_loopback for one in found):
            raise _Barred("webhook_private")
        if not (local or hook.private or all(map(public, found))):
            raise _Barred("webhook_private")
        numeric = f"[{found[0]}]" if ":" in found[0] else found[0]
        bound = urlunsplit((parts.scheme, f"{numeric}:{port}", parts.path or "/", parts.query, ""))
        shown = f"[{name}]" if ":" in name else name
        return bound, shown if port == _PORTS[parts.scheme] else f"{shown}:{port}", name


def try_out(core: Core, name: str) -> Answer:
    """Send a document of no event to a hook, for whoever may set one; Refused `no_right`, `no_such_webhook`."""
    core.need(Right.CONFIGURE)
    found = webhooks.hook(core.store.conn, core.desk, name)
    if found is None:
        raise Refused("no_such_webhook", name=clean_line(name, limit=40).text)
    return Courier(core).try_out(found)


def _meant(response: "httpx.Response", until: float) -> Answer:
    """What an answer says; its body says nothing and is not read."""
    status = response.status_code
    if time.monotonic() > until:
        return Answer("timeout")
    if 200 <= status < 300:
        return Answer("")
    return Answer(f"http_{status}", refused=400 <= status < 500 and status not in _PASSING)
