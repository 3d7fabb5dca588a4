"""A progress bar for a person at a terminal; silent where nobody looks."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Ten times a second is as often as an eye follows; each update is some 40 bytes on the line.
EVERY_S = 0.1
WIDTH = 30


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A function (done, total) that draws on standard error while the block runs; total 0 counts up only."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    last = 0.0

    def step(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < EVERY_S and done != total:
            return
        last = now
        if total:
            full = WIDTH * min(done, total) // total
            drawn = f"[{'#' * full}{'.' * (WIDTH - full)}] {100 * min(done, total) // total:3d}%"
        else:
            drawn = f"{done:,}"
        sys.stderr.write(f"\r{label} {drawn}\x1b[K")
        sys.stderr.flush()

    try:
        yield step
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
