"""`csdesk agent`: who works on this desk."""

import typer

from csdesk.cli.session import AGENT, FILE, JSON, LANGUAGE, answer, desk, say, settings
from csdesk.desk import queries as q
from csdesk.desk.entry import open_core
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right, Role
from csdesk.domain.text import clean_line
from csdesk.store.connection import write
from csdesk.store.file import Agent

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who works on this desk.")
ROLES = tuple(role.value for role in Role if role is not Role.SYSTEM)


@app.command("list")
def list_(
    as_json: bool = JSON, file: str | None = FILE, agent: str | None = AGENT, language: str | None = LANGUAGE
) -> None:
    """List the agents and their roles."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.Agents()), say(core, config)
        answer(found, as_json, (f"{a.id:<12}{a.name}  {words.code('role', a.role)}" for a in found))


@app.command("add")
def add(
    id_: str = typer.Argument(metavar="ID", help="A short name without spaces."),
    name: str = typer.Option(..., help="The name others see."),
    role: str = typer.Option("agent", help="agent, senior, supervisor, auditor or admin."),
    os_user: str = typer.Option("", help="The login name that is this agent."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Add an agent or change one. On a desk without agents anybody may add the first, an admin."""
    config = settings(file, agent, language).config
    id_, name = clean_line(id_).text.strip(), clean_line(name, limit=60).text.strip()
    if not id_ or any(c.isspace() for c in id_) or len(id_) > 40 or id_ == "system":
        raise Refused("bad_agent_id", who=id_)
    if role not in ROLES:
        raise Refused("bad_choice", field="role", value=role, allowed=ROLES)
    core = open_core(config, system=True)
    try:
        if core.store.agents():
            core.store.close()
            core = open_core(config)
            core.need(Right.CONFIGURE)
        elif role != Role.ADMIN:
            raise Refused("first_is_admin", role=role)
        with write(core.store.conn):
            core.store.put_agent(Agent(id_, name, role, os_user))
        words = say(core, config)
        print(words("cli.agent_added", who=id_, name=name, role=words.code("role", role)))
    finally:
        core.store.close()
