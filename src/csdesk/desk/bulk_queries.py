"""Errands and questions about runs: one verb for many cases, carried out by the worker, with a result for each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right


@dataclass(frozen=True, slots=True)
class RunView:
    """A run and how far it is; state: running, done, stopped. `counts`: cases waiting, done, refused, skipped."""

    id: str
    verb: str
    actor: str
    parent: str
    state: str
    total: int
    counts: Mapping[str, int]
    at: int
    ended_at: int


@dataclass(frozen=True, slots=True)
class CameOf:
    """What came of one case of a run: `why` it was refused, worded as `refused.<code>` with `detail`."""

    case: str
    number: str
    state: str
    why: str
    detail: Mapping[str, str]
    at: int


@dataclass(frozen=True, slots=True)
class BeginRun(Ask[RunView]):
    """Carry `verb` out, with what a form would hold, on all these cases (ids or numbers), each once.

    A reply is filled for each case; with `canned` and no text it is worded in each customer's language. Refused
    `not_in_bulk`, `no_cases`, `too_many_cases`, or as the verb's form says. `key` makes the run itself once.
    """

    name: ClassVar[str] = "begin_run"
    room: ClassVar[str] = "bulk_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    verb: str
    cases: tuple[str, ...]
    entered: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class ShowRun(Ask[RunView]):
    """How far a run is."""

    name: ClassVar[str] = "show_run"
    room: ClassVar[str] = "bulk_answers"
    run: str


@dataclass(frozen=True, slots=True)
class Runs(Ask[list[RunView]]):
    """The runs of a case (an incident's notices), or mine; the newest first."""

    name: ClassVar[str] = "runs"
    room: ClassVar[str] = "bulk_answers"
    parent: str = ""
    limit: int = 20


@dataclass(frozen=True, slots=True)
class RunItems(Ask[list[CameOf]]):
    """What came of the cases of a run that stand in one state, after a case id."""

    name: ClassVar[str] = "run_items"
    room: ClassVar[str] = "bulk_answers"
    run: str
    state: str = "refused"
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class StopRun(Ask[RunView]):
    """Stop a run: what is done stays done, what waits is skipped. Its own actor may, or who may reassign cases."""

    name: ClassVar[str] = "stop_run"
    room: ClassVar[str] = "bulk_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    run: str
