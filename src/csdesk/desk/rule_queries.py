"""What a console asks of a desk so that its forms decide as the desk will: numbers, hours, calendar; no secrets."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Policy
from csdesk.domain.cases.operations import Rules
from csdesk.domain.clocks.calendar import Notice
from csdesk.domain.clocks.hours import BusinessHours
from csdesk.domain.clocks.sla import SlaPolicy
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class CalendarTold:
    """What `working_calendar` makes a calendar of; () as `weekend` where the desk's own files cannot be read."""

    code: str
    notices: tuple[Notice, ...]
    weekend: tuple[int, ...]
    revised_from: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class RulesTold:
    """The desk's own numbers, what it has set itself to reach, and when it is open.

    `merchants`: the part of `policy.operations` that is by merchant's id and kind. `hours` None: always open.
    """

    policy: Policy
    merchants: tuple[tuple[str, Kind, Rules], ...]
    hours: BusinessHours | None
    targets: dict[str, SlaPolicy]
    calendar: CalendarTold


@dataclass(frozen=True, slots=True)
class DeskRules(Ask[RulesTold]):
    """What verbs decide with on this desk."""

    name: ClassVar[str] = "desk_rules"
    room: ClassVar[str] = "rule_answers"
