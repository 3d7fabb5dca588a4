"""Real mail servers for tests, on this machine: SMTP by aiosmtpd, and small honest IMAP and POP3 servers."""

import email
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

USER, PASSWORD = "service@shop.example", "geheim"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class PostOffice:
    """What came in by SMTP, and what it answers next: an answer for RCPT or for the text, or silence after it."""

    mails: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    rcpt: str = ""
    text: str = ""
    silent: bool = False
    port: int = 0

    def last(self) -> Message:
        return email.message_from_bytes(self.mails[-1])

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.rcpt:
            envelope.rcpt_tos.append(address)
        return self.rcpt or "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.text:
            return self.text
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        self.envelopes.append((envelope.mail_from or "", envelope.rcpt_tos[0]))
        if self.silent:
            assert server.transport is not None
            server.transport.close()
        return "250 2.0.0 queued"


@contextmanager
def smtp_server(*, auth: bool = False) -> Iterator[PostOffice]:
    """An SMTP server on a port of this machine; with `auth` only USER may send."""
    office = PostOffice(port=free_port())

    def known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(
            success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False
        )

    more: dict[str, Any] = (
        {"auth_required": True, "auth_require_tls": False, "authenticator": known} if auth else {}
    )
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **more)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@dataclass
class Mailbox:
    """The mails of a mailbox: UID, flags, bytes; `broken` makes the server hang up at every connection."""

    validity: int = 7
    mails: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    keywords: bool = True
    broken: bool = False
    fetched: list[str] = field(default_factory=list)
    port: int = 0

    def add(self, raw: bytes, *flags: str) -> int:
        uid = max(self.mails, default=0) + 1
        self.mails[uid], self.flags[uid] = raw, set(flags)
        return uid


class _Imap(socketserver.StreamRequestHandler):
    """The part of IMAP4rev1 (RFC 3501) that a reader of mail uses."""

    box: Mailbox

    def handle(self) -> None:
        if self.box.broken:
            return
        self.say("* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            verb, _, said = rest.partition(" ")
            if verb.upper() == "UID":
                verb, _, said = said.partition(" ")
            verb = verb.upper()
            answer = getattr(self, f"do_{verb.lower()}", None)
            told = answer(said) if answer else "BAD what"
            self.say(f"{tag} {told or 'OK done'}")
            if verb == "LOGOUT":
                return

    def say(self, line: str) -> None:
        self.wfile.write(line.encode("latin-1") + b"\r\n")

    def do_capability(self, said: str) -> None:
        self.say("* CAPABILITY IMAP4rev1 ID")

    def do_id(self, said: str) -> None:
        self.say('* ID ("name" "test")')

    def do_login(self, said: str) -> str:
        return "OK in" if PASSWORD in said else "NO [AUTHENTICATIONFAILED] no"

    def do_select(self, said: str) -> str:
        if said.strip('"') != "INBOX":
            return "NO no such folder"
        self.say(f"* {len(self.box.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.box.validity}] x")
        self.say(r"* OK [PERMANENTFLAGS (\Seen \Flagged" + (r" \*" if self.box.keywords else "") + ")] x")
        return "OK [READ-WRITE] open"

    def do_search(self, said: str) -> None:
        uids = sorted(self.box.mails)
        if "UNSEEN" in said:
            uids = [uid for uid in uids if "\\Seen" not in self.box.flags[uid]]
        if wanted := re.search(r"UID (\d+):\*", said):
            # As the standard has it: `n:*` always holds the last mail.
            uids = [uid for uid in uids if uid >= int(wanted[1])] or uids[-1:]
        self.say("* SEARCH " + " ".join(map(str, uids)))

    def do_fetch(self, said: str) -> None:
        uid = int(said.split(maxsplit=1)[0])
        raw = self.box.mails.get(uid)
        limit = re.search(r"<0\.(\d+)>", said)
        self.box.fetched.append(said)
        if raw is None or limit is None:
            return
        part = raw[: int(limit[1])]
        self.wfile.write(
            f"* 1 FETCH (UID {uid} RFC822.SIZE {len(raw)} BODY[]<0> {{{len(part)}}}\r\n".encode()
            + part
            + b")\r\n"
        )

    def do_store(self, said: str) -> None:
        uid, flags = int(said.split(maxsplit=1)[0]), re.findall(r"[\\\w-]+", said.partition("(")[2])
        self.box.flags[uid] |= set(flags)

    def do_logout(self, said: str) -> None:
        self.say("* BYE")


class _Pop(socketserver.StreamRequestHandler):
    """The part of POP3 (RFC 1939) that a reader of mail uses."""

    box: Mailbox

    def handle(self) -> None:
        if self.box.broken:
            return
        self.say("+OK ready")
        while line := self.rfile.readline():
            verb, *said = line.decode("latin-1").split()
            getattr(self, f"do_{verb.lower()}", lambda *_: self.say("-ERR what"))(*said)
            if verb.upper() == "QUIT":
                return

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode("latin-1"))

    def mail(self, n: str) -> bytes:
        return list(self.box.mails.values())[int(n) - 1]

    def do_user(self, name: str) -> None:
        self.say("+OK")

    def do_pass(self, word: str) -> None:
        self.say("+OK" if word == PASSWORD else "-ERR no")

    def do_uidl(self) -> None:
        self.say("+OK", *(f"{n} id-{uid}" for n, uid in enumerate(self.box.mails, 1)), ".")

    def do_list(self) -> None:
        self.say("+OK", *(f"{n} {len(raw)}" for n, raw in enumerate(self.box.mails.values(), 1)), ".")

    def do_retr(self, n: str) -> None:
        self.box.fetched.append(f"RETR {n}")
        self.give(self.mail(n).split(b"\r\n"))

    def do_top(self, n: str, count: str) -> None:
        self.box.fetched.append(f"TOP {n}")
        head, _, body = self.mail(n).partition(b"\r\n\r\n")
        self.give([*head.split(b"\r\n"), b"", *body.split(b"\r\n")[: int(count)]])

    def give(self, lines: list[bytes]) -> None:
        self.say("+OK")
        for line in lines:
            self.wfile.write((b"." if line.startswith(b".") else b"") + line + b"\r\n")
        self.say(".")

    def do_quit(self) -> None:
        self.say("+OK")


@contextmanager
def box_server(kind: str) -> Iterator[Mailbox]:
    """An IMAP (`imap`) or POP3 (`pop3`) server with one mailbox, on a port of this machine."""
    box = Mailbox()
    handler = type("Handler", ({"imap": _Imap, "pop3": _Pop}[kind],), {"box": box})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler, bind_and_activate=True)
    server.daemon_threads = True
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
