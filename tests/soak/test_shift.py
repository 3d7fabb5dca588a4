"""A shift of 24 hours at one console: what it holds after the first rounds is what it holds in the end."""

import os

from tests.building import DeskFile, desk_file
from tests.soak.shift import Census, Shift, census
from tests.tui.consoles import Hands, console

__all__ = ["desk_file"]

# `make soak` plays the whole shift, with rounds enough to fill every cache before; the suite plays a sample of it.
SOAK = max(1, int(os.environ.get("CSDESK_SOAK", "1")))
WARM, ROUNDS = (1, 2) if SOAK == 1 else (25, 4 * SOAK)
GROWTH = 1.05
LOOKS = 20


def more(after: Census, before: Census) -> dict[str, int]:
    """Of what there is more than before, and how many more."""
    return {name: n - before.counted[name] for name, n in after.counted.items() if n > before.counted[name]}


async def again(hands: Hands, before: Census) -> Census:
    """Count once more: until what the last key began has ended, a task or a timer may be left of it."""
    after = census(hands)
    for _ in range(LOOKS):
        if not more(after, before):
            break
        await hands.pilot.pause(0.1)
        after = census(hands)
    return after


async def test_a_shift_of_a_day_leaves_nothing_behind(desk_file: DeskFile):
    async with console(desk_file, "zhao") as hands:
        shift = Shift(desk_file, hands, WARM + ROUNDS)
        await shift.play(WARM)
        before = census(hands)
        await shift.play(ROUNDS)
        after = await again(hands, before)
        grown = after.more_than(before)
        print(
            f"\n{ROUNDS} rounds: {before.kib} to {after.kib} KiB, {before.total} to {after.total} objects: {grown}"
        )
        assert not more(after, before), grown
        if SOAK > 1:
            assert after.ours <= before.ours * GROWTH, grown
            assert after.total <= before.total * GROWTH, grown
            assert after.kib <= before.kib * GROWTH, grown
