"""Questions about filters and the views that keep them; a filter is asked for as the queue `?` and its text."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class Tallied:
    """How many cases a filter lets through and how many of them are late; `whole`: all were counted."""

    cases: int
    late: int
    whole: bool


@dataclass(frozen=True, slots=True)
class TallyFilter(Ask[Tallied]):
    """How many cases pass a filter, counted up to `most`. Refused `filter_…`, `sign` the sign it is about, from 1."""

    name: ClassVar[str] = "tally_filter"
    room: ClassVar[str] = "filter_answers"
    text: str
    most: int = 1_000


@dataclass(frozen=True, slots=True)
class Completion:
    """What could stand at the caret: `text` in place of the signs from `start` to `end`; `label` says what it is."""

    text: str
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CompleteFilter(Ask[list[Completion]]):
    """Fields, or values of the field, that fit what stands before the caret, in the reader's language."""

    name: ClassVar[str] = "complete_filter"
    room: ClassVar[str] = "filter_answers"
    text: str
    caret: int
    language: str = ""
    limit: int = 20


@dataclass(frozen=True, slots=True)
class ViewKept:
    """A filter under a name, with its columns (none: the usual ones); `shared`: everybody's."""

    called: str
    filter: str
    columns: tuple[str, ...]
    shared: bool
    at: int


@dataclass(frozen=True, slots=True)
class Views(Ask[list[ViewKept]]):
    """The views that I can use: mine, then everybody's, by name."""

    name: ClassVar[str] = "views"
    room: ClassVar[str] = "filter_answers"


@dataclass(frozen=True, slots=True)
class KeepView(Ask[ViewKept]):
    """Keep a filter under a name, in place of the one of the same name; a shared one takes `assign`.

    Refused `view_name`, `view_columns`, `views_many`, or as the filter is.
    """

    name: ClassVar[str] = "keep_view"
    room: ClassVar[str] = "filter_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    called: str
    text: str
    columns: tuple[str, ...] = ()
    shared: bool = False


@dataclass(frozen=True, slots=True)
class KeepFilter(Ask[None]):
    """Keep the filter that my console shows, with its columns, for when it is started again; "" forgets it.

    Refused `filter_long`, `view_columns`.
    """

    name: ClassVar[str] = "keep_filter"
    room: ClassVar[str] = "filter_answers"
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    text: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptFilter(Ask[ViewKept | None]):
    """The filter that my last console showed; None when it showed none. It is called as a view of the same filter."""

    name: ClassVar[str] = "kept_filter"
    room: ClassVar[str] = "filter_answers"


@dataclass(frozen=True, slots=True)
class DropView(Ask[None]):
    """Forget a view; everybody's takes `assign`. Refused `no_such_view`."""

    name: ClassVar[str] = "drop_view"
    room: ClassVar[str] = "filter_answers"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    called: str
    shared: bool = False
