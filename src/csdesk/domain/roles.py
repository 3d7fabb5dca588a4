"""Who may do what: roles, the rights each holds, and how much money each may move alone."""

from enum import StrEnum


class Role(StrEnum):
    """A person's place on the desk.

    `integration` is another system, `system` the worker that runs timers and reports what left the desk.
    """

    AGENT = "agent"
    SENIOR = "senior"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMIN = "admin"
    INTEGRATION = "integration"
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
    LEAKS = "leaks"
    ADMIT = "admit"
    FEED = "feed"
    RUN = "run"


_AGENT = frozenset({Right.READ, Right.WORK, Right.REFUND})
# MEND: to try again, or to give up, what the worker could not do.
# LAW: to stage, approve and withdraw packs. It takes two people, so it is not the admin's alone.
# ADMIT: to let a terminal in that shows a code, for somebody who has fewer rights than oneself, or for oneself.
# FEED: to follow everything that happens on the desk, as a data warehouse does: numbers and codes, no person's data.
# LEAKS: to plant canaries, to ask who saw whose data, and to handle a leak of it: never for those it may be about.
_SUPERVISOR = _AGENT | {
    Right.ASSIGN, Right.TAKE_OVER, Right.LOAD, Right.LAW, Right.MEND, Right.LEAKS, Right.ADMIT,
}  # fmt: skip

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.AGENT: _AGENT,
    Role.SENIOR: _AGENT | {Right.ASSIGN},
    Role.SUPERVISOR: _SUPERVISOR,
    # An auditor sees and changes no case; an admin keeps the desk and takes no case: duties stay apart.
    Role.AUDITOR: frozenset({Right.READ, Right.AUDIT, Right.LEAKS, Right.FEED}),
    Role.ADMIN: frozenset(
        {
            Right.READ,
            Right.AUDIT,
            Right.LOAD,
            Right.CONFIGURE,
            Right.LAW,
            Right.ASSIGN,
            Right.MEND,
            Right.LEAKS,
            Right.ADMIT,
            Right.FEED,
        }
    ),
    # The most that a token of another system can open; each token names what of it. No money, and nobody's cases.
    Role.INTEGRATION: frozenset({Right.READ, Right.WORK, Right.LOAD, Right.FEED}),
    # WORK: the worker wakes what slept long enough, with the same verb a person has.
    Role.SYSTEM: frozenset({Right.READ, Right.WORK, Right.RUN}),
}


def may(role: Role, right: Right) -> bool:
    """Whether `role` holds `right`."""
    return right in RIGHTS[role]


def takes_cases(role: Role) -> bool:
    """Whether somebody of this role is given cases; another system may work on them, but nobody waits for it."""
    return may(role, Right.WORK) and role is not Role.INTEGRATION


def outranks(role: Role, other: Role) -> bool:
    """Whether `role` has all rights of `other` and more: it gains nothing by acting in the other's name."""
    return RIGHTS[role] > RIGHTS[other]
