"""What an incident is about: its title, by what its cases are known, and the runs that went to them."""

from csdesk.domain.value import dataclass

NOTICE, DECISION = "notice", "decision"


@dataclass(frozen=True, slots=True)
class Criteria:
    """By what a case is known to be one of an incident's; every part that says something must fit.

    `merchant` is its id; `carrier` a code, or a name no list knows; `words` all stand in one message of the case;
    opened from `since` to before `until` (UTC ms, 0: without end). Nothing of it is of a person.
    """

    kinds: tuple[str, ...] = ()
    reason: str = ""
    carrier: str = ""
    sku: str = ""
    merchant: str = ""
    channel: str = ""
    words: str = ""
    since: int = 0
    until: int = 0

    @property
    def says(self) -> bool:
        """Whether it tells cases apart at all: a stretch of time alone would be everybody's case."""
        return any((self.reason, self.carrier, self.sku, self.merchant, self.channel, self.words))


@dataclass(frozen=True, slots=True)
class Cause:
    """The one cause behind many cases: a line that says what it is, and by what its cases are known."""

    title: str
    criteria: Criteria


@dataclass(frozen=True, slots=True)
class Errand:
    """A run over members: a notice (`number` of 1 or more; a late one has that of its first), or a decision (0).

    `verb` is what the run carries out, `cases` for how many it began.
    """

    what: str
    number: int
    run: str
    verb: str
    cases: int
    at: int


@dataclass(frozen=True, slots=True)
class Members:
    """The open cases of an incident: how many, how many its last notice has not gone to, how many are undecided."""

    open: int = 0
    uninformed: int = 0
    undecided: int = 0
