"""What changed between two versions of a pack: rules, numbers, days, articles, words; each change by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Literal

from csdesk.domain.entitlement.pack import Article, Pack, Provision, Value
from csdesk.domain.value import dataclass

Part = Literal["provision", "instrument", "class", "word", "event", "pack"]


@dataclass(frozen=True, slots=True)
class PackChange:
    """One thing that differs. `before` and `after` are as the pack writes them, "" where there is nothing.

    `name` is the rule, instrument, class, vocabulary or event; `field` what of it (`count`, `to`, `articles`, the
    name of a number), `rule` for one that is new or gone. `since` (ISO): the first day of the span of a rule that
    changed. `articles` are those that the rule cites before or after.
    """

    part: Part
    name: str
    field: str
    before: str
    after: str
    since: str = ""
    articles: tuple[Article, ...] = ()


def differences(old: Pack, new: Pack) -> tuple[PackChange, ...]:
    """Every change from one version to another; empty when decisions cannot tell them apart."""
    return (
        *_instruments(old, new),
        *(change for code in _both(old.provisions, new.provisions) for change in _rule(code, old, new)),
        *_classes(old, new),
        *_words(old, new),
        *_events(old, new),
        *_heads(old, new),
    )


def _both(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return list(dict.fromkeys((*old, *new)))


def _rule(code: str, old: Pack, new: Pack) -> Iterator[PackChange]:
    """A rule's spans by the day they begin. A new one is told by what it does otherwise than the one before it."""
    before = {span.effective_from: span for span in reversed(old.provisions.get(code, ()))}
    after = {span.effective_from: span for span in reversed(new.provisions.get(code, ()))}
    for day in sorted({*before, *after}):
        one, other = before.get(day), after.get(day)
        if one is not None and other is not None:
            yield from _span(code, one, other)
        elif other is not None:
            held = [span for start, span in after.items() if start < day]
            told = list(_span(code, held[-1], other, ends=False)) if held else []
            yield from told or [_whole(code, other, "", _outline(other))]
        elif one is not None:
            yield _whole(code, one, _outline(one), "")


def _whole(code: str, span: Provision, before: str, after: str) -> PackChange:
    since = span.effective_from.isoformat()
    return PackChange("provision", code, "rule", before, after, since, tuple(span.cited.values()))


def _span(code: str, old: Provision, new: Provision, *, ends: bool = True) -> Iterator[PackChange]:
    one, other = _stated(old), _stated(new)
    articles = tuple({**old.cited, **new.cited}.values())
    for field in _both(one, other):
        before, after = one.get(field, ""), other.get(field, "")
        if before != after and (ends or field != "to"):
            since = new.effective_from.isoformat()
            yield PackChange("provision", code, field, before, after, since, articles)


def _stated(span: Provision) -> dict[str, str]:
    """What a span says, each by the name that the pack has for it."""
    period = span.period
    return {
        "count": f"{period.count} {period.unit}" if period else "",
        "roll": period.roll if period else "",
        "to": _day(span.effective_to),
        "confidence": span.confidence,
        "basis": span.basis,
        "contested": span.contested,
        "articles": ", ".join(span.cited),
        **{name: _shown(value) for name, value in span.values.items()},
    }


def _outline(span: Provision) -> str:
    usual = {"confidence": "statute", "basis": "law"}
    told = (v for n, v in _stated(span).items() if v and n != "articles" and usual.get(n) != v)
    return ", ".join(told) or ", ".join(span.cited) or "–"


def _shown(value: Value) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _laws(pack: Pack) -> dict[str, dict[str, Article]]:
    """Articles by instrument and id, as far as rules cite them."""
    found: dict[str, dict[str, Article]] = {}
    for spans in pack.provisions.values():
        for span in spans:
            for article in span.cited.values():
                found.setdefault(article.law, {})[article.id] = article
    return found


def _instruments(old: Pack, new: Pack) -> Iterator[PackChange]:
    """Days, name and source of an instrument that both cite: they concern each of its articles."""
    was, now = _laws(old), _laws(new)
    for law in was.keys() & now.keys():
        before, after = next(iter(was[law].values())), next(iter(now[law].values()))
        articles = tuple({**was[law], **now[law]}.values())
        pairs = {
            "from": (_day(before.effective_from), _day(after.effective_from)),
            "to": (_day(before.effective_to), _day(after.effective_to)),
            "name": (before.names.get("zh-Hans", ""), after.names.get("zh-Hans", "")),
            "read": (before.read, after.read),
        }
        for field, (one, other) in pairs.items():
            if one != other:
                yield PackChange("instrument", law, field, one, other, articles=articles)


def _classes(old: Pack, new: Pack) -> Iterator[PackChange]:
    for name in sorted({*old.classes, *new.classes}):
        one, other = old.classes.get(name), new.classes.get(name)
        before = f"{one.name}: {', '.join(sorted(one.families))}" if one else ""
        after = f"{other.name}: {', '.join(sorted(other.families))}" if other else ""
        if before != after:
            yield PackChange("class", name, "families", before, after)


def _words(old: Pack, new: Pack) -> Iterator[PackChange]:
    for name in _both(old.words, new.words):
        one, other = old.words.get(name), new.words.get(name)
        before = {*one.spellings.items(), *one.beginnings, *one.parts} if one else set()
        after = {*other.spellings.items(), *other.beginnings, *other.parts} if other else set()
        if gone := sorted(before - after):
            yield PackChange("word", name, "spelling", _spelled(gone), "")
        if come := sorted(after - before):
            yield PackChange("word", name, "spelling", "", _spelled(come))


def _spelled(pairs: list[tuple[str, str]]) -> str:
    return ", ".join(f"{said} = {word}" if said != word else word for said, word in pairs)


def _events(old: Pack, new: Pack) -> Iterator[PackChange]:
    for name in _both(old.events, new.events):
        before, after = (
            ", ".join(
                f"{e.answer} {e.provision} {e.show} {e.when}".rstrip() for e in pack.events.get(name, ())
            )
            for pack in (old, new)
        )
        if before != after:
            yield PackChange("event", name, "deadlines", before, after)


def _heads(old: Pack, new: Pack) -> Iterator[PackChange]:
    """What a pack says of itself; its version differs by definition."""
    told = {"currency", "other_currencies", "zone", "calendar", "also", "countries"}
    for field in (f.name for f in fields(Pack) if f.name in told):
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            one, other = (", ".join(v) if isinstance(v, tuple) else str(v) for v in (before, after))
            yield PackChange("pack", new.id, field, one, other)
