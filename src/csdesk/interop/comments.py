"""What was said in tickets of other desks: comments, articles, conversations, read from any of them and kept once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import ClassVar

from csdesk.domain.cases.case import Case
from csdesk.domain.cases.command import Command, Verb
from csdesk.domain.cases.context import Context, Refused
from csdesk.domain.cases.conversation import Hear, Reply
from csdesk.domain.cases.events import Event, MessageReceived, Moved, Noted, Opened, ReplyHeld, ReplySettled
from csdesk.domain.cases.machine import MACHINES
from csdesk.domain.cases.shared import Close, Note, Reopen
from csdesk.domain.text import clean, clean_line
from csdesk.domain.value import dataclass
from csdesk.interop.entity import Entity, Pending, Read, Run
from csdesk.interop.faults import Problem
from csdesk.interop.fields import MOST_TEXT, Fields
from csdesk.interop.html import MOST_HTML, to_text
from csdesk.interop.readers import Item
from csdesk.interop.steps import Steps, noise, rows
from csdesk.store import cases, load
from csdesk.store.cases import Batch
from csdesk.store.codec import UnknownEvent

CUSTOMER, AGENT, NOTE = "customer", "agent", "note"
SIDES = (CUSTOMER, AGENT, NOTE)
# A first comment is the ticket's own description when it was written with it; systems stamp both within seconds.
TOGETHER_MS = 10_000
# What stands for a comment that has neither words nor files: it was there, and says nothing.
SILENT = "–"


@dataclass(frozen=True, slots=True)
class Comment:
    """Something said in a ticket. `at` UTC ms; `side` one of SIDES, "" where only its author can tell; `text` is clean.

    `files`: names and sizes of what came with it, a line each; the files themselves stay where they are.
    """

    ticket: str
    at: int
    side: str
    author: str
    text: str
    files: str

    @property
    def parts(self) -> Counter[str]:
        """What of it is counted by itself."""
        files = self.files.count("\n") + 1 if self.files else 0
        return Counter({"comments.private" if self.side == NOTE else "comments.public": 1}) + Counter(
            attachments=files
        )

    @property
    def whole(self) -> str:
        """The words with the files under them."""
        return "\n".join(filter(None, (self.text, self.files))) or SILENT


def words(told: Fields, plain: str, html: str) -> str:
    """Text that a record keeps as it is (`plain`) or only as HTML; problems are noted in `told`."""
    if text := told.text(plain):
        return text
    raw = told.raw(html)
    if raw is None or raw == "":
        return ""
    if not isinstance(raw, str):
        told.problem(html, "wrong_type", expected="text")
        return ""
    if len(raw) > MOST_HTML:
        told.problem(html, "too_long", size=len(raw), most=MOST_HTML)
        return ""
    cleaned = clean(to_text(raw), limit=MOST_HTML)
    told.cleaned += cleaned.removed > 0
    if len(cleaned.text) > MOST_TEXT:
        told.problem(html, "too_long", size=len(cleaned.text), most=MOST_TEXT)
    return cleaned.text.strip()


def files(told: Fields) -> str:
    """Names and sizes of what came with a record, a line each; the files themselves stay where they are."""
    return "\n".join(
        f"[{clean_line(file.line('name', most=200)).text or '?'} ({file.line('size', most=20) or '?'} B)]"
        for file in told.members("attachments")
    )


def read_comment(told: Fields, ticket: str) -> tuple[str, Comment]:
    """A comment of this ticket under its own id; problems are noted in `told`."""
    id_, at = told.line("id", required=True, most=100), told.moment("at", required=True)
    private = told.flag("private", False)
    side = told.choice("side", SIDES) if told.line("side") else ""
    comment = Comment(
        ticket, at, NOTE if private else side, told.line("author", most=100), words(told, "body", "html"),
        files(told),
    )  # fmt: skip
    return id_, comment


@dataclass(frozen=True, slots=True)
class Said(Command):
    """What was said elsewhere, long ago: it reopens nothing, and nothing of it leaves the desk."""

    verb: ClassVar[Verb] = Hear.verb
    id: str
    text: str

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (MessageReceived(self.id, case.channel, self.text),)


@dataclass(frozen=True, slots=True)
class Answered(Said):
    """An answer that the other desk gave: sent there, never from here."""

    verb: ClassVar[Verb] = Reply.verb

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (ReplyHeld(self.id, case.channel, ctx.now, text=self.text), ReplySettled(self.id, "sent"))


@dataclass(frozen=True, slots=True)
class Remarked(Said):
    """A private note of the other desk, or what it wrote down by itself."""

    verb: ClassVar[Verb] = Note.verb

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        return (Noted(self.text),)


@dataclass(frozen=True, slots=True)
class Ended(Command):
    """The other desk closed the ticket, by its own rules: what ours ask for a closing was not theirs to keep."""

    verb: ClassVar[Verb] = Close.verb

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = MACHINES[case.kind].state("closed")
        return (Moved(self.verb.name, to.name, to.phase, outcome=case.outcome or "resolved"),)

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return None if case.open else Refused("case_closed", state=case.state)


@dataclass(frozen=True, slots=True)
class Resumed(Command):
    """The other desk took the ticket up again, or its customer wrote after it had been closed."""

    verb: ClassVar[Verb] = Reopen.verb

    @classmethod
    def off(cls, case: Case, ctx: Context) -> Refused | None:
        return Refused("case_open", state=case.state) if case.open else None

    def decide(self, case: Case, ctx: Context) -> tuple[Event, ...]:
        to = MACHINES[case.kind].first
        return (Moved(self.verb.name, to.name, to.phase, reason="customer_back"),)


_KINDS: Mapping[str, type[Said]] = {CUSTOMER: Said, AGENT: Answered, NOTE: Remarked}


def key_of(source: str, id_: str) -> str:
    """The request under which a comment is kept: by it the same comment is known, whichever file it comes in."""
    return f"import:{source}:comment:{id_}"


def kept(run: Run, id_: str) -> bool:
    """Whether a comment stands in its case already."""
    row = run.core.store.conn.execute(
        "SELECT 1 FROM request WHERE desk_id = ? AND key = ?", (run.core.desk, key_of(run.map.source, id_))
    ).fetchone()
    return row is not None


def say(run: Run, steps: Steps, id_: str, comment: Comment, side: str) -> None:
    """Put a comment into its case."""
    seed = noise(run.map.source, id_, "comment").hex()
    steps.do(_KINDS[side](seed, comment.whole), comment.at, key=key_of(run.map.source, id_))


def side_of(run: Run, comment: Comment, customer: str) -> str:
    """Who said it: as its system tells, else the case's customer (a person's id), another one, or the desk's own."""
    if comment.side:
        return comment.side
    conn, desk, source = run.core.store.conn, run.core.desk, run.map.source
    key = run.core.store.people.hash_id(comment.author)
    person = load.known(conn, desk, "customers", source, (key,)).get(key) if comment.author else None
    if person is not None and person.record == customer:
        return CUSTOMER
    if load.known(conn, desk, "staff", source, (load.external_bytes(comment.author),)):
        return AGENT
    return CUSTOMER if person is not None else AGENT


def same_words(one: str, other: str) -> bool:
    """Whether two texts say the same, however their lines are broken."""
    return "".join(one.split()) == "".join(other.split())


class Comments(Entity):
    """Comments that come beside their tickets, in files of their own; each goes into the ticket's case once."""

    name: ClassVar[str] = "comments"
    record: ClassVar[type] = Comment
    size: ClassVar[int] = 250
    # The chain of a case forgets nothing: what was edited at its source stands as it came first.
    once: ClassVar[bool] = True

    def read(self, told: Fields, item: Item) -> Read | None:
        id_, comment = read_comment(told, told.line("ticket", required=True, most=100))
        self.parts = comment.parts
        return None if told.problems else Read(id_, comment)

    def check(self, pending: Pending) -> Problem | None:
        key = load.external_bytes(pending.read.record.ticket)
        if self.run.dry and key in self.run.accepted["tickets"]:
            return None
        found = load.known(self.conn, self.desk, "tickets", self.run.map.source, (key,)).get(key)
        if found is None:
            return Problem("ticket", "ticket_left_out" if key in self.run.left else "unknown_ticket", {})
        pending.id = found.record
        return None

    def put(self, pending: Sequence[Pending], at: int) -> int:
        batch = Batch()
        ordered = sorted(pending, key=lambda p: (p.id, p.read.record.at, p.item.number))
        for case_id, members in groupby(ordered, key=lambda p: p.id):
            fresh = [p for p in members if not kept(self.run, p.read.external_id)]
            if fresh and not cases.unknown_events(self.conn, self.desk, case_id):
                self._add(batch, case_id, fresh)
        cases.write(self.conn, self.desk, batch, self.store.people.text_key())
        return rows(batch)

    def _add(self, batch: Batch, case_id: str, fresh: Sequence[Pending]) -> None:
        case, head = self.run.core.load(case_id)
        if load.erased(self.store, case.customer):
            return  # nothing more can be kept of them
        steps = Steps(self.run, batch, fresh[0].read.record.ticket, case, head)
        for pending in fresh:
            comment: Comment = pending.read.record
            if comment.at - case.opened_at < TOGETHER_MS and self._is_opening(case, comment):
                continue
            side = side_of(self.run, comment, case.customer)
            if side == CUSTOMER and not steps.case.open and comment.at > steps.case.closed_at:
                again = key_of(self.run.map.source, pending.read.external_id) + ":back"
                steps.do(Resumed(), comment.at, key=again)
            say(self.run, steps, pending.read.external_id, comment, side)

    def _is_opening(self, case: Case, comment: Comment) -> bool:
        """Whether these are the words that opened the case."""
        try:
            first = next(iter(cases.history(self.conn, self.desk, case.id, self.store.keys))).event
        except UnknownEvent:
            return False
        return isinstance(first, Opened) and "".join(comment.text.split()) in "".join(first.summary.split())
