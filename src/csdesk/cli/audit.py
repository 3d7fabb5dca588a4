"""`csdesk audit`: history proven chain by chain, anchored outside the desk, and who did or looked at what."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.progress import bar
from csdesk.cli.session import answer, as_json, desk, say, settings
from csdesk.desk.audit_queries import MOST, AuditEntry, AuditLog, AuditPage
from csdesk.desk.core import Core
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.clocks.days import midnight_ms
from csdesk.domain.roles import Right

if TYPE_CHECKING:
    from csdesk.store.anchors import Line
    from csdesk.store.audit import Audited
    from csdesk.store.audit_telling import Fault

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Prove that history was not changed; anchor it; who did and looked at what.",
)
# Beyond so many faults a list helps nobody; the count goes on.
MOST_LINES = 200


@app.command("verify")
def verify(
    since: int = typer.Option(
        0, min=0, help="Only what came after the anchor of this number; quicker, proves less."
    ),
    anchors: Path | None = typer.Option(
        None, help="File of anchors kept elsewhere; history must still be what they say."
    ),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Recompute every chain of events, looks and checks, and name what was changed, lost, moved or cut. Exit code 1."""
    from csdesk.store import anchors as kept
    from csdesk.store.audit import Audited, audit

    config = settings(file, agent, language).config
    with desk(config) as core:
        core.need(Right.READ)
        words, conn, done = say(core, config), core.store.conn, Audited()
        lines = _lines_of(core, anchors) if anchors else []
        last = kept.last(conn, core.desk)
        if since > (last.n if last else 0):
            raise Refused("no_such_anchor", n=since)
        faults: list[Fault] = []
        count = 0
        with bar(words("cli.audit.checking")) as step:
            for found in (
                kept.check(conn, core.desk, core.store.desk.file_id, lines),
                audit(conn, core.desk, done, since=since, progress=lambda rows: step(rows, 0)),
            ):
                for fault in found:
                    count += 1
                    faults += [fault] if count <= MOST_LINES else []
        told: list[dict[str, object]] = [
            {
                "sort": fault.sort,
                "code": fault.code,
                "who": fault.who,
                "seq": fault.seq,
                **fault.detail,
                "said": _worded(words, fault),
            }
            for fault in faults
        ]
        result = {"sound": not count, "faults": count, "rows": done.rows, "chains": done.chains, "found": told,
                  "anchor": last.n if last else 0, "anchors_compared": len(lines)}  # fmt: skip
        answer(result, as_json, _verified(told, count, done, len(lines), words))
    if count:
        raise typer.Exit(1)


def _lines_of(core: Core, path: Path) -> "list[Line]":
    """The anchors of this desk in a file; Refused when it cannot be read, holds something else or none of ours."""
    from csdesk.store.anchors import read_line

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror or "" if isinstance(exc, OSError) else "UTF-8"
        raise Refused("anchors_unreadable", path=str(path), reason=reason) from None
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        said = read_line(line)
        if said is None:
            raise Refused("anchors_line", path=str(path), line=number)
        if (said.file, said.desk) == (core.store.desk.file_id, core.desk):
            found.append(said)
    if not found:
        raise Refused("anchors_none", path=str(path))
    return found


def _worded(words: Words, fault: "Fault") -> str:
    """One sentence about a fault; what its code has no use for is left out by the catalogue."""
    detail: dict[str, Any] = dict(fault.detail)
    if "what" in detail:
        detail["what"] = words.code("audit_part", str(detail["what"]))
    if detail.get("to") == fault.seq:
        detail["to"] = ""
    who = words(f"audit.of.{fault.sort}", who=fault.who) if fault.sort != "anchor" else ""
    return words(f"audit.fault.{fault.code}", who=who, seq=fault.seq, **detail)


def _verified(
    told: list[dict[str, object]], count: int, done: "Audited", compared: int, words: Words
) -> Iterator[str]:
    yield from (str(one["said"]) for one in told)
    if count > len(told):
        yield words("cli.audit.more", n=count - len(told))
    numbers = {"events": done.rows["case"], "looks": done.rows["look"], "checks": done.rows["check"]}
    yield words("cli.audit.unsound", n=count) if count else words("cli.audit.sound", **numbers)
    if compared:
        yield words("cli.audit.compared", n=compared)


@app.command("anchor")
def anchor(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Anchor what the desk holds now, hand it to what `audit_anchor` names, and print it. Exit 1 if nobody took it."""
    from csdesk.desk.config import ConfigError
    from csdesk.effects.anchoring import checked, hand_out
    from csdesk.store import anchors

    config = settings(file, agent, language).config
    with desk(config) as core:
        core.need(Right.AUDIT)
        words, to = say(core, config), config.audit_anchor
        if to and (why := checked(to)):
            raise ConfigError("config_anchor", reason=why)
        made = anchors.make(core.store.conn, core.desk, core.store.desk.file_id, core.now())
        fault = hand_out(core, to) if to else ""
        line = anchors.line(made, core.store.desk.file_id, core.desk)
        if as_json:
            sys.stdout.write(line + "\n")
        else:
            print(
                words(
                    "cli.audit.anchored",
                    n=made.n,
                    cases=made.cases,
                    events=made.events,
                    at=words.moment(made.at),
                )
            )
            print(line)
            if not to:
                print(words("cli.audit.nowhere"))
    if fault:
        raise Refused("anchor_not_taken", reason=fault)


@app.command("log")
def log(
    of: str = typer.Option("", help="Only what this agent did."),
    since: str = typer.Option("", help="Only since this day (2026-11-02)."),
    case: str = typer.Option("", help="Only what was done on this case, and looks by it."),
    after: str = typer.Option("", help="The page after this place, as the page before named it."),
    limit: int = typer.Option(100, min=1, max=MOST, help="How many on a page."),
    lines: bool = typer.Option(False, "--lines", help="Everything, page after page, as JSON lines."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List who did, looked at or checked what, the latest first; no words and no data of customers."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        ask = AuditLog(of, case, _since(core, since), after, MOST if lines else limit)
        page = core.ask(ask)
        if not lines:
            answer(page, as_json, _logged(page, words))
            return
        while True:
            sys.stdout.writelines(_json(entry) + "\n" for entry in page.entries)
            if not page.after:
                return
            page = core.ask(AuditLog(of, case, ask.since, page.after, MOST))


def _json(entry: AuditEntry) -> str:
    return as_json(entry)


def _since(core: Core, said: str) -> int:
    """The beginning of a day of the desk, UTC ms; Refused `bad_day`."""
    if not said:
        return 0
    try:
        return midnight_ms(date.fromisoformat(said), core.zone)
    except ValueError:
        raise Refused("bad_day", said=said[:20]) from None


def _logged(page: AuditPage, words: Words) -> Iterator[str]:
    if not page.entries:
        yield words("cli.audit.nothing")
    for entry in page.entries:
        parts = [
            words.moment(entry.at),
            entry.actor,
            words.code("audit_sort", entry.sort),
            _what(entry, words),
        ]
        yield "  ".join(part for part in (*parts, entry.number) if part)
    if page.after:
        yield words("cli.audit.next", after=page.after)


def _what(entry: AuditEntry, words: Words) -> str:
    """The verb, or why was looked and at what, or what came of a check and what was asked for."""
    if entry.sort == "verb":
        return words.code("verb", entry.what)
    if entry.sort == "export":
        id_, format_, queue, cases = entry.detail
        of = words.code("queue", queue) if queue else words("export.all")
        return words("export.line", table=words.code("export_table", entry.what), of=of, n=cases,
                     format=format_, id=id_)  # fmt: skip
    group, each = ("look", "look_field") if entry.sort == "look" else ("caller_result", "caller_sort")
    told = words.between.join(words.code(each, one) for one in entry.detail)
    return f"{words.code(group, entry.what)}  {told}".rstrip()
