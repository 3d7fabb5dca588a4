"""`csdesk case`: what a hand does to cases, for scripts: open, list, show, do, next."""

from collections.abc import Iterator, Sequence
from typing import Any

import typer

from csdesk.cli.clocks import clocks
from csdesk.cli.line import typed
from csdesk.cli.listing import list_
from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.cli.verdict import verdict
from csdesk.desk import queries as q
from csdesk.desk import strip
from csdesk.desk.desk import Done
from csdesk.desk.guided_queries import SkipCase
from csdesk.desk.incident_queries import IncidentsFor, Suggested
from csdesk.desk.order_age import age_told
from csdesk.desk.platform_words import platform_lines
from csdesk.desk.registry import command, form, shown
from csdesk.desk.words import Words
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Open, list, show and work on cases.")
app.command("verdict")(verdict)
app.command("clocks")(clocks)


@app.command("open")
def open_(
    kind: str = typer.Argument(
        help="return, exchange, repair, reissue, refund_only, complaint, report, payment_anomaly, privacy_request, "
        "inquiry, or incident."
    ),
    order: str = typer.Option("", help="The order's number."),
    lines: str = typer.Option("", help="Units by line: 1x2,3x1 is two of line 1 and one of line 3."),
    reason: str = typer.Option("other", help="A reason of the kind."),
    channel: str = typer.Option(
        "phone", help="How the customer came: phone, chat, email, app, 12315, social."
    ),
    summary: str = typer.Option("", help="What the customer said."),
    order_hint: str = typer.Option(
        "", help="What the customer calls an order that is not in the system yet."
    ),
    priority: int = typer.Option(0, help="0 normal to 3 at once."),
    key: str = typer.Option("", help="Idempotency key: the same key opens once."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Open a case on lines of an order, or provisionally on an order that is not in the system."""
    config = settings(file, agent, language).config
    entered = {
        "kind": kind,
        "order": order,
        "lines": lines,
        "reason": reason,
        "channel": channel,
        "summary": summary,
        "order_hint": order_hint,
        "priority": str(priority),
    }
    opening = command("open", entered)
    with desk(config) as core:
        done = core.do(opening, key=key)
        answer(told(done), as_json, iter(_done(done, say(core, config))))


@app.command("do")
def do(
    case: str = typer.Argument(help="Case number."),
    verb: str = typer.Argument(help="What to do; `csdesk case verbs NUMBER` lists what can be done."),
    values: list[str] = typer.Argument(None, help="Values as name=value."),
    version: int | None = typer.Option(
        None, help="The version you looked at: a change since then is a conflict."
    ),
    key: str = typer.Option("", help="Idempotency key: the same key acts once."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Carry out a verb on a case."""
    config = settings(file, agent, language).config
    entered = {}
    for pair in values or []:
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is not name=value")
        entered[name] = value
    wanted = command(verb, entered)
    if verb == "open":
        raise Refused("unknown_verb", verb=verb)
    with desk(config) as core:
        done = core.do(wanted, case, version=version, key=key)
        answer(told(done), as_json, iter(_done(done, say(core, config))))


def told(done: Done) -> dict[str, Any]:
    """What a verb came to, for a script."""
    case = done.case
    return {
        "number": done.number,
        "id": case.id,
        "verb": done.verb,
        "state": case.state,
        "phase": case.phase,
        "version": case.version,
        "events": done.events,
        "again": done.again,
        "opened": done.opened,
        "refunded": case.refunded,
        "currency": case.currency,
        "due": case.due,
        "key": done.key,
    }


def _done(done: Done, words: Words) -> Iterator[str]:
    state = words.code("state", done.case.state)
    key = "cli.done_again" if done.again else "cli.done"
    yield words(key, number=done.number, verb=words.code("verb", done.verb), state=state)
    if done.opened:
        yield words("cli.opened_beside", number=done.opened)


@app.command("verbs")
def verbs(
    case: str = typer.Argument(help="Case number."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List the verbs of a case, the next best first, with the reason why one is off."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        view, words = core.ask(q.ShowCase(case, timeline=False)), say(core, config)
        found = [
            {
                "verb": o.verb,
                "label": words.code("verb", o.verb),
                "off": words.refused(o.off) if o.off else None,
                "fields": [f.name for f in form(o.verb)],
                "suggests": {n: shown(v) for n, v in VERBS[o.verb].suggest(view.case).items()},
            }
            for o in view.offers
        ]
        answer(
            found,
            as_json,
            (f"{o['verb']:<16}{o['label']}" + (f"  – {o['off']}" if o["off"] else "") for o in found),
        )


app.command("list")(typed(list_))


@app.command("show")
def show(
    case: str = typer.Argument(help="Case number."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Show a case: lines, money, deadlines, people (masked) and the timeline."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        view, words = core.ask(q.ShowCase(case)), say(core, config)
        of = core.ask(IncidentsFor(view.case.id))
        answer(_view(view, of), as_json, _shown(view, words, core.now(), of))


def _view(view: q.CaseView, of: Sequence[Suggested]) -> dict[str, Any]:
    return {
        "number": view.number,
        "case": view.case,
        "merchant": view.merchant,
        "person": view.person,
        "lease": view.lease,
        "reads": view.reads,
        "timeline": view.timeline,
        "readonly": view.readonly,
        "incidents": of,
        "strip": view.strip,
        "verbs": [o.verb for o in view.offers if o.off is None],
    }


def _shown(view: q.CaseView, words: Words, now: int, of: Sequence[Suggested]) -> Iterator[str]:
    case: Case = view.case
    yield f"{view.number}  {words.code('kind', case.kind)}  {words.code('state', case.state)}  {case.order_number}"
    for said, _ in platform_lines(words, case):
        yield said
    for one in of:
        code = "cli.incident_of" if case.incident else "cli.incident_fits"
        yield words(code, number=one.number, title=one.title)
    if view.person:
        yield f"{view.person.name}  {view.person.phone}  {view.person.address}"
    if pieces := strip.told(words, view.strip):
        yield "  ".join(text for text, _ in pieces)
    if view.age is not None:
        yield age_told(words, view.age, now)
    for item in case.lines:
        counts = words(
            "cli.line",
            asked=item.asked,
            approved=item.approved,
            received=item.received,
            refunded=item.refunded_units,
        )
        yield f"  {item.line}. {item.title}  {counts}  {words.money(item.paid, case.currency)}"
    for refund in case.refunds:
        parts = "、".join(f"{p.method} {words.money(p.minor, case.currency)}" for p in refund.parts)
        yield f"  {words('cli.refund')} {parts}  {words.code('refund_state', refund.state)}"
    for clock in case.clocks:
        basis = words.code("basis", clock.basis) + (f" {clock.article}" if clock.article else "")
        name = words.code("clock", clock.name) + (f" {clock.ref}" if clock.ref else "")
        left = words("cli.paused") if clock.open_pause else words.left(clock.due, now)
        yield f"  {name}  {words.moment(clock.due)}  {left}  {basis}"
    for entry in view.timeline:
        yield f"{words.moment(entry.at)}  {entry.actor}  {words.entry(entry, case.currency)}"
        if entry.text is None:
            yield f"    {words('cli.hidden')}"
        elif entry.text:
            yield from (f"    {part}" for part in entry.text.splitlines())


@app.command("next")
def next_(
    queue: str = typer.Argument("all", help="Which queue."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Hold the most urgent case that nobody else holds."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found = core.ask(q.Next(queue))
        if found is None:
            raise Refused("nothing_next", queue=queue)
        view, words = core.ask(q.ShowCase(found)), say(core, config)
        of = core.ask(IncidentsFor(view.case.id))
        answer(_view(view, of), as_json, _shown(view, words, core.now(), of))


@app.command("skip")
def skip(
    case: str = typer.Argument(help="Case number."),
    why: str = typer.Argument(
        help="language, skill, waiting, duplicate, wrong_queue, conflict or other (with --note)."
    ),
    note: str = typer.Option("", help="More, in one line."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Pass a case over: it is given back, and `next` does not offer it to you for eight hours."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        skipped, words = core.ask(SkipCase(case, why, note)), say(core, config)
        told = words(
            "cli.skipped",
            number=core.ask(q.ShowCase(skipped.case, timeline=False)).number,
            at=words.moment(skipped.until),
        )
        answer(skipped, as_json, iter([told]))
