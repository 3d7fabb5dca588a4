"""How labels, pick-ups and their cancellations leave: the first time asked for, from then on asked after first."""

from collections.abc import Callable

from csdesk.desk.core import Core
from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.carriage import SettleCarrierAsk
from csdesk.domain.cases.carriage_events import CANCEL, LABEL, PICKUP, UNSETTLED, find
from csdesk.domain.cases.case import CarrierAsk, Case
from csdesk.effects.carriers.port import Booking, CarrierDesk, Sender, Taken
from csdesk.effects.orders.port import AskLine
from csdesk.effects.outcomes import Again, Close, Outcome, Settle
from csdesk.effects.ports import Failed, Unknown
from csdesk.store import tracking
from csdesk.store.cases import carrier_key
from csdesk.store.crypto import Shredded
from csdesk.store.outbox import Job

# Carriers keep an idempotency key for a day at least; what is older is asked after, never for.
KEY_LIFE_MS = 20 * 3_600_000
# What is in doubt, or waits for a carrier to be configured again, is looked at once an hour.
DOUBT_PAUSE_MS = 3_600_000
SHORTEST_WAYBILL, LONGEST_WAYBILL = 5, 40


class CarrierAsker:
    """Asks the carrier for what the outbox holds; `leads` says whether this worker still may."""

    def __init__(
        self, core: Core, carriers: CarrierDesk | None, leads: Callable[[], bool], now: Callable[[], int]
    ) -> None:
        self._core = core
        self._carriers = carriers
        self._leads = leads
        self._now = now

    def run(self, job: Job, case: Case) -> Outcome:
        """Ask for something, or find out what became of it."""
        ask = find(case, job.ref)
        if ask is None or ask.state not in UNSETTLED:
            return Close("moot", "already_settled")
        if self._carriers is None:
            return Again("no_carrier_system", pause=DOUBT_PAUSE_MS)
        # `attempts` was written before the first try began: a worker that died in it has left its trace.
        if not job.attempts:
            return self._ask(self._carriers, job, case, ask)
        answer = self._carriers.find(job.key)
        if answer is not None and not (isinstance(answer, Failed) and not answer.final):
            return self._settled(job, case, ask, answer)
        # Never heard of, or said to have left nothing.
        if ask.state == "in_doubt":
            return Again("forgotten", pause=DOUBT_PAUSE_MS)
        if self._now() > ask.at + KEY_LIFE_MS:
            return doubted(job, "forgotten")
        return self._ask(self._carriers, job, case, ask)

    def _ask(self, carriers: CarrierDesk, job: Job, case: Case, ask: CarrierAsk) -> Outcome:
        sender = None if ask.what == CANCEL else self._sender(case)
        if ask.what != CANCEL and sender is None:
            return Settle(SettleCarrierAsk(job.ref, "failed", reason="erased"))
        if ask.what == PICKUP and sender is not None and not sender.address:
            return Settle(SettleCarrierAsk(job.ref, "failed", reason="no_address"))
        if ask.what == PICKUP and ask.until <= self._now():
            # It waited too long for the carrier to answer: nobody can come in the past.
            return Settle(SettleCarrierAsk(job.ref, "failed", reason="slot_past"))
        if not self._leads():
            return Again("lease_lost", left_nothing=True)
        return self._settled(job, case, ask, carriers.ask(job.key, self._booking(case, ask, sender)))

    def _booking(self, case: Case, ask: CarrierAsk, sender: Sender | None) -> Booking:
        about = find(case, ask.of)
        return Booking(
            ask.what,
            self._core.number(case),
            case.order_number,
            tuple(_line(case, units.line, units.qty) for units in ask.lines),
            ask.carrier,
            ask.payer,
            case.address or self._return_address(case),
            sender,
            ask.start,
            ask.until,
            carrier_key(ask.of) if ask.of else "",
            about.waybill if about else "",
            about.reference if about else "",
        )

    def _sender(self, case: Case) -> Sender | None:
        """The customer in clear, with no address where none is known; None when erased."""
        store = self._core.store
        store.keys.drop(self._core.desk, case.customer)  # another process may have erased the person
        if isinstance(store.keys.for_person(self._core.desk, case.customer), Shredded):
            return None
        known = store.people.open(case.customer)
        return Sender(known.name, known.phone, known.address) if known else Sender()

    def _return_address(self, case: Case) -> str:
        row = self._core.store.conn.execute(
            "SELECT return_address FROM merchant WHERE desk_id = ? AND id = ?",
            (self._core.desk, case.merchant),
        ).fetchone()
        return row[0] if row else ""

    def _settled(self, job: Job, case: Case, ask: CarrierAsk, answer: Taken | Failed | Unknown) -> Outcome:
        pause = DOUBT_PAUSE_MS if ask.state == "in_doubt" else None
        match answer:
            case Taken():
                if why := self._wrong(case, ask, answer):
                    # It will say the same again: people must ask what became of it.
                    return Again(why, pause=pause) if pause else doubted(job, why)
                told = (answer.reference, "", answer.carrier, answer.waybill, answer.label)
                return Settle(SettleCarrierAsk(job.ref, "done", *told, answer.start, answer.until))
            case Failed(reason, final=True):
                return Settle(SettleCarrierAsk(job.ref, "failed", reason=reason))
            case Failed(reason):
                return Again(reason, pause=pause, left_nothing=True)
            case Unknown(reason):
                return Again(reason, pause=pause)

    def _wrong(self, case: Case, ask: CarrierAsk, taken: Taken) -> str:
        """Why the waybill of an answer cannot be this parcel's (a code), or ""."""
        number = normal_waybill(taken.waybill)
        about = find(case, ask.of)
        if ask.what == CANCEL or (about is not None and number in ("", normal_waybill(about.waybill))):
            return ""
        if not number:
            return "no_waybill" if ask.what == LABEL else ""
        if not (number.isascii() and number.isalnum() and SHORTEST_WAYBILL <= len(number) <= LONGEST_WAYBILL):
            return "bad_waybill"
        known = tracking.known(self._core.store.conn, self._core.desk, number)
        if any(parcel.direction for parcel in known):
            return "waybill_of_another"
        carriers, said = self._core.carriers, taken.carrier or ask.carrier
        carrier = carriers.named(said) if said else None
        if carrier is not None and carrier.patterns and carrier not in carriers.candidates(number):
            return "waybill_of_another_carrier"
        return ""


def doubted(job: Job, reason: str) -> Settle:
    """Nobody can say whether it was done: a person is told, and the carrier goes on being asked after it."""
    return Settle(
        SettleCarrierAsk(job.ref, "in_doubt", reason=reason),
        then=Again(reason, pause=DOUBT_PAUSE_MS),
        step="doubt",
    )


def _line(case: Case, number: int, qty: int) -> AskLine:
    line = case.line(number)
    return AskLine(number, line.sku, line.title, qty) if line else AskLine(number, "", "", qty)
