"""What an import of a law did, told article by article: new, changed with the words that differ, gone."""

from collections import Counter
from collections.abc import Iterator, Sequence

from csdesk.desk.words import Words
from csdesk.domain.text import clean_line
from csdesk.interop.statute_import import CHANGED, EDITION, GONE, NEW, SAME, ArticleChange, difference

_SIGNS = {NEW: "+", CHANGED: "~", EDITION: "^", GONE: "-"}
# Places shown of one article; a text that was written anew differs everywhere.
_MOST_PLACES = 6


def told(changes: Sequence[ArticleChange], words: Words, *, dry_run: bool) -> Iterator[str]:
    """A line an article that is not the same, its differences under it, and the sum."""
    for one in changes:
        if one.what == SAME:
            continue
        what = words.code("statute", one.what)
        fields = words.between.join(words.code("statute.field", name) for name in one.fields)
        yield " ".join(filter(None, (_SIGNS[one.what], one.law, one.article_no, what, fields)))
        if "text" in one.fields:
            yield from _places(one)
    counts = Counter(one.what for one in changes)
    numbers = {what: counts[what] for what in (NEW, CHANGED, EDITION, GONE, SAME)}
    yield words("statute.dry" if dry_run else "statute.done", **numbers)


def _places(one: ArticleChange) -> Iterator[str]:
    for n, (before, out, put, after) in enumerate(difference(one.before, one.after)):
        if n == _MOST_PLACES:
            yield "    …"
            return
        gone, came = f"[-{out[:80]}-]" if out else "", f"[+{put[:80]}+]" if put else ""
        yield "    " + clean_line(f"…{before}{gone}{came}{after}…").text
