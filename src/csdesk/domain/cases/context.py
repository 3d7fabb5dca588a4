"""What a decision may look at besides the case: time, actor, the order's facts, the desk's policy."""

import hashlib
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, tzinfo

from csdesk.domain.cases.actor import Actor as Actor  # noqa: PLC0414 - a part of it
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.causes import Members
from csdesk.domain.cases.holdings import Holdings
from csdesk.domain.cases.policy import Policy as Policy  # noqa: PLC0414 - a part of it
from csdesk.domain.cases.refusal import Refused as Refused  # noqa: PLC0414 - a part of it
from csdesk.domain.cases.rulings import Ruling
from csdesk.domain.clocks.times import Times
from csdesk.domain.ids import uuid7
from csdesk.domain.tracking import Standing
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Delegation:
    """`giver` lets the actor approve in their place from `since` until just before `until` (UTC ms).

    `most` is minor units, 0 for as much as the giver's own limit; the giver's role is the one they have now.
    """

    id: str
    giver: Actor
    most: int
    since: int
    until: int


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
    """A captured payment; `elsewhere` is what the order's history and other cases have already given back.

    `returned` is the part of it that the order system itself gave back; `counted` are the units in kind (points)
    that other cases gave back. What it told of our own refunds, by their references, is `booked` and in neither.
    """

    number: int
    method: str
    captured: int
    elsewhere: int = 0
    returned: int = 0
    counted: int = 0
    booked: int = 0


@dataclass(frozen=True, slots=True)
class Shipped:
    """A parcel of the order as its scans tell it, without the silence since; `lines` are numbers of order lines."""

    waybill: str
    carrier: str
    lines: tuple[int, ...]
    shipped_at: int
    consents: frozenset[str]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Order:
    """The order's facts a decision needs. status: pending, shipped, delivered, cancelled; times 0 when unknown.

    `freight_back`: what other cases gave back of the freight that the order itself paid.
    """

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
    freight_back: int = 0
    parcels: tuple[Shipped, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """The command that an undo would take back: its verb, the case around it, and what came after it (types)."""

    cause: str
    verb: str
    before: Case
    later: tuple[str, ...]
    after: Case | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Everything outside the case that `decide` may use; `request` is the command's idempotency key.

    `rulings`: what the law says on each line, for verbs that decide; empty where nobody asked it. `prices`: minor
    units of one of each variant that the command names, by SKU, in the order's currency; those nobody knows are absent.
    `times`: calendar, opening hours and targets that clocks are counted with.
    """

    now: int
    actor: Actor
    request: str
    order: Order | None = None
    policy: Policy = Policy()
    zone: tzinfo = UTC
    undoes: History | None = None
    rulings: tuple[Ruling, ...] = ()
    prices: Mapping[str, int] = field(default_factory=dict)
    times: Times = field(default_factory=Times)
    # What the customer is marked as, of `persons.FLAGS`; none where nobody is to know who they are.
    flags: frozenset[str] = frozenset()
    # Of an incident: its open cases, counted by the desk; None where nobody counted, as in a form.
    members: Members | None = None
    # Of a merge: the case into which this one is to go; None where nobody looked, as in a form.
    other: Case | None = None
    # Of a verb of the second person: in whose places the actor may approve, those just over too.
    delegations: tuple[Delegation, ...] = ()
    # Of a request of a person: what the desk holds of them; None where nobody counted, as in a form.
    holdings: Holdings | None = None

    def fresh(self, n: int = 0) -> str:
        """The n-th new id of this request: the same request always names the same things."""
        seed = hashlib.sha256(f"{self.request}/{n}".encode()).digest()
        return uuid7(self.now, seed[:10])
