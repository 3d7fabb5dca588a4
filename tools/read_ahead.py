"""Writes data/read-ahead.txt: what shipped keymaps and themes say, so that a console reads no TOML before it paints."""

import json
import tomllib
import zlib
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILE = ROOT / "data" / "read-ahead.txt"
FOLDERS = ("data/keymaps", "themes")


def _text() -> str:
    lines = []
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        said = json.dumps(tomllib.loads(text), ensure_ascii=False, separators=(",", ":"))
        lines.append(f"{path.parent.name}/{path.name}\t{zlib.crc32(text.encode())}\t{said}\n")
    return "".join(lines)


def stale() -> bool:
    """Whether the file says something else than the keymaps and themes."""
    return not FILE.exists() or FILE.read_text(encoding="utf-8") != _text()


def write() -> None:
    """Make the file."""
    FILE.write_text(_text(), encoding="utf-8")
