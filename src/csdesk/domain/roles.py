"""Who may do what: roles, the rights each holds, and how much money each may move alone."""

from enum import StrEnum


class Role(StrEnum):
    """A person's place on the desk; `system` is the worker that runs timers and reports what left the desk."""

    AGENT = "agent"
    SENIOR = "senior"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SYSTEM = "system"


class Right(StrEnum):
    """One thing a role may do; every verb and query names exactly one."""

    READ = "read"
    WORK = "work"
    REFUND = "refund"
    ASSIGN = "assign"
    TAKE_OVER = "take_over"
    AUDIT = "audit"
    LOAD = "load"
    CONFIGURE = "configure"
    LAW = "law"
    MEND = "mend"
    RUN = "run"


_AGENT = frozenset({Right.READ, Right.WORK, Right.REFUND})
# MEND: to try again, or to give up, what the worker could not do.
# LAW: to stage, approve and withdraw packs. It takes two people, so it is not the admin's alone.
_SUPERVISOR = _AGENT | {Right.ASSIGN, Right.TAKE_OVER, Right.LOAD, Right.LAW, Right.MEND}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.AGENT: _AGENT,
    Role.SENIOR: _AGENT | {Right.ASSIGN},
    Role.SUPERVISOR: _SUPERVISOR,
    # An auditor sees and never changes; an admin keeps the desk and takes no case: duties stay apart.
    Role.AUDITOR: frozenset({Right.READ, Right.AUDIT}),
    Role.ADMIN: frozenset(
        {Right.READ, Right.AUDIT, Right.LOAD, Right.CONFIGURE, Right.LAW, Right.ASSIGN, Right.MEND}
    ),
    # WORK: the worker wakes what slept long enough, with the same verb a person has.
    Role.SYSTEM: frozenset({Right.READ, Right.WORK, Right.RUN}),
}


def may(role: Role, right: Right) -> bool:
    """Whether `role` holds `right`."""
    return right in RIGHTS[role]
