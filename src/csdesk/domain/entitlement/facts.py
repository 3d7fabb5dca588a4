"""Facts of a decision: read strictly from plain JSON, asked for by name, never guessed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation

from csdesk.domain.clocks.explain import Arg
from csdesk.domain.entitlement.pack import Pack, ProductClass
from csdesk.domain.money import BadAmount, Money
from csdesk.domain.money import parse as parse_money

# Days outside this century are slips of the pen. It is no longer than the longest period, so that no two days
# lie further apart than can be counted.
FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2079, 12, 31)
MOST, MOST_DAYS = 10**9, 10_000
LONGEST_TEXT = 10_000
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_SAID = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class FactError:
    """A fact that cannot be used: its field, and why (`code` and `args` are for the catalogue)."""

    field: str
    code: str
    args: tuple[tuple[str, Arg], ...] = ()


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


class BadFact(Exception):
    """A value that is not what its field holds."""

    def __init__(self, code: str, **args: Arg) -> None:
        super().__init__(code)
        self.code = code
        self.params = args


@dataclass(frozen=True, slots=True)
class Moment:
    """A day in the desk's zone, and the instant (UTC ms) when one was stated."""

    day: date
    ms: int | None = None

    def after(self, other: "Moment") -> bool:
        """Whether this comes later: by instant when both have one, else by day."""
        if self.ms is not None and other.ms is not None:
            return self.ms > other.ms
        return self.day > other.day


@dataclass(frozen=True, slots=True)
class Frame:
    """What facts are read against: the pack's words and currency, the zone, and now (None: unknown)."""

    pack: Pack
    currency: str
    zone: tzinfo
    now: Moment | None = None


# A field reads a JSON value into what rules use; BadFact when it cannot.
Field = Callable[[object, Frame], object]
Fields = Mapping[str, Field]


def flag(value: object, frame: Frame) -> bool:
    """True or false, also as the words."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _SAID:
        return _SAID[value.strip().lower()]
    raise BadFact("not_a_flag")


def text(value: object, frame: Frame) -> str:
    """Any text, never interpreted but by the patterns of the pack."""
    if not isinstance(value, str):
        raise BadFact("not_text")
    return value[:LONGEST_TEXT]


def count(value: object, frame: Frame) -> int:
    """A whole number from 0 up: days, months, pieces, kilometres."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= MOST:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadFact("not_a_count")
    if not 0 <= value <= MOST:
        raise BadFact("count_out_of_range", most=MOST)
    return value


def days(value: object, frame: Frame) -> int:
    """A number of days or months that a period may have."""
    number = count(value, frame)
    if number > MOST_DAYS:
        raise BadFact("count_out_of_range", most=MOST_DAYS)
    return number


def rate(value: object, frame: Frame) -> Decimal:
    """A share from 0 to 1, such as 0.005."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadFact("not_a_rate")
    try:
        number = Decimal(str(value)[:32])
    except InvalidOperation:
        raise BadFact("not_a_rate") from None
    if not number.is_finite() or not 0 <= number <= 1:
        raise BadFact("not_a_rate")
    return number


def money(value: object, frame: Frame) -> Money:
    """An amount in major units (yuan), as a number or as text; never negative, never finer than a fen."""
    if not isinstance(value, int | float | str):
        raise BadFact("not_a_number")
    try:
        return parse_money(value, frame.currency)
    except BadAmount as bad:
        raise BadFact(bad.code, **bad.params) from None


def moment(value: object, frame: Frame) -> Moment:
    """A day (2026-03-02), an instant with its zone (2026-03-02T10:00:00+08:00), or UTC milliseconds."""
    return _in_span(_read_moment(value, frame))


def past(value: object, frame: Frame) -> Moment:
    """A moment that must have come: it may not lie after now."""
    read = _read_moment(value, frame)
    if frame.now is not None and read.after(frame.now):
        raise BadFact("after_now", now=frame.now.day.isoformat())
    return _in_span(read)


def _read_moment(value: object, frame: Frame) -> Moment:
    try:
        if isinstance(value, str):
            return _moment(value.strip(), frame.zone)
        if isinstance(value, int) and not isinstance(value, bool):
            at = _EPOCH + _MILLISECOND * value
            return Moment(at.astimezone(frame.zone).date(), value)
    except (ValueError, OverflowError):
        raise BadFact("not_a_day") from None
    raise BadFact("not_a_day")


def _in_span(read: Moment) -> Moment:
    if not FIRST_DAY <= read.day <= LAST_DAY:
        raise BadFact("day_out_of_range", first=FIRST_DAY.isoformat(), last=LAST_DAY.isoformat())
    return read


def product_class(value: object, frame: Frame) -> ProductClass:
    """A class of goods that the pack knows."""
    found = frame.pack.product_class(value) if isinstance(value, str) else None
    if found is None:
        raise BadFact("unknown_class", said=_shown(value))
    return found


def word(vocabulary: str) -> Field:
    """A field that says one of the words of that vocabulary of the pack."""

    def read(value: object, frame: Frame) -> str:
        known = frame.pack.words[vocabulary]
        plain = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
        found = known.find(str(value)) if plain else None
        if found is None:
            raise BadFact("unknown_word", said=_shown(value), allowed=", ".join(known.words))
        return found

    return read


def each(item: Field) -> Field:
    """A list of such values; one value alone is a list of one."""

    def read(value: object, frame: Frame) -> tuple[object, ...]:
        values = value if isinstance(value, list | tuple) else [value]
        if len(values) > 1000:
            raise BadFact("too_many", most=1000)
        return tuple(item(one, frame) for one in values)

    return read


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

    return read


def either(*choices: Field) -> Field:
    """What the first of the fields can read; the fault of the last when none can."""

    def read(value: object, frame: Frame) -> object:
        for choice in choices[:-1]:
            try:
                return choice(value, frame)
            except BadFact:
                continue
        return choices[-1](value, frame)

    return read


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

    A null is a fact not stated. An alias is another name of a field: stating both differently is a fault.
    """
    facts = Facts()
    for said, value in raw.items():
        name = aliases.get(str(said), str(said))
        reader = fields.get(name)
        if reader is None:
            facts.unknown.append(_shown(said))
        elif value is not None:
            try:
                read = reader(value, frame)
            except BadFact as bad:
                facts.errors.append(FactError(_shown(said), bad.code, tuple(bad.params.items())))
                continue
            if facts.values.setdefault(name, read) != read:
                facts.errors.append(FactError(_shown(said), "contradicts", (("other", name),)))
    return facts


def out_of_order(facts: Facts, order: Iterable[tuple[str, str]]) -> list[FactError]:
    """The faults of moments that were stated to come before what they follow; equal days are in order."""
    found = []
    for earlier, later in order:
        first, second = facts.values.get(earlier), facts.values.get(later)
        if isinstance(first, Moment) and isinstance(second, Moment) and first.after(second):
            found.append(FactError(later, "before", (("other", earlier), ("day", first.day.isoformat()))))
    return found


def _moment(said: str, zone: tzinfo) -> Moment:
    if len(said) == 10:
        return Moment(date.fromisoformat(said))
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise BadFact("no_zone")
    return Moment(at.astimezone(zone).date(), (at - _EPOCH) // _MILLISECOND)


def _shown(value: object) -> str:
    """A stranger's word as an error may repeat it: short and printable."""
    said = "".join(char for char in str(value)[:60] if char.isprintable())
    return said[:40]
