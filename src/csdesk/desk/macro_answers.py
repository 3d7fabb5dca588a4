"""How a desk keeps macros and begins their runs."""

import os

from csdesk.desk import macro_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.bulk_answers import MACRO, checked, set_going, tried
from csdesk.desk.bulk_queries import RunView
from csdesk.desk.core import Core
from csdesk.domain import ids
from csdesk.domain import text as gate
from csdesk.domain.cases.command import VERBS
from csdesk.domain.cases.context import Refused
from csdesk.domain.roles import Right
from csdesk.domain.value import replace
from csdesk.store import macros
from csdesk.store.macros import Macro

MOST_STEPS = 10
MOST_NAME = 40
# What a macro may hold beside what may be done to many cases at once.
ALSO = ("note",)
# No step of a macro needs so many digits in a row; a telephone number has 11, an identity number 18.
MOST_DIGITS = 7


def _view(macro: Macro) -> q.MacroView:
    steps = tuple(q.Step(verb, entered) for verb, entered in macro.steps)
    return q.MacroView(macro.name, not macro.owner, steps, macro.at)


@answers(q.Macros)
def all_macros(core: Core, ask: q.Macros) -> list[q.MacroView]:
    return [_view(one) for one in macros.of(core.store.conn, core.store.keys, core.desk, core.me.id)]


@answers(q.SaveMacro)
def save_macro(core: Core, ask: q.SaveMacro) -> q.MacroView:
    name = gate.clean_line(ask.called).text.strip()
    if not name or len(name) > MOST_NAME or is_personal(name):
        raise Refused("macro_name", most=MOST_NAME)
    if not 0 < len(ask.steps) <= MOST_STEPS:
        raise Refused("macro_steps", n=len(ask.steps), most=MOST_STEPS)
    if ask.shared:
        core.need(Right.ASSIGN)
    for step in ask.steps:
        tried(core, step.verb, step.entered, also=ALSO)
        if any(map(is_personal, step.entered.values())):
            raise Refused("macro_personal", verb=step.verb)
    steps = tuple((step.verb, dict(step.entered)) for step in ask.steps)
    return keep(core, Macro("" if ask.shared else core.me.id, name, steps, core.now()))


def keep(core: Core, macro: Macro) -> q.MacroView:
    """Keep a macro under a person of its own, so that it can be forgotten."""
    person = ids.uuid7(core.now(), os.urandom(10))
    core.store.people.add(person)
    macros.put(core.store.conn, core.store.keys, core.desk, macro, person)
    return _view(macro)


@answers(q.ShareMacro)
def share_macro(core: Core, ask: q.ShareMacro) -> q.MacroView:
    macro, conn = _named(core, ask.called), core.store.conn
    taken = any(not one.owner and one.name == macro.name for one in _mine_and_ours(core))
    if taken:
        raise Refused("macro_shared", name=macro.name)
    macros.drop(conn, core.desk, macro.owner, macro.name)
    return keep(core, replace(macro, owner="", at=core.now()))


def is_personal(text: str) -> bool:
    """Whether a text holds a run of digits as long as somebody's number."""
    run = 0
    for sign in text:
        run = run + 1 if sign.isdecimal() else run if sign in " -" else 0
        if run >= MOST_DIGITS:
            return True
    return False


@answers(q.DropMacro)
def drop_macro(core: Core, ask: q.DropMacro) -> None:
    macro = _named(core, ask.called, shared=ask.shared)
    if not macro.owner:
        core.need(Right.ASSIGN)
    macros.drop(core.store.conn, core.desk, macro.owner, macro.name)


@answers(q.RunMacro)
def run_macro(core: Core, ask: q.RunMacro) -> RunView:
    macro = _named(core, ask.called)
    if not macro.steps:
        raise Refused("macro_empty", name=macro.name)
    for verb, _ in macro.steps:
        core.need(VERBS[verb].verb.right)
    whole = checked(core, ask.cases)
    entered = {"steps": macros.written(macro.steps).decode()}
    return set_going(core, ids.uuid7(core.now(), os.urandom(10)), MACRO + macro.name, whole, entered)


def _mine_and_ours(core: Core) -> list[Macro]:
    """The macros that I can use: mine first."""
    return macros.of(core.store.conn, core.store.keys, core.desk, core.me.id)


def _named(core: Core, name: str, *, shared: bool = False) -> Macro:
    """My macro of this name, else everybody's; `shared`: only everybody's."""
    found = [one for one in _mine_and_ours(core) if not (shared and one.owner)]
    for one in found:
        if one.name == name.strip():
            return one
    raise Refused("no_such_macro", name=name[:MOST_NAME], allowed=tuple(one.name for one in found))
