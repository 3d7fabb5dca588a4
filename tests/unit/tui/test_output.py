"""The bytes between two pictures: a terminal that gets them shows the second one, cell by cell."""

import random

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip
from wcwidth import wcwidth

from csdesk.tui import cells
from csdesk.tui.output.encode import Able
from csdesk.tui.output.grid import MOST_CELLS
from csdesk.tui.output.painter import Painter
from csdesk.tui.output.style import Look, change, parse
from csdesk.tui.output.terminal import able

WIDTH, HEIGHT = 40, 12
ABLE = (Able(), Able(csr=True), Able(bce=True, ech=True, csr=True))
STYLES = [
    Style.parse(text)
    for text in (
        "white on #101418", "bold white on #101418", "#8fa1b3 on #101418", "white on #2a3340", "reverse", "",
        "underline red", "dim", "bold dim green on blue",
    )
]  # fmt: skip
# Of the widths that every terminal and this emulator agree on.
TEXTS = ["退货", "RT-7K3M", " ", "        ", "超时 3 小时", "（不喜欢）", "abc", "-", "一"]


def strip_of(pieces: list[tuple[str, Style]], width: int) -> Strip:
    return cells.line(pieces, width, STYLES[0])


def picture(rows: list[Strip], y: int = 0, x: int = 0) -> LayoutUpdate:
    width = rows[0].cell_length
    return LayoutUpdate([[row] for row in rows], Region(x, y, width, len(rows)))


pieces = st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from(STYLES)), max_size=9)
frames = st.lists(
    st.tuples(st.integers(0, HEIGHT - 1), st.lists(pieces, min_size=1, max_size=HEIGHT)),
    min_size=1,
    max_size=8,
)


def glyphs(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """What a person sees of an emulated terminal: of a blank only what shows on one."""

    def seen(c: pyte.screens.Char) -> tuple[object, ...]:
        ground = (c.data, c.bg, c.underscore, c.strikethrough, c.reverse)
        return ground if c.data == " " and not c.reverse else (*ground, c.fg, c.bold, c.italics)

    return [[seen(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


class Both:
    """The same frames by Textual's own output and by ours, each in a terminal of its own."""

    def __init__(self, able: Able, width: int = WIDTH, height: int = HEIGHT) -> None:
        from rich.console import Console

        self.console = Console(color_system="truecolor", force_terminal=True, width=width)
        self.stock, self.ours = pyte.Screen(width, height), pyte.Screen(width, height)
        self._stock, self._ours = pyte.Stream(self.stock), pyte.Stream(self.ours)
        for stream in (self._stock, self._ours):
            stream.feed("\x1b[?7l")
        self.painter = Painter(width, height, able, ColorSystem.TRUECOLOR)
        self.bytes = [0, 0]

    def show(self, update: LayoutUpdate) -> str:
        theirs = update.render_segments(self.console) + "\x1b[m"
        self._stock.feed(theirs.replace("\n", "\r\n"))
        self.painter.take(update)
        said = self.painter.flush((0, 0))
        self._ours.feed(said.replace("\n", "\r\n"))
        self.bytes[0] += len(theirs.encode())
        self.bytes[1] += len(said.encode())
        return said

    def same(self) -> bool:
        return glyphs(self.stock) == glyphs(self.ours)


@pytest.mark.parametrize("able", ABLE, ids=["plain", "csr", "all"])
@settings(max_examples=60)
@given(script=frames)
def test_after_any_frames_both_terminals_show_the_same(able: Able, script):
    both = Both(able)
    both.show(picture([strip_of([], WIDTH)] * HEIGHT))
    for y, rows in script:
        # Whole lines: where a piece covers half of a sign, Textual cuts that sign before.
        both.show(picture([strip_of(row, WIDTH) for row in rows[: HEIGHT - y]], y))
        assert both.same()


@pytest.mark.parametrize("able", ABLE, ids=["plain", "csr", "all"])
def test_a_list_that_scrolls_shows_what_it_should_and_costs_less(able: Able):
    both, dice = Both(able, 80, 24), random.Random(7)
    rows = [
        strip_of(
            [(f"RT-{n:04d} ", STYLES[2]), (dice.choice(TEXTS) * 3, STYLES[0]), ("  剩 2 天", STYLES[6])], 80
        )
        for n in range(400)
    ]
    top = 100
    both.show(picture(rows[top : top + 24]))
    for _ in range(60):
        top = min(max(top + dice.choice((-12, -3, -2, -1, 1, 2, 3, 11)), 0), 376)
        both.show(picture(rows[top : top + 24]))
        assert both.same()
    assert both.bytes[1] < both.bytes[0] / (2 if able.csr else 1)


def test_nothing_new_costs_nothing():
    both = Both(ABLE[2])
    rows = [strip_of([("退货 七天无理由", STYLES[1])], WIDTH)] * HEIGHT
    both.show(picture(rows))
    assert both.show(picture(rows)) == ""
    assert both.show(picture([strip_of([("退货 七天无理由", STYLES[1])], WIDTH)])) == ""


def test_one_sign_costs_a_few_bytes():
    both = Both(ABLE[2])
    both.show(picture([strip_of([("张*  138****5678", STYLES[0])], WIDTH)] * HEIGHT))
    said = both.show(picture([strip_of([("张*  138****5679", STYLES[0])], WIDTH)], y=5))
    assert both.same()
    assert len(said) <= 24


def test_a_terminal_that_was_written_to_is_cleared_and_painted_again():
    both = Both(ABLE[2])
    rows = [strip_of([("退货", STYLES[1])], WIDTH)] * HEIGHT
    both.show(picture(rows))
    both._ours.feed("\x1b[3;3Hnoise from a shell")
    both.painter.forget()
    both._ours.feed(both.painter.flush((0, 0)))
    assert both.same()


@given(before=pieces, after=pieces, x=st.integers(0, 20))
def test_half_a_wide_sign_is_never_left(before, after, x: int):
    both = Both(ABLE[2])
    both.show(picture([strip_of(before, WIDTH)]))
    both.painter.take(picture([strip_of(after, WIDTH - x)], 0, x))
    row = both.painter._wanted[0]
    for at, (sign, _, _) in enumerate(row):
        if sign == "":
            assert cells.width(row[at - 1][0]) == 2
        else:
            assert cells.width(sign) == (2 if at + 1 < WIDTH and row[at + 1][0] == "" else 1)


looks = st.builds(
    lambda a, f, b: Look(frozenset(a), f, b),
    st.sets(st.sampled_from([1, 2, 3, 4, 7, 9])),
    st.sampled_from(["", "31", "38;5;99", "38;2;1;2;3"]),
    st.sampled_from(["", "44", "48;2;9;8;7"]),
)


@given(before=looks, after=looks)
def test_the_change_of_a_look_ends_in_that_look(before: Look, after: Look):
    screens = []
    for told in (change(None, before) + change(before, after), change(None, after)):
        screen = pyte.Screen(4, 1)
        pyte.Stream(screen).feed(told + "x")
        screens.append(glyphs(screen))
    assert screens[0] == screens[1]
    assert parse(after.codes) == after
    assert len(change(before, after)) <= len(change(None, after))


def columns_of(screen: pyte.Screen, row: int, signs: str) -> list[int]:
    """Where signs stand in a row of an emulated terminal."""
    return [x for x in range(screen.columns) if (screen.buffer[row][x].data or "?") in signs]


# Text before and after a sign that terminals measure differently, and the cells that we give it.
DOUBTFUL = [
    "\u2014",
    "\u2026",
    "\u201c",
    "\u00b7",
    "\u2764\ufe0f",
    "\U0001f469\u200d\U0001f467",
    "e\u0301\u0302",
    "\U0001f44d",
]


@pytest.mark.parametrize("sign", DOUBTFUL, ids=lambda sign: f"U+{ord(sign[0]):04X}")
@pytest.mark.parametrize("wide", [1, 2], ids=["narrow", "wide"])
def test_a_line_never_slips_where_a_terminal_gives_a_sign_another_width(sign, wide, monkeypatch):
    monkeypatch.setattr(pyte.screens, "wcwidth", lambda c: wide if c in sign and c != "e" else wcwidth(c))
    both = Both(ABLE[2])
    both.show(picture([strip_of([("旧的内容旧的内容旧的内容", STYLES[1])], WIDTH)] * 2))
    both.show(picture([strip_of([("退货", STYLES[0]), (sign, STYLES[0]), ("AB款", STYLES[2])], WIDTH)] * 2))
    at = 4 + cell_len(sign)
    assert columns_of(both.ours, 1, "退货AB款") == [0, 2, at, at + 1, at + 2]
    assert all(both.ours.buffer[1][x].data == " " for x in range(at + 4, WIDTH))
    # And when it goes again nothing of it is left.
    both.show(picture([strip_of([("退货 ok", STYLES[0])], WIDTH)] * 2))
    shown = "".join(both.ours.buffer[1][x].data for x in range(WIDTH))
    assert shown.rstrip() == "退货 ok"


def test_a_mark_that_combines_stays_with_its_wide_sign():
    painter = Painter(WIDTH, 1, ABLE[2], ColorSystem.TRUECOLOR)
    painter.take(picture([Strip([Segment("か\u3099き", STYLES[0])])]))
    assert [cell.sign for cell in painter._wanted[0][:4]] == ["か\u3099", "", "き", ""]


def test_nothing_that_a_terminal_obeys_comes_through():
    painter = Painter(WIDTH, 1, ABLE[2], ColorSystem.TRUECOLOR)
    painter.flush((0, 0))
    painter.take(picture([Strip([Segment("退\x1b]52;c;x\x07货\x9b2J\r\n\x7f!", STYLES[0])])]))
    said = painter.flush((0, 0))
    assert "]52;c;x" in said and "\x1b]" not in said
    assert not set(said) & set("\x07\x9b\n\x7f")


def test_a_wide_sign_that_does_not_fit_at_the_last_column_is_a_blank():
    painter = Painter(5, 1, ABLE[2], ColorSystem.TRUECOLOR)
    painter.take(picture([Strip([Segment("退货款", STYLES[0])])]))
    assert [cell.sign for cell in painter._wanted[0]] == ["退", "", "货", "", " "]
    painter.take(picture([Strip([Segment("退货", STYLES[0])])], 0, 3))
    assert [cell.sign for cell in painter._wanted[0]] == ["退", "", " ", "退", ""]


def test_more_signs_than_are_kept_known_change_no_picture():
    both, dice = Both(ABLE[2]), random.Random(5)
    for n in range(40):
        rows = [
            "".join(chr(0x4E00 + dice.randrange(0x5000)) for _ in range(WIDTH // 2)) for _ in range(HEIGHT)
        ]
        both.show(picture([strip_of([(row, STYLES[n % 4])], WIDTH) for row in rows]))
        assert both.same()
    assert sum(map(len, both.painter._inks._by_look.values())) <= MOST_CELLS + WIDTH * HEIGHT
    # What is shown stays known by what it is, not only by its address.
    assert both.show(picture([strip_of([(row, STYLES[39 % 4])], WIDTH) for row in rows])) == ""


def test_a_terminal_that_may_be_tmux_is_asked_what_it_can(monkeypatch):
    monkeypatch.setenv("TERM", "screen-256color")
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    assert able() == Able(bce=True, ech=True, csr=True)
    monkeypatch.setenv("STY", "1.pts")  # GNU screen is in between
    assert not able().bce
