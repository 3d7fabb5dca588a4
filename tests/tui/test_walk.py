"""Every state of every kind is reached and left in the console with keys alone; what only the desk does, it does."""

from dataclasses import fields, replace

import pytest

from csdesk.desk.core import Core
from csdesk.desk.registry import shown
from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.command import VERBS, Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.incident import JoinIncident
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.cases.opening import Open
from csdesk.tui.screens.case import CaseScreen
from csdesk.tui.screens.entry import FieldRow
from csdesk.tui.screens.form import VerbForm
from csdesk.tui.screens.override import OverrideScreen
from csdesk.tui.screens.status import StatusMenu
from csdesk.tui.verbs import at_once
from csdesk.tui.widgets.choice import Choice
from csdesk.tui.widgets.fields import LineField, TextField
from csdesk.tui.widgets.grid import UnitGrid
from tests.building import DeskFile, line
from tests.tui.consoles import NARROW, Hands, console
from tests.tui.test_case import open_case
from tests.tui.walks import Walk, by_the_desk, unleft, unreached, walks
from tests.unit.domain.cases.play import SYSTEM
from tests.unit.domain.cases.ways import Step

# What a second person, the provider or a timer does: nobody has a verb for it.
BY_THE_DESK = {"auto_closed", "refunded"}
LEFT_BY_THE_PROVIDER = {"refunding"}


@pytest.mark.parametrize("kind", MACHINES)
def test_the_walks_enter_every_state_and_leave_each_in_which_there_is_something_to_do(kind: Kind):
    assert unreached(kind) == set()
    assert unleft(kind) <= LEFT_BY_THE_PROVIDER
    assert by_the_desk(kind) <= BY_THE_DESK


@pytest.mark.parametrize("kind", MACHINES)
async def test_every_state_is_reached_and_left_with_keys(desk_file: DeskFile, kind: Kind):
    zhao, system = desk_file.core("zhao"), desk_file.core("system")
    seen, pressed = set(), set()
    async with console(desk_file, "zhao", NARROW) as hands:
        for walk in walks(kind):
            case = fresh(desk_file, zhao, kind, walk)
            seen.add(case.state)
            for n, (step, state) in enumerate(zip(walk.steps, walk.states[1:], strict=True), 1):
                desk_file.clock.forward(ms=step.later)
                if step.who is SYSTEM:
                    case = by_itself(system, case, step)
                elif (walk.status, walk.steps[:n]) in pressed:  # by keys on a walk before
                    case = at_once_done(zhao, case, step.command)
                else:
                    await open_case(hands, case.id)
                    await look(hands, case)
                    await carry_out(hands, zhao, case, step.command)
                    case = await came(hands, zhao, case)
                    pressed.add((walk.status, walk.steps[:n]))
                assert case.state == state, f"{step.command} led to {case.state}"
                seen.add(case.state)
            await hands.home()
    assert seen == {state.name for state in MACHINES[kind].states}


def at_once_done(core: Core, case: Case, command: Command) -> Case:
    """What was pressed before, without the keys; against the verdict with a reason."""
    try:
        return core.do(command, case.id).case
    except Refused as refused:
        assert refused.code == "against_verdict"
        return core.do(replace(command, override="because"), case.id).case  # type: ignore[call-arg]


def fresh(file: DeskFile, core: Core, kind: Kind, walk: Walk) -> Case:
    """A new case on an order of its own, as the walk begins it; an incident is of no order, and has a member."""
    if kind is Kind.INCIDENT:
        incident = core.do(Open(kind, reason="other")).case
        member = core.do(Open(Kind.INQUIRY, file.order())).case
        core.do(JoinIncident(incident.id), member.id)
        return incident
    if kind is Kind.PRIVACY_REQUEST:  # of somebody without an order: nothing of theirs is kept by law
        return core.do(Open(kind, reason="other")).case
    number = file.order(line(2, 39_800, "SKU-1", "商品1"), status=walk.status)
    return core.do(Open(kind, number, (LineQty(1, 2),), "other")).case


def by_itself(core: Core, case: Case, step: Step) -> Case:
    """What the desk does: its ids are those of this case, and its clocks run by the desk's own calendar."""
    command = step.command
    refund = next((one for one in reversed(case.refunds) if one.pending), None)
    if "id" in {f.name for f in fields(command)} and refund is not None:
        command = type(command)(id=refund.id, state="confirmed")  # type: ignore[call-arg]
    elif command.verb.name == "breach":
        due = next(clock for clock in case.clocks if clock.label == command.clock)  # type: ignore[attr-defined]
        command = type(command)(due.label, due.due)  # type: ignore[call-arg]
    return core.do(command, case.id).case


async def came(hands: Hands, core: Core, before: Case) -> Case:
    """The case after a verb, once it was carried out."""
    await hands.until(lambda: core.load(before.id)[0].version > before.version)
    case = core.load(before.id)[0]
    if case.open:
        await look(hands, case)
    else:  # a final verb goes on to the next case, or back to the queue
        await hands.home()
    return case


async def look(hands: Hands, case: Case) -> None:
    """Wait until the screen shows the case as it is now."""
    if not isinstance(hands.app.screen, CaseScreen):
        await hands.until(lambda: isinstance(hands.app.screen, CaseScreen))
    screen = hands.app.screen
    assert isinstance(screen, CaseScreen)
    # What was sent is kept before the field that it was typed into is left.
    await hands.until(lambda: not hands.screen.typing)
    if screen.view is None or screen.view.case.version != case.version:
        await hands.press("refresh")
    await hands.until(
        lambda: (
            screen.view is not None
            and screen.view.case.version == case.version
            and screen.painted(case.id) < float("inf")
        )
    )


async def carry_out(hands: Hands, core: Core, case: Case, command: Command) -> None:
    """Use a verb with what the command says: through the reply field, or by the status menu and its form."""
    name = command.verb.name
    if name == "reply":
        await hands.press("reply")
        await hands.until(lambda: hands.screen.typing)
        await hands.write("hello")
        await hands.press("send")
        return
    await pick(hands, name)
    if not at_once(name):
        await hands.at(VerbForm)
        form = hands.screen
        assert isinstance(form, VerbForm)
        await hands.until(lambda: form.focused is not None and form.told.painted_at < float("inf"))
        await fill(hands, form, command)
        await hands.press("send")
    await hands.until(
        lambda: isinstance(hands.app.screen, OverrideScreen) or core.load(case.id)[0].version > case.version
    )
    if isinstance(hands.app.screen, OverrideScreen):
        await hands.until(lambda: hands.screen.typing)
        await hands.write("because")
        await hands.press("send")


async def pick(hands: Hands, verb: str) -> None:
    """Pick a verb in the status menu: by its number, or by its name where it has none."""
    await hands.press("status")
    await hands.at(StatusMenu)
    menu = hands.screen
    assert isinstance(menu, StatusMenu)
    await hands.until(lambda: bool(menu.picks.picks))
    on = [one.id for one in menu.picks.picks if one.id and not one.off]
    assert verb in on, f"{verb} is off: {[one.off for one in menu.picks.picks if one.id == verb]}"
    if (at := on.index(verb)) < 9:
        await hands.keys(str(at + 1))
    else:
        await hands.press("filter")
        await hands.write(hands.app.words.code("verb", verb))
        await hands.until(lambda: menu.picks.picked is not None and menu.picks.picked.id == verb)
        await hands.keys("enter")


async def fill(hands: Hands, form: VerbForm, command: Command) -> None:
    """Enter what the command says where the form does not already say it."""
    for name, row in form.rows.items():
        wanted = shown(getattr(command, name))
        if wanted and wanted != row.text and row.display:
            while form.focused is not row.editor:
                await hands.press("field_next")
            await enter(hands, row, wanted)
            assert row.text == wanted, (
                f"{VERBS[command.verb.name].verb.name}.{name}: {row.text!r}, not {wanted!r}"
            )


async def enter(hands: Hands, row: FieldRow, wanted: str) -> None:
    """Type a value into the field that has the keys."""
    editor = row.editor
    if isinstance(editor, LineField | TextField):
        if row.text:
            await hands.keys(
                "ctrl+u" if isinstance(editor, LineField) else "end", *["backspace"] * len(row.text)
            )
        await hands.write(wanted)
    elif isinstance(editor, Choice):
        place = [option.value for option in editor.options].index(wanted)
        # Standing on it is not to have chosen it.
        around = ["down", "up"] if place == 0 else ["up", "down"]
        moved = ["down"] * (place - editor.cursor) + ["up"] * (editor.cursor - place)
        await hands.keys(*(moved or around))
    elif isinstance(editor, UnitGrid):
        counts = {part.partition("x")[0]: part.partition("x")[2] for part in wanted.split(",")}
        for at, unit in enumerate(editor.rows):
            qty, _, code = counts.get(str(unit.line), "0").partition(":")
            assert editor.row == at
            for column in editor.columns:
                await hands.keys(qty if column.code == code else "0", "right")
            if at + 1 < len(editor.rows):
                await hands.keys("down")
