"""What an undo would take back: somebody's last verb on a case, as its history tells it."""

from typing import TYPE_CHECKING

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import History
from csdesk.domain.cases.events import ClocksSet, ReplyHeld, Stamp, Undone, evolve
from csdesk.store import cases
from csdesk.store.cases import Past

if TYPE_CHECKING:
    from csdesk.desk.core import Core


def last_undoable(core: "Core", case: Case) -> History | None:
    """My last verb on this case that no undo has taken back, with the case before it and what came after it."""
    past = list(cases.history(core.store.conn, core.desk, case.id))
    undone = {p.event.cause for p in past if isinstance(p.event, Undone)}
    recalled = {m.id for m in case.messages if m.state == "recalled"}
    undone |= {p.cause for p in past if isinstance(p.event, ReplyHeld) and p.event.id in recalled}
    groups: dict[str, list[Past]] = {}
    for p in past:
        groups.setdefault(p.cause, []).append(p)
    for cause, group in reversed(groups.items()):
        first = group[0]
        if first.actor != core.me.id or cause in undone or first.verb in ("undo", "recall", "open"):
            continue
        before: Case | None = None
        for p in past[: first.seq - 1]:
            before = evolve(before, p.event, Stamp(p.at, p.actor))
        if before is None:
            return None
        # What commutes with other verbs still overtakes one of its own type: a tag, the next tag. Clocks are
        # never set alone: what set them says more.
        own = {p.event.type for p in group}
        rest = past[group[-1].seq :]
        later = tuple(
            p.event.type
            for p in rest
            if p.cause not in undone
            and not isinstance(p.event, Undone | ClocksSet)
            and (p.event.type in own or not p.event.commutes)
        )
        after = before
        for p in group:
            after = evolve(after, p.event, Stamp(p.at, p.actor))
        return History(cause, first.verb, before, later, after)
    return None
