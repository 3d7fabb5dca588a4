"""What has left the screen is let go of: fields with what was typed, questions that nobody answers any more."""

from textual.geometry import Region
from textual.widgets import TextArea

from csdesk.tui.columns import next_change
from csdesk.tui.screens.case import LONGEST_WAIT_SECONDS
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.queue import QueueScreen
from csdesk.tui.widgets.fields import LineField
from tests.building import DeskFile
from tests.tui.consoles import console
from tests.tui.test_case import open_case
from tests.tui.test_compose import write_reply
from tests.tui.test_queue import opened


async def test_a_field_that_was_left_is_told_of_nothing_any_more(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        for _ in range(2):
            await write_reply(hands, case, "a")
            await hands.app.home()
            await hands.at(QueueScreen)
        watching = getattr(hands.app, "__watchers", {})
        assert [one for entries in watching.values() for one, _ in entries if isinstance(one, TextArea)] == []


async def test_a_field_that_was_taken_away_can_be_painted_until_the_next_layout(desk_file: DeskFile):
    case = opened(desk_file)
    async with console(desk_file) as hands:
        field = (await write_reply(hands, case, "a")).field
        searched = LineField("a")
        await hands.screen.mount(searched)
        for gone in (field, searched):
            await gone.remove()
            (strip,) = gone.render_lines(Region(0, 0, 10, 1))
            assert strip.text == " " * 10


async def test_a_case_that_was_left_is_held_by_its_stopped_timer_for_a_minute_at_most(desk_file: DeskFile):
    """asyncio keeps a stopped timer, and with it the screen that set it, until it would have rung."""
    case = opened(desk_file)
    desk_file.clock.forward(seconds=60)  # the deadline reads the same for most of an hour
    async with console(desk_file) as hands:
        screen = await open_case(hands, case.id)
        assert screen._clock is not None
        assert 0 < screen._clock._interval <= LONGEST_WAIT_SECONDS <= 60
        assert min(next_change(clock.due, hands.app.now()) for clock in case.clocks) > 60 * 1000


async def test_a_question_that_is_left_for_home_is_withdrawn_and_nothing_of_it_is_done(desk_file: DeskFile):
    async with console(desk_file) as hands:
        app, went_on = hands.app, []

        async def ask() -> None:
            went_on.append(await app.push_screen_wait(ConfirmScreen("?")))

        app.call(ask())
        await hands.at(ConfirmScreen)
        assert not app.idle
        await app.home()
        await hands.at(QueueScreen)
        await hands.until(lambda: app.idle)
        assert went_on == []
