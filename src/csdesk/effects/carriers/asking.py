"""How labels, pick-ups and their cancellations leave."""

from csdesk.domain.carriers import normal_waybill
from csdesk.domain.cases.carriage import SettleCarrierAsk
from csdesk.domain.cases.carriage_events import CANCEL, LABEL, PICKUP, find
from csdesk.domain.cases.case import CarrierAsk, Case
from csdesk.effects.asking import Asker
from csdesk.effects.carriers.port import Booking, CarrierDesk, Sender, Taken
from csdesk.effects.orders.port import AskLine
from csdesk.effects.outcomes import Again, Outcome, Settle
from csdesk.store import tracking
from csdesk.store.cases import carrier_key
from csdesk.store.crypto import Shredded
from csdesk.store.outbox import Job

SHORTEST_WAYBILL, LONGEST_WAYBILL = 5, 40


class CarrierAsker(Asker[CarrierAsk, CarrierDesk]):
    """Asks the carrier."""

    absent = "no_carrier_system"
    settle = SettleCarrierAsk

    def _sought(self, case: Case, ref: str) -> CarrierAsk | None:
        return find(case, ref)

    def _ask(self, outside: CarrierDesk, job: Job, case: Case, ask: CarrierAsk) -> Outcome:
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
        return self._settled(job, case, ask, outside.ask(job.key, self._booking(case, ask, sender)))

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

    def _taken(self, job: Job, case: Case, ask: CarrierAsk, answer: object, pause: int | None) -> Outcome:
        assert isinstance(answer, Taken)
        if why := self._wrong(case, ask, answer):
            # It will say the same again: people must ask what became of it.
            return Again(why, pause=pause) if pause else self.doubted(job, why)
        told = (answer.reference, "", answer.carrier, answer.waybill, answer.label)
        return Settle(SettleCarrierAsk(job.ref, "done", *told, answer.start, answer.until))

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


def _line(case: Case, number: int, qty: int) -> AskLine:
    line = case.line(number)
    return AskLine(number, line.sku, line.title, qty) if line else AskLine(number, "", "", qty)
