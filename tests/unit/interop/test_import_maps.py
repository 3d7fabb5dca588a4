"""Import maps: the shipped ones load, and a bad one is told by file and place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from csdesk.interop.faults import ImportFault
from csdesk.interop.maps import SHAPES, load_map, shipped

GOOD = {
    "map": 'name = "x"',
    "customers": 'when = "id"\nid = "id"',
}


def toml(**changed: str) -> str:
    return "\n".join(f"[{name}]\n{body}" for name, body in {**GOOD, **changed}.items())


def test_the_shipped_maps_load():
    assert set(shipped()) == {"retail", "articles", "canned", "complaints"}
    taken = [name for map_ in shipped() for name in load_map(map_).sections]
    assert sorted(taken) == sorted(SHAPES)


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


def test_a_map_without_any_kind_of_record(write: Callable[..., Path]):
    with pytest.raises(ImportFault, match="has none of customers"):
        load_map(str(write("own.toml", '[map]\nname = "x"')))
