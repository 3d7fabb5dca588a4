"""Which of the desk's own texts a change of law touches: articles that cite what changed, replies that rest on them."""

import re
from collections.abc import Iterable, Iterator, Mapping

from csdesk.desk.law.differing import PackChange
from csdesk.domain.value import dataclass
from csdesk.search import numerals
from csdesk.store import library_texts
from csdesk.store.connection import Connection
from csdesk.store.library_texts import CitingReply, Resting

_N = rf"(?:[0-9]{{1,5}}|{numerals.NUMERAL}{{1,9}})"
# 第二十五条第一款, §11a, art. 25(1): number, 之-suffix, paragraph.
_PLACES = (
    re.compile(rf"第({_N})[条條](?:之({_N}))?(?:第({_N})款)?"),
    re.compile(r"§(\w+)()()"),
    re.compile(r"art\. ?([0-9]+)(?:-([0-9]+))?(?:\((\w+)\))?"),
)
_NO = re.compile(r"(\w+)(?:-([0-9]+))?(?:\((\w+)\))?")

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Touched:
    """A text that somebody should look at again: `kind` is `article` or `canned`; `cites` are what changed (ids)."""

    kind: str
    id: str
    title: str
    cites: tuple[str, ...]

    @property
    def subject(self) -> str:
        """How the text is named where its review is kept."""
        return f"{self.kind}/{self.id}"


def touched(conn: Connection, desk: str, changes: Iterable[PackChange]) -> tuple[Touched, ...]:
    """The desk's articles that cite what changed, then the replies that rest on these; each once, by id."""
    changed = {article.id: article for change in changes for article in change.articles}
    if not changed:
        return ()
    named = [
        (article, tuple(set(article.names.values())), _place(article.no)) for article in changed.values()
    ]
    texts: dict[str, Touched] = {}
    for text in library_texts.resting(conn, desk):
        cites = tuple(article.id for article, names, place in named if _cites(text, names, place))
        if cites and text.id not in texts:
            texts[text.id] = Touched("article", text.id, text.title, cites)
    replies = {reply.id: one for reply in library_texts.citing(conn, desk) if (one := _reply(reply, texts))}
    return (*texts.values(), *replies.values())


def _reply(reply: CitingReply, texts: Mapping[str, Touched]) -> Touched | None:
    cites = tuple(id_ for id_ in reply.articles if id_ in texts)
    return Touched("canned", reply.id, reply.title, cites) if cites else None


def _cites(text: Resting, names: tuple[str, ...], place: Place | None) -> bool:
    for line in text.basis:
        rest = next((rest for name in names if (rest := _after(line, name)) is not None), None)
        if rest is None:
            continue
        cited = list(_places(rest))
        # A whole instrument is cited, or changed: whatever else is said concerns it.
        if place is None or not cited or any(_meets(one, place) for one in cited):
            return True
    return False


def _after(line: str, law: str) -> str | None:
    """What follows the law's name in a citation; None when the line names another law."""
    for named in (f"《{law}》", f"{law}, ", f"{law} ("):
        if line.startswith(named):
            return line[len(named) :]
    return "" if line == law else None


def _places(cited: str) -> Iterator[Place]:
    for pattern in _PLACES:
        for found in pattern.finditer(cited):
            yield _number(found[1]), _number(found[2]), _number(found[3])


def _number(said: str | None) -> str:
    number = numerals.to_int(said) if said else None
    return (said or "") if number is None else str(number)


def _place(no: str) -> Place | None:
    """`25(1)` of a pack as a place; None for a whole instrument."""
    found = _NO.match(no)
    return (found[1], found[2] or "", found[3] or "") if found else None


def _meets(one: Place, other: Place) -> bool:
    same_paragraph = one[2] == other[2] or not one[2] or not other[2]
    return one[:2] == other[:2] and same_paragraph
