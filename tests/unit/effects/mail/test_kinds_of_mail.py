"""Every kind of mail that help desks are tested with, made up here: what each says, and that the desk has all of them.

The kinds are those of FreeScout's and OTOBO's own tests of mail; their files are not here. `text`, `subject`, `sender`,
`files` and `marked` are what a person must find; None is not looked at.
"""

import base64
import binascii
import os
import quopri
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from csdesk.desk.inbound import Inbound, Nature, Receipt
from csdesk.desk.intake.receiving import receive
from csdesk.desk.intake.refusals import refusals
from csdesk.domain.text import clean, clean_line, file_name
from csdesk.effects.mail.charsets import charset_name
from csdesk.effects.mail.headers import text
from csdesk.effects.mail.inbox import Inbox
from csdesk.effects.mail.maildir import Maildir
from csdesk.effects.mail.natures import Pace
from csdesk.effects.mail.places import Places, Server
from csdesk.effects.mail.reading import Read
from csdesk.effects.mail.uu import taken_out
from tests.building import MONDAY, DeskFile, desk_file
from tests.unit.effects.mail.desk_of import a_mail, reader

__all__ = ["desk_file"]

PDF = b"%PDF-1.4 made up\n%%EOF\n"
GIF = b"GIF89a made up"


@dataclass(frozen=True, slots=True)
class Kind:
    """A made-up mail and what is to be found in it."""

    raw: bytes
    text: str | None = None
    subject: str | None = None
    sender: tuple[str, str] | None = None
    files: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    nature: Nature = Nature.WORDS
    at: int = MONDAY


def word(said: str, charset: str, name: str = "") -> str:
    """`said` as an encoded word, under another name of its charset if one is given."""
    return f"=?{name or charset}?B?{base64.b64encode(said.encode(charset)).decode()}?="


def parts(media: str, *inside: tuple[str, bytes], fence: str = "rand") -> dict[str, Any]:
    """The arguments for `a_mail` of a mail in parts, each (header lines, body)."""
    body = b"".join(
        f"--{fence}\r\n".encode() + head.encode() + b"\r\n\r\n" + said + b"\r\n" for head, said in inside
    )
    return {"body": body + f"--{fence}--\r\n".encode(), "Content_Type": f'{media}; boundary="{fence}"'}


def file(head: str, content: bytes = PDF) -> tuple[str, bytes]:
    """A base64 part."""
    return f"{head}\r\nContent-Transfer-Encoding: base64", base64.encodebytes(content)


def coded(said: str, charset: str, declared: str) -> bytes:
    return a_mail(said.encode(charset), Content_Type=declared)


PLAIN = ("Content-Type: text/plain; charset=utf-8", "正文".encode())
INNER = "Subject: 上次的来信\r\n\r\n里面的话".encode()
UU = b"begin 644 a.gif\r\n" + b"".join(
    binascii.b2a_uu(GIF[at : at + 45]).replace(b"\n", b"\r\n") for at in range(0, len(GIF), 45)
) + b"`\r\nend\r\n"  # fmt: skip

KINDS = {
    # Words and charsets.
    "plain text without any MIME header": Kind(a_mail("hello", Content_Type=""), "hello"),
    "html only": Kind(a_mail("<p>一</p><p>二</p>", Content_Type="text/html; charset=utf-8"), "一\n\n二"),
    "html with entities and link": Kind(
        a_mail('<div>A&#8211;B&amp;C&ni;</div><a href="http://x.example/">看</a>', Content_Type="text/html"),
        "A–B&C∋\n看 <http://x.example/>",
    ),
    "html with NUL bytes": Kind(a_mail(b"<p>a\x00b</p></html>", Content_Type="text/html"), "a␦b"),
    "charset name in an encoded word": Kind(
        a_mail(
            quopri.encodestring("őszintén szűk".encode("iso-8859-2")),
            Content_Type='text/plain; =?ISO-8859-2?Q?charset=3D"ISO-8859-2"?=',
            Content_Transfer_Encoding="quoted-printable",
        ),
        "őszintén szűk",
    ),
    "charset given twice": Kind(
        coded("Größe", "latin-1", 'text/plain; charset="iso-8859-1"; charset="iso-8859-1"'), "Größe"
    ),
    "charset with blanks around the sign": Kind(
        coded("退货", "gbk", 'text/plain; charset = "gb2312"; format=flowed'), "退货"
    ),
    "content type with a semicolon at its end": Kind(
        coded("<p>退货</p>", "utf-8", 'text/html; charset="UTF-8";'), "退货"
    ),
    "no charset, accents": Kind(coded("va demasiado rápido", "latin-1", "text/plain"), "va demasiado rápido"),
    "no charset, chinese": Kind(coded("我要退货", "gbk", "text/plain"), "我要退货"),
    "accents in pairs": Kind(coded("Größe", "latin-1", "text/plain; charset=iso-8859-1"), "Größe"),
    "chinese that calls itself western": Kind(
        coded("耳机有杂音，我要退货", "gbk", "text/plain; charset=iso-8859-1"), "耳机有杂音，我要退货"
    ),
    "quotes of windows that call themselves latin": Kind(
        coded("it’s €5", "cp1252", "text/plain; charset=iso-8859-1"), "it’s €5"
    ),
    "russian": Kind(
        coded("Хочу вернуть товар", "cp1251", "text/plain; charset=windows-1251"), "Хочу вернуть товар"
    ),
    "korean beyond its charset": Kind(coded("똠방각하", "cp949", "text/plain; charset=ks_c_5601-1987"), "똠방각하"),
    "traditional chinese beyond big5": Kind(coded("碁盤退貨", "cp950", "text/plain; charset=big5"), "碁盤退貨"),
    "japanese of a maker": Kind(coded("①番、返品", "cp932", "text/plain; charset=shift_jis"), "①番、返品"),
    "japanese in seven bits": Kind(
        coded("※ 配送部", "iso-2022-jp", "text/plain; charset=iso-2022-jp"), "※ 配送部"
    ),
    "utf-7 is not decoded": Kind(coded("a+AGI-c", "ascii", "text/plain; charset=utf-7"), "a+AGI-c"),
    "unknown charset": Kind(coded("退货", "utf-8", "text/plain; charset=x-nobody-knows"), "退货"),
    # Headers.
    "subject in several charsets": Kind(
        a_mail(Subject=f"{word('退货', 'gbk')} / {word('Сергей', 'cp1251', 'windows-1251')} / {word('返', 'utf-8')}"),
        subject="退货 / Сергей / 返",
    ),
    "subject under a misspelt charset": Kind(
        a_mail(Subject=word("Сергей Углов", "cp1251", "cp-1251")), subject="Сергей Углов"
    ),
    "subject folded between encoded words": Kind(
        a_mail(Subject=f"{word('第一', 'utf-8')}\r\n {word('第二', 'utf-8')}"), subject="第一第二"
    ),
    "subject with line ends inside an encoded word": Kind(
        a_mail(Subject="=?UTF-8?Q?=0D=0ABcc:_all=40shop.example=0D=0Ax?="), subject="Bcc: all@shop.example x"
    ),
    "subject longer than any field": Kind(a_mail(Subject="长" * 5_000), subject="长" * 299 + "␦"),
    "sender with comma, quotes and accents": Kind(
        a_mail(From=f'"{word("Oddział 3, w Warszawie", "utf-8")}" <dev@example.com>'),
        sender=("Oddział 3, w Warszawie", "dev@example.com"),
    ),
    "sender in two words of two charsets": Kind(
        a_mail(From="=?Windows-1252?Q?Hans_B=C4K?= =?iso-8859-15?q?_Sch=F6n?= <me@example.com>"),
        sender=("Hans BÄK Schön", "me@example.com"),
    ),
    "sender after the address, in brackets": Kind(
        a_mail(From="me@example.com (Wang)"), sender=("", "me@example.com")
    ),
    "sender with plus": Kind(a_mail(From="me+tag@example.com"), sender=("", "me+tag@example.com")),
    "sender whose address is none": Kind(a_mail(From='<"#FAX#*49#"@fax.example>'), sender=("#FAX#*49#", "")),
    "no sender": Kind(a_mail(From=""), sender=("", "")),
    "undisclosed recipients": Kind(a_mail(To="undisclosed-recipients:;"), "您好"),
    "a date that cannot be": Kind(a_mail(Date="Mon, 31 Feb 2026 99:99:99 +9900"), "您好", at=0),
    "no date": Kind(a_mail(Date=""), "您好", at=0),
    "an mbox line on top": Kind(b"From wang@example.com Mon Nov 2 10:00:00 2026\r\n" + a_mail(), "您好"),
    # Parts and files.
    "two texts with a file between them": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, file('Content-Type: application/pdf; name="1.pdf"'), PLAIN)),
        "正文\n\n正文",
        files=("1.pdf",),
    ),
    "text and html one after the other": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, ("Content-Type: text/html", b"<i>and this</i>"))),
        "正文\n\nand this",
    ),
    "text or html": Kind(
        a_mail(**parts("multipart/alternative", PLAIN, ("Content-Type: text/html", b"<b>x</b>"))), "正文"
    ),
    "a boundary of one dash": Kind(
        a_mail(**parts("multipart/mixed", ("Content-Type: text/plain", b"a\r\n-\r\nb"), fence="-")), "a\n-\nb"
    ),
    "a boundary that never ends": Kind(
        a_mail(**(parts("multipart/mixed", PLAIN) | {"body": b"--rand\r\n\r\nhello"})), "hello"
    ),
    "a boundary that never comes": Kind(
        a_mail("只有这些", Content_Type='multipart/mixed; boundary="none"'), "只有这些"
    ),
    "an inline picture": Kind(
        a_mail(
            **parts("multipart/related", PLAIN, file('Content-Type: image/gif; name="a.gif"\r\nContent-ID: <a>', GIF))
        ),
        "正文",
        files=("a.gif",),
    ),
    "only a file": Kind(
        a_mail(PDF, Content_Type='application/pdf; name="a.pdf"', Subject=""), "[a.pdf]", files=("a.pdf",)
    ),
    "an empty text and an empty file": Kind(
        a_mail(**parts("multipart/mixed", ("Content-Type: text/plain", b""), file("Content-Disposition: attachment; "
               "filename*=utf-8''%C5%81atwa.txt", b""))),
        "退货",
        files=("Łatwa.txt",),
    ),
    "a file named in its own charset": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, file("Content-Disposition: attachment; "
               "filename*0*=iso-8859-1''t-%E4%F6; filename*1*=%FC%DF.txt"))),
        files=("t-äöüß.txt",),
    ),
    "a file named in an encoded word": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, file('Content-Type: application/octet-stream; '
               f'name="{word("報告", "big5")}.doc"'))),
        files=("報告.doc",),
    ),
    "a file named in seven bits of a maker": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, file("Content-Disposition: attachment; "
               "filename*=iso-2022-jp''%1B%24BJs9p%3Dq%2D%21%1B%28B%2E.txt"))),
        files=("報告書\ufffd.txt",),
    ),
    "a file whose name has semicolons": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, file('Content-Disposition: attachment; filename="a 1.,b;2;3.pdf"'))),
        files=("a 1.,b_2_3.pdf",),
    ),
    "a file whose name is a path": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, file('Content-Disposition: attachment; filename="../../etc/x"'))),
        files=("_._etc_x",),
    ),
    "two files of one name": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, *[file('Content-Type: application/pdf; name="?a?.pdf"')] * 2)),
        files=("_a_.pdf", "_a_.pdf"),
    ),
    "a content type given twice": Kind(
        a_mail(**parts("multipart/mixed", file('Content-Type: image/gif; name="f.gif"\r\n'
               'Content-Type: image/gif; name="f.gif"', GIF))),
        "退货",
        files=("f.gif",),
    ),
    "a mail in a mail is called by its subject": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, ("Content-Type: message/rfc822", INNER))),
        "正文",
        files=("上次的来信.eml",),
    ),
    "a mail in a mail whose subject has line ends": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, ("Content-Type: message/rfc822",
               b"Subject: =?UTF-8?Q?=0D=0A=0D=0Aa_=0D=0A/b?=\r\n\r\nx"))),
        "正文",
        files=("a _b.eml",),
    ),
    "a mail in a mail without a subject": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, ("Content-Type: message/rfc822", b"To: x\r\n\r\nx"))),
        "正文",
        files=("message.eml",),
    ),
    "outlook's own box of files": Kind(
        a_mail(**parts("multipart/mixed", PLAIN, file("Content-Type: application/ms-tnef", b"\x78\x9f\x3e\x22"))),
        "正文",
        files=("winmail.dat",),
    ),
    "a uuencoded file": Kind(
        a_mail(b"look\r\n\r\n" + UU, Content_Type="text/plain"), "look", files=("a.gif",)
    ),
    "what only begins like a uuencoded file": Kind(
        a_mail(b"begin 644 a.gif\r\nplease call\r\n", Content_Type="text/plain"), "begin 644 a.gif\nplease call"
    ),
    # Signed and locked.
    "signed with pgp": Kind(
        a_mail(**parts("multipart/signed", PLAIN, ("Content-Type: application/pgp-signature", b"-"))),
        "正文",
        files=("signature.asc",),
    ),
    "signed with s/mime": Kind(
        a_mail(**parts("multipart/signed", PLAIN, file("Content-Type: application/pkcs7-signature", b"\x30\x80"))),
        "正文",
        files=("smime.p7s",),
    ),
    "locked with s/mime": Kind(
        a_mail(PDF, Content_Type="application/pkcs7-mime; smime-type=enveloped-data"),
        "退货",
        files=("smime.p7m",),
        marked=("sealed", "media_differs:smime.p7m"),
    ),
    "locked with pgp": Kind(
        a_mail(**parts("multipart/encrypted", ("Content-Type: application/pgp-encrypted", b"Version: 1"),
               ('Content-Type: application/octet-stream; name="encrypted.asc"', b"x"))),
        "退货",
        files=("version.asc", "encrypted.asc"),
        marked=("sealed",),
    ),
    "locked with pgp within the text": Kind(
        a_mail("-----BEGIN PGP MESSAGE-----\r\n\r\nhQQO\r\n-----END PGP MESSAGE-----"), marked=("sealed",)
    ),
    # Machines and history.
    "a report of a mail server": Kind(
        a_mail(
            **parts("multipart/report", PLAIN, ("Content-Type: message/delivery-status", b"Action: failed"),
                    ("Content-Type: message/rfc822", INNER)),
            From="MAILER-DAEMON@mx.example", Subject="Undelivered Mail Returned to Sender",
        ),
        "正文",
        files=("上次的来信.eml",),
        nature=Nature.BOUNCE,
    ),
    "a report whose parts are files": Kind(
        a_mail(
            **parts("multipart/mixed", ('Content-Type: message/delivery-status; name="status.txt"', b"Action: failed")),
            From="postmaster@mx.example", Subject="Delivery Status",
        ),
        files=("status.txt",),
        nature=Nature.BOUNCE,
    ),
    "an automatic answer": Kind(a_mail(Auto_Submitted="auto-replied"), "您好", nature=Nature.AUTOMATIC),
    "a mailing": Kind(a_mail(List_Unsubscribe="<mailto:x@y.example>"), "您好", nature=Nature.AUTOMATIC),
    "history of outlook": Kind(
        a_mail("新的话\r\n\r\n_____\r\nVon: A\r\nGesendet: Montag\r\nAn: B\r\n\r\n旧的话", Subject="Re: x"),
        "新的话",
        marked=("quote_cut",),
    ),
    "headers that would command a desk": Kind(
        a_mail(**{"X-OTRS-Queue": "Junk", "X-OTRS-Owner": "root", "X-OTRS-State": "closed"}), "您好"
    ),
}  # fmt: skip

# Whom nobody could answer waits for a person, in the mailbox and on the list of what was not taken.
NOBODY = ("sender whose address is none", "no sender")


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_mail_the_peers_test_for(name: str):
    kind = KINDS[name]
    read = reader().read(kind.raw)
    assert isinstance(read, Read)
    found = read.inbound
    if kind.text is not None:
        assert found.text == kind.text
    if kind.subject is not None:
        assert found.subject == kind.subject
    if kind.sender is not None:
        assert (found.sender.name, found.sender.email) == kind.sender
    assert tuple(one.name for one in found.attached) == kind.files
    assert (found.nature, found.at) == (kind.nature, kind.at)
    assert {mark for mark in found.marked if mark != "signs_removed"} == set(kind.marked)
    assert all(file_name(one.name) == one.name for one in found.attached)
    assert (clean(found.text).text, clean_line(found.subject).text) == (found.text, found.subject)


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[Path]:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "Mail" / part).mkdir(parents=True)
    for n, kind in enumerate(KINDS.values()):
        path = tmp_path / "Mail" / "new" / f"{n:03}"
        path.write_bytes(kind.raw)
        os.utime(path, (1_000, 1_000))
    yield tmp_path / "Mail"


def test_the_desk_has_every_one_of_them(letters: Path, tmp_path: Path, desk_file: DeskFile):
    core = desk_file.core("wang")
    got: list[tuple[Inbound, Receipt]] = []

    def take(inbound: Inbound) -> Receipt:
        got.append((inbound, receive(core, inbound)))
        return got[-1][1]

    box = Maildir(Server("maildir", "", 0, path=str(letters)))
    inbox = Inbox(
        [box], reader(), take, lambda settled, report: None, Places(tmp_path / "places"), desk_file.clock,
        limit=1_000_000, pace=Pace(1_000),
    )  # fmt: skip
    looks = [inbox.look() for _ in range(3)]
    assert [sum(getattr(look, what) for look in looks) for what in ("taken", "refused", "waiting", "away")] == [
        len(KINDS) - len(NOBODY), len(NOBODY), 0, 0,
    ]  # fmt: skip
    kept = [receipt for _, receipt in got if receipt.refused]
    assert [receipt.refused for receipt in kept] == ["no_sender"] * len(NOBODY)
    assert {one.id for one in refusals(core)} == {receipt.kept for receipt in kept}
    words = [receipt for inbound, receipt in got if inbound.nature is Nature.WORDS]
    assert all(receipt.number for receipt in words if not receipt.refused)
    assert len(words) > 60


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("X-GBK", "gb18030"), ("gb2312_charset", "gb18030"), ("windows-936", "cp936"), ("'utf-8'", "utf-8"),
        ("x-sjis", "cp932"), ("win-1251", "cp1251"), ("cp-850", "cp850"), ("iso-8859-8-i", "iso-8859-8"),
        ("windows-65001", "utf-8"), ("", ""), ("x" * 300, "x" * 60),
    ],
)  # fmt: skip
def test_names_of_charsets(said: str, name: str):
    assert charset_name(said) == name


def test_a_single_chinese_sign_between_letters_stays_chinese_where_it_is_said():
    assert text("买x送y".encode("gbk"), "gb2312") == "买x送y"


def test_many_beginnings_of_files_are_read_in_one_pass():
    said = b"begin 644 a\n" + b"M" + b"#" * 60 + b"\n"
    assert taken_out(said * 5_000) == (said * 5_000, [])


def test_a_uuencoded_file_is_whole():
    content = bytes(range(256)) * 3
    lines = b"".join(binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))
    assert taken_out(b"a\nbegin 644 x y.bin\n" + lines + b"`\nend\nb") == (b"a\nb", [(b"x y.bin", content)])
