"""The contract of `Desk`, run in every place: what a console may rely on wherever its desk is kept."""

from collections.abc import AsyncIterator
from itertools import count

import pytest

from csdesk.desk.desk import Desk
from tests.building import MONDAY, Clock, DeskFile, desk_file
from tests.contract.places import PLACES, Place

__all__ = ["desk_file"]


class Ticking(Clock):
    """A millisecond later each time it is asked, from whichever thread: what came first can be told."""

    def __init__(self) -> None:
        super().__init__()
        self._ticks = count(MONDAY)

    def __call__(self) -> int:
        return next(self._ticks)


@pytest.fixture(params=PLACES)
async def place(request: pytest.FixtureRequest, desk_file: DeskFile) -> AsyncIterator[Place]:
    """A new, empty desk in one of the places."""
    desk_file.clock = Ticking()
    made = PLACES[request.param](desk_file)
    yield made
    await made.close()


@pytest.fixture
async def wang(place: Place) -> Desk:
    """The console of an agent."""
    return await place.desk("wang")


@pytest.fixture
async def li(place: Place) -> Desk:
    """The console of another agent."""
    return await place.desk("li")
