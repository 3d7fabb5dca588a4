"""Masks: what anyone may see of a name, number, address or message before a reveal with a reason.

A mask keeps what an agent needs to confirm with the person who calls, and less than what identifies them or
reaches them. Input may be anything that was stored; nothing here raises.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final

from csdesk.domain.ids import BadNumber, parse_number
from csdesk.domain.value import dataclass

_HIDDEN: Final = "****"
_HAN: Final = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_MOBILE: Final = r"(?:00)?(?:86)?(1[3-9][0-9]{9})"
_FOREIGN: Final = r"[ (]*[+＋] *(?!86|８６)"


# Compiled when first used: together they cost 5 ms, which a starting console need not pay.
@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def mask_name(name: str) -> str:
    """张三 and 张三丰 are both 张*: even the length is hidden. Latin: initials of the first and last word.

    A sign that is no letter is never an initial: people put phone numbers into name fields.
    """
    words = name.split()
    if not words:
        return ""
    if re.match(f"[{_HAN}]", words[0]):
        return words[0][0] + "*"
    ends = words if len(words) < 3 else (words[0], words[-1])
    return " ".join((word[0] if word[0].isalpha() else "") + "***" for word in ends)


def mask_phone(phone: str) -> str:
    """138****5678 for a mainland mobile; any other number keeps its last four digits (of 5 to 7: two)."""
    digits = _digits(phone)
    mobile = _compiled(_MOBILE).fullmatch(digits)
    if mobile and not _compiled(_FOREIGN).match(phone):
        return f"{mobile[1][:3]}{_HIDDEN}{digits[-4:]}"
    if not phone.strip():
        return ""
    return _HIDDEN + digits[len(digits) - _phone_tail(len(digits)) :]


def mask_card(number: str) -> str:
    """The last four digits of a bank card or account: **** 1234."""
    digits = _digits(number)
    if not number.strip():
        return ""
    return f"{_HIDDEN} {digits[-4:]}" if len(digits) >= 8 else _HIDDEN


def mask_id(number: str) -> str:
    """110***********1234 for a resident identity number; other documents keep their first and last two signs.

    The first three of GB 11643 are province and half of the city, the last four are what people confirm by;
    the county and the whole birth date between them stay hidden. A 15-digit number has three after its date.
    """
    signs = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", number[:200])))[:40].upper()
    if re.fullmatch(r"[0-9]{17}[0-9X]", signs):
        head, tail = 3, 4
    elif re.fullmatch(r"[0-9]{15}", signs):
        head, tail = 3, 3
    elif len(signs) >= 8:
        head, tail = 1, 2
    else:
        return _HIDDEN if number.strip() else ""
    return signs[:head] + "*" * (len(signs) - head - tail) + signs[-tail:]


# 163.com, 126.com and 139.com are domains of mail; a telephone number has 11 digits.
_MOST_DIGITS: Final = 7


def mask_email(email: str) -> str:
    """z***@example.com; a local part of one letter shows nothing, nor does a domain of 8 digits or more."""
    local, at, domain = email.strip().rpartition("@")
    if not at or not domain:
        return _HIDDEN if email.strip() else ""
    if sum(sign.isdecimal() for sign in domain) > _MOST_DIGITS:
        domain = _HIDDEN
    return f"{local[0] if len(local) > 1 else ''}***@{domain}"


_PROVINCE: Final = (
    "(?:北京|天津|上海|重庆|重慶|河北|山西|辽宁|遼寧|吉林|黑龙江|黑龍江|江苏|江蘇|浙江|安徽|福建|江西|山东|山東|河南|"
    "湖北|湖南|广东|廣東|海南|四川|贵州|貴州|云南|雲南|陕西|陝西|甘肃|甘肅|青海|台湾|台灣|臺灣|内蒙古|內蒙古|广西|"
    "廣西|西藏|宁夏|寧夏|新疆|香港|澳门|澳門)"
    "(?:省|市|(?:壮族|壯族|回族|维吾尔|維吾爾)?自治[区區]|特[别別]行政[区區])?"
)
# A city's name never contains the signs of a street or a building, so that 文三路超市 is not taken for one.
_CITY: Final = r"[^\W\d_路街道巷弄号號区區县縣镇鎮乡鄉村楼樓栋棟室市]{2,9}(?:市|自治州|地区|地區|盟)"
_CHINESE_PLACE: Final = f"{_PROVINCE} *(?:{_CITY})?|{_CITY}"
_LATIN_PLACE: Final = r"[^\W\d_][^\d_]*"
_STATE_AND_CODE: Final = r"([A-Z]{2,3}) +[0-9]{4,5}(?:-[0-9]{4})?"


def mask_address(address: str) -> str:
    """浙江省杭州市***: province and city where they are recognised, else the first three characters.

    Never more than half of what is not recognised. Latin, with commas: city and state before a postal code,
    else the last two parts that have no number; never the first part, which is the street.
    """
    text = unicodedata.normalize("NFKC", address[:500]).strip().removeprefix("中国").lstrip()
    if not text:
        return ""
    if place := _compiled(_CHINESE_PLACE).match(text):
        return place[0].rstrip() + "***"
    if re.match(f"[{_HAN}]", text):
        known = re.match(f"[{_HAN}]{{0,{min(3, len(text) // 2)}}}", text)
        return (known[0] if known else "") + "***"
    places: list[str] = []
    for part in map(str.strip, text.split(",")[1:]):
        state = _compiled(_STATE_AND_CODE).fullmatch(part)
        if state or _compiled(_LATIN_PLACE).fullmatch(part):
            places.append(state[1] if state else part)
        if state:
            break
    return ", ".join(["***", *places[-2:]])


def mask_text(text: str) -> str:
    """`text` with phone, identity, card, account and waybill numbers and e-mail addresses masked in place.

    Seen through: full-width, circled and other digits, Chinese numerals (一三八…), spaces, dashes and dots
    between digits. Left alone: amounts, dates, labelled order numbers (订单号…, #W2611340) and case numbers,
    unless what they hold is a mobile, identity or card number. Other runs of eight digits or more are masked,
    whatever they are: a needless mask costs a reveal, a leak cannot be undone. Names and addresses in prose
    are not recognised. Each number keeps its length.
    """
    text = _compiled(_EMAIL).sub(lambda found: mask_email(found[0].replace("＠", "@")), text)
    if len(_compiled(_ANY_DIGIT).findall(text)) < _SHORTEST:
        return text
    signs = list(text)
    done = text
    for rules, spoken in ((_STRONG, False), (_STRONG, True), (_WEAK, False), (_WEAK_SPOKEN, True)):
        shadow = _shadow(text, spoken=spoken)
        if rules is not _STRONG:
            shadow = _without_harmless(shadow)
        done = "".join(_TAKEN if old == _TAKEN else new for old, new in zip(done, shadow, strict=True))
        for rule in rules:
            done = _hide(rule, done, signs)
    return "".join(signs)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A shape of number in the shadow, the test it must pass, and how many digits stay at its ends."""

    shape: str
    ends: Callable[[str], tuple[int, int]]
    holds: Callable[[str], bool] = bool


def _hide(rule: _Rule, shadow: str, signs: list[str]) -> str:
    """Star the middle of each match in `signs`; the shadow comes back with all of the match taken out."""
    left: list[str] = []
    for found in _compiled(rule.shape).finditer(shadow):
        start = found.start("number")
        places = [at for at in range(start, found.end()) if shadow[at] in _COUNTED]
        digits = "".join(shadow[at] for at in places)
        if not rule.holds(digits):
            continue
        head, tail = rule.ends(digits)
        for at in places[head : len(places) - tail]:
            signs[at] = "*"
        left = left or list(shadow)
        left[start : found.end()] = _TAKEN * (found.end() - start)
    return "".join(left) or shadow


_TAKEN: Final = "\uffff"  # in no cleaned text
_COUNTED: Final = frozenset("0123456789Xx")
_NUMERALS: Final = {
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("〇壹贰叁肆伍陆柒捌玖", "0123456789", strict=True)),
    **dict(zip("貳參陸兩两幺拐洞勾", "236221709", strict=True)),
}
# Six digits: what follows a label, or a Hong Kong identity card. Most messages stop here.
_SHORTEST: Final = 6
_ANY_DIGIT: Final = rf"[\d¹²³⁰-⁹₀-₉①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒🄀-🄊{''.join(_NUMERALS)}]"
_FOLDED: Final = r"[^\x00-\x7f\u3400-\u9fff]"
_FOLDED_SPOKEN: Final = rf"[^\x00-\x7f\u3400-\u9fff]|[{''.join(_NUMERALS)}]"
_EVERY_DASH: Final = "‐‑‒–—―−﹣－ー─"


def _shadow(text: str, *, spoken: bool) -> str:
    """`text`, sign by sign, with all digits as ASCII digits, all dashes as "-" and all blanks as " "."""

    def fold(found: re.Match[str]) -> str:
        sign = found[0] if found[0] in _NUMERALS and not spoken else _digit(found[0])
        if sign in _EVERY_DASH:
            return "-"
        # Keycap emoji put two signs after each digit.
        if sign.isspace() or sign in "\ufe0f\u20e3\u200b\u2426":
            return " "
        if "！" <= sign <= "～":
            return chr(ord(sign) - 0xFEE0)
        return "." if sign in "。·•" else sign

    return _compiled(_FOLDED_SPOKEN if spoken else _FOLDED).sub(fold, text)


def _digit(sign: str) -> str:
    """The ASCII digit that `sign` stands for; any other sign as it is."""
    value = unicodedata.digit(sign, None)
    return _NUMERALS.get(sign, sign) if value is None else str(value)


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, map(_digit, text[:200])))


def _phone_tail(count: int) -> int:
    return 4 if count >= 8 else 2 if count >= 5 else 0


# Between two digits of one number; three covers ") -" and the two signs of a keycap with a blank.
_GAP: Final = r"[-\s._()]{0,3}"
_EMAIL: Final = (
    r"(?<![A-Za-z0-9Ａ-Ｚａ-ｚ０-９._%+-])[A-Za-z0-9Ａ-Ｚａ-ｚ０-９._%+-]{1,64}[@＠]"
    r"[A-Za-z0-9Ａ-Ｚａ-ｚ０-９-]{1,63}(?:[.．][A-Za-z0-9Ａ-Ｚａ-ｚ０-９-]{1,63}){1,5}"
)


def _born(date: str) -> bool:
    """Whether YYYYMMDD can be the birth date of somebody who orders things."""
    year, month, day = int(date[:4]), int(date[4:6]), int(date[6:])
    return 1900 <= year < 2100 and 1 <= month <= 12 and 1 <= day <= 31


def _card(digits: str) -> bool:
    """Whether the check digit of ISO/IEC 7812-1 annex B fits and this is no time stamp (20260115103000)."""
    if _born(digits[:8]):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(doubled)) % 10 == 0


def _phone_ends(digits: str) -> tuple[int, int]:
    return 0, _phone_tail(len(digits))


_STRONG: Final = (
    # Before the mobiles: one of them may lie in the last three of these groups.
    _Rule(
        r"(?<![0-9])(?P<number>[2-69][0-9]{3}(?:[- ][0-9]{4}){3}(?:[- ]?[0-9]{1,3})?)(?![0-9])",
        lambda digits: (0, 4),
        _card,
    ),
    _Rule(
        rf"(?<![0-9])(?P<number>[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9Xx])(?![0-9])",
        lambda digits: (3, 4),
        lambda digits: _born(digits[6:14]),
    ),
    _Rule(
        rf"(?<![0-9+])(?P<number>(?:(?:0{_GAP}0{_GAP}|\+)?8{_GAP}6{_GAP})?1{_GAP}[3-9](?:{_GAP}[0-9]){{9}})(?![0-9])",
        lambda digits: (len(digits) - 8, 4),
    ),
    _Rule(
        r"(?<![0-9])(?P<number>[1-9][0-9]{14})(?![0-9])",
        lambda digits: (3, 3),
        lambda digits: _born("19" + digits[6:12]),
    ),
    _Rule(r"(?<![0-9])(?P<number>[0-9](?:[- ]?[0-9]){12,18})(?![0-9])", lambda digits: (0, 4), _card),
    # Hong Kong: one or two letters, six digits, the check sign in brackets.
    _Rule(r"(?<![A-Za-z0-9])[A-Za-z]{1,2}(?P<number>[0-9]{6}\([0-9Aa]\))", lambda digits: (0, 2)),
)
_LABEL: Final = (
    r"(?:电话|電話|手机号|手機號|联系方式|座机|固话|传真|QQ号?|微信号?|身份证号?|护照号?|卡号|[账帐]号|運單號?|运单号?"
    r"|(?:快递|物流)单?号|(?i:vx|wechat|tel|fax|waybill|tracking|phone *(?:no\.?|number)?:))"
)
_WEAK: Final = (
    _Rule(rf"{_LABEL}[^0-9\n]{{0,8}}(?P<number>[0-9](?:[-. ]?[0-9]){{5,24}})(?![0-9])", _phone_ends),
    _Rule(r"(?P<number>\+[0-9](?:[-. ()]{0,2}[0-9]){6,14})(?![0-9])", _phone_ends),
    _Rule(
        r"(?<![0-9])(?P<number>0[0-9]{1,3}[-. )]{1,2}[0-9]{2,4}(?:[-. ]?[0-9]{2,4}){1,4})(?![0-9])",
        _phone_ends,
        lambda digits: len(digits) >= 9,
    ),
    # Groups that only phones and cards have; two round numbers are a range of prices.
    _Rule(
        r"(?<![0-9])(?P<number>[0-9]{3}[- ][0-9]{3,4}[- ][0-9]{3,4}"
        r"|[0-9]{4}(?:[- ][0-9]{4}){3}(?:[- ][0-9]{1,3})?"
        r"|(?![0-9]{2}00[- ][0-9]{2}00)[5-9][0-9]{3}[- ][0-9]{4})(?![0-9])",
        _phone_ends,
        lambda digits: len(digits) != 9,
    ),
    _Rule(r"(?<![0-9])(?P<number>[0-9]{8,})(?![0-9])", _phone_ends),
)
# 一二三四五六七八九 is a way of counting; ten numerals in a row are a number.
_WEAK_SPOKEN: Final = (_Rule(r"(?<![0-9])(?P<number>[0-9]{10,})(?![0-9])", _phone_ends),)

_YEAR: Final = "(?:19|20)[0-9]{2}"
_MONTH_DAY: Final = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_HARMLESS: Final = (
    rf"(?<![0-9])(?:{_YEAR}(?P<dash>[-/.])[0-9]{{1,2}}(?P=dash)[0-9]{{1,2}}|{_YEAR}年[0-9]{{1,2}}月(?:[0-9]{{1,2}}日)?"
    rf"|[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.]{_YEAR}|{_YEAR}[-/~]{_YEAR}"
    rf"|{_YEAR}{_MONTH_DAY}(?:[ T]?(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?)?)(?![0-9])"
    # Amounts: nobody's refund has ten digits before the point, many phones have.
    r"|(?:[¥$€£]|RMB|CNY|USD|人民币) ?[0-9](?:,?[0-9]){0,8}(?:\.[0-9]{1,2})?(?![0-9,])"
    r"|(?<![0-9.,])[0-9](?:,?[0-9]){0,8}(?:\.[0-9]{1,2})? ?(?:元|块|圆|圓|塊|万|萬|亿|億|美元|RMB|CNY|USD|%)"
    r"|(?<![0-9.,])[0-9]{1,9}\.[0-9]{1,2}(?![0-9.])"
    r"|(?:订单(?:编?号)?|訂單(?:編?號)?|(?i:order(?: *(?:no\.?|number|id))?))[ :：#]{0,3}[A-Za-z]{0,4}[-0-9]+"
    r"|#[A-Za-z]{0,4}[0-9]+"
)
_CASE_NUMBER: Final = r"(?<![0-9A-Za-z])[A-Z]{2}-[0-9A-Z]{4}-[0-9A-Z]{4}(?![0-9A-Za-z])"


def _without_harmless(shadow: str) -> str:
    def take(found: re.Match[str]) -> str:
        return _TAKEN * len(found[0])

    def take_case_number(found: re.Match[str]) -> str:
        try:
            parse_number(found[0])
        except BadNumber:
            return found[0]
        return take(found)

    return _compiled(_HARMLESS).sub(take, _compiled(_CASE_NUMBER).sub(take_case_number, shadow))
