"""A mask shows what its rule allows and not one digit more, however the number was written."""

import unicodedata
from collections.abc import Callable
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.ids import BODY_BITS, make_body, number
from csdesk.domain.mask import (
    mask_address,
    mask_card,
    mask_email,
    mask_id,
    mask_name,
    mask_phone,
    mask_text,
)
from tests.hostile import HOSTILE

DIGITS = "0123456789"
WRITTEN = [
    DIGITS,
    "０１２３４５６７８９",
    "零一二三四五六七八九",
    "〇壹贰叁肆伍陆柒捌玖",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "٠١٢٣٤٥٦٧٨٩",
    "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
]
READ = {sign: str(value) for row in WRITTEN for value, sign in enumerate(row)}
GAPS = st.sampled_from(["", "", "", " ", "-", "－", "—", "　", ".", "·", " - ", "\ufe0f\u20e3"])
# Prose around a number: no digits and no numerals of its own.
PROSE = st.sampled_from(
    ["", "我的电话是", "，谢谢", "打这个：", "Call me at ", "手机", "（请勿外传）", "\n", "**", "号码", "x"]
)
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
EVERY_MASK: list[Callable[[str], str]] = [
    *(mask_address, mask_card, mask_email, mask_id),
    *(mask_name, mask_phone, mask_text),
]


def read(text: str) -> str:
    """All digits in `text`, in whatever signs they are written."""
    return "".join(READ.get(sign, "") for sign in text)


@st.composite
def written(draw: st.DrawFn, digits: str) -> str:
    """`digits` as a person might write them: in one or several kinds of signs, with gaps."""
    rows = draw(st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=3))
    gap = draw(GAPS)
    signs = [draw(st.sampled_from(rows))[int(digit)] + draw(st.sampled_from(["", gap])) for digit in digits]
    return "".join(signs).rstrip(" -－—　.·")


@st.composite
def identities(draw: st.DrawFn) -> str:
    """A resident identity number with its check sign (GB 11643)."""
    born = draw(st.dates(min_value=date(1920, 1, 1), max_value=date(2020, 1, 1)))
    body = draw(st.from_regex(r"[1-8][0-9]{5}", fullmatch=True)) + f"{born:%Y%m%d}"
    body += draw(st.from_regex(r"[0-9]{3}", fullmatch=True))
    total = sum(int(digit) * 2 ** (17 - at) for at, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


@st.composite
def cards(draw: st.DrawFn) -> str:
    # Of 16, 17 or 19 digits; one of 18 may pass for an identity number, which has its own rule.
    body = draw(st.from_regex(r"[3-6]([0-9]{14}|[0-9]{15}|[0-9]{17})", fullmatch=True))
    odd = sum(sum(divmod(2 * int(digit), 10)) for digit in body[::-2])
    return body + str(-(odd + sum(map(int, body[-2::-2]))) % 10)


@given(MOBILES, PROSE, PROSE, st.sampled_from(["", "86", "0086"]), st.data())
def test_a_mobile_in_a_message_shows_three_and_four_digits(
    mobile: str, before: str, after: str, country: str, data: st.DataObject
) -> None:
    message = before + data.draw(written(country + mobile)) + after
    assert read(mask_text(message)) == country + mobile[:3] + mobile[-4:]


@given(MOBILES, MOBILES, st.data())
def test_several_mobiles_are_all_masked(one: str, other: str, data: st.DataObject) -> None:
    message = f"{one}，{data.draw(written(other))}；{one} {other}\n{other}、{one}"
    shown = [mobile[:3] + mobile[-4:] for mobile in (one, other, one, other, other, one)]
    assert read(mask_text(message)) == "".join(shown)


@given(identities(), PROSE, PROSE, st.sampled_from(["", " ", "-"]))
def test_an_identity_number_shows_no_birth_date_and_no_county(
    identity: str, before: str, after: str, gap: str
) -> None:
    spaced = gap.join((identity[:6], identity[6:14], identity[14:]))
    for shown in (mask_text(f"{before}{spaced}{after}"), mask_id(spaced)):
        assert read(shown) == read(identity[:3] + identity[-4:])
    assert mask_id(identity) == identity[:3] + "*" * 11 + identity[-4:]


@given(cards(), PROSE, st.sampled_from(["", " ", "-"]))
def test_a_bank_card_shows_its_last_four(card: str, before: str, gap: str) -> None:
    spaced = gap.join(card[at : at + 4] for at in range(0, len(card), 4))
    assert read(mask_text(f"{before}{spaced}，请退到这张卡")) == card[-4:]
    assert mask_card(spaced) == f"**** {card[-4:]}"


@given(st.integers(8, 40).flatmap(lambda size: st.text(DIGITS, min_size=size, max_size=size)))
def test_no_long_number_shows_more_than_seven_digits(digits: str) -> None:
    shown = mask_text(f"面单 SF{digits}，麻烦了")
    dated = digits[:2] in ("19", "20") and len(digits) in (8, 12, 14)
    assert len(read(shown)) <= 7 or (dated and shown == f"面单 SF{digits}，麻烦了")


@given(st.text(DIGITS + "+-() 转#", max_size=40), st.sampled_from(WRITTEN))
def test_a_phone_field_never_shows_more_than_its_rule(phone: str, row: str) -> None:
    shown = read(mask_phone("".join(row[int(sign)] if sign.isdecimal() else sign for sign in phone)))
    digits = read(phone)
    assert digits.endswith(shown[-4:])
    assert len(shown) <= (7 if digits[-11:-10] == "1" else 4 if len(digits) >= 8 else 2)


@given(st.dates(), st.times(), st.integers(0, 10**7), st.integers(0, 99), st.integers(0, 2**BODY_BITS - 1))
def test_amounts_dates_orders_and_case_numbers_are_left_alone(
    day: date, clock: time, yuan: int, fen: int, entropy: int
) -> None:
    case = number("RT", make_body(entropy))
    message = (
        f"20{day:%y-%m-%d} {clock:%H:%M} 下单，20{day:%y年%m月%d日}签收，20{day:%y%m%d}，"
        f"满300减50，工单 {case}，实付 ¥{yuan:,}.{fen:02}，退 {yuan}.{fen:02}元 或 {yuan} 块，"
        f"订单号：W{yuan:07}，#W{yuan:07}"
    )
    assert mask_text(message) == message


@pytest.mark.parametrize(
    "message",
    [
        "",
        "签收第8天要退，3.5折，第25条，100%，7×24小时",
        "尺码 38 39 40 41 42，5000-8000，2024-2025年",
        "订单 1234567890123456789，订单编号#20260115123456",
        "2026-01-15 10:30:00 到 2026/1/16，20260115103000，15.01.2026",
        "一二三四五六七八九十，二〇二六年一月十五日，一百三十八元，三七二十一",
        "12306、12315、10086、95588、110",
        "价格 1299 1399 1499，重 1.25kg，v8.2.8",
        "《消费者权益保护法》第五十五条第一款，500元",
    ],
)
def test_ordinary_numbers_are_left_alone(message: str) -> None:
    assert mask_text(message) == message


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("电话13812345678一直打不通", "电话138****5678一直打不通"),
        ("手机 138 1234 5678", "手机 138 **** 5678"),
        ("１３８－１２３４－５６７８", "１３８－****－５６７８"),
        ("幺三八 一二三四 五六拐八", "幺三八 **** 五六拐八"),
        ("尺码38 13812345678", "尺码38 138****5678"),
        ("13812345678元", "138****5678元"),
        ("订单号13812345678", "订单号138****5678"),
        ("010-87654321 或 (021) 6543 2109", "***-****4321 或 (***) **** 2109"),
        ("+1 (415) 555-2671", "+* (***) ***-2671"),
        ("+852 9123 4567", "+*** **** 4567"),
        ("QQ 123456，微信号：87654321", "QQ ****56，微信号：****4321"),
        ("护照E12345678，港澳A123456(7)", "护照E****5678，港澳A*****6(7)"),
        ("身份证330102900101123", "身份证330*********123"),
        ("快递单号 SF1234567890123", "快递单号 SF*********0123"),
        ("zhang.san@example.com和li@qq.com", "z***@example.com和l***@qq.com"),
        ("ｚｈａｎｇ＠ｑｑ．ｃｏｍ", "ｚ***@ｑｑ．ｃｏｍ"),
        ("RT-9234-5678", "RT-****-5678"),
    ],
)
def test_numbers_in_prose(message: str, shown: str) -> None:
    assert mask_text(message) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("欧阳娜娜", "欧*"),
        (" 张 三 ", "张*"),
        ("买买提·吐尔逊", "买*"),
        ("John Smith", "J*** S***"),
        ("Mary Ann van Dyke", "M*** D***"),
        ("Cher", "C***"),
        ("13812345678", "***"),
        ("1 3 8 1 2 3 4", "*** ***"),
        ("😀张三", "***"),
        ("", ""),
    ],
)
def test_names(name: str, shown: str) -> None:
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("+86 138-1234-5678", "138****5678"),
        ("＋８６１３８１２３４５６７８", "138****5678"),
        ("010-87654321", "****4321"),
        ("+1 415 555 2671", "****2671"),
        ("12306", "****06"),
        ("110", "****"),
        ("no phone", "****"),
        ("  ", ""),
    ],
)
def test_phones(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("浙江省杭州市西湖区文三路1号", "浙江省杭州市***"),
        ("浙江省 杭州市 西湖区", "浙江省 杭州市***"),
        ("中国上海市浦东新区世纪大道", "上海市***"),
        ("内蒙古自治区呼和浩特市新城区", "内蒙古自治区呼和浩特市***"),
        ("新疆维吾尔自治区伊犁哈萨克自治州伊宁市", "新疆维吾尔自治区伊犁哈萨克自治州***"),
        ("香港特别行政区中西区", "香港特别行政区***"),
        ("臺灣台北市信義區", "臺灣台北市***"),
        ("广东深圳南山区", "广东***"),
        ("杭州市西湖区", "杭州市***"),
        ("浙江省文三路城市花园1号", "浙江省***"),
        ("文三路阳光超市对面", "文三路***"),
        ("张家村", "张***"),
        ("村", "***"),
        ("13812345678 张三", "***"),
        ("123 Main St, Springfield, IL 62704, USA", "***, Springfield, IL"),
        ("215 River Road, Suite 991, New York, NY 10083", "***, New York, NY"),
        ("Flat 3, Church Lane, Oxford, UK", "***, Oxford, UK"),
        ("Main St", "***"),
        ("", ""),
    ],
)
def test_addresses(address: str, shown: str) -> None:
    assert mask_address(address) == shown


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("zhang@example.com", "z***@example.com"),
        ("a@b.cn", "***@b.cn"),
        ("nobody", "****"),
        ("x@", "****"),
        ("", ""),
    ],
)
def test_emails(email: str, shown: str) -> None:
    assert mask_email(email) == shown


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ("33010219900101123x", "330***********123X"),
        ("330102900101123", "330*********123"),
        ("E12345678", "E******78"),
        ("A123456(7)", "A*****67"),
        ("1234567", "****"),
        ("", ""),
    ],
)
def test_documents(document: str, shown: str) -> None:
    assert mask_id(document) == shown


def test_every_mask_takes_any_text() -> None:
    for mask in EVERY_MASK:
        for line in HOSTILE:
            shown = mask(line)
            assert len(shown) <= len(line) + 40
            assert mask is mask_text or sum(unicodedata.category(sign) == "Nd" for sign in shown) <= 7


def test_hostile_sizes_take_time_in_proportion_to_their_length() -> None:
    # Quadratic work on 100 KB would take minutes and be ended by the suite's own limit.
    for unit in (
        "1",
        "1 ",
        "一",
        "a@",
        "x@a.",
        "1-",
        "¥1,",
        "电话",
        "#1",
        "订单号 ",
        "+1",
        "(0",
        "12345 ",
        "13",
    ):
        message = unit * (100_000 // len(unit))
        assert len(mask_text(message)) <= 2 * len(message)
