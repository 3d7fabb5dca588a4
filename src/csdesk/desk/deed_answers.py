"""What somebody did last, verbs and runs, and how a whole run is taken back and done again."""

from collections.abc import Mapping, Sequence

from csdesk.desk import bulk_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.answers import lets_itself_be_undone
from csdesk.desk.bulk_answers import MACRO, find, named, set_going, steps, view
from csdesk.desk.core import Core
from csdesk.desk.undoing import last_undoable
from csdesk.domain import ids
from csdesk.domain.cases.case import Case, Kind
from csdesk.domain.cases.command import VERBS, Undo
from csdesk.domain.cases.context import History, Refused
from csdesk.domain.cases.events import ReplyHeld, Undone
from csdesk.domain.cases.shared import TakeBack
from csdesk.domain.value import dataclass
from csdesk.store import bulk, cases, feed
from csdesk.store.bulk import Run

UNDO = TakeBack.verb.name
# Nobody looks further back for what to take back; each case of the list is folded once.
MOST_DEEDS = 50


@answers(q.UndoRun)
def undo_run(core: Core, ask: q.UndoRun) -> q.RunView:
    run = find(core, ask.run)
    _mine(core, run)
    if refused := _irrevocable(_verbs(run)):
        raise refused
    if run.state == "running":
        bulk.end(core.store.conn, core.desk, run.id, "stopped", core.now())
    tries = _tries(core, run)
    if tries and tries[-1].state == "running":
        return view(core, tries[-1])
    back = {case for one in tries for case in _done(core, one)}
    left = tuple(case for case in _done(core, run) if case not in back)
    if not left:
        raise Refused("undo_run_done")
    return set_going(core, _try_id(run.id, len(tries)), UNDO, left, {"run": run.id}, run.parent)


def _mine(core: Core, run: Run) -> None:
    if run.actor != core.me.id:
        raise Refused("not_your_run", who=run.actor)


def _irrevocable(verbs: Sequence[str]) -> Refused | None:
    for verb in verbs:
        spec = VERBS[verb].verb
        if verb == UNDO:
            return Refused("undo_undo")
        if spec.undo is Undo.NONE:
            return Refused("undo_none", verb=verb, why=spec.why)
    return None


def _verbs(run: Run) -> list[str]:
    return [verb for verb, _ in steps(run)]


def _try_id(run: str, n: int) -> str:
    return named(f"undo/{run}/{n}")


def _tries(core: Core, run: Run) -> list[Run]:
    """The runs that took this one back, in order: what was refused can be tried again."""
    found: list[Run] = []
    while one := bulk.get(core.store.conn, core.store.keys, core.desk, _try_id(run.id, len(found))):
        found.append(one)
    return found


def _done(core: Core, run: Run) -> list[str]:
    return [one.case for one in bulk.items(core.store.conn, core.desk, run.id, "done", limit=run.total)]


@answers(q.RedoRun)
def redo_run(core: Core, ask: q.RedoRun) -> q.RunView:
    back = find(core, ask.run)
    _mine(core, back)
    id_ = named(f"redo/{back.id}")
    if again := bulk.get(core.store.conn, core.store.keys, core.desk, id_):
        return view(core, again)
    done = tuple(_done(core, back)) if back.verb == UNDO and back.state != "running" else ()
    if not done:
        raise Refused("redo_nothing")
    first = find(core, back.entered.get("run", ""))
    for verb in _verbs(first):
        core.need(VERBS[verb].verb.right)
    return set_going(core, id_, first.verb, done, first.entered, first.parent)


@dataclass(frozen=True, slots=True)
class _Request:
    key: str
    case: str
    verb: str
    at: int


@answers(q.Deeds)
def deeds(core: Core, ask: q.Deeds) -> list[q.Deed]:
    limit = max(1, min(ask.limit, MOST_DEEDS))
    # What a run did stands there as the run.
    rows = core.store.conn.execute(
        "SELECT key, case_id, verb, at FROM request WHERE desk_id = ? AND actor = ? AND substr(key, 1, 5) <> 'bulk:'"
        " ORDER BY at DESC LIMIT ?",
        (core.desk, core.me.id, limit),
    )
    runs = bulk.of_actor(core.store.conn, core.store.keys, core.desk, core.me.id, limit)
    told = [q.Deed(run.id, run.verb, run.at, "", "", view(core, run), _run_off(core, run)) for run in runs]
    told += _of_requests(core, [_Request(*row) for row in rows])
    return sorted(told, key=lambda deed: -deed.at)[:limit]


def _run_off(core: Core, run: Run) -> Refused | None:
    if not run.entered and run.verb.startswith(MACRO):
        return Refused("macro_empty", name=run.verb.removeprefix(MACRO))
    if refused := _irrevocable(_verbs(run)):
        return refused
    tries = _tries(core, run)
    counts = bulk.counts(core.store.conn, core.desk, run.id)
    back = sum(bulk.counts(core.store.conn, core.desk, one.id)["done"] for one in tries)
    over = run.state != "running" and back >= counts["done"]
    return Refused("undo_run_done") if over or (tries and tries[-1].state == "running") else None


@dataclass(frozen=True, slots=True)
class _Stand:
    """How a case stands for an undo: what I could take back there, and what was."""

    case: Case | None
    past: History | None
    undone: frozenset[str]


def _of_requests(core: Core, requests: Sequence[_Request]) -> list[q.Deed]:
    wanted = list(dict.fromkeys(one.case for one in requests))
    stands = {case: _stand(core, case) for case in wanted}
    numbers = _numbers(core, wanted)
    return [
        q.Deed(
            one.key,
            one.verb,
            one.at,
            one.case,
            numbers.get(one.case, ""),
            None,
            _off(core, one, stands[one.case]),
        )
        for one in requests
    ]


def _numbers(core: Core, wanted: Sequence[str]) -> Mapping[str, str]:
    rows = feed.rows(core.store.conn, core.desk, wanted)
    return {row.id: ids.number(Kind(row.kind).letters, row.body) for row in rows}


def _stand(core: Core, case_id: str) -> _Stand:
    conn = core.store.conn
    if cases.unknown_events(conn, core.desk, case_id):
        return _Stand(None, None, frozenset())
    case, _ = core.load(case_id)
    recalled = {message.id for message in case.messages if message.state == "recalled"}
    undone: set[str] = set()
    for one in cases.history(conn, core.desk, case_id):
        if isinstance(one.event, Undone):
            undone.add(one.event.cause)
        elif isinstance(one.event, ReplyHeld) and one.event.id in recalled:
            undone.add(one.cause)
    return _Stand(case, last_undoable(core, case), frozenset(undone))


def _off(core: Core, request: _Request, stand: _Stand) -> Refused | None:
    """Why a verb cannot be taken back now."""
    if request.verb not in VERBS or request.verb in (UNDO, "recall"):
        return Refused("undo_undo")
    if refused := _irrevocable((request.verb,)):
        return refused
    past = stand.past
    if request.key in stand.undone or past is None or stand.case is None:
        return Refused("undone_already")
    if past.cause != request.key:
        return Refused("undo_since", verb=past.verb)
    if past.later:
        return Refused("undo_overtaken", verb=past.verb, by=past.later[-1])
    return None if lets_itself_be_undone(core, stand.case, past) else Refused("already_sent")
