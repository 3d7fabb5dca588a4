"""Repair 维修: the main path of a repair under the three guarantees, with its counters (DOMAIN §2.3, §3)."""

from csdesk.domain.cases.case import Case, CaseLine, Kind, LineQty, Phase
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Breached, Converted, Counted, Event, Moved
from csdesk.domain.cases.goods import check_free
from csdesk.domain.cases.machine import MACHINES, Edge, Machine, State, Term, register
from csdesk.domain.cases.repair_time import is_phone, opened, timed
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass

REASONS = (
    "no_power",
    "noise",
    "screen",
    "battery",
    "overheating",
    "part_broken",
    "repeated_fault",
    "activation_noise",
    "screen_fault",
    "half_year_burden",
    "repair_no_news",
    "parts_waiting",
    "noise_vibration",
    "other",
)
# Two failed repairs open the right to an exchange (三包: general list 1995, mobile phones 2001).
FAILED_REPAIRS = 2


@verb("wait_parts", undo=Undo.INVERSE, example="csdesk case do RP-… wait_parts note=主板缺货")
@dataclass(frozen=True, slots=True)
class WaitParts(Command):
    """The repair waits for parts."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        moved = Moved("wait_parts", to.name, to.phase, note=self.note)
        return (moved, *timed(case, "parts", ctx))


@verb("parts_arrived", undo=Undo.INVERSE, example="csdesk case do RP-… parts_arrived")
@dataclass(frozen=True, slots=True)
class PartsArrived(Command):
    """The parts are there; the repair goes on."""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("parts_arrived", to.name, to.phase), *timed(case, "workshop", ctx))


@verb("finish_repair", undo=Undo.INVERSE, example="csdesk case do RP-… finish_repair note=更换电池")
@dataclass(frozen=True, slots=True)
class FinishRepair(Command):
    """The repair is done."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("finish_repair", to.name, to.phase, decides=True, outcome="repaired", note=self.note),)


@verb("fail_again", undo=Undo.NONE, why="record", example="csdesk case do RP-… fail_again note=异响又出现")
@dataclass(frozen=True, slots=True)
class FailAgain(Command):
    """The same fault came back: the repair counts as failed, and the second one opens the right to an exchange."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        failed = case.counters.get("failed_repairs", 0) + 1
        moved = Moved("fail_again", to.name, to.phase, reason="repeated_fault", note=self.note)
        counted = Counted("failed_repairs", failed)
        return (moved, counted, *(opened(case, ctx) if failed >= FAILED_REPAIRS else ()))


@verb("open_exchange_right", right=Right.RUN, undo=Undo.NONE, why="record")
@dataclass(frozen=True, slots=True)
class OpenExchangeRight(Command):
    """A repair took longer than the law allows: the deadline is recorded as passed, and the right to an exchange opens.

    Days 30, 60 and 90 are still in time; 60 counts for phones only (三包, mobile phones 2001; general list 1995).
    """

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        here = {
            term.name for term in MACHINES[case.kind].state(case.state).terms if term.then == self.verb.name
        }
        over = [clock for clock in case.clocks if clock.name in here and clock.due <= ctx.now]
        if not over:
            raise Refused("clock_stopped", clock="repair")
        breached = tuple(Breached(clock.name, clock.due) for clock in over)
        counts = any(self._counts(clock.name, case, ctx) for clock in over)
        return (*breached, *opened(case, ctx)) if counts else breached

    @staticmethod
    def _counts(clock: str, case: Case, ctx: Context) -> bool:
        """Whether the right opens with this deadline: days that a repair waited for parts are not the repairer's."""
        if clock == "repair":
            return not case.counters.get("parts_ms")
        return clock == "parts" or is_phone(case, ctx)


@verb(
    "convert_to_exchange",
    undo=Undo.NONE,
    why="another_kind",
    example="csdesk case do RP-… convert_to_exchange note=两次维修仍有故障",
)
@dataclass(frozen=True, slots=True)
class ConvertToExchange(Command):
    """The consumer uses the right to an exchange: the case goes on as one, with its lines, number and counters."""

    note: str = ""

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        refused = super().off(case, ctx)
        if refused is None and not case.counters.get("exchange_right_open"):
            return Refused(
                "right_not_open", failed=case.counters.get("failed_repairs", 0), least=FAILED_REPAIRS
            )
        return refused

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        refused = self.off(case, ctx)
        if refused is not None:
            raise refused
        to = MACHINES[Kind.EXCHANGE].state("reviewing")
        lines = tuple(_as_exchange(line) for line in case.lines)
        check_free(tuple(LineQty(line.line, line.asked) for line in lines), case, ctx)
        long = case.counters.get("failed_repairs", 0) < FAILED_REPAIRS
        reason = "early_fault" if long else "two_repairs_failed"
        return (Converted(Kind.EXCHANGE, to.name, to.phase, lines, reason), *timed(case, "consumer", ctx))


def _as_exchange(line: CaseLine) -> CaseLine:
    """The line as an exchange begins: what is in the workshop has come back already."""
    here = line.received - line.sent_out
    return CaseLine(line.line, line.sku, line.title, line.bought, line.paid, line.asked, received=here)


_CONVERTS = (
    "diagnosing",
    "approved_wait_ship",
    "in_repair",
    "waiting_parts",
    "repaired",
    "observing",
    "platform_review",
)

MACHINE = register(
    Machine(
        Kind.REPAIR,
        reasons=REASONS,
        states=(
            State(
                "submitted",
                Phase.OURS,
                (
                    Term("review", 48, "hours", "policy", pauses_on=("customer",)),
                    Term("refusal", 15, "days", "law", "处罚办法 §8", since="asked"),
                ),
            ),
            State(
                "diagnosing",
                Phase.OURS,
                (Term("review", 48, "hours", "policy", pauses_on=("customer",)),),
                keeps=("review", "refusal"),
            ),
            State(
                "approved_wait_ship",
                Phase.WAITING,
                (Term("ship_back", 7, "days", "policy", then="auto_close"),),
                waits="customer",
            ),
            State("sent_in", Phase.WAITING, (Term("stale_parcel", 7, "days", "policy"),), waits="carrier"),
            # Both count from the day the goods were handed in (自送修之日起), whatever the case waited for between.
            State(
                "in_repair",
                Phase.OURS,
                (
                    Term(
                        "repair", 30, "days", "law", "三包 §12", since="received", then="open_exchange_right"
                    ),
                ),
                keeps=("repair",),
            ),
            State(
                "waiting_parts",
                Phase.WAITING,
                (
                    Term(
                        "parts_phone", 60, "days", "law", "三包", since="received", then="open_exchange_right"
                    ),
                    Term("parts", 90, "days", "law", "三包", since="received", then="open_exchange_right"),
                ),
                keeps=("repair",),
                waits="merchant",
            ),
            State("repaired", Phase.OURS, (Term("send_home", 2, "days", "policy"),)),
            State("returned", Phase.WAITING, (Term("stale_parcel", 7, "days", "policy"),), waits="carrier"),
            State(
                "observing",
                Phase.WAITING,
                (Term("observe", 30, "days", "law", "三包", then="auto_close"),),
                waits="customer",
            ),
            State("rejected", Phase.WAITING, (Term("appeal", 7, "days", "policy"),), waits="customer"),
            State(
                "platform_review", Phase.WAITING, (Term("platform", 7, "days", "policy"),), waits="platform"
            ),
            State("closed", Phase.DONE),
            State("withdrawn", Phase.DONE),
            State("auto_closed", Phase.DONE),
        ),
        edges=(
            Edge("take", ("submitted",), "diagnosing"),
            Edge("approve", ("submitted", "diagnosing", "platform_review"), "approved_wait_ship"),
            Edge("ship_back", ("approved_wait_ship",), "sent_in"),
            Edge("request_label", ("approved_wait_ship", "in_repair")),
            Edge("request_pickup", ("approved_wait_ship", "in_repair")),
            Edge("cancel_pickup", ("approved_wait_ship", "sent_in", "in_repair")),
            Edge(
                "receive", ("approved_wait_ship", "sent_in", "repaired", "returned", "observing"), "in_repair"
            ),
            # What comes late joins what is in the workshop already.
            Edge("receive", ("in_repair", "waiting_parts")),
            Edge("ship_back", ("in_repair", "waiting_parts", "repaired")),
            Edge("convert_to_exchange", _CONVERTS),
            Edge("parcel_lost", ("sent_in", "returned"), "diagnosing"),
            Edge("open_exchange_right", ("in_repair", "waiting_parts")),
            Edge("ask_evidence", ("diagnosing", "platform_review")),
            Edge("finish_repair", ("in_repair",), "repaired"),
            Edge("wait_parts", ("in_repair",), "waiting_parts"),
            Edge("parts_arrived", ("waiting_parts",), "in_repair"),
            Edge("send_home", ("repaired",), "returned"),
            Edge("deliver", ("returned",), "observing"),
            Edge("fail_again", ("observing",), "diagnosing"),
            Edge("close", ("observing", "rejected"), "closed"),
            Edge("reject", ("submitted", "diagnosing", "platform_review"), "rejected"),
            Edge("appeal", ("rejected",), "platform_review"),
            Edge(
                "withdraw",
                ("submitted", "diagnosing", "approved_wait_ship", "rejected", "platform_review"),
                "withdrawn",
            ),
            Edge("auto_close", ("approved_wait_ship",), "auto_closed"),
            Edge("auto_close", ("observing",), "closed"),
            Edge("reopen", ("closed", "withdrawn", "auto_closed"), "diagnosing"),
        ),
    )
)
