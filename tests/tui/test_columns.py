"""The columns of the list, and what is written out so that a starting console need not load the domain."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases import kind
from csdesk.domain.cases.kind import QUEUES
from csdesk.domain.cases.kinds import MACHINES
from csdesk.tui import cells
from csdesk.tui.columns import columns, due_text, next_change
from csdesk.tui.kinds import AUTHORITY, LETTERS, PINNED, TABS
from tests.tui.test_window import row

DAY = 86_400_000


def test_the_letters_of_case_numbers_are_those_of_the_machines():
    assert {one.value: one.letters for one in MACHINES} == LETTERS


def test_every_queue_has_a_tab():
    assert set(TABS) == {*QUEUES, "mine", "all"}
    assert TABS[-3:] == (AUTHORITY, *PINNED) == (kind.AUTHORITY, "mine", "all")


@given(st.integers(24, 300), st.booleans(), st.booleans())
def test_the_columns_never_take_more_than_the_width(width: int, mixed: bool, latin: bool):
    shape = columns(width, mixed, latin)
    if width >= 60:
        assert 2 + sum(column.cells + 1 for column in shape) <= width + 1


def test_a_narrow_list_keeps_what_one_works_by_and_a_wide_one_shows_the_rest():
    assert [column.name for column in columns(60, True)] == ["due", "number", "state", "subject"]
    assert [column.name for column in columns(120, True)] == [
        "due", "number", "kind", "state", "subject", "merchant", "amount", "assignee",
    ]  # fmt: skip
    assert "kind" not in [column.name for column in columns(120, False)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deadline_fits_its_column(language: str):
    words = Words(language, UTC)
    room = next(column.cells for column in columns(120, True, language == "en") if column.name == "due")
    for due in (59 * 60_000, 47 * DAY // 24, 400 * DAY):
        for now in (0, 2 * due):
            assert cells.width(due_text(words, row(1, due), now)) <= room


@given(st.integers(0, 30 * DAY), st.integers(0, 30 * DAY))
def test_a_relative_time_changes_exactly_when_it_is_said_to(due: int, now: int):
    words = Words("en", UTC)
    after = next_change(due, now)
    assert after > 0
    told = words.left(due, now)
    assert words.left(due, now + after - 1) == told
    assert words.left(due, now + after) != told


def test_lateness_has_a_sign_beside_its_colour():
    words = Words("zh-Hans", UTC)
    assert due_text(words, row(1, 0), 60_000).startswith("! 超")
    assert due_text(words, row(1, 3_600_000), 0).startswith("~ 剩")
    assert due_text(words, row(1, 3 * DAY), 0).startswith("  剩")
    assert due_text(words, row(1, 1 << 62), 0) == "  -"
