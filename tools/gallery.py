"""Four screens in two sizes, three languages and two themes, for docs/gallery.md.

python tools/gallery.py [--png FOLDER] [NAMES]      writes docs/pictures/gallery/*.svg and docs/gallery.md
"""

import argparse
import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from itertools import product
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
FOLDER = DOCS / "pictures" / "gallery"
SIZES = {"120x40": (120, 40), "80x24": (80, 24)}
LANGUAGES = {"zh-Hans": "简体", "zh-Hant": "繁體", "en": "English"}
THEMES = {"dark": "dark", "light": "light"}
# A return that a person would call simple: it does not fit, and nobody has looked at it yet.
SIMPLE = """
    SELECT id, body FROM cases WHERE kind = 'return' AND state = 'submitted' AND reason = 'size_unfit' ORDER BY due
"""
# screen: (title, keys); all but the queue begin on the simple return
SCREENS: dict[str, tuple[str, tuple[str, ...]]] = {
    "queue": ("The queue: nearest deadline first, and the case under the cursor", ("1", "j", "j")),
    "case": ("A case with what the law says on it", ()),
    "reply": ("A canned reply with the article that it cites", ("r", "f4", "t", "h", "y", "f")),
    "policy": ("The policy look-up: what the desk's articles say of freight", ("f2", "运", "费")),
}


def names() -> list[str]:
    """All pictures, each by screen, language, theme and size."""
    return ["-".join(one) for one in product(SCREENS, LANGUAGES, THEMES, SIZES)]


def simple(file: Path) -> tuple[str, str]:
    """The id and the number of the case."""
    from csdesk.domain.ids import number

    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as conn:
        id_, body = conn.execute(SIMPLE).fetchone()
    return id_, number("RT", body)


async def shoot(file: Path, name: str) -> Path:
    """Take one picture."""
    from csdesk.desk.config import Config
    from csdesk.tui.launch import _build
    from drawn import HEIGHT, WIDTH, Sheet, of_app, page

    screen, *language, theme, size = name.split("-")
    columns, lines = SIZES[size]
    config = Config(file=str(file), agent="me", language="-".join(language), theme=theme, worker=False)
    app = _build(config)
    async with app.run_test(size=(columns, lines)) as pilot:
        await pilot.pause(0.8)
        if screen != "queue":
            app.open_case(simple(file)[0])
            await pilot.pause(1.0)
        for key in SCREENS[screen][1]:
            await pilot.press(key)
            await pilot.pause(0.3)
        await pilot.pause(0.8)
        grid = of_app(app)
        await app.leasing.let_go()
    await app.desk.close()
    sheet = Sheet()
    frame = sheet.frame(grid)
    target = FOLDER / f"{name}.svg"
    target.write_text(page(sheet, frame, columns * WIDTH, lines * HEIGHT), encoding="utf-8")
    return target


def written() -> str:
    """docs/gallery.md."""
    lines = [
        "# Every screen in its sizes, languages and themes",
        "",
        "Made by `python tools/gallery.py` on a demonstration desk. 120×40 first, 80×24 under it.",
    ]
    for screen, (title, _) in SCREENS.items():
        lines += ["", f"## {title}"]
        for theme in THEMES:
            lines += ["", f"| {' | '.join(LANGUAGES.values())} |", f"|{'---|' * len(LANGUAGES)}"]
            for size in SIZES:
                told = (
                    f"![{title}, {language}, {theme}, {size}](pictures/gallery/{screen}-{language}-{theme}-{size}.svg)"
                    for language in LANGUAGES
                )
                lines.append(f"| {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Make the desk, take the pictures, write the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--png", type=Path, help="A folder for PNGs, to look at.")
    options.add_argument("names", nargs="*", default=names())
    args = options.parse_args()
    os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "demo.db"
        made = [sys.executable, "-m", "csdesk", "demo", "--cases", "2000", "--no-open", "--file", str(file)]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        os.environ["CSDESK_HOME"] = str(file.parent / f".{file.name}.home")
        for name in args.names:
            target = asyncio.run(shoot(file, name))
            if args.png:
                args.png.mkdir(parents=True, exist_ok=True)
                drawn = args.png / f"{name}.png"
                subprocess.run(["rsvg-convert", "-o", str(drawn), str(target)], check=True)
            print(target.relative_to(DOCS.parent), target.stat().st_size)
    (DOCS / "gallery.md").write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main()
