"""What people find out about a case: facts that a decision asks for and no order tells."""

from csdesk.domain.cases.case import Case, Fact
from csdesk.domain.cases.command import Command, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, FactsStated
from csdesk.domain.mask import mask_text
from csdesk.domain.value import dataclass

MOST_FACTS = 60
LONGEST = 200


@verb("establish", shared=True, example="csdesk case do RT-… establish facts=tag_removed=false,intact=true")
@dataclass(frozen=True, slots=True)
class Establish(Command):
    """Record what was found out (name=value), about one line of the order or the whole case; name= forgets it.

    The desk checks each name and value against the question of the case before it is kept.
    """

    facts: tuple[str, ...]
    line: int = 0

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.line and case.line(self.line) is None:
            raise Refused("no_such_line", line=self.line)
        pairs = tuple(_pair(said) for said in self.facts)
        found = tuple(Fact(self.line, name, _value(said)) for name, said in pairs if said)
        drop = tuple(name for name, said in pairs if not said)
        known = case.stated(self.line)
        found = tuple(fact for fact in found if known.get(fact.name) != fact.value)
        drop = tuple(name for name in drop if name in known)
        if not found and not drop:
            raise Refused("no_facts")
        if len(case.facts) + len(found) > MOST_FACTS:
            raise Refused("too_many_facts", most=MOST_FACTS)
        return (FactsStated(found, drop),)


def _pair(said: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in said.partition("="))
    if not name or not equals:
        raise Refused("not_a_fact", said=said[:40])
    if len(value) > LONGEST:
        raise Refused("fact_too_long", name=name[:40], most=LONGEST)
    return name, value


def _value(said: str) -> str | bool:
    """A fact is typed by the decision that reads it; numbers stay text so that 08 stays 08. Numbers of people go."""
    return {"true": True, "false": False}.get(said, mask_text(said))
