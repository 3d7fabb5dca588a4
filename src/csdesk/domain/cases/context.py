"""What a decision may look at besides the case: time, actor, the order's facts, the desk's policy."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.rulings import Ruling
from csdesk.domain.ids import uuid7
from csdesk.domain.roles import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an agent of the desk, or `system`."""

    id: str
    role: Role


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line as bought. `claimed`, `refunded_units` and `refunded` (minor) are of other cases of the same order."""

    line: int
    sku: str
    title: str
    qty: int
    paid: int
    category: str = ""
    claimed: int = 0
    refunded_units: int = 0
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class Payment:
    """A captured payment; `elsewhere` is what the order's history and other cases have already given back."""

    number: int
    method: str
    captured: int
    elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """The order's facts a decision needs. status: pending, shipped, delivered, cancelled; times 0 when unknown."""

    id: str
    number: str
    customer: str
    merchant: str
    currency: str
    status: str
    lines: tuple[OrderLine, ...]
    payments: tuple[Payment, ...]
    return_address: bool = False
    paid_at: int = 0
    shipped_at: int = 0
    signed_at: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """The desk's own numbers (policy, never law): holds, windows, and how much each role may refund alone."""

    hold_ms: int = 10_000
    reopen_days: int = 15
    refund_limits: Mapping[Role, int] = field(
        default_factory=lambda: {
            Role.AGENT: 500_000,
            Role.SENIOR: 2_000_000,
            Role.SUPERVISOR: 10_000_000,
        }
    )


@dataclass(frozen=True, slots=True)
class History:
    """The command that an undo would take back: its verb, the case before it, and what came after it (types)."""

    cause: str
    verb: str
    before: Case
    later: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """Everything outside the case that `decide` may use; `request` is the command's idempotency key.

    `rulings`: what the law says on each line, for verbs that decide; empty where nobody asked it.
    """

    now: int
    actor: Actor
    request: str
    order: Order | None = None
    policy: Policy = Policy()
    zone: tzinfo = UTC
    undoes: History | None = None
    rulings: tuple[Ruling, ...] = ()

    def fresh(self, n: int = 0) -> str:
        """The n-th new id of this request: the same request always names the same things."""
        seed = hashlib.sha256(f"{self.request}/{n}".encode()).digest()
        return uuid7(self.now, seed[:10])


class Refused(Exception):
    """A command that may not happen: `code` is worded by the catalogues as `refused.<code>` with `detail`."""

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value}" for key, value in self.detail.items())
        return f"{self.code} ({told})" if told else self.code
