"""How a local desk answers questions about evidence, and gives a file out in clear."""

from collections.abc import Callable
from pathlib import Path

from csdesk.desk import evidence_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.answers import reads
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.evidence import TakeOutEvidence, exhibit
from csdesk.domain.mask import mask_text
from csdesk.domain.media import ended
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_line, file_name
from csdesk.store import evidence, looks
from csdesk.store.connection import write

# What a look at a file in clear is called among those at names and numbers, and what it is for.
LOOKED_AT, LOOKED_FOR = "file", "evidence"


@answers(q.EvidenceOf)
def evidence_of(core: Core, ask: q.EvidenceOf) -> list[q.EvidenceView]:
    case, _ = core.load(core.case_id(ask.case))
    open_ = reads(core, case)
    brought = {one.sha256: one.message for one in case.evidence}
    return [
        q.EvidenceView(
            kept.sha256,
            kept.size,
            kept.media,
            kept.at,
            kept.actor,
            kept.source,
            mask_text(kept.name) if open_ and kept.name is not None else None,
            brought.get(kept.sha256, ""),
        )
        for kept in evidence.of_case(core.store, case.id)
    ]


@answers(q.SaveEvidence)
def save(core: Core, ask: q.SaveEvidence) -> str:
    case, kept = _mine(core, ask.case, ask.hash)
    folder = Path(ask.folder).expanduser()
    if not ask.folder.strip() or not folder.is_dir():
        raise Refused("evidence_no_folder", path=clean_line(ask.folder, limit=200).text)
    name = ended(kept.name or kept.sha256[:8], kept.media)
    to = folder / file_name(f"{core.number(case)}-{kept.sha256[:8]}-{name}")
    _give_out(core, case, kept, to)
    return str(to)


def take_out(core: Core, case: str, said: str, to: Path) -> str:
    """Write a file of a case in clear to `to`; its hash. Who did so is on record before the file appears.

    Refused `evidence_not_yours` for whoever neither holds the case nor has it; StoreError.
    """
    found, kept = _mine(core, case, said)
    _give_out(core, found, kept, to)
    return kept.sha256


def hand_out(
    core: Core, case: str, said: str, begin: Callable[[evidence.Kept, str], Callable[[bytes], object]]
) -> None:
    """Give the content of a file block by block to what `begin` makes of its row and a name for it, free of numbers.

    It is proven first and then put on record, both before the first block. Refusals as `take_out`; StoreError.
    """
    found, kept = _mine(core, case, said)
    evidence.open_out(core.store, kept, len)
    with write(core.store.conn):
        core.within(TakeOutEvidence(kept.sha256), found.id)
        _looked(core, found, kept)
    name = ended(mask_text(kept.name or kept.sha256[:8]), kept.media)
    evidence.open_out(
        core.store, kept, begin(kept, file_name(f"{core.number(found)}-{kept.sha256[:8]}-{name}"))
    )


def look_into(core: Core, case: str, said: str, most: int) -> bytes:
    """The content of a file of a case, at most `most` bytes of it, for a program to read; the look is on record before.

    Refused `evidence_not_yours`, `evidence_too_large` and as `exhibit`; StoreError.
    """
    found, kept = _mine(core, case, said)
    if kept.size > most:
        raise Refused("evidence_too_large", most_mb=most // 1_000_000)
    with write(core.store.conn):
        _looked(core, found, kept)
    content = bytearray()
    evidence.open_out(core.store, kept, content.extend)
    return bytes(content)


def _looked(core: Core, case: Case, kept: evidence.Kept) -> None:
    """Put it among the looks at its customer's data, inside a transaction."""
    now = core.now()
    looks.add(
        core.store.conn,
        core.desk,
        at=now,
        actor=core.me.id,
        person=kept.person,
        case=case.id,
        fields=(LOOKED_AT,),
        reason=LOOKED_FOR,
        until=now,
    )


def _mine(core: Core, case: str, said: str) -> tuple[Case, evidence.Kept]:
    """A case that I may read, and the file of it that begins with `said`."""
    core.need(Right.WORK)
    found, _ = core.load(core.case_id(case))
    if not reads(core, found):
        raise Refused("evidence_not_yours")
    wanted = exhibit(found, said).sha256
    kept = next((one for one in evidence.of_case(core.store, found.id) if one.sha256 == wanted), None)
    if kept is None:
        raise Refused("no_such_evidence", hash=wanted[:12])
    return found, kept


def _give_out(core: Core, case: Case, kept: evidence.Kept, to: Path) -> None:
    """Write it in clear; before it appears it is in the case's history, and among the looks at its customer's data."""

    def said() -> None:
        with write(core.store.conn):
            core.within(TakeOutEvidence(kept.sha256), case.id)
            _looked(core, case, kept)

    evidence.save_clear(core.store, kept, to, said)
