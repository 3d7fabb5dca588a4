"""Letting somebody approve refunds in one's place: whom, up to what, for how many days; and ending that."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from textual.widget import Widget

from csdesk.desk.approval_queries import Delegate, Delegations, DelegationView, RevokeDelegation
from csdesk.desk.queries import Agents, AgentView
from csdesk.domain.cases.context import Refused
from csdesk.domain.clocks.days import end_of_day_ms
from csdesk.domain.money import BadAmount, parse
from csdesk.domain.roles import Right, Role, may
from csdesk.tui import cells
from csdesk.tui.screens.confirm import ConfirmScreen
from csdesk.tui.screens.overlay import Overlay
from csdesk.tui.widgets.fields import LineField
from csdesk.tui.widgets.picks import Pick

# Today included; the last is the most that can be given.
DAYS = (1, 3, 7, 14, 30)
RUNNING, AGENT = "d:", "a:"


class DelegatesScreen(Overlay[None]):
    """Who approves in whose place now, to be ended; then the agents to whom I could give it."""

    context: ClassVar[str] = "menu"
    title_key: ClassVar[str] = "delegates.title"

    def on_mount(self) -> None:
        self.console.call(self._fill())

    async def _fill(self) -> None:
        desk = self.console.desk
        running, agents = await desk.ask(Delegations()), await desk.ask(Agents())
        able = [a for a in agents if a.id != desk.me.id and may(Role(a.role), Right.WORK)]
        self.picks.show([*map(self._given, running), *map(self._agent, able)])

    def _given(self, one: DelegationView) -> Pick:
        words, name = self.console.words, self.console.name_of
        told = words(
            "delegates.running",
            to=cells.safe(name(one.to)),
            giver=cells.safe(name(one.giver)),
            refunds=words.money(one.refunds, "CNY"),
            until=words.short(one.until),
        )
        ends = (f"  {words('delegates.end')}", "quiet") if one.ends else ("", "quiet")
        off = "" if one.ends else words("delegates.not_yours")
        return Pick(f"{RUNNING}{one.id}", [(told, "accent"), ends], off=off)

    def _agent(self, agent: AgentView) -> Pick:
        words = self.console.words
        told = words("delegates.give", who=cells.safe(agent.name), role=words.code("role", agent.role))
        return Pick(f"{AGENT}{agent.id}", [(told, "text")])

    def choose(self, pick: Pick) -> None:
        self.console.call(self._end(pick.id[2:]) if pick.id.startswith(RUNNING) else self._give(pick.id[2:]))

    async def _end(self, id_: str) -> None:
        console = self.console
        if not await self.app.push_screen_wait(ConfirmScreen(console.words("delegates.end_ask"))):
            return
        try:
            await console.desk.ask(RevokeDelegation(id_))
            console.say(console.words("delegation.revoked"), "good")
        except Refused as refused:  # it ended meanwhile
            console.say(console.refusal(refused), "warn")
        await self._fill()

    async def _give(self, to: str) -> None:
        await self.app.push_screen_wait(DelegateScreen(to))
        await self._fill()


class DelegateScreen(Overlay[None]):
    """The amount to type, the days to pick with the arrows; Enter gives it."""

    context: ClassVar[str] = "find"
    worded: ClassVar[str] = "name"
    title_key: ClassVar[str] = "delegates.form"
    AUTO_FOCUS = "LineField"

    def __init__(self, to: str) -> None:
        super().__init__()
        self._to = to

    def body(self) -> Iterable[Widget]:
        yield LineField(placeholder=self.console.words("delegates.hint"))
        yield self.picks

    def on_mount(self) -> None:
        words = self.console.words
        told = [words("delegates.until", at=words.moment(self._until(days) - 1)[:10]) for days in DAYS]
        self.picks.show([Pick(str(n), [(line, "text")]) for n, line in zip(DAYS, told, strict=True)])

    def _until(self, days: int) -> int:
        zone = self.console.words.zone
        today = datetime.fromtimestamp(self.console.now() / 1000, zone).date()
        return end_of_day_ms(today + timedelta(days - 1), zone)

    def choose(self, pick: Pick) -> None:
        self.console.call(self._send(self.query_one(LineField).value.strip(), int(pick.id)))

    async def _send(self, said: str, days: int) -> None:
        console, words = self.console, self.console.words
        try:
            given = await console.desk.ask(Delegate(self._to, self._until(days), _amount(said)))
        except Refused as refused:
            console.say(console.refusal(refused), "bad")  # what was typed stays, to be mended
            return
        self.dismiss()
        who, until = cells.safe(console.name_of(given.to)), words.short(given.until)
        told = words("delegates.given", who=who, refunds=words.money(given.refunds, "CNY"), until=until)
        console.say(told, "good")


def _amount(said: str) -> int:
    """Minor units; 0 for nothing said, which is as much as the giver's own limit."""
    if not said:
        return 0
    try:
        minor = parse(said, "CNY").minor
    except BadAmount:
        minor = 0
    if not minor:  # an amount of nothing must not come to mean all
        raise Refused("delegate_amount", said=said[:40])
    return minor
