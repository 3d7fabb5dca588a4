"""One made-up case lived through: opened when its customer called, moved by real verbs until today."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.command import VERBS, Command
from csdesk.domain.cases.consent import SIGNALS
from csdesk.domain.cases.context import Actor, Context, Order, Policy, Refused
from csdesk.domain.cases.events import Breached
from csdesk.domain.cases.goods import unsent
from csdesk.domain.cases.kinds import run
from csdesk.domain.clocks.clock import labelled
from csdesk.domain.clocks.times import Times
from csdesk.domain.ids import make_body
from csdesk.domain.roles import Role
from csdesk.domain.value import dataclass, replace
from csdesk.interop.demo.matters import Move, entered
from csdesk.interop.demo.scripts import (
    ANSWERS,
    GROUNDS,
    ONLY_FOR,
    REJECT,
    SCRIPTS,
    SENT_AGAIN,
    SENT_HOME,
)
from csdesk.interop.seeds import CaseSeed
from csdesk.interop.seeds.draw import Draw
from csdesk.store.cases import Written

HOUR = 3_600_000
SYSTEM = Actor("system", Role.SYSTEM)
# A case that has lived through so many verbs is left where it stands.
MOST_MOVES = 40
# Nobody argues about the same goods twice.
ONCE = ("dispute", "appeal", "fail_again", "signal", "open_track", "remind_track")


@dataclass(frozen=True, slots=True)
class Cast:
    """Who can act, by the kind they are skilled in, and what they write."""

    agents: Mapping[str, Sequence[Actor]]
    seniors: Sequence[Actor]
    replies: Mapping[str, Sequence[str]]
    carriers: Mapping[str, str]


def made(verb: str, **values: Any) -> Command:
    """A command by its verb's name."""
    cls: Any = VERBS[verb]
    command: Command = cls(**values)
    return command


class Life:
    """A case as it goes; `written` is what a store would have kept, one entry a command."""

    def __init__(self, seed: CaseSeed, order: Order, desk: str, cast: Cast, now: int, times: Times) -> None:
        self._seed, self._order, self._desk, self._cast, self._now = seed, order, desk, cast, now
        self._draw = Draw(f"life:{seed.number}:{order.id}")
        self._zone, self._times = ZoneInfo("Asia/Shanghai"), times
        self._agent = self._draw.pick(cast.agents[seed.kind.code])
        self._at = seed.opened_ms
        self._count = 0
        self._carrier, self._waybill = "", ""
        self._agent_limit = Policy().refund_limits[Role.AGENT]
        self.case: Case | None = None
        self.written: list[Written] = []

    def live(self, body_entropy: int) -> list[Written]:
        """All commands from opening to now."""
        self.begin(body_entropy)
        if self._draw.below(3) == 0:
            self._do(made("note", text=self._seed.note), self._agent)
        for _ in range(MOST_MOVES):
            if not self._step():
                break
        self._time_passes(self._now)
        return self.written

    def begin(self, body_entropy: int) -> list[Written]:
        """The opening alone."""
        kind = Kind(self._seed.kind.code)
        lines = (LineQty(self._seed.line.number, self._seed.quantity),)
        opening = made("open",
            kind=kind, order=self._order.number, lines=lines, reason=self._seed.reason.code,
            channel=self._seed.channel.code, summary=self._seed.text, body=make_body(body_entropy), desk=self._desk,
            priority=2 if self._draw.below(25) == 0 else 0,
        )  # fmt: skip
        self._do(opening, self._agent)
        return self.written

    def _do(self, command: Command, actor: Actor) -> bool:
        self._count += 1
        key = f"demo:{self._seed.number}:{self._count}"
        ctx = Context(self._at, actor, key, self._order_then(), zone=self._zone, times=self._times)
        try:
            decided = run(self.case, command, ctx)
        except Refused:
            return False
        self.written.append(
            Written(self.case, decided.case, decided.events, b"", self._at, actor.id, key, command.verb.name)
        )
        self.case = decided.case
        return True

    def _step(self) -> bool:
        """The next verb, if it comes before now; False when the case rests."""
        case = self.case
        assert case is not None
        moves = SCRIPTS[case.kind].get(case.state)
        if not case.open or not moves:
            return False
        for move in self._ordered(moves):
            at = self._at + self._draw.between(move.hours[0] * 60, move.hours[1] * 60) * 60_000
            if move.verb == "wait":
                self._time_passes(min(at, self._now))
                self._at = max(self._at, min(at, self._now))
                return at <= self._now
            if at > self._now:
                return False
            self._time_passes(at)
            if self.case is not None and not self.case.open:
                return False
            self._at = at
            if self._perform(move):
                return True
        return False

    def _ordered(self, moves: Sequence[Move]) -> list[Move]:
        """The moves in a drawn order: the heavier, the likelier first."""
        left, ordered = list(moves), []
        while left:
            at = self._draw.below(sum(move.weight for move in left))
            for move in left:
                at -= move.weight
                if at < 0:
                    ordered.append(move)
                    left.remove(move)
                    break
        return ordered

    def _perform(self, move: Move) -> bool:
        assert self.case is not None
        if self.case.reason not in ONLY_FOR.get(move.verb, (self.case.reason,)):
            return False
        if move.verb in ONCE and any(entry.verb == move.verb for entry in self.written):
            return False
        # What an agent may not refund alone, somebody senior refunds.
        pays = move.verb in ("refund", "refund_payment")
        dear = pays and self.case is not None and self._worth() > self._agent_limit
        actor = self._draw.pick(self._cast.seniors) if dear or move.by == "senior" else self._agent
        if move.verb in ("close", "tell_outcome") and self.case is not None and not self.case.noticed:
            self._reply("answer" if self.case.kind is Kind.INQUIRY else "close", actor)
        if self.case is not None and not self.case.assignee and move.verb != "take":
            self._do(made("take"), self._agent)
        if not self._do(self._command(move.verb), actor):
            return False
        if move.verb in ANSWERS:
            again = SENT_AGAIN if self.case.kind in (Kind.REISSUE, Kind.REFUND_ONLY) else ANSWERS
            failed = move.verb == "send_home" and self.case.kind is not Kind.REPAIR
            self._reply(SENT_HOME if failed else again.get(move.verb, ANSWERS[move.verb]), actor)
        return True

    def _command(self, verb: str) -> Command:
        case, draw = self.case, self._draw
        assert case is not None
        match verb:
            case "reject":
                reason, article = REJECT.get(case.reason, ("no_evidence", "P18"))
                return made(verb, reason=reason, article=article)
            case "rule":
                return made(
                    verb,
                    outcome=draw.pick(("upheld", "upheld", "partly_upheld", "not_upheld")),
                    article="P60",
                )
            case "ship_back":
                left = unsent(case)
                some = tuple(LineQty(u.line, 1) for u in left) if draw.below(4) == 0 else left
                return made(verb, carrier=self._carry(), waybill=self._waybill, lines=some)
            case "receive":
                parcel = next((p for p in case.parcels if p.direction == "back" and not p.received_at), None)
                return made(verb, waybill=parcel.waybill if parcel else "")
            case "reissue" | "send_home":
                return made(verb, carrier=self._carry(), waybill=self._waybill)
            case "dispute":
                return made(verb, evidence=self._pictures(), note="验货发现明显使用痕迹，照片已留存。")
            case "settle_dispute":
                return made(verb, accepted=draw.below(3) > 0)
            case "verify" | "goods_lost" | "give_consent":
                return made(verb, evidence=self._pictures())
            case "turn_back":
                return made(verb, refused=case.reason == "refused_parcel")
            case "deny_consent":
                return made(verb, reason=draw.pick(("goods_wanted_back", "no_evidence", "amount_too_high")))
            case "agree_reduction":
                return made(
                    verb, minor=max(1, case.amount * draw.between(5, 20) // 100), evidence=self._pictures()
                )
            case "decide_worthless":
                ground = GROUNDS.get(case.reason, "rotten")
                return made(verb, ground=ground, evidence=self._pictures(), article="P34")
            case "signal":
                return made(verb, signals=(draw.pick(SIGNALS),))
            case "fail_again":
                return made(verb, note="顾客反映同样的问题又出现。")
        seniors = [actor.id for actor in self._cast.seniors]
        return made(verb, **entered(verb, case, draw, seniors, len(self._order.payments)))

    def _worth(self) -> int:
        """The most that a refund of the case may come to."""
        assert self.case is not None
        return max([self.case.amount, *(payment.captured for payment in self._order.payments)])

    def _pictures(self) -> tuple[str, ...]:
        """The names of pictures somebody took."""
        return tuple(f"IMG_{self._draw.digits(4)}.jpg" for _ in range(self._draw.between(1, 3)))

    def _order_then(self) -> Order:
        """The order as its record was at that moment: what it became later was not known."""
        order = self._order
        shipped, signed = (at if at <= self._at else 0 for at in (order.shipped_at, order.signed_at))
        status = "delivered" if signed else "shipped" if shipped else "pending"
        if order.status == "cancelled":
            status = order.status
        return replace(order, status=status, shipped_at=shipped, signed_at=signed)

    def _carry(self) -> str:
        merchant = self._seed.order.shelf.merchant
        self._carrier = self._cast.carriers[self._draw.pick(merchant.carriers)]
        self._waybill = f"YZ{self._draw.digits(13)}"
        return self._carrier

    def _reply(self, key: str, actor: Actor) -> None:
        case = self.case
        assert case is not None
        minor = case.refunds[-1].minor if case.refunds else 0
        text = self._draw.pick(self._cast.replies[key]).format(
            product=case.lines[0].title if case.lines else "商品", order=case.order_number,
            amount=f"{minor // 100}.{minor % 100:02d}", carrier=self._carrier, waybill=self._waybill,
        )  # fmt: skip
        self._do(made("reply", text=text), actor)

    def _time_passes(self, until: int) -> None:
        """What the worker would have done by `until`: messages sent, refunds confirmed, deadlines noticed."""
        while (due := self._next_due(until)) is not None:
            at, command = due
            self._at = max(self._at, at)
            if not self._do(command, SYSTEM):
                break

    def _next_due(self, until: int) -> tuple[int, Command] | None:
        case = self.case
        assert case is not None
        found: list[tuple[int, Command]] = [
            (m.until + 1_000, made("settle_reply", id=m.id, state="sent"))
            for m in case.messages
            if m.state == "held"
        ]
        found += [
            (
                r.at + self._bank_ms(r.id),
                made("settle_refund", id=r.id, state="confirmed", reference=f"DEMO{r.id[:12].upper()}"),
            )
            for r in case.refunds
            if r.state == "proposed"
        ]
        noticed = self._noticed()
        found += [
            (c.due, made("breach", clock=c.label, due=c.due))
            for c in case.clocks
            if (c.label, c.due) not in noticed
        ]
        found = [(at, command) for at, command in found if at <= until]
        return min(found, key=lambda item: item[0]) if found else None

    def _noticed(self) -> set[tuple[str, int]]:
        return {
            (labelled(happened.clock, happened.ref), happened.due)
            for entry in self.written
            for happened in entry.events
            if isinstance(happened, Breached)
        }  # fmt: skip

    def _bank_ms(self, refund: str) -> int:
        return (5 + int(refund[-4:], 16) % 600) * 60_000
