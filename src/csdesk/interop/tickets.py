"""Tickets of other help desks as cases: their customer sealed, their words in time order, closed where they were."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from csdesk.desk.inbound import Inbound, Sender
from csdesk.desk.intake.sorting import choose
from csdesk.desk.platforms import platform_parts
from csdesk.domain import ids
from csdesk.domain.cases.case import Kind
from csdesk.domain.cases.opening import CHANNELS, Open
from csdesk.domain.cases.platform import TellPlatform
from csdesk.domain.cases.shared import Assign, Prioritise, Tag, TellChange
from csdesk.domain.value import dataclass
from csdesk.interop.comments import (
    CUSTOMER,
    Comment,
    Ended,
    Resumed,
    files,
    kept,
    key_of,
    read_comment,
    same_words,
    say,
    side_of,
    words,
)
from csdesk.interop.entity import Entity, Pending, Read, Run
from csdesk.interop.faults import Problem
from csdesk.interop.fields import Fields
from csdesk.interop.readers import Item
from csdesk.interop.steps import IMPORTER, Steps, free_body, noise, rows
from csdesk.store import cases, load
from csdesk.store.cases import Batch
from csdesk.store.people import Customer

OPEN, CLOSED, DELETED = "open", "closed", "deleted"
STATUSES = (OPEN, CLOSED, DELETED)
PRIORITIES = ("0", "1", "2", "3")
MOST_TAG = 30
_COMMAS = re.compile("[,;，；、]")
# What a desk's own worker wrote is no person's work.
_NOBODY = (IMPORTER.id, "system")

Comments = Mapping[str, Sequence[tuple[str, Comment]]]


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as its desk tells it; times UTC ms, 0 unknown. `assignee`: the other desk's id or name of an agent.

    `messages`: (id, comment) of those that came inside it; others come in files of their own. `files`: names and sizes
    of what came with its description, a line each.
    """

    opened_at: int
    changed_at: int
    closed_at: int
    status: str
    subject: str
    description: str
    requester: str
    person: Customer
    channel: str
    priority: int
    tags: tuple[str, ...]
    assignee: str
    messages: tuple[tuple[str, Comment], ...]
    files: str = ""
    platform: str = ""
    platform_state: str = ""

    @property
    def parts(self) -> Counter[str]:
        """What of it is counted by itself."""
        found = Counter({f"tickets.{self.status or '?'}": 1}) + _files(self.files)
        found += platform_parts(self.platform, self.platform_state)
        for _, comment in self.messages:
            found += comment.parts + Counter(comments=1)
        return found


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who works on the other desk."""

    name: str
    email: str


class Staff(Entity):
    """The other desk's agents: they get no account here; who has one of the same name is recognised."""

    name: ClassVar[str] = "staff"
    record: ClassVar[type] = StaffMember

    def read(self, told: Fields, item: Item) -> Read | None:
        id_ = told.line("id", required=True, most=100)
        record = StaffMember(told.line("name", most=200), told.line("email", most=254))
        return None if told.problems else Read(id_, record)

    def new_id(self, pending: Pending, at: int) -> str:
        record: StaffMember = pending.read.record
        return colleague(self.run, record.name) or colleague(self.run, record.email.partition("@")[0])

    def put(self, pending: Sequence[Pending], at: int) -> int:
        for p in pending:
            p.id = self.new_id(p, at)
        return 0  # what is kept of them is that they are known

    def label(self, pending: Pending) -> str:
        return pending.id or "–"


def colleague(run: Run, name: str) -> str:
    """The id of the one agent of this desk who is called so (id or name, upper and lower case alike), or ""."""
    wanted = name.strip().casefold()
    found = [
        a.id for a in run.core.store.agents() if wanted and wanted in (a.id.casefold(), a.name.casefold())
    ]
    return found[0] if len(found) == 1 else ""


class Tickets(Entity):
    """Tickets; `early` are comments of this run's other files, so that all of a ticket is told in time order."""

    name: ClassVar[str] = "tickets"
    record: ClassVar[type] = Ticket
    # A case is some 30 rows; this keeps other writers waiting 0.2 s at most.
    size: ClassVar[int] = 200

    def __init__(self, run: Run, early: Comments) -> None:
        super().__init__(run)
        self._early = early
        self._bodies: set[str] = set()
        self._digest = load.digester(self.store.people.text_key())
        self.told = 0

    def read(self, told: Fields, item: Item) -> Read | None:
        id_, opened_at = told.line("id", required=True, most=100), told.moment("opened_at", required=True)
        status = told.choice("status", STATUSES)
        if status == DELETED:
            told.problem("status", "deleted")
        person = Customer(
            told.line("requester_name", most=200), told.line("requester_phone", most=50),
            told.line("requester_email", most=254),
        )  # fmt: skip
        record = Ticket(
            opened_at, max(told.moment("changed_at"), opened_at), told.moment("closed_at"), status,
            told.line("subject"), words(told, "description", "description_html"),
            told.line("requester", most=300), person, told.choice("channel", CHANNELS, "app"),
            int(told.choice("priority", PRIORITIES, "0")), _tags(told.words("tags")),
            told.line("assignee", most=200), _inside(told, id_), files(told),
            told.line("platform", most=100), told.line("platform_state", most=100),
        )  # fmt: skip
        self.parts = record.parts
        if told.problems:
            self.run.left.add(self.key(id_))
        return None if told.problems else Read(id_, record)

    def there(self, pending: Pending) -> Counter[str]:
        told: Ticket = pending.read.record
        found = _files(told.files)
        for id_, comment in told.messages:
            if kept(self.run, id_):
                found += comment.parts + Counter(comments=1)
        return found

    def check(self, pending: Pending) -> Problem | None:
        if pending.before is not None:
            case, _ = self.run.core.load(pending.id)
            return Problem("requester", "erased", {}) if load.erased(self.store, case.customer) else None
        person = self._known(pending.read.record.requester)
        return Problem("requester", "erased", {}) if person and load.erased(self.store, person) else None

    def new_id(self, pending: Pending, at: int) -> str:
        return ids.uuid7(pending.read.record.opened_at, self._noise(pending, "ticket"))

    def put(self, pending: Sequence[Pending], at: int) -> int:
        batch = Batch()
        self._bodies.clear()
        people, written = self._people([p for p in pending if p.version == 1], at)
        for p in pending:
            if p.version == 1:
                self._open(batch, p, people[p.id])
            else:
                self._update(batch, p, at)
        cases.write(self.conn, self.desk, batch, self.store.people.text_key())
        return written + rows(batch)

    def _noise(self, pending: Pending, what: str) -> bytes:
        return noise(self.run.map.source, pending.read.external_id, what)

    def _known(self, requester: str) -> str:
        key = self.store.people.hash_id(requester)
        found = load.known(self.conn, self.desk, "customers", self.run.map.source, (key,)).get(key)
        return found.record if requester and found else ""

    def _people(self, new: Sequence[Pending], at: int) -> tuple[dict[str, str], int]:
        """The person behind each new ticket, by its row's id; those whom nobody knows yet get a key of their own."""
        found, alone, named = dict[str, str](), list[str](), dict[str, tuple[str, Customer]]()
        for p in new:
            told: Ticket = p.read.record
            who = told.requester
            if not who:
                found[p.id] = ids.uuid7(told.opened_at, self._noise(p, "ticket person"))
                alone.append(found[p.id])
                continue
            if not (person := self._known(who)) and who not in named:
                named[who] = (
                    ids.uuid7(told.opened_at, noise(self.run.map.source, who, "person")),
                    told.person,
                )
            found[p.id] = person or named[who][0]
        written = self.store.people.add_all(alone)
        people = [(load.Put(person, who, 1), record) for who, (person, record) in named.items()]
        written += load.put_customers(self.store, people, at) if people else 0
        hashed = self.store.people.hash_id
        known = [(hashed(put.external_id), load.Known(put.id, 1, self._digest(r))) for put, r in people]
        written += load.remember(self.conn, self.desk, "customers", self.run.map.source, known)
        return found, written

    def _messages(self, pending: Pending) -> list[tuple[str, Comment]]:
        """All that was said in the ticket, each once, in time order."""
        told: Ticket = pending.read.record
        said = {**dict(self._early.get(pending.read.external_id, ())), **dict(told.messages)}
        return sorted(said.items(), key=lambda one: one[1].at)

    def _open(self, batch: Batch, pending: Pending, person: str) -> None:
        told: Ticket = pending.read.record
        messages = self._messages(pending)
        summary, first = self._opening(told, messages, person)
        kind, reason = self._sorted(told, summary)
        steps = Steps(self.run, batch, pending.read.external_id)
        opening = Open(
            kind, reason=reason, channel=told.channel, summary=summary, priority=told.priority, desk=self.desk,
            customer=person, body=self._body(pending),
        )  # fmt: skip
        key = key_of(self.run.map.source, first) if first else ""
        steps.open(opening, told.opened_at, pending.id, key=key)
        if told.tags:
            steps.do(Tag(told.tags), told.opened_at)
        if who := self._assignee(told.assignee):
            steps.do(Assign(who), told.opened_at)
        for id_, comment in messages:
            if id_ != first:
                say(self.run, steps, id_, comment, side_of(self.run, comment, person))
        _platform(steps, told, told.opened_at)
        if told.status == CLOSED:
            steps.do(Ended(), told.closed_at or told.changed_at)

    def _opening(self, told: Ticket, messages: Sequence[tuple[str, Comment]], person: str) -> tuple[str, str]:
        """What the customer said first, under the subject; and the id of the comment that this is, if it is one."""
        first, text = "", told.description
        if messages:
            id_, comment = messages[0]
            if not text or same_words(text, comment.text):
                asked = side_of(self.run, comment, person) == CUSTOMER
                # What an agent wrote first is no word of the customer: it comes as the answer or note that it is.
                first, text = (id_, comment.whole) if asked else ("", "")
        subject = "" if told.subject in text else told.subject
        return "\n".join(filter(None, (subject, text, told.files))), first

    def _sorted(self, told: Ticket, summary: str) -> tuple[Kind, str]:
        """Kind and reason by the words, as for any message in; what is over was an inquiry, whatever came of it."""
        how = choose(Inbound(self.run.map.source, "", told.channel, Sender(), summary))
        if told.status == OPEN or how.kind is Kind.INQUIRY:
            return how.kind, how.reason
        return Kind.INQUIRY, "other"

    def _assignee(self, who: str) -> str:
        key = load.external_bytes(who)
        known = (
            load.known(self.conn, self.desk, "staff", self.run.map.source, (key,)).get(key) if who else None
        )
        return known.record if known else colleague(self.run, who)

    def _update(self, batch: Batch, pending: Pending, at: int) -> None:
        """A ticket that changed: what was said since goes in; its state only where nobody here has touched the case."""
        told: Ticket = pending.read.record
        if cases.unknown_events(self.conn, self.desk, pending.id):
            return
        case, head = self.run.core.load(pending.id)
        steps = Steps(self.run, batch, f"{pending.read.external_id}/{pending.version}", case, head)
        said = [one for one in self._messages(pending) if not kept(self.run, one[0])]
        back = told.status == OPEN and not case.open
        heard = False
        for id_, comment in said:
            side = side_of(self.run, comment, case.customer)
            heard = heard or side == CUSTOMER
            say(self.run, steps, id_, comment, side)
        _platform(steps, told, told.changed_at)
        if self._touched(pending.id):
            if back and heard:
                steps.do(Resumed(), told.changed_at)
            if steps.case.open:
                steps.do(TellChange(pending.read.external_id, pending.changed), at)
                self.told += 1
            return
        self._follow(steps, told, back)

    def _follow(self, steps: Steps, told: Ticket, back: bool) -> None:
        """Bring tags, urgency, assignee and state to what the other desk now says."""
        at = told.changed_at
        if add := tuple(tag for tag in told.tags if tag not in steps.case.tags):
            steps.do(Tag(add), at)
        if back:
            steps.do(Resumed(), at)
        if steps.case.open and told.priority != steps.case.priority:
            steps.do(Prioritise(told.priority), at)
        who = self._assignee(told.assignee)
        if steps.case.open and who and who != steps.case.assignee:
            steps.do(Assign(who), at)
        if told.status == CLOSED and steps.case.open:
            steps.do(Ended(), told.closed_at or at)

    def _touched(self, case_id: str) -> bool:
        row = self.conn.execute(
            "SELECT 1 FROM event WHERE desk_id = ? AND case_id = ? AND actor NOT IN (?, ?) LIMIT 1",
            (self.desk, case_id, *_NOBODY),
        ).fetchone()
        return row is not None

    def _body(self, pending: Pending) -> str:
        return free_body(
            self.conn, self.desk, self._bodies, lambda turn: self._noise(pending, f"number/{turn}")
        )


def _platform(steps: Steps, told: Ticket, at: int) -> None:
    """What the ticket's platform says of it, where that is new."""
    if told.platform and told.platform_state:
        said = TellPlatform(told.platform, told.platform_state)
        if said.news(steps.case):
            steps.do(said, at)


def _files(lines: str) -> Counter[str]:
    return Counter(attachments=lines.count("\n") + 1) if lines else Counter()


def _tags(told: Iterable[str]) -> tuple[str, ...]:
    """Tags as ours: those of a list, or of one cell with commas; longer ones cut."""
    parts = (part.strip()[:MOST_TAG].strip() for tag in told for part in _COMMAS.split(tag))
    return tuple(dict.fromkeys(part for part in parts if part))


def _inside(told: Fields, ticket: str) -> tuple[tuple[str, Comment], ...]:
    """The comments that came inside a ticket. One that is told twice counts once."""
    return tuple(dict(read_comment(member, ticket) for member in told.members("messages")).items())


def gather(read: Iterable[Read]) -> Comments:
    """Comments by their tickets, each once."""
    found: dict[str, dict[str, Comment]] = {}
    for one in read:
        found.setdefault(one.record.ticket, {}).setdefault(one.external_id, one.record)
    return {ticket: tuple(said.items()) for ticket, said in found.items()}
