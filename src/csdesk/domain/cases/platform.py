"""What a platform says of the after-sale that a case is about: kept in its own codes; nothing moves by it."""

from typing import ClassVar

from csdesk.domain.cases.case import Case, PlatformSaid
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace


@event("platform_told")
@dataclass(frozen=True, slots=True)
class PlatformTold(Event):
    """The platform's state of the after-sale is now this; all three are its own codes, known here or not."""

    commutes: ClassVar[bool] = True
    platform: str
    code: str
    of_type: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, platform_said=PlatformSaid(self.platform, self.code, self.of_type, stamp.at))


@verb("tell_platform", right=Right.RUN, shared=True, undo=Undo.NONE, why="record")
@dataclass(frozen=True, slots=True)
class TellPlatform(Command):
    """Say in the case what state its platform gives the after-sale, in the platform's own codes."""

    platform: str
    code: str
    of_type: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def news(self, case: Case) -> bool:
        """Whether this says something that the case does not know."""
        said = case.platform_said
        return said is None or self._now(case) != (said.platform, said.code, said.type)

    def _now(self, case: Case) -> tuple[str, str, str]:
        said = case.platform_said
        kept = said.type if said is not None and said.platform == self.platform else ""
        return self.platform, self.code, self.of_type or kept

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.platform.strip() or not self.code.strip():
            raise Refused("empty_text")
        return (PlatformTold(*self._now(case)),)
