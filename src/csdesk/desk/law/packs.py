"""Reads jurisdiction packs: those shipped in `data/packs/`, or a desk's own, and checks them whole."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from csdesk import resources
from csdesk.desk.law.calendars import countries, load_calendar
from csdesk.domain.clocks.calendar import WorkingCalendar
from csdesk.domain.clocks.deadline import Basis, Period
from csdesk.domain.entitlement.pack import (
    CONFIDENCE,
    Article,
    EventDeadline,
    Lawbook,
    Pack,
    ProductClass,
    Provision,
    Vocabulary,
    plain_word,
)
from csdesk.domain.value import replace

FORMAT = 1
_DAY = timedelta(days=1)
READ = ("text", "secondary", "unread")
_PERIOD = ("count", "unit", "roll")
_OWN = ("articles", "from", "to", "confidence", "basis", "contested", *_PERIOD)


class PackError(ValueError):
    """A pack that cannot be used: one sentence that names the file, the entry and what to mend."""


def load_lawbook(
    folder: Path | None = None, *, zone: tzinfo | None = None, calendars: Path | None = None
) -> Lawbook:
    """All packs of a folder (None: those shipped), with calendars and zones. PackError, CalendarError.

    `zone` stands for that of China's pack (a desk may sit elsewhere); `calendars` holds holiday-cn files.
    """
    home = resources.path("data/packs") if folder is None else folder
    packs = [read_pack(path) for path in sorted(home.glob("*.toml"))]
    if not packs:
        raise PackError(f"{home}: there is no pack in this folder; a pack is a .toml file")
    return bind(packs, Calendars(calendars), zone)


def bind(packs: Sequence[Pack], calendars: Mapping[str, WorkingCalendar], zone: tzinfo | None) -> Lawbook:
    """Packs as one lawbook; `zone` stands for that of China's pack. PackError for a zone that is not known."""
    zones = {pack.zone: zone_of(pack) for pack in packs}
    if zone is not None:
        zones[next((pack.zone for pack in packs if pack.id == "CN"), packs[0].zone)] = zone
    return Lawbook({pack.id: pack for pack in packs}, calendars, zones)


class Calendars(Mapping[str, WorkingCalendar]):
    """The shipped calendars by country code, each read when it is first asked for."""

    def __init__(self, dropped: Path | None = None) -> None:
        self._dropped = dropped
        self._codes: tuple[str, ...] | None = None
        self._read: dict[str, WorkingCalendar] = {}

    def __getitem__(self, code: str) -> WorkingCalendar:
        known = self._read.get(code)
        if known is None:
            if code not in self._all():
                raise KeyError(code)
            known = self._read[code] = load_calendar(code, self._dropped)
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> tuple[str, ...]:
        if self._codes is None:
            self._codes = countries()
        return self._codes


def read_pack(path: Path) -> Pack:
    """One pack from its file. PackError names the first thing that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{path}: cannot be read as TOML: {error}") from None
    return parse_pack(text, str(path))


def parse_pack(text: str, where: str) -> Pack:
    """One pack from its TOML; `where` it is from begins the sentence of a PackError."""
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PackError(f"{where}: cannot be read as TOML: {error}") from None
    try:
        return _pack(raw)
    except KeyError as error:
        raise PackError(f"{where}: {error} is missing") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise PackError(f"{where}: {error}") from None


def _pack(raw: dict[str, Any]) -> Pack:
    if raw["format"] != FORMAT:
        raise ValueError(f"format is {raw['format']!r}; this csdesk reads {FORMAT}")
    version = str(raw["version"])
    return Pack(
        id=raw["id"],
        version=version,
        day=date.fromisoformat(version[:10]),
        currency=raw["currency"],
        other_currencies=bool(raw.get("other_currencies", False)),
        zone=raw["zone"],
        calendar=raw["calendar"],
        also=tuple(raw.get("also", ())),
        countries=tuple(raw.get("countries", ())),
        provisions=_provisions(raw),
        classes=_classes(raw.get("classes", {})),
        words={
            **{name: _vocabulary(name, words) for name, words in raw.get("words", {}).items()},
            "event": _vocabulary(
                "event", {name: e.get("also", []) for name, e in raw.get("events", {}).items()}
            ),
        },
        events=_events(raw),
    )


def _provisions(raw: dict[str, Any]) -> dict[str, tuple[Provision, ...]]:
    instruments = raw["instruments"]
    for law, instrument in instruments.items():
        if instrument["read"] not in READ:
            raise ValueError(f"instruments.{law}.read is one of {', '.join(READ)}")
    return {
        code: tuple(
            sorted(
                (span for entry in entries for span in _spans(_provision(code, entry, instruments))),
                key=lambda span: span.effective_from,
                reverse=True,
            )
        )
        for code, entries in raw["provisions"].items()
    }


def _spans(rule: Provision) -> Iterator[Provision]:
    """The rule cut where an article enters or leaves force: a span cites what held through all of it."""
    articles = rule.cited.values()
    enter = {article.effective_from for article in articles}
    after = {article.effective_to + _DAY for article in articles if article.effective_to}
    end = rule.effective_to or date.max
    inside = {day for day in enter | after if rule.effective_from < day <= end}
    cuts = sorted({rule.effective_from, *inside})
    for start, following in zip(cuts, [*cuts[1:], None], strict=True):
        held = {article.id: article for article in articles if article.in_force(start)}
        if held or not articles:
            to = following - _DAY if following else rule.effective_to
            yield replace(rule, cited=held, effective_from=start, effective_to=to)


def _provision(code: str, entry: dict[str, Any], instruments: dict[str, Any]) -> Provision:
    confidence, basis = entry.get("confidence", "statute"), entry.get("basis", "law")
    if confidence not in CONFIDENCE or basis not in get_args(Basis):
        raise ValueError(f"provisions.{code}: confidence {confidence!r} or basis {basis!r} is not known")
    articles = tuple(_article(code, said, instruments) for said in entry["articles"])
    if not articles and "from" not in entry:
        raise ValueError(f"provisions.{code}: without articles it needs the day from which it holds")
    return Provision(
        code=code,
        cited={article.id: article for article in articles},
        effective_from=entry.get("from") or min(article.effective_from for article in articles),
        effective_to=entry.get("to") or _last(articles),
        confidence=confidence,
        basis=basis,
        period=_period(code, entry),
        contested=entry.get("contested", ""),
        values={name: _value(value) for name, value in entry.items() if name not in _OWN},
    )


def _period(code: str, entry: dict[str, Any]) -> Period | None:
    stated = {name: entry[name] for name in _PERIOD if name in entry}
    if not stated:
        return None
    if not isinstance(stated.get("count"), int):
        raise ValueError(f"provisions.{code}.count is a whole number, not {stated.get('count')!r}")
    return Period(**stated)


def _article(code: str, said: str, instruments: dict[str, Any]) -> Article:
    law, _, no = said.partition(" ")
    if law not in instruments:
        raise ValueError(f"provisions.{code} cites {law}, which is not among the instruments")
    instrument = instruments[law]
    days = instrument["from"], instrument.get("to")
    return Article(said, law, no, instrument["name"], *days, instrument["read"])


def _last(articles: tuple[Article, ...]) -> date | None:
    """The day on which the last of the articles left force; None while one of them is in force."""
    ends = [article.effective_to for article in articles]
    return None if not ends or None in ends else max(end for end in ends if end)


def _value(value: Any) -> Any:
    return tuple(str(part) for part in value) if isinstance(value, list) else value


def _classes(raw: dict[str, Any]) -> dict[str, ProductClass]:
    named: dict[str, ProductClass] = {}
    for name, entry in raw.items():
        known = ProductClass(name, frozenset(entry["families"]))
        for spelling in (name, *entry.get("also", ())):
            if named.setdefault(plain_word(spelling), known) is not known:
                raise ValueError(
                    f"classes: {spelling} names both {named[plain_word(spelling)].name} and {name}"
                )
    return named


def _vocabulary(name: str, words: dict[str, list[str]]) -> Vocabulary:
    spellings: dict[str, str] = {}
    beginnings: list[tuple[str, str]] = []
    parts: list[tuple[str, str]] = []
    for word, also in words.items():
        for spelling in (word, *also):
            if spelling.startswith("*"):
                parts.append((spelling.strip("*"), word))
            elif spelling.endswith("*"):
                beginnings.append((spelling[:-1], word))
            elif spellings.setdefault(plain_word(spelling), word) != word:
                raise ValueError(
                    f"words.{name}: {spelling} stands for {spellings[plain_word(spelling)]} and {word}"
                )
    return Vocabulary(spellings, _longest_first(beginnings), _longest_first(parts))


def _longest_first(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def _events(raw: dict[str, Any]) -> dict[str, tuple[EventDeadline, ...]]:
    events: dict[str, tuple[EventDeadline, ...]] = {}
    for name, event in raw.get("events", {}).items():
        events[name] = tuple(EventDeadline(**entry) for entry in event["deadlines"])
        for entry in events[name]:
            if entry.provision not in raw["provisions"]:
                raise ValueError(f"events.{name} needs the provision {entry.provision}, which is not there")
    return events


def zone_of(pack: Pack) -> tzinfo:
    """The time zone that a pack names; PackError when there is none of that name."""
    try:
        return ZoneInfo(pack.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise PackError(f"the pack {pack.id} names the time zone {pack.zone!r}, which is not known") from None
