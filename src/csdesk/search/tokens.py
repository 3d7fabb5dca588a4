"""Terms of a text for an index that knows no Chinese: bigrams, characters, words, numbers; plain or keyed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from csdesk.search import normalise

HAN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
WORD_MAX = 40  # longer "words" are pasted keys and base64; their head finds them
QUERY_MAX = 160  # characters of a question that are read
MATCH_MAX = 48  # terms of one MATCH, so that a pasted page costs no more than a long question
KEEP_MIN = 6  # terms kept however common: a question made of common words still finds something
COMMON = 0.12  # of the articles: a term in more of them only costs time
POSTINGS = 12_000  # rows one search may read: 6 ms; 20,000 find no more


def stream(text: str) -> list[str]:
    """Terms in order, one position each: each bigram of a Chinese run, then its last character (which keeps
    the next run from joining it), words, numbers. Enough for phrases and for words of two characters."""
    return _terms(normalise.fold(text))[0]


def index_terms(text: str) -> list[str]:
    """`stream(text)`, then the other single characters. Join by spaces for FTS5's `tokenize='ascii'`, which
    neither splits nor folds any of them."""
    terms, singles = _terms(normalise.fold(text))
    return terms + singles


def phrase_terms(text: str) -> list[str]:
    """The terms which follow each other wherever `text` stands as a part of a longer text."""
    terms = stream(text)
    if len(terms) > 1 and len(terms[-2]) == 2 and terms[-2].endswith(terms[-1]):
        return terms[:-1]  # the closing character of the last run: in a longer text a bigram stands there
    return terms


def query_terms(folded: str) -> list[str]:
    """The different terms of an already folded question; at most `QUERY_MAX` characters of it are read."""
    terms, singles = _terms(folded[:QUERY_MAX])
    return list(dict.fromkeys(terms + singles))


# Compiled when the first text is cut up: 2 ms, which who only lists cases need not wait for.
@cache
def _runs() -> re.Pattern[str]:
    return re.compile(rf"([{HAN}]+)|\d+|[^\W\d_{HAN}]+")


@cache
def _ascii_runs() -> re.Pattern[str]:
    """The same of a text without other letters, in a third of the time."""
    return re.compile(r"\d+|[a-zA-Z]+")


def _terms(folded: str) -> tuple[list[str], list[str]]:
    terms: list[str] = []
    singles: list[str] = []
    if folded.isascii():
        return [run[:WORD_MAX] for run in _ascii_runs().findall(folded)], singles
    for match in _runs().finditer(folded):
        run = match[0]
        if match.lastindex:
            terms += [run[i : i + 2] for i in range(len(run))]
            singles += run[:-1]
        else:
            terms.append(run[:WORD_MAX])
    return terms, singles


class Hashes(dict[str, str]):
    """Terms and what stands for them under a key, each hashed once: 0.5 µs, again 0.05.

    It holds words in clear: for one question or one batch of texts, never for longer.
    """

    def __init__(self, key: bytes) -> None:
        if not 16 <= len(key) <= 64:
            raise ValueError(f"an index key has 16 to 64 bytes, this one {len(key)}")
        from hashlib import blake2b  # loads OpenSSL: 3 ms that only a desk with an encrypted index pays

        self._start = blake2b(digest_size=8, key=key)

    def __missing__(self, term: str) -> str:
        state = self._start.copy()
        state.update(term.encode())
        found = self[term] = state.hexdigest()
        return found

    def of(self, terms: Iterable[str]) -> list[str]:
        """What stands for each of these, in order."""
        return [self[term] for term in terms]


def keyed(terms: Iterable[str], key: bytes) -> list[str]:
    """The terms as 16 hex digits of keyed BLAKE2b (RFC 7693), for an index of encrypted text: order and
    equality stay, so phrases still work; `key` is 16 to 64 bytes."""
    return Hashes(key).of(terms)


def thrifty(terms: Sequence[str], docs: Mapping[str, int], articles: int) -> list[str]:
    """The terms a search can afford, rarest first, until their rows (`docs`: articles with a term) exceed
    half the articles, at least 1,000 and at most `POSTINGS`. `KEEP_MIN` are kept even so, though not past
    twice `POSTINGS`, and two always."""
    budget = max(1_000, min(articles // 2, POSTINGS))
    chosen: list[str] = []
    for term in sorted(terms, key=lambda t: docs.get(t, 0))[:MATCH_MAX]:
        budget -= docs.get(term, 0)
        dear = budget < 0 or docs.get(term, 0) > COMMON * articles
        if (dear and len(chosen) >= KEEP_MIN) or (budget < -POSTINGS and len(chosen) >= 2):
            break
        chosen.append(term)
    return chosen


def match_any(terms: Iterable[str]) -> str:
    """An FTS5 expression for rows with any of the terms (spaces make a phrase of one); no terms, no rows."""
    return " OR ".join(_quoted(term) for term in terms) or '""'


def match_all(terms: Iterable[str]) -> str:
    """An FTS5 expression for rows with all of the terms (spaces make a phrase of one); no terms, no rows."""
    return " AND ".join(_quoted(term) for term in terms) or '""'


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""').replace("\x00", "") + '"'


def highlights(text: str, terms: Iterable[str]) -> list[tuple[int, int]]:
    """Where the terms stand in `text`, as merged `(start, end)` of the original; single characters only if no
    term is longer."""
    wanted = [t for t in terms if len(t) > 1] or list(terms)
    if not wanted:
        return []
    folded, offsets = normalise.fold_map(text)
    pattern = "|".join(re.escape(t) for t in sorted(wanted, key=len, reverse=True))
    spans = [(m.start(), m.start() + len(m[1])) for m in re.finditer(f"(?=({pattern}))", folded)]
    return normalise.original_spans(offsets, spans)
