"""How a desk answers what the rights of the person behind a request would come to."""

from csdesk.desk import rights_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.answers import reads
from csdesk.desk.core import Core
from csdesk.desk.rights_plan import holdings
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.privacy_rights import COPIED, CORRECTED
from csdesk.store import restraint


def request_of(core: Core, said: str) -> Case:
    """A request about personal data, by number; Refused `not_a_request`, `no_person`."""
    case, _ = core.load(core.case_id(said))
    if case.kind is not Kind.PRIVACY_REQUEST:
        raise Refused("not_a_request", number=core.number(case))
    if not case.customer:
        raise Refused("no_person")
    return case


@answers(q.RightsPlan)
def rights_plan(core: Core, ask: q.RightsPlan) -> q.RightsView:
    case = request_of(core, ask.case)
    if not reads(core, case):
        raise Refused("rights_not_yours", number=core.number(case))
    held = holdings(core, case.customer, case.id)
    kept, article = held.kept(core.now())
    return q.RightsView(
        core.number(case),
        held.busy,
        held.orders,
        held.cases,
        held.files,
        held.marks,
        held.until if kept else 0,
        article,
        held.restrained,
        tuple(one.purpose for one in restraint.withdrawn(core.store.conn, core.desk, case.customer)),
        bool(case.counters.get(COPIED)),
        bool(case.counters.get(CORRECTED)),
    )
