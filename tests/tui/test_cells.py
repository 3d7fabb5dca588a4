"""Cells: widths, cropping and the gate on the way to a line."""

import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.document._document import Document
from textual.geometry import Offset

from csdesk.domain.text import clean, clean_line
from csdesk.tui import cells
from csdesk.tui.widgets.bars import StatusLine
from csdesk.tui.widgets.folding import Folded
from tests.building import DeskFile
from tests.hostile import HOSTILE
from tests.tui.consoles import NARROW, console, lines

LOCALES = Path(__file__).parents[2] / "data" / "locale"
TEXTS = st.one_of(st.text(max_size=40), st.text("退货单abc ，。×·…“”１２", max_size=40))


@given(TEXTS)
def test_what_the_short_way_lets_through_is_what_the_gate_gives(text: str):
    assert cells.safe(text) == clean_line(text).text


def test_hostile_lines_come_out_of_the_gate_and_fit_their_column():
    for line in HOSTILE:
        fitted = cells.fit(cells.safe(line), 20)
        assert cell_len(fitted) == 20
        assert not {unicodedata.category(sign) for sign in fitted} & {"Cc", "Cs", "Zl", "Zp"}


@given(TEXTS)
def test_a_width_is_what_rich_measures(text: str):
    assert cells.width(text) == cell_len(text)


@given(TEXTS.map(cells.safe), st.integers(0, 30), st.sampled_from(["left", "right"]))
def test_a_fitted_text_has_exactly_its_cells(text: str, size: int, align: str):
    assert cell_len(cells.fit(text, size, align)) == size


@given(TEXTS.map(cells.safe), st.integers(2, 30))
def test_a_cropped_text_says_that_it_was_cropped(text: str, size: int):
    short = cells.crop(text, size)
    assert cell_len(short) <= size
    assert short == text or short.endswith(cells.MORE)


@given(TEXTS.map(cells.safe), st.integers(2, 30))
def test_wrapping_loses_nothing_but_blanks(text: str, size: int):
    lines = cells.wrap(text, size)
    assert all(cell_len(line) <= size for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.lists(TEXTS.map(cells.safe), max_size=5), st.integers(0, 40))
def test_a_line_fills_its_width_and_no_more(texts: list[str], size: int):
    assert cells.line([(text, Style()) for text in texts], size, Style()).cell_length == size


def test_outside_text_is_never_read_as_markup():
    told = cells.content("[@click=app.quit]点我[/] [/x]")
    assert told.plain == "[@click=app.quit]点我[/] [/x]"
    assert not told.spans


def test_with_ascii_signs_only_a_line_keeps_its_cells_and_its_words():
    line = cells.line([(cells.fit("蓝牙耳机 降噪版", 8), Style()), (" ×2", Style())], 14, Style())
    assert cells.plain(line).text == "蓝牙耳~  x2   "
    assert cells.plain(line).cell_length == line.cell_length


def test_no_sign_of_our_own_words_may_take_two_cells_in_ascii():
    words = "".join(file.read_text(encoding="utf-8") for file in LOCALES.glob("*.po"))
    signs = "".join(sorted({sign for sign in words if unicodedata.east_asian_width(sign) == "A"}))
    assert "“" in signs and "§" in signs
    assert cells.plain(cells.line([(signs, Style())], 40, Style())).text.isascii()


def test_a_piece_that_nobody_made_safe_cannot_act_on_the_terminal():
    strip = cells.line([("  \x1b]52;c;cm0=\x07退\u202e款\u3000单 ", Style())], 30, Style())
    assert strip.cell_length == 30
    assert not any(ord(sign) < 32 or sign in "\x7f\x9b\u202e" for sign in strip.text)
    assert strip.text.startswith("  ")


def test_no_line_ends_with_an_opening_bracket():
    for width in range(8, 30):
        told = cells.wrap(
            "依据《网络购买商品七日无理由退货暂行办法》（2017年3月15日起施行）、“消法”第二十五条。", width
        )
        assert not any(row.endswith(("（", "《", "“")) for row in told)
        assert "".join(told).endswith("条。")


def test_an_emoji_that_is_cut_leaves_no_joiner_behind():
    family = "👨\u200d👩\u200d👧\u200d👦" * 9
    for width in range(1, 12):
        assert "\u200d " not in cells.fit(family, width) + " "
        assert not cells.crop(family, width).removesuffix(cells.MORE).endswith("\u200d")


def test_what_prints_but_has_no_cell_is_caught_by_the_last_gate():
    for text in ("张\u115f三", "\u3164", "a" + "\u0301" * 100, "x\uffa0y", "\u2800\u2800"):
        told = cells.line([(text, Style())], 10, Style()).text
        assert clean(told).text == told


SENTENCE = "依据《网络购买商品七日无理由退货暂行办法》（2017年3月15日起施行），运费¥1,299.00由商家承担。"


def test_no_number_is_cut_in_two_and_no_line_begins_with_a_comma():
    for width in range(14, 40):
        rows = cells.wrap(SENTENCE, width)
        text = "\n".join(rows)
        assert all(number in text for number in ("2017", "15", "¥1,299.00")), rows
        assert not any(row.startswith(("，", "）", "。")) for row in rows)


@given(TEXTS.map(cells.safe).filter(cells.harmless), st.integers(2, 30))
def test_breaks_lose_nothing_and_lines_fit_but_for_the_blank_where_the_caret_stands(text: str, size: int):
    found = cells.breaks(text, size)
    assert list(found) == sorted(set(found)) and all(0 < at < len(text) for at in found)
    rows = [text[start:end] for start, end in pairwise((0, *found, len(text)))]
    assert all(cell_len(row) <= size or (row.endswith(" ") and cell_len(row) == size + 1) for row in rows)


@given(
    st.lists(st.sampled_from([SENTENCE, "", "a b c", "退 货", "👨\u200d👩\u200d👧 一家", "x" * 50])),
    st.integers(4, 40),
)
def test_a_field_folds_every_line_and_finds_each_place_again(lines: list[str], size: int):
    document = Document("\n".join(lines))
    folded = Folded(document, size)
    rows = [row for sections in folded.lines for row in sections]
    assert "".join(rows) == "".join(document.lines) and folded.height == len(rows)
    for y in range(folded.height):
        row, _ = folded.offset_to_location(Offset(0, y))
        assert folded.location_to_offset(folded.offset_to_location(Offset(0, y))).y == y, (row, y)
    document.replace_range((0, 0), (0, 0), "您好，")
    folded.wrap_range((0, 0), (0, 0), (0, 3))
    assert "".join(row for sections in folded.lines for row in sections) == "".join(document.lines)


def test_what_is_cut_says_so_unless_only_blanks_are_missing():
    plain = Style()
    assert cells.cut([("你好", plain), ("  ", plain)], 4) == [("你好", plain)]
    assert cells.cut([("你好 ", plain)], 4) == [("你好", plain)]
    assert cells.cut([("你好", plain), ("吗", plain)], 5) == [("你好", plain), (cells.MORE, plain)]
    assert cells.cut([("你好", plain), ("吗", plain)], 6) == [("你好", plain), ("吗", plain)]
    assert cells.cut([(" ", plain)], 4) == []


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
async def test_the_status_line_ends_with_who_works_here(desk_file: DeskFile, language: str):
    """Its last name was cut by one cell that was only a blank."""
    async with console(desk_file, "wang", NARROW) as hands:
        hands.app.appearance.speak(language)
        for text in ("", "话" * 100, "x" * 200):
            hands.app.say(text)
            assert lines(hands.screen.query_one(StatusLine)).endswith(" Wang")
