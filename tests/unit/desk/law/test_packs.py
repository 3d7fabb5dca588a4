"""Packs as shipped and as a desk writes them: whole, dated, and refused in one sentence when they are not."""

import tomllib
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from csdesk import resources
from csdesk.desk.law.packs import PackError, load_lawbook, read_pack
from csdesk.domain.entitlement.pack import Lawbook

SHIPPED = sorted(resources.path("data/packs").glob("*.toml"))
SMALL = """
format = 1
id = "XX"
version = "2026-01-01"
currency = "CNY"
zone = "Asia/Shanghai"
calendar = "CN"

[instruments.old_law]
from = 2010-01-01
to = 2019-12-31
read = "text"
name.zh-Hans = "旧法"
name.en = "Old law"

[instruments.new_law]
from = 2020-01-01
read = "text"
name.zh-Hans = "新法"
name.en = "New law"

[[provisions.rule]]
articles = ["old_law 1", "new_law 2"]
count = 7
unit = "day"

[[provisions.limit]]
articles = ["old_law 3"]
count = 5
unit = "day"

[[provisions.limit]]
articles = ["new_law 4"]
count = 9
unit = "working_day"
"""


@pytest.fixture(scope="module")
def book() -> Lawbook:
    return load_lawbook()


@pytest.fixture
def pack(tmp_path: Path):
    def read(text: str):
        file = tmp_path / "xx.toml"
        file.write_text(text, encoding="utf-8")
        return read_pack(file)

    return read


def test_the_lawbook_holds_all_packs_with_their_zones_and_calendars(book):
    assert set(book.packs) == {"CN", "EU", "UK", "US", "TW", "HK"}
    assert {pack.zone for pack in book.packs.values()} == set(book.zones)
    assert all(book.calendars[pack.calendar] for pack in book.packs.values() if pack.calendar)
    assert all(book.calendars[country] for country in book.packs["EU"].countries)


def test_codes_of_countries_lead_to_their_pack(book):
    for code, id_, country in [("cn", "CN", ""), ("GB", "UK", ""), ("DE", "EU", "DE")]:
        found = book.find(code)
        assert found is not None
        assert (found[0].id, found[1]) == (id_, country)
    assert book.find("ZZ") is None


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_two_spans_of_a_rule_overlap(path):
    for spans in read_pack(path).provisions.values():
        newest_first = [(span.effective_from, span.effective_to) for span in spans]
        for (later, _), (_, ends) in pairwise(newest_first):
            assert ends is not None
            assert ends < later


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_span_cites_only_what_is_in_force_through_all_of_it(path):
    for spans in read_pack(path).provisions.values():
        for span in spans:
            assert span.effective_to is None or span.effective_from <= span.effective_to
            for article in span.cited.values():
                assert article.in_force(span.effective_from)
                assert article.in_force(span.effective_to or date(2199, 12, 31)) == (
                    article.effective_to is None or span.effective_to is not None
                )


def test_what_is_in_both_places_is_dated_and_named_alike():
    """The desk's own policy articles and China's pack speak of the same instruments."""
    articles = tomllib.loads(resources.path("data/knowledge/articles.toml").read_text(encoding="utf-8"))[
        "laws"
    ]
    packed: dict[str, dict] = {}
    for path in SHIPPED:
        packed |= tomllib.loads(path.read_text(encoding="utf-8"))["instruments"]
    shared = set(articles) & set(packed)
    assert len(shared) > 30
    for law in shared:
        for field in ("from", "to", "name"):
            assert articles[law].get(field) == packed[law].get(field), law


def test_a_rule_changes_on_its_day(pack):
    read = pack(SMALL)
    before, after = read.provision("limit", date(2019, 12, 31)), read.provision("limit", date(2020, 1, 1))
    assert (before.period.count, after.period.count) == (5, 9)
    assert read.provision("limit", date(2009, 12, 31)) is None


def test_a_rule_cites_the_article_of_its_day(pack):
    read, change = pack(SMALL), date(2020, 1, 1)
    assert list(read.provision("rule", change - timedelta(1)).cited) == ["old_law 1"]
    assert list(read.provision("rule", change).cited) == ["new_law 2"]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (("format = 1", "format = 2"), "format is 2"),
        (('id = "XX"', ""), "'id' is missing"),
        (("new_law 4", "lost_law 4"), "lost_law"),
        (('unit = "working_day"', 'unit = "moon"'), "moon"),
        (('read = "text"', 'read = "heard"'), "read is one of"),
        (('version = "2026-01-01"', 'version = "new"'), "new"),
        (("count = 9", 'count = "nine"'), "nine"),
        (("[instruments.old_law]", "[instruments.old_law"), "cannot be read as TOML"),
    ],
)
def test_a_pack_that_cannot_be_used_says_why_in_one_sentence(pack, spoil, told):
    with pytest.raises(PackError) as error:
        pack(SMALL.replace(*spoil))
    assert told in str(error.value)
    assert "xx.toml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_without_packs_is_refused(tmp_path):
    with pytest.raises(PackError, match="no pack in this folder"):
        load_lawbook(tmp_path)


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (
            '[words.buyer]\nconsumer = ["person"]\nbusiness = ["person"]',
            "person stands for consumer and business",
        ),
        ('[classes]\na = { families = [], also = ["b"] }\nb = { families = [] }', "b names both a and b"),
        ('[events.e]\ndeadlines = [{ answer = "x", provision = "nothing" }]', "needs the provision nothing"),
    ],
)
def test_words_that_mean_two_things_are_refused(pack, extra, told):
    with pytest.raises(PackError) as error:
        pack(f"{SMALL}\n{extra}\n")
    assert told in str(error.value)
