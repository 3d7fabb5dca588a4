"""A customer's mail from a real IMAP server to a case, a cited reply by a real SMTP server, until it is delivered."""

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from csdesk.cli.main import run
from csdesk.desk.config import Config
from csdesk.desk.core import Core
from csdesk.desk.evidence_answers import take_out
from csdesk.desk.evidence_queries import EvidenceOf
from csdesk.desk.intake.receiving import MOST_ACKNOWLEDGED
from csdesk.domain.cases.arriving import Alike, Arrived, FilesCame, MessageMarked
from csdesk.domain.cases.case import Case, Message
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.events import Event
from csdesk.domain.cases.shared import Take, Withdraw
from csdesk.effects.desk_worker import make_worker
from csdesk.effects.mail.inbox import Looked
from csdesk.effects.mail.natures import MOST_AN_HOUR
from csdesk.effects.mail.places import BoxError
from csdesk.effects.mail.post import inbox_of
from csdesk.store.cases import history
from csdesk.store.verify import verify
from tests.building import DeskFile, desk_file
from tests.unit.effects.mail.servers import PASSWORD, USER, Mailbox, PostOffice, box_server, smtp_server

__all__ = ["desk_file"]

WANG = "wang@example.com"
CITED = "您好，依据《消费者权益保护法》第二十五条，耳机签收七日内可以无理由退货。"


@dataclass
class Shop:
    """A desk with a mailbox and a way out."""

    desk: DeskFile
    box: Mailbox
    office: PostOffice
    config: Config

    def __post_init__(self) -> None:
        self.core = self.desk.core("system")
        inbox = inbox_of(self.core, self.config)
        assert inbox is not None
        self.inbox = inbox
        self.worker = make_worker(self.core, self.config)

    @property
    def cases(self) -> list[Case]:
        rows = self.core.store.conn.execute("SELECT id FROM cases ORDER BY id").fetchall()
        return [self.core.load(id_)[0] for (id_,) in rows]

    def texts(self, case: Case) -> list[str]:
        past = history(self.core.store.conn, self.core.desk, case.id, self.core.store.keys)
        said = [getattr(one.event, name, "") for one in past for name in ("summary", "text")]
        return [text for text in said if text]

    def events(self, case: Case) -> list[Event]:
        past = history(self.core.store.conn, self.core.desk, case.id, self.core.store.keys)
        return [one.event for one in past]

    def work(self) -> None:
        self.desk.clock.forward(seconds=11)
        while self.worker.turn():
            pass

    def begun(self, body: str = "想退货") -> Case:
        """The case that a first mail opens, once its acknowledgement has left."""
        self.box.add(written(body))
        assert self.inbox.look() == Looked(taken=1)
        self.work()
        assert self.last["Auto-Submitted"] == "auto-replied"
        self.office.mails.clear()
        self.office.envelopes.clear()
        return self.cases[-1]

    def replies(self, case: Case) -> list[Message]:
        """What agents wrote."""
        return [m for m in self.core.load(case.id)[0].messages if m.direction == "out" and m.author == "wang"]

    def agent(self) -> Core:
        return self.desk.core("wang")

    @property
    def last(self) -> EmailMessage:
        mail = message_from_bytes(self.office.mails[-1], policy=policy.default)
        assert isinstance(mail, EmailMessage)
        return mail


@pytest.fixture
def shop(desk_file: DeskFile, tmp_path: Path) -> Iterator[Shop]:
    word = tmp_path / "word"
    word.write_text(PASSWORD + "\n")
    word.chmod(0o600)
    with box_server("imap") as box, smtp_server() as office:
        config = Config(
            outgoing=str(tmp_path / "out"),
            mail_in=f"imap://{USER}@127.0.0.1:{box.port}/INBOX",
            mail_in_key=f"file:{word}",
            mail_out=f"smtp://127.0.0.1:{office.port}",
            mail_from=f"山海客服 <{USER}>",
            mail_plus=True,
        )
        yield Shop(desk_file, box, office, config)


def written(body: str, **headers: str) -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    told = {"From": f"王小明 <{WANG}>", "To": USER, "Subject": "耳机想退货"} | headers
    for name, value in told.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(body, cte="base64")
    return mail.as_bytes()


def headed(kind: str) -> bytes:
    """The head of a mail whose body is of this kind, as 8 bits a sign."""
    head = (
        f"From: <{WANG}>\r\nTo: {USER}\r\nSubject: x\r\n"
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: 8bit"
    )
    return f"{head}\r\n\r\n".encode()


def reply(shop: Shop, case: Case, text: str = CITED) -> None:
    shop.agent().do(Reply(text, confirmed=("citation", "promise", "deadline")), case.id)


def bounced(shop: Shop, action: str, status: str) -> bytes:
    """What a mail server reports about the last mail, sent to its envelope's sender."""
    told = (
        "--r\r\n\r\nreport\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Final-Recipient: rfc822;{WANG}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "--r\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {shop.last['Message-ID']}\r\nTo: {WANG}\r\n\r\n--r--\r\n"
    )
    head = (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.com\r\n"
        f"To: {shop.office.envelopes[-1][0]}\r\nSubject: report\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n"
    )
    return (head + told).encode()


def test_mail_in_case_cited_reply_out_delivered(shop: Shop):
    case = shop.begun("您好，耳机有杂音，想退货")
    assert (case.channel, len(shop.cases)) == ("email", 1)
    reply(shop, case)
    shop.work()
    assert shop.office.envelopes[0][1] == WANG
    assert CITED in shop.last.get_content()
    assert shop.core.number(case) in str(shop.last["Subject"])
    assert [m.state for m in shop.replies(case)] == ["sent"]
    shop.box.add(bounced(shop, "delivered", "2.1.5"))
    assert shop.inbox.look() == Looked(taken=1)
    assert [m.state for m in shop.replies(case)] == ["delivered"]
    assert list(verify(shop.core.store)) == []


def test_the_answer_comes_back_into_the_same_case_and_a_thiefs_does_not(shop: Shop):
    case = shop.begun()
    reply(shop, case)
    shop.work()
    ours = shop.last
    answer = {
        "In_Reply_To": str(ours["Message-ID"]),
        "To": str(ours["Reply-To"]),
        "Subject": f"回复: {ours['Subject']}",
    }
    quoted = "好的，已寄出\n\n在 2026年11月2日 10:01，山海客服写道：\n\n" + "".join(
        f"> {line}\n" for line in ours.get_content().splitlines()
    )
    shop.box.add(written(quoted, **answer))
    shop.box.add(written("把钱退到这张卡", **answer, From="thief@bad.example"))
    assert shop.inbox.look() == Looked(taken=2)
    first, second = shop.cases
    assert "好的，已寄出" in shop.texts(first)
    assert not any("把钱退到这张卡" in text for text in shop.texts(first))
    assert any("把钱退到这张卡" in text for text in shop.texts(second))
    assert second.customer != first.customer
    assert second.links == ()
    shop.work()
    told = shop.last.get_content() + str(shop.last["Subject"])
    assert shop.office.envelopes[-1][1] == "thief@bad.example"
    assert shop.core.number(second) in told
    assert shop.core.number(first) not in told
    assert "王小明" not in told
    (arrived,) = [event for event in shop.events(second) if isinstance(event, Arrived)]
    assert (arrived.claim, arrived.alike) == ("unproven", (Alike(shop.core.number(first), ("thread",)),))
    (marked,) = [event for event in shop.events(second) if isinstance(event, MessageMarked)]
    assert "token_of_another" in marked.marks


PHOTOGRAPH, PROGRAM = b"\xff\xd8\xff\xe0" + b"a dent" * 90_000, b"MZ\x90\0" + b"x" * 500


def with_files() -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = f"王小明 <{WANG}>", USER, "外壳有划痕"
    mail.set_content("见照片", cte="base64")
    mail.add_attachment(PHOTOGRAPH, maintype="image", subtype="jpeg", filename="划痕.jpg")
    mail.add_attachment(PROGRAM, maintype="image", subtype="png", filename="../../发票.png")
    mail.add_attachment(PHOTOGRAPH, maintype="image", subtype="jpeg", filename="又一张.jpg")
    return mail.as_bytes()


def test_what_is_attached_is_evidence_of_the_case_once_and_what_is_not_kept_says_why(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shop.box.add(with_files())
    with monkeypatch.context() as patch:
        # The server goes away after the desk has the mail and before that is marked there: it is offered again.
        patch.setattr("csdesk.effects.mail.boxes.ImapBox.done", _away)
        assert shop.inbox.look().away == 1
    (case,) = shop.cases
    shop.desk.clock.forward(seconds=600)
    assert shop.inbox.look() == Looked(taken=1)
    assert [c.version for c in shop.cases] == [case.version]
    shop.agent().do(Take(), case.id)
    (kept,) = shop.agent().ask(EvidenceOf(case.id))
    assert (kept.media, kept.size, kept.source, kept.name) == (
        "image/jpeg",
        len(PHOTOGRAPH),
        "email",
        "划痕.jpg",
    )
    (came,) = (event for event in shop.events(case) if isinstance(event, FilesCame))
    assert came.why == ("", "evidence_type", "evidence_there")
    assert came.sha256[1] == hashlib.sha256(PROGRAM).hexdigest() and f", {len(PROGRAM)})" in came.files
    take_out(shop.agent(), case.id, kept.sha256, tmp_path / "out.jpg")
    assert (tmp_path / "out.jpg").read_bytes() == PHOTOGRAPH
    assert list(verify(shop.core.store, contents=True)) == []


def test_a_mail_that_is_fetched_in_part_keeps_the_files_that_are_whole(desk_file: DeskFile, tmp_path: Path):
    new = tmp_path / "mail" / "new"
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    (new / "1.a").write_bytes(with_files())
    os.utime(new / "1.a", (1, 1))
    core = desk_file.core("system")
    inbox = inbox_of(core, Config(mail_in=f"maildir:{tmp_path / 'mail'}", mail_limit_mb=1))
    assert inbox is not None and inbox.look() == Looked(taken=1)
    (case,) = core.store.conn.execute("SELECT id FROM cases").fetchone()
    assert [one.size for one in core.ask(EvidenceOf(case))] == [len(PHOTOGRAPH)]
    whys = [e.event.why for e in history(core.store.conn, core.desk, case) if isinstance(e.event, FilesCame)]
    assert whys == [("", "evidence_type", "evidence_cut")]


def _away(*_: object) -> None:
    raise BoxError("unreachable")


def test_a_result_that_bounces_after_the_case_was_closed_brings_it_back(shop: Shop):
    case = shop.begun()
    shop.agent().do(Withdraw(), case.id)
    shop.work()
    assert not shop.core.load(case.id)[0].open
    shop.desk.clock.forward(days=30)
    shop.box.add(bounced(shop, "failed", "5.1.1"))
    assert shop.inbox.look() == Looked(taken=1)
    again = shop.core.load(case.id)[0]
    assert (again.open, again.messages[-1].state, again.messages[-1].why) == (True, "failed", "bounced 5.1.1")
    assert list(verify(shop.core.store)) == []


def test_a_mail_that_answers_after_its_token_ran_out_is_heard_on_its_case(shop: Shop):
    case = shop.begun()
    reply(shop, case)
    shop.work()
    shop.desk.clock.forward(days=200)
    shop.box.add(written("还没收到退款", In_Reply_To=str(shop.last["Message-ID"])))
    assert shop.inbox.look() == Looked(taken=1)
    assert len(shop.cases) == 1
    assert any("还没收到退款" in text for text in shop.texts(shop.cases[0]))


def test_a_bounce_makes_the_message_fail_and_says_why(shop: Shop):
    case = shop.begun()
    reply(shop, case)
    shop.work()
    shop.box.add(bounced(shop, "failed", "5.1.1"))
    shop.box.add(bounced(shop, "failed", "5.1.1"))
    assert shop.inbox.look() == Looked(taken=2)
    (message,) = shop.replies(case)
    assert (message.state, message.why) == ("failed", "bounced 5.1.1")
    assert len(shop.cases) == 1
    assert list(verify(shop.core.store)) == []


def test_a_bomb_of_mails_fills_neither_the_desk_nor_the_senders_box_and_loses_none(shop: Shop):
    for n in range(MOST_AN_HOUR + 12):
        shop.box.add(written(f"第 {n} 封：想退货"))
    assert shop.inbox.look() == Looked(taken=MOST_AN_HOUR, refused=12)
    shop.work()
    assert len(shop.cases) == MOST_AN_HOUR
    assert len(shop.office.mails) == MOST_ACKNOWLEDGED
    assert sum("\\Flagged" in flags for flags in shop.box.flags.values()) == 12
    assert list(verify(shop.core.store)) == []


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (headed("text/plain; charset=gb2312") + "耳机有杂音，想退貨".encode("gb18030"), "耳机有杂音，想退貨"),
        (
            headed("text/plain; charset=iso-2022-jp") + "返品したいです".encode("iso-2022-jp"),
            "返品したいです",
        ),
        (headed("text/plain") + "耳机有杂音".encode("gbk"), "耳机有杂音"),
        (headed("text/plain") + "耳机\x00有杂音".encode(), "耳机\u2426有杂音"),
    ],
    ids=("gb18030", "iso-2022-jp", "none", "null"),
)
def test_whatever_charset_a_mail_has_its_words_stand_in_the_case(shop: Shop, raw: bytes, said: str):
    shop.box.add(raw)
    assert shop.inbox.look() == Looked(taken=1)
    assert any(said in text for text in shop.texts(shop.cases[-1]))


def test_a_reply_waits_out_a_server_that_says_later(shop: Shop):
    case = shop.begun()
    reply(shop, case)
    shop.office.rcpt = "451 4.7.1 come again"
    shop.work()
    (message,) = shop.replies(case)
    assert (message.state, message.why) == ("queued", "smtp 451 4.7.1 come again")
    assert list(verify(shop.core.store)) == []
    shop.office.rcpt = ""
    shop.work()
    assert [m.state for m in shop.replies(case)] == ["sent"]
    assert len(shop.office.mails) == 1


def test_an_automatic_answer_opens_nothing_and_is_never_answered(
    shop: Shop, caplog: pytest.LogCaptureFixture
):
    shop.box.add(written("我在休假", Auto_Submitted="auto-replied", Subject="自动回复: 耳机"))
    with caplog.at_level(logging.WARNING):
        assert shop.inbox.look() == Looked(taken=1)
    shop.work()
    assert shop.cases == []
    assert shop.office.mails == []
    assert not re.search(r"wang|休假", caplog.text)


def test_from_the_command_line(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name in ("mail_in", "mail_in_key", "mail_out", "mail_from"):
        monkeypatch.setenv(f"CSDESK_{name.upper()}", getattr(shop.config, name))
    monkeypatch.setenv("CSDESK_FILE", str(shop.desk.path))
    shop.box.add(written("想退货"))
    assert run(["mail", "fetch", "--once", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"taken": 1, "refused": 0, "waiting": 0, "away": 0}
    path = tmp_path / "a.eml"
    path.write_bytes(written("您好\n\x1b]0;x\x07", Subject="问一下"))
    assert run(["mail", "check", str(path)]) == 0
    told = capsys.readouterr().out
    assert "问一下" in told
    assert "\x1b" not in told
    path.write_bytes(b"\xff" * 10)
    assert run(["mail", "check", str(path)]) == 1
    assert "不是一封邮件" in capsys.readouterr().out
    assert run(["mail", "check", str(tmp_path / "none")]) == 1
    assert "none" in capsys.readouterr().err
    shop.box.broken = True
    assert run(["mail", "fetch", "--once"]) == 1
    monkeypatch.setenv("CSDESK_MAIL_IN", "http://x")
    assert run(["mail", "fetch", "--once"]) == 1
    assert "mail_in" in capsys.readouterr().err
    assert len(shop.cases) == 1
