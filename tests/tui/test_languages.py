"""The three languages: changed while one works, on every main screen, with every word from the catalogue."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import catalogues
from csdesk.desk.words import LANGUAGES, Words
from csdesk.domain.cases.case import Kind, LineQty
from csdesk.domain.cases.opening import Open
from csdesk.tui.screens.wearing import NAMES, LanguageScreen
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, WIDE, Hands, console

TUI = Path(__file__).parent.parent.parent / "src" / "csdesk" / "tui"
# Names of things are as their owners write them: the shop of the test desk.
SHOP = "山海数码"
CHINESE = re.compile("[\u4e00-\u9fff]")
# From the queue to each main screen, and how to leave it again.
PLACES: tuple[tuple[str, ...], ...] = (
    (), ("board",), ("help",), ("palette",), ("find",), ("orders",), ("runs",),
    ("open",), ("open", "explain"), ("open", "policy"), ("open", "status"), ("open", "clocks"), ("open", "ledger"),
    ("open", "links"), ("open", "reply"), ("open", "reply", "canned"),
)  # fmt: skip


def message_ids() -> frozenset[str]:
    """Every id in the catalogues that no ordinary text looks like."""
    ids = (entry.id for entry in catalogues.read(catalogues.LOCALE / "en.po") if entry.id)
    return frozenset(key for id_ in ids if "." in (key := id_ if isinstance(id_, str) else id_[0]))


def opened(desk_file: DeskFile) -> None:
    """A case whose own texts are Latin, so that any Chinese beside English words is ours."""
    order = desk_file.order(line(1, 19_900, title="Headphones"), customer=desk_file.customer("Smith"))
    desk_file.core("li").do(Open(Kind.RETURN, order, (LineQty(1, 1),), summary="it is broken"))


@pytest.fixture
def unworded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids that were asked for and that the catalogue of the language does not have."""
    missing: list[str] = []
    worded = Words.__call__

    def watched(self: Words, key: str, /, **values: object) -> str:
        if not self.has(key):
            missing.append(f"{self.language} {key}")
        return worded(self, key, **values)

    monkeypatch.setattr(Words, "__call__", watched)
    return missing


async def walked(hands: Hands, place: tuple[str, ...]) -> str:
    """Go to a place by its actions and back to the queue; what it showed."""
    for action in place:
        await hands.until(lambda: hands.screen.settled)
        await hands.until(lambda action=action: hands.screen.off(action) is None)  # type: ignore[misc]
        hands.app.call_later(hands.screen.press, action)
        await hands.pilot.pause(0.05)
        await hands.until(lambda: hands.app.idle)
    await hands.until(lambda: hands.screen.settled and hands.app.idle)
    shown = hands.shown()
    await hands.app.home()
    await hands.pilot.pause()
    return shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_every_main_screen_is_worded_in_every_language(
    desk_file: DeskFile, unworded: list[str], language: str, size: tuple[int, int]
):
    opened(desk_file)
    ids = message_ids()
    async with console(desk_file, "zhao", size=size) as hands:
        await hands.sees("Headphones")
        hands.app.appearance.speak(language)
        raw: list[tuple[tuple[str, ...], str]] = []
        for place in PLACES:
            shown = await walked(hands, place)
            raw += [(place, told) for told in re.findall(r"[a-z_]+(?:\.[a-z_0-9-]+)+", shown) if told in ids]
        assert raw == []
        assert unworded == []


async def test_english_screens_have_no_chinese_of_ours(desk_file: DeskFile):
    opened(desk_file)
    async with console(desk_file, "zhao") as hands:
        await hands.sees("Headphones")
        hands.app.appearance.speak("en")
        for place in (
            (),
            ("open",),
            ("help",),
            ("palette",),
            ("board",),
            ("open", "status"),
            ("open", "clocks"),
        ):
            shown = await walked(hands, place)
            assert [told for told in shown.splitlines() if CHINESE.search(told.replace(SHOP, ""))] == [], (
                place
            )


async def test_a_language_changes_on_the_spot_in_front_and_behind(desk_file: DeskFile):
    opened(desk_file)
    async with console(desk_file) as hands:
        await hands.sees("领下一张", "退货", "Headphones")
        await hands.press("open")
        await hands.sees("诉求", "时限", "it is broken")
        hands.app.action_language()
        await hands.at(LanguageScreen)
        await hands.sees(*NAMES.values())
        await hands.keys("3")
        await hands.sees("Clocks", "it is broken", "English from now on", "config.toml")
        await hands.until(lambda: not CHINESE.search(hands.shown().replace(SHOP, "")))
        await hands.press("back")
        await hands.sees("next case", "Headphones")
        await hands.until(lambda: not CHINESE.search(hands.shown().replace(SHOP, "")))
        await hands.press("command")
        await hands.write("language zh-Hant")
        await hands.keys("enter")
        await hands.sees("退貨", "已換成繁體中文")
        await hands.press("command")
        await hands.write("language fr")
        await hands.keys("enter")
        await hands.sees("fr", "zh-Hans, zh-Hant, en")
        assert hands.app.words.language == "zh-Hant"


def told_in_code(path: Path) -> Iterator[str]:
    """The Chinese texts that a module holds itself, its docstrings apart; signs between words are no texts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value):
            yield f"{path.name}:{node.lineno} {node.value}"


def test_no_text_of_the_console_stands_outside_the_catalogue():
    # The names of the languages are the same in all of them; the sign of a width; what people type (第 … 条, 年, 元).
    allowed = {*NAMES.values(), "中文", "第", "条", "元"}
    found = [told for path in TUI.rglob("*.py") for told in told_in_code(path)]
    texts = [
        told for told in found if told.split(" ", 1)[1] not in allowed and not re.search(r"[\[(?]", told)
    ]
    assert texts == []
