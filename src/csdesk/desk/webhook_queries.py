"""What can be asked and told of webhooks: where events are sent, and what nobody took; times UTC ms."""

from typing import ClassVar

from csdesk.desk.desk import Ask
from csdesk.domain.roles import Right
from csdesk.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """A hook. `behind`: changes that it has not come to yet; `dead`: events that were given up (up to 500 counted).

    `fault` and `tries` are of the event that waits now; `told_at` 0: nothing was taken yet.
    """

    id: str
    url: str
    verbs: tuple[str, ...]
    kinds: tuple[str, ...]
    private: bool
    behind: int
    tries: int
    next_at: int
    fault: str
    told_at: int
    dead: int


@dataclass(frozen=True, slots=True)
class WebhookLetter:
    """An event that was given up: `id` is the event's, `at` when; `waiting`: it will be tried again."""

    webhook: str
    id: str
    number: str
    event: str
    at: int
    tries: int
    fault: str
    waiting: bool


@dataclass(frozen=True, slots=True)
class Webhooks(Ask[list[WebhookLine]]):
    """Where events are sent, and how far each has come."""

    name: ClassVar[str] = "webhooks"
    room: ClassVar[str] = "webhook_answers"
    right: ClassVar[Right] = Right.MEND


@dataclass(frozen=True, slots=True)
class WebhookLetters(Ask[list[WebhookLetter]]):
    """Events that a hook's receiver did not take (of all hooks for "")."""

    name: ClassVar[str] = "webhook_letters"
    room: ClassVar[str] = "webhook_answers"
    right: ClassVar[Right] = Right.MEND
    webhook: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class WebhookAdd(Ask[None]):
    """Have events sent to an address from now on, those alone that the filters name.

    Refused `webhook_name`, `webhook_exists`, `webhook_address`, `webhook_secret`, `webhook_filter`, `webhooks_full`.
    Only on the desk's own machine: the secret lies there.
    """

    name: ClassVar[str] = "add_webhook"
    room: ClassVar[str] = "webhook_answers"
    right: ClassVar[Right] = Right.CONFIGURE
    writes: ClassVar[bool] = True
    local: ClassVar[bool] = True
    webhook: str
    url: str
    secret: str
    verbs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True)
class WebhookRemove(Ask[None]):
    """Send nothing more to an address, and forget what it did not take; Refused `no_such_webhook`."""

    name: ClassVar[str] = "remove_webhook"
    room: ClassVar[str] = "webhook_answers"
    right: ClassVar[Right] = Right.CONFIGURE
    writes: ClassVar[bool] = True
    webhook: str


@dataclass(frozen=True, slots=True)
class WebhookRetry(Ask[int]):
    """Have all that a hook gave up tried again, and what waits tried at once; how many were given up."""

    name: ClassVar[str] = "retry_webhook"
    room: ClassVar[str] = "webhook_answers"
    right: ClassVar[Right] = Right.MEND
    writes: ClassVar[bool] = True
    webhook: str
