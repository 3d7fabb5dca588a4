"""`csdesk board` and `csdesk broadcast`: how a shift stands, and one line for everybody."""

from collections.abc import Iterator, Sequence

import typer

from csdesk.cli.options import AGENT, FILE, JSON, LANGUAGE
from csdesk.cli.session import answer, desk, say, settings
from csdesk.desk.board_queries import AgentShift, Board, BoardView, QueueState
from csdesk.desk.broadcast_queries import Broadcast, Broadcasts, Unsay
from csdesk.desk.leak_words import urgent
from csdesk.desk.words import Words


def board_(
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Show every queue, everybody's shift and what needs a person."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        found, words = core.ask(Board()), say(core, config)
        answer(found, as_json, _lines(found, words))


def _lines(view: BoardView, words: Words) -> Iterator[str]:
    for one in view.queues:
        if one.live:
            yield _queue(one, words, view.at)
    yield ""
    for shift in view.agents:
        yield _shift(shift, words, view.at)
    needs = list(_needs(view, words))
    yield from ["", *needs] if needs else []


def _queue(one: QueueState, words: Words, now: int) -> str:
    told = words(
        "cli.board_queue",
        queue=words.code("queue", one.queue),
        live=one.live,
        late=one.late,
        hour=one.hour,
        four=one.four_hours,
        free=one.unassigned,
    )
    if one.oldest:
        told += words("cli.board_oldest", case=one.oldest, late=words.left(one.oldest_due, now))
    return told if one.hands else told + words("cli.board_no_hands")


def _shift(one: AgentShift, words: Words, now: int) -> str:
    told = words(
        "cli.board_agent",
        who=one.id,
        name=one.name,
        state=words.code("presence", one.state if one.since else "unsaid"),
        live=one.assigned,
        late=one.late,
        done=one.done,
    )
    since = words("cli.board_since", at=words.short(one.since)) if one.since else ""
    held = words("cli.board_held", case=one.held, at=words.short(one.held_since)) if one.held else ""
    return told + since + held


def _needs(view: BoardView, words: Words) -> Iterator[str]:
    if view.worker == "stopped":
        yield words("cli.board_stopped", at=words.short(view.waiting_since))
    counts: Sequence[tuple[str, int]] = (
        ("board.failed", view.failed),
        ("board.in_doubt", view.in_doubt),
        ("board.awaiting", view.awaiting),
    )
    yield from (words(key, n=n) for key, n in counts if n)
    for passed in view.skipped:
        why = words.between.join(words.code("skip", code) for code in passed.why)
        who = words.between.join(passed.agents)
        yield words("cli.board_skipped", number=passed.number, n=len(passed.agents), who=who, why=why)
    for looked in view.looks:
        own, usual, at = f"{looked.own:g}", f"{looked.desk:g}", words.short(looked.hour)
        yield words("board.looks", who=looked.agent, at=at, n=looked.looks, own=own, desk=usual)
    if view.urgent:
        yield from (said for _, said in urgent(view.urgent, words, view.at))
    for one in view.incidents:
        at = words.short(one.told_at) if one.told_at else words("board.never_told")
        yield f"{words('board.incident', number=one.number, n=one.members, at=at)}  {one.subject}"


def broadcast_(
    text: str = typer.Argument("", help="One line, at most 200 characters; absent: what is told now."),
    minutes: int = typer.Option(30, help="How long every console shows it."),
    take_back: str = typer.Option("", help="The id of a broadcast to take back."),
    as_json: bool = JSON,
    file: str | None = FILE,
    agent: str | None = AGENT,
    language: str | None = LANGUAGE,
) -> None:
    """Tell everybody who works here one line."""
    config = settings(file, agent, language).config
    with desk(config) as core:
        words = say(core, config)
        if take_back:
            core.ask(Unsay(take_back))
        said = [core.ask(Broadcast(text, minutes))] if text else core.ask(Broadcasts())
        told = (
            words("cli.broadcast", id=one.id, who=one.actor, until=words.short(one.until), text=one.text)
            for one in said
        )
        answer(said, as_json, told)
