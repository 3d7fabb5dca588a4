"""The worker beside a server: it stands by, and the lease in the desk makes it exactly one among many servers."""

import logging
import threading

import msgspec

from csdesk.desk.config import Config, ConfigError
from csdesk.desk.entry import open_core
from csdesk.effects.desk_worker import make_worker
from csdesk.store.errors import StoreError

log = logging.getLogger("csdesk.server")

# How often it looks whether anything is due.
POLL_S = 1.0
# After a fault it comes again when others had time to take over, and the file or database to come back.
AGAIN_S = 10.0


class Standby:
    """Runs timers and sending of the configured desk, in a thread with its own connection, while nobody else does."""

    def __init__(self, config: Config, again_s: float = AGAIN_S) -> None:
        self._config = config
        self._again_s = again_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker")

    def start(self) -> None:
        """Begin to stand by."""
        self._thread.start()

    def stop(self) -> None:
        """End what was begun, and let another be the worker at once; blocks until then."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._work()
            except (StoreError, ConfigError) as exc:
                self._tell(exc, exc.code)
            except Exception as exc:  # noqa: BLE001 - a fault of ours must not end the server agents work through
                self._tell(exc, "")
            self._stop.wait(self._again_s)

    def _work(self) -> None:
        core = open_core(self._config, system=True)
        try:
            make_worker(core, self._config).run(self._stop, POLL_S)
        finally:
            core.store.close()

    @staticmethod
    def _tell(exc: Exception, code: str) -> None:
        """By its kind and place alone: the words of an error could name a customer."""
        place = exc.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_globals.get('__name__')}:{place.tb_lineno}" if place else ""
        told = {"event": "worker_broke", "kind": type(exc).__name__, "code": code, "place": where}
        log.error("%s", msgspec.json.encode(told).decode())
