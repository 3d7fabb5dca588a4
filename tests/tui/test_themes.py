"""Themes: every one complete, legible by WCAG's arithmetic, apart without colours, and changed while one works."""

import os
import tomllib
from datetime import UTC
from pathlib import Path

import pytest

from csdesk import resources
from csdesk.desk.config import ConfigError
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.tui import theme
from csdesk.tui.columns import due_text
from csdesk.tui.screens.wearing import ThemeScreen
from csdesk.tui.widgets.bars import SIGNS
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, WIDE, console
from tests.tui.test_window import row

SHIPPED = sorted(path.stem for path in resources.path("themes").glob("*.toml"))
COLOURED = [name for name in SHIPPED if name not in ("ansi16", "mono")]
TEXTS = ("text", "strong", "quiet", "accent", "late", "soon", "good", "bad", "mark")
# What each simulated eye keeps of linear RGB (Machado, Oliveira, Fernandes 2009, severity 1.0).
EYES = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def colours(name: str) -> dict[str, str]:
    """The colours as the file has them, not as the program reads them."""
    found = tomllib.loads(resources.path(f"themes/{name}.toml").read_text(encoding="utf-8"))
    return dict(found["colours"])


def linear(colour: str) -> tuple[float, float, float]:
    """sRGB to linear light, each part 0 to 1 (IEC 61966-2-1)."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    of = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return of[0], of[1], of[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    lights = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (linear(one), linear(other))
    )
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def lab(light: tuple[float, ...]) -> tuple[float, float, float]:
    """Linear RGB to CIELAB under D65."""
    red, green, blue = light
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    f, g, h = (max(part, 0) ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * g - 16, 500 * (f - g), 200 * (g - h)


def apart(one: str, other: str, eye: str) -> float:
    """How far two colours are apart to an eye, as CIE76 counts it: 2 is just seen, 20 is never mistaken."""
    seen = []
    for colour in (one, other):
        light = linear(colour)
        seen.append(lab(tuple(sum(row[n] * light[n] for n in range(3)) for row in EYES[eye])))
    return float(sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_theme_defines_every_role_and_nothing_else(name: str):
    assert sorted(colours(name)) == sorted(theme.ROLES)
    assert theme.load(name).name == name
    assert theme.load(name).path is None


@pytest.mark.parametrize("name", COLOURED)
def test_texts_are_legible_on_every_ground(name: str):
    least = 7.0 if name.startswith("contrast") else 4.5
    of = colours(name)
    found = {(text, ground): contrast(of[text], of[ground]) for text in TEXTS for ground in theme.GROUNDS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < least} == {}


@pytest.mark.parametrize("name", COLOURED)
def test_what_is_off_can_still_be_read(name: str):
    least = 4.5 if name.startswith("contrast") else 3.0
    of = colours(name)
    assert [ground for ground in theme.GROUNDS if contrast(of["faint"], of[ground]) < least] == []


@pytest.mark.parametrize("eye", EYES)
def test_the_colour_blind_theme_keeps_its_meanings_apart(eye: str):
    of = colours("colour-blind")
    meanings = ("late", "soon", "good", "text")
    pairs = [(one, other) for n, one in enumerate(meanings) for other in meanings[n + 1 :]]
    assert {pair for pair in pairs if apart(of[pair[0]], of[pair[1]], eye) < 20} == set()


def test_the_ordinary_theme_does_not_pass_for_colour_blind():
    of = colours("dark")
    assert min(apart(of["late"], of[other], "deuteranopia") for other in ("soon", "good", "text")) < 20


def test_sixteen_colours_are_asked_for_by_name_only():
    assert set(colours("ansi16").values()) <= theme.ANSI
    palette = theme.load("ansi16").palette
    for meaning in theme.ROLES:
        colour = palette.style(meaning).color
        assert colour is None or (colour.number is not None and colour.number < 16)
    assert palette.style("text").bgcolor is None


def test_late_soon_good_and_bad_are_told_apart_without_any_colour():
    words = Words("zh-Hans", UTC)
    now = 1_000_000_000_000
    dues = {"late": now - 60_000, "soon": now + 3_600_000, "far": now + 10**9}
    signs = {name: due_text(words, row(1, due), now)[:2] for name, due in dues.items()}
    assert signs == {"late": "! ", "soon": "~ ", "far": "  "}
    assert len({SIGNS[kind] for kind in ("good", "bad", "info", "wait")}) == 4
    mono = theme.load("mono").palette
    assert len({mono.style(meaning) for meaning in ("late", "soon", "good")}) == 3


def test_mono_has_no_colour_at_all_and_reverses_the_line_one_stands_on():
    palette = theme.load("mono").palette
    for meaning in TEXTS:
        for ground in theme.GROUNDS:
            style = palette.style(meaning, ground, bold=True)
            assert (style.color, style.bgcolor) == (None, None)
            assert bool(style.reverse) == (ground == "cursor")


@pytest.mark.parametrize("name", SHIPPED)
def test_no_color_takes_the_colours_from_every_theme(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "1")
    style = theme.load(name).palette.style("late")
    assert (style.color, style.bgcolor, style.bold) == (None, None, True)


def test_an_empty_no_color_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "")
    assert theme.load("dark").palette.style("late").color is not None


@pytest.mark.parametrize(
    ("text", "code", "line_number", "named"),
    [
        ("dark = [", "theme_broken", 1, None),
        ('dark = "yes"\n[colours]', "theme_value", 1, "dark"),
        ('like = "dark"\n\nsize = 3', "theme_unknown_key", 3, "size"),
        ('like = "pink"', "theme_value", 1, "like"),
        ('dark = true\n[colours]\nground = "#000000"', "theme_missing", 2, "raised"),
        ('like = "dark"\n[colours]\ntext = "rot"', "theme_colour", 3, "text"),
        ('like = "dark"\n[colours]\ntext = 3', "theme_colour", 3, "text"),
        ('like = "dark"\n[colours]\nblue = "#000000"', "theme_unknown_key", 3, "blue"),
        ('like = "dark"\n[attributes]\nlate = "blink"', "theme_value", 3, "late"),
        ('like = "dark"\ncolours = "#000000"', "theme_value", 2, "colours"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_key(
    tmp_path: Path, text: str, code: str, line_number: int, named: str | None
):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        theme.load(str(path))
    detail = caught.value.detail
    assert (caught.value.code, detail["where"], detail.get("name")) == (code, f"{path}:{line_number}", named)
    for language in ("zh-Hans", "en"):
        told = Words(language, UTC).error(code, detail, "")
        assert f"{path}:{line_number}" in told
        assert "…" not in told


def test_a_theme_of_ones_own_is_found_by_name_and_takes_the_rest_from_another(home: Path):
    folder = theme.own_folder()
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(
        'like = "light"\n[colours]\nlate = "#aa0000"\n[attributes]\nlate = "bold"'
    )
    look = theme.load("mine")
    assert (look.palette.late, look.palette.ground) == ("#aa0000", colours("light")["ground"])
    assert look.palette.style("late").bold
    assert not look.theme.dark
    assert look.path == folder / "mine.toml"
    assert "mine" in theme.names()
    for bad in ("../mine", ".mine", ""):
        with pytest.raises(ConfigError):
            theme.load(bad)


def opened(desk_file: DeskFile) -> None:
    order = desk_file.order(line(1, 19_900), customer=desk_file.customer())
    desk_file.core("li").do(Open(Kind.RETURN, order, (LineQty(1, 1),), summary="坏了"))


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_every_theme_paints_the_queue_and_a_case(desk_file: DeskFile, size: tuple[int, int]):
    opened(desk_file)
    async with console(desk_file, size=size) as hands:
        await hands.sees("蓝牙耳机")
        for place in ("queue", "case"):
            if place == "case":
                await hands.press("open")
                await hands.sees("坏了")
            for name in SHIPPED:
                hands.app.appearance.wear(name)
                await hands.sees(f"已换成配色 {name}")
                wanted = hands.app.palette.style("text")
                strips = [
                    strip for strip in hands.app.screen._compositor.render_strips() if strip.text.strip()
                ]
                grounds = {segment.style.bgcolor for strip in strips for segment in strip if segment.style}
                assert wanted.bgcolor in grounds
                assert hands.screen.context == place


async def test_a_theme_is_chosen_from_a_list_and_by_a_command(desk_file: DeskFile):
    opened(desk_file)
    async with console(desk_file) as hands:
        await hands.sees("退货")
        hands.app.action_theme()
        await hands.at(ThemeScreen)
        await hands.sees("深色", "高对比", "当前")
        await hands.keys(str(SHIPPED.index("light") + 1))
        await hands.until(lambda: hands.app.look.name == "light")
        await hands.sees("config.toml")
        await hands.press("command")
        await hands.write("theme ansi16")
        await hands.keys("enter")
        await hands.until(lambda: hands.app.look.name == "ansi16")
        await hands.press("command")
        await hands.write("theme pink")
        await hands.keys("enter")
        await hands.sees("没有主题“pink”")
        assert hands.app.look.name == "ansi16"


async def test_a_changed_theme_file_is_put_on_and_a_spoilt_one_is_not(desk_file: DeskFile, tmp_path: Path):
    opened(desk_file)
    path = tmp_path / "mine.toml"
    path.write_text('like = "dark"\n[colours]\nground = "#000001"')
    async with console(desk_file) as hands:
        app = hands.app
        app.appearance.wear(str(path))
        await hands.until(lambda: app.palette.ground == "#000001")
        path.write_text('like = "dark"\n[colours]\nground = "#0000022"')
        app.appearance.look()
        await hands.sees("配色没有变", "mine.toml:3", "颜色 ground")
        assert app.palette.ground == "#000001"
        path.write_text('like = "dark"\n[colours]\nground = "#000002"')
        os.utime(path, ns=(1, 1))
        app.appearance.look()
        await hands.until(lambda: app.palette.ground == "#000002")
        path.unlink()
        app.appearance.look()
        assert app.palette.ground == "#000002"


async def test_nothing_ticks_for_a_shipped_theme(desk_file: DeskFile):
    async with console(desk_file) as hands:
        hands.app.appearance.wear("light")
        assert hands.app.appearance._timer is None
