"""How text sounds, and Latin letters as pinyin or initials."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.search import pinyin


def test_characters_words_and_numbers_have_a_sound():
    assert pinyin.syllables("退貨運費 SOP 7天") == ["tui", "huo", "yun", "fei", "sop", "7", "tian"]
    assert pinyin.initials("退货运费 SOP") == "thyfs"


@pytest.mark.parametrize(
    ("word", "sounds"), [("重庆", ["chong", "qing"]), ("银行", ["yin", "hang"]), ("女", ["nv"])]
)
def test_common_words_are_read_as_words(word, sounds):
    assert pinyin.syllables(word) == sounds


def test_homophones_sound_alike():
    assert pinyin.sound("缺陷") == pinyin.sound("缺现") == "que'xian"
    assert pinyin.sound("退a") == ""


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("tuihuo", (["tui", "huo"], "")),
        ("chengbaofang", (["cheng", "bao", "fang"], "")),
        ("chengbaof", (["cheng", "bao"], "f")),
        ("nvzhuang", (["nv", "zhuang"], "")),
        ("shenglue", (["sheng", "lve"], "")),
        ("jcht", ([], "jcht")),
        ("acht", ([], "acht")),
        ("iphone", ([], "iphone")),
        ("", ([], "")),
    ],
)
def test_latin_letters_are_split_into_the_fewest_syllables(typed, read):
    assert pinyin.split(typed) == read


@given(st.text("abcdefghijklmnopqrstuvwxyz'", max_size=30))
def test_splitting_loses_no_letter(typed):
    syllables, rest = pinyin.split(typed)
    assert len("".join(syllables)) + len(rest) == len(typed)


@given(st.text("退货运费无理由七日重庆银行", min_size=1, max_size=8))
def test_the_pinyin_of_a_text_can_be_split_again(text):
    letters = "".join(pinyin.syllables(text))
    syllables, rest = pinyin.split(letters)
    assert rest == ""
    assert "".join(syllables) == letters


def test_initials_terms_are_rows_of_three_and_common_words():
    terms = pinyin.initials_index("解除合同，退货")
    assert {"0jch", "0cht", "0jc", "0ht", "0th"} == set(terms)
    assert pinyin.initials_query("jcht") == ["0jch", "0cht"]
    assert pinyin.initials_query("th") == ["0th"]


def test_no_heavy_library_is_imported_to_read_pinyin():
    code = (
        "import sys; from csdesk.search import cite, fuzzy, pinyin, plan; pinyin.initials('退貨');"
        "print({'pypinyin', 'opencc', 'zhconv', 'rapidfuzz', 'tomllib'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
