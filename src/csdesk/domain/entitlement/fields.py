"""Fields of facts: how each JSON value is read, strictly, into what rules use, and the shape it has for a person."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Literal

from csdesk.domain.clocks.explain import Arg
from csdesk.domain.entitlement.pack import Pack, ProductClass
from csdesk.domain.money import BadAmount, Money
from csdesk.domain.money import parse as parse_money
from csdesk.domain.value import dataclass

# Days outside this century are slips of the pen. It is no longer than the longest period, so that no two days
# lie further apart than can be counted.
FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2079, 12, 31)
MOST, MOST_DAYS = 10**9, 10_000
LONGEST_TEXT = 10_000
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_SAID = {"true": True, "yes": True, "false": False, "no": False}


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


ShapeName = Literal[
    "flag", "word", "moment", "money", "count", "rate", "product_class", "text", "list", "record"
]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a person enters in a field: `words` are the only ones it takes (also as members of a `list`)."""

    name: ShapeName
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """How a field reads a JSON value into what rules use (BadFact when it cannot), and the shape of that value.

    vocabulary: whose words of the pack it takes, where its shape is `word`. null: what a null says; "" nothing.
    """

    read: Callable[[object, Frame], object]
    name: ShapeName
    vocabulary: str = ""
    null: str = ""

    def shape(self, pack: Pack) -> Shape:
        """The shape under that pack; of a class of goods by the one name that rules know."""
        if self.name == "product_class":
            return Shape(self.name, tuple(dict.fromkeys(known.name for known in pack.classes.values())))
        return Shape(self.name, pack.words[self.vocabulary].words if self.vocabulary else ())


Fields = Mapping[str, Field]


def _read_flag(value: object, frame: Frame) -> bool:
    """True or false, also as the words."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _SAID:
        return _SAID[value.strip().lower()]
    raise BadFact("not_a_flag")


def _read_text(value: object, frame: Frame) -> str:
    """Any text, never interpreted but by the patterns of the pack."""
    if not isinstance(value, str):
        raise BadFact("not_text")
    return value[:LONGEST_TEXT]


def _read_count(value: object, frame: Frame) -> int:
    """A whole number from 0 up: days, months, pieces, kilometres."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= MOST:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadFact("not_a_count")
    if not 0 <= value <= MOST:
        raise BadFact("count_out_of_range", most=MOST)
    return value


def _read_days(value: object, frame: Frame) -> int:
    """A number of days or months that a period may have."""
    number = _read_count(value, frame)
    if number > MOST_DAYS:
        raise BadFact("count_out_of_range", most=MOST_DAYS)
    return number


def _read_rate(value: object, frame: Frame) -> Decimal:
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


def _read_money(value: object, frame: Frame) -> Money:
    """An amount in major units (yuan), as a number or as text; never negative, never finer than a fen."""
    if not isinstance(value, int | float | str):
        raise BadFact("not_a_number")
    try:
        return parse_money(value, frame.currency)
    except BadAmount as bad:
        raise BadFact(bad.code, **bad.params) from None


def read_moment(value: object, frame: Frame) -> Moment:
    """A day (2026-03-02), an instant with its zone (2026-03-02T10:00:00+08:00), or UTC milliseconds."""
    return _in_span(_read_when(value, frame))


def _read_past(value: object, frame: Frame) -> Moment:
    """A moment that must have come: it may not lie after now."""
    read = _read_when(value, frame)
    if frame.now is not None and read.after(frame.now):
        raise BadFact("after_now", now=frame.now.day.isoformat())
    return _in_span(read)


def _read_when(value: object, frame: Frame) -> Moment:
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


def _read_product_class(value: object, frame: Frame) -> ProductClass:
    """A class of goods that the pack knows."""
    found = frame.pack.product_class(value) if isinstance(value, str) else None
    if found is None:
        raise BadFact("unknown_class", said=quoted(value))
    return found


flag = Field(_read_flag, "flag")
text = Field(_read_text, "text")
count = Field(_read_count, "count")
days = Field(_read_days, "count")
rate = Field(_read_rate, "rate")
money = Field(_read_money, "money")
moment = Field(read_moment, "moment")
past = Field(_read_past, "moment")
product_class = Field(_read_product_class, "product_class")


def word(vocabulary: str, null: str = "") -> Field:
    """A field that says one of the words of that vocabulary of the pack; a null may say one too."""

    def read(value: object, frame: Frame) -> str:
        known = frame.pack.words[vocabulary]
        plain = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
        found = known.find(str(value)) if plain else None
        if found is None:
            raise BadFact("unknown_word", said=quoted(value), allowed=", ".join(known.words))
        return found

    return Field(read, "word", vocabulary, null)


def told(vocabulary: str) -> Field:
    """A text whose word the rule itself looks up in that vocabulary, and faults when it is none."""
    return Field(_read_text, "word", vocabulary)


def each(item: Field) -> Field:
    """A list of such values; one value alone is a list of one."""

    def read(value: object, frame: Frame) -> tuple[object, ...]:
        values = value if isinstance(value, list | tuple) else [value]
        if len(values) > 1000:
            raise BadFact("too_many", most=1000)
        return tuple(item.read(one, frame) for one in values)

    return Field(read, "list", item.vocabulary)


def either(*choices: Field) -> Field:
    """What the first of the fields can read; the fault of the last when none can, whose shape it has."""

    def read(value: object, frame: Frame) -> object:
        for choice in choices[:-1]:
            try:
                return choice.read(value, frame)
            except BadFact:
                continue
        return choices[-1].read(value, frame)

    return Field(read, choices[-1].name, choices[-1].vocabulary)


def _moment(said: str, zone: tzinfo) -> Moment:
    if len(said) == 10:
        return Moment(date.fromisoformat(said))
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise BadFact("no_zone")
    return Moment(at.astimezone(zone).date(), (at - _EPOCH) // _MILLISECOND)


def quoted(value: object) -> str:
    """A stranger's word as an error may repeat it: short and printable."""
    said = "".join(char for char in str(value)[:60] if char.isprintable())
    return said[:40]
