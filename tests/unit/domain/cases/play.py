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
from csdesk.domain.clocks.times import Times
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
    "request_label": {"payer": "merchant"},
    "request_pickup": {"day": "明天", "window": "09:00-11:00", "payer": "merchant"},
    "reject": {"reason": "expired", "article": "P02"},
    "dispute": {"note": "吊牌被剪", "evidence": ("IMG_0412.jpg",)},
    "verify": {"evidence": ("IMG_0413.jpg",)},
    "keep_goods": {"reason": "worthless", "evidence": ("IMG_0414.jpg",), "article": "P34"},
    "give_consent": {"evidence": ("chat-1102",)},
    "give_up_goods": {"reason": "renounced", "evidence": ("chat-1104",)},
    "deny_consent": {"reason": "goods_wanted_back"},
    "decide_worthless": {"ground": "rotten", "evidence": ("IMG_0415.jpg",), "article": "P34"},
    "goods_lost": {"evidence": ("SF-LOST-1102",)},
    "signal": {"signals": ("evidence_reused",)},
    "agree_reduction": {"minor": 1, "evidence": ("chat-1103",)},
    "difference_paid": {"reference": "4200002026"},
    "return_difference": {"reference": "5000002026"},
    "settle_dispute": {"accepted": True},
    "rule": {"outcome": "upheld", "article": "P40"},
    "reply": {"text": "您好"},
    "note": {"text": "电话无人接听"},
    "notice": {"letter": "12315-2026-0042", "deadline": "7个工作日"},
    "promise_callback": {"at": "明天 10:00"},
    "callback_done": {"reached": True},
    "establish": {"facts": ("intact=true",)},
    "hear": {"text": "什么时候退款？"},
    "note_call": {"text": "问什么时候退款", "call": "in"},
    "tell_platform": {"platform": "taobao", "code": "SUCCESS"},
    "mark_message": {"marks": ("signs_removed",)},
    "decline_refund": {"reason": "wrong_amount"},
    "clear_refund": {"state": "failed", "reason": "not_found"},
    "compensate": {"minor": 1_000},
    "convert": {"kind": Kind.COMPLAINT, "reason": "other"},
    "take_down": {"listing": "SKU-1", "article": "P48"},
    "refer_report": {"authority": "西湖区市场监管局", "ref": "移2026-118"},
    "find_unfounded": {"reason": "not_confirmed"},
    "repair_order": {"ref": "W2611341"},
    "find_duplicate": {"payment": 1},
    "find_orphan": {"payment": 1},
    "refund_payment": {"payment": 1},
    "to_provider": {"ref": "ZF-77"},
    "provider_ruled": {"outcome": "provider_bears"},
    "explain_payment": {"proof": "对账单第 18 行"},
    "verify_identity": {"identifiers": ("phone", "order")},
    "scope_request": {"systems": ("订单", "客服记录")},
    "fulfil_request": {"proof": "导出件 2026-118"},
    "fulfil_partly": {"kept": ("交易记录",), "article": "电子商务法 §31", "proof": "删除记录 2026-119"},
    "refuse_request": {"reason": "law_keeps"},
    "hand_over_copy": {"sha256": "3f9a01" + "0" * 58, "size": 18_432},
    "correct_record": {"new_phone": "13900001111"},
    "withdraw_consent": {"consents": ("marketing",)},
    "open_kept": {"ground": "court", "letter": "(2026)浙0106民初1号", "sha256": "3f9a01" + "0" * 58},
    "contain_breach": {"note": "已停用导出接口"},
    "assess_breach": {"level": "large", "people": 1_200},
    "notify_authority": {"leaked": "电话、地址", "measures": "已封堵", "contact": "法务"},
    "notify_people": {"leaked": "电话、地址", "measures": "勿信来电", "contact": "客服"},
    "waive_people": {"note": "数据已加密"},
    "open_track": {"track_kind": "merchant", "counterpart": "山海数码"},
    "advance_track": {"to_stage": "answered"},
    "close_track": {"outcome": "withdrawn"},
    "hand_track": {"owner": "chen"},
    "link_case": {"other": "c2"},
    "unlink_case": {"other": "c2"},
    "merge": {"other": "c2"},
    "split": {"lines": (LineQty(1, 1),)},
    "record_files": {"files": "IMG_0412.jpg"},
    "file_evidence": {
        "sha256": "3f9a01" + "0" * 58,
        "size": 4_096,
        "media": "image/jpeg",
        "name": "IMG_0412.jpg",
    },
    "take_out_evidence": {"sha256": "3f9a01"},
    "keep_evidence": {"recipient": "court", "months": 24},
    "bundle_evidence": {"bundle": "3f9a01", "recipient": "mediation", "sha256": "3f9a01" + "0" * 58},
    "join_incident": {"incident": "c9"},
    "describe_cause": {"title": "申通华东停运", "carrier": "申通"},
    "inform_members": {"text": "您好，申通华东暂时停运。"},
    "close_incident": {"waive": "逐个致电"},
    "decide_members": {"decision": "acknowledge"},
    "flag_person": {"flag": "vip", "grounds": "purchases"},
    "unflag_person": {"flag": "vip"},
    "end_contact": {"grounds": "insult"},
    "verify_caller": {"checked_by": "wang", "sorts": ("order", "phone"), "check": 1},
    "hear_machine": {"nature": "automatic", "text": "外出中"},
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
    prices: dict[str, int] = field(default_factory=dict)
    times: Times = field(default_factory=Times)
    flags: frozenset[str] = frozenset()
    groups: list[tuple[str, str, str, Case | None, tuple[Event, ...]]] = field(default_factory=list)
    stamps: list[tuple[Event, Stamp]] = field(default_factory=list)
    case: Case = None  # type: ignore[assignment]  # until `begin`

    def begin(self, *lines: tuple[int, int], reason: str = "other") -> "Play":
        """Open the case on units (line, qty) of the order: all of them when none are named."""
        if self.kind is Kind.INCIDENT:
            self.order, lines = None, ()  # it is nobody's request
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
        return Context(
            self.now,
            actor,
            f"key-{len(self.groups)}",
            self.order,
            self.policy,
            ZONE,
            undoes,
            times=self.times,
            flags=self.flags,
            prices=self.prices,
            # A second case of the same matter is always there to merge with.
            other=replace(self.case, id="c2") if self.case is not None else None,
        )

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
            after = self.groups[at + 1][3] if at + 1 < len(self.groups) else self.case
            return History(cause, verb, before, later, after)
        return None


def qty(*units: tuple[int, int]) -> tuple[LineQty, ...]:
    """Units of lines: (line, qty) …"""
    return tuple(LineQty(*one) for one in units)


def on(play: Play) -> set[str]:
    """The kind's own verbs that can be used just now."""
    own = set(MACHINES[play.case.kind].verbs())
    return {offer.verb for offer in offers(play.case, play.context()) if offer.off is None} & own
