"""Runs over the members of an incident: begun in the transaction of the verb that asks for them."""

from collections.abc import Iterable

from csdesk.desk import bulk_answers
from csdesk.desk.bulk_queries import BeginRun
from csdesk.desk.core import Core
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.causes import DECISION, Members
from csdesk.domain.cases.command import VERBS, Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.events import Event
from csdesk.domain.cases.incident import (
    DecideMembers,
    InformMembers,
    MembersDecided,
    MembersInformed,
    notices,
)
from csdesk.store import bulk, incidents

# What is carried out on members one by one, and never on all of them: it would end what nobody looked at.
_OWN = frozenset({"join_incident", "leave_incident"})


def informed_by(case: Case) -> tuple[str, ...]:
    """The runs of the last notice: whom one of them reaches is informed."""
    last = notices(case)
    return tuple(errand.run for errand in case.errands if errand.number and errand.number == last)


def decided_by(case: Case, verb: str = "") -> tuple[str, ...]:
    """The runs of decisions; of one verb, where it is named."""
    return tuple(
        errand.run for errand in case.errands if errand.what == DECISION and (not verb or errand.verb == verb)
    )


def counted(core: Core, case: Case, command: Command | None = None) -> Members:
    """The open members; undecided are those to which the verb of `command`, or any, was not carried out."""
    conn, desk = core.store.conn, core.desk
    verb = command.decision if isinstance(command, DecideMembers) else ""
    return Members(
        incidents.count_open(conn, desk, case.id),
        incidents.count_open(conn, desk, case.id, informed_by(case)),
        incidents.count_open(conn, desk, case.id, decided_by(case, verb)),
    )


def begin(core: Core, case: Case, command: Command, events: Iterable[Event]) -> None:
    """Begin the run that the events of `command` name; `case` is the incident before it."""
    for happened in events:
        if isinstance(happened, MembersInformed) and isinstance(command, InformMembers):
            late = command.which == "late"
            entered = _last_words(core, case) if late else _words(command)
            _over(core, case, "reply", entered, happened.run, informed_by(case) if late else ())
        elif isinstance(happened, MembersDecided) and isinstance(command, DecideMembers):
            if command.decision in _OWN or command.decision == Reply.verb.name:
                raise Refused("not_a_decision", verb=command.decision)
            if command.decision not in VERBS:
                raise Refused("unknown_verb", verb=command.decision)
            _over(
                core,
                case,
                command.decision,
                command.form(),
                happened.run,
                decided_by(case, command.decision),
            )


def _over(core: Core, case: Case, verb: str, entered: dict[str, str], run: str, but: tuple[str, ...]) -> None:
    found = incidents.members(core.store.conn, core.desk, case.id, but=but)
    bulk_answers.begin(core, BeginRun(verb, tuple(found), entered, case.id), run)


def _words(command: InformMembers) -> dict[str, str]:
    """The reply that each member gets, as its form would hold it."""
    told = {
        "text": command.text,
        "canned": command.canned,
        "articles": ",".join(command.articles),
        "confirmed": ",".join(command.confirmed),
    }
    return {name: value for name, value in told.items() if value.strip()}


def _last_words(core: Core, case: Case) -> dict[str, str]:
    """The reply of the last notice; Refused when its words were shredded."""
    kept = bulk.get(core.store.conn, core.store.keys, core.desk, informed_by(case)[0])
    if kept is None or not kept.entered:
        raise Refused("no_notice_yet")
    return kept.entered
