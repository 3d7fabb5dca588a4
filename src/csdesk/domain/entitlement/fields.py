"""Fields of facts: how each JSON value is read, strictly, into what rules use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
        raise BadFact("unknown_class", said=quoted(value))
    return found


def word(vocabulary: str) -> Field:
    """A field that says one of the words of that vocabulary of the pack."""

    def read(value: object, frame: Frame) -> str:
        known = frame.pack.words[vocabulary]
        plain = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
        found = known.find(str(value)) if plain else None
        if found is None:
            raise BadFact("unknown_word", said=quoted(value), allowed=", ".join(known.words))
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
