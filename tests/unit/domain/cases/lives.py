"""Cases that live by chance: allowed steps, the laws that must hold after each, and a way to the end."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import fields, replace
from random import Random
from typing import Any

from csdesk.domain.cases.case import Case, Kind, Phase
from csdesk.domain.cases.command import VERBS, Command
from csdesk.domain.cases.consent import STAGES
from csdesk.domain.cases.context import Actor, Order, Refused
from csdesk.domain.cases.differences import DIFFERENCE, PAID, REDUCTION, reduced
from csdesk.domain.cases.events import (
    Converted,
    GoodsInspected,
    GoodsReceived,
    Moved,
    evolve,
)
from csdesk.domain.cases.kinds import MACHINES, run
from csdesk.domain.cases.ledger import APPROVAL, DOUBT
from csdesk.domain.cases.machine import BESIDE, pledged
from csdesk.domain.cases.opening import claimed
from csdesk.domain.cases.refund_events import RefundDeclined, RefundProposed, RefundSettled
from csdesk.domain.cases.refunds import SettleRefund
from csdesk.domain.cases.shared import Breach
from csdesk.domain.cases.tracks import opened
from csdesk.domain.money import Money, cumulative
from csdesk.domain.roles import Right
from csdesk.store.codec import decode, encode
from tests.unit.domain.cases.play import HOUR, LI, SYSTEM, WANG, Play, an_order, make

# Prices that do not divide, a gift, and a fen for three: where rounding could lose or win something.
ORDERS: tuple[Order | None, ...] = (
    an_order((3, 10_000), (1, 0), payments=[("wechat", 7_001), ("points", 2_999)]),
    an_order((3, 1), (2, 39_801)),
    an_order((1, 19_900)),
    an_order((2, 500), status="shipped", address=False),
    an_order((2, 500), status="pending"),
    None,
)
# So that a life comes to goods and money, and does not end before.
WEIGHTS = {
    **dict.fromkeys(("convert", "withdraw", "reject", "breach", "close", "dispute", "appeal", "take"), 0.1),
    **dict.fromkeys(("approve", "receive", "inspect", "refund", "settle_refund", "no_stock", "reissue"), 4.0),
}
# Verbs that need nothing, or whose needs `make` knows.
READY = frozenset(
    name for name in VERBS if name not in {"open", "assign", "tag", "prioritise", "link_order"}
) - {name for name, cls in VERBS.items() if cls.verb.right in (Right.RUN, Right.LOAD)}


def moves(play: Play, case: Case, *, part: bool = False) -> Iterator[tuple[Command, int]]:
    """Steps towards an end, with how far the clock must be put forward for each; `part`: of one unit only."""
    for refund in case.refunds:
        if refund.state == "proposed":
            yield SettleRefund(refund.id, "confirmed"), 0
            if not part:
                break  # an end is looked for in one order of answers, lives meet them in any
            yield SettleRefund(refund.id, "failed"), 0
    if not case.noticed:
        yield make("reply"), 1
    yield from ((make("close_track", track=track.id), 1) for track in opened(case))
    pledges = {"notice": "answer_notice", "callback": "callback_done"}
    yield from ((make(pledges[clock.name]), 1) for clock in case.clocks if clock.name in pledges)
    for name in MACHINES[case.kind].verbs():
        if name not in READY or name == "reopen":
            continue
        sane = dict(VERBS[name].suggest(case))
        if part:
            sane = {key: _one(value) if isinstance(value, tuple) else value for key, value in sane.items()}
        if name in ("ship_back", "reissue", "send_home"):
            sane["waybill"] = f"SF9{len(case.parcels):09}"
        yield make(name, **sane), 1
        if name == "refuse_request":
            yield make(name, reason="identity_not_verified"), 1
        if name == "provider_ruled":
            yield make(name, outcome="user_fault", proof="支付密码验证记录"), 1
        if name == "settle_dispute":
            yield make(name, accepted=False), 1
        if part and name == "parcel_lost":
            yield make(name, **sane, risk="consumer"), 1
        if part and name == "classify":
            yield from ((make(name, stage=stage), 1) for stage in STAGES)
        if part and name == "approve" and case.kind is Kind.EXCHANGE:
            yield from (
                (make(name, **sane, exchange_sku="X-2", difference_minor=minor), 1) for minor in (300, -1)
            )
        if name == "inspect" and sane["graded"]:
            for disposition in ("return_to_consumer", "missing"):
                graded = tuple(replace(one, disposition=disposition) for one in sane["graded"])
                yield make(name, graded=graded), 1
    ends = {term.name for term in MACHINES[case.kind].state(case.state).terms if term.then}
    yield from ((Breach(c.name, c.due), max(1, c.due - play.now)) for c in case.clocks if c.name in ends)


def _settled(case: Case) -> tuple[object, ...]:
    """What of a case's counters decides whether it can end."""
    owes = tuple(case.counters.get(name, 0) for name in (DIFFERENCE, PAID, REDUCTION))
    return (
        owes,
        "exchange_right_open" in case.counters,
        tuple(p.received_at or p.lost_at for p in case.parcels),
    )


def _one(units: tuple[Any, ...]) -> tuple[Any, ...]:
    """One unit of the first line of a suggestion."""
    return tuple(one if isinstance(one, str) else replace(one, qty=1) for one in units[:1])


class Life:
    """One case that lives by chance: steps may be refused, nothing else is raised, and `check` holds."""

    def __init__(self, kind: Kind, order: Order | None, *, part: bool = False) -> None:
        self.play = Play(kind, order)
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
        """One of the steps that are allowed now."""
        play, allowed = self.play, []
        for command, later in moves(play, play.case, part=chance.random() < 0.5):
            try:
                run(play.case, command, replace(play.context(), now=play.now + later))
            except Refused:
                continue
            allowed.append((command, later))
        if allowed:
            weights = [WEIGHTS.get(command.verb.name, 1.0) for command, _ in allowed]
            ((command, later),) = chance.choices(allowed, weights)
            play.now += later
            play.do(command, WANG)

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
        assert {clock.name for clock in case.clocks} <= of_states | {APPROVAL, DOUBT} | BESIDE

    def _units(self) -> None:
        case, sums = self.play.case, self._sums()
        for line in case.lines:
            assert min(getattr(line, f.name) for f in fields(line) if f.type is int) >= 0
            assert line.approved <= line.asked <= line.bought
            assert line.inspected <= line.received
            assert line.received == sums["received", line.line]
            assert line.inspected == sums["inspected", line.line]
            assert line.refunded_units == sums["refunded", line.line]
            assert line.received - case.home(line) + line.missing <= line.asked
            if case.kind is not Kind.REPAIR:
                assert line.refunded_units + line.sent_out <= line.accepted + line.conceded
                assert line.conceded + line.received <= line.asked

    def _sums(self) -> Counter[tuple[str, int]]:
        """Units by what the events say, one by one, whatever the fold made of them."""
        sums: Counter[tuple[str, int]] = Counter()
        proposed = {}
        for event, _ in self.play.stamps:
            match event:
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

    def _back(self, payment: int) -> int:
        """What a payment gives back for this case."""
        refunds = [refund for refund in self.play.case.refunds if refund.live]
        return sum(part.minor for refund in refunds for part in refund.parts if part.payment == payment)

    def _money(self) -> None:
        case, order = self.play.case, self.play.order
        given_up = sum(r.minor for r in case.refunds if r.live and r.cause == "payment")
        assert case.refunded - given_up == sum(line.refunded for line in case.lines)
        for line in case.lines:
            elsewhere = next(o.refunded for o in order.lines if o.line == line.line) if order else 0
            owed = min(line.accepted + line.conceded, line.bought)
            worth = cumulative(Money(line.paid, case.currency), line.bought, owed).minor
            others = next(o.refunded_units for o in order.lines if o.line == line.line) if order else 0
            assert others or line.refunded <= worth + reduced(case)
            assert line.refunded + elsewhere <= line.paid
        for payment in order.payments if order else ():
            assert self._back(payment.number) + payment.elsewhere <= payment.captured
        for refund in case.refunds:
            worth = sum(refund.amounts) if refund.cause == "goods" else refund.minor
            assert sum(part.minor for part in refund.parts) == worth == refund.minor
        closed = self.play.stamps[-1][0] if not case.open else None
        if isinstance(closed, Moved) and closed.verb == "close":
            assert all(line.refundable <= 0 for line in case.lines)
            assert not any(refund.pending for refund in case.refunds)

    def _truth(self) -> None:
        """The case is the fold of its events, and each of them survives being stored."""
        for event, stamp in self.play.stamps[self._folded.version if self._folded else 0 :]:
            payload, hidden = encode(event)
            assert decode(event.type, event.v, payload, hidden) == event
            self._folded = evolve(self._folded, event, stamp)
        assert self._folded == self.play.case
        assert self.play.case.version == len(self.play.stamps)

    def can_end(self, most: int = 4_000) -> bool:
        """Whether the case can be brought to an end from where it is: a search over `moves`."""
        waiting = deque([(self.play.case, self.play.now)])
        seen = set()
        while waiting and most > 0:
            case, now = waiting.popleft()
            if not case.open:
                return True
            mark = (
                case.kind,
                case.state,
                case.lines,
                tuple(r.state for r in case.refunds),
                case.noticed,
                case.tracks,
                pledged(case),
                _settled(case),
            )
            if mark in seen:
                continue
            seen.add(mark)
            for command, later in moves(replace(self.play, now=now), case):
                most -= 1
                ctx = replace(self.play.context(), now=now + later, request=f"end-{most}")
                try:
                    after = run(case, command, ctx).case
                except Refused:
                    continue
                waiting.append((after, now + later))
        return False
