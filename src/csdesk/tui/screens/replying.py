"""Writing the reply to a case: its draft is kept while one types, and it comes back when it is recalled."""

from typing import TYPE_CHECKING

from textual.timer import Timer

from csdesk.desk.queries import FillCanned, Filled, FoundArticle, KeepDraft, SearchCanned, ShowArticle
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.store.drafts import Draft
from csdesk.store.errors import StoreError
from csdesk.tui.screens.composing import CITED, Cited, Composer, cited

if TYPE_CHECKING:
    from csdesk.tui.screens.case import CaseScreen

# A draft is kept when the hands rest; with the write itself that is well inside half a second.
PAUSE_SECONDS = 0.35
# The draft of no case.
NOTHING = ("", "", 0)


class Replying:
    """The reply of the case that a screen shows. `composer` is its field, while there is one."""

    def __init__(self, screen: "CaseScreen") -> None:
        self._screen = screen
        self.composer: Composer | None = None
        self._kept: tuple[str, str, int] = NOTHING
        self._sent: Reply | None = None
        self._sending = False
        self._pause: Timer | None = None

    @property
    def writing(self) -> bool:
        """Whether the reply field has the keys."""
        return self.composer is not None and self._screen.focused is self.composer.field

    @property
    def _language(self) -> str:
        return self._screen.console.words.language

    # The field

    async def write(self, *, focus: bool = True) -> Composer:
        """Show the field; `focus`: and give it the keys."""
        if self.composer is None:
            self.composer = Composer()
            await self._screen.query_one("#talk-side").mount(self.composer)
        if focus:
            self.composer.field.focus()
            self._screen.call_after_refresh(self._screen.page.edge, end=True)
        return self.composer

    async def drop(self) -> None:
        """Take the field away."""
        if self._pause is not None:
            self._pause.stop()
        composer, self.composer = self.composer, None
        if composer is not None:
            await composer.remove()

    async def leave(self) -> None:
        """Another case comes: nothing of this one's reply stays here."""
        self._sent = None
        await self.drop()

    # The draft

    async def restore(self, draft: Draft, *, focus: bool) -> None:
        """Show a draft as it was left."""
        composer = await self.write(focus=focus)
        composer.put(draft.text, draft.caret)
        self._kept = (self._screen.case_id, composer.field.text, composer.field.caret)
        for found in CITED.finditer(draft.text):
            await self._find_again(composer, found[0])

    async def _find_again(self, composer: Composer, label: str) -> None:
        """A draft keeps the words of a citation; which article it is, is found by them."""
        try:
            article = await self._screen.console.desk.ask(ShowArticle(label, self._language))
        except Refused:
            return  # a law in its marks that the desk does not have is a name like any other
        composer.remember(Cited(article.id, label))

    def touched(self) -> None:
        """Text or caret changed: keep the draft once the hands rest."""
        if self._pause is not None:
            self._pause.stop()
        console = self._screen.console
        self._pause = self._screen.set_timer(PAUSE_SECONDS, lambda: console.call(self.keep()))

    async def keep(self) -> None:
        """Keep the draft with its caret, when it is not kept already."""
        console = self._screen.console
        if self.composer is None or not console.leasing.may_hold():
            return
        state = (self._screen.case_id, self.composer.field.text, self.composer.field.caret)
        if state != self._kept:
            await console.desk.ask(KeepDraft(*state))
            self._kept = state

    async def safe(self) -> bool:
        """Whether the draft is kept now; what hinders is said."""
        try:
            await self.keep()
        except (Refused, StoreError) as error:
            console = self._screen.console
            console.say(console.explain(error) or str(error), "bad")
            return False
        return True

    # What is written into it

    async def insert(self, filled: Filled) -> None:
        """Write a canned reply."""
        names = await self._names(filled.articles)
        (await self.write()).insert(filled.text, filled.id, names)

    async def _names(self, articles: tuple[str, ...]) -> dict[str, str]:
        """What articles are called."""
        named = dict.fromkeys(articles, "")
        for id_ in named:
            try:
                found = await self._screen.console.desk.ask(ShowArticle(id_, self._language))
            except Refused:
                named[id_] = id_  # the library lost it since; it still goes with the reply
            else:
                named[id_] = cited(found).label
        return named

    async def cite(self, article: FoundArticle) -> None:
        """Write a citation."""
        (await self.write()).cite(article, self._screen.console.words)

    async def expand(self, shortcut: str) -> None:
        """Write the canned reply with this shortcut instead of the shortcut."""
        desk, case = self._screen.console.desk, self._screen.case_id
        hits = await desk.ask(SearchCanned(shortcut, case, self._language, 5))
        same = next((hit for hit in hits if hit.shortcut.lower() == shortcut.lower()), None)
        if same is None:
            return
        filled = await desk.ask(FillCanned(same.id, case, language=self._language))
        names = await self._names(filled.articles)
        if self.composer is not None:
            self.composer.drop_shortcut()
            self.composer.insert(filled.text, filled.id, names)
            self.composer.to_slot()

    # Sending

    async def send(self, version: int) -> None:
        """Send it: it leaves after its hold, unless it is recalled. Not with a blank, and not twice."""
        composer, console = self.composer, self._screen.console
        if composer is None or self._sending:
            return
        if blanks := composer.open_slots():
            composer.to_slot()
            named = tuple(console.words.code("slot", blank) for blank in blanks)
            console.say(console.words.refused(Refused("slot_missing", slots=named)), "bad")
            return
        reply = Reply(composer.text, composer.canned, composer.articles)
        case, self._sending = self._screen.case_id, True
        try:
            done = await console.do(reply, case, version)
        finally:
            self._sending = False
        if done is None:
            return
        if self.composer is composer:
            self._sent = reply
            await self.drop()
        await console.desk.ask(KeepDraft(case, ""))

    async def take_back(self) -> None:
        """A recalled reply comes back as a draft, to be written better."""
        view, sent = self._screen.view, self._sent
        last = next((m for m in reversed(view.case.messages) if m.direction == "out"), None) if view else None
        if sent is None or last is None or last.state != "recalled":
            return
        self._sent = None
        names = await self._names(sent.articles)
        composer = await self.write()
        if not composer.field.text:
            composer.insert(sent.text, sent.canned, names)
