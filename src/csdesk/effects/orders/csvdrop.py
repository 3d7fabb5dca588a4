"""A folder that an order system drops files into: whole ones are handed on, one that is still being written is left.

A file is whole when `<name>.done` lies beside it, or when it has not changed for `settle_seconds`. It then goes to
`taken/`, and to `refused/` with a reason when nothing in it could be read. Killed between keeping and moving, the next
look keeps the same file again, which changes nothing.
"""

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from csdesk.desk.config import ConfigError
from csdesk.domain.value import dataclass

TAKEN, REFUSED = "taken", "refused"
ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".gz")
DONE = ".done"


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a look at the folder came to; `left`: still being written; `refused`: file and reason."""

    taken: tuple[Path, ...]
    refused: tuple[tuple[Path, str], ...]
    left: int


def take(
    folder: Path, settle_seconds: float, keep: Callable[[Path], str], *, now: Callable[[], float] = time.time
) -> Dropped:
    """Hand every whole file to `keep`, the oldest first; it tells why a file is refused, "" for one that it took.

    A clock that is behind the file's (a share of another host) leaves the file, as one that is just being written.
    ConfigError for a folder that cannot be read.
    """
    taken: list[Path] = []
    refused: list[tuple[Path, str]] = []
    left = 0
    for path, told in _files(folder):
        if not _marked(path) and now() - told.st_mtime < settle_seconds:
            left += 1
            continue
        why = keep(path)
        after = _told(path)
        if after is None:
            continue  # another process has taken it meanwhile
        if (after.st_size, after.st_mtime_ns) != (told.st_size, told.st_mtime_ns):
            left += 1  # somebody wrote on while it was read: the rest comes with the next look
            continue
        (refused.append((path, why)) if why else taken.append(path))
        _aside(path, why)
    return Dropped(tuple(taken), tuple(refused), left)


def _files(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """Regular files that may hold orders, the oldest first; no link is followed, no hidden name looked at."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as exc:
        raise ConfigError("config_orders", path=folder, reason=exc.strerror or type(exc).__name__) from None
    found = []
    for name in names:
        if name.startswith(".") or not name.lower().endswith(ENDINGS):
            continue
        told = _told(folder / name)
        if told is not None and stat.S_ISREG(told.st_mode):
            found.append((folder / name, told))
    return sorted(found, key=lambda one: (one[1].st_mtime_ns, one[0].name))


def _told(path: Path) -> os.stat_result | None:
    try:
        return path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _marked(path: Path) -> bool:
    return path.with_name(path.name + DONE).exists()


def _aside(path: Path, why: str) -> None:
    """Move a file where it belongs; a refused one gets its reason beside it."""
    to = path.parent / (REFUSED if why else TAKEN)
    to.mkdir(mode=0o700, exist_ok=True)
    place, count = to / path.name, 1
    while place.exists():
        count += 1
        place = to / f"{path.stem}.{count}{path.suffix}"
    if why:
        place.with_name(place.name + ".reason").write_text(why + "\n", encoding="utf-8")
    with suppress(
        FileNotFoundError
    ):  # another process has moved it; what it holds was kept once all the same
        path.rename(place)
    path.with_name(path.name + DONE).unlink(missing_ok=True)
