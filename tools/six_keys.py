"""The recording in README: a simple return, approved and answered in six keys, in a real terminal on a demo desk.

python tools/six_keys.py [--png FOLDER]      writes docs/pictures/six-keys.svg (and a PNG of each frame, to look at)
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from drawn import HEIGHT, WIDTH, Grid, Sheet, of_terminal, page  # noqa: E402
from gallery import simple  # noqa: E402

TARGET = HERE.parent / "docs" / "pictures" / "six-keys.svg"
COLUMNS, LINES = 100, 30
# What comes before the recording: the queue of returns, and down to one that nobody has looked at yet.
RETURNS, DOWN, MOST_DOWN = b"1", b"j", 200
# How long each frame stays, and the height of the caption under it.
SECONDS, CAPTION = 2.4, 44


def recorded(file: Path) -> list[tuple[str, str, Grid]]:
    """Press the keys; after each what it is called, what it does, and the screen."""
    from tests.pty.six_keys import STROKES
    from tests.pty.terminal import Terminal

    environ = {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "HOME": str(file.parent),
        "PATH": os.environ["PATH"], "CSDESK_FILE": str(file), "CSDESK_AGENT": "me", "CSDESK_WORKER": "false",
        "CSDESK_HOME": str(file.parent / f".{file.name}.home"),
    }  # fmt: skip
    number = simple(file)[1]
    terminal = Terminal(environ, COLUMNS, LINES)
    try:
        terminal.sees("全部")
        terminal.press(RETURNS)
        terminal.sees("[退货")
        terminal.settle(1.0)
        for _ in range(MOST_DOWN):
            if any(row.startswith(">") and number in row for row in terminal.shown().splitlines()):
                break
            terminal.press(DOWN)
            terminal.settle(0.05)
        terminal.stands_on(number)
        terminal.settle(1.0)
        frames = [
            ("", "队列：光标在一张要退货的工单上  ·  the queue, on a return", of_terminal(terminal.screen))
        ]
        for stroke in STROKES:
            terminal.press(stroke.sent)
            terminal.sees(*stroke.sees)
            terminal.settle(1.0)
            frames.append((stroke.key, f"{stroke.does}  ·  {stroke.means}", of_terminal(terminal.screen)))
    finally:
        terminal.close()
    return frames


def drawn(frames: list[tuple[str, str, Grid]], only: int | None = None) -> str:
    """The animation, or one frame of it; where nothing moves, the last frame stands."""
    sheet, told, wide, high = Sheet(), [], COLUMNS * WIDTH, LINES * HEIGHT
    for n, (key, does, grid) in enumerate(frames):
        if only not in (None, n):
            continue
        cap = (
            f'<rect x="76" y="{high + 8}" width="66" height="28" rx="5" fill="#e8e8e8"/>'
            f'<text x="109" y="{high + 28}" text-anchor="middle" fill="#101418" font-weight="700">{key}</text>'
            if key
            else ""
        )
        count = f'<text x="14" y="{high + 28}" fill="#9aa4ad">{n} / {len(frames) - 1}</text>'
        words = f'<text x="{156 if key else 76}" y="{high + 28}" fill="#ffffff">{escape(does)}</text>'
        told.append(
            f'<g class="f" style="animation-delay:{(n - len(frames)) * SECONDS:.1f}s">'
            f"{sheet.frame(grid)}{count}{cap}{words}</g>"
        )
    share = 100 / len(frames)
    rules = (
        f".f{{visibility:hidden;animation:f {len(frames) * SECONDS:.1f}s step-end infinite}}"
        f".f:last-child{{visibility:visible}}"
        f"@keyframes f{{0%{{visibility:visible}}{share:.4f}%,100%{{visibility:hidden}}}}"
        "@media (prefers-reduced-motion:reduce){.f{animation:none}}"
    )
    ground = f'<rect width="{wide}" height="{high + CAPTION}" fill="#24303a"/>'
    return page(sheet, f"{ground}<g>{''.join(told)}</g>", wide, high + CAPTION, rules)


def main() -> None:
    """Make the desk, press the keys, write the recording."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--png", type=Path, help="A folder for a PNG of each frame.")
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "demo.db"
        made = [sys.executable, "-m", "csdesk", "demo", "--cases", "2000", "--no-open", "--file", str(file)]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        frames = recorded(file)
    TARGET.write_text(drawn(frames), encoding="utf-8")
    print(TARGET.relative_to(HERE.parent), TARGET.stat().st_size)
    for n in range(len(frames) if args.png else 0):
        args.png.mkdir(parents=True, exist_ok=True)
        alone = args.png / f"six-keys-{n}.svg"
        alone.write_text(drawn(frames, n), encoding="utf-8")
        subprocess.run(["rsvg-convert", "-o", str(alone.with_suffix(".png")), str(alone)], check=True)


if __name__ == "__main__":
    main()
