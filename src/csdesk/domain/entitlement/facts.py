"""Facts of a decision: every one that was stated, asked for by name, never guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date
from decimal import Decimal

from csdesk.domain.clocks.explain import Arg
from csdesk.domain.entitlement.fields import BadFact, Field, Fields, Frame, Moment, quoted
from csdesk.domain.entitlement.pack import ProductClass
from csdesk.domain.money import Money
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class FactError:
    """A fact that cannot be used: its field, and why (`code` and `args` are for the catalogue)."""

    field: str
    code: str
    args: tuple[tuple[str, Arg], ...] = ()


# Before the name that an alias stands for, when the alias says the opposite: seal_intact is not seal_broken.
NOT = "not "


class Faulty(Exception):
    """Facts that exclude each other, found while deciding; ends in a `FactError`."""

    def __init__(self, field: str, code: str, **args: Arg) -> None:
        super().__init__(field, code)
        self.error = FactError(field, code, tuple(args.items()))


class Lacking(Exception):
    """Facts that a rule cannot do without; ends in `needs_info`, which names them."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.names = names


@dataclass(slots=True)
class Facts:
    """The facts that were stated, by name. Asking for one marks it as used; an absent one answers None."""

    values: dict[str, object] = field(default_factory=dict)
    errors: list[FactError] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    used: dict[str, None] = field(default_factory=dict)

    def get(self, name: str) -> object:
        value = self.values.get(name)
        if value is not None:
            self.used[name] = None
        return value

    def has(self, *names: str) -> bool:
        """Whether all of them were stated."""
        return all(name in self.values for name in names)

    def any(self, *names: str) -> bool:
        """Whether one of them was stated."""
        return any(name in self.values for name in names)

    def require(self, *names: str) -> None:
        """Lacking, which names all of these that were not stated."""
        absent = tuple(name for name in names if name not in self.values)
        if absent:
            raise Lacking(*absent)

    def flag(self, name: str) -> bool | None:
        value = self.get(name)
        return value if isinstance(value, bool) else None

    def true(self, name: str) -> bool:
        """Whether it was stated to be so; not stated is not so. Only for what a party must show."""
        return self.get(name) is True

    def the_flag(self, name: str) -> bool:
        value = self.flag(name)
        if value is None:
            raise Lacking(name)
        return value

    def word(self, name: str) -> str | None:
        value = self.get(name)
        return value if isinstance(value, str) else None

    def the_word(self, name: str) -> str:
        value = self.word(name)
        if value is None:
            raise Lacking(name)
        return value

    def moment(self, name: str) -> Moment | None:
        value = self.get(name)
        return value if isinstance(value, Moment) else None

    def day(self, name: str) -> date | None:
        value = self.moment(name)
        return None if value is None else value.day

    def the_day(self, name: str) -> date:
        value = self.day(name)
        if value is None:
            raise Lacking(name)
        return value

    def count(self, name: str) -> int | None:
        value = self.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def the_count(self, name: str) -> int:
        value = self.count(name)
        if value is None:
            raise Lacking(name)
        return value

    def money(self, name: str) -> Money | None:
        value = self.get(name)
        return value if isinstance(value, Money) else None

    def the_money(self, name: str) -> Money:
        value = self.money(name)
        if value is None:
            raise Lacking(name)
        return value

    def rate(self, name: str) -> Decimal | None:
        value = self.get(name)
        return value if isinstance(value, Decimal) else None

    def product(self) -> ProductClass | None:
        value = self.get("product_class")
        return value if isinstance(value, ProductClass) else None

    def the_product(self) -> ProductClass:
        value = self.product()
        if value is None:
            raise Lacking("product_class")
        return value

    def items(self, name: str) -> tuple[object, ...]:
        value = self.get(name)
        return value if isinstance(value, tuple) else ()

    def records(self, name: str) -> tuple["Facts", ...]:
        return tuple(item for item in self.items(name) if isinstance(item, Facts))


def read_fields(raw: Mapping[str, object], fields: Fields, aliases: Mapping[str, str], frame: Frame) -> Facts:
    """All that was stated, read; every fault and every unknown name is collected, none stops the others.

    A null is a fact not stated, unless the field reads a null. An alias is another name of a field (or of its
    opposite): stating both differently is a fault, but for moments: received and signed may differ, and the
    field's own name counts.
    """
    facts = Facts()
    for said, value in raw.items():
        name = aliases.get(str(said), str(said))
        opposite = name.startswith(NOT)
        if opposite:
            name = name.removeprefix(NOT)
        reader = fields.get(name)
        if reader is None:
            facts.unknown.append(quoted(said))
        elif value is not None or reader.null:
            try:
                read = reader.read(reader.null if value is None else value, frame)
            except BadFact as bad:
                facts.errors.append(FactError(quoted(said), bad.code, tuple(bad.params.items())))
                continue
            if opposite:
                read = not read
            if isinstance(read, Moment) and name in facts.values:
                facts.values[name] = read if said == name else facts.values[name]
            elif facts.values.setdefault(name, read) != read:
                facts.errors.append(FactError(quoted(said), "contradicts", (("other", name),)))
    return facts


def out_of_order(facts: Facts, order: Iterable[tuple[str, str]]) -> list[FactError]:
    """The faults of moments that were stated to come before what they follow; equal days are in order."""
    found = []
    for earlier, later in order:
        first, second = facts.values.get(earlier), facts.values.get(later)
        if isinstance(first, Moment) and isinstance(second, Moment) and first.after(second):
            found.append(FactError(later, "before", (("other", earlier), ("day", first.day.isoformat()))))
    return found


def record(fields: Fields) -> Field:
    """An object with these fields, each of them optional; read into a `Facts` of its own."""

    def read(value: object, frame: Frame) -> "Facts":
        if not isinstance(value, Mapping):
            raise BadFact("not_an_object")
        found = read_fields(value, fields, {}, frame)
        if found.errors:
            inner = found.errors[0]
            raise BadFact("inside", part=inner.field, why=inner.code)
        return found

    return Field(read, "record")
