"""How text sounds: syllables and initials from a small table, where pypinyin takes 150 ms and 57 MB."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import pairwise

from csdesk.domain.value import dataclass
from csdesk.search import normalise

_HAN_RUN = re.compile("[\u4e00-\u9fff]+")
_UNIT = re.compile("[\u4e00-\u9fff]|[a-z]+|[0-9]+")
# Typed u for the table's v after n and l; both spellings are taught.
_SPELLINGS = {"lue": "lve", "nue": "nve"}
_SYLLABLE_MAX = 6
INITIALS = "0"  # marks an initials term: no word or number of a text is spelled like 0qx


@dataclass(frozen=True, slots=True)
class _Readings:
    """17,000 characters in one string, grouped by syllable: 40 kB, where a dict of them takes 3 MB."""

    characters: str
    starts: list[int]
    syllables: list[str]
    words: dict[str, tuple[str, ...]]
    known: frozenset[str]

    def of(self, char: str) -> str:
        """The syllable of a character, or `""`."""
        at = self.characters.find(char)
        return self.syllables[bisect_right(self.starts, at) - 1] if at >= 0 else ""


@cache
def _readings() -> _Readings:
    characters, starts, syllables = "", [], []
    words: dict[str, tuple[str, ...]] = {}
    for line in normalise.table("pinyin.txt"):
        sound, _, held = line.partition(" ")
        if "'" in sound:
            pair = tuple(sound.split("'"))
            words.update((held[i : i + 2], pair) for i in range(0, len(held), 2))
        else:
            starts.append(len(characters))
            syllables.append(sound)
            characters += held
    return _Readings(characters, starts, syllables, words, frozenset(syllables) | _SPELLINGS.keys())


@cache
def _common_words() -> dict[str, str]:
    """First character → second characters of common two-character words; read only where text is indexed."""
    lines = (line.partition(" ") for line in normalise.table("words.txt"))
    return {first: seconds for first, _, seconds in lines}


@cache
def _syllable(char: str) -> str:
    return _readings().of(char)


@cache
def _letter(char: str) -> str:
    return _syllable(char)[:1] or "-"


def syllables(text: str) -> list[str]:
    """The sound of each unit of `text`, folded: a character's syllable without tone, a word, a number."""
    return [sound for _, _, sound in units(normalise.fold(text))]


def initials(text: str) -> str:
    """The first letter of each syllable, Latin word or number: `退货运费 SOP` → `thyfs`."""
    return "".join(sound[0] for sound in syllables(text))


def units(folded: str) -> list[tuple[int, int, str]]:
    """`(start, end, sound)` of each readable character, word and number, in order."""
    words = _readings().words
    found: list[tuple[int, int, str]] = []
    taken = 0
    for match in _UNIT.finditer(folded):
        start, end = match.span()
        if start < taken:
            continue
        pair = words.get(folded[start : start + 2])
        if pair:
            found += [(start, start + 1, pair[0]), (start + 1, start + 2, pair[1])]
            taken = start + 2
        elif sound := match[0] if match[0].isascii() else _syllable(match[0]):
            found.append((start, end, sound))
    return found


def sound(gram: str) -> str:
    """The syllables of a gram of one or two characters (`qu'xian`), `""` when one of them cannot be read."""
    pair = _readings().words.get(gram)
    if pair:
        return "'".join(pair)
    parts = [_syllable(char) for char in gram]
    return "'".join(parts) if all(parts) else ""


def split(word: str) -> tuple[list[str], str]:
    """Latin letters as the fewest pinyin syllables, and what is left of a last one still being typed:
    `chengbaof` → `(["cheng", "bao"], "f")`; letters that are no pinyin stay whole in the second part."""
    known = _readings().known
    fewest: dict[int, list[str]] = {0: []}
    for at in range(len(word)):
        if at not in fewest:
            continue
        for end in range(at + 1, min(len(word), at + _SYLLABLE_MAX) + 1):
            if word[at:end] in known and (end not in fewest or len(fewest[end]) > len(fewest[at]) + 1):
                fewest[end] = [*fewest[at], _SPELLINGS.get(word[at:end], word[at:end])]
    reach = max(fewest)
    # Less than half read as syllables is rather a row of initials (`acht`) or a foreign word.
    if reach < 2 or reach * 2 < len(word):
        return [], word
    return fewest[reach], word[reach:]


def initials_index(text: str) -> list[str]:
    """Initials terms of an article: each row of three, and each common two-character word (without a word
    list every pair of neighbours would count: R@10 .36 instead of .41)."""
    return [term for run in _HAN_RUN.findall(normalise.fold(text)) for term in _initials_of(run)]


def _initials_of(run: str) -> list[str]:
    common, spoken = _common_words(), _readings().words
    letters = "".join(map(_letter, run))
    terms = [INITIALS + letters[i : i + 3] for i in range(len(run) - 2)]
    for i, (first, second) in enumerate(pairwise(run)):
        if second in common.get(first, ""):
            pair = spoken.get(first + second)
            terms.append(INITIALS + (pair[0][0] + pair[1][0] if pair else letters[i : i + 2]))
    return terms


def initials_query(word: str) -> list[str]:
    """The initials terms that a row of typed initials asks for."""
    if len(word) <= 3:
        return [INITIALS + word]
    return [INITIALS + word[i : i + 3] for i in range(len(word) - 2)]
