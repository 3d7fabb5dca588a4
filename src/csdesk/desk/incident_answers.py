"""How a desk finds the cases of an incident, shows its members and runs, and suggests it to a case."""

from csdesk.desk import bulk_answers, incident_runs
from csdesk.desk import incident_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.answers import merchant
from csdesk.desk.bulk_answers import MOST_CASES
from csdesk.desk.bulk_queries import BeginRun, Runs, RunView
from csdesk.desk.core import Core
from csdesk.desk.queue_answers import MOST_ROWS
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.causes import Criteria
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.incident import JoinIncident
from csdesk.store import feed, incidents
from csdesk.store.feed import Row
from csdesk.store.incidents import Wanted

# An incident has a few runs a day; older ones are found by their number.
RUNS = 20


def _incident(core: Core, said: str) -> Case:
    case, _ = core.load(core.case_id(said))
    if case.kind is not Kind.INCIDENT:
        raise Refused("not_an_incident", number=core.number(case))
    return case


def _wanted(core: Core, criteria: Criteria) -> Wanted:
    """Criteria with all names by which records call the carrier; a name of one character would be anybody's."""
    said, names = criteria.carrier, tuple[str, ...]()
    if said:
        known = core.carriers.named(said)
        named = (known.code, known.name, *known.names) if known else (said,)
        names = tuple(dict.fromkeys(name for name in named if len(name) > 1))
    return Wanted(criteria, names, core.store.people.text_key())


def _fitting(core: Core, case: Case, after: str, limit: int) -> list[str]:
    if case.cause is None:
        raise Refused("cause_unknown", number=core.number(case))
    return incidents.fitting(core.store.conn, core.desk, _wanted(core, case.cause.criteria), after, limit)


@answers(q.ShowIncident)
def show_incident(core: Core, ask: q.ShowIncident) -> q.IncidentView:
    case = _incident(core, ask.incident)
    most = min(ask.most, MOST_CASES) if case.cause and case.open else 0
    found = len(_fitting(core, case, "", most + 1)) if most else 0
    runs: list[RunView] = core.ask(Runs(case.id, RUNS))
    name, _ = merchant(core, case.cause.criteria.merchant) if case.cause else ("", "")
    return q.IncidentView(
        case.id,
        core.number(case),
        case.state,
        case.version,
        case.reason,
        case.cause,
        name,
        min(found, most),
        found <= most,
        incident_runs.counted(core, case),
        tuple(incidents.by_state(core.store.conn, core.desk, case.id)),
        tuple(runs),
        tuple((errand.run, errand.number) for errand in case.errands if errand.number),
    )


@answers(q.Fitting)
def fitting(core: Core, ask: q.Fitting) -> list[Row]:
    found = _fitting(core, _incident(core, ask.incident), ask.after, min(ask.limit, MOST_ROWS))
    return feed.rows(core.store.conn, core.desk, found)


@answers(q.MembersPage)
def members(core: Core, ask: q.MembersPage) -> list[Row]:
    if ask.which not in q.WHICH:
        raise Refused("bad_choice", field="which", value=ask.which[:80], allowed=q.WHICH)
    case = _incident(core, ask.incident)
    runs = {"uninformed": incident_runs.informed_by(case), "undecided": incident_runs.decided_by(case)}
    found = incidents.members(
        core.store.conn,
        core.desk,
        case.id,
        after=ask.after,
        limit=min(ask.limit, MOST_ROWS),
        closed=ask.which == "all",
        but=runs.get(ask.which, ()),
    )
    return feed.rows(core.store.conn, core.desk, found)


@answers(q.IncidentsFor)
def incidents_for(core: Core, ask: q.IncidentsFor) -> list[q.Suggested]:
    case, _ = core.load(core.case_id(ask.case))
    if case.incident:
        return [_told(core, core.load(case.incident)[0])]
    if not case.open or case.kind is Kind.INCIDENT:
        return []
    conn, desk = core.store.conn, core.desk
    return [
        _told(core, one)
        for one in incidents.open_incidents(conn, desk)
        if one.cause and incidents.fits(conn, desk, _wanted(core, one.cause.criteria), case)
    ]


def _told(core: Core, incident: Case) -> q.Suggested:
    return q.Suggested(incident.id, core.number(incident), incident.cause.title if incident.cause else "")


@answers(q.AttachFitting)
def attach_fitting(core: Core, ask: q.AttachFitting) -> RunView:
    case = _incident(core, ask.incident)
    if not case.open:
        raise Refused("no_open_incident", number=core.number(case))
    found = _fitting(core, case, "", MOST_CASES)
    if not found:
        raise Refused("none_fit", number=core.number(case))
    entered = {"incident": core.number(case)}
    begin = BeginRun(JoinIncident.verb.name, tuple(found), entered, case.id, ask.key)
    return bulk_answers.begin_run(core, begin)
