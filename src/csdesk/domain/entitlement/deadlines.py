"""Deadlines that an event sets running: the pack says which, this counts them."""

from csdesk.domain.clocks.deadline import count_minutes
from csdesk.domain.entitlement.decision import Decision, Due
from csdesk.domain.entitlement.facts import Faulty
from csdesk.domain.entitlement.fields import Fields, Moment, days, flag, moment, told
from csdesk.domain.entitlement.matter import Matter
from csdesk.domain.entitlement.pack import EventDeadline

FIELDS: Fields = {
    "event": told("event"),
    "at": moment,
    "appraisal_days": days,
    "promised_days": days,
    "material_change": flag,
}
ALIASES = {"happened_at": "at", "on": "at", "excluded_days": "appraisal_days", "material": "material_change"}
DATED_BY = ("at",)


def decide(m: Matter) -> Decision:
    """Each deadline of the event under its name; a rolled one also as `raw_<name>`."""
    m.need("event")
    said = m.facts.the_word("event")
    event = m.pack.words["event"].find(said)
    if event is None:
        allowed = ", ".join(m.pack.words["event"].words)
        raise Faulty("event", "unknown_word", said=said[:40], allowed=allowed)
    m.need("at")
    for due in m.pack.events[event]:
        if not due.when or m.facts.true(due.when):
            _set(m, due)
    return m.close("computed")


def _set(m: Matter, due: EventDeadline) -> None:
    rule = m.rule(due.provision)
    if "minutes" in rule.values:
        at = m.facts.moment("at")
        if at is not None:
            minutes(m, due.answer, due.provision, "at", at)
        return
    start = m.facts.the_day("at")
    excluded = m.facts.count("appraisal_days") or 0 if rule.values.get("excludes") == "appraisal_days" else 0
    deadline = m.count(due.answer, due.provision, start, excluded=excluded, show=due.show)
    day = m.deadlines[-1].day
    promised = m.facts.count("promised_days")
    if promised is not None and rule.values.get("caps") == "promised_days":
        sooner = m.count(due.answer, "promised_days", start, length=promised)
        m.deadlines.pop(-1 if sooner.rolled_day >= day else -2)
        day = min(day, sooner.rolled_day)
    m.say("deadline", due.provision, name=due.answer, day=day.isoformat())
    m.answer(**{due.answer: day})
    if deadline.rolled:
        m.answer(**{f"raw_{due.answer}": deadline.raw_day})
    if rule.contested and rule.contested != "roll":
        m.contest(rule.contested, day=day.isoformat())


def minutes(m: Matter, name: str, code: str, fact: str, at: Moment) -> None:
    """A term in minutes runs from the instant that `fact` states, so it needs one; it is answered as `name`."""
    if at.ms is None:
        raise Faulty(fact, "needs_an_instant")
    rule = m.rule(code)
    length, articles = rule.number("minutes"), tuple(m.cite(rule))
    deadline = count_minutes(at.ms, length, basis=rule.basis, zone=m.zone, articles=articles)
    m.deadlines.append(Due(name, deadline.rolled_day, deadline))
    m.say("deadline_minutes", code, name=name, minutes=length)
    m.answer(**{name: deadline.rolled_day})
    m.answer(**{f"{name}_ms": deadline.due_ms})
