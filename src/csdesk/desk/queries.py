"""What can be asked of a desk, and the shapes of the answers; times UTC ms, money in minor units, people masked."""

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, ClassVar

from csdesk.desk import parcel_queries
from csdesk.desk.desk import Ask
from csdesk.desk.order_age import OrderAge
from csdesk.desk.queue_queries import QueueCounts as QueueCounts  # noqa: PLC0414 - asked for here too
from csdesk.desk.queue_queries import QueuePage as QueuePage  # noqa: PLC0414
from csdesk.desk.queue_queries import Rows as Rows  # noqa: PLC0414
from csdesk.desk.strip import Strip
from csdesk.domain.cases.case import Case
from csdesk.domain.cases.context import Delegation, Order
from csdesk.domain.cases.kinds import Offer
from csdesk.domain.cases.rulings import Ruling
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store.drafts import Draft
from csdesk.store.feed import Row
from csdesk.store.leases import Lease
from csdesk.store.orders import OrderRow
from csdesk.store.takeovers import Taken

if TYPE_CHECKING:
    from csdesk.desk.law.judging import Judged
    from csdesk.domain.entitlement.fields import Shape


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as everybody may see them: masked."""

    id: str
    name: str
    phone: str
    email: str
    address: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline: `code` and `detail` are worded by catalogues; `text` None: not for this reader."""

    seq: int
    at: int
    actor: str
    verb: str
    code: str
    detail: dict[str, object]
    text: str | None = ""


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything a case screen shows. `delegations`: in whose places I may approve what waits here."""

    case: Case
    number: str
    merchant: str
    return_address: str
    person: Person | None
    order: Order | None
    offers: tuple[Offer, ...]
    lease: Lease | None
    reads: bool
    timeline: tuple[Entry, ...]
    others: tuple[Row, ...]
    readonly: str = ""
    trails: tuple[parcel_queries.Trail, ...] = ()
    age: OrderAge | None = None
    taken: Taken | None = None
    strip: Strip = field(default_factory=Strip)
    delegations: tuple[Delegation, ...] = ()


@dataclass(frozen=True, slots=True)
class ShowCase(Ask[CaseView]):
    """One case by id or number."""

    name: ClassVar[str] = "show_case"
    case: str
    timeline: bool = True


@dataclass(frozen=True, slots=True)
class FindCases(Ask[list[Row]]):
    """Cases by four characters of the number, order number or waybill or their ends, customer or words; best first."""

    name: ClassVar[str] = "find_cases"
    text: str
    limit: int = 20


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order with its customer, masked."""

    order: OrderRow
    person: Person | None


@dataclass(frozen=True, slots=True)
class FindOrders(Ask[list[FoundOrder]]):
    """Orders by number or waybill, whole or the end of it, or by the customer's name, phone, phone tail or e-mail."""

    name: ClassVar[str] = "find_orders"
    text: str
    limit: int = 20


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with its facts, its customer and its cases."""

    order: Order
    row: OrderRow
    person: Person | None
    cases: tuple[Row, ...]
    trails: tuple[parcel_queries.Trail, ...] = ()
    age: OrderAge | None = None


@dataclass(frozen=True, slots=True)
class ShowOrder(Ask[OrderView]):
    """One order by number or id."""

    name: ClassVar[str] = "show_order"
    order: str


@dataclass(frozen=True, slots=True)
class AgentView:
    """Somebody who works here."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Agents(Ask[list[AgentView]]):
    """Everybody who works on this desk."""

    name: ClassVar[str] = "agents"


@dataclass(frozen=True, slots=True)
class Held(Ask[list[Lease]]):
    """What I hold and have parked, the last parked first."""

    name: ClassVar[str] = "held"


@dataclass(frozen=True, slots=True)
class TakenFromMe(Ask[list[tuple[str, Taken]]]):
    """Of these cases those that somebody took from me and has still, each with its number."""

    name: ClassVar[str] = "taken_from_me"
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Next(Ask[str | None]):
    """Hold the most urgent case that I may take by my skills; None when there is none.

    Not what I passed over lately. With as many cases as I may have only my own come. Refused `not_available` while I
    am on a break or off.
    """

    name: ClassVar[str] = "next"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    queue: str = "all"
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold(Ask[Lease]):
    """Hold a case, renew my hold, or park it; the answer names the other when somebody else has it."""

    name: ClassVar[str] = "hold"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    case: str
    park: bool = False


@dataclass(frozen=True, slots=True)
class LetGo(Ask[None]):
    """Stop holding a case."""

    name: ClassVar[str] = "let_go"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    case: str


@dataclass(frozen=True, slots=True)
class KeepDraft(Ask[None]):
    """Keep what I have typed for a case, with the canned replies and articles it came from; empty forgets it.

    `channel`: by which it is to go, if I chose one.
    """

    name: ClassVar[str] = "keep_draft"
    right: ClassVar[Right] = Right.WORK
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    case: str
    text: str
    caret: int = 0
    canned: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    channel: str = ""


@dataclass(frozen=True, slots=True)
class GetDraft(Ask[Draft | None]):
    """My draft for a case."""

    name: ClassVar[str] = "get_draft"
    right: ClassVar[Right] = Right.WORK
    case: str


@dataclass(frozen=True, slots=True)
class KeepPlace(Ask[None]):
    """Keep where my console stands, as JSON without personal text."""

    name: ClassVar[str] = "keep_place"
    writes: ClassVar[bool] = True
    safe: ClassVar[bool] = True
    state: str


@dataclass(frozen=True, slots=True)
class GetPlace(Ask[str | None]):
    """Where my last console stood."""

    name: ClassVar[str] = "get_place"


@dataclass(frozen=True, slots=True)
class LastVerb(Ask[tuple[str, str] | None]):
    """My last verb that can still be taken back: (case id, verb), for the undo key; None when there is none."""

    name: ClassVar[str] = "last_verb"


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """An article as a hit: `spans` are (start, end) in `text` to highlight; superseded ones name their successor.

    `score` falls along a list and compares within it only. `citations` are how a reply names the rules behind it,
    with the days in force; `note` is for the agent alone.
    """

    id: str
    law: str
    article_no: str
    title: str
    text: str
    effective_from: str
    effective_to: str
    in_force: bool
    source: str
    score: float
    spans: tuple[tuple[int, int], ...] = ()
    successor: str = ""
    language: str = ""
    chapter: str = ""
    confidence: str = ""
    citations: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class SearchPolicies(Ask[list[FoundArticle]]):
    """Articles by words, pinyin, initials or citation (消法25), in force on `as_of` (ISO date, today when empty).

    `language` is the reader's: an article that the desk has in several is shown in that one.
    """

    name: ClassVar[str] = "search_policies"
    room: ClassVar[str] = "library"
    text: str
    limit: int = 20
    as_of: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class RefinePolicies(Ask[list[FoundArticle]]):
    """The same articles as `SearchPolicies` and those that mean what was typed, in one order: words and meaning.

    Empty where there is nothing to add: no `csdesk[semantic]`, no vectors yet, a citation, a word alone. It takes some
    50 ms and is answered beside everything else, so nobody waits for it.
    """

    name: ClassVar[str] = "refine_policies"
    room: ClassVar[str] = "library"
    aside: ClassVar[bool] = True
    text: str
    limit: int = 20
    as_of: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class ShowArticle(Ask[FoundArticle]):
    """One article by the id it was imported with, or by citation; in the reader's language where there is one."""

    name: ClassVar[str] = "show_article"
    room: ClassVar[str] = "library"
    article: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class FoundCanned:
    """A canned reply as a hit; `fits`: made for the case's kind and state, and no guard stands against it.

    `unmet` are its guards that do not hold, `unsure` those that nobody but a person can know.
    """

    id: str
    shortcut: str
    title: str
    body: str
    slots: tuple[str, ...]
    articles: tuple[str, ...]
    fits: bool
    score: float
    spans: tuple[tuple[int, int], ...] = ()
    language: str = ""
    unmet: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchCanned(Ask[list[FoundCanned]]):
    """Canned replies by shortcut, title, pinyin or initials; those that fit the case's kind and state first.

    Those with a guard that does not hold on the case come last.
    Shown in `language`, else in the customer's. Nothing typed: the best for the case.
    """

    name: ClassVar[str] = "search_canned"
    room: ClassVar[str] = "library"
    text: str = ""
    case: str = ""
    language: str = ""
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Filled:
    """A canned reply with the case's values in its slots; `missing` names what a person must still tell.

    `guards` are codes of facts that must hold before it is sent: `unmet` do not, `unsure` a person must confirm.
    """

    id: str
    text: str
    missing: tuple[str, ...]
    articles: tuple[str, ...]
    language: str = ""
    guards: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FillCanned(Ask[Filled]):
    """A canned reply, by id or shortcut, for a case; `values` (slot, text) fill what the case cannot.

    In the customer's language where that is known, else in `language`.
    """

    name: ClassVar[str] = "fill_canned"
    room: ClassVar[str] = "library"
    canned: str
    case: str
    values: tuple[tuple[str, str], ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a reply that stops it (`block`), that a person must confirm (`confirm`), or should see (`warn`).

    `code`: forbidden_phrase, blank_slot, guard_unmet, guard_unknown, personal_data, own_data, article_expired,
    guardian.
    `name` is what `confirmed` of the reply says when somebody confirmed it. `start` and `end` are its place in the
    text, -1 when it has none. `what`: the phrase, slot or guard; masked where it is of a person. `because` and
    `instead` are sentences; `unless`: guards that would allow it.
    """

    code: str
    severity: str
    name: str
    start: int
    end: int
    what: str
    because: str = ""
    instead: str = ""
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReply(Ask[list[Finding]]):
    """What stands against sending a text as the reply to a case, what blocks it first; kept nowhere.

    `canned` and `articles` are what it came from; reasons are in `language`, the reader's.
    """

    name: ClassVar[str] = "check_reply"
    room: ClassVar[str] = "saying"
    right: ClassVar[Right] = Right.WORK
    case: str
    text: str
    canned: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class VerdictView:
    """What the law says on one line of a case; `judged` None: the case puts no question to it.

    `lines` are the case's lines with their outcomes, for a case of several; `shapes` tells how each fact that
    the question knows is entered. On a practice desk it is `hidden` until somebody has decided the case; then `yours`
    says whether that went with it: `agrees`, `opposed`.
    """

    number: str
    judged: "Judged | None"
    lines: tuple[tuple[int, str], ...] = ()
    shapes: "Mapping[str, Shape]" = field(default_factory=dict)
    hidden: bool = False
    yours: str = ""


@dataclass(frozen=True, slots=True)
class ShowVerdict(Ask[VerdictView]):
    """What the consumer is owed on a line of a case (0: its first), supposing `instead` (name, value); kept nowhere."""

    name: ClassVar[str] = "show_verdict"
    room: ClassVar[str] = "verdicts"
    case: str
    line: int = 0
    instead: tuple[tuple[str, str | int | bool], ...] = ()


@dataclass(frozen=True, slots=True)
class KeptRuling:
    """The decisions that a verb rested on, as kept: `seq` is its event; `override` None: not for this reader.

    `approved_by`, `approved_at`: the second person on the refund that it proposed, "" and 0 where there was none;
    `approved_for`: in whose place.
    """

    seq: int
    at: int
    actor: str
    verb: str
    stance: str
    rulings: tuple[Ruling, ...]
    against: bool
    override: str | None
    approved_by: str = ""
    approved_at: int = 0
    approved_for: str = ""


@dataclass(frozen=True, slots=True)
class ShowRulings(Ask[list[KeptRuling]]):
    """Why a case was decided and paid as it was: every kept decision, the oldest first."""

    name: ClassVar[str] = "show_rulings"
    room: ClassVar[str] = "verdicts"
    case: str


@dataclass(frozen=True, slots=True)
class ReplayRuling(Ask[VerdictView]):
    """A kept decision decided again on its own facts, under the law of its own day and pack: the same answer."""

    name: ClassVar[str] = "replay_ruling"
    room: ClassVar[str] = "verdicts"
    case: str
    seq: int
    line: int = 0
