"""A case that a command opens beside its own: what is decided in one case and begins another, in one stroke.

The desk keeps both in one transaction: there is no moment at which a customer's words stand in neither, the key of
the command makes both once, and both belong to one desk, so no shard is crossed. An outbox row would add a wait and
a worker to that, and give nothing.
"""

from csdesk.domain.cases.context import Context
from csdesk.domain.cases.events import Event
from csdesk.domain.cases.opening import Open
from csdesk.domain.value import dataclass, replace


@dataclass(frozen=True, slots=True)
class Offshoot:
    """How the new case begins, and the events that follow its opening (the link back, the words that caused it)."""

    begin: Open
    events: tuple[Event, ...]


def child(ctx: Context) -> Context:
    """The context in which the new case begins: the same moment and actor, ids of its own."""
    return replace(ctx, request=f"{ctx.request}/offshoot", undoes=None, rulings=())


def child_id(ctx: Context) -> str:
    """The id that the new case will have (`Open.begin` takes the first fresh one)."""
    return child(ctx).fresh()
