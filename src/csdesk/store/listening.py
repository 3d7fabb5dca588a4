"""Hints that a desk on PostgreSQL has changed: one listener for a whole process, however many watch.

A hint may be missing (a cluster without LISTEN, a writer that died after its commit) or come for nothing: whoever waits
looks at `data_version` when one comes, and every half second without.
"""

from collections.abc import Callable

import psycopg
from psycopg import sql

from csdesk.store.dsn import Dsn
from csdesk.store.postgres import CHANNEL, connected, translate


class Listener:
    """A connection of its own that hears; for one thread."""

    def __init__(self, dsn: Dsn) -> None:
        """StoreError as `PgConnection`; `too_slow` never: it only waits."""
        self._dsn = dsn
        try:
            self._raw = connected(dsn, application_name="csdesk listen")
            self._raw.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        except psycopg.Error as exc:
            raise translate(exc, dsn) from None

    def heard(self, wait_s: float, told: Callable[[str], object]) -> None:
        """Wait up to so long; `told` gets the id of each desk that a hint came for. StoreError `lost`."""
        try:
            for hint in self._raw.notifies(timeout=wait_s, stop_after=1):
                told(hint.payload)
        except psycopg.Error as exc:
            raise translate(exc, self._dsn) from None

    def close(self) -> None:
        """Give the connection back."""
        self._raw.close()
