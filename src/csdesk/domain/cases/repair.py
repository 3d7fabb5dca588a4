"""Repair 维修: the main path of a repair under the three guarantees, with its counters (DOMAIN §2.3, §3)."""

from dataclasses import dataclass

from csdesk.domain.cases.case import Case, Kind, LineQty, Phase
from csdesk.domain.cases.command import Command, Undo, verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.events import Counted, Event, Moved, ParcelSent
from csdesk.domain.cases.machine import Edge, Machine, State, Term, register

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
        return (Moved("wait_parts", to.name, to.phase, note=self.note),)


@verb("parts_arrived", undo=Undo.INVERSE, example="csdesk case do RP-… parts_arrived")
@dataclass(frozen=True, slots=True)
class PartsArrived(Command):
    """The parts are there; the repair goes on."""


@verb("finish_repair", undo=Undo.INVERSE, example="csdesk case do RP-… finish_repair note=更换电池")
@dataclass(frozen=True, slots=True)
class FinishRepair(Command):
    """The repair is done."""

    note: str = ""

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        return (Moved("finish_repair", to.name, to.phase, decides=True, outcome="repaired", note=self.note),)


@verb(
    "send_home",
    undo=Undo.NONE,
    why="goods",
    confirm=True,
    example="csdesk case do RP-… send_home carrier=顺丰 waybill=SF…",
)
@dataclass(frozen=True, slots=True)
class SendHome(Command):
    """The repaired goods go back to the consumer."""

    carrier: str
    waybill: str

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = self.to(case)
        waybill = "".join(self.waybill.split())
        if not 5 <= len(waybill) <= 40:
            raise Refused("bad_waybill", waybill=self.waybill)
        here = ((line.line, line.received - line.sent_out) for line in case.lines)
        lines = tuple(LineQty(number, qty) for number, qty in here if qty > 0)
        return (ParcelSent(to.name, to.phase, ctx.fresh(), "out", self.carrier, waybill, lines),)


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
        if failed >= FAILED_REPAIRS and not case.counters.get("exchange_right_open"):
            return (moved, counted, Counted("exchange_right_open", ctx.now))
        return (moved, counted)


MACHINE = register(
    Machine(
        Kind.REPAIR,
        "RP",
        "repairs",
        reasons=REASONS,
        states=(
            State(
                "submitted",
                Phase.OURS,
                (Term("review", 48, "hours", "policy"), Term("refusal", 15, "days", "law", "处罚办法 §8")),
            ),
            State(
                "diagnosing",
                Phase.OURS,
                (Term("review", 48, "hours", "policy"),),
                keeps=("review", "refusal"),
            ),
            State(
                "approved_wait_ship",
                Phase.WAITING,
                (Term("ship_back", 7, "days", "policy", then="auto_close"),),
            ),
            State("sent_in", Phase.WAITING, (Term("stale_parcel", 7, "days", "policy"),)),
            State(
                "in_repair", Phase.OURS, (Term("repair", 30, "days", "law", "三包 §12"),), keeps=("repair",)
            ),
            State(
                "waiting_parts", Phase.WAITING, (Term("parts", 60, "days", "law", "三包"),), keeps=("repair",)
            ),
            State("repaired", Phase.OURS, (Term("send_home", 2, "days", "policy"),)),
            State("returned", Phase.WAITING, (Term("stale_parcel", 7, "days", "policy"),)),
            State(
                "observing", Phase.WAITING, (Term("observe", 30, "days", "law", "三包", then="auto_close"),)
            ),
            State("rejected", Phase.WAITING, (Term("appeal", 7, "days", "policy"),)),
            State("platform_review", Phase.WAITING, (Term("platform", 7, "days", "policy"),)),
            State("closed", Phase.DONE),
            State("withdrawn", Phase.DONE),
            State("auto_closed", Phase.DONE),
        ),
        edges=(
            Edge("take", ("submitted",), "diagnosing"),
            Edge("approve", ("submitted", "diagnosing", "platform_review"), "approved_wait_ship"),
            Edge("ship_back", ("approved_wait_ship",), "sent_in"),
            Edge("receive", ("approved_wait_ship", "sent_in"), "in_repair"),
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
