"""A case played in memory: an order, a clock, and commands that go through the one way, `kinds.run`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.command import VERBS, Command
from csdesk.domain.cases.context import Actor, Context, History, Order, OrderLine, Payment, Policy, Refused
from csdesk.domain.cases.events import Event, Stamp, Undone
from csdesk.domain.cases.kinds import MACHINES, offers, run
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.refunds import SettleRefund
from csdesk.domain.cases.shared import TakeBack
from csdesk.domain.roles import Role

ZONE = ZoneInfo("Asia/Shanghai")
NOW = int(datetime(2026, 11, 2, 10, tzinfo=ZONE).timestamp() * 1000)
HOUR, DAY = 3_600_000, 86_400_000
BODY = "7K3M9QX4"
WANG = Actor("wang", Role.SUPERVISOR)
LI = Actor("li", Role.AGENT)
SYSTEM = Actor("system", Role.SYSTEM)

# What a person would enter where a verb cannot do without.
ENTERED: dict[str, dict[str, object]] = {
    "ship_back": {"carrier": "顺丰", "waybill": "SF1234567890"},
    "reissue": {"carrier": "顺丰", "waybill": "SF2234567890"},
    "send_home": {"carrier": "顺丰", "waybill": "SF3234567890"},
    "reject": {"reason": "expired", "article": "P02"},
    "dispute": {"note": "吊牌被剪，有照片"},
    "settle_dispute": {"accepted": True},
    "rule": {"outcome": "upheld", "article": "P40"},
    "reply": {"text": "您好"},
    "note": {"text": "电话无人接听"},
    "establish": {"facts": ("intact=true",)},
    "hear": {"text": "什么时候退款？"},
    "convert": {"kind": Kind.COMPLAINT, "reason": "other"},
}


def make(verb: str, **data: object) -> Command:
    """A verb's command with what a person would enter, and `data` over it."""
    return VERBS[verb](**{**ENTERED.get(verb, {}), **data})


def an_order(
    *lines: tuple[int, int],
    payments: Sequence[tuple[str, int]] = (),
    status: str = "delivered",
    address: bool = True,
) -> Order:
    """An order whose lines are (units, minor units paid for all), paid by WeChat unless said otherwise."""
    total = sum(paid for _, paid in lines)
    return Order(
        "o1",
        "W2611340",
        "p1",
        "shop",
        "CNY",
        status,
        tuple(OrderLine(n, f"SKU-{n}", f"商品{n}", qty, paid) for n, (qty, paid) in enumerate(lines, 1)),
        tuple(
            Payment(n, method, captured)
            for n, (method, captured) in enumerate(payments or [("wechat", total)], 1)
        ),
        return_address=address,
    )


@dataclass
class Play:
    """A case and all that has happened to it; `groups` has cause, verb, actor, case before and events."""

    kind: Kind
    order: Order | None = field(default_factory=lambda: an_order((2, 39_800)))
    now: int = NOW
    policy: Policy = field(default_factory=Policy)
    groups: list[tuple[str, str, str, Case | None, tuple[Event, ...]]] = field(default_factory=list)
    stamps: list[tuple[Event, Stamp]] = field(default_factory=list)
    case: Case = None  # type: ignore[assignment]  # until `begin`

    def begin(self, *lines: tuple[int, int], reason: str = "other") -> "Play":
        """Open the case on units (line, qty) of the order: all of them when none are named."""
        wanted = tuple(LineQty(*line) for line in lines)
        if self.order is not None and not lines:
            wanted = tuple(LineQty(line.line, line.qty) for line in self.order.lines)
        command = Open(
            self.kind,
            self.order.id if self.order else "",
            wanted,
            reason,
            body=BODY,
            desk="main",
            customer="p0",
        )
        self._take(command, WANG)
        return self

    def context(self, actor: Actor = WANG, undoes: History | None = None) -> Context:
        """What the next command may look at."""
        return Context(self.now, actor, f"key-{len(self.groups)}", self.order, self.policy, ZONE, undoes)

    def do(self, command: Command | str, actor: Actor = WANG, **data: object) -> Case:
        """Carry out a command, or a verb with what a person would enter."""
        return self._take(make(command, **data) if isinstance(command, str) else command, actor)

    def run(self, *verbs: str) -> Case:
        """Carry out verbs one after the other with what a person would enter; `paid` settles all refunds."""
        for verb in verbs:
            if verb == "paid":
                self.settle("confirmed")
            else:
                self.do(verb)
        return self.case

    def settle(self, state: str) -> Case:
        """What the provider says of every refund on its way."""
        for refund in self.case.refunds:
            if refund.state == "proposed":
                self.do(SettleRefund(refund.id, state), SYSTEM)
        return self.case

    def no(self, command: Command | str, actor: Actor = WANG, **data: object) -> str:
        """The code with which a command is refused; the case stays as it was."""
        before = self.case
        with pytest.raises(Refused) as refused:
            self.do(command, actor, **data)
        assert self.case is before
        return refused.value.code

    def undo(self, actor: Actor = WANG) -> Case:
        """Take back the actor's last verb, as the desk looks for it."""
        return self._take(TakeBack(), actor, self._history(actor))

    def others(self, line: int, **facts: int) -> None:
        """What other cases of the order have done: `claimed`, `refunded_units`, `refunded` of a line."""
        assert self.order is not None
        lines = tuple(
            replace(one, **facts) if one.line == line else one  # type: ignore[arg-type]
            for one in self.order.lines
        )
        self.order = replace(self.order, lines=lines)

    def _take(self, command: Command, actor: Actor, undoes: History | None = None) -> Case:
        ctx = self.context(actor, undoes)
        decided = run(self.case, command, ctx)
        self.groups.append((ctx.request, command.verb.name, actor.id, self.case, decided.events))
        self.stamps += [(event, Stamp(ctx.now, actor.id)) for event in decided.events]
        self.case = decided.case
        return self.case

    def _history(self, actor: Actor) -> History | None:
        undone = {event.cause for event, _ in self.stamps if isinstance(event, Undone)}
        for at in range(len(self.groups) - 1, 0, -1):
            cause, verb, who, before, _ = self.groups[at]
            if who != actor.id or cause in undone or verb in ("undo", "recall"):
                continue
            assert before is not None
            later = tuple(
                event.type
                for later_cause, _, _, _, events in self.groups[at + 1 :]
                if later_cause not in undone
                for event in events
                if not event.commutes and not isinstance(event, Undone)
            )
            return History(cause, verb, before, later)
        return None


def qty(*units: tuple[int, int]) -> tuple[LineQty, ...]:
    """Units of lines: (line, qty) …"""
    return tuple(LineQty(*one) for one in units)


def on(play: Play) -> set[str]:
    """The kind's own verbs that can be used just now."""
    own = set(MACHINES[play.case.kind].verbs())
    return {offer.verb for offer in offers(play.case, play.context()) if offer.off is None} & own
