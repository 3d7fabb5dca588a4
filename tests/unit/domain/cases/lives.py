"""Cases that live by chance: allowed steps, the laws that must hold after each, and a way to the end."""

from collections import Counter
from dataclasses import fields, replace
from itertools import chain
from random import Random

from csdesk.domain.cases.case import Case, Kind, Phase
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Actor, Order, Policy, Refused
from csdesk.domain.cases.differences import reduced
from csdesk.domain.cases.events import (
    Converted,
    GoodsInspected,
    GoodsReceived,
    Moved,
    ParcelSent,
    Undone,
    evolve,
)
from csdesk.domain.cases.goods import on_the_way
from csdesk.domain.cases.goods_events import JudgedAnew, ParcelCameBack, ParcelLost
from csdesk.domain.cases.kinds import MACHINES, run
from csdesk.domain.cases.ledger import APPROVAL, DOUBT
from csdesk.domain.cases.machine import BESIDE
from csdesk.domain.cases.opening import claimed
from csdesk.domain.cases.refund_events import RefundDeclined, RefundProposed, RefundSettled
from csdesk.domain.cases.shared import Breach
from csdesk.domain.money import Money, cumulative
from csdesk.store.codec import decode, encode
from tests.unit.domain.cases.play import HOUR, LI, SYSTEM, WANG, Play, an_order, make
from tests.unit.domain.cases.ways import READY, Found, Search, Step, happening, settling, working

__all__ = ["ORDERS", "READY", "WEIGHTS", "Life"]

# Prices that do not divide, a gift, and a fen for three: where rounding could lose or win something.
ORDERS: tuple[Order | None, ...] = (
    an_order((3, 10_000), (1, 0), payments=[("wechat", 7_001), ("points", 2_999)]),
    an_order((3, 1), (2, 39_801)),
    an_order((1, 19_900)),
    # 12.00 more than its lines cost: the freight of the order.
    an_order((2, 30_000), (3, 9_999), payments=[("wechat", 41_199)]),
    an_order((2, 500), status="shipped", address=False),
    an_order((2, 500), status="pending"),
    None,
)
# A second person looks at all above 50.00, and a carrier makes labels and collects.
TWO_PEOPLE = Policy(two_people_over=5_000, carriage=True)
# So that a life comes to goods and money, and does not end before.
WEIGHTS = {
    **dict.fromkeys(
        ("convert", "withdraw", "reject", "breach", "close", "dispute", "appeal", "take", "merge"), 0.1
    ),
    **dict.fromkeys(("approve", "receive", "inspect", "refund", "settle_refund", "no_stock", "reissue"), 4.0),
}


class Life:
    """One case that lives by chance: steps may be refused, nothing else is raised, and `check` holds."""

    def __init__(
        self, kind: Kind, order: Order | None, *, part: bool = False, policy: Policy | None = None
    ) -> None:
        self.play = Play(kind, order, policy=policy or Policy())
        self._folded: Case | None = None
        try:
            self.play.begin(*([(1, 1)] if part and order else []))
        except Refused as refused:
            assert refused.code in ("not_delivered", "no_units")
            self.play.order = ORDERS[2]
            self.play.begin()

    def attempt(self, command: Command, actor: Actor) -> bool:
        """Try a command; a refusal leaves the case as it was."""
        before = self.play.case
        try:
            self.play.do(command, actor)
        except Refused as refused:
            assert refused.code
            assert self.play.case is before
            return False
        return True

    def go_on(self, chance: Random) -> None:
        """One of the steps that are allowed now; now and then one that the outside takes."""
        play, case = self.play, self.play.case
        beside = chance.random() < 0.25
        steps = (
            [*happening(case)]
            if beside
            else [*settling(case), *working(case, play.now, part=chance.random() < 0.5)]
        )
        # Drawn until one is allowed: the same chances as among all that are, for a fifth of the trials.
        while steps:
            weights = [WEIGHTS.get(step.command.verb.name, 1.0) for step in steps]
            step = steps.pop(chance.choices(range(len(steps)), weights)[0])
            if self._allowed(step):
                play.now += step.later
                play.do(step.command, step.who)
                return

    def _allowed(self, step: Step) -> bool:
        play = self.play
        try:
            run(play.case, step.command, replace(play.context(step.who), now=play.now + step.later))
        except Refused:
            return False
        return True

    def take_back(self, who: Actor) -> None:
        """Undo somebody's last verb, if it lets itself be taken back."""
        try:
            self.play.undo(who)
        except Refused as refused:
            assert refused.code in (
                "undo_nothing",
                "undo_none",
                "undo_overtaken",
                "already_sent",
                "over_bought",
                # Back to an end: not while a promise or a track is open.
                "clock_open",
                "track_open",
            )

    def run_what_is_due(self) -> None:
        """What the worker would do now: it may find a clock stopped by the one before."""
        for clock in self.play.case.clocks:
            if clock.due <= self.play.now and clock in self.play.case.clocks and not clock.open_pause:
                self.play.do(Breach(clock.label, clock.due), SYSTEM)

    def pay_elsewhere(self, line: int, units: int) -> None:
        """Another case of the order claims units and is paid back, out of what this one leaves it."""
        order, mine = self.play.order, self.play.case.line(line)
        one = next((o for o in order.lines if o.line == line), None) if order else None
        if order is None or one is None:
            return
        if units > one.qty - one.claimed - claimed(self.play.case, line):
            return
        used = one.refunded_units + (mine.refunded_units if mine else 0) + units
        worth = cumulative(Money(one.paid, "CNY"), one.qty, used).minor
        minor = max(0, worth - one.refunded - (mine.refunded if mine else 0))
        first = order.payments[0]
        if minor > first.captured - first.elsewhere - self._back(first.number):
            return
        self.play.others(
            line,
            claimed=one.claimed + units,
            refunded_units=one.refunded_units + units,
            refunded=one.refunded + minor,
        )
        payments = (replace(first, elsewhere=first.elsewhere + minor), *order.payments[1:])
        assert self.play.order is not None
        self.play.order = replace(self.play.order, payments=payments)

    def live(self, chance: Random, steps: int) -> None:
        """Steps by chance, the laws checked after each."""
        for _ in range(steps):
            dice = chance.random()
            if dice < 0.80:
                self.go_on(chance)
            elif dice < 0.85:
                self.play.now += chance.randint(1, 24 * 9) * HOUR
                self.run_what_is_due()
            elif dice < 0.90:
                self.take_back(chance.choice((WANG, LI)))
            elif dice < 0.95:
                self.pay_elsewhere(chance.randint(1, 2), 1)
            else:
                self.attempt(make("reopen"), WANG)
            self.check()

    def check(self) -> None:
        """All laws."""
        self._state()
        self._units()
        self._money()
        self._truth()

    def _state(self) -> None:
        case = self.play.case
        state = MACHINES[case.kind].state(case.state)
        assert case.phase is state.phase
        assert (case.phase is Phase.DONE) == (case.closed_at > 0)
        if not case.open:
            assert (case.clocks, case.snoozed_until) == ((), 0)
        of_states = {term.name for term in state.terms} | set(state.keeps)
        stray = {clock.name for clock in case.clocks} - of_states - {APPROVAL, DOUBT} - BESIDE
        assert not stray, f"{stray} in {case.state} after {[verb for _, verb, *_ in self.play.groups]}"

    def _units(self) -> None:
        case, sums = self.play.case, self._sums()
        for line in case.lines:
            assert min(getattr(line, f.name) for f in fields(line) if f.type is int) >= 0
            assert line.approved <= line.asked <= line.bought
            assert line.inspected <= line.received
            assert line.received == sums["received", line.line]
            assert line.inspected == sums["inspected", line.line]
            assert line.refunded_units == sums["refunded", line.line]
            assert line.went_home == sums["home", line.line]
            # The consumer has nothing twice: what went home failed, and nothing went out or was paid for it.
            assert line.went_home + line.given_up <= line.return_to_consumer
            assert line.received - case.home(line) + line.missing <= line.asked
            if case.kind is not Kind.REPAIR:
                assert line.refunded_units + line.sent_out <= line.accepted + line.conceded
                assert line.conceded + line.received <= line.asked

    def _sums(self) -> Counter[tuple[str, int]]:
        """Units by what the events say, one by one, whatever the fold made of them."""
        sums: Counter[tuple[str, int]] = Counter()
        proposed = {}
        undone = {event.cause for event, _ in self.play.stamps if isinstance(event, Undone)}
        kept = (events for cause, _, _, _, events in self.play.groups if cause not in undone)
        for event in chain.from_iterable(kept):
            match event:
                case ParcelSent(direction="home"):
                    sums.update({("home", u.line): u.qty for u in event.lines})
                case ParcelCameBack():
                    sums.subtract({("home", u.line): u.qty for u in event.lines})
                case ParcelLost(direction="home", lines=gone) | JudgedAnew(home=gone):
                    for what in ("home", "received", "inspected"):
                        sums.subtract({(what, u.line): u.qty for u in gone})
                    if isinstance(event, JudgedAnew):
                        sums.subtract({("inspected", u.line): u.qty for u in event.lines})
                case Converted():
                    # Another kind counts anew, from the units that are here already.
                    sums = Counter({("received", line.line): line.received for line in event.lines})
                case GoodsReceived():
                    sums.update({("received", u.line): u.qty for u in event.lines})
                case GoodsInspected():
                    for graded in event.graded:
                        if graded.disposition != "missing":
                            sums["inspected", graded.line] += graded.qty
                case RefundProposed(refund=refund):
                    proposed[refund.id] = refund
                    sums.update({("refunded", u.line): u.qty for u in refund.units})
                case RefundSettled(state="failed") | RefundDeclined() if event.id in proposed:
                    sums.subtract({("refunded", u.line): u.qty for u in proposed[event.id].units})
                case RefundSettled(late=True, twice=False) if event.id in proposed:
                    sums.update({("refunded", u.line): u.qty for u in proposed[event.id].units})
                case _:
                    pass
        return sums

    def _back(self, payment: int, *, twice: bool = False) -> int:
        """What a payment gives back for this case; `twice`: only what it gave back a second time."""
        refunds = [refund for refund in self.play.case.refunds if refund.live and refund.twice >= twice]
        return sum(part.minor for refund in refunds for part in refund.parts if part.payment == payment)

    def _money(self) -> None:
        case, order = self.play.case, self.play.order
        # Units pay for goods alone; what a refund that came late paid `twice` is gone, and was for no unit (0010).
        once = [r for r in case.refunds if r.live and r.cause == "goods" and not r.twice]
        taken_off = sum(less.minor for refund in once for less in refund.less)
        assert sum(r.minor for r in once) + taken_off == sum(line.refunded for line in case.lines)
        for line in case.lines:
            elsewhere = next(o.refunded for o in order.lines if o.line == line.line) if order else 0
            owed = min(line.accepted + line.conceded, line.bought)
            worth = cumulative(Money(line.paid, case.currency), line.bought, owed).minor
            others = next(o.refunded_units for o in order.lines if o.line == line.line) if order else 0
            assert others or line.refunded <= worth + reduced(case)
            assert line.refunded + elsewhere <= line.paid
        for payment in order.payments if order else ():
            again = self._back(payment.number, twice=True)
            assert self._back(payment.number) - again + payment.elsewhere <= payment.captured
        for refund in case.refunds:
            less = sum(less.minor for less in refund.less)
            worth = sum(refund.amounts) - less if refund.cause == "goods" else refund.minor
            assert sum(part.minor for part in refund.parts) == worth == refund.minor >= 0
            assert not refund.twice or refund.state == "confirmed"
        closed = self.play.stamps[-1][0] if not case.open else None
        if isinstance(closed, Moved) and closed.verb == "close":
            assert all(line.refundable <= 0 for line in case.lines)
            assert not any(refund.pending for refund in case.refunds)
            assert not any(line.for_home for line in case.lines)
            assert not on_the_way(case, "home")

    def _truth(self) -> None:
        """The case is the fold of its events, and each of them survives being stored."""
        for event, stamp in self.play.stamps[self._folded.version if self._folded else 0 :]:
            payload, hidden = encode(event)
            assert decode(event.type, event.v, payload, hidden) == event
            self._folded = evolve(self._folded, event, stamp)
        assert self._folded == self.play.case
        assert self.play.case.version == len(self.play.stamps)

    def no_end(self) -> str:
        """Why the case cannot be brought to an end from where it is; "" when it can."""
        search = Search(self.play)
        found = search.result()
        return (
            "" if found is Found.END else f"{found.value} of {self.play.case} after {search.tried} commands"
        )
