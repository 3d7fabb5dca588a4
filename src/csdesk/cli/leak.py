"""`csdesk leak`: canaries, exports and where a file is from, and a leak of personal data from finding to closing."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import leak_queries as q
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.leaking import Suspect
from csdesk.store.connection import write
from csdesk.store.exports import Made

if TYPE_CHECKING:
    from csdesk.interop.tracing import Trace

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Leaks of personal data: canaries, marks in exports, who saw whom, notices. Supervisor, auditor, admin.",
)
NUMBER = typer.Argument(metavar="NUMBER", help="Number of the leak, LK-….")
FOUND = typer.Option("", "--found", help="When it was found: 2026-11-22 or '2026-11-22 09:30'; absent: now.")
FIELDS = typer.Option("", help="What got out: name,phone,email,address,order,messages,payment,identity.")
CAUSE = typer.Option(
    "", help="unknown, insider, export, account, device, processor, courier, attack or mistake."
)
SEVERITY = typer.Option("", help="general, larger, major or gravest, as incidents are rated.")
HOW = typer.Option("", help="How it came out and was found, in a sentence; for the authority.")
CONTACT = typer.Option("", help="Whom people may ask: an office, a telephone, an address.")


@app.command("open")
def open_(
    title: str = typer.Argument(help="What it is, in a line."),
    found: str = FOUND,
    fields: str = FIELDS,
    cause: str = CAUSE,
    severity: str = SEVERITY,
    how: str = HOW,
    contact: str = CONTACT,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Put a leak on record; what is owed by when is counted from when it was found."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        ask = q.OpenLeak(
            title, found, _parts(fields), cause or "unknown", severity or "general", how, contact
        )
        view = core.ask(ask)
        answer(view, as_json, _shown(view, say(core, config), core.now()))


@app.command("describe")
def describe(
    leak: str = NUMBER,
    title: str = typer.Option("", help="What it is, in a line."),
    found: str = FOUND,
    fields: str = FIELDS,
    cause: str = CAUSE,
    severity: str = SEVERITY,
    how: str = HOW,
    contact: str = CONTACT,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Say more of a leak, or otherwise; what is not given stays."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        ask = q.DescribeLeak(leak, title, found, _parts(fields), cause, severity, how, contact)
        view = core.ask(ask)
        answer(view, as_json, _shown(view, say(core, config), core.now()))


@app.command("list")
def list_(
    limit: int = typer.Option(50, min=1, max=200, help="How many, the latest first."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List the leaks."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.Leaks(limit)), say(core, config)
        answer(found, as_json, (_head(one, words) for one in found))


@app.command("show")
def show(
    leak: str = NUMBER,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """All that is known of a leak: whom it is about, what is owed by when, what was done."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        view = core.ask(q.ShowLeak(leak))
        answer(view, as_json, _shown(view, say(core, config), core.now()))


@app.command("add")
def add(
    leak: str = NUMBER,
    path: Path = typer.Argument(
        metavar="LIST", help="What was found: a text with phone or order numbers in it."
    ),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Look up whom a list that was found is about; the look-up is on record, at most 5,000 numbers each time."""
    from csdesk.interop.tracing import listed

    config = settings(file, agent, language).config
    with desk(config) as core:
        core.need(q.AddLeaked.right)
        found = core.ask(q.AddLeaked(leak, listed(path)))
        answer(found, as_json, _added(found, say(core, config)))


@app.command("step")
def step(
    leak: str = NUMBER,
    what: str = typer.Argument(
        metavar="STEP",
        help="noted, contained, assessed, reported_incident, told_authority, told_people or waived_people.",
    ),
    said: str = typer.Option(
        "", help="In your words; wanted for noted, contained, assessed and waived_people."
    ),
    at: str = typer.Option("", help="When, if earlier: 2026-11-22 or '2026-11-22 09:30'."),
    count: int = typer.Option(0, min=0, help="How many were told."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Note what was done about a leak; not telling the people takes its ground."""
    _step(q.StepLeak(leak, what, said, at, count), file, agent, language, wants_json=as_json)


@app.command("close")
def close(
    leak: str = NUMBER,
    said: str = typer.Option("", help="In your words."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Close a leak once all that is owed was done."""
    _step(q.StepLeak(leak, "closed", said), file, agent, language, wants_json=as_json)


def _step(
    ask: q.StepLeak, file: str | None, agent: str | None, language: str | None, *, wants_json: bool
) -> None:
    config = settings(file, agent, language).config
    with desk(config) as core:
        view = core.ask(ask)
        answer(view, wants_json, _shown(view, say(core, config), core.now()))


@app.command("suspects")
def suspects(
    leak: str = NUMBER,
    days: int = typer.Option(365, min=1, help="Seen in so many days before it was found."),
    limit: int = typer.Option(20, min=1, max=200, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Who saw all or most of the leaked persons, the likeliest first; a lead to follow, never a proof."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        of, words = core.ask(q.ShowLeak(leak)).persons, say(core, config)
        found = core.ask(q.Suspects(leak, days, limit))
        answer(found, as_json, _suspects(found, of, words))


@app.command("notice")
def notice(
    leak: str = NUMBER,
    to: str = typer.Option("people", help="people or authority."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Print the draft of a notice with the three items that the law wants; --language chooses its language."""
    from csdesk.desk.leak_notices import RECIPIENTS
    from csdesk.desk.leak_notices import notice as drafted

    if to not in RECIPIENTS:
        raise Refused("bad_choice", field="to", value=to[:40], allowed=RECIPIENTS)
    config = settings(file, agent, language).config
    with desk(config) as core:
        view = core.ask(q.ShowLeak(leak))
        for line in drafted(view, say(core, config), to):
            print(line)


@app.command("trace")
def trace(
    path: Path = typer.Argument(
        metavar="FILE", help="What was found: CSV, JSON lines or a bundle of evidence."
    ),
    leak: str = typer.Option("", help="Put what is found on the record of this leak."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """From which export a file is, and who made it. Exit 1 when it is from none that is known."""
    from csdesk.desk.leak_answers import note_traced
    from csdesk.interop.tracing import trace as traced

    config = settings(file, agent, language).config
    with desk(config) as core:
        found = traced(core, path)
        if leak and found.found:
            with write(core.store.conn):
                for one in found.found:
                    note_traced(core, leak, one.made.id, one.made.actor, one.rows)
        answer(found, as_json, _traced(found, say(core, config)))
    if not found.found:
        raise typer.Exit(1)


@app.command("exports")
def exports(
    days: int = typer.Option(90, min=1, help="Of so many days."),
    limit: int = typer.Option(100, min=1, max=500, help="How many, the latest first."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Who exported what, when."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.Exports(days, limit)), say(core, config)
        answer(found, as_json, (_made(one, words) for one in found))


@app.command("plant")
def plant(
    name: str = typer.Argument(help="An invented name."),
    phone: str = typer.Argument(help="A telephone of your own, so that nobody else is rung up."),
    like: str = typer.Option(
        ..., help="Number of an order that theirs is to be like; it will be old and done."
    ),
    email: str = typer.Option("", help="An e-mail address of your own."),
    address: str = typer.Option("", help="An address."),
    said: str = typer.Option("", help="What for; only you and your like read it."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Plant a canary: an invented customer, whom nobody has a reason to touch; whoever does raises an alarm."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        made, words = core.ask(q.PlantCanary(name, phone, like, email, address, said)), say(core, config)
        answer(made, as_json, iter([words("leak.planted", order=made.order, name=made.name)]))


@app.command("canaries")
def canaries(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List the canaries, masked, and how often each was touched."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.Canaries()), say(core, config)
        answer(found, as_json, (_canary(one, words) for one in found))


@app.command("alarms")
def alarms(
    days: int = typer.Option(30, min=1, help="Of so many days, up to 365."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Who touched a canary, when and how."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.CanaryAlarms(days)), say(core, config)
        answer(found, as_json, _alarms(found, words))


def _parts(said: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in said.replace("，", ",").split(",") if part.strip())


def _head(view: q.LeakView, words: Words) -> str:
    state = words(f"leak_step.{view.state}")
    return f"{view.number}  {state}  {words.moment(view.found_at)}  {view.title}"


def _shown(view: q.LeakView, words: Words, now: int) -> Iterator[str]:
    from csdesk.desk.leak_notices import line

    yield _head(view, words)
    kinds = words.between.join(words(f"leak_field.{name}") for name in view.fields) or words("leak.unsaid")
    yield "  " + words(
        "leak.about",
        fields=kinds,
        cause=words(f"leak_cause.{view.cause}"),
        severity=words(f"leak_severity.{view.severity}"),
        n=view.persons,
        unknown=view.unknown,
    )
    if view.canaries:
        yield "  " + words("leak.canaries", orders=words.between.join(view.canaries))
    yield "  " + words("leak.owed")
    for duty in view.duties:
        yield f"    {_duty(duty, words, now)}"
    yield "  " + words("leak.timeline")
    for fact in view.facts:
        yield f"    {line(fact, words)}"


def _duty(duty: q.DutyView, words: Words, now: int) -> str:
    what, cited = words(f"leak_duty.{duty.code}"), words.cites(duty.articles)
    basis = words.code("basis", duty.basis)
    second = f" {words('leak.secondary')}" if duty.secondary else ""
    if duty.done_at:
        state = words("leak.done", at=words.moment(duty.done_at))
    else:
        state = words("leak.late" if duty.due <= now else "leak.due", at=words.moment(duty.due))
    return f"{what}  {state}  {basis}  {cited}{second}"


def _added(found: q.Leaked, words: Words) -> Iterator[str]:
    yield words("leak.added", n=found.found, again=found.again, unknown=found.unknown)
    for one in found.shown:
        yield f"  {one}"
    if found.canaries:
        yield words("leak.canaries", orders=words.between.join(found.canaries))


def _suspects(found: list[Suspect], of: int, words: Words) -> Iterator[str]:
    for n, one in enumerate(found, 1):
        how = words.between.join(f"{words(f'leak_how.{what}')} {times}" for what, times in one.how.items())
        yield words(
            "leak.suspect",
            n=n,
            who=one.actor,
            saw=one.saw,
            of=of,
            clear=one.clear,
            score=f"{one.score:g}",
            first=words.moment(one.first),
            last=words.moment(one.last),
        )
        yield f"   {how}"
    yield words("leak.lead" if found else "leak.nobody_saw")


def _traced(found: "Trace", words: Words) -> Iterator[str]:
    for one in found.found:
        yield words(f"leak.by_{one.how}", rows=one.rows, of=one.of, bits=f"{one.bits:g}")
        yield f"  {_made(one.made, words)}"
    for number in found.strange:
        yield words("leak.strange", number=number)
    if not found.found:
        yield words("leak.untraced")


def _made(one: Made, words: Words) -> str:
    of = words("export.all")
    if one.queue:
        of = words.code("recipient" if one.what == "bundle" else "queue", one.queue)
    told = words("export.line", table=words.code("export_table", one.what), of=of, n=one.cases,
                 format=one.format, id=one.id)  # fmt: skip
    return f"{words.moment(one.at)}  {one.actor}  {told}"


def _canary(one: q.CanaryView, words: Words) -> str:
    touched = words("leak.touched", n=one.touched) if one.touched else words("leak.untouched")
    parts = (words.moment(one.at), one.actor, one.order, one.name, one.phone, touched, one.said)
    return "  ".join(part for part in parts if part)


def _alarms(found: list[q.CanaryAlarm], words: Words) -> Iterator[str]:
    for one in found:
        yield f"{words.moment(one.at)}  {one.actor}  {words(f'leak_touch.{one.how}')}  {one.order}"
    if not found:
        yield words("leak.no_alarm")
