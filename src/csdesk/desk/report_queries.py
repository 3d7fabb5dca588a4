"""What can be asked of a desk about a span of time: what came, what was done, how fast, how late, what it cost."""

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal, get_args

from csdesk.desk.desk import Ask
from csdesk.domain.value import dataclass

By = Literal["", "kind", "queue", "agent", "merchant", "reason"]
BY: tuple[By, ...] = get_args(By)
Per = Literal["", "day"]
PER: tuple[Per, ...] = get_args(Per)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """The numbers of one group (`key`, `label`: a merchant's name) on one day (ISO, "" for the whole span).

    `opened + reopened - closed` is by how much `open`, at the end of the day or span, differs from its beginning.
    `late`: cases of which a clock ran out; `overridden`: cases in which a verb went against the verdict. First answers
    are of the cases opened here, `answered` of them; resolution is of the closings. None where there is nothing to
    measure. `money`: minor units by currency of `refunds`, compensation among them, that were confirmed.
    """

    day: str
    key: str
    label: str
    opened: int = 0
    closed: int = 0
    reopened: int = 0
    open: int = 0
    late: int = 0
    answered: int = 0
    first_median_minutes: float | None = None
    first_p90_minutes: float | None = None
    resolution_median_hours: float | None = None
    resolution_p90_hours: float | None = None
    refunds: int = 0
    money: Mapping[str, int] = field(default_factory=dict)
    overridden: int = 0


@dataclass(frozen=True, slots=True)
class ReportView:
    """Rows by day, then by key, and the same numbers over everything. Times UTC ms; `until` is exclusive."""

    since: int
    until: int
    by: By
    per: Per
    rows: tuple[ReportRow, ...]
    total: ReportRow


@dataclass(frozen=True, slots=True)
class Report(Ask[ReportView]):
    """The desk's work from the first to the last day (ISO, both in the span, days in the desk's zone).

    For whoever assigns work or audits. Incidents are not counted: they are causes of cases, not requests.
    """

    name: ClassVar[str] = "report"
    room: ClassVar[str] = "report_answers"
    aside: ClassVar[bool] = True
    first: str
    last: str
    by: By = ""
    per: Per = ""
