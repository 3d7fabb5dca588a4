"""Questions about the rights of the person behind a request: what is held of them, and what ending its use would do."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class RightsView:
    """What is held, and what `erase_data` would do with it now.

    `busy`: numbers of open cases for which it waits; `keep_until` (UTC ms, 0: nothing is kept) and `article`: what is
    then only stored, by which law; `restrained`: it is only stored already; `withdrawn`: consents taken back;
    `copied`, `corrected`: what this request has brought so far.
    """

    number: str
    busy: tuple[str, ...]
    orders: int
    cases: int
    files: int
    marks: int
    keep_until: int
    article: str
    restrained: bool
    withdrawn: tuple[str, ...]
    copied: bool
    corrected: bool


@dataclass(frozen=True, slots=True)
class RightsPlan(Ask[RightsView]):
    """What a person's request would come to. Refused `rights_not_yours` for who does not have it, `not_a_request`."""

    name: ClassVar[str] = "rights_plan"
    room: ClassVar[str] = "rights_answers"
    right: ClassVar[Right] = Right.WORK
    case: str
