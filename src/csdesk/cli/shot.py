"""`csdesk shot`: a picture of a screen as SVG, masked as the console shows it, without a terminal."""

import os
import re
from pathlib import Path

import typer

from csdesk.cli.errors import words
from csdesk.cli.options import AGENT, FILE, LANGUAGE
from csdesk.cli.session import settings
from csdesk.domain.cases.context import Refused
from csdesk.domain.value import replace

_SIZE = re.compile(r"(\d{1,3})[x×](\d{1,3})")


def shot_(
    screen: str = typer.Argument(help="queue, case, verdict, reply, canned, policies, status, board, help …"),
    to: Path = typer.Option(..., "-o", "--to", help="The SVG file to write."),
    case: str = typer.Option("", help="Case number; the first of the queue when absent."),
    size: str = typer.Option("120x40", help="Columns and lines, 80x24 to 300x100."),
    theme: str = typer.Option("", help="A theme by name or file; the configured one when absent."),
    texts: bool = typer.Option(
        False, "--texts", help="With messages and notes that you may read: for a desk of made-up people."
    ),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Take a picture of a screen, masked and without what was written; a free case is held meanwhile and given back."""
    import asyncio

    config = settings(file, agent, language, theme=theme or None).config
    # NO_COLOR is about terminals; a picture has the theme that was asked for.
    os.environ.pop("NO_COLOR", None)
    # Read before Textual is imported, as `launch` does.
    os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
    from csdesk.tui.shot import SCREENS, Wanted, shoot

    if screen not in SCREENS:
        raise Refused("shot_screen", value=screen[:40], screens=", ".join(SCREENS))
    wanted = Wanted(screen, case, _size(size), texts)
    drawn = asyncio.run(shoot(replace(config, worker=False), wanted))
    _write(to, drawn)
    print(words(config)("cli.shot", path=to))


def _size(text: str) -> tuple[int, int]:
    from csdesk.tui.shot import LEAST, MOST

    found = _SIZE.fullmatch(text.strip().lower())
    columns, lines = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (LEAST[0] <= columns <= MOST[0] and LEAST[1] <= lines <= MOST[1]):
        least, most = "{}x{}".format(*LEAST), "{}x{}".format(*MOST)
        raise Refused("shot_size", value=text[:40], least=least, most=most)
    return columns, lines


def _write(to: Path, drawn: str) -> None:
    """Whole or not at all; for nobody else's eyes, since masked is not anonymous."""
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(drawn)
        part.replace(to)
    except OSError as exc:
        raise Refused("export_unwritable", path=str(to), reason=exc.strerror or type(exc).__name__) from None
    finally:
        part.unlink(missing_ok=True)
