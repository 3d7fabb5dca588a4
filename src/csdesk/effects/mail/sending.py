"""Replies by SMTP: one mail for a key, whoever sends it how often, and nothing in it that its text did not mean.

A retry is the same mail byte for byte: Message-ID, Date and token come from the key. When the server falls silent after
the text, nobody knows whether it has the mail; it is sent again, and a receiver that looks at Message-IDs keeps one.
"""

import contextlib
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from csdesk.domain.ids import uuid7_ms
from csdesk.domain.text import clean, clean_line
from csdesk.domain.value import dataclass
from csdesk.effects.mail.bounces import reason_of
from csdesk.effects.mail.places import Server
from csdesk.effects.mail.threads import Threads
from csdesk.effects.ports import Failed, Recipient, Sent
from csdesk.store.crypto import normal_email

# One answer of a server; a mail as a whole. Greylisting and virus scanners take their time after the text.
ANSWER_SECONDS, MAIL_SECONDS = 20, 90
MOST_LOCAL = 64
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_NOBODY = re.compile(r"(?:no-?_?reply|do-?_?not-?_?reply|mailer-daemon|postmaster)@", re.IGNORECASE)
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all mails of a desk have: its address and name; `plus`: whether the server takes `name+token@…`.

    `subject` words a subject (case number, language), `marker` the line above which people are asked to answer.
    """

    address: str
    name: str
    plus: bool
    subject: Callable[[str, str], str]
    marker: Callable[[str], str]


class SmtpChannel:
    """A `Channel` for mail. `meanwhile` is called each second that a server keeps us waiting, in the same thread."""

    def __init__(
        self,
        server: Server,
        password: Callable[[], str],
        head: Letterhead,
        threads: Threads,
        *,
        context: ssl.SSLContext | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self._server = server
        self._password = password
        self._head = head
        self._threads = threads
        self._context = context
        self.meanwhile = meanwhile
        self._live: smtplib.SMTP | None = None
        self._pool: ThreadPoolExecutor | None = None

    def send(
        self, key: str, to: Recipient, text: str, *, channel: str, case: str, automatic: bool = False
    ) -> Sent | Failed:
        """See `Channel.send`; Sent means that the server took the mail."""
        address = postal(to.email)
        if not address:
            return Failed("no_address" if not to.email.strip() else "bad_address", final=True)
        if normal_email(address) == normal_email(self._head.address):
            return Failed("own_address", final=True)
        if automatic and _NOBODY.match(address):
            return Failed("nobody_reads", final=True)
        message = key.partition(":")[2]
        case_id = self._threads.case_of(message)
        if not case_id:
            return Failed("no_such_message", final=True)
        mail, sender = self._mail(message, case_id, to, address, text, case, automatic)
        return self._waited(mail.as_bytes(), sender, address, message)

    def _mail(
        self,
        message: str,
        case_id: str,
        to: Recipient,
        address: str,
        text: str,
        number: str,
        automatic: bool,
    ) -> tuple[EmailMessage, str]:
        """The mail, and the address that is told to the server as its sender."""
        head = self._head
        token = self._threads.token(case_id, message, address)
        local, _, domain = head.address.rpartition("@")
        back = f"{local}+{token}" if head.plus and len(local) + len(token) < MOST_LOCAL else local
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address(_name(head.name), local, domain)
        mail["To"] = Address(_name(to.name), *address.rsplit("@", 1))
        mail["Reply-To"] = Address(_name(head.name), back, domain)
        mail["Subject"] = clean_line(head.subject(number, to.language), limit=200).text
        mail["Message-ID"] = f"<{token}@{domain}>"
        mail["References"] = f"<{self._threads.root(case_id)}@{domain}>"
        mail["Date"] = format_datetime(datetime.fromtimestamp(uuid7_ms(message) // 1000, UTC))
        if automatic:
            mail["Auto-Submitted"] = "auto-replied"
            mail["X-Auto-Response-Suppress"] = "All"
        body = flowed(f"{head.marker(to.language)}\n\n{clean(text).text}\n")
        mail.set_content(body, charset="utf-8", cte="base64", params={"format": "flowed"})
        return mail, f"{back}@{domain}"

    def _waited(self, mail: bytes, sender: str, address: str, message: str) -> Sent | Failed:
        """Deliver in a thread of its own, so that ours can keep what it holds while a server takes its time."""
        self._pool = self._pool or ThreadPoolExecutor(1, "smtp")
        until = time.monotonic() + MAIL_SECONDS
        going: Future[Sent | Failed] = self._pool.submit(self._deliver, mail, sender, address, message)
        while not going.done():
            with contextlib.suppress(TimeoutError):
                going.exception(timeout=1)
                break
            self.meanwhile()
            if time.monotonic() > until:
                self._cut()
        return going.result()

    def _cut(self) -> None:
        """End a conversation that drips on; its thread then sees a broken connection."""
        sock = self._live.sock if self._live else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _deliver(self, mail: bytes, sender: str, address: str, message: str) -> Sent | Failed:
        try:
            smtp = self._connected()
        except smtplib.SMTPResponseException as exc:
            return _answered(exc.smtp_code, exc.smtp_error, ours=True)
        except ssl.SSLError:
            return Failed("tls")
        except (OSError, smtplib.SMTPException):
            return Failed("unreachable")
        self._live = smtp
        try:
            return self._spoken(smtp, mail, sender, address, message)
        finally:
            self._live = None
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.secure:
            context = self._context or ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, timeout=ANSWER_SECONDS, context=context)
        return smtplib.SMTP(server.host, server.port, timeout=ANSWER_SECONDS)

    def _spoken(
        self, smtp: smtplib.SMTP, mail: bytes, sender: str, address: str, message: str
    ) -> Sent | Failed:
        told = False
        try:
            if failed := self._greeted(smtp):
                return failed
            dsn = smtp.has_extn("dsn")
            code, said = smtp.mail(sender, ["RET=HDRS", f"ENVID={message}"] if dsn else [])
            if code != 250:
                return _answered(code, said, ours=True)
            code, said = smtp.rcpt(address, ["NOTIFY=SUCCESS,FAILURE,DELAY"] if dsn else [])
            if code not in (250, 251):
                return _answered(code, said)
            told = True
            code, said = smtp.data(mail)
            return Sent() if code == 250 else _answered(code, said)
        except smtplib.SMTPResponseException as exc:
            return _answered(exc.smtp_code, exc.smtp_error, ours=not told)
        except ssl.SSLError:
            return Failed("tls")
        except (OSError, smtplib.SMTPException):
            return Failed("unknown_after_text" if told else "unreachable")

    def _greeted(self, smtp: smtplib.SMTP) -> Failed | None:
        """Say hello, go under cover where the connection leaves this machine, and log in."""
        server = self._server
        smtp.ehlo_or_helo_if_needed()
        if not server.secure and smtp.has_extn("starttls"):
            smtp.starttls(context=self._context or ssl.create_default_context())
            smtp.ehlo()
        elif not server.secure and not server.local:
            return Failed("no_tls")
        if server.user:
            smtp.login(server.user, self._password())
        return None


def _answered(code: int, said: bytes | str, *, ours: bool = False) -> Failed:
    """What an answer of a server means. `ours`: it is about us and not about this mail, so that it may be mended."""
    told = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    enhanced = _ENHANCED.search(told)
    status = f"{code} {enhanced[1]}" if enhanced else str(code)
    return Failed(
        reason_of("smtp", status, told.replace(enhanced[1], "") if enhanced else told),
        500 <= code < 600 and not ours,
    )


def postal(raw: str) -> str:
    """An address as SMTP can carry it (a Chinese domain in its ASCII form), "" for one that is none."""
    local, _, domain = clean_line(raw).text.rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    fits = (
        len(local) <= MOST_LOCAL
        and len(domain) <= 253
        and _LOCAL.fullmatch(local)
        and _DOMAIN.fullmatch(domain)
    )
    return f"{local}@{domain}" if fits else ""


def flowed(text: str) -> str:
    """`text` as format=flowed, each line one paragraph: nothing may look like a soft break or a quote (RFC 3676)."""
    lines = (line if line == "-- " else line.rstrip(" ") for line in text.split("\n"))
    return "\n".join(f" {line}" if line.startswith((" ", ">", "From ")) else line for line in lines)


def _name(raw: str) -> str:
    return clean_line(raw, limit=60).text
