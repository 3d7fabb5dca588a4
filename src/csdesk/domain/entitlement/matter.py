"""One question while it is decided: facts, the law of its day, what is found on the way to the answer."""

from collections.abc import Iterable
from dataclasses import field
from datetime import date, tzinfo

from csdesk.domain.clocks.calendar import WorkingCalendar
from csdesk.domain.clocks.deadline import Basis, Deadline, Period, count_back, count_forward
from csdesk.domain.clocks.explain import Arg
from csdesk.domain.entitlement.decision import Answer, Contest, Decision, Due, Ground
from csdesk.domain.entitlement.facts import Facts
from csdesk.domain.entitlement.pack import CONFIDENCE, Article, Confidence, Pack, Provision
from csdesk.domain.money import Money, format_plain, parse
from csdesk.domain.value import dataclass

ADVERSE = ("ineligible", "reject_quality_claim")


class NoLaw(Exception):
    """The rule that the question turns on was not in force on the day; ends in `policy_dependent`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Matter:
    """The working paper of one decision. Rules read `facts`, write what they find, and end in `close`."""

    kind: str
    facts: Facts
    pack: Pack
    calendar: WorkingCalendar
    zone: tzinfo
    currency: str
    on: date
    now: date | None = None
    grounds: list[Ground] = field(default_factory=list)
    articles: dict[str, Article] = field(default_factory=dict)
    deadlines: list[Due] = field(default_factory=list)
    contested: list[Contest] = field(default_factory=list)
    flags: dict[str, None] = field(default_factory=dict)
    lacking: dict[str, None] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    confidence: Confidence = "statute"

    def law(self, code: str) -> Provision | None:
        """The rule as it stood on the day that chooses the law; None when there was none."""
        return self.pack.provision(code, self.on)

    def rule(self, code: str) -> Provision:
        """The same, for a rule without which there is no answer: NoLaw when there was none."""
        found = self.law(code)
        if found is None:
            raise NoLaw(code)
        return found

    def say(self, code: str, law: str = "", **args: Arg) -> None:
        """Add a line to the explanation; `law` names the provisions that say so, with spaces between."""
        ids: list[str] = []
        for name in law.split():
            provision = self.law(name)
            if provision is not None:
                ids += self.cite(provision)
        self.grounds.append(Ground(code, tuple(args.items()), tuple(ids)))

    def cite(self, provision: Provision) -> Iterable[str]:
        """Rest the decision on a rule: its articles in force that day, and no more sure than it is."""
        self.articles |= provision.cited
        if provision.confidence != "statute":
            self.trust(provision.confidence)
        return provision.cited.keys()

    def trust(self, confidence: Confidence) -> None:
        """Be no surer than this."""
        if CONFIDENCE.index(confidence) > CONFIDENCE.index(self.confidence):
            self.confidence = confidence

    def contest(self, point: str, *, decisive: bool = True, **args: Arg) -> None:
        """Show both readings of a point; when the answer turns on it, it is an interpretation."""
        self.contested.append(Contest(point, tuple(args.items())))
        if decisive:
            self.trust("interpretation")

    def count(
        self,
        name: str,
        code: str,
        start: date,
        *,
        length: int | None = None,
        basis: Basis | None = None,
        excluded: int = 0,
        show: str = "last",
        decisive: bool = True,
    ) -> Deadline:
        """Set a deadline by a rule's period from `start` (or back from it), and remember it as `name`.

        `length` and `basis` stand for the rule's own where a promise or an agreement says so. A roll over
        days off is flagged, and contested where the rule says so; `decisive`: the answer is that day itself.
        """
        rule = self.rule(code)
        period = rule.period
        if period is None:
            raise NoLaw(code)
        if length is not None:
            period = Period(length, period.unit, period.roll)
        articles = tuple(self.cite(rule))
        basis, zone, calendar = basis or rule.basis, self.zone, self.calendar
        if show == "back":
            deadline = count_back(period, start, basis=basis, zone=zone, calendar=calendar, articles=articles)
        else:
            deadline = count_forward(
                period,
                start,
                basis=basis,
                zone=zone,
                calendar=calendar,
                articles=articles,
                excluded_days=excluded,
            )
        day = deadline.first_day_past if show == "past" else deadline.rolled_day
        self.deadlines.append(Due(name, day, deadline))
        if deadline.rolled:
            self.flag("rolled_day")
        if rule.contested == "roll":
            self._contest_roll(deadline, decisive)
        for unconfirmed in deadline.flags:
            self.flag(f"calendar_unconfirmed_{unconfirmed.year}")
        return deadline

    def _contest_roll(self, deadline: Deadline, decisive: bool) -> None:
        """Whether a last day that is a day off moves: both days, the one followed first."""
        raw, rolled = deadline.raw_day.isoformat(), deadline.rolled_day.isoformat()
        if deadline.rolled:
            self.contest("roll", decisive=decisive, raw=raw, rolled=rolled)
        elif not self.calendar.is_working(deadline.raw_day):
            later = self.calendar.next_working_day(deadline.raw_day).isoformat()
            self.contest("no_roll", decisive=decisive, raw=raw, rolled=later)

    def flag(self, code: str) -> None:
        """Mark the decision for whoever shows it."""
        self.flags[code] = None

    def lack(self, *names: str) -> None:
        """Remember facts that are missing, and go on: a later test may decide without them."""
        for name in names:
            self.lacking[name] = None

    def amount(self, major: str) -> Money:
        """An amount that the pack states, in the currency of the case."""
        return parse(major, self.currency)

    def answer(self, **answers: Answer) -> None:
        """Give answers by their names; a later one replaces an earlier one."""
        self.answers |= answers

    def close(
        self, outcome: str, reason: str = "ok", remedies: tuple[str, ...] = (), payer: str = ""
    ) -> Decision:
        """End with a decision; the last line of the explanation says it."""
        if outcome in ADVERSE and self.law("human_review"):
            self.say("human_on_request", "human_review")
            self.flag("human_on_request")
        if self.facts.unknown:
            self.flag("unknown_fact")
        told = self.grounds[:]
        told.append(Ground("verdict", (("outcome", outcome), ("reason", reason))))
        missing = tuple(self.lacking) if outcome == "needs_info" else ()
        return Decision(
            kind=self.kind,
            jurisdiction=self.pack.id,
            outcome=outcome,
            reason=reason,
            answers=self.answers,
            remedies=remedies,
            payer=payer,
            deadlines=tuple(self.deadlines),
            grounds=tuple(told),
            articles=tuple(self.articles.values()),
            used=tuple(self.facts.used),
            missing=missing,
            unknown=tuple(self.facts.unknown),
            confidence=self.confidence,
            contested=tuple(self.contested),
            flags=tuple(self.flags),
            pack=f"{self.pack.id} {self.pack.version}",
            on=self.on,
        )

    def ask(self) -> Decision:
        """End by naming what is missing."""
        self.say("missing", names=", ".join(self.lacking))
        return self.close("needs_info", "missing_facts")

    def need(self, *names: str) -> None:
        """Stop here unless these were stated."""
        self.facts.require(*names)


def shown(money: Money) -> str:
    """An amount as an argument of a line: 1234.50."""
    return format_plain(money)
