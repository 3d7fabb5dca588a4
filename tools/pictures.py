"""Pictures of the console for README and docs, made from a demonstration desk by pressing keys.

python tools/pictures.py [--png]      writes docs/pictures/*.svg (and PNGs beside them, to look at)
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs" / "pictures"
WIDE, NARROW = (120, 40), (80, 24)
# name: (language, theme, size, keys)
PICTURES: dict[str, tuple[str, str, tuple[int, int], tuple[str, ...]]] = {
    "queue": ("zh-Hans", "dark", WIDE, ("1", "j", "j")),
    "queue-small": ("zh-Hans", "dark", NARROW, ("1", "j")),
    "queue-light-en": ("en", "light", WIDE, ("1", "j", "j")),
    "queue-traditional": ("zh-Hant", "dark", WIDE, ("1", "j")),
    "case": ("zh-Hans", "dark", WIDE, ("1", "N")),
    "case-small": ("zh-Hans", "dark", NARROW, ("1", "N")),
    "verdict": ("zh-Hans", "dark", WIDE, ("1", "N", "i")),
    "verdict-small": ("zh-Hans", "dark", NARROW, ("1", "N", "i")),
    "policy": ("zh-Hans", "dark", WIDE, ("1", "N", "f2", "运", "费")),
    "canned": ("zh-Hans", "dark", WIDE, ("1", "N", "c")),
    "board": ("zh-Hans", "dark", WIDE, ("W",)),
    "help": ("zh-Hans", "dark", WIDE, ("question_mark",)),
    "theme-contrast": ("zh-Hans", "contrast", NARROW, ("1", "j")),
    "theme-contrast-light": ("zh-Hans", "contrast-light", NARROW, ("1", "j")),
    "theme-colour-blind": ("zh-Hans", "colour-blind", NARROW, ("1", "j")),
    "theme-ansi16": ("zh-Hans", "ansi16", NARROW, ("1", "j")),
    "theme-mono": ("zh-Hans", "mono", NARROW, ("1", "j")),
}


async def shoot(file: Path, name: str) -> Path:
    """Take one picture."""
    from csdesk.desk.config import Config
    from csdesk.tui.launch import _build
    from csdesk.tui.shot import drawing

    language, theme, size, keys = PICTURES[name]
    app = _build(Config(file=str(file), agent="me", language=language, theme=theme, worker=False))
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.8)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.6)
        drawn = drawing(app)
    await app.desk.close()
    target = DOCS / f"{name}.svg"
    target.write_text(drawn, encoding="utf-8")
    return target


def main() -> None:
    """Make the desk, take the pictures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--png", action="store_true")
    options.add_argument("names", nargs="*", default=list(PICTURES))
    args = options.parse_args()
    os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "demo.db"
        made = [sys.executable, "-m", "csdesk", "demo", "--cases", "2000", "--no-open", "--file", str(file)]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        os.environ["CSDESK_HOME"] = str(file.parent / f".{file.name}.home")
        for name in args.names:
            target = asyncio.run(shoot(file, name))
            if args.png:
                subprocess.run(
                    ["rsvg-convert", "-o", str(target.with_suffix(".png")), str(target)], check=True
                )
            print(target.relative_to(DOCS.parent.parent))


if __name__ == "__main__":
    main()
