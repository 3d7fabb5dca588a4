"""Questions and errands about incidents: which cases fit, who belongs to one, which one a case may belong to."""

from dataclasses import field
from typing import ClassVar

from csdesk.desk.bulk_queries import RunView
from csdesk.desk.desk import Ask
from csdesk.domain.cases.causes import Cause, Members
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store.feed import Row

# Which members: all of them, those still open, those whom the last notice has not gone to, the undecided.
WHICH = ("all", "open", "uninformed", "undecided")


@dataclass(frozen=True, slots=True)
class Suggested:
    """An open incident that a case fits, or the one that it is of."""

    id: str
    number: str
    title: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident: its cause, how many cases fit and are not in yet (`fitting`, as far as was counted), its members.

    `states`: (kind, state, how many) of all members; `runs` the newest first. `counted`: whether `fitting` is all.
    """

    id: str
    number: str
    state: str
    version: int
    reason: str
    cause: Cause | None
    merchant: str
    fitting: int
    counted: bool
    members: Members
    states: tuple[tuple[str, str, int], ...]
    runs: tuple[RunView, ...]
    notices: tuple[tuple[str, int], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ShowIncident(Ask[IncidentView]):
    """All of an incident at a look; `most` cases that fit are counted (0: none)."""

    name: ClassVar[str] = "show_incident"
    room: ClassVar[str] = "incident_answers"
    incident: str
    most: int = 500


@dataclass(frozen=True, slots=True)
class Fitting(Ask[list[Row]]):
    """Open cases that fit an incident's criteria and belong to none, by id, after one."""

    name: ClassVar[str] = "fitting"
    room: ClassVar[str] = "incident_answers"
    incident: str
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class MembersPage(Ask[list[Row]]):
    """Members of an incident, one of WHICH, by id, after one."""

    name: ClassVar[str] = "members"
    room: ClassVar[str] = "incident_answers"
    incident: str
    which: str = "all"
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class IncidentsFor(Ask[list[Suggested]]):
    """The incident that a case is of, else the open ones that it fits; none for a closed case."""

    name: ClassVar[str] = "incidents_for"
    room: ClassVar[str] = "incident_answers"
    case: str


@dataclass(frozen=True, slots=True)
class AttachFitting(Ask[RunView]):
    """Let every case that fits join, as a run; Refused `none_fit`. `key` makes the run itself once."""

    name: ClassVar[str] = "attach_fitting"
    room: ClassVar[str] = "incident_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    incident: str
    key: str = ""
