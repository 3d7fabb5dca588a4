"""Where the shipped `data/` and `themes/` lie, inside the wheel or beside `src/` in a checkout, and what TOML says."""

from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent.parent


def path(name: str) -> Path:
    """The file or folder `name` (`data/…` or `themes/…`); FileNotFoundError when this install lacks it."""
    for root in (_PACKAGE, _CHECKOUT):
        found = root / name
        if found.exists():
            return found
    raise FileNotFoundError(f"csdesk was installed without {name}; install the wheel or run from a checkout")


def toml(where: Path, text: str) -> dict[str, Any]:
    """What a TOML file with this text says. tomllib.TOMLDecodeError, a ValueError, when it cannot be read.

    Shipped keymaps and themes were read when csdesk was made: tomllib and two files cost a starting console 5 ms. One
    that has been changed since is read anew.
    """
    said = _read_ahead(where, text)
    if said is not None:
        return said
    import tomllib

    return tomllib.loads(text)


def _read_ahead(where: Path, text: str) -> dict[str, Any] | None:
    wanted = f"{where.parent.name}/{where.name}"
    try:
        made = path("data/read-ahead.txt").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    line = next((line for line in made.splitlines() if line.startswith(f"{wanted}\t")), None)
    if line is None:
        return None
    import json
    import zlib

    try:
        _, crc, said = line.split("\t", 2)
        found: dict[str, Any] | None = json.loads(said) if int(crc) == zlib.crc32(text.encode()) else None
    except ValueError:
        return None  # damaged: the file itself is read
    return found
