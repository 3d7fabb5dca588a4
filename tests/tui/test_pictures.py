"""Pictures in the console: the hours that come, the strip of deadlines, a parcel's way; safe in Chinese terminals."""

import unicodedata
from collections.abc import Iterable
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.desk.hour_queries import Hours
from csdesk.desk.parcel_queries import Trail
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.case import Kind
from csdesk.domain.tracking import Scan
from csdesk.domain.way import MORE, ROAD, SENT, Stop
from csdesk.store.hours import MOST_COUNTED
from csdesk.tui import cells, theme
from csdesk.tui.columns import HEAT, columns, due_text, heat, midnight, parts
from csdesk.tui.hour_lines import LINES, Piece, counted, hour_lines
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.screens.way_lines import way_line
from csdesk.tui.widgets.hours import HEIGHT
from tests.building import HOUR, MONDAY, ZONE, DeskFile
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_queue import opened
from tests.tui.test_window import row

SHANGHAI = ZoneInfo(ZONE)
ZH = Words("zh-Hans", SHANGHAI)
# Not A: a sign of ambiguous width takes two cells in many a Chinese terminal, and shifts all that follows it.
SURE = {"Na", "W", "F", "H", "N"}


def sure(text: str) -> bool:
    return all(unicodedata.east_asian_width(sign) in SURE for sign in text)


def hours(*due: int, late: int = 0) -> Hours:
    """The hours from ten on Monday, of which ten minutes are over."""
    starts = tuple(MONDAY + n * HOUR for n in range(len(due)))
    return Hours("all", MONDAY + 600_000, late, starts, due)


def told(lines: list[list[Piece]]) -> list[str]:
    return ["".join(text for text, _, _ in line) for line in lines]


# The hours that come


@given(
    st.lists(st.integers(0, MOST_COUNTED), min_size=24, max_size=24),
    st.integers(0, MOST_COUNTED),
    st.integers(80, 300),
    st.sampled_from(LANGUAGES),
)
def test_the_hours_fit_their_place_in_signs_of_sure_width(due: list[int], late: int, width: int, lang: str):
    lines = hour_lines(hours(*due, late=late), width, Words(lang, SHANGHAI))
    assert len(lines) == LINES == HEIGHT
    assert {cells.width(line) for line in told(lines)} <= set(range(width + 1))
    assert len({cells.width(line) for line in told(lines)}) == 1
    assert all(sure(line) for line in told(lines))
    bottom = [text.strip() for text, _, _ in lines[2] if text.strip().isdecimal()]
    assert bottom == [f"{(10 + n) % 24:02}" for n in range(24)]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_count_can_be_read_without_any_colour(width: int):
    due = (1, 0, 3, 12, *[0] * 20)
    above, bars, below = told(hour_lines(hours(*due, late=7), width, ZH))
    seen = {}
    for hour, n in zip(("10", "11", "12", "13"), due, strict=False):
        end = below.index(f"{hour} ") + 2  # cells, which are signs behind the words at the left
        shift = sum(cells.width(sign) - 1 for sign in below[:end])
        column = [
            line[: end + shift - sum(cells.width(sign) - 1 for sign in line[:end])] for line in (above, bars)
        ]
        seen[hour] = [text.rpartition(" ")[2] for text in column]
        assert str(n) in seen[hour] if n else seen[hour] == ["", "."]
    assert "!7" in bars and "已超时" in below


def test_an_hour_of_more_than_the_average_is_two_lines_high():
    lines = hour_lines(hours(2, 0, 5, 900), 120, ZH)
    bars = [[(text.strip(), patch) for text, _, patch in line if patch] for line in lines]
    assert bars == [[("900", True)], [("2", True), ("5", True), ("", True)], []]


@pytest.mark.parametrize(
    ("n", "room", "shown"),
    [(9, 2, "9"), (99, 2, "99"), (100, 2, "++"), (100, 3, "100"), (999, 3, "999"), (MOST_COUNTED, 3, "1k+"),
     (MOST_COUNTED, 2, "++")],
)  # fmt: skip
def test_a_count_that_has_no_room_says_that_there_are_more(n: int, room: int, shown: str):
    assert counted(n, room) == shown


# The strip of deadlines

NEAR = {"late": 0, "hour": 59 * 60_000, "soon": HOUR, "today": 4 * HOUR, "later": 15 * HOUR}


@pytest.mark.parametrize(("near", "away"), NEAR.items())
def test_how_near_a_deadline_is_has_a_sign_of_its_own(near: str, away: int):
    # Ten in the morning; fifteen hours on is tomorrow.
    assert heat(row(1, MONDAY + away), MONDAY, SHANGHAI) == near
    assert due_text(ZH, row(1, MONDAY + away), MONDAY)[:2] == f"{HEAT[near][0]} "
    assert heat(row(1, 1 << 62), MONDAY, SHANGHAI) == "later"


def test_today_ends_at_the_desks_midnight():
    assert midnight(MONDAY, SHANGHAI) == MONDAY + 14 * HOUR
    assert midnight(MONDAY, UTC) == MONDAY + 22 * HOUR
    for quarter in (-900_000, 0):
        at = MONDAY + 14 * HOUR + quarter
        assert midnight(at, SHANGHAI) - at <= 24 * HOUR


@pytest.mark.parametrize("name", ["dark", "mono", "ansi16"])
def test_the_strip_keeps_its_look_under_the_cursor_where_it_is_a_patch(name: str):
    palette, shape = theme.load(name, colourless=False).palette, columns(70, True)
    looks = {}
    for near, away in NEAR.items():
        due = due_text(ZH, row(1, MONDAY + away), MONDAY)
        on, off = (
            parts(row(1, MONDAY + away), shape, ZH, palette, "", due, near, ground)
            for ground in ("cursor", "ground")
        )
        assert "".join(text for text, _ in off) == "".join(text for text, _ in on)
        assert off[0][0] == HEAT[near][0] and cells.width(off[1][0]) == 11
        if near in ("late", "hour"):
            assert on[0][1] == off[0][1] and off[0][1].reverse
        looks[near] = off[0]
    assert len({text for text, _ in looks.values()}) == len(HEAT)
    assert sure("".join(sign for sign, _, _ in HEAT.values()))


def test_a_patch_is_seen_on_a_reversed_line_too():
    mono = theme.load("mono").palette
    assert mono.patch("late").reverse and not mono.patch("late", "cursor").reverse


# A parcel's way


def trail(*stops: str, findings: Iterable[str] = ()) -> Trail:
    """A parcel whose stations were an hour apart, the last one now an hour ago."""
    way = tuple(Stop(code, MONDAY - (len(stops) - n) * HOUR) for n, code in enumerate(stops))
    return Trail(
        "SF1", "顺丰", "out", "W1", "", (), MONDAY, stops[-1] if stops else "", 0, 0, tuple(findings), "", way
    )


def drawn(one: Trail, words: Words = ZH) -> str:
    return "".join(text for text, _ in way_line(words, one, MONDAY))


@pytest.mark.parametrize(
    ("stops", "findings", "shown"),
    [
        ((SENT,), (), "[已寄]--揽收--中转--派送--签收  1小时前更新"),
        (("collected", ROAD), (), "揽收==[中转]--派送--签收  1小时前更新"),
        (("collected", ROAD), ("stale",), "揽收==[中转?]--派送--签收  1小时前更新"),
        (("collected", "out_for_delivery", "signed"), (), "揽收==派送==[签收]  1小时前更新"),
        (("collected", "locker"), ("locker_without_consent",), "揽收==[!入柜]--签收  1小时前更新"),
        (("collected", "signed_by_other"), ("signed_by_other",), "揽收==[!代签]  1小时前更新"),
        (("collected", "lost"), ("lost",), "揽收==[!丢失]  1小时前更新"),
        (("collected", "damaged", ROAD), ("damaged",), "揽收==!破损==[中转]--派送--签收  1小时前更新"),
        (("out_for_delivery", "refused"), ("refused",), "派送==[!拒收]--已退回  1小时前更新"),
    ],
)
def test_a_way_tells_by_signs_what_was_reached_and_what_is_wrong(
    stops: tuple[str, ...], findings: tuple[str, ...], shown: str
):
    assert drawn(trail(*stops, findings=findings)) == shown


def test_a_parcel_that_nothing_is_known_of_has_no_way():
    assert way_line(ZH, trail(), MONDAY) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_station_is_worded_in_signs_of_sure_width(language: str):
    words = Words(language, SHANGHAI)
    for code in (SENT, ROAD, MORE, *(scan.value for scan in Scan if scan not in ON_THE_ROAD)):
        assert words.has(f"stop.{code}")
        assert sure(drawn(trail("collected", code, findings=("stale",)), words))


# Drawn as ROAD.
ON_THE_ROAD = {Scan.DEPARTED, Scan.ARRIVED, Scan.IN_TRANSIT, Scan.OTHER}


# On the screen


def seen(hands: Hands) -> Hours | None:
    assert isinstance(hands.screen, QueueScreen)
    return hands.screen.hours.hours


async def test_the_hours_follow_the_queue_and_give_way_on_a_small_screen(desk_file: DeskFile):
    opened(
        desk_file, Kind.COMPLAINT, hours=20
    )  # 24 hours to answer it: four are left, and it is in an hour of its own
    opened(desk_file, hours=0)
    async with console(desk_file) as hands:
        await hands.until(lambda: (found := seen(hands)) is not None and sum(found.due) == 1)
        await hands.sees("24 小时内到期", "共 1 件")
        await hands.keys("1")
        await hands.sees("共 0 件")
        desk_file.clock.forward(days=3)
        await hands.press("refresh")
        await hands.until(
            lambda: (found := seen(hands)) is not None and (found.queue, found.late) == ("returns", 1)
        )
        await hands.sees("!1", "已超时")
    async with console(desk_file, size=NARROW) as hands:
        await hands.sees("待受理")
        assert "已超时" not in hands.shown() and seen(hands) is None
        await hands.press("preview")
        await hands.sees("!2", "已超时")
