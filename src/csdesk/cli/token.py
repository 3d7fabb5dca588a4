"""`csdesk token`: what programs are let in by."""

import sys
from collections.abc import Iterator

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import access_queries as q
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.store.tokens import SESSION, TOKEN

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What programs are let in by at a server."
)
RIGHTS = tuple(right.value for right in Right)
FOR = typer.Option("", "--for", help="Of another agent; for an admin.")
ALL = typer.Option(False, "--all", help="Everybody's; for those who configure the desk or audit.")
ENDED = typer.Option(False, "--ended", help="Those too that are over.")


@app.command("make")
def make(
    label: str = typer.Argument(help="What it is for, such as 'warehouse'."),
    rights: str = typer.Option(
        "", help="What it may, apart by commas, such as read,load; all that the role may when absent."
    ),
    days: int = typer.Option(90, help="How many days it opens, 1 to 366."),
    whose: str = FOR,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Make a token. Its secret is printed once and kept nowhere."""
    wanted = tuple(rights.replace("，", ",").replace(",", " ").split())
    for right in wanted:
        if right not in RIGHTS:
            raise Refused("bad_choice", field="right", value=right[:40], allowed=RIGHTS)
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        made = core.ask(q.MakeToken(label, whose, tuple(Right(right) for right in wanted), days))
        if not as_json:
            print(words("cli.token_made", until=words.moment(made.token.expires)), file=sys.stderr)
        answer(made, as_json, iter([made.secret]))


@app.command("list")
def list_(
    whose: str = FOR,
    everybody: bool = ALL,
    ended: bool = ENDED,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """List tokens, without their secrets: id, agent, label, rights, until when, when last used."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found = core.ask(q.Tokens(whose, everybody, TOKEN, ended))
        answer(found, as_json, told(found, say(core, config)))


def told(found: list[q.TokenView], words: Words) -> Iterator[str]:
    """A line for each token or session."""
    for one in found:
        rights = words.between.join(words.code("right", right) for right in one.rights)
        line = words(
            "cli.token_line" if one.good else "cli.token_over",
            token=one.id,
            who=one.agent,
            label=one.label or "–",
            until=words.moment(one.revoked_at or one.expires),
            used=words.moment(one.used_at) if one.used_at else "–",
        )
        yield f"{line}  {rights}" if rights else line


@app.command("revoke")
def revoke(
    token: str = typer.Argument(help="Its id, as 'csdesk token list' shows it."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """End a token: from now on it opens nothing, on any server."""
    end(token, as_json, file, agent, language)


def end(id_: str, as_json: bool, file: str | None, agent: str | None, language: str | None) -> None:
    """End a token or session, and say whose it was."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words, ended = say(core, config), core.ask(q.RevokeToken(id_))
        key = "cli.session_ended" if ended.kind == SESSION else "cli.token_ended"
        answer(ended, as_json, iter([words(key, token=ended.id, who=ended.agent)]))
