"""httpx without its command line, which takes click, Pygments and Rich along: 35 ms and 3.4 MB of each console."""

from csdesk.lean import load_without

load_without("httpx._main", load="httpx")

import httpx  # noqa: E402 - the same module, for type checkers

__all__ = ["httpx"]
