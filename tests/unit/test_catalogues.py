"""The message catalogues: three languages that say the same things, compiled and up to date."""

import gettext
import shutil
from pathlib import Path

import pytest

import catalogues
from csdesk import resources


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogues that a test may spoil."""
    copy = tmp_path / "locale"
    shutil.copytree(catalogues.LOCALE, copy)
    return copy


def add(file: Path, msgid: str, msgstr: str) -> None:
    with file.open("a", encoding="utf-8") as out:
        out.write(f'\nmsgid "{msgid}"\nmsgstr "{msgstr}"\n')


def test_the_three_languages_say_the_same_things_with_the_same_blanks():
    assert catalogues.faults(catalogues.LOCALE) == []


def test_what_is_committed_is_what_the_sources_give():
    assert catalogues.stale(catalogues.LOCALE) == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_compiled_catalogue_words_every_entry(language: str):
    with resources.path(f"data/locale/{language}.mo").open("rb") as file:
        words = gettext.GNUTranslations(file)
    source = catalogues.read(catalogues.LOCALE / f"{language}.po")
    entries = [message for message in source if message.id]
    assert entries
    for message in entries:
        key = message.id if isinstance(message.id, str) else message.id[0]
        singular = words.ngettext(key, key, 1) if message.pluralizable else words.gettext(key)
        assert singular == catalogues.forms(message)[0]


def test_making_them_again_gives_the_same_bytes(folder: Path):
    assert catalogues.artefacts(folder) == catalogues.artefacts(folder)


def test_traditional_is_converted_by_words_unless_a_fix_says_otherwise(folder: Path):
    for name in ("zh_Hans.po", "en.po"):
        add(folder / name, "probe.software", "软件退货 {count}")
        add(folder / name, "probe.fixed", "软件")
    add(folder / "zh_Hant.fix.po", "probe.fixed", "軟件")
    made = catalogues.artefacts(folder)["zh_Hant.po"].decode()
    assert 'msgid "probe.software"\nmsgstr "軟體退貨 {count}"' in made
    assert 'msgid "probe.fixed"\nmsgstr "軟件"' in made


def test_a_new_entry_makes_the_traditional_and_compiled_files_stale(folder: Path):
    add(folder / "zh_Hans.po", "probe.new", "新")
    assert catalogues.stale(folder) == ["zh_Hant.po", "zh_Hans.mo", "zh_Hant.mo"]


@pytest.mark.parametrize(
    ("file", "msgid", "msgstr", "fault"),
    [
        ("zh_Hans.po", "probe.one", "只有这里", "en.po lacks probe.one"),
        ("en.po", "probe.one", "only here", "zh_Hans.po lacks probe.one"),
        ("zh_Hant.fix.po", "probe.one", "沒有人說", "zh_Hant.fix.po words probe.one, which nobody says"),
        ("en.po", "probe.empty", "", "en: probe.empty has no words"),
        (
            "en.po",
            "probe.brace",
            "{count",
            "en: probe.brace has broken braces: expected '}' before end of string",
        ),
    ],
)
def test_a_fault_is_named_with_its_language_and_entry(
    folder: Path, file: str, msgid: str, msgstr: str, fault: str
):
    add(folder / file, msgid, msgstr)
    assert fault in catalogues.faults(folder)


def test_blanks_that_differ_between_languages_are_a_fault(folder: Path):
    add(folder / "zh_Hans.po", "probe.blank", "还有 {count} 件")
    add(folder / "en.po", "probe.blank", "{number} left")
    assert catalogues.faults(folder) == ["en: probe.blank fills ['number'], zh_Hans fills ['count']"]


def test_an_entry_said_twice_is_refused_with_its_file(folder: Path):
    add(folder / "en.po", "app.name", "again")
    with pytest.raises(catalogues.CatalogueError, match=r"en\.po says twice: app\.name"):
        catalogues.read(folder / "en.po")
