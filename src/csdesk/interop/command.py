"""An import as the command line asks for it: where the rejects go, and what is said at the end."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from csdesk.desk.core import Core
from csdesk.desk.words import Words
from csdesk.domain.text import json_safe
from csdesk.domain.value import dataclass
from csdesk.interop.balance import Balance
from csdesk.interop.importer import FileReport, Progress, Report, run_import

# English fallback of the catalogue's sentences.
SENTENCES = {
    "import.file": "{path}: {records} {entity}: {added} new, {changed} changed, {unchanged} as before,"
    " {rejected} rejected",
    "import.resumed": "An earlier import broke off behind record {resumed}; this one has ended it.",
    "import.changed": "{name} is now version {version}: {fields}",
    "import.more": "… and {n} more",
    "import.told": "{told} open cases were told of the change.",
    "import.unknown_parcel": "{count} waybills are of no order or case yet; csdesk parcel unknown lists them.",
    "import.balance": "{what}: {source} in the source = {fates}",
    "import.balance.taken": "{n} new",
    "import.balance.changed": "{n} changed",
    "import.balance.there": "{n} here before",
    "import.balance.repeated": "{n} told again on other pages",
    "import.balance.rejected": "{n} left out ({why})",
    "import.passed.kind": "{path}: {records} records of a kind that this map does not take.",
    "import.passed.empty": "{path}: an empty page.",
    "import.passed.format": "{path}: not read, for its ending.",
    "import.cleaned": "Unsafe characters were taken out of {cleaned} fields.",
    "import.rejects": "{rejected} records were left out; {path} says why.",
    "import.rejects_unkept": "{rejected} records were left out; name a file with --rejects to see why.",
    "import.mapping": "{place}: {fields}",
    "import.remark.no_verb": "{name}: no macro; no verb does {about}.",
    "import.remark.asks": "{name}: no macro; it would have to ask for or decide by {about}.",
    "import.remark.personal": "{name}: no macro; it holds somebody's number.",
    "import.remark.owner": "{name}: no macro; it is only for {about}, who has no account here.",
    "import.remark.name_taken": "{name}: no macro; there is another one called {about} here.",
    "import.remark.too_many": "{name}: no macro; it has more than {about} steps.",
    "import.remark.asked": "{name}: no case fills {about}; agents are asked for it.",
    "import.remark.logic": "{name}: conditions stand as plain text now ({about}).",
    "import.dry": "This was a dry run: nothing was written.",
    "import.overlay": "Times, shops, people and words are made up (overlay {overlay}).",
}
# Changes, rejects and files of a folder shown to a person one by one; the rest is counted.
SHOWN = 10
FATES = ("taken", "changed", "there", "repeated")


@dataclass(frozen=True, slots=True)
class Imported:
    """An import that has come to its end."""

    report: Report

    def tell(self, words: Words, as_json: bool) -> int:
        """Print what became of it; the exit code: 1 when every record was rejected, else 0."""
        if as_json:
            sys.stdout.write(json_safe(msgspec.json.encode(self.report).decode()) + "\n")
        else:
            for line in _lines(self.report, words):
                print(line)
        return int(self.report.total("rejected") == self.report.total("records"))


def import_files(
    core: Core,
    files: Sequence[Path],
    map_name: str,
    *,
    dry_run: bool = False,
    overlay: str = "",
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> Imported:
    """`run_import`, with the rejects beside the first file (or here, where that folder cannot be written)."""
    path = rejects or _beside(files[0])
    report = run_import(
        core, files, map_name, dry_run=dry_run, overlay=overlay, rejects_path=path, progress=progress
    )
    return Imported(report)


def _beside(file: Path) -> Path | None:
    """Beside a file or a folder, never in the folder: the next import of it would read them."""
    file = file.resolve() if file.is_dir() else file
    name = f"{file.name}.rejects.jsonl"
    for folder in (file.parent, Path.cwd()):
        if folder.is_dir() and os.access(folder, os.W_OK):
            return folder / name
    return None


def _say(words: Words, key: str, **values: object) -> str:
    return words(key, **values) if words.has(key) else SENTENCES[key].format(**values)


def _lines(report: Report, words: Words) -> Iterator[str]:
    for file in report.files if len(report.files) <= SHOWN else ():
        yield from _file(file, words)
    for sort in report.balance:
        yield _balance(sort, words)
    for one in report.passed[:SHOWN]:
        yield "  " + _say(words, f"import.passed.{one.why}", path=one.path, records=one.records)
    if (more := len(report.passed) - SHOWN) > 0:
        yield "  " + _say(words, "import.more", n=more)
    for change in report.changes[:SHOWN]:
        fields = ", ".join(change.fields)
        yield "  " + _say(words, "import.changed", name=change.name, version=change.version, fields=fields)
    if (more := report.total("changed") - SHOWN) > 0:
        yield "  " + _say(words, "import.more", n=more)
    if report.told:
        yield _say(words, "import.told", told=report.told)
    for remark in report.remarks:
        yield "  " + _say(
            words, f"import.remark.{remark.code}", name=remark.name, about=", ".join(remark.about)
        )
    if report.unknown_parcel:
        yield _say(words, "import.unknown_parcel", count=report.unknown_parcel)
    if cleaned := report.total("cleaned"):
        yield _say(words, "import.cleaned", cleaned=cleaned)
    if rejected := report.total("rejected"):
        for reject in report.rejects[:SHOWN]:
            yield f"  {reject}"
        if report.rejects_path:
            yield _say(words, "import.rejects", rejected=rejected, path=report.rejects_path)
        else:
            yield _say(words, "import.rejects_unkept", rejected=rejected)
    if report.overlay:
        yield _say(words, "import.overlay", overlay=report.overlay)
    if report.dry_run:
        for place, told in report.mapping.items():
            comma = "，" if words.language.startswith("zh") else ", "
            fields = comma.join(f"{name} ← {path}" for name, path in told.items())
            yield _say(words, "import.mapping", place=place, fields=fields)
        yield _say(words, "import.dry")


def _balance(sort: Balance, words: Words) -> str:
    """What became of one sort of records; the numbers behind the sign of equality add up to the one before it."""
    comma = "，" if words.language.startswith("zh") else ", "
    told = [
        _say(words, f"import.balance.{fate}", n=n)
        for fate in FATES
        if (n := getattr(sort, fate)) or fate == "taken"
    ]
    if sort.rejected:
        why = comma.join(f"{_why(words, code)} {n}" for code, n in sort.rejected.most_common())
        told.append(_say(words, "import.balance.rejected", n=sort.rejected.total(), why=why))
    what = words.code("entity", sort.what)
    return _say(words, "import.balance", what=what, source=sort.source, fates=" + ".join(told))


def _why(words: Words, code: str) -> str:
    key = f"reject.short.{code}"
    return words(key) if words.has(key) else code


def _file(file: FileReport, words: Words) -> Iterator[str]:
    counts = {name: getattr(file, name) for name in ("records", "added", "changed", "unchanged", "rejected")}
    yield _say(words, "import.file", path=file.path, entity=words.code("entity", file.entity), **counts)
    if file.resumed:
        yield "  " + _say(words, "import.resumed", resumed=file.resumed)
