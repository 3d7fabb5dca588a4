"""Writing the reply to a case: its draft is kept while one types, and it comes back when it is recalled."""

from typing import TYPE_CHECKING

from textual.timer import Timer

from csdesk.desk.queries import (
    CheckReply,
    FillCanned,
    Filled,
    Finding,
    FoundArticle,
    KeepDraft,
    SearchCanned,
    ShowArticle,
)
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.store.drafts import Draft
from csdesk.store.errors import StoreError
from csdesk.tui.screens.composing import CITED, Cited, Composer, cited
from csdesk.tui.screens.vouching import VouchScreen
from csdesk.tui.widgets.findings import sentence

if TYPE_CHECKING:
    from csdesk.tui.screens.case import CaseScreen

# A draft is kept when the hands rest; with the write itself that is well inside half a second.
PAUSE_SECONDS = 0.35
# A draft as it is kept: case, text, caret, canned replies, articles, the channel that was chosen.
Kept = tuple[str, str, int, tuple[str, ...], tuple[str, ...], str]
# The draft of no case.
NOTHING: Kept = ("", "", 0, (), (), "")


class Replying:
    """The reply of the case that a screen shows. `composer` is its field, while there is one."""

    def __init__(self, screen: "CaseScreen") -> None:
        self._screen = screen
        self.composer: Composer | None = None
        self._kept = NOTHING
        self._asked: CheckReply | None = None
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

    async def write(self, *, focus: bool = True) -> Composer | None:
        """Show the field; `focus`: and give it the keys. None when another case came meanwhile."""
        composer = self.composer
        if composer is None:
            composer = self.composer = Composer()
            self.follow()
            await self._screen.query_one("#talk-side").mount(composer)
        if self.composer is not composer:
            return None
        if focus:
            self._screen.set_focus(composer.field)
            self._screen.call_after_refresh(self._screen.page.edge, end=True)
        return composer

    async def begin(self) -> bool:
        """Show the field and give it the keys."""
        return await self.write() is not None

    def follow(self) -> None:
        """Show where the customer wrote last: there the reply goes, unless its author chose another way."""
        view, composer = self._screen.view, self.composer
        if view is not None and composer is not None and composer.way != view.case.way:
            composer.way = view.case.way
            composer.repaint()

    def next_channel(self) -> None:
        """Send it another way."""
        if self.composer is not None:
            self.composer.next_channel()
            self.touched()

    async def drop(self) -> None:
        """Take the field away."""
        if self._pause is not None:
            self._pause.stop()
        composer, self.composer, self._asked = self.composer, None, None
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
        if composer is None:
            return
        composer.go_by(draft.channel)
        composer.put(draft.text, draft.caret)
        self._kept = self._state(composer)
        await self._stand_again(composer, draft)
        self._kept = self._state(composer)
        known = {one.label for one in composer.standing}
        for found in CITED.finditer(draft.text):
            if found[0] not in known:
                await self._find_again(composer, found[0])
        await self.check()

    async def _stand_again(self, composer: Composer, draft: Draft) -> None:
        """What a draft came from: canned replies with their articles, and those its author cited."""
        resting: dict[str, None] = {}
        for id_ in draft.canned:
            filled = await self._filled(id_)
            resting |= dict.fromkeys(filled.articles if filled else ())
        named = await self._names(draft.articles)
        composer.stand_on(draft.canned, {id_: name for id_, name in named.items() if id_ in resting})
        for id_, label in named.items():
            if id_ not in resting:
                composer.remember(Cited(id_, label))

    async def _filled(self, canned: str) -> Filled | None:
        """A canned reply for this case; None when the library has it no longer."""
        case = self._screen.case_id
        try:
            return await self._screen.console.desk.ask(FillCanned(canned, case, language=self._language))
        except Refused:
            return None

    async def _find_again(self, composer: Composer, label: str) -> None:
        """A draft keeps the words of a citation; which article it is, is found by them."""
        try:
            article = await self._screen.console.desk.ask(ShowArticle(label, self._language))
        except Refused:
            return  # a law in its marks that the desk does not have is a name like any other
        composer.remember(Cited(article.id, label))

    def touched(self) -> None:
        """Text or caret changed: keep the draft once the hands rest, and see what speaks against sending it."""
        if self._pause is not None:
            self._pause.stop()
        console = self._screen.console
        self._pause = self._screen.set_timer(PAUSE_SECONDS, lambda: console.call(self._rest()))

    async def _rest(self) -> None:
        await self.keep()
        await self.check()

    async def check(self) -> None:
        """Mark what speaks against sending what is written now; nothing is asked twice."""
        composer = self.composer
        question = self._question(composer) if composer is not None else None
        if composer is None or question is None or question == self._asked:
            return
        self._asked = question
        found = await self._screen.console.desk.ask(question) if question.text.strip() else []
        if self.composer is composer:
            composer.tell(found, question.text)

    def _question(self, composer: Composer) -> CheckReply:
        case, text = self._screen.case_id, composer.field.text
        return CheckReply(case, text, composer.sources, composer.articles, self._language)

    def _state(self, composer: Composer) -> Kept:
        field = composer.field
        sources, articles = composer.sources, composer.articles
        return self._screen.case_id, field.text, field.caret, sources, articles, composer.chosen

    @property
    def kept(self) -> bool:
        """Whether there is nothing that the desk does not have."""
        composer = self.composer
        if composer is None or not self._screen.console.leasing.may_hold():
            return True
        return self._state(composer) == self._kept

    async def keep(self) -> None:
        """Keep the draft with its caret, when it is not kept already."""
        if self.composer is not None and not self.kept:
            state = self._state(self.composer)
            await self._screen.console.desk.ask(KeepDraft(*state))
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

    async def put_down(self) -> None:
        """Keep the draft of a field that has lost the keys; an empty field goes."""
        composer = self.composer
        await self.safe()
        if composer is not None and self.composer is composer and not (composer.field.text or self.writing):
            await self.drop()

    # What is written into it

    async def insert(self, filled: Filled) -> bool:
        """Write a canned reply; whether it is the reply of this case still."""
        case = self._screen.case_id
        names = await self._names(filled.articles)
        composer = await self.write() if self._screen.case_id == case else None
        if composer is not None:
            composer.insert(filled.text, filled.id, names)
        return composer is not None

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

    async def cite(self, article: FoundArticle) -> bool:
        """Write a citation."""
        composer = await self.write()
        if composer is not None:
            composer.cite(article, self._screen.console.words)
        return composer is not None

    async def expand(self, shortcut: str) -> None:
        """Write the canned reply with this shortcut instead of the shortcut, unless a guard stands against it."""
        desk, case = self._screen.console.desk, self._screen.case_id
        hits = await desk.ask(SearchCanned(shortcut, case, self._language, 5))
        same = next((hit for hit in hits if hit.shortcut.lower() == shortcut.lower()), None)
        if same is None:
            return
        filled = await desk.ask(FillCanned(same.id, case, language=self._language))
        if self._screen.case_id != case:
            return
        if filled.unmet:
            words = self._screen.console.words
            facts = words.between.join(words.code("guard", guard) for guard in filled.unmet)
            self._screen.console.say(words("canned.unmet", title=same.title, facts=facts), "bad")
            return
        names = await self._names(filled.articles)
        if self.composer is not None and self._screen.case_id == case:
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
        case, self._sending = self._screen.case_id, True
        try:
            confirmed = await self._vouched(composer)
            if confirmed is None or self.composer is not composer or self._screen.case_id != case:
                return
            reply = Reply(
                composer.text,
                composer.canned,
                composer.articles,
                composer.also,
                confirmed,
                composer.channel,
            )
            done = await console.do(reply, case, version)
        finally:
            self._sending = False
        if done is None:
            return
        if self.composer is composer:
            self._sent = reply
            await self.drop()
        await console.desk.ask(KeepDraft(case, ""))

    async def _vouched(self, composer: Composer) -> tuple[str, ...] | None:
        """What the agent confirmed of this reply; None when it does not leave: stopped, or better written anew."""
        console, question = self._screen.console, self._question(composer)
        found: list[Finding] = await console.desk.ask(question) if question.text.strip() else []
        composer.tell(found, question.text)
        for one in found:
            if one.severity == "block":
                composer.to_finding(one)
                console.say(sentence(one, console.words), "bad")
                return None
        asked = [one for one in found if one.severity == "confirm"]
        console.say("")
        if asked and not await console.push_screen_wait(VouchScreen(asked)):
            composer.to_finding(asked[0])
            return None
        # Whoever read the question read this text.
        return (
            tuple(dict.fromkeys(one.name for one in asked)) if composer.field.text == question.text else None
        )

    async def take_back(self) -> None:
        """A recalled reply comes back as a draft, to be written better."""
        view, sent = self._screen.view, self._sent
        last = (
            next((m for m in reversed(view.case.messages) if m.direction == "out" and not m.call), None)
            if view
            else None
        )
        if sent is None or last is None or last.state != "recalled":
            return
        self._sent = None
        names = await self._names(sent.articles)
        composer = await self.write()
        if composer is not None and not composer.field.text:
            composer.go_by(sent.channel)
            composer.stand_on(sent.also, {})
            composer.insert(sent.text, sent.canned, names)
