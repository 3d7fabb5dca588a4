"""Catalogues searched where they lie say what gettext says."""

import gettext

import pytest

from csdesk import resources
from csdesk.desk import catalogue
from csdesk.desk.catalogue import Catalogue
from csdesk.desk.words import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_the_one_that_gettext_finds(language: str):
    path = resources.path(f"data/locale/{language.replace('-', '_')}.mo")
    ours = Catalogue(path.read_bytes())
    with path.open("rb") as file:
        theirs = gettext.GNUTranslations(file)
    catalogue: dict[str | tuple[str, int], str] = theirs._catalog  # type: ignore[attr-defined]
    keys = {key if isinstance(key, str) else key[0] for key in catalogue}
    plurals = {key[0] for key in catalogue if not isinstance(key, str)}
    assert len(keys) > 1_000 and plurals
    assert [key for key in keys if ours.gettext(key) != theirs.gettext(key)] == []
    for n in (0, 1, 2, 5, 21):
        assert [key for key in plurals if ours.ngettext(key, key, n) != theirs.ngettext(key, key, n)] == []


def test_a_key_without_a_sentence_is_said_as_it_is():
    ours = Catalogue(resources.path("data/locale/en.mo").read_bytes())
    assert ours.gettext("zzz.no_such") == "zzz.no_such"
    assert [ours.ngettext("one.thing", "many.things", n) for n in (1, 2)] == ["one.thing", "many.things"]


def test_what_is_no_catalogue_is_refused():
    with pytest.raises(ValueError, match="catalogue"):
        Catalogue(b"msgid")


def test_what_foreign_data_asks_for_does_not_pile_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(catalogue, "MOST_KNOWN", 10)
    ours = Catalogue(resources.path("data/locale/en.mo").read_bytes())
    for n in range(100):
        assert ours.gettext(f"state.foreign_{n}") == f"state.foreign_{n}"
    assert len(ours._known) <= 10
    assert ours.gettext("kind.return") != "kind.return"
