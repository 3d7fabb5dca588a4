"""`csdesk work`: the worker that runs timers, sends what is due and follows other systems, until told to stop."""

import signal
import threading
from typing import TYPE_CHECKING

import typer

from csdesk.cli.carrying import carrier_pollers
from csdesk.cli.errors import words
from csdesk.cli.logs import log_lines
from csdesk.cli.options import FILE, LANGUAGE
from csdesk.cli.pulling import evidence_pollers, folder_pollers, order_pollers
from csdesk.cli.session import desk, settings
from csdesk.desk.config import Config
from csdesk.effects.anchoring import anchor_pollers
from csdesk.effects.routing import give_out, routing_pollers

if TYPE_CHECKING:
    from csdesk.effects.pollers import Poller


def work_(
    once: bool = typer.Option(False, help="Run what is due now, then stop."),
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Send held replies and refunds, run deadlines and wake-ups; one worker acts, others stand by."""
    from csdesk.effects.desk_worker import make_worker

    log_lines()
    config = settings(file, None, language).config
    told = words(config)
    with desk(config, system=True) as core:
        worker = make_worker(core, config)
        if once:
            ran = 0
            try:
                while found := worker.turn():
                    ran += found
            finally:
                worker.resign()
            ran += give_out(core, config)
            print(told("cli.worked", n=ran))
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        pollers = [] if core.store.desk.practice else _outside(config)
        pollers += routing_pollers(config)
        reading = None if core.store.desk.practice else _reading(config, stop)
        polling = _polling(config, pollers, stop)
        print(told("cli.working"), flush=True)
        try:
            worker.run(stop)
        finally:
            stop.set()
            for thread in (reading, *polling):
                if thread:
                    thread.join()


def _outside(config: Config) -> "list[Poller]":
    """What is followed of other systems; on a practice desk nothing is."""
    return [
        *order_pollers(config),
        *folder_pollers(config),
        *evidence_pollers(config),
        *carrier_pollers(config),
        *anchor_pollers(config),
    ]


def _reading(config: Config, stop: threading.Event) -> threading.Thread | None:
    """Read the mailboxes beside the worker, so that a slow server holds no deadline up; None without any."""
    if not config.mail_in:
        return None
    from csdesk.desk.entry import open_core
    from csdesk.effects.mail.post import inbox_of, run

    with desk(config, system=True) as core:  # what is wrong with a setting is said at once
        inbox_of(core, config)
    thread = threading.Thread(
        target=run, args=(config, lambda: open_core(config, system=True), stop), name="mail"
    )
    thread.start()
    return thread


def _polling(config: Config, pollers: "list[Poller]", stop: threading.Event) -> list[threading.Thread]:
    """Look at other systems beside the worker, each in a thread of its own."""
    if not pollers:
        return []
    from csdesk.desk.entry import open_core
    from csdesk.effects.pollers import run_pollers

    return run_pollers(config, lambda config: open_core(config, system=True), pollers, stop)
