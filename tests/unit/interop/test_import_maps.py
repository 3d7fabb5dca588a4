"""Import maps: the shipped ones load, and a bad one is told by file and place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.interop.faults import ImportFault
from csdesk.interop.maps import SHAPES, _direct, load_map, shipped

GOOD = {
    "map": 'name = "x"',
    "customers": 'when = "id"\nid = "id"',
}


def toml(**changed: str) -> str:
    return "\n".join(f"[{name}]\n{body}" for name, body in {**GOOD, **changed}.items())


def test_the_shipped_maps_load():
    cases = {"retail", "articles", "canned", "complaints"}
    others = {"zendesk", "freshdesk", "zammad", "chatwoot", "tickets_csv"}
    assert set(shipped()) == cases | others | {
        "tracking",
        "kdniao",
        "kuaidi100",
        "couriers",
        "freshdesk_export",
    }
    taken = [name for map_ in shipped() for name in load_map(map_).sections]
    assert set(taken) == set(SHAPES)


def test_a_map_is_recognised_again_by_its_bytes(write: Callable[..., Path]):
    one, same = write("a.toml", toml()), write("b.toml", toml())
    other = write("c.toml", toml(map='name = "x"\ncurrency = "CNY"'))
    assert load_map(str(one)).stamp == load_map(str(same)).stamp != load_map(str(other)).stamp


def test_a_map_that_is_not_there_names_those_that_are():
    with pytest.raises(ImportFault, match="retail") as caught:
        load_map("retial")
    assert caught.value.code == "unknown_map"


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"map": "name ="}, "the file"),
        ({"map": ""}, "map"),
        ({"map": 'name = "x"\ncolour = 1'}, "map"),
        ({"map": 'name = "x"\nformat = "xml"'}, "map"),
        ({"map": 'name = "x"\ncurrency = "coins"'}, "map.currency"),
        ({"map": 'name = "x"\nzone = "Mars/Olympus"'}, "map.zone"),
        ({"map": 'name = "x"\nzone = "../etc"'}, "map.zone"),
        ({"goods": "a = 1"}, "goods"),
        ({"customers": 'id = "id"'}, "customers.when"),
        ({"customers": 'when = "id"'}, "customers.id"),
        ({"customers": 'when = "id"\nid = "a["'}, "customers.id"),
        ({"customers": 'when = "id"\nid = 5'}, "customers.id"),
        ({"customers": 'when = "id"\nid = { pfad = "id" }'}, "customers.id"),
        ({"customers": 'when = "id"\nid = { path = "id", match = "(" }'}, "customers.id"),
        ({"customers": 'when = "id"\nid = { path = "id", match = "x" }'}, "customers.id"),
        ({"customers": 'when = "nothing(@)"\nid = "id"\nnick = "x"'}, "customers.nick"),
        ({"customers": 'when = "id"\nid = "id"\nrepeats = "yes"'}, "customers.repeats"),
        ({"customers": 'when = "id"\nid = "id"\ncheck = ["all"]'}, "customers.check"),
        ({"orders": 'when = "a"\nid = "a"\ncustomer = "b"\nstatus = "c"\nlines = 3'}, "orders.lines"),
        ({"canned": 'when = "a"\nid = "a"\ntitle = "b"\nbody = "c"\nslots = "d"'}, "canned.slots"),
    ],
)
def test_a_bad_map_is_told_by_its_place(write: Callable[..., Path], changed: dict[str, str], place: str):
    path = write("own.toml", toml(**changed))
    with pytest.raises(ImportFault) as caught:
        load_map(str(path))
    assert (caught.value.code, caught.value.details["place"]) == ("bad_map", place)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


names = st.sampled_from(["a", "b", "c d", "_key"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 1) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
expressions = st.recursive(
    names.map(lambda name: f'"{name}"') | st.just("@"),
    lambda inner: st.one_of(
        st.tuples(inner, names).map(lambda two: f'({two[0]})."{two[1]}"'),
        st.lists(inner, min_size=1, max_size=3).map(lambda many: f"[{', '.join(many)}]"),
        st.tuples(inner, inner).map(" || ".join),
    ),
    max_leaves=5,
)


@given(expression=expressions, data=values)
def test_what_is_looked_up_directly_is_what_jmespath_finds(expression: str, data: Any):
    compiled = jmespath.compile(expression)
    direct = _direct(compiled.parsed)
    assert direct is not None
    assert repr(direct(data)) == repr(compiled.search(data))


@pytest.mark.parametrize("expression", ["a[0]", "a[]", "keys(@)", "'x'", "{x: a}", "a && b", "a | b", "!a"])
def test_other_expressions_are_left_to_jmespath(expression: str):
    assert _direct(jmespath.compile(expression).parsed) is None


def test_a_map_without_any_kind_of_record(write: Callable[..., Path]):
    with pytest.raises(ImportFault, match="has none of customers"):
        load_map(str(write("own.toml", '[map]\nname = "x"')))
