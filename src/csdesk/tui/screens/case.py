"""One case at a look: where it stands, by when, goods, money, what was said; every verb and the reply."""

import asyncio
from collections.abc import Awaitable, Iterable
from functools import partial
from typing import TypeVar

from textual import events
from textual.timer import Timer
from textual.widget import Widget

from csdesk.desk.desk import Ask
from csdesk.desk.incident_queries import IncidentsFor, Suggested
from csdesk.desk.link import line_of
from csdesk.desk.queries import (
    CaseView,
    Filled,
    FoundArticle,
    GetDraft,
    Held,
    ShowCase,
    ShowVerdict,
    VerdictView,
)
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused
from csdesk.domain.value import dataclass
from csdesk.store.drafts import Draft
from csdesk.store.errors import StoreError
from csdesk.store.feed import Place
from csdesk.tui import doors
from csdesk.tui import keymap as keys
from csdesk.tui.columns import next_change
from csdesk.tui.messages import Changed, VerbDone
from csdesk.tui.offered import next_step
from csdesk.tui.screens.belonging import Belonging
from csdesk.tui.screens.case_panes import CaseHeader, Columns, Side
from csdesk.tui.screens.composing import Composer, HoldLine
from csdesk.tui.screens.facts import facts, header
from csdesk.tui.screens.going import Going
from csdesk.tui.screens.guided import taken_lines
from csdesk.tui.screens.platform_lines import platform_facts
from csdesk.tui.screens.reasons import why_off
from csdesk.tui.screens.replying import Replying
from csdesk.tui.screens.revealing import Revealing
from csdesk.tui.screens.scene import Scene
from csdesk.tui.screens.talk import talk
from csdesk.tui.summary import Line
from csdesk.tui.widgets.page import Page

T = TypeVar("T")

# From this width on the conversation stands beside the facts, below it after them.
WIDE = 104
AIRY = 32
# A desk at hand answers before the first picture; a slow one does not hold up the keys.
FIRST_SECONDS = 0.03
# So do the law, once it was read, and the incidents: then the first picture has the verdict and the incident in it.
SOON_SECONDS = 0.01
# asyncio keeps a stopped timer until its time, and with it the screen that set it: 0.35 MB for each case opened in the
# last hours, were the timer set for when the deadline next reads differently. So it is set in steps.
LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of a case: `draft` waits for it, it was `parked`; `owed`, `fits` None: not asked yet."""

    view: CaseView
    draft: Draft | None
    parked: bool
    owed: VerdictView | None
    fits: list[Suggested] | None


class CaseScreen(Going):
    """Where a case is worked."""

    anew = False

    def __init__(self, case_id: str, *, then: str = "") -> None:
        super().__init__()
        self.case_id = case_id
        self.view = None
        self.header = CaseHeader(self._header, on="raised")
        self.owed: VerdictView | None = None
        self.facts = Page(self._facts, id="facts")
        self.talk = Page(self._talk, tail=True, id="talk")
        self.columns = Columns(Side(self.facts, id="facts-side"), Side(self.talk, id="talk-side"))
        self.hold_line = HoldLine()
        self.reply = Replying(self)
        self.belonging = Belonging(self)
        self.revealing = Revealing(self)
        self._then = then  # `reply` or `canned`: done once the case is shown; `draft`: what waits there is gone on with
        self._before: CaseView | None = None  # read earlier: painted until the desk answers
        self._reading: asyncio.Future[Seen] | None = None
        self._reads_talk = True
        self._awaited = True
        self._later: list[events.Key | events.Paste] = []  # for the case once it is there
        self._clock: Timer | None = None

    @property
    def context(self) -> str:  # type: ignore[override]  # two places in one screen: reading, and writing the reply
        return "compose" if self.writing else "case"

    @property
    def writing(self) -> bool:
        """Whether the reply field has the keys."""
        return self.reply.writing

    @property
    def wide(self) -> bool:
        """Whether facts and conversation stand side by side."""
        return self.size.width >= WIDE

    def body(self) -> Iterable[Widget]:
        line = line_of(self.console.desk)
        if line is not None and (known := line.known(ShowCase(self.case_id))) is not None:
            self._before = known
            self.belonging.learn(self.case_id, line.known(IncidentsFor(self.case_id)))
        # Read while the widgets are made, so that the first picture is the case.
        self._reading = asyncio.ensure_future(self._read(self.case_id))
        # Before anything is styled: a class that comes later styles and lays all of it out again.
        self.columns.set_class(self.app.size.width >= WIDE, "wide", update=False)
        yield self.header
        yield self.revealing.line
        yield self.columns
        yield self.hold_line

    async def on_mount(self) -> None:
        self.columns.set_class(self.wide, "wide")
        self._choose()
        reading, self._reading = self._reading, None
        assert reading is not None
        await asyncio.wait({reading}, timeout=0.0 if self._before else FIRST_SECONDS)
        if reading.done() and reading.exception() is None:
            seen = reading.result()
            self.view, self.owed = seen.view, seen.owed
            self.belonging.learn(self.case_id, seen.fits)
        self.console.call(self._shown_or_not(self.case_id, reading))

    def takes(self, event: events.Key) -> bool:
        """Behind what waits for the case even a letter waits, though the field of its draft may be there already."""
        return bool(self._awaited and self._later) or super().takes(event)

    async def pass_on(self, event: events.Key | events.Paste) -> None:
        """What is pasted behind a key that waits for the case waits with it."""
        if isinstance(event, events.Paste) and self._awaited and (self._then or self._later):
            self._later.append(event)
        else:
            await super().pass_on(event)

    async def command_key(self, event: events.Key) -> None:
        """What acts on a case that is not there yet waits for it, and so does what follows; all else does not."""
        if self._awaited and (self.view is None or self._then or self._later):
            action = self.console.keymap.action(self.context, keys.pressed(event.key, event.character))
            needs = action is not None and self.off(action) == self.console.words("status.no_case")
            text = self._then and event.is_printable  # what follows the key of a reply is its text
            passes = action in ("back", "help") and not event.is_printable
            if needs or text or (self._later and not passes):
                self._later.append(event)
                return
        await super().command_key(event)

    def on_unmount(self) -> None:
        if self._reading is not None:  # left before it was mounted: it is held all the same
            self.console.call(self._enter(self.case_id, self._reading))

    def on_screen_resume(self) -> None:
        """Back from another case: this one is in hand again. The message may come when it was left meanwhile."""
        here = self in self.app.screen_stack and not self._over
        if here and self.view is not None and self.console.leasing.held != self.case_id:
            self.console.call(self._hold_again())

    async def _hold_again(self) -> None:
        await self.console.leasing.hold(self.case_id)
        await self._again()

    def on_resize(self) -> None:
        self.columns.set_class(self.wide, "wide")
        self._choose()
        self.call_after_refresh(self.facts.lay)

    # What it says

    @property
    def shown(self) -> CaseView | None:
        """What is painted: the case, or what was read of it earlier; None while it is being read."""
        return self.view or self._before

    def scene(self) -> Scene | None:
        """The case and what is needed to word it; None while it is being read."""
        console, view = self.console, self.shown
        if view is None:
            return None
        me, keys = console.desk.me.id, console.keymap.shown
        return Scene(view, console.words, console.now(), me, console.name_of, keys)

    def _header(self, width: int) -> list[Line]:
        scene = self.scene()
        return header(scene, width) if scene else []

    def _facts(self, width: int) -> list[Line]:
        scene = self.scene()
        if scene is None:
            return []
        told = [] if self.wide else talk(scene, width)
        # A small screen has no room for air.
        airy = self.size.height >= AIRY
        of = taken_lines(scene, width) + self.belonging.lines(width) + platform_facts(scene, width)
        return of + facts(scene, width, self._owed, airy=airy) + ([[], *told] if told else [])

    def _owed(self, width: int) -> list[Line]:
        if self.owed is None or (self.owed.judged is None and not self.owed.hidden):
            return []
        from csdesk.tui.screens.ruling import section

        return section(self.owed, self.console.words, self.console.now(), width)

    def _talk(self, width: int) -> list[Line]:
        scene = self.scene()
        return talk(scene, width) if scene else []

    def _lay(self, *, anew: bool = False, later: bool = False) -> None:
        for page in (self.header, self.facts, self.talk):
            page.lay(anew=anew, later=later)
        self.repaint_hints()
        self._wind()

    def _wind(self) -> None:
        """Word the deadlines again when the next one reads differently."""
        if self._clock is not None:
            self._clock.stop()
        now = self.console.now()
        clocks = self.view.case.clocks if self.view else ()
        waits = [next_change(clock.due, now) for clock in clocks if clock.open_pause is None]
        if not waits:
            self._clock = None
            return
        wait = max(min(waits), 1000) / 1000
        soon = wait <= LONGEST_WAIT_SECONDS
        then = partial(self._lay, later=True) if soon else self._wind
        self._clock = self.set_timer(wait if soon else LONGEST_WAIT_SECONDS, then)

    # Reading a case

    async def _read(self, case: str) -> Seen:
        """Hold a case, then look at it."""
        console = self.console
        before = console.leasing.held
        held = await console.patient(console.desk.ask(Held()))
        parked = any(lease.parked and lease.case == case for lease in held)
        if console.leasing.held == before not in ("", case):
            await console.leasing.let_go()
        await console.leasing.hold(case)
        view = await console.patient(console.desk.ask(ShowCase(case)))
        draft = await console.desk.ask(GetDraft(case)) if console.leasing.may_hold() else None
        known = self.console.law_read or line_of(console.desk) is not None
        owed: VerdictView | None = None
        if known:
            owed = await self._soon(ShowVerdict(case))
        # After the verdict: many open incidents take longer than one case's law.
        fits = await self._soon(IncidentsFor(case))
        return Seen(view, draft, parked, owed, fits)

    async def _soon(self, question: Ask[T]) -> T | None:
        """The answer, if it comes at once; else None: it is asked again after the first picture."""
        line = line_of(self.console.desk)
        if line is not None:  # a question given up half-way costs its connection, and no line is this quick
            return line.known(question)
        try:
            return await asyncio.wait_for(self.console.desk.ask(question), SOON_SECONDS)
        except (TimeoutError, Refused, StoreError):
            return None  # what is wrong is said where it is asked again

    async def _enter(
        self, case: str, reading: Awaitable[Seen], place: Place | None = None, stayed: int | None = None
    ) -> bool:
        """Show a case as soon as it was read, and the draft that waits for it; whether it is shown.

        `place`: where it stands in its queue, if that is known already. `stayed`: as it was when another case asked.
        """
        console, self._moving = self.console, True
        try:
            seen = await reading
        except Refused as gone:
            if self in self.app.screen_stack:
                console.say(console.refusal(gone), "bad")
                self.dismiss()
            await console.leasing.give_back(case)
            return False
        finally:
            self._moving = False
        if self not in self.app.screen_stack:  # left before it was read
            if not any(isinstance(one, CaseScreen) and one.case_id == case for one in self.app.screen_stack):
                await console.leasing.give_back(case)
            return False
        if stayed not in (None, self.stayed):
            await self._stay_here(case)
            return False
        # Whoever has scrolled what is painted already stays there.
        pictured = case == self.case_id and (self._before is not None or self.view is seen.view)
        self.case_id, self._place, self._before = case, place, None
        self.revealing.hide()
        await self.reply.leave()
        self.owed = seen.owed
        self.belonging.learn(case, seen.fits)
        stale = line_of(console.desk) is not None
        self._show(
            seen.view, anew=not pictured, judge=seen.owed is None or stale, fit=seen.fits is None or stale
        )
        if seen.draft is not None:
            await self.reply.restore(seen.draft, focus=seen.parked or bool(self._then))
        elif self._then in ("reply", "canned") and self.off("reply") is None:
            await self.reply.write()
        if self._then == "canned" and self.off("canned") is None:
            self.action_canned()
        self._then = ""
        self._here()
        console.call(self._known(case))
        return True

    @property
    def typed_ahead(self) -> bool:
        return super().typed_ahead or bool(self._later)

    def drop_keys(self) -> None:
        super().drop_keys()
        self._later = []

    async def _shown_or_not(self, case: str, reading: Awaitable[Seen]) -> None:
        """`_enter`, and the keys that waited for it."""
        try:
            await self._enter(case, reading)
        except Exception:
            # What was meant for the case and its reply is no command for what stands here instead.
            self._then, self._later = "", []
            raise
        finally:
            self._here()

    def _here(self) -> None:
        self._awaited = False
        if self in self.app.screen_stack:
            self.early[:0], self._later = self._later, []
            self.let_keys()

    def _show(self, view: CaseView, *, anew: bool = False, judge: bool = True, fit: bool = True) -> None:
        self.view = view
        self._lay(anew=anew)
        self.hold_line.follow(view.case.messages)
        if fit:
            self.belonging.follow(view.case)
        self.reply.follow()
        if judge:
            # The law takes 60 ms to read the first time: the case is painted before it is asked.
            self.call_after_refresh(lambda: self.console.call(self._judge(view.case.id)))

    async def _judge(self, case: str) -> None:
        owed = await self.console.desk.ask(ShowVerdict(case))
        self.console.law_read = True
        if self.case_id == case:
            self.owed = owed
            self.facts.lay()
            self.repaint_hints()

    async def _again(self) -> None:
        """Read the case again; say who changed it when it was somebody else."""
        before = self.view
        view = await self.console.desk.ask(ShowCase(self.case_id))
        if view.case.id != self.case_id:
            return
        self._show(view)
        if view.taken is not None and before is not None and before.taken != view.taken:
            await self.reply.keep()  # whoever lost the case keeps what they had typed
            return
        # Over a form, what became of one's own verb is the news.
        if before is not None and before.case.id == view.case.id and self.console.screen is self:
            self._tell_came(view, before.case.version)

    def _tell_came(self, view: CaseView, since: int) -> None:
        console = self.console
        others = {
            (entry.actor, entry.verb): None
            for entry in view.timeline
            if entry.seq > since and entry.actor not in (console.desk.me.id, "system")
        }
        said, kind = console.said
        # That one's own verb was not done because of it says as much already, and more.
        if others and not (kind == "bad" and view.number in said):
            came = "、".join(
                f"{console.name_of(who)} {console.words.code('verb', verb)}" for who, verb in others
            )
            console.say(console.words("case.came", case=view.number, came=came), "warn")

    def on_changed(self, changed: Changed) -> None:
        self.revealing.recheck()
        if self.view is not None and (changed.everything or self.case_id in changed.cases):
            self.console.call(self._again())

    def on_verb_done(self, message: VerbDone) -> None:
        done = message.done
        if done.case.id != self.case_id:
            return
        if VERBS[done.verb].verb.final and not done.case.open:
            self.summon(partial(self._advance, self.stayed))
        else:
            self.console.call(self._after(done.verb))

    async def _after(self, verb: str) -> None:
        if verb == "take" and self.console.leasing.held != self.case_id:
            await self.console.leasing.hold(self.case_id)
        self._show(await self.console.desk.ask(ShowCase(self.case_id)))
        if verb in ("recall", "undo"):
            await self.reply.take_back()

    # What verbs and keys act on

    def current_case(self) -> tuple[str, int] | None:
        return (self.view.case.id, self.view.case.version) if self.view else None

    def painted(self, case: str) -> float:
        if self.view is None or self.view.case.id != case:
            return float("inf")
        return max(self.header.painted_at, self.facts.painted_at)

    def off(self, action: str) -> str | None:
        return why_off(self, action)

    def idle(self, action: str) -> bool:
        if action == "open":
            return self.view is not None and not next_step(self.view)
        return super().idle(action)

    def footer_actions(self) -> tuple[str, ...]:
        if self.writing:
            return ("send", "channel", "canned", "policy", "back", "park", "field_next", "help")
        return (
            "open", "reply", "explain", "canned", "policy", "status", "resolve", "verb.recall", "verb.take",
            "verb.note", "verb.tag", "reveal", "next", "skip", "case_next", "undo", "park", "help",
        )  # fmt: skip

    def action_verb(self, verb: str) -> None:
        """Carry out a verb on this case; a reply is written here."""
        if verb == "reply":
            self.action_reply()
        elif self.view is not None:
            self.console.run_verb(self.view.case.id, self.view.case.version, verb)

    # Scrolling

    @property
    def page(self) -> Page:
        """What the scroll keys move."""
        return self.talk if self.wide and self._reads_talk else self.facts

    def _choose(self) -> None:
        for page in (self.facts, self.talk):
            page.choose(page is self.page)

    def action_down(self) -> None:
        """One line down."""
        self.page.move(1)

    def action_up(self) -> None:
        """One line up."""
        self.page.move(-1)

    def action_page_down(self) -> None:
        """One screen down."""
        self.page.page(1)

    def action_page_up(self) -> None:
        """One screen up."""
        self.page.page(-1)

    def action_top(self) -> None:
        """To the first line."""
        self.page.edge(end=False)

    def action_bottom(self) -> None:
        """To the last line."""
        self.page.edge(end=True)

    def action_field_next(self) -> None:
        """From writing to reading; from the conversation to the facts and back."""
        if self.writing:
            self.set_focus(None)
        elif self.wide:
            self._reads_talk = not self._reads_talk
            self._choose()
        elif self.reply.composer is not None:
            self.reply.composer.field.focus()

    def action_field_prev(self) -> None:
        """As the other way round: there are two places."""
        self.action_field_next()

    def on_descendant_blur(self) -> None:
        self.repaint_hints()

    # Leaving

    async def action_back(self) -> None:
        """From the reply to the case, from the case to the queue."""
        if self.writing:
            self.set_focus(None)
            self.console.call(self.reply.put_down())
        elif self.reply.kept:
            self._go_back()
        else:
            self.console.call(self._keep_and_go())

    async def _keep_and_go(self) -> None:
        """Keep what was typed, then go: a desk that is slow, or that cannot, costs no word and holds up no key."""
        if await self.reply.safe() and self.console.screen is self:
            self._go_back()

    def _go_back(self) -> None:
        self.revealing.hide()
        self.console.call(self.console.leasing.let_go())
        self.dismiss()

    def action_resolve(self) -> None:
        """Close the case and go on to the next."""
        self.action_verb("close")

    def action_repeat(self) -> None:
        """Use my last verb on this case too."""
        if self.view is not None:
            self.console.verbs.repeat(self.view.case.id, self.view.case.version)

    def action_refresh(self) -> None:
        """Read the case anew."""
        self.console.call(self._again())

    # The reply

    async def keep(self) -> None:
        self.revealing.hide()
        await self.reply.keep()

    def action_reply(self) -> None:
        """Write the reply."""
        self.summon(self.reply.begin)

    def action_canned(self) -> None:
        """Pick a canned reply and write it into the reply."""
        self.app.push_screen(doors.canned(self.case_id), self.chosen(self._picked))

    def _picked(self, filled: Filled) -> None:
        self.summon(partial(self.reply.insert, filled))

    def action_policy(self) -> None:
        """Look up an article and cite it in the reply."""
        self.app.push_screen(doors.policy(self.case_id), self.chosen(self._cited))

    def _cited(self, article: FoundArticle) -> None:
        self.summon(partial(self.reply.cite, article))

    def action_channel(self) -> None:
        """Let the reply go by another channel."""
        self.reply.next_channel()

    def on_composer_touched(self) -> None:
        self.reply.touched()

    def on_composer_expand(self, message: Composer.Expand) -> None:
        self.console.call(self.reply.expand(message.shortcut))

    def action_send(self) -> None:
        """Send the reply: it leaves after its hold, unless it is recalled."""
        if self.view is not None:
            self.console.call(self.reply.send(self.view.case.version))
