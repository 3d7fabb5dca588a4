"""Questions and errands about leaks: who saw a person's data, canaries, exports, and a leak from finding to closing."""

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.clocks.clock import Basis
from csdesk.domain.leaking import Suspect
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass
from csdesk.store.exports import Made


@dataclass(frozen=True, slots=True)
class SightingView:
    """Somebody saw something of a person: who, when, how, which fields in clear, by which case (number), why."""

    actor: str
    at: int
    how: str
    number: str = ""
    fields: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class SeenBy(Ask[list[SightingView]]):
    """Who saw anything of the customer of a case, the latest first.

    Looks, files and bundles, checks of callers, cases in hand, verbs on them, and exports that held one of them.
    """

    name: ClassVar[str] = "seen_by"
    room: ClassVar[str] = "leak_seen"
    right: ClassVar[Right] = Right.LEAKS
    case: str
    limit: int = 500


@dataclass(frozen=True, slots=True)
class Exports(Ask[list[Made]]):
    """What left the desk as a file in the last days, the latest first."""

    name: ClassVar[str] = "exports"
    room: ClassVar[str] = "leak_seen"
    right: ClassVar[Right] = Right.LEAKS
    days: int = 90
    limit: int = 100


@dataclass(frozen=True, slots=True)
class CanaryView:
    """A canary: masked, by the number of its order; who planted it when, what for, and how often it was touched."""

    person: str
    order: str
    name: str
    phone: str
    actor: str
    at: int
    said: str
    touched: int


@dataclass(frozen=True, slots=True)
class PlantCanary(Ask[CanaryView]):
    """Invent a person with an old, closed order like the order `like`; nothing that an agent sees tells it apart.

    `phone` must be a number of the desk's own, so that nobody else is rung up. Refused `canary_known`,
    `canary_phone`, `canary_number`, `no_such_order`, `empty_text`.
    """

    name: ClassVar[str] = "plant_canary"
    room: ClassVar[str] = "canary_answers"
    right: ClassVar[Right] = Right.LEAKS
    writes: ClassVar[bool] = True
    called: str = field(repr=False)
    phone: str = field(repr=False)
    like: str
    email: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    said: str = ""


@dataclass(frozen=True, slots=True)
class Canaries(Ask[list[CanaryView]]):
    """The canaries of the desk, the latest first."""

    name: ClassVar[str] = "canaries"
    room: ClassVar[str] = "canary_answers"
    right: ClassVar[Right] = Right.LEAKS


@dataclass(frozen=True, slots=True)
class CanaryAlarm:
    """Somebody touched a canary: when, who, how, and by the number of its order which."""

    at: int
    actor: str
    how: str
    order: str


@dataclass(frozen=True, slots=True)
class CanaryAlarms(Ask[list[CanaryAlarm]]):
    """Who touched a canary in the last days, the latest first."""

    name: ClassVar[str] = "canary_alarms"
    room: ClassVar[str] = "canary_answers"
    right: ClassVar[Right] = Right.LEAKS
    days: int = 30


@dataclass(frozen=True, slots=True)
class DutyView:
    """What a leak obliges to: until when (UTC ms), on which basis, by which articles; 0 or when it was done."""

    code: str
    due: int
    basis: Basis
    articles: tuple[str, ...]
    done_at: int
    secondary: bool


@dataclass(frozen=True, slots=True)
class FactView:
    """A line of a leak's timeline: when, who, what, in whose words, and about how many."""

    at: int
    actor: str
    what: str
    said: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class LeakView:
    """A leak as it is known: `state` the last step but notes; `persons` on record, `unknown` tokens that were nobody's.

    `canaries`: the numbers of the canaries' orders that were in what was found. `duties` bind it; `open`: not closed.
    """

    number: str
    title: str
    cause: str
    severity: str
    found_at: int
    fields: tuple[str, ...]
    how: str
    contact: str
    state: str
    open: bool
    persons: int
    unknown: int
    canaries: tuple[str, ...]
    duties: tuple[DutyView, ...]
    facts: tuple[FactView, ...]


@dataclass(frozen=True, slots=True)
class OpenLeak(Ask[LeakView]):
    """Put a leak on record: what it is, when it was found (a day or minute in the desk's zone), what got out and why.

    `fields` of leaking.FIELDS; `how`: in a sentence. Refused `bad_title`, `bad_choice`, `bad_since`.
    """

    name: ClassVar[str] = "open_leak"
    room: ClassVar[str] = "leak_answers"
    right: ClassVar[Right] = Right.LEAKS
    writes: ClassVar[bool] = True
    title: str
    found: str
    fields: tuple[str, ...] = ()
    cause: str = "unknown"
    severity: str = "general"
    how: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class DescribeLeak(Ask[LeakView]):
    """Say more of an open leak; what is empty stays as it was. Refused as `OpenLeak`, `no_such_leak`, `leak_closed`."""

    name: ClassVar[str] = "describe_leak"
    room: ClassVar[str] = "leak_answers"
    right: ClassVar[Right] = Right.LEAKS
    writes: ClassVar[bool] = True
    leak: str
    title: str = ""
    found: str = ""
    fields: tuple[str, ...] = ()
    cause: str = ""
    severity: str = ""
    how: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class StepLeak(Ask[LeakView]):
    """Note what was done about a leak, one of leaking.STEPS. `at`: when, where that was earlier; `count`: how many.

    Refused `leak_said` (a sentence is wanted), `leak_waive` (nothing was contained yet), `leak_duties` (it cannot be
    closed), `leak_closed`, `no_such_leak`, `bad_choice`, `bad_since`.
    """

    name: ClassVar[str] = "step_leak"
    room: ClassVar[str] = "leak_answers"
    right: ClassVar[Right] = Right.LEAKS
    writes: ClassVar[bool] = True
    leak: str
    step: str
    said: str = ""
    at: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Leaked:
    """What a list that was found outside told: `found` persons (new ones), `again` known before, `unknown` tokens.

    `canaries`: numbers of the canaries' orders; `shown`: the first few persons, masked.
    """

    found: int
    again: int
    unknown: int
    canaries: tuple[str, ...]
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddLeaked(Ask[Leaked]):
    """Look up whom a list is about: phone numbers, e-mail addresses, order numbers; the look-up is a fact of the leak.

    Refused `leak_list_empty`, `leak_list_long`, `leak_closed`, `no_such_leak`.
    """

    name: ClassVar[str] = "add_leaked"
    room: ClassVar[str] = "leak_answers"
    right: ClassVar[Right] = Right.LEAKS
    writes: ClassVar[bool] = True
    leak: str
    listed: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShowLeak(Ask[LeakView]):
    """One leak by its number."""

    name: ClassVar[str] = "show_leak"
    room: ClassVar[str] = "leak_answers"
    right: ClassVar[Right] = Right.LEAKS
    leak: str


@dataclass(frozen=True, slots=True)
class Leaks(Ask[list[LeakView]]):
    """The leaks of the desk, the latest first, without their timelines."""

    name: ClassVar[str] = "leaks"
    room: ClassVar[str] = "leak_answers"
    right: ClassVar[Right] = Right.LEAKS
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Suspects(Ask[list[Suspect]]):
    """Who saw all or most of the persons of a leak before it was found, the likeliest first. Refused `leak_nobody`."""

    name: ClassVar[str] = "suspects"
    room: ClassVar[str] = "leak_answers"
    right: ClassVar[Right] = Right.LEAKS
    leak: str
    days: int = 365
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Urgent:
    """What the board says: canaries touched in the last day (who, how often), leaks with a duty that runs or is late.

    `due`: (number, duty, until when UTC ms).
    """

    touched: Mapping[str, int]
    due: tuple[tuple[str, str, int], ...]
