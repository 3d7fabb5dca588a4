"""Phrases found in a text however they are written: width, script, signs between the characters, like sounds."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from csdesk import resources
from csdesk.domain.value import dataclass
from csdesk.search import normalise

_SIGNS = re.compile(r"[\W_]+")
_WORD = re.compile(r"[a-z0-9]+")
_SENTENCE_ENDS = re.compile(r"[。！？；!?;]|\.(?=\s|$)")
# What stands right before a phrase that is denied, not said: 不能保证退款, "no guaranteed refund".
_DENIED = re.compile(
    r"(?:不|没|没有|未|勿|莫|无法|不能|不会|不得|不可|不要|不用|不必|不应|不该|不是|并非|不敢|不再|禁止|严禁|拒绝|无权)(?:是|能|会|再|说|要求您|让您)?$"
)
_DENIED_WORDS = frozenset({"not", "no", "never", "cannot", "don", "doesn", "won", "can", "isn", "without"})
# `can` and `don` are halves of can't and don't; alone they deny nothing.
_HALVES = frozenset({"don", "doesn", "won", "can", "isn"})
_NEAR_WORDS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase in a text: its place in the list, where it stands (`end` not included).

    `denied`: a negation stands before it. `broken`: a sentence ends within it, so that it may be two.
    """

    phrase: int
    start: int
    end: int
    denied: bool = False
    broken: bool = False

    @property
    def sure(self) -> bool:
        """Whether the phrase is said, as far as a look at the text can tell."""
        return not (self.denied or self.broken)


@dataclass(frozen=True, slots=True)
class _Shadow:
    """A text without what hides: `text`, and where in the folded text each of its characters comes from."""

    text: str
    places: Sequence[int]


class Phrases:
    """Phrases made ready to be looked for; a phrase of ASCII is found in whole words only."""

    def __init__(self, phrases: Iterable[str]) -> None:
        needles = [(n, phrase.isascii(), normalise.fold(phrase)) for n, phrase in enumerate(phrases)]
        self._dense = [(n, dense(phrase)) for n, ascii_, phrase in needles if not ascii_ and dense(phrase)]
        self._spaced = [
            (n, spaced) for n, ascii_, phrase in needles if ascii_ and (spaced := _spaced(phrase))
        ]

    def find(self, text: str) -> list[Found]:
        """All phrases in a text, in its order; of those that overlap at one start the longest comes first."""
        folded = normalise.fold(text)
        # Most texts say nothing forbidden: where each sign came from is worked out for the others.
        close, words = dense(folded), _spaced(folded)
        among = [(n, needle) for n, needle in self._dense if needle in close]
        said = [(n, needle) for n, needle in self._spaced if needle in words]
        if not among and not said:
            return []
        folded, offsets = normalise.fold_map(text)
        found = [*_in_dense(folded, among), *_in_words(folded, said)]
        own = [_placed(one, offsets) for one in found]
        return sorted(own, key=lambda one: (one.start, -one.end, one.phrase))


def dense(folded: str) -> str:
    """Folded text as one run of letters and digits in one spelling."""
    return _spelt(_shadow(folded)).text


def _shadow(folded: str) -> _Shadow:
    places = [n for n, sign in enumerate(folded) if not _SIGNS.match(sign) or sign == "%"]
    return _Shadow("".join(folded[n] for n in places), places)


@cache
def _spellings() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern of the other ways of writing, the longest first, and the one way for each; read at first use."""
    raw = tomllib.loads(resources.path("data/search/spellings.toml").read_text(encoding="utf-8"))
    ways = {
        normalise.fold(way): normalise.fold(one) for one, others in raw["spellings"].items() for way in others
    }
    return re.compile("|".join(sorted(map(re.escape, ways), key=len, reverse=True))), ways


def _spelt(shadow: _Shadow) -> _Shadow:
    """The same in one spelling; of a word in another spelling, first and last sign keep their places."""
    pattern, ways = _spellings()
    signs: list[str] = []
    places: list[int] = []
    at = 0
    for way in (*pattern.finditer(shadow.text), None):
        until = way.start() if way else len(shadow.text)
        kept = [n for n in range(at, until) if shadow.text[n] != "%"]
        signs += [shadow.text[n] for n in kept]
        places += [shadow.places[n] for n in kept]
        if way is None:
            break
        one, at = ways[way[0]], way.end()
        inner = [shadow.places[min(way.start() + n, at - 1)] for n in range(len(one))]
        signs.append(one)
        places += [*inner[:-1], shadow.places[at - 1]]
    return _Shadow("".join(signs), places)


def _spaced(folded: str) -> str:
    """Folded text as words between single blanks: "no returns" is not in "piano returns"."""
    words = _WORD.findall(folded)
    return f" {' '.join(words)} " if words else ""


def _in_dense(folded: str, needles: Iterable[tuple[int, str]]) -> Iterator[Found]:
    shadow = _spelt(_shadow(folded))
    for n, needle in needles:
        at = shadow.text.find(needle)
        while at >= 0:
            first, last = shadow.places[at], shadow.places[at + len(needle) - 1]
            ends = len(_SENTENCE_ENDS.findall(folded, first, last))
            # A full stop after every character hides a phrase; one or two of them end sentences.
            broken = 0 < ends < (len(needle) - 1) / 2
            denied = _DENIED.search(_before(folded, first)) is not None
            yield Found(n, first, last + 1, denied, broken)
            at = shadow.text.find(needle, at + 1)


def _before(folded: str, at: int) -> str:
    """What stands before a phrase in its own clause, close together."""
    clause = re.split(r"[，。！？；、,.!?;\n]", folded[max(at - 12, 0) : at])[-1]
    return _SIGNS.sub("", clause).replace("你", "您")


def _in_words(folded: str, needles: Iterable[tuple[int, str]]) -> Iterator[Found]:
    words = list(_WORD.finditer(folded))
    for n, needle in needles:
        parts = needle.split()
        for at in range(len(words) - len(parts) + 1):
            if [word[0] for word in words[at : at + len(parts)]] != parts:
                continue
            start, end = words[at].start(), words[at + len(parts) - 1].end()
            broken = _SENTENCE_ENDS.search(folded, start, end - 1) is not None
            yield Found(n, start, end, _denied_words(folded, words[max(at - _NEAR_WORDS, 0) : at]), broken)


def _denied_words(folded: str, before: Sequence[re.Match[str]]) -> bool:
    for word in before:
        half = word[0] in _HALVES
        if word[0] in _DENIED_WORDS and (not half or folded[word.end() : word.end() + 1] in ("'", "\u2019")):
            return True
    return False


def _placed(found: Found, offsets: list[int]) -> Found:
    """The same with its place in the text as it was written."""
    ((start, end),) = normalise.original_spans(offsets, [(found.start, found.end)])
    return Found(found.phrase, start, end, found.denied, found.broken)
