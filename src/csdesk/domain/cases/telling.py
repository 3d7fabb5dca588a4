"""Telling people what came of it, item by item: a verb that several kinds share."""

from collections.abc import Mapping
from typing import Any

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Moved
from csdesk.domain.value import dataclass

# What a notice must contain, by the state whose result it tells. A refusal of a personal-data request gives its
# reasons (个人信息保护法 §50(1)) and says that the person may go to court (§50(2)); what is kept names the law.
TELLS: dict[str, tuple[str, ...]] = {
    "taken_down": ("result",),
    "referred": ("result", "authority"),
    "unfounded": ("result", "reasons"),
    "fulfilled": ("result",),
    "partly": ("result", "kept", "law"),
    "refused": ("result", "reasons", "remedies"),
}


def needed(text: str, name: str) -> str:
    """The text without its edges; Refused `field_empty` when nothing is left of it."""
    if not text.strip():
        raise Refused("field_empty", field=name)
    return text.strip()


@verb(
    "tell_outcome",
    undo=Undo.NONE,
    why="outside",
    example="csdesk case do RE-… tell_outcome items=result,reasons",
)
@dataclass(frozen=True, slots=True)
class TellOutcome(Command):
    """Confirm that the notice that left says all that it must: `items` names what it contains."""

    items: tuple[str, ...] = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and not case.noticed:
            return Refused("needs_notice")
        return refused

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        return {"items": TELLS.get(case.state, ())}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        lacks = tuple(item for item in TELLS[case.state] if item not in self.items)
        if lacks:
            raise Refused("notice_lacks", items=lacks)
        return (Moved("tell_outcome", to.name, to.phase, items=TELLS[case.state]),)
