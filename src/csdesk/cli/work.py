"""`csdesk work`: the worker that runs timers and sends what is due, until it is told to stop."""

import signal
import threading

import typer

from csdesk.cli.errors import words
from csdesk.cli.session import FILE, LANGUAGE, desk, settings
from csdesk.desk.config import Config


def work_(
    once: bool = typer.Option(False, help="Run what is due now, then stop."),
    file: str | None = FILE,
    language: str | None = LANGUAGE,
) -> None:
    """Send held replies and refunds, run deadlines and wake-ups; one worker acts, others stand by."""
    from csdesk.effects.desk_worker import make_worker

    config = settings(file, None, language).config
    told = words(config)
    with desk(config, system=True) as core:
        worker = make_worker(core, config)
        if once:
            ran = 0
            while found := worker.turn():
                ran += found
            print(told("cli.worked", n=ran))
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        reading = _reading(config, stop)
        print(told("cli.working"), flush=True)
        try:
            worker.run(stop)
        finally:
            stop.set()
            if reading:
                reading.join()


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
