"""Value classes beside the standard decorator, in one run: making a class, an instance, comparing, replacing.

    python benchmarks/values.py [--runs 300]

Microseconds each, the median of seven rounds. `docs/decisions/0013` says why it matters.
"""

import argparse
import dataclasses
import statistics
import timeit
from collections.abc import Callable
from typing import Any

from csdesk.domain import value
from csdesk.domain.cases.case import Case, Kind

ROUNDS = 7


def body() -> type:
    """A class of four fields, as a command is."""

    class Command:
        """What somebody does."""

        line: int
        note: str = "x"
        units: tuple[int, ...] = ()
        due: float | None = None

    return Command


def each(call: Callable[[], object], runs: int) -> float:
    """Microseconds of one call."""
    return statistics.median(timeit.repeat(call, number=runs, repeat=ROUNDS)) / runs * 1e6


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=300)
    runs = options.parse_args().runs
    standard: Any = dataclasses.dataclass(frozen=True, slots=True)
    ours: Any = value.dataclass(frozen=True, slots=True)
    bare, few, many = each(body, runs), runs, runs * 300
    print(f"{'':<28}{'standard µs':>12}{'ours µs':>10}")
    classes = (each(lambda: standard(body()), few) - bare, each(lambda: ours(body()), few) - bare)
    print(f"{'a class of four fields':<28}{classes[0]:>12.1f}{classes[1]:>10.1f}")
    made = [decorate(body()) for decorate in (standard, ours)]
    instances = [each(lambda cls=cls: cls(1, "y"), many) for cls in made]
    print(f"{'an instance of it':<28}{instances[0]:>12.2f}{instances[1]:>10.2f}")
    pairs = [(cls(1, "y"), cls(1, "y")) for cls in made]
    compared = [each(lambda a=a, b=b: a == b, many) for a, b in pairs]
    print(f"{'comparing two':<28}{compared[0]:>12.2f}{compared[1]:>10.2f}")
    fields = {f.name for f in dataclasses.fields(Case) if f.default is dataclasses.MISSING} - {"kind"}
    fields = {
        name for name in fields if Case.__dataclass_fields__[name].default_factory is dataclasses.MISSING
    }
    case: Any = Case(kind=Kind.RETURN, **dict.fromkeys(fields, ""))
    swapped = [each(lambda f=f: f(case, state="y"), runs * 30) for f in (dataclasses.replace, value.replace)]
    print(f"{'one field of a case replaced':<28}{swapped[0]:>12.2f}{swapped[1]:>10.2f}")


if __name__ == "__main__":
    main()
