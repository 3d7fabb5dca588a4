"""Made-up hostile mails: each is a plain mail with some of the troubles that mailboxes of shops have, by a seed."""

import base64
import quopri
from collections.abc import Callable
from random import Random

SAID = "您好，我买的耳机有杂音，想退货。订单 W2611340。"
_CHARSETS = ("utf-8", "gb18030", "gbk", "big5", "iso-2022-jp", "utf-16", "euc-kr", "koi8-r", "latin-1")
_NAMES = (
    b"utf-8",
    b"GB2312",
    b"gb18030",
    b"big5",
    b"iso-2022-jp",
    b"utf-7",
    b"none",
    b"unknown-8bit",
    b"",
    b"x" * 300,
)
_MEDIA = (
    b"text/plain",
    b"text/html",
    b"image/png",
    b"application/pdf",
    b"message/rfc822",
    b"multipart/mixed",
    b"/",
    b"x",
)
_NASTY = (
    b"\x1b]52;c;cm0=\x07", b"\x00" * 5, "\u202egpj.exe".encode(), b"\xff\xfe\xfd", b"[@click=app.quit]x[/]",
    b"=cmd|'/c calc'!A0",
    b"\r\nBcc: all@shop.example", "\u200b\u2066".encode(), b"%s%n{0}", b"../../etc/passwd",
    b"=?gbk?B?xOM=?=", b"(" * 3_000,
)  # fmt: skip


class Mail:
    """A mail that is being made: header lines and a body, as bytes."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.lines: list[bytes] = [
            b"Received: from mx (mx [192.0.2.1]) by us; Mon, 2 Nov 2026 10:00:00 +0800",
            b"From: =?utf-8?B?" + base64.b64encode("王小明".encode()) + b"?= <wang@example.com>",
            b"To: service@shop.example",
            b"Subject: =?utf-8?B?" + base64.b64encode("退货".encode()) + b"?=",
            b"Message-ID: <%d@example.com>" % chance.getrandbits(60),
            b"Date: Mon, 2 Nov 2026 10:00:00 +0800",
        ]
        self.kind = b"text/plain; charset=utf-8"
        self.body = SAID.encode()

    def bytes(self) -> bytes:
        return b"\r\n".join([*self.lines, b"Content-Type: " + self.kind, b"", self.body])


def _charset(mail: Mail) -> None:
    real = mail.chance.choice(_CHARSETS)
    mail.body = SAID.encode(real, "replace")
    mail.kind = b"text/plain; charset=" + mail.chance.choice(_NAMES)


def _encoding(mail: Mail) -> None:
    how = mail.chance.choice(
        (b"base64", b"quoted-printable", b"x-uuencode", b"8bit", b"binary", b"base64\x00")
    )
    mail.lines.append(b"Content-Transfer-Encoding: " + how)
    if mail.chance.random() < 0.5:
        mail.body = base64.b64encode(mail.body) if how[:6] == b"base64" else quopri.encodestring(mail.body)
    if mail.chance.random() < 0.4:
        mail.body = mail.body[: mail.chance.randrange(1, len(mail.body) + 1)]


def _nested(mail: Mail) -> None:
    depth = mail.chance.choice((2, 5, 14, 400, 3_000))
    inner = mail.body
    for n in range(depth):
        if mail.chance.random() < 0.2:
            mail.kind, inner = b"message/rfc822", b"Content-Type: " + mail.kind + b"\r\n\r\n" + inner
        else:
            fence = b"b%d" % n
            inner = (
                b"--"
                + fence
                + b"\r\nContent-Type: "
                + mail.kind
                + b"\r\n\r\n"
                + inner
                + b"\r\n--"
                + fence
                + b"--\r\n"
            )
            mail.kind = b"multipart/mixed; boundary=" + fence
        if len(inner) > 300_000:
            break
    mail.body = inner


def _many(mail: Mail) -> None:
    count = mail.chance.choice((3, 60, 250, 20_000))
    part = (
        b"--x\r\nContent-Type: "
        + mail.chance.choice(_MEDIA)
        + b'; name="%s"\r\n\r\n' % mail.chance.choice(_NASTY)
    )
    mail.body = (part + b"MZ\r\n") * count + b"--x--"
    mail.kind = b"multipart/mixed; boundary=x"


def _headers(mail: Mail) -> None:
    name = mail.chance.choice((b"Subject", b"From", b"References", b"X-Long", b"Content-Disposition", b"To"))
    value = mail.chance.choice(_NASTY) * mail.chance.choice((1, 40, 4_000))
    mail.lines.insert(mail.chance.randrange(len(mail.lines)), name + b": " + value)


def _header_flood(mail: Mail) -> None:
    mail.lines += [b"X-%d: y" % n for n in range(mail.chance.choice((50, 500, 30_000)))]


def _file(mail: Mail) -> None:
    name = mail.chance.choice(_NASTY)
    told = mail.chance.choice(
        (b'filename="%s"', b"filename*=gb18030''%s", b"filename*0*=''%s; filename*999=x", b"filename=%s")
    )
    begins = mail.chance.choice((b"MZ\x90", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"PK\x03\x04", b""))
    mail.body = (
        b"--f\r\nContent-Type: text/plain\r\n\r\n" + mail.body + b"\r\n--f\r\nContent-Type: image/png\r\n"
        b"Content-Disposition: attachment; "
        + told % name
        + b"\r\n\r\n"
        + begins
        + bytes(2_000)
        + b"\r\n--f--"
    )
    mail.kind = b'multipart/mixed; boundary="f"; boundary*' + b"9" * 5_000 + b"=x"


def _html(mail: Mail) -> None:
    piece = mail.chance.choice((
        b"<script>alert(1)</script>", b"<div>", b"<!--", b"<a href='javascript:x'>y</a>", b"&#x1b;]0;t&#7;", b"<",
        b"<style>",
        b"<img src=x onerror=alert(1)>", b"&#1114112;&#xD800;", b"<p title=\"",
    ))  # fmt: skip
    mail.body = b"<html><p>" + mail.body + b"</p>" + piece * mail.chance.choice((1, 100, 20_000))
    mail.kind = b"text/html; charset=utf-8"


def _loop(mail: Mail) -> None:
    mail.lines.append(mail.chance.choice((
        b"Auto-Submitted: auto-replied", b"Precedence: bulk", b"X-Autoreply: yes", b"Return-Path: <>", b"X-Loop: 1",
        b"From: MAILER-DAEMON@mx.example", b"From: service@shop.example", b"X-Failed-Recipients: a@b.example",
    )))  # fmt: skip


def _noise(mail: Mail) -> None:
    raw = bytearray(mail.body)
    for _ in range(mail.chance.randrange(1, 30)):
        raw.insert(mail.chance.randrange(len(raw) + 1), mail.chance.randrange(256))
    mail.body = bytes(raw)


def _report(mail: Mail) -> None:
    mail.lines.append(b"From: postmaster@mx.example")
    mail.kind = b"multipart/report; report-type=delivery-status; boundary=r"
    mail.body = (
        b"--r\r\n\r\n" + mail.body + b"\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Action: " + mail.chance.choice((b"failed", b"delivered", b"", b"\xff", b"delayed")) + b"\r\nStatus: "
        + mail.chance.choice((b"5.1.1", b"9.9.9", b"4.2.2", b"\x00")) + b"\r\nDiagnostic-Code: smtp; "
        + mail.chance.choice(_NASTY) * 20 + b"\r\n--r\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: "
        + mail.chance.choice(_NASTY) * 20 + b"\r\n\r\nx\r\n--r--"
    )  # fmt: skip


TROUBLES: tuple[Callable[[Mail], None], ...] = (
    _charset, _encoding, _nested, _many, _headers, _headers, _header_flood, _file, _html, _loop, _noise, _report,
)  # fmt: skip


def hostile(seed: int) -> bytes:
    """The mail of a seed: one to four troubles, now and then cut off, with other line ends, or no mail at all."""
    chance = Random(seed)
    mail = Mail(chance)
    for trouble in chance.sample(TROUBLES, chance.randrange(1, 5)):
        trouble(mail)
    raw = mail.bytes()
    dice = chance.random()
    if dice < 0.1:
        return raw[: chance.randrange(len(raw))]
    if dice < 0.2:
        return raw.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\n\n", b"\r\r\n")))
    if dice < 0.23:
        return chance.randbytes(chance.randrange(5_000))
    return raw
