"""Errands and questions about runs: one verb for many cases, carried out by the worker, with a result for each."""

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


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


@dataclass(frozen=True, slots=True)
class QueueCases(Ask[list[str]]):
    """Ids of every case of a queue (`mine`, `all`, `agent:li` too), the most urgent first, at most what a run takes."""

    name: ClassVar[str] = "queue_cases"
    room: ClassVar[str] = "bulk_weighing"
    queue: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a verb on many cases would come to: of `n`, `able` can be; `cannot`: how many of each kind cannot now.

    `money`: by currency, what those that can come to at most, minor units; empty for a verb that moves none.
    `sample`: a case that can be, "" when there is none.
    """

    n: int
    able: int
    cannot: tuple[tuple[str, int], ...]
    money: tuple[tuple[str, int], ...]
    sample: str


@dataclass(frozen=True, slots=True)
class Weigh(Ask[Weighed]):
    """What a run would be, before it begins: by kind and state alone, so that thousands are weighed at once."""

    name: ClassVar[str] = "weigh"
    room: ClassVar[str] = "bulk_weighing"
    verb: str
    cases: tuple[str, ...]
    entered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UndoRun(Ask[RunView]):
    """Take back a run of mine: a run over what it did, each case only while that is my last verb there.

    A run that still runs is stopped first. Asked again it tries what could not be taken back before. Refused
    `undo_none` for a verb that cannot be taken back, `undo_run_done` when nothing is left to take back.
    """

    name: ClassVar[str] = "undo_run"
    room: ClassVar[str] = "deed_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    run: str


@dataclass(frozen=True, slots=True)
class RedoRun(Ask[RunView]):
    """Do again what a run of `undo` took back, once. Refused `redo_nothing` when it took nothing back."""

    name: ClassVar[str] = "redo_run"
    room: ClassVar[str] = "deed_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    run: str


@dataclass(frozen=True, slots=True)
class Deed:
    """Something I did: a verb on a case (`id` its request), or a `run` over many.

    `off`: why it cannot be taken back now; None when it can.
    """

    id: str
    verb: str
    at: int
    case: str
    number: str
    run: RunView | None
    off: Refused | None


@dataclass(frozen=True, slots=True)
class Deeds(Ask[list[Deed]]):
    """My last verbs and runs, the newest first, each with whether it can still be taken back."""

    name: ClassVar[str] = "deeds"
    room: ClassVar[str] = "deed_answers"
    right: ClassVar[Right] = Right.WORK
    limit: int = 20
