"""The console of a practice desk: the verdict comes after one's own decision, and the corner says what it is."""

import pytest

from csdesk.domain.cases.goods import Reject
from csdesk.store.connection import write
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.override import OverrideScreen
from tests.building import DeskFile
from tests.tui.consoles import NARROW, WIDE, console
from tests.tui.test_case import open_case
from tests.tui.test_verdict import asked

HIDDEN, AGAINST, WITH = "练习：先自己判断", "你的决定与判定相反", "你的决定与判定一致"


def practising(file: DeskFile) -> None:
    """Make a practice desk of it, before anybody opens it."""
    store = file.store()
    with write(store.conn):
        store.conn.execute("UPDATE desk SET practice = 1")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_case_tells_the_verdict_only_after_it_was_decided(
    desk_file: DeskFile, size: tuple[int, int]
):
    practising(desk_file)
    wang, case = asked(desk_file, "intact=true")
    async with console(desk_file, size=size) as hands:
        await open_case(hands, case.id)
        await hands.sees("权益", HIDDEN)
        assert "支持" not in hands.shown()
        assert hands.screen.off("explain") is not None
        wang.do(Reject("not_intact", "P05"), case.id)
        await hands.sees(AGAINST, "支持")
        assert HIDDEN not in hands.shown()
        assert hands.screen.off("explain") is None


async def test_a_verb_against_the_verdict_is_not_stopped_to_ask_for_a_reason(desk_file: DeskFile):
    practising(desk_file)
    _, case = asked(desk_file, "intact=true")
    async with console(desk_file) as hands:
        await open_case(hands, case.id)
        await hands.sees(HIDDEN)
        hands.app.run_verb(case.id, case.version, "approve")
        await hands.at(VerbForm)
        await hands.press("send")
        await hands.sees(WITH)
        assert not any(isinstance(s, OverrideScreen) for s in hands.app.screen_stack)
