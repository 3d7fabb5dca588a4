"""What a verb is: one frozen dataclass with its guards, entered in the one registry that feeds every door."""

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from csdesk.domain.cases.case import Case, Kind, LineQty
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Moved, Ruled
from csdesk.domain.cases.machine import MACHINES, State, step
from csdesk.domain.cases.rulings import Stance, contradicted
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass

if TYPE_CHECKING:
    from csdesk.domain.cases.offshoot import Offshoot

VERBS: dict[str, type["Command"]] = {}
C = TypeVar("C", bound="type[Command]")


class Undo(StrEnum):
    """How a verb is taken back."""

    INVERSE = "inverse"
    UNTIL_SENT = "until_sent"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Verb:
    """What every door must know of a verb. `why` says why it cannot be undone (a code: money, goods, outside)."""

    name: str
    right: Right
    undo: Undo
    why: str
    bulk: bool
    offline: bool
    money: bool
    confirm: bool
    final: bool
    shared: bool
    example: str


@dataclass(frozen=True, slots=True)
class Command:
    """A change somebody asks for. Subclasses hold its data and decide; they never look at a clock or a store."""

    verb: ClassVar[Verb]

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        """Why the verb cannot be used on this case now, whatever its data; None when it can."""
        if not case.open:
            return Refused("case_closed", state=case.state)
        if cls.verb.shared:
            return None
        machine = MACHINES[case.kind]
        if machine.edge(cls.verb.name, case.state) is None:
            return Refused(
                "wrong_state", verb=cls.verb.name, state=case.state, allowed=machine.sources(cls.verb.name)
            )
        return None

    @classmethod
    def suggest(cls, case: Case) -> Mapping[str, Any]:
        """Values a person would most likely enter, to fill a form with."""
        return {}

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        """The events this command causes; raises Refused. By default the case moves along its edge."""
        to = self.to(case)
        return (Moved(self.verb.name, to.name, to.phase),)

    def offshoot(self, case: Case, ctx: Context) -> "Offshoot | None":
        """The case that this command opens beside its own, decided on the case as it was; usually none."""
        return None

    def to(self, case: Case, target: str = "") -> State:
        """Where this verb leads from here."""
        return step(MACHINES[case.kind], self.verb.name, case, target=target)


@dataclass(frozen=True, slots=True)
class Deciding(Command):
    """A verb that gives the consumer what was asked, or denies it; against the verdict it needs a reason, `override`.

    The decisions it rested on are kept beside it (`Ruled`), with that reason.
    """

    override: str = field(default="", kw_only=True, metadata={"asked": "against_verdict"})

    def stance(self) -> Stance:
        """Which way it decides."""
        raise NotImplementedError

    def about(self) -> frozenset[int]:
        """The order lines it decides on; empty: all of the case."""
        return frozenset()

    def ruled(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        """What to keep of the decisions it rests on; Refused when it goes against one without saying why."""
        if not ctx.rulings:
            return ()
        against = contradicted(ctx.rulings, self.stance(), self.about())
        reason = self.override.strip()
        if against is not None and not reason and not case.overridden and not ctx.policy.practice:
            raise Refused(
                "against_verdict",
                verb=self.verb.name,
                ruled=against.outcome,
                ground=against.reason,
                line=against.line,
                law=against.articles,
                field="override",
            )
        opposed = against is not None
        return (Ruled(self.verb.name, self.stance(), ctx.rulings, opposed, reason if opposed else ""),)


def verb(
    name: str,
    *,
    right: Right = Right.WORK,
    undo: Undo = Undo.INVERSE,
    why: str = "",
    bulk: bool = False,
    offline: bool = False,
    money: bool = False,
    confirm: bool = False,
    final: bool = False,
    shared: bool = False,
    example: str = "",
) -> Callable[[C], C]:
    """Enter a command class in the registry. `shared` verbs exist in every open state of every kind."""

    def enter(cls: C) -> C:
        cls.verb = Verb(name, right, undo, why, bulk, offline, money, confirm, final, shared, example)
        VERBS[name] = cls
        return cls

    return enter


def verbs_of(kind: Kind) -> tuple[type[Command], ...]:
    """All verbs a case of `kind` can ever meet: its own in order of use, then the shared ones."""
    # Edges may name outcomes that nobody asks for (refund_failed); those are no verbs.
    machine = MACHINES[kind]
    own = [VERBS[name] for name in machine.verbs() if name in VERBS]
    common = [cls for cls in VERBS.values() if cls.verb.shared and cls.verb.name not in machine.without]
    return tuple(own + [cls for cls in common if cls not in own])


def check_quantities(case: Case, units: tuple[LineQty, ...], most: Callable[[int], int], code: str) -> None:
    """Refuse units of unknown lines, doubled lines, non-positive counts, or more than `most(line)` allows."""
    if not units:
        raise Refused("no_units")
    seen: set[int] = set()
    for wanted in units:
        line = case.line(wanted.line)
        if line is None:
            raise Refused("no_such_line", line=wanted.line)
        if wanted.line in seen:
            raise Refused("line_twice", line=wanted.line)
        seen.add(wanted.line)
        allowed = most(wanted.line)
        if wanted.qty < 1 or wanted.qty > allowed:
            raise Refused(code, line=wanted.line, qty=wanted.qty, most=allowed, bought=line.bought)
