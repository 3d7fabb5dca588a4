"""The question who did and looked at what, over verbs, looks and checks of callers; no words of customers in it."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.value import dataclass

MOST = 500


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that `actor` did at UTC ms. `sort`: `verb`, `look`, `check`, `export`; `what`: verb, reason, result
    or table.

    `number` and `case` are "" for a check and an export; `detail`: the fields looked at, the sorts of things asked for,
    the export's number, format, queue and how many cases.
    """

    at: int
    actor: str
    sort: str
    what: str
    number: str
    case: str
    detail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, the latest first; `after` asks for the next page ("": there is none)."""

    entries: tuple[AuditEntry, ...]
    after: str


@dataclass(frozen=True, slots=True)
class AuditLog(Ask[AuditPage]):
    """What everybody did, or one agent (`of`), or on one case; since UTC ms; the page that follows `after`.

    One's own deeds are anybody's to see; others' take the right to hand out cases or to audit. Refused `no_such_case`,
    `bad_cursor`.
    """

    name: ClassVar[str] = "audit_log"
    room: ClassVar[str] = "audit_answers"
    aside: ClassVar[bool] = True
    of: str = ""
    case: str = ""
    since: int = 0
    after: str = ""
    limit: int = 100
