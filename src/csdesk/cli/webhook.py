"""`csdesk webhook`: where the desk's events are sent to other systems, tried, and what nobody took."""

from collections.abc import Iterator

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.webhook_queries import (
    WebhookAdd,
    WebhookLetter,
    WebhookLetters,
    WebhookLine,
    WebhookRemove,
    WebhookRetry,
    Webhooks,
)
from csdesk.desk.words import Words

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Events sent to other systems: list, add, try, mend."
)
NAME = typer.Argument(help="The hook's name: small letters, digits, hyphens.")


@app.command("list")
def list_(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List hooks: where events go, which, how far behind, and what stands in the way."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(Webhooks()), say(core, config)
        answer(found, as_json, _lines(found, words))


@app.command("add")
def add(
    name: str = NAME,
    url: str = typer.Argument(help="https://…, or http:// to this machine."),
    secret: str = typer.Option(
        ..., help="Where the shared secret is: file:PATH, env:NAME or system:ACCOUNT; 32 bytes or more."
    ),
    verb: list[str] = typer.Option([], help="Only events of this verb; may be said several times."),
    kind: list[str] = typer.Option([], help="Only cases of this kind; may be said several times."),
    private: bool = typer.Option(False, help="The address may lie in a private network."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Send events to an address from now on; the worker (`csdesk work`, `csdesk serve`) does it."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        core.ask(WebhookAdd(name, url, secret, tuple(verb), tuple(kind), private))
        answer({"webhook": name}, as_json, iter([say(core, config)("webhook.added", name=name, url=url)]))


@app.command("remove")
def remove(
    name: str = NAME,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Send nothing more there, and forget what was not taken."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        core.ask(WebhookRemove(name))
        answer({"webhook": name}, as_json, iter([say(core, config)("webhook.removed", name=name)]))


@app.command("test")
def test(
    name: str = NAME,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Send a document of no event at once and tell what came of it."""
    from csdesk.effects.webhooks_out import try_out

    config = settings(file, agent, language).config
    with desk(config) as core:
        fault, words = try_out(core, name).fault, say(core, config)
        said = words("webhook.refused", name=name, why=fault) if fault else words("webhook.taken", name=name)
        answer({"webhook": name, "taken": not fault, "fault": fault}, as_json, iter([said]))
    if fault:
        raise typer.Exit(1)


@app.command("dead")
def dead(
    name: str = typer.Argument("", help="One hook; all when absent."),
    limit: int = typer.Option(100, min=1, max=500, help="How many."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List events that were given up: when, of which case, why, after how many tries."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(WebhookLetters(name, limit)), say(core, config)
        answer(found, as_json, _letters(found, words))


@app.command("retry")
def retry(
    name: str = NAME,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Have all that was given up tried again, and what waits tried at once."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        n = core.ask(WebhookRetry(name))
        answer(
            {"webhook": name, "again": n},
            as_json,
            iter([say(core, config)("webhook.retried", name=name, n=n)]),
        )


def _lines(found: list[WebhookLine], words: Words) -> Iterator[str]:
    if not found:
        yield words("webhook.none")
    for one in found:
        yield words("webhook.line", name=one.id, url=one.url, behind=one.behind, dead=one.dead)
        if one.verbs or one.kinds:
            yield "  " + words("webhook.only", what=", ".join((*one.verbs, *one.kinds)))
        if one.fault:
            yield "  " + words("webhook.waits", why=one.fault, n=one.tries, at=words.moment(one.next_at))


def _letters(found: list[WebhookLetter], words: Words) -> Iterator[str]:
    if not found:
        yield words("webhook.none_dead")
    for one in found:
        yield words(
            "webhook.letter", at=words.moment(one.at), name=one.webhook, number=one.number, event=one.event,
            why=one.fault, n=one.tries,
        ) + (f"  {words('webhook.again')}" if one.waiting else "")  # fmt: skip
