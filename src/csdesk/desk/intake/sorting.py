"""What a message asks for, by its words: kind, reason and language. Where the words do not tell, it says so."""

import re
import tomllib
from functools import cache

from csdesk import resources
from csdesk.desk.inbound import Inbound
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.kinds import MACHINES
from csdesk.domain.value import dataclass
from csdesk.search import normalise

# Whoever has not said it by then tells a story; reading on would only find more words of everything.
MOST_READ = 4_000
# Below this nothing is chosen: one weak word is no request.
ENOUGH = 3
# The second kind must stay behind by so much, or a person has to choose.
LEAD = 2
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]")
# The commonest characters that only traditional writing has; two of them tell it from a name in a text.
_TRADITIONAL = frozenset(
    "們這來時說個國會對學發經應還東車門問題頁類單買賣貨運費錢電話請謝沒過嗎讓給訂換壞開關處點幾張"
)


@dataclass(frozen=True, slots=True)
class Sorted:
    """Kind and reason, and how they were found: `said` by the channel, by `words`, or `unknown`."""

    kind: Kind
    reason: str
    how: str


@dataclass(frozen=True, slots=True)
class _Phrase:
    text: str
    weight: int
    kind: str
    reason: str


class BadPhrases(ValueError):
    """A table of phrases that cannot be used, with the place."""


@cache
def _phrases() -> tuple[_Phrase, ...]:
    """The phrases of data/intake.toml, folded; a kind or reason that no machine has is refused."""
    with resources.path("data/intake.toml").open("rb") as file:
        return read_phrases(tomllib.load(file))


def read_phrases(tables: dict[str, dict[str, dict[str, int]]]) -> tuple[_Phrase, ...]:
    """`[kind.reason]` tables of phrase = weight; BadPhrases names the kind, reason or weight that cannot be."""
    found = []
    for kind, reasons in tables.items():
        machine = MACHINES.get(Kind(kind)) if kind in set(Kind) else None
        if machine is None:
            raise BadPhrases(f"no kind is called {kind}")
        for reason, phrases in reasons.items():
            if reason not in machine.reasons:
                raise BadPhrases(f"{kind} has no reason {reason}")
            for text, weight in phrases.items():
                if (
                    type(weight) is not int
                    or not -9 <= weight <= 9
                    or not weight
                    or not normalise.fold(text).strip()
                ):
                    raise BadPhrases(f"{kind}.{reason}: {text} = {weight}")
                found.append(_Phrase(normalise.fold(text), weight, kind, reason))
    return tuple(found)


def choose(inbound: Inbound) -> Sorted:
    """Kind and reason of a message. Refused `bad_choice` for a kind or reason that the channel said and nobody has."""
    if inbound.kind:
        kind = _kind(inbound.kind)
        reason = inbound.reason or _reason(kind, inbound)
        if reason not in MACHINES[kind].reasons:
            raise Refused("bad_choice", field="reason", value=reason[:80], allowed=MACHINES[kind].reasons)
        return Sorted(kind, reason, "said")
    if inbound.reason:
        raise Refused("reason_without_kind", reason=inbound.reason[:80])
    scores = _scores(inbound)
    by_kind: dict[str, int] = {}
    for (kind_name, _), score in scores.items():
        by_kind[kind_name] = by_kind.get(kind_name, 0) + score
    ranked = sorted(by_kind.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < ENOUGH or (len(ranked) > 1 and ranked[0][1] - ranked[1][1] < LEAD):
        return Sorted(Kind.INQUIRY, "other", "unknown")
    kind = Kind(ranked[0][0])
    return Sorted(kind, _best(kind, scores), "words")


def _kind(said: str) -> Kind:
    # Nobody outside declares an incident: it is the desk's own word.
    allowed = tuple(kind.value for kind in Kind if kind in MACHINES and kind is not Kind.INCIDENT)
    if said not in allowed:
        raise Refused("bad_choice", field="kind", value=said[:80], allowed=allowed)
    return Kind(said)


def _reason(kind: Kind, inbound: Inbound) -> str:
    return _best(kind, _scores(inbound))


def _best(kind: Kind, scores: dict[tuple[str, str], int]) -> str:
    """The reason that the words of a kind speak for most, `other` when none does."""
    mine = [
        (score, reason)
        for (name, reason), score in scores.items()
        if name == kind.value and score > 0 and reason != "other"
    ]
    return max(mine, key=lambda item: item[0])[1] if mine else "other"


def _scores(inbound: Inbound) -> dict[tuple[str, str], int]:
    text = normalise.fold(f"{inbound.subject}\n{inbound.text}"[:MOST_READ])
    scores: dict[tuple[str, str], int] = {}
    for phrase in _phrases():
        if phrase.text in text:
            place = phrase.kind, phrase.reason
            scores[place] = scores.get(place, 0) + phrase.weight
    return scores


def language_of(inbound: Inbound) -> str:
    """The language to answer in: as the channel said, else as the words are written; "" where they do not tell."""
    if inbound.language:
        return _LANGUAGES.get(inbound.language.lower().replace("_", "-"), inbound.language)
    text = inbound.text[:MOST_READ]
    han = _HAN.findall(text)
    if not han:
        return "en" if len(_LATIN.findall(text)) >= 8 else ""
    return "zh-Hant" if sum(sign in _TRADITIONAL for sign in han) >= 2 else "zh-Hans"


# How systems that send messages name the three languages.
_LANGUAGES = {
    "zh": "zh-Hans",
    "zh-cn": "zh-Hans",
    "zh-sg": "zh-Hans",
    "zh-hans": "zh-Hans",
    "zh-hans-cn": "zh-Hans",
    "zh-tw": "zh-Hant",
    "zh-hk": "zh-Hant",
    "zh-mo": "zh-Hant",
    "zh-hant": "zh-Hant",
    "zh-hant-tw": "zh-Hant",
    "zh-hant-hk": "zh-Hant",
    "en": "en",
    "en-us": "en",
    "en-gb": "en",
}
