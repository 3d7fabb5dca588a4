"""The value class: `dataclasses.dataclass` for frozen, slotted classes, whose methods are made when first needed.

A command line that runs for a third of a second makes some 450 classes and instances of a tenth of them. The
standard decorator compiles six functions for each (0.36 ms a class on Python 3.11); this one compiles none: the
`__init__` of a class is made at its first call, equality and hash are one function for all (0.02 ms a class). Fields,
`replace`, `asdict`, `match` and msgspec work as ever. `benchmarks/values.py` prints the numbers.
"""

import dataclasses
from collections.abc import Callable, Iterable
from operator import attrgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any, Never

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """As `dataclasses.replace`, in a tenth of its time: a case has 47 fields, and each event changes a few."""
        cls = type(value)
        if cls.__reduce__ is not _reduce:
            return dataclasses.replace(value, **changes)
        copied = _COPIES.get(cls) or _copy(cls)
        made = copied(value, changes)
        if hasattr(cls, "__post_init__"):
            made.__post_init__()
        return made

    def dataclass(cls: type | None = None, /, **options: Any) -> Any:
        """As `dataclasses.dataclass`; classes that are not both frozen and slotted go to it."""
        if cls is None:
            return lambda found: dataclass(found, **options)
        compared = options.pop("eq", True)
        if options != {"frozen": True, "slots": True}:
            return dataclasses.dataclass(cls, eq=compared, **options)
        return _value(cls, compared)


__all__ = ["dataclass", "replace"]

_MISSING = dataclasses.MISSING


def _value(cls: type, compared: bool) -> type:
    """The class with slots, fields and the methods of a value; its own `__eq__` and `__repr__` stay."""
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    own = cls.__dict__
    _tell_super(own.values(), made)
    made.__init__ = _first
    made.__setattr__ = made.__delattr__ = _frozen
    made.__reduce__ = _reduce
    if "__repr__" not in own:
        made.__repr__ = _repr
    if compared and "__eq__" not in own:
        made.__eq__ = _equal
        made.__hash__ = _hash
    return made  # type: ignore[no-any-return]


def _tell_super(members: Iterable[object], made: type) -> None:
    """Slots make a second class of the first: the cell that `super()` reads, one for all methods, is told of it."""
    for member in members:
        method: Any = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
        if isinstance(method, FunctionType) and "__class__" in (names := method.__code__.co_freevars):
            cells: Any = method.__closure__
            cells[names.index("__class__")].cell_contents = made
            return


def _first(self: Any, /, *args: Any, **named: Any) -> None:
    """The `__init__` of each class until its first instance: makes the real one, puts it in its place, calls it."""
    values: list[Any] = [cls for cls in type(self).__mro__ if cls.__dict__.get("__reduce__") is _reduce]
    # Another thread may have made it meanwhile: then it is made twice, alike.
    cls = next((cls for cls in values if cls.__dict__["__init__"] is _first), values[0])
    cls.__init__ = real = _init(cls)
    real(self, *args, **named)


def _init(cls: Any) -> Callable[..., None]:
    """The real `__init__`: each field set through its slot, which is not asked whether it may; of a large class as
    one of its open twin.
    """
    names: dict[str, Any] = {}
    plain: list[str] = []
    named: list[str] = []
    lines: list[str] = []
    fields = dataclasses.fields(cls)
    large = len(fields) >= _LARGE
    for field in fields:
        name = field.name
        names[f"_set_{name}"] = getattr(cls, name).__set__
        taken, value = name, name
        if field.default is not _MISSING:
            names[f"_default_{name}"] = field.default
            taken = f"{name}=_default_{name}"
        elif field.default_factory is not _MISSING:
            names[f"_factory_{name}"] = field.default_factory
            taken, value = f"{name}=_missing", f"_factory_{name}() if {name} is _missing else {name}"
        (named if field.kw_only else plain).append(taken)
        lines.append(f"    self.{name} = {value}" if large else f"    _set_{name}(self, {value})")
    if large:
        names |= {"_open": _open_twin(cls), "_become": _BECOME, "_own": cls}
        lines = ["    _become(self, _open)", "    try:", *(f"    {line}" for line in lines)]
        lines += ["    finally:", "        _become(self, _own)"]
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    names["_missing"] = _MISSING
    signature = ", ".join(["self", *plain, *(["*", *named] if named else [])])
    exec(f"def __init__({signature}):\n" + "\n".join(lines or ["    pass"]), names)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


# A field set through its slot costs 50 ns, one of an ordinary class 5; becoming one and back 150.
_LARGE = 6
_BECOME: Any = object.__dict__["__class__"].__set__
_COPIES: dict[type, Callable[[Any, dict[str, Any]], Any]] = {}


def _open_twin(cls: Any) -> type:
    """A class with the same slots whose fields can be set: a value is one of it while it is made, never longer."""
    slots = cls.__dict__["__slots__"]
    return type(cls.__name__, cls.__bases__, {"__slots__": slots, "__setattr__": object.__setattr__})


def _copy(cls: Any) -> Callable[[Any, dict[str, Any]], Any]:
    """What copies a value of this class with some fields changed."""
    twin, fields = _open_twin(cls), dataclasses.fields(cls)
    lines = [
        "def copy(value, changes):",
        "    made = _new(_open)",
        *(f"    made.{field.name} = value.{field.name}" for field in fields),
        "    for name, changed in changes.items():",
        "        if name not in _names:",
        "            raise TypeError(f'a {_own.__name__} has no field {name!r}')",
        "        _put(made, name, changed)",
        "    _become(made, _own)",
        "    return made",
    ]
    names: dict[str, Any] = {
        "_new": object.__new__, "_open": twin, "_own": cls, "_become": _BECOME, "_put": object.__setattr__,
        "_names": frozenset(field.name for field in fields),
    }  # fmt: skip
    exec("\n".join(lines), names)
    made: Callable[[Any, dict[str, Any]], Any] = names["copy"]
    _COPIES[cls] = made
    return made


class _Readers(dict[type, Callable[[Any], Any]]):
    """What two values of a class are compared by, made at its first comparison: the one field, or a tuple of all."""

    def __missing__(self, cls: Any) -> Callable[[Any], Any]:
        names = [field.name for field in dataclasses.fields(cls) if field.compare]
        read = self[cls] = attrgetter(*names) if names else _nothing
        return read


_READERS = _Readers()


def _nothing(_: Any) -> tuple[()]:
    return ()


def _equal(self: Any, other: object) -> bool:
    cls = self.__class__
    if other.__class__ is not cls:
        return NotImplemented  # type: ignore[no-any-return]  # Python then asks the other
    if self is other:
        return True
    read = _READERS[cls]
    return bool(read(self) == read(other))


def _hash(self: Any) -> int:
    return hash(_READERS[self.__class__](self))


def _frozen(self: object, name: str, *_: object) -> Never:
    """No field of a value can be set or deleted."""
    raise dataclasses.FrozenInstanceError(f"cannot change field {name!r} of a {type(self).__name__}")


def _repr(self: Any) -> str:
    told = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{type(self).__qualname__}({', '.join(told)})"


_Insides = tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]
_INSIDES: dict[type, _Insides] = {}


def _insides(cls: type) -> _Insides:
    """The names of a class's fields, and what reads them all."""
    found = _INSIDES.get(cls)
    if found is None:
        names = tuple(field.name for field in dataclasses.fields(cls))
        read: Callable[[Any], Any] = attrgetter(*names) if len(names) > 1 else _few(names)
        found = _INSIDES[cls] = names, read
    return found


def _few(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda value: tuple(getattr(value, name) for name in names)


def _told(value: Any) -> dict[str, Any]:
    names, read = _insides(type(value))
    return dict(zip(names, read(value), strict=True))


def _reduce(self: Any) -> tuple[Any, ...]:
    """How a value is copied and pickled: made anew from its fields."""
    return _made, (type(self), _told(self))


def _made(cls: type, told: dict[str, Any]) -> Any:
    return cls(**told)
