"""The bottom line never lies: in every state of every kind it names what the case offers, and its keys begin that."""

import os

import pytest

from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.kinds import MACHINES
from csdesk.tui import keymap
from csdesk.tui.actions import ACTS, label
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.widgets.bars import Hints
from tests.building import DeskFile
from tests.tui.consoles import Hands, console
from tests.tui.test_case import open_case
from tests.tui.test_queue import listed, opened, queue
from tests.tui.test_walk import at_once_done, by_itself, fresh, look
from tests.tui.walks import Walk, walks
from tests.unit.domain.cases.play import SYSTEM

# With CSDESK_SOAK each key is pressed in each state; in CI once in each phase of each kind, the states of one phase
# being seen by the same screens. Read before each test loses its environment.
IN_EVERY_STATE = "CSDESK_SOAK" in os.environ
# Works the same whatever the state of the case; pressed once for each kind.
ALIKE = {"policy", "status", "next", "case_next", "park", "help", "back"}
# Wide enough for the whole line.
ROOM = (240, 50)


def named(hands: Hands) -> dict[str, str]:
    """The actions that the bottom line names, with the key that it shows for each."""
    (bar,) = hands.screen.query(Hints)
    parts = [text for text, _ in bar.parts()][1:]
    found = dict(zip((told.strip() for told in parts[1::2]), parts[::2], strict=True))
    place, words = hands.screen.context, hands.app.words
    return {
        action: found[told]
        for action in hands.screen.footer_actions()
        if (told := label(words, action, place)) in found
    }


async def begins(hands: Hands, core: Core, case: Case, action: str, key: str) -> None:
    """Press a key of the bottom line, and wait for what it begins; a refusal is a lie."""
    app, front = hands.app, hands.app.screen
    before = (app.focused, getattr(front, "case_id", ""), core.load(case.id)[0].version)
    app.said = ("", "info")
    stood, name = hands.shown(), keymap.parse(key)
    assert name is not None
    await hands.keys(name)
    await hands.until(
        lambda: (
            app.said[0] != ""
            or app.screen is not front
            or hands.shown() != stood
            or before != (app.focused, getattr(app.screen, "case_id", ""), core.load(case.id)[0].version)
        )
    )
    # That there is no further case is an answer, as at the end of a list.
    if app.said[0] in (app.words("case.last"), app.words("status.no_next")):
        return
    assert app.said[1] not in ("warn", "bad"), f"{case.kind} {case.state}: {action} by {key}: {app.said[0]}"


def replayed(file: DeskFile, kind: Kind, walk: Walk, upto: int) -> Case:
    """A fresh case that has gone the first steps of a walk, without keys."""
    zhao, system = file.core("zhao"), file.core("system")
    case = fresh(file, zhao, kind, walk)
    for step in walk.steps[:upto]:
        file.clock.forward(ms=step.later)
        case = by_itself(system, case, step) if step.who is SYSTEM else at_once_done(zhao, case, step.command)
    return case


async def stands(hands: Hands, case: Case) -> None:
    """Open a case and wait until all of it is read."""
    screen = await open_case(hands, case.id)
    await look(hands, case)
    await hands.until(lambda: screen.owed is not None)


def truly(hands: Hands, shown: dict[str, str]) -> None:
    """What is named can be done, by the case's own offers and not only by what the screen says of itself."""
    screen = hands.screen
    assert isinstance(screen, CaseScreen) and screen.view is not None
    on = {offer.verb for offer in screen.view.offers if offer.off is None}
    verbs = {ACTS.get(action, action) for action in shown}
    assert {verb.removeprefix("verb.") for verb in verbs if verb.startswith("verb.")} <= on


def worth(kind: Kind, state: str, action: str, pressed: set[tuple[str, str]]) -> bool:
    """Whether to press a key in a state, where it was pressed already; what is pressed is noted."""
    # Undo is about the last thing this agent did anywhere, which here is how the case got so far.
    if action == "undo":
        return False
    place = "" if action in ALIKE else state if IN_EVERY_STATE else MACHINES[kind].state(state).phase
    if (action, place) in pressed:
        return False
    pressed.add((action, place))
    return True


@pytest.mark.parametrize("kind", MACHINES)
async def test_each_key_of_the_bottom_line_begins_what_it_says_in_every_state(
    desk_file: DeskFile, kind: Kind
):
    zhao, states, pressed = desk_file.core("zhao"), set[str](), set[tuple[str, str]]()
    opened(desk_file, title="另一张")  # so that there is a next one
    async with console(desk_file, "zhao", ROOM) as hands:
        for walk in walks(kind):
            for upto, state in enumerate(walk.states):
                if state in states:
                    continue
                states.add(state)
                case = replayed(desk_file, kind, walk, upto)
                await stands(hands, case)
                shown = named(hands)
                assert "help" in shown and "status" in shown
                truly(hands, shown)
                for action, key in shown.items():
                    if not worth(kind, state, action, pressed):
                        continue
                    if zhao.load(case.id)[0].version != case.version:  # a verb did what it says
                        await hands.home()
                        case = replayed(desk_file, kind, walk, upto)
                    if not isinstance(hands.app.screen, CaseScreen) or hands.app.screen.case_id != case.id:
                        await hands.home()
                        await stands(hands, case)
                    await begins(hands, zhao, case, action, key)
                    await hands.home()
    assert states == {state.name for state in MACHINES[kind].states}


async def test_the_bottom_line_of_the_queue_names_what_works_there(desk_file: DeskFile):
    case = opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file, size=ROOM) as hands:
        await listed(hands, case)
        await hands.until(lambda: queue(hands).preview.view is not None)
        shown = named(hands)
        assert {"open", "next", "reply", "status", "find", "help", "verb.take"} <= set(shown)
        assert not {"undo", "unpark"} & set(shown)  # nothing was done, nothing is put aside
        for action, key in shown.items():
            await begins(hands, wang, case, action, key)
            await hands.home()
            await hands.at(QueueScreen)


async def test_what_was_done_and_put_aside_can_be_taken_back(desk_file: DeskFile):
    case = opened(desk_file)
    wang = desk_file.core("wang")
    async with console(desk_file, size=ROOM) as hands:
        await listed(hands, case)
        await hands.press("verb.take")
        await hands.until(lambda: "undo" in named(hands))
        await begins(hands, wang, case, "undo", named(hands)["undo"])
        await hands.until(lambda: "undo" not in named(hands))
        await hands.press("park")
        await hands.until(lambda: hands.app.leasing.parked == [case.id])
        await hands.home()
        await hands.at(QueueScreen)
        await begins(hands, wang, case, "unpark", named(hands)["unpark"])


async def test_an_empty_queue_names_nothing_that_needs_a_case(desk_file: DeskFile):
    async with console(desk_file, size=ROOM) as hands:
        await hands.sees("这个队列里没有工单")
        assert not {"open", "reply", "status", "resolve", "park", "verb.take"} & set(named(hands))
