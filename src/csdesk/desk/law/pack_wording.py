"""Packs in words: where a version stands and by whom, what changed in it, what two laws make of a case."""

from collections.abc import Iterable, Iterator

from csdesk.desk.law.differing import PackChange
from csdesk.desk.law.lives import APPROVALS, Signed
from csdesk.desk.law.replay import Difference
from csdesk.desk.law.touched import Touched
from csdesk.desk.law.wording import cited, said
from csdesk.desk.law_queries import PackStory, PackView
from csdesk.desk.words import Words
from csdesk.domain.entitlement.decision import Answer
from csdesk.domain.text import clean_line

# Laws that one line names; a rule may rest on more.
MOST_LAWS = 2


def standing(view: PackView, words: Words) -> str:
    """A version in one line: its name, where it stands, from when."""
    told = words(
        f"pack.state.{view.state}",
        day=view.day,
        n=len(view.approved),
        of=APPROVALS,
        at=words.moment(view.begins or 0),
    )
    return f"{view.name}  {told}"


def lived(view: PackView, words: Words) -> Iterator[str]:
    """Every step of a version's life, who did it and when."""
    if view.shipped:
        yield words("pack.step.shipped", at=words.moment(view.staged.at))
    else:
        yield words("pack.step.staged", **_signed(view.staged, words), day=view.day)
    for signed in view.approved:
        yield words("pack.step.approved", **_signed(signed, words))
    if view.withdrawn is not None:
        yield words("pack.step.withdrawn", **_signed(view.withdrawn, words), reason=view.reason)
    yield words("pack.digest", digest=view.digest)


def _signed(signed: Signed, words: Words) -> dict[str, str]:
    return {"who": signed.who, "at": words.moment(signed.at)}


def story(told: PackStory, words: Words) -> Iterator[str]:
    """A version with its life, what changes against the other, and which texts that touches."""
    yield standing(told.view, words)
    yield from (f"  {line}" for line in lived(told.view, words))
    if told.against:
        yield from compared(told, words)


def compared(told: PackStory, words: Words) -> Iterator[str]:
    """What changes from one version to the other, and the texts that it touches."""
    if not told.changes:
        yield words("pack.same", old=told.against, new=told.view.name)
        return
    yield words("pack.changes", old=told.against, new=told.view.name)
    yield from (f"  {line}" for line in changes(told.changes, words))
    if told.touched:
        yield words.count("pack.touched", len(told.touched))
        yield from (f"  {touched(text, words)}" for text in told.touched)


def changes(found: Iterable[PackChange], words: Words) -> Iterator[str]:
    """Each change in a line; what changed alike through several spans of a rule is told once, from the first."""
    first: dict[tuple[str, str, str, str, str], PackChange] = {}
    for change in found:
        key = (change.part, change.name, change.field, change.before, change.after)
        kept = first.setdefault(key, change)
        if len(change.articles) > len(kept.articles):
            first[key] = change
    yield from (clean_line(_change(change, words)).text for change in first.values())


def _change(change: PackChange, words: Words) -> str:
    before, after = (_value(change.field, value, words) for value in (change.before, change.after))
    laws = words.between.join(cited(article, words) for article in change.articles[:MOST_LAWS])
    if len(change.articles) > MOST_LAWS:
        laws += words("pack.and_more")
    return words(
        "pack.change",
        part=words(f"pack.part.{change.part}"),
        name=change.name,
        field=words.code("pack.field", change.field),
        before=before or "–",
        after=after or "–",
        laws=laws,
    )


def _value(field: str, value: str, words: Words) -> str:
    if field == "count" and value:
        count, _, unit = value.partition(" ")
        return f"{count} {words.code('term', unit)}"
    return words.code("term", value) if field in ("confidence", "basis") else value


def touched(text: Touched, words: Words) -> str:
    """A text to look at again, and what it cites of what changed."""
    return clean_line(
        words(f"pack.text.{text.kind}", id=text.id, title=text.title, cites=words.between.join(text.cites))
    ).text


def difference(told: Difference, words: Words) -> str:
    """One thing that two laws decide differently."""
    name = words.code("term", told.name) if told.name else words(f"replay.{told.part}")
    before, after = (_answer(told.part, value, words) for value in (told.before, told.after))
    return words("replay.differs", name=name, before=before, after=after)


def _answer(part: str, value: Answer, words: Words) -> str:
    if value in (None, (), ""):
        return "–"
    if part == "articles" and isinstance(value, tuple):
        return ", ".join(str(id_) for id_ in value)
    return said(value, words)
