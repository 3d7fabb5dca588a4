"""What customers are marked as: a row for each time somebody set or took off a mark; the newest of each mark holds."""

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.persons import PersonFlagged
from csdesk.domain.value import dataclass
from csdesk.store.connection import Connection

# Two of one mark within a millisecond: the later one holds.
PUT_FLAG = "INSERT OR REPLACE INTO person_flag VALUES (?,?,?,?,?,?,?,?,?)"
OF_PERSON = (
    "SELECT flag, grounds, actor, at, until, cleared_at FROM person_flag f WHERE desk_id = ? AND person = ?"
    " AND at = (SELECT max(at) FROM person_flag n"
    "  WHERE n.desk_id = f.desk_id AND n.person = f.person AND n.flag = f.flag) ORDER BY flag"
)


@dataclass(frozen=True, slots=True)
class Flag:
    """A mark that a customer has: what for, by whom and since when (UTC ms); `until` 0: until it is taken off."""

    flag: str
    grounds: str
    by: str
    at: int
    until: int = 0


def flag_row(case: Case, happened: PersonFlagged, actor: str, at: int) -> tuple[object, ...]:
    """The row of `person_flag` that an event of a case leaves."""
    cleared = at if happened.off else 0
    return (
        case.desk,
        case.customer,
        happened.flag,
        at,
        actor,
        case.id,
        happened.grounds,
        happened.until,
        cleared,
    )


def of_person(conn: Connection, desk: str, person: str, now: int) -> tuple[Flag, ...]:
    """The marks that a customer has at `now`, by name; none for nobody."""
    if not person:
        return ()
    rows = conn.execute(OF_PERSON, (desk, person)).fetchall()
    return tuple(
        Flag(flag, grounds, by, at, until)
        for flag, grounds, by, at, until, cleared in rows
        if not cleared and (not until or now < until)
    )
