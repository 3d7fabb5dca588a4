"""How a local desk answers about webhooks."""

import re
from urllib.parse import urlsplit

from csdesk.desk import webhook_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.event_answers import told_number
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused
from csdesk.domain.text import clean_line
from csdesk.domain.value import replace
from csdesk.store import events, webhooks
from csdesk.store.events import Position
from csdesk.store.webhooks import DEAD, READY, Webhook

MOST_HOOKS = 20
MOST_LETTERS = 500
MOST_ADDRESS = 500
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
# Not `command:`: what a row of the desk says is never run.
_SECRETS = ("file:", "env:", "system:")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@answers(q.Webhooks)
def hooks(core: Core, ask: q.Webhooks) -> list[q.WebhookLine]:
    conn, desk = core.store.conn, core.desk
    _, newest = events.ends(conn, desk)
    dead: dict[str, int] = {}
    for letter in webhooks.letters(conn, desk, "", MOST_LETTERS, DEAD):
        dead[letter.webhook] = dead.get(letter.webhook, 0) + 1
    return [
        q.WebhookLine(
            one.id, one.url, one.verbs, one.kinds, one.private, max(newest + 1 - one.at.change, 0), one.tries,
            one.next_at, one.fault, one.told_at, dead.get(one.id, 0),
        )
        for one in webhooks.hooks(conn, desk)
    ]  # fmt: skip


@answers(q.WebhookLetters)
def letters(core: Core, ask: q.WebhookLetters) -> list[q.WebhookLetter]:
    conn, desk = core.store.conn, core.desk
    if ask.webhook:
        _named(core, ask.webhook)
    found = []
    for one in webhooks.letters(conn, desk, ask.webhook, min(max(ask.limit, 1), MOST_LETTERS)):
        told = webhooks.event(conn, desk, one.case, one.seq)
        number, type_ = (told_number(told), told.type) if told else ("", "")
        found.append(
            q.WebhookLetter(
                one.webhook, f"{one.case}:{one.seq}", number, type_, one.at, one.tries, one.fault,
                one.state == READY,
            )
        )  # fmt: skip
    return found


@answers(q.WebhookAdd)
def add(core: Core, ask: q.WebhookAdd) -> None:
    conn, desk = core.store.conn, core.desk
    if not _NAME.fullmatch(ask.webhook):
        raise Refused("webhook_name")
    if why := bad_address(ask.url):
        raise Refused("webhook_address", why=why)
    if not ask.secret.startswith(_SECRETS) or clean_line(ask.secret, limit=500).text != ask.secret:
        raise Refused("webhook_secret")
    unknown = [one for one in ask.verbs if one not in VERBS] + [
        one for one in ask.kinds if one not in {kind.value for kind in Kind}
    ]
    if unknown:
        raise Refused("webhook_filter", value=clean_line(unknown[0], limit=40).text)
    if len(webhooks.hooks(conn, desk)) >= MOST_HOOKS:
        raise Refused("webhooks_full", most=MOST_HOOKS)
    _, newest = events.ends(conn, desk)
    made = Webhook(
        ask.webhook, ask.url, ask.verbs, ask.kinds, ask.secret, ask.private, Position(newest + 1), 0, 0, "", 0
    )
    if not webhooks.put(conn, desk, made, core.now(), core.me.id):
        raise Refused("webhook_exists", name=ask.webhook)


@answers(q.WebhookRemove)
def remove(core: Core, ask: q.WebhookRemove) -> None:
    if not webhooks.drop(core.store.conn, core.desk, ask.webhook):
        raise _unknown(ask.webhook)


@answers(q.WebhookRetry)
def retry(core: Core, ask: q.WebhookRetry) -> int:
    conn, desk = core.store.conn, core.desk
    one = _named(core, ask.webhook)
    webhooks.move(conn, desk, one, replace(one, tries=0, next_at=0))
    return webhooks.again(conn, desk, one.id)


def bad_address(url: str) -> str:
    """Why events cannot be sent to an address (a code), or "": https, or http to this machine, without a login."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "address"
    if len(url) > MOST_ADDRESS or parts.scheme not in ("https", "http") or not host or not url.isascii():
        return "address"
    if clean_line(url, limit=MOST_ADDRESS).text != url or " " in url or parts.fragment:
        return "address"
    if parts.username is not None or parts.password is not None:
        return "credentials"
    return "" if parts.scheme == "https" or host in LOOPBACK else "http"


def _named(core: Core, name: str) -> Webhook:
    found = webhooks.hook(core.store.conn, core.desk, name)
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> Refused:
    return Refused("no_such_webhook", name=clean_line(name, limit=40).text)
