"""How a desk begins, carries out and shows runs: one verb for many cases, each in a savepoint, once by its key."""

import os
from collections.abc import Collection, Mapping, Sequence

from csdesk.desk import bulk_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.desk.desk import Conflict
from csdesk.desk.library import spoken_by
from csdesk.desk.registry import command
from csdesk.desk.slots import Sheet, fill
from csdesk.desk.undoing import last_undoable
from csdesk.domain import ids
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Actor, Refused
from csdesk.domain.cases.conversation import Reply
from csdesk.domain.cases.events import Undone
from csdesk.domain.cases.shared import Note, TakeBack
from csdesk.domain.roles import Right, Role
from csdesk.domain.value import replace
from csdesk.store import bulk, cases
from csdesk.store.bulk import Item, Run
from csdesk.store.connection import savepoint, write
from csdesk.store.library import DEFAULT_LANGUAGE
from csdesk.store.macros import Steps, read

# A run of more is a filter that says too little.
MOST_CASES = 50_000
# Before the name of a macro, where else the verb of a run stands.
MACRO = "macro:"
# Others wait for the lock while a step holds it: some 3 ms a case, and 30 ms are not felt.
CASES_A_STEP = 10
# A step of a macro that finds the case as it would leave it is passed over: who has the case may run one that takes it.
DONE_ALREADY = frozenset(("already_yours", "already_theirs", "held_by_nobody", "no_tags", "same_priority"))


@answers(q.BeginRun)
def begin_run(core: Core, ask: q.BeginRun) -> q.RunView:
    return begin(core, ask, _run_id(core, ask.key) if ask.key else ids.uuid7(core.now(), os.urandom(10)))


def begin(core: Core, ask: q.BeginRun, id_: str) -> q.RunView:
    """Begin a run under this id, once, inside the caller's transaction."""
    if bulk.get(core.store.conn, core.store.keys, core.desk, id_):
        return view(core, find(core, id_))
    tried(core, ask.verb, ask.entered)
    named_cases = checked(core, ask.cases)
    parent = core.load(core.case_id(ask.parent))[0].id if ask.parent else ""
    return set_going(core, id_, ask.verb, named_cases, ask.entered, parent)


def set_going(
    core: Core, id_: str, verb: str, whole: tuple[str, ...], entered: Mapping[str, str], parent: str = ""
) -> q.RunView:
    """Keep a run whose parts have been looked at, for the worker to carry out.

    Refused `scoped_token` to whose token has fewer rights than the role: the worker would act with all of them.
    """
    if core.me.rights is not None:
        raise Refused("scoped_token")
    now = core.now()
    run = Run(id_, verb, core.me.id, core.me.role, parent, "running", len(whole), now, 0, dict(entered))
    person = ids.uuid7(now, os.urandom(10))
    core.store.people.add(person)
    bulk.put(core.store.conn, core.store.keys, core.desk, run, person, whole)
    return view(core, run)


def _run_id(core: Core, key: str) -> str:
    """The run that this key of this person names, always the same."""
    return named(f"{core.desk}/{core.me.id}/{key}")


def named(what: str) -> str:
    """A run's id from what it is, always the same."""
    from hashlib import sha256

    return sha256(what.encode()).hexdigest()[:32]


def tried(core: Core, verb: str, entered: Mapping[str, str], *, also: Collection[str] = ()) -> None:
    """Refused unless I may use the verb on many cases, and what was entered makes a command.

    A reply may leave its text to its canned one. `also`: verbs that may be used though they are for one case.
    """
    cls = VERBS.get(verb)
    if cls is None:
        raise Refused("unknown_verb", verb=verb)
    core.need(cls.verb.right)
    if not cls.verb.bulk and verb not in also:
        raise Refused("not_in_bulk", verb=verb)
    if verb == Reply.verb.name and entered.get("canned") and not entered.get("text"):
        entered = {**entered, "text": "-"}
    command(verb, dict(entered))


def checked(core: Core, said: Sequence[str]) -> tuple[str, ...]:
    """The ids of these cases, each once. Refused `no_cases`, `too_many_cases`, `no_such_case`."""
    if not said:
        raise Refused("no_cases")
    if len(said) > MOST_CASES:
        raise Refused("too_many_cases", n=len(said), most=MOST_CASES)
    return tuple(dict.fromkeys(core.case_id(one) for one in said))


@answers(q.ShowRun)
def show_run(core: Core, ask: q.ShowRun) -> q.RunView:
    return view(core, find(core, ask.run))


@answers(q.Runs)
def runs(core: Core, ask: q.Runs) -> list[q.RunView]:
    conn, keys = core.store.conn, core.store.keys
    if ask.parent:
        found = bulk.of_parent(conn, keys, core.desk, core.case_id(ask.parent), ask.limit)
    else:
        found = bulk.of_actor(conn, keys, core.desk, core.me.id, ask.limit)
    return [view(core, run) for run in found]


@answers(q.RunItems)
def run_items(core: Core, ask: q.RunItems) -> list[q.CameOf]:
    if ask.state not in bulk.STATES:
        raise Refused("bad_choice", field="state", value=ask.state[:80], allowed=bulk.STATES)
    found = bulk.items(core.store.conn, core.desk, find(core, ask.run).id, ask.state, ask.after, ask.limit)
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
    run = find(core, ask.run)
    if run.actor != core.me.id and not core.me.may(Right.ASSIGN):
        raise Refused("no_right", role=core.me.role, right=Right.ASSIGN)
    if run.state == "running":
        bulk.end(core.store.conn, core.desk, run.id, "stopped", core.now())
    return view(core, find(core, run.id))


def find(core: Core, id_: str) -> Run:
    """The run with this id; Refused `no_such_run`."""
    found = bulk.get(core.store.conn, core.store.keys, core.desk, id_)
    if found is None:
        raise Refused("no_such_run", run=id_[:40])
    return found


def view(core: Core, run: Run) -> q.RunView:
    """A run with its counts as they stand."""
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
    actor.announces = bool(
        run.parent
    )  # of an incident: nobody is left out because a colleague has the case open
    return actor


def _one(core: Core, run: Run, item: Item) -> Item:
    try:
        with savepoint(core.store.conn):
            _carry_out(core, run, item.case)
    except Refused as refused:
        return replace(item, state="refused", why=_told(refused), at=core.now())
    except Conflict:
        return replace(item, state="refused", why={"code": "conflict"}, at=core.now())
    return replace(item, state="done", at=core.now())


def _carry_out(core: Core, run: Run, case: str) -> None:
    """What is done to this case: a verb, or those of a macro one after the other; Refused names the step."""
    if run.verb == TakeBack.verb.name:
        _take_back(core, run, case)
        return
    for n, (verb, entered) in enumerate(steps(run)):
        try:
            core.within(
                command(verb, _for_case(core, case, verb, entered)), case, key=_cause(run.id, case, n)
            )
        except Refused as refused:
            if not run.verb.startswith(MACRO):
                raise
            if refused.code in DONE_ALREADY:
                continue
            raise Refused(refused.code, **{**refused.detail, "step": verb}) from None


def steps(run: Run) -> Steps:
    """The verbs of a run, in order; none of a macro's once its text was shredded."""
    if not run.verb.startswith(MACRO):
        return ((run.verb, run.entered),)
    kept = run.entered.get("steps", "")
    if not kept:
        raise Refused("macro_empty", name=run.verb.removeprefix(MACRO))
    return read(kept)


def _cause(run: str, case: str, n: int) -> str:
    """The key of the n-th verb of a run on a case."""
    return f"{bulk.bulk_key(run)}:{case}" + (f"/{n}" if n else "")


def _take_back(core: Core, run: Run, case: str) -> None:
    """Take back what another run did here, its last verb first."""
    of = find(core, run.entered.get("run", ""))
    did = {one.cause for one in cases.history(core.store.conn, core.desk, case)}
    # A step that was passed over left nothing to take back.
    left = [n for n in range(len(steps(of))) if _cause(of.id, case, n) in did]
    for n in reversed(left or [0]):
        _still_last(core, _cause(of.id, case, n), case)
        core.within(TakeBack(), case, key=_cause(run.id, case, n))


def _still_last(core: Core, cause: str, case_id: str) -> None:
    """Refused unless what a run did here is the last that its actor did here."""
    case, _ = core.load(case_id)
    past = last_undoable(core, case)
    if past is None or past.cause == cause:
        return  # with nothing to take back, the verb itself says so
    history = cases.history(core.store.conn, core.desk, case_id)
    if any(isinstance(one.event, Undone) and one.event.cause == cause for one in history):
        raise Refused("undone_already")
    raise Refused("undo_since", verb=past.verb)


def _for_case(core: Core, case_id: str, verb: str, entered: Mapping[str, str]) -> dict[str, str]:
    """What is entered for this case: a reply in its customer's language, with the case's values in its slots; a note
    with the values alone.
    """
    if verb == Note.verb.name:
        case, _ = core.load(case_id)
        sheet = Sheet.of(core, case, spoken_by(core, case) or DEFAULT_LANGUAGE)
        return {**entered, "text": fill(sheet, entered.get("text", ""), {})[0]}
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
