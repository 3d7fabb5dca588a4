"""`csdesk search`: policies, canned replies and cases, as the console finds them."""

import typer

from csdesk.cli.listing import line as case_line
from csdesk.cli.listing import number
from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import queries as q
from csdesk.desk.config import Config
from csdesk.desk.words import Words

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Search policies, canned replies and cases."
)
LIMIT = typer.Option(10, min=1, max=200, help="How many.")


@app.command("policies")
def policies(
    text: str = typer.Argument("", help="Words, pinyin, initials, or a citation such as 消法25."),
    queries: str = typer.Option(
        "", help='Ask each line of this file instead: {"id": 1, "query": "…"}; - for what is piped in.'
    ),
    limit: int = LIMIT,
    as_of: str = typer.Option("", help="In force on this day (2026-11-22); today when absent."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Search laws, platform rules and the desk's policies."""
    if bool(text) == bool(queries):
        raise typer.BadParameter("say what to look for, or --queries FILE: one of the two", param_hint="TEXT")
    config = settings(file, agent, language).config
    if queries:
        _batch(config, queries, limit, as_of, as_json)
        return
    with desk(config) as core:
        found, words = core.ask(q.SearchPolicies(text, limit, as_of, config.language)), say(core, config)
        lines = (_article(a, words) for a in found)
        answer(found, as_json, lines)


def _batch(config: Config, path: str, limit: int, as_of: str, as_json: bool) -> None:
    """Answer every question of a file, a line of JSON each; nothing is asked when one of them is bad."""
    from csdesk.cli.questions import answer_line, plain_lines, read

    asked = read(path)
    with desk(config) as core:
        for one in asked:
            found = core.ask(q.SearchPolicies(one.query, limit, as_of, config.language))
            hits = [(hit.id, hit.score) for hit in found]
            if as_json:
                print(answer_line(one, hits))
            else:
                print(*plain_lines(one, hits), sep="\n")


def _article(a: q.FoundArticle, words: Words) -> str:
    force = "" if a.in_force else " " + words("cli.superseded")
    return f"{a.law} {a.article_no}{force}  {a.title or ' '.join(a.text[:60].split())}"


@app.command("canned")
def canned(
    text: str = typer.Argument("", help="Shortcut, title, pinyin or initials."),
    case: str = typer.Option("", help="A case whose kind and state the reply should fit."),
    limit: int = LIMIT,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Search canned replies."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found = core.ask(q.SearchCanned(text, case, "", limit))
        answer(found, as_json, (f"{c.shortcut or c.id:<12}{c.title}" for c in found))


@app.command("cases")
def cases(
    text: str = typer.Argument(
        help="Part of the number, order number, waybill, customer, or words of the messages."
    ),
    limit: int = LIMIT,
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Search cases."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        rows, words, now = core.ask(q.FindCases(text, limit)), say(core, config), core.now()
        found = [{"number": number(row.kind, row.body), "row": row} for row in rows]
        answer(found, as_json, (case_line(row, words, now) for row in rows))
