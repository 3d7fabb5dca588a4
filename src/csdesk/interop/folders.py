"""Whole exports as folders: which files an import looks at, and what of them its map does not take."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from csdesk.domain.value import dataclass
from csdesk.interop.faults import ImportFault
from csdesk.interop.readers import Source

ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt")
# Written by an import itself.
REJECTS = ".rejects.jsonl"


@dataclass(frozen=True, slots=True)
class Passed:
    """A file without anything to take: `empty` (the last page of a list), `kind` (`records` of a kind that the map
    does not take), `format` (an ending that is not read).
    """

    path: str
    why: str
    records: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """A file to import. `found`: it came from a folder, and need not hold anything that the map takes."""

    path: Path
    found: bool = False


def expand(paths: Sequence[Path], passed: list[Passed]) -> list[Given]:
    """The files themselves, and those of folders by name, each once. ImportFault for a folder without any."""
    files = [Given(path) for path in paths if not path.is_dir()]
    for folder in (path for path in paths if path.is_dir()):
        before = len(files)
        for path in _within(folder):
            if not _ending(path).endswith(ENDINGS):
                passed.append(Passed(str(path), "format"))
            elif not any(given.path == path for given in files):
                files.append(Given(path, found=True))
        if len(files) == before:
            raise ImportFault("import_empty_folder", path=str(folder), endings=", ".join(ENDINGS))
    return files


def _within(folder: Path) -> Iterator[Path]:
    """Regular files below a folder; links are not followed, nor is anything hidden looked at."""
    for place, inner, names in os.walk(folder):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if (
                not name.startswith(".")
                and not name.endswith(REJECTS)
                and path.is_file()
                and not path.is_symlink()
            ):
                yield path


def _ending(path: Path) -> str:
    return path.name.lower().removesuffix(".gz")


def untaken(source: Source) -> Passed:
    """A file of which the map takes nothing: how many records that are."""
    count = 0
    for item in source.items():
        if item.problem is None:
            # An answer in pages is one object around its list.
            lists = [len(value) for value in item.data.values() if isinstance(value, list)]
            count += max(lists, default=0) if source.format == "json" and item.number == 1 and lists else 1
    source.document.clear()
    return Passed(str(source.path), "kind" if count else "empty", count)
