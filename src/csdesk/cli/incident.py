"""`csdesk incident`: one cause behind many cases: declare it, find its cases, tell and decide for all of them."""

from collections.abc import Iterator
from typing import Any

import typer

from csdesk.cli.case import told
from csdesk.cli.listing import number
from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import incident_queries as q
from csdesk.desk import incident_words as worded
from csdesk.desk.bulk_queries import CameOf, RunItems, Runs, RunView
from csdesk.desk.config import Config
from csdesk.desk.registry import command
from csdesk.desk.words import Words
from csdesk.domain.cases.command import Command
from csdesk.domain.cases.context import Refused
from csdesk.domain.cases.incident import DecideMembers
from csdesk.store.connection import write
from csdesk.store.feed import Row

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="One cause behind many cases: found, told and decided together.",
)
NUMBER = typer.Argument(metavar="NUMBER", help="Number of the incident, IN-….")
KEY = typer.Option("", help="Idempotency key: the same key acts once.")
CRITERIA = {
    "carrier": typer.Option("", help="Carrier of a parcel of the order or the case, by any of its names."),
    "sku": typer.Option("", help="SKU of a line of the order."),
    "merchant": typer.Option("", help="Number of the merchant in the order system."),
    "kinds": typer.Option("", help="Kinds of case, with commas between."),
    "reason": typer.Option("", help="Reason of the case."),
    "channel": typer.Option("", help="Channel by which the case came."),
    "words": typer.Option("", help="Words that all stand in one message of the case."),
    "since": typer.Option("", help="Opened from this day or minute on: 2026-11-02 or '2026-11-02 09:30'."),
    "until": typer.Option("", help="Opened before this day or minute."),
}


@app.command("open")
def open_(
    title: str = typer.Argument(help="What it is, in a line."),
    cause: str = typer.Option(
        "other",
        help="carrier_stopped, bad_lot, product_fault, promotion_fault, outage, payment_fault, merchant_gone, other.",
    ),
    carrier: str = CRITERIA["carrier"],
    sku: str = CRITERIA["sku"],
    merchant: str = CRITERIA["merchant"],
    kinds: str = CRITERIA["kinds"],
    reason: str = CRITERIA["reason"],
    channel: str = CRITERIA["channel"],
    words: str = CRITERIA["words"],
    since: str = CRITERIA["since"],
    until: str = CRITERIA["until"],
    key: str = KEY,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Declare an incident and say by what its cases are known; all that is given must fit."""
    asked = {"carrier": carrier, "sku": sku, "merchant": merchant, "kinds": kinds, "reason": reason}
    asked |= {"channel": channel, "words": words, "since": since, "until": until}
    begin = command("open", {"kind": "incident", "reason": cause})
    describe = command("describe_cause", {"title": title, **asked})
    config = settings(file, agent, language).config
    with desk(config) as core:
        core.need(begin.verb.right)
        with write(core.store.conn):  # both or neither
            begun = core.within(begin, key=key)
            done = begun if begun.again else core.within(describe, begun.case.id)
        answer(told(done), as_json, _shown(core.ask(q.ShowIncident(done.number)), say(core, config)))


@app.command("describe")
def describe(
    incident: str = NUMBER,
    title: str = typer.Option("", help="What it is, in a line; as before when absent."),
    carrier: str = CRITERIA["carrier"],
    sku: str = CRITERIA["sku"],
    merchant: str = CRITERIA["merchant"],
    kinds: str = CRITERIA["kinds"],
    reason: str = CRITERIA["reason"],
    channel: str = CRITERIA["channel"],
    words: str = CRITERIA["words"],
    since: str = CRITERIA["since"],
    until: str = CRITERIA["until"],
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Say anew what an incident is and by what its cases are known; without criteria, show it."""
    asked = {"carrier": carrier, "sku": sku, "merchant": merchant, "kinds": kinds, "reason": reason}
    asked |= {"channel": channel, "words": words, "since": since, "until": until}
    config = settings(file, agent, language).config
    with desk(config) as core:
        view = core.ask(q.ShowIncident(incident))
        if any(asked.values()):
            title = title or (view.cause.title if view.cause else "")
            core.do(command("describe_cause", {"title": title, **asked}), incident)
            view = core.ask(q.ShowIncident(incident))
        answer(view, as_json, _shown(view, say(core, config)))


@app.command("fitting")
def fitting(
    incident: str = NUMBER,
    after: str = typer.Option("", help="Id of the case after which to go on."),
    limit: int = typer.Option(50, min=1, max=500, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List open cases that fit and belong to no incident, the oldest first."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        rows = core.ask(q.Fitting(incident, after, limit))
        answer(_numbered(rows), as_json, _rows(rows, say(core, config)))


@app.command("members")
def members(
    incident: str = NUMBER,
    which: str = typer.Option("all", help="all, open, uninformed or undecided."),
    after: str = typer.Option("", help="Id of the case after which to go on."),
    limit: int = typer.Option(50, min=1, max=500, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List the cases of an incident, the oldest first."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        rows = core.ask(q.MembersPage(incident, which, after, limit))
        answer(_numbered(rows), as_json, _rows(rows, say(core, config)))


@app.command("attach")
def attach(
    incident: str = NUMBER,
    key: str = KEY,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Let every case that fits join; `csdesk work` carries it out."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        run = core.ask(q.AttachFitting(incident, key))
        answer(run, as_json, iter([_run(run, say(core, config))]))


@app.command("inform")
def inform(
    incident: str = NUMBER,
    text: str = typer.Option("", help="What to say; {case_number} and other slots are filled for each case."),
    canned: str = typer.Option("", help="A canned reply instead, in each customer's language."),
    late: bool = typer.Option(False, help="The last notice again, to members it has not gone to."),
    articles: str = typer.Option("", help="Articles that it cites, with commas between."),
    confirmed: str = typer.Option("", help="What was confirmed, with commas between."),
    key: str = KEY,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Send one notice to all open members, each once."""
    entered = {"text": text, "canned": canned, "which": "late" if late else "all"}
    wanted = command("inform_members", {**entered, "articles": articles, "confirmed": confirmed})
    _begin(incident, wanted, key, settings(file, agent, language).config, wants_json=as_json)


@app.command("decide")
def decide(
    incident: str = NUMBER,
    verb: str = typer.Argument(help="What to do on every open member."),
    values: list[str] = typer.Argument(None, help="Values as name=value, alike for all."),
    key: str = KEY,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Carry one verb out on every open member it was not carried out on; each keeps its own guards."""
    for pair in values or []:
        if "=" not in pair:
            raise typer.BadParameter(f"{pair!r} is not name=value")
    wanted = DecideMembers(verb, tuple(values or ()))
    _begin(incident, wanted, key, settings(file, agent, language).config, wants_json=as_json)


@app.command("runs")
def runs(
    incident: str = NUMBER,
    failures: str = typer.Option("", help="Id of a run: list its cases that were refused, with the reasons."),
    limit: int = typer.Option(50, min=1, max=500, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List the runs over the members with how far each is, or the failures of one."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        if failures:
            came = core.ask(RunItems(failures, limit=limit))
            answer(came, as_json, _failures(came, words))
            return
        found = core.ask(Runs(incident, limit))
        answer(found, as_json, (_run(run, words) for run in found))


@app.command("close")
def close(
    incident: str = NUMBER,
    because: str = typer.Option("", help="Why, while the last notice has not gone to every member."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """End an incident; its members go on as their own cases."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        done, words = core.do(command("close_incident", {"waive": because}), incident), say(core, config)
        line = words(
            "status.done",
            case=done.number,
            verb=words.code("verb", done.verb),
            state=words.code("state", done.case.state),
        )
        answer(told(done), as_json, iter([line]))


def _begin(incident: str, wanted: Command, key: str, config: Config, *, wants_json: bool) -> None:
    with desk(config) as core:
        done = core.do(wanted, incident, key=key)
        run = next(one for one in core.ask(Runs(incident)) if one.id == done.case.errands[-1].run)
        answer(run, wants_json, iter([_run(run, say(core, config))]))


def _numbered(rows: list[Row]) -> list[dict[str, Any]]:
    return [{"number": number(row.kind, row.body), "row": row} for row in rows]


def _rows(rows: list[Row], words: Words) -> Iterator[str]:
    for row in rows:
        told = row.subject or words.code("reason", row.reason)
        yield words(
            "cli.incident.row",
            number=number(row.kind, row.body),
            state=words.code("state", row.state),
            subject=told,
        )


def _run(run: RunView, words: Words) -> str:
    if run.counts["waiting"] == run.total:
        return words("cli.incident.begun", run=run.id, verb=words.code("verb", run.verb), total=run.total)
    failed = f"  {words('incident.refused', n=run.counts['refused'])}" if run.counts["refused"] else ""
    verb, done = words.code("verb", run.verb), worded.progress(run, words)
    return f"{run.id}  {verb}  {done}{failed}  {words.moment(run.at)}  {run.actor}"


def _failures(came: list[CameOf], words: Words) -> Iterator[str]:
    for one in came:
        yield f"{one.number}  {words.refused(Refused(one.why, **one.detail))}"
    if not came:
        yield words("incident.no_failures")


def _shown(view: q.IncidentView, words: Words) -> Iterator[str]:
    title = view.cause.title if view.cause else words.code("reason", view.reason)
    yield words("cli.incident.row", number=view.number, state=words.code("state", view.state), subject=title)
    if view.cause:
        yield f"  {words('incident.criteria')}: " + words.between.join(worded.criteria(view, words))
        yield f"  {worded.fitting(view, words)}"
    yield f"  {worded.counts(view, words)}"
    for run in view.runs:
        yield f"  {_run(run, words)}"
