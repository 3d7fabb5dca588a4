"""Keeps the message catalogues of data/locale: makes zh_Hant.po from zh_Hans.po, compiles each .po to .mo.

zh_Hans.po and en.po are written by hand; their msgids name a meaning (`verb.approve`), never a text.
zh_Hant.po is zh_Hans.po in Taiwan's characters and words (OpenCC, s2twp), but for the entries that
zh_Hant.fix.po words itself. The same sources give the same bytes, so a check can compare files.
"""

import argparse
import re
import string
import sys
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import opencc
from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

LOCALE = Path(__file__).parent.parent / "data" / "locale"
LANGUAGES = ("zh_Hans", "zh_Hant", "en")

_MADE = "# Made by `make locale` from zh_Hans.po and zh_Hant.fix.po: change those, not this file."


class Dateless(Catalog):
    """A catalogue whose header says no more than a reader needs: Babel's own states the time it was made."""

    def __iter__(self) -> Iterator[Message]:
        header = {
            "Language": self.locale_identifier,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": self.plural_forms,
        }
        yield Message("", "".join(f"{name}: {value}\n" for name, value in header.items()))
        yield from (message for message in super().__iter__() if message.id)


class CatalogueError(ValueError):
    """A .po file that cannot be read: which, and why."""


# What OpenCC leaves in the mainland's words, or takes for another word: "審核" of a return is no audit.
TAIWAN = {
    "稽核": "審核",
    "數字商品": "數位商品",
    "數字化商品": "數位商品",
    "數字內容": "數位內容",
    "質量": "品質",
    "產品品質法": "產品質量法",
    "回車": "Enter",
    "回復": "回覆",
    "賬": "帳",
    "一屏": "一頁",
    "郵箱": "信箱",
    "應用內": "App 內",
    "型別": "類型",
    "回避": "迴避",
    "客服臺數據": "客服臺資料",
    "單個文件": "單一檔案",
    "JSON 文件": "JSON 檔案",
}


def read(path: Path) -> Dateless:
    """The entries of a .po file, in its order; CatalogueError when it is not one, or says one msgid twice."""
    text = path.read_text(encoding="utf-8")
    twice = [
        msgid for msgid, count in Counter(re.findall(r'^msgid "(.+)"$', text, re.M)).items() if count > 1
    ]
    if twice:
        raise CatalogueError(f"{path.name} says twice: {', '.join(twice)}")
    catalogue = Dateless(locale=path.name.split(".")[0], header_comment="")
    try:
        for key, message in _entries(read_po(text.splitlines(keepends=True), abort_invalid=True)):
            catalogue[key] = message
    except PoFileError as error:
        raise CatalogueError(f"{path.name}: {error}") from error
    return catalogue


def forms(message: Message) -> tuple[str, ...]:
    """The wordings of one entry: one, or one for each plural form."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def traditional(simplified: Catalog, fixes: Catalog) -> Dateless:
    """zh_Hant: every entry of `simplified`, worded by `fixes` where that has it, else converted."""
    converted = opencc.OpenCC("s2twp").convert
    catalogue = Dateless(locale="zh_Hant", header_comment=_MADE)

    def convert(text: str) -> str:
        told: str = converted(text)
        for mainland, taiwan in TAIWAN.items():
            told = told.replace(mainland, taiwan)
        return told

    for _, message in _entries(simplified):
        fixed = fixes.get(message.id)
        words = forms(fixed) if fixed else tuple(convert(form) for form in forms(message))
        catalogue.add(message.id, words if message.pluralizable else words[0])
    return catalogue


def artefacts(folder: Path) -> dict[str, bytes]:
    """What `make locale` writes: the bytes of zh_Hant.po and of each .mo, by file name."""
    catalogues = {language: read(folder / f"{language}.po") for language in ("zh_Hans", "en")}
    catalogues["zh_Hant"] = traditional(catalogues["zh_Hans"], read(folder / "zh_Hant.fix.po"))
    made = {}
    with BytesIO() as file:
        write_po(file, catalogues["zh_Hant"], width=0)
        made["zh_Hant.po"] = file.getvalue()
    for language in LANGUAGES:
        with BytesIO() as file:
            write_mo(file, catalogues[language])
            made[f"{language}.mo"] = file.getvalue()
    return made


def stale(folder: Path) -> list[str]:
    """The files of `artefacts` that are missing or differ from what the sources now give."""
    return [
        name
        for name, content in artefacts(folder).items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != content
    ]


def faults(folder: Path) -> list[str]:
    """What is wrong with the entries, one line each; the three languages must say the same things."""
    simplified, english = read(folder / "zh_Hans.po"), read(folder / "en.po")
    fixes = read(folder / "zh_Hant.fix.po")
    found = [f"en.po lacks {key}" for key in sorted(_keys(simplified) - _keys(english))]
    found += [f"zh_Hans.po lacks {key}" for key in sorted(_keys(english) - _keys(simplified))]
    found += [
        f"zh_Hant.fix.po words {key}, which nobody says" for key in sorted(_keys(fixes) - _keys(simplified))
    ]
    wanted = {key: _blanks(message) for key, message in _entries(simplified)}
    three = {"zh_Hans": simplified, "zh_Hant": traditional(simplified, fixes), "en": english}
    for language, catalogue in three.items():
        for key, message in _entries(catalogue):
            found += [f"{language}: {key} {fault}" for fault in _faults(message, wanted.get(key))]
    return found


def _faults(message: Message, wanted: frozenset[str] | str | None) -> Iterator[str]:
    if not all(forms(message)):
        yield "has no words"
    if message.fuzzy:
        yield "is marked fuzzy, so it would not be compiled"
    blanks = _blanks(message)
    if isinstance(blanks, str):
        yield blanks
    elif isinstance(wanted, frozenset) and blanks != wanted:
        yield f"fills {sorted(blanks)}, zh_Hans fills {sorted(wanted)}"


def _blanks(message: Message) -> frozenset[str] | str:
    """The names of the `{blanks}` of an entry, or what is wrong with its braces."""
    try:
        parts = [part for form in forms(message) for part in string.Formatter().parse(form)]
    except ValueError as error:
        return f"has broken braces: {error}"
    return frozenset(name for _, name, _, _ in parts if name is not None)


def _entries(catalogue: Catalog) -> Iterator[tuple[str, Message]]:
    for message in catalogue:
        if message.id:
            yield (message.id if isinstance(message.id, str) else message.id[0]), message


def _keys(catalogue: Catalog) -> set[str]:
    return {key for key, _ in _entries(catalogue)}


def main() -> int:
    """Write what is stale, or with --check only name it; 1 when something is stale or wrong."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--check", action="store_true", help="write nothing")
    check = options.parse_args().check
    try:
        wrong, old = faults(LOCALE), stale(LOCALE)
    except CatalogueError as error:
        print(f"catalogues: {error}", file=sys.stderr)
        return 1
    if check:
        wrong += [f"{name} is stale: run `make locale`" for name in old]
    else:
        made = artefacts(LOCALE)
        for name in old:
            # Beside it, then into its place: consoles have the old one mapped, and would die of its end moving.
            fresh = LOCALE / f"{name}.new"
            fresh.write_bytes(made[name])
            fresh.replace(LOCALE / name)
    print(*(f"catalogues: {line}" for line in wrong), sep="\n", file=sys.stderr, end="\n" if wrong else "")
    print(
        f"catalogues: {len(wrong)} faults"
        if wrong or check
        else f"catalogues: wrote {', '.join(old) or 'nothing'}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
