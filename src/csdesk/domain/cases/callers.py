"""A caller whose identity was checked, kept in the case that the call is about: by what, and by whom."""

from typing import ClassVar

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass, replace

# What a caller can be asked for; a number's tail is of the same sort as the whole number.
SORTS = ("order", "waybill", "case", "phone", "name", "email")
# Stands before all others where somebody looked a customer up by what they are called, with nobody on the line.
SEARCH = "search"
# So many of different sorts must point at one customer.
NEEDED = 2
# In a case's counters: when its caller was last identified, UTC ms.
VERIFIED = "caller_verified"


@event("caller_verified")
@dataclass(frozen=True, slots=True)
class CallerVerified(Event):
    """`checked_by` asked a caller for these sorts of what only the customer knows, and all agreed; never what was said.

    `check`: the number of the check in that agent's record.
    """

    commutes: ClassVar[bool] = True
    checked_by: str
    sorts: tuple[str, ...]
    check: int

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, counters={**case.counters, VERIFIED: stamp.at})


@verb("verify_caller", right=Right.RUN, shared=True, undo=Undo.NONE, why="record")
@dataclass(frozen=True, slots=True)
class VerifyCaller(Command):
    """Keep in a case that whoever called about it is its customer. The desk does it itself, after the check."""

    checked_by: str
    sorts: tuple[str, ...]
    check: int

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None if case.open else Refused("case_closed", state=case.state)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if strange := [sort for sort in self.sorts if sort not in SORTS]:
            raise Refused("bad_choice", field="sorts", value=strange[0], allowed=SORTS)
        if len(set(self.sorts)) < NEEDED:
            raise Refused("caller_few", n=NEEDED)
        return (CallerVerified(self.checked_by, self.sorts, self.check),)
