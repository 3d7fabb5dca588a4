"""Where a PostgreSQL desk is: its address as libpq reads it, and as it may be shown (without the password)."""

import os
import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from csdesk.domain.value import dataclass
from csdesk.store.errors import StoreError

_SCHEME = re.compile(r"postgres(?:ql)?://")
# Words of an address that hold a secret: libpq's `password` and `sslpassword`, and whatever looks like one.
_SECRET = re.compile(r"passw|secret|token", re.IGNORECASE)
HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Dsn:
    """The address of a database, `postgresql://user@host/name?option=value`; what it leaves out, libpq finds.

    A password is better kept in ~/.pgpass, PGPASSWORD or a service file. `str()` and `repr()` never show one.
    """

    text: str

    @property
    def shown(self) -> str:
        """The address with `***` for each secret."""
        try:
            parts = urlsplit(self.text)
            netloc = parts.netloc
            if "@" in netloc:
                user, _, hosts = netloc.rpartition("@")
                name, colon, _ = user.partition(":")
                netloc = f"{name}{colon and ':' + HIDDEN}@{hosts}"
            told = [
                (key, HIDDEN if _SECRET.search(key) else value)
                for key, value in parse_qsl(parts.query, keep_blank_values=True)
            ]
            query = urlencode(told, safe="/*", quote_via=quote)
            return f"{parts.scheme}://{netloc}{parts.path}{query and f'?{query}'}"
        except ValueError:
            return f"postgresql://{HIDDEN}"

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return f"Dsn({self.shown!r})"

    def washed(self, said: str) -> str:
        """What a driver or server said, without the address and without any secret of it."""
        said = said.replace(self.text, self.shown)
        for secret in self._secrets():
            said = said.replace(secret, HIDDEN)
        return said

    def _secrets(self) -> list[str]:
        found = [os.environ.get("PGPASSWORD", "")]
        try:
            parts = urlsplit(self.text)
            found += [parts.password or ""]
            found += [value for key, value in parse_qsl(parts.query) if _SECRET.search(key)]
        except ValueError:
            return []
        return [secret for secret in found if len(secret) > 2]


def dsn_of(said: str) -> Dsn | None:
    """The address that a setting holds; None when it is the name of a file."""
    return Dsn(said) if _SCHEME.match(said) else None


def need_driver(dsn: Dsn) -> None:
    """StoreError `no_driver` where psycopg, a part of the extra `server`, is not installed."""
    from importlib.util import find_spec

    if find_spec("psycopg") is None:
        raise StoreError("no_driver", path=dsn.shown)
