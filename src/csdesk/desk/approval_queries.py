"""Errands and questions about who approves refunds in whose place."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class DelegationView:
    """`giver` lets `to` approve in their place until just before `until`; times UTC ms.

    `most` is minor units as it was given, 0: the giver's own limit; `refunds` and `compensation` are what it comes to
    today, by the giver's role. `ends`: I may revoke it.
    """

    id: str
    giver: str
    to: str
    most: int
    refunds: int
    compensation: int
    since: int
    until: int
    ends: bool


@dataclass(frozen=True, slots=True)
class Delegations(Ask[list[DelegationView]]):
    """Who may approve refunds in whose place now, on the whole desk, the soonest over first."""

    name: ClassVar[str] = "delegations"
    room: ClassVar[str] = "approval_answers"


@dataclass(frozen=True, slots=True)
class Delegate(Ask[DelegationView]):
    """Let `to` approve refunds in my place before `until` (UTC ms), up to `limit` minor units (0: my own limit).

    It takes the place of what I gave the same person before. Refused `cannot_delegate`, `delegate_to_self`,
    `delegate_cannot_work`, `delegate_over_limit`, `delegate_until`, `no_such_agent`.
    """

    name: ClassVar[str] = "delegate_approval"
    room: ClassVar[str] = "approval_answers"
    right: ClassVar[Right] = Right.REFUND
    writes: ClassVar[bool] = True
    to: str
    until: int
    limit: int = 0


@dataclass(frozen=True, slots=True)
class RevokeDelegation(Ask[None]):
    """End a delegation now: mine, one to me, or (who may take cases over) anybody's. Refused `no_such_delegation`.

    `delegation` may also be the agent to whom I gave one.
    """

    name: ClassVar[str] = "revoke_delegation"
    room: ClassVar[str] = "approval_answers"
    right: ClassVar[Right] = Right.REFUND
    writes: ClassVar[bool] = True
    delegation: str
