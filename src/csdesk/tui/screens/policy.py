"""Looking up an article: by words, pinyin, initials or citation, as one types; Enter cites it."""

import re
from datetime import date
from typing import ClassVar

from csdesk.desk.learning_queries import ChoseArticle
from csdesk.desk.queries import FoundArticle, RefinePolicies, SearchPolicies
from csdesk.tui import cells
from csdesk.tui.screens.lookup import Lookup, spanned
from csdesk.tui.summary import Line
from csdesk.tui.widgets.picks import Pick

MOST = 40
# `退货 @2014-01-01`: as of that day.
_AS_OF = re.compile(r"\s*[@＠](\d{4}-\d{2}-\d{2})(?!\d)\s*", re.ASCII)


def as_of(text: str) -> tuple[str, str]:
    """What was typed without its `@day`, and the day (ISO), "" for today or while it is no day yet."""
    found = _AS_OF.search(text)
    if found is None:
        return text, ""
    try:
        day = date.fromisoformat(found[1]).isoformat()
    except ValueError:
        return text, ""
    return f"{text[: found.start()]} {text[found.end() :]}".strip(), day


class PolicyScreen(Lookup[FoundArticle | None]):
    """Dismissed with the article to cite, or None.

    `case_id`: the case it is looked up for, "" for none; `cites`: whether there is a text to cite it in.
    """

    context: ClassVar[str] = "policy"
    title_key: ClassVar[str] = "policy.title"
    hint_key: ClassVar[str] = "policy.hint"
    betters: ClassVar[bool] = True

    def __init__(self, case_id: str = "", text: str = "", *, cites: bool = True) -> None:
        super().__init__(text)
        self._cites = cites
        self.case_id = case_id
        self._found: dict[str, FoundArticle] = {}
        self._seen: FoundArticle | None = None
        self._day = ""

    def footer_actions(self) -> tuple[str, ...]:
        named = super().footer_actions()
        return named if self._cites else tuple(action for action in named if action != "open")

    async def find(self, text: str) -> list[Pick]:
        text, self._day = as_of(text)
        ask = SearchPolicies(text, MOST, self._day, self.console.words.language)
        hits = await self.console.desk.ask(ask) if text else []
        self._found = {hit.id: hit for hit in hits}
        return [Pick(hit.id, self._line(hit)) for hit in hits]

    async def better(self, text: str) -> list[Pick]:
        from csdesk.search import semantic  # with the search, which is there by now

        said, day = as_of(text)
        if not said or not semantic.installed():
            return []
        hits = await self.console.desk.ask(RefinePolicies(said, MOST, day, self.console.words.language))
        # What was found by its words stays as it was shown.
        self._found = {hit.id: hit for hit in hits} | self._found
        return [Pick(hit.id, self._line(hit)) for hit in hits]

    def _line(self, hit: FoundArticle) -> Line:
        sign: Line = [("  ", "text")] if hit.in_force else [("! ", "soon")]
        name = cells.safe(f"{hit.law} {hit.article_no}")
        told = cells.safe(hit.title) or cells.safe(hit.text[:60])
        return [*sign, (name, "text" if hit.in_force else "quiet"), (f"  {told}", "quiet")]

    async def see(self, pick: Pick | None) -> None:
        self._seen = self._found.get(pick.id) if pick else None

    def words_of(self, width: int) -> list[Line]:
        hit, words = self._seen, self.console.words
        if hit is None:
            return []
        own = f"《{hit.law}》{hit.article_no}"
        heads = cells.wrap(cells.safe(own), width)
        lines: list[Line] = [[(head, "strong")] for head in heads]
        if self._day:
            lines.append([(words("policy.as_of", day=self._day), "mark")])
        if hit.title:
            lines.append([(cells.safe(hit.title), "accent")])
        since = words("policy.since", day=hit.effective_from or "-")
        if hit.in_force:
            lines.append([(f"+ {words('policy.in_force')}  ", "good"), (since, "quiet")])
        else:
            until = words("policy.until", day=hit.effective_to or "-")
            lines.append([(f"! {words('policy.superseded')}  ", "soon"), (f"{since}  {until}", "quiet")])
        for told in hit.citations if hit.citations and not hit.citations[0].startswith(own) else ():
            lines += [[(line, "quiet")] for line in cells.wrap(cells.safe(told), width)]
        if hit.successor:
            lines.append([(words("policy.successor", article=cells.safe(hit.successor)), "soon")])
        if hit.note:
            lines += [[(line, "mark")] for line in cells.wrap(cells.safe(hit.note), width)]
        return [*lines, [], *spanned(hit.text, hit.spans, width)]

    def choose(self, pick: Pick) -> None:
        asked, _ = as_of(self._answered or "")
        if asked:
            # What was chosen is found higher by those who ask alike; nobody waits for it.
            self.console.call(self._chose(ChoseArticle(pick.id, asked, self.case_id)))
        self.dismiss(self._found[pick.id])

    async def _chose(self, choice: ChoseArticle) -> None:
        await self.console.desk.ask(choice)
