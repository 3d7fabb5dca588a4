"""Hostile texts through every screen of one console: each cell harmless, nothing live, the letters there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual import events

from csdesk.desk.broadcast_queries import Broadcast
from csdesk.desk.macro_queries import SaveMacro, Step
from csdesk.desk.queries import Entry, ShowCase
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.conversation import Hear
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.shared import Note
from csdesk.tui import doors
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.find import FindScreen
from csdesk.tui.screens.help import HelpScreen
from csdesk.tui.screens.palette import PaletteScreen
from csdesk.tui.screens.scene import Scene
from csdesk.tui.screens.talk import talk
from csdesk.tui.widgets.bars import StatusLine
from tests.building import DeskFile, line
from tests.hostile import ACTING, CATEGORIES, HOSTILE, readable
from tests.tui.consoles import Hands, console
from tests.tui.poisoned import Poisoned
from tests.tui.test_compose import stock

# What a person can paste into a field.
PASTED = tuple(text for text in HOSTILE if len(text) < 3_000)


def harmless(hands: Hands) -> None:
    """Every cell of the screen in front: no sign that acts or hides, no link, no line longer than the screen."""
    app = hands.app
    for strip in app.screen._compositor.render_strips():
        assert strip.cell_length == app.size.width
        for text, style, control in strip:
            assert not control
            found = ACTING.search(text) or ("\t" in text and "tab")
            assert not found, f"{found} in {text!r} on {type(app.screen).__name__}"
            assert style is None or style.link is None
            assert style is None or not any(name.startswith("@") for name in style.meta)


async def at_rest(hands: Hands) -> None:
    """Wait for the desk's answers, then look at all that is shown."""
    await hands.settle()
    await hands.until(lambda: hands.app.idle)
    await hands.settle()
    harmless(hands)


async def shown(hands: Hands, screen: Any, *, down: int = 1, typed: tuple[str, ...] = ()) -> None:
    """Bring a screen in front, move in it, type into its field, and leave it."""
    app = hands.app
    depth = len(app.screen_stack)
    app.push_screen(screen)
    await at_rest(hands)
    for _ in range(down):
        await hands.keys("pagedown")
        await at_rest(hands)
    for text in typed:
        (app.screen.focused or app.screen).post_message(events.Paste(text))
        await at_rest(hands)
    while len(app.screen_stack) > depth:
        app.pop_screen()
    await hands.settle()


@pytest.fixture
def case(desk_file: DeskFile) -> Case:
    """A return with goods on their way, words, money and a deadline, beside two others, an incident and a broadcast."""
    stock(desk_file.store())
    wang, zhao = desk_file.core("wang"), desk_file.core("zhao")
    customer = desk_file.customer("欧阳明")
    for n in range(3):
        number = desk_file.order(line(2, 19_900), line(1, 9_900, "TEE", "T恤"), customer=customer)
        made = wang.do(Open(Kind.RETURN, number, (LineQty(1, 2),), summary=f"第{n}个")).case
    wang.do(Hear("还没收到。", "chat"), made.id)
    wang.do(Note("看过了。"), made.id)
    zhao.ask(Broadcast("今晚停运", 30))
    wang.ask(SaveMacro("一", (Step("note", {"text": "好"}),)))
    return made


def pages(view: Any) -> list[Callable[[], Any]]:
    """The screens that open on a case, and those that need none."""
    case = view.case.id
    return [
        lambda: CaseScreen(case), lambda: CaseScreen(case, then="reply"), lambda: doors.verdict(case),
        lambda: doors.rulings(case), lambda: doors.links(view), lambda: doors.looks(case), doors.awaiting,
        doors.dead, doors.board, doors.runs, doors.news, doors.handover, doors.skip, doors.orders,
        *(lambda side=side: doors.detail(case, side) for side in ("clocks", "ledger", "parcels")),
        lambda: doors.files(view),
        *(lambda offer=offer: doors.form(view, offer.verb) for offer in view.offers if offer.off is None),
    ]  # fmt: skip


async def test_no_screen_lets_anything_act_whatever_the_desk_says(desk_file: DeskFile, case: Case):
    async with console(desk_file, "zhao", around=Poisoned) as hands:
        desk: Any = hands.app.desk
        await at_rest(hands)
        for _ in range(6):
            await hands.screen.press("refresh")
            await at_rest(hands)
            await hands.keys("down")
        view = await desk.ask(ShowCase(case.id))
        for page in pages(view):
            await shown(hands, page())
        some = PASTED[:: len(PASTED) // 12]
        queue = hands.screen
        for field in (
            lambda: doors.policy(case.id), lambda: doors.canned(case.id), doors.orders, FindScreen,
            lambda: PaletteScreen(queue), lambda: HelpScreen(queue),
        ):  # fmt: skip
            await shown(hands, field(), typed=some)
        (bar,) = hands.screen.query(StatusLine)
        for text in HOSTILE:
            hands.app.said = (text, "bad")
            strip = bar.render_line(0)
            told = "".join(segment.text for segment in strip)
            assert not ACTING.search(told) and "\u200d " not in told
            assert strip.cell_length == hands.app.size.width
            assert readable(text)[:20] in told.replace(" ", "") or len(text) > 60
        assert desk.dealt == set(HOSTILE)


@pytest.mark.parametrize("width", [48, 100])
async def test_the_words_of_every_text_stand_in_the_timeline(desk_file: DeskFile, case: Case, width: int):
    async with console(desk_file, "wang") as hands:
        view = await hands.app.desk.ask(ShowCase(case.id))
        for kind, texts in CATEGORIES.items():
            entries = [
                Entry(n, desk_file.clock.now, "wang", "note", "noted", {}, f"始{n}、{text}、{n}终")
                for n, text in enumerate(texts, 1)
                if len(text) < 3_000
            ]
            scene = Scene(
                replace(view, timeline=tuple(entries), reads=True),
                hands.app.words,
                desk_file.clock.now,
                "wang",
                str,
                str,
            )
            lines = ["".join(text for text, _ in parts).strip() for parts in talk(scene, width)]
            assert not any(ACTING.search(told) for told in lines), kind
            whole = "".join(lines).replace(" ", "")
            for n, entry in enumerate(entries):
                assert f"始{entry.seq}、" in whole, (kind, n)
                assert readable(texts[entry.seq - 1]) in whole, (kind, n)
