"""Mail that leaves: to a real SMTP server, once for a key, and nothing in it that was not meant."""

import email.policy
import ssl
import threading
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from csdesk.effects.mail import sending
from csdesk.effects.mail.places import Server, parse_server
from csdesk.effects.mail.sending import Letterhead, SmtpChannel, flowed, postal
from csdesk.effects.ports import Failed, Recipient, Sent
from tests.unit.effects.mail.desk_of import CASE, MARKER, MESSAGE, SHOP, WANG, threads
from tests.unit.effects.mail.servers import PASSWORD, USER, PostOffice, smtp_server

KEY, NUMBER = f"message:{MESSAGE}", "IQ-7K3M-9QX4"
TO = Recipient("p1", "王小明", email=WANG, language="zh-Hans")


def channel(office: PostOffice, *, plus: bool = True, user: str = "", word: str = PASSWORD) -> SmtpChannel:
    head = Letterhead(
        SHOP, "山海客服", plus, lambda number, language: f"[{number}] 售后回复", lambda language: MARKER
    )
    return SmtpChannel(Server("smtp", "127.0.0.1", office.port, user), lambda: word, head, threads())


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with smtp_server() as office:
        yield office


def send(
    to_: SmtpChannel,
    text: str = "您好，已登记",
    *,
    to: Recipient = TO,
    key: str = KEY,
    automatic: bool = False,
):
    return to_.send(key, to, text, channel="email", case=NUMBER, automatic=automatic)


def test_a_reply_leaves_with_its_thread(office: PostOffice):
    assert send(channel(office), "您好，已登记\n> 不是引用\n From 行") == Sent()
    token = threads().token(CASE, MESSAGE, WANG)
    mail = message_from_bytes(office.mails[0], policy=email.policy.default)
    assert office.envelopes == [(f"service+{token}@shop.example", WANG)]
    assert mail["From"] == "山海客服 <service@shop.example>"
    assert mail["To"] == f"王小明 <{WANG}>"
    assert mail["Reply-To"] == f"山海客服 <service+{token}@shop.example>"
    assert mail["Subject"] == "[IQ-7K3M-9QX4] 售后回复"
    assert mail["Message-ID"] == f"<{token}@shop.example>"
    assert mail["Auto-Submitted"] is None
    assert mail.get_content_type() == "text/plain"
    assert mail.get_param("format") == "flowed"
    lines = mail.get_content().splitlines()
    assert lines[:5] == [MARKER, "", "您好，已登记", " > 不是引用", "  From 行"]
    assert not [name for name in mail if name.lower().startswith("list-")]


def test_a_retry_is_the_same_mail(office: PostOffice):
    send(channel(office))
    send(channel(office))
    own = [mail.partition(b"From:")[2] for mail in office.mails]
    assert own[0] == own[1] != b""


def test_a_notice_says_that_a_machine_wrote_it_and_goes_to_no_machine(office: PostOffice):
    assert send(channel(office), automatic=True) == Sent()
    assert office.last()["Auto-Submitted"] == "auto-replied"
    for who in ("no-reply@example.com", "MAILER-DAEMON@example.com"):
        assert send(channel(office), to=Recipient("p", email=who), automatic=True) == Failed(
            "nobody_reads", final=True
        )
    assert send(channel(office), to=Recipient("p", email="Service@Shop.example")) == Failed(
        "own_address", final=True
    )
    assert len(office.mails) == 1


def test_without_plus_addresses_answers_find_their_case_by_the_message_id(office: PostOffice):
    send(channel(office, plus=False))
    assert office.envelopes[0][0] == SHOP
    assert "+" not in str(office.last()["Reply-To"])
    assert threads().token(CASE, MESSAGE, WANG) in str(office.last()["Message-ID"])


@pytest.mark.parametrize(
    "nasty", ["\r\nBcc: all@shop.example", "\nX: y\n\nbody", "\x00", "\u2028Bcc: x", "=?utf-8?q?=0aBcc?="]
)
def test_no_text_becomes_a_header(office: PostOffice, nasty: str):
    to = Recipient("p1", f"王{nasty}", email=WANG, language="zh-Hans")
    head = Letterhead(
        SHOP, f"客服{nasty}", True, lambda number, language: f"{number}{nasty}", lambda language: nasty
    )
    nasty_channel = SmtpChannel(Server("smtp", "127.0.0.1", office.port), lambda: "", head, threads())
    assert send(nasty_channel, f"您好{nasty}\r\n.\r\nMAIL FROM:<x@y.example>", to=to) == Sent()
    mail = office.last()
    assert not {"bcc", "x"} & {name.lower() for name in mail}
    assert len(mail.get_all("To", [])) == len(mail.get_all("Subject", [])) == 1
    assert len(office.mails) == 1


@pytest.mark.parametrize(
    ("raw", "can"),
    [
        ("wang@example.com", "wang@example.com"), (" wang@example.com ", "wang@example.com"),
        ("王@example.com", ""), ("wang@商店.中国", "wang@xn--fiq53l6wcx3kp9bc7joo6apn8a.xn--fiqs8s"),
        ("a@b.example>\r\nRCPT TO:<x@y.example", ""), ("a b@c.example", ""), ("@x.example", ""), ("a@", ""), ("", ""),
        ("a" * 65 + "@x.example", ""), ("a@-x.example", ""), ("a..b@x.example", ""),
    ],
)  # fmt: skip
def test_addresses_that_smtp_can_carry(raw: str, can: str):
    if can.startswith("wang@xn--"):
        assert postal(raw).isascii()
        assert postal(raw).startswith("wang@xn--")
    else:
        assert postal(raw) == can


def test_somebody_without_an_address_gets_nothing_for_good(office: PostOffice):
    assert send(channel(office), to=Recipient("p")) == Failed("no_address", final=True)
    assert send(channel(office), to=Recipient("p", email="nobody")) == Failed("bad_address", final=True)
    assert send(channel(office), key="message:" + "0" * 32) == Failed("no_such_message", final=True)


@pytest.mark.parametrize(
    ("step", "answer", "final", "reason"),
    [
        ("rcpt", "550 5.1.1 <wang@example.com> user unknown", True, "smtp 550 5.1.1"),
        ("rcpt", "451 4.7.1 greylisted, come again", False, "smtp 451 4.7.1"),
        ("text", "554 5.7.1 spam", True, "smtp 554 5.7.1"),
        ("text", "452 4.3.1 full", False, "smtp 452 4.3.1"),
        ("text", "421 closing", False, "smtp 421"),
    ],
)
def test_answers_of_the_server(office: PostOffice, step: str, answer: str, final: bool, reason: str):
    setattr(office, step, answer)
    failed = send(channel(office))
    assert isinstance(failed, Failed)
    assert failed.final is final
    assert failed.reason.startswith(reason)
    assert "wang@" not in failed.reason


def test_silence_after_the_text_is_unknown_and_sent_again_as_the_same_mail(office: PostOffice):
    office.silent = True
    assert send(channel(office)) == Failed("unknown_after_text")
    office.silent = False
    assert send(channel(office)) == Sent()
    assert len({str(message_from_bytes(mail)["Message-ID"]) for mail in office.mails}) == 1


def test_a_server_that_is_away_left_nothing(office: PostOffice):
    gone = PostOffice(port=1)
    assert send(channel(gone)) == Failed("unreachable")


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_wrong_password_is_no_fault_of_the_mail():
    with smtp_server(auth=True) as office:
        failed = send(channel(office, user=USER, word="falsch"))
        assert isinstance(failed, Failed)
        assert (failed.final, failed.reason[:8]) == (False, "smtp 535")
        assert send(channel(office, user=USER)) == Sent()


def test_nothing_goes_uncovered_to_another_machine(office: PostOffice, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Server, "local", False)
    assert send(channel(office)) == Failed("no_tls")
    assert office.mails == []


def test_a_certificate_that_nobody_vouches_for_is_refused(office: PostOffice, tmp_path: Path):
    """A server that speaks no TLS at all where TLS is due, which is the same answer: no mail."""
    head = Letterhead(SHOP, "", False, lambda number, language: number, lambda language: MARKER)
    tls = SmtpChannel(
        Server("smtps", "127.0.0.1", office.port),
        lambda: "",
        head,
        threads(),
        context=ssl.create_default_context(),
    )
    assert send(tls) == Failed("tls")


def test_while_a_server_takes_its_time_the_lease_is_kept(office: PostOffice, monkeypatch: pytest.MonkeyPatch):
    """The channel calls `meanwhile` in the caller's thread until the mail is through."""
    called: list[str] = []
    slow, go = channel(office), threading.Event()
    deliver = slow._deliver

    def held_up(*told: str) -> Sent | Failed:
        go.wait(60)
        return deliver(*told)  # type: ignore[arg-type]

    def meanwhile() -> None:
        called.append(threading.current_thread().name)
        go.set()

    monkeypatch.setattr(slow, "_deliver", held_up)
    slow.meanwhile = meanwhile
    assert send(slow) == Sent()
    assert set(called) == {threading.current_thread().name}


def test_a_conversation_without_end_is_cut(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sending, "MAIL_SECONDS", 0)
    with smtp_server() as office:
        stuck, go = channel(office), threading.Event()
        monkeypatch.setattr(stuck, "_spoken", lambda smtp, *_: (go.wait(60), Failed("unknown_after_text"))[1])
        cut = stuck._cut

        def cut_and_go() -> None:
            cut()
            go.set()

        monkeypatch.setattr(stuck, "_cut", cut_and_go)
        assert send(stuck) == Failed("unknown_after_text")


def test_flowed_text_keeps_its_lines():
    assert flowed("一 \n> 二\n-- \n三") == "一\n > 二\n-- \n三"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("smtp://user:secret@mx.example", "password"), ("http://mx.example", "scheme"), ("smtps://", "host"),
        ("smtps://mx.example:x", "port"), ("smtps://a b@mx.example", "host"), ("smtps://a%0d%0ab@mx.example", "name"),
    ],
)  # fmt: skip
def test_an_address_of_a_server_that_is_wrong_says_where(said: str, wrong: str):
    with pytest.raises(ValueError, match=wrong):
        parse_server(said, ("smtps", "smtp"))


def test_the_name_at_a_server_may_be_an_address():
    server = parse_server("imaps://service@shop.example@imap.example/INBOX", ("imaps",))
    assert server == Server("imaps", "imap.example", 993, "service@shop.example", "INBOX")
