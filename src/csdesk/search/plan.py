"""What to ask of the index for what was typed: terms, homophones of unknown ones, pinyin, initials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Protocol

from csdesk.domain.value import dataclass
from csdesk.search import normalise, numerals, pinyin, tokens

LIKELY = 1 / 3  # of the commonest gram's articles: a rarer reading of the same pinyin is noise
READINGS = 3  # grams tried for one pinyin


class Vocabulary(Protocol):
    """The terms of one index: how many articles it has, how many hold a term, which grams sound alike."""

    @property
    def articles(self) -> int: ...

    def docs(self, terms: Sequence[str]) -> Mapping[str, int]:
        """Articles per term; terms that no article holds are absent."""
        ...

    def alike(self, sounds: Sequence[str]) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Per sound (`pinyin.sound`) the grams so read with their articles, commonest first."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """`match` is an FTS5 expression; `terms` are what it looks for (for highlights), rarest first."""

    terms: tuple[str, ...]
    match: str


def plan(query: str, vocabulary: Vocabulary) -> Plan:
    """How to find `query`, whatever it is: never an error, at most `tokens.MATCH_MAX` terms."""
    folded = without_asking(normalise.fold(query[: 4 * tokens.QUERY_MAX])[: tokens.QUERY_MAX])
    wanted = tokens.query_terms(folded)
    other = numerals.other_script(folded)
    if other != folded:
        wanted = list(dict.fromkeys(wanted + tokens.query_terms(other)))
    docs = dict(vocabulary.docs(wanted))
    latin = [t for t in wanted if t.isascii() and t.isalpha() and t not in docs]
    found = [t for t in wanted if t in docs]
    for term, count in _heard(wanted, latin, docs, vocabulary):
        docs[term] = count
        found.append(term)
    initials = [i for word in latin if not pinyin.split(word)[0] for i in pinyin.initials_query(word)]
    if initials:
        docs |= vocabulary.docs(initials)
        found += [term for term in initials if term in docs]
    chosen = tokens.thrifty(list(dict.fromkeys(found)), docs, vocabulary.articles)
    return Plan(tuple(chosen), tokens.match_any(chosen))


def _heard(
    wanted: Sequence[str], latin: Sequence[str], docs: Mapping[str, int], vocabulary: Vocabulary
) -> list[tuple[str, int]]:
    """Grams that sound like a bigram no article holds (an input method's slip: the commonest one), or like
    typed pinyin (the likely ones). The desk's own words are the pinyin index: articles need no second one."""
    slips = {pinyin.sound(t) for t in wanted if len(t) == 2 and not t.isascii() and t not in docs} - {""}
    typed = {s for word in latin for s in _pairs(pinyin.split(word)[0])}
    if not slips and not typed:
        return []
    alike = vocabulary.alike(sorted(slips | typed))
    heard: list[tuple[str, int]] = []
    for sound, grams in alike.items():
        if sound in typed:
            heard += [(g, n) for g, n in grams[:READINGS] if n >= LIKELY * grams[0][1]]
        else:
            heard += [(g, n) for g, n in grams[:1] if n > 1]
    return heard


def _pairs(syllables: list[str]) -> list[str]:
    if len(syllables) == 1:
        return syllables
    return ["'".join(pair) for pair in pairwise(syllables)]


@cache
def _asking() -> tuple[str, ...]:
    return tuple(sorted(normalise.table("stopwords.txt"), key=len, reverse=True))


def without_asking(folded: str) -> str:
    """The question without the words that only make it one (如何, 怎么办), unless nothing else is left."""
    rest = folded
    for word in _asking():
        rest = rest.replace(word, " ")
    return rest if any(c.isalnum() for c in rest) else folded
