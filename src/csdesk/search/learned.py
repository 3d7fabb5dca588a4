"""What a past question has in common with one that is asked now: its terms, what they weigh, how alike the two are."""

import math
from collections.abc import Iterable, Mapping, Sequence

from csdesk.search import normalise, tokens
from csdesk.search.plan import without_asking

MOST_TERMS = 32  # more is a pasted page
LONGEST_NUMBER = 4  # digits; longer ones are of an order, a phone, a card


def question_terms(text: str) -> list[str]:
    """The terms of a question that are worth remembering, each once: bigrams, words, short numbers."""
    folded = without_asking(normalise.fold(text[: 4 * tokens.QUERY_MAX])[: tokens.QUERY_MAX])
    found = (term for term in tokens.query_terms(folded) if len(term) > 1 and not _long_number(term))
    return list(found)[:MOST_TERMS]


def _long_number(term: str) -> bool:
    return sum(sign.isdigit() for sign in term) > LONGEST_NUMBER


def weights(terms: Sequence[str], docs: Mapping[str, int], articles: int) -> dict[str, float]:
    """What each term says: more the fewer articles hold it; one that none holds says the most."""
    return {term: math.log(1 + (articles + 1) / (docs.get(term, 0) + 0.5)) for term in terms}


def mass(weighed: Iterable[float]) -> int:
    """The weight of a whole question, in thousandths, as it is kept."""
    return round(1000 * sum(weighed))


def likeness(shared: float, asked: int, kept: int) -> float:
    """How alike two questions are, 0 to 1: the weight they share, of all that either says (masses in thousandths)."""
    whole = (asked + kept) / 1000 - shared
    return min(1.0, max(0.0, shared / whole)) if whole > 0 else 0.0
