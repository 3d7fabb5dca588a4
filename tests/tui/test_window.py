"""The window over a queue: it follows the list below it, and the cursor stays on its case."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from csdesk.store.feed import Row
from csdesk.tui.start import PAGE
from csdesk.tui.window import MOST, Window


def row(n: int, due: int | None = None) -> Row:
    """A row whose place in the queue is `due`, by default the same order as n."""
    return Row(
        f"{n:032x}", "7K3M9QX4", "return", "submitted", "ours", 1, "W1", "山海", "", 0, 0, "耳机", "quality",
        100, "CNY", n if due is None else due, 0, 0, 0, "c",
    )  # fmt: skip


def filled(count: int, height: int = 10) -> Window:
    window = Window(height=height)
    window.fill([row(n) for n in range(count)], at_top=True, at_end=True)
    return window


def ids(rows: Sequence[Row]) -> list[int]:
    return [int(row.id, 16) for row in rows]


def test_the_cursor_starts_on_the_case_one_left_it_on():
    window = Window(height=10)
    window.fill([row(n) for n in range(50)], at_top=True, at_end=True, stand=row(30).id)
    assert window.current == row(30)
    assert row(30) in window.visible()


def test_at_the_edge_the_view_jumps_half_a_page():
    window = filled(50)
    for _ in range(10):
        window.move(1)
    assert (window.cursor, window.top) == (10, 6)
    for _ in range(5):
        window.move(-1)
    assert (window.cursor, window.top) == (5, 0)


def test_a_page_keeps_the_cursor_on_its_line():
    window = filled(50)
    window.move(3)
    window.page(1)
    assert (window.cursor, window.top) == (12, 9)
    window.page(-1)
    assert (window.cursor, window.top) == (3, 0)


def test_after_a_reload_the_cursor_is_on_its_case_and_on_its_line():
    window = filled(50)
    window.move(20)
    line = window.cursor - window.top
    window.reload([row(n, n) for n in range(50) if n % 2 == 0], at_top=True, at_end=True)
    assert window.current == row(20)
    assert window.cursor - window.top == line


def test_when_its_case_left_the_queue_the_cursor_keeps_its_place():
    window = filled(50)
    window.move(20)
    window.reload([row(n) for n in range(50) if n != 20], at_top=True, at_end=True)
    assert window.current == row(21)


def test_when_the_last_case_left_the_cursor_goes_to_the_one_before():
    window = filled(5)
    window.edge(end=True)
    window.reload([row(n) for n in range(4)], at_top=True, at_end=True)
    assert window.current == row(3)


def test_an_empty_queue_has_no_current_case_and_takes_every_key():
    window = filled(0)
    window.move(1)
    window.page(-1)
    window.edge(end=True)
    assert window.current is None
    assert window.visible() == []


@given(st.lists(st.sampled_from(["down", "up", "page", "back", "resize"]), max_size=60), st.integers(0, 80))
def test_the_cursor_is_always_on_screen(steps: list[str], count: int):
    window = filled(count)
    for step in steps:
        if step == "resize":
            window.resize(window.height % 17 + 1)
        elif step in ("down", "up"):
            window.move(1 if step == "down" else -1)
        else:
            window.page(1 if step == "page" else -1)
        if count:
            assert window.current in window.visible()


@given(st.lists(st.sampled_from(["down", "up"]), max_size=12), st.integers(1, 1000))
def test_walking_with_pages_sees_every_case_once_and_keeps_little(walk: list[str], count: int):
    """The list below has `count` cases; the window is extended whenever it asks for it."""
    everything = [row(n) for n in range(count)]
    window = Window(height=10)
    window.fill(everything[:PAGE], at_top=True, at_end=count < PAGE)
    at = 0
    for step in walk:
        for _ in range(90):
            by = 1 if step == "down" else -1
            at = min(max(at + by, 0), count - 1)
            window.move(by)
            while side := window.wants():
                first, last = int(window.rows[0].id, 16), int(window.rows[-1].id, 16)
                more = (
                    everything[last + 1 : last + 1 + PAGE]
                    if side == "below"
                    else everything[max(first - PAGE, 0) : first]
                )
                window.extend(more, below=side == "below", last=len(more) < PAGE)
            assert window.current == everything[at]
            assert len(window.rows) <= MOST + PAGE
            assert ids(window.rows) == list(range(ids(window.rows)[0], ids(window.rows)[-1] + 1))


def test_a_row_belongs_into_the_window_by_its_deadline():
    window = Window(height=10)
    window.fill([row(n) for n in range(10, 20)], at_top=False, at_end=False)
    assert window.touches(row(99, 15))
    assert not window.touches(row(99, 5))
    assert not window.touches(row(99, 25))
    window.at_top = window.at_end = True
    assert window.touches(row(99, 5))
    assert window.touches(row(99, 25))
