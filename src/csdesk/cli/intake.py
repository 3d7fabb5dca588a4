"""`csdesk intake`: messages from outside become cases or are heard on theirs: from a pipe, a file, a folder, a call."""

from collections.abc import Iterator
from pathlib import Path

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, as_json, desk, say, settings
from csdesk.desk.core import Core
from csdesk.desk.inbound import Inbound, Receipt, Sender
from csdesk.desk.intake.enclosing import Enclosed
from csdesk.desk.intake.feeding import Fed, feed
from csdesk.desk.intake.receiving import Declined, one, plain
from csdesk.desk.intake.refusals import give_up, refusals, retry
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.store.connection import write


def intake_(
    messages: Path = typer.Argument(
        help="A file of JSON lines, one JSON object, a folder of such; - for a pipe."
    ),
    source: str = typer.Option("", help="Where messages come from that do not say so: the name of a system."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """File messages: each once, with a receipt a line; exit 1 when any was refused (they are kept, see refused)."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        if messages.is_dir():
            raise typer.Exit(_folder(core, messages, source, words, wants_json=as_json))
        if str(messages) != "-" and not messages.exists():
            raise Refused("no_messages", path=messages)
        refused = 0
        for fed in feed(core, messages, source):
            refused += isinstance(fed.taken, Declined)
            print(_json(fed) if as_json else _line(fed, words), flush=True)
    raise typer.Exit(int(refused > 0))


def _folder(core: Core, folder: Path, source: str, words: Words, *, wants_json: bool) -> int:
    from csdesk.effects.folder_in import take_folder

    done = take_folder(core, folder, source)
    for fed in done.fed:
        print(_json(fed) if wants_json else _line(fed, words))
    refused = sum(isinstance(fed.taken, Declined) for fed in done.fed)
    if not wants_json:
        print(words("cli.intake.folder", taken=len(done.fed) - refused, refused=refused, left=done.left))
    return int(refused > 0)


def call_(
    text: str = typer.Option(..., help="What the caller said."),
    phone: str = typer.Option("", help="The caller's number."),
    name: str = typer.Option("", help="How the caller is called."),
    proven: bool = typer.Option(False, help="The caller was identified: join them to their record."),
    case: str = typer.Option("", help="The case that the call is about, when it has one."),
    order: str = typer.Option("", help="The order's number, when it was told."),
    kind: str = typer.Option("", help="What is asked for; judged by the words when absent."),
    reason: str = typer.Option("", help="A reason of the kind."),
    key: str = typer.Option("", help="Id of the call: the same id files once."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """File what somebody said on the telephone, under the name of who took the call."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        core.need(Right.WORK)
        id_ = key or f"{core.me.id}-{core.now()}"
        sender = Sender(name, "", phone, "", proven)
        inbound = Inbound(
            "call",
            id_,
            "phone",
            sender,
            text,
            "",
            core.now(),
            thread=case,
            order=order,
            kind=kind,
            reason=reason,
        )
        with write(core.store.conn):
            taken = one(core, Enclosed(inbound))
            if isinstance(taken, Declined):
                raise taken.refused  # who typed it sees why and types it again: nothing of it need be kept
        words = say(core, config)
        answer(taken, as_json, iter([_received(taken, words)]))


def refused_(
    limit: int = typer.Option(100, min=1, max=500, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List messages that were refused and wait to be tried again, the oldest first; never what stands in them."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = refusals(core, limit), say(core, config)
        rows = [{"refusal": one_, "said": words.refused(Refused(one_.code, **one_.detail))} for one_ in found]

        def lines() -> Iterator[str]:
            if not found:
                yield words("cli.intake.none_refused")
            for one_, row in zip(found, rows, strict=True):
                times = one_.times if one_.times > 1 else ""
                values = {
                    "id": one_.id,
                    "at": words.moment(one_.at),
                    "source": one_.source,
                    "why": row["said"],
                }
                yield words("cli.intake.waiting", times=times, **values)

        answer(rows, as_json, lines())


def retry_(
    id_: str = typer.Argument(metavar="ID", help="Of the refused message, as `intake refused` lists it."),
    forget: bool = typer.Option(False, help="Give it up instead: it is destroyed with its key."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Take a refused message again, now that its reason was mended; exit 1 when it is refused once more."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        if forget:
            give_up(core, id_)
            answer({"id": id_, "forgotten": True}, as_json, iter([words("cli.intake.given_up", id=id_)]))
            return
        taken = retry(core, id_)
        if isinstance(taken, Declined):
            raise taken.refused
        answer(taken, as_json, iter([_received(taken, words)]))


def _json(fed: Fed) -> str:
    taken = fed.taken
    if isinstance(taken, Declined):
        told = {"refused": taken.refused.code, "detail": plain(taken.refused), "kept": taken.kept}
        return as_json({"line": fed.line, "file": fed.file, **told})
    return as_json({"line": fed.line, "file": fed.file, "receipt": taken})


def _line(fed: Fed, words: Words) -> str:
    if isinstance(fed.taken, Declined):
        where = " ".join(filter(None, (fed.file, words("cli.intake.line", n=fed.line) if fed.line else "")))
        why = words.refused(fed.taken.refused).rstrip("。.")
        return words("cli.intake.refused", where=where, why=why, kept=fed.taken.kept)
    return _received(fed.taken, words)


def _received(receipt: Receipt, words: Words) -> str:
    if not receipt.number:
        return words("cli.intake.ignored", nature=words.code("nature", receipt.ignored))
    due = words.short(receipt.due) if receipt.due else ""
    if receipt.again:
        return words("cli.intake.again", number=receipt.number)
    if not receipt.began:
        return words("cli.intake.heard", number=receipt.number, due=due)
    return words(
        "cli.intake.filed",
        number=receipt.number,
        kind=words.code("kind", receipt.kind),
        queue=words.code("queue", receipt.queue),
        due=due,
        alike=words.between.join(receipt.duplicates),
    )
