"""The contract of `Desk`, run in every place: what a console may rely on wherever its desk is kept."""

from collections.abc import AsyncIterator
from itertools import count

import pytest

from csdesk.desk.desk import Desk
from tests.building import MONDAY, Clock, DeskFile, desk_file, on_postgres
from tests.contract.places import PLACES, Place
from tests.tenancy import strays

__all__ = ["desk_file"]


class Ticking(Clock):
    """A millisecond later each time it is asked, from whichever thread: what came first can be told."""

    def __init__(self) -> None:
        super().__init__()
        self._ticks = count(MONDAY)

    def __call__(self) -> int:
        return next(self._ticks)


@pytest.fixture(params=PLACES)
async def place(
    request: pytest.FixtureRequest, desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """A new, empty desk in one of the places."""
    desk_file.clock = Ticking()
    crossing: list[str] = []
    if request.param.endswith("postgres"):
        on_postgres(desk_file, request.getfixturevalue("postgres_desks"))
        from csdesk.store.postgres import PgConnection

        monkeypatch.setattr(
            PgConnection, "heard", lambda said: crossing.append(said) if strays(said) else None
        )
    made = PLACES[request.param](desk_file)
    yield made
    await made.close()
    assert crossing == [], "a statement that reads or writes across desks"


@pytest.fixture
async def wang(place: Place) -> Desk:
    """The console of an agent."""
    return await place.desk("wang")


@pytest.fixture
async def li(place: Place) -> Desk:
    """The console of another agent."""
    return await place.desk("li")
