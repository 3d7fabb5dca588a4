"""How a local desk answers questions about evidence, and gives a file out in clear."""

from pathlib import Path

from csdesk.desk import evidence_queries as q
from csdesk.desk.answers import answers, reads
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.evidence import TakeOutEvidence, exhibit
from csdesk.domain.mask import mask_text
from csdesk.domain.roles import Right
from csdesk.store import evidence


@answers(q.EvidenceOf)
def evidence_of(core: Core, ask: q.EvidenceOf) -> list[q.EvidenceView]:
    case, _ = core.load(core.case_id(ask.case))
    open_ = reads(core, case)
    return [
        q.EvidenceView(
            kept.sha256,
            kept.size,
            kept.media,
            kept.at,
            kept.actor,
            kept.source,
            mask_text(kept.name) if open_ and kept.name is not None else None,
        )
        for kept in evidence.of_case(core.store, case.id)
    ]


def take_out(core: Core, case: str, said: str, to: Path) -> str:
    """Write a file of a case in clear to `to`; its hash. Who did so is on record before the file appears.

    Refused `evidence_not_yours` for whoever neither holds the case nor has it; StoreError.
    """
    core.need(Right.WORK)
    found, _ = core.load(core.case_id(case))
    if not reads(core, found):
        raise Refused("evidence_not_yours")
    wanted = exhibit(found, said).sha256
    kept = next((one for one in evidence.of_case(core.store, found.id) if one.sha256 == wanted), None)
    if kept is None:
        raise Refused("no_such_evidence", hash=wanted[:12])
    evidence.save_clear(core.store, kept, to, lambda: core.do(TakeOutEvidence(wanted), found.id))
    return wanted
