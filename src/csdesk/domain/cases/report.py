"""Report 举报: word of a wrong, not a claim: no remedy, no mediation, and nobody is shown who reported.

A report is kept apart from a complaint, as the authorities keep them (市场监督管理投诉举报处理办法): who also wants
money back gets a linked complaint of their own (`split_complaint`). The desk's numbers here are policy.
"""

from dataclasses import field

from csdesk.domain.cases.case import Case, Kind, LineQty, Phase
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.complaint import REASONS as COMPLAINT_REASONS
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Event, Moved
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register
from csdesk.domain.cases.offshoot import Offshoot, child_id
from csdesk.domain.cases.opening import Open
from csdesk.domain.cases.telling import needed
from csdesk.domain.cases.track_events import Linked
from csdesk.domain.value import dataclass

REASONS = (
    "counterfeit",
    "expired_food",
    "foreign_matter",
    "no_certificate",
    "false_advertising",
    "paid_reviews",
    "off_platform",
    "other",
)
# Why a report comes to nothing: looked into and not so, too vague to look into, or already dealt with.
UNFOUNDED = ("not_confirmed", "no_lead", "already_handled")


@verb("investigate", example="csdesk case do RE-… investigate")
@dataclass(frozen=True, slots=True)
class Investigate(Command):
    """Look into the report: fix the page as it stands, ask the shop for papers, have goods tested."""


@verb("take_down", confirm=True, example="csdesk case do RE-… take_down listing=SKU-8812 article=P48")
@dataclass(frozen=True, slots=True)
class TakeDown(Command):
    """The report is true: what it names is taken off sale (电商法 §38), with the article it breaks."""

    listing: str
    article: str = ""
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not self.article.strip():
            raise Refused("needs_article")
        to, listing = self.to(case), needed(self.listing, "listing")
        return (
            Moved(
                "take_down",
                to.name,
                to.phase,
                article=self.article,
                outcome="taken_down",
                decides=True,
                note=self.note,
                ref=listing,
            ),
        )


@verb(
    "refer_report",
    confirm=True,
    example="csdesk case do RE-… refer_report authority=西湖区市场监管局 ref=移2026-118",
)
@dataclass(frozen=True, slots=True)
class ReferReport(Command):
    """Hand the report to the authority that may punish (电商法 §29), and keep the number of the hand-over."""

    authority: str
    ref: str
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to, said = self.to(case), (needed(self.authority, "authority"), needed(self.ref, "ref"))
        return (
            Moved(
                "refer_report",
                to.name,
                to.phase,
                outcome="referred",
                decides=True,
                note=self.note,
                ref=" ".join(said),
            ),
        )


@verb("find_unfounded", confirm=True, example="csdesk case do RE-… find_unfounded reason=not_confirmed")
@dataclass(frozen=True, slots=True)
class FindUnfounded(Command):
    """The report is not borne out; say why."""

    reason: str = field(default="", metadata={"choices": UNFOUNDED})
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.reason not in UNFOUNDED:
            raise Refused("unknown_reason", reason=self.reason, allowed=UNFOUNDED)
        to = self.to(case)
        return (
            Moved(
                "find_unfounded",
                to.name,
                to.phase,
                self.reason,
                outcome="unfounded",
                decides=True,
                note=self.note,
            ),
        )


@verb(
    "split_complaint",
    undo=Undo.NONE,
    why="another_case",
    example="csdesk case do RE-… split_complaint reason=counterfeit summary=要求退一赔三",
)
@dataclass(frozen=True, slots=True)
class SplitComplaint(Command):
    """Whoever reports also wants something back: open a complaint for that, linked both ways; the report goes on."""

    reason: str = field(default="other", metadata={"choices": COMPLAINT_REASONS})
    summary: str = ""
    lines: tuple[LineQty, ...] = ()

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and any(how == "split_off" for how, _ in case.links):
            return Refused("split_already")
        return refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        self.to(case)
        return (Linked("split_off", child_id(ctx)),)

    def offshoot(self, case: Case, ctx: Context) -> Offshoot | None:
        lines = self.lines or tuple(LineQty(line.line, line.asked) for line in case.lines)
        begin = Open(
            Kind.COMPLAINT,
            case.order,
            lines if case.order else (),
            self.reason,
            case.channel,
            self.summary,
            "" if case.order else case.order_number,
            customer=case.customer,
        )
        return Offshoot(begin, (Linked("split_from", case.id),))


_ENDED = ("taken_down", "referred", "unfounded")

MACHINE = register(
    Machine(
        Kind.REPORT,
        reasons=REASONS,
        states=(
            State("lodged", Phase.OURS, (Term("acknowledge", 24, "hours", "policy"),)),
            State("triage", Phase.OURS, (Term("triage", 3, "days", "policy"),)),
            State("evidence", Phase.WAITING, (Term("evidence", 3, "days", "policy"),), waits="customer"),
            State("investigating", Phase.OURS, (Term("investigate", 15, "days", "policy"),)),
            State("taken_down", Phase.OURS, (Term("tell", 3, "days", "policy"),)),
            State("referred", Phase.OURS, (Term("tell", 3, "days", "policy"),)),
            State("unfounded", Phase.OURS, (Term("tell", 3, "days", "policy"),)),
            State("told", Phase.OURS, (Term("close", 3, "days", "policy"),)),
            State("closed", Phase.DONE),
        ),
        edges=(
            Edge("acknowledge", ("lodged",), "triage"),
            Edge("investigate", ("triage", "evidence"), "investigating"),
            Edge("ask_evidence", ("triage", "investigating"), "evidence"),
            Edge("take_down", ("investigating",), "taken_down"),
            Edge("refer_report", ("investigating", "taken_down"), "referred"),
            Edge("find_unfounded", ("triage", "investigating"), "unfounded"),
            Edge("tell_outcome", _ENDED, "told"),
            Edge("close", ("told",), "closed"),
            Edge("split_complaint", ("lodged", "triage", "evidence", "investigating", *_ENDED)),
            Edge("reopen", ("closed",), "investigating"),
        ),
    )
)
