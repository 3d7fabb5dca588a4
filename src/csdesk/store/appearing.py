"""Files for people that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from csdesk.store.connection import translated
from csdesk.store.errors import StoreError


@contextmanager
def appearing(to: Path) -> Iterator[BinaryIO]:
    """A file of its owner's alone that gets its name when all went well; one that is there stays (`already_exists`)."""
    with translated(to):
        if os.path.lexists(to):
            raise StoreError("already_exists", path=str(to))
        beside = to.with_name(f".{os.urandom(8).hex()}.part")
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(handle, "w+b") as out:
                yield out
                out.flush()
                os.fsync(handle)
            os.link(beside, to)  # unlike a rename, fails when the name was taken meanwhile
        finally:
            beside.unlink(missing_ok=True)
