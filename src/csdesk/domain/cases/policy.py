"""The desk's own numbers: what it holds, how much each role may refund alone, what it does by itself."""

from collections.abc import Mapping
from dataclasses import field

from csdesk.domain.cases.operations import MANUAL, Operations
from csdesk.domain.roles import Role
from csdesk.domain.tender import Tender
from csdesk.domain.value import dataclass


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
