"""Systems that are asked again and again beside the worker: each in a thread of its own, so none holds a deadline up.

A system that does not answer is asked less and less often, down to once a quarter of an hour; one that answers again
is asked as before. What nobody foresaw in one poller is logged and tried again, and stops neither it nor the others.
"""

import logging
import random
import threading
from collections.abc import Callable, Sequence

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.core import Core
from csdesk.domain.value import dataclass
from csdesk.store.connection import translated
from csdesk.store.errors import StoreError

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 900.0


class NoAnswer(Exception):
    """Raised by a poller's `run` when the other side did not answer, or with what is no answer; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Poller:
    """Looks once at a system outside: `run` keeps what it tells, or raises NoAnswer; a pause of `every_s` follows.

    `run` gets a Core of the actor `system` that belongs to its thread alone. `name` is for the log.
    """

    name: str
    every_s: float
    run: Callable[[Core], None]


def run_pollers(
    config: Config,
    open_core: Callable[[Config], Core],
    pollers: Sequence[Poller],
    stop: threading.Event,
) -> list[threading.Thread]:
    """Start a thread for each poller; they end soon after `stop` is set. Settings are checked by the caller before."""
    threads = [
        threading.Thread(target=_poll, args=(config, open_core, poller, stop), name=poller.name)
        for poller in pollers
    ]
    for thread in threads:
        thread.start()
    return threads


def pause_s(every_s: float, faults: int, chance: Callable[[], float] = random.random) -> float:
    """How long until the next look: twice as long with each fault in a row, less up to a quarter by chance."""
    if not faults:
        return every_s
    longest = max(every_s, LONGEST_PAUSE_S)
    pause = min(every_s * 2.0 ** min(faults, 20), longest)
    return pause - pause * chance() / 4


def _poll(config: Config, open_core: Callable[[Config], Core], poller: Poller, stop: threading.Event) -> None:
    core: Core | None = None
    faults = 0
    try:
        while not stop.is_set():
            why = ""
            try:
                core = core or open_core(config)
                with translated(core.store.conn.path):
                    poller.run(core)
            except (NoAnswer, StoreError, ConfigError) as exc:
                why = exc.code
            except Exception as exc:  # noqa: BLE001 - the others go on; its words may be a customer's, its place is not
                why = f"{type(exc).__name__} at {_place(exc)}"
            faults = faults + 1 if why else 0
            if why:
                log.warning("%s: no answer (%s), fault %d in a row", poller.name, why, faults)
            stop.wait(pause_s(poller.every_s, faults))
    finally:
        if core is not None:
            core.store.close()


def _place(exc: BaseException) -> str:
    """Where it was raised: module and line."""
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "–"
