"""Every word a person reads: the message catalogues, and values worded for a language, a zone and a currency."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Any

from csdesk import resources
from csdesk.desk.catalogue import Catalogue
from csdesk.domain.money import Money, format_plain

if TYPE_CHECKING:
    from csdesk.desk.queries import Entry
    from csdesk.domain.cases.case import LineQty
    from csdesk.domain.cases.context import Refused

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
_SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "TWD": "NT$", "JPY": "JP¥"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_BLANK = re.compile(r"\{(\w+)\}")
# [, citing {articles}]: said only when every blank in it has a value.
_OPTIONAL = re.compile(r"\[([^\[\]]*\{[^\[\]]*)\]")
# A value with one of these names is itself a code that the catalogue words: `state` as `state.…`.
_CODED = {
    "state": "state",
    "to": "state",
    "verb": "verb",
    "undone": "verb",
    "by": "event",
    "kind": "kind",
    "reason": "reason",
    "sort": "caller_sort",
    "role": "role",
    "because": "because",
    "presence": "presence",
    "right": "right",
    "channel": "channel",
    "outcome": "outcome",
    "direction": "direction",
    "status": "order_status",
    "clock": "clock",
    "field": "field",
    "disposition": "disposition",
    "step": "operation",
    "timing": "timing",
    "refused": "halt",
    "guard": "guard",
    "ruled": "verdict",
    "ground": "term",
    "stance": "stance",
    "party": "party",
    "sender": "sender",
    "track": "track",
    "to_stage": "track_stage",
    "how": "link",
    "claim": "claim",
    "sorted": "sorted",
    "nature": "nature",
    "call": "call",
    "media": "media",
    "whom": "whom",
    "result": "result",
    "expects": "expects",
    "standing": "scan",
    "what": "order_ask",
    "ask": "carrier_ask",
    "payer": "payer",
    "place": "place",
    "fault": "order_fault",
    "flag": "flag",
    "grounds": "grounds",
    "medium": "medium",
    "recipient": "recipient",
}
_TIMES = ("due", "until", "at", "start")
_MONEY = ("minor", "most_minor", "less")
# Units as `timeline.units` writes them, and a script: two of line 1 is `1x2`.
_UNITS = ("units", "home", "graded")
_OF_A_LINE = re.compile(r"\b(\d+)x(\d+)\b")
# So many articles tell what a decision rests on; all of them stand in its explanation.
MOST_CITED = 3


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> Catalogue:
    """The catalogue of a language, mapped: its 340 kB are the machine's, not of each console that says some of them."""
    name = language.replace("-", "_")
    with resources.path(f"data/locale/{name}.mo").open("rb") as file:
        return Catalogue(mmap(file.fileno(), 0, access=ACCESS_READ))


def _filled(sentence: str, values: Mapping[str, object]) -> str:
    """The sentence with its blanks filled; optional parts (in brackets) that lack a value are left out."""

    def part(found: re.Match[str]) -> str:
        return (
            found[1] if all(values.get(name) not in (None, "") for name in _BLANK.findall(found[1])) else ""
        )

    return _BLANK.sub(lambda m: str(values.get(m[1], "…")), _OPTIONAL.sub(part, sentence))


class Words:
    """The catalogue of one language, and values as its readers write them."""

    def __init__(self, language: str, zone: tzinfo) -> None:
        self.language = language
        self.zone = zone
        self._get = _catalogue(language)
        # A list says 36 of these at each key: half a millisecond, were they worded each time.
        self._lefts: dict[tuple[bool, str, int], str] = {}

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence `key` with its blanks filled; a key without a sentence is shown as it is."""
        found = self._get.gettext(key)
        return _filled(found, values) if "{" in found else found

    def raw(self, key: str) -> str:
        """The sentence `key` with its blanks as they are."""
        return self._get.gettext(key)

    def has(self, key: str) -> bool:
        """Whether the catalogue words this key."""
        return self._get.gettext(key) != key

    def count(self, key: str, n: int, /, **values: object) -> str:
        """The sentence `key` for n things, in the language's plural."""
        found = self._get.ngettext(key, key, n)
        return _filled(found, {**values, "n": n})

    def codes(self, group: str) -> list[str]:
        """The codes that a group words, sorted."""
        return [key.removeprefix(f"{group}.") for key in self._get.every_key() if key.startswith(f"{group}.")]

    def code(self, group: str, code: str) -> str:
        """A code worded within its group; as it is when the catalogue has none (data of another desk)."""
        key = f"{group}.{code}"
        found = self._get.gettext(key)
        return code if found == key else found

    def deed(self, verb: str) -> str:
        """What a run carries out: a verb, or a macro by its own name."""
        return f"《{verb[6:]}》" if verb.startswith("macro:") else self.code("verb", verb)

    def article(self, told: str) -> str:
        """What a clock rests on, named by the domain as Chinese readers do (处罚办法 §9); of several each by itself."""
        parts = (one.strip().partition(" §") for one in told.replace("；", ";").split(";"))
        named = [f"{self.code('clock_law', name)}{gap}{no}" for name, gap, no in parts]
        return ("; " if self.language == "en" else "；").join(named)

    def money(self, minor: int, currency: str) -> str:
        """An amount with its sign and thousands: ¥1,234.50."""
        whole, _, part = format_plain(Money(abs(minor), currency)).partition(".")
        told = f"{int(whole):,}" + (f".{part}" if part else "")
        return f"{'-' if minor < 0 else ''}{_SIGNS.get(currency, currency + ' ')}{told}"

    def size(self, n: int) -> str:
        """How long a file is, in units of a thousand: 640 B, 64 KB, 3.2 MB."""
        if n < 1_000:
            return f"{n} B"
        return f"{round(n / 1_000)} KB" if n < 999_500 else f"{n / 1_000_000:.1f} MB"

    def moment(self, ms: int) -> str:
        """Date and minute in the desk's zone: 2026-11-22 18:30; "–" when unknown."""
        return datetime.fromtimestamp(ms / 1000, self.zone).strftime("%Y-%m-%d %H:%M") if ms else "–"

    def short(self, ms: int) -> str:
        """Month, day and minute: 11-22 18:30; "–" when unknown."""
        return datetime.fromtimestamp(ms / 1000, self.zone).strftime("%m-%d %H:%M") if ms else "–"

    def left(self, due: int, now: int) -> str:
        """How much time is left, in the largest whole unit, or by how much it is late."""
        late = now >= due
        minutes = abs(due - now) // 60_000
        n, unit = (
            (minutes, "minutes")
            if minutes < 60
            else (minutes // 60, "hours")
            if minutes < 48 * 60
            else (minutes // 1440, "days")
        )
        told = self._lefts.get((late, unit, n))
        if told is None:
            told = self._lefts[late, unit, n] = self.count(f"{'late' if late else 'left'}.{unit}", n)
        return told

    @property
    def between(self) -> str:
        """What stands between the members of a list."""
        return ", " if self.language == "en" else "、"

    def units(self, units: "Iterable[LineQty]") -> str:
        """Units of an order as people say them: how many of which item."""
        return self.between.join(self("units", line=one.line, qty=one.qty) for one in units)

    def terms(self, codes: Iterable[str]) -> str:
        """Codes of a decision in words, one after the other."""
        return self.between.join(self.code("term", code) for code in codes)

    def cite(self, article: str) -> str:
        """An article by its id, as people write it: 消法§25(1); a law without a short name by its id."""
        law, _, no = article.partition(" ")
        short = self.code("cite", law)
        return self("cite.article", law=short, no=no) if no else short

    def cites(self, articles: Sequence[str], most: int = MOST_CITED) -> str:
        """The first articles of a decision, each law named once, with a sign that there are more."""
        by_law: dict[str, list[str]] = {}
        for article in articles[:most]:
            by_law.setdefault(article.partition(" ")[0], []).append(article)
        told = [
            told
            for law, found in by_law.items()
            for told in (
                self.cite(found[0]),
                *(f"§{article.removeprefix(law).strip()}" for article in found[1:]),
            )
        ]
        listed = self.between.join(told)
        return self("cite.more", list=listed) if len(articles) > most else listed

    def fact(self, name: str, value: object) -> str:
        """What a fact says: yes or no, a word of its list, a moment in the desk's zone, else as it was stated."""
        if value in (None, ""):
            return self("fact.unknown")
        if isinstance(value, bool):
            return self("decide.yes" if value else "decide.no")
        said = str(value)
        if name == "product_class":
            return self.code("class", said)
        if _INSTANT.match(said):
            try:
                at = datetime.fromisoformat(said)
            except ValueError:
                return said
            return self.moment(int(at.timestamp() * 1000)) if at.tzinfo else said
        return self.code("term", said)

    def confirmed(self, name: str) -> str:
        """One thing that has to be, or was, confirmed before a reply leaves, by its name (`queries.Finding`)."""
        group, _, code = name.partition(".")
        return self(name) if self.has(name) else self(f"confirm.{group}", what=code)

    def value(self, name: str, value: object, currency: str = "CNY") -> str:
        """A value of a refusal or a timeline line, as its name says it is to be read."""
        if name in _CODED and isinstance(value, str):
            return self.code(_CODED[name], value)
        if name == "why" and isinstance(value, str):
            return self.code("why" if self.has(f"why.{value}") else "term", value)
        if name in _UNITS and isinstance(value, str):
            said = _OF_A_LINE.sub(lambda m: self("units", line=m[1], qty=m[2]), value)
            return said.replace(", ", self.between)
        if isinstance(value, (list, tuple)) and name in _LISTED:
            return _LISTED[name](self, value)
        if name in _MONEY or (name == "most" and currency and isinstance(value, int) and value > 9_999):
            return self.money(int(str(value)), currency)
        if name in _TIMES and isinstance(value, int):
            return self.moment(value)
        if name == "parts" and isinstance(value, (list, tuple)):
            return "、".join(
                f"{self.code('method', method)} {self.money(minor, currency)}" for method, minor in value
            )
        if isinstance(value, (list, tuple)):
            # What may be chosen is named with the code that a script must type.
            coded = name == "allowed"
            # A kind or a track may be called like a verb or a reason: 补发 is no 发出商品.
            named = ("kind", "track", "recipient", "redaction")
            own = [one for one in named if all(self.has(f"{one}.{item}") for item in value)]
            groups = own[:1] if coded and own else ("state", "reason", "verb")
            return self.between.join(
                self._choice(str(item), groups) if coded else self._member(str(item), groups)
                for item in value
            )
        return str(value)

    def _choice(self, code: str, groups: Sequence[str]) -> str:
        told = self._member(code, groups)
        return code if told == code else f"{code} {told}"

    def _member(self, item: str, groups: Sequence[str]) -> str:
        for group in groups:
            if self.has(f"{group}.{item}"):
                return self(f"{group}.{item}")
        return item

    def refused(self, refused: "Refused") -> str:
        """Why something may not happen, in one sentence."""
        fault = f"fault.{refused.detail.get('why')}"
        if refused.code == "bad_fact" and self.has(fault):
            return self(fault, **{**refused.detail, "field": refused.detail["name"]})
        return self._told("refused", refused.code, refused.detail, str(refused))

    def error(self, code: str, detail: Mapping[str, Any], fallback: str) -> str:
        """What went wrong with a file, a key, a setting or an import, in one sentence."""
        return self._told("error", code, detail, fallback)

    def entry(self, entry: "Entry", currency: str = "CNY") -> str:
        """A timeline line, without its text; an event that a verb gives its own meaning is worded `code.verb`."""
        own = f"{entry.code}.{'against' if entry.detail.get('against') else entry.verb}"
        code = own if self.has(f"event.{own}") else entry.code
        return self._told("event", code, {**entry.detail, "who": entry.actor}, entry.code, currency)

    def _told(
        self, group: str, code: str, detail: Mapping[str, Any], fallback: str, currency: str = ""
    ) -> str:
        key = f"{group}.{code}"
        if not self.has(key):
            return fallback
        currency = str(detail.get("currency", "")) or currency
        return self(key, **{name: self.value(name, value, currency) for name, value in detail.items()})


def _confirmed(words: Words, names: Sequence[str]) -> str:
    """What somebody confirmed before a reply left: `guard.rejected`, `personal.phone`, `article.P05`."""
    return words.between.join(words.confirmed(name) for name in names)


def _facts(words: Words, facts: Sequence[tuple[int, str, object]]) -> str:
    return words.between.join(
        f"{words.code('term', name)} {words.fact(name, value)}" for _, name, value in facts
    )


def _alike(words: Words, found: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Cases that may be the same matter, each with what speaks for it."""
    told = ((number, words.between.join(words.code("alike", code) for code in why)) for number, why in found)
    return words.between.join(words("alike.one", number=number, why=why) for number, why in told)


def _unkept(words: Words, value: Sequence[Any]) -> str:
    return words.between.join(words.code("unkept", str(code)) for code in value)


def _marks(words: Words, marks: Sequence[str]) -> str:
    """What was removed from a message or looked wrong in it; the files that were meant stand below."""
    return words.between.join(words.code("mail.mark", mark).rstrip("：: ") for mark in marks)


def _tracks(words: Words, tracks: Sequence[str]) -> str:
    """Tracks of a case, each said as its number and its kind."""
    told = (track.partition(" ") for track in tracks)
    return words.between.join(f"{words.code('track', kind)} {number}" for number, _, kind in told)


def _queues(words: Words, queues: Sequence[str]) -> str:
    """Queues, each as a script types it and as people call it."""
    return words.between.join(f"{queue} {words.code('queue', queue)}" for queue in queues)


def _items(words: Words, items: Sequence[str]) -> str:
    return words.between.join(words.code("item", item) for item in items)


def _findings(words: Words, codes: Sequence[str]) -> str:
    """What is wrong with a parcel."""
    return words.between.join(words.code("parcel_finding", code) for code in codes)


def _duties(words: Words, codes: Sequence[str]) -> str:
    """What a leak of personal data obliges to."""
    return words.between.join(words.code("leak_duty", code) for code in codes)


def _hidden(words: Words, names: Sequence[str]) -> str:
    """What of a customer is hidden in a bundle."""
    return words.between.join(words.code("redaction", name) for name in names)


# Lists whose members have a wording of their own.
_LISTED: Mapping[str, Callable[[Words, Sequence[Any]], str]] = {
    "alike": _alike,
    "sorts": lambda words, sorts: words.between.join(words.code("caller_sort", sort) for sort in sorts),
    "unkept_why": _unkept,
    "marks": _marks,
    "law": Words.cites,
    "facts": _facts,
    "dropped": Words.terms,
    "confirmed": _confirmed,
    "tracks": _tracks,
    "items": _items,
    "queues": _queues,
    "findings": _findings,
    "redacted": _hidden,
    "duties": _duties,
    "new": _findings,
    "gone": _findings,
}
