"""What can be asked of a desk about the evidence of a case; times UTC ms, names only for whoever reads the case."""

from dataclasses import dataclass
from typing import ClassVar

from csdesk.desk.desk import Ask


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A file that is kept: SHA-256 in hex, bytes, media type by content, when, by whom and by which door it came.

    `name` is masked; None for one that was erased, or that this reader may not read.
    """

    sha256: str
    size: int
    media: str
    at: int
    by: str
    source: str
    name: str | None


@dataclass(frozen=True, slots=True)
class EvidenceOf(Ask[list[EvidenceView]]):
    """The files of a case that are kept as evidence, the oldest first."""

    name: ClassVar[str] = "evidence_of"
    room: ClassVar[str] = "evidence_answers"
    case: str
