"""The parts of which generated pages are made: Markdown, and what codes are called in Chinese and English."""

from collections.abc import Iterable
from datetime import UTC

from csdesk.desk.words import LANGUAGES, Words

HANS, HANT, EN = (Words(language, UTC) for language in LANGUAGES)
MADE = "<!-- Made by `make docs` from the code: change that, not this page. -->"


def page(title: str, *parts: str) -> str:
    """A page: its title, who made it, its parts."""
    return "\n\n".join([f"# {title}", MADE, *(part.strip("\n") for part in parts if part)]) + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown, its cells on one line and safe in their columns."""
    lines = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in (head, *rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: object) -> str:
    """A word as code; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def codes(words: Iterable[object]) -> str:
    """Several words as code."""
    return " ".join(code(word) for word in words)


def both(group: str, name: str) -> str:
    """What a code is called, in Chinese and English; nothing when no catalogue words it."""
    said = dict.fromkeys((HANS.code(group, name), EN.code(group, name)))
    return " ".join(said) if list(said) != [name] else ""


def named(group: str, name: str) -> str:
    """What a code is called in Chinese, and the code itself."""
    return " ".join(dict.fromkeys((HANS.code(group, name), name)))
