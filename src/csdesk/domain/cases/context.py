"""What a decision may look at besides the case: time, actor, the order's facts, the desk's policy."""

import hashlib
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, tzinfo

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.causes import Members
from csdesk.domain.cases.holdings import Holdings
from csdesk.domain.cases.operations import MANUAL, Operations
from csdesk.domain.cases.rulings import Ruling
from csdesk.domain.clocks.times import Times
from csdesk.domain.ids import uuid7
from csdesk.domain.roles import Right, Role, may
from csdesk.domain.tender import Tender
from csdesk.domain.tracking import Standing
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an agent of the desk, or `system`; `rights`: what a token leaves of those of the role, None for all."""

    id: str
    role: Role
    rights: frozenset[Right] | None = None

    def may(self, right: Right) -> bool:
        """Whether the role holds `right`, and the token leaves it."""
        return may(self.role, right) and (self.rights is None or right in self.rights)


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
class Policy:
    """The desk's own numbers (policy, never law): holds, windows, and how much each role may refund alone.

    Limits are minor units, of a person in a case. Above `two_people_over` (0: never) a second person always looks,
    as at return freight above `freight_cap`; `approve_hours` is how long that person may take. `tenders` are the
    methods of payment that are not money, by their folded names.
    """

    hold_ms: int = 10_000
    reopen_days: int = 15
    refund_limits: Mapping[Role, int] = field(
        default_factory=lambda: {
            Role.AGENT: 500_000,
            Role.SENIOR: 2_000_000,
            Role.SUPERVISOR: 10_000_000,
        }
    )
    compensation_limits: Mapping[Role, int] = field(
        default_factory=lambda: {
            Role.AGENT: 5_000,
            Role.SENIOR: 20_000,
            Role.SUPERVISOR: 100_000,
        }
    )
    two_people_over: int = 5_000_000
    freight_cap: int = 5_000
    approve_hours: int = 24
    tenders: Mapping[str, Tender] = field(default_factory=dict)
    operations: Operations = MANUAL
    # Of `writeback.ASKS`: what the desk's order system is asked for.
    write_back: frozenset[str] = frozenset()
    # Newcomers decide by themselves and learn afterwards what the law says: nothing may tell them before.
    practice: bool = False
    # Whether the desk has a carrier that makes labels and collects.
    carriage: bool = False
    # How often each role may look at what is masked of a customer, in a day of the desk; no other role may.
    looks_a_day: Mapping[Role, int] = field(
        default_factory=lambda: {Role.AGENT: 40, Role.SENIOR: 60, Role.SUPERVISOR: 80}
    )
    # How many callers one agent may check in any hour.
    caller_checks: int = 30
    # How many look-ups of people by name, number or address one agent may make in any hour.
    person_searches: int = 120
    # How long a file may be that comes with a message, and all of a message's together, in bytes.
    file_most: int = 20_000_000
    files_most: int = 50_000_000
    # Whether articles that agents choose rise when somebody asks alike.
    learns: bool = True
    # Whether articles are also found by meaning, where there is a model and it has been used on them.
    semantic: bool = True


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


class Refused(Exception):
    """A command that may not happen: `code` is worded by the catalogues as `refused.<code>` with `detail`."""

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value}" for key, value in self.detail.items())
        return f"{self.code} ({told})" if told else self.code
