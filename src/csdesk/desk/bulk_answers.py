"""How a desk begins, carries out and shows runs: one verb for many cases, each in a savepoint, once by its key."""

import os
from collections.abc import Mapping
from dataclasses import replace

from csdesk.desk import bulk_queries as q
from csdesk.desk.answers import answers
from csdesk.desk.core import Core
from csdesk.desk.desk import Conflict
from csdesk.desk.library import spoken_by
from csdesk.desk.registry import command
from csdesk.desk.slots import Sheet, fill
from csdesk.domain import ids
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.roles import Right, Role, may
from csdesk.store import bulk
from csdesk.store.bulk import Item, Run
from csdesk.store.connection import savepoint, write
from csdesk.store.library import DEFAULT_LANGUAGE

# A run of more is a filter that says too little.
MOST_CASES = 50_000
# Others wait for the lock while a step holds it: some 3 ms a case, and 30 ms are not felt.
CASES_A_STEP = 10


@answers(q.BeginRun)
def begin_run(core: Core, ask: q.BeginRun) -> q.RunView:
    id_ = ids.uuid7(core.now(), os.urandom(10)) if not ask.key else _run_id(core, ask.key)
    if bulk.get(core.store.conn, core.store.keys, core.desk, id_):
        return _view(core, _run(core, id_))
    cls = VERBS.get(ask.verb)
    if cls is None:
        raise Refused("unknown_verb", verb=ask.verb)
    core.need(cls.verb.right)
    if not cls.verb.bulk:
        raise Refused("not_in_bulk", verb=ask.verb)
    _tried(ask)
    if not ask.cases:
        raise Refused("no_cases")
    if len(ask.cases) > MOST_CASES:
        raise Refused("too_many_cases", n=len(ask.cases), most=MOST_CASES)
    cases = tuple(dict.fromkeys(core.case_id(said) for said in ask.cases))
    parent = core.load(core.case_id(ask.parent))[0].id if ask.parent else ""
    run = Run(
        id_,
        ask.verb,
        core.me.id,
        core.me.role,
        parent,
        "running",
        len(cases),
        core.now(),
        0,
        dict(ask.entered),
    )
    person = ids.uuid7(core.now(), os.urandom(10))
    core.store.people.add(person)
    bulk.put(core.store.conn, core.store.keys, core.desk, run, person, cases)
    return _view(core, run)


def _run_id(core: Core, key: str) -> str:
    """The run that this key of this person names, always the same."""
    from hashlib import sha256

    return sha256(f"{core.desk}/{core.me.id}/{key}".encode()).hexdigest()[:32]


def _tried(ask: q.BeginRun) -> None:
    """What was entered makes a command; a reply may leave its text to its canned one."""
    if ask.verb == Reply.verb.name and ask.entered.get("canned") and not ask.entered.get("text"):
        command(ask.verb, {**ask.entered, "text": "-"})
        return
    command(ask.verb, dict(ask.entered))


@answers(q.ShowRun)
def show_run(core: Core, ask: q.ShowRun) -> q.RunView:
    return _view(core, _run(core, ask.run))


@answers(q.Runs)
def runs(core: Core, ask: q.Runs) -> list[q.RunView]:
    conn, keys = core.store.conn, core.store.keys
    if ask.parent:
        found = bulk.of_parent(conn, keys, core.desk, core.case_id(ask.parent), ask.limit)
    else:
        found = bulk.of_actor(conn, keys, core.desk, core.me.id, ask.limit)
    return [_view(core, run) for run in found]


@answers(q.RunItems)
def run_items(core: Core, ask: q.RunItems) -> list[q.CameOf]:
    if ask.state not in bulk.STATES:
        raise Refused("bad_choice", field="state", value=ask.state[:80], allowed=bulk.STATES)
    found = bulk.items(core.store.conn, core.desk, _run(core, ask.run).id, ask.state, ask.after, ask.limit)
    return [
        q.CameOf(
            one.case,
            core.number(core.load(one.case)[0]),
            one.state,
            one.why.get("code", ""),
            {name: value for name, value in one.why.items() if name != "code"},
            one.at,
        )
        for one in found
    ]


@answers(q.StopRun)
def stop_run(core: Core, ask: q.StopRun) -> q.RunView:
    run = _run(core, ask.run)
    if run.actor != core.me.id and not may(core.me.role, Right.ASSIGN):
        raise Refused("no_right", role=core.me.role, right=Right.ASSIGN)
    if run.state == "running":
        bulk.end(core.store.conn, core.desk, run.id, "stopped", core.now())
    return _view(core, _run(core, run.id))


def _run(core: Core, id_: str) -> Run:
    found = bulk.get(core.store.conn, core.store.keys, core.desk, id_)
    if found is None:
        raise Refused("no_such_run", run=id_[:40])
    return found


def _view(core: Core, run: Run) -> q.RunView:
    counts = bulk.counts(core.store.conn, core.desk, run.id)
    return q.RunView(
        run.id, run.verb, run.actor, run.parent, run.state, run.total, counts, run.at, run.ended_at
    )


def step(core: Core, run_id: str) -> bool:
    """Carry a run on by some cases, in one transaction of its own; whether it is over. By the worker alone."""
    core.need(Right.RUN)
    conn = core.store.conn
    with write(conn):
        run = bulk.get(conn, core.store.keys, core.desk, run_id)
        if run is None or run.state != "running":
            return True
        waiting = bulk.items(conn, core.desk, run.id, "waiting", limit=CASES_A_STEP)
        actor = _as(core, run)
        bulk.settle(conn, core.desk, run.id, [_one(actor, run, item) for item in waiting])
        over = len(waiting) < CASES_A_STEP
        if over:
            bulk.end(conn, core.desk, run.id, "done", core.now())
        return over


def _as(core: Core, run: Run) -> Core:
    """The same desk behind the same connection, acting for whoever began the run."""
    actor = core.by_itself()
    actor.me = Actor(run.actor, Role(run.role))
    return actor


def _one(core: Core, run: Run, item: Item) -> Item:
    try:
        with savepoint(core.store.conn):
            entered = _for_case(core, item.case, run.verb, run.entered)
            made = command(run.verb, entered)
            core.within(made, item.case, key=f"{bulk.bulk_key(run.id)}:{item.case}")
    except Refused as refused:
        return replace(item, state="refused", why=_told(refused), at=core.now())
    except Conflict:
        return replace(item, state="refused", why={"code": "conflict"}, at=core.now())
    return replace(item, state="done", at=core.now())


def _for_case(core: Core, case_id: str, verb: str, entered: Mapping[str, str]) -> dict[str, str]:
    """What is entered for this case: a reply in its customer's language, with the case's values in its slots."""
    if verb != Reply.verb.name:
        return dict(entered)
    case, _ = core.load(case_id)
    language = spoken_by(core, case) or DEFAULT_LANGUAGE
    text, articles = entered.get("text", ""), entered.get("articles", "")
    if not text and entered.get("canned"):
        canned = core.store.replies.reply(entered["canned"], language)
        if canned is None:
            raise Refused("no_such_canned", canned=entered["canned"])
        text, articles = canned.body, articles or ",".join(canned.articles)
    cited = tuple(part.strip() for part in articles.split(",") if part.strip())
    filled, _ = fill(Sheet.of(core, case, language, cited), text, {})
    return {**entered, "text": filled, "articles": articles}


def _told(refused: Refused) -> dict[str, str]:
    """A refusal as it is kept: who or what stands in the way, never words of a message."""
    told = {
        name: ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        for name, value in refused.detail.items()
        if name not in ("text", "value", "phrase")
    }
    return {"code": refused.code} | {name: value[:200] for name, value in told.items()}
