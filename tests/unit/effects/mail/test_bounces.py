"""Reports of mail servers: by the book and untidy, about our mail and about others'."""

import pytest

from csdesk.desk.inbound import Nature
from csdesk.effects.mail.bounces import Settled
from csdesk.effects.mail.reading import Read
from tests.unit.effects.mail.desk_of import CASE, MESSAGE, SHOP, WANG, a_mail, reader, threads

OURS = f"<{threads().token(CASE, MESSAGE, WANG)}@shop.example>"


def read(raw: bytes) -> Read:
    found = reader().read(raw)
    assert isinstance(found, Read)
    return found


def report(
    action: str, status: str, told: str, *, to: str = WANG, message: str = OURS, kind: str = "rfc822"
) -> bytes:
    part = "message/rfc822" if kind == "rfc822" else "text/rfc822-headers"
    body = (
        "--b\r\n\r\n退信说明\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp;\r\n {told}\r\n"
        f"--b\r\nContent-Type: {part}\r\n\r\nMessage-ID: {message}\r\nTo: <{to}>\r\n\r\n您好\r\n--b--\r\n"
    )
    kind_ = 'multipart/report; report-type=delivery-status; boundary="b"'
    return a_mail(
        body, From="Mail Delivery System <MAILER-DAEMON@mx.example.com>", Content_Type=kind_, Return_Path="<>"
    )


@pytest.mark.parametrize("kind", ["rfc822", "headers"])
def test_a_report_by_the_book_says_why_our_message_failed(kind: str):
    found = read(report("failed", "5.1.1", f"550 5.1.1 <{WANG}>: user unknown", kind=kind))
    assert found.settles == (Settled(MESSAGE, CASE, "failed", "bounced 5.1.1 550 5.1.1 <…>: user unknown"),)
    assert found.inbound.nature is Nature.BOUNCE
    assert found.inbound.thread == ""


def test_a_report_of_delivery_delivers_and_a_delay_settles_nothing():
    assert read(report("delivered", "2.1.5", "250 ok")).settles == (Settled(MESSAGE, CASE, "delivered", ""),)
    for action in ("delayed", "relayed", "expanded", "", "explode"):
        assert read(report(action, "4.4.7", "later")).settles == ()


def test_a_report_about_mail_of_others_or_for_another_address_settles_nothing():
    assert read(report("failed", "5.1.1", "x", message="<1@other.example>")).settles == ()
    assert read(report("failed", "5.1.1", "x", to="thief@bad.example")).settles == ()
    forged = OURS.replace(OURS[30:34], "aaaa")
    assert read(report("failed", "5.1.1", "x", message=forged)).settles == ()


UNTIDY = [
    # A letter with the returned mail behind it, as QQ sends it.
    ("PostMaster@qq.com", "系统退信/Systems bounce",
     f"抱歉，您的邮件被退回来了……\n收件人邮件地址（{WANG}）不存在\n550 Mailbox unavailable", "550"),
    ("Postmaster@163.com", "系统退信 (Mail Delivery Failure)",
     f"收信地址：{WANG}\n退信原因：SMTP error, 554 5.7.1 rejected", "5.7.1"),
    ("MAILER-DAEMON@exim.example", "Mail delivery failed: returning message to sender",
     f"  {WANG}\n    550 5.2.1 mailbox disabled", "5.2.1"),
    ("postmaster@exchange.example", "未传递: 退货",
     f"对以下收件人或组的传递失败:\n{WANG}\n#550 5.4.310 DNS domain does not exist##", "5.4.310"),
    ("MAILER-DAEMON@qmail.example", "failure notice",
     f"Hi. This is the qmail-send program.\n<{WANG}>:\nRemote host said: 550 sorry", "550"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "subject", "letter", "status"), UNTIDY)
def test_untidy_bounces_settle_by_the_returned_mail(who: str, subject: str, letter: str, status: str):
    body = (
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{letter}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"From: {SHOP}\r\nTo: {WANG}\r\nMessage-ID: {OURS}\r\n\r\n您好\r\n--b--"
    )
    found = read(a_mail(body, From=who, Subject=subject, Content_Type="multipart/mixed; boundary=b"))
    (settled,) = found.settles
    assert (settled.message, settled.state) == (MESSAGE, "failed")
    assert status in settled.reason
    assert WANG not in settled.reason


def test_an_untidy_bounce_with_our_id_only_in_its_text_is_enough_and_one_that_waits_is_not():
    letter = f"Your message to {WANG} could not be delivered: 550 no such user\nMessage-ID: {OURS}"
    bounce = {"From": "MAILER-DAEMON@x.example", "Subject": "Undelivered Mail Returned to Sender"}
    assert read(a_mail(letter, **bounce)).settles[0].state == "failed"
    assert read(a_mail(letter.replace("550", "451 4.7.1"), **bounce)).settles == ()
    late = bounce | {"Subject": "Delivery Status Notification (Delay)"}
    assert read(a_mail(letter, **late)).settles == ()


def test_a_person_who_quotes_a_bounce_makes_nothing_fail():
    found = read(a_mail(f"退信是什么意思？550 5.1.1 {OURS} {WANG}", Subject="退信"))
    assert found.settles == ()
    assert found.inbound.nature is Nature.WORDS


def test_the_reason_of_a_bounce_holds_nobodys_address_or_number():
    found = read(report("failed", "5.1.1", "550 <li@example.com> 13812345678 unknown"))
    assert "li@" not in found.settles[0].reason
    assert "13812345678" not in found.settles[0].reason
