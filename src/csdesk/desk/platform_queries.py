"""What can be asked of a desk about the platforms' after-sales codes, in both directions."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.desk.platforms import Meaning
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class PlatformMeaning(Ask[Meaning]):
    """What a platform's type and state of an after-sale mean here; an unknown code is told as that."""

    name: ClassVar[str] = "platform_meaning"
    room: ClassVar[str] = "platform_answers"
    platform: str
    type: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class PlatformCodes(Ask[list[str]]):
    """A platform's codes that say what state a case is in, the nearest first; none where it has no word for it."""

    name: ClassVar[str] = "platform_codes"
    room: ClassVar[str] = "platform_answers"
    platform: str
    case: str
