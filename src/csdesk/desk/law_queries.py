"""What can be asked of a desk about its law: packs and their lives, texts to review, open cases under another law."""

from typing import TYPE_CHECKING, ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass

if TYPE_CHECKING:
    from csdesk.desk.law.differing import PackChange
    from csdesk.desk.law.lives import Signed
    from csdesk.desk.law.replay import Difference
    from csdesk.desk.law.touched import Touched


@dataclass(frozen=True, slots=True)
class PackView:
    """One version of a pack: where it stands (`waiting`, `approved`, `active`, `replaced`, `withdrawn`), and by whom.

    `day` (ISO) is the first on which it is to be in force, "" for what came with the desk; `begins` (UTC ms) when it
    is, 0 for always, None while it is not approved. `digest`: SHA-256 of its text, in hex.
    """

    pack: str
    version: str
    state: str
    digest: str
    shipped: bool
    day: str
    begins: int | None
    staged: "Signed"
    approved: "tuple[Signed, ...]"
    withdrawn: "Signed | None"
    reason: str

    @property
    def name(self) -> str:
        """How people write it: CN@2026-11-22."""
        return f"{self.pack}@{self.version}"


@dataclass(frozen=True, slots=True)
class PackList:
    """Every version this desk has had, the newest first; `offered`: names of newer ones that came with this csdesk.

    `unconfirmed`: calendars, each with those of this year and the next whose days off are not published.
    """

    packs: tuple[PackView, ...]
    offered: tuple[str, ...]
    unconfirmed: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Packs(Ask[PackList]):
    """The law of this desk: each pack's versions and where they stand."""

    name: ClassVar[str] = "packs"
    room: ClassVar[str] = "law_answers"


@dataclass(frozen=True, slots=True)
class PackStory:
    """A version of a pack beside the one `against`, "" when there is none: what changes, and the texts it touches."""

    view: PackView
    against: str
    changes: "tuple[PackChange, ...]"
    touched: "tuple[Touched, ...]"


@dataclass(frozen=True, slots=True)
class ShowPack(Ask[PackStory]):
    """A version of a pack (CN@2026-11-22) beside `against`, or beside what is in force when that is empty."""

    name: ClassVar[str] = "show_pack"
    room: ClassVar[str] = "law_answers"
    pack: str
    against: str = ""


@dataclass(frozen=True, slots=True)
class StagePack(Ask[PackStory]):
    """Put a version of a pack before two people: its `text`, or the one that came with csdesk for `shipped` (CN).

    In force from `day` (ISO), by default its version's day or today, whichever is later. `source` names the text
    where it is faulted.
    """

    name: ClassVar[str] = "stage_pack"
    room: ClassVar[str] = "law_answers"
    right: ClassVar[Right] = Right.LAW
    writes: ClassVar[bool] = True
    text: str = ""
    shipped: str = ""
    day: str = ""
    source: str = "pack"


@dataclass(frozen=True, slots=True)
class ApprovePack(Ask[PackView]):
    """Approve a staged version; the second of two people brings it into force on its day."""

    name: ClassVar[str] = "approve_pack"
    room: ClassVar[str] = "law_answers"
    right: ClassVar[Right] = Right.LAW
    writes: ClassVar[bool] = True
    pack: str


@dataclass(frozen=True, slots=True)
class WithdrawPack(Ask[PackView]):
    """Take a version back before it is in force, with a reason."""

    name: ClassVar[str] = "withdraw_pack"
    room: ClassVar[str] = "law_answers"
    right: ClassVar[Right] = Right.LAW
    writes: ClassVar[bool] = True
    pack: str
    reason: str


@dataclass(frozen=True, slots=True)
class Flagged:
    """A text that a change of law touched and nobody has reviewed since: `pack` is in force since `begins` (UTC ms)."""

    text: "Touched"
    pack: str
    begins: int


@dataclass(frozen=True, slots=True)
class FlaggedTexts(Ask[list[Flagged]]):
    """Articles and canned replies to look at again, because the law they cite has changed."""

    name: ClassVar[str] = "flagged_texts"
    room: ClassVar[str] = "law_answers"


@dataclass(frozen=True, slots=True)
class ReviewTexts(Ask[list[str]]):
    """Say that articles or replies (ids) were looked at and stand; the answer names them with their kind."""

    name: ClassVar[str] = "review_texts"
    room: ClassVar[str] = "law_answers"
    right: ClassVar[Right] = Right.LAW
    writes: ClassVar[bool] = True
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A line of an open case (0: one without goods) on which the two laws differ, and in what."""

    number: str
    case: str
    line: int
    differences: "tuple[Difference, ...]"


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """Some open cases replayed: how many there were, those that change; `next` is "" on the last page."""

    seen: int
    changed: tuple[Replayed, ...]
    next: str


@dataclass(frozen=True, slots=True)
class ReplayCases(Ask[ReplayPage]):
    """Open cases decided now and under another law, which it only supposes: those that come out differently.

    The other law is `pack` (CN@2027-01-01), a pack's `text`, or what is in force `on` a day (ISO); with a day, time
    passes too. `queue` empty: all of them. `after`: `next` of the page before.
    """

    name: ClassVar[str] = "replay_cases"
    room: ClassVar[str] = "law_answers"
    pack: str = ""
    text: str = ""
    on: str = ""
    queue: str = ""
    after: str = ""
    limit: int = 200
    source: str = "pack"
