"""What signing in to servers gave this login: a token for each, in a file that nobody else may read."""

import os
import tempfile
from pathlib import Path

import msgspec

from csdesk.store.connection import translated
from csdesk.store.errors import StoreError
from csdesk.store.home import config_dir


class Credential(msgspec.Struct, frozen=True):
    """The token for a server, whose it is, and until when (UTC ms) it opens."""

    token: str
    agent: str
    expires: int

    def __repr__(self) -> str:
        return f"Credential({self.agent!r})"


def credentials_file() -> Path:
    """Where they are kept."""
    return config_dir() / "credentials.json"


def _kept() -> dict[str, Credential]:
    path = credentials_file()
    with translated(path):
        try:
            if path.stat().st_mode & 0o077:
                raise StoreError("credentials_open", path=str(path))
            return msgspec.json.decode(path.read_bytes(), type=dict[str, Credential])
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError:
            raise StoreError("credentials_unreadable", path=str(path)) from None


def _keep(kept: dict[str, Credential]) -> None:
    """Write the file whole or not at all; it is never anybody else's to read, not for a moment."""
    path = credentials_file()
    with translated(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".credentials-")  # made with mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(kept))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def token_for(server: str) -> str:
    """The token for a server, as `server_of` writes it; "" when nobody signed in there. StoreError."""
    found = _kept().get(server)
    return found.token if found is not None else ""


def keep(server: str, credential: Credential) -> None:
    """Keep what a sign-in gave, in place of the one before. StoreError."""
    _keep({**_kept(), server: credential})


def forget(server: str) -> None:
    """Forget it. StoreError."""
    kept = _kept()
    if kept.pop(server, None) is not None:
        _keep(kept)
