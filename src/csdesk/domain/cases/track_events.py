"""What happens beside a case: a track changed, a link to another case."""

from typing import ClassVar

from csdesk.domain.cases.case import Case, Track
from csdesk.domain.cases.events import Event, Stamp, event
from csdesk.domain.value import dataclass, replace


@event("tracked")
@dataclass(frozen=True, slots=True)
class Tracked(Event):
    """A track is now like this; the case's own state stays. `scan_name` may hold a name, so it is sealed.

    One type for all that happens to tracks, so that a later change of any of them bars the undo of an earlier one.
    """

    sealed: ClassVar[tuple[str, ...]] = ("note", "scan_name")
    commutes: ClassVar[bool] = True
    track: Track
    note: str = ""
    scan_name: str = ""

    def fold(self, case: Case, stamp: Stamp) -> Case:
        others = tuple(track for track in case.tracks if track.id != self.track.id)
        return replace(case, tracks=tuple(sorted((*others, self.track), key=lambda track: int(track.id))))


@event("linked")
@dataclass(frozen=True, slots=True)
class Linked(Event):
    """Another case belongs to this one: `how` is `follow_up` and `follows`, `split_off` and `split_from`."""

    commutes: ClassVar[bool] = True
    how: str
    case: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, links=(*case.links, (self.how, self.case)))


@event("unlinked")
@dataclass(frozen=True, slots=True)
class Unlinked(Event):
    """A link that a person made (`how` it was) is taken back."""

    commutes: ClassVar[bool] = True
    how: str
    case: str

    def fold(self, case: Case, stamp: Stamp) -> Case:
        return replace(case, links=tuple(link for link in case.links if link != (self.how, self.case)))
