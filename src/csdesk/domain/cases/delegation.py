"""Approving in somebody's place: who may give that away, how far it reaches, and what it never covers."""

from collections.abc import Iterable, Mapping
from typing import Literal

from csdesk.domain.cases.case import Refund
from csdesk.domain.cases.context import Actor, Context, Delegation, Policy, Refused
from csdesk.domain.cases.ledger import limits
from csdesk.domain.roles import Right, Role, may

# Those whose place it is to look at others' money; an agent's own limit is for an agent's own cases.
GIVERS = frozenset({Role.SENIOR, Role.SUPERVISOR})
# A holiday, not a second career: whoever needs it longer says so again.
MOST_DAYS = 30
DAY = 86_400_000
# Refunds and compensation are held against limits of their own.
CAUSES = ("goods", "compensation")


def check_given(giver: Actor, to: Actor, most: int, until: int, now: int, policy: Policy) -> None:
    """Refuse to let `to` approve in `giver`'s place up to `most` minor units (0: the giver's limit) before `until`.

    What was delegated to the giver counts for nothing here, so there are no chains.
    """
    if giver.role not in GIVERS:
        raise Refused("cannot_delegate", role=giver.role)
    if to.id == giver.id:
        raise Refused("delegate_to_self")
    if not (may(to.role, Right.WORK) and may(to.role, Right.REFUND)):
        raise Refused("delegate_cannot_work", who=to.id)
    own = limits(policy, "goods").get(giver.role, 0)
    if not 0 <= most <= own:
        raise Refused("delegate_over_limit", minor=most, most_minor=own, currency="CNY")
    if not now < until <= now + MOST_DAYS * DAY:
        raise Refused("delegate_until", days=MOST_DAYS)


def reach(given: Delegation, policy: Policy, cause: str) -> int:
    """Minor units that a delegation lets go: never more than its giver may let go today by role."""
    if given.giver.role not in GIVERS:
        return 0
    own = limits(policy, cause).get(given.giver.role, 0)
    return min(given.most, own) if given.most else own


def sums(refunds: Iterable[Refund]) -> dict[str, int]:
    """Minor units by whose limits they are held against."""
    found: dict[str, int] = {}
    for refund in refunds:
        cause = "compensation" if refund.cause == "compensation" else "goods"
        found[cause] = found.get(cause, 0) + refund.minor
    return found


def in_place_of(refunds: tuple[Refund, ...], ctx: Context) -> str:
    """In whose place the actor may let these go, the first that covers them all; "" for nobody's.

    Refused `giver_refund` or `delegation_over` when that alone is what stands against it: whoever proposed one of
    them has nobody approve in their place, or one person would be both pairs of eyes. At `until` itself it is over.
    """
    wanted, standings = sums(refunds), dict[str, Delegation]()
    for given in ctx.delegations:
        if given.giver.id != ctx.actor.id and _covers(given, wanted, ctx.policy):
            standings.setdefault(_standing(given, refunds, ctx.now), given)
    if fit := standings.get("fit"):
        return fit.giver.id
    if bound := standings.get("bound"):
        raise Refused("giver_refund", who=bound.giver.id)
    if over := standings.get("over"):
        raise Refused("delegation_over", who=over.giver.id, until=over.until)
    return ""


def _covers(given: Delegation, wanted: Mapping[str, int], policy: Policy) -> bool:
    return all(minor <= reach(given, policy, cause) for cause, minor in wanted.items())


def _standing(given: Delegation, refunds: tuple[Refund, ...], now: int) -> Literal["fit", "bound", "over"]:
    if not given.since <= now < given.until:
        return "over"
    return "bound" if any(refund.by == given.giver.id for refund in refunds) else "fit"


def most_minor(ctx: Context, cause: str) -> int:
    """The most that the actor may let go now, by their own right or in somebody's place."""
    running = (
        reach(given, ctx.policy, cause) for given in ctx.delegations if given.since <= ctx.now < given.until
    )
    return max(limits(ctx.policy, cause).get(ctx.actor.role, 0), *running, 0)
