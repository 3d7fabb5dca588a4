"""Cells: widths, cropping and the gate on the way to a line."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from csdesk.domain.text import clean, clean_line
from csdesk.tui import cells
from tests.hostile import HOSTILE

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
