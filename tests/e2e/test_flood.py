"""A small flood through every part it meets: nobody is told anything twice, nobody is left out."""

from pathlib import Path

from benchmarks.flood import NOTICE, Ledger, counted, made, messages

from csdesk.desk.bulk_queries import Runs
from csdesk.desk.core import Core
from csdesk.desk.incident_queries import AttachFitting, ShowIncident
from csdesk.desk.intake.receiving import receive_all
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.context import Actor
from csdesk.domain.cases.incident import DescribeCause, InformMembers
from csdesk.domain.cases.opening import Open
from csdesk.domain.roles import Role
from csdesk.effects.provider import FileProvider
from csdesk.effects.worker import Worker
from csdesk.store.file import open_store
from tests.building import Clock

COMPLAINTS, LATE, BACKGROUND = 480, 20, 60


def test_five_hundred_complaints_about_one_carrier_get_one_notice_each(tmp_path: Path):
    path, sent, clock = tmp_path / "desk.db", tmp_path / "sent", Clock()
    made(path, COMPLAINTS + LATE, BACKGROUND, clock())

    def core(who: str, role: Role) -> Core:
        return Core(open_store(path), Actor(who, role), now=clock)

    zhao, system = core("zhao", Role.SUPERVISOR), core("system", Role.SYSTEM)
    channel = Ledger(sent)
    worker = Worker(system, channel, FileProvider(tmp_path / "paid"), lambda case, code, language: "已收到。")

    def work() -> None:
        while worker.turn():
            clock.forward(ms=1)

    taken = receive_all(zhao, list(messages(COMPLAINTS + LATE, BACKGROUND)))
    taken += receive_all(zhao, list(messages(0, COMPLAINTS)))
    assert not [receipt for receipt in taken if receipt.refused]
    work()
    incident = zhao.do(Open(Kind.INCIDENT, reason="carrier_stopped")).case
    zhao.do(DescribeCause("申通停运", carrier="申通"), incident.id)
    assert zhao.ask(AttachFitting(incident.id)).total == COMPLAINTS
    work()
    zhao.do(InformMembers(NOTICE), incident.id)
    # They write while the notice is on its way, and the first of them write again.
    receive_all(zhao, list(messages(0, 30)))
    assert not [one for one in receive_all(zhao, list(messages(COMPLAINTS, LATE))) if one.refused]
    work()
    assert zhao.ask(AttachFitting(incident.id)).total == LATE
    work()
    zhao.do(InformMembers(which="late"), incident.id)
    work()
    clock.forward(seconds=11)
    work()
    everybody = COMPLAINTS + LATE
    told = counted(sent, everybody)
    assert told.startswith(f"{everybody} notices, {everybody + BACKGROUND} acknowledgements, none twice")
    view = zhao.ask(ShowIncident(incident.id))
    assert (view.members.open, view.members.uninformed, view.fitting) == (everybody, 0, 0)
    totals = [(run.verb, run.total, run.counts["done"]) for run in zhao.ask(Runs(incident.id))]
    assert totals == [
        ("reply", LATE, LATE),
        ("join_incident", LATE, LATE),
        ("reply", COMPLAINTS, COMPLAINTS),
        ("join_incident", COMPLAINTS, COMPLAINTS),
    ]
    channel.close()
    for one in (zhao, system):
        one.store.close()
