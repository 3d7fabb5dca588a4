"""Mail of a configured desk: its mailboxes, its way out, and what its settings mean."""

import logging
import threading
from collections.abc import Callable
from functools import partial

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.desk.intake.receiving import receive
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import SettleReply
from csdesk.effects.mail.bounces import Settled
from csdesk.effects.mail.boxes import ImapBox, PopBox
from csdesk.effects.mail.headers import addresses
from csdesk.effects.mail.inbox import Inbox
from csdesk.effects.mail.maildir import Maildir
from csdesk.effects.mail.places import Box, Places, Server, parse_server
from csdesk.effects.mail.reading import Reader
from csdesk.effects.mail.sending import Letterhead, SmtpChannel, postal
from csdesk.effects.mail.threads import Threads, token_key
from csdesk.store.errors import StoreError
from csdesk.store.home import config_dir
from csdesk.store.keys import parse_source, secret
from csdesk.store.outbox import case_of_message

log = logging.getLogger(__name__)

_IN = ("imaps", "imap", "pop3s", "pop3", "maildir")
_OUT = ("smtps", "smtp")
MB = 1_048_576


def threads_of(core: Core) -> Threads:
    """The tokens of a desk; whose message it is, the outbox knows."""

    def case_of(message: str) -> str:
        return case_of_message(core.store.conn, core.desk, message)

    return Threads(token_key(core.store.people.text_key()), core.desk, case_of)


def reader_of(core: Core, config: Config) -> Reader:
    """How this desk reads a mail. ConfigError."""
    own = [address for _, address in addresses(config.mail_from.encode())]
    own += [server.user for server, _ in _servers(config) if "@" in server.user]
    return Reader(
        threads_of(core),
        frozenset(filter(None, own)),
        tuple(_word(core, language)("mail.marker") for language in LANGUAGES),
        core.now,
        config.mail_server,
    )


def inbox_of(core: Core, config: Config) -> Inbox | None:
    """The mailboxes that are configured, None when there are none. ConfigError; none is read for a practice desk."""
    servers = _servers(config)
    if not servers:
        return None
    if core.store.desk.practice:
        raise ConfigError("practice_mail")

    def settle(settled: Settled, report: str) -> None:
        command = SettleReply(settled.message, settled.state, settled.reason)
        try:
            core.do(command, settled.case, key=f"report:{report}:{settled.message}")
        except Refused as exc:
            if (
                exc.code != "already_settled"
            ):  # the same bounce by two servers, or one of a mail that came after all
                raise

    boxes = [_box(server, password) for server, password in servers]
    places = Places(config_dir() / "mail" / core.store.desk.file_id)
    limit = config.mail_limit_mb * MB
    taken = partial(receive, core)
    return Inbox(boxes, reader_of(core, config), taken, settle, places, core.now, limit=limit)


def channel_of(core: Core, config: Config) -> SmtpChannel | None:
    """The way out for mail, None when none is configured. ConfigError."""
    if not config.mail_out:
        return None
    server = _server(config.mail_out, _OUT, "mail_out")
    named = addresses(config.mail_from.encode())
    if len(named) != 1 or not postal(named[0][1]):
        raise ConfigError("config_mail", name="mail_from", reason="address")
    if server.user and not config.mail_out_key:
        raise ConfigError("config_mail", name="mail_out_key", reason="missing")

    def subject(number: str, language: str) -> str:
        return _word(core, language)("mail.subject", number=number)

    def marker(language: str) -> str:
        return _word(core, language)("mail.marker")

    head = Letterhead(postal(named[0][1]), named[0][0], config.mail_plus, subject, marker)
    return SmtpChannel(server, _password(config.mail_out_key, "mail_out_key"), head, threads_of(core))


def run(config: Config, open_core: Callable[[], Core], stop: threading.Event) -> None:
    """Look through the mailboxes until told to stop, on a connection of its own; what fails is tried again."""
    core = open_core()
    try:
        inbox = inbox_of(core, config)
        while inbox is not None and not stop.is_set():
            try:
                inbox.look()
            except StoreError as exc:
                log.warning("mail waits: %s", exc.code)
            stop.wait(config.mail_seconds)
    finally:
        core.store.close()


def _word(core: Core, language: str) -> Words:
    return Words(language if language in LANGUAGES else LANGUAGES[0], core.zone)


def _servers(config: Config) -> list[tuple[Server, Callable[[], str]]]:
    """The mailboxes of `mail_in`, each with what gives its password: one key for all, or one each in the same order."""
    said, keys = config.mail_in.split(), config.mail_in_key.split(" | ")
    servers = [_server(one, _IN, "mail_in") for one in said]
    if len(keys) not in (1, len(servers)) and servers:
        raise ConfigError("config_mail", name="mail_in_key", reason="count")
    made = []
    for n, server in enumerate(servers):
        key = keys[n] if len(keys) > 1 else keys[0]
        if server.scheme != "maildir" and not key.strip():
            raise ConfigError("config_mail", name="mail_in_key", reason="missing")
        made.append((server, _password(key.strip(), "mail_in_key")))
    return made


def _server(said: str, schemes: tuple[str, ...], name: str) -> Server:
    try:
        return parse_server(said, schemes)
    except ValueError as exc:
        raise ConfigError("config_mail", name=name, reason=str(exc)) from None


def _password(said: str, name: str) -> Callable[[], str]:
    """What gives a password when it is needed: one that was changed is read anew. StoreError."""
    if not said:
        return lambda: ""
    try:
        source = parse_source(said)
    except ValueError:
        raise ConfigError("config_mail", name=name, reason="key_source") from None
    return lambda: secret(source, least=1).decode("utf-8", "replace")


def _box(server: Server, password: Callable[[], str]) -> Box:
    if server.scheme == "maildir":
        return Maildir(server)
    return ImapBox(server, password) if server.scheme.startswith("imap") else PopBox(server, password)
