"""What reaches a desk from outside, by whatever channel, as one shape; every text in it has passed the gate."""

from collections.abc import Callable, Iterable
from dataclasses import field
from enum import StrEnum

from csdesk.domain.value import dataclass

# What may be marked in a message, as `code` or `code:name of a file`.
FORGED, REMOVED = "forged_sender", "signs_removed"
PLATFORM_STATE, PLATFORM_UNKNOWN = "platform_state", "platform_unknown"
MARKS = (
    "mail_cut", "text_cut", "quote_cut", REMOVED, "several_senders", FORGED, "token_of_another", "token_expired",
    "media_differs", "program", "file_cut", "more_files", "too_many", "sealed", PLATFORM_STATE, PLATFORM_UNKNOWN,
)  # fmt: skip


class Nature(StrEnum):
    """What a message is: a person's words, or a machine's answer that nobody may answer."""

    WORDS = "words"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"


# Gives a file's bytes in pieces, each time anew; Refused when they are not what they should be.
Content = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came with a message: never opened, named as `domain.text` lets it be named; size in bytes.

    `content` gives its bytes while the message is taken; `beside` is the name of a file that lies beside the message
    and has them; `why` is why they were not kept ("" when they were, or nobody has tried yet): a code of
    `evidence.UNKEPT`.
    """

    name: str
    media: str
    size: int
    sha256: str
    beside: str = ""
    why: str = ""
    content: Content | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as the channel knows it; `proven`: the channel vouches for it (a signed webhook, aligned DKIM)."""

    name: str = ""
    email: str = ""
    phone: str = ""
    external: str = ""
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from outside.

    `source` and `id` name it for ever: the same pair again is the same message. `thread` is the case it answers,
    proven by a signed token; `reply_to` are ids of our own messages it claims to answer, proven by nothing. `at` is
    when it was written (UTC ms; 0 unknown). `order`, `reason`, `kind` are set where the channel asked for them.
    `marked`: what its reader removed, cut or found suspicious, each one of `MARKS`. `platform` with its type and state
    of the after-sale are a platform's own codes (`desk.platforms`), where the message is about one of its.
    """

    source: str
    id: str
    channel: str
    sender: Sender
    text: str
    subject: str = ""
    at: int = 0
    nature: Nature = Nature.WORDS
    thread: str = ""
    reply_to: tuple[str, ...] = ()
    order: str = ""
    kind: str = ""
    reason: str = ""
    language: str = ""
    attached: tuple[Attached, ...] = ()
    marked: tuple[str, ...] = ()
    platform: str = ""
    platform_type: str = ""
    platform_state: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A clock of the case: its name, when it runs out (UTC ms), and on what it rests (law, promise, policy …)."""

    clock: str
    at: int
    basis: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message: the case it went to, by number, and whether it began it, or was known already.

    `duplicates` are numbers of open cases that may be the same matter, offered and never merged alone; `due` the
    nearest clock (UTC ms, 0 none); `refused` why it was not taken ("" when it was), `kept` under which id it then
    waits to be tried again. `ignored`: the nature of a machine's message that belongs to no case. `acknowledged`:
    whether the customer is told. The customer must not be shown `duplicates`: they may be other people's.
    """

    number: str
    began: bool
    again: bool = False
    due: int = 0
    duplicates: tuple[str, ...] = ()
    refused: str = ""
    kept: str = ""
    ignored: str = ""
    kind: str = ""
    queue: str = ""
    clocks: tuple[Due, ...] = ()
    acknowledged: bool = False
