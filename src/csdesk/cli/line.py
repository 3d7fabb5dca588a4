"""What a command takes, said without Typer: a plain line is read here; help and every mistake are Typer's.

Typer takes as long to load as all that a short command does. So a command that scripts ask again and again says what
it takes by `Option` and `Argument` of this module, with the words that Typer's have; `typed` makes Typer's of them.
Whatever is not plain (help, an unknown word, a value that may be wrong) `plain` leaves to Typer: it never judges.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any

from csdesk.domain.value import dataclass

Command = Callable[..., None]
# What is known to change nothing in how a value is read but the limits, which are looked at.
_KNOWN = frozenset({"help", "show_default", "min", "max"})
_DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Taken:
    """One thing that a command takes. `names`: as they are typed; none for an argument. `told`: the rest, for Typer."""

    default: Any
    names: tuple[str, ...]
    told: Mapping[str, Any]


def Option(default: Any, *names: str, **told: Any) -> Any:
    """As `typer.Option`; every name is written out."""
    return Taken(default, names, told)


def Argument(default: Any, **told: Any) -> Any:
    """As `typer.Argument`."""
    return Taken(default, (), told)


FILE = Option(
    None,
    "--file",
    "--server",
    help="The desk's file, the address of its database, or its server: https://HOST or unix:PATH.",
    show_default=False,
)
AGENT = Option(None, "--agent", help="Who acts; the login's agent when absent.", show_default=False)
LANGUAGE = Option(None, "--language", help="zh-Hans, zh-Hant or en.", show_default=False)
JSON = Option(False, "--json", help="Answer in JSON.")


def typers(taken: Taken) -> Any:
    """The same for Typer."""
    import typer

    if taken.names:
        return typer.Option(taken.default, *taken.names, **taken.told)
    return typer.Argument(taken.default, **taken.told)


def typed(command: Command) -> Command:
    """The command with what it takes as Typer wants it; one that is written for Typer stays as it is."""
    assert isinstance(command, FunctionType)
    defaults = tuple(typers(one) if isinstance(one, Taken) else one for one in command.__defaults__ or ())
    made = FunctionType(
        command.__code__, command.__globals__, command.__name__, defaults, command.__closure__
    )
    made.__doc__, made.__annotations__ = command.__doc__, command.__annotations__
    return made


def plain(command: Command, words: Sequence[str]) -> Callable[[], None] | None:
    """The command with what `words` say, ready to be called; None when they are for Typer to read."""
    taken = inspect.signature(command).parameters
    if any(not isinstance(one.default, Taken) or set(one.default.told) - _KNOWN for one in taken.values()):
        return None
    options = {spelt: name for name, one in taken.items() for spelt in one.default.names}
    places = [name for name, one in taken.items() if not one.default.names]
    found: dict[str, Any] = {}
    left = iter(words)
    for word in left:
        said: str | None = word
        if word.startswith("-"):
            spelt, equals, value = word.partition("=")
            name = options.get(spelt, "")
            said = value if equals else None
            if name and not equals and taken[name].annotation is not bool:
                said = next(left, "-")
        else:
            name = places.pop(0) if places else ""
        if not name or name in found or (said or "").startswith("-"):
            return None
        read = _read(taken[name].annotation, taken[name].default.told, said)
        if read is None:
            return None
        found[name] = read
    return partial(command, **{name: one.default.default for name, one in taken.items()} | found)


def _read(wanted: Any, told: Mapping[str, Any], said: str | None) -> Any:
    """A value of one word; None where Typer must look at it."""
    if wanted is bool:
        return True if said is None else None
    if said is not None and wanted in (str, str | None):
        return said
    if wanted is int and said and set(said) <= _DIGITS and len(said) <= 9:
        number = int(said)
        return number if told.get("min", 0) <= number <= told.get("max", number) else None
    return None
