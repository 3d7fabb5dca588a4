"""Policy articles and canned replies of others, as a desk's library keeps them."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import ClassVar

from csdesk import resources
from csdesk.domain.cases.case import Kind
from csdesk.domain.value import replace
from csdesk.interop.entity import Entity, Pending, Read, Run
from csdesk.interop.faults import ImportFault
from csdesk.interop.fields import Fields
from csdesk.interop.readers import Item
from csdesk.search.cite import article_number
from csdesk.store.library import DEFAULT_LANGUAGE, Article, Canned, put_articles, put_canned

CONFIDENCES = ("statute", "promise", "policy", "interpretation")
# The longest slot name that a reply may hold (domain.cases.conversation).
MOST_SLOT = 60
_SLOT = re.compile(r"\[([^\[\]\n]*)\]")
CHINESE = re.compile("[\u4e00-\u9fff]")
# A reply has no way to write a brace that opens no slot; the full-width ones read the same.
BRACES = str.maketrans("{}", "｛｝")


class Articles(Entity):
    """Articles of laws, platform rules and policies."""

    name: ClassVar[str] = "articles"
    record: ClassVar[type] = Article
    # FTS5 writes a segment a batch: 5,000 at a time index a fifth faster than 1,000.
    size: ClassVar[int] = 5_000

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._ends = effective_ends()

    def read(self, told: Fields, item: Item) -> Read | None:
        id_, law = told.line("id", required=True), told.line("law", required=True)
        label = told.line("article_no", required=True, most=100)
        number, suffix = article_number(label) or (0, None)
        confidence = told.choice("confidence", CONFIDENCES) if told.has("confidence") else ""
        article = Article(
            id_, law, label, told.text("text", required=True), number, suffix or 0, told.line("title"),
            told.line("chapter"), told.day("effective_from"), told.day("effective_to"),
            told.line("source") or self.run.map.source,
            told.line("language", most=20) or DEFAULT_LANGUAGE, told.words("tags"), confidence,
        )  # fmt: skip
        return None if told.problems else Read(id_, self._dated(article))

    def _dated(self, article: Article) -> Article:
        """With the day on which a superseded text left force, unless this is a later text of that name."""
        end = self._ends.get(article.law, "")
        if not end or article.effective_to or article.effective_from > end:
            return article
        return replace(article, effective_to=end)

    def put(self, pending: Sequence[Pending], at: int) -> int:
        put_articles(self.store, [p.read.record for p in pending], at)
        return 2 * len(pending)  # the article and its place in the index


class CannedReplies(Entity):
    """Canned replies; what stands in square brackets becomes a slot."""

    name: ClassVar[str] = "canned"
    record: ClassVar[type] = Canned

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._slots: Mapping[str, str] = {
            str(said): str(name) for said, name in self.section.settings.get("slots", {}).items()
        }

    def read(self, told: Fields, item: Item) -> Read | None:
        id_, title = told.line("id", required=True), told.line("title", required=True, most=200)
        body = told.text("body", required=True, most=5_000)
        kinds = told.words("kinds")
        if any(kind not in list(Kind) for kind in kinds):
            told.problem("kinds", "bad_choice", allowed=", ".join(Kind))
        language = told.line("language", most=20) or (DEFAULT_LANGUAGE if CHINESE.search(body) else "en")
        reply = Canned(
            id_, title, self._with_slots(body), told.line("shortcut", most=20), language,
            told.line("source") or self.run.map.source, told.line("topic"), kinds,
        )  # fmt: skip
        return None if told.problems else Read(id_, reply)

    def _with_slots(self, body: str) -> str:
        """`[变量]` as `{变量}`, under the name by which the case fills it where the map knows one."""

        def slot(found: re.Match[str]) -> str:
            said = " ".join(found[1].split())
            name = self._slots.get(said, said)[:MOST_SLOT].strip()
            return f"{{{name}}}" if name else found[0]

        return _SLOT.sub(slot, body.translate(BRACES))

    def put(self, pending: Sequence[Pending], at: int) -> int:
        put_canned(self.store, [p.read.record for p in pending], at)
        return len(pending)


def effective_ends() -> Mapping[str, str]:
    """The last day in force of texts that circulate although they were superseded, by the law's full name."""
    path = resources.path("data/maps/effective.toml")
    try:
        laws = tomllib.loads(path.read_text("utf-8"))["law"]
        return {law["name"]: law["to"].isoformat() for law in laws}
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise ImportFault("bad_map", path=str(path), place="a law", why=f"cannot be read ({exc})") from None
