"""The desks of a server: a desk that is not here is looked for once in a while, and what is known of it is bounded."""

import asyncio

import pytest

from csdesk.desk.core import Core
from csdesk.desk.entry import SYSTEM
from csdesk.server import hall as halls
from csdesk.server.hall import Hall
from csdesk.server.problems import Problem
from csdesk.store.errors import StoreError
from csdesk.store.file import open_store
from tests.building import DeskFile, desk_file

__all__ = ["desk_file"]


class Place:
    """Desks by their names, and how often each was looked for."""

    def __init__(self, file: DeskFile) -> None:
        self._file = file
        self.here = {""}
        self.tried: list[str] = []

    def core(self, desk: str) -> Core:
        self.tried.append(desk)
        if desk not in self.here:
            raise StoreError("no_such_desk", desk=desk, path="", known="?")
        return Core(open_store(self._file.path), SYSTEM, now=self._file.clock)


async def turned_away(hall: Hall, desk: str) -> None:
    with pytest.raises(Problem) as no:
        await hall.room(desk)
    assert (no.value.status, no.value.code) == (401, "not_signed_in")


async def test_a_desk_that_is_not_here_costs_one_opening_however_often_and_at_once_it_is_asked_for(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    place = Place(desk_file)
    hall = Hall(place.core)
    await hall.open()
    await asyncio.gather(*(turned_away(hall, "nowhere") for _ in range(20)))
    assert place.tried.count("nowhere") == 1
    # A desk that is made meanwhile is there when that has been forgotten.
    place.here.add("nowhere")
    await turned_away(hall, "nowhere")
    monkeypatch.setattr(hall, "_nowhere", dict.fromkeys(hall._nowhere, 0.0))
    assert await hall.room("nowhere") is await hall.room("nowhere")
    await hall.close()


async def test_names_that_somebody_makes_up_without_end_fill_nothing(
    desk_file: DeskFile, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(halls, "MOST_NOWHERE", 3)
    place = Place(desk_file)
    hall = Hall(place.core)
    await hall.open()
    for n in range(7):
        await turned_away(hall, f"made-up-{n}")
    assert len(hall._nowhere) == 3 and len(hall.rooms()) == 1
    await turned_away(hall, "made-up-6")
    await turned_away(hall, "made-up-0")
    assert (place.tried.count("made-up-6"), place.tried.count("made-up-0")) == (1, 2)
    await hall.close()
