"""What can be asked of a desk about the evidence of a case; times UTC ms, names only for whoever reads the case."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A file that is kept: SHA-256 in hex, bytes, media type by content, when, by whom and by which door it came.

    `message`: the keyed hash (hex) of the customer's message that brought it, "" for one that somebody filed. `name` is
    masked; None for one that was erased, or that this reader may not read.
    """

    sha256: str
    size: int
    media: str
    at: int
    by: str
    source: str
    name: str | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceOf(Ask[list[EvidenceView]]):
    """The files of a case that are kept as evidence, the oldest first."""

    name: ClassVar[str] = "evidence_of"
    room: ClassVar[str] = "evidence_answers"
    case: str


@dataclass(frozen=True, slots=True)
class SaveEvidence(Ask[str]):
    """Write a file of a case in clear into a folder of the desk's machine; the path. On record before it appears.

    `hash`: at least six digits of its hash. Its name is made of the case's number and its own; nothing is written over.
    Refused `evidence_not_yours`, `evidence_no_folder` and as `domain.cases.evidence.exhibit`; StoreError.
    """

    name: ClassVar[str] = "save_evidence"
    room: ClassVar[str] = "evidence_answers"
    local: ClassVar[bool] = True
    # Not `writes`: a transaction would keep everybody waiting while the file is opened, and commit after it is there.
    case: str
    hash: str
    folder: str
