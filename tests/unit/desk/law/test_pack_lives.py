"""A pack's life from its steps, what differs between two versions, and what a staged text must be."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from csdesk.desk.law.differing import differences
from csdesk.desk.law.lives import activations, in_force, lives, state_of
from csdesk.desk.law.packs import PackError, parse_pack
from csdesk.desk.law.staging import named, read_staged, shipped
from csdesk.store.packs import Step
from tests.unit.desk.law.test_packs import SMALL

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3_600_000
NOON = int(datetime(2026, 11, 2, 12, tzinfo=SHANGHAI).timestamp() * 1000)
MIDNIGHT = int(datetime(2026, 11, 9, tzinfo=SHANGHAI).timestamp() * 1000)


def steps(*told: tuple[str, str, int, str]) -> list[Step]:
    """Steps of CN from (step, version, time, day)."""
    return [Step(n, "CN", v, step, f"p{n}", at, day) for n, (step, v, at, day) in enumerate(told, 1)]  # type: ignore[arg-type]


APPROVED = steps(
    ("shipped", "1", NOON, ""),
    ("staged", "2", NOON, "2026-11-09"),
    ("approved", "2", NOON, ""),
    ("approved", "2", NOON + 1, ""),
)


def active(known: list[Step], at: int) -> str:
    return in_force(lives(known, SHANGHAI).values(), at)["CN"].version


def test_a_version_is_in_force_from_the_very_midnight_of_its_day():
    assert active(APPROVED, MIDNIGHT - 1) == "1"
    assert active(APPROVED, MIDNIGHT) == "2"


def test_midnight_is_that_of_the_zone():
    london = in_force(lives(APPROVED, ZoneInfo("Europe/London")).values(), MIDNIGHT)
    assert london["CN"].version == "1"


def test_one_approval_is_none():
    assert active(APPROVED[:3], MIDNIGHT + HOUR) == "1"


def test_approval_after_the_day_begins_when_it_is_given_not_before():
    late = [*APPROVED[:3], Step(4, "CN", "2", "approved", "p4", MIDNIGHT + HOUR)]
    assert active(late, MIDNIGHT + HOUR - 1) == "1"
    assert active(late, MIDNIGHT + HOUR) == "2"


def test_what_is_withdrawn_never_comes_and_may_be_staged_anew():
    withdrawn = [*APPROVED, Step(5, "CN", "2", "withdrawn", "p5", NOON + 2, said="错")]
    assert active(withdrawn, MIDNIGHT) == "1"
    again = [*withdrawn, Step(6, "CN", "2", "staged", "p6", NOON + 3, "2026-11-09")]
    (life,) = [life for life in lives(again, SHANGHAI).values() if life.version == "2"]
    assert (life.approved, life.begins, life.staged.who) == ((), None, "p6")


def test_of_two_with_the_same_day_the_one_staged_later_counts():
    both = [
        *APPROVED,
        Step(5, "CN", "0", "staged", "p5", NOON, "2026-11-09"),
        Step(6, "CN", "0", "approved", "p6", NOON),
        Step(7, "CN", "0", "approved", "p7", NOON),
    ]
    assert active(both, MIDNIGHT) == "0"


def test_states_and_activations_follow_the_day():
    known = lives(APPROVED, SHANGHAI)
    for at, states in ((MIDNIGHT - 1, ["active", "approved"]), (MIDNIGHT, ["replaced", "active"])):
        now = in_force(known.values(), at)
        assert [state_of(life, now, at) for life in known.values()] == states
    assert activations(known.values(), MIDNIGHT - 1) == []
    ((before, after),) = activations(known.values(), MIDNIGHT)
    assert (before.version, after.version) == ("1", "2")


@pytest.mark.parametrize("said", ["CN@2026-11-22", "cn 2026-11-22", " CN@2026-11-22 "])
def test_a_version_is_named_as_people_and_as_decisions_do(said: str):
    assert named(said) == ("CN", "2026-11-22")


@pytest.mark.parametrize("said", ["CN", "./cn.toml", "packs/cn.toml", "", "@2026"])
def test_what_is_no_name_is_none(said: str):
    assert named(said) is None


# Differences.


def test_a_number_that_changed_is_told_with_its_rule_and_articles():
    old = parse_pack(SMALL, "old")
    (change,) = differences(old, parse_pack(SMALL.replace("count = 9", "count = 12"), "new"))
    assert (change.part, change.name, change.field) == ("provision", "limit", "count")
    assert (change.before, change.after, change.since) == ("9 working_day", "12 working_day", "2020-01-01")
    assert [article.id for article in change.articles] == ["new_law 4"]


def test_a_rule_that_changes_from_a_day_is_told_by_what_it_then_does_otherwise():
    split = (
        SMALL
        + '\n[[provisions.limit]]\narticles = ["new_law 5"]\nfrom = 2027-01-01\ncount = 12\nunit = "working_day"\n'
    )
    split = split.replace("count = 9", "count = 9\nto = 2026-12-31")
    told = differences(parse_pack(SMALL, "old"), parse_pack(split, "new"))
    assert {(c.field, c.before, c.after, c.since) for c in told} == {
        ("to", "", "2026-12-31", "2020-01-01"),
        ("count", "9 working_day", "12 working_day", "2027-01-01"),
        ("articles", "new_law 4", "new_law 5", "2027-01-01"),
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("to = 2019-12-31", "to = 2018-12-31"), ("instrument", "old_law", "to", "2019-12-31", "2018-12-31")),
        (
            ('name.zh-Hans = "新法"', 'name.zh-Hans = "更新法"'),
            ("instrument", "new_law", "name", "新法", "更新法"),
        ),
        (('currency = "CNY"', 'currency = "HKD"'), ("pack", "XX", "currency", "CNY", "HKD")),
        (('calendar = "CN"', 'calendar = "CN"\ncountries = ["YY"]'), ("pack", "XX", "countries", "", "YY")),
    ],
)
def test_days_names_and_heads_are_told(change: tuple[str, str], told: tuple[str, ...]):
    found = differences(parse_pack(SMALL, "old"), parse_pack(SMALL.replace(*change), "new"))
    assert told in [(c.part, c.name, c.field, c.before, c.after) for c in found]


def test_words_classes_and_events_are_told():
    extra = '\n[words.buyer]\nconsumer = ["person"]\n[classes]\nfood = { families = ["fresh"] }\n'
    extra += '[events.e]\ndeadlines = [{ answer = "x", provision = "limit" }]\n'
    found = differences(parse_pack(SMALL, "old"), parse_pack(SMALL + extra, "new"))
    assert [(c.part, c.name, c.before, c.after) for c in found] == [
        ("class", "food", "", "food: fresh"),
        ("word", "event", "", "e"),
        ("word", "buyer", "", "consumer, person = consumer"),
        ("event", "e", "", "x limit last"),
    ]


def test_a_version_differs_not_from_itself():
    assert (
        differences(parse_pack(SMALL, "a"), parse_pack(SMALL.replace("2026-01-01", "2026-02-02", 1), "b"))
        == ()
    )


# What a staged text must be.


def test_every_shipped_pack_may_be_staged():
    for pack, text in shipped().values():
        others = [other for other, _ in shipped().values()]
        assert read_staged(text, "shipped", others).version == pack.version


CN = shipped()["CN"][1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SMALL.replace('id = "XX"', 'id = "xx"'), "id is two to sixteen capitals"),
        (SMALL.replace('id = "XX"', "id = 7"), "id is two to sixteen capitals"),
        (SMALL.replace('"2026-01-01"', '"2026-01-01 or so"'), "version is a day"),
        (SMALL.replace("Asia/Shanghai", "Asia/Nowhere"), "Asia/Nowhere"),
        (SMALL.replace('calendar = "CN"', 'calendar = "QQ"'), "calendar 'QQ' is none of CN"),
        (SMALL + "\nalso = ", "cannot be read as TOML"),
        (
            SMALL.replace('id = "XX"', 'id = "XX"\nalso = ["CN"]'),
            "the code CN belongs to the pack CN already",
        ),
        (SMALL.replace("旧法", "旧\u202e法"), "invisible or control characters"),
        ("x" * 2_000_001, "longer than 2,000,000 characters"),
        (SMALL.replace('id = "XX"', 'id = "CN"'), "is missing, which rules ask for"),
    ],
    ids=[
        "small id",
        "number id",
        "version",
        "zone",
        "calendar",
        "toml",
        "clash",
        "hidden",
        "long",
        "lacks words",
    ],
)
def test_a_text_that_cannot_be_the_law_is_refused_in_one_sentence(text: str, told: str):
    with pytest.raises(PackError) as error:
        read_staged(text, "xx.toml", [pack for pack, _ in shipped().values()])
    assert told in str(error.value)
    assert str(error.value).startswith("xx.toml: ")
    assert "\n" not in str(error.value)


def test_a_pack_of_a_known_jurisdiction_must_have_the_numbers_that_rules_read():
    pack, _ = shipped()["CN"]
    code, name = next(
        (code, name)
        for code, spans in pack.provisions.items()
        for name, value in spans[0].values.items()
        if isinstance(value, int) and f"[[provisions.{code}]]" in CN and f"\n{name} = {value}\n" in CN
    )
    begin = CN.index(f"[[provisions.{code}]]")
    at = CN.index(f"\n{name} = ", begin)
    without = CN[:at] + CN[CN.index("\n", at + 1) :]
    with pytest.raises(PackError, match=rf"provisions\.{code} from .* lacks {name}"):
        read_staged(without, "cn.toml")
    as_text = CN[:at] + f'\n{name} = "many"' + CN[CN.index("\n", at + 1) :]
    with pytest.raises(PackError, match=rf"provisions\.{code}\.{name} is 'many'"):
        read_staged(as_text, "cn.toml")


def test_a_version_may_be_corrected_within_its_day():
    assert read_staged(SMALL.replace('"2026-01-01"', '"2026-01-01b"'), "x").day == date(2026, 1, 1)
