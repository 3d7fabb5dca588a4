"""Value classes: what the standard decorator promises holds for ours, and its methods are made when first needed."""

import copy
import dataclasses
import pickle
from dataclasses import field
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.value import dataclass, replace


@dataclass(frozen=True, slots=True)
class Line:
    """A value of every sort of field."""

    sku: str
    units: int = 1
    notes: dict[str, int] = field(default_factory=dict)
    hidden: str = field(default="", repr=False, compare=False)
    track: str = field(default="", kw_only=True)

    @classmethod
    def named(cls) -> str:
        """The name of the class it is asked of."""
        return cls.__name__


@dataclass(frozen=True, slots=True)
class Dear(Line):
    """A value that adds a field to another."""

    price: int = 0

    def __post_init__(self) -> None:
        if self.price < 0:
            raise ValueError("price below nothing")


@dataclass(frozen=True, slots=True)
class Dearest(Dear):
    """A value whose methods ask the class above."""

    @classmethod
    def named(cls) -> str:
        return super().named()

    @property
    def words(self) -> str:
        return super().__repr__()

    def __str__(self) -> str:
        return f"dearest {super().__repr__()}"


@dataclass(frozen=True, slots=True)
class Nothing:
    """A value without fields."""


@dataclass(frozen=True, slots=True, eq=False)
class Itself:
    """Equal to itself alone."""

    name: str


@dataclass(slots=True)
class Changing:
    """Not a value: goes to the standard decorator."""

    name: str


STANDARD = dataclasses.make_dataclass(
    "Line", [("sku", str), ("units", int, 1), ("notes", tuple[str, ...], ())], frozen=True, slots=True
)


@dataclass(frozen=True, slots=True)
class Ours:
    """The same fields as `STANDARD`."""

    sku: str
    units: int = 1
    notes: tuple[str, ...] = ()


FIELDS = st.tuples(
    st.text(max_size=2), st.integers(0, 2), st.lists(st.text(max_size=1), max_size=2).map(tuple)
)


@given(one=FIELDS, other=FIELDS)
def test_values_are_equal_and_hash_as_the_standard_ones(one, other):
    assert (Ours(*one) == Ours(*other)) is (STANDARD(*one) == STANDARD(*other))
    assert len({Ours(*one), Ours(*other)}) == len({STANDARD(*one), STANDARD(*other)})
    assert repr(Ours(*one)).partition("(")[2] == repr(STANDARD(*one)).partition("(")[2]
    assert dataclasses.asdict(Ours(*one)) == dataclasses.asdict(STANDARD(*one))


def test_arguments_are_taken_as_the_standard_decorator_takes_them():
    assert Line("a") == Line(sku="a", units=1, notes={}, track="")
    assert Line("a").notes is not Line("a").notes
    assert Dear("a", 2, {}, "", 9, track="t").price == 9
    for args, named in (
        ((), {}),
        (("a", 1, {}, "", "t"), {}),
        (("a",), {"other": 1}),
        (("a",), {"sku": "b"}),
    ):
        with pytest.raises(TypeError):
            Line(*args, **named)
    with pytest.raises(ValueError, match="below nothing"):
        Dear("a", price=-1)
    assert Nothing() == Nothing() and hash(Nothing()) == hash(Nothing())


def test_what_is_not_compared_or_shown_is_neither():
    assert Line("a", hidden="x") == Line("a", hidden="y")
    assert "hidden" not in repr(Line("a", hidden="x"))
    assert Line("a") != Dear("a")
    assert Itself("a") != Itself("a")


def test_no_field_can_be_set_or_deleted_nor_a_new_one_added():
    line = Line("a")
    for change in (
        lambda: setattr(line, "sku", "b"),
        lambda: delattr(line, "sku"),
        lambda: setattr(line, "x", 1),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    assert line.sku == "a" and not hasattr(line, "__dict__")
    changing = Changing("a")
    changing.name = "b"
    assert changing == Changing("b")


def test_replace_makes_another_value_and_checks_it_as_a_new_one():
    dear = Dear("a", 2, {"x": 1}, "h", price=5, track="t")
    assert replace(dear, units=3) == Dear("a", 3, {"x": 1}, "h", price=5, track="t")
    assert replace(dear, hidden="i").hidden == "i" and dear.hidden == "h"
    assert replace(Itself("a"), name="b").name == "b"
    assert replace(Nothing()) == Nothing()
    assert replace(Changing("a"), name="b") == Changing("b")
    with pytest.raises(TypeError, match="no field 'other'"):
        change: Any = replace
        change(dear, other=1)
    with pytest.raises(ValueError, match="below nothing"):
        replace(dear, price=-1)


def test_values_go_through_replace_match_copy_pickle_and_json():
    dear = Dear("a", 2, {"x": 1}, price=5, track="t")
    assert dataclasses.replace(dear, price=6).price == 6
    for again in (copy.copy(dear), copy.deepcopy(dear), pickle.loads(pickle.dumps(dear))):
        assert again == dear and type(again) is Dear
    match dear:
        case Line(sku, units):
            assert (sku, units) == ("a", 2)
    assert msgspec.json.decode(msgspec.json.encode(dear), type=Dear) == dear
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"sku": "a", "price": -1}, Dear)


def test_super_without_arguments_is_the_class_above():
    assert str(Dearest("a", price=3)).startswith("dearest Dearest(sku='a'")
    assert Dearest.named() == "Dearest"
    assert Dearest("a").words == repr(Dearest("a"))


def test_a_class_compiles_nothing_until_its_first_instance():
    @dataclass(frozen=True, slots=True)
    class Late:
        name: str = "n"

    waiting = Late.__init__
    assert Late().name == "n"
    assert Late.__init__ is not waiting
    assert Late.__init__.__code__.co_varnames == ("self", "name")


def test_classes_share_their_methods_and_make_their_own_only_when_used():
    """Four functions, two closures and a reader a class were 0.5 MB of each console."""

    @dataclass(frozen=True, slots=True)
    class One:
        name: str = "n"

    @dataclass(frozen=True, slots=True)
    class Other:
        units: int = 1

    for method in ("__init__", "__eq__", "__hash__", "__repr__", "__setattr__", "__reduce__"):
        assert getattr(One, method) is getattr(Other, method), method
    first: object = One.__init__
    assert One("a") == One("a") and hash(One("a")) == hash(One("a")) and One("a") != One("b")
    assert One.__init__ is not first
    assert Other.__init__ is first


def test_a_first_instance_that_two_threads_make_at_once_is_made_twice_alike():
    @dataclass(frozen=True, slots=True)
    class Late:
        name: str = "n"

    waiting: Any = Late.__init__
    made = Late("a")
    late = Late("b")
    # What the slower thread had already looked up when the quicker one put the real one in its place.
    waiting(late, "c")
    assert (made, late.name) == (Late("a"), "c")


def test_a_plain_class_below_a_value_makes_the_value_s_init():
    @dataclass(frozen=True, slots=True)
    class Above:
        name: str

    class Below(Above):
        def __init__(self, name: str) -> None:
            super().__init__(name.upper())

    assert Below("a").name == "A"
    assert Above("a").name == "a"
