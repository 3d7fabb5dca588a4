"""Systems asked again and again: what they tell is kept, what they do wrong costs nobody else anything."""

import logging
import threading
from pathlib import Path

import pytest

from csdesk.desk.config import Config
from csdesk.desk.core import Core
from csdesk.effects.pollers import LONGEST_PAUSE_S, NoAnswer, Poller, pause_s, run_pollers
from tests.building import DeskFile


@pytest.mark.parametrize(
    ("every", "faults", "chance", "pause"),
    [
        (300, 0, 0.0, 300),
        (300, 1, 0.0, 600),
        (300, 2, 0.0, LONGEST_PAUSE_S),
        (300, 500, 0.0, LONGEST_PAUSE_S),
        (300, 500, 1.0, LONGEST_PAUSE_S * 0.75),
        (3600, 9, 0.0, 3600),
    ],
)
def test_who_does_not_answer_is_asked_less_often(every: int, faults: int, chance: float, pause: float):
    assert pause_s(every, faults, lambda: chance) == pause


def test_one_that_hangs_and_one_that_breaks_do_not_stop_another(
    desk_file: DeskFile, caplog: pytest.LogCaptureFixture
):
    stop, hangs, third = threading.Event(), threading.Event(), threading.Event()
    looks: list[str] = []

    def hang(core: Core) -> None:
        hangs.wait(60)

    def broken(core: Core) -> None:
        raise ValueError("13812345678 stands in this error")

    def away(core: Core) -> None:
        raise NoAnswer("timeout")

    def works(core: Core) -> None:
        looks.append(core.me.id)
        if len(looks) == 3:
            third.set()

    pollers = [
        Poller("hangs", 0.001, hang),
        Poller("broken", 0.001, broken),
        Poller("away", 0.001, away),
        Poller("works", 0.001, works),
    ]
    with caplog.at_level(logging.WARNING):
        threads = run_pollers(Config(), lambda config: _system(desk_file.path), pollers, stop)
        assert third.wait(60)
        stop.set()
        hangs.set()
        for thread in threads:
            thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert looks[:3] == ["system"] * 3
    assert "away: no answer (timeout), fault 1 in a row" in caplog.text
    assert "broken: no answer (ValueError at " in caplog.text
    assert "13812345678" not in caplog.text


def _system(path: Path) -> Core:
    from csdesk.domain.cases.context import Actor
    from csdesk.domain.roles import Role
    from csdesk.store.file import open_store

    return Core(open_store(path), Actor("system", Role.SYSTEM))
