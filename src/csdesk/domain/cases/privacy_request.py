"""Personal-data request 个人信息请求: see, correct, delete, take back consent; and a leak that one brings to light.

Rights: 个人信息保护法 §§15, 44-48. The law says "in time"; fifteen working days is the desk's own limit, the most that
an app may promise (App 违法违规收集使用个人信息行为认定方法). Here is who may ask, what was decided, and what must be
told; what is carried out of it stands in privacy_rights.py.
"""

from dataclasses import field

from csdesk.domain.cases.case import Case, Kind, Phase
from csdesk.domain.cases.command import Command, Deciding, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import ClocksSet, Event, Moved
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register
from csdesk.domain.cases.persons import MINOR
from csdesk.domain.cases.privacy_rights import ENDING, carried_out
from csdesk.domain.cases.rulings import Stance
from csdesk.domain.cases.telling import needed
from csdesk.domain.value import dataclass, replace

REASONS = (
    "leak_scam_call",
    "access_copy",
    "delete_data",
    "close_account",
    "correct_info",
    "withdraw_consent",
    "port_data",
    "explain_rules",
    "other",
)
# What a person can be known by; two of them must match the record.
IDENTIFIERS = ("phone", "order", "email", "name", "address", "payment", "id_tail", "face_to_face")
ENOUGH = 2
# Who acts for a child: proven beside the two, never one of them (个人信息保护法 §31).
GUARDIAN = "guardian"
REFUSALS = (
    "identity_not_verified",
    "not_our_data",
    "law_keeps",
    "others_rights",
    "repeated",
    "not_a_request",
)
# 国家网络安全事件报告管理办法: a `large` incident or a worse one goes to the provincial office within four hours.
LEVELS = ("general", "large", "major", "extreme")


@verb("ask_identity", example="csdesk case do PR-… ask_identity")
@dataclass(frozen=True, slots=True)
class AskIdentity(Command):
    """Ask whoever writes to show who they are: nobody else may have a person's data."""


@verb("verify_identity", example="csdesk case do PR-… verify_identity identifiers=phone,order")
@dataclass(frozen=True, slots=True)
class VerifyIdentity(Command):
    """Two identifiers match the record. Fewer do not: ask again, or `refuse_request` with identity_not_verified.

    For who is marked as a minor the guardian asks, who shows to be that besides: `guardian`.
    """

    identifiers: tuple[str, ...]

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        allowed = (*IDENTIFIERS, GUARDIAN)
        unknown = tuple(name for name in self.identifiers if name not in allowed)
        if unknown:
            raise Refused("unknown_identifier", names=unknown, allowed=allowed)
        matched = tuple(dict.fromkeys(self.identifiers))
        of_person = len(matched) - (GUARDIAN in matched)
        if of_person < ENOUGH:
            raise Refused("too_few_identifiers", least=ENOUGH, given=of_person)
        if MINOR in ctx.flags and GUARDIAN not in matched:
            raise Refused("needs_guardian", name=GUARDIAN)
        to = self.to(case)
        return (Moved("verify_identity", to.name, to.phase, items=matched),)


@verb("scope_request", example="csdesk case do PR-… scope_request systems=订单,客服记录,营销")
@dataclass(frozen=True, slots=True)
class ScopeRequest(Command):
    """Name the systems that hold what is asked for; the work begins."""

    systems: tuple[str, ...]

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if not any(system.strip() for system in self.systems):
            raise Refused("field_empty", field="systems")
        to = self.to(case)
        return (Moved("scope_request", to.name, to.phase, items=self.systems),)


@verb("fulfil_request", confirm=True, example="csdesk case do PR-… fulfil_request proof=导出件2026-118")
@dataclass(frozen=True, slots=True)
class FulfilRequest(Deciding):
    """Done in full; `proof` names the copy handed over or the record of what was deleted or corrected."""

    proof: str
    note: str = ""

    def stance(self) -> Stance:
        return Stance.GRANTS

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to, proof = self.to(case), needed(self.proof, "proof")
        carried_out(case, ctx)
        return (
            Moved(
                "fulfil_request",
                to.name,
                to.phase,
                outcome="fulfilled",
                decides=True,
                note=self.note,
                ref=proof,
            ),
        )


@verb(
    "fulfil_partly",
    confirm=True,
    example="csdesk case do PR-… fulfil_partly kept=交易记录 article=电子商务法§31 proof=删除记录2026-119",
)
@dataclass(frozen=True, slots=True)
class FulfilPartly(Command):
    """Done but for what a law keeps: name what is kept and the law (电商法 §31: transactions for three years).

    What is kept is stored and guarded, and used for nothing else (个人信息保护法 §47).
    """

    kept: tuple[str, ...]
    article: str
    proof: str
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to, proof = self.to(case), needed(self.proof, "proof")
        carried_out(case, ctx)
        if not any(what.strip() for what in self.kept):
            raise Refused("field_empty", field="kept")
        if not self.article.strip():
            raise Refused("needs_article")
        return (
            Moved(
                "fulfil_partly",
                to.name,
                to.phase,
                article=self.article,
                outcome="partly_fulfilled",
                decides=True,
                note=self.note,
                ref=proof,
                items=self.kept,
            ),
        )


@verb(
    "refuse_request", confirm=True, example="csdesk case do PR-… refuse_request reason=identity_not_verified"
)
@dataclass(frozen=True, slots=True)
class RefuseRequest(Deciding):
    """Refuse with reasons (个人信息保护法 §50); the person may go to court, and is told so."""

    reason: str = field(default="", metadata={"choices": REFUSALS})
    article: str = "个人信息保护法 §50"
    note: str = ""

    def stance(self) -> Stance:
        return Stance.DENIES

    def ruled(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        # No verdict is about a stranger: who nobody knows is refused before the law on the data is asked.
        return () if self.reason == "identity_not_verified" else super().ruled(case, ctx)

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.reason not in REFUSALS:
            raise Refused("unknown_reason", reason=self.reason, allowed=REFUSALS)
        # Before somebody is known nothing else can be said of what they ask, and afterwards not that any more.
        if (case.state == "verify_identity") != (self.reason == "identity_not_verified"):
            raise Refused("wrong_refusal", reason=self.reason, state=case.state)
        if self.reason == "law_keeps" and case.reason in ENDING:
            # A law that keeps data stops its erasing, not the end of its use (个人信息保护法 §47).
            carried_out(case, ctx)
        if not self.article.strip():
            raise Refused("needs_article")
        to = self.to(case)
        return (
            Moved(
                "refuse_request",
                to.name,
                to.phase,
                self.reason,
                self.article,
                outcome="refused",
                decides=True,
                note=self.note,
            ),
        )


@verb(
    "declare_breach", confirm=True, example="csdesk case do PR-… declare_breach note=三名顾客接到同一诈骗电话"
)
@dataclass(frozen=True, slots=True)
class DeclareBreach(Command):
    """What was asked shows a leak: the case now is the leak's. At once (个人信息保护法 §57)."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("declare_breach", to.name, to.phase, note=self.note),)


@verb("contain_breach", example="csdesk case do PR-… contain_breach note=已停用导出接口并更换密钥")
@dataclass(frozen=True, slots=True)
class ContainBreach(Command):
    """The hole is shut; say how."""

    note: str

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to, note = self.to(case), needed(self.note, "note")
        return (Moved("contain_breach", to.name, to.phase, note=note),)


@verb(
    "assess_breach",
    example="csdesk case do PR-… assess_breach level=large people=1200 note=姓名、电话、收货地址",
)
@dataclass(frozen=True, slots=True)
class AssessBreach(Command):
    """How bad it is, whom it touches and what got out; every leak goes to the authority (个人信息保护法 §57)."""

    level: str = field(default="", metadata={"choices": LEVELS})
    people: int = 0
    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        if self.level not in LEVELS:
            raise Refused("unknown_level", level=self.level, allowed=LEVELS)
        if self.people < 1:
            raise Refused("no_people")
        to = self.to(case)
        reach = Moved("assess_breach", to.name, to.phase, self.level, note=self.note, ref=str(self.people))
        if self.level != "general":
            return (reach,)
        # Four hours bind from `large` on. A smaller leak goes to the authority at once (§57), by the desk's own clock.
        eased = tuple(
            replace(clock, basis="policy", articles=()) if clock.name == _LEAK.name else clock
            for clock in case.clocks
        )
        return (ClocksSet(eased), reach)


@dataclass(frozen=True, slots=True)
class Notify(Command):
    """The three things that a notice of a leak must say (个人信息保护法 §57)."""

    leaked: str
    measures: str
    contact: str

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        said = "\n".join(needed(getattr(self, name), name) for name in ("leaked", "measures", "contact"))
        return (Moved(self.verb.name, to.name, to.phase, decides=True, note=said),)


@verb(
    "notify_authority",
    confirm=True,
    example="csdesk case do PR-… notify_authority leaked=电话、地址，外泄可能致诈骗 measures=已封堵 contact=法务热线",
)
@dataclass(frozen=True, slots=True)
class NotifyAuthority(Notify):
    """Record the notice to the authority: what leaked, why and what harm; what was and can be done; whom to ask."""


@verb(
    "notify_people",
    confirm=True,
    example="csdesk case do PR-… notify_people leaked=电话、地址 measures=勿信来电，可改密码 contact=400-…",
)
@dataclass(frozen=True, slots=True)
class NotifyPeople(Notify):
    """Record the notice to the people touched: what leaked, what they can do, whom to ask."""


@verb("waive_people", confirm=True, example="csdesk case do PR-… waive_people note=数据已加密且密钥未泄露")
@dataclass(frozen=True, slots=True)
class WaivePeople(Command):
    """The harm was effectively avoided, so the people need not be told; the authority may still order it (§57)."""

    note: str

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to, note = self.to(case), needed(self.note, "note")
        return (Moved("waive_people", to.name, to.phase, outcome="waived", decides=True, note=note),)


# From the day of the request, not from the day on which somebody got round to it.
_REPLY = Term("fulfil", 15, "workdays", "policy", since="asked")
_LEAK = Term("notify_authority", 4, "hours", "law", "国家网络安全事件报告管理办法")
_PEOPLE = Term("notify_people", 3, "days", "policy")

MACHINE = register(
    Machine(
        Kind.PRIVACY_REQUEST,
        reasons=REASONS,
        states=(
            State("requested", Phase.OURS, (Term("identity", 3, "days", "policy"), _REPLY)),
            State(
                "verify_identity", Phase.WAITING, (_REPLY,), keeps=("identity", "fulfil"), waits="customer"
            ),
            State("scoping", Phase.OURS, (Term("scope", 5, "days", "policy"), _REPLY), keeps=("fulfil",)),
            State("fulfilling", Phase.OURS, (_REPLY,), keeps=("fulfil",)),
            State("fulfilled", Phase.OURS, (Term("tell", 3, "days", "policy"),)),
            State("partly", Phase.OURS, (Term("tell", 3, "days", "policy"),)),
            State("refused", Phase.OURS, (Term("tell", 3, "days", "policy"),)),
            State("told", Phase.OURS, (Term("close", 3, "days", "policy"),)),
            State("detected", Phase.OURS, (Term("contain", 1, "hours", "policy"), _LEAK)),
            State(
                "contained", Phase.OURS, (Term("assess", 2, "hours", "policy"),), keeps=("notify_authority",)
            ),
            State("assessed", Phase.OURS, keeps=("notify_authority",)),
            State("authority_notified", Phase.OURS, (_PEOPLE,)),
            State("people_notified", Phase.OURS, (Term("close", 3, "days", "policy"),)),
            State("waived", Phase.OURS, (Term("close", 3, "days", "policy"),)),
            State("closed", Phase.DONE),
            State("withdrawn", Phase.DONE),
        ),
        edges=(
            Edge("ask_identity", ("requested",), "verify_identity"),
            Edge("verify_identity", ("requested", "verify_identity"), "scoping"),
            Edge("scope_request", ("scoping",), "fulfilling"),
            Edge("hand_over_copy", ("fulfilling",)),
            Edge("correct_record", ("fulfilling",)),
            Edge("erase_data", ("fulfilling",)),
            Edge("lift_restraint", ("fulfilling",)),
            Edge("fulfil_request", ("fulfilling",), "fulfilled"),
            Edge("fulfil_partly", ("fulfilling",), "partly"),
            Edge("refuse_request", ("verify_identity", "scoping", "fulfilling"), "refused"),
            # Before anybody is known: to stop takes no proof.
            Edge("withdraw_consent", ("requested", "verify_identity", "scoping", "fulfilling")),
            Edge("tell_outcome", ("fulfilled", "partly", "refused"), "told"),
            Edge("contain_breach", ("detected",), "contained"),
            Edge("assess_breach", ("contained",), "assessed"),
            Edge("notify_authority", ("assessed", "contained", "detected"), "authority_notified"),
            Edge("notify_people", ("authority_notified", "waived"), "people_notified"),
            Edge("waive_people", ("authority_notified",), "waived"),
            Edge("close", ("told", "people_notified", "waived"), "closed"),
            # The person asks again for what was refused or kept back.
            Edge("appeal", ("refused", "partly", "told"), "scoping"),
            Edge("declare_breach", ("requested", "verify_identity", "scoping"), "detected"),
            Edge("withdraw", ("requested", "verify_identity", "scoping", "fulfilling"), "withdrawn"),
            Edge("reopen", ("closed", "withdrawn"), "scoping"),
        ),
    )
)
