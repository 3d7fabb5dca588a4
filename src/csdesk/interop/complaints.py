"""Complaints that another body has handled, as cases: every step of their history by the desk's own verbs."""

from collections.abc import Sequence
from typing import ClassVar

from csdesk.domain import ids
from csdesk.domain.cases import complaint
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.conversation import Reply, SettleReply
from csdesk.domain.cases.goods import Appeal
from csdesk.domain.cases.opening import CHANNELS, Open
from csdesk.domain.cases.shared import Close, Tag, TellChange
from csdesk.domain.value import dataclass
from csdesk.interop.entity import Entity, Pending, Read, Run
from csdesk.interop.fields import Fields
from csdesk.interop.readers import Item
from csdesk.interop.steps import Steps, free_body, noise, rows
from csdesk.store import cases, load
from csdesk.store.cases import Batch

MOST_TAG = 30


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as its source tells it; times UTC ms. An empty `outcome`: it is still being handled."""

    opened_at: int
    summary: str
    reason: str
    channel: str
    company: str
    tags: tuple[str, ...]
    outcome: str
    answer: str
    answered_at: int
    disputed: bool


class Complaints(Entity):
    """Complaint cases, each with a person of its own: such data names nobody."""

    name: ClassVar[str] = "complaints"
    record: ClassVar[type] = Complaint
    # A case is some 25 rows; this keeps other writers waiting 0.2 s at most.
    size: ClassVar[int] = 250

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._basis = str(self.section.settings.get("basis", ""))
        self._bodies: set[str] = set()
        self.told = 0

    def read(self, told: Fields, item: Item) -> Read | None:
        id_, opened_at = told.line("id", required=True, most=100), told.moment("opened_at", required=True)
        summary = told.text("narrative") or told.line("summary", between=": ")
        outcome = told.choice("outcome", complaint.OUTCOMES) if told.line("outcome") else ""
        record = Complaint(
            opened_at, summary, told.choice("reason", complaint.REASONS, "other"),
            told.choice("channel", CHANNELS, "app"), told.line("company", most=200),
            tuple(tag[:MOST_TAG].strip() for tag in told.words("tags")), outcome,
            told.text("answer", most=5_000), max(told.moment("answered_at"), opened_at),
            told.flag("disputed", False),
        )  # fmt: skip
        if outcome and not self._basis:
            told.problem("basis", "missing")
        return None if told.problems else Read(id_, record)

    def new_id(self, pending: Pending, at: int) -> str:
        return ids.uuid7(pending.read.record.opened_at, self._noise(pending, "case"))

    def put(self, pending: Sequence[Pending], at: int) -> int:
        merchants = load.put_merchants(
            self.conn,
            self.desk,
            (
                load.Merchant(p.read.record.company, p.read.record.company)
                for p in pending
                if p.read.record.company
            ),
            at,
        )
        batch = Batch()
        self._bodies.clear()
        new = [p for p in pending if p.version == 1]
        people = {p.id: ids.uuid7(p.read.record.opened_at, self._noise(p, "person")) for p in new}
        keys = self.store.people.add_all(list(people.values()))
        for p in new:
            self._open(batch, p, people[p.id], merchants.get(p.read.record.company, ""))
        for p in pending:
            if p.version > 1:
                self._tell(batch, p, at)
        cases.write(self.conn, self.desk, batch, self.store.people.text_key())
        return len(merchants) + keys + rows(batch)

    def _noise(self, pending: Pending, what: str) -> bytes:
        return noise(self.run.map.source, pending.read.external_id, what)

    def _open(self, batch: Batch, pending: Pending, person: str, merchant: str) -> None:
        told: Complaint = pending.read.record
        opening = Open(
            Kind.COMPLAINT, reason=told.reason, channel=told.channel, summary=told.summary, desk=self.desk,
            customer=person, body=self._body(pending),
        )  # fmt: skip
        steps = Steps(self.run, batch, pending.read.external_id)
        steps.open(opening, told.opened_at, pending.id, merchant)
        if told.tags:
            steps.do(Tag(told.tags), told.opened_at)
        self._answered(steps, told, told.answered_at)

    def _answered(self, steps: Steps, told: Complaint, at: int) -> None:
        """What the company did: heard, talked, decided, told the consumer, closed (or was not believed)."""
        if not told.outcome:
            return
        steps.do(complaint.Acknowledge(), at)
        steps.do(complaint.Negotiate(), at)
        steps.do(complaint.Rule(told.outcome, self._basis), at)
        if told.answer:
            steps.do(Reply(told.answer.replace("{", "｛").replace("}", "｝")), at)
            steps.do(SettleReply(steps.case.messages[-1].id, "sent"), at)
        if told.disputed:
            steps.do(Appeal(), at)
        elif told.answer:
            steps.do(Close(), at)

    def _tell(self, batch: Batch, pending: Pending, at: int) -> None:
        """A record that changed: say so in its case, and end the case if nobody here has touched it."""
        case, head = self.run.core.load(pending.id)
        if not case.open or cases.unknown_events(self.conn, self.desk, case.id):
            return
        steps = Steps(self.run, batch, f"{pending.read.external_id}/{pending.version}", case, head)
        untouched = case.state == "received" and not case.assignee
        steps.do(TellChange(pending.read.external_id, pending.changed), at)
        self.told += 1
        if untouched:
            self._answered(steps, pending.read.record, at)

    def _body(self, pending: Pending) -> str:
        return free_body(
            self.conn, self.desk, self._bodies, lambda turn: self._noise(pending, f"number/{turn}")
        )
