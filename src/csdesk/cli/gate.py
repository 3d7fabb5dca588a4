"""The last gate of the command line: what a command prints cannot act on the terminal that shows it."""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

# Most of what is printed: ASCII, Chinese and its signs. The gate itself takes 4 ms to get ready.
_HARMLESS = re.compile(
    "(?:[\n\t -~\u00a5\u00a7\u00b7\u00d7\u2013-\u201d\u2026\u3001-\u3029\u4e00-\u9fff\uff01-\uff5e]|\r\n)*"
).fullmatch


def gated(text: str) -> str:
    """`text` through the gate of the house; line ends and what prints anyway stay as they are."""
    if _HARMLESS(text):
        return text
    from csdesk.domain.text import clean_whole

    return "\r\n".join(clean_whole(part) for part in text.split("\r\n"))


class _Out:
    """A stream that writes through the gate; all else is the stream's own."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Write what the gate lets through; gives the length of what was meant."""
        self._out.write(gated(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Each through the gate."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)


@contextmanager
def guarded() -> Iterator[None]:
    """Within, what is printed goes through the gate; progress bars go to the error stream, which is left alone."""
    before = sys.stdout
    sys.stdout = gate = cast("TextIO", _Out(before))
    try:
        yield
    finally:
        if sys.stdout is gate:
            sys.stdout = before
