"""Nothing that can act on a terminal, hide or reorder passes the gate; ordinary writing passes untouched."""

import csv
import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.text import MARK, Cleaned, clean, clean_line, csv_safe, decode, file_name
from tests.hostile import CATEGORIES, HOSTILE

# Any str at all, lone surrogates, noncharacters and unassigned code points too; the dangerous ones often.
LOADED = st.text(
    st.one_of(
        st.characters(min_codepoint=0, max_codepoint=0x10FFFF, exclude_categories=()),
        st.sampled_from(
            "\x1b\x9b\x9d\x07\\[]0;m9#a退␦ \n\r\t"
            "\u200d\ufe0f\u20e3\u0301\u1161\u202e👨❤🏻🏴\U000e0067\U000e007f"
        ),
    )
)
EMOJI_JOIN = re.compile(
    "[\U0001f000-\U0001faff\u2190-\u2bff\u3030-\u32ff©®‼⁉™ℹ][\ufe0f\U0001f3fb-\U0001f3ff]?\u200d"
)


def assert_harmless(text: str) -> None:
    """By an enumeration of its own: what is left has no control, format, surrogate or hidden code point."""
    for at, sign in enumerate(text):
        category = unicodedata.category(sign)
        if sign == "\u200d":
            assert EMOJI_JOIN.search(text[max(0, at - 2) : at + 1])
            assert at + 1 < len(text)
        elif "\U000e0000" <= sign <= "\U000e0fff":
            assert "\U0001f3f4\U000e0067\U000e0062" in text[max(0, at - 6) : at + 3]
        elif sign == "\ufe0f":
            assert at and unicodedata.category(text[at - 1]) in ("So", "Sm", "Po", "Pd", "Nd", "Lo", "Ll")
        else:
            assert sign == "\n" or category not in ("Cc", "Cf", "Cs"), ascii(sign)
            assert ord(sign) & 0xFFFE != 0xFFFE and not "\ufdd0" <= sign <= "\ufdef"
            assert sign not in "\u2028\u2029\u115f\u1160\u3164\uffa0\u2800\u034f\ufe0e"
    assert not re.search("(?:^|\n)[\u0300-\u036f]|[\u0300-\u036f]{9}", text)


def test_the_corpus_is_large_varied_and_fixed() -> None:
    assert len(HOSTILE) >= 500
    assert len(set(HOSTILE)) == len(HOSTILE)
    assert all(len(lines) >= 20 for lines in CATEGORIES.values())
    assert any("\ud800" in line for line in HOSTILE)
    assert max(map(len, HOSTILE)) >= 10_000


def test_every_hostile_line_comes_out_harmless_and_stays_as_it_is() -> None:
    for line in HOSTILE:
        cleaned = clean(line)
        assert_harmless(cleaned.text)
        assert clean(cleaned.text) == Cleaned(cleaned.text)
        one = clean_line(line)
        assert_harmless(one.text)
        assert "\n" not in one.text and len(one.text) <= 500
        assert clean_line(one.text) == Cleaned(one.text)


@given(LOADED, st.integers(1, 40))
def test_any_text_comes_out_harmless_within_its_limit_and_stays_so(raw: str, limit: int) -> None:
    for gate in (clean, clean_line):
        for cleaned in (gate(raw), gate(raw, limit=limit)):
            assert_harmless(cleaned.text)
            assert gate(cleaned.text).text == cleaned.text
        short = gate(raw, limit=limit)
        assert len(short.text) <= limit
        assert gate(short.text, limit=limit) == Cleaned(short.text)
        assert short.text.endswith(MARK) or not short.cut


def test_every_code_point_alone_is_kept_or_marked() -> None:
    for code in range(0x110000):
        sign = chr(code)
        kept = clean(f"a{sign}b").text[1:-1]
        category = unicodedata.category(sign)
        if category in ("Cc", "Cf", "Cs"):
            assert kept in {"\n": "\n", "\r": "\n", "\t": "    "}.get(sign, MARK), ascii(sign)
        elif category[0] in "LNPS" or category == "Co":
            assert kept in (
                sign,
                MARK if sign in "\u115f\u1160\u3164\uffa0" else " " if sign == "\u2800" else sign,
            )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "签收第8天要退，怎么办？",
        "第一行\n第二行\n\n第四行",
        "Ａ１２　全角　“引号”——破折号……①②③℃",
        "𠮷野家 䶮 𪚥 \U00031350",
        "café naïve Ω ДЖ שלום مرحبا नमस्ते กำ ﾊﾞ 각 \u1100\u1161\u11a8",
        "👍🏻 👨‍👩‍👧‍👦 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇨🇳 ❤️ 1️⃣#️⃣ 👁️‍🗨️ 🧑🏻‍❤️‍💋‍🧑🏿 🐦‍⬛ ©️ ㊗️ 🫨",
        "[@click=app.quit]x[/] [b] $x {0} %s <b> 'a' \"b\" \\ `",
        "e\u0301 か\u3099 a" + "\u0301" * 8,
    ],
)
def test_ordinary_writing_passes_untouched(text: str) -> None:
    assert clean(text) == Cleaned(text)


@pytest.mark.parametrize(
    ("raw", "text", "removed"),
    [
        ("\x1b[31m红\x1b[0m", "␦红␦", 9),
        ("前\x1b]52;c;cm0gLXJm\a后", "前␦后", 16),
        ("前\x1b]0;title\x1b\\后", "前␦后", 11),
        ("\x1b]8;;http://evil.example\x1b\\退款\x1b]8;;\x1b\\", "␦退款␦", 33),
        ("\x1b]0;没有结尾的话", "␦0;没有结尾的话", 2),
        ("\x1b]0;没有\n结尾\a", "␦0;没有\n结尾␦", 3),
        ("\x1bP$qm\x1b\\x", "␦x", 7),
        ("\x9b31m红\x9d0;x\x9c", "␦红␦", 9),
        ("\x1b(0x\x1bc", "␦x␦", 5),
        ("a\x00\x01\x02b", "a␦b", 3),
        ("good\rEVIL\r\nx", "good\nEVIL\nx", 0),
        ("a\u2028b\u2029c", "a\nb\nc", 0),
        ("a\tb", "a    b", 0),
        ("发票\u202egnp.exe", "发票␦gnp.exe", 1),
        ("退\u200b\ufeff\u2060款", "退␦款", 3),
        ("so\u00adft", "so␦ft", 1),
        ("张\u3164三", "张␦三", 1),
        ("退\ud83d款", "退␦款", 1),
        ("\ud83d\ude00", "␦", 2),
        ("葛\U000e0100", "葛␦", 1),
        ("3\ufe0f", "3␦", 1),
        ("👨\u200d退", "👨␦退", 1),
        ("a\u200db", "a␦b", 1),
        ("🏴\U000e0061\U000e007f", "🏴␦", 2),
        ("a" + "\u0301" * 100 + "b", "a" + "\u0301" * 8 + "␦b", 92),
        ("\u0301x", "␦x", 1),
        ("x\n\u0301y", "x\n␦y", 1),
        ("👨" + "\u200d👩" * 4, "👨\u200d👩\u200d👩\u200d👩␦👩", 1),
    ],
)
def test_what_is_removed_leaves_one_mark(raw: str, text: str, removed: int) -> None:
    assert clean(raw) == Cleaned(text, removed)


def test_the_mark_is_one_cell_in_every_terminal() -> None:
    assert unicodedata.east_asian_width(MARK) == "N"
    assert MARK.isprintable()


def test_long_text_is_cut_with_a_mark_and_no_emoji_is_torn() -> None:
    assert clean("退" * 11, limit=10) == Cleaned("退" * 9 + MARK, 0, cut=True)
    assert clean("退" * 10, limit=10) == Cleaned("退" * 10)
    assert clean("abc👨\u200d👩\u200d👧x", limit=8) == Cleaned("abc" + MARK, 0, cut=True)
    assert clean("x" * 200_000).text == "x" * 99_999 + MARK
    assert clean("退款", limit=1).text == MARK


def test_a_line_is_one_line() -> None:
    assert clean_line("  标题 \r\n\t 第二行\n\n  三  \n").text == "标题 第二行 三"
    assert clean_line("a  b").text == "a  b"
    assert clean_line("\n\n") == Cleaned("")
    assert clean_line("退" * 501) == Cleaned("退" * 499 + MARK, 0, cut=True)


def test_hostile_sizes_take_time_in_proportion_to_their_length() -> None:
    # 200 KB of each worst case; quadratic work would take minutes and be ended by the suite's own limit.
    for unit in (
        "\x1b]",
        "\x9d",
        "\x1b[1;",
        "\x1b]0;a",
        "\u0301",
        "👨\u200d",
        " ",
        " \n",
        "\x1b ",
        "\u200b退",
    ):
        raw = unit * (200_000 // len(unit))
        assert len(clean(raw, limit=10).text) <= 10
        assert len(clean_line(raw, limit=10).text) <= 10


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("退款".encode(), None, "退款"),
        ("退款".encode("utf-8-sig"), None, "退款"),
        ("退款申请".encode("gb18030"), None, "退款申请"),
        ("退款申请".encode("gb18030"), "GB2312", "退款申请"),
        ("退款申请".encode("gb18030"), "utf-8", "退款申请"),
        ("退款申請書".encode("big5"), "big5", "退款申請書"),
        ("返品".encode("iso2022_jp"), "ISO-2022-JP", "返品"),
        ("退款".encode("hz"), "hz-gb-2312", "退款"),
        ("退款".encode("utf-16"), None, "退款"),
        ("ab".encode("utf-16-be"), "utf-16-be", "ab"),
        ("café".encode("latin-1"), None, "café"),
        (("退" * 20).encode()[:-1], None, "退" * 19 + "\ufffd"),
        (b"plain", "no-such-charset", "plain"),
        (b"+AGE-", "utf-7", "+AGE-"),
        (b"\\x41", "unicode_escape", "\\x41"),
        (b"eJwDAAAAAAE=", "base64", "eJwDAAAAAAE="),
        (b"a", "x\x00y", "a"),
        (b"a", "é" * 100, "a"),
        (b"", "", ""),
    ],
)
def test_bytes_are_read_in_the_charset_that_fits(raw: bytes, charset: str | None, text: str) -> None:
    assert decode(raw, charset) == text


@given(
    st.binary(), st.sampled_from([None, "utf-8", "gbk", "utf-16", "iso-2022-jp", "hz", "big5", "utf-7", "?"])
)
def test_no_bytes_raise(raw: bytes, charset: str | None) -> None:
    assert isinstance(decode(raw, charset), str)


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "=1+1",
            "+1+1",
            "-1+1",
            "@SUM(1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "\u3000=1",
            "\u200b=1",
            "\ufeff=1",
        ),
        *(
            "＝1+1",
            "＋1",
            "－1",
            "＠SUM(1)",
            "﹦1",
            "﹢1",
            "-2+3+cmd|' /C calc'!A0",
            "-",
            "\tx",
            "-1\n",
            "--1",
            "-1,5",
        ),
    ],
)
def test_a_cell_that_starts_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert csv_safe(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["", "退款", "-12.50", "-3", "1+1", "a=b", "'=1", " x", "张三 ", "¥5", "(1)"]
)
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert csv_safe(cell) == cell


def test_no_hostile_line_starts_a_formula_or_breaks_a_row() -> None:
    rows = [[csv_safe(clean(line).text), "end"] for line in HOSTILE]
    sheet = io.StringIO()
    csv.writer(sheet, quoting=csv.QUOTE_ALL).writerows(rows)
    assert list(csv.reader(io.StringIO(sheet.getvalue(), newline=""))) == rows
    for cell, _ in rows:
        first = unicodedata.normalize("NFKC", cell.lstrip()[:1])
        assert first[:1] not in ("=", "+", "@") and (first[:1] != "-" or re.fullmatch(r"-[\d.]+", cell))


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("发票 2026.jpg", "发票 2026.jpg"),
        ("../../etc/passwd", "_._etc_passwd"),
        ("C:\\Windows\\x.exe", "C_Windows_x.exe"),
        ("发票\u202egnp.exe", "发票_gnp.exe"),
        ("a\x00b\n.jpg", "a_b.jpg"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("CON.txt", "_CON.txt"),
        ("nul", "_nul"),
        ("$(reboot).png", "_(reboot).png"),
        ("..", "file"),
        ("///", "file"),
        ("", "file"),
        ("退" * 300 + ".jpg", "退" * 65 + ".jpg"),
        ("x." + "y" * 300, "x." + "y" * 198),
    ],
)
def test_file_names(raw: str, name: str) -> None:
    assert file_name(raw) == name


@given(st.one_of(LOADED, st.sampled_from(HOSTILE)))
def test_a_file_name_is_one_harmless_path_part(raw: str) -> None:
    name = file_name(raw)
    assert_harmless(name)
    assert 0 < len(name.encode()) <= 200
    assert not re.search(r"[/\\:*?\"<>|`$;&'!\n]", name)
    assert name[0] not in ".- " and name[-1] not in ". "
    assert file_name(name) == name
