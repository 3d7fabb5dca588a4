"""`--help` from the pages that `make docs` keeps: making one anew imports every command there is (300 ms)."""

import shutil
from collections.abc import Sequence

from csdesk import resources

# Before the words of each page.
MARK = "\f"
# Terminals of so many columns and more get the same page; for a narrower one Typer breaks the lines anew.
WIDTH = 80


def page(words: Sequence[str]) -> str | None:
    """The page of the command with these words; None where Typer must make it, or say that there is no such command."""
    if shutil.get_terminal_size().columns < WIDTH:
        return None
    pages = resources.path("data/help.txt").read_text(encoding="utf-8")
    _, mark, found = pages.partition(f"{MARK}{' '.join(words)}\n")
    return found.partition(MARK)[0].removesuffix("\n") if mark else None
