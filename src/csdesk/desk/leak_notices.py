"""Drafts of the notices of a leak, to the authority and to the people, with the three items of 个人信息保护法§57(1).

In our own words, from what is on record; what is not is marked as a blank to fill. Drafts: a lawyer reads them first.
"""

from collections.abc import Iterator

from csdesk.desk.leak_queries import FactView, LeakView
from csdesk.desk.words import Words

AUTHORITY, PEOPLE = "authority", "people"
RECIPIENTS = (AUTHORITY, PEOPLE)
_BASIS = ("personal_information_law 57(1)",)


def notice(view: LeakView, words: Words, to: str) -> Iterator[str]:
    """The lines of a draft to one of RECIPIENTS."""
    yield words("leak.notice.draft")
    yield ""
    yield words(f"leak.notice.title.{to}")
    yield words(f"leak.notice.greeting.{to}", title=view.title)
    yield ""
    yield words("leak.notice.first")
    yield from _first(view, words, to)
    yield ""
    yield words("leak.notice.second")
    yield from _second(view, words)
    yield ""
    yield words("leak.notice.third")
    yield f"  {view.contact or _blank(words, 'contact')}"
    yield ""
    yield words("leak.notice.basis", cited=words.cites(_BASIS))
    if to == AUTHORITY:
        yield from _to_authority(view, words)


def _blank(words: Words, what: str) -> str:
    return words("leak.notice.blank", what=words(f"leak.blank.{what}"))


def _first(view: LeakView, words: Words, to: str) -> Iterator[str]:
    """Which sorts of information, why, and what harm may follow."""
    kinds = words.between.join(words(f"leak_field.{name}") for name in view.fields)
    yield "  " + words("leak.notice.kinds", kinds=kinds or _blank(words, "fields"))
    if to == AUTHORITY:
        people = str(view.persons) if view.persons else _blank(words, "persons")
        yield "  " + words("leak.notice.people", n=people)
    yield "  " + words("leak.notice.found", at=words.moment(view.found_at))
    known = "" if view.cause == "unknown" else words(f"leak_cause.{view.cause}")
    # What was written down about how it happened may name people and systems: it is for the authority alone.
    why = "".join(part for part in (known, view.how if to == AUTHORITY else "") if part)
    if known and to == AUTHORITY and view.how:
        why = words("leak.notice.cause_and", cause=known, how=view.how)
    yield "  " + words("leak.notice.why", why=why or _blank(words, "cause"))
    yield "  " + words("leak.notice.harm")
    for name in view.fields:
        yield f"  - {words(f'leak_harm.{name}')}"


def _second(view: LeakView, words: Words) -> Iterator[str]:
    """What was done, and what a person can do."""
    yield "  " + words("leak.notice.done")
    done = [fact for fact in view.facts if fact.what == "contained"]
    for fact in done:
        yield f"  - {words.moment(fact.at)}  {fact.said}"
    if not done:
        yield f"  - {_blank(words, 'contained')}"
    yield "  " + words("leak.notice.you_can")
    for key in dict.fromkeys(words(f"leak_advice.{name}") for name in view.fields):
        yield f"  - {key}"
    yield f"  - {words('leak_advice.police')}"


def _to_authority(view: LeakView, words: Words) -> Iterator[str]:
    """How it went, and whether the people are told."""
    yield ""
    yield words("leak.notice.timeline")
    for fact in view.facts:
        if fact.what in ("contained", "assessed", "told_people", "waived_people", "reported_incident"):
            yield f"  {line(fact, words)}"
    waived = [fact for fact in view.facts if fact.what == "waived_people"]
    if waived:
        cited = words.cites(("personal_information_law 57(2)",))
        yield words("leak.notice.waived", why=waived[-1].said, cited=cited)


def line(fact: FactView, words: Words) -> str:
    """A line of a leak's timeline."""
    count = words("leak.count", n=fact.count) if fact.count else ""
    parts = (words.moment(fact.at), fact.actor, words(f"leak_step.{fact.what}"), count, fact.said)
    return "  ".join(part for part in parts if part)
