"""One record as its map reads it: fields of the right type, and every problem by the field's name."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from jmespath.exceptions import JMESPathError

from csdesk.domain import money
from csdesk.domain.text import clean, clean_line
from csdesk.domain.value import dataclass
from csdesk.interop.faults import Problem
from csdesk.interop.maps import FieldMap, ImportMap, Section

MOST_LINE = 500
MOST_TEXT = 100_000
MOST_ITEMS = 1_000
MOST_UNITS = 100_000
# 1990 to 2100: before it nobody sold on the net, behind it seconds were taken for milliseconds.
EARLIEST, LATEST = 631_152_000_000, 4_102_444_800_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What holds for all records of a run: the map, and the zone of times that name none."""

    map: ImportMap
    zone: tzinfo
    # Prices repeat: a sum that was read before is read in a tenth of the time. `typed`, since True is no 1.
    money: Callable[[str | int | float, str], money.Money]


def reading(map_: ImportMap, zone: tzinfo) -> Reading:
    """What a run of this map needs; times without a zone are in the map's, else in `zone`."""
    return Reading(map_, map_.zone or zone, lru_cache(maxsize=8_192, typed=True)(money.parse))


class Fields:
    """The fields of one record, or of one member of a list in it. Problems are collected, never raised; what
    a field gives after a problem only keeps the reading going.
    """

    __slots__ = ("_prefix", "_reading", "_section", "cleaned", "data", "problems")

    def __init__(
        self, reading: Reading, section: Section, data: object, problems: list[Problem], prefix: str = ""
    ) -> None:
        self._reading = reading
        self._section = section
        self.data = data
        self._prefix = prefix
        self.problems = problems
        self.cleaned = 0

    def problem(self, name: str, code: str, **details: object) -> None:
        """Note what is wrong with a field."""
        self.problems.append(Problem((self._prefix + name).rstrip("."), code, details))

    def has(self, name: str) -> bool:
        """Whether the map knows this field or part."""
        return name in self._section.fields or name in self._section.parts

    def raw(self, name: str) -> Any:
        """What stands there, translated as the map says; None for nothing."""
        field = self._section.fields.get(name)
        return None if field is None else self._found(name, field)

    def _found(self, name: str, field: FieldMap) -> Any:
        try:
            value = field.search(self.data)
        except (JMESPathError, RecursionError):
            self.problem(name, "wrong_type", expected="what the map's expression can be used on")
            return None
        if value is None or value == "":
            return field.default
        if not field.values and field.match is None:
            return value
        if field.match is not None:
            found = field.match.search(value[:MOST_LINE]) if isinstance(value, str) else None
            if found is None:
                self.problem(name, "no_match")
                return None
            value = found.group(1)
        if not field.values:
            return value
        key = _word(value)
        if key is not None and key in field.values:
            return field.values[key]
        if field.other is not None:
            return field.other
        self.problem(name, "unlisted", allowed=", ".join(field.values))
        return None

    def line(self, name: str, *, required: bool = False, most: int = MOST_LINE, between: str = " ") -> str:
        """One line of text; the members of a list are joined."""
        field = self._section.fields.get(name)
        if field is None:
            return ""
        value = self._found(name, field)
        if type(value) is str and len(value) <= most and value.isascii() and value.isprintable():
            # What the gate would leave as it is: half of all fields, at a tenth of its price.
            text = value.strip()
        elif value is None:
            text = ""
        elif isinstance(value, list):
            parts = [self._text(name, part, most) for part in value if part is not None]
            text = between.join(part for part in parts if part)
            if len(text) > most:
                self.problem(name, "too_long", size=len(text), most=most)
        else:
            text = self._text(name, value, most)
        if required and not text:
            self._missing(name)
        return text

    def _text(self, name: str, value: object, most: int) -> str:
        if type(value) is str and len(value) <= most and value.isascii() and value.isprintable():
            return value.strip()
        word = _word(value)
        if word is None:
            self.problem(name, "wrong_type", expected="text")
            return ""
        if len(word) > most:
            self.problem(name, "too_long", size=len(word), most=most)
            return ""
        cleaned = clean_line(word, limit=most)
        self.cleaned += cleaned.removed > 0
        return cleaned.text

    def text(self, name: str, *, required: bool = False, most: int = MOST_TEXT) -> str:
        """Text of several lines."""
        value = self.raw(name)
        if value is None or value == "":
            text = ""
        elif not isinstance(value, str):
            self.problem(name, "wrong_type", expected="text")
            return ""
        elif len(value) > most:
            self.problem(name, "too_long", size=len(value), most=most)
            return ""
        else:
            cleaned = clean(value, limit=most)
            self.cleaned += cleaned.removed > 0
            text = cleaned.text.strip()
        if required and not text:
            self._missing(name)
        return text

    def _missing(self, name: str) -> None:
        if not any(problem.field == self._prefix + name for problem in self.problems):
            self.problem(name, "missing")

    def choice(self, name: str, allowed: Collection[str], default: str = "") -> str:
        """One of a few words."""
        value = self.line(name) or default
        if value and value not in allowed:
            self.problem(name, "bad_choice", allowed=", ".join(allowed))
            return default
        if not value:
            self._missing(name)
        return value

    def currency(self, name: str, default: str) -> str:
        """A currency of ISO 4217."""
        value = self.line(name).upper() or default
        try:
            money.exponent(value)
        except money.BadAmount:
            self.problem(name, "unknown_currency")
            return default
        return value

    def amount(self, name: str, currency: str, *, required: bool = False) -> int | None:
        """Minor units of `currency`, not negative; None for nothing."""
        value = self.raw(name)
        if value is None or value == "":
            if required:
                self._missing(name)
            return None
        if not isinstance(value, (str, int, float)):
            self.problem(name, "not_a_number")
            return None
        try:
            # Minor units are read as a currency without decimals: the number as it stands.
            return self._reading.money(
                value, "JPY" if self._reading.map.amounts == "minor" else currency
            ).minor
        except money.BadAmount as exc:
            self.problem(name, exc.code, **{k: v for k, v in exc.params.items() if k == "places"})
        return None

    def count(self, name: str, default: int = 1) -> int:
        """A whole number of units, at least 1."""
        value = self.raw(name)
        if value is None or value == "":
            return default
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.problem(name, "wrong_type", expected="a whole number")
            return default
        if not 1 <= value <= MOST_UNITS:
            self.problem(name, "out_of_range", least=1, most=MOST_UNITS)
            return default
        return value

    def flag(self, name: str, default: bool) -> bool:
        """Yes or no."""
        value = self.raw(name)
        if value is None or value == "":
            return default
        word = str(value).strip().lower()
        if isinstance(value, (bool, str, int)) and word in ("true", "yes", "1", "是"):
            return True
        if isinstance(value, (bool, str, int)) and word in ("false", "no", "0", "否"):
            return False
        self.problem(name, "wrong_type", expected="true or false")
        return default

    def moment(self, name: str, *, required: bool = False) -> int:
        """UTC ms, as the map says that times are written; 0 for nothing."""
        value = self.raw(name)
        if value is None or value == "":
            if required:
                self._missing(name)
            return 0
        ms = self._ms(value)
        if ms is None or not EARLIEST <= ms <= LATEST:
            self.problem(name, "bad_time")
            return 0
        return ms

    def as_of(self) -> int:
        """When its source last changed the record, UTC ms; 0 where it does not say so that it can be read."""
        search = self._section.as_of
        try:
            return (self._ms(search(self.data)) or 0) if search else 0
        except (JMESPathError, RecursionError):
            return 0

    def _ms(self, value: object) -> int | None:
        written = self._reading.map.times
        try:
            if written in ("ms", "s"):
                if isinstance(value, bool) or not isinstance(value, (int, float, str)):
                    return None
                return int(float(value) * (1000 if written == "s" else 1))
            if not isinstance(value, str):
                return None
            text = value.strip()[:64]
            told = datetime.fromisoformat(text) if written == "iso" else datetime.strptime(text, written)  # noqa: DTZ007
            zoned = told if told.tzinfo else told.replace(tzinfo=self._reading.zone)
            return int(zoned.timestamp() * 1000)
        except (ValueError, OverflowError):
            return None

    def day(self, name: str) -> str:
        """A date as ISO 8601 has it; "" for nothing."""
        value = self.line(name)
        if not value:
            return ""
        try:
            return datetime.fromisoformat(value).date().isoformat()
        except ValueError:
            self.problem(name, "bad_time")
            return ""

    def words(self, name: str) -> tuple[str, ...]:
        """Each member of a list (or the one text that stands there) as a line; blanks and repetitions left
        out.
        """
        value = self.raw(name)
        if value is None:
            return ()
        members = value if isinstance(value, list) else [value]
        if len(members) > MOST_ITEMS:
            self.problem(name, "out_of_range", least=0, most=MOST_ITEMS)
            return ()
        found = (self._text(name, member, MOST_LINE) for member in members if member is not None)
        return tuple(dict.fromkeys(word for word in found if word))

    def pairs(self, name: str) -> dict[str, str]:
        """An object of short texts; a text becomes the one value without a name."""
        value = self.raw(name)
        if value is None or value == "":
            return {}
        if not isinstance(value, Mapping):
            return {"": self._text(name, value, MOST_LINE)}
        if len(value) > 50:
            self.problem(name, "out_of_range", least=0, most=50)
            return {}
        if all(type(member) is str for member in value.values()):
            told = "".join((*value, *value.values()))
            if len(told) <= MOST_LINE and told.isascii() and told.isprintable():
                return {key.strip(): member.strip() for key, member in value.items()}
        return {
            self._text(name, key, MOST_LINE): self._text(name, member, MOST_LINE)
            for key, member in value.items()
            if member is not None
        }

    def members(self, part: str) -> Iterator["Fields"]:
        """The members of a list in the record, each to be read like a record."""
        section = self._section.parts.get(part)
        if section is None:
            return
        try:
            found = section.each(self.data) if section.each else None
        except (JMESPathError, RecursionError):
            found = False
        if found is None:
            return
        if not isinstance(found, list):
            self.problem(part, "wrong_type", expected="a list")
            return
        if len(found) > MOST_ITEMS:
            self.problem(part, "out_of_range", least=0, most=MOST_ITEMS)
            return
        for n, member in enumerate(found):
            inner = Fields(self._reading, section, member, self.problems, f"{self._prefix}{part}[{n}].")
            if type(member) is dict or isinstance(member, Mapping):
                yield inner
                self.cleaned += inner.cleaned
            else:
                inner.problem("", "not_an_object")


def _word(value: object) -> str | None:
    """Text, or an integer as its digits; a long one only hides mistakes."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40:
        return str(value)
    return None
