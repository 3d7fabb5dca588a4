"""The library of a desk: policy articles and canned replies, kept with their index and found as one types."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Article:
    """A provision of a law, a platform's rules or the desk's own policy. Dates are ISO, "" for open ends.

    `external_id` is the id the record came with; `law` the full name, `article_no` as printed (第二十五条),
    `number` and `suffix` the same as integers (0 when there is none).
    """

    external_id: str
    law: str
    article_no: str
    text: str
    number: int = 0
    suffix: int = 0
    title: str = ""
    chapter: str = ""
    effective_from: str = ""
    effective_to: str = ""
    source: str = ""
    language: str = "zh-Hans"
    tags: tuple[str, ...] = ()
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class Canned:
    """A canned reply; `body` holds slots as {name}. Empty `kinds` and `states` fit every case."""

    external_id: str
    title: str
    body: str
    shortcut: str = ""
    language: str = "zh-Hans"
    source: str = ""
    topic: str = ""
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
