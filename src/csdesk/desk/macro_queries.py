"""Errands and questions about macros: several verbs under a name, carried out in order on a case or on many."""

from collections.abc import Mapping
from typing import ClassVar

from csdesk.desk.bulk_queries import RunView
from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One verb of a macro, with what its form would hold; a reply's slots are filled for each case."""

    verb: str
    entered: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MacroView:
    """A macro; `shared`: everybody's, else mine."""

    name: str
    shared: bool
    steps: tuple[Step, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Macros(Ask[list[MacroView]]):
    """The macros that I can use: mine, then everybody's."""

    name: ClassVar[str] = "macros"
    room: ClassVar[str] = "macro_answers"
    right: ClassVar[Right] = Right.WORK


@dataclass(frozen=True, slots=True)
class SaveMacro(Ask[MacroView]):
    """Keep steps under a name, in place of what it held. `shared`: for everybody, by those who may hand out cases.

    Refused `macro_name`, `macro_steps`, `not_in_bulk`, `macro_personal` (a text with somebody's number), or as a
    verb's form says.
    """

    name: ClassVar[str] = "save_macro"
    room: ClassVar[str] = "macro_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    called: str
    steps: tuple[Step, ...]
    shared: bool = False


@dataclass(frozen=True, slots=True)
class DropMacro(Ask[None]):
    """Forget a macro of mine, or (by those who may hand out cases) one of everybody's. Refused `no_such_macro`.

    `shared`: everybody's of that name, even if I have one too.
    """

    name: ClassVar[str] = "drop_macro"
    room: ClassVar[str] = "macro_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    called: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class ShareMacro(Ask[MacroView]):
    """Make a macro of mine everybody's; it is mine no more. Refused `macro_shared` when everybody's has that name."""

    name: ClassVar[str] = "share_macro"
    room: ClassVar[str] = "macro_answers"
    right: ClassVar[Right] = Right.ASSIGN
    writes: ClassVar[bool] = True
    called: str


@dataclass(frozen=True, slots=True)
class RunMacro(Ask[RunView]):
    """Carry a macro out on these cases: on each all of its verbs in order, or none when one is refused there."""

    name: ClassVar[str] = "run_macro"
    room: ClassVar[str] = "macro_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    called: str
    cases: tuple[str, ...]
