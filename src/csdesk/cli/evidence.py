"""`csdesk evidence`: files kept for a case by the hash of their content, and signed bundles of whole cases."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import evidence_queries as q
from csdesk.desk.config import Config
from csdesk.desk.core import Core
from csdesk.desk.entry import key_source
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.domain.text import clean_line

app = typer.Typer(help="Photos and files that prove something, kept encrypted by case.", no_args_is_help=True)
SHORT = 8
# Prices of a page that are told at once; all of them are kept.
MOST_TOLD = 20


@app.command("add")
def add(
    case: str = typer.Argument(help="Case number."),
    files: list[Path] = typer.Argument(help="Photos, PDF, text, sound or video; no archives."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Keep files as evidence of a case; the same content is kept once. Exit 1 when any of them was refused."""
    config = settings(file, agent, language).config
    filed: list[Any] = []
    failed = 0
    with desk(config) as core:
        words = say(core, config)
        found = core.case_id(case)
        for path in files:
            try:
                done = _filed(core, config, found, path)
            except Refused as why:
                failed += 1
                print(f"{clean_line(path.name).text}: {words.refused(why)}", file=sys.stderr)
                continue
            filed.append(done)
            if not as_json:
                key = "cli.evidence.again" if done.again else "cli.evidence.added"
                print(words(key, name=clean_line(path.name).text, hash=done.sha256[:SHORT]))
        if as_json:
            answer(filed, True, iter(()))
    if failed:
        raise typer.Exit(1)


@app.command("capture")
def capture_(
    case: str = typer.Argument(help="Case number."),
    page: str = typer.Argument(
        metavar="URL|FILE", help="Address of a listing page, or a page that was saved."
    ),
    allow_http: bool = typer.Option(
        False, "--allow-http", help="Ask by http too; the way there proves nothing."
    ),
    allow_private: bool = typer.Option(
        False, "--allow-private", help="Ask hosts of the own network too, at any port."
    ),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Keep a listing page as evidence of a case: as it came, and what it says with its prices and the time."""
    from csdesk.effects.capturing import Doors, capture

    config = settings(file, agent, language).config
    with desk(config) as core:
        kept, words = capture(core, case, page, Doors(allow_http, allow_private)), say(core, config)
        captured = kept.captured

        def told() -> Iterator[str]:
            key = "cli.capture.again" if kept.page.again else "cli.capture.kept"
            yield words(key, hash=kept.page.sha256[:SHORT], size=words.size(kept.page.size))
            yield words("cli.capture.read", hash=kept.told.sha256[:SHORT], n=len(captured.lines))
            if captured.title:
                yield words("cli.capture.title", title=captured.title)
            for price in captured.prices[:MOST_TOLD]:
                amount = f"{price.amount} {price.currency}".strip()
                yield words("cli.capture.price", price=amount, label=price.label)
            if len(captured.prices) > MOST_TOLD:
                yield words("cli.capture.more", n=len(captured.prices) - MOST_TOLD)
            if not captured.prices:
                yield words("cli.capture.no_price")

        told_json = {"page": kept.page, "read": kept.told, "title": captured.title, "prices": captured.prices}
        answer(told_json, as_json, told())


@app.command("diff")
def diff(
    case: str = typer.Argument(help="Case number."),
    before: str = typer.Argument(metavar="HASH1", help="The earlier capture: first digits of its hash."),
    after: str = typer.Argument(metavar="HASH2", help="The later one."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Say what changed between two captures of a page, price by price and line by line; only for who has the case."""
    from csdesk.effects.capturing import differences

    config = settings(file, agent, language).config
    with desk(config) as core:
        changed, words = differences(core, case, before, after), say(core, config)

        def told() -> Iterator[str]:
            if changed.title is not None:
                yield words("cli.diff.title", before=changed.title[0] or "–", after=changed.title[1] or "–")
            for label, was, is_ in changed.prices:
                key = (
                    "cli.diff.price"
                    if was and is_
                    else "cli.diff.price_gone"
                    if was
                    else "cli.diff.price_new"
                )
                yield words(key, label=label, before=was, after=is_)
            for number, sign, text in changed.lines:
                yield words("cli.diff.line_gone" if sign == "-" else "cli.diff.line_new", n=number, text=text)
            if changed.nothing:
                yield words("cli.diff.same" if changed.same_bytes else "cli.diff.same_text")

        answer(changed, as_json, told())


@app.command("list")
def list_(
    case: str = typer.Argument(help="Case number."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List the evidence of a case; names are shown to whoever holds it."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.EvidenceOf(case)), say(core, config)
        answer(found, as_json, _listed(found, words))


@app.command("save")
def save(
    case: str = typer.Argument(help="Case number."),
    hash_: str = typer.Argument(metavar="HASH", help="The first digits of its hash, six at least."),
    to: Path = typer.Option(..., "-o", "--to", help="Where the clear file goes; never over another."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Write a file of evidence in clear; only for whoever holds the case, and it goes on record."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        sha256 = _saved(core, config, case, hash_, to)
        print(say(core, config)("cli.evidence.saved", path=to, hash=sha256[:SHORT]))


def _filed(core: Core, config: Config, case: str, path: Path) -> Any:
    """What became of a file; it goes over the line where the desk is a server's."""
    if config.server:
        from csdesk.client.errands import add_evidence

        return add_evidence(config, case, path)
    from csdesk.effects.evidence_in import file_one, opened

    with opened(path, follow=True) as content:
        core.load(case)
        return file_one(core, case, content, path.name, "cli", config.evidence_limit_mb * 1_000_000)


def _saved(core: Core, config: Config, case: str, said: str, to: Path) -> str:
    """Write a file in clear; its hash."""
    if config.server:
        from csdesk.client.errands import save_evidence_as

        return save_evidence_as(config, case, said, to)
    from csdesk.desk.evidence_answers import take_out

    return take_out(core, case, said, to)


@app.command("bundle")
def bundle(
    case: str = typer.Argument(help="Case number."),
    to: Path = typer.Option(..., help="The archive to write; never over another."),
    recipient: str = typer.Option(..., "--for", help="mediation, 12315, arbitration or court."),
    redact: str = typer.Option(
        "", help="What of the customer is hidden: name,phone,email,address,id or none; absent: what is usual."
    ),
    without_pdf: bool = typer.Option(False, "--without-pdf", help="Only the HTML cover."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Write a case as one signed archive that proves itself; only for whoever holds it, and it goes on record."""
    from csdesk.interop.bundle import Made, Wanted, make
    from csdesk.store.signing import signers

    config = settings(file, agent, language).config
    hidden = None if not redact.strip() else tuple(part.strip() for part in redact.split(","))
    with desk(config) as core:
        words = say(core, config)
        core.need(Right.WORK)
        core.load(core.case_id(case))
        wanted = Wanted(case, recipient, () if hidden == ("none",) else hidden, not without_pdf)
        made = make(core, wanted, to, lambda: signers(core.store, key_source(config))[0], words)

        def told(made: Made) -> Iterator[str]:
            yield words("cli.bundle.made", path=to, parts=made.parts, events=made.events)
            if made.redacted:
                yield words("cli.bundle.hidden", redacted=words.value("redacted", made.redacted))
            if made.withheld:
                yield words(
                    "cli.bundle.withheld", list=words.between.join(one[:SHORT] for one in made.withheld)
                )
            if len(made.withheld) < made.files and made.redacted:
                yield words("cli.bundle.look")
            yield words("cli.bundle.key", fingerprint=made.fingerprint)

        answer(made, as_json, told(made))


@app.command("verify")
def verify(
    path: Path = typer.Argument(metavar="BUNDLE", help="The archive."),
    key: str = typer.Option("", help="The fingerprint of the key that must have signed it."),
    as_json: bool = JSON,
    language: str | None = LANGUAGE,
) -> None:
    """Prove a bundle without a desk: parts, signature, chain of events. Exit 1 with the reason when it is refused."""
    from csdesk.cli.errors import words as spoken
    from csdesk.interop.bundle import verify as proven_of
    from csdesk.interop.faults import ImportFault

    if not path.exists():
        raise ImportFault("import_no_file", path=str(path))
    words = spoken(settings(None, None, language).config)
    try:
        proven = proven_of(path, key)
    except Refused as why:
        told = {"proven": False, "code": why.code.removeprefix("bundle_"), "said": words.refused(why)}
        if as_json:
            answer(told, True, iter(()))
        else:
            print(told["said"], file=sys.stderr)
        raise typer.Exit(1) from None
    found = proven.manifest
    said = {
        name: found.get(name) for name in ("case", "bundle", "recipient", "made_at", "made_by", "redacted")
    }
    whole = {"proven": True, **said, "fingerprint": proven.fingerprint, "trusted": proven.trusted}

    def lines() -> Iterator[str]:
        case, events = clean_line(str(found["case"])).text, found["chain"]["events"]
        yield words("cli.bundle.proven", case=case, parts=len(found["parts"]), events=events)
        yield words("cli.bundle.signed", fingerprint=proven.fingerprint)
        if not proven.trusted:
            yield words("cli.bundle.untrusted")

    answer(whole, as_json, lines())


@app.command("key")
def key_(
    new: bool = typer.Option(False, "--new", help="Sign with a new key from now on; only who configures."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Show the public key that signs bundles, and those that signed before; made when there is none yet."""
    from csdesk.store.signing import signers

    config = settings(file, agent, language).config
    with desk(config) as core:
        core.need(Right.CONFIGURE if new else Right.READ)
        words = say(core, config)
        keys = [signer.public for signer in signers(core.store, key_source(config), anew=new)]

    def told() -> Iterator[str]:
        for n, one in enumerate(keys):
            yield words("cli.bundle.former" if n else "cli.bundle.now", **{"fingerprint": one.fingerprint})
            yield f"  Ed25519 {one.public}"

    answer(keys, as_json, told())


@app.command("verifier")
def verifier() -> None:
    """Print the program that proves bundles where no csdesk is: one file, Python alone."""
    import inspect

    from csdesk.interop import verify_bundle

    sys.stdout.write(inspect.getsource(verify_bundle))


def _listed(found: Sequence[q.EvidenceView], words: Words) -> Iterator[str]:
    if not found:
        yield words("cli.evidence.none")
    for one in found:
        name = words("label.closed_text") if one.name is None else clean_line(one.name).text
        told = (
            one.sha256[:SHORT],
            words.moment(one.at),
            words.code("media", one.media),
            words.size(one.size),
        )
        whose = one.by
        if one.message:
            whose = words("files.customer", channel=words.code("channel", one.source))
        yield "  ".join((*told, whose, name))
