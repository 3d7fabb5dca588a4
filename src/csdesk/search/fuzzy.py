"""Short fields ranked while they are typed: shortcuts, titles, initials, pinyin, homophones, slips."""

from __future__ import annotations

import math
from collections.abc import Sequence

from csdesk.domain.value import dataclass
from csdesk.search import normalise, pinyin

QUERY_MAX = 60  # characters of a query that are read
EXACT, PREFIX, INSIDE, INITIALS, SOUND, NEAR = 1.0, 0.9, 0.8, 0.7, 0.6, 0.5  # best score of each way to match
STEP = 0.09  # what use and brevity can move an item within its way, never past the next
NEAR_MIN = 60  # of rapidfuzz's 100: under it two wrong characters in six already match anything

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Short:
    """A short text to be found: make it with `Short.of`, which keeps the forms that are searched."""

    id: str
    title: str
    uses: int
    shortcut: str
    folded: str
    sound: str
    initials: str

    @classmethod
    def of(cls, id: str, title: str, shortcut: str = "", uses: int = 0) -> Short:
        folded = normalise.fold(title)
        sounds = [sound for _, _, sound in pinyin.units(folded)]
        return cls(
            id, title, uses, normalise.fold(shortcut), folded,
            "".join(" " + s for s in sounds), "".join(s[0] for s in sounds),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """A found item: `score` in (0, 1], `spans` of the title's characters that matched."""

    id: str
    score: float
    spans: Spans


@dataclass(frozen=True, slots=True)
class _Query:
    """What was typed: folded, in words, and for Latin letters or Chinese how it sounds and abbreviates."""

    folded: str
    words: tuple[str, ...]
    sound: str
    initials: str


def rank(query: str, items: Sequence[Short], limit: int = 20) -> list[Hit]:
    """The best `limit` of `items`: shortcut exact, then prefix of shortcut or title, then all words in the
    title, initials, pinyin (typed, or the sound of what an input method got wrong), rapidfuzz. More used
    first, then shorter. An empty query gives the most used ones."""
    asked = _query(query)
    scored = [(way, item) for item in items if (way := _way(asked, item))]
    if len(scored) < limit and len(asked.folded) > 1:
        scored += _near(asked.folded, items, {item.id for _, item in scored}, limit)
    rows = [(_score(way, item), way, item) for way, item in scored]
    rows.sort(key=lambda row: (-row[0], row[2].title, row[2].id))
    return [Hit(item.id, score, _spans(asked, way, item)) for score, way, item in rows[:limit]]


def _query(query: str) -> _Query:
    folded = normalise.fold(query[:QUERY_MAX]).strip()
    letters = folded.replace(" ", "").replace("'", "")
    if not letters.isascii():
        sounds = pinyin.syllables(folded)
        heard = "".join(" " + s for s in sounds) if len(sounds) > 1 else ""  # one syllable fits too much
        return _Query(folded, tuple(folded.split()), heard, "")
    if not letters.isalpha():
        return _Query(folded, tuple(folded.split()), "", "")
    syllables, rest = pinyin.split(letters)
    sound = "".join(" " + s for s in [*syllables, rest] if s) if syllables else ""
    return _Query(folded, tuple(folded.split()), sound, letters)


def _way(asked: _Query, item: Short) -> float:
    """The best way `asked` matches, as its top score; 0 for none."""
    if asked.folded == item.shortcut and asked.folded:
        return EXACT
    if item.folded.startswith(asked.folded) or item.shortcut.startswith(asked.folded):
        return PREFIX
    if asked.folded in item.folded or (len(asked.words) > 1 and all(w in item.folded for w in asked.words)):
        return INSIDE
    if asked.initials and asked.initials in item.initials:
        return INITIALS
    if asked.sound and asked.sound in item.sound:
        return SOUND
    return 0.0


def _near(folded: str, items: Sequence[Short], known: set[str], limit: int) -> list[tuple[float, Short]]:
    from rapidfuzz import fuzz, process  # 10 ms that a console pays only when nothing else fits

    titles = [item.folded for item in items]
    wanted = limit + len(known)
    found = process.extract(folded, titles, scorer=fuzz.partial_ratio, score_cutoff=NEAR_MIN, limit=wanted)
    return [(NEAR * ratio / 100, items[at]) for _, ratio, at in found if items[at].id not in known]


def _score(way: float, item: Short) -> float:
    used = 1 - 1 / (1 + math.log1p(max(item.uses, 0)))
    return way - STEP * (1 - used) - STEP * min(len(item.folded), 99) / 10_000


def _spans(asked: _Query, way: float, item: Short) -> Spans:
    folded, offsets = normalise.fold_map(item.title)
    found: list[tuple[int, int]] = []
    if way in (PREFIX, INSIDE):
        found = [(at, at + len(word)) for word in asked.words if (at := folded.find(word)) >= 0]
    elif way in (INITIALS, SOUND):
        units = pinyin.units(folded)
        if way == INITIALS:
            first = item.initials.find(asked.initials)
            count = len(asked.initials)
        else:
            first = item.sound[: item.sound.find(asked.sound)].count(" ")
            count = asked.sound.count(" ")
        found = [(start, end) for start, end, _ in units[first : first + count]]
    elif way < SOUND:
        from rapidfuzz import fuzz

        near = fuzz.partial_ratio_alignment(asked.folded, folded)
        found = [(near.dest_start, near.dest_end)] if near and near.dest_end > near.dest_start else []
    return tuple(normalise.original_spans(offsets, found))
