"""`csdesk agent`: who works on this desk, what they can take, and whether they are here."""

import sys
from collections.abc import Iterator

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk import access_queries as aq
from csdesk.desk import guided_queries as gq
from csdesk.desk import look_queries as lq
from csdesk.desk import queries as q
from csdesk.desk import staff_queries as sq
from csdesk.desk.entry import open_core
from csdesk.desk.words import Words
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right, Role, may
from csdesk.domain.routing import Skill
from csdesk.domain.text import clean_line
from csdesk.store.connection import write
from csdesk.store.file import Agent

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who works on this desk.")
ROLES = tuple(role.value for role in Role if role is not Role.SYSTEM)


@app.command("list")
def list_(
    as_json: bool = JSON, file: str | None = FILE, agent: str | None = AGENT, language: str | None = LANGUAGE
) -> None:
    """List the agents: role; of those who take cases also state, load and what they can take."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(q.Agents()), say(core, config)
        now = {one.id: one for one in core.ask(sq.AgentStates())}
        if as_json:
            answer(
                [{"id": a.id, "name": a.name, "role": a.role, "now": now.get(a.id)} for a in found],
                True,
                iter(()),
            )
            return
        for a in found:
            print(f"{a.id:<12}{a.name}  {words.code('role', a.role)}{_told(words, now.get(a.id))}")


def _told(words: Words, now: sq.AgentNow | None) -> str:
    """State, load and skills of somebody who takes cases, in one line."""
    if now is None:
        return ""
    state = words("presence.unsaid") if not now.since else words.code("presence", now.state)
    load = words("staff.load", n=now.assigned, late=now.late, parked=now.parked)
    return f"  {state}  {load}{skill_line(words, now.skill)}"


def skill_line(words: Words, can: Skill) -> str:
    """What somebody can take, after a gap; "" for anything."""
    told = []
    if can.queues:
        told.append(words.between.join(words.code("queue", queue) for queue in can.queues))
    if can.languages:
        told.append(" ".join(can.languages))
    if can.most_amount:
        told.append(words("staff.most_amount", amount=words.money(can.most_amount, "CNY")))
    if can.most_cases:
        told.append(words("staff.most_cases", n=can.most_cases))
    return "".join(f"  {part}" for part in told)


@app.command("state")
def state(
    words_: list[str] = typer.Argument(
        metavar="[NAME] STATE", help="available, break, training or off; of another agent when named before."
    ),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Say that you, or another agent, are available, on a break, in a training or off."""
    if len(words_) > 2:
        raise typer.BadParameter("[NAME] available|break|training|off")
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        found = core.ask(sq.SetAgentState(words_[-1], words_[0] if len(words_) == 2 else ""))
        told = words(
            "staff.state_set",
            who=found.agent,
            presence=words.code("presence", found.state),
            released=found.released or "",
            returned=found.returned or "",
        )
        answer(found, as_json, iter([told]))


@app.command("skills")
def skills(
    name: str = typer.Argument(help="The agent's id."),
    queues: str | None = typer.Option(None, help="Queues, apart by commas; '' for all."),
    languages: str | None = typer.Option(None, help="Languages beside Chinese, such as en,ja; '' for all."),
    most_amount: int | None = typer.Option(
        None, help="Dearest case, in minor units (fen): 500000 is 5,000 yuan; 0: any."
    ),
    most_cases: int | None = typer.Option(None, help="How many cases at once; 0: any."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Say or show what an agent can take; what is not named stays as it was."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        if all(said is None for said in (queues, languages, most_amount, most_cases)):
            known = {one.id: one.skill for one in core.ask(sq.AgentStates())}
            if name not in known:
                raise Refused("takes_no_cases" if core.store.agent(name) else "no_such_agent", who=name)
            can = known[name]
        else:
            can = core.ask(sq.SetSkills(name, _parts(queues), _parts(languages), most_amount, most_cases))
        answer(can, as_json, iter([f"{name}{skill_line(words, can) or '  ' + words('staff.anything')}"]))


@app.command("handover")
def handover(
    cases: list[str] = typer.Argument(
        None,
        metavar="[NUMBER=WHERE[:NOTE]]...",
        help="WHERE: pool (back into the queue), keep, or an agent's id. None named: list your cases.",
    ),
    rest: str = typer.Option("", help="Where all cases go that are not named: pool, keep or an agent's id."),
    note: str = typer.Option("", help="The note for those."),
    stay: bool = typer.Option(False, "--stay", help="Stay available instead of going off."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Hand your cases over at the end of your shift, each with a note, and be off. Exit 1 when one was left."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words, mine = say(core, config), core.ask(gq.MyCases())
        if not cases and not rest and mine:
            answer(mine, as_json, (f"{one.number}  {words.code('state', one.row.state)}" for one in mine))
            return
        wanted = [_handing(said) for said in cases or []]
        named = {core.case_id(one.case) for one in wanted}
        others = [one for one in mine if one.row.id not in named] if rest else []
        wanted += [_handing(f"{one.number}={rest}:{note}") for one in others]
        done = core.ask(gq.HandOver(tuple(wanted), off=not stay))
        answer(done, as_json, _handed(done, words))
        if done.left:
            raise typer.Exit(1)


def _handing(said: str) -> gq.Handing:
    """One case of a hand-over as it is typed: NUMBER=WHERE[:NOTE]."""
    case, equals, rest = said.partition("=")
    where, _, note = rest.replace("：", ":", 1).partition(":")
    if not equals or not where:
        raise typer.BadParameter(f"{said!r} is not NUMBER=WHERE[:NOTE]")
    return (
        gq.Handing(case, where, note=note)
        if where in ("pool", "keep")
        else gq.Handing(case, "agent", where, note)
    )


def _handed(done: gq.HandedOver, words: Words) -> Iterator[str]:
    yield from (words("cli.handed", number=number) for number in done.done)
    for one in done.left:
        yield words("cli.handed_left", number=one.number, why=words.refused(one.refused))
    yield words("cli.handed_state", presence=words.code("presence", done.state))


def _parts(text: str | None) -> tuple[str, ...] | None:
    """What stands between commas, half-width or full-width."""
    if text is None:
        return None
    return tuple(clean_line(text).text.replace("，", ",").replace(",", " ").split())


@app.command("pin")
def pin(
    remove: bool = typer.Option(
        False, "--remove", help="Take it away: the locked screen then opens with Enter."
    ),
    reset: str = typer.Option("", help="Take away the PIN of this agent, who forgot it; for an admin."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Set the PIN that unlocks your screen. It is asked for, never typed on the command line. Exit 1 when wrong."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        if reset:
            core.ask(lq.SetPin(agent=reset))
            print(words("cli.pin_reset", who=reset))
            return
        old = secret(words("cli.pin_old")) if core.ask(lq.HasPin()) else ""
        new = "" if remove else secret(words("cli.pin_new"))
        if not remove and secret(words("cli.pin_again")) != new:
            raise Refused("pin_differs")
        tried = core.ask(lq.SetPin(new, old, remove=remove))
        if tried.until:
            raise Refused("pin_shut", until=tried.until)
        if not tried.right:
            raise Refused("pin_wrong", n=tried.left)
        print(words("cli.pin_set" if new else "cli.pin_removed"))


def secret(asked: str) -> str:
    """What is typed unseen at a terminal; from a pipe the next line."""
    if sys.stdin.isatty():
        return str(typer.prompt(asked, hide_input=True))
    return sys.stdin.readline().rstrip("\n")


@app.command("password")
def password(
    who: str = typer.Argument("", help="Whose; yours when absent. Another's, or a first one, an admin sets."),
    stdin: bool = typer.Option(False, "--stdin", help="Read it from the standard input, a line each."),
    remove: bool = typer.Option(False, "--remove", help="Take it away: no more signing in by it."),
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Set the password for signing in at a server. It is asked for, never typed on the command line."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words, mine = say(core, config), not who or who == core.me.id
        if not stdin and not sys.stdin.isatty():
            raise typer.BadParameter("no terminal to ask at: give --stdin")
        old = secret(words("cli.password_old")) if mine and not may(core.me.role, Right.CONFIGURE) else ""
        new = "" if remove else secret(words("cli.password_new"))
        if not remove and not stdin and secret(words("cli.password_again")) != new:
            raise Refused("password_differs")
        done = core.ask(aq.SetPassword(new, old, who, remove))
        if done.until:
            raise Refused("password_shut", until=done.until)
        if not done.right:
            raise Refused("password_wrong")
        key = "cli.password_removed" if remove else "cli.password_set"
        print(words(key, who=who or core.me.id, ended=done.ended or ""))


@app.command("add")
def add(
    id_: str = typer.Argument(metavar="ID", help="A short name without spaces."),
    name: str = typer.Option(..., help="The name others see."),
    role: str = typer.Option("agent", help="agent, senior, supervisor, auditor, admin or integration."),
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
