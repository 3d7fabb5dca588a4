"""Jurisdiction packs: dated provisions with their articles, product classes, words, as data for rules."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, tzinfo
from decimal import Decimal
from typing import Literal

from csdesk.domain.clocks.calendar import WorkingCalendar
from csdesk.domain.clocks.deadline import Basis, Period
from csdesk.domain.value import dataclass

# How sure an answer is; each is weaker than the one before it.
Confidence = Literal["statute", "promise", "policy", "interpretation"]
CONFIDENCE: tuple[Confidence, ...] = ("statute", "promise", "policy", "interpretation")

# Families that the first part of a composed name tells, and those that its last part does not.
TOLD_FIRST = frozenset({"custom", "fresh"})
TAKEN_OUT = frozenset(
    {"custom", "fresh", "digital", "downloaded", "media", "periodical", "excepted", "flight"}
)

Value = int | Decimal | str | tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Article:
    """An article of an instrument, with the days the instrument is in force and how its text is known.

    id: what decisions cite: `consumer_rights_law 25(1)`; the instrument alone where its number is not known.
    read: `text` (the official text was read), `secondary` (a page that restates it) or `unread`.
    """

    id: str
    law: str
    no: str
    names: Mapping[str, str]
    effective_from: date
    effective_to: date | None
    read: str

    def in_force(self, on: date) -> bool:
        """Whether the instrument is in force on that day, both ends included."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


@dataclass(frozen=True, slots=True, eq=False)
class Provision:
    """One rule as it stood from one day to another, with the articles that were in force all that time.

    `cited` are the articles by id; `contested` names a point on which readings differ; `basis` says
    who sets its period.
    """

    code: str
    cited: Mapping[str, Article]
    effective_from: date
    effective_to: date | None = None
    confidence: Confidence = "statute"
    basis: Basis = "law"
    period: Period | None = None
    contested: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)

    def in_force(self, on: date) -> bool:
        """Whether the rule holds on that day, both ends included."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def number(self, name: str) -> int:
        """A whole number of the rule; KeyError when the pack lacks it (checked when packs are read)."""
        return int(str(self.values[name]))

    def rate(self, name: str) -> Decimal:
        """A rate or an amount of the rule."""
        return Decimal(str(self.values[name]))

    def words(self, name: str) -> tuple[str, ...]:
        """A list of words of the rule."""
        value = self.values[name]
        return value if isinstance(value, tuple) else (str(value),)


@dataclass(frozen=True, slots=True)
class ProductClass:
    """A class of goods, and the families by which rules know it (`fresh`, `sealed`, `durable`, …)."""

    name: str
    families: frozenset[str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words a fact may say: each spelling with the one word that rules know.

    `beginnings` match what starts with them, `parts` what contains them; spellings come first, longer ones
    before shorter.
    """

    spellings: Mapping[str, str]
    beginnings: tuple[tuple[str, str], ...] = ()
    parts: tuple[tuple[str, str], ...] = ()

    def find(self, said: str) -> str | None:
        """The word for what was said, whatever its case, spaces or hyphens; None when it is none of them."""
        plain = plain_word(said)
        found = self.spellings.get(plain)
        if found is None:
            found = next((word for start, word in self.beginnings if plain.startswith(start)), None)
        if found is None:
            found = next((word for part, word in self.parts if part in plain), None)
        return found

    @property
    def words(self) -> tuple[str, ...]:
        """The words that rules know, each once."""
        return tuple(dict.fromkeys(self.spellings.values()))


@dataclass(frozen=True, slots=True)
class EventDeadline:
    """What an event sets running: the deadline called `answer` of a provision.

    show: `last` (the last day), `past` (the first day on which it is too late: "more than 15 days") or `back`
    (counted back from the event). `when` names a flag that must be stated true.
    """

    answer: str
    provision: str
    show: Literal["last", "past", "back"] = "last"
    when: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """The law of one jurisdiction, as of `version`. `zone` and `calendar` name what the lawbook holds.

    `calendar` is "" where each country has its own; `also` are other codes of the jurisdiction, `countries`
    those inside it.
    """

    id: str
    version: str
    day: date
    currency: str
    other_currencies: bool
    zone: str
    calendar: str
    also: tuple[str, ...]
    countries: tuple[str, ...]
    provisions: Mapping[str, tuple[Provision, ...]]
    classes: Mapping[str, ProductClass]
    words: Mapping[str, Vocabulary]
    events: Mapping[str, tuple[EventDeadline, ...]]

    def provision(self, code: str, on: date) -> Provision | None:
        """The rule as it stands on that day; None when there is none. The newest is looked at first."""
        for known in self.provisions.get(code, ()):
            if known.in_force(on):
                return known
        return None

    def product_class(self, said: str) -> ProductClass | None:
        """The class of goods by any of its names, in singular or plural; composed names by their parts."""
        plain = plain_word(said)
        return self._class(plain) or self._composed(plain.split("_"))

    def _class(self, plain: str) -> ProductClass | None:
        return self.classes.get(plain) or self.classes.get(plain.removesuffix("s"))

    def _composed(self, parts: list[str]) -> ProductClass | None:
        """`custom_ring` and `fresh_crab` by what comes first, `leather_shoes` by what comes last.

        What the law takes out is never told by the last part: a dried_fruit is not fresh.
        """
        if len(parts) < 2:
            return None
        first = self._class(parts[0])
        if first and first.families & TOLD_FIRST:
            return first
        last = self._class(parts[-1])
        return last if last and not last.families & TAKEN_OUT else None


@dataclass(frozen=True, slots=True, eq=False)
class Lawbook:
    """Everything a decision rests on: packs by jurisdiction, calendars by country code, zones by name."""

    packs: Mapping[str, Pack]
    calendars: Mapping[str, WorkingCalendar]
    zones: Mapping[str, tzinfo]

    def find(self, jurisdiction: str) -> tuple[Pack, str] | None:
        """The pack for a code, and the country when the code names one inside it (DE: EU, DE)."""
        code = jurisdiction.strip().upper()
        if code in self.packs:
            return self.packs[code], ""
        for pack in self.packs.values():
            if code in pack.also:
                return pack, ""
            if code in pack.countries:
                return pack, code
        return None


def plain_word(said: str) -> str:
    """Lower case, with `_` for spaces and hyphens: how words are compared."""
    return said.strip().lower().replace("-", "_").replace(" ", "_")
