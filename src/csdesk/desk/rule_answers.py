"""How a desk tells what it decides with, and how whoever asked makes the same of it again."""

from csdesk.desk import rule_queries as q
from csdesk.desk.answering import answers
from csdesk.desk.core import Core
from csdesk.domain.cases.context import Policy, Refused
from csdesk.domain.clocks.calendar import WorkingCalendar, working_calendar
from csdesk.domain.clocks.times import Times
from csdesk.domain.value import replace


@answers(q.DeskRules)
def desk_rules(core: Core, ask: q.DeskRules) -> q.RulesTold:
    policy, times = core.policy, core.times
    by_merchant = policy.operations.merchants
    return q.RulesTold(
        # What JSON has no form for goes beside it: keys of two parts, and tables that are read late.
        replace(
            policy,
            tenders=dict(policy.tenders),
            operations=replace(policy.operations, kinds=dict(policy.operations.kinds), merchants={}),
        ),
        tuple((merchant, kind, rules) for (merchant, kind), rules in by_merchant.items()),
        times.hours,
        dict(times.targets),
        _calendar(times),
    )


def _calendar(times: Times) -> q.CalendarTold:
    try:
        calendar = times.load()
    except (
        Refused
    ):  # the desk's own file errs: each verb that counts with it says so, and a form may say it too
        return q.CalendarTold("", (), (), None)
    notices = tuple(calendar.notices.values())
    return q.CalendarTold(calendar.code, notices, tuple(sorted(calendar.weekend)), calendar.revised_from)


def policy_told(told: q.RulesTold) -> Policy:
    """The policy as the desk has it."""
    merchants = {(merchant, kind): rules for merchant, kind, rules in told.merchants}
    return replace(told.policy, operations=replace(told.policy.operations, merchants=merchants))


def times_told(told: q.RulesTold) -> Times:
    """The times as the desk has them."""
    made = told.calendar

    def load() -> WorkingCalendar:
        if not made.weekend:
            raise Refused("bad_calendar", said="")
        return working_calendar(made.code, made.notices, made.weekend, made.revised_from)

    return Times(load, told.hours, told.targets)
