"""A mail's bytes in words: charsets, parts, files, history, machines, threads."""

import base64
import hashlib
from dataclasses import replace

import pytest

from csdesk.desk.inbound import Attached, Inbound, Nature, Sender
from csdesk.effects.mail.headers import addresses, moment, named, params, words
from csdesk.effects.mail.html import to_text
from csdesk.effects.mail.natures import MOST_AN_HOUR, Pace
from csdesk.effects.mail.reading import Read, Refusal
from csdesk.effects.mail.threads import LIFE_MS
from tests.building import MONDAY
from tests.unit.effects.mail.desk_of import CASE, MARKER, MESSAGE, SHOP, WANG, a_mail, reader, threads


def told(raw: bytes, **how) -> Inbound:
    read = reader(**how).read(raw)
    assert isinstance(read, Read)
    return read.inbound


def refused(raw: bytes) -> str:
    read = reader().read(raw)
    assert isinstance(read, Refusal)
    return read.reason


def token(recipient: str = WANG) -> str:
    return threads().token(CASE, MESSAGE, recipient)


def test_a_plain_mail():
    raw = a_mail("您好，我要退货\r\n订单 W1\r\n")
    assert told(raw) == Inbound(
        source="email",
        id=hashlib.sha256(raw).hexdigest(),
        channel="email",
        sender=Sender("王小明", WANG),
        text="您好，我要退货\n订单 W1",
        subject="退货",
        at=MONDAY,
    )


@pytest.mark.parametrize(
    ("real", "said"),
    [
        ("gb18030", "gb2312"), ("gbk", ""), ("gb2312", "iso-8859-1"), ("gb2312", "us-ascii"),
        ("gb18030", "unknown-8bit"), ("gb18030", "none"), ("big5", "big5"), ("utf-8", "gb2312"),
        ("utf-8", "utf-7"), ("utf-8", "x-nothing"),
    ],
)  # fmt: skip
def test_the_words_are_read_whatever_charset_is_claimed(real: str, said: str):
    words_ = "您好，退貨" if real == "big5" else "您好，我想退货"
    kind = f"text/plain; charset={said}" if said else "text/plain"
    raw = a_mail("", Content_Type=kind, Subject="") + words_.encode(real)
    assert told(raw.replace("王小明".encode(), words_[:2].encode(real))).text == words_


def test_iso_2022_jp_with_escape_sequences_is_text_and_no_terminal_command():
    raw = a_mail("返品したいです".encode("iso-2022-jp"), Content_Type="text/plain; charset=iso-2022-jp")
    assert told(raw).text == "返品したいです"
    raw = a_mail("\x1b]52;c;cm0=\x07您好")
    assert "\x1b" not in told(raw).text
    assert "signs_removed" in told(raw).marked


def test_a_few_broken_bytes_cost_only_themselves():
    body = "您好，我买的耳机有杂音，想退货".encode()
    text = told(a_mail(body[:10] + b"\xff" + body[10:])).text
    assert text.startswith("您好，")
    assert text.endswith("想退货")
    gb = "您好，我买的耳机有杂音，想退货".encode("gb18030")
    text = told(a_mail(gb[:8] + b"\xff" + gb[8:], Content_Type="text/plain; charset=gbk")).text
    assert text.endswith("想退货")


def test_an_encoded_word_torn_within_a_character_is_put_together():
    raw = "退货申请".encode("gb18030")
    pieces = " ".join(f"=?gb2312?B?{base64.b64encode(part).decode()}?=" for part in (raw[:3], raw[3:]))
    assert words(f"Re: {pieces} ok".encode()) == "Re: 退货申请 ok"
    assert words(b"=?utf-8?Q?=E9=80=80_=E8=B4=A7?=") == "退 货"
    assert words(b"=?gbk?B?!!!?= =?x?Q??=") == ""


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'"Wang, X" <wang@example.com>', [("Wang, X", "wang@example.com")]),
        (b"wang@example.com (Wang)", [("", "wang@example.com")]),
        (b'"service@shop.example" <thief@bad.example>', [("service@shop.example", "thief@bad.example")]),
        (
            b"=?utf-8?Q?<service@shop.example>?= <thief@bad.example>",
            [("<service@shop.example>", "thief@bad.example")],
        ),
        (b"a@b.example, c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        (b"nobody", [("", "")]),
        (b"<>", []),
        ("王@商店.中国".encode(), [("", "王@商店.中国")]),
        (b"(" * 5_000 + b"a@b.example", []),
        (b"a@b@c.example", [("", "")]),
    ],
)
def test_addresses(raw: bytes, found: list[tuple[str, str]]):
    assert addresses(raw) == found


def test_parameters_come_together_from_all_their_forms():
    _, told_ = params(b"attachment; filename*1*=%B7%A2; filename*0*=gb18030''%CB%CB; filename*2=.pdf")
    assert named(told_, "filename") == "怂发.pdf"
    _, told_ = params(b'attachment; filename="=?utf-8?B?5Y+R56Wo?=.pdf"')
    assert named(told_, "filename") == "发票.pdf"
    kind, told_ = params(b'Text/HTML; charset="gbk"; name="a;b\\"c"')
    assert (kind, told_["charset"], told_["name"]) == ("text/html", b"gbk", b'a;b"c')
    assert params(b"x; boundary*" + b"9" * 6_000 + b"=y")[0] == "x"


@pytest.mark.parametrize(
    "raw", [b"", b"yesterday", b"Mon, 99 Nov 99999 10:00:00 +9999", b"1 Jan 0001 00:00:00 +2400"]
)
def test_a_date_that_is_none_is_unknown(raw: bytes):
    assert moment(raw) == 0


def multipart(*parts: tuple[str, bytes], kind: str = "mixed", **more: str) -> bytes:
    body = (
        b"".join(b"--b\r\n" + head.encode() + b"\r\n\r\n" + what + b"\r\n" for head, what in parts)
        + b"--b--\r\n"
    )
    return a_mail(body, Content_Type=f"multipart/{kind}; boundary=b", **more)


PLAIN, HTML = "Content-Type: text/plain; charset=utf-8", "Content-Type: text/html; charset=utf-8"


def test_plain_text_is_preferred_and_an_empty_one_is_not():
    page = "<p>您好<script>alert(1)</script></p>".encode()
    assert told(multipart((PLAIN, b"plain"), (HTML, page), kind="alternative")).text == "plain"
    assert told(multipart((PLAIN, b"  "), (HTML, page), kind="alternative")).text == "您好"


def test_html_becomes_lines_and_links_say_where_they_lead():
    html = (
        "<style>p{}</style><p>您好&nbsp;&amp;</p><a href='https://bad.example/x'>https://bank.example</a>"
        '<a href="javascript:alert(1)">点</a><ul><li>一<li>二</ul><!-- x --><td>a</td><td>b</td>1 < 2'
    )
    assert to_text(html) == "您好 &\nhttps://bank.example <https://bad.example/x>点\n\n- 一\n- 二\na b1 < 2"


@pytest.mark.parametrize(
    "bomb", ["<div>", "<!--", "<a '", "<script>", "<", "&#", "<b x=\"'", "<svg><p>", '<p title=">']
)
def test_html_bombs_are_read_in_one_pass_and_lose_no_words(bomb: str):
    assert to_text("<p>前</p>" + bomb * 200_000).startswith("前")


def test_files_are_hashed_named_safely_and_never_believed():
    program, picture = b"MZ\x90\x00", b"\x89PNG\r\n\x1a\n123"
    found = told(
        multipart(
            (PLAIN, "见附件".encode()),
            ('Content-Type: image/png; name="../../发票\u202egpj.exe"', program),
            (
                "Content-Type: image/jpg\r\nContent-Disposition: attachment; filename*=utf-8''%E5%9B%BE.png",
                picture,
            ),
            (
                "Content-Type: application/zip\r\nContent-Transfer-Encoding: base64",
                base64.b64encode(b"PK\x03\x04zip"),
            ),
            ("Content-Type: message/rfc822", b"Subject: x\r\n\r\ny"),
        )
    )
    assert found.text == "见附件"
    names = [file.name for file in found.attached]
    assert names == ["_.._发票_gpj.exe", "图.png", "file.zip", "x.eml"]
    assert found.attached[0] == Attached(
        names[0], "application/vnd.microsoft.portable-executable", 4, hashlib.sha256(program).hexdigest()
    )
    assert found.attached[2].size == 7
    assert set(found.marked) == {f"media_differs:{names[0]}", f"program:{names[0]}", "media_differs:图.png"}


def test_a_boundary_on_a_line_that_nobody_indented_is_found():
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nwords\r\n--b--\r\n"
    raw = a_mail(body, Content_Type='multipart/related;\r\nboundary="b"')
    assert told(raw).text == "words"


def test_a_mail_with_only_a_file_says_what_it_brings():
    picture = ("Content-Type: image/png; name=a.png", b"\x89PNG\r\n\x1a\n")
    assert told(multipart(picture, Subject="")).text == "[a.png]"
    assert told(multipart(picture)).text == "退货"


def test_of_a_mail_that_is_too_large_the_beginning_is_read_and_it_says_so():
    raw = multipart((PLAIN, "您好".encode()), ("Content-Type: video/mp4; name=a.mp4", bytes(5_000)))
    read = reader().read(raw[:2_000], size=100_000_000)
    assert isinstance(read, Read)
    assert read.inbound.text == "您好"
    assert read.inbound.attached[0].sha256 == ""
    assert set(read.inbound.marked) == {"mail_cut", "file_cut:a.mp4"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no_mail"),
        (b"\xff\xfe\x00" * 100, "no_mail"),
        (a_mail("", Subject=""), "empty"),
        (a_mail("您好", From=f"客服 <{SHOP}>"), "own_mail"),
        (a_mail("您好", From="service+x@shop.example"), "own_mail"),
        (a_mail("您好", Message_ID=f"<{threads().token(CASE, MESSAGE, WANG)}@shop.example>"), "own_mail"),
        (a_mail("x", **{f"X-{n}": "y" for n in range(500)}), "too_many_headers"),
        (a_mail(b"--b\r\n\r\nx\r\n" * 300, Content_Type="multipart/mixed; boundary=b"), "too_many_parts"),
    ],
)
def test_what_is_not_looked_into_says_why(raw: bytes, reason: str):
    assert refused(raw) == reason


def test_nested_parts_end_at_a_depth():
    for depth, kept in ((10, True), (20, False), (5_000, False)):
        body, kind = b"deep", "text/plain"
        for n in range(depth):
            body = f"--{n}\r\nContent-Type: {kind}\r\n\r\n".encode() + body + f"\r\n--{n}--".encode()
            kind = f"multipart/mixed; boundary={n}"
        read = reader().read(a_mail(body, Content_Type=kind))
        assert isinstance(read, Read) is kept
        assert kept is (not isinstance(read, Refusal) or read.reason != "too_deep")


@pytest.mark.parametrize(
    "under",
    [
        f"\n{MARKER}\n您的退货已登记",
        f"\n在 2026年11月2日，客服写道：\n\n> {MARKER}\n> 已登记",
        "\n------------------ 原始邮件 ------------------\n发件人: 客服\n已登记",
        "\n发件人： 客服 <service@shop.example>\n发送时间： 2026年11月2日\n主题： 退货\n\n已登记",
        "\nOn Mon, 2 Nov 2026, shop wrote:\n> done\n> yes\n",
        "\n-----Original Message-----\nFrom: shop\nSent: today\n",
        "\n> 已登记\n> 请寄回",
        "\n-- \n王小明\n手机 138",
    ],
)
def test_history_and_signatures_are_cut_from_answers(under: str):
    found = told(a_mail(f"好的，寄出了\n{under}", In_Reply_To="<x@y.example>"))
    assert found.text == "好的，寄出了"
    assert "quote_cut" in found.marked


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("> 全部是引用\n> 第二行", {"In_Reply_To": "<x@y.example>"}),
        ("我在 2026 年写道：这是原话\n请看", {"In_Reply_To": "<x@y.example>"}),
        ("发件人是谁？\n请查", {"In_Reply_To": "<x@y.example>"}),
        (
            "转给你们\n-----Original Message-----\nFrom: a\nTo: b",
            {"Subject": "转发：退货", "In_Reply_To": "<x@y.example>"},
        ),
        ("第一封\n> 引用", {}),
    ],
)
def test_nothing_is_cut_where_it_is_not_certain(body: str, headers: dict[str, str]):
    assert told(a_mail(body, **headers)).text == body


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"}, {"Return_Path": "<>"},
        {"Subject": "自动回复: 退货"}, {"Subject": "Automatic reply: x"}, {"From": "no-reply@x.example"},
        {"List_Unsubscribe": "<mailto:x@y.example>"}, {"X_Auto_Response_Suppress": "All"},
    ],
)  # fmt: skip
def test_machines_are_known(headers: dict[str, str]):
    assert told(a_mail("我不在办公室", **headers)).nature is Nature.AUTOMATIC


def test_people_are_not_taken_for_machines():
    found = told(a_mail("您好", Auto_Submitted="no", Return_Path=f"<{WANG}>", Precedence="normal"))
    assert found.nature is Nature.WORDS


def test_who_writes_too_much_in_an_hour_gets_no_answer_from_a_machine():
    pace = Pace()
    assert [pace.too_many(WANG, MONDAY + n) for n in range(MOST_AN_HOUR)] == [False] * MOST_AN_HOUR
    assert pace.too_many(WANG, MONDAY + 99)
    assert not pace.too_many("li@example.com", MONDAY + 99)
    assert not pace.too_many(WANG, MONDAY + 3_700_000)


@pytest.mark.parametrize(
    "headers",
    [
        {"In_Reply_To": f"<{token()}@shop.example>"},
        {"References": f"<a@b.example>\r\n <{token().upper()}@shop.example>"},
        {"To": f"service+{token()}@shop.example"},
        {"Delivered_To": f"service+{token()}@shop.example"},
    ],
)
def test_a_token_from_whom_it_was_sent_to_gives_the_case(headers: dict[str, str]):
    found = told(a_mail("好的", **headers))
    assert (found.thread, found.reply_to, found.marked) == (CASE, (MESSAGE,), ())


def test_a_stolen_token_is_a_claim_and_proves_nothing():
    found = told(a_mail("我是王小明", From="thief@bad.example", In_Reply_To=f"<{token()}@shop.example>"))
    assert (found.thread, found.reply_to, found.marked) == ("", (MESSAGE,), ("token_of_another",))
    several = told(a_mail("x", From=f"thief@bad.example, {WANG}", In_Reply_To=f"<{token()}@shop.example>"))
    assert several.thread == ""
    assert "several_senders" in several.marked


def test_an_old_token_and_a_made_up_one_prove_nothing():
    old = reader(now=MONDAY + LIFE_MS).read(a_mail("x", In_Reply_To=f"<{token()}@shop.example>"))
    assert isinstance(old, Read)
    assert (old.inbound.thread, old.inbound.marked) == ("", ("token_expired",))
    changed = token()[:-2] + ("aa" if token()[-2:] != "aa" else "bb")
    assert told(a_mail("x", In_Reply_To=f"<{changed}@shop.example>")).thread == ""
    assert told(a_mail("x", In_Reply_To=f"<{'a' * 42}@shop.example>")).reply_to == ()


def test_a_token_is_of_one_desk():
    other = replace_desk()
    assert other != token()


def replace_desk() -> str:
    ours = threads()
    ours._desk = "other"
    return ours.token(CASE, MESSAGE, WANG)


def test_what_our_own_server_says_of_the_sender_counts_and_nobody_elses():
    said = "mx.shop.example; dkim=pass header.d=example.com; dmarc=pass (p=none) header.from=example.com"
    mail = a_mail("x", Authentication_Results=said)
    assert told(mail, server="mx.shop.example").sender.proven
    assert not told(mail, server="other.example").sender.proven
    assert not told(mail).sender.proven
    stranger = a_mail("x", Authentication_Results="mx.shop.example; dkim=pass header.d=bad.example")
    assert not told(stranger, server="mx.shop.example").sender.proven


def test_a_forged_sender_has_no_thread_even_with_the_token():
    said = "mx.shop.example; dmarc=fail header.from=example.com"
    mail = a_mail("x", Authentication_Results=said, In_Reply_To=f"<{token()}@shop.example>")
    found = told(mail, server="mx.shop.example")
    assert (found.thread, found.marked) == ("", ("forged_sender",))
    assert replace(found, marked=()).reply_to == (MESSAGE,)


def test_flowed_text_is_put_together():
    body = "这是一段 \n很长的话\n> 引用\n-- \n王"
    flowed = "text/plain; charset=utf-8; format=flowed; delsp=yes"
    assert told(a_mail(body, Content_Type=flowed)).text.startswith("这是一段很长的话\n> 引用")
